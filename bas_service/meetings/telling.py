"""What verbs around a meeting share: whose it is, whether there is consent, that everybody is told (D6, D7)."""

import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bas_service import clock
from bas_service.announcements import service as announcements
from bas_service.announcements.queries import telling_policy
from bas_service.announcements.rules import Reason, Told
from bas_service.announcements.service import Subject
from bas_service.caseload.rules import NoOpenCase
from bas_service.children.queries import CONSENTS_ON, consents_in, consents_in_force
from bas_service.children.rules import ConsentGiven, Scope, covers
from bas_service.database import rows
from bas_service.errors import NotFound
from bas_service.meetings import rules, unreached
from bas_service.meetings.engagements import ENGAGED, engaged_in
from bas_service.meetings.habits import EARLIER, earlier_in
from bas_service.meetings.models import Meeting
from bas_service.meetings.policies import POLICY_ON
from bas_service.meetings.policy_rules import policy_of
from bas_service.meetings.rules import Kind, Warned
from bas_service.meetings.series_telling import telling_of
from bas_service.meetings.warning_rules import time_warnings
from bas_service.meetings.week import is_too_full
from bas_service.meetings.week_rules import Span, day_of, days_of, planned_within

# What is told of a meeting that is not to come any more.
_NEWS = frozenset({Reason.CANCELLED, Reason.EXTENDED})
# Everybody who plans for this specialist queues at the account's row: two overlapping plans that wait for each
# other in the exclusion constraint would end as a deadlock instead of a refusal.
# One statement for all that planning asks: whether the child is in sight still, whose the meeting is, whether they
# are absent then (none is longer than a day), the policy, whether it is the case's first meeting, and where else the
# child has to be. Of an accompaniment the consents, and where it is not said how long it takes, earlier meetings.
_PARTIES = f"""
    WITH held AS MATERIALIZED (
        SELECT c.id AS case_id, a.id AS specialist_id, a.name AS specialist_name, a.phone AS specialist_phone
        FROM cases c JOIN accounts a ON a.id = CASE WHEN stands_in(:holder, c.specialist_id, c.child_id, :day)
            THEN :holder ELSE c.specialist_id END
        WHERE c.child_id = :child AND c.state = 'open' FOR NO KEY UPDATE OF a)
    SELECT ch.given_name, held.*, {POLICY_ON} AS policy,
        (SELECT jsonb_agg(jsonb_build_array(ab.valid_from, ab.valid_until)) FROM absences ab
            WHERE ab.specialist_id = held.specialist_id AND ab.ended_at IS NULL
            AND ab.valid_from <= CAST(:day AS date) + 1 AND ab.valid_until >= :day) AS absences,
        NOT EXISTS (SELECT FROM meetings m WHERE m.case_id = held.case_id
            AND m.state NOT IN ('cancelled', 'missed') AND m.starts_at <= :starts_at) AS is_first,
        {ENGAGED} AS engaged,
        CASE WHEN :accompanied THEN {CONSENTS_ON} END AS consents,
        CASE WHEN NOT :measured THEN {EARLIER} END AS earlier
    FROM children ch LEFT JOIN held ON true WHERE ch.id = :child
"""  # noqa: S608


def parties_of(
    child_id: uuid.UUID,
    *,
    holder: uuid.UUID | None = None,
    starts_at: datetime | None = None,
    accompanied: bool = False,
    measured: bool = True,
    without: uuid.UUID | None = None,
) -> dict[str, Any]:
    """Child, case, and whose a meeting is: the responsible specialist's, or ``holder``'s if they stand in then.

    With the policy in force today, and where else the child has to be around ``starts_at``, one meeting left out
    (``without``). If it is to be ``accompanied`` with the consents of its day, if it is not ``measured`` yet with
    earlier meetings. Raises ``NotFound`` for a child that is not in sight, ``NoOpenCase``.
    """
    within = planned_within(starts_at) if starts_at else None
    found = rows(
        _PARTIES,
        sealed={"specialist_phone": "accounts.phone"},
        child=child_id,
        holder=holder,
        day=day_of(starts_at) if starts_at else None,
        starts_at=starts_at,
        now=clock.now(),
        accompanied=accompanied,
        measured=measured,
        policy_day=clock.today(),
        since=within and within.starts_at,
        until=within and within.ends_at,
        without=without,
    )
    if not found:
        raise NotFound()
    if found[0]["case_id"] is None:
        raise NoOpenCase()
    return found[0] | {
        "engaged": within and engaged_in(found[0]["engaged"], within),
        "consents": consents_in(found[0]["consents"] or []),
        "earlier": earlier_in(found[0]["earlier"] or []),
    }


def parties_of_meeting(meeting: Meeting) -> dict[str, Any]:
    """The parties of a meeting as it is now."""
    return parties_of(meeting.child_id, holder=meeting.specialist_id, starts_at=meeting.starts_at, without=meeting.id)


def check_consent(
    meeting: Meeting, *, began_at: datetime | None = None, consents: list[ConsentGiven] | None = None
) -> None:
    """Refuse an accompaniment to which nobody has agreed on its day: ``ConsentMissing`` (D7).

    Of one that begins, on the day on which it really does (``began_at``): that may be another one than was planned.
    What was withdrawn after that moment, while a phone was offline, was in force still. ``consents`` are those in
    force on that day, where they are known already.
    """
    if meeting.kind == Kind.ACCOMPANIMENT and not has_consent(meeting, began_at=began_at, consents=consents):
        raise rules.ConsentMissing()


def has_consent(
    meeting: Meeting, *, began_at: datetime | None = None, consents: list[ConsentGiven] | None = None
) -> bool:
    """Whether somebody who represents the child on the day of an accompaniment has agreed to it (D7)."""
    day = clock.in_riga(began_at or meeting.starts_at).date()
    assert meeting.institution is not None  # noqa: S101 - meetings_accompaniment holds in the database
    at = began_at or clock.now()
    if consents is None:
        consents = consents_in_force(meeting.child_id, on=day, at=at)
    fit = (
        covers(consent, scope=Scope.ACCOMPANIMENT, institution=meeting.institution, on=day, now=at)
        for consent in consents
    )
    return any(fit)


def subject_of(meeting: Meeting, parties: dict[str, Any]) -> Subject:
    """A meeting as its announcements tell of it; ``parties`` are the child's and the specialist's."""
    repeating = telling_of(meeting, policy_of(parties["policy"]))
    return Subject(
        meeting_id=meeting.id,
        child_id=meeting.child_id,
        telling=meeting.telling,
        not_before=repeating["not_before"],
        series_id=meeting.series_id,
        told=Told(
            given_name=parties["given_name"],
            kind=meeting.kind,
            starts_at=meeting.starts_at,
            expected_minutes=meeting.expected_minutes,
            place_type=meeting.place_type,
            place_name=meeting.place_name,
            place_address=meeting.place_address,
            specialist_name=parties["specialist_name"],
            specialist_phone=parties["specialist_phone"],
            repeats=repeating["repeats"],
        ),
    )


def tell(meeting: Meeting, reason: Reason, parties: dict[str, Any]) -> tuple[str, ...]:
    """Tell the representatives of a meeting; whom no text reaches is somebody's task. Gives the warnings.

    That it is off, or takes longer, has only one to warn of: somebody who knew of it cannot be told so in writing.
    """
    outcome = announcements.announce(subject_of(meeting, parties), reason)
    if reason is not Reason.PLANNED:
        unreached.let_go(meeting)
    if reason in _NEWS:
        is_somebody_missed = unreached.take_up_news([meeting])
        # That it takes longer must be told; where there is nobody to tell it to, whoever extends should know.
        is_somebody_missed |= reason is Reason.EXTENDED and outcome.misses_somebody
        return (Warned.NO_REACHABLE_REPRESENTATIVE.value,) if is_somebody_missed else ()
    unreached.take_up(meeting, outcome)
    return _warnings_of(meeting, outcome, parties)


def tell_return(meeting: Meeting, ended_at: datetime) -> None:
    """Tell that a meeting has ended, where the policy wants that (D26)."""
    if not telling_policy().tell_return:
        return
    subject = subject_of(meeting, parties_of_meeting(meeting))
    minutes = int((ended_at - meeting.starts_at) / timedelta(minutes=1))
    told = replace(subject.told, expected_minutes=minutes)
    announcements.announce(replace(subject, told=told), Reason.RETURNED)


def _warnings_of(meeting: Meeting, outcome: announcements.Outcome, parties: dict[str, Any]) -> tuple[str, ...]:
    warnings = time_warnings(
        Span(meeting.starts_at, meeting.ends_at),
        policy=policy_of(parties["policy"]),
        office_hours_on=parties["engaged"].office_hours_on,
        now=clock.now(),
        explained=meeting.short_notice_reason is not None,
    )
    if outcome.misses_somebody:
        warnings.append(Warned.NO_REACHABLE_REPRESENTATIVE)
    days = [day.isoformat() for day in days_of(Span(meeting.starts_at, meeting.ends_at))]
    if any(first <= day <= last for first, last in parties["absences"] or () for day in days):
        warnings.append(Warned.SPECIALIST_ABSENT)
    if parties["engaged"] and is_too_full(meeting, parties["engaged"]):
        warnings.append(Warned.CHILD_WEEK_FULL)
    return tuple(warning.value for warning in warnings)
