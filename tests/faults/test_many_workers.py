"""Several workers at once, workers told to stop, and a web server beside them: all processes of their own."""

import random
import signal
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests

from bas_service import embedded
from bas_service.config import Settings
from tests.builders import House
from tests.callers import done
from tests.faults.outbox import Outbox, ids_from, listeners, times_there
from tests.faults.processes import a_web_server, a_worker, wait_until
from tests.faults.stand_in import TwilioStandIn, slow_answer, slow_before_accepting


def test_three_workers_share_500_messages_and_each_goes_out_once(
    outbox: Outbox,
    dice: random.Random,
    twilio: TwilioStandIn,
    settings_with: Callable[..., Settings],
    server: embedded.Server,
    tmp_path: Path,
) -> None:
    ids = ids_from(dice, 500)
    # A moment for each, or the first to wake has done it all before the others are there.
    twilio.misbehave_by(lambda number, form: slow_before_accepting(0.02))
    with ExitStack() as running:
        # Each signs with a name of its own, which shows who sent what.
        for name in ("FIRST", "SECOND", "THIRD"):
            settings = settings_with(twilio, twilio_sender=name, send_lease_seconds=60.0)
            running.enter_context(a_worker(settings, tmp_path / f"{name}.log"))
        wait_until(lambda: len(listeners(server)) == 3, "all three listen")
        outbox.fill(ids)
        wait_until(lambda: outbox.left_to_do() == 0, "nothing is left to do")

    assert times_there(twilio.messages) == dict.fromkeys(ids, 1)
    assert outbox.states() == {"handed_over": 500}
    assert {row["attempts"] for row in outbox.rows().values()} == {1}
    shares = Counter(text.sender for text in twilio.messages)
    print(shares)
    assert set(shares) == {"FIRST", "SECOND", "THIRD"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_a_worker_told_to_stop_finishes_what_is_in_hand_and_takes_nothing_more(
    outbox: Outbox,
    dice: random.Random,
    twilio: TwilioStandIn,
    settings_with: Callable[..., Settings],
    tmp_path: Path,
    number: signal.Signals,
) -> None:
    outbox.fill(ids_from(dice, 20))
    twilio.misbehave_by(lambda number, form: slow_answer(1.5))
    settings = settings_with(twilio, senders=4, send_timeout_seconds=10.0, send_lease_seconds=60.0)
    with a_worker(settings, tmp_path / "worker.log") as worker:
        wait_until(lambda: len(twilio.messages) == 4, "four are in hand")
        worker.process.send_signal(number)
        assert worker.process.wait(timeout=30) == 0

    assert len(twilio.messages) == 4
    assert outbox.states() == {"handed_over": 4, "queued": 16}


def test_workers_replaced_one_after_the_other_leave_nothing_behind(
    outbox: Outbox,
    dice: random.Random,
    twilio: TwilioStandIn,
    settings_with: Callable[..., Settings],
    tmp_path: Path,
) -> None:
    ids = ids_from(dice, 300)
    outbox.fill(ids)
    twilio.misbehave_by(lambda number, form: slow_answer(0.02))
    settings = settings_with(twilio, send_lease_seconds=60.0)
    for at in (50, 150):
        with a_worker(settings, tmp_path / "worker.log") as worker:
            wait_until(lambda at=at: len(twilio.messages) >= at, f"{at} texts are there")
            assert worker.stop() == 0
        assert outbox.states()["sending"] == 0
    with a_worker(settings, tmp_path / "worker.log") as worker:
        wait_until(lambda: outbox.left_to_do() == 0, "nothing is left to do")
        assert worker.stop() == 0

    assert times_there(twilio.messages) == dict.fromkeys(ids, 1)
    rows = outbox.rows().values()
    # Nothing was ever in doubt, and nothing was tried twice.
    assert {(row["state"], row["attempts"], row["checks"]) for row in rows} == {("handed_over", 1, 0)}


def test_a_meeting_planned_at_the_server_is_told_by_the_worker_and_confirmed_to_the_server(
    house: House, outbox: Outbox, settings_with: Callable[..., Settings], tmp_path: Path
) -> None:
    supervisor = house.a_supervisor()
    specialist = house.a_specialist(supervisor)
    family = house.a_family(supervisor, specialist)
    with TwilioStandIn() as twilio, ExitStack() as running:
        settings = settings_with(twilio)
        running.enter_context(a_web_server(settings, tmp_path / "server.log"))
        running.enter_context(a_worker(settings, tmp_path / "worker.log"))
        headers = {"Authorization": f"Bearer {specialist.tokens['access_token']}"}
        planned = requests.post(
            f"{settings.public_url}/api/v1/meetings",
            json=house.meeting_form(family["child"]),
            headers=headers,
            timeout=10,
        )
        assert planned.status_code == 201
        wait_until(lambda: outbox.states() == {"delivered": 1}, "the receipt has come back")

    meeting = done(specialist.get(f"meetings/{planned.json()['id']}"))
    (announcement,) = meeting["announcements"]
    (text,) = twilio.messages
    assert (text.to, text.body, announcement["state"]) == (
        family["representative"]["phone"],
        planned.json()["announcements"][0]["text"],
        "delivered",
    )
