"""What the worker does with the outbox, on the real database: claims, settles, looks up, applies receipts."""

import random
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy
from flask import Flask

from bas_service.database import new_id, transaction
from bas_service.messaging import jobs
from bas_service.messaging.jobs import Claimed
from bas_service.messaging.rules import HandOver, MessageState, Verdict
from tests.builders import House

LEASE = 60.0
RECONCILE = (60.0, 180.0, 600.0)
FINAL = ("delivered", "failed")


class Outbox:
    """Messages in any state a test wants, and a look at them; all times in seconds from now."""

    def __init__(self, house: House) -> None:
        self._house = house

    def put(self, state: str = "queued", **values: Any) -> uuid.UUID:
        """Put a message there: due a second ago, of use for a day, unless said otherwise."""
        message_id = values.pop("id", None) or new_id()
        due: float | None = values.pop("due", -1.0)
        self._house.sql(
            "INSERT INTO messages (id, subject_id, channel, recipient, body, parts, state, useful_until,"
            " next_attempt_at, attempts, checks, repeated, lease_until, attempted_at, provider_id, created_at)"
            " VALUES (:id, :subject, 'sms', :recipient, :body, 1, :state,"
            " now() + make_interval(secs => :useful), now() + make_interval(secs => :due),"
            " :attempts, :checks, :repeated, now() + make_interval(secs => :lease),"
            " now() - make_interval(secs => :tried), :provider, now())",
            **{
                "id": message_id,
                "subject": new_id(),
                "recipient": "+37120000001",
                "body": "Tikšanās rīt",
                "state": state,
                "useful": 86_400.0,
                "due": due,
                "attempts": 0 if state == "queued" else 1,
                "checks": 0,
                "repeated": False,
                "lease": LEASE if state == "sending" else None,
                "tried": None if state == "queued" else 0.0,
                "provider": None,
            }
            | values,
        )
        return message_id

    def report(self, message_id: uuid.UUID, status: str, *, sid: str = "SM1", error: str | None = None) -> None:
        """Put a receipt there, as the hook does."""
        self._house.sql(
            "INSERT INTO receipts (id, message_id, provider_id, status, error_code, received_at)"
            " VALUES (:id, :message, :sid, :status, :error, clock_timestamp())",
            id=new_id(),
            message=message_id,
            sid=sid,
            status=status,
            error=error,
        )

    def row(self, message_id: uuid.UUID, *columns: str) -> dict[str, Any]:
        """These columns of a message; times as whole seconds from now."""
        (row,) = self._house.sql("SELECT *, clock_timestamp() AS now FROM messages WHERE id = :id", id=message_id)
        now = row["now"]
        shown = {name: row[name] for name in columns}
        return {
            name: round((value - now).total_seconds()) if isinstance(value, datetime) else value
            for name, value in shown.items()
        }

    def states(self) -> dict[uuid.UUID, str]:
        """The state of every message."""
        return {row["id"]: row["state"] for row in self._house.sql("SELECT id, state FROM messages")}


@pytest.fixture
def outbox(house: House, worker_app: Flask) -> Iterator[Outbox]:
    """An empty outbox; the test's own code runs as a worker does."""
    with worker_app.app_context():
        yield Outbox(house)


def all_are_right(ids: list[uuid.UUID]) -> set[uuid.UUID]:
    """Nothing has changed since the messages were posted."""
    return set(ids)


def claim(most: int = 10, still_right: jobs.StillRight = all_are_right) -> list[Claimed]:
    """Claim as a worker does, in a transaction of its own."""
    with transaction():
        return jobs.claim_due(most, lease=LEASE, still_right=still_right)


def settle(message: Claimed, verdict: Verdict, **values: Any) -> None:
    """Write down an answer as a worker does; chance always gives the longest wait."""
    with transaction():
        jobs.settle(message, HandOver(verdict=verdict, **values), first_check=60.0, chance=_NoChance())


class _NoChance(random.Random):
    """Dice that always show the highest number."""

    def uniform(self, a: float, b: float) -> float:
        return b


def doubtful(most: int = 10) -> list[Claimed]:
    """Claim messages in doubt as a worker does."""
    with transaction():
        return jobs.claim_doubtful(most, lease=LEASE)


def in_hand(outbox: Outbox, message_id: uuid.UUID) -> Claimed:
    """A message as a worker holds it, whatever its row says by now."""
    row = outbox._house.sql(
        "SELECT id, recipient, body, useful_until, attempts, attempted_at, checks, repeated, created_at"
        " FROM messages WHERE id = :id",
        id=message_id,
    )
    return Claimed(**row[0])


def apply_receipts() -> int:
    """Apply receipts as a worker does."""
    with transaction():
        return jobs.apply_receipts()


# --- claiming


def test_due_messages_are_claimed_the_longest_due_first_and_no_more_than_asked_for(outbox: Outbox) -> None:
    third = outbox.put(due=-1)
    first = outbox.put(due=-30)
    second = outbox.put(due=-20)
    later = outbox.put(due=30)

    claimed = claim(2)

    assert {message.id for message in claimed} == {first, second}
    assert outbox.states() == {first: "sending", second: "sending", third: "queued", later: "queued"}
    assert outbox.row(first, "attempts", "attempted_at", "lease_until") == {
        "attempts": 1,
        "attempted_at": 0,
        "lease_until": 60,
    }


def test_a_claimed_message_carries_what_the_gateway_needs(outbox: Outbox) -> None:
    message_id = outbox.put(recipient="+37120000042", body="Anna 14.30", useful=3600.0)

    (claimed,) = claim()

    assert (claimed.id, claimed.recipient, claimed.body) == (message_id, "+37120000042", "Anna 14.30")
    assert (claimed.attempts, claimed.checks, claimed.repeated) == (1, 0, False)
    assert timedelta(minutes=59) < claimed.useful_until - datetime.now(UTC) <= timedelta(hours=1)


def test_what_is_claimed_already_is_not_claimed_again(outbox: Outbox) -> None:
    outbox.put()

    assert len(claim()) == 1
    assert claim() == []


def test_a_message_that_is_no_longer_right_is_withdrawn_instead_of_sent(outbox: Outbox) -> None:
    right, wrong = outbox.put(), outbox.put()

    claimed = claim(still_right=lambda ids: set(ids) - {wrong})

    assert [message.id for message in claimed] == [right]
    assert outbox.states() == {right: "sending", wrong: "withdrawn"}


def test_a_message_that_comes_too_late_fails_and_nobody_is_asked_whether_it_is_right(outbox: Outbox) -> None:
    late = outbox.put(useful=-1.0)
    asked: list[uuid.UUID] = []

    claimed = claim(still_right=lambda ids: set(asked.extend(ids) or ids))

    assert (claimed, asked) == ([], [])
    assert outbox.row(late, "state", "error_code", "attempts") == {
        "state": "failed",
        "error_code": "too-late",
        "attempts": 0,
    }


def test_messages_that_are_not_to_be_sent_do_not_hide_those_behind_them(outbox: Outbox) -> None:
    late = [outbox.put(due=-100 + number, useful=-1.0) for number in range(12)]
    wrong = [outbox.put(due=-50 + number) for number in range(12)]
    good = outbox.put(due=-1)

    claimed = claim(4, still_right=lambda ids: set(ids) - set(wrong))

    assert [message.id for message in claimed] == [good]
    assert outbox.states() == dict.fromkeys(late, "failed") | dict.fromkeys(wrong, "withdrawn") | {good: "sending"}


def test_what_is_told_later_waits_until_what_was_told_before_has_gone_out(outbox: Outbox) -> None:
    """Otherwise the change can overtake the plan, and the last thing the parent reads is the old time."""
    child, other = new_id(), new_id()
    outbox.put("sending", subject=child, due=None)
    change = outbox.put(subject=child)
    elsewhere = outbox.put(subject=child, recipient="+37120000002")
    of_a_sibling = outbox.put(subject=other)

    assert {message.id for message in claim()} == {elsewhere, of_a_sibling}
    settle(in_hand(outbox, next(one for one in outbox.states() if one != change)), Verdict.ACCEPTED)


def test_many_workers_at_once_share_the_messages_and_each_gets_its_own(outbox: Outbox, worker_app: Flask) -> None:
    ids = [outbox.put(recipient=f"+371200001{number:02d}") for number in range(60)]
    together = threading.Barrier(6)

    def work(_: int) -> list[uuid.UUID]:
        mine: list[uuid.UUID] = []
        with worker_app.app_context():
            together.wait(10)
            while batch := claim(3):
                mine += [message.id for message in batch]
        return mine

    with ThreadPoolExecutor(6) as workers:
        shares = list(workers.map(work, range(6)))

    assert sorted(one for share in shares for one in share) == sorted(ids)
