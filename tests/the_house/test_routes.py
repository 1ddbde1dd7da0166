"""Every route has a gate, and every route is in the specification."""

import re

from flask import Flask

from bas_service.access.rules import Role
from bas_service.http.specification import specification_of

# For people, so not in the specification.
PAGES = ("web.", "answering.")
OPEN_TO_ALL = {
    # Whoever signs in has no account yet; whoever refreshes shows a refresh token, which the route itself reads.
    "POST /api/v1/auth/sign-in",
    "POST /api/v1/auth/refresh",
    # The provider signs what it sends.
    "POST /hooks/twilio/inbound",
    "POST /hooks/twilio/status",
    # Whoever has the address reads the calendar: its secret is all that a calendar program can show.
    "GET /calendar/{secret}.ics",
    # For whoever runs the service; they name no person.
    "GET /health/live",
    "GET /health/ready",
    "GET /metrics",
    # The specification is public.
    "GET /api/v1/openapi.json",
    "GET /api/docs",
    # Whoever holds a link has no account; what it opens, they prove on the page.
    "GET /l/{token}",
    "POST /l/{token}",
    "GET /l/assets/{digest}/{name}",
    # The pages' form to sign in, and what makes them look and work as they do.
    "GET /sign-in",
    "POST /sign-in",
    "GET /team/assets/{digest}/{name}",
}


def methods_of(app: Flask) -> dict[str, str]:
    """Every route, as ``POST /meetings/{meeting_id}``, and its endpoint; HEAD and OPTIONS come by themselves."""
    return {
        f"{method} {path_of(rule.rule)}": rule.endpoint
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def path_of(rule: str) -> str:
    """Werkzeug's way to write a place in a path, as OpenAPI writes it."""
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule)


def test_every_route_has_a_gate_and_those_open_to_all_are_these(app: Flask) -> None:
    gates = {route: getattr(app.view_functions[name], "gate", None) for route, name in methods_of(app).items()}

    assert {route for route, gate in gates.items() if gate is None} == set()
    assert {route for route, gate in gates.items() if gate == ()} == OPEN_TO_ALL
    assert {role for gate in gates.values() for role in gate} == set(Role)


def test_a_route_that_needs_an_account_refuses_everybody_else(app: Flask) -> None:
    """The gate's mark is one thing, whether it is shut another."""
    refused = {
        route: app.test_client()
        .open(re.sub(r"\{\w+\}", "00000000-0000-7000-8000-000000000000", path), method=method)
        .status_code
        for route in methods_of(app)
        for method, path in [route.split(" ")]
        if route not in OPEN_TO_ALL
    }

    assert refused == dict.fromkeys(refused, 401)


def test_every_route_is_in_the_specification_and_nothing_else_is(app: Flask) -> None:
    """The pages are not: they are for people, and may change from one day to the next."""
    paths = specification_of(app, app.extensions["bas_api"])["paths"]
    described = {
        f"{method.upper()} {path}": operation["operationId"].replace("_", ".", 1)
        for path, operations in paths.items()
        for method, operation in operations.items()
        if method in {"get", "put", "post", "delete", "options", "head", "patch", "trace"}
    }

    assert described == {route: name for route, name in methods_of(app).items() if not name.startswith(PAGES)}
