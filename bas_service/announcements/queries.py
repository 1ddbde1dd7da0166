"""Reads of announcements with the state of their messages."""

import uuid
from collections import defaultdict
from datetime import datetime
from typing import Any

from bas_service.database import rows

# What the outbox knows in more detail than a caller needs.
_SHOWN = "CASE m.state WHEN 'sending' THEN 'queued' ELSE m.state END"


def announcements_of(meeting_ids: list[uuid.UUID]) -> dict[uuid.UUID, list[dict[str, Any]]]:
    """The announcements of each meeting, the earliest first; one statement."""
    found = rows(
        f"SELECT a.id, a.meeting_id, a.representative_id, a.reason, a.telling, a.created_at,"  # noqa: S608
        f" m.channel, {_SHOWN} AS state, m.body AS text, m.parts, m.handed_over_at, m.delivered_at, c.confirmed_at"
        " FROM announcements a JOIN messages m ON m.id = a.id"
        " LEFT JOIN confirmations c ON c.meeting_id = a.meeting_id AND c.telling = a.telling"
        " AND c.representative_id = a.representative_id WHERE a.meeting_id = ANY(:ids)"
        " ORDER BY a.created_at, a.id",
        sealed={"text": "messages.body"},
        ids=meeting_ids,
    )
    by_meeting = defaultdict(list)
    for row in found:
        by_meeting[row["meeting_id"]].append(row)
    return by_meeting


def confirmed_by(representative_id: uuid.UUID, meeting_ids: list[uuid.UUID]) -> dict[tuple[uuid.UUID, int], datetime]:
    """What of these meetings a representative has read: each telling, and when they said so."""
    found = rows(
        "SELECT meeting_id, telling, confirmed_at FROM confirmations"
        " WHERE representative_id = :representative AND meeting_id = ANY(:ids)",
        representative=representative_id,
        ids=meeting_ids,
    )
    return {(row["meeting_id"], row["telling"]): row["confirmed_at"] for row in found}


def told_before(meeting_id: uuid.UUID) -> list[dict[str, Any]]:
    """What was, or may have been, handed over about a meeting: to whom, at which number, which telling, what of it.

    The earliest first.
    """
    return rows(
        "SELECT a.representative_id, m.recipient, a.telling, a.reason, a.facts"
        " FROM announcements a JOIN messages m ON m.id = a.id"
        " WHERE a.meeting_id = :meeting AND m.state IN ('sending', 'handed_over', 'delivered', 'uncertain')"
        " ORDER BY a.telling, a.created_at, a.id",
        sealed={"recipient": "messages.recipient", "facts": "announcements.facts"},
        meeting=meeting_id,
    )
