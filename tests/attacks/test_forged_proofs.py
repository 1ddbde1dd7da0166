"""Attacks on the question who asks: tokens of every wrong kind on every route, replays, receipts, a shared device.

What one kind of token is refused for in detail: ``access/test_tokens.py``; all that can be wrong with a receipt:
``messaging/test_receipts.py``; refreshing on a phone that loses answers: ``access/test_devices_kept_signed_in.py``.
"""

import base64
import json
import time
from typing import Any

import jwt
import pytest
from twilio.request_validator import RequestValidator

from bas_service.access.rules import Role
from tests.attacks.scene import APP, ROUTES, WRITING, Scene
from tests.builders import House
from tests.callers import API, PASSWORD, Phone, done, refusal_of
from tests.the_house.requests_by_schema import FORMS

GATED = [operation for operation in ROUTES if operation.roles]


def part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def read(token: str) -> dict[str, Any]:
    return jwt.decode(token, options={"verify_signature": False})


def forgeries(scene: Scene, victim: Phone, attacker: Phone, key: str) -> dict[str, str]:
    """What goes by for a victim's access token, some of it signed rightly."""
    token, own = victim.tokens["access_token"], attacker.tokens["access_token"]
    head, claims, signature = token.split(".")
    present = read(token)

    def signed(by: str = key, **more: Any) -> str:
        return jwt.encode(present | more, by, algorithm="HS256")

    return {
        "no token": "",
        "a refresh token": victim.tokens["refresh_token"],
        "no algorithm": f"{part({'alg': 'none', 'typ': 'JWT'})}.{claims}.",
        "an altered signature": f"{head}.{claims}.{signature[::-1]}",
        "their claims under one's own signature": f"{head}.{claims}.{own.split('.')[2]}",
        "another key": signed("another key, also long enough for the purpose"),
        "expired": signed(exp=int(time.time()) - 1),
        "one's own account in their session": signed(sub=read(own)["sub"]),
    }


@pytest.mark.filterwarnings("ignore:The HMAC key")
def test_no_forged_token_opens_any_route(house: House) -> None:
    scene = Scene(house)
    key = house.app.config["BAS"].secret_key
    attacker = scene.own.people[Role.SPECIALIST]
    tokens = {role: forgeries(scene, phone, attacker, key) for role, phone in scene.victims.people.items()}

    for operation in GATED:
        path = operation.path(scene.victims.ids)
        body = {"json": scene.body(operation, scene.victims)} if operation.body is not None else {}
        for what, token in tokens[operation.roles[0]].items():
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            answer = scene.send(operation, path, by=None, filling=scene.victims, headers=headers, **body)
            scene.judge(f"{what}: {operation}", answer)
            if answer.status_code != 401 or answer.headers.get("WWW-Authenticate") != "Bearer":
                scene.achieved.append(f"{what}: {operation}: {answer.status_code}")

    assert scene.achieved == []
    assert {answer.status_code for answer in (phone.get("me") for phone in scene.victims.people.values())} == {200}


def test_a_token_elsewhere_than_in_its_header_is_none(house: House) -> None:
    scene = Scene(house)
    token = scene.victims.people[Role.SUPERVISOR].tokens["access_token"]

    for operation in GATED:
        path = operation.path(scene.victims.ids)
        for headers, query in (
            ({"Cookie": f"access_token_cookie={token}; token={token}"}, {}),
            ({"X-Access-Token": token, "Token": token}, {}),
            ({}, {"jwt": token, "access_token": token, "token": token}),
        ):
            answer = scene.send(operation, path, by=None, filling=scene.victims, headers=headers, query_string=query)
            scene.judge(f"{operation} {[*headers, *query]}", answer)

    assert scene.achieved == []


def test_a_refresh_token_stolen_after_its_use_opens_nothing_and_ends_what_was_opened_with_it(house: House) -> None:
    scene = Scene(house)
    victim = scene.victims.people[Role.SPECIALIST]
    stolen = {"Authorization": f"Bearer {victim.tokens['refresh_token']}"}
    pair = done(victim.post("auth/refresh", **stolen))
    gone_on = Phone(house.app, victim.account_id, pair, victim.email)
    done(gone_on.get("me"))

    replayed = victim.post("auth/refresh", **stolen)

    assert refusal_of(replayed) == {"type": "sign-in-needed"}
    assert not any(secret in replayed.get_data(as_text=True) for secret in scene.secrets)
    assert (gone_on.get("me").status_code, victim.get("me").status_code) == (401, 401)
    assert victim.post("auth/refresh", Authorization=f"Bearer {pair['refresh_token']}").status_code == 401


def test_no_forged_receipt_moves_a_message(house: House) -> None:
    scene = Scene(house)
    settings = house.app.config["BAS"]
    fields = {"MessageSid": "SM" + "f" * 32, "MessageStatus": "delivered"}
    hooks = [operation for operation in WRITING if operation.endpoint in FORMS]

    def signed(address: str, by: str = settings.twilio_auth_token, of: dict[str, str] = fields) -> dict[str, str]:
        return {"X-Twilio-Signature": RequestValidator(by).compute_signature(address, of)}

    for operation in hooks:
        for ref in scene.announced:
            path = f"{operation.rule}?ref={ref}"
            address = f"{settings.public_url}{path}"
            for what, headers in {
                "no signature": {},
                "an empty one": {"X-Twilio-Signature": ""},
                "junk": {"X-Twilio-Signature": "é" * 28},
                "another token": signed(address, by="0" * 32),
                "no token": signed(address, by=""),
                "for another message": signed(
                    f"{settings.public_url}{operation.rule}?ref={scene.own.ids['meeting_id']}"
                ),
                "for another server": signed(f"https://evil.example.com{path}"),
                "of other fields": signed(address, of=fields | {"MessageStatus": "sent"}),
            }.items():
                answer = scene.send(operation, path, by=None, filling=scene.victims, data=fields, headers=headers)
                scene.judge(f"{what}: {operation}", answer)

    assert scene.achieved == []
    assert len(scene.announced) > 1
    assert {one.endpoint for one in WRITING if not one.roles} == FORMS | {"access.sign_in", "access.refresh"}


def test_a_second_account_on_the_same_device_gets_nothing_of_the_first(house: House) -> None:
    scene = Scene(house)
    victim, attacker = scene.victims.people[Role.SUPERVISOR], scene.own.people[Role.SUPERVISOR]
    (session,) = house.sql("SELECT device_id FROM device_sessions WHERE account_id = :id", id=victim.account_id)
    device = {"id": session["device_id"], "name": "the team's tablet", "platform": "test"}
    child = {"given_name": "Jauna", "family_name": "Izdomāta", "birth_date": "2015-05-05", "municipality": "LV-RIX"}
    remembered = done(victim.post("children", child, Idempotency_Key="the-same"))
    scene.secrets.append(remembered["id"])
    scene.begin()
    sign_in = {"email": attacker.email, "password": PASSWORD, "device": device}

    answer = house.app.test_client().post(f"{API}/auth/sign-in", json=sign_in)
    scene.judge("signing in", answer, refused=False)
    second = Phone(house.app, attacker.account_id, done(answer), attacker.email)
    for what, answer in {
        "the first one's answer": second.post("children", child, Idempotency_Key="the-same"),
        "devices": second.get("me/devices"),
        "lists": second.get("meetings"),
        "the first one's session": second.post(f"me/devices/{scene.victims.ids['device_session_id']}/sign-out"),
        "everywhere": second.post("auth/sign-out-everywhere"),
    }.items():
        scene.judge(what, answer, refused=False)

    assert scene.achieved == []
    assert victim.get("me").status_code == 200
    assert second.get("me").status_code == 401


def test_every_route_that_needs_no_token_is_known() -> None:
    """What is open to all is looked at one by one, so a new one is thought about first."""
    open_to_all = {operation.endpoint for operation in ROUTES if not operation.roles}

    assert open_to_all == FORMS | {
        *("access.sign_in", "access.refresh", "specification.as_json", "specification.as_page"),
        *("oversight.live", "oversight.ready", "oversight.metrics"),
        # A secret in the address is what is shown there.
        "calendars.calendar",
    }
    assert len(GATED) + len(open_to_all) == sum(
        len((rule.methods or set()) - {"HEAD", "OPTIONS"})
        for rule in APP.url_map.iter_rules()
        if not rule.endpoint.startswith(("web.", "answering."))
    )
