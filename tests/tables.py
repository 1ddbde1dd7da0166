"""The tables under the tests: emptied, grown older, looked at while somebody waits."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy
from flask import Flask

from bas_service.database import db

# The first load policy and the first screening form belong to the schema. TRUNCATE would take its lock from whatever
# a test left running.
EMPTYING = """
    DELETE FROM alarms; DELETE FROM heartbeats;
    DELETE FROM duties; DELETE FROM substitutions; DELETE FROM absences; DELETE FROM case_closings;
    DELETE FROM contact_attempts; DELETE FROM retention_runs; DELETE FROM recovery_codes;
    DELETE FROM emergency_grants;
    DELETE FROM trace; DELETE FROM trace_heads;
    DELETE FROM told_in_person; DELETE FROM appointments;
    DELETE FROM replies; DELETE FROM inbound_texts;
    DELETE FROM meeting_events;
    DELETE FROM confirmations;
    DELETE FROM consent_proofs; DELETE FROM link_visits; DELETE FROM links; DELETE FROM consent_requests;
    DELETE FROM partner_work; DELETE FROM calendar_feeds;
    DELETE FROM announcements; DELETE FROM messages; DELETE FROM receipts; DELETE FROM meetings;
    DELETE FROM series;
    DELETE FROM day_figures; DELETE FROM counted_days; DELETE FROM days_to_recount;
    DELETE FROM barred_addresses; DELETE FROM sender_turns; DELETE FROM sending_times;
    UPDATE channel_states SET state = 'closed', carried = true, failures_in_a_row = 0, openings_in_a_row = 0,
        error_code = NULL, probe_at = NULL;
    DELETE FROM screenings; DELETE FROM referrals; DELETE FROM screening_forms WHERE created_by IS NOT NULL;
    DELETE FROM case_complexities; DELETE FROM case_exceptions;
    DELETE FROM responsibilities; DELETE FROM cases; DELETE FROM consents; DELETE FROM protected_places;
    DELETE FROM representatives; DELETE FROM children; DELETE FROM answered_requests;
    DELETE FROM sign_in_attempts; DELETE FROM device_sessions;
    DELETE FROM load_policies WHERE created_by IS NOT NULL;
    DELETE FROM casework_policies WHERE created_by IS NOT NULL;
    DELETE FROM meeting_policies WHERE created_by IS NOT NULL;
    DELETE FROM telling_policies WHERE created_by IS NOT NULL; DELETE FROM withdrawn_policies;
    DELETE FROM message_templates; DELETE FROM accounts
"""


# Every date and moment of cases and policies becomes older. The triggers rest: nothing happens, time passes.
AGEING = """
    ALTER TABLE cases DISABLE TRIGGER USER;
    UPDATE cases SET opened_at = opened_at - {hours}, closed_at = closed_at - {hours},
        exceeding_until = exceeding_until - {days};
    ALTER TABLE cases ENABLE TRIGGER USER;
    UPDATE responsibilities SET since = since - {hours}, until = until - {hours};
    UPDATE case_complexities SET since = since - {hours};
    UPDATE case_exceptions SET since = since - {hours}, until = until - {days};
    UPDATE case_closings SET closed_at = closed_at - {hours}, reopened_at = reopened_at - {hours};
    -- In two steps: one policy must not come to another one's day before that one has moved on.
    UPDATE load_policies SET valid_from = valid_from - 20000 WHERE created_by IS NOT NULL;
    UPDATE load_policies SET valid_from = valid_from + 20000 - {days} WHERE created_by IS NOT NULL;
"""


def tell_at_any_hour(owner_url: str, *, as_often_as_wanted: bool = False) -> None:
    """Tests run at night too, and wait for nothing to settle: what is about that says so in a policy of its own.

    ``as_often_as_wanted``: a thousand texts to one family, none of which waits for its number to have some rest.
    """
    engine = sqlalchemy.create_engine(owner_url)
    with engine.begin() as connection:
        connection.execute(
            sqlalchemy.text("UPDATE telling_policies SET quiet_from = NULL, quiet_until = NULL, settle_seconds = 0")
        )
        if as_often_as_wanted:
            connection.execute(sqlalchemy.text("UPDATE telling_policies SET texts_per_number = NULL"))
    engine.dispose()


@contextmanager
def statements_of(app: Flask) -> Iterator[list[str]]:
    """The SQL statements that the application runs meanwhile: counted, never timed."""
    with app.app_context():
        engine = db.engine
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        found.append(statement)

    sqlalchemy.event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        sqlalchemy.event.remove(engine, "before_cursor_execute", note)


class Meanwhile:
    """The owner's open transaction, and what became of a call made during it."""

    def __init__(self, connection: sqlalchemy.Connection) -> None:
        self._connection = connection
        self.waited = False
        # Called once while the call waits and the transaction is still open.
        self.then: Callable[[], Any] = lambda: None
        self.answer: Any = None

    def run(self, statement: str, **values: Any) -> None:
        """Do something in the open transaction."""
        self._connection.execute(sqlalchemy.text(statement), values)
