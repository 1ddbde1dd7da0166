"""Endpoints of cases, caseloads, load policies."""

import uuid
from datetime import date
from typing import Any

from flask import g

from bas_service.access.gate import gate
from bas_service.access.queries import colleague_in_sight, team_of
from bas_service.access.rules import Role
from bas_service.caseload import absences, contact, queries, service
from bas_service.caseload import policies as policies_service
from bas_service.caseload.leaving import let_leave, what_is_left
from bas_service.caseload.models import Absence, Case, ContactAttempt, LoadPolicyRow
from bas_service.caseload.schemas import (
    AbsencesFilter,
    AbsencesPage,
    AbsenceView,
    AttemptsList,
    AttemptView,
    Caseload,
    CaseView,
    ChangeAbsence,
    ChangeCase,
    CloseCase,
    EnterAbsence,
    HandOver,
    Leave,
    LeavingView,
    Left,
    MakePolicy,
    OpenCase,
    PoliciesList,
    PolicyView,
    RecordAttempt,
    ReopenCase,
    Team,
)
from bas_service.errors import NotFound
from bas_service.http.bodies import Blueprint
from bas_service.http.concurrency import changes_a_version, check_if_match
from bas_service.http.fields import Nothing
from bas_service.http.idempotency import answers_once
from bas_service.http.paging import page_of, read_cursor

blueprint = Blueprint("caseload", __name__, url_prefix="/api/v1", description="Cases and how heavy they are")


@blueprint.route("/cases", methods=["POST"])
@gate(Role.SUPERVISOR)
@answers_once
@blueprint.arguments(OpenCase)
@blueprint.response(201, CaseView)
def open_case(form: dict[str, Any]) -> Case:
    """Give a child to a specialist of one's team; refused above the maximum unless `exceeding` says why."""
    return service.open_case(form, by=g.asking.account_id)


@blueprint.route("/cases/<uuid:case_id>")
@gate(Role.SPECIALIST, Role.SUPERVISOR)
@blueprint.response(200, CaseView)
def show(case_id: uuid.UUID) -> Case:
    """One case."""
    return queries.case_in_sight(case_id)


@blueprint.route("/cases/<uuid:case_id>", methods=["PATCH"])
@gate(Role.SUPERVISOR)
@changes_a_version
@answers_once
@blueprint.arguments(ChangeCase)
@blueprint.response(200, CaseView)
def change(form: dict[str, Any], case_id: uuid.UUID) -> Case:
    """Change complexity, agreed rhythm or the exception from the maximum."""
    case = _case_to_change(case_id)
    service.change_case(case, form)
    return case


@blueprint.route("/cases/<uuid:case_id>/transfer", methods=["POST"])
@gate(Role.SUPERVISOR)
@changes_a_version
@answers_once
@blueprint.arguments(HandOver)
@blueprint.response(200, CaseView)
def hand_over(form: dict[str, Any], case_id: uuid.UUID) -> Case:
    """Hand a case, and the meetings planned in it, over to another specialist of the team."""
    case = _case_to_change(case_id)
    service.hand_over_case(case, **form, by=g.asking.account_id)
    return case


@blueprint.route("/cases/<uuid:case_id>/close", methods=["POST"])
@gate(Role.SUPERVISOR)
@changes_a_version
@answers_once
@blueprint.arguments(CloseCase)
@blueprint.response(200, CaseView)
def close(form: dict[str, Any], case_id: uuid.UUID) -> Case:
    """Close a case; refused while a meeting is under way, or planned and `cancel_meetings` is not said."""
    case = _case_to_change(case_id)
    service.close_case(case, **form, by=g.asking.account_id)
    return case


@blueprint.route("/cases/<uuid:case_id>/reopen", methods=["POST"])
@gate(Role.SUPERVISOR)
@changes_a_version
@answers_once
@blueprint.arguments(ReopenCase)
@blueprint.response(200, CaseView)
def reopen(form: dict[str, Any], case_id: uuid.UUID) -> Case:
    """Open a closed case again, with the specialist it had unless another one is named."""
    case = _case_to_change(case_id)
    service.reopen_case(case, form, by=g.asking.account_id)
    return case


@blueprint.route("/caseload")
@gate(Role.SPECIALIST)
@blueprint.response(200, Caseload)
def own_caseload() -> dict[str, Any]:
    """One's own open cases, weighed, and those of absent colleagues one stands in for today."""
    return queries.caseload_of({"id": g.asking.account_id, "name": g.asking.name}, standing_in=True)


@blueprint.route("/specialists")
@gate(Role.SUPERVISOR)
@blueprint.response(200, Team)
def team() -> dict[str, Any]:
    """The specialists of one's team with their loads."""
    return {"items": queries.loads_of(team_of(g.asking.account_id)), "next": None}


@blueprint.route("/specialists/<uuid:specialist_id>/caseload")
@gate(Role.SPECIALIST, Role.SUPERVISOR)
@blueprint.response(200, Caseload)
def caseload(specialist_id: uuid.UUID) -> dict[str, Any]:
    """A specialist's open cases, for the specialist and the team's supervisor."""
    specialist = colleague_in_sight(specialist_id, asking=g.asking.account_id)
    if specialist is None:
        raise NotFound()
    return queries.caseload_of(specialist)


@blueprint.route("/specialists/<uuid:specialist_id>/leaving")
@gate(Role.SUPERVISOR)
@blueprint.response(200, LeavingView)
def leaving(specialist_id: uuid.UUID) -> dict[str, Any]:
    """What a specialist who leaves would leave behind: the first step of letting them leave."""
    return what_is_left(specialist_id, asking=g.asking.account_id)


@blueprint.route("/specialists/<uuid:specialist_id>/leave", methods=["POST"])
@gate(Role.SUPERVISOR)
@answers_once
@blueprint.arguments(Leave)
@blueprint.response(200, Left)
def leave(form: dict[str, Any], specialist_id: uuid.UUID) -> dict[str, Any]:
    """Hand all of a specialist's cases over and end their access, all or nothing; refused while a case is left."""
    return let_leave(specialist_id, form, by=g.asking.account_id)


@blueprint.route("/absences", methods=["POST"])
@gate(Role.SUPERVISOR)
@answers_once
@blueprint.arguments(EnterAbsence)
@blueprint.response(201, AbsenceView)
def enter_absence(form: dict[str, Any]) -> dict[str, Any]:
    """Enter a specialist's absence and who stands in; substitutes see the children on those days only."""
    return absences.views_of([absences.enter_absence(form, by=g.asking.account_id)])[0]


@blueprint.route("/absences")
@gate(Role.SPECIALIST, Role.SUPERVISOR)
@blueprint.arguments(AbsencesFilter, location="query")
@blueprint.response(200, AbsencesPage)
def absences_page(wanted: dict[str, Any]) -> dict[str, Any]:
    """Absences that concern oneself or one's team: of a day, or all that are not over."""
    found = absences.absences_page(
        on=wanted.get("on"),
        specialist_id=wanted.get("specialist_id"),
        after=read_cursor(wanted.get("cursor"), date.fromisoformat, uuid.UUID),
        limit=wanted["limit"],
    )
    return page_of(found, wanted["limit"], "valid_from", "id")


@blueprint.route("/absences/<uuid:absence_id>")
@gate(Role.SPECIALIST, Role.SUPERVISOR)
@blueprint.response(200, AbsenceView)
def show_absence(absence_id: uuid.UUID) -> dict[str, Any]:
    """One absence."""
    return absences.views_of([absences.absence_in_sight(absence_id)])[0]


@blueprint.route("/absences/<uuid:absence_id>", methods=["PATCH"])
@gate(Role.SUPERVISOR)
@changes_a_version
@answers_once
@blueprint.arguments(ChangeAbsence)
@blueprint.response(200, AbsenceView)
def change_absence(form: dict[str, Any], absence_id: uuid.UUID) -> dict[str, Any]:
    """Change an absence's last day, reason, or substitutes."""
    absence = _absence_to_change(absence_id)
    absences.change_absence(absence, form, by=g.asking.account_id)
    return absences.views_of([absence])[0]


@blueprint.route("/absences/<uuid:absence_id>/end", methods=["POST"])
@gate(Role.SUPERVISOR)
@changes_a_version
@answers_once
@blueprint.arguments(Nothing)
@blueprint.response(200, AbsenceView)
def end_absence(_nothing: dict[str, Any], absence_id: uuid.UUID) -> dict[str, Any]:
    """End an absence now: the specialist is back early, or it was entered by mistake."""
    absence = _absence_to_change(absence_id)
    absences.end_absence(absence)
    return absences.views_of([absence])[0]


@blueprint.route("/children/<uuid:child_id>/contact-attempts", methods=["POST"])
@gate(Role.SPECIALIST, Role.SUPERVISOR)
@answers_once
@blueprint.arguments(RecordAttempt)
@blueprint.response(201, AttemptView)
def record_attempt(form: dict[str, Any], child_id: uuid.UUID) -> ContactAttempt:
    """Record an attempt to reach a child; after three in vain it becomes the supervisor's duty."""
    return contact.record_attempt(child_id, form, by=g.asking.account_id)


@blueprint.route("/children/<uuid:child_id>/contact-attempts")
@gate(Role.SPECIALIST, Role.SUPERVISOR)
@blueprint.response(200, AttemptsList)
def attempts(child_id: uuid.UUID) -> dict[str, Any]:
    """All attempts to reach a child, the latest first."""
    return {"items": contact.attempts_of(child_id), "next": None}


@blueprint.route("/load-policies")
@gate()
@blueprint.response(200, PoliciesList)
def policies() -> dict[str, Any]:
    """All load policies, past, present and prepared."""
    return {"items": queries.policies(), "next": None}


@blueprint.route("/load-policies", methods=["POST"])
@gate(Role.COORDINATOR, Role.ADMINISTRATOR)
@answers_once
@blueprint.arguments(MakePolicy)
@blueprint.response(201, PolicyView)
def make_policy(form: dict[str, Any]) -> LoadPolicyRow:
    """Make a load policy that begins today or later; earlier ones are never edited."""
    return policies_service.make_load_policy(form, by=g.asking.account_id)


def _absence_to_change(absence_id: uuid.UUID) -> Absence:
    absence = absences.absence_in_sight(absence_id, lock=True)
    check_if_match(absence.version, current=lambda: AbsenceView().dump(absences.views_of([absence])[0]))
    return absence


def _case_to_change(case_id: uuid.UUID) -> Case:
    case = queries.case_in_sight(case_id, lock=True)
    queries.check_decides_on_case(case.child_id)
    check_if_match(case.version, current=lambda: CaseView().dump(case))
    return case
