"""Endpoints of cases, caseloads, load policies."""

import uuid
from typing import Any

from flask import g

from bas_service.access.gate import gate
from bas_service.access.queries import colleague_in_sight, team_of
from bas_service.access.rules import Role
from bas_service.caseload import queries, service
from bas_service.caseload.models import Case, LoadPolicyRow
from bas_service.caseload.schemas import (
    Caseload,
    CaseView,
    ChangeCase,
    CloseCase,
    HandOver,
    MakePolicy,
    OpenCase,
    PoliciesList,
    PolicyView,
    Team,
)
from bas_service.errors import NotFound
from bas_service.http.bodies import Blueprint
from bas_service.http.concurrency import changes_a_version, check_if_match
from bas_service.http.idempotency import answers_once

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
    """Close a case; refused while a meeting is planned or under way."""
    case = _case_to_change(case_id)
    service.close_case(case, **form)
    return case


@blueprint.route("/caseload")
@gate(Role.SPECIALIST)
@blueprint.response(200, Caseload)
def own_caseload() -> dict[str, Any]:
    """One's own open cases, weighed."""
    return queries.caseload_of({"id": g.asking.account_id, "name": g.asking.name})


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
    return service.make_policy(form, by=g.asking.account_id)


def _case_to_change(case_id: uuid.UUID) -> Case:
    case = queries.case_in_sight(case_id, lock=True)
    check_if_match(case.version, current=lambda: CaseView().dump(case))
    return case
