"""The pages behind a link: a GET shows and never changes anything, whoever opens it; what is decided is POSTed."""

from flask import Blueprint, Response, g, request
from werkzeug.exceptions import HTTPException

from bas_service.access.gate import open_to_all
from bas_service.database import transaction
from bas_service.errors import Refusal
from bas_service.links import pages, visits
from bas_service.links.queries import Found
from bas_service.links.rules import FactorWrong, PageOver
from bas_service.links.visits import Visit

# No part of the API: a plain blueprint, which the specification does not see.
blueprint = Blueprint("answering", __name__, template_folder="templates")
blueprint.after_request(pages.finish)
blueprint.context_processor(pages.words)


@blueprint.route("/l/<token>")
@open_to_all
def look(token: str) -> Response:
    """The question for what the link's holder must know besides."""
    with transaction():
        found = visits.look(_visit(token))
    return _question(found)


@blueprint.route("/l/<token>", methods=["POST"])
@open_to_all
def act(token: str) -> Response:
    """Whatever a page of the link asks for."""
    with transaction():
        found, outcome = visits.act(_visit(token, dict(request.form.items())))
    if isinstance(outcome, (FactorWrong, PageOver)) and found is not None:
        return _question(found, outcome)
    if isinstance(outcome, Refusal):
        return pages.refusal_page(outcome)
    g.language = outcome.language
    status = 200 if outcome.tries_left is None else FactorWrong.status
    return pages.page(outcome.template, status, again=outcome.again, tries=outcome.tries_left, **outcome.values)


@blueprint.route("/l/assets/<digest>/<name>")
@open_to_all
def asset(digest: str, name: str) -> Response:
    """The pages' stylesheet."""
    return pages.ASSETS.answer(name, digest)


def _visit(token: str, form: dict[str, str] | None = None) -> Visit:
    chosen = pages.language_chosen()
    g.language = chosen or g.language
    return Visit(
        token=token,
        language=chosen,
        address=request.remote_addr or "",
        user_agent=request.headers.get("User-Agent", ""),
        form=form or {},
    )


def _question(found: Found, refusal: FactorWrong | PageOver | None = None) -> Response:
    g.language = pages.language_chosen() or found.language
    status = refusal.status if refusal else 200
    tries = refusal.members.get("tries") if refusal else None
    return pages.page("link_question.html", status, factor=found.factor, tries=tries, is_over=refusal is not None)


for kind in (HTTPException, Exception):
    blueprint.register_error_handler(kind, pages.problem_page)
