"""Which children a request shows or changes: gathered while it runs, written into the trace at its end (D32)."""

import uuid
from collections.abc import Callable, Iterable

from flask import g, has_request_context, request

READING = frozenset({"GET", "HEAD"})


def looked_at(child_ids: Iterable[uuid.UUID]) -> None:
    """Note that the request shows or changes these children; outside a request nobody looks.

    Raises ``RuntimeError`` when the request has said already that it has gathered everything.
    """
    if not has_request_context():
        return
    known: set[uuid.UUID] = g.setdefault("looked_at", set())
    new = set(child_ids) - known
    if new and "write_looks" in g and g.write_looks is None:
        raise RuntimeError("a child was looked at after the trace had been written")
    known |= new


def children_looked_at() -> list[uuid.UUID]:
    """The children noted so far, in a stable order."""
    return sorted(g.get("looked_at", ()))


def at_the_end(write_looks: Callable[[], None]) -> None:
    """What is to be called, once, when the request has gathered everything that it shows or changes."""
    g.write_looks = write_looks


def gathered_all() -> None:
    """Say that the request has gathered everything; said again, it has no effect."""
    write_looks = g.get("write_looks")
    if write_looks is not None:
        g.write_looks = None
        write_looks()


def gathered_what_is_shown() -> None:
    """Say that an answer is only to be rendered now. One that changes something is still to be remembered, too."""
    if request.method in READING:
        gathered_all()
