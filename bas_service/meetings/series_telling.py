"""When a family hears of a meeting that is one of many, and what the text about the first of them adds."""

from datetime import timedelta
from typing import Any

from bas_service import clock
from bas_service.database import db
from bas_service.meetings.models import Meeting
from bas_service.meetings.policy_rules import MeetingPolicy
from bas_service.meetings.series_models import Series
from bas_service.meetings.series_rules import Plan, told_from
from bas_service.meetings.series_words import words_for_a_family
from bas_service.translation import Language

# Whether a text says "until" depends on where the rule ends; who repeats for longer than this repeats without an end.
_FORESEEN = timedelta(days=3660)


def telling_of(meeting: Meeting, policy: MeetingPolicy) -> dict[str, Any]:
    """What an announcement of this meeting must know of its series: nothing, where it has none.

    The first of a new series is told at once and says that it repeats; each other one is told some days before, so
    that nobody gets twenty texts at once, and a change before that is never noticed (D6).
    """
    if meeting.series_id is None:
        return {"not_before": None, "repeats": None}
    series = db.session.get_one(Series, meeting.series_id)
    tells_of_all = meeting.series_day == series.told_with
    at_once = tells_of_all and series.continues is None and series.version == 1
    not_before = told_from(meeting.starts_at, days=policy.tell_ahead_days, now=clock.now())
    return {
        "not_before": None if at_once else not_before,
        "repeats": repeats_of(series.plan, meeting) if tells_of_all else None,
    }


def repeats_of(plan: Plan, meeting: Meeting) -> dict[Language, str]:
    """That a meeting repeats, in words for each language; empty when nothing follows it."""
    assert meeting.series_day is not None  # noqa: S101 - meetings_series_whole holds in the database
    rest = plan.continued_on(meeting.series_day)
    if rest is None:
        return {}
    horizon = meeting.series_day + _FORESEEN
    said = {language: words_for_a_family(rest, horizon=horizon, language=language) for language in Language}
    return {language: words for language, words in said.items() if words is not None}
