"""What whoever plans should know, though nothing is refused: an emergency is planned in seconds (D6, D8)."""

from collections.abc import Mapping
from datetime import datetime

from bas_service import clock
from bas_service.meetings.policy_rules import MeetingPolicy
from bas_service.meetings.public_holidays import is_public_holiday
from bas_service.meetings.rules import Warned


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
