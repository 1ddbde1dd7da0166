"""The endpoint of alarms."""

import uuid
from datetime import datetime
from typing import Any

from bas_service.access.gate import gate
from bas_service.access.rules import Role
from bas_service.http.bodies import Blueprint
from bas_service.http.paging import page_of, read_cursor
from bas_service.http.requests import language_asked_for
from bas_service.oversight import alarm_queries as queries
from bas_service.oversight.alarm_schemas import AlarmsFilter, AlarmsPage

blueprint = Blueprint("alarms", __name__, url_prefix="/api/v1", description="What the service notices about itself")


@blueprint.route("/alarms")
@gate(Role.SUPERVISOR, Role.ADMINISTRATOR)
@blueprint.arguments(AlarmsFilter, location="query")
@blueprint.response(200, AlarmsPage)
def page(wanted: dict[str, Any]) -> dict[str, Any]:
    """What wants, or wanted, somebody at once, the latest first."""
    found = queries.alarms_page(
        state=wanted.get("state"),
        after=read_cursor(wanted.get("cursor"), datetime.fromisoformat, uuid.UUID),
        limit=wanted["limit"],
    )
    return page_of(queries.views_of(found, language_asked_for()), wanted["limit"], "raised_at", "id")
