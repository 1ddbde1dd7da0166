"""Endpoints of duties."""

import uuid
from datetime import datetime
from typing import Any

from flask import g

from bas_service.access.gate import gate
from bas_service.access.rules import Role
from bas_service.duties import queries, service
from bas_service.duties.models import Duty
from bas_service.duties.schemas import DutiesFilter, DutiesPage, DutyView, FinishDuty, Whose
from bas_service.http.bodies import Blueprint
from bas_service.http.concurrency import changes_a_version, check_if_match
from bas_service.http.idempotency import answers_once
from bas_service.http.paging import page_of, read_cursor
from bas_service.http.requests import language_asked_for

blueprint = Blueprint("duties", __name__, url_prefix="/api/v1", description="What somebody must do now")

DUTY_ROLES = (Role.SPECIALIST, Role.SUPERVISOR)


@blueprint.route("/duties")
@gate(*DUTY_ROLES)
@blueprint.arguments(DutiesFilter, location="query")
@blueprint.response(200, DutiesPage)
def page(wanted: dict[str, Any]) -> dict[str, Any]:
    """Duties by the moment they are due: one's own open ones when nothing else is asked for."""
    found = queries.duties_page(
        of_account=g.asking.account_id if wanted["whose"] is Whose.OWN else None,
        child_id=wanted.get("child_id"),
        state=wanted["state"],
        after=read_cursor(wanted.get("cursor"), datetime.fromisoformat, uuid.UUID),
        limit=wanted["limit"],
    )
    limit = wanted["limit"]
    views = queries.views_of(found[:limit], language_asked_for(), of_account=g.asking.account_id)
    return page_of(views, limit, "due_at", "id", more=len(found) > limit)


@blueprint.route("/duties/<uuid:duty_id>")
@gate(*DUTY_ROLES)
@blueprint.response(200, DutyView)
def show(duty_id: uuid.UUID) -> dict[str, Any]:
    """One duty."""
    return _view(queries.duty_in_sight(duty_id))


@blueprint.route("/duties/<uuid:duty_id>/finish", methods=["POST"])
@gate(*DUTY_ROLES)
@changes_a_version
@answers_once
@blueprint.arguments(FinishDuty)
@blueprint.response(200, DutyView)
def finish(form: dict[str, Any], duty_id: uuid.UUID) -> dict[str, Any]:
    """Say that a duty is done; a note may say how. To tell a representative is done by `POST /meetings/{id}/told`."""
    duty = queries.duty_in_sight(duty_id, lock=True)
    check_if_match(duty.version, current=lambda: DutyView().dump(_view(duty)))
    service.finish_duty(duty, note=form.get("note"), by=g.asking.account_id)
    return _view(duty)


def _view(duty: Duty) -> dict[str, Any]:
    lines = [queries.line_of(duty)]
    return queries.views_of(lines, language_asked_for(), of_account=g.asking.account_id)[0]
