"""How a link's page is made: its language, its words, days and hours in it, its headers.

It stays on a telephone that others may pick up and passes through scanners: nothing keeps it, nothing lists it, and
the address goes nowhere. The switch of languages names no address, so that pages of dead links are alike to the byte.
"""

from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import flask
from babel.dates import format_date
from flask import Response, g, request

from bas_service import clock
from bas_service.errors import NotFound, Refusal
from bas_service.http.pages import LANGUAGES, POLICY, Assets
from bas_service.http.problems import ready_answer_in, refusal_of, words_of
from bas_service.links.rules import DIGITS, LinkDead
from bas_service.translation import Language, text_of

ASSETS = Assets(Path(__file__).parent / "static", {"link.css": "text/css"}, endpoint="answering.asset")
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Robots-Tag": "noindex, nofollow, noarchive, nosnippet",
    "Cache-Control": "no-store",
}


def language_chosen() -> Language | None:
    """The language that the page's switch asks for; ``None`` when it was not used."""
    for named in (request.form.get("language"), request.args.get("language")):
        if named in set(Language):
            return Language(named)
    return None


def finish(response: Response) -> Response:
    """Headers of every page."""
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def words() -> dict[str, Any]:
    """What every template knows."""
    language: Language = g.language
    return {
        "text": partial(text_of, language),
        "language": language,
        "languages": LANGUAGES,
        "asset": ASSETS.path,
        "whole_day": partial(_whole_day, language),
        "day": _day,
        "hour": partial(_hour, language),
        "digits": DIGITS,
    }


def page(template: str, status: int = 200, **values: Any) -> Response:
    """A page of a link."""
    return flask.make_response(flask.render_template(template, **values), status)


def refusal_page(refusal: Refusal) -> Response:
    """A page that says why not, and nothing else."""
    title, detail = words_of(refusal, g.language)
    response = page("link_problem.html", refusal.status, title=title, detail=detail)
    response.headers.extend(refusal.headers)
    return response


def problem_page(error: Exception) -> Response:
    """What an error becomes: a page that tells nothing; of a link whose child is out of sight, that it is dead."""
    ready = ready_answer_in(error)
    if ready is not None:
        return ready
    refusal = refusal_of(error)
    return refusal_page(LinkDead() if isinstance(refusal, NotFound) else refusal)


def _whole_day(language: Language, moment: datetime) -> str:
    locale = "en_GB" if language is Language.ENGLISH else language.value
    day = str(format_date(clock.in_riga(moment).date(), format="full", locale=locale))
    # It begins a line.
    return day[:1].upper() + day[1:]


def _day(day: date | datetime) -> str:
    return f"{clock.in_riga(day) if isinstance(day, datetime) else day:%d.%m.%Y}"


def _hour(language: Language, moment: datetime) -> str:
    local = clock.in_riga(moment)
    return f"{local:%H}.{local:%M}" if language is Language.LATVIAN else f"{local:%H:%M}"
