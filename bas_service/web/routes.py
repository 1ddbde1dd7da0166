"""The pages: signing in with a browser, the team, giving a child to a specialist, handing a case over."""

import uuid
from datetime import date

import flask
from flask import Blueprint, Response, current_app, g, request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException

from bas_service.access import cookies
from bas_service.access.gate import open_to_all
from bas_service.access.page_gate import page
from bas_service.access.rules import Role, browser_name_of
from bas_service.caseload.rules import Complexity
from bas_service.database import new_id, transaction
from bas_service.errors import Refusal
from bas_service.http.bodies import filled
from bas_service.web import pages, queries, service, told_queries
from bas_service.web.rules import HEIGHT, WIDTH, plot_of, way_back
from bas_service.web.schemas import Assign, Chosen, SignIn, Successor, Transfer
from bas_service.web.told_queries import Wanted

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
    # Also what the script noted of the last page's address.
    response.headers["Clear-Site-Data"] = '"storage"'
    return response


@blueprint.route("/team")
@page(Role.SUPERVISOR)
def team() -> Response:
    """The team's loads, and who waits."""
    order = "load" if request.args.get("order") == "load" else "name"
    done = _id_in_address("done")
    return pages.page(
        "team.html",
        head=told_queries.head_of_the_team(g.language),
        team=queries.overview(g.asking.account_id, order=order),
        order=order,
        waiting=queries.waiting(),
        grants=queries.grants_to_note(g.asking.account_id),
        done=queries.case_done(done) if done else None,
    )


@blueprint.route("/told")
@page(Role.SUPERVISOR)
def told() -> Response:
    """Who does not know of a meeting yet, whose task that is, and what was not told in time."""
    service.watch(current_app.config["BAS"])
    wanted = Wanted(specialist_id=_id_in_address("specialist_id"), day=_day_in_address("day"))
    found = told_queries.told_page(g.asking.account_id, wanted, language=g.language)
    return pages.page("told.html", told=found, wanted=wanted)


@blueprint.route("/team/specialists/<uuid:specialist_id>")
@page(Role.SUPERVISOR)
def specialist(specialist_id: uuid.UUID) -> Response:
    """One specialist's cases, and the meetings that were not announced in time."""
    one = queries.specialist_page(specialist_id, asking=g.asking.account_id)
    return pages.page("specialist.html", one=one, plot=plot_of(one["history"]), width=WIDTH, height=HEIGHT)


@blueprint.route("/team/assign")
@page(Role.SUPERVISOR)
def choose_specialist() -> Response:
    """To whom a waiting child may go, with what it would make of each load."""
    return _assign_form(request.args)


def _assign_again() -> Response:
    return _assign_form(request.form)


@blueprint.route("/team/assign", methods=["POST"])
@page(Role.SUPERVISOR, again=_assign_again)
def assign() -> Response:
    """Give a waiting child to a specialist."""
    case_id = service.assign(filled(Assign, _fields()), by=g.asking.account_id)
    return _see(flask.url_for("web.team", done=case_id))


@blueprint.route("/team/cases/<uuid:case_id>/transfer")
@page(Role.SUPERVISOR)
def choose_successor(case_id: uuid.UUID) -> Response:
    """To whom a case may go, with what it would make of each load."""
    return _transfer_form(case_id, request.args)


def _transfer_again(case_id: uuid.UUID) -> Response:
    return _transfer_form(case_id, request.form)


@blueprint.route("/team/cases/<uuid:case_id>/transfer", methods=["POST"])
@page(Role.SUPERVISOR, again=_transfer_again)
def transfer(case_id: uuid.UUID) -> Response:
    """Hand a case over."""
    service.transfer(case_id, filled(Transfer, _fields()), by=g.asking.account_id)
    return _see(flask.url_for("web.team", done=case_id))


@blueprint.route("/team/emergency-grants/<uuid:grant_id>/note", methods=["POST"])
@page(Role.SUPERVISOR)
def note_grant(grant_id: uuid.UUID) -> Response:
    """Take notice of an emergency grant."""
    service.note_grant(grant_id, by=g.asking.account_id)
    return _see(flask.url_for("web.team"))


@blueprint.route("/team/assets/<digest>/<name>")
@open_to_all
def asset(digest: str, name: str) -> Response:
    """A stylesheet or script of the pages."""
    return pages.ASSETS.answer(name, digest)


def _see(address: str) -> Response:
    """Sent on after a form: loading the page again then sends nothing again."""
    return flask.make_response(flask.redirect(address, 303))


def _fields() -> dict[str, str]:
    return {name: value for name, value in request.form.items() if name != "form_token"}


def _id_in_address(name: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(request.args.get(name, ""))
    except ValueError:
        return None


def _day_in_address(name: str) -> date | None:
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None


def _assign_form(given: MultiDict[str, str]) -> Response:
    chosen = filled(
        Chosen, {name: given[name] for name in ("child_id", "complexity", "specialist_id") if name in given}
    )
    complexity = chosen.get("complexity", Complexity.STANDARD)
    return pages.page(
        "assign.html",
        child=queries.child_to_assign(chosen["child_id"]),
        complexities=list(Complexity),
        complexity=complexity,
        candidates=queries.candidates(
            chosen["child_id"], complexity, asking=g.asking.account_id, language=g.language
        ),
        chosen=chosen.get("specialist_id"),
        # The same form sent twice makes one case.
        case_id=given.get("id") or new_id(),
        given=given,
    )


def _transfer_form(case_id: uuid.UUID, given: MultiDict[str, str]) -> Response:
    chosen = filled(Successor, {name: given[name] for name in ("to_specialist_id",) if name in given})
    case = queries.case_to_hand_over(case_id)
    return pages.page(
        "transfer.html",
        case=case,
        candidates=queries.candidates(
            case["child"]["id"], case["complexity"], asking=g.asking.account_id, language=g.language
        ),
        chosen=chosen.get("to_specialist_id"),
        given=given,
    )


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
