"""Endpoints of the dated policy of telling: look, prepare, take back."""

import uuid
from typing import Any

from flask import g

from bas_service.access.gate import gate
from bas_service.access.rules import Role
from bas_service.announcements import policies
from bas_service.announcements.policy_models import TellingPolicyRow
from bas_service.announcements.policy_schemas import (
    MakeTellingPolicy,
    TellingPoliciesList,
    TellingPolicyView,
    WithdrawnPolicyView,
)
from bas_service.http.bodies import Blueprint
from bas_service.http.fields import Nothing
from bas_service.http.idempotency import answers_once

blueprint = Blueprint("telling", __name__, url_prefix="/api/v1", description="The dated policy of telling")

MAKERS = (Role.COORDINATOR, Role.ADMINISTRATOR)


@blueprint.route("/telling-policies")
@gate()
@blueprint.response(200, TellingPoliciesList)
def telling_policies() -> dict[str, Any]:
    """Quiet hours, reminders, failing over and whom to tell: past, present and prepared."""
    return {"items": policies.telling_policies(), "next": None}


@blueprint.route("/telling-policies", methods=["POST"])
@gate(*MAKERS)
@answers_once
@blueprint.arguments(MakeTellingPolicy)
@blueprint.response(201, TellingPolicyView)
def make_telling_policy(form: dict[str, Any]) -> TellingPolicyRow:
    """Make a policy of telling that begins today or later; what is left out stays as it would be on that day."""
    return policies.make_telling_policy(form, by=g.asking.account_id)


@blueprint.route("/telling-policies/<uuid:telling_policy_id>/withdraw", methods=["POST"])
@gate(*MAKERS)
@answers_once
@blueprint.arguments(Nothing)
@blueprint.response(200, WithdrawnPolicyView)
def withdraw_telling_policy(_form: dict[str, Any], telling_policy_id: uuid.UUID) -> Any:
    """Take a policy of telling back that has not begun; its day is free again."""
    return policies.withdraw_telling_policy(telling_policy_id)
