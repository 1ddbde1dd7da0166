"""The specification: OpenAPI 3.1 made out of the code, and a page of it that works without internet."""

import inspect
import re
from collections.abc import Callable
from typing import Any

import flask
import yaml
from flask import Flask, Response
from flask_smorest import Api

from bas_service.errors import Refusal
from bas_service.http.bodies import Blueprint
from bas_service.http.problems import PROBLEM_JSON

PREFIX = "/api/v1"
_PROBLEM = {"$ref": "#/components/schemas/Problem"}
_PROBLEM_SCHEMA = {
    "type": "object",
    "description": "What went wrong (RFC 9457), in the caller's language; more members by type",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "pattern": "^/problems/[a-z-]+$"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "request_id": {"type": ["string", "null"]},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "Where in the body (RFC 6901)"},
                    "parameter": {"type": "string", "description": "Which parameter of the query or header"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}
_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": 'The version the change is made on, e.g. `"7"`',
    "schema": {"type": "string", "pattern": '^(\\*|(W/)?"[0-9]{1,9}")$'},
}
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A repeat with the same key gets the first answer; kept for 24 hours",
    "schema": {"type": "string", "pattern": "^[!-~]{1,200}$"},
}
_ETAG = {"description": 'The version, to be sent as If-Match: `"7"`', "schema": {"type": "string"}}
_RETRY_AFTER = {"description": "Seconds to wait", "schema": {"type": "integer", "minimum": 1}}
_WORDS = {
    400: "The request cannot be read",
    401: "No valid token",
    403: "Not for this role",
    404: "Not there, or not yours",
    409: "Refused; `type` says why",
    412: "Changed meanwhile; `current` holds the present state",
    413: "Over 1 MB",
    415: "Not JSON",
    422: "Some members are unusable; `errors` names them",
    428: "If-Match is missing",
    429: "Too many attempts",
    503: "The database is not reachable; try again",
}


def may_answer(*statuses: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Mark a route that refuses with statuses which its other marks do not tell."""

    def mark(view: Callable[..., Any]) -> Callable[..., Any]:
        view.may_answer = statuses  # type: ignore[attr-defined]
        return view

    return mark


def configure(app: Flask) -> None:
    """Tell flask-smorest what is described; it serves nothing by itself."""
    app.config |= {
        "API_TITLE": "Child support specialist's caseload",
        "API_VERSION": "v1",
        "OPENAPI_VERSION": "3.1.0",
        "OPENAPI_URL_PREFIX": None,
    }


def serve(app: Flask, api: Api) -> None:
    """Serve the specification as JSON and as a readable page."""
    blueprint = Blueprint("specification", __name__, template_folder="templates", description="This specification")

    @blueprint.route(f"{PREFIX}/openapi.json")
    @blueprint.response(200, {"type": "object"})
    def as_json() -> Response:
        """This specification."""
        return flask.jsonify(specification_of(app, api))

    @blueprint.route("/api/docs")
    @blueprint.response(200, {"type": "string"}, content_type="text/html")
    def as_page() -> Response:
        """The specification as a page to read."""
        page = flask.render_template("specification.html", api=specification_of(app, api))
        response = flask.make_response(page)
        response.headers["Content-Security-Policy"] = (
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
        )
        return response

    for view in (as_json, as_page):
        view.gate = ()
    api.register_blueprint(blueprint)
    app.extensions["bas_api"] = api


class _WithoutAnchors(yaml.SafeDumper):
    """Writes what is repeated anew each time: a reader, and some tools, lose track of anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def as_yaml(app: Flask) -> str:
    """The specification as it is committed."""
    document = specification_of(app, app.extensions["bas_api"])
    text: str = yaml.dump(document, Dumper=_WithoutAnchors, sort_keys=False, allow_unicode=True, width=110)
    return text


def specification_of(app: Flask, api: Api) -> dict[str, Any]:
    """What flask-smorest gathered, completed by what our own decorators know."""
    document: dict[str, Any] = flask.json.loads(flask.json.dumps(api.spec.to_dict()))
    document["info"] |= {
        "description": "The service behind the phone app of Latvia's child support specialists (BAS).",
        "license": {"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
        "contact": {"name": "bas-service"},
    }
    document["servers"] = [{"url": "/", "description": "This service"}]
    components = document["components"]
    components["securitySchemes"] = {
        "access": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
        "refresh": {"type": "http", "scheme": "bearer", "description": "A refresh token"},
    }
    for name in ("Error", "PaginationMetadata"):
        components["schemas"].pop(name, None)
    for (shape, *_), name in api.ma_plugin.converter.refs.items():
        if name in components["schemas"]:
            components["schemas"][name]["description"] = inspect.getdoc(shape)
    components["schemas"]["Problem"] = _PROBLEM_SCHEMA
    components["responses"] = {
        "Problem": {"description": "A problem", "content": {PROBLEM_JSON: {"schema": _PROBLEM}}}
    }
    for rule in app.url_map.iter_rules():
        path = document["paths"].get(re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), {})
        for method in ("get", "post", "patch"):
            if method in path and method.upper() in (rule.methods or ()):
                _complete(path[method], app.view_functions[rule.endpoint], rule.endpoint, bool(rule.arguments))
                _mention_etag(path[method], components["schemas"])
                _ask_for_a_body(path[method], components["schemas"])
    return document


def _complete(operation: dict[str, Any], view: Any, endpoint: str, in_path: bool) -> None:
    operation["operationId"] = endpoint.replace(".", "_")
    operation.setdefault("description", operation.get("summary", ""))
    parameters = operation.setdefault("parameters", [])
    statuses = [503]
    # That each view has a gate is seen to by a test, which would not get that far.
    roles = getattr(view, "gate", ())
    if roles:
        operation["security"] = [{"access": []}]
        operation["description"] += f"\n\nFor: {', '.join(roles)}."
        statuses += [401, 403]
    elif "security" in operation:
        statuses += [401]
    if in_path:
        statuses += [404]
    if "requestBody" in operation or any(one.get("in") == "query" for one in parameters):
        statuses += [422]
    if "requestBody" in operation:
        statuses += [400, 413, 415]
    statuses += getattr(view, "may_answer", ())
    if getattr(view, "answers_once", False):
        parameters.append(_IDEMPOTENCY_KEY)
        statuses += [409, 422]
    if getattr(view, "changes_a_version", False):
        parameters.append(_IF_MATCH)
        statuses += [412, 428]
    responses = {code: answer for code, answer in operation["responses"].items() if code < "400"}
    for status in sorted(set(statuses)):
        responses[str(status)] = {
            "description": _WORDS[status],
            "content": {PROBLEM_JSON: {"schema": _PROBLEM}},
        }
        if status in {429, 503}:
            responses[str(status)]["headers"] = {"Retry-After": _RETRY_AFTER}
    responses["default"] = {"$ref": "#/components/responses/Problem"}
    operation["responses"] = responses


def _mention_etag(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Say that the answer has an ETag, when what goes out has a version."""
    for code, answer in operation["responses"].items():
        reference = answer.get("content", {}).get("application/json", {}).get("schema", {}).get("$ref", "")
        shape = schemas.get(reference.rpartition("/")[2], {})
        if code.startswith("2") and "version" in shape.get("properties", {}):
            answer["headers"] = {"ETag": _ETAG}


def _ask_for_a_body(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    """A body must be sent only where some member of it must be."""
    body = operation.get("requestBody", {})
    for content in body.get("content", {}).values():
        shape = schemas.get(content["schema"].get("$ref", "").rpartition("/")[2])
        if shape is not None:
            body["required"] = bool(shape.get("required"))


def error_catalogue() -> str:
    """All refusals as a table in Markdown, for the app's author."""
    lines = [
        "# Error catalogue",
        "",
        "Every error is `application/problem+json` (RFC 9457). This page is made by `bas openapi`.",
        "",
        "| type | status | when |",
        "| --- | --- | --- |",
    ]
    for name, refusal in sorted(Refusal.known.items()):
        words = " ".join((refusal.__doc__ or "").split("\n\n")[0].split())
        lines.append(f"| `/problems/{name}` | {refusal.status} | {words} |")
    return "\n".join(lines) + "\n"
