"""The last look before a message goes out: nothing wrong is told, and what must be told instead is told once."""

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy
from flask import Flask

from bas_service.config import Settings
from bas_service.database import transaction
from bas_service.meetings.jobs import still_to_be_told
from bas_service.messaging import jobs
from bas_service.messaging.rules import HandOver, Verdict
from bas_service.messaging.twilio_gateway import TwilioGateway
from bas_service.worker import Worker
from tests.builders import House
from tests.faults.family import OTHER_PLACE, Family, gist_of
from tests.faults.outbox import Outbox, times_there
from tests.faults.processes import wait_until
from tests.faults.stand_in import TwilioStandIn, server_error, slow_before_accepting

TODAY = "(now() AT TIME ZONE 'Europe/Riga')::date"


@pytest.fixture
def family(house: House) -> Family:
    return Family(house)


@pytest.fixture
def worked(worker_app: Flask, settings_with: Callable[..., Settings], twilio: TwilioStandIn, outbox: Outbox) -> Any:
    """Let a worker do all there is to do."""

    @contextmanager
    def working() -> Iterator[Worker]:
        worker = Worker(worker_app, TwilioGateway(settings_with(twilio)))
        worker.start()
        try:
            yield worker
        finally:
            worker.stop()

    def work() -> None:
        with working():
            wait_until(lambda: outbox.left_to_do() == 0, "nothing is left to do")

    work.running = working  # type: ignore[attr-defined]
    return work


@pytest.fixture
def told(twilio: TwilioStandIn) -> Callable[[], list[tuple[str, str]]]:
    """What the parents' phones show, in the order of arrival: which number, and what it says."""
    return lambda: [(text.to, gist_of(text.body)) for text in twilio.messages]


Change = Callable[[Family], None]
Said = Callable[[], list[tuple[str, str]]]

# --- before anything was told


@pytest.mark.parametrize(
    ("what_happens", "gists"),
    [
        ([], ["planned library Ilze"]),
        ([Family.cancel], []),
        ([Family.change], ["planned museum Ilze"]),
        ([Family.change, Family.cancel], []),
        ([Family.suspend], []),
        ([Family.suspend, Family.cancel], []),
        ([Family.suspend, Family.resume], ["planned library Ilze"]),
        ([Family.change_number], ["planned library Ilze"]),
        ([Family.change_number, Family.change], ["planned museum Ilze"]),
        ([Family.protect], []),
        ([Family.protect, Family.change, Family.cancel], []),
        ([Family.hand_over], ["planned library Anita"]),
        ([Family.hand_over, Family.change, Family.change_number], ["planned museum Anita"]),
    ],
    ids=lambda value: " then ".join(one.__name__ for one in value if callable(one)) or "nothing",
)
def test_what_changed_before_the_worker_ran_is_told_as_it_is_now_and_once(
    family: Family, worked: Change, told: Said, what_happens: list[Change], gists: list[str]
) -> None:
    for happening in what_happens:
        happening(family)

    worked()

    assert told() == [(family.number, gist) for gist in gists]


# --- after the plan was told


@pytest.mark.parametrize(
    ("what_happens", "gists"),
    [
        ([Family.cancel], ["cancelled Ilze"]),
        ([Family.change], ["changed museum Ilze"]),
        ([Family.change, Family.cancel], ["cancelled Ilze"]),
        ([Family.suspend, Family.change, Family.cancel], []),
        ([Family.suspend, Family.resume], []),
        ([Family.suspend, Family.change, Family.resume], ["changed museum Ilze"]),
        ([Family.protect, Family.change, Family.cancel], []),
        ([Family.hand_over], ["changed library Anita"]),
        ([Family.hand_over, Family.cancel], ["cancelled Anita"]),
    ],
    ids=lambda value: " then ".join(one.__name__ for one in value if callable(one)) or "nothing",
)
def test_whoever_was_told_is_told_what_became_of_it_once(
    family: Family, worked: Change, told: Said, what_happens: list[Change], gists: list[str]
) -> None:
    worked()
    for happening in what_happens:
        happening(family)

    worked()

    assert told() == [(family.number, gist) for gist in ["planned library Ilze", *gists]]


def test_a_new_number_is_told_of_the_meeting_and_the_old_one_nothing_more(
    family: Family, worked: Change, told: Said
) -> None:
    old = family.number
    worked()

    family.change_number()
    family.cancel()
    worked()
    # Whoever knows of it reads that it is off where they read now.
    assert told() == [(old, "planned library Ilze"), (family.number, "cancelled Ilze")]


def test_a_number_changed_after_the_plan_is_told_the_plan(family: Family, worked: Change, told: Said) -> None:
    old = family.number
    worked()
    family.change_number()
    worked()
    family.cancel()
    worked()

    assert told() == [
        (old, "planned library Ilze"),
        (family.number, "planned library Ilze"),
        (family.number, "cancelled Ilze"),
    ]


def test_a_second_parent_is_told_and_the_first_not_again(family: Family, worked: Change, told: Said) -> None:
    worked()
    family.a_father()
    worked()

    assert told() == [(family.number, "planned library Ilze"), ("+37120000777", "planned library Ilze")]


# --- behind the service's back: the worker's own look at the last moment


@pytest.mark.parametrize(
    "behind_its_back",
    [
        "UPDATE meetings SET state = 'cancelled', version = 2",
        "UPDATE meetings SET state = 'missed', version = 2",
        "UPDATE meetings SET telling = 2",
        "UPDATE representatives SET state = 'suspended'",
        "UPDATE representatives SET phone = '+37120000999', phone_digest = 'another'",
        "UPDATE representatives SET valid_until = valid_from",
        # The meeting is tomorrow: today it is too early to tell, tomorrow too late.
        f"UPDATE representatives SET valid_from = {TODAY} + 1",
        f"UPDATE representatives SET valid_until = {TODAY}",
        "INSERT INTO protected_places SELECT id, child_id, id, 'court', now(), (SELECT id FROM accounts LIMIT 1)"
        " FROM representatives",
    ],
    ids=lambda statement: " ".join(statement.split()[:5]),
)
def test_what_is_no_longer_right_at_the_moment_of_sending_is_withdrawn(
    family: Family, worked: Change, told: Said, behind_its_back: str
) -> None:
    house = family.house
    # Their representation began long ago, so that it can have ended.
    house.sql("UPDATE representatives SET valid_from = current_date - 100")
    house.sql(behind_its_back)

    worked()

    assert told() == []
    assert [row["state"] for row in house.sql("SELECT state FROM messages")] == ["withdrawn"]


def test_a_repeat_is_looked_at_like_a_first_try(
    family: Family, worked: Any, twilio: TwilioStandIn, told: Said, outbox: Outbox
) -> None:
    twilio.misbehave(server_error())
    with worked.running():
        wait_until(lambda: outbox.states() == {"uncertain": 1}, "the message is in doubt")
        family.house.sql("UPDATE representatives SET state = 'suspended'")
        wait_until(lambda: outbox.states() == {"withdrawn": 1}, "its repeat is withdrawn")

    assert told() == []


# --- at the very moment


def test_a_change_never_overtakes_the_plan(
    family: Family, worked: Any, twilio: TwilioStandIn, told: Said, outbox: Outbox
) -> None:
    twilio.misbehave(slow_before_accepting(0.7))
    with worked.running():
        wait_until(lambda: outbox.states() == {"sending": 1}, "the plan is on its way")
        family.change()
        wait_until(lambda: outbox.left_to_do() == 0, "nothing is left to do")

    assert told() == [(family.number, "planned library Ilze"), (family.number, "changed museum Ilze")]


def test_who_cancels_while_the_plan_is_being_claimed_waits_and_then_tells_of_it(
    family: Family, worked: Change, worker_app: Flask, told: Said, twilio: TwilioStandIn, outbox: Outbox
) -> None:
    with ThreadPoolExecutor(1) as specialist:
        with worker_app.app_context():
            with transaction():
                (message,) = jobs.claim_due(1, lease=60.0, still_right={"announcements": still_to_be_told})
                cancelling = specialist.submit(family.cancel)
                wait_until(lambda: outbox.waiting_for_locks() == 1, "the cancellation waits for the claim")
            cancelling.result()
            assert outbox.states() == {"sending": 1, "queued": 1}
            with transaction():
                jobs.settle(
                    message,
                    HandOver(verdict=Verdict.ACCEPTED, provider_id="SM1"),
                    first_check=60.0,
                    chance=random.Random(),
                )
    worked()

    assert told() == [(family.number, "cancelled Ilze")]


def test_what_is_being_cancelled_is_not_claimed(family: Family, worker_app: Flask, owner: sqlalchemy.Engine) -> None:
    withdraw = sqlalchemy.text("UPDATE messages SET state = 'withdrawn'")
    with worker_app.app_context(), owner.begin() as cancelling:
        cancelling.execute(withdraw)
        with transaction():
            assert jobs.claim_due(1, lease=60.0, still_right={"announcements": still_to_be_told}) == []
    with worker_app.app_context(), transaction():
        assert jobs.claim_due(1, lease=60.0, still_right={"announcements": still_to_be_told}) == []


def test_whatever_happens_meanwhile_the_last_text_on_each_phone_is_the_truth(
    house: House, worked: Any, twilio: TwilioStandIn, dice: random.Random, outbox: Outbox
) -> None:
    families = [Family(house) for _ in range(8)]
    seeds = [dice.random() for _ in families]
    twilio.misbehave_by(lambda number, form: slow_before_accepting(dice.uniform(0.0, 0.2)))

    def live(number: int) -> None:
        family, fate = families[number], random.Random(seeds[number])
        for _ in range(fate.randrange(2, 6)):
            threading.Event().wait(fate.uniform(0.0, 0.15))
            place = fate.choice([OTHER_PLACE, family.meeting["place"]])
            fate.choice([family.change_number, family.toggle, lambda place=place: family.change(place=place)])()
        threading.Event().wait(fate.uniform(0.0, 0.15))
        fate.choice([lambda: None, family.cancel, family.hand_over])()

    with worked.running(), ThreadPoolExecutor(len(families)) as lives:
        list(lives.map(live, range(len(families))))
        wait_until(lambda: outbox.left_to_do() == 0, "nothing is left to do")

    assert set(times_there(twilio.messages).values()) <= {1}
    for family in families:
        last = {text.to: gist_of(text.body) for text in twilio.messages if text.to in family.numbers}
        meeting, place = family.now(), "museum" if family.now()["place"]["name"] == "Muzejs" else "library"
        who = "Anita" if family.case["version"] > 1 else "Ilze"
        on_her_phone = last.get(family.number)
        if family.suspended:
            # She may know of an earlier state, but nothing was taken up for her once the suspension was answered.
            since = house.sql(
                "SELECT count(*) AS n FROM messages m JOIN announcements a ON a.id = m.id"
                " JOIN representatives r ON r.id = a.representative_id"
                " WHERE r.id = :mother AND m.attempted_at > :suspended_by",
                mother=family.mother["id"],
                suspended_by=family.suspended_by,
            )
            assert since == [{"n": 0}]
        elif meeting["state"] == "cancelled":
            assert on_her_phone in {None, f"cancelled {who}"}
        else:
            assert on_her_phone in {f"planned {place} {who}", f"changed {place} {who}"}
    print(Counter(gist_of(text.body) for text in twilio.messages), outbox.states())
