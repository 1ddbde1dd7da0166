"""Changing a planned meeting."""

import uuid
from datetime import timedelta
from typing import Any

import pytest

from tests.builders import House, at, soon
from tests.callers import Phone, done, invalid, refusal_of

TO_A_DOCTOR = {"institution": "Rīgas 1. slimnīca", "purpose": "A talk with the doctor"}


@pytest.fixture
def supervisor(house: House) -> Phone:
    """A supervisor."""
    return house.a_supervisor()


@pytest.fixture
def specialist(house: House, supervisor: Phone) -> Phone:
    """A specialist."""
    return house.a_specialist(supervisor)


@pytest.fixture
def family(house: House, supervisor: Phone, specialist: Phone) -> dict[str, Any]:
    """A family that the specialist works with."""
    return house.a_family(supervisor, specialist)


@pytest.fixture
def meeting(house: House, specialist: Phone, family: dict[str, Any]) -> dict[str, Any]:
    """A session tomorrow, for an hour and a half."""
    return house.a_meeting(specialist, family["child"], note="Bring a book", transport="on_foot")


def z(moment: Any) -> str:
    return moment.isoformat().replace("+00:00", "Z")


START = soon(hours=50)


@pytest.mark.parametrize(
    ("change", "shown", "told"),
    [
        ({"starts_at": at(START)}, {"starts_at": z(START), "ends_at": z(START + timedelta(minutes=90))}, True),
        ({"expected_minutes": 60}, {"ends_at": "an hour later", "expected_minutes": 60}, True),
        ({"place": {"type": "home"}}, {"place": {"type": "home", "name": None, "address": None}}, True),
        (
            {"place": {"type": "address", "name": "Bibliotēka"}},
            {"place": {"type": "address", "name": "Bibliotēka", "address": None}},
            True,
        ),
        ({"transport": "work_car"}, {"transport": "work_car"}, False),
        ({"note": "Another"}, {"note": "Another"}, False),
        ({"note": None}, {"note": None}, False),
    ],
    ids=["start", "duration", "place", "address", "transport", "note", "no note"],
)
def test_what_the_family_was_told_is_told_anew_and_nothing_else_is(
    house: House,
    specialist: Phone,
    meeting: dict[str, Any],
    change: dict[str, Any],
    shown: dict[str, Any],
    *,
    told: bool,
) -> None:
    house.hand_over_messages()
    before = done(specialist.get(f"meetings/{meeting['id']}"))

    changed = done(specialist.change(f"meetings/{meeting['id']}", before, change))

    if shown.get("ends_at") == "an hour later":
        shown = shown | {"ends_at": changed["ends_at"]}
        assert changed["ends_at"] < before["ends_at"]
    assert changed == before | shown | {"version": 2, "announcements": changed["announcements"]}
    new = changed["announcements"][len(before["announcements"]) :]
    assert changed["announcements"][: len(before["announcements"])] == before["announcements"]
    assert [(one["reason"], one["state"]) for one in new] == ([("changed", "queued")] if told else [])


def test_a_change_without_a_difference_makes_no_version_and_tells_nobody(
    house: House, specialist: Phone, meeting: dict[str, Any]
) -> None:
    same = {name: meeting[name] for name in ("starts_at", "expected_minutes", "place", "transport", "note")}

    assert done(specialist.change(f"meetings/{meeting['id']}", meeting, same)) == meeting
    assert done(specialist.change(f"meetings/{meeting['id']}", meeting, {})) == meeting


@pytest.mark.parametrize(
    ("change", "places"),
    [
        ({"starts_at": at(soon(hours=-1))}, ["/starts_at"]),
        ({"starts_at": at(soon(hours=24 * 367))}, ["/starts_at"]),
        ({"starts_at": None}, ["/starts_at"]),
        ({"expected_minutes": 4}, ["/expected_minutes"]),
        ({"place": {"type": "address"}}, ["/place/name"]),
        ({"place": {"name": "Bibliotēka"}}, ["/place/type"]),
        ({"place": None}, ["/place"]),
        ({"transport": None}, ["/transport"]),
        ({"accompaniment": TO_A_DOCTOR}, ["/accompaniment"]),
        ({"kind": "accompaniment"}, ["/kind"]),
        ({"child_id": str(uuid.uuid4())}, ["/child_id"]),
        ({"specialist_id": str(uuid.uuid4())}, ["/specialist_id"]),
        ({"state": "held"}, ["/state"]),
        ({"note": "x", "colour": "red"}, ["/colour"]),
    ],
)
def test_a_change_that_is_wrong_changes_nothing_and_tells_nobody(
    house: House, specialist: Phone, meeting: dict[str, Any], change: dict[str, Any], places: list[str]
) -> None:
    path = f"meetings/{meeting['id']}"

    refused = specialist.change(path, meeting, {"expected_minutes": 45} | change)

    assert refusal_of(refused) == invalid(*places)
    assert done(specialist.get(path)) == meeting
    assert done(specialist.change(path, meeting, {"expected_minutes": 45}))["version"] == 2


def test_an_accompaniment_stays_one(
    house: House, supervisor: Phone, specialist: Phone, family: dict[str, Any]
) -> None:
    house.a_consent(supervisor, family["representative"])
    meeting = house.a_meeting(specialist, family["child"], kind="accompaniment", accompaniment=TO_A_DOCTOR)
    path = f"meetings/{meeting['id']}"

    assert refusal_of(specialist.change(path, meeting, {"accompaniment": None})) == invalid("/accompaniment")
    elsewhere = {"accompaniment": {"institution": "School", "purpose": "A talk"}}
    changed = done(specialist.change(path, meeting, elsewhere))
    assert changed == meeting | elsewhere | {"version": 2}
    assert done(specialist.change(path, changed, {"note": "x"})) == changed | {"note": "x", "version": 3}


def test_a_meeting_whose_start_has_passed_can_still_get_another_note(
    house: House, specialist: Phone, meeting: dict[str, Any]
) -> None:
    house.sql("UPDATE meetings SET starts_at = starts_at - interval '2 days', ends_at = ends_at - interval '2 days'")
    now = done(specialist.get(f"meetings/{meeting['id']}"))

    changed = specialist.change(f"meetings/{meeting['id']}", now, {"note": "late", "starts_at": now["starts_at"]})

    assert done(changed) == now | {"note": "late", "version": 2}


@pytest.mark.parametrize(("minutes", "warnings"), [(30, ["short-notice"]), (90, [])])
def test_a_change_at_short_notice_is_a_warning(
    house: House, specialist: Phone, meeting: dict[str, Any], minutes: int, warnings: list[str]
) -> None:
    change = {"starts_at": at(soon(hours=minutes / 60))}

    assert done(specialist.change(f"meetings/{meeting['id']}", meeting, change))["warnings"] == warnings
