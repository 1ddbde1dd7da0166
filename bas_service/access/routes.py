"""Endpoints of signing in and out."""

import uuid
from typing import Any

from flask import Response, current_app, g, request

from bas_service.access import emergency, one_time_codes, own_account, service, tokens
from bas_service.access.gate import gate, open_to_all
from bas_service.access.models import EmergencyGrant
from bas_service.access.rules import Role
from bas_service.access.schemas import (
    ChangeEmail,
    ChangePassword,
    Code,
    CodesSetUp,
    DevicesList,
    GrantsList,
    GrantView,
    Password,
    RemoveCodes,
    SignedIn,
    SignIn,
    TakeGrant,
    TokenPair,
    User,
)
from bas_service.database import transaction
from bas_service.errors import Refusal
from bas_service.http.bodies import Blueprint
from bas_service.http.concurrency import changes_a_version, check_if_match
from bas_service.http.fields import Nothing
from bas_service.http.idempotency import answers_once
from bas_service.http.problems import problem_of
from bas_service.http.specification import may_answer

blueprint = Blueprint("access", __name__, url_prefix="/api/v1", description="Signing in on a device")


@blueprint.route("/auth/sign-in", methods=["POST"])
@open_to_all
@may_answer(401, 429)
@blueprint.arguments(SignIn)
@blueprint.response(200, SignedIn)
def sign_in(form: dict[str, Any]) -> dict[str, Any] | Response:
    """Sign in on a device.

    A wrong password and an unknown e-mail get the same 401 `sign-in-refused`, in the same time.
    """
    with transaction():
        outcome = service.sign_in(**form, address=request.remote_addr or "")
    return problem_of(outcome) if isinstance(outcome, Refusal) else outcome


@blueprint.route("/auth/refresh", methods=["POST"])
@open_to_all
@blueprint.arguments(Nothing)
@blueprint.response(200, TokenPair)
@blueprint.doc(security=[{"refresh": []}])
def refresh(_nothing: dict[str, Any]) -> dict[str, Any] | Response:
    """Exchange a refresh token (sent as bearer) for a new pair; the old one is spent.

    A spent token whose successor was never used gets a new successor: the answer was lost. One whose
    successor was used revokes the device. Some time after the sign-in itself (a year, if not set otherwise) the
    answer is 401 `session-over`, however often the device was used: the password is asked for again.
    """
    claims = tokens.presented_claims(refresh=True)
    with transaction():
        outcome = service.refresh(claims, kept=current_app.config["BAS"].session_kept)
    return problem_of(outcome) if isinstance(outcome, Refusal) else outcome


@blueprint.route("/auth/sign-out", methods=["POST"])
@gate(setting_up=True)
@blueprint.arguments(Nothing)
@blueprint.response(204)
def sign_out(_nothing: dict[str, Any]) -> None:
    """Sign this device out."""
    service.sign_out(g.asking.session_id)


@blueprint.route("/me")
@gate(setting_up=True)
@blueprint.response(200, User)
def me() -> dict[str, Any]:
    """Who is signed in."""
    asking = g.asking
    return {"id": asking.account_id, "name": asking.name, "role": asking.role, "language": asking.language}


@blueprint.route("/me/devices")
@gate(setting_up=True)
@blueprint.response(200, DevicesList)
def devices() -> dict[str, Any]:
    """The devices one is signed in on."""
    return {"items": own_account.devices_of(g.asking, kept=current_app.config["BAS"].session_kept), "next": None}


@blueprint.route("/me/devices/<uuid:device_session_id>/sign-out", methods=["POST"])
@gate(setting_up=True)
@blueprint.arguments(Nothing)
@blueprint.response(204)
def sign_out_device(_nothing: dict[str, Any], device_session_id: uuid.UUID) -> None:
    """Sign one of one's devices out; its next request is refused."""
    own_account.sign_out_device(g.asking, device_session_id, kept=current_app.config["BAS"].session_kept)


@blueprint.route("/auth/sign-out-everywhere", methods=["POST"])
@gate(setting_up=True)
@blueprint.arguments(Nothing)
@blueprint.response(204)
def sign_out_everywhere(_nothing: dict[str, Any]) -> None:
    """Sign all devices out, this one too."""
    service.revoke_sessions(g.asking.account_id, because="sign-out-everywhere")


@blueprint.route("/me/password", methods=["POST"])
@gate(setting_up=True)
@may_answer(403, 429)
@blueprint.arguments(ChangePassword)
@blueprint.response(204)
def change_password(form: dict[str, Any]) -> Response | None:
    """Change the password; all other devices are signed out."""
    account = own_account.account_of(g.asking)
    refusal = own_account.refusal_of_password(account, form["password"], address=request.remote_addr or "")
    if refusal is not None:
        return problem_of(refusal)
    own_account.change_password(account, form["new_password"], asking=g.asking)
    return None


@blueprint.route("/me/email", methods=["POST"])
@gate()
@may_answer(403, 429)
@blueprint.arguments(ChangeEmail)
@blueprint.response(204)
def change_email(form: dict[str, Any]) -> Response | None:
    """Sign in with another e-mail address from now on."""
    account = own_account.account_of(g.asking)
    refusal = own_account.refusal_of_password(account, form["password"], address=request.remote_addr or "")
    if refusal is not None:
        return problem_of(refusal)
    own_account.change_email(account, form["email"])
    return None


@blueprint.route("/me/one-time-codes", methods=["POST"])
@gate(setting_up=True)
@may_answer(403, 409, 429)
@blueprint.arguments(Password)
@blueprint.response(200, CodesSetUp)
def set_up_codes(form: dict[str, Any]) -> dict[str, Any] | Response:
    """Begin to use an authenticator app: its secret and the recovery codes are shown this once."""
    account = own_account.account_of(g.asking)
    refusal = own_account.refusal_of_password(account, form["password"], address=request.remote_addr or "")
    return problem_of(refusal) if refusal is not None else one_time_codes.set_up(account)


@blueprint.route("/me/one-time-codes/confirm", methods=["POST"])
@gate(setting_up=True)
@may_answer(409)
@blueprint.arguments(Code)
@blueprint.response(204)
def confirm_codes(form: dict[str, Any]) -> None:
    """Prove with a first code that the app works; from now on sign-in asks for one."""
    one_time_codes.confirm(own_account.account_of(g.asking), form["code"])


@blueprint.route("/me/one-time-codes/remove", methods=["POST"])
@gate()
@may_answer(403, 409, 429)
@blueprint.arguments(RemoveCodes)
@blueprint.response(204)
def remove_codes(form: dict[str, Any]) -> Response | None:
    """Stop using one-time codes, where the role may."""
    account = own_account.account_of(g.asking)
    refusal = own_account.refusal_of_password(account, form["password"], address=request.remote_addr or "")
    if refusal is not None:
        return problem_of(refusal)
    mandatory = g.asking.role in current_app.config["BAS"].codes_mandatory_for
    own_account.remove_codes(account, form["code"], mandatory=mandatory)
    return None


@blueprint.route("/children/<uuid:child_id>/emergency-grants", methods=["POST"])
@gate(Role.SPECIALIST, Role.SUPERVISOR)
@answers_once
@blueprint.arguments(TakeGrant)
@blueprint.response(201, GrantView)
def take_grant(form: dict[str, Any], child_id: uuid.UUID) -> EmergencyGrant:
    """See a child one is not responsible for, for at most 24 hours; its supervisor is told."""
    return emergency.take_grant(child_id, form, by=g.asking.account_id)


@blueprint.route("/emergency-grants")
@gate(Role.SPECIALIST, Role.SUPERVISOR)
@blueprint.response(200, GrantsList)
def grants() -> dict[str, Any]:
    """The grants one took, was told of, or that concern one's team."""
    return {"items": emergency.grants_in_sight(), "next": None}


@blueprint.route("/emergency-grants/<uuid:grant_id>/note", methods=["POST"])
@gate(Role.SUPERVISOR)
@changes_a_version
@answers_once
@blueprint.arguments(Nothing)
@blueprint.response(200, GrantView)
def note_grant(_nothing: dict[str, Any], grant_id: uuid.UUID) -> EmergencyGrant:
    """Say that one has taken notice of a grant."""
    grant = emergency.grant_to_note(grant_id, by=g.asking.account_id)
    check_if_match(grant.version, current=lambda: GrantView().dump(grant))
    emergency.note_grant(grant)
    return grant
