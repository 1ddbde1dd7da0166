"""What a calendar outside is told of a meeting: when, and of the child no more than the specialist chose (D31)."""

import hashlib
import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bas_service.errors import Refusal
from bas_service.translation import Language, text_of

# So far back a calendar shows what was; ahead it shows all that is planned.
SHOWN_BACK = timedelta(days=30)
# To know no better when a calendar asked last saves a write for each of several that ask at once.
FETCHED_EVERY = timedelta(minutes=1)
# A telephone, a tablet, a computer, and some more to try with.
MOST_FEEDS = 5
# Nothing shorter can be seen in a calendar, and one that ends when it begins is refused by some.
LEAST_SHOWN = timedelta(minutes=1)


class Detail(StrEnum):
    """How a calendar outside calls a meeting."""

    BUSY = "busy"
    INITIALS = "initials"
    GIVEN_NAME = "given_name"


class CalendarFeedsFull(Refusal):
    """The account has as many calendars outside as it may; ``most`` says how many."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One meeting as a calendar outside shows it; ``version`` counts its changes."""

    meeting_id: uuid.UUID
    version: int
    begins: datetime
    ends: datetime
    title: str
    place: str | None


def names_a_child(detail: Detail, *, with_place: bool) -> bool:
    """Whether whoever reads the calendar learns of a child: by a name, by initials, or by where it lives."""
    return detail is not Detail.BUSY or with_place


def title_of(detail: Detail, given_name: str, family_name: str, *, language: Language) -> str:
    """What a meeting is called: never what it is about, never an institution."""
    if detail is Detail.GIVEN_NAME:
        return given_name
    if detail is Detail.INITIALS:
        return f"{given_name[:1]}. {family_name[:1]}."
    return text_of(language, "calendar-busy")


def shown_until(begins: datetime, ends: datetime) -> datetime:
    """When an entry ends: never before it can be seen."""
    return max(ends, begins + LEAST_SHOWN)


def mark_of(entries: Iterable[Entry], language: Language) -> str:
    """What changes whenever the calendar would show something else, and only then."""
    facts = [
        [str(one.meeting_id), one.version, one.begins.isoformat(), one.ends.isoformat(), one.title, one.place]
        for one in entries
    ]
    return hashlib.sha256(json.dumps([language, facts]).encode()).hexdigest()[:32]
