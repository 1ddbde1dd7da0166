"""Endpoints of signing in and out."""

from typing import Any

from flask import Response, g, request

from bas_service.access import service, tokens
from bas_service.access.gate import gate, open_to_all
from bas_service.access.schemas import SignedIn, SignIn, TokenPair, User
from bas_service.database import transaction
from bas_service.errors import Refusal
from bas_service.http.bodies import Blueprint
from bas_service.http.fields import Nothing
from bas_service.http.problems import problem_of

blueprint = Blueprint("access", __name__, url_prefix="/api/v1", description="Signing in on a device")


@blueprint.route("/auth/sign-in", methods=["POST"])
@open_to_all
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
    successor was used revokes the device.
    """
    claims = tokens.presented_claims(refresh=True)
    with transaction():
        outcome = service.refresh(claims)
    return problem_of(outcome) if isinstance(outcome, Refusal) else outcome


@blueprint.route("/auth/sign-out", methods=["POST"])
@gate()
@blueprint.arguments(Nothing)
@blueprint.response(204)
def sign_out(_nothing: dict[str, Any]) -> None:
    """Sign this device out."""
    service.sign_out(g.asking.session_id)


@blueprint.route("/me")
@gate()
@blueprint.response(200, User)
def me() -> dict[str, Any]:
    """Who is signed in."""
    asking = g.asking
    return {"id": asking.account_id, "name": asking.name, "role": asking.role, "language": asking.language}
