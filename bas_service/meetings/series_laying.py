"""The verb behind all series: make meetings of the days that have come near, each once, and tell of them in time."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy.dialects.postgresql import insert

from bas_service import clock
from bas_service.announcements import service as announcements
from bas_service.announcements.rules import Reason
from bas_service.announcements.service import Subject
from bas_service.children.queries import consents_over
from bas_service.children.rules import Scope, covers
from bas_service.database import db, new_id
from bas_service.duties import service as duties
from bas_service.duties.rules import DutyKind
from bas_service.meetings import series_queries, unreached
from bas_service.meetings.events import note_planned
from bas_service.meetings.models import Meeting
from bas_service.meetings.policy_rules import policy_of
from bas_service.meetings.repetition import moment_of
from bas_service.meetings.rules import Kind, MeetingState
from bas_service.meetings.series_models import Series
from bas_service.meetings.series_rules import WhyNot, last_day_of_childhood
from bas_service.meetings.telling import parties_of_meeting, subject_of

# What a meeting has from its series, under the same names.
TAKEN_OVER = (
    "kind",
    "expected_minutes",
    "place_type",
    "place_name",
    "place_address",
    "transport",
    "institution",
    "purpose",
    "note",
)


@dataclass(frozen=True, kw_only=True)
class Remarks:
    """What a phone says beside what is to be done: when, by its own clock, and why at such short notice."""

    on_phone_at: datetime | None = None
    short_notice_reason: str | None = None


class LaidOut(NamedTuple):
    """New meetings, whom of them somebody cannot be told in writing, and the days that could not be planned."""

    meetings: list[Meeting]
    unreached: set[uuid.UUID]
    refused: dict[date, WhyNot]


NOTHING = LaidOut([], set(), {})


def lay_out(series: Series, parties: dict[str, Any], *, birth_date: date, remarks: Remarks | None = None) -> LaidOut:
    """Make meetings of a held series' days up to as far ahead as the policy says; gives what came of them.

    Up to the day before the 18th birthday, and while the case is open; whoever represents the child then is told, and
    nobody representing it is a duty as with any meeting. A day that has a meeting already, or had one, gets no other.
    The first day is laid out however far ahead it is. Bounded in statements, whatever number of days.
    """
    if series.next_day is None:
        return NOTHING
    remarks = remarks or Remarks()
    plan, now = series.plan, clock.now()
    childhood = last_day_of_childhood(birth_date)
    until = min(max(laid_out_until(parties), plan.first_day), childhood)
    taken = series_queries.days_taken(series.id)
    days = [day for day in plan.days(since=series.next_day, until=until) if day not in taken]
    occasions = {day: moment_of(day, plan.clock) for day in days if moment_of(day, plan.clock) > now}
    refused = dict.fromkeys(days_without_consent(series, occasions), WhyNot.CONSENT_MISSING)
    meetings = _planned(
        [
            _meeting_of(series, parties, day, starts_at, remarks=remarks)
            for day, starts_at in occasions.items()
            if day not in refused
        ],
        on_phone_at=remarks.on_phone_at,
    )
    planned = {meeting.series_day for meeting in meetings}
    refused |= {day: WhyNot.MEETING_OVERLAPS for day in occasions if day not in refused and day not in planned}
    if meetings and series.told_with is None:
        series.told_with = meetings[0].series_day
    series.next_day = plan.next_day(after=until, until=childhood)
    remember_not_planned(series, refused)
    db.session.flush()
    return LaidOut(meetings, tell_of(meetings, parties, Reason.PLANNED), refused)


def lay_out_day(series: Series, parties: dict[str, Any], day: date, starts_at: datetime) -> Meeting | None:
    """Make a meeting of one day of a held series, of which nobody is told; ``None`` where it would overlap."""
    if not _planned([_meeting_of(series, parties, day, starts_at, remarks=Remarks())], on_phone_at=None):
        return None
    return series_queries.planned_ahead(series.id, since=day)[0]


def look_again_at_consents(series: Series) -> None:
    """Let the days of a held series that lacked a consent be laid out by a worker where there is one now (D7)."""
    lacking = {
        date.fromisoformat(one["day"])
        for one in series.not_planned
        if one["why"] == WhyNot.CONSENT_MISSING and one["day"] >= clock.today().isoformat()
    }
    occasions = {day: moment_of(day, series.wall_clock) for day in sorted(lacking)}
    agreed = lacking - set(days_without_consent(series, occasions))
    if not agreed:
        return
    series.not_planned = [one for one in series.not_planned if date.fromisoformat(one["day"]) not in agreed]
    series.next_day = min(agreed | ({series.next_day} if series.next_day else set()))
    if not series.not_planned:
        duties.let_lapse(DutyKind.SERIES_NOT_PLANNED, about_id=series.id)


def days_without_consent(series: Series, occasions: dict[date, datetime]) -> list[date]:
    """The days on which nobody who represents the child then has agreed to the series' accompaniment (D7)."""
    if series.kind != Kind.ACCOMPANIMENT or not occasions:
        return []
    assert series.institution is not None  # noqa: S101 - series_accompaniment holds in the database
    consents, now = consents_over(series.child_id), clock.now()
    return [
        day
        for day in occasions
        if not any(
            represents_from <= day
            and (represents_until is None or day <= represents_until)
            and covers(consent, scope=Scope.ACCOMPANIMENT, institution=series.institution, on=day, now=now)
            for consent, represents_from, represents_until in consents
        )
    ]


def tell_of(
    meetings: list[Meeting],
    parties: dict[str, Any],
    reason: Reason,
    *,
    worded: Callable[[Subject, Meeting], Subject] = lambda subject, _: subject,
) -> set[uuid.UUID]:
    """Tell of several meetings of one child; whom no text reaches is a duty once the time to tell has come.

    ``parties`` are those of its responsible specialist; a meeting that a substitute took is told under their name.
    ``worded`` adds to what is told. Gives the meetings of which somebody cannot be told in writing.
    """
    subjects = []
    for meeting in meetings:
        is_theirs = meeting.specialist_id == parties["specialist_id"]
        subjects.append(worded(subject_of(meeting, parties if is_theirs else parties_of_meeting(meeting)), meeting))
    outcomes = announcements.announce_all(subjects, reason)
    if reason is Reason.CANCELLED:
        unreached.take_up_news(meetings)
        return set()
    told_by_now = clock.now() + timedelta(days=policy_of(parties["policy"]).tell_ahead_days)
    for meeting in meetings:
        if meeting.series_id is None or meeting.starts_at <= told_by_now:
            unreached.take_up(meeting, outcomes[meeting.id])
    return {meeting_id for meeting_id, outcome in outcomes.items() if outcome.misses_somebody}


def reason_for(starts_at: datetime, parties: dict[str, Any], remarks: Remarks) -> str | None:
    """The reason for short notice, where a meeting is at short notice: of later ones it says nothing."""
    is_short = starts_at - clock.now() < policy_of(parties["policy"]).short_notice
    return remarks.short_notice_reason if is_short else None


def laid_out_until(parties: dict[str, Any]) -> date:
    """The last day that is near enough to be laid out, by the policy of today (D26)."""
    return clock.today() + timedelta(days=policy_of(parties["policy"]).repeat_ahead_days)


def remember_not_planned(series: Series, refused: dict[date, WhyNot]) -> None:
    """Keep which days could not be planned, and why, as long as they are to come."""
    kept = {one["day"]: one for one in series.not_planned if one["day"] >= clock.today().isoformat()}
    kept |= {day.isoformat(): {"day": day.isoformat(), "why": why.value} for day, why in refused.items()}
    series.not_planned = [kept[day] for day in sorted(kept)]


def _meeting_of(
    series: Series, parties: dict[str, Any], day: date, starts_at: datetime, *, remarks: Remarks
) -> dict[str, Any]:
    return {name: getattr(series, name) for name in TAKEN_OVER} | {
        "id": new_id(),
        "child_id": series.child_id,
        "case_id": series.case_id,
        "specialist_id": parties["specialist_id"],
        "state": MeetingState.PLANNED.value,
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(minutes=series.expected_minutes),
        "telling": 1,
        "version": 1,
        "created_at": clock.now(),
        "short_notice_reason": reason_for(starts_at, parties, remarks),
        "series_id": series.id,
        "series_day": day,
    }


def _planned(values: list[dict[str, Any]], *, on_phone_at: datetime | None) -> list[Meeting]:
    """Write these meetings; one that overlaps, or stands for a day that has one, is passed over by the database."""
    if not values:
        return []
    statement = insert(Meeting).values(values).on_conflict_do_nothing().returning(Meeting.id)
    written: set[uuid.UUID] = set(db.session.scalars(statement))
    # Not of the session: whoever shows them reads them, the worker must not even see all of their columns.
    meetings = [Meeting(**one) for one in values if one["id"] in written]
    note_planned(meetings, on_phone_at=on_phone_at)
    return meetings
