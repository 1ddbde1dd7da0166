"""The verbs for the meetings that are laid out already: moved along with their series, or called off with it."""

import uuid
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from bas_service import clock
from bas_service.announcements.rules import Reason
from bas_service.announcements.service import Subject
from bas_service.database import db
from bas_service.duties import service as duties
from bas_service.duties.rules import DutyKind
from bas_service.meetings import rules, series_queries, unreached
from bas_service.meetings.events import stepping_all
from bas_service.meetings.models import Meeting
from bas_service.meetings.repetition import moment_of
from bas_service.meetings.rules import MeetingState, Step
from bas_service.meetings.series_laying import (
    NOTHING,
    LaidOut,
    Remarks,
    days_without_consent,
    laid_out_until,
    lay_out,
    reason_for,
    remember_not_planned,
    tell_of,
)
from bas_service.meetings.series_models import Series
from bas_service.meetings.series_rules import (
    OWN_PARTS,
    Plan,
    WhyNot,
    last_day_of_childhood,
    own_parts_after,
    paired,
)
from bas_service.meetings.series_stopping import Stop, stop_of_change, words_wait
from bas_service.meetings.telling import parties_of_meeting


class Moved(NamedTuple):
    """When a meeting of a series is from now on; ``day`` is the day of the series for which it stands."""

    meeting: Meeting
    day: date
    starts_at: datetime
    expected_minutes: int

    @property
    def time(self) -> tuple[datetime, datetime]:
        """From when to when."""
        return self.starts_at, self.starts_at + timedelta(minutes=self.expected_minutes)

    @property
    def is_elsewhen(self) -> bool:
        """Whether that is another time than before."""
        return self.time != (self.meeting.starts_at, self.meeting.ends_at)


def put_right(
    series: Series,
    parties: dict[str, Any],
    *,
    before: Plan,
    since: date,
    birth_date: date,
    changed: set[str],
    moved_by: set[str],
    remarks: Remarks,
) -> LaidOut:
    """Let the meetings planned ahead follow their held series, changed in these columns and by these parts.

    What a meeting has of its own stays. One that would overlap, lack its consent, or be in the past stays where it
    is, as its own, and is listed. Days that are none any more are cancelled, new ones laid out. Whoever knew of a
    meeting is told of it once, at once; whoever did not is told when its time has come. Gives what must be told now,
    and what is new.
    """
    ahead = series_queries.planned_ahead(series.id, since=since)
    until = min(laid_out_until(parties), last_day_of_childhood(birth_date))
    days = _days_after(series, ahead, since=since, until=until, moved_by=moved_by)
    moves = [_move_of(series, one, days[one.series_day]) for one in ahead if one.series_day in days]
    staying = {move.meeting.id for move in moves}
    leaving = [one for one in ahead if one.id not in staying and "starts_at" not in (one.own_parts or ())]
    refused = _refused(series, parties, moves, but=ahead, asks_elsewhere="institution" in changed)
    elsewhen = [move.meeting.id for move in moves if move.is_elsewhen and move.day not in refused]
    told = _follow_all(series, parties, moves, changed=changed, staying=set(refused), remarks=remarks)
    if moved_by:
        series.not_planned = []
    if moved_by - {"except_dates"}:
        series.told_with = min((move.day for move in moves), default=None)
    remember_not_planned(series, refused)
    db.session.flush()
    waiting = [one for one in words_wait(series, before, ahead=ahead, birth_date=birth_date) if one not in told]
    unreached_of = _tell_of_changes([*told, *waiting], parties, elsewhen=elsewhen)
    stop = stop_of_change(series, before, parties, birth_date=birth_date, leaving=leaving) if moved_by else None
    stops = [stop] if stop else []
    cancel_all(leaving, parties, reason=rules.SERIES_CHANGED, on_phone_at=remarks.on_phone_at, stops=stops)
    new = _lay_out_from(since, series, parties, birth_date=birth_date, remarks=remarks) if moved_by else NOTHING
    return LaidOut([*told, *new.meetings], unreached_of | new.unreached, refused | new.refused)


def _lay_out_from(
    since: date, series: Series, parties: dict[str, Any], *, birth_date: date, remarks: Remarks
) -> LaidOut:
    day_before = max(since, clock.today()) - timedelta(days=1)
    series.next_day = series.plan.next_day(after=day_before, until=last_day_of_childhood(birth_date))
    return lay_out(series, parties, birth_date=birth_date, remarks=remarks)


def cancel_all(
    planned: list[Meeting],
    parties: dict[str, Any],
    *,
    reason: str,
    note: str | None = None,
    on_phone_at: datetime | None = None,
    stops: Sequence[Stop] = (),
) -> None:
    """Cancel these planned meetings of a held child; whoever was told of one is told that it will not take place.

    So are those who were told that they repeat, where with them a series ``stops``.
    """
    with stepping_all(planned, Step.CANCELLED, on_phone_at=on_phone_at):
        for meeting in planned:
            meeting.state = MeetingState.CANCELLED.value
            meeting.reason = reason
            meeting.state_reason = note
            meeting.telling += 1
    if planned:
        duties.let_lapse(about_ids=[meeting.id for meeting in planned])
        tell_of(planned, parties, Reason.CANCELLED, worded=partial(_with_words, stops))


def tell_the_new_end(
    series: Series, before: Plan, parties: dict[str, Any], *, ahead: list[Meeting], birth_date: date
) -> None:
    """Replace the text, not gone out yet, that would say a held series goes on as it did ``before``."""
    waiting = list(words_wait(series, before, ahead=ahead, birth_date=birth_date))
    _tell_of_changes(waiting, parties, elsewhen=[])


def _with_words(stops: Sequence[Stop], subject: Subject, meeting: Meeting) -> Subject:
    for stop in stops:
        subject = stop.with_words(subject, meeting)
    return subject


def _days_after(
    series: Series, ahead: list[Meeting], *, since: date, until: date, moved_by: set[str]
) -> dict[date, date]:
    """For each day that goes on: which day it becomes."""
    old = [meeting.series_day for meeting in ahead if meeting.series_day is not None]
    if not moved_by:
        return {day: day for day in old}
    new = series.plan.days(since=max(since, clock.today()), until=max([until, *old]))
    if moved_by == {"except_dates"}:
        return {day: day for day in old if day in new}
    taken = series_queries.days_taken(series.id) - set(old)
    return paired(old, [day for day in new if day not in taken])


def _move_of(series: Series, meeting: Meeting, day: date) -> Moved:
    own = meeting.own_parts or ()
    return Moved(
        meeting=meeting,
        day=day,
        starts_at=meeting.starts_at if "starts_at" in own else moment_of(day, series.wall_clock),
        expected_minutes=meeting.expected_minutes if "expected_minutes" in own else series.expected_minutes,
    )


def _refused(
    series: Series, parties: dict[str, Any], moves: list[Moved], *, but: list[Meeting], asks_elsewhere: bool
) -> dict[date, WhyNot]:
    """Which of these moves cannot be made; raises ``ConsentMissing`` when another institution is not agreed to."""
    elsewhen = [move for move in moves if move.is_elsewhen]
    asked = moves if asks_elsewhere else elsewhen
    theirs = [move for move in asked if "accompaniment" not in (move.meeting.own_parts or ())]
    lacking = days_without_consent(series, {move.day: move.starts_at for move in theirs})
    if lacking and asks_elsewhere:
        raise rules.ConsentMissing()
    refused = dict.fromkeys(lacking, WhyNot.CONSENT_MISSING)
    clashing = series_queries.clashes_of(
        [move.time for move in elsewhen],
        specialist_id=parties["specialist_id"],
        child_id=series.child_id,
        but=[meeting.id for meeting in but],
    )
    now = clock.now()
    for number, move in enumerate(elsewhen):
        if number in clashing or move.starts_at <= now:
            refused[move.day] = WhyNot.MEETING_OVERLAPS
    return refused


def _follow_all(
    series: Series,
    parties: dict[str, Any],
    moves: list[Moved],
    *,
    changed: set[str],
    staying: set[date],
    remarks: Remarks,
) -> list[Meeting]:
    """Take the step of a change in the meetings that follow; gives those of which it must be told."""
    with stepping_all([move.meeting for move in moves], Step.CHANGED, on_phone_at=remarks.on_phone_at):
        told = [move.meeting for move in moves if _follow(series, move, changed, stays=move.day in staying)]
        for meeting in told:
            reason = reason_for(meeting.starts_at, parties, remarks)
            meeting.short_notice_reason = reason or meeting.short_notice_reason
            if meeting.specialist_id != parties["specialist_id"]:
                # Moved beyond the days of a substitution, it is the responsible specialist's again.
                meeting.specialist_id = parties_of_meeting(meeting)["specialist_id"]
    return told


def _follow(series: Series, move: Moved, changed: set[str], *, stays: bool) -> bool:
    """Change a meeting along with its series; gives whether that must be told."""
    meeting, own = move.meeting, set(move.meeting.own_parts or ())
    values = {
        column: getattr(series, column)
        for part, columns in OWN_PARTS.items()
        if part not in own | {"starts_at", "expected_minutes"}
        for column in columns
        if column in changed
    }
    meeting.series_day = move.day
    if stays:
        meeting.own_parts = own_parts_after(meeting.own_parts, {"starts_at", "expected_minutes"})
    else:
        values |= {"starts_at": move.starts_at, "expected_minutes": move.expected_minutes}
    altered = {name for name, value in values.items() if getattr(meeting, name) != value}
    if "starts_at" in altered:
        meeting.short_notice_reason = None
    for name in altered:
        setattr(meeting, name, values[name])
    meeting.ends_at = meeting.starts_at + timedelta(minutes=meeting.expected_minutes)
    must_tell = bool(rules.TOLD_PARTS & altered)
    meeting.telling += 1 if must_tell else 0
    return must_tell


def _tell_of_changes(
    meetings: list[Meeting], parties: dict[str, Any], *, elsewhen: list[uuid.UUID]
) -> set[uuid.UUID]:
    """Tell of these; of those that are on another day now what was unusual about the old one is over."""
    if elsewhen:
        duties.let_lapse(DutyKind.SERIES_DAY_UNUSUAL, about_ids=elsewhen)
    if not meetings:
        return set()
    duties.let_lapse(*unreached.KINDS, about_ids=[meeting.id for meeting in meetings])
    return tell_of(meetings, parties, Reason.CHANGED)
