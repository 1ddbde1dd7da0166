"""A meeting is cancelled or missed for a reason of the policy, so that reasons can be counted (D26, D27)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.builders import House, at, soon
from tests.callers import Phone, done, invalid, refusal_of

REASONS = [
    {"key": "ill", "text": {"lv": "Slims", "en": "Ill", "ru": "Болен"}, "note_needed": False},
    {"key": "other", "text": {"lv": "Cits", "en": "Other", "ru": "Другое"}, "note_needed": True},
]
KINDS = ["cancel", "miss"]


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
    """A meeting whose time has come."""
    meeting = house.a_meeting(specialist, family["child"])
    house.sql(
        "UPDATE meetings SET starts_at = :start, ends_at = :start + interval '90 minutes'",
        start=datetime.now(UTC) - timedelta(minutes=1),
    )
    return meeting


@pytest.mark.parametrize("kind", KINDS)
def test_a_reason_that_the_policy_does_not_know_is_refused_and_the_choices_are_named(
    house: House, specialist: Phone, meeting: dict[str, Any], kind: str
) -> None:
    house.a_meeting_policy(house.a_coordinator(), **{f"{kind}_reasons": REASONS})
    path = f"meetings/{meeting['id']}/{kind}"

    answer = specialist.act(path, meeting, {"reason": "The bus did not come"})

    assert refusal_of(answer) == invalid("/reason")
    assert answer.json["errors"][0]["detail"] == "One of these is possible at present: ill, other."
    ended = done(specialist.act(path, meeting, {"reason": "ill"}))
    assert (ended["reason"], ended["state_reason"]) == ("ill", None)


@pytest.mark.parametrize("kind", KINDS)
def test_some_reasons_need_a_note_and_every_one_may_have_one(
    house: House, specialist: Phone, meeting: dict[str, Any], kind: str
) -> None:
    path = f"meetings/{meeting['id']}/{kind}"

    for empty in ({}, {"note": None}):
        assert refusal_of(specialist.act(path, meeting, {"reason": "other"} | empty)) == invalid("/note")
    ended = done(specialist.act(path, meeting, {"reason": "other", "note": "The bus did not come"}))

    assert (ended["reason"], ended["state_reason"]) == ("other", "The bus did not come")
    (kept,) = house.sql("SELECT reason, state_reason FROM meetings")
    assert kept["reason"] == "other"
    assert house.opened(kept["state_reason"], "meetings.state_reason") == "The bus did not come"


def test_the_reasons_are_those_of_the_policy_in_force_not_of_a_prepared_one(
    house: House, specialist: Phone, meeting: dict[str, Any]
) -> None:
    tomorrow = soon(hours=48).date().isoformat()
    house.a_meeting_policy(house.a_coordinator(), valid_from=tomorrow, cancel_reasons=REASONS)

    assert refusal_of(specialist.act(f"meetings/{meeting['id']}/cancel", meeting, {"reason": "ill"})) == invalid(
        "/reason"
    )
    done(specialist.act(f"meetings/{meeting['id']}/cancel", meeting, {"reason": "child_ill"}))


def test_meetings_that_a_closed_case_leaves_are_cancelled_for_that_reason_by_whoever_closed_it(
    house: House, supervisor: Phone, specialist: Phone, family: dict[str, Any]
) -> None:
    meeting = house.a_meeting(specialist, family["child"], starts_at=at(soon(hours=30)))
    closing = {"reason": "goal_reached", "outcome": "Labs", "cancel_meetings": True}

    done(supervisor.act(f"cases/{family['case']['id']}/close", family["case"], closing))

    (last,) = house.sql(
        "SELECT account_id, step FROM meeting_events WHERE meeting_id = :id AND version = 2", id=meeting["id"]
    )
    assert last == {"account_id": supervisor.account_id, "step": "cancelled"}
    (kept,) = house.sql("SELECT reason, state_reason FROM meetings")
    assert kept == {"reason": "case_closed", "state_reason": None}


def test_a_reason_from_before_there_were_keys_stays_readable(
    house: House, specialist: Phone, meeting: dict[str, Any]
) -> None:
    done(
        specialist.act(f"meetings/{meeting['id']}/cancel", meeting, {"reason": "other", "note": "Grandmother's day"})
    )
    house.sql("UPDATE meetings SET reason = NULL")

    shown = done(specialist.get(f"meetings/{meeting['id']}"))

    assert (shown["state"], shown["reason"], shown["state_reason"]) == ("cancelled", None, "Grandmother's day")
