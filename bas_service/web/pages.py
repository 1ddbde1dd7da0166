"""How a page is made: language, texts, figures and days in it, its stylesheet and script, its headers."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import flask
from babel.dates import format_date
from babel.numbers import format_decimal
from flask import Response, g, request

from bas_service import clock
from bas_service.duties.rules import DutyKind
from bas_service.duties.rules import words_of as words_of_duty
from bas_service.errors import InvalidRequest, NotAllowed, Refusal, SignInNeeded
from bas_service.http.looks import gathered_what_is_shown
from bas_service.http.pages import LANGUAGES, POLICY, YEAR, Assets
from bas_service.http.problems import ready_answer_in, refusal_of, sentence_of, words_of
from bas_service.translation import Language, text_of

STATIC = Path(__file__).parent / "static"
_KINDS = {"pages.css": "text/css", "htmx-2.0.11.min.js": "text/javascript", "icon.svg": "image/svg+xml"}
ASSETS = Assets(STATIC, _KINDS, endpoint="web.asset")
_LANGUAGE_COOKIE = "bas-language"


def choose_language() -> None:
    """The language asked for by the page's switch, now or earlier; else the browser's own stays."""
    for named in (request.args.get("language"), request.cookies.get(_LANGUAGE_COOKIE)):
        if named in set(Language):
            g.language = Language(named)
            return


def finish(response: Response) -> Response:
    """Headers of every page, and the language remembered when it was chosen."""
    response.headers.setdefault("Content-Security-Policy", POLICY)
    if request.args.get("language") in set(Language):
        secure = flask.current_app.config["BAS"].public_url.startswith("https://")
        response.set_cookie(
            _LANGUAGE_COOKIE, g.language, max_age=YEAR, path="/", secure=secure, httponly=True, samesite="Lax"
        )
    return response


def words() -> dict[str, Any]:
    """What every template knows."""
    language: Language = g.language
    return {
        "text": partial(text_of, language),
        "number": partial(_number, language),
        "today": clock.today(),
        "day": partial(_day, language),
        "moment": partial(_moment, language),
        "duty": partial(_duty, language),
        "language": language,
        "languages": LANGUAGES,
        "in_language": _in_language,
        "asset": ASSETS.path,
        "form_token": g.get("form_token"),
        "asking": g.get("asking"),
    }


def page(template: str, status: int = 200, **values: Any) -> Response:
    """A page; ``refused`` and the sentence for each wrong field are in it when a form was refused."""
    refused = g.get("refused")
    if refused is not None:
        title, detail = _words_of(refused)
        wrong = refused.members["errors"] if isinstance(refused, InvalidRequest) else []
        values |= {
            "refused": {"name": refused.name, "title": title, "detail": detail, **refused.members},
            "wrong": {place.lstrip("/").replace("/", "_"): sentence_of(said, g.language) for place, said in wrong},
        }
    # Templates ask the database nothing: it commits while they are rendered.
    gathered_what_is_shown()
    return flask.make_response(flask.render_template(template, **values), status)


def problem_page(sign_in: Callable[[], Response]) -> Callable[[Exception], Response]:
    """What an error becomes: a page that tells nothing; for somebody not signed in, the form to do so."""

    def answer(error: Exception) -> Response:
        ready = ready_answer_in(error)
        if ready is not None:
            return ready
        refusal = refusal_of(error)
        if isinstance(refusal, SignInNeeded):
            response = sign_in()
            response.status_code = refusal.status
        else:
            title, detail = _words_of(refusal)
            response = flask.make_response(
                flask.render_template("problem.html", title=title, detail=detail),
                refusal.status,
            )
        response.headers.extend(refusal.headers)
        # A part of a page asked for by the script: load the whole page instead, which then says why.
        if "HX-Request" in request.headers:
            response.headers["HX-Refresh"] = "true"
        return response

    return answer


def _words_of(refusal: Refusal) -> tuple[str, str]:
    title, detail = words_of(refusal, g.language)
    # Somebody who is somebody, but not a supervisor: say whose page it is.
    return title, text_of(g.language, "web-supervisors-only") if isinstance(refusal, NotAllowed) else detail


def _in_language(language: Language) -> str:
    """The present page in another language."""
    return f"{request.path}?{urlencode(request.args.to_dict() | {'language': language.value})}"


def _duty(language: Language, duty: dict[str, Any]) -> str:
    return words_of_duty(DutyKind(duty["kind"]), duty["details"], language)


def _number(language: Language, value: Decimal | float) -> str:
    return str(format_decimal(value, format="#,##0.##", locale=language.value))


def _day(language: Language, day: date | datetime) -> str:
    if isinstance(day, datetime):
        day = clock.in_riga(day).date()
    # In figures, where words would need another ending after each preposition.
    if language is Language.ENGLISH:
        return str(format_date(day, format="medium", locale="en_GB"))
    return f"{day:%d.%m.%Y}" + ("." if language is Language.LATVIAN else "")


def _moment(language: Language, moment: datetime) -> str:
    return f"{_day(language, moment)}, {clock.in_riga(moment):%H:%M}"
