"""A child's week with all its appointments, other institutions' included, and what of it is too much (D9)."""

import uuid
from datetime import date, timedelta
from typing import Any

from bas_service import clock
from bas_service.children.queries import child_in_sight
from bas_service.meetings import public_holidays
from bas_service.meetings.engagements import Engaged, Engagement, busy_times_of, engagements_of
from bas_service.meetings.models import Meeting
from bas_service.meetings.week_rules import (
    WEEK,
    WEEKS_AROUND,
    Span,
    burden_of,
    day_of,
    exceeded,
    freer_days,
    monday_of,
    planned_within,
    span_of,
)


def week_of(child_id: uuid.UUID, day: date) -> dict[str, Any]:
    """The week of a day: our meetings and other institutions' appointments side by side, and the burden.

    Four weeks around it, two before and two after, are told in figures. Raises ``NotFound``.
    """
    child_in_sight(child_id)
    monday = monday_of(day)
    mondays = [monday + number * WEEK for number in range(-WEEKS_AROUND, WEEKS_AROUND + 1)]
    # A week more on either side: a row of days does not end with the weeks that are shown.
    found = engagements_of(child_id, span_of(mondays[0] - WEEK, 7 * (len(mondays) + 2)), in_words=True)
    figures = [_figures_of(found, one) for one in mondays]
    limit = found.limit_on(monday)
    return {
        "child_id": child_id,
        "monday": monday,
        "days": _days_of(found.engagements, monday),
        "burden": figures.pop(WEEKS_AROUND),
        "limit": {
            "appointments": limit.appointments,
            "hours": limit.hours,
            "days_in_a_row": limit.days_in_a_row,
        },
        "weeks": figures,
    }


def is_too_full(meeting: Meeting, engaged: Engaged) -> bool:
    """Whether a meeting makes the week in which it begins too full for the child, who is ``engaged`` besides (D9)."""
    monday = monday_of(day_of(meeting.starts_at))
    spans = [*engaged.spans, Span(meeting.starts_at, meeting.ends_at)]
    return bool(exceeded(burden_of(spans, monday), engaged.limit_on(monday)))


def freer_days_near(meeting: Meeting) -> list[dict[str, Any]]:
    """Up to three days near on which a meeting would leave the child's week within its limits; two statements."""
    within = planned_within(meeting.starts_at)
    engaged = engagements_of(meeting.child_id, within, without=meeting.id)
    taken = busy_times_of([meeting.specialist_id], within, without=meeting.id)
    busy = [Span(one["starts_at"], one["ends_at"]) for one in taken]
    freer = freer_days(
        Span(meeting.starts_at, meeting.ends_at),
        spans=engaged.spans,
        busy=lambda there: any(there.overlaps(one) for one in busy),
        is_holiday=public_holidays.is_public_holiday,
        limit_on=engaged.limit_on,
        now=clock.now(),
    )
    return [{"day": day_of(one.starts_at), "starts_at": one.starts_at} for one in freer]


def _figures_of(engaged: Engaged, monday: date) -> dict[str, Any]:
    burden = burden_of(engaged.spans, monday)
    return {
        "monday": monday,
        "appointments": burden.appointments,
        "hours": burden.hours,
        "days_in_a_row": burden.days_in_a_row,
        "over": list(exceeded(burden, engaged.limit_on(monday))),
    }


def _days_of(found: list[Engagement], monday: date) -> list[dict[str, Any]]:
    week = span_of(monday, 7)
    shown = [one for one in found if one.span.overlaps(week)]
    days = []
    for number in range(7):
        day = monday + timedelta(days=number)
        # What began on Sunday night and is not over on Monday stands on Monday.
        there = [one for one in shown if max(day_of(one.span.starts_at), monday) == day]
        days.append(
            {
                "day": day,
                "meetings": [_meeting(one) for one in there if one.is_meeting],
                "appointments": [_appointment(one) for one in there if not one.is_meeting],
            }
        )
    return days


def _meeting(one: Engagement) -> dict[str, Any]:
    known = one.known
    place = {"type": known["place_type"], "name": known["place_name"], "address": known["place_address"]}
    names = ("id", "kind", "state", "specialist_id", "institution")
    return {name: known[name] for name in names} | _times(one) | {"place": place}


def _appointment(one: Engagement) -> dict[str, Any]:
    known = one.known
    names = ("id", "title", "place", "asked_by")
    return {name: known[name] for name in names} | _times(one) | {"repeats": known["rule"] is not None}


def _times(one: Engagement) -> dict[str, Any]:
    return {"starts_at": one.span.starts_at, "ends_at": one.span.ends_at}
