"""What whoever repeats a meeting should know of single days, though nothing is refused (D6, D8, D9)."""

import uuid
from collections.abc import Iterable
from datetime import date
from typing import Any

from bas_service import clock
from bas_service.database import rows
from bas_service.meetings.engagements import ENGAGED, engaged_in
from bas_service.meetings.models import Meeting
from bas_service.meetings.policy_rules import MeetingPolicy
from bas_service.meetings.rules import Warned
from bas_service.meetings.series_rules import MOST_DAYS_NAMED
from bas_service.meetings.warning_rules import Occasion, warned_days
from bas_service.meetings.week_rules import WEEK, Span, day_of, monday_of, span_of

# One statement, however many meetings: when the child is engaged, and when the specialist is absent.
_AROUND = f"""
    SELECT {ENGAGED} AS engaged, ARRAY(SELECT to_jsonb(ab) FROM (SELECT valid_from, valid_until FROM absences
        WHERE specialist_id = :specialist AND ended_at IS NULL
            AND valid_from < :until AND valid_until >= CAST(:since AS timestamptz)::date) ab) AS absences
"""  # noqa: S608


def occasions_of(meetings: Iterable[Meeting], unreached: set[uuid.UUID]) -> list[Occasion]:
    """These meetings as they are warned of; of the ``unreached`` somebody cannot be told in writing."""
    return [
        Occasion(
            span=Span(meeting.starts_at, meeting.ends_at),
            unreached=meeting.id in unreached,
            explained=meeting.short_notice_reason is not None,
        )
        for meeting in meetings
    ]


def days_warned_of(
    occasions: list[Occasion], *, child_id: uuid.UUID, specialist_id: uuid.UUID, policy: MeetingPolicy
) -> dict[Warned, list[date]]:
    """For each warning the days on which it holds, in their order; those planned already are not counted twice."""
    if not occasions:
        return {}
    days = [day_of(one.span.starts_at) for one in occasions]
    # Whole weeks, and one more on either side: a row of days does not end with them.
    first, last = monday_of(min(days)) - WEEK, monday_of(max(days)) + 2 * WEEK
    within = span_of(first, (last - first).days)
    (found,) = rows(
        _AROUND, child=child_id, without=None, specialist=specialist_id, since=within.starts_at, until=within.ends_at
    )
    engaged = engaged_in(found["engaged"], within)
    return warned_days(
        occasions,
        spans=engaged.spans,
        limit_on=engaged.limit_on,
        office_hours_on=engaged.office_hours_on,
        absences=[
            (date.fromisoformat(one["valid_from"]), date.fromisoformat(one["valid_until"]))
            for one in found["absences"]
        ],
        policy=policy,
        now=clock.now(),
    )


def as_shown(warned: dict[Warned, list[date]]) -> list[dict[str, Any]]:
    """Warnings as they go out: the first days of each, and how many more there are."""
    return [
        {
            "warning": warning,
            "days": warned[warning][:MOST_DAYS_NAMED],
            "more": max(len(warned[warning]) - MOST_DAYS_NAMED, 0),
        }
        for warning in Warned
        if warned.get(warning)
    ]
