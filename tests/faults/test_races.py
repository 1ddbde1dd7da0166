"""Suspended, cancelled, changed at every moment of a message's life: what goes out is what the provider already had.

Nothing sleeps here: worker, gateway and provider stop at a place until they are let go, and meanwhile it happens.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from bas_service import DatabaseRole, create_app
from bas_service.config import Settings
from bas_service.database import db, transaction
from bas_service.messaging import service
from bas_service.messaging.gateways import LookupFailed
from bas_service.messaging.jobs import Claimed
from bas_service.messaging.rules import HandOver
from bas_service.messaging.twilio_gateway import TwilioGateway
from bas_service.worker import IN_HAND, Worker
from tests.builders import House
from tests.faults.family import Family, gist_of
from tests.faults.outbox import Outbox, message_of
from tests.faults.processes import wait_until
from tests.faults.stand_in import Fault, TwilioStandIn, reset_after_accepting, reset_before_accepting

PATIENCE = 30.0


class Place:
    """A place where the next one to come by stops until let go; whoever comes later goes on."""

    def __init__(self) -> None:
        self._is_shut = False
        self._reached, self._open = threading.Event(), threading.Event()

    def pass_by(self) -> bool:
        """Stop if the place is shut; gives whether it was."""
        was_shut, self._is_shut = self._is_shut, False
        if was_shut:
            self._reached.set()
            assert self._open.wait(PATIENCE), "nobody lets go"
        return was_shut

    @contextmanager
    def held(self) -> Iterator[None]:
        """Whoever comes by is held there while the block runs, which begins when somebody is."""
        assert self._reached.wait(PATIENCE), "nobody comes by"
        try:
            yield
        finally:
            self._open.set()

    def shut(self) -> None:
        """Let the next one stop here."""
        self._is_shut = True


class Places:
    """Where a message can be stopped, in the order of its life."""

    def __init__(self) -> None:
        self.claimed, self.asked = Place(), Place()
        self.arrived, self.accepted, self.answered = Place(), Place(), Place()
        self.asked_after, self.found = Place(), Place()


class StoppingGateway(TwilioGateway):
    """Twilio's real client, which stops before and after."""

    def __init__(self, settings: Settings, places: Places) -> None:
        super().__init__(settings)
        self._places = places
        self.knows_nothing = False

    def hand_over(self, message: Claimed) -> HandOver:
        self._places.asked.pass_by()
        answer = super().hand_over(message)
        self._places.answered.pass_by()
        return answer

    def find(self, message: Claimed) -> list[str]:
        if self.knows_nothing:
            raise LookupFailed("nobody answers")
        self._places.asked_after.pass_by()
        found = super().find(message)
        self._places.found.pass_by()
        return found


class StoppingWorker(Worker):
    """A worker that stops between claim and sending, and believes then that a long time has passed."""

    places: Places
    in_hand: list[float]

    def _send(self, message: Claimed, last_moment: float) -> None:
        self.in_hand.append(last_moment - time.monotonic())
        was_stopped = self.places.claimed.pass_by()
        super()._send(message, time.monotonic() - 1.0 if was_stopped else last_moment)


class Scene:
    """A family whose plan is about to be told, and everything on its way there."""

    def __init__(self, house: House, app: Flask, twilio: TwilioStandIn, settings: Settings, places: Places) -> None:
        self.house, self.twilio, self.places = house, twilio, places
        self.family = Family(house)
        self.outbox = Outbox(house.owner)
        self.gateway = StoppingGateway(settings, places)
        self.in_hand: list[float] = []
        self._app = app
        self._worker_app = create_app(settings, role=DatabaseRole.WORKER)

    @contextmanager
    def working(self) -> Iterator[None]:
        """A worker is at work meanwhile."""
        worker = StoppingWorker(self._worker_app, self.gateway)
        worker.places, worker.in_hand = self.places, self.in_hand
        worker.start()
        try:
            yield
        finally:
            worker.stop()

    def close(self) -> None:
        """Give the connections back: PostgreSQL has a hundred, and each scene has a worker of its own."""
        with self._worker_app.app_context():
            db.engine.dispose()

    def work(self) -> None:
        """Let a worker do all there is to do."""
        with self.working():
            self.wait_until_done()

    def wait_until_done(self) -> None:
        """Nothing is left to do, and no receipt is on its way."""
        wait_until(lambda: self.outbox.left_to_do() == self.outbox.receipts_left() == 0, "nothing is left to do")

    def receipt(self) -> None:
        """The provider reports, as the hook keeps it, that the text has arrived; the worker applies it."""
        (text,) = self.twilio.messages
        with self._app.app_context(), transaction():
            service.note_receipt(message_of(text), provider_id=text.sid, status="delivered", error_code=None)
        wait_until(lambda: self.outbox.states()["delivered"] == 1, "the receipt is applied")

    def told(self) -> list[str]:
        """What the mother's phone shows, in the order of arrival."""
        return [gist_of(text.body) for text in self.twilio.messages]

    def father_with_her_number(self) -> dict[str, Any]:
        """The mother's telephone is the father's, too; one text tells both."""
        family = self.family
        father = self.house.a_representative(
            family.supervisor, family.child, name="Tētis Izdomāts", phone=family.mother["phone"]
        )
        assert len({row["message_id"] for row in self.house.sql("SELECT message_id FROM announcements")}) == 1
        return father

    def plan(self) -> dict[str, Any]:
        """The message that tells the plan."""
        (row,) = self.house.sql(
            "SELECT m.* FROM messages m JOIN announcements a ON a.id = m.id ORDER BY a.created_at, a.id LIMIT 1"
        )
        return row


@pytest.fixture
def scene(house: House, app: Flask, settings_with: Callable[..., Settings]) -> Iterator[Scene]:
    places = Places()
    with TwilioStandIn(receipts=False, on_text=lambda _: places.accepted.pass_by() and None) as twilio:

        def stop_on_arrival(_number: int, _form: Any) -> Fault | None:
            places.arrived.pass_by()
            return None

        twilio.misbehave_by(stop_on_arrival)
        settings = settings_with(twilio, send_timeout_seconds=PATIENCE, send_lease_seconds=2 * PATIENCE)
        scene = Scene(house, app, twilio, replace(settings, reconcile_seconds=(0.05, 0.3)), places)
        yield scene
        scene.close()


Moment = Callable[[Scene], AbstractContextManager[None]]

# --- the moments


@contextmanager
def queued(scene: Scene) -> Iterator[None]:
    """No worker has looked yet."""
    yield
    scene.work()


def _at(place: str) -> Moment:
    @contextmanager
    def moment(scene: Scene) -> Iterator[None]:
        getattr(scene.places, place).shut()
        with scene.working():
            with getattr(scene.places, place).held():
                yield
            scene.wait_until_done()

    moment.__name__ = place
    return moment


@contextmanager
def confirmed_before_the_answer(scene: Scene) -> Iterator[None]:
    """The receipt is applied while the create call is still open."""
    scene.places.accepted.shut()
    with scene.working():
        with scene.places.accepted.held():
            scene.receipt()
            yield
        scene.wait_until_done()


@contextmanager
def handed_over(scene: Scene) -> Iterator[None]:
    """The provider has answered, and it is written down."""
    scene.work()
    yield
    scene.work()


@contextmanager
def _in_doubt(scene: Scene, fault: Fault) -> Iterator[None]:
    scene.twilio.misbehave(fault)
    scene.gateway.knows_nothing = True
    with scene.working():
        wait_until(lambda: scene.outbox.states()["uncertain"] == 1, "the message is in doubt")
    scene.gateway.knows_nothing = False
    yield
    scene.work()


def in_doubt_and_there(scene: Scene) -> AbstractContextManager[None]:
    """Nobody answered, and the provider has it."""
    return _in_doubt(scene, reset_after_accepting())


def in_doubt_and_not_there(scene: Scene) -> AbstractContextManager[None]:
    """Nobody answered, and the provider does not have it."""
    return _in_doubt(scene, reset_before_accepting())


def _looked_up(place: str, fault: Callable[[], Fault]) -> Moment:
    @contextmanager
    def moment(scene: Scene) -> Iterator[None]:
        scene.twilio.misbehave(fault())
        with _at(place)(scene):
            yield

    moment.__name__ = f"{place}_{fault.__name__.removeprefix('reset_')}"
    return moment


@contextmanager
def queued_to_be_repeated(scene: Scene) -> Iterator[None]:
    """The last look found nothing: it waits to go out once more."""
    scene.twilio.misbehave(reset_before_accepting())
    scene.gateway.knows_nothing = True
    with scene.working():
        wait_until(lambda: scene.outbox.states()["uncertain"] == 1, "the message is in doubt")
    scene.gateway.knows_nothing = False
    scene.house.sql("UPDATE messages SET state = 'queued', repeated = true, next_attempt_at = now()")
    yield
    scene.work()


# For each moment: whether the plan goes out whatever happens then, and whether the mother may know of it by then.
MOMENTS: dict[Moment, tuple[bool, bool]] = {
    queued: (False, False),
    # A worker that was stopped there gives it back; one that is about to ask does not look back.
    _at("claimed"): (False, True),
    _at("asked"): (True, True),
    _at("arrived"): (True, True),
    _at("accepted"): (True, True),
    confirmed_before_the_answer: (True, True),
    _at("answered"): (True, True),
    handed_over: (True, True),
    in_doubt_and_there: (True, True),
    in_doubt_and_not_there: (False, True),
    _looked_up("asked_after", reset_after_accepting): (True, True),
    _looked_up("asked_after", reset_before_accepting): (False, True),
    _looked_up("found", reset_after_accepting): (True, True),
    _looked_up("found", reset_before_accepting): (False, True),
    queued_to_be_repeated: (False, True),
}


@pytest.fixture(params=MOMENTS, ids=lambda moment: moment.__name__)
def moment(request: pytest.FixtureRequest) -> Moment:
    return request.param


def check_the_record(scene: Scene, *, is_out: bool) -> None:
    """What the house believes of the plan is what became of it."""
    plan = scene.plan()
    assert plan["state"] in ({"handed_over", "delivered"} if is_out else {"withdrawn"})
    assert (plan["handed_over_at"] is not None) == is_out
    sids = [text.sid for text in scene.twilio.messages]
    assert (plan["provider_id"] in sids) == is_out
    # Each text is one message's, each message's one text.
    assert sorted(row["provider_id"] for row in scene.outbox.rows().values() if row["provider_id"]) == sorted(sids)


def test_whoever_is_suspended_at_any_moment_gets_only_what_the_provider_already_had(
    scene: Scene, moment: Moment
) -> None:
    is_out, _ = MOMENTS[moment]

    with moment(scene):
        scene.family.suspend()

    assert scene.told() == ["planned library Ilze"] * is_out
    check_the_record(scene, is_out=is_out)
    if is_out:
        assert scene.plan()["attempted_at"] < scene.family.suspended_by


def test_what_is_cancelled_at_any_moment_is_told_to_whoever_may_know_of_it(scene: Scene, moment: Moment) -> None:
    is_out, may_know = MOMENTS[moment]

    with moment(scene):
        scene.family.cancel()

    assert scene.told() == ["planned library Ilze"] * is_out + ["cancelled Ilze"] * may_know
    check_the_record(scene, is_out=is_out)


def test_what_is_changed_at_any_moment_is_told_as_it_is_now_and_after_the_plan(scene: Scene, moment: Moment) -> None:
    is_out, may_know = MOMENTS[moment]

    with moment(scene):
        scene.family.change()

    said = "changed" if may_know else "planned"
    assert scene.told() == ["planned library Ilze"] * is_out + [f"{said} museum Ilze"]
    check_the_record(scene, is_out=is_out)


def test_suspended_and_in_force_again_at_any_moment_is_told_once(scene: Scene, moment: Moment) -> None:
    with moment(scene):
        scene.family.suspend()
        scene.family.resume()

    assert scene.told() == ["planned library Ilze"]


def test_whoever_shares_a_text_and_is_suspended_at_any_moment_is_recorded_as_told_only_if_it_was_out(
    scene: Scene, moment: Moment
) -> None:
    is_out, _ = MOMENTS[moment]
    father = scene.father_with_her_number()

    with moment(scene):
        scene.family.suspend()

    assert scene.told() == ["planned library Ilze"]
    check_the_record(scene, is_out=True)
    shown = {one["representative_id"]: one["state"] for one in scene.family.now()["announcements"]}
    assert shown[father["id"]] in {"handed_over", "delivered"}
    assert shown[scene.family.mother["id"]] in ({"handed_over", "delivered"} if is_out else {"withdrawn"})


def test_a_place_protected_at_any_moment_is_told_to_nobody_at_that_number_any_more(
    scene: Scene, moment: Moment
) -> None:
    is_out, _ = MOMENTS[moment]
    scene.father_with_her_number()

    with moment(scene):
        scene.family.protect()

    assert scene.told() == ["planned library Ilze"] * is_out
    check_the_record(scene, is_out=is_out)


def test_a_worker_asks_soon_after_it_claimed_or_looks_again(scene: Scene) -> None:
    scene.work()

    assert len(scene.in_hand) == 1
    assert 0 < scene.in_hand[0] <= IN_HAND
