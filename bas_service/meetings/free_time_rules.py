"""Which times suit child and specialist, the best ones first (D9, D28)."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from bas_service import clock
from bas_service.errors import InvalidRequest
from bas_service.meetings.week_rules import (
    OfficeHoursOn,
    Span,
    WeekLimit,
    burden_of,
    day_of,
    exceeded,
    moment_of,
    monday_of,
)

MOST_TIMES = 10
# So many of one day: whoever cannot on Tuesday morning hardly can half an hour later.
MOST_OF_A_DAY = 3
USUAL_RANGE, LONGEST_RANGE = timedelta(days=14), timedelta(days=31)
# Minutes from one place to another one, as long as nothing better is known.
USUAL_TRAVEL, MOST_TRAVEL = 30, 240
# Proposed starts lie so far apart.
STEP = timedelta(minutes=30)
# Work falls outside office hours too (D8); later than that a child belongs at home.
EVENING = (time(17), time(20))


class When(StrEnum):
    """During office hours, or in the evening."""

    OFFICE = "office"
    EVENING = "evening"


class WeekWith(StrEnum):
    """What the child's week would be like with one more meeting."""

    LIGHT = "light"
    WITHIN = "within"
    FULL = "full"


@dataclass(frozen=True, kw_only=True)
class Taken:
    """A time at which child or specialist is elsewhere, and the way there and back that it takes."""

    span: Span
    way: timedelta = timedelta()

    @property
    def whole(self) -> Span:
        """With the way before and after it."""
        return Span(self.span.starts_at - self.way, self.span.ends_at + self.way)


@dataclass(frozen=True, kw_only=True)
class FreeTime:
    """A time that suits both."""

    span: Span
    when: When
    week: WeekWith


def range_of(since: datetime | None, until: datetime | None, now: datetime) -> Span:
    """The time that is looked through: from now on and for two weeks, if nothing else is said.

    Raises ``InvalidRequest`` for one that is over, runs backwards or is too long.
    """
    begin = max(since or now, now)
    end = until or begin + USUAL_RANGE
    if end <= begin:
        raise InvalidRequest.at("to", "end-before-beginning")
    if end - begin > LONGEST_RANGE:
        raise InvalidRequest.at("to", "range-too-long", days=LONGEST_RANGE.days)
    return Span(begin, end)


def free_times(
    minutes: int,
    within: Span,
    *,
    taken: Callable[[date], list[Taken]],
    spans: list[Span],
    office_hours_on: OfficeHoursOn,
    is_holiday: Callable[[date], bool],
    limit_on: Callable[[date], WeekLimit],
) -> list[FreeTime]:
    """At most ten times of so many minutes ``within`` a time that suit child and specialist, the best ones first.

    ``taken`` says for each day what child and specialist have then, ``spans`` is what burdens the child. Weeks with
    room come before full ones, office hours before evenings, another day before more of the same one, days with
    less on them before others, and then the earlier before the later. None is on a public holiday: whoever wants one
    then knows it, and is warned.
    """
    on_a_day = Counter(day_of(one.starts_at) for one in spans)
    weeks: dict[date, WeekWith] = {}
    ranked = []
    for day in _days_within(within):
        if is_holiday(day):
            continue
        there = taken(day)
        chosen: dict[When, list[Span]] = defaultdict(list)
        for when, span in _candidates(day, minutes, within, office_hours_on):
            others = chosen[When.OFFICE] + chosen[When.EVENING]
            if len(chosen[when]) == MOST_OF_A_DAY or any(span.overlaps(one) for one in others):
                continue
            if any(span.overlaps(one.whole) for one in there):
                continue
            if day not in weeks:
                weeks[day] = _week_with(span, spans, limit_on)
            week = weeks[day]
            chosen[when].append(span)
            rank = (week is WeekWith.FULL, when is When.EVENING, len(chosen[when]), on_a_day[day], span)
            ranked.append((rank, FreeTime(span=span, when=when, week=week)))
    return [one for _, one in sorted(ranked, key=lambda pair: pair[0])[:MOST_TIMES]]


def _days_within(within: Span) -> Iterator[date]:
    day = day_of(within.starts_at)
    while day <= day_of(within.ends_at):
        yield day
        day += timedelta(days=1)


def _candidates(day: date, minutes: int, within: Span, office_hours_on: OfficeHoursOn) -> Iterator[tuple[When, Span]]:
    """Each start of the day by its clock, at the full and the half hour: office hours first, then the evening."""
    windows = [(When.EVENING, *EVENING)]
    hours = office_hours_on(day)
    if hours is not None:
        windows.insert(0, (When.OFFICE, *hours))
    for when, opens, closes in windows:
        first, last = moment_of(day, opens), moment_of(day, closes)
        if first is None or last is None:
            continue
        # Half hours are those of the clock, whatever is asked from.
        start = _half_hour_from(max(first, within.starts_at))
        while start + timedelta(minutes=minutes) <= min(last, within.ends_at):
            yield when, Span(start, start + timedelta(minutes=minutes))
            start += STEP


def _half_hour_from(moment: datetime) -> datetime:
    local = clock.in_riga(moment)
    past = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    return moment + math.ceil(past / STEP) * STEP - past


def _week_with(span: Span, spans: list[Span], limit_on: Callable[[date], WeekLimit]) -> WeekWith:
    """What the span's week is like with it; a limit of which less than half is used up leaves it light."""
    monday = monday_of(day_of(span.starts_at))
    limit = limit_on(monday)
    burden = burden_of([*spans, span], monday)
    if exceeded(burden, limit):
        return WeekWith.FULL
    is_light = 2 * burden.appointments <= limit.appointments and 2 * burden.minutes <= limit.hours * 60
    return WeekWith.LIGHT if is_light else WeekWith.WITHIN
