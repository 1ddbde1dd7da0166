"""What of a specialist's time is counted under which name, and what a noted line must agree with (D8)."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from bas_service import clock
from bas_service.errors import InvalidRequest, Refusal

LEAST_MINUTES, MOST_MINUTES = 1, 24 * 60
# A leap year.
MOST_DAYS = 366


class WorkKind(StrEnum):
    """What was done away from the child: with partners, on paper, on the way."""

    CALL = "call"
    MEETING = "meeting"
    LETTER = "letter"
    PAPER = "paper"
    TRAVEL = "travel"
    OTHER = "other"


class By(StrEnum):
    """What hours are added up by."""

    SPECIALIST = "specialist"
    CHILD = "child"
    WEEK = "week"


class Nameless(StrEnum):
    """Why a row of hours by child names none: the work concerned none, or one whom the asker may not see."""

    NO_CHILD = "no_child"
    OUT_OF_SIGHT = "out_of_sight"


class PartnerWorkWithdrawn(Refusal):
    """The line was withdrawn, and is not changed any more."""


@dataclass(frozen=True, kw_only=True)
class Way:
    """A meeting to or from which somebody travelled."""

    child_id: uuid.UUID | None
    specialist_id: uuid.UUID


def day_of(form: dict[str, Any], *, now: datetime) -> date:
    """The day that a line belongs to: that of its start, the one given, or today.

    Raises ``InvalidRequest`` for two that differ, and for a time to come.
    """
    started_at: datetime | None = form.get("started_at")
    day: date = form.get("day") or clock.in_riga(started_at or now).date()
    if started_at and clock.in_riga(started_at).date() != day:
        raise InvalidRequest.at("/day", "day-not-of-start")
    if started_at and started_at > now:
        raise InvalidRequest.at("/started_at", "moment-in-the-future")
    if day > clock.in_riga(now).date():
        raise InvalidRequest.at("/day", "moment-in-the-future")
    return day


def check_way(kind: str, way: Way | None, *, child_id: uuid.UUID | None, by: uuid.UUID) -> None:
    """Only travelling has a meeting that it led to: one of the specialist's own, with this child (D8).

    Raises ``InvalidRequest``.
    """
    if way is None:
        return
    if kind != WorkKind.TRAVEL:
        raise InvalidRequest.at("/kind", "meeting-for-travel-only")
    if way != Way(child_id=child_id, specialist_id=by):
        raise InvalidRequest.at("/meeting_id", "meeting-of-somebody-else")


def period_of(first: date | None, last: date | None, *, today: date) -> tuple[date, date]:
    """The days asked for, both included; what is not said is that of the week of the other one, or of this week.

    Raises ``InvalidRequest``.
    """
    first = first or _monday_of(last or today)
    last = last or _monday_of(first) + timedelta(days=6)
    if last < first:
        raise InvalidRequest.at("to", "until-before-from")
    if (last - first).days >= MOST_DAYS:
        raise InvalidRequest.at("to", "period-too-long", days=MOST_DAYS)
    return first, last


def rank_of(text: str) -> int:
    """The rank of a row in a list of hours; raises ``ValueError`` for what is none."""
    rank = int(text)
    if rank not in {0, 1, 2}:
        raise ValueError(text)
    return rank


def week_named(monday: date, *, first: date, last: date) -> dict[str, Any]:
    """A week by its ISO 8601 name, and the days of it that were asked for."""
    year, week, _ = monday.isocalendar()
    return {
        "name": f"{year}-W{week:02}",
        "since": max(monday, first),
        "until": min(monday + timedelta(days=6), last),
    }


def _monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())
