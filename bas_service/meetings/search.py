"""Reads of meetings in sight by state, kind, time, specialist and words (D28)."""

import uuid
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, select

from bas_service import clock
from bas_service.children.rules import search_key_of
from bas_service.database import db
from bas_service.meetings.models import Meeting
from bas_service.meetings.week_rules import monday_of, span_of

# Words are sealed in the database, so they are compared here, after opening: a year back, if nothing else is said,
# and so many meetings for one page.
SEARCHED_BACK = timedelta(days=366)
MOST_OPENED = 500


def meetings_page(
    wanted: dict[str, Any], *, after: list[Any] | None, limit: int
) -> tuple[list[Meeting], tuple[datetime, uuid.UUID] | None]:
    """Meetings in sight by their start, and where the next page begins, if there is one.

    A page that was searched for words (``q``) may hold fewer than ``limit``, and even none, with more to come.
    """
    words = search_key_of(wanted.get("q") or "").split()
    statement = _narrowed(wanted, is_searched=bool(words))
    if not words:
        found = _from(statement, after, limit + 1)
        return found[:limit], _place_of(found[limit - 1]) if len(found) > limit else None
    opened = _from(statement, after, MOST_OPENED + 1)
    found = []
    for one in opened[:MOST_OPENED]:
        found += [one] if _holds(one, words) else []
        if len(found) == limit and one is not opened[-1]:
            return found, _place_of(one)
    return found, _place_of(opened[MOST_OPENED - 1]) if len(opened) > MOST_OPENED else None


def _narrowed(wanted: dict[str, Any], *, is_searched: bool) -> Select[Meeting]:
    statement = select(Meeting)
    for name in ("child_id", "specialist_id", "state", "kind"):
        if name in wanted:
            statement = statement.where(getattr(Meeting, name) == wanted[name])
    for since, until in _bounds(wanted, is_searched=is_searched):
        if since is not None:
            statement = statement.where(Meeting.starts_at >= since)
        if until is not None:
            statement = statement.where(Meeting.starts_at < until)
    return statement


def _bounds(wanted: dict[str, Any], *, is_searched: bool) -> list[tuple[datetime | None, datetime | None]]:
    """The times named, ``since`` included and ``until`` not; all of them hold."""
    spans: dict[str, Callable[[date], Any]] = {
        "day": lambda day: span_of(day, 1),
        "week": lambda day: span_of(monday_of(day), 7),
    }
    bounds = [(wanted.get("since"), wanted.get("until"))]
    for name, span in spans.items():
        if name in wanted:
            bounds.append((span(wanted[name]).starts_at, span(wanted[name]).ends_at))
    if is_searched and all(since is None for since, _ in bounds):
        bounds.append((clock.now() - SEARCHED_BACK, None))
    return bounds


def _from(statement: Select[Meeting], after: list[Any] | None, most: int) -> list[Meeting]:
    if after is not None:
        moment, last_id = after
        statement = statement.where(
            (Meeting.starts_at > moment) | ((Meeting.starts_at == moment) & (Meeting.id > last_id))
        )
    return list(db.session.scalars(statement.order_by(Meeting.starts_at, Meeting.id).limit(most)))


def _holds(meeting: Meeting, words: list[str]) -> bool:
    names = ("place_name", "place_address", "institution", "purpose", "note", "summary")
    texts = [getattr(meeting, name) for name in names]
    held = search_key_of(*(one for one in texts if one))
    return all(word in held for word in words)


def _place_of(meeting: Meeting) -> tuple[datetime, uuid.UUID]:
    return meeting.starts_at, meeting.id
