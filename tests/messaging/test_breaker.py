"""A channel that does not work rests, for all workers, and is tried with one message until it works again."""

import random
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from bas_service.database import transaction
from bas_service.messaging import breaker
from bas_service.messaging.rules import FAILURES_THAT_OPEN, Channel, HandOver, Verdict, until_the_probe
from tests.builders import House
from tests.callers import at_once, done
from tests.messaging.outbox import Outbox

ACCEPTED = HandOver(verdict=Verdict.ACCEPTED, provider_id="SM1")
REFUSED = HandOver(verdict=Verdict.REFUSED, error_code="21211")
HELD = HandOver(verdict=Verdict.HELD, error_code="21408")
WRONG_SENDER = HandOver(verdict=Verdict.MISCONFIGURED, error_code="21606")
TIME_OUT = HandOver(verdict=Verdict.AMBIGUOUS, error_code="ReadTimeout")
NOBODY_THERE = HandOver(verdict=Verdict.PASSING, error_code="connection-refused")
TOO_MANY = HandOver(verdict=Verdict.PASSING, error_code="20429")


class Channels:
    """The channels as a worker sees and changes them."""

    def __init__(self, house: House) -> None:
        self.house = house

    def hear(self, *answers: HandOver, channel: Channel = Channel.SMS) -> None:
        for answer in answers:
            with transaction():
                breaker.note(channel, answer, chance=random.Random(1))

    def may(self) -> tuple[set[Channel], set[Channel]]:
        """By which anything may go out, and by which one message."""
        with transaction():
            free, probed = breaker.free_and_probed(tuple(Channel), lease=60.0)
            return set(free), set(probed)

    def state(self, channel: str = "sms") -> str:
        (row,) = self.house.sql("SELECT state FROM channel_states WHERE channel = :channel", channel=channel)
        return str(row["state"])

    def rest_is_over(self) -> None:
        self.house.sql("UPDATE channel_states SET probe_at = now() WHERE probe_at IS NOT NULL")


@pytest.fixture
def channels(house: House, worker_app: Flask) -> Iterator[Channels]:
    with worker_app.app_context():
        yield Channels(house)


BOTH = {Channel.SMS, Channel.EMAIL}


def test_a_wrong_setting_opens_one_channel_at_once_and_leaves_the_other_alone(channels: Channels) -> None:
    assert channels.may() == (BOTH, set())

    channels.hear(WRONG_SENDER)

    assert channels.may() == ({Channel.EMAIL}, set())
    assert (channels.state("sms"), channels.state("email")) == ("open", "closed")


@pytest.mark.parametrize("fault", [TIME_OUT, NOBODY_THERE])
def test_many_failures_in_a_row_open_and_one_clear_answer_between_them_starts_the_count_anew(
    channels: Channels, fault: HandOver
) -> None:
    channels.hear(*[fault] * (FAILURES_THAT_OPEN - 1), REFUSED, *[fault] * (FAILURES_THAT_OPEN - 1))
    assert channels.state() == "closed"

    channels.hear(fault)

    assert channels.state() == "open"


@pytest.mark.parametrize("answer", [TOO_MANY, HELD, REFUSED, ACCEPTED])
def test_what_concerns_one_message_only_opens_nothing(channels: Channels, answer: HandOver) -> None:
    channels.hear(*[answer] * (FAILURES_THAT_OPEN + 1))

    assert channels.state() == "closed"


def test_after_its_rest_one_message_is_let_through_and_a_clear_answer_closes_it(channels: Channels) -> None:
    channels.hear(WRONG_SENDER)
    channels.rest_is_over()

    assert channels.may() == ({Channel.EMAIL}, {Channel.SMS})
    # The probe is out: nobody else gets one.
    assert channels.may() == ({Channel.EMAIL}, set())
    channels.hear(ACCEPTED)

    assert channels.may() == (BOTH, set())


def test_a_probe_that_fails_opens_it_again_for_longer(channels: Channels) -> None:
    rests = []
    for _ in range(3):
        channels.hear(WRONG_SENDER)
        (row,) = channels.house.sql("SELECT probe_at - now() AS rest FROM channel_states WHERE channel = 'sms'")
        rests.append(row["rest"])
        channels.rest_is_over()
        channels.may()

    assert timedelta(seconds=40) < rests[0] < rests[1] < rests[2] <= timedelta(minutes=4)
    longest = [until_the_probe(times, random.Random(1)) for times in (5, 500)]
    assert all(timedelta(minutes=11) < rest <= timedelta(minutes=15) for rest in longest)


def test_what_was_on_its_way_when_it_opened_neither_closes_nor_prolongs_it(channels: Channels) -> None:
    channels.hear(WRONG_SENDER)
    (before,) = channels.house.sql("SELECT probe_at, since FROM channel_states WHERE channel = 'sms'")

    channels.hear(ACCEPTED, WRONG_SENDER)

    assert channels.state() == "open"
    assert channels.house.sql("SELECT probe_at, since FROM channel_states WHERE channel = 'sms'") == [before]


def test_of_two_workers_one_gets_the_probe_and_both_stop(channels: Channels, worker_app: Flask) -> None:
    channels.hear(WRONG_SENDER)
    channels.rest_is_over()

    def take() -> tuple[list[Channel], list[Channel]]:
        with worker_app.app_context(), transaction():
            found = breaker.free_and_probed([Channel.SMS], lease=60.0)
            threading.Event().wait(0.1)
            return found

    answers = at_once(take, take)

    assert sorted(len(probed) for _, probed in answers) == [0, 1]
    assert [free for free, _ in answers] == [[], []]


@pytest.mark.parametrize(
    ("numbers", "accepted", "state"),
    [(8, 0, "open"), (7, 0, "closed"), (8, 1, "closed")],
    ids=["nobody is reached", "a few families", "others are reached"],
)
def test_when_no_number_at_all_may_be_written_to_the_channel_stops(
    channels: Channels, house: House, numbers: int, accepted: int, state: str
) -> None:
    outbox = Outbox(house)
    for number in range(numbers):
        outbox.put(recipient=f"+3712000000{number}", attempts=1, tried=0.0)
    # The same number many times is one family.
    for _ in range(10):
        outbox.put(recipient="+37120000000", attempts=1, tried=0.0)
    house.sql("UPDATE messages SET error_code = '21408'")
    for _ in range(accepted):
        outbox.put("handed_over", recipient="+37120000099")

    channels.hear(HELD)

    assert channels.state() == state


def test_a_channel_that_stopped_for_that_is_tried_until_a_text_is_accepted(channels: Channels, house: House) -> None:
    house.sql("UPDATE channel_states SET state = 'half_open', error_code = '21408' WHERE channel = 'sms'")
    channels.hear(HELD)
    assert channels.state() == "open"

    channels.rest_is_over()
    channels.may()
    channels.hear(ACCEPTED)
    assert channels.state() == "closed"


def test_a_probe_for_which_nothing_waited_is_the_next_message_to_come(channels: Channels) -> None:
    channels.hear(WRONG_SENDER)
    channels.rest_is_over()
    channels.may()
    with transaction():
        breaker.not_probed(Channel.SMS)

    assert channels.may() == ({Channel.EMAIL}, {Channel.SMS})


def test_who_watches_over_the_service_sees_what_stopped_and_why(channels: Channels, house: House, app: Flask) -> None:
    supervisor = house.a_supervisor()
    channels.hear(WRONG_SENDER)

    shown = {one["channel"]: one for one in done(supervisor.get("channels"))["items"]}

    assert (shown["sms"]["state"], shown["sms"]["error_code"], shown["sms"]["carried"]) == ("open", "21606", True)
    assert (shown["email"]["state"], shown["email"]["error_code"]) == ("closed", None)
    ready: Any = app.test_client().get("/health/ready").get_json()
    assert (ready["status"], ready["channels_stopped"]) == ("ok", ["sms"])
    metrics = app.test_client().get("/metrics").get_data(as_text=True)
    assert 'bas_channel_stopped{channel="sms"} 1.0' in metrics
    assert 'bas_channel_stopped{channel="email"} 0.0' in metrics


def test_a_channel_that_no_worker_carries_tells_nobody(channels: Channels) -> None:
    with transaction():
        breaker.carry([Channel.SMS])

    found = channels.house.sql("SELECT channel FROM channel_states WHERE carried")
    assert found == [{"channel": "sms"}]
