"""Receipts in every order, repeated, early, late, forged: the state is what the provider said, not when it came."""

import itertools
import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from bas_service import clock
from bas_service.config import Settings
from bas_service.database import new_id, transaction
from bas_service.messaging import jobs
from bas_service.messaging.jobs import Claimed
from bas_service.messaging.rules import PROVIDER_STATUSES, HandOver, Verdict
from tests.builders import House

HOOK = "/hooks/twilio/status"
ON_THE_WAY = ["accepted", "scheduled", "queued", "sending", "sent"]
DELIVERED, FAILED = ["delivered", "read"], ["undelivered", "failed", "canceled"]

# What happens to a message besides receipts: the worker applies what there is, the provider answers.
APPLY, ANSWER = "apply", "answer"


@dataclass(frozen=True)
class Receipt:
    """A receipt with this status; only a signed one is Twilio's."""

    status: str
    is_forged: bool = False


Event = Receipt | str


class Twilio:
    """Both sides of the hook, and the worker behind it, for one message after the other."""

    def __init__(self, house: House, app: Flask, worker_app: Flask) -> None:
        self._house, self._worker_app = house, worker_app
        self._client = app.test_client()
        self._settings: Settings = app.config["BAS"]

    def state_after(self, events: list[Event], answer: Verdict) -> str:
        """Let it all happen to a message in a worker's hands; the state it ends in."""
        message, sid = self._in_hand(), f"SM{new_id().hex}"
        for event in [*events, APPLY]:
            if isinstance(event, Receipt):
                self._report(message.id, sid, event)
            elif event == APPLY:
                self._apply()
            else:
                self._settle(message, HandOver(verdict=answer, provider_id=sid, error_code="20500"))
        (row,) = self._house.sql("SELECT state FROM messages WHERE id = :id", id=message.id)
        return str(row["state"])

    def _in_hand(self) -> Claimed:
        now = clock.now()
        values = {"id": new_id(), "useful_until": now + timedelta(days=1), "attempted_at": now, "created_at": now}
        self._house.sql(
            "INSERT INTO messages (id, subject_id, channel, recipient, body, parts, state, useful_until, attempts,"
            " checks, repeated, attempted_at, created_at) VALUES (:id, :id, 'sms', '+37120000001', '-', 1, 'sending',"
            " :useful_until, 1, 0, false, :attempted_at, :created_at)",
            **values,
        )
        return Claimed(recipient="+37120000001", body="-", attempts=1, checks=0, repeated=False, **values)

    def _report(self, message_id: uuid.UUID, sid: str, receipt: Receipt) -> None:
        query = f"{HOOK}?ref={message_id}"
        fields = {"MessageSid": sid, "MessageStatus": receipt.status}
        token = "guessed" if receipt.is_forged else self._settings.twilio_auth_token or ""
        signature = RequestValidator(token).compute_signature(f"{self._settings.public_url}{query}", fields)
        answer = self._client.post(query, data=fields, headers={"X-Twilio-Signature": signature})
        assert answer.status_code == (403 if receipt.is_forged else 204)

    def _apply(self) -> None:
        with self._worker_app.app_context(), transaction():
            jobs.apply_receipts()

    def _settle(self, message: Claimed, answer: HandOver) -> None:
        with self._worker_app.app_context(), transaction():
            jobs.settle(message, answer, first_check=60.0, chance=random.Random())


def state_by_the_rule(events: list[Event], answer: Verdict) -> str:
    """The first end that was reported; else it is on its way, if anybody but a forger said so."""
    reported = [event.status for event in events if isinstance(event, Receipt) and not event.is_forged]
    for status in reported:
        if status in DELIVERED + FAILED:
            return "delivered" if status in DELIVERED else "failed"
    if reported or (ANSWER in events and answer is Verdict.ACCEPTED):
        return "handed_over"
    return "uncertain" if ANSWER in events else "sending"


@pytest.fixture
def twilio(house: House, app: Flask, worker_app: Flask) -> Twilio:
    return Twilio(house, app, worker_app)


def test_every_status_of_the_provider_is_tried() -> None:
    assert set(ON_THE_WAY + DELIVERED + FAILED) == set(PROVIDER_STATUSES)


@pytest.mark.parametrize("end", ["delivered", "undelivered"])
def test_whatever_the_order_of_one_life_its_end_is_the_same(twilio: Twilio, end: str) -> None:
    """Every order of what Twilio reports of one message and of its answer, each applied at once."""
    life: list[Event] = [Receipt("queued"), Receipt("sent"), Receipt(end), ANSWER]
    ends = {
        twilio.state_after([event for one in order for event in (one, APPLY)], Verdict.ACCEPTED)
        for order in itertools.permutations(life)
    }

    assert ends == {"delivered" if end == "delivered" else "failed"}


@st.composite
def lives(draw: Callable[..., list[Event]]) -> list[Event]:
    """Receipts in any order, as often as they like, with forged ones among them; the answer once or never."""
    statuses = st.sampled_from(ON_THE_WAY + DELIVERED + FAILED)
    receipts = st.builds(Receipt, statuses, st.booleans())
    events = draw(st.lists(receipts | st.just(APPLY) | st.builds(Receipt, statuses), max_size=10))
    place = draw(st.none() | st.integers(0, len(events)))
    return events if place is None else [*events[:place], ANSWER, *events[place:]]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=lives(), answer=st.sampled_from([Verdict.ACCEPTED, Verdict.AMBIGUOUS]))
def test_any_sequence_of_receipts_ends_as_the_rule_says(twilio: Twilio, events: list[Event], answer: Verdict) -> None:
    assert twilio.state_after(events, answer) == state_by_the_rule(events, answer)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=st.permutations([Receipt(one) for one in [*ON_THE_WAY, "delivered"] * 2]), data=st.data())
def test_a_life_told_twice_in_any_order_and_applied_at_any_time_ends_delivered(
    twilio: Twilio, events: list[Event], data: st.DataObject
) -> None:
    """The answer comes anywhere among them, and so do the moments at which the worker has time."""
    for what in [ANSWER, *[APPLY] * data.draw(st.integers(0, 4))]:
        events = list(events)
        events.insert(data.draw(st.integers(0, len(events))), what)

    answer = data.draw(st.sampled_from([Verdict.ACCEPTED, Verdict.AMBIGUOUS]))
    assert twilio.state_after(events, answer) == "delivered"
