"""Every route has a gate, and is in the specification."""

import re

from flask import Flask

from bas_service.http.specification import specification_of

OPEN_TO_ALL = {
    "GET /api/docs",
    "GET /api/v1/openapi.json",
    "POST /api/v1/auth/refresh",
    "POST /api/v1/auth/sign-in",
    "GET /health/live",
    "GET /health/ready",
    "GET /metrics",
    "POST /hooks/twilio/status",
}


def routes_of(app: Flask) -> dict[str, tuple[str, ...] | None]:
    return {
        f"{method} {rule.rule}": getattr(app.view_functions[rule.endpoint], "gate", None)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def test_every_route_says_who_may_pass(app: Flask) -> None:
    assert [route for route, gate in routes_of(app).items() if gate is None] == []


def test_only_these_routes_are_open_to_all(app: Flask) -> None:
    assert {route for route, gate in routes_of(app).items() if gate == ()} == OPEN_TO_ALL


def test_the_specification_and_the_application_have_the_same_routes(app: Flask) -> None:
    document = specification_of(app, app.extensions["bas_api"])
    described = {
        f"{method.upper()} {path}"
        for path, operations in document["paths"].items()
        for method in operations
        if method in {"get", "post", "patch", "put", "delete"}
    }

    assert described == {re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route) for route in routes_of(app)}
