"""The verbs of a meeting's life: start, extend, finish, cancel, miss it; afterwards correct it, add to it."""

from datetime import datetime, timedelta
from typing import Any

from bas_service import clock
from bas_service.announcements import service as announcements
from bas_service.announcements.rules import Reason
from bas_service.children.queries import representatives_to_tell
from bas_service.database import rows
from bas_service.duties import service as duties
from bas_service.duties.rules import DutyKind
from bas_service.meetings import events, queries, rules, unreached
from bas_service.meetings.events import stepping
from bas_service.meetings.models import Meeting
from bas_service.meetings.policies import POLICY_ON, policy_on
from bas_service.meetings.policy_rules import MeetingPolicy, policy_of
from bas_service.meetings.rules import MeetingState, Step, Warned
from bas_service.meetings.telling import check_consent, parties_of_meeting, tell, tell_return

_CORRECTING = f"""
    SELECT {POLICY_ON} AS policy, (SELECT e.at FROM meeting_events e
        WHERE e.meeting_id = :meeting AND e.step IN ('finished', 'cancelled', 'missed')) AS over_at
"""  # noqa: S608


def start_meeting(
    meeting: Meeting, *, unannounced_reason: str | None = None, on_phone_at: datetime | None = None
) -> None:
    """Start a locked meeting; without everybody told it takes a reason: ``MeetingUnannounced`` (D6).

    It starts now, or when a phone that was offline says so. Whether a reason is needed is judged by our clock (what
    a phone claims is refused to nobody), whether it was announced in time by the earlier of both. An accompaniment
    needs its consent on the day on which it really starts: ``ConsentMissing`` (D7). Hours before its time it is
    refused as ``MeetingTooEarly``, and as ``MeetingUnderWay`` while its specialist or child is at another one.
    """
    rules.check_state(meeting.state, MeetingState.PLANNED)
    now = clock.now()
    began_at = rules.moment_of(on_phone_at, now=now, since=meeting.created_at)
    check_consent(meeting, began_at=began_at)
    rules.check_not_too_early(began_at, meeting.starts_at)
    queries.check_none_under_way(meeting)
    to_tell = representatives_to_tell(meeting.child_id, on=clock.in_riga(meeting.starts_at).date())
    with stepping(meeting, Step.STARTED, on_phone_at=on_phone_at):
        meeting.state = MeetingState.UNDER_WAY.value
        meeting.started_at = now
        meeting.started_telling = meeting.telling
        meeting.had_to_be_told = [row["id"] for row in to_tell if row["must_be_told"]]
        announced = queries.was_announced(meeting)
        if not announced and unannounced_reason is None:
            raise rules.MeetingUnannounced()
        meeting.started_at = began_at
        if not announced or began_at < now and not queries.was_announced(meeting):
            meeting.unannounced_reason = unannounced_reason
    unreached.let_go(meeting)
    duties.let_lapse(DutyKind.CONSENT_LOST, DutyKind.MEETING_UNSETTLED, about_id=meeting.id)


def extend_meeting(meeting: Meeting, *, minutes: int, on_phone_at: datetime | None = None) -> tuple[str, ...]:
    """Let a locked meeting that is under way take longer; the representatives are told of the new end (D30).

    So much longer than when a phone that was offline says that this was decided. Of an end that is past by then
    nobody is told: the specialist is asked what is the matter.

    Raises ``InvalidRequest``, ``MeetingStateUnfit``; where it runs into another meeting, ``MeetingOverlaps``.
    """
    rules.check_state(meeting.state, MeetingState.UNDER_WAY)
    assert meeting.started_at is not None  # noqa: S101 - meetings_start holds in the database
    decided_at = rules.moment_of(on_phone_at, now=clock.now(), since=meeting.started_at)
    with stepping(meeting, Step.EXTENDED, on_phone_at=on_phone_at):
        meeting.ends_at = rules.end_after(meeting.starts_at, meeting.ends_at, minutes=minutes, now=decided_at)
        meeting.expected_minutes = int((meeting.ends_at - meeting.starts_at) / timedelta(minutes=1))
        meeting.telling += 1
        parties = parties_of_meeting(meeting)
    duties.let_lapse(DutyKind.OVERDUE_RETURN, DutyKind.OVERDUE_ALARM, about_id=meeting.id)
    return tell(meeting, Reason.EXTENDED, parties)


def finish_meeting(meeting: Meeting, form: dict[str, Any]) -> tuple[str, ...]:
    """Finish a locked meeting that is under way; not said, ``ended_at`` is now, or when an offline phone says so.

    Gives a warning for a first meeting of which nobody says whether the representative was there (D7).
    """
    rules.check_state(meeting.state, MeetingState.UNDER_WAY)
    assert meeting.started_at is not None  # noqa: S101 - meetings_start holds in the database
    now, on_phone_at = clock.now(), form.get("on_phone_at")
    said = form.get("ended_at") or rules.moment_of(on_phone_at, now=now, since=meeting.started_at)
    ended_at = rules.put_right(said, since=meeting.started_at, until=now)
    if ended_at != said:
        # Kept beside ours as what the phone claims.
        on_phone_at = on_phone_at or said
    rules.check_end(ended_at, meeting.started_at, now)
    with stepping(meeting, Step.FINISHED, on_phone_at=on_phone_at):
        meeting.state = MeetingState.HELD.value
        meeting.ended_at = ended_at
        meeting.summary = form.get("summary")
        meeting.child_opinion = form.get("child_opinion")
        meeting.representative_present = form.get("representative_present")
    # The child was met: what was missed before is over.
    duties.let_lapse(DutyKind.RHYTHM_MISSED, DutyKind.CHILD_UNREACHABLE, child_id=meeting.child_id)
    duties.let_lapse(about_id=meeting.id)
    tell_return(meeting, ended_at)
    unsaid = meeting.is_first and meeting.representative_present is None
    return (Warned.REPRESENTATIVE_PRESENCE_UNSAID.value,) if unsaid else ()


def cancel_meeting(meeting: Meeting, form: dict[str, Any]) -> tuple[str, ...]:
    """Cancel a locked, planned meeting for a reason of the policy; whoever was told of it is told so.

    Gives a warning when somebody of them cannot be told in writing.
    """
    rules.check_state(meeting.state, MeetingState.PLANNED)
    reason, note = form["reason"], form.get("note")
    rules.check_reason(policy_on(clock.today()).cancel_reasons, reason=reason, note=note)
    return call_off(meeting, reason=reason, note=note, on_phone_at=form.get("on_phone_at"))


def call_off(
    meeting: Meeting, *, reason: str, note: str | None = None, on_phone_at: datetime | None = None
) -> tuple[str, ...]:
    """Cancel a locked, planned meeting for a reason that needs no look at the policy; gives the warnings."""
    with stepping(meeting, Step.CANCELLED, on_phone_at=on_phone_at):
        meeting.state = MeetingState.CANCELLED.value
        meeting.reason = reason
        meeting.state_reason = note
        meeting.telling += 1
    duties.let_lapse(about_id=meeting.id)
    return tell(meeting, Reason.CANCELLED, parties_of_meeting(meeting))


def miss_meeting(meeting: Meeting, form: dict[str, Any]) -> None:
    """Record that a locked, planned meeting did not come about; nothing more is told about it.

    Raises ``InvalidRequest``, ``MeetingNotDue`` before its time, because then it must be cancelled: that is told.
    """
    rules.check_state(meeting.state, MeetingState.PLANNED)
    rules.check_due(meeting.starts_at, clock.now())
    reason, note = form["reason"], form.get("note")
    rules.check_reason(policy_on(clock.today()).miss_reasons, reason=reason, note=note)
    with stepping(meeting, Step.MISSED, on_phone_at=form.get("on_phone_at")):
        meeting.state = MeetingState.MISSED.value
        meeting.reason = reason
        meeting.state_reason = note
    duties.let_lapse(about_id=meeting.id)
    announcements.withdraw_of_meeting(meeting.id)


def correct_meeting(meeting: Meeting, form: dict[str, Any]) -> None:
    """Correct what was recorded about a locked meeting that is over; what it said before stays in its history.

    Of one held the times and the words, of one cancelled or missed the reason. Raises ``MeetingStateUnfit``,
    ``InvalidRequest``; ``CorrectionTooLate`` after the policy's days.
    """
    given = {name: value for name, value in form.items() if name != "on_phone_at"}
    rules.check_corrections(meeting.state, given)
    (found,) = rows(_CORRECTING, policy_day=clock.today(), meeting=meeting.id)
    policy = policy_of(found["policy"])
    # Our own clock's time, which no correction moves; meetings from before the history have none.
    over_on = clock.in_riga(found["over_at"] or meeting.ended_at or meeting.starts_at).date()
    rules.check_correctable(over_on, today=clock.today(), days=policy.correction_days)
    corrected = _corrected if meeting.state == MeetingState.HELD else _reason_corrected
    changed = {
        name: value for name, value in corrected(meeting, given, policy).items() if getattr(meeting, name) != value
    }
    if not changed:
        return
    with stepping(meeting, Step.CORRECTED, on_phone_at=form.get("on_phone_at")):
        if "started_at" in changed and meeting.started_at is not None:
            meeting.earliest_started_at = min(meeting.earliest_started_at or meeting.started_at, meeting.started_at)
        for name, value in changed.items():
            setattr(meeting, name, value)


def _corrected(meeting: Meeting, given: dict[str, Any], _policy: MeetingPolicy) -> dict[str, Any]:
    """What was recorded about a meeting that was held, as it is to be."""
    assert meeting.started_at is not None and meeting.ended_at is not None  # noqa: S101, PT018 - meetings_end
    times = {"started_at": meeting.started_at, "ended_at": meeting.ended_at} | given
    rules.check_corrected_start(times["started_at"], starts_at=meeting.starts_at, recorded=meeting.started_at)
    times["ended_at"] = rules.put_right(times["ended_at"], since=times["started_at"], until=clock.now())
    rules.check_end(times["ended_at"], times["started_at"], clock.now())
    return times


def _reason_corrected(meeting: Meeting, given: dict[str, Any], policy: MeetingPolicy) -> dict[str, Any]:
    """Why a meeting was cancelled, or did not come about, as it is to be; what the service did stays as it was."""
    if meeting.reason in {rules.CASE_CLOSED, rules.SERIES_CHANGED}:
        raise rules.MeetingStateUnfit(state=meeting.state)
    now_and_new = {"reason": meeting.reason, "note": meeting.state_reason} | given
    offered = policy.cancel_reasons if meeting.state == MeetingState.CANCELLED else policy.miss_reasons
    if given:
        rules.check_reason(offered, reason=now_and_new["reason"], note=now_and_new["note"])
    return {"reason": now_and_new["reason"], "state_reason": now_and_new["note"]}


def add_to_meeting(meeting: Meeting, form: dict[str, Any]) -> dict[str, Any]:
    """Add words to a locked meeting that is over; raises ``MeetingStateUnfit``."""
    rules.check_state(meeting.state, MeetingState.HELD, MeetingState.CANCELLED, MeetingState.MISSED)
    return events.add_words(meeting, form["text"], addition_id=form.get("id"), on_phone_at=form.get("on_phone_at"))
