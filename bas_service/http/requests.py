"""What every request carries and every answer gets: an id, a language, limits, compression."""

import gzip
import logging
import re
import uuid

import flask
from flask import Flask, Response, current_app, g, request

from bas_service.errors import BodyTooLarge, MediaTypeUnsupported
from bas_service.http.bodies import read_strictly
from bas_service.translation import Language

MOST_BODY_BYTES = 1024 * 1024
LEAST_WORTH_COMPRESSING = 1024
FORM = "application/x-www-form-urlencoded"
# What these parts answer with is for people: pages, with forms in them.
PAGES = frozenset({"web", "answering"})
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)


# An answer is data for our own app: no page may frame it, run anything in it, or read it from elsewhere. No CORS
# header is ever sent, so browsers keep other sites' scripts out.
PROTECTION = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def attend_requests(app: Flask) -> None:
    """Register what happens before and after each request."""
    app.config["MAX_CONTENT_LENGTH"] = MOST_BODY_BYTES
    read_strictly(app)
    # One address for one thing; the redirect from "//" would be a page, not a problem document.
    app.url_map.merge_slashes = False
    app.before_request(_begin)
    app.after_request(_compress)
    app.after_request(_end)


def _begin() -> None:
    given = request.headers.get("X-Request-Id", "")
    g.request_id = given if _REQUEST_ID.fullmatch(given) else str(uuid.uuid4())
    g.language = language_asked_for()
    is_chunked = "chunked" in request.headers.get("Transfer-Encoding", "").lower()
    # Without a Content-Length werkzeug reads up to the limit and drops the rest silently.
    if is_chunked and len(request.get_data()) >= MOST_BODY_BYTES:
        raise BodyTooLarge()
    if (
        # Where nothing is, or not by this method, that is the answer, whatever is sent along.
        request.routing_exception is None
        and request.method in {"POST", "PATCH", "PUT"}
        and request.blueprint != "hooks"
        and (request.content_length or is_chunked)
        # What a page sends is a form, and what a form can send the API does not take.
        and not (request.mimetype == FORM if request.blueprint in PAGES else request.is_json)
    ):
        raise MediaTypeUnsupported()


def language_asked_for() -> Language:
    """The first of our languages in Accept-Language; Latvian when none is named."""
    best = request.accept_languages.best_match([language.value for language in Language])
    return Language(best) if best else Language.LATVIAN


def _compress(response: Response) -> Response:
    if (
        response.direct_passthrough
        or response.content_encoding
        or (response.content_length or 0) < LEAST_WORTH_COMPRESSING
    ):
        return response
    # Also on the answer that stays as it is: a cache must not hand it to everybody, or the other one.
    response.vary.add("Accept-Encoding")
    if request.accept_encodings.quality("gzip") > 0:  # "gzip;q=0" asks for anything but that
        response.set_data(gzip.compress(response.get_data(), compresslevel=4))
        response.content_encoding = "gzip"
    return response


def _end(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.get("request_id", "")
    response.headers.setdefault("Cache-Control", "no-store")
    for name, value in PROTECTION.items():
        response.headers.setdefault(name, value)
    if current_app.config["BAS"].public_url.startswith("https://"):
        response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    response.vary.add("Accept-Language")
    return response


class RequestIdFilter(logging.Filter):
    """Puts the request's id on every log line written during it."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every line pass, with the id on it."""
        record.request_id = g.get("request_id", "-") if flask.has_app_context() else "-"
        return True
