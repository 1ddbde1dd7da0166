"""What whoever plans should know, though nothing is refused: an emergency is planned in seconds (D6, D8)."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from bas_service import clock
from bas_service.meetings.policy_rules import MeetingPolicy
from bas_service.meetings.public_holidays import is_public_holiday
from bas_service.meetings.rules import Warned
from bas_service.meetings.week_rules import Span, WeekLimit, burden_of, day_of, exceeded, merged_spans, monday_of


@dataclass(frozen=True, kw_only=True)
class Occasion:
    """One of many meetings: when it is, whether somebody cannot be told of it, whether short notice is explained."""

    span: Span
    unreached: bool
    explained: bool


def time_warnings(
    starts_at: datetime, ends_at: datetime, *, policy: MeetingPolicy, now: datetime, explained: bool
) -> list[Warned]:
    """Warnings about when a meeting is; short notice is none where it was ``explained``."""
    short = starts_at - now < policy.short_notice and not explained
    return [Warned.SHORT_NOTICE] * short + calendar_warnings(starts_at, ends_at, policy.office_hours)


def calendar_warnings(
    starts_at: datetime, ends_at: datetime, office_hours: Mapping[str, dict[str, str] | None]
) -> list[Warned]:
    """Warnings about a meeting's day and time of day in Riga."""
    warnings = []
    begins, ends = clock.in_riga(starts_at), clock.in_riga(ends_at)
    hours = office_hours[str(begins.isoweekday())]
    last = f"{ends:%H:%M}" if ends.date() == begins.date() else "24:00"
    # Spelled with two digits each, times of day compare as words do.
    if hours is None or f"{begins:%H:%M}" < hours["from"] or last > hours["until"]:
        warnings.append(Warned.OUTSIDE_OFFICE_HOURS)
    if is_public_holiday(begins.date()):
        warnings.append(Warned.PUBLIC_HOLIDAY)
    return warnings


def warned_days(
    occasions: Iterable[Occasion],
    *,
    spans: Iterable[Span],
    limit_on: Callable[[date], WeekLimit],
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
        warned = time_warnings(one.span.starts_at, one.span.ends_at, policy=policy, now=now, explained=one.explained)
        warned += [Warned.NO_REACHABLE_REPRESENTATIVE] * one.unreached
        warned += [Warned.SPECIALIST_ABSENT] * any(begins <= day <= ends for begins, ends in away)
        warned += [Warned.CHILD_WEEK_FULL] * (monday_of(day) in full)
        for warning in warned:
            found[warning].add(day)
    return {warning: sorted(days) for warning, days in found.items()}
