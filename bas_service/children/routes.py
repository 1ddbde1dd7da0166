"""Endpoints of children, their representatives, protected places, consents."""

import uuid
from datetime import datetime
from typing import Any

from flask import g

from bas_service.access.gate import gate
from bas_service.access.rules import Role
from bas_service.access.trace import looks_at
from bas_service.children import queries, service
from bas_service.children.models import Child, Consent, ProtectedPlace, Representative
from bas_service.children.schemas import (
    AddRepresentative,
    ChildrenFilter,
    ChildrenPage,
    ChildView,
    ConsentsList,
    ConsentView,
    CorrectChild,
    CorrectRepresentative,
    EnterChild,
    LooksPage,
    ProtectedPlaceView,
    ProtectPlace,
    RepresentativesList,
    RepresentativeView,
    StateReason,
    TakeConsent,
)
from bas_service.http.bodies import Blueprint
from bas_service.http.concurrency import changes_a_version, check_if_match
from bas_service.http.fields import Nothing
from bas_service.http.idempotency import answers_once
from bas_service.http.paging import Page, page_of, read_cursor

blueprint = Blueprint("children", __name__, url_prefix="/api/v1", description="Children and who represents them")

# Administrators look after users and policies; a child's file is not theirs to see.
FILE_ROLES = (Role.SPECIALIST, Role.SUPERVISOR, Role.COORDINATOR)


@blueprint.route("/children", methods=["POST"])
@gate(Role.SUPERVISOR, Role.COORDINATOR)
@answers_once
@blueprint.arguments(EnterChild)
@blueprint.response(201, ChildView)
def enter(form: dict[str, Any]) -> Child:
    """Enter a child; it waits for a first case and is seen by every supervisor until then."""
    return service.enter_child(form, by=g.asking.account_id)


@blueprint.route("/children")
@gate(*FILE_ROLES)
@blueprint.arguments(ChildrenFilter, location="query")
@blueprint.response(200, ChildrenPage)
def page(wanted: dict[str, Any]) -> dict[str, Any]:
    """Children in sight, in the order of a Latvian register."""
    after = read_cursor(wanted.get("cursor"), str, uuid.UUID)
    found = queries.children_page(after=after, limit=wanted["limit"], search=wanted.get("search"))
    return page_of(found, wanted["limit"], "sort_key", "id")


@blueprint.route("/children/<uuid:child_id>")
@gate(*FILE_ROLES)
@blueprint.response(200, ChildView)
def show(child_id: uuid.UUID) -> Child:
    """One child."""
    return queries.child_in_sight(child_id)


@blueprint.route("/children/<uuid:child_id>/looks")
@gate(Role.SUPERVISOR)
@blueprint.arguments(Page, location="query")
@blueprint.response(200, LooksPage)
def looks(wanted: dict[str, Any], child_id: uuid.UUID) -> dict[str, Any]:
    """Who looked at this child, the latest first; for the responsible supervisor."""
    queries.child_in_sight(child_id)
    after = read_cursor(wanted.get("cursor"), datetime.fromisoformat, int, int)
    return page_of(looks_at(child_id, after=after, limit=wanted["limit"]), wanted["limit"], "at", "lane", "seq")


@blueprint.route("/children/<uuid:child_id>", methods=["PATCH"])
@gate(*FILE_ROLES)
@changes_a_version
@answers_once
@blueprint.arguments(CorrectChild)
@blueprint.response(200, ChildView)
def correct(form: dict[str, Any], child_id: uuid.UUID) -> Child:
    """Correct what is known of a child."""
    child = queries.child_in_sight(child_id, lock=True)
    check_if_match(child.version, current=lambda: ChildView().dump(child))
    service.correct_child(child, form)
    return child


@blueprint.route("/children/<uuid:child_id>/representatives", methods=["POST"])
@gate(*FILE_ROLES)
@answers_once
@blueprint.arguments(AddRepresentative)
@blueprint.response(201, RepresentativeView)
def add_representative(form: dict[str, Any], child_id: uuid.UUID) -> Representative:
    """Add a representative; they are told of meetings planned already."""
    queries.hold_child(child_id)
    return service.add_representative(child_id, form)


@blueprint.route("/children/<uuid:child_id>/representatives")
@gate(*FILE_ROLES)
@blueprint.response(200, RepresentativesList)
def representatives(child_id: uuid.UUID) -> dict[str, Any]:
    """Everybody who represents or represented the child, by which channels they are reached, or why not."""
    queries.child_in_sight(child_id)
    return {"items": queries.representatives_with_reach(child_id), "next": None}


@blueprint.route("/representatives/<uuid:representative_id>", methods=["PATCH"])
@gate(*FILE_ROLES)
@changes_a_version
@answers_once
@blueprint.arguments(CorrectRepresentative)
@blueprint.response(200, RepresentativeView)
def correct_representative(form: dict[str, Any], representative_id: uuid.UUID) -> Representative:
    """Correct a representative; a new number is told anew of what is planned."""
    representative = _representative_to_change(representative_id)
    service.correct_representative(representative, form)
    return representative


@blueprint.route("/representatives/<uuid:representative_id>/suspend", methods=["POST"])
@gate(*FILE_ROLES)
@changes_a_version
@answers_once
@blueprint.arguments(StateReason)
@blueprint.response(200, RepresentativeView)
def suspend(form: dict[str, Any], representative_id: uuid.UUID) -> Representative:
    """Suspend a representation: from this moment the person is told nothing more, also nothing queued."""
    representative = _representative_to_change(representative_id)
    service.suspend_representative(representative, **form)
    return representative


@blueprint.route("/representatives/<uuid:representative_id>/resume", methods=["POST"])
@gate(*FILE_ROLES)
@changes_a_version
@answers_once
@blueprint.arguments(StateReason)
@blueprint.response(200, RepresentativeView)
def resume(form: dict[str, Any], representative_id: uuid.UUID) -> Representative:
    """Let a suspended representation be in force again."""
    representative = _representative_to_change(representative_id)
    service.resume_representative(representative, **form)
    return representative


@blueprint.route("/children/<uuid:child_id>/protected-places", methods=["POST"])
@gate(*FILE_ROLES)
@answers_once
@blueprint.arguments(ProtectPlace)
@blueprint.response(201, ProtectedPlaceView)
def protect_place(form: dict[str, Any], child_id: uuid.UUID) -> ProtectedPlace:
    """Keep every place of this child from one of the representatives."""
    queries.hold_child(child_id)
    return service.protect_place(child_id, form, by=g.asking.account_id)


@blueprint.route("/children/<uuid:child_id>/consents", methods=["POST"])
@gate(*FILE_ROLES)
@answers_once
@blueprint.arguments(TakeConsent)
@blueprint.response(201, ConsentView)
def take_consent(form: dict[str, Any], child_id: uuid.UUID) -> Consent:
    """Record what a representative agreed to."""
    queries.hold_child(child_id)
    return service.take_consent(child_id, form)


@blueprint.route("/children/<uuid:child_id>/consents")
@gate(*FILE_ROLES)
@blueprint.response(200, ConsentsList)
def consents(child_id: uuid.UUID) -> dict[str, Any]:
    """All consents for the child."""
    queries.child_in_sight(child_id)
    return {"items": queries.consents_of(child_id), "next": None}


@blueprint.route("/consents/<uuid:consent_id>/withdraw", methods=["POST"])
@gate(*FILE_ROLES)
@changes_a_version
@answers_once
@blueprint.arguments(Nothing)
@blueprint.response(200, ConsentView)
def withdraw_consent(_nothing: dict[str, Any], consent_id: uuid.UUID) -> Consent:
    """Withdraw a consent from this moment on."""
    consent = queries.consent_in_sight(consent_id, lock=True)
    check_if_match(consent.version, current=lambda: ConsentView().dump(consent))
    service.withdraw_consent(consent)
    return consent


def _representative_to_change(representative_id: uuid.UUID) -> Representative:
    representative = queries.representative_in_sight(representative_id, lock=True)
    check_if_match(representative.version, current=lambda: RepresentativeView().dump(representative))
    return representative
