"""What a child's week holds, when it is too much, and which days would be freer (D9)."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from bas_service import clock

WEEK = timedelta(days=7)
DAY = timedelta(days=1)
# So many weeks before and after the one asked for are told in figures.
WEEKS_AROUND = 2
MOST_FREER_DAYS = 3

# From when until when it is office hours on a day; None when not at all.
OfficeHoursOn = Callable[[date], tuple[time, time] | None]


class Limit(StrEnum):
    """What of a child's week has a limit."""

    APPOINTMENTS = "appointments"
    HOURS = "hours"
    DAYS_IN_A_ROW = "days_in_a_row"


@dataclass(frozen=True, kw_only=True)
class WeekLimit:
    """How much of each a child's week may hold."""

    appointments: int
    hours: float
    days_in_a_row: int


@dataclass(frozen=True, order=True)
class Span:
    """A time from a moment to another one."""

    starts_at: datetime
    ends_at: datetime

    def overlaps(self, other: "Span") -> bool:
        """Whether both hold a moment in common; one that begins where the other ends does not."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


@dataclass(frozen=True, kw_only=True)
class Burden:
    """What a week asks of a child: how often, how long, how many days without a pause."""

    appointments: int
    minutes: int
    days_in_a_row: int

    @property
    def hours(self) -> float:
        """The minutes as hours, in hundredths."""
        return round(self.minutes / 60, 2)


def monday_of(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def moment_of(day: date, at: time = time.min) -> datetime | None:
    """When a clock in Riga shows a time on a day, the first time if twice; ``None`` where it never does."""
    moment = datetime.combine(day, at, tzinfo=clock.RIGA).astimezone(UTC)
    return moment if clock.in_riga(moment).time() == at else None


def midnight(day: date) -> datetime:
    """The moment at which a day begins in Riga; clocks are never moved over midnight there."""
    return datetime.combine(day, time.min, tzinfo=clock.RIGA).astimezone(UTC)


def span_of(first: date, days: int) -> Span:
    """So many days in Riga, from the beginning of the first one to the end of the last one."""
    return Span(midnight(first), midnight(first + timedelta(days=days)))


def planned_within(starts_at: datetime) -> Span:
    """What to look at when a meeting is planned: its week, the next one, and one on either side for rows of days."""
    return span_of(monday_of(day_of(starts_at)) - WEEK, 28)


def day_of(moment: datetime) -> date:
    """The day in Riga."""
    return clock.in_riga(moment).date()


def days_of(span: Span) -> list[date]:
    """Every day in Riga of which the span takes a part."""
    first = day_of(span.starts_at)
    last = max(first, day_of(span.ends_at - timedelta(microseconds=1)))
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def burden_of(spans: Iterable[Span], monday: date) -> Burden:
    """What the week from ``monday`` on asks of a child who has to be somewhere in these spans.

    Those that overlap are one: a child is at one place at a time, and an accompaniment to another institution's
    appointment may be entered as both. One counts in the week in which it begins; its time, and its days, where they
    are spent. A row of days counts with the days before and after the week that belong to it.
    """
    week = span_of(monday, 7)
    merged = merged_spans(spans)
    within = [Span(max(one.starts_at, week.starts_at), min(one.ends_at, week.ends_at)) for one in merged]
    spent = sum((one.ends_at - one.starts_at for one in within if one.starts_at < one.ends_at), timedelta())
    return Burden(
        appointments=sum(week.starts_at <= one.starts_at < week.ends_at for one in merged),
        minutes=math.ceil(spent / timedelta(minutes=1)),
        days_in_a_row=_longest_row({day for one in merged for day in days_of(one)}, monday),
    )


def merged_spans(spans: Iterable[Span]) -> list[Span]:
    """The same time without overlaps, in its order."""
    merged: list[Span] = []
    for one in sorted(spans):
        if merged and one.overlaps(merged[-1]):
            merged[-1] = Span(merged[-1].starts_at, max(merged[-1].ends_at, one.ends_at))
        else:
            merged.append(one)
    return merged


def _longest_row(days: set[date], monday: date) -> int:
    longest = 0
    for number in range(7):
        first = last = monday + timedelta(days=number)
        if first not in days:
            continue
        while first - DAY in days:
            first -= DAY
        while last + DAY in days:
            last += DAY
        longest = max(longest, (last - first).days + 1)
    return longest


def exceeded(burden: Burden, limit: WeekLimit) -> tuple[Limit, ...]:
    """The limits that a week is over (D9)."""
    found = {
        Limit.APPOINTMENTS: burden.appointments > limit.appointments,
        Limit.HOURS: burden.minutes > limit.hours * 60,
        Limit.DAYS_IN_A_ROW: burden.days_in_a_row > limit.days_in_a_row,
    }
    return tuple(one for one, is_over in found.items() if is_over)


def freer_days(
    wanted: Span,
    *,
    spans: list[Span],
    busy: Callable[[Span], bool],
    is_holiday: Callable[[date], bool],
    limit_on: Callable[[date], WeekLimit],
    now: datetime,
) -> list[Span]:
    """Up to three days of the same or the next week on which ``wanted`` leaves the child's week within its limits.

    The nearest ones, at the same time of day: still to come, no public holidays, and with child (``spans``, without
    the one wanted) and specialist (``busy``) free.
    """
    wanted_day = day_of(wanted.starts_at)
    at = clock.in_riga(wanted.starts_at).time()
    monday = monday_of(wanted_day)
    days = [monday + timedelta(days=number) for number in range(14)]
    found: list[Span] = []
    for day in sorted(days, key=lambda one: (abs(one - wanted_day), one)):
        starts_at = moment_of(day, at)
        if day == wanted_day or is_holiday(day) or starts_at is None or starts_at <= now:
            continue
        there = Span(starts_at, starts_at + (wanted.ends_at - wanted.starts_at))
        if any(there.overlaps(one) for one in spans) or busy(there):
            continue
        if exceeded(burden_of([*spans, there], monday_of(day)), limit_on(monday_of(day))):
            continue
        found.append(there)
        if len(found) == MOST_FREER_DAYS:
            break
    return sorted(found)
