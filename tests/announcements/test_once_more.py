"""A text that did not arrive for a reason that may pass goes out once more, and only then the next channel (D6)."""

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from bas_service import clock
from bas_service.announcements.queries import telling_policy
from bas_service.database import new_id, transaction
from bas_service.meetings.jobs import still_to_be_told
from bas_service.messaging import jobs
from bas_service.messaging.jobs import Claimed
from bas_service.messaging.once_more import OnceMore
from bas_service.messaging.pacing import Pace, Sender
from bas_service.messaging.rules import MISCONFIGURED_CODES, ONCE_MORE_CODES, REST, Channel, HandOver, Verdict
from tests.announcements.test_by_every_channel import BOTH, Family
from tests.builders import House, at, soon
from tests.callers import at_once, done

PAUSE = timedelta(seconds=60)


class Unreached(Family):
    """A family whose phone is off, and a worker that applies receipts when it is told to."""

    def receipt(self, message: Claimed, sid: str, status: str, error: str | None = None) -> None:
        """What the provider reports of a text that it knows as ``sid``."""
        self.house.sql(
            "INSERT INTO receipts (id, message_id, provider_id, status, error_code, received_at)"
            " VALUES (:id, :message, :sid, :status, :error, :now)",
            id=new_id(),
            message=message.id,
            sid=sid,
            status=status,
            error=error,
            now=clock.now(),
        )

    def apply(self, most: int = 200) -> int:
        """Apply the receipts that came, as a worker does."""
        with self._worker_app.app_context(), transaction():
            policy = telling_policy()
            terms = OnceMore(
                still_right={"announcements": still_to_be_told},
                pause=PAUSE,
                patience=timedelta(minutes=policy.failover_minutes),
            )
            return jobs.apply_receipts(most, once_more=terms)

    def send(self, sid: str) -> Claimed:
        """Let the text that is due go out; the provider knows it as ``sid``."""
        (message,) = self.worker_step(HandOver(verdict=Verdict.ACCEPTED, provider_id=sid))
        return message

    def not_arrived(self, message: Claimed, sid: str, error: str = "30003") -> None:
        """The provider says that it did not arrive, and a worker reads that."""
        self.receipt(message, sid, "undelivered", error)
        self.apply()

    def pause_is_over(self) -> None:
        """A minute passes."""
        self.house.sql("UPDATE messages SET next_attempt_at = next_attempt_at - :pause", pause=PAUSE)

    def channel(self, name: str) -> tuple[str, str | None]:
        """How a channel is, and by which code it stopped."""
        (row,) = self.house.sql("SELECT state, error_code FROM channel_states WHERE channel = :name", name=name)
        return row["state"], row["error_code"]

    def row(self, message: Claimed, *columns: str) -> dict[str, Any]:
        """These columns of a message."""
        (row,) = self.house.sql("SELECT * FROM messages WHERE id = :id", id=message.id)
        return {name: row[name] for name in columns}


@pytest.fixture
def family(house: House, worker_app: Flask) -> Unreached:
    family = Unreached(house, worker_app)
    family.correct(**BOTH)
    return family


@pytest.mark.parametrize("code", sorted(ONCE_MORE_CODES - MISCONFIGURED_CODES - set(REST)))
def test_what_may_pass_is_tried_once_more_and_then_by_the_next_channel(family: Unreached, code: str) -> None:
    meeting = family.plan()
    text = family.send("SM1")
    family.not_arrived(text, "SM1", code)

    assert family.told(meeting) == [("sms", "planned", "queued")]
    assert family.look() == (0, 0)
    # A phone that is off is not on a second later.
    assert family.worker_step() == []
    family.pause_is_over()
    again = family.send("SM2")
    assert (again.id, again.recipient, again.body) == (text.id, text.recipient, text.body)
    assert family.look() == (0, 0)

    family.not_arrived(again, "SM2", code)

    assert family.told(meeting) == [("sms", "planned", "failed")]
    assert family.look() == (1, 0)
    assert [one.channel for one in family.worker_step()] == ["email"]
    assert family.look() == (0, 0)


def test_what_needs_half_an_hour_to_pass_gets_it(family: Unreached) -> None:
    text = family.send(family.plan() and "SM1")
    family.not_arrived(text, "SM1", "30450")

    family.pause_is_over()
    assert family.worker_step() == []
    for _ in range(29):
        family.pause_is_over()
    assert family.send("SM2").id == text.id


def test_settings_that_only_a_receipt_calls_wrong_burn_nothing_and_stop_the_channel(family: Unreached) -> None:
    meeting = family.plan()
    text = family.send("SM1")

    family.not_arrived(text, "SM1", "30002")

    assert family.told(meeting) == [("sms", "planned", "queued")]
    assert family.channel("sms") == ("open", "30002")
    # Accepted proves nothing: the first one was accepted too.
    family.house.sql("UPDATE channel_states SET state = 'half_open' WHERE channel = 'sms'")
    family.pause_is_over()
    family.send("SM2")
    assert family.channel("sms") == ("half_open", "30002")

    family.receipt(text, "SM2", "queued")
    family.apply()
    assert family.channel("sms") == ("half_open", "30002")
    family.receipt(text, "SM2", "sent")
    family.apply()
    assert family.channel("sms") == ("closed", None)


def test_a_late_receipt_of_before_the_settings_were_mended_stops_nothing(family: Unreached) -> None:
    family.plan()
    text = family.send("SM1")
    family.house.sql("UPDATE channel_states SET since = now() WHERE channel = 'sms'")

    family.not_arrived(text, "SM1", "30002")

    assert family.channel("sms") == ("closed", None)


def test_a_second_try_that_arrives_is_all_there_is(family: Unreached) -> None:
    meeting = family.plan()
    text = family.send("SM1")
    family.not_arrived(text, "SM1")
    family.pause_is_over()
    family.send("SM2")

    family.receipt(text, "SM2", "delivered")
    family.apply()

    assert family.row(text, "state", "provider_id", "first_provider_id", "first_error_code", "error_code") == {
        "state": "delivered",
        "provider_id": "SM2",
        "first_provider_id": "SM1",
        "first_error_code": "30003",
        "error_code": None,
    }
    assert family.look() == (0, 0)
    started = done(family.specialist.act(f"meetings/{meeting['id']}/start", meeting, {}))
    assert started["announced_in_time"] is True


def test_a_code_that_does_not_pass_fails_over_at_once(family: Unreached) -> None:
    meeting = family.plan()
    family.not_arrived(family.send("SM1"), "SM1", "30007")

    assert family.told(meeting) == [("sms", "planned", "failed")]
    assert family.look() == (1, 0)


@pytest.mark.parametrize(("minutes", "again"), [(50, True), (44, False)])
def test_when_there_is_no_time_for_both_the_next_channel_has_its_turn_at_once(
    family: Unreached, minutes: int, *, again: bool
) -> None:
    """Half an hour is the policy's time for a text to arrive, a quarter the least for the next channel."""
    meeting = family.plan()
    text = family.send("SM1")
    family.house.sql("UPDATE messages SET useful_until = now() + :left", left=timedelta(minutes=minutes))

    family.not_arrived(text, "SM1")

    assert family.told(meeting) == [("sms", "planned", "queued" if again else "failed")]
    assert family.look()[0] == (0 if again else 1)


def _suspend(family: Unreached, _meeting: dict[str, Any]) -> None:
    path = f"representatives/{family.mother['id']}/suspend"
    done(family.supervisor.act(path, family.mother, {"reason": "Court", "basis": "No. 1"}))


def _protect(family: Unreached, _meeting: dict[str, Any]) -> None:
    family.house.a_protected_place(family.supervisor, family.mother)


def _change(family: Unreached, meeting: dict[str, Any]) -> None:
    family.change(meeting, expected_minutes=30)


def _cancel(family: Unreached, meeting: dict[str, Any]) -> None:
    present = done(family.specialist.get(f"meetings/{meeting['id']}"))
    done(family.specialist.act(f"meetings/{meeting['id']}/cancel", present, {"reason": "child_ill"}))


BECAME_WRONG: list[Callable[[Unreached, dict[str, Any]], None]] = [_suspend, _protect, _change, _cancel]


@pytest.mark.parametrize("ending", BECAME_WRONG)
def test_what_became_wrong_before_its_receipt_is_not_tried_again(
    family: Unreached, ending: Callable[[Unreached, dict[str, Any]], None]
) -> None:
    meeting = family.plan()
    text = family.send("SM1")
    ending(family, meeting)

    family.not_arrived(text, "SM1")
    family.pause_is_over()

    assert family.row(text, "state", "first_provider_id") == {"state": "failed", "first_provider_id": None}
    assert [one for one in family.worker_step() if one.id == text.id] == []


@pytest.mark.parametrize("ending", BECAME_WRONG)
def test_what_becomes_wrong_during_the_pause_is_withdrawn(
    family: Unreached, ending: Callable[[Unreached, dict[str, Any]], None]
) -> None:
    meeting = family.plan()
    text = family.send("SM1")
    family.not_arrived(text, "SM1")
    ending(family, meeting)
    family.pause_is_over()

    assert [one for one in family.worker_step() if one.id == text.id] == []
    assert family.row(text, "state") == {"state": "withdrawn"}


@pytest.mark.parametrize("progress", ["waits", "in hand", "handed over", "failed, too", "withdrawn"])
def test_that_the_first_try_arrived_after_all_is_recorded_and_nothing_more_goes_out(
    family: Unreached, progress: str, worker_app: Flask
) -> None:
    meeting = family.plan()
    text = family.send("SM1")
    before = family.row(text, "handed_over_at")
    family.not_arrived(text, "SM1")
    family.pause_is_over()
    again = None
    if progress == "in hand":
        with worker_app.app_context(), transaction():
            (again,) = jobs.claim_due(1, lease=60.0, still_right={"announcements": still_to_be_told})
    elif progress in {"handed over", "failed, too"}:
        family.send("SM2")
    if progress == "failed, too":
        family.not_arrived(text, "SM2")
    if progress == "withdrawn":
        family.house.sql("UPDATE messages SET state = 'withdrawn' WHERE id = :id", id=text.id)

    # Not applied twice either: what is reported of the first try before that changes nothing.
    for status in ("sent", "failed", "delivered"):
        family.receipt(text, "SM1", status)
        family.apply()
    if again is not None:
        with worker_app.app_context(), transaction():
            accepted = HandOver(verdict=Verdict.ACCEPTED, provider_id="SM2")
            jobs.settle(again, accepted, first_check=60.0, chance=random.Random(1))

    # Told at the moment of the first try.
    assert (
        family.row(text, "state", "error_code", "handed_over_at")
        == {
            "state": "delivered",
            "error_code": None,
        }
        | before
    )
    assert family.worker_step() == []
    assert family.told(meeting) == [("sms", "planned", "delivered")]
    assert family.look() == (0, 0)


def test_two_receipts_at_once_make_one_second_try(family: Unreached) -> None:
    """One said undelivered, the other failed; each worker got one of them."""
    texts = []
    for number in range(6):
        family.plan(starts_at=at(soon(hours=24 + 3 * number)))
        texts.append(family.send(f"SM{number}"))
    for number, text in enumerate(texts):
        family.receipt(text, f"SM{number}", "undelivered", "30003")
    for number, text in enumerate(texts):
        family.receipt(text, f"SM{number}", "failed", "30008")

    assert sum(at_once(*[lambda: family.apply(4)] * 3)) == 12

    found = [family.row(text, "state", "first_provider_id", "attempts") for text in texts]
    assert found == [{"state": "queued", "first_provider_id": f"SM{number}", "attempts": 1} for number in range(6)]
    family.pause_is_over()
    assert sorted(str(one.id) for one in family.worker_step()) == sorted(str(text.id) for text in texts)


def test_who_applies_a_receipt_while_another_queues_the_second_try_leaves_it_be(family: Unreached) -> None:
    family.plan()
    text = family.send("SM1")
    family.receipt(text, "SM1", "failed", "30008")

    with family.house.meanwhile(family.apply) as meanwhile:
        meanwhile.run(
            "UPDATE messages SET state = 'queued', first_provider_id = provider_id, provider_id = NULL,"
            " first_handed_over_at = handed_over_at, handed_over_at = NULL, next_attempt_at = now() WHERE id = :id",
            id=text.id,
        )

    assert (meanwhile.waited, meanwhile.answer) == (True, 1)
    assert family.row(text, "state", "provider_id", "first_provider_id") == {
        "state": "queued",
        "provider_id": None,
        "first_provider_id": "SM1",
    }


def test_a_receipt_that_is_faster_than_the_answer_is_heeded_and_the_answer_does_not_undo_it(
    family: Unreached, worker_app: Flask
) -> None:
    family.plan()
    with worker_app.app_context(), transaction():
        (text,) = jobs.claim_due(1, lease=60.0, still_right={"announcements": still_to_be_told})
    family.not_arrived(text, "SM1")

    with worker_app.app_context(), transaction():
        accepted = HandOver(verdict=Verdict.ACCEPTED, provider_id="SM1")
        jobs.settle(text, accepted, first_check=60.0, chance=random.Random(1))

    assert family.row(text, "state", "provider_id", "first_provider_id") == {
        "state": "queued",
        "provider_id": None,
        "first_provider_id": "SM1",
    }
    family.pause_is_over()
    assert family.send("SM2").id == text.id


def test_a_second_try_in_doubt_is_not_taken_for_the_first_one(family: Unreached, worker_app: Flask) -> None:
    family.plan()
    text = family.send("SM1")
    family.not_arrived(text, "SM1")
    family.pause_is_over()
    family.worker_step(HandOver(verdict=Verdict.AMBIGUOUS, error_code="20500"))

    with worker_app.app_context(), transaction():
        assert jobs.known_provider_ids(["SM1", "SM2"]) == {"SM1"}


def test_a_second_try_that_waits_is_not_given_up_for_the_next_channel(family: Unreached) -> None:
    """The meeting is near, and the plan is old: a text that failed before would be given up."""
    meeting = family.plan(starts_at=at(soon(hours=2.5)))
    text = family.send("SM1")
    family.hours_pass(0.6)
    family.not_arrived(text, "SM1")

    assert family.look() == (0, 0)
    assert family.told(meeting) == [("sms", "planned", "queued")]
    # Half an hour later nobody has sent it: the channel does not work.
    family.house.sql("UPDATE messages SET due_at = due_at - interval '32 minutes', next_attempt_at = now()")
    assert family.look()[0] == 1


def test_while_a_number_has_had_enough_changes_wait_and_one_text_tells_the_latest(
    family: Unreached, worker_app: Flask
) -> None:
    meetings = [family.plan(starts_at=at(soon(hours=24 + 3 * number))) for number in range(3)]
    near = family.plan(starts_at=at(soon(hours=2)), expected_minutes=30)
    pace = Pace(senders={Channel.SMS: Sender(name="BAS", per_second=1000)})
    pace.heed(2, within=timedelta(minutes=10), urgent=timedelta(hours=3))

    def step() -> list[str]:
        with worker_app.app_context(), transaction():
            posters = {"announcements": still_to_be_told}
            claimed = jobs.claim_due(50, lease=60.0, still_right=posters, channels=[Channel.SMS], pace=pace)
            for one in claimed:
                accepted = HandOver(verdict=Verdict.ACCEPTED, provider_id=str(new_id()))
                jobs.settle(one, accepted, first_check=60.0, chance=random.Random(1))
        return [one.body for one in claimed]

    # The near one and one more; what the others are told waits, and is overtaken.
    assert len(step()) == 2
    (waiting, other) = [one for one in meetings if family.told(one)[0][2] == "queued"]
    for minutes in (35, 40, 45):
        family.change(waiting, expected_minutes=minutes)
    assert step() == []
    # Whatever the number has had: what is near is told at once.
    family.change(near, expected_minutes=35)
    assert len(step()) == 1

    family.house.sql(
        "UPDATE messages SET attempted_at = attempted_at - interval '11 minutes',"
        " next_attempt_at = next_attempt_at - interval '11 minutes'"
    )
    went = step()

    assert len(went) == 2
    assert len([body for body in went if "45 minutes" in body]) == 1
    assert [state for _, _, state in family.told(waiting)] == ["withdrawn", "withdrawn", "withdrawn", "handed_over"]
    assert family.told(other) == [("sms", "planned", "handed_over")]
