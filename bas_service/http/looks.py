"""Which children a request shows or changes: gathered while it runs, written into the trace at its end (D32)."""

import uuid
from collections.abc import Iterable

from flask import g, has_request_context


def looked_at(child_ids: Iterable[uuid.UUID]) -> None:
    """Note that the request shows or changes these children; outside a request nobody looks."""
    if has_request_context():
        g.setdefault("looked_at", set()).update(child_ids)


def children_looked_at() -> list[uuid.UUID]:
    """The children noted so far, in a stable order."""
    return sorted(g.get("looked_at", ()))
