"""Telling what was planned while somebody wanted no texts, as soon as they want them again (D6).

In a worker: it reads nothing of a meeting but what is told.
"""

import uuid
from collections import defaultdict
from typing import Any

from bas_service import clock
from bas_service.announcements.service import Subject, renew_for
from bas_service.database import rows
from bas_service.meetings.models import Meeting
from bas_service.meetings.policies import POLICY_ON
from bas_service.meetings.telling import subject_of
from bas_service.replies.service import texts_wanted_again

_OF_MEETING = (
    *("id", "child_id", "telling", "series_id", "series_day", "kind", "starts_at", "expected_minutes"),
    *("place_type", "place_name", "place_address"),
)
_PLANNED = f"""
    SELECT {", ".join(f"m.{name}" for name in _OF_MEETING)}, ch.given_name, a.name AS specialist_name,
        a.phone AS specialist_phone, {POLICY_ON} AS policy
    FROM meetings m JOIN children ch ON ch.id = m.child_id JOIN accounts a ON a.id = m.specialist_id
    WHERE m.child_id = :child AND m.state = 'planned' AND m.starts_at > :now ORDER BY m.starts_at, m.id
"""  # noqa: S608
_SEALED = {name: f"meetings.{name}" for name in ("place_name", "place_address")}


def listen() -> None:
    """Follow what happens on lower floors; called once where the application is put together."""
    texts_wanted_again.connect(_on_texts_wanted_again, weak=False)


def _on_texts_wanted_again(_sender: Any, *, readers: list[dict[str, Any]]) -> None:
    by_child: defaultdict[uuid.UUID, list[uuid.UUID]] = defaultdict(list)
    for reader in readers:
        by_child[reader["child_id"]].append(reader["representative_id"])
    for child_id, whom in by_child.items():
        renew_for(_planned_ahead(child_id), *whom)


def _planned_ahead(child_id: uuid.UUID) -> list[Subject]:
    found = rows(
        _PLANNED,
        sealed=_SEALED | {"specialist_phone": "accounts.phone"},
        child=child_id,
        now=clock.now(),
        policy_day=clock.today(),
    )
    # Not of the session: the worker must not see all of their columns.
    return [subject_of(Meeting(**{name: row[name] for name in _OF_MEETING}), row) for row in found]
