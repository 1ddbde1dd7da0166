"""What another institution's appointment may be, and when it takes place (D9)."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from enum import StrEnum

from bas_service import clock
from bas_service.errors import InvalidRequest, Refusal
from bas_service.meetings.repetition import Repetition, check_first_day, last_start_of, rule_of, starts_between
from bas_service.meetings.rules import FURTHEST_AHEAD
from bas_service.meetings.week_rules import Span, day_of

USUAL_MINUTES = 60
# What happened longer ago is no week that anybody plans by.
FURTHEST_BACK = timedelta(days=366)
MOST_DAYS_OFF = 400


class AppointmentState(StrEnum):
    """``planned → cancelled``."""

    PLANNED = "planned"
    CANCELLED = "cancelled"


class AppointmentCancelled(Refusal):
    """The appointment was cancelled before."""


def check_appointment(starts_at: datetime, rule: str | None, now: datetime, *, pointer: str = "/starts_at") -> None:
    """Refuse a start whose year must be wrong, and a rule that is not taken: ``InvalidRequest``.

    ``pointer`` is what was said, and is wrong, when both do not go together.
    """
    if starts_at > now + FURTHEST_AHEAD:
        raise InvalidRequest.at("/starts_at", "start-too-far-ahead", days=FURTHEST_AHEAD.days)
    if starts_at < now - FURTHEST_BACK:
        raise InvalidRequest.at("/starts_at", "start-too-long-ago", days=FURTHEST_BACK.days)
    if rule is not None:
        local = clock.in_riga(starts_at)
        check_first_day(rule_of(rule), local.date(), local.time(), pointer)


def check_not_cancelled(state: str) -> None:
    """Refuse what cannot be done with a cancelled appointment: ``AppointmentCancelled``."""
    if state != AppointmentState.PLANNED:
        raise AppointmentCancelled()


def check_takes_place_on(day: date, starts: Iterable[datetime]) -> None:
    """Refuse a day on which it does not begin: ``InvalidRequest``."""
    if all(day_of(one) != day for one in starts):
        raise InvalidRequest.at("/day", "appointment-not-on-that-day")


def over_at(starts_at: datetime, minutes: int, rule: str | None) -> datetime | None:
    """When the last one is over; ``None`` when there is no last one."""
    last = last_start_of(Repetition(starts_at=starts_at, rule=rule))
    return last and last + timedelta(minutes=minutes)


def over_when_cancelled(
    starts_at: datetime, rule: str | None, *, over_at: datetime | None, now: datetime
) -> datetime:
    """When it is over once it is cancelled: one that repeats now, unless it was before; any other one never was."""
    if rule is None:
        return starts_at
    return max(starts_at, min(now, over_at or now))


def spans_between(
    starts_at: datetime, minutes: int, rule: str | None, *, days_off: Iterable[date], within: Span
) -> Iterator[Span]:
    """Each time it takes place of which a part lies ``within``, in their order."""
    lasting = timedelta(minutes=minutes)
    off = set(days_off)
    repetition = Repetition(starts_at=starts_at, rule=rule)
    for start in starts_between(repetition, within.starts_at - lasting, within.ends_at):
        span = Span(start, start + lasting)
        if day_of(start) not in off and span.overlaps(within):
            yield span
