"""Endpoints of the ledger: who was told what about each meeting, and the figures of it."""

import uuid
from datetime import datetime
from typing import Any

from flask import g

from bas_service import clock
from bas_service.access.gate import gate
from bas_service.access.rules import Role
from bas_service.http.bodies import Blueprint
from bas_service.http.paging import page_of, read_cursor
from bas_service.http.requests import language_asked_for
from bas_service.oversight import ledger_queries as queries
from bas_service.oversight import ledger_rules as rules
from bas_service.oversight.ledger_schemas import FiguresFilter, FiguresList, LedgerFilter, LedgerPage

blueprint = Blueprint("ledger", __name__, url_prefix="/api/v1", description="Who was told what, and whether in time")


@blueprint.route("/announcements")
@gate(Role.SPECIALIST, Role.SUPERVISOR)
@blueprint.arguments(LedgerFilter, location="query")
@blueprint.response(200, LedgerPage)
def page(wanted: dict[str, Any]) -> dict[str, Any]:
    """Of each meeting in sight, by its start: who was told what, how and when, and whether that was in time."""
    found = queries.ledger_page(
        wanted,
        after=read_cursor(wanted.get("cursor"), datetime.fromisoformat, uuid.UUID),
        language=language_asked_for(),
        # A specialist writes and calls there; a supervisor who must, opens the child's representatives.
        addresses_whole=g.asking.role is Role.SPECIALIST,
    )
    return page_of(found, wanted["limit"], "starts_at", "meeting_id")


@blueprint.route("/announcements/figures")
@gate(Role.SUPERVISOR, Role.COORDINATOR, Role.ADMINISTRATOR)
@blueprint.arguments(FiguresFilter, location="query")
@blueprint.response(200, FiguresList)
def figures(wanted: dict[str, Any]) -> dict[str, Any]:
    """How many meetings were announced in time, and why not; supervisors get their own team's figures."""
    since, until = rules.period_of(wanted.get("since"), wanted.get("until"), now=clock.now())
    rules.check_by(wanted["by"], of_own_team=g.asking.role is Role.SUPERVISOR)
    return {"items": queries.figures_of(since, until, wanted["by"]), "next": None}
