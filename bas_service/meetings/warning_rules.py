"""What whoever plans should know, though nothing is refused: an emergency is planned in seconds (D6, D8)."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time

from bas_service import clock
from bas_service.meetings.policy_rules import MeetingPolicy
from bas_service.meetings.public_holidays import is_public_holiday
from bas_service.meetings.rules import Warned
from bas_service.meetings.week_rules import (
    OfficeHoursOn,
    Span,
    WeekLimit,
    burden_of,
    day_of,
    days_of,
    exceeded,
    merged_spans,
    monday_of,
)


@dataclass(frozen=True, kw_only=True)
class Occasion:
    """One of many meetings: when it is, whether somebody cannot be told of it, whether short notice is explained."""

    span: Span
    unreached: bool
    explained: bool


def time_warnings(
    span: Span, *, policy: MeetingPolicy, office_hours_on: OfficeHoursOn, now: datetime, explained: bool
) -> list[Warned]:
    """Warnings about when a meeting is; short notice is none where it was ``explained``.

    What short notice is the ``policy`` of today says; what office hours are, that of the meeting's day.
    """
    short = span.starts_at - now < policy.short_notice and not explained
    return [Warned.SHORT_NOTICE] * short + calendar_warnings(span, office_hours_on)


def calendar_warnings(span: Span, office_hours_on: OfficeHoursOn) -> list[Warned]:
    """Warnings about the days, and times of day, in Riga of which a meeting takes a part."""
    warnings = []
    days = days_of(span)
    if not all(_within_hours(span, day, office_hours_on(day)) for day in days):
        warnings.append(Warned.OUTSIDE_OFFICE_HOURS)
    if any(is_public_holiday(day) for day in days):
        warnings.append(Warned.PUBLIC_HOLIDAY)
    return warnings


def _within_hours(span: Span, day: date, hours: tuple[time, time] | None) -> bool:
    """Whether all that a meeting takes of a day lies within these hours."""
    begins, ends = clock.in_riga(span.starts_at), clock.in_riga(span.ends_at)
    # Spelled with two digits each, times of day compare as words do.
    first = f"{begins:%H:%M}" if begins.date() == day else "00:00"
    last = f"{ends:%H:%M}" if ends.date() == day else "24:00"
    return hours is not None and f"{hours[0]:%H:%M}" <= first and last <= f"{hours[1]:%H:%M}"


def warned_days(
    occasions: Iterable[Occasion],
    *,
    spans: Iterable[Span],
    limit_on: Callable[[date], WeekLimit],
    office_hours_on: OfficeHoursOn,
    absences: Iterable[tuple[date, date]],
    policy: MeetingPolicy,
    now: datetime,
) -> dict[Warned, list[date]]:
    """For each warning the days of these occasions on which it holds, in their order.

    ``spans`` are when the child has to be somewhere besides; ``absences`` the specialist's first and last days.
    """
    found: defaultdict[Warned, set[date]] = defaultdict(set)
    away, by_start = list(absences), sorted(occasions, key=lambda one: one.span)
    # Whatever overlaps counts once, and so does what is planned already.
    whole = merged_spans([*spans, *(one.span for one in by_start)])
    mondays = {monday_of(day_of(one.span.starts_at)) for one in by_start}
    full = {monday for monday in mondays if exceeded(burden_of(whole, monday), limit_on(monday))}
    for one in by_start:
        day = day_of(one.span.starts_at)
        warned = time_warnings(
            one.span, policy=policy, office_hours_on=office_hours_on, now=now, explained=one.explained
        )
        warned += [Warned.NO_REACHABLE_REPRESENTATIVE] * one.unreached
        warned += [Warned.SPECIALIST_ABSENT] * any(
            begins <= there <= ends for begins, ends in away for there in days_of(one.span)
        )
        warned += [Warned.CHILD_WEEK_FULL] * (monday_of(day) in full)
        for warning in warned:
            found[warning].add(day)
    return {warning: sorted(days) for warning, days in found.items()}
