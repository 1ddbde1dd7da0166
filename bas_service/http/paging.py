"""Lists come in pages: ``{"items": [...], "next": cursor}`` in a stable order."""

import base64
import binascii
import json
from collections.abc import Callable
from typing import Any

from bas_service.errors import InvalidRequest
from bas_service.http.fields import Line, Shape, Whole

MOST_ITEMS = 200
# A register's key holds a name twice, each letter of up to six bytes.
LONGEST_CURSOR = 4000


class Page(Shape):
    """The parameters of every list."""

    limit = Whole(1, MOST_ITEMS, load_default=50, metadata={"description": "Most items of one page"})
    cursor = Line(LONGEST_CURSOR, metadata={"description": "`next` of the page before"})


def read_cursor(cursor: str | None, *readers: Callable[[str], Any]) -> list[Any] | None:
    """The place where the next page begins, each part read by its reader; ``None`` for the first page.

    Raises ``InvalidRequest`` for a cursor that this service did not make.
    """
    if cursor is None:
        return None
    try:
        parts = json.loads(base64.urlsafe_b64decode(cursor.encode("ascii")))
        if not isinstance(parts, list) or len(parts) != len(readers):
            raise ValueError
        if any(not isinstance(part, str) or "\0" in part for part in parts):
            raise ValueError
        # Half a surrogate pair can be spelled in JSON and cannot be sent to the database (a ValueError too).
        "".join(parts).encode()
        return [reader(part) for reader, part in zip(readers, parts, strict=True)]
    except (ValueError, RecursionError, binascii.Error):
        raise InvalidRequest.at("cursor", "cursor-unusable") from None


def page_of(found: list[dict[str, Any]], limit: int, *keys: str, more: bool | None = None) -> dict[str, Any]:
    """Make a page of at most ``limit`` items out of ``found``, which was read with one row more.

    Whoever cut the list already says whether there is ``more``.
    """
    items = found[:limit]
    is_more = len(found) > limit if more is None else more
    return {"items": items, "next": cursor_of(*(items[-1][key] for key in keys)) if is_more else None}


def cursor_of(*parts: Any) -> str:
    """The place after which the next page begins, for ``read_cursor`` to read."""
    spelled = [str(part) for part in parts]
    return base64.urlsafe_b64encode(json.dumps(spelled, ensure_ascii=False).encode()).decode()
