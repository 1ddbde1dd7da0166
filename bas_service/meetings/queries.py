"""Reads of meetings with what was told about them."""

import json
import uuid
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_, select

from bas_service import clock
from bas_service.announcements.queries import announcements_of
from bas_service.children.queries import of_child_in_sight
from bas_service.database import db, rows
from bas_service.http.looks import looked_at
from bas_service.meetings import rules
from bas_service.meetings.models import Meeting


def meeting_in_sight(meeting_id: uuid.UUID, *, lock: bool = False) -> Meeting:
    """A meeting of a child in sight, with the child held when it is to be changed; raises ``NotFound``."""
    return of_child_in_sight(Meeting, meeting_id, lock=lock)


def views_of(
    meetings: list[Meeting],
    warnings: tuple[str, ...] = (),
    *,
    freer_days: Sequence[dict[str, Any]] = (),
    are_new: bool = False,
) -> list[dict[str, Any]]:
    """Meetings as they go out, with what was told about them: two statements, however many; one for new ones.

    Of new ones nobody was told otherwise yet. What was added to those that are over is one statement more.
    """
    looked_at(meeting.child_id for meeting in meetings)
    announcements = announcements_of([meeting.id for meeting in meetings])
    otherwise, in_writing = ({}, {}) if are_new else told_otherwise([meeting.id for meeting in meetings])
    over = [meeting.id for meeting in meetings if meeting.state not in {"planned", "under_way"}]
    additions = additions_of(over) if over else {}
    return [
        {column.name: getattr(meeting, column.name) for column in Meeting.__table__.columns}
        | {
            "place": meeting.place,
            "accompaniment": meeting.accompaniment,
            "announcements": announcements.get(meeting.id, []),
            "announced_in_time": rules.was_announced(
                meeting, announcements.get(meeting.id, []), in_writing.get(meeting.id, [])
            ),
            "told_otherwise": otherwise.get(meeting.id, []),
            "additions": additions.get(meeting.id, []),
            "is_first": meeting.is_first,
            "warnings": list(warnings),
            "freer_days": list(freer_days),
        }
        for meeting in meetings
    ]


_OTHERWISE = """
    SELECT t.meeting_id, t.representative_id, t.means, t.told_at, t.id, NULL AS telling, NULL AS how
    FROM told_in_person t JOIN meetings m ON m.id = t.meeting_id AND m.telling = t.telling
    WHERE t.meeting_id = ANY(:ids)
    UNION ALL
    SELECT w.meeting_id, w.representative_id, NULL, w.at, NULL, w.telling, w.how FROM written_otherwise w
    WHERE w.meeting_id = ANY(:ids)
    ORDER BY told_at, id
"""
ByMeeting = dict[uuid.UUID, list[dict[str, Any]]]


def told_otherwise(meeting_ids: list[uuid.UUID]) -> tuple[ByMeeting, ByMeeting]:
    """Of each meeting, the earliest first: who was told of its latest telling by a person, how and when (D6).

    And who says that they read which telling, or was told it by a letter, ``at`` which moment: that is in writing.
    """
    by_a_person, in_writing = defaultdict(list), defaultdict(list)
    for row in rows(_OTHERWISE, ids=meeting_ids):
        if row["how"] is None:
            by_a_person[row["meeting_id"]].append(row)
        else:
            in_writing[row["meeting_id"]].append(row | {"at": row["told_at"]})
    return by_a_person, in_writing


def history_of(meeting: Meeting, *, after: int, limit: int) -> list[dict[str, Any]]:
    """The steps of a meeting after a version, the first one first; one more than ``limit`` when there are more."""
    looked_at([meeting.child_id])
    found = rows(
        "SELECT e.id, e.version, e.step, e.at, e.on_phone_at, e.account_id, a.name, e.changes, e.words"
        " FROM meeting_events e LEFT JOIN accounts a ON a.id = e.account_id"
        " WHERE e.meeting_id = :meeting AND e.version > :after ORDER BY e.version LIMIT :limit",
        sealed={"changes": "meeting_events.changes", "words": "meeting_events.words"},
        meeting=meeting.id,
        after=after,
        limit=limit + 1,
    )
    return [
        {name: row[name] for name in ("id", "version", "step", "at", "on_phone_at")}
        | {"by": _by(row), "text": row["words"], "changes": _changes_in(row["changes"])}
        for row in found
    ]


def additions_of(meeting_ids: list[uuid.UUID]) -> dict[uuid.UUID, list[dict[str, Any]]]:
    """What was added to each meeting after it was finished, the earliest first; one statement."""
    found = rows(
        "SELECT e.id, e.meeting_id, e.words AS text, e.at, e.account_id, a.name"
        " FROM meeting_events e LEFT JOIN accounts a ON a.id = e.account_id"
        " WHERE e.meeting_id = ANY(:ids) AND e.words IS NOT NULL ORDER BY e.version",
        sealed={"text": "meeting_events.words"},
        ids=meeting_ids,
    )
    by_meeting = defaultdict(list)
    for row in found:
        by_meeting[row["meeting_id"]].append(row | {"by": _by(row)})
    return by_meeting


def was_announced(meeting: Meeting) -> bool | None:
    """Whether a meeting was announced in time; ``None`` until it starts."""
    return rules.was_announced(
        meeting,
        announcements_of([meeting.id]).get(meeting.id, []),
        told_otherwise([meeting.id])[1].get(meeting.id, []),
    )


# A meeting that came to somebody while it was under way is left out: it keeps nobody from work of their own.
_UNDER_WAY = """
    SELECT id, specialist_id FROM meetings WHERE state = 'under_way' AND id <> :meeting AND NOT beside_another
        AND (specialist_id = :specialist OR child_id = :child)
    ORDER BY specialist_id <> :specialist, started_at, id LIMIT 1
"""


def check_none_under_way(meeting: Meeting) -> None:
    """Refuse to start a locked meeting while its specialist or its child is at another one: ``MeetingUnderWay``.

    Whoever starts another one for the same specialist queues at the account's row.
    """
    rows("SELECT id FROM accounts WHERE id = :id FOR NO KEY UPDATE", id=meeting.specialist_id)
    found = rows(_UNDER_WAY, meeting=meeting.id, specialist=meeting.specialist_id, child=meeting.child_id)
    for row in found:
        of = "specialist" if row["specialist_id"] == meeting.specialist_id else "child"
        raise rules.MeetingUnderWay(of=of, meeting_id=str(row["id"]))


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


# When the child of the meeting ``m`` is back as far as anybody knows: as was told or, of one that began late and was
# not made longer since, as long after its real start.
EXPECTED_END = """
    CASE WHEN m.telling = m.started_telling THEN greatest(m.ends_at, m.started_at + (m.ends_at - m.starts_at))
        ELSE m.ends_at END
"""


def begun_of(child_id: uuid.UUID) -> list[Meeting]:
    """The meetings under way of a child that is held, and those due that nobody has started yet, by their start."""
    now = clock.now()
    due = and_(Meeting.state == "planned", Meeting.starts_at <= now, Meeting.ends_at > now)
    statement = select(Meeting).where(Meeting.child_id == child_id, or_(Meeting.state == "under_way", due))
    return list(db.session.scalars(statement.order_by(Meeting.starts_at, Meeting.id)))


def to_be_started(child_id: uuid.UUID) -> list[Meeting]:
    """The planned meetings of a child that is held, those that are due included, until they would be over."""
    statement = select(Meeting).where(
        Meeting.child_id == child_id, Meeting.state == "planned", Meeting.ends_at > clock.now()
    )
    return list(db.session.scalars(statement.order_by(Meeting.starts_at, Meeting.id)))


# What ``rules.was_announced`` says of one meeting, said for many at once, without their texts.
_UNANNOUNCED = """
    WITH late AS MATERIALIZED (
        SELECT id, specialist_id FROM meeting_told
        WHERE specialist_id = ANY(:specialists) AND starts_at >= :since AND NOT in_time
    )
"""
_WHICH = """
    SELECT m.id, m.specialist_id, m.child_id, ch.given_name, ch.family_name, m.starts_at,
        m.unannounced_reason AS reason
    FROM late JOIN meetings m ON m.id = late.id JOIN children ch ON ch.id = m.child_id
    ORDER BY m.starts_at DESC, m.id
"""
_HOW_MANY = "SELECT specialist_id, count(*) FROM late GROUP BY specialist_id"


def unannounced_of(specialist_id: uuid.UUID, *, since: datetime) -> list[dict[str, Any]]:
    """A specialist's meetings since a moment that began before everybody was told, the latest first (D6)."""
    found = rows(
        _UNANNOUNCED + _WHICH,
        sealed={"reason": "meetings.unannounced_reason"},
        specialists=[specialist_id],
        since=since,
    )
    looked_at(row["child_id"] for row in found)
    return found


def unannounced_counts(specialist_ids: list[uuid.UUID], *, since: datetime) -> dict[uuid.UUID, int]:
    """How many such meetings each of these specialists had; nobody is named, so no child is looked at."""
    found = rows(
        _UNANNOUNCED + _HOW_MANY,
        specialists=specialist_ids,
        since=since,
    )
    return {row["specialist_id"]: row["count"] for row in found}


def _changes_in(sealed: str | None) -> list[dict[str, Any]]:
    return [{"member": name} | change for name, change in json.loads(sealed or "{}").items()]


def _by(row: dict[str, Any]) -> dict[str, Any] | None:
    return {"id": row["account_id"], "name": row["name"]} if row["account_id"] else None
