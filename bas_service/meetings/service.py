"""The verbs: plan a meeting, change it, start, finish, miss, cancel it; every one of them tells (D6)."""

import uuid
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from bas_service import clock
from bas_service.announcements import service as announcements
from bas_service.announcements.rules import Reason, Told
from bas_service.announcements.service import Subject
from bas_service.caseload.absences import substitutes_changed
from bas_service.caseload.models import Case
from bas_service.caseload.rules import NoOpenCase
from bas_service.caseload.service import case_closing, case_handed_over
from bas_service.children.queries import consents_in_force, hold_child, representatives_to_tell
from bas_service.children.rules import Scope, covers
from bas_service.children.service import consents_changed, representation_changed
from bas_service.database import db, new_id, rows
from bas_service.duties import service as duties
from bas_service.duties.rules import DutyKind
from bas_service.meetings import queries, rules, unreached
from bas_service.meetings.models import Meeting
from bas_service.meetings.rules import Kind, MeetingState, PlaceType, Warned

# Everybody who plans for this specialist queues at the account's row: two overlapping plans that wait for each
# other in the exclusion constraint would end as a deadlock instead of a refusal.
_PARTIES = """
    SELECT ch.given_name, c.id AS case_id, a.id AS specialist_id, a.name AS specialist_name,
        a.phone AS specialist_phone
    FROM cases c JOIN children ch ON ch.id = c.child_id
    JOIN accounts a ON a.id = CASE WHEN stands_in(:holder, c.specialist_id, c.child_id, :day) THEN :holder
        ELSE c.specialist_id END
    WHERE c.child_id = :child AND c.state = 'open' FOR NO KEY UPDATE OF a
"""


def plan_meeting(form: dict[str, Any], *, by: uuid.UUID) -> tuple[Meeting, tuple[str, ...]]:
    """Plan a meeting with a child in sight, and tell the representatives; gives the meeting and warnings.

    Its specialist is the one responsible for the child, or the asker, where they stand in on that day (D3).
    Raises ``InvalidRequest``, ``NoOpenCase``, ``ConsentMissing``, ``NotFound``; an overlap is refused by the
    database as ``MeetingOverlaps``.
    """
    now = clock.now()
    rules.check_start(form["starts_at"], now)
    hold_child(form["child_id"])
    parties = _parties_of(form["child_id"], holder=by, starts_at=form["starts_at"])
    values = _columns_of(form)
    rules.check_place(values["place_type"], values["place_name"], values["place_address"])
    rules.check_accompaniment(form["kind"], values["institution"])
    meeting = Meeting(
        **{"id": new_id(), "note": None}
        | values
        | {
            "case_id": parties["case_id"],
            "specialist_id": parties["specialist_id"],
            "ends_at": form["starts_at"] + timedelta(minutes=form["expected_minutes"]),
            "state": MeetingState.PLANNED.value,
            "telling": 1,
            "version": 1,
            "created_at": now,
        }
    )
    _check_consent(meeting)
    db.session.add(meeting)
    db.session.flush()
    outcome = announcements.announce(_subject_of(meeting, parties), Reason.PLANNED)
    unreached.take_up(meeting, outcome)
    return meeting, _warnings_of(meeting, outcome)


def change_meeting(meeting: Meeting, form: dict[str, Any]) -> tuple[str, ...]:
    """Change a locked, planned meeting; what representatives were told wrongly is told anew."""
    rules.check_state(meeting.state, MeetingState.PLANNED)
    values = _columns_of(form)
    if "starts_at" in values and values["starts_at"] != meeting.starts_at:
        rules.check_start(values["starts_at"], clock.now())
    if "place_type" in values:
        rules.check_place(values["place_type"], values["place_name"], values["place_address"])
    rules.check_accompaniment(Kind(meeting.kind), values.get("institution", meeting.institution))
    changed = {name: value for name, value in values.items() if getattr(meeting, name) != value}
    if not changed:
        return ()
    for name, value in changed.items():
        setattr(meeting, name, value)
    meeting.ends_at = meeting.starts_at + timedelta(minutes=meeting.expected_minutes)
    meeting.version += 1
    must_tell = bool(rules.TOLD_PARTS & set(changed))
    meeting.telling += 1 if must_tell else 0
    if {"starts_at", "institution"} & set(changed):
        _check_consent(meeting)
    # Whoever moves a meeting queues with those who plan for the same specialist, before it is written.
    parties = _parties_of_meeting(meeting) if must_tell else {}
    if must_tell:
        # Moved beyond the days of a substitution, it is the responsible specialist's again.
        meeting.specialist_id = parties["specialist_id"]
    db.session.flush()
    return _tell(meeting, Reason.CHANGED, parties) if must_tell else ()


def start_meeting(meeting: Meeting, *, unannounced_reason: str | None) -> None:
    """Start a locked meeting; without everybody told it takes a reason: ``MeetingUnannounced`` (D6)."""
    rules.check_state(meeting.state, MeetingState.PLANNED)
    _check_consent(meeting)
    meeting.state = MeetingState.UNDER_WAY.value
    meeting.started_at = clock.now()
    meeting.started_telling = meeting.telling
    to_tell = representatives_to_tell(meeting.child_id, on=clock.in_riga(meeting.starts_at).date())
    meeting.had_to_be_told = [row["id"] for row in to_tell]
    if not queries.was_announced(meeting):
        if unannounced_reason is None:
            raise rules.MeetingUnannounced()
        meeting.unannounced_reason = unannounced_reason
    meeting.version += 1
    db.session.flush()
    unreached.let_go(meeting)


def extend_meeting(meeting: Meeting, *, minutes: int) -> tuple[str, ...]:
    """Let a locked meeting that is under way take longer; the representatives are told of the new end (D30).

    Raises ``InvalidRequest``, ``MeetingStateUnfit``; where it runs into another meeting, ``MeetingOverlaps``.
    """
    rules.check_state(meeting.state, MeetingState.UNDER_WAY)
    meeting.ends_at = rules.end_after(meeting.starts_at, meeting.ends_at, minutes=minutes, now=clock.now())
    meeting.expected_minutes = int((meeting.ends_at - meeting.starts_at) / timedelta(minutes=1))
    meeting.telling += 1
    meeting.version += 1
    parties = _parties_of_meeting(meeting)
    db.session.flush()
    duties.let_lapse(DutyKind.OVERDUE_RETURN, DutyKind.OVERDUE_ALARM, about_id=meeting.id)
    outcome = announcements.announce(_subject_of(meeting, parties), Reason.EXTENDED)
    somebody_missed = outcome.unreachable or not outcome.reachable
    return (Warned.NO_REACHABLE_REPRESENTATIVE.value,) if somebody_missed else ()


def finish_meeting(meeting: Meeting, form: dict[str, Any]) -> None:
    """Finish a locked meeting that is under way; ``ended_at`` is now when it is not said."""
    rules.check_state(meeting.state, MeetingState.UNDER_WAY)
    ended_at = form.get("ended_at") or clock.now()
    assert meeting.started_at is not None  # noqa: S101 - meetings_start holds in the database
    rules.check_end(ended_at, meeting.started_at, clock.now())
    meeting.state = MeetingState.HELD.value
    meeting.ended_at = ended_at
    meeting.summary = form.get("summary")
    meeting.child_opinion = form.get("child_opinion")
    meeting.version += 1
    db.session.flush()
    # The child was met: what was missed before is over.
    duties.let_lapse(DutyKind.RHYTHM_MISSED, DutyKind.CHILD_UNREACHABLE, child_id=meeting.child_id)
    duties.let_lapse(about_id=meeting.id)


def cancel_meeting(meeting: Meeting, *, reason: str) -> None:
    """Cancel a locked, planned meeting; whoever was told of it is told that it will not take place."""
    rules.check_state(meeting.state, MeetingState.PLANNED)
    meeting.state = MeetingState.CANCELLED.value
    meeting.state_reason = reason
    meeting.telling += 1
    meeting.version += 1
    db.session.flush()
    duties.let_lapse(about_id=meeting.id)
    _tell(meeting, Reason.CANCELLED, _parties_of_meeting(meeting))


def take_meeting(meeting: Meeting, *, by: uuid.UUID) -> tuple[str, ...]:
    """Let the asker hold a locked, planned meeting of the absent colleague they stand in for; the name is told.

    Raises ``MeetingStateUnfit``, and ``NoSubstitution`` when they do not stand in on the meeting's day.
    """
    rules.check_state(meeting.state, MeetingState.PLANNED)
    parties = _parties_of(meeting.child_id, holder=by, starts_at=meeting.starts_at)
    if parties["specialist_id"] != by:
        raise rules.NoSubstitution()
    return () if meeting.specialist_id == by else _move_to(meeting, parties)


def miss_meeting(meeting: Meeting, *, reason: str) -> None:
    """Record that a locked, planned meeting did not come about; nothing more is told about it.

    Raises ``MeetingNotDue`` before its time, because then it must be cancelled: that is told.
    """
    rules.check_state(meeting.state, MeetingState.PLANNED)
    rules.check_due(meeting.starts_at, clock.now())
    meeting.state = MeetingState.MISSED.value
    meeting.state_reason = reason
    meeting.version += 1
    db.session.flush()
    duties.let_lapse(about_id=meeting.id)
    announcements.withdraw_of_meeting(meeting.id)


def listen() -> None:
    """Follow what happens on lower floors; called once where the application is put together."""
    representation_changed.connect(_on_representation_changed, weak=False)
    case_handed_over.connect(_on_case_handed_over, weak=False)
    case_closing.connect(_on_case_closing, weak=False)
    substitutes_changed.connect(_on_substitutes_changed, weak=False)
    consents_changed.connect(_on_consents_changed, weak=False)


def _on_representation_changed(_sender: Any, *, child_id: uuid.UUID, representative_id: uuid.UUID) -> None:
    announcements.withdraw_of_representative(representative_id)
    planned = queries.planned_ahead(child_id)
    for meeting in planned:
        announcements.renew_for(_subject_of(meeting, _parties_of_meeting(meeting)), representative_id)
    if planned:
        unreached.look_again_at_child(child_id)

    _look_at_consents(child_id)


def _on_consents_changed(_sender: Any, *, child_id: uuid.UUID) -> None:
    _look_at_consents(child_id)


def _look_at_consents(child_id: uuid.UUID) -> None:
    """Each planned accompaniment without a consent in force is its specialist's duty at once (D7)."""
    for meeting in queries.planned_ahead(child_id):
        if meeting.kind != Kind.ACCOMPANIMENT:
            continue
        if _has_consent(meeting):
            duties.let_lapse(DutyKind.CONSENT_LOST, about_id=meeting.id)
        elif not duties.is_open(DutyKind.CONSENT_LOST, meeting.id):
            now, local = clock.now(), clock.in_riga(meeting.starts_at)
            duties.raise_duty(
                DutyKind.CONSENT_LOST,
                child_id=child_id,
                account_id=meeting.specialist_id,
                about_id=meeting.id,
                # Lost, given and lost again is another time.
                occasion=now.isoformat(),
                due_at=now,
                day=local.date().isoformat(),
                clock=f"{local:%H:%M}",
            )


def _on_case_handed_over(_sender: Any, *, case: Case) -> None:
    planned = queries.planned_ahead(case.child_id)
    # Also what a substitute of the former specialist was to hold: they do not see the child any more.
    parties = _parties_of(case.child_id) if planned else {}
    for meeting in planned:
        _move_to(meeting, parties)


def _on_substitutes_changed(_sender: Any, *, child_id: uuid.UUID) -> None:
    for meeting in queries.planned_ahead(child_id):
        parties = _parties_of_meeting(meeting)
        if parties["specialist_id"] != meeting.specialist_id:
            _move_to(meeting, parties)


def _on_case_closing(_sender: Any, *, case: Case, cancel: bool, reason: str) -> None:
    if cancel:
        for meeting in queries.planned_of_case(case.id):
            cancel_meeting(meeting, reason=reason)
    unfinished = rows(
        "SELECT count(*) AS meetings FROM meetings WHERE case_id = :case AND state IN ('planned', 'under_way')",
        case=case.id,
    )[0]["meetings"]
    if unfinished:
        raise rules.CaseUnfinished(meetings=unfinished)


def _move_to(meeting: Meeting, parties: dict[str, Any]) -> tuple[str, ...]:
    meeting.specialist_id = parties["specialist_id"]
    meeting.telling += 1
    meeting.version += 1
    db.session.flush()
    return _tell(meeting, Reason.CHANGED, parties)


def _parties_of(
    child_id: uuid.UUID, *, holder: uuid.UUID | None = None, starts_at: datetime | None = None
) -> dict[str, Any]:
    """Child, case, and whose a meeting is: the responsible specialist's, or ``holder``'s if they stand in then."""
    day = clock.in_riga(starts_at).date() if starts_at else None
    found = rows(_PARTIES, sealed={"specialist_phone": "accounts.phone"}, child=child_id, holder=holder, day=day)
    if not found:
        raise NoOpenCase()
    return found[0]


def _parties_of_meeting(meeting: Meeting) -> dict[str, Any]:
    return _parties_of(meeting.child_id, holder=meeting.specialist_id, starts_at=meeting.starts_at)


def _columns_of(form: dict[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {
        name: form[name]
        for name in ("id", "child_id", "kind", "starts_at", "expected_minutes", "transport", "note")
        if name in form
    }
    if "place" in form:
        place = form["place"]
        values |= {
            "place_type": PlaceType(place["type"]).value,
            "place_name": place.get("name"),
            "place_address": place.get("address"),
        }
    if "accompaniment" in form or "kind" in form:
        given = form.get("accompaniment") or {}
        values |= {"institution": given.get("institution"), "purpose": given.get("purpose")}
    return {name: value.value if isinstance(value, StrEnum) else value for name, value in values.items()}


def _check_consent(meeting: Meeting) -> None:
    if meeting.kind == Kind.ACCOMPANIMENT and not _has_consent(meeting):
        raise rules.ConsentMissing()


def _has_consent(meeting: Meeting) -> bool:
    day = clock.in_riga(meeting.starts_at).date()
    assert meeting.institution is not None  # noqa: S101 - meetings_accompaniment holds in the database
    consents = consents_in_force(meeting.child_id, on=day)
    fit = (
        covers(consent, scope=Scope.ACCOMPANIMENT, institution=meeting.institution, on=day, now=clock.now())
        for consent in consents
    )
    return any(fit)


def _subject_of(meeting: Meeting, parties: dict[str, Any]) -> Subject:
    return Subject(
        meeting_id=meeting.id,
        child_id=meeting.child_id,
        telling=meeting.telling,
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
        ),
    )


def _tell(meeting: Meeting, reason: Reason, parties: dict[str, Any]) -> tuple[str, ...]:
    outcome = announcements.announce(_subject_of(meeting, parties), reason)
    if reason is not Reason.CANCELLED:
        unreached.let_go(meeting)
        unreached.take_up(meeting, outcome)
    return _warnings_of(meeting, outcome)


def _warnings_of(meeting: Meeting, outcome: announcements.Outcome) -> tuple[str, ...]:
    warnings = []
    if meeting.starts_at - clock.now() < rules.SHORT_NOTICE:
        warnings.append(Warned.SHORT_NOTICE.value)
    if outcome.unreachable or not outcome.reachable:
        warnings.append(Warned.NO_REACHABLE_REPRESENTATIVE.value)
    return tuple(warnings)
