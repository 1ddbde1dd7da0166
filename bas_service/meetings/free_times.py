"""Times that suit a child and whoever would meet it, with a word on why (D9, D28)."""

import uuid
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from bas_service import clock
from bas_service.caseload.rules import NoOpenCase
from bas_service.children.queries import child_in_sight
from bas_service.meetings import public_holidays
from bas_service.meetings.engagements import Engagement, busy_times_of, engagements_of, specialists_by_day
from bas_service.meetings.free_time_rules import USUAL_TRAVEL, Taken, free_times, range_of
from bas_service.meetings.rules import PlaceType
from bas_service.meetings.week_rules import WEEK, Span, day_of, monday_of, span_of
from bas_service.translation import Language, text_of


def free_times_of(
    child_id: uuid.UUID, wanted: dict[str, Any], *, asking: uuid.UUID, language: Language
) -> list[dict[str, Any]]:
    """At most ten times that suit child and specialist, the best ones first, each with its reason in words.

    Raises ``NotFound``, ``NoOpenCase``, ``InvalidRequest``.
    """
    child_in_sight(child_id)
    within = range_of(wanted.get("since"), wanted.get("until"), clock.now())
    first, last = day_of(within.starts_at), day_of(within.ends_at)
    holders = specialists_by_day(child_id, asking=asking, first=first, last=last)
    if not holders:
        raise NoOpenCase()
    # Whole weeks, and one more on either side: a row of days does not end with them.
    begin = monday_of(first) - WEEK
    around = span_of(begin, (monday_of(last) + 3 * WEEK - begin).days)
    engaged = engagements_of(child_id, around)
    found = free_times(
        wanted["minutes"],
        within,
        taken=_taken_by(engaged.engagements, holders, around, wanted),
        spans=engaged.spans,
        office_hours_on=engaged.office_hours_on,
        is_holiday=public_holidays.is_public_holiday,
        limit_on=engaged.limit_on,
    )
    return [
        {
            "starts_at": one.span.starts_at,
            "ends_at": one.span.ends_at,
            "when": one.when,
            "week": one.week,
            "specialist_id": holders[day_of(one.span.starts_at)],
            "reason": text_of(language, "free-time", daytime=one.when.value, week=one.week.value),
        }
        for one in found
    ]


def _taken_by(
    engaged: list[Engagement], holders: dict[date, uuid.UUID], around: Span, wanted: dict[str, Any]
) -> Callable[[date], list[Taken]]:
    """What the child has, and whose meeting it would be on a day, with the way from each place to the next."""
    to = wanted.get("place_type")
    way = timedelta(minutes=wanted.get("travel_minutes", USUAL_TRAVEL))
    of_child = [Taken(span=one.span, way=_way(one.known["place_type"], to, way, is_own=True)) for one in engaged]
    # What is with this child is known with its place already.
    own = {(one.known["specialist_id"], one.span) for one in engaged}
    of_specialist: dict[uuid.UUID, list[Taken]] = {one: [] for one in holders.values()}
    for row in busy_times_of(list(of_specialist), around):
        span = Span(row["starts_at"], row["ends_at"])
        if (row["specialist_id"], span) not in own:
            # Whoever is absent is on no way.
            is_absence = row["place_type"] is None
            ahead = timedelta() if is_absence else _way(row["place_type"], to, way, is_own=False)
            of_specialist[row["specialist_id"]].append(Taken(span=span, way=ahead))
    return lambda day: [*of_child, *of_specialist[holders[day]]]


def _way(one: str | None, other: str | None, way: timedelta, *, is_own: bool) -> timedelta:
    """How long it takes from one kind of place to another one; no way from anywhere into a telephone call.

    The office is one place, and so is the home of one child (``is_own``); any other address may be another one.
    """
    if PlaceType.REMOTE in {one, other}:
        return timedelta()
    is_same = one == other and (one == PlaceType.OFFICE or (is_own and one == PlaceType.HOME))
    return timedelta() if is_same else way
