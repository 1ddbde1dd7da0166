"""Reads of meetings with what was told about them."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import select

from bas_service import clock
from bas_service.announcements.queries import announcements_of
from bas_service.children.queries import of_child_in_sight
from bas_service.database import db, rows
from bas_service.http.looks import looked_at
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


# Whether everybody who had to be told was told in time: some representative there was, and for each of them a
# written announcement of the latest telling was handed over before the start, and did not fail (D6).
# A suspension after the start does not change what was right at the start.
_ANNOUNCED = """
    SELECT m.id, coalesce(bool_and(EXISTS (
        SELECT FROM announcements a JOIN messages msg ON msg.id = a.id
        WHERE a.meeting_id = m.id AND a.representative_id = r.id AND a.telling = m.telling
        AND msg.state IN ('handed_over', 'delivered') AND msg.handed_over_at <= coalesce(m.started_at, :now)
    )) FILTER (WHERE r.id IS NOT NULL), false) AS announced
    FROM meetings m LEFT JOIN representatives r ON r.child_id = m.child_id
        AND r.created_at <= coalesce(m.started_at, :now)
        AND (r.state = 'active' OR r.state_changed_at > coalesce(m.started_at, :now))
        AND r.valid_from <= (m.starts_at AT TIME ZONE 'Europe/Riga')::date
        AND (r.valid_until IS NULL OR r.valid_until >= (m.starts_at AT TIME ZONE 'Europe/Riga')::date)
        AND NOT EXISTS (SELECT FROM protected_places p WHERE p.from_representative_id = r.id
                        AND p.created_at <= coalesce(m.started_at, :now))
    WHERE m.id = ANY(:ids) GROUP BY m.id
"""


def announced_by_now(meeting_ids: list[uuid.UUID]) -> dict[uuid.UUID, bool]:
    """For each meeting whether its representatives were told in time, up to its start or to this moment."""
    found = rows(_ANNOUNCED, ids=meeting_ids, now=clock.now())
    return {row["id"]: row["announced"] for row in found}


def views_of(meetings: list[Meeting], warnings: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """Meetings as they go out, with their announcements: two statements, however many meetings."""
    ids = [meeting.id for meeting in meetings]
    looked_at(meeting.child_id for meeting in meetings)
    announcements = announcements_of(ids)
    announced = announced_by_now([meeting.id for meeting in meetings if meeting.started_at])
    return [
        {column.name: getattr(meeting, column.name) for column in Meeting.__table__.columns}
        | {
            "place": meeting.place,
            "accompaniment": meeting.accompaniment,
            "announcements": announcements.get(meeting.id, []),
            "announced_in_time": announced.get(meeting.id),
            "warnings": list(warnings),
        }
        for meeting in meetings
    ]


def planned_ahead(child_id: uuid.UUID) -> list[Meeting]:
    """The planned meetings, not begun, of a child that is held, by their start."""
    statement = select(Meeting).where(
        Meeting.child_id == child_id, Meeting.state == "planned", Meeting.starts_at > clock.now()
    )
    return list(db.session.scalars(statement.order_by(Meeting.starts_at, Meeting.id)))
