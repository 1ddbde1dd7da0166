"""What the service tells of its outbox: what waits, and what the past day brought."""

import uuid
from datetime import UTC, datetime, timedelta

from flask import Flask

from bas_service.database import transaction
from bas_service.messaging.jobs import outbox_figures
from bas_service.messaging.rules import MessageState
from tests.builders import House

_MESSAGE = """
    INSERT INTO messages (id, subject_id, channel, parts, state, useful_until, attempts, checks, repeated, created_at,
        attempted_at)
    VALUES (:id, gen_random_uuid(), 'sms', 1, :state, now(), 1, 0, false, :written, :tried)
"""


def a_message(house: House, state: str, *, hours: float, tried: float | None = None) -> None:
    """One written some hours ago, with an id made then, and perhaps tried later."""
    written = datetime.now(UTC) - timedelta(hours=hours)
    milliseconds = int(written.timestamp() * 1000)
    made = uuid.UUID(int=milliseconds << 80 | uuid.uuid4().int >> 48)
    at = None if tried is None else datetime.now(UTC) - timedelta(hours=tried)
    house.sql(_MESSAGE, id=made, state=state, written=written, tried=at)


def counted(app: Flask) -> dict[str, int]:
    """Messages by state, without those of which there are none."""
    with app.app_context(), transaction():
        return {state: number for state, (number, _) in outbox_figures().items() if number}


def test_what_waits_counts_however_old_and_what_is_settled_for_a_day(house: House, app: Flask) -> None:
    for state in MessageState:
        a_message(house, state, hours=1)
        a_message(house, state, hours=23.9)
        a_message(house, state, hours=24.1)
        a_message(house, state, hours=9000)
        # Planned long before it went out.
        a_message(house, state, hours=900, tried=2)

    assert counted(app) == {
        "queued": 5,
        "sending": 5,
        "uncertain": 5,
        "handed_over": 3,
        "delivered": 3,
        "failed": 3,
        "withdrawn": 3,
        "spare": 3,
    }


def test_the_oldest_that_waits_is_as_old_as_it_is(house: House, app: Flask) -> None:
    a_message(house, "uncertain", hours=1)
    a_message(house, "uncertain", hours=100)

    with app.app_context(), transaction():
        number, seconds = outbox_figures()["uncertain"]

    assert number == 2
    assert seconds // 3600 == 100
