"""Endpoints of staff: asking for a consent by a link, what became of it, links that show what is planned, proofs."""

import uuid
from datetime import timedelta
from typing import Any

from flask import current_app, g

from bas_service.access.gate import gate
from bas_service.access.rules import Role
from bas_service.children.queries import child_in_sight, consent_in_sight, hold_child, representative_in_sight
from bas_service.http.bodies import Blueprint
from bas_service.http.concurrency import changes_a_version, check_if_match
from bas_service.http.fields import Nothing
from bas_service.http.idempotency import answers_once
from bas_service.links import queries, service
from bas_service.links.schemas import (
    AskConsent,
    ConsentRequestsList,
    ConsentRequestView,
    ProofsList,
    SeeLinkView,
    SendSeeLink,
)
from bas_service.links.service import Sender

blueprint = Blueprint("links", __name__, url_prefix="/api/v1", description="Links for representatives")

ASKING_ROLES = (Role.SPECIALIST, Role.SUPERVISOR)


@blueprint.route("/children/<uuid:child_id>/consent-requests", methods=["POST"])
@gate(*ASKING_ROLES)
@answers_once
@blueprint.arguments(AskConsent)
@blueprint.response(201, ConsentRequestView)
def ask(form: dict[str, Any], child_id: uuid.UUID) -> dict[str, Any]:
    """Ask a representative for a consent: they get a message with a link that is good for one answer."""
    hold_child(child_id)
    request = service.ask_consent(child_id, form, sender=_sender(current_app.config["BAS"].consent_link_kept))
    return queries.request_line(request.id)


@blueprint.route("/children/<uuid:child_id>/consent-requests")
@gate(*ASKING_ROLES)
@blueprint.response(200, ConsentRequestsList)
def requests(child_id: uuid.UUID) -> dict[str, Any]:
    """All that representatives of the child were asked, and what became of it."""
    child_in_sight(child_id)
    return {"items": queries.requests_of(child_id), "next": None}


@blueprint.route("/consent-requests/<uuid:request_id>/withdraw", methods=["POST"])
@gate(*ASKING_ROLES)
@changes_a_version
@answers_once
@blueprint.arguments(Nothing)
@blueprint.response(200, ConsentRequestView)
def withdraw(_nothing: dict[str, Any], request_id: uuid.UUID) -> dict[str, Any]:
    """Take a question back: its link is dead, its message does not go out any more."""
    request = queries.request_in_sight(request_id, lock=True)
    check_if_match(request.version, current=lambda: ConsentRequestView().dump(queries.request_line(request_id)))
    service.withdraw_request(request, by=g.asking.account_id)
    return queries.request_line(request_id)


@blueprint.route("/representatives/<uuid:representative_id>/see-link", methods=["POST"])
@gate(*ASKING_ROLES)
@answers_once
@blueprint.arguments(SendSeeLink)
@blueprint.response(201, SeeLinkView)
def send_see_link(form: dict[str, Any], representative_id: uuid.UUID) -> dict[str, Any]:
    """Send a representative a link to what is planned and to their consents; an earlier one ends."""
    representative = representative_in_sight(representative_id, lock=True)
    sender = _sender(current_app.config["BAS"].see_link_kept)
    return queries.see_link_line(
        service.send_see_link(representative_id, form, child_id=representative.child_id, sender=sender)
    )


@blueprint.route("/consents/<uuid:consent_id>/proofs")
@gate(*ASKING_ROLES)
@blueprint.response(200, ProofsList)
def proofs(consent_id: uuid.UUID) -> dict[str, Any]:
    """How a consent came about by a link, and how it was taken back: what was shown, by whom it was answered."""
    consent_in_sight(consent_id)
    return {"items": service.proofs_of(consent_id), "next": None}


def _sender(kept: timedelta) -> Sender:
    address = current_app.config["BAS"].public_url
    return Sender(account_id=g.asking.account_id, name=g.asking.name, kept=kept, address=address)
