"""Reads of calendars outside, and of the meetings that they show."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import select

from bas_service import clock
from bas_service.calendars.models import CalendarFeed
from bas_service.calendars.rules import SHOWN_BACK, Detail, Entry, names_a_child, shown_until, title_of
from bas_service.database import db, rows
from bas_service.errors import NotFound
from bas_service.http.looks import looked_at
from bas_service.meetings.queries import EXPECTED_END
from bas_service.translation import Language

# Nobody who asks for a calendar says who they are: from here on the transaction asks as the calendar's owner.
_FEED = """
    SELECT f.*, set_config('bas.account_id', f.account_id::text, true) FROM calendar_feed_of(:digest) f
"""
# What was moved to somebody else, what was cancelled or missed, and children out of sight are not among them. Of
# where a child is taken nothing is told, not even the address, and nothing of a child whose places are protected.
_SHOWN = f"""
    SELECT m.id, m.child_id, m.version, coalesce(m.started_at, m.starts_at) AS begins,
        coalesce(m.ended_at, {EXPECTED_END}) AS ends, ch.given_name, ch.family_name,
        CASE WHEN tells_place THEN m.place_name END AS place_name,
        CASE WHEN tells_place THEN m.place_address END AS place_address
    FROM meetings m JOIN children ch ON ch.id = m.child_id
    CROSS JOIN LATERAL (SELECT :with_place AND m.kind = 'session' AND NOT EXISTS (
        SELECT FROM protected_places p WHERE p.child_id = m.child_id)) AS telling (tells_place)
    WHERE m.specialist_id = :owner AND m.state IN ('planned', 'under_way', 'held')
        AND m.starts_at >= :since ORDER BY m.starts_at, m.id
"""  # noqa: S608


def own_feeds(account_id: uuid.UUID) -> list[CalendarFeed]:
    """The calendars that may read an account's meetings, the latest first; those revoked are left out."""
    statement = select(CalendarFeed).where(CalendarFeed.account_id == account_id, CalendarFeed.revoked_at.is_(None))
    return list(db.session.scalars(statement.order_by(CalendarFeed.created_at.desc(), CalendarFeed.id.desc())))


def own_feed(feed_id: uuid.UUID) -> CalendarFeed:
    """One of one's own calendars, held to be changed; raises ``NotFound``."""
    feed = db.session.get(CalendarFeed, feed_id, with_for_update={"key_share": True})
    if feed is None:
        raise NotFound()
    return feed


def feed_of(digest: str) -> dict[str, Any] | None:
    """The calendar whose secret has this hash; ``None`` when it is revoked or its owner not in service any more.

    From here on the transaction asks as its owner.
    """
    found = rows(_FEED, digest=digest)
    return found[0] if found else None


def entries_of(feed: dict[str, Any]) -> list[Entry]:
    """What a calendar shows, in one statement: meetings of the last 30 days and all that are planned."""
    detail, language = Detail(feed["detail"]), Language(feed["language"])
    found = rows(
        _SHOWN,
        sealed={"place_name": "meetings.place_name", "place_address": "meetings.place_address"},
        owner=feed["account_id"],
        with_place=feed["with_place"],
        since=clock.now() - SHOWN_BACK,
    )
    if names_a_child(detail, with_place=feed["with_place"]):
        looked_at(row["child_id"] for row in found)
    return [
        Entry(
            meeting_id=row["id"],
            version=row["version"],
            begins=_in_seconds(row["begins"]),
            ends=shown_until(_in_seconds(row["begins"]), _in_seconds(row["ends"])),
            title=title_of(detail, row["given_name"], row["family_name"], language=language),
            place=", ".join(part for part in (row["place_name"], row["place_address"]) if part) or None,
        )
        for row in found
    ]


def _in_seconds(moment: datetime) -> datetime:
    """As iCalendar spells it."""
    return moment.replace(microsecond=0)
