"""What happens to meetings when something happens below: representatives, consents, cases, absences change."""

import uuid
from typing import Any

from bas_service import clock
from bas_service.announcements import service as announcements
from bas_service.announcements.rules import Reason
from bas_service.caseload.absences import substitutes_changed
from bas_service.caseload.models import Case
from bas_service.caseload.service import case_closing, case_handed_over
from bas_service.children.queries import others_concerned
from bas_service.children.service import consents_changed, representation_changed
from bas_service.database import rows
from bas_service.duties import service as duties
from bas_service.duties.rules import DutyKind
from bas_service.meetings import queries, rules, series_stopping, unreached
from bas_service.meetings.events import stepping_all
from bas_service.meetings.models import Meeting
from bas_service.meetings.rules import Kind, MeetingState, Step
from bas_service.meetings.series_changing import cancel_all
from bas_service.meetings.series_laying import tell_of
from bas_service.meetings.telling import has_consent, parties_of, parties_of_meeting, subject_of


def listen() -> None:
    """Follow what happens on lower floors; called once where the application is put together."""
    representation_changed.connect(_on_representation_changed, weak=False)
    case_handed_over.connect(_on_case_handed_over, weak=False)
    case_closing.connect(_on_case_closing, weak=False)
    substitutes_changed.connect(_on_substitutes_changed, weak=False)
    consents_changed.connect(_on_consents_changed, weak=False)


def _on_representation_changed(_sender: Any, *, child_id: uuid.UUID, representative_id: uuid.UUID) -> None:
    announcements.send_on(representative_id)
    announcements.withdraw_of_representative(representative_id)
    others = others_concerned(child_id, representative_id)
    for other_id in others:
        announcements.withdraw_of_representative(other_id, only_wrong=True)
    planned = queries.planned_ahead(child_id)
    # Asked once of each who holds some of them: in a series that are many meetings of one specialist.
    one_of_each = {meeting.specialist_id: meeting for meeting in planned}
    parties = {holder: parties_of_meeting(meeting) for holder, meeting in one_of_each.items()}
    subjects = [subject_of(meeting, parties[meeting.specialist_id]) for meeting in planned]
    for one in (representative_id, *others):
        announcements.renew_for(subjects, one)
    series_stopping.renew(child_id, (representative_id, *others))
    # Also of what was called off meanwhile: that is told nobody anew.
    unreached.look_again_at_child(child_id)

    _look_at_consents(child_id)


def _on_consents_changed(_sender: Any, *, child_id: uuid.UUID) -> None:
    _look_at_consents(child_id)


def _look_at_consents(child_id: uuid.UUID) -> None:
    """Each planned accompaniment without a consent in force is its specialist's duty at once (D7)."""
    for meeting in queries.to_be_started(child_id):
        if meeting.kind != Kind.ACCOMPANIMENT:
            continue
        if has_consent(meeting):
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
    begun = queries.begun_of(case.child_id)
    if begun:
        _move_begun(begun, to=parties_of(case.child_id)["specialist_id"])
    if planned:
        # Also what a substitute of the former specialist was to hold: they do not see the child any more.
        parties = parties_of(case.child_id)
        _move(planned, {meeting.id: parties["specialist_id"] for meeting in planned}, parties)


def _on_substitutes_changed(_sender: Any, *, child_id: uuid.UUID) -> None:
    for meeting in queries.begun_of(child_id):
        # Whoever stands in today goes on, whatever day it began.
        now_of = parties_of(child_id, holder=meeting.specialist_id, starts_at=clock.now(), without=meeting.id)
        _move_begun([meeting], to=now_of["specialist_id"])
    planned = queries.planned_ahead(child_id)
    holders = {meeting.id: parties_of_meeting(meeting)["specialist_id"] for meeting in planned}
    moved = [meeting for meeting in planned if meeting.specialist_id != holders[meeting.id]]
    if moved:
        _move(moved, holders, parties_of(child_id))


def _move(meetings: list[Meeting], holders: dict[uuid.UUID, uuid.UUID], parties: dict[str, Any]) -> None:
    """Let others hold these planned meetings of a held child; the names are told, of a series by one text."""
    with stepping_all(meetings, Step.MOVED):
        for meeting in meetings:
            meeting.specialist_id = holders[meeting.id]
            meeting.telling += 1
    duties.let_lapse(*unreached.KINDS, about_ids=[meeting.id for meeting in meetings])
    for holder in set(holders.values()):
        of_holder = [meeting.id for meeting in meetings if holders[meeting.id] == holder]
        duties.pass_on(DutyKind.CONSENT_LOST, about_ids=of_holder, to=holder)
    tell_of(meetings, parties, Reason.CHANGED)


def _move_begun(meetings: list[Meeting], *, to: uuid.UUID) -> None:
    """Let whoever is responsible now finish, or start, meetings whose time has come; who started them is history.

    Nobody is told: where the child is has not changed.
    """
    moved = [meeting for meeting in meetings if meeting.specialist_id != to]
    if not moved:
        return
    with stepping_all(moved, Step.MOVED):
        for meeting in moved:
            meeting.specialist_id = to
            # No reason to refuse what its new specialist is at, or has planned.
            meeting.beside_another = meeting.state == MeetingState.UNDER_WAY
    asked = (DutyKind.OVERDUE_RETURN, DutyKind.CONSENT_LOST, DutyKind.REPRESENTATIVE_UNREACHED)
    duties.pass_on(*asked, about_ids=[meeting.id for meeting in moved], to=to)


def _on_case_closing(_sender: Any, *, case: Case, cancel: bool, **_more: Any) -> None:
    planned = queries.planned_of_case(case.id) if cancel else []
    stops = series_stopping.stops_of_case(case.id, planned)
    if planned:
        cancel_all(planned, parties_of(case.child_id), reason=rules.CASE_CLOSED, stops=stops)
    unfinished = rows(
        "SELECT count(*) AS meetings FROM meetings WHERE case_id = :case AND state IN ('planned', 'under_way')",
        case=case.id,
    )[0]["meetings"]
    if unfinished:
        raise rules.CaseUnfinished(meetings=unfinished)
