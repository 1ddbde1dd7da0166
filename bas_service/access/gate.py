"""The gate: every route stands behind it, or says that it is open to all.

It recognises who asks, opens the request's one transaction, and lets only the roles named pass; which
children they then see is decided by the database.
"""

import functools
from collections.abc import Callable
from typing import Any

import flask
from flask import Response, current_app, g, request
from sqlalchemy.exc import IntegrityError

from bas_service.access import service, tokens, trace
from bas_service.access.rules import OneTimeCodesMandatory, Role
from bas_service.database import transaction
from bas_service.errors import NotAllowed, Refusal
from bas_service.http.concurrency import tagged
from bas_service.http.looks import READING, at_the_end, gathered_all

View = Callable[..., Any]


def gate(*roles: Role, setting_up: bool = False) -> Callable[[View], Callable[..., Response]]:
    """Let accounts of these roles pass (all roles when none is named), within one transaction.

    Somebody whose role must use one-time codes and has none yet passes only where they are ``setting_up``.
    """

    def decorate(view: View) -> Callable[..., Response]:
        @functools.wraps(view)
        def through(*args: Any, **kwargs: Any) -> Response:
            claims = tokens.presented_claims(refresh=False)
            try:
                with transaction():
                    g.asking = service.recognise(claims, kept=current_app.config["BAS"].session_kept)
                    if roles and g.asking.role not in roles:
                        raise NotAllowed()
                    if not setting_up and codes_lacking(g.asking):
                        raise OneTimeCodesMandatory()
                    at_the_end(_leave_trace)
                    response = tagged(flask.make_response(view(*args, **kwargs)))
                    gathered_all()
                    return response
            except (Refusal, IntegrityError):
                # A refused request is undone, and yet it showed that this pair of tokens arrived.
                if "asking" in g:
                    with transaction():
                        service.note_arrival(claims)
                raise

        through.gate = tuple(roles) or tuple(Role)  # type: ignore[attr-defined]
        return through

    return decorate


def _leave_trace() -> None:
    view = current_app.view_functions[request.endpoint or ""]
    trace.leave_trace(
        g.asking.session_id,
        action=request.endpoint or "",
        changed=request.method not in READING and not getattr(view, "only_looks", False),
        request_id=g.request_id,
    )


def only_looks(view: View) -> View:
    """Mark a route that is no GET and yet changes nothing: the trace calls it a look."""
    view.only_looks = True  # type: ignore[attr-defined]
    return view


def codes_lacking(asking: service.Asking) -> bool:
    """Whether the account's role must use one-time codes, by setting, and it has none."""
    return not asking.uses_codes and asking.role in current_app.config["BAS"].codes_mandatory_for


def open_to_all(view: View) -> View:
    """Mark a route that needs no account; it says so itself, and a test lists all of them."""
    view.gate = ()  # type: ignore[attr-defined]
    return view
