"""What a browser keeps for us and sends along, and whether a form it sends was made by us for it."""

import re
import secrets
from urllib.parse import urlsplit

from flask import Response, current_app, request

from bas_service.access.rules import BROWSER_KEPT, FormNotOurs

# Which browser it is, kept across sign-ins: what a phone's device id is. Not a secret that opens anything.
_BROWSER, _BROWSER_KEPT = "bas-browser", 365 * 24 * 3600
_SESSION = "bas-session"
_ID = re.compile(r"[A-Za-z0-9_-]{22}", re.ASCII)


def session_token() -> str | None:
    """The token of the signed-in browser."""
    return request.cookies.get(_name(_SESSION))


def browser_id() -> str:
    """Which browser asks; a new one gets an id, to be kept with ``keep_browser``."""
    kept = request.cookies.get(_name(_BROWSER), "")
    return kept if _ID.fullmatch(kept) else secrets.token_urlsafe(16)


def keep_browser(response: Response, browser: str) -> None:
    """Let the browser keep its id for a year."""
    _keep(response, _BROWSER, browser, most_seconds=_BROWSER_KEPT)


def keep_session(response: Response, token: str) -> None:
    """Let the browser keep its token, until the session would end in any case."""
    _keep(response, _SESSION, token, most_seconds=int(BROWSER_KEPT.total_seconds()))


def drop_session(response: Response) -> None:
    """Let the browser forget its token."""
    _keep(response, _SESSION, "", most_seconds=0)


def check_form(expected: str) -> None:
    """Refuse a form that was not made for whoever sends it, or is sent from another site: ``FormNotOurs``."""
    given = request.form.get("form_token", "")
    if not secrets.compare_digest(given.encode("utf-8", "replace"), expected.encode()) or not _is_from_here():
        raise FormNotOurs()


def _is_from_here() -> bool:
    """What the browser itself says of where a request comes from; old ones say nothing."""
    origin = request.headers.get("Origin")
    # "null" is what pages say that send no referrer, and ours are such.
    is_ours = origin in {None, "null"} or urlsplit(str(origin)).netloc == request.host
    return is_ours and request.headers.get("Sec-Fetch-Site", "same-origin") in {"same-origin", "none"}


def _is_https() -> bool:
    return bool(current_app.config["BAS"].public_url.startswith("https://"))


def _name(name: str) -> str:
    # Browsers take a cookie of this prefix from a secure page of this very host only, for all of its paths.
    return f"__Host-{name}" if _is_https() else name


def _keep(response: Response, name: str, value: str, *, most_seconds: int) -> None:
    response.set_cookie(
        _name(name), value, max_age=most_seconds, path="/", secure=_is_https(), httponly=True, samesite="Lax"
    )
