"""Endpoints of replies: a child's, one read, and those from numbers that are nobody's."""

import uuid
from datetime import datetime
from typing import Any

from flask import g

from bas_service.access.gate import gate
from bas_service.access.rules import Role
from bas_service.http.bodies import Blueprint
from bas_service.http.fields import Nothing
from bas_service.http.idempotency import answers_once
from bas_service.http.paging import Page, page_of, read_cursor
from bas_service.replies import queries, service
from bas_service.replies.schemas import RepliesPage, ReplyView, UnknownTextsPage

blueprint = Blueprint("replies", __name__, url_prefix="/api/v1", description="What representatives answer")

REPLY_ROLES = (Role.SPECIALIST, Role.SUPERVISOR)


@blueprint.route("/children/<uuid:child_id>/replies")
@gate(*REPLY_ROLES)
@blueprint.arguments(Page, location="query")
@blueprint.response(200, RepliesPage)
def of_child(page: dict[str, Any], child_id: uuid.UUID) -> dict[str, Any]:
    """What a child's representatives answered, the latest first; also what a suspended one wrote, marked so."""
    after = read_cursor(page.get("cursor"), datetime.fromisoformat, uuid.UUID)
    found = queries.replies_page(child_id, after=after, limit=page["limit"])
    return page_of(found, page["limit"], "received_at", "id")


@blueprint.route("/replies/<uuid:reply_id>/read", methods=["POST"])
@gate(*REPLY_ROLES)
@answers_once
@blueprint.arguments(Nothing)
@blueprint.response(200, ReplyView)
def read(_form: dict[str, Any], reply_id: uuid.UUID) -> dict[str, Any]:
    """Mark a reply as read; who read it first, stays. The duty to read ends with the representative's last one."""
    reply = queries.reply_in_sight(reply_id, lock=True)
    service.mark_read(reply, by=g.asking.account_id)
    return queries.view_of(reply)


@blueprint.route("/replies/unknown")
@gate(Role.COORDINATOR, Role.ADMINISTRATOR)
@blueprint.arguments(Page, location="query")
@blueprint.response(200, UnknownTextsPage)
def unknown(page: dict[str, Any]) -> dict[str, Any]:
    """Texts from numbers that are no representative's, the latest first; kept for a short while only."""
    after = read_cursor(page.get("cursor"), datetime.fromisoformat, uuid.UUID)
    found = queries.unknown_page(after=after, limit=page["limit"])
    return page_of(found, page["limit"], "received_at", "id")
