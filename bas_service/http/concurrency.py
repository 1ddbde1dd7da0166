"""Changes say which version they were made on: ``ETag: "7"`` out, ``If-Match: "7"`` in."""

import re
from collections.abc import Callable
from typing import Any

from flask import Response, request

from bas_service.errors import VersionNeeded, VersionStale

_TAGS = re.compile(r'(?:W/)?"(\d{1,9})"', re.ASCII)


def changes_a_version(view: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a route that needs If-Match, for the specification; ``check_if_match`` does the checking."""
    view.changes_a_version = True  # type: ignore[attr-defined]
    return view


def check_if_match(version: int, *, current: Callable[[], dict[str, Any]]) -> None:
    """Refuse a change made on another version than the present one.

    Raises ``VersionNeeded`` (428) without If-Match, ``VersionStale`` (412) with the present state otherwise.
    Call it with the row locked: what it lets through must still be true when the change is written.
    """
    given = request.headers.get("If-Match")
    if given is None:
        raise VersionNeeded()
    if given.strip() != "*" and str(version) not in _TAGS.findall(given):
        raise VersionStale(current=current())


def tagged(response: Response) -> Response:
    """Give the answer the ETag of the version in its body."""
    body = response.get_json(silent=True)
    if isinstance(body, dict) and isinstance(body.get("version"), int):
        response.headers["ETag"] = f'"{body["version"]}"'
    return response
