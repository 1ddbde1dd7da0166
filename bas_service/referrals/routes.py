"""Endpoints of referrals, screening forms and the waiting list."""

import uuid
from datetime import date
from typing import Any

from flask import g

from bas_service.access.gate import gate
from bas_service.access.rules import Role
from bas_service.http.bodies import Blueprint
from bas_service.http.concurrency import changes_a_version, check_if_match
from bas_service.http.idempotency import answers_once
from bas_service.http.paging import page_of, read_cursor
from bas_service.referrals import queries, service
from bas_service.referrals.models import Referral, ScreeningForm
from bas_service.referrals.schemas import (
    AcceptReferral,
    CorrectReferral,
    DecisionWords,
    DeclineReferral,
    EnterReferral,
    FormsList,
    FormView,
    MakeForm,
    ReferralsFilter,
    ReferralsPage,
    ReferralView,
    SaveAnswers,
    WaitingFilter,
    WaitingPage,
)

blueprint = Blueprint("referrals", __name__, url_prefix="/api/v1", description="Who is referred, and who waits")

REFERRAL_ROLES = (Role.SUPERVISOR, Role.COORDINATOR)


@blueprint.route("/referrals", methods=["POST"])
@gate(*REFERRAL_ROLES)
@answers_once
@blueprint.arguments(EnterReferral)
@blueprint.response(201, ReferralView)
def enter(form: dict[str, Any]) -> dict[str, Any]:
    """Enter a referral; whoever might be the same child is named with it."""
    return queries.view_of(service.enter_referral(form, by=g.asking.account_id))


@blueprint.route("/referrals")
@gate(*REFERRAL_ROLES)
@blueprint.arguments(ReferralsFilter, location="query")
@blueprint.response(200, ReferralsPage)
def page(wanted: dict[str, Any]) -> dict[str, Any]:
    """Referrals in sight, the latest received first; those of a child that has a case go with the case."""
    found = queries.referrals_page(
        state=wanted.get("state"),
        municipality=wanted.get("municipality"),
        after=read_cursor(wanted.get("cursor"), date.fromisoformat, uuid.UUID),
        limit=wanted["limit"],
    )
    return page_of(found, wanted["limit"], "received_on", "id")


@blueprint.route("/referrals/<uuid:referral_id>")
@gate(*REFERRAL_ROLES)
@blueprint.response(200, ReferralView)
def show(referral_id: uuid.UUID) -> dict[str, Any]:
    """One referral."""
    return queries.view_of(queries.referral_in_sight(referral_id))


@blueprint.route("/referrals/<uuid:referral_id>", methods=["PATCH"])
@gate(*REFERRAL_ROLES)
@changes_a_version
@answers_once
@blueprint.arguments(CorrectReferral)
@blueprint.response(200, ReferralView)
def correct(form: dict[str, Any], referral_id: uuid.UUID) -> dict[str, Any]:
    """Correct a referral until it is decided; the priority also while an accepted child waits."""
    referral = _referral_to_change(referral_id)
    service.correct_referral(referral, form)
    return queries.view_of(referral)


@blueprint.route("/referrals/<uuid:referral_id>/screening", methods=["POST"])
@gate(*REFERRAL_ROLES)
@changes_a_version
@answers_once
@blueprint.arguments(SaveAnswers)
@blueprint.response(200, ReferralView)
def screen(form: dict[str, Any], referral_id: uuid.UUID) -> dict[str, Any]:
    """Save the answers given so far; `screening.outcome` says what they amount to."""
    referral = _referral_to_change(referral_id)
    service.save_answers(referral, **form, by=g.asking.account_id)
    return queries.view_of(referral)


@blueprint.route("/referrals/<uuid:referral_id>/accept", methods=["POST"])
@gate(*REFERRAL_ROLES)
@changes_a_version
@answers_once
@blueprint.arguments(AcceptReferral)
@blueprint.response(200, ReferralView)
def accept(form: dict[str, Any], referral_id: uuid.UUID) -> dict[str, Any]:
    """Accept the child, which then waits for a case; against its screening only with `despite`."""
    referral = _at_the_version(service.referral_to_accept(referral_id, form["child_id"]))
    service.accept_referral(referral, **form, by=g.asking.account_id)
    return queries.view_of(referral)


@blueprint.route("/referrals/<uuid:referral_id>/decline", methods=["POST"])
@gate(*REFERRAL_ROLES)
@changes_a_version
@answers_once
@blueprint.arguments(DeclineReferral)
@blueprint.response(200, ReferralView)
def decline(form: dict[str, Any], referral_id: uuid.UUID) -> dict[str, Any]:
    """Decline the child for one of the present form's reasons."""
    referral = _referral_to_change(referral_id)
    service.decline_referral(referral, **form, by=g.asking.account_id)
    return queries.view_of(referral)


@blueprint.route("/referrals/<uuid:referral_id>/wait", methods=["POST"])
@gate(*REFERRAL_ROLES)
@changes_a_version
@answers_once
@blueprint.arguments(DecisionWords)
@blueprint.response(200, ReferralView)
def put_off(form: dict[str, Any], referral_id: uuid.UUID) -> dict[str, Any]:
    """Let the referral wait; it stays on the waiting list until it is accepted, declined or withdrawn."""
    referral = _referral_to_change(referral_id)
    service.put_off_referral(referral, **form, by=g.asking.account_id)
    return queries.view_of(referral)


@blueprint.route("/referrals/<uuid:referral_id>/withdraw", methods=["POST"])
@gate(*REFERRAL_ROLES)
@changes_a_version
@answers_once
@blueprint.arguments(DecisionWords)
@blueprint.response(200, ReferralView)
def withdraw(form: dict[str, Any], referral_id: uuid.UUID) -> dict[str, Any]:
    """Note that the referral was taken back."""
    referral = _referral_to_change(referral_id)
    service.withdraw_referral(referral, **form, by=g.asking.account_id)
    return queries.view_of(referral)


@blueprint.route("/waiting-list")
@gate(*REFERRAL_ROLES)
@blueprint.arguments(WaitingFilter, location="query")
@blueprint.response(200, WaitingPage)
def waiting_list(wanted: dict[str, Any]) -> dict[str, Any]:
    """Who waits, for a decision or for a case: by priority, then the longest first."""
    found = queries.waiting_page(
        municipality=wanted.get("municipality"),
        after=read_cursor(wanted.get("cursor"), _rank, date.fromisoformat, uuid.UUID),
        limit=wanted["limit"],
    )
    return page_of(found, wanted["limit"], "rank", "waiting_since", "id")


@blueprint.route("/screening-forms")
@gate(*REFERRAL_ROLES, Role.ADMINISTRATOR)
@blueprint.response(200, FormsList)
def forms() -> dict[str, Any]:
    """All screening forms, past, present and prepared."""
    return {"items": queries.forms(), "next": None}


@blueprint.route("/screening-forms", methods=["POST"])
@gate(Role.COORDINATOR, Role.ADMINISTRATOR)
@answers_once
@blueprint.arguments(MakeForm)
@blueprint.response(201, FormView)
def make_form(form: dict[str, Any]) -> ScreeningForm:
    """Make a screening form that begins today or later; earlier ones are never edited."""
    return service.make_form(form, by=g.asking.account_id)


def _rank(text: str) -> int:
    rank = int(text)
    if not 1 <= rank <= 3:
        raise ValueError
    return rank


def _referral_to_change(referral_id: uuid.UUID) -> Referral:
    return _at_the_version(queries.referral_in_sight(referral_id, lock=True))


def _at_the_version(referral: Referral) -> Referral:
    check_if_match(referral.version, current=lambda: ReferralView().dump(queries.view_of(referral)))
    return referral
