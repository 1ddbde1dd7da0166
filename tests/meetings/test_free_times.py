"""Times that suit child and specialist, over HTTP: meetings, appointments, absences and the way (D9, D28)."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from sqlalchemy import text

from bas_service import clock
from tests.builders import House, at, soon
from tests.callers import Phone, done, invalid, refusal_of
from tests.tables import statements_of

# The week after next: all of it is to come, whatever day the tests are run on.
MONDAY = clock.today() - timedelta(days=clock.today().weekday()) + timedelta(days=14)


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


def free(
    phone: Phone, child: dict[str, Any], since: datetime, until: datetime, more: str = ""
) -> list[dict[str, Any]]:
    query = f"from={quote(since.isoformat())}&to={quote(until.isoformat())}{more}"
    return done(phone.get(f"children/{child['id']}/free-times?{query}"))["items"]


def starts(found: list[dict[str, Any]]) -> list[str]:
    return sorted(clock.in_riga(datetime.fromisoformat(one["starts_at"])).strftime("%H:%M") for one in found)


def test_a_free_time_can_be_planned_and_says_why_in_the_callers_language(
    house: House, specialist: Phone, child: dict[str, Any]
) -> None:
    first = free(specialist, child, on(0, 10), on(0, 11))[0]

    assert first == {
        "starts_at": z(on(0, 10)),
        "ends_at": z(on(0, 11)),
        "when": "office",
        "week": "light",
        "specialist_id": str(specialist.account_id),
        "reason": "Free; the week is light",
    }
    path = f"children/{child['id']}/free-times?from={quote(on(0, 18).isoformat())}&to={quote(on(0, 19).isoformat())}"
    reasons = {
        language: done(specialist.get(path, Accept_Language=language))["items"][0]["reason"]
        for language in ("lv", "ru")
    }
    assert reasons == {"lv": "Brīvs vakarā; nedēļa ir viegla", "ru": "Свободно вечером; неделя лёгкая"}
    assert house.a_meeting(specialist, child, starts_at=first["starts_at"])["warnings"] == []


def test_neither_child_nor_specialist_is_elsewhere_and_there_is_time_for_the_way(
    house: House, supervisor: Phone, specialist: Phone, child: dict[str, Any]
) -> None:
    house.an_appointment(specialist, child, starts_at=at(on(0, 10)), minutes=60)
    other = house.a_family(supervisor, specialist)["child"]
    house.a_meeting(specialist, other, starts_at=at(on(0, 14)), expected_minutes=60)
    morning, afternoon = (on(0, 8), on(0, 12)), (on(0, 12), on(0, 17))

    assert starts(free(specialist, child, *morning)) == ["08:00"]
    assert starts(free(specialist, child, *morning, "&travel_minutes=0")) == ["08:00", "09:00", "11:00"]
    assert starts(free(specialist, child, *afternoon)) == ["12:00", "15:30"]
    assert starts(free(specialist, child, *afternoon, "&place_type=remote")) == ["12:00", "13:00", "15:00"]
    assert starts(free(specialist, other, *morning)) == ["08:00", "09:00", "10:00"]


def test_within_the_office_and_at_the_childs_home_there_is_no_way(
    house: House, supervisor: Phone, specialist: Phone, child: dict[str, Any]
) -> None:
    other = house.a_family(supervisor, specialist)["child"]
    house.a_meeting(specialist, other, starts_at=at(on(0, 10)), expected_minutes=60, place={"type": "office"})
    house.a_meeting(specialist, other, starts_at=at(on(1, 10)), expected_minutes=60, place={"type": "home"})
    house.a_meeting(specialist, child, starts_at=at(on(2, 10)), expected_minutes=60, place={"type": "remote"})
    house.a_meeting(specialist, child, starts_at=at(on(3, 10)), expected_minutes=60, place={"type": "home"})

    def before_noon(day: int, place: str) -> list[str]:
        return starts(free(specialist, child, on(day, 9), on(day, 12), f"&place_type={place}"))

    assert before_noon(0, "office") == ["09:00", "11:00"]
    assert before_noon(0, "home") == []
    # Another child's home is another place.
    assert before_noon(1, "home") == []
    assert before_noon(2, "address") == ["09:00", "11:00"]
    assert (before_noon(3, "home"), before_noon(3, "office")) == (["09:00", "11:00"], [])


def test_on_days_of_an_absence_it_is_the_substitute_who_must_be_free(
    house: House, supervisor: Phone, specialist: Phone, child: dict[str, Any]
) -> None:
    substitute = house.a_specialist(supervisor)
    first, last = clock.today(), MONDAY + timedelta(days=1)
    house.an_absence(supervisor, specialist, substitute, valid_from=first.isoformat(), valid_until=last.isoformat())
    own = house.a_family(supervisor, substitute)["child"]
    house.a_meeting(substitute, own, starts_at=at(on(0, 9)), expected_minutes=240)

    # Nobody else plans on those days.
    assert {one["specialist_id"] for one in free(specialist, child, on(0, 8), on(3, 0))} == {
        str(specialist.account_id)
    }
    assert {one["starts_at"][:10] for one in free(supervisor, child, on(0, 8), on(3, 0))} == {
        (MONDAY + timedelta(days=2)).isoformat()
    }
    found = free(substitute, child, on(0, 8), on(0, 17))
    assert {one["specialist_id"] for one in found} == {str(substitute.account_id)}
    assert min(starts(found)) == "13:30"
    after = free(substitute, child, on(2, 8), on(2, 9))
    assert [one["specialist_id"] for one in after] == [str(specialist.account_id)]


def test_office_hours_are_those_of_the_policy(house: House, specialist: Phone, child: dict[str, Any]) -> None:
    late = {str(day): {"from": "12:00", "until": "14:00"} if day == 1 else None for day in range(1, 8)}
    house.a_meeting_policy(house.a_coordinator(), office_hours=late)

    found = free(specialist, child, on(0, 0), on(2, 0))

    assert [(one["when"], starts([one])[0]) for one in found[:2]] == [("office", "12:00"), ("office", "13:00")]
    assert {one["when"] for one in found[2:]} == {"evening"}


def test_without_bounds_two_weeks_from_now_are_looked_through(specialist: Phone, child: dict[str, Any]) -> None:
    found = done(specialist.get(f"children/{child['id']}/free-times"))

    assert (len(found["items"]), found["next"]) == (10, None)
    now = clock.now()
    moments = [datetime.fromisoformat(one["starts_at"]) for one in found["items"]]
    assert now <= min(moments) <= max(moments) <= now + timedelta(days=14)


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("minutes=4", "minutes"),
        ("minutes=1441", "minutes"),
        ("minutes=hour", "minutes"),
        ("travel_minutes=-1", "travel_minutes"),
        ("travel_minutes=241", "travel_minutes"),
        ("place_type=moon", "place_type"),
        ("from=tomorrow", "from"),
        ("to=2026-03-02", "to"),
        ("to=2026-03-02T15:00:00Z", "to"),
        (f"to={quote(at(soon(hours=24 * 32)))}", "to"),
        ("since=2026-03-02T15:00:00Z", "since"),
    ],
)
def test_asked_for_otherwise_it_is_refused(specialist: Phone, child: dict[str, Any], query: str, place: str) -> None:
    assert refusal_of(specialist.get(f"children/{child['id']}/free-times?{query}")) == invalid(place)


def test_without_a_case_there_is_nobody_to_be_free(house: House, supervisor: Phone) -> None:
    child = house.a_child(supervisor)

    assert refusal_of(supervisor.get(f"children/{child['id']}/free-times")) == {"type": "no-open-case"}


def test_it_takes_the_same_statements_whatever_there_is(
    house: House, app: Flask, specialist: Phone, child: dict[str, Any]
) -> None:
    counted = []
    done(specialist.get("me"))
    for number in range(2):
        with statements_of(app) as statements:
            free(specialist, child, on(0), on(7))
        counted.append(len(statements))
        for days in range(3):
            house.a_meeting(specialist, child, starts_at=at(on(days, 9 + number)), expected_minutes=15)
            house.an_appointment(specialist, child, starts_at=at(on(days, 12 + number)), rule="FREQ=WEEKLY")

    # Who asks, the child, whose days, where the child has to be, when they are busy, the trace.
    assert counted == [6, 6]


def test_busy_times_are_told_of_nobody_whose_children_one_does_not_see(
    house: House, supervisor: Phone, specialist: Phone, child: dict[str, Any]
) -> None:
    house.a_meeting(specialist, child, starts_at=at(on(0)))
    house.an_absence(supervisor, specialist)
    asked = (
        "SELECT count(*) FROM busy_times(ARRAY[CAST(:id AS uuid)], now() - interval '1 day',"
        " now() + interval '40 days', NULL)"
    )
    stranger = house.a_specialist(supervisor)
    other = house.a_supervisor()

    def told(who: Phone | None) -> int:
        with house.asking(who) as connection:
            return connection.execute(text(asked), {"id": specialist.account_id}).scalar_one()

    assert [told(who) for who in (specialist, supervisor, stranger, other, house.a_coordinator(), None)] == [
        *(2, 2, 0, 0, 0, 0)
    ]
