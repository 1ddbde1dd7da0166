"""The verbs: give a calendar outside an address, take it back, answer whoever has it."""

import secrets
import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import update

from bas_service import clock
from bas_service.access import attempts
from bas_service.calendars import queries, rules
from bas_service.calendars.models import CalendarFeed
from bas_service.calendars.rules import Entry
from bas_service.database import db, new_id, rows
from bas_service.errors import NotFound, Refusal
from bas_service.sealing import keys
from bas_service.translation import Language


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A calendar whose secret was right: what it shows, in which language, and the mark of that."""

    feed_id: uuid.UUID
    entries: list[Entry]
    language: Language
    mark: str


def make_feed(form: dict[str, Any], *, by: uuid.UUID) -> tuple[CalendarFeed, str]:
    """A calendar outside with its secret, which nobody can tell a second time; raises ``CalendarFeedsFull``."""
    # One at a time of an account, so that they can be counted.
    rows("SELECT id FROM accounts WHERE id = :id FOR NO KEY UPDATE", id=by)
    if len(queries.own_feeds(by)) >= rules.MOST_FEEDS:
        raise rules.CalendarFeedsFull(most=rules.MOST_FEEDS)
    secret = secrets.token_urlsafe(32)
    feed = CalendarFeed(
        id=form.get("id") or new_id(),
        account_id=by,
        digest=_digest_of(secret),
        detail=form["detail"].value,
        with_place=form["with_place"],
        created_at=clock.now(),
        version=1,
    )
    db.session.add(feed)
    db.session.flush()
    return feed, secret


def revoke_feed(feed: CalendarFeed) -> None:
    """Take a held calendar's access back: its next request is refused; said once, it stays."""
    if feed.revoked_at is None:
        feed.revoked_at = clock.now()
        feed.version += 1
        db.session.flush()


def open_feed(secret: str, *, address: str) -> Opened | Refusal:
    """What the calendar with this secret shows; a refusal is returned, not raised, because the attempt must be kept.

    From here on the transaction asks as the calendar's owner. Raises ``TooManyRequests`` to an address that guesses;
    whoever knows a secret is let in wherever others guess from.
    """
    digest = _digest_of(secret)
    feed = queries.feed_of(digest)
    if feed is None:
        # Counted apart from sign-ins: programs that go on asking for a calendar revoked long ago keep nobody out.
        place = f"calendar {address}"
        attempts.check_rate(digest, address=place, device_id=None)
        attempts.note_failure(digest, address=place)
        return NotFound()
    entries = queries.entries_of(feed)
    language = Language(feed["language"])
    _note_fetched(feed)
    return Opened(feed_id=feed["id"], entries=entries, language=language, mark=rules.mark_of(entries, language))


def _note_fetched(feed: dict[str, Any]) -> None:
    now = clock.now()
    if feed["fetched_at"] is None or feed["fetched_at"] <= now - rules.FETCHED_EVERY:
        db.session.execute(update(CalendarFeed).where(CalendarFeed.id == feed["id"]).values(fetched_at=now))


def _digest_of(secret: str) -> str:
    # 256 bits of chance need no slow hash.
    return keys().digest(secret, "calendar-feed")
