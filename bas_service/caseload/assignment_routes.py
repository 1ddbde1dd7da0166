"""Endpoints of what is asked before assigning, of exceptions from the maximum, and of the past."""

import uuid
from datetime import date
from typing import Any

from flask import g

from bas_service.access.gate import gate, only_looks
from bas_service.access.rules import Role
from bas_service.caseload import assignment, exceptions, history, queries
from bas_service.caseload.assignment_schemas import (
    CaseHistory,
    CasePreview,
    ExceptionsPage,
    LoadHistory,
    PastDays,
    PreviewCase,
    SuggestionFor,
    SuggestionsList,
)
from bas_service.http.bodies import Blueprint
from bas_service.http.paging import Page, page_of, read_cursor

blueprint = Blueprint("assignment", __name__, url_prefix="/api/v1", description="Who could take one more child")


@blueprint.route("/cases/preview", methods=["POST"])
@gate(Role.SUPERVISOR)
@only_looks
@blueprint.arguments(PreviewCase)
@blueprint.response(200, CasePreview)
def preview(form: dict[str, Any]) -> dict[str, Any]:
    """What giving a child to a specialist would make of the load, and who else has room; nothing is changed.

    The present weight of the child's own case, if it has one, is left out.
    """
    return assignment.preview_case(form, by=g.asking.account_id)


@blueprint.route("/children/<uuid:child_id>/suggested-specialists")
@gate(Role.SUPERVISOR)
@blueprint.arguments(SuggestionFor, location="query")
@blueprint.response(200, SuggestionsList)
def suggested_specialists(wanted: dict[str, Any], child_id: uuid.UUID) -> dict[str, Any]:
    """The team's specialists for a child, best suited first, each with the reasons."""
    found = assignment.suggested_specialists(
        child_id, wanted["complexity"], by=g.asking.account_id, language=g.language
    )
    return {"items": found, "next": None}


@blueprint.route("/exceptions")
@gate(Role.SUPERVISOR)
@blueprint.arguments(Page, location="query")
@blueprint.response(200, ExceptionsPage)
def page(wanted: dict[str, Any]) -> dict[str, Any]:
    """The team's cases that may stand above the maximum, until their exception ends."""
    after = read_cursor(wanted.get("cursor"), date.fromisoformat, uuid.UUID)
    found = exceptions.exceptions_page(asking=g.asking.account_id, after=after, limit=wanted["limit"])
    return page_of(found, wanted["limit"], "until", "id")


@blueprint.route("/specialists/<uuid:specialist_id>/load")
@gate(Role.SPECIALIST, Role.SUPERVISOR)
@blueprint.arguments(PastDays, location="query")
@blueprint.response(200, LoadHistory)
def load(wanted: dict[str, Any], specialist_id: uuid.UUID) -> dict[str, Any]:
    """A specialist's load at the end of past days, under the policy of each day.

    `on` asks for one day; `from`, `to` and `step` (`day`, `week`, `month`) for several.
    """
    days = history.days_asked_for(wanted)
    return history.load_history(specialist_id, days, asking=g.asking.account_id)


@blueprint.route("/cases/<uuid:case_id>/history")
@gate(Role.SPECIALIST, Role.SUPERVISOR)
@blueprint.response(200, CaseHistory)
def case_history(case_id: uuid.UUID) -> dict[str, Any]:
    """Who was responsible for a case when, how complex it was, which exceptions it had."""
    return history.history_of(queries.case_in_sight(case_id))
