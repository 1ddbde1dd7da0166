"""Every error leaves as ``application/problem+json`` (RFC 9457), whoever raised it and in the caller's language."""

import logging
from collections.abc import Iterator
from typing import Any

import flask
import sqlalchemy.exc
from flask import Flask, Response, g
from werkzeug.exceptions import HTTPException

from bas_service import errors
from bas_service.errors import InvalidRequest, Refusal, Said
from bas_service.translation import Language, has_text, text_of

PROBLEM_JSON = "application/problem+json"
log = logging.getLogger(__name__)

_BY_STATUS: dict[int, type[Refusal]] = {
    400: errors.MalformedRequest,
    401: errors.SignInNeeded,
    403: errors.NotAllowed,
    404: errors.NotFound,
    405: errors.MethodNotAllowed,
    406: errors.NotAcceptable,
    408: errors.RequestTimedOut,
    413: errors.BodyTooLarge,
    415: errors.MediaTypeUnsupported,
    503: errors.TemporarilyUnavailable,
}


def answer_in_problems(app: Flask) -> None:
    """Register the handlers that turn whatever is raised into a problem document."""
    # A library registers its own for the first of these: ours must stand there by name.
    for kind in (HTTPException, Exception):
        app.register_error_handler(kind, _answer_to)


def _answer_to(error: Exception) -> Response:
    ready = ready_answer_in(error)
    return problem_of(refusal_of(error)) if ready is None else ready


def ready_answer_in(error: Exception) -> Response | None:
    """The answer that an HTTP exception carries or is by itself (a redirect), and that is no error."""
    if isinstance(error, HTTPException) and isinstance(error.response, Response):
        return error.response
    if isinstance(error, HTTPException) and error.code is not None and error.code < 400:
        return flask.make_response(error.get_response())
    return None


def refusal_of(error: Exception) -> Refusal:
    """The refusal that stands for whatever was raised; what is a defect of ours is logged here."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, HTTPException):
        return _from_werkzeug(error)
    if isinstance(error, sqlalchemy.exc.DBAPIError | sqlalchemy.exc.TimeoutError):
        return _from_database(error)
    if isinstance(error, RecursionError):
        return _from_deep_nesting()
    return _from_defect(error)


def problem_of(refusal: Refusal) -> Response:
    """The answer a refusal becomes; its language is the request's."""
    language: Language = g.get("language", Language.LATVIAN)
    title, detail = words_of(refusal, language)
    body: dict[str, Any] = {
        "type": f"/problems/{refusal.name}",
        "title": title,
        "status": refusal.status,
        "detail": detail,
        "request_id": g.get("request_id"),
    }
    body |= refusal.members
    if isinstance(refusal, InvalidRequest):
        body["errors"] = [_place(where, said, language) for where, said in refusal.members["errors"]]
    response = flask.make_response(flask.json.dumps(body), refusal.status)
    response.headers.extend(refusal.headers)
    response.mimetype = PROBLEM_JSON
    return response


def words_of(refusal: Refusal, language: Language) -> tuple[str, str]:
    """A refusal's title and its sentence, in plain words."""
    places = {name: value for name, value in refusal.members.items() if isinstance(value, str | int | float)}
    return text_of(language, f"{refusal.name}.title"), text_of(language, refusal.name, **places)


def sentence_of(said: str, language: Language) -> str:
    """What is wrong with one place, in plain words."""
    # A library's own sentence is never passed on: it may be English, and may tell too much.
    values = said.values if isinstance(said, Said) else {}
    return text_of(language, said if has_text(said) else "value-unusable", **values)


def _place(where: str, said: str, language: Language) -> dict[str, str]:
    return {"pointer" if where.startswith("/") else "parameter": where, "detail": sentence_of(said, language)}


def _from_werkzeug(error: HTTPException) -> Refusal:
    if error.code == 422:
        return InvalidRequest(list(_places(getattr(error, "data", {}).get("messages", {}))))
    refusal = _BY_STATUS.get(error.code or 500, errors.ServerFault)()
    if refusal.status == 405 and getattr(error, "valid_methods", None):
        refusal.headers["Allow"] = ", ".join(sorted(error.valid_methods))  # type: ignore[attr-defined]
    return refusal


def _places(messages: Any) -> Iterator[tuple[str, str]]:
    """Walk webargs' nested messages: ``{"json": {"place": {"type": [...]}}}`` names ``/place/type``."""
    for location, found in messages.items() if isinstance(messages, dict) else []:
        yield from _walk(found, "" if location == "json" else None)


def _walk(found: Any, path: str | None, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(found, dict):
        for key, inner in found.items():
            # Whatever does not belong to one member ("_schema") belongs to the whole.
            deeper = path if key == "_schema" or path is None else f"{path}/{_escaped(str(key))}"
            yield from _walk(inner, deeper, name if key == "_schema" else str(key))
    else:
        for said in found if isinstance(found, list) else [found]:
            where = path if path else ("/" if path == "" else name)
            yield where, said if isinstance(said, str) else "value-unusable"


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def _from_database(error: sqlalchemy.exc.SQLAlchemyError) -> Refusal:
    original = getattr(error, "orig", None)
    constraint = getattr(getattr(original, "diag", None), "constraint_name", None)
    if isinstance(error, sqlalchemy.exc.IntegrityError) and constraint in Refusal.by_constraint:
        return Refusal.by_constraint[constraint]
    if isinstance(error, sqlalchemy.exc.IntegrityError) and str(constraint).endswith("_pkey"):
        # The client chose an id that somebody else's creation has taken.
        return errors.IdAlreadyUsed()
    passing = isinstance(
        error, sqlalchemy.exc.OperationalError | sqlalchemy.exc.InterfaceError | sqlalchemy.exc.TimeoutError
    )
    if passing:
        log.warning("the database did not serve this request: %s", type(original or error).__name__)
        return errors.TemporarilyUnavailable()
    return _from_defect(error)


def _from_deep_nesting() -> Refusal:
    """JSON nested thousands deep exhausts the parser: the sender's fault, not ours."""
    log.warning("a body nested too deeply was refused")
    return errors.MalformedRequest()


def _from_defect(error: Exception) -> Refusal:
    places = errors.places_of(error)
    if isinstance(error, sqlalchemy.exc.StatementError):
        original = error.orig or error
        code = getattr(original, "sqlstate", None)
        log.error("unexpected %s (%s) of: %s\n%s", type(original).__name__, code, error.statement, places)
    else:
        log.error("unexpected %s\n%s", type(error).__name__, places)
    return errors.ServerFault()
