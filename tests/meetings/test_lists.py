"""Lists of meetings: their order, their bounds, their pages, what they cost."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask

from tests.builders import House, at, soon
from tests.callers import Phone, done, invalid, refusal_of
from tests.tables import statements_of

HOUR = timedelta(hours=1)


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


@pytest.fixture
def meetings(house: House, specialist: Phone, child: dict[str, Any]) -> list[dict[str, Any]]:
    """Five meetings, two hours apart, planned in another order."""
    planned = {
        number: house.a_meeting(specialist, child, starts_at=at(soon() + 2 * number * HOUR))["id"]
        for number in (3, 0, 4, 1, 2)
    }
    # Read again: which one is the first is known when all are planned.
    return [done(specialist.get(f"meetings/{planned[number]}")) for number in range(5)]


def items(phone: Phone, query: str = "") -> list[dict[str, Any]]:
    return done(phone.get(f"meetings{query}"))["items"]


def test_meetings_stand_in_the_order_of_their_start(
    house: House, supervisor: Phone, specialist: Phone, meetings: list[dict[str, Any]]
) -> None:
    assert items(specialist) == items(supervisor) == meetings
    assert items(house.a_specialist(supervisor)) == []
    assert items(house.a_supervisor()) == []


@pytest.mark.parametrize("limit", [1, 2, 4, 5, 200])
def test_the_pages_hold_every_meeting_once(specialist: Phone, meetings: list[dict[str, Any]], limit: int) -> None:
    found, following = [], ""
    while True:
        page = done(specialist.get(f"meetings?limit={limit}{following}"))
        found.append(page["items"])
        if page["next"] is None:
            break
        following = f"&cursor={page['next']}"

    assert [meeting for page in found for meeting in page] == meetings
    assert [len(page) for page in found[:-1]] == [limit] * (len(found) - 1)


def test_meetings_that_start_at_the_same_moment_are_told_apart_by_their_ids(house: House, supervisor: Phone) -> None:
    for _ in range(3):
        specialist = house.a_specialist(supervisor)
        house.a_meeting(specialist, house.a_family(supervisor, specialist)["child"])
    everything = items(supervisor)

    first = done(supervisor.get("meetings?limit=1"))
    rest = done(supervisor.get(f"meetings?cursor={first['next']}"))

    assert [one["id"] for one in everything] == sorted(one["id"] for one in everything)
    assert first["items"] + rest["items"] == everything


def test_a_meeting_planned_while_somebody_turns_pages_moves_no_other(
    house: House, specialist: Phone, child: dict[str, Any], meetings: list[dict[str, Any]]
) -> None:
    first = done(specialist.get("meetings?limit=2"))
    house.a_meeting(specialist, child, starts_at=at(soon() - 5 * HOUR), expected_minutes=5)
    between = house.a_meeting(specialist, child, starts_at=at(soon() + 5.5 * HOUR), expected_minutes=30)
    # Six are too many for a child's week, and that is told when the sixth is planned.
    between |= {"warnings": [], "freer_days": []}

    rest = done(specialist.get(f"meetings?limit=200&cursor={first['next']}"))

    assert first["items"] + rest["items"] == [*meetings[:3], between, *meetings[3:]]


def test_the_bounds_are_from_a_moment_on_and_before_another(
    specialist: Phone, meetings: list[dict[str, Any]]
) -> None:
    third = quote(at(soon() + 4 * HOUR))

    assert items(specialist, f"?from={third}") == meetings[2:]
    assert items(specialist, f"?to={third}") == meetings[:2]
    assert items(specialist, f"?from={quote(at(soon() + HOUR))}&to={third}") == meetings[1:2]
    assert items(specialist, f"?from={third}&to={third}") == []
    in_riga = quote((soon() + 4 * HOUR).astimezone().isoformat())
    assert items(specialist, f"?from={in_riga}") == meetings[2:]


def test_the_meetings_of_one_child_are_listed(
    house: House, supervisor: Phone, specialist: Phone, child: dict[str, Any], meetings: list[dict[str, Any]]
) -> None:
    other = house.a_family(supervisor, specialist)["child"]
    theirs = house.a_meeting(specialist, other, starts_at=at(soon() + HOUR * 12))

    assert items(specialist, f"?child_id={child['id']}") == meetings
    assert items(specialist, f"?child_id={other['id']}") == [theirs]
    stranger = house.a_supervisor()
    assert items(stranger, f"?child_id={child['id']}") == []


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("from=yesterday", "from"),
        ("from=2026-03-02", "from"),
        ("from=2026-03-02T12:00:00", "from"),
        # An unescaped plus is a blank.
        ("from=2026-03-02T12:00:00+02:00", "from"),
        ("to=", "to"),
        ("to=9999-12-31T23:59:59Z", "to"),
        ("child_id=7", "child_id"),
        ("since=2026-03-02T12:00:00Z", "since"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("cursor=x", "cursor"),
        ("cursor=WyJ4IiwgIngiXQ==", "cursor"),
        ("cursor=WyIyMDI2LTAzLTAyIiwgIngiXQ==", "cursor"),
    ],
)
def test_a_list_asked_for_otherwise_is_refused(specialist: Phone, query: str, place: str) -> None:
    assert refusal_of(specialist.get(f"meetings?{query}")) == invalid(place)
    assert items(specialist) == []


def test_a_list_needs_the_same_statements_for_one_meeting_and_for_three(
    house: House, app: Flask, specialist: Phone, child: dict[str, Any]
) -> None:
    counted = []
    for number in (1, 3):
        while len(items(specialist)) < number:
            house.a_meeting(specialist, child, starts_at=at(soon() + 2 * len(items(specialist)) * HOUR))
        if number == 3:
            # One of them has begun, so that there is something to say about its announcement.
            meeting = items(specialist)[0]
            done(specialist.act(f"meetings/{meeting['id']}/start", meeting, {"unannounced_reason": "first one"}))
        with statements_of(app) as statements:
            assert len(items(specialist)) == number
        counted.append(len(statements))

    # Who asks, the meetings, their announcements, who was told otherwise, the trace.
    assert counted == [5, 5]


def test_one_meeting_needs_as_many_statements_as_a_list(
    house: House, app: Flask, specialist: Phone, child: dict[str, Any]
) -> None:
    meeting = house.a_meeting(specialist, child)
    with statements_of(app) as statements:
        done(specialist.get(f"meetings/{meeting['id']}"))

    assert len(statements) == 5
