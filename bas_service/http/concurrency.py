"""Changes say which version they were made on: ``ETag: "7"`` out, ``If-Match: "7"`` in."""

import functools
import re
from collections.abc import Callable
from typing import Any

from flask import Response, request

from bas_service.errors import VersionNeeded, VersionStale

_TAGS = re.compile(r'(?:W/)?"(\d{1,9})"', re.ASCII)


def changes_a_version(view: Callable[..., Any]) -> Callable[..., Any]:
    """Let nothing pass without If-Match: ``VersionNeeded`` (428), whatever else is wrong with the request.

    Which version is the right one only ``check_if_match`` knows, with the row in hand.
    """

    @functools.wraps(view)
    def with_a_version(*args: Any, **kwargs: Any) -> Any:
        if "If-Match" not in request.headers:
            raise VersionNeeded()
        return view(*args, **kwargs)

    with_a_version.changes_a_version = True  # type: ignore[attr-defined]
    return with_a_version


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
