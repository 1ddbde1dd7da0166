"""What the worker does with the outbox, on the real database: claims, settles, looks up, applies receipts."""

import itertools
import random
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from bas_service.database import new_id, transaction
from bas_service.messaging import jobs
from bas_service.messaging.jobs import Claimed
from bas_service.messaging.rules import HandOver, MessageState, Verdict
from tests.builders import House
from tests.callers import at_once
from tests.messaging.outbox import LEASE, Outbox

RECONCILE = (60.0, 180.0, 600.0)


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
        return jobs.claim_due(most, lease=LEASE, still_right={"announcements": still_right})


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


def look_up(message: Claimed, found: list[str]) -> None:
    """Do what a worker does with what the provider found: adopt the first that is nobody's, or look again."""
    with transaction():
        mine = [sid for sid in found if sid not in jobs.known_provider_ids(found)]
        if mine:
            jobs.adopt(message, mine[0])
        else:
            jobs.not_found(message, reconcile=RECONCILE)


def apply_receipts(most: int = 200) -> int:
    """Apply receipts as a worker does."""
    with transaction():
        return jobs.apply_receipts(most)


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


def test_every_poster_is_asked_about_its_own_messages_and_decides_on_no_others(outbox: Outbox) -> None:
    told, link, wrong_link = outbox.put(), outbox.put(poster="links"), outbox.put(poster="links")
    of_the_next_version = outbox.put(poster="polls")
    asked: dict[str, set[uuid.UUID]] = {}

    def ask(poster: str, *right: uuid.UUID) -> jobs.StillRight:
        def answer(ids: list[uuid.UUID]) -> set[uuid.UUID]:
            asked[poster] = set(ids)
            return set(right)

        return answer

    posters = {
        "announcements": ask("announcements", told, wrong_link),
        "links": ask("links", link),
        "idle": ask("idle"),
    }
    with transaction():
        claimed = jobs.claim_due(10, lease=LEASE, still_right=posters)

    assert {message.id for message in claimed} == {told, link}
    assert asked == {"announcements": {told}, "links": {link, wrong_link}}
    assert outbox.states() == {
        told: "sending",
        link: "sending",
        wrong_link: "withdrawn",
        of_the_next_version: "queued",
    }


def test_an_e_mail_is_claimed_with_all_that_belongs_to_it(outbox: Outbox) -> None:
    first = new_id()
    outbox.put(channel="email", subject_line="Tikšanās", attachment="BEGIN:VCALENDAR", follows_id=first)

    (claimed,) = claim()

    assert (claimed.channel, claimed.subject_line, claimed.attachment, claimed.follows_id) == (
        "email",
        "Tikšanās",
        "BEGIN:VCALENDAR",
        first,
    )


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
    plan = outbox.put("sending", subject=child, due=None)
    change = outbox.put(subject=child)
    elsewhere = outbox.put(subject=child, recipient="+37120000002")
    of_a_sibling = outbox.put(subject=other)

    assert {message.id for message in claim()} == {elsewhere, of_a_sibling}
    settle(outbox.in_hand(plan), Verdict.ACCEPTED, provider_id="SM1")
    assert {message.id for message in claim()} == {change}


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


# --- settling


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (
            {"verdict": Verdict.ACCEPTED, "provider_id": "SM1"},
            {"state": "handed_over", "provider_id": "SM1", "handed_over_at": 0},
        ),
        (
            {"verdict": Verdict.PASSING, "error_code": "20429"},
            {"state": "queued", "next_attempt_at": 2, "error_code": "20429"},
        ),
        (
            {"verdict": Verdict.PASSING, "error_code": "20429", "retry_after": 90.0},
            {"state": "queued", "next_attempt_at": 90, "error_code": "20429"},
        ),
        (
            {"verdict": Verdict.MISCONFIGURED, "error_code": "21212"},
            {"state": "queued", "next_attempt_at": 60, "error_code": "21212"},
        ),
        (
            {"verdict": Verdict.REFUSED, "error_code": "21211"},
            {"state": "failed", "error_code": "21211"},
        ),
        (
            {"verdict": Verdict.AMBIGUOUS, "error_code": "20500"},
            {"state": "uncertain", "next_attempt_at": 60, "error_code": "20500"},
        ),
    ],
    ids=lambda value: value.get("verdict", ""),
)
def test_an_answer_decides_what_becomes_of_the_message(
    outbox: Outbox, answer: dict[str, Any], expected: dict[str, Any]
) -> None:
    message_id = outbox.put()
    (message,) = claim()

    settle(message, **answer)

    nothing = dict.fromkeys(("next_attempt_at", "provider_id", "error_code", "handed_over_at"))
    assert outbox.row(message_id, "state", *nothing) == nothing | expected


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 2), (2, 4), (5, 32), (8, 256), (9, 300), (40, 300)])
def test_waits_double_up_to_five_minutes(outbox: Outbox, attempts: int, seconds: int) -> None:
    message_id = outbox.put("sending", attempts=attempts, due=None)

    settle(outbox.in_hand(message_id), Verdict.PASSING)

    assert outbox.row(message_id, "next_attempt_at") == {"next_attempt_at": seconds}


@pytest.mark.parametrize("verdict", list(Verdict))
def test_an_answer_to_an_earlier_try_does_not_touch_the_present_one(outbox: Outbox, verdict: Verdict) -> None:
    message_id = outbox.put("sending", due=None)
    first_try = outbox.in_hand(message_id)
    with transaction():
        assert jobs.doubt_left_behind() == 0
    outbox.change(message_id, attempts=2)

    settle(first_try, verdict, provider_id="SM1", error_code="20500")

    assert outbox.row(message_id, "state", "provider_id", "error_code") == {
        "state": "sending",
        "provider_id": None,
        "error_code": None,
    }


@pytest.mark.parametrize("verdict", [Verdict.PASSING, Verdict.MISCONFIGURED, Verdict.REFUSED, Verdict.AMBIGUOUS])
@pytest.mark.parametrize("state", ["handed_over", "delivered", "failed", "uncertain"])
def test_what_became_known_meanwhile_outweighs_an_answer_that_is_no_acceptance(
    outbox: Outbox, verdict: Verdict, state: str
) -> None:
    message_id = outbox.put(state, due=None)

    settle(outbox.in_hand(message_id), verdict, error_code="20500")

    assert outbox.row(message_id, "state", "error_code") == {"state": state, "error_code": None}


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("uncertain", "handed_over"),
        ("queued", "handed_over"),
        ("handed_over", "handed_over"),
        ("delivered", "delivered"),
    ],
)
def test_an_acceptance_is_never_lost_however_late_it_comes(outbox: Outbox, state: str, expected: str) -> None:
    message_id = outbox.put(state, attempts=1, tried=90.0)

    settle(outbox.in_hand(message_id), Verdict.ACCEPTED, provider_id="SM1")

    assert outbox.row(message_id, "state", "provider_id", "next_attempt_at") == {
        "state": expected,
        "provider_id": "SM1",
        "next_attempt_at": None,
    }


# --- doubt


def test_only_what_outlived_its_lease_counts_as_left_behind(outbox: Outbox) -> None:
    alive = outbox.put("sending", due=None, lease=1.0)
    left_behind = outbox.put("sending", due=None, lease=-1.0)

    with transaction():
        assert jobs.doubt_left_behind() == 1

    assert outbox.states() == {alive: "sending", left_behind: "uncertain"}
    assert outbox.row(left_behind, "next_attempt_at", "checks") == {"next_attempt_at": 0, "checks": 0}


def test_a_doubt_is_looked_into_by_one_worker_at_a_time_and_by_another_when_that_one_dies(outbox: Outbox) -> None:
    due = outbox.put("uncertain")
    outbox.put("uncertain", due=30.0)
    outbox.put("uncertain", due=None)

    assert [(message.id, message.checks) for message in doubtful()] == [(due, 1)]
    assert doubtful() == []
    assert outbox.row(due, "next_attempt_at") == {"next_attempt_at": 60}
    outbox.change(due, next_attempt_at=datetime.now(UTC))
    assert [(message.id, message.checks) for message in doubtful()] == [(due, 2)]


def test_a_message_that_the_provider_has_was_handed_over_after_all(outbox: Outbox) -> None:
    message_id = outbox.put("uncertain")
    (message,) = doubtful()

    look_up(message, ["SM1"])

    assert outbox.row(message_id, "state", "provider_id", "handed_over_at", "next_attempt_at") == {
        "state": "handed_over",
        "provider_id": "SM1",
        "handed_over_at": 0,
        "next_attempt_at": None,
    }


@pytest.mark.parametrize(("tried", "next_look"), [(61.0, 119), (181.0, 419), (599.0, 1)])
def test_what_is_not_found_is_looked_for_again_one_three_and_ten_minutes_after_the_try(
    outbox: Outbox, tried: float, next_look: int
) -> None:
    message_id = outbox.put("uncertain", tried=tried)
    (message,) = doubtful()

    look_up(message, [])

    assert outbox.row(message_id, "state", "next_attempt_at") == {"state": "uncertain", "next_attempt_at": next_look}


def test_looks_that_ended_with_their_worker_do_not_bring_the_repeat_nearer(outbox: Outbox) -> None:
    message_id = outbox.put("uncertain", tried=65.0, checks=7)
    (message,) = doubtful()

    look_up(message, [])

    assert outbox.row(message_id, "state", "next_attempt_at") == {"state": "uncertain", "next_attempt_at": 115}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, {"state": "queued", "repeated": True, "next_attempt_at": 0}),
        ({"useful": 920.0}, {"state": "queued", "repeated": True, "next_attempt_at": 0}),
        ({"useful": 880.0}, {"state": "uncertain", "repeated": False, "next_attempt_at": None}),
        ({"repeated": True}, {"state": "uncertain", "repeated": True, "next_attempt_at": None}),
    ],
    ids=["far from the meeting", "just far enough", "too near to the meeting", "repeated before"],
)
def test_after_the_last_look_a_message_is_repeated_once_unless_the_meeting_is_near(
    outbox: Outbox, values: dict[str, Any], expected: dict[str, Any]
) -> None:
    message_id = outbox.put("uncertain", tried=601.0, **values)
    (message,) = doubtful()

    look_up(message, [])

    assert outbox.row(message_id, *expected) == expected


@pytest.mark.parametrize("found", [[], ["SM1"]])
@pytest.mark.parametrize("state", ["handed_over", "delivered", "failed"])
def test_a_receipt_that_came_during_the_look_outweighs_what_the_look_found(
    outbox: Outbox, state: str, found: list[str]
) -> None:
    message_id = outbox.put("uncertain", tried=601.0)
    (message,) = doubtful()
    outbox.change(message_id, state=state, next_attempt_at=None, provider_id="SM2")

    look_up(message, found)

    assert outbox.row(message_id, "state", "next_attempt_at", "provider_id", "repeated") == {
        "state": state,
        "next_attempt_at": None,
        "provider_id": "SM2",
        "repeated": False,
    }


def test_a_look_that_was_overtaken_by_another_repeats_nothing(outbox: Outbox) -> None:
    message_id = outbox.put("uncertain", tried=601.0)
    (slow,) = doubtful()
    outbox.change(message_id, next_attempt_at=datetime.now(UTC))
    (quick,) = doubtful()

    look_up(slow, [])
    assert outbox.states() == {message_id: "uncertain"}
    look_up(quick, [])
    assert outbox.states() == {message_id: "queued"}


def test_while_the_provider_does_not_answer_a_look_nothing_is_repeated(outbox: Outbox) -> None:
    message_id = outbox.put("uncertain", tried=6000.0)
    (message,) = doubtful()

    with transaction():
        jobs.look_again(message, wait=60.0)

    assert outbox.row(message_id, "state", "repeated", "next_attempt_at") == {
        "state": "uncertain",
        "repeated": False,
        "next_attempt_at": 60,
    }


# --- two parents with one phone: same number, same text


def test_of_two_equal_texts_each_message_gets_one(outbox: Outbox) -> None:
    mother, father = outbox.put("uncertain"), outbox.put("uncertain")

    for message in doubtful():
        look_up(message, ["SM1", "SM2"])

    assert {outbox.row(one, "provider_id")["provider_id"] for one in (mother, father)} == {"SM1", "SM2"}


def test_a_receipt_puts_right_what_a_look_up_guessed_wrongly(outbox: Outbox) -> None:
    """Only the father's text was accepted; his worker died, and the mother's message took his for its own."""
    mother = outbox.put("handed_over", due=None, provider_id="SM1", checks=1)
    father = outbox.put("uncertain", tried=61.0)
    outbox.report(father, "sent", sid="SM1")

    assert apply_receipts() == 1

    assert outbox.row(father, "state", "provider_id", "checks") == {
        "state": "handed_over",
        "provider_id": "SM1",
        "checks": 0,
    }
    assert outbox.row(mother, "state", "provider_id", "next_attempt_at", "handed_over_at") == {
        "state": "uncertain",
        "provider_id": None,
        "next_attempt_at": 0,
        "handed_over_at": None,
    }


def test_an_answer_puts_right_what_a_look_up_guessed_wrongly(outbox: Outbox) -> None:
    mother = outbox.put("handed_over", due=None, provider_id="SM1", checks=1)
    father = outbox.put("sending", due=None)

    settle(outbox.in_hand(father), Verdict.ACCEPTED, provider_id="SM1")

    assert outbox.row(father, "state", "provider_id") == {"state": "handed_over", "provider_id": "SM1"}
    assert outbox.row(mother, "state", "provider_id") == {"state": "uncertain", "provider_id": None}


def test_two_messages_that_took_each_others_texts_get_their_own_by_their_receipts(
    outbox: Outbox, caplog: pytest.LogCaptureFixture
) -> None:
    mother = outbox.put("handed_over", due=None, provider_id="SM2", checks=1)
    father = outbox.put("handed_over", due=None, provider_id="SM1", checks=1)
    for status in ("sent", "delivered"):
        outbox.report(mother, status, sid="SM1")
        outbox.report(father, status, sid="SM2")

    assert apply_receipts() == 4

    assert outbox.row(mother, "state", "provider_id") == {"state": "delivered", "provider_id": "SM1"}
    assert outbox.row(father, "state", "provider_id") == {"state": "delivered", "provider_id": "SM2"}
    assert "twice" not in caplog.text


def test_a_receipt_that_contradicts_the_provider_itself_stops_no_other(
    outbox: Outbox, caplog: pytest.LogCaptureFixture
) -> None:
    known = outbox.put("handed_over", due=None, provider_id="SM1")
    other = outbox.put("handed_over", due=None, provider_id="SM2")
    stranger = outbox.put("handed_over", due=None)
    outbox.report(stranger, "sent", sid="SM1")
    outbox.report(other, "delivered", sid="SM2")

    assert apply_receipts() == 2

    assert outbox.states() == {known: "handed_over", other: "delivered", stranger: "handed_over"}
    assert f"ALARM: message {stranger}" in caplog.text
    assert apply_receipts() == 0


# --- receipts

_AS_SENT = dict.fromkeys(("queued", "sending", "uncertain", "withdrawn"), "handed_over")
_ALL_BUT_FINAL = ("queued", "sending", "uncertain", "withdrawn", "handed_over")


@pytest.mark.parametrize(
    ("status", "moves"),
    [(status, _AS_SENT) for status in ("accepted", "scheduled", "queued", "sending", "sent")]
    + [(status, dict.fromkeys(_ALL_BUT_FINAL, "delivered")) for status in ("delivered", "read")]
    + [(status, dict.fromkeys(_ALL_BUT_FINAL, "failed")) for status in ("undelivered", "failed", "canceled")]
    + [("a status of next year", {})],
)
def test_a_receipt_moves_a_message_on_and_never_back(outbox: Outbox, status: str, moves: dict[str, str]) -> None:
    before = {outbox.put(state): state for state in MessageState}
    for number, message_id in enumerate(before):
        outbox.report(message_id, status, sid=f"SM{number}")

    assert apply_receipts() == len(before)

    assert outbox.states() == {message_id: moves.get(state, state) for message_id, state in before.items()}


@pytest.mark.parametrize("order", list(itertools.permutations(["queued", "sent", "delivered"])), ids="-".join)
def test_receipts_in_any_order_end_the_same(outbox: Outbox, order: tuple[str, ...]) -> None:
    message_id = outbox.put("sending", due=None)
    for status in order:
        outbox.report(message_id, status)

    assert apply_receipts() == 3
    assert apply_receipts() == 0

    assert outbox.row(message_id, "state", "provider_id", "delivered_at", "handed_over_at", "error_code") == {
        "state": "delivered",
        "provider_id": "SM1",
        "delivered_at": 0,
        "handed_over_at": 0,
        "error_code": None,
    }


def test_a_receipt_tells_of_a_message_in_doubt_and_nothing_is_looked_up_or_repeated_any_more(outbox: Outbox) -> None:
    message_id = outbox.put("uncertain", tried=601.0)
    outbox.report(message_id, "sent")

    apply_receipts()

    assert outbox.row(message_id, "state", "next_attempt_at") == {"state": "handed_over", "next_attempt_at": None}
    assert doubtful() == []


def test_a_failure_carries_its_code(outbox: Outbox) -> None:
    coded, bare = outbox.put("handed_over", due=None), outbox.put("handed_over", due=None)
    outbox.report(coded, "undelivered", error="30005")
    outbox.report(bare, "failed", sid="SM2")

    apply_receipts()

    assert outbox.row(coded, "state", "error_code") == {"state": "failed", "error_code": "30005"}
    assert outbox.row(bare, "state", "error_code") == {"state": "failed", "error_code": "undelivered"}


def test_a_receipt_for_a_message_we_do_not_have_changes_nothing(outbox: Outbox) -> None:
    message_id = outbox.put()
    outbox.report(new_id(), "delivered")

    assert apply_receipts() == 1

    assert outbox.states() == {message_id: "queued"}


def test_a_second_text_under_the_same_reference_is_alarmed_and_changes_nothing(
    outbox: Outbox, caplog: pytest.LogCaptureFixture
) -> None:
    message_id = outbox.put("handed_over", due=None, provider_id="SM1")
    outbox.report(message_id, "delivered", sid="SM2")

    apply_receipts()

    assert outbox.row(message_id, "state", "provider_id") == {"state": "handed_over", "provider_id": "SM1"}
    assert f"ALARM: message {message_id} was handed over twice" in caplog.text


def test_two_workers_applying_receipts_of_the_same_messages_do_not_wait_for_each_other(
    outbox: Outbox, worker_app: Flask
) -> None:
    """One took them up, the other down; each then held what the other wanted."""
    ids = [outbox.put("sending", due=None) for _ in range(100)]
    for status, order in (("sent", ids), ("delivered", ids[::-1])):
        for message_id in order:
            outbox.report(message_id, status, sid=f"SM{message_id}")

    def apply() -> int:
        with worker_app.app_context():
            return apply_receipts(100)

    assert at_once(apply, apply) == [100, 100]

    assert outbox.states() == dict.fromkeys(ids, "delivered")
