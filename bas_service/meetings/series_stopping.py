"""A family that was told that meetings repeat hears when they no longer do: once, with the first called off (D6)."""

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from bas_service import clock
from bas_service.announcements import service as announcements
from bas_service.announcements.service import Subject
from bas_service.database import db, rows
from bas_service.meetings import series_queries
from bas_service.meetings.models import Meeting
from bas_service.meetings.repetition import moment_of
from bas_service.meetings.series_laying import lay_out_day
from bas_service.meetings.series_models import Series
from bas_service.meetings.series_rules import Plan, last_day_of_childhood
from bas_service.meetings.telling import parties_of, subject_of

_DAY = timedelta(days=1)
# So many days are tried for one on which specialist and child are free: a text needs a meeting to be about.
_MOST_TRIED = 7
# Who was told last that meetings like these go on, or stop later than now. Not whoever is about to be told the new
# end with a change of a meeting they know of. Nobody while another series goes on for this one.
_TOLD = """
    WITH RECURSIVE tree AS (
        SELECT id, continues FROM series WHERE id = :series
        UNION SELECT s.id, s.continues FROM series s JOIN tree t ON s.id = t.continues OR s.continues = t.id
            WHERE s.child_id = :child),
    said AS (
        SELECT DISTINCT ON (a.representative_id) a.representative_id, a.repeating, msg.state, m.series_day
        FROM meetings m JOIN announcements a ON a.meeting_id = m.id JOIN messages msg ON msg.id = a.message_id
        WHERE m.child_id = :child AND m.series_id IN (SELECT id FROM tree)
            AND a.repeating IS NOT NULL AND a.withdrawn_at IS NULL
            AND (msg.state IN ('sending', 'handed_over', 'delivered', 'uncertain') OR msg.state = 'queued'
                AND m.id <> ALL (:leaving) AND (a.repeating = 'stops' OR EXISTS (
                    SELECT FROM announcements before JOIN messages gone ON gone.id = before.message_id
                    WHERE before.meeting_id = a.meeting_id AND before.representative_id = a.representative_id
                        AND before.withdrawn_at IS NULL
                        AND gone.state IN ('sending', 'handed_over', 'delivered', 'uncertain'))))
        ORDER BY a.representative_id, a.created_at DESC, a.id DESC)
    SELECT representative_id FROM said
    WHERE CASE repeating WHEN 'goes_on' THEN state <> 'queued' ELSE series_day > :since END
        AND NOT EXISTS (SELECT FROM series s WHERE s.id IN (SELECT id FROM tree) AND s.id <> :series
            AND s.state = 'running' AND (s.last_day IS NULL OR s.last_day >= :since))
"""
# Whether words about all of them wait to go out with this meeting.
_WORDS_WAIT = """
    SELECT FROM announcements a JOIN messages m ON m.id = a.message_id
    WHERE a.meeting_id = :meeting AND a.repeating = 'goes_on' AND m.state = 'queued' LIMIT 1
"""
# Called off with the word that none follows, and that word was taken back.
_TAKEN_BACK = """
    SELECT a.representative_id, m.id FROM meetings m
    JOIN cases c ON c.id = m.case_id AND c.state = 'open'
    JOIN announcements a ON a.meeting_id = m.id JOIN messages msg ON msg.id = a.message_id
    WHERE m.child_id = :child AND m.state = 'cancelled' AND m.starts_at > :now
        AND a.representative_id = ANY(:whom) AND a.repeating = 'stops' AND a.replaces_id IS NULL
    GROUP BY a.representative_id, m.id, m.starts_at
    HAVING bool_and(a.withdrawn_at IS NOT NULL OR msg.state = 'withdrawn') ORDER BY m.starts_at, m.id
"""


@dataclass(frozen=True, kw_only=True)
class Stop:
    """From which day on a series is no more, and who must hear of it; ``beyond``: also of days not laid out."""

    series_id: uuid.UUID
    since: date
    whom: frozenset[uuid.UUID]
    beyond: bool

    def with_words(self, subject: Subject, meeting: Meeting) -> Subject:
        """A meeting that is called off, as one with which this is told."""
        if meeting.series_id != self.series_id or meeting.series_day is None or meeting.series_day < self.since:
            return subject
        return replace(subject, stops_for=self.whom, stops_beyond=self.beyond)


def stop_of(
    series: Series, before: Plan, parties: dict[str, Any], *, since: date, birth_date: date, planned: list[Meeting]
) -> Stop | None:
    """The end of a held series from a day on; ``planned`` are its meetings that are to be called off.

    Where nothing is laid out from that day on, a first one is, and added to them. ``None`` when nobody is waiting for
    further meetings.
    """
    childhood = last_day_of_childhood(birth_date)
    first_day = before.next_day(after=max(since, clock.today()) - _DAY, until=childhood)
    if first_day is None:
        return None
    leaving = [one.id for one in planned]
    found = rows(_TOLD, series=series.id, child=series.child_id, since=first_day, leaving=leaving)
    if not found:
        return None
    taken = series_queries.days_taken(series.id)
    after = max([*taken, first_day - _DAY])
    beyond = before.next_day(after=after, until=childhood) is not None
    if not any(one.series_day is not None and one.series_day >= first_day for one in planned):
        first = _first_of(series, before, parties, after=after, until=childhood)
        if first is None:
            return None
        planned.append(first)
    return Stop(
        series_id=series.id, since=first_day, whom=frozenset(row["representative_id"] for row in found), beyond=beyond
    )


def stop_of_change(
    series: Series, before: Plan, parties: dict[str, Any], *, birth_date: date, leaving: list[Meeting]
) -> Stop | None:
    """The end of a held series that was changed, if it ends a week or more before it did; else ``None``."""
    childhood = last_day_of_childhood(birth_date)
    last, used_to = series.plan.ends_on(horizon=childhood), before.ends_on(horizon=childhood)
    # What moves by some days is told as moved.
    if last is None or used_to is not None and used_to - last < timedelta(days=7):
        return None
    return stop_of(series, before, parties, since=last + _DAY, birth_date=birth_date, planned=leaving)


def stops_of_case(case_id: uuid.UUID, planned: list[Meeting]) -> list[Stop]:
    """The ends of all running series of a case that closes, as ``stop_of`` each."""
    stops = []
    for series in series_queries.running_of_case(case_id):
        birth_date = rows("SELECT birth_date FROM children WHERE id = :id", id=series.child_id)[0]["birth_date"]
        stop = stop_of(
            series,
            series.plan,
            parties_of(series.child_id),
            since=clock.today(),
            birth_date=birth_date,
            planned=planned,
        )
        stops += [stop] if stop else []
    return stops


def words_wait(series: Series, before: Plan, *, ahead: Iterable[Meeting], birth_date: date) -> Iterator[Meeting]:
    """The meeting whose text, not gone out yet, says until when its series goes on, where that has changed."""
    horizon = last_day_of_childhood(birth_date)
    if series.plan.ends_on(horizon=horizon) == before.ends_on(horizon=horizon):
        return
    for meeting in ahead:
        if meeting.series_day == series.told_with and rows(_WORDS_WAIT, meeting=meeting.id):
            yield meeting


def renew(child_id: uuid.UUID, representative_ids: Iterable[uuid.UUID]) -> None:
    """Tell representatives anew that series stop where that was taken back, and may be told by now (D29)."""
    found = rows(_TAKEN_BACK, child=child_id, whom=list(representative_ids), now=clock.now())
    if not found:
        return
    parties = parties_of(child_id)
    called_off = select(Meeting).where(Meeting.id.in_({row["id"] for row in found}))
    meetings = {meeting.id: meeting for meeting in db.session.scalars(called_off)}
    for one in {row["representative_id"] for row in found}:
        subjects = [subject_of(meetings[row["id"]], parties) for row in found if row["representative_id"] == one]
        announcements.renew_stops(subjects, one)


def _first_of(series: Series, before: Plan, parties: dict[str, Any], *, after: date, until: date) -> Meeting | None:
    """The first of a series' days after a day, laid out to be called off."""
    for _ in range(_MOST_TRIED):
        day = before.next_day(after=after, until=until)
        if day is None:
            return None
        if moment_of(day, before.clock) > clock.now():
            found = lay_out_day(series, parties, day, moment_of(day, before.clock))
            if found is not None:
                return found
        after = day
    return None
