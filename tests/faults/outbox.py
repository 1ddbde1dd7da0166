"""A backlog of messages about planned meetings, put there at once, and a look at what became of it."""

import random
import uuid
from collections import Counter
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg
import sqlalchemy

from bas_service import embedded
from tests.faults.stand_in import Text

# Every row is what the service would have written for a meeting planned a minute ago, only five hundred times
# faster. The specialists are over their maximum load by exception; meetings of one specialist do not overlap.
BACKLOG = """
WITH supervisor AS (
    INSERT INTO accounts (id, email, name, role, language, password_hash, active, created_at)
    SELECT gen_random_uuid(), 'backlog-supervisor@example.lv', 'Vadītāja Izdomāta', 'supervisor', 'lv', '-', true,
        now() RETURNING id
), specialist AS (
    INSERT INTO accounts (id, email, name, role, language, phone, supervisor_id, password_hash, active, created_at)
    SELECT gen_random_uuid(), 'backlog-specialist@example.lv', 'Ilze Izdomāta', 'specialist', 'lv', '+37120000100',
        id, '-', true, now() FROM supervisor RETURNING id
), numbered AS MATERIALIZED (
    SELECT n, CAST(:ids AS uuid[]) AS ids, gen_random_uuid() AS child, gen_random_uuid() AS representative,
        gen_random_uuid() AS the_case, gen_random_uuid() AS meeting,
        date_trunc('minute', now()) + make_interval(days => 1, mins => 30 * n) AS starts_at
    FROM generate_series(1, :many) n
), child AS (
    INSERT INTO children (id, given_name, family_name, sort_key, search_key, birth_date, municipality, language,
        waiting, version, created_at, created_by)
    SELECT child, 'Anna', 'Izdomāta', 'izdomata', 'izdomata', '2014-01-01', 'LV-RIX', 'lv', true, 1, now(), s.id
    FROM numbered, supervisor s RETURNING id
), representative AS (
    INSERT INTO representatives (id, child_id, name, relation, phone, phone_digest, language, channels, valid_from,
        state, version, created_at)
    SELECT representative, child, 'Mamma Izdomāta', 'parent', '+371200' || to_char(n, 'FM00000'), md5(n::text),
        'lv', '{sms}', '2025-01-01', 'active', 1, now()
    FROM numbered JOIN child ON child.id = numbered.child RETURNING id
), the_case AS (
    INSERT INTO cases (id, child_id, specialist_id, complexity, state, exceeding_reason, exceeding_until, opened_at,
        version)
    SELECT the_case, child, s.id, 'standard', 'open', 'a test', '2999-12-31', now(), 1
    FROM numbered JOIN child ON child.id = numbered.child, specialist s RETURNING id
), meeting AS (
    INSERT INTO meetings (id, child_id, case_id, specialist_id, kind, state, starts_at, ends_at, expected_minutes,
        place_type, transport, telling, version, created_at)
    SELECT meeting, child, the_case, s.id, 'session', 'planned', starts_at, starts_at + interval '30 minutes', 30,
        'office', 'none', 1, 1, now()
    FROM numbered JOIN the_case c ON c.id = numbered.the_case, specialist s RETURNING id
), message AS (
    INSERT INTO messages (id, subject_id, channel, recipient, recipient_digest, body, parts, state, useful_until,
        next_attempt_at, attempts, checks, repeated, created_at)
    SELECT ids[n], child, 'sms', '+371200' || to_char(n, 'FM00000'), md5(n::text), 'Tikšanās ar Annu, ' || n, 1,
        'queued', starts_at, now(), 0, 0, false, now() FROM numbered RETURNING id
)
INSERT INTO announcements (id, meeting_id, child_id, representative_id, reason, telling, created_at)
SELECT ids[n], meeting, child, representative, 'planned', 1, now()
FROM numbered JOIN message ON message.id = ids[n] JOIN meeting m ON m.id = numbered.meeting
    JOIN representative r ON r.id = numbered.representative
"""


def ids_from(dice: random.Random, many: int) -> list[uuid.UUID]:
    """Ids for messages; the same dice throw the same ones again."""
    return [uuid.UUID(int=dice.getrandbits(128), version=4) for _ in range(many)]


class Outbox:
    """The messages of the database, seen by the tables' owner."""

    def __init__(self, owner: sqlalchemy.Engine) -> None:
        self._owner = owner

    def fill(self, ids: list[uuid.UUID]) -> None:
        """Put a message there for each id: to a family of its own, about a meeting of its own, due now."""
        with self._owner.begin() as connection:
            connection.execute(sqlalchemy.text(BACKLOG), {"ids": ids, "many": len(ids)})

    def rows(self) -> dict[uuid.UUID, dict[str, Any]]:
        """Every message by its id."""
        with self._owner.begin() as connection:
            found = connection.execute(sqlalchemy.text("SELECT * FROM messages")).mappings()
            return {row["id"]: dict(row) for row in found}

    def states(self) -> Counter[str]:
        """How many messages are in each state."""
        return Counter(row["state"] for row in self.rows().values())

    def left_to_do(self) -> int:
        """How many messages somebody still works on: a doubt that nobody looks into any more is none of them."""
        return self._count(
            "messages WHERE state IN ('queued', 'sending') OR state = 'uncertain' AND next_attempt_at IS NOT NULL"
        )

    def waiting_for_locks(self) -> int:
        """How many connections wait for another one's lock at this moment."""
        return self._count("pg_locks WHERE NOT granted")

    def receipts_left(self) -> int:
        """How many receipts nobody has applied yet."""
        return self._count("receipts WHERE applied_at IS NULL")

    def _count(self, of: str) -> int:
        with self._owner.begin() as connection:
            return int(connection.execute(sqlalchemy.text(f"SELECT count(*) FROM {of}")).scalar_one())


def asked_of(server: embedded.Server, statement: str, *values: Any) -> list[Any]:
    """The first column of what the database's superuser is answered, who sees and ends everybody's connections."""
    with psycopg.connect(server.conninfo("postgres", "postgres"), autocommit=True) as connection:
        return [row[0] for row in connection.execute(statement, values)]


def listeners(server: embedded.Server) -> list[int]:
    """The database's processes that serve a worker's listening connection."""
    return asked_of(server, "SELECT pid FROM pg_stat_activity WHERE query = 'LISTEN bas_work' ORDER BY pid")


def message_of(text: Text) -> uuid.UUID:
    """Which message a text at the stand-in is, by the reference in its callback's address."""
    return uuid.UUID(parse_qs(urlsplit(text.status_callback or "").query)["ref"][0])


def times_there(texts: Iterable[Text]) -> Counter[uuid.UUID]:
    """How often each message is at the stand-in."""
    return Counter(message_of(text) for text in texts)
