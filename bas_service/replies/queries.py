"""Reads of replies; row-level security leaves those to children in sight."""

import uuid
from typing import Any

from bas_service.children.queries import child_in_sight, of_child_in_sight
from bas_service.database import rows
from bas_service.replies.models import Reply

_LINES = """
    SELECT p.id, p.child_id, p.representative_id, p.standing, p.body AS text, p.wish, p.received_at, p.read_at,
        p.read_by, r.name, r.relation
    FROM replies p JOIN representatives r ON r.id = p.representative_id
"""
_SEALED = {"text": "replies.body"}


def reply_in_sight(reply_id: uuid.UUID, *, lock: bool = False) -> Reply:
    """A reply about a child in sight, with the child held when it is to be changed; raises ``NotFound``."""
    return of_child_in_sight(Reply, reply_id, lock=lock)


def replies_page(child_id: uuid.UUID, *, after: list[Any] | None, limit: int) -> list[dict[str, Any]]:
    """What a child's representatives answered, the latest first; one more than ``limit`` when there are more.

    Raises ``NotFound``.
    """
    child_in_sight(child_id)
    before, values = _before(after, "p")
    found = rows(
        f"{_LINES} WHERE p.child_id = :child {before} ORDER BY p.received_at DESC, p.id DESC LIMIT :limit",
        sealed=_SEALED,
        child=child_id,
        limit=limit + 1,
        **values,
    )
    return [_view(row) for row in found]


def view_of(reply: Reply) -> dict[str, Any]:
    """One reply as a list shows it."""
    return _view(rows(f"{_LINES} WHERE p.id = :id", sealed=_SEALED, id=reply.id)[0])


def unknown_page(*, after: list[Any] | None, limit: int) -> list[dict[str, Any]]:
    """Texts from numbers that are no representative's, the latest first, one more than ``limit`` when there are."""
    before, values = _before(after, "t")
    return rows(
        "SELECT t.id, t.sender, t.body AS text, t.wish, t.received_at FROM inbound_texts t"  # noqa: S608
        f" WHERE NOT t.known {before} ORDER BY t.received_at DESC, t.id DESC LIMIT :limit",
        sealed={"sender": "inbound_texts.sender", "text": "inbound_texts.body"},
        limit=limit + 1,
        **values,
    )


def _before(after: list[Any] | None, table: str) -> tuple[str, dict[str, Any]]:
    if after is None:
        return "", {}
    return f"AND ({table}.received_at, {table}.id) < (:moment, :last)", {"moment": after[0], "last": after[1]}


def _view(row: dict[str, Any]) -> dict[str, Any]:
    representative = {"id": row["representative_id"], "name": row["name"], "relation": row["relation"]}
    return row | {"representative": representative}
