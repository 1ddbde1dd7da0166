"""Whether everybody who had to be told was told in writing before the start (D6): the service's main figure."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from bas_service import clock
from bas_service.database import transaction
from bas_service.messaging import jobs, service
from tests.builders import House, at, soon
from tests.callers import Phone, done, refusal_of

BASIS = {"reason": "Custody interrupted", "basis": "Decision 7"}
ALL_THE_SAME = {"unannounced_reason": "Arranged by telephone"}
UNANNOUNCED = {"type": "meeting-unannounced"}


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
    """A meeting with a message on its way."""
    return house.a_meeting(specialist, family["child"])


def start(phone: Phone, meeting: dict[str, Any], form: dict[str, Any] | None = None) -> Any:
    present = done(phone.get(f"meetings/{meeting['id']}"))
    assert present["announced_in_time"] is None
    return phone.act(f"meetings/{meeting['id']}/start", present, form or {})


def shown(phone: Phone, meeting: dict[str, Any]) -> bool | None:
    """What the meeting itself and the list both say."""
    alone = done(phone.get(f"meetings/{meeting['id']}"))["announced_in_time"]
    (listed,) = (item for item in done(phone.get("meetings"))["items"] if item["id"] == meeting["id"])
    assert listed["announced_in_time"] is alone
    return alone


def suspend(phone: Phone, representative: dict[str, Any], action: str = "suspend") -> dict[str, Any]:
    return done(phone.act(f"representatives/{representative['id']}/{action}", representative, BASIS))


@pytest.mark.parametrize("state", ["handed_over", "delivered"])
def test_with_everybody_told_a_meeting_starts_and_was_announced(
    house: House, specialist: Phone, meeting: dict[str, Any], state: str
) -> None:
    house.hand_over_messages(state)

    started = done(start(specialist, meeting, ALL_THE_SAME))

    assert (started["announced_in_time"], started["unannounced_reason"]) == (True, None)
    assert shown(specialist, meeting) is True
    held = done(specialist.act(f"meetings/{meeting['id']}/finish", started, {}))
    assert held["announced_in_time"] is True


@pytest.mark.parametrize("state", ["queued", "sending", "failed", "uncertain", "withdrawn"])
def test_without_everybody_told_starting_takes_a_reason_and_is_counted(
    house: House, specialist: Phone, meeting: dict[str, Any], state: str
) -> None:
    house.hand_over_messages(state)

    refused = start(specialist, meeting)
    assert refusal_of(refused) == UNANNOUNCED
    assert refused.json["title"] == "Representative not told"
    assert refusal_of(start(specialist, meeting, {"unannounced_reason": None})) == UNANNOUNCED
    started = done(start(specialist, meeting, ALL_THE_SAME))
    assert (started["state"], started["announced_in_time"]) == ("under_way", False)
    assert started["unannounced_reason"] == ALL_THE_SAME["unannounced_reason"]
    assert shown(specialist, meeting) is False


def test_a_message_that_goes_out_after_the_start_was_not_in_time(
    house: House, specialist: Phone, meeting: dict[str, Any]
) -> None:
    done(start(specialist, meeting, ALL_THE_SAME))

    house.hand_over_messages("delivered")

    assert shown(specialist, meeting) is False


def test_a_failure_reported_later_takes_the_claim_back(
    house: House, specialist: Phone, worker_app: Flask, meeting: dict[str, Any]
) -> None:
    """The provider's receipt may come hours later; what the family never got was not announced."""
    house.hand_over_messages()
    done(start(specialist, meeting))
    (announcement,) = meeting["announcements"]

    with worker_app.app_context():
        for status, expected in (("sent", True), ("undelivered", False)):
            with house.app.app_context(), transaction():
                service.note_receipt(
                    uuid.UUID(announcement["id"]), provider_id="SM7", status=status, error_code="30003"
                )
            with transaction():
                assert jobs.apply_receipts() == 1
            assert shown(specialist, meeting) is expected


def test_all_representatives_count_not_just_one(
    house: House, supervisor: Phone, specialist: Phone, family: dict[str, Any], meeting: dict[str, Any]
) -> None:
    house.hand_over_messages()
    house.a_representative(supervisor, family["child"])

    assert refusal_of(start(specialist, meeting)) == UNANNOUNCED
    house.hand_over_messages()
    assert done(start(specialist, meeting))["announced_in_time"] is True


def test_somebody_who_is_reached_by_email_only_was_not_told_while_nobody_sends_any(
    house: House, supervisor: Phone, specialist: Phone, family: dict[str, Any], meeting: dict[str, Any]
) -> None:
    house.nobody_carries("email")
    house.a_representative(supervisor, family["child"], channels=["email"], email="tetis@example.lv", phone=None)
    house.hand_over_messages()

    assert refusal_of(start(specialist, meeting)) == UNANNOUNCED
    assert done(start(specialist, meeting, ALL_THE_SAME))["announced_in_time"] is False


def test_where_there_is_nobody_to_tell_nobody_was_told(house: House, supervisor: Phone, specialist: Phone) -> None:
    child = house.a_child(supervisor)
    house.a_case(supervisor, child, specialist)
    meeting = house.a_meeting(specialist, child)

    assert refusal_of(start(specialist, meeting)) == UNANNOUNCED
    assert done(start(specialist, meeting, ALL_THE_SAME))["announced_in_time"] is False


@pytest.mark.parametrize(
    "change",
    [{"starts_at": at(soon(hours=30))}, {"expected_minutes": 60}, {"place": {"type": "home"}}],
    ids=["start", "duration", "place"],
)
def test_after_a_change_it_is_the_latest_place_and_time_that_counts(
    house: House, specialist: Phone, meeting: dict[str, Any], change: dict[str, Any]
) -> None:
    house.hand_over_messages()
    done(specialist.change(f"meetings/{meeting['id']}", meeting, change))

    assert refusal_of(start(specialist, meeting)) == UNANNOUNCED
    house.hand_over_messages()
    assert done(start(specialist, meeting))["announced_in_time"] is True


def test_after_a_change_that_concerns_nobody_else_everybody_still_was_told(
    house: House, specialist: Phone, meeting: dict[str, Any]
) -> None:
    house.hand_over_messages()
    done(specialist.change(f"meetings/{meeting['id']}", meeting, {"note": "Bring a book", "transport": "on_foot"}))

    assert done(start(specialist, meeting))["announced_in_time"] is True


def test_after_a_transfer_the_new_specialist_must_be_told_of(
    house: House, supervisor: Phone, family: dict[str, Any], meeting: dict[str, Any]
) -> None:
    house.hand_over_messages()
    colleague = house.a_specialist(supervisor)
    to = {"to_specialist_id": str(colleague.account_id), "reason": "moves"}
    done(supervisor.act(f"cases/{family['case']['id']}/transfer", family["case"], to))

    assert refusal_of(start(colleague, meeting)) == UNANNOUNCED
    house.hand_over_messages()
    assert done(start(colleague, meeting))["announced_in_time"] is True


def test_somebody_suspended_before_the_start_need_not_be_told(
    house: House, supervisor: Phone, specialist: Phone, family: dict[str, Any], meeting: dict[str, Any]
) -> None:
    house.hand_over_messages()
    father = house.a_representative(supervisor, family["child"])
    assert refusal_of(start(specialist, meeting)) == UNANNOUNCED
    suspended = suspend(supervisor, father)

    assert done(start(specialist, meeting))["announced_in_time"] is True
    suspend(supervisor, suspended, "resume")
    assert shown(specialist, meeting) is True


def test_when_the_only_one_is_suspended_before_the_start_there_is_nobody_to_tell(
    house: House, supervisor: Phone, specialist: Phone, family: dict[str, Any], meeting: dict[str, Any]
) -> None:
    house.hand_over_messages()
    suspended = suspend(supervisor, family["representative"])

    assert refusal_of(start(specialist, meeting)) == UNANNOUNCED
    done(start(specialist, meeting, ALL_THE_SAME))
    suspend(supervisor, suspended, "resume")
    assert shown(specialist, meeting) is False


@pytest.mark.parametrize("told", [True, False])
def test_nothing_that_happens_after_the_start_changes_what_was_right_at_the_start(
    house: House, supervisor: Phone, specialist: Phone, family: dict[str, Any], meeting: dict[str, Any], *, told: bool
) -> None:
    child, mother = family["child"], family["representative"]
    gone = house.a_representative(supervisor, child, valid_from="2020-01-01", valid_until="2020-12-31")
    if told:
        house.hand_over_messages()
    done(start(specialist, meeting, ALL_THE_SAME))

    assert shown(specialist, meeting) is told
    mother = suspend(supervisor, mother)
    assert shown(specialist, meeting) is told
    mother = suspend(supervisor, mother, "resume")
    assert shown(specialist, meeting) is told
    house.a_protected_place(supervisor, mother)
    assert shown(specialist, meeting) is told
    house.a_representative(supervisor, child)
    assert shown(specialist, meeting) is told
    done(supervisor.change(f"representatives/{gone['id']}", gone, {"valid_until": None}))
    assert shown(specialist, meeting) is told
    done(supervisor.change(f"representatives/{mother['id']}", mother, {"phone": "+37120000199"}))
    assert shown(specialist, meeting) is told


@pytest.mark.parametrize(
    "period",
    [
        {"valid_until": "today"},
        {"valid_from": "2020-01-01", "valid_until": "2020-12-31"},
        {"valid_from": "next week"},
    ],
)
def test_somebody_who_does_not_represent_the_child_on_the_day_need_not_be_told(
    house: House, supervisor: Phone, specialist: Phone, family: dict[str, Any], period: dict[str, str]
) -> None:
    days = {"today": 0, "next week": 7}
    period = {
        name: (clock.today() + timedelta(days=days[day])).isoformat() if day in days else day
        for name, day in period.items()
    }
    meeting = house.a_meeting(specialist, family["child"], starts_at=at(soon(hours=48)))
    house.a_representative(supervisor, family["child"], **period)
    house.hand_over_messages()

    assert done(start(specialist, meeting))["announced_in_time"] is True


def test_somebody_from_whom_the_place_is_protected_need_not_be_told(
    house: House, supervisor: Phone, specialist: Phone, family: dict[str, Any], meeting: dict[str, Any]
) -> None:
    house.hand_over_messages()
    father = house.a_representative(supervisor, family["child"])
    assert refusal_of(start(specialist, meeting)) == UNANNOUNCED

    house.a_protected_place(supervisor, father)

    assert done(start(specialist, meeting))["announced_in_time"] is True


@pytest.mark.parametrize("action", ["cancel", "miss"])
def test_of_a_meeting_that_never_started_it_is_not_said(
    house: House, specialist: Phone, meeting: dict[str, Any], action: str
) -> None:
    house.hand_over_messages()
    house.sql("UPDATE meetings SET starts_at = starts_at - interval '2 days', ends_at = ends_at - interval '2 days'")

    ended = done(specialist.act(f"meetings/{meeting['id']}/{action}", meeting, {"reason": "child_ill"}))

    assert ended["announced_in_time"] is None


def test_a_message_handed_over_at_the_very_start_was_in_time(
    house: House, specialist: Phone, meeting: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC)
    monkeypatch.setattr(clock, "now", lambda: now)
    house.hand_over_messages(at=now + timedelta(microseconds=1))
    assert refusal_of(start(specialist, meeting)) == UNANNOUNCED
    house.sql("UPDATE messages SET handed_over_at = :now", now=now)

    assert done(start(specialist, meeting))["announced_in_time"] is True
