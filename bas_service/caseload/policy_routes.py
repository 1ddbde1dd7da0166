"""Endpoints of the dated policies: prepare, look at the effect, take back."""

import uuid
from typing import Any

from flask import g

from bas_service.access.gate import gate, only_looks
from bas_service.access.rules import Role
from bas_service.caseload import policies
from bas_service.caseload.policy_models import CaseworkPolicy, WithdrawnPolicy
from bas_service.caseload.policy_rules import PolicyKind
from bas_service.caseload.policy_schemas import (
    CaseworkPoliciesList,
    CaseworkPolicyView,
    MakeCaseworkPolicy,
    PolicyEffect,
    WithdrawnPolicyView,
)
from bas_service.caseload.schemas import PolicyValues
from bas_service.http.bodies import Blueprint
from bas_service.http.fields import Nothing
from bas_service.http.idempotency import answers_once

blueprint = Blueprint("policies", __name__, url_prefix="/api/v1", description="The dated policies of the caseload")

MAKERS = (Role.COORDINATOR, Role.ADMINISTRATOR)


@blueprint.route("/load-policies/preview", methods=["POST"])
@gate(Role.SUPERVISOR, *MAKERS)
@only_looks
@blueprint.arguments(PolicyValues)
@blueprint.response(200, PolicyEffect)
def preview(form: dict[str, Any]) -> dict[str, Any]:
    """What a load policy would do to today's open cases; nothing is made.

    Supervisors get their own team by name, the others all teams in numbers.
    """
    return policies.effect_of(policies.previewed_policy(form), asking=g.asking.account_id, role=g.asking.role)


@blueprint.route("/load-policies/<uuid:load_policy_id>/effect")
@gate(Role.SUPERVISOR, *MAKERS)
@blueprint.response(200, PolicyEffect)
def effect(load_policy_id: uuid.UUID) -> dict[str, Any]:
    """What a load policy does, or will do, to today's open cases."""
    policy = policies.load_policy_of(load_policy_id)
    return policies.effect_of(policy, asking=g.asking.account_id, role=g.asking.role)


@blueprint.route("/load-policies/<uuid:load_policy_id>/withdraw", methods=["POST"])
@gate(*MAKERS)
@answers_once
@blueprint.arguments(Nothing)
@blueprint.response(200, WithdrawnPolicyView)
def withdraw_load_policy(_form: dict[str, Any], load_policy_id: uuid.UUID) -> WithdrawnPolicy:
    """Take a load policy back that has not begun; its day is free again."""
    return policies.withdraw(PolicyKind.LOAD, load_policy_id)


@blueprint.route("/casework-policies")
@gate()
@blueprint.response(200, CaseworkPoliciesList)
def casework_policies() -> dict[str, Any]:
    """Rhythms, reasons for closing and periods: past, present and prepared."""
    return {"items": policies.casework_policies(), "next": None}


@blueprint.route("/casework-policies", methods=["POST"])
@gate(*MAKERS)
@answers_once
@blueprint.arguments(MakeCaseworkPolicy)
@blueprint.response(201, CaseworkPolicyView)
def make_casework_policy(form: dict[str, Any]) -> CaseworkPolicy:
    """Make a policy of casework that begins today or later; what is left out stays as it would be on that day."""
    return policies.make_casework_policy(form, by=g.asking.account_id)


@blueprint.route("/casework-policies/<uuid:casework_policy_id>/withdraw", methods=["POST"])
@gate(*MAKERS)
@answers_once
@blueprint.arguments(Nothing)
@blueprint.response(200, WithdrawnPolicyView)
def withdraw_casework_policy(_form: dict[str, Any], casework_policy_id: uuid.UUID) -> WithdrawnPolicy:
    """Take a policy of casework back that has not begun; its day is free again."""
    return policies.withdraw(PolicyKind.CASEWORK, casework_policy_id)
