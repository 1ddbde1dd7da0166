"""Every answer of every test is held against the specification, and a test that got an unfit one fails.

Listens to what Flask announces at the end of each request, so that no application of this process is left out:
the shared one, those that tests make with settings of their own, those a server thread runs.
"""

import gzip
import json
import re
import threading
from typing import Any

import flask
import jsonschema_rs
from flask import Flask, Response

from bas_service import create_app
from bas_service.config import Settings
from bas_service.errors import Refusal
from bas_service.http.problems import PROBLEM_JSON
from bas_service.http.requests import PAGES
from bas_service.http.specification import specification_of
from tests.builders import KEYS

# What any operation may answer, whatever it does: these are said once, as the "default" answer of each.
ANYWHERE = frozenset({400, 404, 405, 406, 408, 413, 415, 500, 503})
MOST_SHOWN = 5


class Conformity:
    """The specification, its shapes compiled once, and the answers that did not fit it."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.judged = 0
        self._violations: list[str] = []
        self._document = document
        self._validators: dict[str, jsonschema_rs.Validator] = {}
        self._lock = threading.Lock()

    def taken(self) -> list[str]:
        """What was found wrong since this was asked last."""
        with self._lock:
            found, self._violations = self._violations, []
        return found

    def judge(self, app: Flask, response: Response) -> None:
        """Hold one answer, with the request it belongs to, against the specification; never raises."""
        if "bas_api" not in app.extensions:
            return
        request = flask.request
        try:
            wrong = self._faults_of(response)
        except Exception as error:
            # Raised here it would be taken for a fault of the view and become another answer.
            wrong = [f"cannot be judged: {error!r}"]
        with self._lock:
            self.judged += 1
            shown = [f"{request.method} {request.path} -> {response.status_code}: {fault}" for fault in wrong]
            self._violations += shown

    def _faults_of(self, response: Response) -> list[str]:
        status, method = response.status_code, flask.request.method.lower()
        operation = self._operation_of("get" if method == "head" else method)
        faults = [] if response.headers.get("X-Request-Id") else ["no X-Request-Id"]
        if flask.request.blueprint in PAGES:
            return faults + _faults_of_page(response)
        if status >= 400:
            faults += self._faults_of_problem(response)
            if operation is not None and str(status) not in operation["responses"] and status not in ANYWHERE:
                faults.append("the operation does not list this status")
        elif operation is not None:
            faults += self._faults_of_success(operation, response)
        elif method != "options":
            faults.append("the operation is not in the specification")
        return faults

    def _operation_of(self, method: str) -> dict[str, Any] | None:
        """What the specification says of the route asked for; ``None`` for a path that no route has."""
        rule = flask.request.url_rule
        if rule is None:
            return None
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        operation: dict[str, Any] | None = self._document["paths"].get(path, {}).get(method)
        return operation

    def _faults_of_success(self, operation: dict[str, Any], response: Response) -> list[str]:
        described = operation["responses"].get(str(response.status_code))
        if described is None:
            return ["the operation does not list this status"]
        contents = described.get("content", {})
        if not contents:
            # The server leaves the body of a 204 away, whatever is in it here.
            return ["a body where none is described"] if response.get_data() and response.status_code != 204 else []
        if response.mimetype not in contents:
            return [f"{response.mimetype} is none of {', '.join(contents)}"]
        if response.mimetype != "application/json":
            return []
        body = _body_of(response)
        faults = self._misfits(contents[response.mimetype]["schema"], body)
        if isinstance(body, dict) and "version" in body:
            tag = response.headers.get("ETag")
            faults += [] if tag == f'"{body["version"]}"' else [f"ETag {tag} is not the version {body['version']}"]
            faults += [] if "ETag" in described.get("headers", {}) else ["the operation does not mention its ETag"]
        return faults

    def _faults_of_problem(self, response: Response) -> list[str]:
        if response.mimetype != PROBLEM_JSON:
            return [f"{response.mimetype} is not {PROBLEM_JSON}"]
        body = _body_of(response)
        faults = self._misfits({"$ref": "#/components/schemas/Problem"}, body)
        if faults:
            return faults
        refusal = Refusal.known.get(body["type"].removeprefix("/problems/"))
        if refusal is None or not response.status_code == body["status"] == refusal.status:
            faults.append(f"{body['type']} with status {body['status']} is not in the error catalogue")
        return faults

    def _misfits(self, schema: dict[str, Any], body: Any) -> list[str]:
        key = json.dumps(schema, sort_keys=True)
        if key not in self._validators:
            whole = {"components": self._document["components"]} | schema
            self._validators[key] = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
        errors = list(self._validators[key].iter_errors(body))[:MOST_SHOWN]
        return [f"/{'/'.join(map(str, error.instance_path))} {error.message}" for error in errors]


def _faults_of_page(response: Response) -> list[str]:
    """Pages are in no specification; what each of them must be is said here."""
    if response.status_code == 303 or response.mimetype in {"text/css", "text/javascript", "image/svg+xml"}:
        return []
    policy = response.headers.get("Content-Security-Policy", "")
    faults = [] if response.mimetype == "text/html" else [f"{response.mimetype} is no page"]
    faults += [] if response.headers.get("Cache-Control", "no-store") == "no-store" else ["it may be kept"]
    return faults + ([] if "default-src 'none'" in policy and "unsafe" not in policy else [f"policy {policy}"])


def _body_of(response: Response) -> Any:
    data = response.get_data()
    return json.loads(gzip.decompress(data) if response.content_encoding == "gzip" else data)


def _specification() -> dict[str, Any]:
    """The document of an application as it is, whatever a test does to its own; it needs no database."""
    url = "postgresql+psycopg://nobody@localhost/nothing"
    app = create_app(Settings(database_url=url, secret_key="-" * 32, keys=KEYS, log_level="WARNING"))
    return specification_of(app, app.extensions["bas_api"])


conformity = Conformity(_specification())


def judge_every_answer() -> None:
    """Begin to listen; once for each test process, however often it is called."""
    flask.request_finished.connect(_judge, weak=False)


def _judge(app: Flask, response: Response) -> None:
    conformity.judge(app, response)
