"""A child's week with everything in it, and what planning says when it is too full (D9)."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from bas_service import clock
from tests.builders import House, at
from tests.callers import Phone, done, invalid, refusal_of
from tests.tables import statements_of

# The week after next: all of it is to come, whatever day the tests are run on.
MONDAY = clock.today() - timedelta(days=clock.today().weekday()) + timedelta(days=14)
LIMIT = {"appointments": 5, "hours": 8, "days_in_a_row": 3}


@pytest.fixture
def supervisor(house: House) -> Phone:
    """A supervisor."""
    return house.a_supervisor()


@pytest.fixture
def specialist(house: House, supervisor: Phone) -> Phone:
    """A specialist."""
    return house.a_specialist(supervisor)


@pytest.fixture
def child(house: House, supervisor: Phone, specialist: Phone) -> dict[str, Any]:
    """A child that the specialist works with."""
    return house.a_family(supervisor, specialist)["child"]


def on(days: int, hour: int = 15, minute: int = 0) -> datetime:
    """A time in Riga, so many days after that Monday."""
    day = MONDAY + timedelta(days=days)
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=clock.RIGA)


def z(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def week(phone: Phone, child: dict[str, Any], day: date = MONDAY) -> dict[str, Any]:
    return done(phone.get(f"children/{child['id']}/week?day={day}"))


def figures(monday: date, appointments: int = 0, hours: float = 0, row: int = 0, over: tuple = ()) -> dict[str, Any]:
    return {
        "monday": monday.isoformat(),
        "appointments": appointments,
        "hours": hours,
        "days_in_a_row": row,
        "over": list(over),
    }


def test_an_empty_week_has_seven_days_and_no_burden(specialist: Phone, child: dict[str, Any]) -> None:
    wednesday = MONDAY + timedelta(days=2)

    assert week(specialist, child, wednesday) == {
        "child_id": child["id"],
        "monday": MONDAY.isoformat(),
        "days": [
            {"day": (MONDAY + timedelta(days=number)).isoformat(), "meetings": [], "appointments": []}
            for number in range(7)
        ],
        "burden": figures(MONDAY),
        "limit": LIMIT,
        "weeks": [figures(MONDAY + timedelta(weeks=number)) for number in (-2, -1, 1, 2)],
    }
    this_week = done(specialist.get(f"children/{child['id']}/week"))["monday"]
    assert this_week == (MONDAY - timedelta(days=14)).isoformat()


def test_meetings_and_appointments_stand_side_by_side(house: House, specialist: Phone, child: dict[str, Any]) -> None:
    place = {"type": "address", "name": "Bibliotēka", "address": None}
    meeting = house.a_meeting(specialist, child, starts_at=at(on(1)), place=place, expected_minutes=90)
    weekly = {"title": "Logopēds", "place": "Poliklīnika", "asked_by": "Skola", "rule": "FREQ=WEEKLY;COUNT=3"}
    appointment = house.an_appointment(specialist, child, starts_at=at(on(-6, 10)), minutes=45, **weekly)
    cancelled = house.an_appointment(specialist, child, starts_at=at(on(1, 18)))
    done(specialist.act(f"appointments/{cancelled['id']}/cancel", cancelled, {}))
    off = house.a_meeting(specialist, child, starts_at=at(on(2)))
    done(specialist.act(f"meetings/{off['id']}/cancel", off, {"reason": "child_ill"}))

    found = week(specialist, child)

    assert [day for day in found["days"] if day["meetings"] or day["appointments"]] == [
        {
            "day": (MONDAY + timedelta(days=1)).isoformat(),
            "meetings": [
                {
                    "id": meeting["id"],
                    "kind": "session",
                    "state": "planned",
                    "starts_at": z(on(1)),
                    "ends_at": z(on(1, 16, 30)),
                    "specialist_id": str(specialist.account_id),
                    "place": place,
                    "institution": None,
                }
            ],
            "appointments": [
                {
                    "id": appointment["id"],
                    "title": "Logopēds",
                    "starts_at": z(on(1, 10)),
                    "ends_at": z(on(1, 10, 45)),
                    "place": "Poliklīnika",
                    "asked_by": "Skola",
                    "repeats": True,
                }
            ],
        }
    ]
    assert found["burden"] == figures(MONDAY, 2, 2.25, 1)
    assert found["weeks"] == [
        figures(MONDAY - timedelta(days=14)),
        figures(MONDAY - timedelta(days=7), 1, 0.75, 1),
        figures(MONDAY + timedelta(days=7), 1, 0.75, 1),
        figures(MONDAY + timedelta(days=14)),
    ]


def test_a_week_names_the_limits_that_it_is_over(house: House, specialist: Phone, child: dict[str, Any]) -> None:
    house.an_appointment(specialist, child, starts_at=at(on(0)), rule="FREQ=DAILY;COUNT=4", minutes=150)

    assert week(specialist, child)["burden"] == figures(MONDAY, 4, 10, 4, ("hours", "days_in_a_row"))
    house.an_appointment(specialist, child, starts_at=at(on(5)), rule="FREQ=DAILY;COUNT=2", minutes=5)
    assert week(specialist, child)["burden"]["over"] == ["appointments", "hours", "days_in_a_row"]


def test_the_policy_in_force_on_the_weeks_monday_decides(
    house: House, specialist: Phone, child: dict[str, Any]
) -> None:
    house.an_appointment(specialist, child, starts_at=at(on(1)), rule="FREQ=WEEKLY;COUNT=2", minutes=120)
    strict = {"appointments": 5, "hours": 1, "days_in_a_row": 3}
    house.a_meeting_policy(
        house.a_coordinator(), valid_from=(MONDAY + timedelta(days=7)).isoformat(), week_limit=strict
    )

    found = week(specialist, child)
    assert (found["limit"], found["burden"]["over"], found["weeks"][2]["over"]) == (LIMIT, [], ["hours"])
    later = week(specialist, child, MONDAY + timedelta(days=13))
    assert (later["limit"], later["burden"]["over"]) == (strict, ["hours"])


def test_what_goes_over_midnight_stands_on_the_day_it_began_and_on_monday(
    house: House, specialist: Phone, child: dict[str, Any]
) -> None:
    house.an_appointment(specialist, child, starts_at=at(on(-1, 23)), minutes=150)

    found = week(specialist, child)

    assert [len(day["appointments"]) for day in found["days"]] == [1, 0, 0, 0, 0, 0, 0]
    assert found["burden"] == figures(MONDAY, 0, 1.5, 2)
    before = week(specialist, child, MONDAY - timedelta(days=1))
    assert [len(day["appointments"]) for day in before["days"]] == [0, 0, 0, 0, 0, 0, 1]
    assert before["burden"] == figures(MONDAY - timedelta(days=7), 1, 1, 2)


@pytest.mark.parametrize("query", ["day=", "day=tomorrow", "day=2026-02-30", "day=2200-01-01", "days=2026-03-02"])
def test_a_week_asked_for_otherwise_is_refused(specialist: Phone, child: dict[str, Any], query: str) -> None:
    refused = specialist.get(f"children/{child['id']}/week?{query}")

    assert refusal_of(refused) == invalid(query.partition("=")[0])


def test_weeks_far_away_are_weeks_too(house: House, specialist: Phone, child: dict[str, Any]) -> None:
    house.an_appointment(specialist, child, starts_at=at(on(1)), rule="FREQ=WEEKLY")

    assert week(specialist, child, date(2199, 12, 31))["burden"]["appointments"] == 1
    assert week(specialist, child, date(1900, 1, 1))["burden"]["appointments"] == 0


def test_a_week_needs_the_same_statements_whatever_it_holds(
    house: House, app: Flask, specialist: Phone, child: dict[str, Any]
) -> None:
    counted = []
    done(specialist.get("me"))
    for number in range(2):
        with statements_of(app) as statements:
            week(specialist, child)
        counted.append(len(statements))
        looks = house.looks_of(specialist)
        for days in range(3):
            house.a_meeting(specialist, child, starts_at=at(on(days, 9 + number)), expected_minutes=15)
            house.an_appointment(specialist, child, starts_at=at(on(days, 12 + number)), rule="FREQ=WEEKLY")

    # Who asks, the child, where it has to be with the policies, the trace.
    assert counted == [4, 4]
    assert looks[-1] == (child["id"], "responsible", "weeks.show", False)


def test_planning_beyond_the_limit_warns_and_names_freer_days(
    house: House, supervisor: Phone, specialist: Phone, child: dict[str, Any]
) -> None:
    house.an_appointment(specialist, child, starts_at=at(on(0, 9)), rule="FREQ=DAILY;COUNT=3", minutes=60)
    other = house.a_family(supervisor, specialist)["child"]
    house.a_meeting(specialist, other, starts_at=at(on(2, 14, 30)))

    full = house.a_meeting(specialist, child, starts_at=at(on(3)))

    assert full["warnings"] == ["child-week-full"]
    # On Wednesday the specialist is with somebody else.
    assert full["freer_days"] == [
        {"day": (MONDAY + timedelta(days=days)).isoformat(), "starts_at": z(on(days))} for days in (1, 4, 5)
    ]
    assert full["state"] == "planned"
    shown = done(specialist.get(f"meetings/{full['id']}"))
    assert (shown["warnings"], shown["freer_days"]) == ([], [])
    assert done(specialist.get("meetings"))["items"][-1]["freer_days"] == []


def test_each_freer_day_is_what_it_is_said_to_be(house: House, specialist: Phone, child: dict[str, Any]) -> None:
    house.an_appointment(specialist, child, starts_at=at(on(0, 9)), rule="FREQ=DAILY;COUNT=3", minutes=60)
    meeting = house.a_meeting(specialist, child, starts_at=at(on(3)))

    for freer in meeting["freer_days"]:
        moved = done(specialist.change(f"meetings/{meeting['id']}", meeting, {"starts_at": freer["starts_at"]}))
        assert (moved["warnings"], moved["freer_days"]) == ([], [])
        assert week(specialist, child)["burden"]["over"] == []
        meeting = done(specialist.change(f"meetings/{meeting['id']}", moved, {"starts_at": at(on(3))}))
        assert meeting["warnings"] == ["child-week-full"]


def test_a_change_that_families_are_told_of_says_it_again_and_a_note_says_nothing(
    house: House, specialist: Phone, child: dict[str, Any]
) -> None:
    house.an_appointment(specialist, child, starts_at=at(on(0, 8)), minutes=420)
    meeting = house.a_meeting(specialist, child, starts_at=at(on(1)), expected_minutes=60)
    path = f"meetings/{meeting['id']}"
    assert meeting["warnings"] == []

    longer = done(specialist.change(path, meeting, {"expected_minutes": 61}))
    noted = done(specialist.change(path, longer, {"note": "x"}))
    elsewhere = done(specialist.change(path, noted, {"place": {"type": "office"}}))

    assert [one["warnings"] for one in (longer, noted, elsewhere)] == [["child-week-full"], [], ["child-week-full"]]
    assert [len(one["freer_days"]) for one in (longer, noted, elsewhere)] == [3, 0, 3]


def test_an_absent_specialist_has_no_freer_days(
    house: House, supervisor: Phone, specialist: Phone, child: dict[str, Any]
) -> None:
    house.an_appointment(specialist, child, starts_at=at(on(0, 9)), rule="FREQ=DAILY;COUNT=3", minutes=60)
    first, last = (MONDAY + timedelta(days=days) for days in (4, 20))
    house.an_absence(supervisor, specialist, valid_from=first.isoformat(), valid_until=last.isoformat())

    full = house.a_meeting(specialist, child, starts_at=at(on(3)))

    assert [one["day"] for one in full["freer_days"]] == [
        (MONDAY + timedelta(days=days)).isoformat() for days in (0, 1, 2)
    ]


def test_a_substitute_is_told_of_days_on_which_they_are_free_themselves(
    house: House, supervisor: Phone, specialist: Phone, child: dict[str, Any]
) -> None:
    """Whose meetings those are is not seen by the other one."""
    substitute = house.a_specialist(supervisor)
    today = clock.today().isoformat()
    until = (MONDAY + timedelta(days=20)).isoformat()
    house.an_absence(supervisor, specialist, substitute, valid_from=today, valid_until=until)
    house.an_appointment(specialist, child, starts_at=at(on(0, 9)), rule="FREQ=DAILY;COUNT=3", minutes=60)
    own = house.a_family(supervisor, substitute)["child"]
    house.a_meeting(substitute, own, starts_at=at(on(2)))

    full = house.a_meeting(substitute, child, starts_at=at(on(3)))

    assert full["specialist_id"] == str(substitute.account_id)
    assert [one["day"] for one in full["freer_days"]] == [
        (MONDAY + timedelta(days=days)).isoformat() for days in (1, 4, 5)
    ]
