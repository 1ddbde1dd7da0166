"""Tokens that are not ours, not of the kind asked for, or no longer good."""

import base64
import json
import time
import uuid
from typing import Any

import jwt
import pytest
from flask import Flask

from bas_service.config import Settings
from tests.builders import House
from tests.callers import API, Phone, refusal_of

PATHS = {"access": ("GET", f"{API}/me"), "refresh": ("POST", f"{API}/auth/refresh")}


def present(app: Flask, kind: str, token: str, scheme: str = "Bearer") -> Any:
    method, path = PATHS[kind]
    return app.test_client().open(path, method=method, headers={"Authorization": f"{scheme} {token}".strip()})


def part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.fixture
def phone(house: House) -> Phone:
    """A supervisor's phone."""
    return house.a_supervisor()


@pytest.fixture
def forged(phone: Phone, settings: Settings):
    """A token as the service makes them, except for what is said otherwise."""

    def make(kind: str, *, key: str | None = None, algorithm: str = "HS256", **changed: Any) -> str:
        claims = jwt.decode(phone.tokens[f"{kind}_token"], options={"verify_signature": False})
        claims = {name: value for name, value in (claims | changed).items() if value != "left out"}
        return jwt.encode(claims, key or settings.secret_key, algorithm=algorithm)

    return make


@pytest.mark.filterwarnings("ignore:The HMAC key")
@pytest.mark.parametrize("kind", ["access", "refresh"])
@pytest.mark.parametrize(
    "changed",
    [
        {"key": "another key, also long enough for the purpose"},
        {"algorithm": "HS512"},
        {"exp": int(time.time()) - 1},
        {"nbf": int(time.time()) + 600},
        {"sub": "left out"},
        {"sub": str(uuid.uuid4())},
        {"sub": "nobody"},
        {"session": "left out"},
        {"session": str(uuid.uuid4())},
        {"session": 7},
        {"pair": "left out"},
        {"parent": "left out"},
    ],
    # Without the values: some are made anew in each process that collects the tests.
    ids=lambda changed: "-".join(changed),
)
def test_a_token_that_differs_from_ours_in_one_thing_is_refused(
    app: Flask, forged: Any, kind: str, changed: dict[str, Any]
) -> None:
    refused = present(app, kind, forged(kind, **changed))

    assert refusal_of(refused) == {"type": "sign-in-needed"}
    assert refused.headers["WWW-Authenticate"] == "Bearer"
    assert present(app, kind, forged(kind)).status_code == 200


@pytest.mark.parametrize("kind", ["access", "refresh"])
def test_a_token_without_a_signature_is_refused(app: Flask, phone: Phone, kind: str) -> None:
    header, claims, signature = phone.tokens[f"{kind}_token"].split(".")
    for unsigned in (
        f"{part({'alg': 'none', 'typ': 'JWT'})}.{claims}.",
        f"{part({'alg': 'None', 'typ': 'JWT'})}.{claims}.{signature}",
        f"{header}.{claims}.",
        f"{header}.{claims}",
    ):
        assert refusal_of(present(app, kind, unsigned)) == {"type": "sign-in-needed"}
    assert present(app, kind, f"{header}.{claims}.{signature}").status_code == 200


@pytest.mark.parametrize("kind", ["access", "refresh"])
def test_an_altered_token_is_refused(app: Flask, phone: Phone, house: House, kind: str) -> None:
    other = house.a_supervisor()
    header, claims, signature = phone.tokens[f"{kind}_token"].split(".")
    others_claims = other.tokens[f"{kind}_token"].split(".")[1]

    assert present(app, kind, f"{header}.{others_claims}.{signature}").status_code == 401
    assert present(app, kind, f"{header}.{claims}.{signature[::-1]}").status_code == 401
    assert present(app, kind, f"{header}.{claims}.{signature}").status_code == 200


def test_an_access_token_refreshes_nothing_and_a_refresh_token_opens_nothing(app: Flask, phone: Phone) -> None:
    assert refusal_of(present(app, "refresh", phone.tokens["access_token"])) == {"type": "sign-in-needed"}
    assert refusal_of(present(app, "access", phone.tokens["refresh_token"])) == {"type": "sign-in-needed"}
    assert present(app, "access", phone.tokens["access_token"]).status_code == 200
    assert present(app, "refresh", phone.tokens["refresh_token"]).status_code == 200


def test_somebody_elses_session_is_not_taken_over(app: Flask, house: House, phone: Phone, forged: Any) -> None:
    other = house.a_supervisor()
    theirs = jwt.decode(other.tokens["access_token"], options={"verify_signature": False})["session"]

    assert present(app, "access", forged("access", session=theirs)).status_code == 401
    assert present(app, "refresh", forged("refresh", session=theirs)).status_code == 401
    assert other.get("me").status_code == 200


@pytest.mark.parametrize("scheme", ["", "Basic", "Token", "Bearer Bearer"])
def test_only_a_bearer_token_in_the_header_counts(app: Flask, phone: Phone, scheme: str) -> None:
    token = phone.tokens["access_token"]

    assert refusal_of(present(app, "access", token, scheme)) == {"type": "sign-in-needed"}
    elsewhere = app.test_client()
    elsewhere.set_cookie("access_token_cookie", token)
    assert elsewhere.get(f"{API}/me?jwt={token}").status_code == 401
    assert present(app, "access", token, "Bearer").status_code == 200


@pytest.mark.parametrize("junk", ["", "x", "a.b.c", "é", "null", "." * 5000])
def test_junk_is_no_token(app: Flask, house: House, junk: str) -> None:
    assert refusal_of(present(app, "access", junk)) == {"type": "sign-in-needed"}
    assert refusal_of(present(app, "refresh", junk)) == {"type": "sign-in-needed"}
