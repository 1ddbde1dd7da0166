"""A sender has so many messages a second, a number so many texts in a while: for all workers, and none is lost."""

import logging
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from bas_service.database import new_id, rows, transaction
from bas_service.messaging import jobs
from bas_service.messaging.jobs import Claimed
from bas_service.messaging.pacing import Pace, Sender
from bas_service.messaging.queries import waits
from bas_service.messaging.rules import Channel, Quiet, turns_of
from tests.builders import House
from tests.callers import at_once
from tests.messaging.outbox import LEASE, Outbox
from tests.tables import statements_of

HOUR = 3600.0
NUMBER = "+37120000001"


@pytest.fixture
def outbox(house: House, worker_app: Flask) -> Iterator[Outbox]:
    """An empty outbox; the test's own code runs as a worker does."""
    with worker_app.app_context():
        yield Outbox(house)


def a_pace(*, texts: int = 1000, emails: int = 1000, sender: str = "BAS", per_number: int | None = None) -> Pace:
    """What one worker keeps to; another one has its own."""
    senders = {
        Channel.SMS: Sender(name=sender, per_second=texts),
        Channel.EMAIL: Sender(name="a@b", per_second=emails),
    }
    pace = Pace(senders=senders)
    pace.heed(per_number, within=timedelta(minutes=10), urgent=timedelta(hours=3))
    return pace


def claim(pace: Pace, most: int = 10, still_right: jobs.StillRight = set) -> list[Claimed]:
    """Claim as a worker does, in a transaction of its own."""
    with transaction():
        return jobs.claim_due(most, lease=LEASE, still_right={"announcements": still_right}, pace=pace)


def to_different_numbers(outbox: Outbox, many: int, **values: object) -> list[uuid.UUID]:
    """Messages that are due, the first the longest."""
    return [
        outbox.put(**{"due": -100.0 + number, "recipient": f"+371200001{number:02d}"} | values)
        for number in range(many)
    ]


def a_second_passes(house: House) -> None:
    house.sql("UPDATE sender_turns SET next_at = next_at - interval '1 second'")


# --- a sender's turns


@pytest.mark.parametrize("per_second", [1, 2, 3, 7, 10, 11, 25, 99, 100, 333, 1000])
def test_in_no_second_wherever_it_begins_more_go_out_than_the_sender_has(per_second: int) -> None:
    """Whoever takes all that each turn gives goes as fast as anybody can."""
    together, apart = turns_of(per_second)
    second, pause = 1_000_000, apart // timedelta(microseconds=1)

    turns = [turn * pause * together for turn in range(2 * second // (pause * together) + 2)]
    busiest = max(sum(together for one in turns if begin <= one < begin + second) for begin in turns)

    assert 0.9 * per_second <= busiest <= per_second


def test_what_is_more_than_the_senders_turn_waits_as_it_is_and_goes_out_later(outbox: Outbox, house: House) -> None:
    pace = a_pace(texts=1)
    first, second = to_different_numbers(outbox, 2)

    assert [message.id for message in claim(pace)] == [first]
    assert outbox.row(second, "state", "attempts", "error_code") == {
        "state": "queued",
        "attempts": 0,
        "error_code": None,
    }
    assert pace.is_pressed
    assert 0 < (pace.until_the_next_turn() or 0) <= 1
    assert claim(pace) == []

    a_second_passes(house)
    # Another worker, which knows nothing of the first one's waiting.
    assert [message.id for message in claim(a_pace(texts=1))] == [second]
    assert set(outbox.states().values()) == {"sending"}


def test_many_workers_at_once_get_one_senders_turn_together(outbox: Outbox, house: House, worker_app: Flask) -> None:
    ids = to_different_numbers(outbox, 6)

    def work() -> list[uuid.UUID]:
        with worker_app.app_context():
            return [message.id for message in claim(a_pace(texts=1))]

    shares = at_once(*[work] * 5)
    assert sorted(map(len, shares)) == [0, 0, 0, 0, 1]
    for _ in range(5):
        a_second_passes(house)
        shares += at_once(*[work] * 3)

    assert sorted(one for share in shares for one in share) == sorted(ids)


def test_whoever_asks_while_another_takes_the_turn_waits_for_that_and_gets_none(
    outbox: Outbox, house: House, worker_app: Flask
) -> None:
    claim(a_pace(texts=1), len(to_different_numbers(outbox, 2)))
    a_second_passes(house)

    def work() -> list[Claimed]:
        with worker_app.app_context():
            return claim(a_pace(texts=1))

    with house.meanwhile(work) as meanwhile:
        meanwhile.run("UPDATE sender_turns SET next_at = clock_timestamp() + interval '1 minute'")

    assert (meanwhile.waited, meanwhile.answer) == (True, [])


def test_a_worker_that_is_suspended_while_it_claims_does_not_hold_the_sender_for_long(outbox: Outbox) -> None:
    outbox.put()

    with transaction():
        jobs.claim_due(1, lease=LEASE, still_right={"announcements": set}, pace=a_pace())
        held = rows("SHOW idle_in_transaction_session_timeout")
    with transaction():
        otherwise = rows("SHOW idle_in_transaction_session_timeout")

    name = "idle_in_transaction_session_timeout"
    assert (held, otherwise) == ([{name: "5s"}], [{name: "1min"}])


def test_a_turn_that_has_come_is_looked_at_once_and_not_without_end(outbox: Outbox, house: House) -> None:
    """Whatever waited may be gone, or its channel out of order: nobody looks in a circle then."""
    pace = a_pace(texts=1)
    assert pace.until_the_next_turn() is None

    pace.waits(Channel.SMS, seconds=0.0)

    assert [pace.until_the_next_turn(), pace.until_the_next_turn()] == [0.0, None]
    assert pace.is_pressed
    assert claim(pace) == []
    assert not pace.is_pressed


def test_each_sender_and_each_channel_has_turns_of_its_own(outbox: Outbox) -> None:
    text, waiting = to_different_numbers(outbox, 2)
    mail = outbox.put(channel="email", recipient="mamma@example.lv")

    assert {message.id for message in claim(a_pace(texts=1))} == {text, mail}
    assert [message.id for message in claim(a_pace(texts=1, sender="BAC"))] == [waiting]


def test_texts_that_wait_for_their_turn_do_not_stand_in_the_way_of_e_mails(outbox: Outbox) -> None:
    pace = a_pace(texts=1)
    first, *_ = to_different_numbers(outbox, 8)
    assert [message.id for message in claim(pace, 4)] == [first]
    mail = outbox.put(channel="email", recipient="mamma@example.lv")

    assert [message.id for message in claim(pace, 4)] == [mail]


def test_of_what_waits_the_urgent_goes_first_and_nothing_is_sent_that_became_wrong(
    outbox: Outbox, house: House
) -> None:
    pace = a_pace(texts=1)
    first, wrong, later = to_different_numbers(outbox, 3)
    claim(pace)
    urgent = outbox.put(recipient="+37120000200", useful=HOUR)

    went = []
    for _ in range(3):
        a_second_passes(house)
        pace.waits(Channel.SMS, seconds=0.0)
        went += [message.id for message in claim(pace, still_right=lambda ids: set(ids) - {wrong})]

    assert went == [urgent, later]
    assert outbox.states() == {first: "sending", urgent: "sending", later: "sending", wrong: "withdrawn"}


def test_that_messages_wait_for_their_sender_is_counted_and_said_once(
    outbox: Outbox, house: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bas_service.messaging.pacing")
    pace = a_pace(texts=1)
    to_different_numbers(outbox, 3)
    for _ in range(3):
        claim(pace)
        a_second_passes(house)
        if pace.is_pressed:
            pace.waits(Channel.SMS, seconds=0.0)

    assert waits() == [{"channel": "sms", "turn": 3, "number": 0}]
    assert [record.getMessage() for record in caplog.records] == [
        "sms: messages wait; the sender has 1 a second",
        "sms: nothing waits for the sender's turn any more",
    ]


# --- a number's rest


def test_a_number_gets_so_many_texts_in_a_while_and_what_is_urgent_all_the_same(outbox: Outbox) -> None:
    pace = a_pace(per_number=2)
    two = [outbox.put("handed_over", due=None, tried=seconds) for seconds in (60.0, 540.0)]
    later = outbox.put()
    urgent = outbox.put(useful=3 * HOUR - 60)
    elsewhere = outbox.put(recipient="+37120000002")

    assert {message.id for message in claim(pace)} == {urgent, elsewhere}

    # When the earlier of the two is ten minutes ago there is room again.
    assert outbox.row(later, "state", "attempts", "next_attempt_at") == {
        "state": "queued",
        "attempts": 0,
        "next_attempt_at": 60,
    }
    assert {outbox.states()[one] for one in two} == {"handed_over"}
    assert waits() == [{"channel": "sms", "turn": 0, "number": 1}]


def test_what_its_number_makes_wait_takes_no_turn_from_the_others(outbox: Outbox) -> None:
    outbox.put("handed_over", due=None, tried=60.0)
    waiting = [outbox.put(due=-50.0), outbox.put(due=-40.0)]
    elsewhere, last = outbox.put(recipient="+37120000002"), outbox.put(recipient="+37120000003", due=-0.5)
    pace = a_pace(texts=1, per_number=1)

    # A look at two at a time: the first two wait, one of the others has the turn.
    assert [message.id for message in claim(pace, 2)] == [elsewhere]

    assert {outbox.states()[one] for one in [*waiting, last]} == {"queued"}
    assert waits() == [{"channel": "sms", "turn": 3, "number": 2}]


@pytest.mark.parametrize(
    ("state", "goes"),
    [("failed", True), ("withdrawn", True), ("queued", True), ("uncertain", False), ("delivered", False)],
)
def test_what_reached_nobody_does_not_count(outbox: Outbox, state: str, *, goes: bool) -> None:
    outbox.put(state, due=3600.0, tried=60.0, attempts=1)
    text = outbox.put()

    assert [message.id for message in claim(a_pace(per_number=1))] == [text] * goes


def test_a_text_waits_no_longer_than_until_it_is_urgent(outbox: Outbox) -> None:
    outbox.put("handed_over", due=None, tried=1.0)
    text = outbox.put(useful=3 * HOUR + 120)

    assert claim(a_pace(per_number=1)) == []

    assert outbox.row(text, "next_attempt_at") == {"next_attempt_at": 120}
    outbox.change(text, useful_until=outbox.moment(3 * HOUR - 1), next_attempt_at=outbox.moment(-1))
    assert [message.id for message in claim(a_pace(per_number=1))] == [text]


def test_even_where_the_policy_calls_nothing_urgent_no_text_waits_until_it_is_too_late(outbox: Outbox) -> None:
    pace = a_pace()
    pace.heed(1, within=timedelta(hours=3), urgent=timedelta(0))
    outbox.put("handed_over", due=None, tried=1.0)
    text = outbox.put(useful=29 * 60.0)

    assert [message.id for message in claim(pace)] == [text]


def test_e_mails_are_not_counted_and_no_policy_holds_back_what_it_says_nothing_of(outbox: Outbox) -> None:
    mails = [outbox.put(channel="email", recipient="mamma@example.lv") for _ in range(3)]
    texts = [outbox.put() for _ in range(3)]

    assert {message.id for message in claim(a_pace(per_number=1))} == {*mails, texts[0]}
    outbox.change(texts[1], next_attempt_at=outbox.moment(-1))
    assert {message.id for message in claim(a_pace(per_number=None))} == {texts[1]}


def test_two_workers_at_once_give_a_number_no_more_than_it_may_have(outbox: Outbox, worker_app: Flask) -> None:
    ids = [outbox.put() for _ in range(12)]

    def work() -> list[uuid.UUID]:
        with worker_app.app_context():
            return [message.id for message in claim(a_pace(per_number=5), 3)]

    shares = at_once(*[work] * 4)

    assert sum(map(len, shares)) == 5
    states = list(outbox.states().values())
    assert (states.count("sending"), states.count("queued")) == (5, len(ids) - 5)


def test_a_text_that_another_worker_is_just_taking_counts_for_its_number(
    outbox: Outbox, house: House, worker_app: Flask
) -> None:
    claim(a_pace(), len([outbox.put(recipient="+37120000002")]))
    taken, waiting = outbox.put(), outbox.put()

    def work() -> list[Claimed]:
        with worker_app.app_context():
            return claim(a_pace(per_number=1))

    with house.meanwhile(work) as meanwhile:
        meanwhile.run("UPDATE sender_turns SET waited_for_turn = waited_for_turn")
        meanwhile.run("UPDATE messages SET state = 'sending', attempted_at = now() WHERE id = :id", id=taken)

    assert (meanwhile.waited, meanwhile.answer) == (True, [])
    assert outbox.row(waiting, "state", "attempts") == {"state": "queued", "attempts": 0}


def test_a_change_takes_the_place_of_what_waits(outbox: Outbox, house: House) -> None:
    """As with bursts: what waits is withdrawn by whoever has later news, and is never sent."""
    outbox.put("handed_over", due=None, tried=599.0)
    overtaken, latest = outbox.put(), outbox.put()
    pace = a_pace(per_number=1)
    assert claim(pace) == []
    house.sql("UPDATE messages SET state = 'withdrawn' WHERE state = 'queued' AND id = :id", id=overtaken)

    house.sql("UPDATE messages SET next_attempt_at = now(), attempted_at = attempted_at - interval '2 seconds'")

    assert [message.id for message in claim(pace)] == [latest]
    assert outbox.states()[overtaken] == "withdrawn"


def test_keeping_the_pace_costs_a_claim_two_statements_whatever_their_number(
    outbox: Outbox, worker_app: Flask
) -> None:
    def statements(many: int, pace: Pace | None) -> int:
        for number in range(many):
            outbox.put(recipient=f"+3712000{number:04d}", subject=new_id())
        with statements_of(worker_app) as found:
            assert len(claim(pace, many)) == many if pace else claim_without(many)
        return len([one for one in found if not one.startswith(("SET", "BEGIN"))])

    def claim_without(many: int) -> bool:
        with transaction():
            return len(jobs.claim_due(many, lease=LEASE, still_right={"announcements": set})) == many

    without = statements(1, None)

    assert [statements(many, a_pace(per_number=5)) for many in (1, 3)] == [without + 2] * 2


# --- quiet hours


def test_in_quiet_hours_goes_what_is_wanted_before_the_morning_and_all_else_waits_for_it(
    outbox: Outbox, house: House
) -> None:
    """However it came to its turn: woken from reserve, tried again, looked up in vain, or by a new worker."""
    now = datetime.now(UTC)
    morning = now + timedelta(hours=5)
    far = outbox.put(useful=8 * HOUR)
    tried = outbox.put(useful=8 * HOUR, attempts=3, recipient="+37120000002")
    moved = outbox.put(useful=30 * HOUR, recipient="+37120000003")
    near = outbox.put(useful=5 * HOUR, recipient="+37120000004")
    house.sql("UPDATE messages SET wanted_by = now() + interval '2 hours' WHERE id = :id", id=moved)
    pace = a_pace()
    pace.heed(
        None,
        within=timedelta(0),
        urgent=timedelta(hours=3),
        quiet=Quiet(until=morning, unless_before=morning + timedelta(hours=1)),
    )

    assert {one.id for one in claim(pace)} == {moved, near}

    held = house.sql("SELECT id, state, next_attempt_at, due_at FROM messages WHERE state = 'queued' ORDER BY id")
    waits = {"state": "queued", "next_attempt_at": morning, "due_at": morning}
    assert held == [{"id": far} | waits, {"id": tried} | waits]
    assert claim(pace) == []


def test_out_of_quiet_hours_nobody_looks_for_what_must_wait(outbox: Outbox, worker_app: Flask) -> None:
    pace = a_pace()
    with statements_of(worker_app) as statements:
        claim(pace)

    assert [one for one in statements if "due_at = " in one] == []
