"""Twilio on its worst days, PostgreSQL crashing, workers dying: no message is lost unnoticed, none goes out twice."""

import random
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import requests

from bas_service import embedded
from bas_service.config import Settings
from bas_service.database import new_id
from tests.builders import House, at, soon
from tests.faults.fates import SEND_TIMEOUT, Fates, Outcome
from tests.faults.outbox import Outbox, ids_from, times_there
from tests.faults.processes import Keeper, a_web_server, a_worker, wait_until
from tests.faults.stand_in import TwilioStandIn, list_fails

MESSAGES = 500


def test_500_messages_on_twilios_worst_day_end_as_they_must(
    outbox: Outbox, dice: random.Random, settings_with: Callable[..., Settings], tmp_path: Path
) -> None:
    """Server and workers are processes of their own; the receipts come duplicated, in any order, early, or not."""
    ids = ids_from(dice, MESSAGES)
    fates = Fates(dice.random(), bad_days=0.3)
    outbox.fill(ids)
    with TwilioStandIn(receipt_delay=0.02, seed=dice.randrange(1000)) as twilio, ExitStack() as running:
        twilio.misbehave_by_chance({list_fails(500): 0.2, list_fails(503): 0.1})
        twilio.misbehave_by(fates.plan)
        settings = settings_with(
            twilio,
            senders=8,
            send_timeout_seconds=SEND_TIMEOUT,
            # Nobody dies here, so no lease may run out on a busy machine.
            send_lease_seconds=60.0,
            # The last look is well after the latest acceptance.
            reconcile_seconds=(0.5, 6.0),
        )
        running.enter_context(a_web_server(settings, tmp_path / "server.log"))
        workers = [running.enter_context(a_worker(settings, tmp_path / f"worker-{n}.log")) for n in range(2)]

        wait_until(lambda: outbox.left_to_do() == 0, "nothing is left to do", seconds=120)
        assert twilio.wait_for_receipts(30)
        wait_until(lambda: outbox.receipts_left() == 0, "all receipts are applied")
        assert [worker.stop() for worker in workers] == [0, 0]

    there = times_there(twilio.messages)
    outcomes = {row["id"]: Outcome(row["state"], row["attempts"], there[row["id"]]) for row in outbox.rows().values()}
    assert outcomes == {message_id: fates.outcome_of(message_id) for message_id in ids}
    assert set(twilio.receipt_outcomes) == {"204"}
    print(twilio.faults_used, outbox.states())


def test_crashes_of_workers_postgresql_and_twilio_at_once_lose_nothing_and_double_nothing(
    outbox: Outbox,
    dice: random.Random,
    twilio: TwilioStandIn,
    settings_with: Callable[..., Settings],
    server: embedded.Server,
    tmp_path: Path,
) -> None:
    ids = ids_from(dice, MESSAGES)
    outbox.fill(ids)
    fates = Fates(dice.random(), bad_days=0.1)
    twilio.misbehave_by_chance({list_fails(500): 0.2})
    twilio.misbehave_by(fates.plan)
    settings = settings_with(
        twilio,
        send_timeout_seconds=SEND_TIMEOUT,
        send_lease_seconds=3.0,
        reconcile_seconds=(0.5, 6.0),
    )
    incidents = ["worker"] * 4 + ["database"] * 3 + ["twilio"] * 2
    dice.shuffle(incidents)
    moments = sorted(dice.sample(range(10, MESSAGES - 30), len(incidents)))

    with Keeper(settings, tmp_path, 2) as workers:

        def there_are(many: int) -> bool:
            workers.revive()
            return len(twilio.messages) >= many

        for moment, incident in zip(moments, incidents, strict=True):
            wait_until(lambda moment=moment: there_are(moment), f"{moment} texts are there", seconds=120)
            threading.Event().wait(dice.uniform(0.0, 0.05))
            if incident == "worker":
                workers.kill(dice.randrange(2))
            elif incident == "database":
                server.restart("immediate")
            else:
                twilio.stop()
                threading.Event().wait(0.3)
                twilio.start()

        def is_done() -> bool:
            workers.revive()
            return outbox.left_to_do() == 0

        wait_until(is_done, "nothing is left to do", seconds=120)
        said = workers.said()

    there, rows = times_there(twilio.messages), outbox.rows()
    in_doubt = {message_id for message_id, row in rows.items() if row["state"] == "uncertain"}
    # Whatever a person need not look after is there exactly once ...
    assert there == dict.fromkeys(set(ids) - in_doubt, 1)
    assert Counter(row["state"] for row in rows.values()) == Counter(
        handed_over=MESSAGES - len(in_doubt), uncertain=len(in_doubt)
    )
    # ... and what is left to a person had been repeated, and somebody was told to call.
    assert [rows[one]["repeated"] for one in in_doubt] == [True] * len(in_doubt)
    assert [f"ALARM: message {one} stays in doubt" in said for one in in_doubt] == [True] * len(in_doubt)
    print(incidents, twilio.faults_used, outbox.states())


def test_meetings_planned_while_postgresql_crashes_are_planned_once_and_told_once(
    house: House, outbox: Outbox, settings_with: Callable[..., Settings], server: embedded.Server, tmp_path: Path
) -> None:
    """The phone sends its own ids and repeats until it is answered; what it was not told may have been written."""
    supervisor = house.a_supervisor()
    specialist = house.a_specialist(supervisor)
    families = [house.a_family(supervisor, specialist) for _ in range(4)]
    forms = [
        house.meeting_form(families[number % 4]["child"], id=str(new_id()), starts_at=at(soon(hours=24 + 2 * number)))
        for number in range(60)
    ]
    answers: Counter[int] = Counter()
    with TwilioStandIn() as twilio, ExitStack() as running:
        settings = settings_with(twilio, send_lease_seconds=3.0, reconcile_seconds=(0.5, 2.0))
        running.enter_context(a_web_server(settings, tmp_path / "server.log"))
        running.enter_context(a_worker(settings, tmp_path / "worker.log"))

        def plan(form: dict[str, Any]) -> None:
            headers = {"Authorization": f"Bearer {specialist.tokens['access_token']}"}
            status = 0
            while status != 201:
                address = f"{settings.public_url}/api/v1/meetings"
                status = requests.post(address, json=form, headers=headers, timeout=20).status_code
                answers[status] += 1
                threading.Event().wait(0.02)

        with ThreadPoolExecutor(2) as phones:
            plans = [phones.submit(plan, form) for form in forms]
            for crash in (15, 35):
                wait_until(lambda crash=crash: answers[201] >= crash, f"{crash} meetings are planned")
                server.restart("immediate")
            for one in plans:
                one.result()
        wait_until(lambda: outbox.left_to_do() == 0, "nothing is left to do", seconds=120)

    planned = {row["id"]: row["meeting_id"] for row in house.sql("SELECT id, meeting_id FROM announcements")}
    assert Counter(str(meeting_id) for meeting_id in planned.values()) == Counter(form["id"] for form in forms)
    assert times_there(twilio.messages) == dict.fromkeys(planned, 1)
    # The phone is told to come again; it never looks as if the request itself were wrong.
    assert set(answers) <= {201, 503}
    print(answers, outbox.states())
