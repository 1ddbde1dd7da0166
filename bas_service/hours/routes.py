"""Endpoints of hours, and of work noted in one line."""

import uuid
from datetime import date
from typing import Any

from flask import g

from bas_service import clock
from bas_service.access.gate import gate
from bas_service.access.rules import Role
from bas_service.hours import queries, rules, service
from bas_service.hours.models import PartnerWork
from bas_service.hours.schemas import ChangeWork, HoursFilter, HoursPage, NoteWork, WorkFilter, WorkPage, WorkView
from bas_service.http.bodies import Blueprint
from bas_service.http.concurrency import changes_a_version, check_if_match
from bas_service.http.fields import Nothing
from bas_service.http.idempotency import answers_once
from bas_service.http.paging import page_of, read_cursor
from bas_service.http.specification import may_answer

blueprint = Blueprint("hours", __name__, url_prefix="/api/v1", description="The hours of work")


@blueprint.route("/hours")
@gate(Role.SPECIALIST, Role.SUPERVISOR)
@may_answer(404)
@blueprint.arguments(HoursFilter, location="query")
@blueprint.response(200, HoursPage)
def hours(wanted: dict[str, Any]) -> dict[str, Any]:
    """One's own hours, or those of one's team, counted out of what is recorded: no separate timesheet."""
    first, last = rules.period_of(wanted.get("since"), wanted.get("until"), today=clock.today())
    after = read_cursor(wanted.get("cursor"), rules.rank_of, str, str)
    queries.check_asked_for(wanted, asking=g.asking.account_id)
    total, items = queries.hours(wanted, first=first, last=last, asking=g.asking.account_id, after=after)
    page = page_of(items, wanted["limit"], "rank", "place", "key")
    return page | {"since": first, "until": last, "total": total}


@blueprint.route("/partner-work", methods=["POST"])
@gate(Role.SPECIALIST)
@may_answer(404)
@answers_once
@blueprint.arguments(NoteWork)
@blueprint.response(201, WorkView)
def note_work(form: dict[str, Any]) -> PartnerWork:
    """Note work with partners, on paper or on the way, in one line."""
    return service.note_work(form, by=g.asking.account_id)


@blueprint.route("/partner-work")
@gate(Role.SPECIALIST, Role.SUPERVISOR)
@blueprint.arguments(WorkFilter, location="query")
@blueprint.response(200, WorkPage)
def work(wanted: dict[str, Any]) -> dict[str, Any]:
    """What was noted by oneself, by one's team, or about a child in sight."""
    after = read_cursor(wanted.get("cursor"), date.fromisoformat, uuid.UUID)
    found = [queries.view_of(line) for line in queries.lines_page(wanted, after=after)]
    return page_of(found, wanted["limit"], "day", "id")


@blueprint.route("/partner-work/<uuid:partner_work_id>", methods=["PATCH"])
@gate(Role.SPECIALIST)
@changes_a_version
@answers_once
@blueprint.arguments(ChangeWork)
@blueprint.response(200, WorkView)
def change_work(form: dict[str, Any], partner_work_id: uuid.UUID) -> PartnerWork:
    """Correct a line of one's own."""
    line = _line_to_change(partner_work_id, child_id=form.get("child_id"))
    service.change_work(line, form)
    return line


@blueprint.route("/partner-work/<uuid:partner_work_id>/withdraw", methods=["POST"])
@gate(Role.SPECIALIST)
@changes_a_version
@answers_once
@blueprint.arguments(Nothing)
@blueprint.response(200, WorkView)
def withdraw_work(_nothing: dict[str, Any], partner_work_id: uuid.UUID) -> PartnerWork:
    """Take a line of one's own back: it counts no more."""
    line = _line_to_change(partner_work_id)
    service.withdraw_work(line)
    return line


def _line_to_change(line_id: uuid.UUID, child_id: uuid.UUID | None = None) -> PartnerWork:
    line = service.own_line(line_id, by=g.asking.account_id, child_id=child_id)
    check_if_match(line.version, current=lambda: WorkView().dump(line))
    return line
