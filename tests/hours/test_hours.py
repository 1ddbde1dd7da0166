"""Hours are counted out of what is recorded: no separate timesheet (D8)."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from bas_service import clock
from tests.builders import House
from tests.callers import Phone, done, invalid, refusal_of
from tests.hours.conftest import Recorded
from tests.tables import statements_of

RIGA = ZoneInfo("Europe/Riga")
NONE = {"planned": 0, "under_way": 0, "held": 0, "missed": 0, "cancelled": 0}
NOTHING = {
    "with_children_minutes": 0,
    "on_the_way_minutes": 0,
    "travel_minutes": 0,
    "partners_minutes": 0,
    "paper_minutes": 0,
    "total_minutes": 0,
    "travel_not_noted": 0,
    "meetings": NONE,
}


def riga(year: int, month: int, day: int, hour: int = 0, minute: int = 0, *, fold: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=RIGA, fold=fold).astimezone(UTC)


def figures(**more: Any) -> dict[str, Any]:
    return NOTHING | more | {"meetings": NONE | more.pop("meetings", {})}


def only(row: dict[str, Any]) -> dict[str, Any]:
    """The figures of a row, without whose they are."""
    return {name: row[name] for name in NOTHING}


def of_week(phone: Phone, monday: str = "2025-03-03", sunday: str = "2025-03-09", **more: str) -> dict[str, Any]:
    query = "&".join([f"from={monday}&to={sunday}", *(f"{name}={value}" for name, value in more.items())])
    return done(phone.get(f"hours?{query}"))


def test_what_was_worked_is_told_apart_by_what_it_was(
    specialist: Phone, family: dict[str, Any], recorded: Recorded, house: House
) -> None:
    monday = riga(2025, 3, 3, 10)
    recorded(specialist, family, monday, monday + timedelta(minutes=90))
    way = {"place_type": "on_the_way", "place_name": "Uz skolu", "transport": "private_car"}
    recorded(specialist, family, monday + timedelta(hours=3), monday + timedelta(hours=3, minutes=20), **way)
    driven = recorded(
        specialist, family, monday + timedelta(days=1), monday + timedelta(days=1, minutes=45), transport="work_car"
    )
    recorded(
        specialist, family, monday + timedelta(days=2), monday + timedelta(days=2, minutes=5), transport="on_foot"
    )
    for state in ("planned", "missed", "cancelled", "cancelled"):
        recorded(specialist, family, monday + timedelta(days=3), state=state)
        monday += timedelta(hours=2)
    on = {"day": "2025-03-06"}
    house.some_work(specialist, kind="call", minutes=15, **on)
    house.some_work(specialist, family["child"], kind="meeting", minutes=60, **on)
    house.some_work(specialist, kind="letter", minutes=10, **on)
    house.some_work(specialist, kind="other", minutes=5, **on)
    house.some_work(specialist, kind="paper", minutes=25, **on)
    house.some_work(specialist, kind="travel", minutes=35, meeting_id=driven, **on)
    house.some_work(specialist, kind="travel", minutes=7, **on)

    found = of_week(specialist)

    assert found["total"] == figures(
        with_children_minutes=90 + 20 + 45 + 5,
        on_the_way_minutes=20,
        travel_minutes=42,
        partners_minutes=90,
        paper_minutes=25,
        total_minutes=160 + 42 + 90 + 25,
        # On foot, and nobody noted how long that took; travelling together is time with the child as it is.
        travel_not_noted=1,
        meetings={"held": 4, "planned": 1, "missed": 1, "cancelled": 2},
    )
    assert [only(row) for row in found["items"]] == [found["total"]]


def test_a_meeting_under_way_counts_until_now(specialist: Phone, family: dict[str, Any], recorded: Recorded) -> None:
    begun = clock.now() - timedelta(minutes=30, seconds=20)
    recorded(specialist, family, begun, state="under_way")

    found = of_week(specialist, clock.in_riga(begun).date().isoformat(), clock.today().isoformat())

    assert found["total"] == figures(with_children_minutes=30, total_minutes=30, meetings={"under_way": 1})


@pytest.mark.parametrize(
    ("begun", "ended", "minutes"),
    [
        # Put forward at 03:00, there is no hour from three to four.
        (riga(2025, 3, 30, 2), riga(2025, 3, 30, 5), 120),
        # Put back at 04:00, it comes twice.
        (riga(2025, 10, 26, 2), riga(2025, 10, 26, 5), 240),
        (riga(2025, 10, 26, 3, 30), riga(2025, 10, 26, 3, 30, fold=1), 60),
        # Across midnight, and into another month.
        (riga(2025, 3, 31, 23, 30), riga(2025, 4, 1, 0, 30), 60),
        # Across the year's end, within one ISO week.
        (riga(2025, 12, 31, 23), riga(2026, 1, 1, 1, 5), 125),
        # Seconds make no minute.
        (riga(2025, 3, 4, 10), riga(2025, 3, 4, 10, 59) + timedelta(seconds=59), 59),
        (riga(2025, 3, 4, 10), riga(2025, 3, 4, 10), 0),
    ],
)
def test_a_meeting_counts_the_minutes_that_truly_passed(
    specialist: Phone, family: dict[str, Any], recorded: Recorded, begun: datetime, ended: datetime, minutes: int
) -> None:
    recorded(specialist, family, begun, ended)
    first, last = clock.in_riga(begun).date(), clock.in_riga(ended).date()

    found = of_week(specialist, first.isoformat(), last.isoformat())

    counted = figures(with_children_minutes=minutes, total_minutes=minutes, meetings={"held": 1})
    assert found["total"] == counted
    assert [only(row) for row in found["items"]] == [counted]


def test_a_meeting_across_a_weeks_end_is_split_there_and_counted_where_it_began(
    specialist: Phone, family: dict[str, Any], recorded: Recorded
) -> None:
    # The Sunday on which the clocks are put forward; half minutes on both sides of midnight.
    begun = riga(2025, 3, 30, 2) + timedelta(seconds=30)
    recorded(specialist, family, begun, riga(2025, 3, 31, 1) + timedelta(seconds=30))

    found = of_week(specialist, "2025-03-24", "2025-04-06")

    sunday, monday = 21 * 60 - 1, 61
    assert [(row["week"], only(row)) for row in found["items"]] == [
        (
            {"name": "2025-W13", "from": "2025-03-24", "to": "2025-03-30"},
            figures(with_children_minutes=sunday, total_minutes=sunday, meetings={"held": 1}),
        ),
        (
            {"name": "2025-W14", "from": "2025-03-31", "to": "2025-04-06"},
            figures(with_children_minutes=monday, total_minutes=monday),
        ),
    ]
    assert found["total"] == figures(with_children_minutes=1320, total_minutes=1320, meetings={"held": 1})
    assert of_week(specialist, "2025-03-31", "2025-03-31")["total"]["with_children_minutes"] == monday


def test_weeks_without_any_hours_are_shown_and_only_the_days_asked_for(specialist: Phone) -> None:
    found = of_week(specialist, "2025-12-30", "2026-01-13")

    assert [row["week"] for row in found["items"]] == [
        {"name": "2026-W01", "from": "2025-12-30", "to": "2026-01-04"},
        {"name": "2026-W02", "from": "2026-01-05", "to": "2026-01-11"},
        {"name": "2026-W03", "from": "2026-01-12", "to": "2026-01-13"},
    ]
    assert [only(row) for row in found["items"]] == [NOTHING] * 3


def test_without_days_it_is_this_week(specialist: Phone, house: House) -> None:
    house.some_work(specialist, minutes=20)
    monday = clock.today() - timedelta(days=clock.today().weekday())

    found = done(specialist.get("hours"))

    assert (found["from"], found["to"]) == (monday.isoformat(), (monday + timedelta(days=6)).isoformat())
    assert found["total"] == figures(partners_minutes=20, total_minutes=20)


def test_a_supervisor_sees_the_team_one_by_one_and_each_specialist_themselves(
    house: House, supervisor: Phone, specialist: Phone, colleague: Phone, family: dict[str, Any], recorded: Recorded
) -> None:
    recorded(specialist, family, riga(2025, 3, 3, 10), riga(2025, 3, 3, 11))
    house.some_work(colleague, minutes=20, day="2025-03-04")
    other = house.a_specialist(house.a_supervisor())
    house.some_work(other, minutes=99, day="2025-03-04")

    team = of_week(supervisor, by="specialist")
    counted = [
        figures(with_children_minutes=60, total_minutes=60, meetings={"held": 1}),
        figures(partners_minutes=20, total_minutes=20),
    ]
    assert [(row["specialist"]["name"], only(row)) for row in team["items"]] == [
        ("Anete Izdomāta", counted[0]),
        ("Biruta Izdomāta", counted[1]),
    ]
    assert team["total"]["total_minutes"] == 80
    assert of_week(specialist, by="specialist")["items"] == team["items"][:1]
    assert of_week(supervisor, by="specialist", specialist_id=str(colleague.account_id))["items"] == team["items"][1:]
    assert of_week(supervisor, specialist_id=str(specialist.account_id))["total"] == counted[0]
    for asking, whose in ((specialist, colleague), (supervisor, other), (other, specialist)):
        answer = asking.get(f"hours?specialist_id={whose.account_id}")
        assert refusal_of(answer) == {"type": "not-found"}


def test_the_hours_of_somebody_who_left_are_still_the_teams(
    house: House, supervisor: Phone, specialist: Phone, colleague: Phone
) -> None:
    house.some_work(colleague, minutes=20, day="2025-03-04")
    house.deactivate(colleague)
    house.deactivate(house.a_specialist(supervisor))

    team = of_week(supervisor, by="specialist")

    assert [(row["specialist"]["name"], row["total_minutes"]) for row in team["items"]] == [
        ("Anete Izdomāta", 0),
        ("Biruta Izdomāta", 20),
    ]


def test_a_child_out_of_sight_is_not_named_and_its_hours_stay(
    house: House,
    supervisor: Phone,
    specialist: Phone,
    colleague: Phone,
    family: dict[str, Any],
    recorded: Recorded,
) -> None:
    kept = house.a_family(supervisor, specialist, given_name="Berta")
    recorded(specialist, family, riga(2025, 3, 3, 10), riga(2025, 3, 3, 11))
    recorded(specialist, kept, riga(2025, 3, 4, 10), riga(2025, 3, 4, 10, 30))
    house.some_work(specialist, family["child"], minutes=5, day="2025-03-04")
    house.some_work(specialist, minutes=8, day="2025-03-04")
    to = {"to_specialist_id": str(colleague.account_id), "reason": "Atvaļinājums"}
    before = of_week(specialist, by="child")
    done(supervisor.act(f"cases/{family['case']['id']}/transfer", family["case"], to))

    after = of_week(specialist, by="child")

    anna = {"id": family["child"]["id"], "given_name": "Anna", "family_name": "Izdomāta"}
    berta = {"id": kept["child"]["id"], "given_name": "Berta", "family_name": "Izdomāta"}
    by_child = [(row["child"], row["nameless"], row["total_minutes"]) for row in before["items"]]
    assert by_child == [(anna, None, 65), (berta, None, 30), (None, "no_child", 8)]
    by_child = [(row["child"], row["nameless"], row["total_minutes"]) for row in after["items"]]
    assert by_child == [(berta, None, 30), (None, "out_of_sight", 65), (None, "no_child", 8)]
    assert after["total"] == before["total"]
    assert of_week(supervisor, by="child")["items"] == before["items"]
    assert of_week(colleague, by="child")["items"] == []


def test_hours_with_one_child_need_the_child_in_sight(
    house: House, supervisor: Phone, specialist: Phone, colleague: Phone, family: dict[str, Any], recorded: Recorded
) -> None:
    recorded(specialist, family, riga(2025, 3, 3, 10), riga(2025, 3, 3, 11))
    house.some_work(specialist, minutes=8, day="2025-03-04")
    child = family["child"]["id"]

    assert of_week(specialist, child_id=child)["total"]["total_minutes"] == 60
    assert of_week(supervisor, child_id=child)["total"]["total_minutes"] == 60
    assert refusal_of(colleague.get(f"hours?child_id={child}")) == {"type": "not-found"}


def test_looking_at_hours_leaves_a_trace_only_where_a_child_is_named(
    house: House, supervisor: Phone, specialist: Phone, family: dict[str, Any], recorded: Recorded
) -> None:
    recorded(specialist, family, riga(2025, 3, 3, 10), riga(2025, 3, 3, 11))
    child = family["child"]["id"]
    house.sql("DELETE FROM trace")

    of_week(supervisor), of_week(supervisor, by="specialist")
    assert house.looks_of(supervisor) == []
    of_week(supervisor, by="child"), of_week(supervisor, child_id=child)
    assert house.looks_of(supervisor) == [(child, "team", "hours.hours", False)] * 2


@pytest.mark.parametrize("by", ["specialist", "child", "week"])
def test_pages_hold_every_row_once_and_the_whole_on_each(
    house: House, supervisor: Phone, specialist: Phone, colleague: Phone, recorded: Recorded, by: str
) -> None:
    for number, given_name in enumerate(("Anna", "Berta", "Carlo", "Anna")):
        of = (specialist, colleague)[number % 2]
        begun = riga(2025, 3, 3, 10) + timedelta(days=5 * number)
        recorded(of, house.a_family(supervisor, of, given_name=given_name), begun, begun + timedelta(minutes=10))
    house.some_work(specialist, minutes=8, day="2025-03-04")
    whole = of_week(supervisor, sunday="2025-03-23", by=by)

    found, following = [], ""
    while following is not None:
        more = {"limit": "1"} | ({"cursor": following} if following else {})
        page = of_week(supervisor, sunday="2025-03-23", by=by, **more)
        assert page["total"] == whole["total"]
        found += page["items"]
        following = page["next"]

    assert found == whole["items"]
    assert len(found) == {"specialist": 2, "child": 5, "week": 3}[by]


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("from=2026-03-08&to=2026-03-02", "to"),
        ("from=2026-01-01&to=2027-01-02", "to"),
        ("from=yesterday", "from"),
        ("by=month", "by"),
        ("specialist_id=7", "specialist_id"),
        ("cursor=bm8=", "cursor"),
        ("cursor=WyI3IiwgIiIsICIiXQ==", "cursor"),
        ("unknown=1", "unknown"),
    ],
)
def test_what_cannot_be_asked_for_is_said(specialist: Phone, query: str, place: str) -> None:
    assert refusal_of(specialist.get(f"hours?{query}")) == invalid(place)
    assert done(specialist.get("hours?from=2026-01-01&to=2027-01-01"))["total"] == NOTHING


@pytest.mark.parametrize("by", ["specialist", "child", "week"])
def test_the_figures_are_one_statement_however_many_there_are(
    app: Flask, house: House, supervisor: Phone, specialist: Phone, recorded: Recorded, by: str
) -> None:
    def asked() -> int:
        with statements_of(app) as found:
            of_week(supervisor, by=by)
        return len([one for one in found if "worked_time" in one]), len(found)

    def another() -> None:
        family = house.a_family(supervisor, specialist)
        recorded(specialist, family, riga(2025, 3, 3, 10), riga(2025, 3, 3, 11))
        house.some_work(specialist, family["child"], day="2025-03-04")

    another()
    with_one = asked()
    another(), another()

    assert asked() == with_one
    # Who asks, the figures; the trace, where children are named.
    assert with_one == (1, 3 if by == "child" else 2)
