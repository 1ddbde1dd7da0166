"""The gate: every route stands behind it, or says that it is open to all.

It recognises who asks, opens the request's one transaction, and lets only the roles named pass; which
children they then see is decided by the database.
"""

import functools
from collections.abc import Callable
from typing import Any

import flask
from flask import Response, g
from sqlalchemy.exc import IntegrityError

from bas_service.access import service, tokens
from bas_service.access.rules import Role
from bas_service.database import transaction
from bas_service.errors import NotAllowed, Refusal
from bas_service.http.concurrency import tagged

View = Callable[..., Any]


def gate(*roles: Role) -> Callable[[View], Callable[..., Response]]:
    """Let accounts of these roles pass (all roles when none is named), within one transaction."""

    def decorate(view: View) -> Callable[..., Response]:
        @functools.wraps(view)
        def through(*args: Any, **kwargs: Any) -> Response:
            claims = tokens.presented_claims(refresh=False)
            try:
                with transaction():
                    g.asking = service.recognise(claims)
                    if roles and g.asking.role not in roles:
                        raise NotAllowed()
                    return tagged(flask.make_response(view(*args, **kwargs)))
            except (Refusal, IntegrityError):
                # A refused request is undone, and yet it showed that this pair of tokens arrived.
                if "asking" in g:
                    with transaction():
                        service.note_arrival(claims)
                raise

        through.gate = tuple(roles) or tuple(Role)  # type: ignore[attr-defined]
        return through

    return decorate


def open_to_all(view: View) -> View:
    """Mark a route that needs no account; it says so itself, and a test lists all of them."""
    view.gate = ()  # type: ignore[attr-defined]
    return view
