"""Endpoints of a child's week, of free times and of suggestions: what somebody looks at before planning."""

import uuid
from typing import Any

from flask import g

from bas_service import clock
from bas_service.access.gate import gate
from bas_service.access.rules import Role
from bas_service.http.bodies import Blueprint
from bas_service.http.specification import may_answer
from bas_service.meetings import free_times, habits, week
from bas_service.meetings.week_schemas import FreeTimesFilter, FreeTimesList, PlanningView, WeekFilter, WeekView

blueprint = Blueprint("weeks", __name__, url_prefix="/api/v1", description="A child's week, and when there is room")

WEEK_ROLES = (Role.SPECIALIST, Role.SUPERVISOR)


@blueprint.route("/children/<uuid:child_id>/week")
@gate(*WEEK_ROLES)
@blueprint.arguments(WeekFilter, location="query")
@blueprint.response(200, WeekView)
def show(wanted: dict[str, Any], child_id: uuid.UUID) -> dict[str, Any]:
    """A child's week: our meetings and other institutions' appointments, and whether it is too much."""
    return week.week_of(child_id, wanted.get("day") or clock.today())


@blueprint.route("/children/<uuid:child_id>/free-times")
@gate(*WEEK_ROLES)
@may_answer(409)
@blueprint.arguments(FreeTimesFilter, location="query")
@blueprint.response(200, FreeTimesList)
def free(wanted: dict[str, Any], child_id: uuid.UUID) -> dict[str, Any]:
    """Times that suit child and specialist, the best ones first, each with its reason."""
    found = free_times.free_times_of(child_id, wanted, asking=g.asking.account_id, language=g.language)
    return {"items": found, "next": None}


@blueprint.route("/children/<uuid:child_id>/planning")
@gate(*WEEK_ROLES)
@blueprint.response(200, PlanningView)
def suggestions(child_id: uuid.UUID) -> dict[str, Any]:
    """What the next meeting with the child is most likely to be: places, duration, time, transport."""
    return habits.suggestions_for(child_id, asking=g.asking.account_id, language=g.language)
