"""Reads of meetings with what was told about them."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import select

from bas_service import clock
from bas_service.announcements.queries import announcements_of
from bas_service.children.queries import of_child_in_sight
from bas_service.database import db
from bas_service.http.looks import looked_at
from bas_service.meetings import rules
from bas_service.meetings.models import Meeting


def meeting_in_sight(meeting_id: uuid.UUID, *, lock: bool = False) -> Meeting:
    """A meeting of a child in sight, with the child held when it is to be changed; raises ``NotFound``."""
    return of_child_in_sight(Meeting, meeting_id, lock=lock)


def meetings_page(
    *,
    since: datetime | None,
    until: datetime | None,
    child_id: uuid.UUID | None,
    after: list[Any] | None,
    limit: int,
) -> list[Meeting]:
    """Meetings in sight by their start, one more than ``limit`` when there are more.

    ``since`` (included) and ``until`` (not included) bound the start.
    """
    statement = select(Meeting).order_by(Meeting.starts_at, Meeting.id).limit(limit + 1)
    if since is not None:
        statement = statement.where(Meeting.starts_at >= since)
    if until is not None:
        statement = statement.where(Meeting.starts_at < until)
    if child_id is not None:
        statement = statement.where(Meeting.child_id == child_id)
    if after is not None:
        moment, last_id = after
        statement = statement.where(
            (Meeting.starts_at > moment) | ((Meeting.starts_at == moment) & (Meeting.id > last_id))
        )
    return list(db.session.scalars(statement))


def views_of(meetings: list[Meeting], warnings: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """Meetings as they go out, with their announcements: one statement, however many meetings."""
    looked_at(meeting.child_id for meeting in meetings)
    announcements = announcements_of([meeting.id for meeting in meetings])
    return [
        {column.name: getattr(meeting, column.name) for column in Meeting.__table__.columns}
        | {
            "place": meeting.place,
            "accompaniment": meeting.accompaniment,
            "announcements": announcements.get(meeting.id, []),
            "announced_in_time": rules.was_announced(meeting, announcements.get(meeting.id, [])),
            "warnings": list(warnings),
        }
        for meeting in meetings
    ]


def was_announced(meeting: Meeting) -> bool | None:
    """Whether a meeting was announced in time; ``None`` until it starts."""
    return rules.was_announced(meeting, announcements_of([meeting.id]).get(meeting.id, []))


def planned_of_case(case_id: uuid.UUID) -> list[Meeting]:
    """The planned meetings of a case whose child is held, by their start."""
    statement = select(Meeting).where(Meeting.case_id == case_id, Meeting.state == "planned")
    return list(db.session.scalars(statement.order_by(Meeting.starts_at, Meeting.id)))


def planned_ahead(child_id: uuid.UUID) -> list[Meeting]:
    """The planned meetings, not begun, of a child that is held, by their start."""
    statement = select(Meeting).where(
        Meeting.child_id == child_id, Meeting.state == "planned", Meeting.starts_at > clock.now()
    )
    return list(db.session.scalars(statement.order_by(Meeting.starts_at, Meeting.id)))
