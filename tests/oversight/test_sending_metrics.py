"""Prometheus reads how long sending takes: counted once for each step, whoever sent it, for good."""

import random
import threading
import uuid
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

from bas_service.database import transaction
from bas_service.messaging import jobs
from bas_service.messaging.once_more import OnceMore
from bas_service.messaging.rules import SENDING_TIMES, HandOver, Verdict
from tests.builders import House
from tests.callers import at_once
from tests.messaging.outbox import LEASE, Outbox
from tests.tables import statements_of

Counts = dict[str, float]


class Metrics:
    """The figures as Prometheus reads them."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    def __call__(self, name: str, **labels: str) -> Counts:
        """The samples of one metric with these labels, by what else tells them apart, without what is nought."""
        told = self._app.test_client().get("/metrics").get_data(as_text=True)
        return {
            self._short(sample.name, sample.labels, labels): sample.value
            for family in text_string_to_metric_families(told)
            for sample in family.samples
            if sample.name.startswith(name) and labels.items() <= sample.labels.items() and sample.value
        }

    @staticmethod
    def _short(name: str, all_labels: dict[str, str], known: dict[str, str]) -> str:
        rest = [value for label, value in all_labels.items() if label not in known]
        return "/".join([name.rpartition("_")[2], *rest])


@pytest.fixture
def metrics(app: Flask) -> Metrics:
    return Metrics(app)


@pytest.fixture
def outbox(house: House, worker_app: Flask) -> Iterator[Outbox]:
    """An empty outbox; the test's own code runs as a worker does."""
    with worker_app.app_context():
        yield Outbox(house)


def accepted(outbox: Outbox, message_id: uuid.UUID, sid: str = "SM1") -> None:
    """The gateway's answer is written down."""
    with transaction():
        answer = HandOver(verdict=Verdict.ACCEPTED, provider_id=sid)
        jobs.settle(outbox.in_hand(message_id), answer, first_check=60.0, chance=random.Random(1))


def apply_receipts(most: int = 200) -> int:
    """Receipts are applied as a worker does it, second tries included."""
    terms = OnceMore(still_right={"announcements": set}, pause=timedelta(0), patience=timedelta(minutes=30))
    with transaction():
        return jobs.apply_receipts(most, once_more=terms)


def in_hand(outbox: Outbox, *, ago: float, **values: object) -> uuid.UUID:
    """A message that was written and due so many seconds ago, and is in a worker's hands."""
    message_id = outbox.put("sending", due=-ago, **values)
    outbox.change(message_id, created_at=outbox.moment(-ago), due_at=outbox.moment(-ago))
    return message_id


def buckets(total: int, first: float) -> Counts:
    """What a histogram says of messages that all took no longer than ``first`` and longer than what comes before."""
    limits = [f"bucket/{limit}" for limit in SENDING_TIMES if limit >= first]
    return dict.fromkeys([*limits, "bucket/+Inf", "count"], float(total))


def without_sum(found: Counts) -> Counts:
    return {name: value for name, value in found.items() if name != "sum"}


def test_both_steps_are_counted_by_channel_in_the_bucket_that_is_enough(outbox: Outbox, metrics: Metrics) -> None:
    text = in_hand(outbox, ago=7.0)
    mail = in_hand(outbox, ago=400.0, channel="email")
    accepted(outbox, text, "SM1")
    accepted(outbox, mail, "<1@example>")
    outbox.change(text, handed_over_at=outbox.moment(-45.0))
    outbox.report(text, "delivered")
    apply_receipts()

    handed_over = metrics("bas_handed_over_seconds", channel="sms")
    assert without_sum(handed_over) == buckets(1, 10.0)
    assert 7.0 <= handed_over["sum"] < 10.0
    assert without_sum(metrics("bas_handed_over_seconds", channel="email")) == buckets(1, 900.0)
    assert without_sum(metrics("bas_delivered_seconds", channel="sms")) == buckets(1, 60.0)
    assert metrics("bas_delivered_seconds", channel="email") == {}


def test_what_was_to_go_out_later_is_measured_from_then(outbox: Outbox, metrics: Metrics) -> None:
    text = in_hand(outbox, ago=30_000.0)
    outbox.change(text, due_at=outbox.moment(-0.3))

    accepted(outbox, text)

    found = metrics("bas_handed_over_seconds", channel="sms")
    assert found["count"] == 1
    assert 0.3 <= found["sum"] < 60


def test_what_took_longer_than_all_limits_and_what_seems_to_have_taken_less_than_no_time_counts(
    outbox: Outbox, metrics: Metrics
) -> None:
    slow, quick = in_hand(outbox, ago=7200.0), in_hand(outbox, ago=-5.0)
    accepted(outbox, slow, "SM1")
    accepted(outbox, quick, "SM2")

    assert without_sum(metrics("bas_handed_over_seconds", channel="sms")) == buckets(1, 0.1) | {
        "bucket/+Inf": 2.0,
        "count": 2.0,
    }


def test_answers_and_receipts_in_any_order_and_number_count_a_message_once(outbox: Outbox, metrics: Metrics) -> None:
    early, usual = in_hand(outbox, ago=1.0), in_hand(outbox, ago=1.0)
    for status in ("delivered", "sent", "read"):
        outbox.report(early, status, sid="SM1")
        outbox.report(usual, status, sid="SM2")
    accepted(outbox, usual, "SM2")
    apply_receipts()
    accepted(outbox, early, "SM1")

    assert metrics("bas_handed_over_seconds", channel="sms")["count"] == 2
    assert metrics("bas_delivered_seconds", channel="sms")["count"] == 2


def test_what_a_look_up_guessed_is_counted_when_the_provider_confirms_it_and_only_then(
    outbox: Outbox, metrics: Metrics
) -> None:
    mother, father = outbox.put("uncertain", tried=61.0, checks=1), outbox.put("uncertain", tried=61.0)
    with transaction():
        jobs.adopt(outbox.in_hand(mother), "SM1")
    assert metrics("bas_handed_over_seconds", channel="sms") == {}

    # It was the father's; the mother's is found later, and confirmed.
    outbox.report(father, "sent", sid="SM1")
    apply_receipts()
    outbox.report(mother, "sent", sid="SM2")
    outbox.report(mother, "delivered", sid="SM2")
    apply_receipts()

    assert metrics("bas_handed_over_seconds", channel="sms")["count"] == 2


def test_a_second_try_is_a_hand_over_of_its_own_and_a_late_first_receipt_is_none(
    outbox: Outbox, metrics: Metrics
) -> None:
    text = in_hand(outbox, ago=1.0)
    accepted(outbox, text, "SM1")
    outbox.report(text, "undelivered", sid="SM1", error="30003")
    apply_receipts()
    with transaction():
        (again,) = jobs.claim_due(1, lease=LEASE, still_right={"announcements": set})
    accepted(outbox, again.id, "SM2")
    outbox.report(text, "delivered", sid="SM1")
    apply_receipts()

    assert metrics("bas_handed_over_seconds", channel="sms")["count"] == 2
    assert metrics("bas_delivered_seconds", channel="sms")["count"] == 1


def test_workers_that_count_at_once_lose_nothing_and_do_not_wait_for_each_other(
    outbox: Outbox, house: House, metrics: Metrics, worker_app: Flask
) -> None:
    """Each held what the other one wanted to count next, when they counted in the same rows."""
    quick = [in_hand(outbox, ago=1.0) for _ in range(60)]
    slow = [in_hand(outbox, ago=100.0) for _ in range(60)]
    for number, (one, other) in enumerate(zip(quick, reversed(slow), strict=True)):
        outbox.report(one, "delivered", sid=f"SMq{number}")
        outbox.report(other, "delivered", sid=f"SMs{number}")

    def apply() -> int:
        with worker_app.app_context():
            return apply_receipts(40)

    assert at_once(*[apply] * 3) == [40] * 3
    assert metrics("bas_handed_over_seconds", channel="sms")["count"] == 120

    # Somebody who counts, and takes for ever to commit, holds up nobody.
    with house.owner.begin() as connection:
        connection.exec_driver_sql("UPDATE messages SET handed_over_at = NULL, delivered_at = NULL")
    late, last = in_hand(outbox, ago=1.0), in_hand(outbox, ago=1.0)
    done = threading.Event()
    with house.owner.begin() as connection:
        connection.exec_driver_sql("UPDATE messages SET handed_over_at = now() WHERE id = %s", (late,))

        def settle() -> None:
            with worker_app.app_context():
                accepted(outbox, last, "SMlast")
            done.set()

        thread = threading.Thread(target=settle)
        thread.start()
        assert done.wait(20)
    thread.join()
    assert metrics("bas_handed_over_seconds", channel="sms")["count"] == 122


def test_what_was_counted_stays_when_the_messages_are_gone(outbox: Outbox, house: House, metrics: Metrics) -> None:
    accepted(outbox, in_hand(outbox, ago=1.0))
    before = metrics("bas_handed_over_seconds", channel="sms")

    house.sql("DELETE FROM messages")

    assert metrics("bas_handed_over_seconds", channel="sms") == before
    assert before["count"] == 1


def test_every_channel_is_there_before_anything_was_sent(house: House, app: Flask) -> None:
    told = app.test_client().get("/metrics").get_data(as_text=True)

    for name in ("bas_handed_over_seconds", "bas_delivered_seconds"):
        for channel in ("sms", "email"):
            assert f'{name}_bucket{{channel="{channel}",le="+Inf"}} 0.0' in told
            assert f'{name}_count{{channel="{channel}"}} 0.0' in told
    assert 'bas_held_back_total{by="number",channel="email"} 0.0' in told


def test_how_often_something_had_to_wait_is_told_by_channel_and_reason(house: House, metrics: Metrics) -> None:
    house.sql("INSERT INTO sender_turns VALUES ('sms', 'BAS', now(), 4, 2), ('sms', 'BAC', now(), 1, 0)")

    assert metrics("bas_held_back", channel="sms") == {"total/sender": 5.0, "total/number": 2.0}


def test_reading_costs_the_same_whatever_was_sent(outbox: Outbox, app: Flask) -> None:
    def statements() -> int:
        with statements_of(app) as found:
            assert app.test_client().get("/metrics").status_code == 200
        return len(found)

    statements()
    nothing = statements()
    for number in range(3):
        text = in_hand(outbox, ago=10.0**number)
        accepted(outbox, text, f"SM{number}")
        outbox.report(text, "delivered", sid=f"SM{number}")
    apply_receipts()

    assert statements() == nothing
