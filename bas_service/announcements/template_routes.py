"""Endpoints of wordings: look at one, make it, take it back."""

import uuid
from typing import Any

from flask import current_app, g

from bas_service.access.gate import gate, only_looks
from bas_service.access.rules import Role
from bas_service.announcements import templates
from bas_service.announcements.template_models import MessageTemplate
from bas_service.announcements.template_schemas import (
    MakeTemplate,
    PreviewTemplate,
    TemplatePreview,
    TemplatesList,
    TemplateView,
)
from bas_service.http.bodies import Blueprint
from bas_service.http.fields import Nothing
from bas_service.http.idempotency import answers_once

blueprint = Blueprint("templates", __name__, url_prefix="/api/v1", description="How representatives are told")

MAKERS = (Role.COORDINATOR, Role.ADMINISTRATOR)


@blueprint.route("/message-templates")
@gate(Role.SUPERVISOR, *MAKERS)
@blueprint.response(200, TemplatesList)
def message_templates() -> dict[str, Any]:
    """All wordings ever made; where none is in force the service words it itself."""
    return {"items": templates.all_templates(), "next": None}


@blueprint.route("/message-templates/preview", methods=["POST"])
@gate(*MAKERS)
@only_looks
@blueprint.arguments(PreviewTemplate)
@blueprint.response(200, TemplatePreview)
def preview(form: dict[str, Any]) -> dict[str, Any]:
    """What a wording would look like and cost, beside the present one; nothing is made."""
    return templates.preview(form, price=current_app.config["BAS"].price_per_part)


@blueprint.route("/message-templates", methods=["POST"])
@gate(*MAKERS)
@answers_once
@blueprint.arguments(MakeTemplate)
@blueprint.response(201, TemplateView)
def make_template(form: dict[str, Any]) -> MessageTemplate:
    """Make a wording that begins today or later and was seen beforehand; it is never edited."""
    return templates.make_template(form, by=g.asking.account_id)


@blueprint.route("/message-templates/<uuid:template_id>/withdraw", methods=["POST"])
@gate(*MAKERS)
@answers_once
@blueprint.arguments(Nothing)
@blueprint.response(200, TemplateView)
def withdraw_template(_form: dict[str, Any], template_id: uuid.UUID) -> MessageTemplate:
    """Take a wording back that has not begun; its day is free again."""
    return templates.withdraw_template(template_id, by=g.asking.account_id)
