"""Endpoints of the dated policy of meetings: look, prepare, take back."""

import uuid
from typing import Any

from flask import g

from bas_service.access.gate import gate
from bas_service.access.rules import Role
from bas_service.http.bodies import Blueprint
from bas_service.http.fields import Nothing
from bas_service.http.idempotency import answers_once
from bas_service.meetings import policies
from bas_service.meetings.policy_models import MeetingPolicyRow
from bas_service.meetings.policy_schemas import (
    MakeMeetingPolicy,
    MeetingPoliciesList,
    MeetingPolicyView,
    WithdrawnMeetingPolicyView,
)

blueprint = Blueprint("meetingpolicies", __name__, url_prefix="/api/v1", description="The dated policy of meetings")

MAKERS = (Role.COORDINATOR, Role.ADMINISTRATOR)


@blueprint.route("/meeting-policies")
@gate()
@blueprint.response(200, MeetingPoliciesList)
def meeting_policies() -> dict[str, Any]:
    """Reasons, notice, office hours and limits: past, present and prepared."""
    return {"items": policies.meeting_policies(), "next": None}


@blueprint.route("/meeting-policies", methods=["POST"])
@gate(*MAKERS)
@answers_once
@blueprint.arguments(MakeMeetingPolicy)
@blueprint.response(201, MeetingPolicyView)
def make_meeting_policy(form: dict[str, Any]) -> MeetingPolicyRow:
    """Make a policy of meetings that begins today or later; what is left out stays as it would be on that day."""
    return policies.make_meeting_policy(form, by=g.asking.account_id)


@blueprint.route("/meeting-policies/<uuid:meeting_policy_id>/withdraw", methods=["POST"])
@gate(*MAKERS)
@answers_once
@blueprint.arguments(Nothing)
@blueprint.response(200, WithdrawnMeetingPolicyView)
def withdraw_meeting_policy(_form: dict[str, Any], meeting_policy_id: uuid.UUID) -> Any:
    """Take a policy of meetings back that has not begun; its day is free again."""
    return policies.withdraw(meeting_policy_id)
