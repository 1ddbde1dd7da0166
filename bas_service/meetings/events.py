"""Every step of a meeting goes into its history, in the transaction that takes the step (D24)."""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import make_transient_to_detached

from bas_service import clock
from bas_service.database import db, new_id
from bas_service.meetings import queries
from bas_service.meetings.event_models import MeetingEvent
from bas_service.meetings.models import Meeting
from bas_service.meetings.rules import Step

# What a history tells of; counters and copies are left out.
_TOLD = (
    *("state", "specialist_id", "kind", "starts_at", "expected_minutes", "place", "transport", "accompaniment"),
    *("note", "short_notice_reason", "unannounced_reason", "reason", "state_reason", "started_at", "ended_at"),
    *("representative_present", "summary", "child_opinion"),
)


def insert_planned(values: dict[str, Any], *, is_first: bool, on_phone_at: datetime | None) -> Meeting:
    """Write a new meeting and the first step of its history, in one statement."""
    columns = {column.name: None for column in Meeting.__table__.columns} | {"beside_another": False} | values
    meeting = Meeting(**columns, is_first=is_first)
    planned = insert(Meeting).values(**columns).cte("planned")
    event = _event_of(meeting, Step.PLANNED, before={}, on_phone_at=on_phone_at)
    db.session.execute(insert(MeetingEvent).values(**event).add_cte(planned))
    # From here on the session knows it as if it had been read.
    make_transient_to_detached(meeting)
    db.session.add(meeting)
    return meeting


def note_planned(meetings: list[Meeting], *, on_phone_at: datetime | None = None) -> None:
    """Write the first step in the histories of new meetings, in one statement."""
    events = [_event_of(meeting, Step.PLANNED, before={}, on_phone_at=on_phone_at) for meeting in meetings]
    if events:
        db.session.execute(insert(MeetingEvent), events)


@contextmanager
def stepping(meeting: Meeting, step: Step, *, on_phone_at: datetime | None = None) -> Iterator[None]:
    """Write what is changed inside as one step: the next version of a locked meeting, and its line in the history."""
    before = _told_of(meeting)
    yield
    meeting.version += 1
    # Before the meeting itself: the database asks a finished one for its correction.
    event = _event_of(meeting, step, before=before, on_phone_at=on_phone_at)
    db.session.execute(insert(MeetingEvent).values(**event))
    db.session.flush()


@contextmanager
def stepping_all(meetings: list[Meeting], step: Step, *, on_phone_at: datetime | None = None) -> Iterator[None]:
    """The same for several locked, planned meetings of one child; those that are left as they were take no step."""
    before = [(meeting, _told_of(meeting)) for meeting in meetings]
    yield
    stepped = [(meeting, told) for meeting, told in before if _told_of(meeting) != told]
    for meeting, _ in stepped:
        meeting.version += 1
    events = [_event_of(meeting, step, before=told, on_phone_at=on_phone_at) for meeting, told in stepped]
    if events:
        db.session.execute(insert(MeetingEvent), events)
    db.session.flush()


def add_words(
    meeting: Meeting, words: str, *, addition_id: uuid.UUID | None, on_phone_at: datetime | None
) -> dict[str, Any]:
    """Append words to a locked meeting; nobody can change them any more. Gives the addition."""
    meeting.version += 1
    event = _event_of(meeting, Step.ADDED_TO, before=_told_of(meeting), on_phone_at=on_phone_at)
    event |= {"id": addition_id or event["id"], "words": words}
    db.session.execute(insert(MeetingEvent).values(**event))
    db.session.flush()
    return queries.additions_of([meeting.id])[meeting.id][-1]


def _event_of(
    meeting: Meeting, step: Step, *, before: dict[str, Any], on_phone_at: datetime | None
) -> dict[str, Any]:
    after = _told_of(meeting)
    changes = {
        name: {"from": before.get(name), "to": after[name]} for name in _TOLD if before.get(name) != after[name]
    }
    return {
        "id": new_id(),
        "meeting_id": meeting.id,
        "child_id": meeting.child_id,
        "version": meeting.version,
        "step": step.value,
        "at": clock.now(),
        "on_phone_at": on_phone_at,
        "changes": json.dumps(changes, ensure_ascii=False),
    }


def _told_of(meeting: Meeting) -> dict[str, Any]:
    return {name: _spelled(getattr(meeting, name)) for name in _TOLD}


def _spelled(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return str(value) if isinstance(value, uuid.UUID) else value
