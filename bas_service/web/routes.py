"""The pages: signing in with a browser, the team, giving a child to a specialist, handing a case over."""

import flask
from flask import Blueprint, Response, current_app, g, request
from werkzeug.exceptions import HTTPException

from bas_service.access import cookies
from bas_service.access.gate import open_to_all
from bas_service.access.page_gate import page
from bas_service.access.rules import Role, browser_name_of
from bas_service.database import transaction
from bas_service.errors import Refusal
from bas_service.http.bodies import filled
from bas_service.web import pages, service
from bas_service.web.rules import way_back
from bas_service.web.schemas import SignIn

# No part of the API: a plain blueprint, which the specification does not see.
blueprint = Blueprint("web", __name__, template_folder="templates")
blueprint.before_request(pages.choose_language)
blueprint.after_request(pages.finish)
blueprint.context_processor(pages.words)


@blueprint.route("/sign-in")
@open_to_all
def sign_in_form() -> Response:
    """The form to sign in."""
    return _sign_in_form()


@blueprint.route("/sign-in", methods=["POST"])
@open_to_all
def sign_in() -> Response:
    """Sign a supervisor's browser in."""
    browser = cookies.browser_id()
    cookies.check_form(service.form_token_of(browser))
    given = {name: value for name, value in request.form.items() if name not in {"form_token", "next"}}
    outcome = _signed_in(given, browser)
    if isinstance(outcome, Refusal):
        g.refused = outcome
        response = _sign_in_form(email=given.get("email", ""))
        response.status_code = outcome.status
        response.headers.extend(outcome.headers)
        return response
    response = _see(way_back(request.form.get("next", "")))
    cookies.keep_session(response, outcome)
    return response


@blueprint.route("/sign-out", methods=["POST"])
@page(*Role)
def sign_out() -> Response:
    """Sign this browser out."""
    service.sign_out(g.asking.session_id)
    response = _see(flask.url_for("web.sign_in_form"))
    cookies.drop_session(response)
    return response


@blueprint.route("/team")
@page(Role.SUPERVISOR)
def team() -> Response:
    """The team's loads, and who waits."""
    return pages.page("team.html")


@blueprint.route("/team/assets/<digest>/<name>")
@open_to_all
def asset(digest: str, name: str) -> Response:
    """A stylesheet or script of the pages."""
    return pages.asset_answer(name, digest)


def _see(address: str) -> Response:
    """Sent on after a form: loading the page again then sends nothing again."""
    return flask.make_response(flask.redirect(address, 303))


def _signed_in(given: dict[str, str], browser: str) -> str | Refusal:
    name = browser_name_of(request.headers.get("User-Agent", ""))
    try:
        form = filled(SignIn, given)
        with transaction():
            return service.sign_in(
                form,
                device={"id": f"browser-{browser}", "name": name},
                address=request.remote_addr or "",
                must_use_codes=current_app.config["BAS"].codes_mandatory_for,
            )
    except Refusal as refusal:
        return refusal


def _sign_in_form(email: str = "") -> Response:
    browser = cookies.browser_id()
    asked_for = request.full_path.rstrip("?") if request.method == "GET" else ""
    response = pages.page(
        "sign_in.html",
        email=email,
        next=way_back(request.form.get("next", "") or asked_for),
        sign_in_token=service.form_token_of(browser),
    )
    cookies.keep_browser(response, browser)
    return response


for kind in (HTTPException, Exception):
    blueprint.register_error_handler(kind, pages.problem_page(_sign_in_form))
