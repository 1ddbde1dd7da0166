"""The gate of the pages: like that of the API, for a browser that is known by its cookie.

The API takes no cookie and the pages take no token: a site elsewhere can make a browser send its cookies, but not
what our forms carry.
"""

from collections.abc import Callable
from functools import partial, wraps
from typing import Any

import flask
from flask import Response, g, request
from sqlalchemy.exc import IntegrityError

from bas_service.access import browser, cookies, trace
from bas_service.access.gate import View, codes_lacking
from bas_service.access.rules import OneTimeCodesMandatory, Role
from bas_service.database import transaction
from bas_service.errors import NotAllowed, Refusal
from bas_service.http.looks import READING, at_the_end, gathered_all
from bas_service.http.problems import refusal_of


def page(*roles: Role, again: View | None = None) -> Callable[[View], Callable[..., Response]]:
    """Let browsers signed in to accounts of these roles pass, within one transaction.

    ``again`` is the view that shows a refused form once more, with what was typed, in a transaction of its own:
    it finds the refusal in ``g.refused``.
    """

    def decorate(view: View) -> Callable[..., Response]:
        @wraps(view)
        def through(*args: Any, **kwargs: Any) -> Response:
            try:
                return _answer(roles, lambda: view(*args, **kwargs), changed=request.method not in READING)
            except (Refusal, IntegrityError) as error:
                if again is None or not g.get("let_in", False):
                    raise
                g.refused = refusal_of(error)
            response = _answer(roles, lambda: again(*args, **kwargs), changed=False)
            response.status_code = g.refused.status
            return response

        through.gate = roles  # type: ignore[attr-defined]
        return through

    return decorate


def _answer(roles: tuple[Role, ...], call: Callable[[], Any], *, changed: bool) -> Response:
    token = cookies.session_token()
    with transaction():
        g.asking = browser.recognise(token)
        g.form_token = browser.form_token_of(token or "")
        if g.asking.role not in roles:
            raise NotAllowed()
        if codes_lacking(g.asking):
            raise OneTimeCodesMandatory()
        if request.method == "POST":
            cookies.check_form(g.form_token)
        g.let_in = True
        at_the_end(partial(_leave_trace, changed=changed))
        response = flask.make_response(call())
        gathered_all()
        return response


def _leave_trace(*, changed: bool) -> None:
    trace.leave_trace(g.asking.session_id, action=request.endpoint or "", changed=changed, request_id=g.request_id)
