"""Who speaks to the service in tests: a phone, a browser, the holder of a link; and what they are answered."""

import re
import threading
import uuid
from collections.abc import Callable
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

API = "/api/v1"


PASSWORD = "a long enough password"


class Phone:
    """Somebody's phone, signed in; speaks to the API and keeps the last answer."""

    def __init__(self, app: Flask, account_id: uuid.UUID, tokens: dict[str, Any], email: str) -> None:
        self.app = app
        self.account_id = account_id
        self.tokens = tokens
        self.email = email

    def send(self, method: str, path: str, json: Any = None, **headers: str) -> TestResponse:
        """Send a request; header names are written with underscores: ``If_Match='"1"'``."""
        given = {"Authorization": f"Bearer {self.tokens['access_token']}", "Accept-Language": "en"}
        given |= named(headers)
        address = path if path.startswith("/") else f"{API}/{path}"
        return self.app.test_client().open(address, method=method, json=json, headers=given)

    def get(self, path: str, **headers: str) -> TestResponse:
        """Read something."""
        return self.send("GET", path, **headers)

    def post(self, path: str, json: Any = None, **headers: str) -> TestResponse:
        """Create something, or do something."""
        return self.send("POST", path, json, **headers)

    def change(self, path: str, thing: dict[str, Any], json: Any = None, **headers: str) -> TestResponse:
        """Change something on the version in hand."""
        return self.send("PATCH", path, json, If_Match=f'"{thing["version"]}"', **headers)

    def act(self, path: str, thing: dict[str, Any], json: Any = None, **headers: str) -> TestResponse:
        """Do something with a thing on the version in hand."""
        return self.send("POST", path, json, If_Match=f'"{thing["version"]}"', **headers)


class Browser:
    """Somebody's browser: keeps cookies, follows nothing, sends its pages' forms."""

    def __init__(self, app: Flask) -> None:
        self.client = app.test_client()

    def get(self, path: str, **headers: str) -> TestResponse:
        """Open a page, in English."""
        return self.client.get(path, headers={"Accept-Language": "en"} | named(headers))

    def send(self, path: str, form: dict[str, Any] | None = None, **headers: str) -> TestResponse:
        """Send a form of one of our pages, with the token that it carries for this browser."""
        token = {"form_token": self.form_token("/sign-in" if path == "/sign-in" else "/team")}
        given = {"Accept-Language": "en", "Sec-Fetch-Site": "same-origin"} | named(headers)
        return self.client.post(path, data=token | (form or {}), headers=given)

    def form_token(self, path: str = "/team") -> str:
        """The token in the forms of the page that this browser sees."""
        page = self.get(path).get_data(as_text=True)
        return re.findall(r'name="form_token" value="(\w+)"', page)[0]

    def sign_in(self, email: str, password: str = PASSWORD, **more: str) -> TestResponse:
        """Fill in the form to sign in."""
        return self.send("/sign-in", {"email": email, "password": password} | more)


class Holder:
    """Somebody who holds a link: opens it without an account or a cookie, sends the forms of its pages."""

    def __init__(self, app: Flask, path: str, representative: dict[str, Any]) -> None:
        self.app = app
        self.path = path
        self.factor = (representative["phone"] or "")[-4:]
        self.fields: dict[str, str] = {}

    def get(self, **headers: str) -> TestResponse:
        """Open the link."""
        return self.app.test_client().get(self.path, headers={"Accept-Language": "en"} | named(headers))

    def send(self, form: dict[str, Any] | None = None, **headers: str) -> TestResponse:
        """Send a form; what the page that comes back would carry on is kept."""
        given = {"Accept-Language": "en", "User-Agent": "A test's telephone"} | named(headers)
        answer = self.app.test_client().post(self.path, data=form or {}, headers=given)
        page = answer.get_data(as_text=True)
        found = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))
        self.fields = {name: value for name, value in found.items() if name not in {"action", "language"}}
        return answer

    def enter(self, **more: str) -> TestResponse:
        """Say what the holder must know."""
        return self.send({"action": "open", "factor": self.factor, "language": "en"} | more)

    def do(self, action: str, **more: str) -> TestResponse:
        """Press a button of the last page."""
        return self.send(self.fields | {"action": action, "language": "en"} | more)


def named(headers: dict[str, str]) -> dict[str, str]:
    """Headers as they are written, from names with underscores."""
    return {name.replace("_", "-"): value for name, value in headers.items()}


def done(response: TestResponse) -> dict[str, Any]:
    """What a request that had to succeed answered."""
    assert response.status_code < 300, response.get_data(as_text=True)
    return response.get_json()


def refusal_of(response: TestResponse) -> dict[str, Any]:
    """What a request was refused with: the problem without its words and the request's id.

    Of an invalid request the places are left, sorted, without their words.
    """
    problem = response.get_json()
    assert response.content_type == "application/problem+json", response.get_data(as_text=True)
    assert problem["status"] == response.status_code
    left = {name: value for name, value in problem.items() if name not in {"title", "detail", "request_id", "status"}}
    left["type"] = left["type"].removeprefix("/problems/")
    if "errors" in left:
        left["errors"] = sorted(one.get("pointer") or one["parameter"] for one in left["errors"])
    return left


def invalid(*places: str) -> dict[str, Any]:
    """What ``refusal_of`` gives for a request that is wrong in these places."""
    return {"type": "invalid-request", "errors": sorted(places)}


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Run all calls at the same moment, each on a thread of its own; their answers in the order of the calls."""
    answers: list[Any] = [None] * len(calls)
    ready = threading.Barrier(len(calls))

    def run(number: int) -> None:
        ready.wait()
        answers[number] = calls[number]()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers
