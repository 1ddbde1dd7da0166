"""Bad input of every kind on every route that writes: a problem document, never a 500, and nothing changes."""

import base64
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest
import sqlalchemy
from flask import Flask
from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from bas_service import clock, create_app, embedded
from bas_service.access.rules import Role
from bas_service.config import Settings
from tests.builders import KEYS, House, at, soon
from tests.snapshots import Untouched
from tests.the_house.requests_by_schema import (
    FORMS,
    Filling,
    Operation,
    everything_in,
    filled_house,
    kind_of,
    make_ready,
    members_of,
    operations_that_write,
    resolved,
    usable_body,
    with_value,
)

# Made without a database, only to know the routes: a new one is tested from the day it is there.
OPERATIONS = operations_that_write(
    create_app(Settings(database_url="postgresql+psycopg://nobody@localhost/nothing", secret_key="-" * 32, keys=KEYS))
)
WITH_A_BODY = [one for one in OPERATIONS if one.body is not None]
JSON = "application/json"

# Numbers that JSON can spell and Python's json module cannot.
BEYOND_ALL_NUMBERS = {"@beyond": "1e999", "@long": "1" * 5000}
HUGE_TEXT = "ā" * 100_000
LONE_SURROGATE = "\ud800"

WRONG_FOR = {
    "string": [7, True, {}, [], ["words"], {"words": "words"}, "", "   ", HUGE_TEXT, "a\0b", LONE_SURROGATE],
    "integer": ["7", True, {}, [], 1.5, -1, 10**400, float("nan"), float("inf"), "@beyond", "@long"],
    "number": ["7", True, {}, [], -1, 10**400, float("nan"), float("-inf"), "@beyond", "@long"],
    "boolean": ["true", 1, {}, []],
    "object": ["words", 7, True, [], [{}], {"unknown": 1}, HUGE_TEXT, "a\0b", LONE_SURROGATE, float("nan")],
    "array": ["words", 7, True, {}, [None], [7], [{}], [[]], ["a\0b"], [LONE_SURROGATE], ["words"] * 5000],
}
# Everything that is one number, one line or one word: a free text takes most of these.
NO_TEXT = [10**400, float("nan"), float("inf"), "@beyond", "@long"]

BLAMING = {400, 413, 415, 422}
ALSO_BLAMING = {
    # A password is taken to the letter, so a strange one is just the wrong one.
    "access.sign_in": {401, 429},
    **dict.fromkeys(
        ("access.change_password", "access.change_email", "access.set_up_codes", "access.remove_codes"), {403, 429}
    ),
    # Without the provider's signature nothing is looked at.
    "hooks.twilio_status": {403},
    "hooks.twilio_inbound": {403},
}


def as_json(value: Any) -> bytes:
    """The value as a careless client writes it: NaN, lone surrogates and numbers without end included."""
    text = json.dumps(value)
    for mark, spelled in BEYOND_ALL_NUMBERS.items():
        text = text.replace(json.dumps(mark), spelled)
    return text.encode()


def wrong_values(schema: dict[str, Any], *, nullable: bool) -> Iterator[Any]:
    """What must be refused in the place of such a value."""
    kind = kind_of(schema)
    yield from WRONG_FOR[kind]
    if kind == "string":
        yield from NO_TEXT
    if "format" in schema or "enum" in schema:
        yield from ["words", "2026-02-30", "2026-13-01T25:00:00Z", "9999-12-31T23:59:59-23:59", "0" * 36]
    if not nullable:
        yield None


def wrong_bodies(operation: Operation, body: dict[str, Any]) -> Iterator[tuple[str, bytes, str | None]]:
    """Whatever is wrong with the body as a whole: what it is called, the bytes, the media type."""
    good = as_json(body)
    if operation.body_required:
        yield "no body at all", b"", None
        yield "an empty body", b"", JSON
        yield "an empty object", b"{}", JSON
    yield "the wrong media type", good, "text/plain"
    yield "no media type", good, None
    yield "a form", b"name=words", "application/x-www-form-urlencoded"
    yield "JSON cut off", good[:-1], JSON
    yield "JSON with something after it", good + b"]", JSON
    yield "bytes that are no UTF-8", b'{"name": "\xff\xfe"}', JSON
    yield "lists 100,000 deep", b"[" * 100_000 + b"]" * 100_000, JSON
    yield "objects 100,000 deep", b'{"a":' * 100_000 + b"1" + b"}" * 100_000, JSON
    yield "two megabytes", b'{"name": "' + b"x" * 2_000_000 + b'"}', JSON
    yield "a list instead of an object", b"[" + good + b"]", JSON
    for instead in (b"null", b"true", b"7", b'"words"', b"NaN", b"1e999"):
        yield f"{instead.decode()} instead of an object", instead, JSON
    yield "an unknown member", as_json(body | {"unknown": 1}), JSON
    yield "an unknown member with an impossible name", as_json(body | {LONE_SURROGATE + "/~\0": 1}), JSON


class Sender:
    """Sends to one operation, as somebody who may, on the version there is."""

    def __init__(self, house: House, filling: Filling, operation: Operation) -> None:
        self._house = house
        self._path = operation.path(filling.ids)
        self._method = operation.method
        self._headers = {"Accept-Language": "en"}
        if operation.roles:
            phone = next(phone for role, phone in filling.people.items() if role in operation.roles)
            self._headers["Authorization"] = f"Bearer {phone.tokens['access_token']}"
        versions = [version for name, version in filling.versions.items() if f":{name}>" in operation.rule]
        if versions:
            self._headers["If-Match"] = f'"{versions[0]}"'

    def send(self, data: bytes, media_type: str | None) -> TestResponse:
        """Send these bytes."""
        return self._house.app.test_client().open(
            self._path, method=self._method, data=data, content_type=media_type, headers=self._headers
        )


def judged(operation: Operation, answers: list[tuple[str, TestResponse]]) -> list[str]:
    """Which of the answers is not a problem document that blames the input itself."""
    blaming = BLAMING | ALSO_BLAMING.get(operation.endpoint, set())
    return [
        f"{what}: {answer.status_code} {answer.get_data(as_text=True)[:300]}"
        for what, answer in answers
        if answer.status_code not in blaming or answer.mimetype != "application/problem+json"
    ]


Filled = tuple[House, Filling]


@pytest.fixture(scope="module")
def untouched(app: Flask, owner: sqlalchemy.Engine, server: embedded.Server) -> Iterator[Untouched[Filled]]:
    """A house with one of everything, as it was before anybody sent anything."""

    def fill() -> Filled:
        house = House(app, owner)
        house.empty()
        return house, filled_house(house)

    with Untouched(server, fill) as untouched:
        yield untouched


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_a_body_that_is_wrong_as_a_whole_is_refused_and_changes_nothing(
    untouched: Untouched[Filled], operation: Operation
) -> None:
    house, filling = untouched.again()
    sender = Sender(house, filling, operation)
    body = usable_body(operation, filling)
    house_before = everything_in(house)

    answers = [(what, sender.send(data, kind)) for what, data, kind in wrong_bodies(operation, body)]

    assert judged(operation, answers) == []
    assert everything_in(house) == house_before


@pytest.mark.parametrize("operation", WITH_A_BODY, ids=str)
def test_each_member_with_each_wrong_value_is_refused_and_changes_nothing(
    untouched: Untouched[Filled], operation: Operation
) -> None:
    house, filling = untouched.again()
    sender = Sender(house, filling, operation)
    body = usable_body(operation, filling)
    house_before = everything_in(house)

    answers = [
        (f"/{'/'.join(path)} = {str(value)[:20]!r}", sender.send(as_json(with_value(body, path, value)), JSON))
        for path, schema, nullable in members_of(operation.body, operation)
        for value in wrong_values(schema, nullable=nullable)
    ]

    assert judged(operation, answers) == []
    assert everything_in(house) == house_before


@pytest.mark.parametrize("operation", WITH_A_BODY, ids=str)
def test_the_body_that_these_tests_spoil_is_usable_as_it_is(
    untouched: Untouched[Filled], operation: Operation
) -> None:
    """Otherwise a wrong value would be refused for another reason than its own."""
    house, filling = untouched.again()
    body = usable_body(operation, filling)

    answer = Sender(house, filling, operation).send(as_json(body), JSON)

    # 409: the shape is right, the thing itself is not in the state for it; 401: nobody has this password.
    assert answer.status_code in {200, 201, 204, 401, 409}, answer.get_data(as_text=True)


CREATIONS = [one for one in WITH_A_BODY if one.method == "POST" and "id" in resolved(one.body, one)[0]["properties"]]


@pytest.mark.parametrize("operation", CREATIONS, ids=str)
def test_an_id_that_somebody_else_has_given_away_is_refused(
    untouched: Untouched[Filled], operation: Operation
) -> None:
    house, filling = untouched.again()
    sender = Sender(house, filling, operation)
    body = usable_body(operation, filling)
    make_ready(operation, house)
    assert sender.send(as_json(body), JSON).status_code == 201
    house.sql("DELETE FROM answered_requests")
    # What no two things of this kind may have in common besides the id.
    unlike = {
        "children.enter": {"personal_code": None},
        "caseload.open_case": {"child_id": house.a_child(filling.people[Role.SUPERVISOR])["id"]},
        "caseload.make_policy": {"valid_from": (clock.today() + timedelta(days=9)).isoformat()},
        "policies.make_casework_policy": {"valid_from": (clock.today() + timedelta(days=9)).isoformat()},
        "meetingpolicies.make_meeting_policy": {"valid_from": (clock.today() + timedelta(days=9)).isoformat()},
        "telling.make_telling_policy": {"valid_from": (clock.today() + timedelta(days=9)).isoformat()},
        "series.plan": {"starts_at": at(soon(hours=200))},
        "meetings.plan": {"starts_at": at(soon(hours=200))},
        "templates.make_template": {"valid_from": (clock.today() + timedelta(days=9)).isoformat()},
        "referrals.make_form": {"valid_from": (clock.today() + timedelta(days=9)).isoformat()},
    }
    again = body | unlike.get(operation.endpoint, {})

    answer = sender.send(as_json(again), JSON)

    assert (answer.status_code, answer.get_json()["type"]) == (409, "/problems/id-already-used")


@pytest.mark.parametrize("constant", [b"NaN", b"Infinity", b"-Infinity"])
def test_what_python_reads_as_a_number_and_json_does_not_know_makes_a_body_unreadable(
    house: House, constant: bytes
) -> None:
    supervisor = house.a_supervisor()
    headers = {"Authorization": f"Bearer {supervisor.tokens['access_token']}"}

    answer = house.app.test_client().post(
        "/api/v1/children", data=b'{"given_name": %s}' % constant, content_type=JSON, headers=headers
    )

    assert (answer.status_code, answer.get_json()["type"]) == (400, "/problems/malformed-request")


def test_only_the_providers_hook_takes_something_else_than_json() -> None:
    assert {one.endpoint for one in OPERATIONS if one.body is None} == FORMS


def cursor_of(parts: Any) -> str:
    """A cursor that looks like one of ours."""
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


NOBODY = "00000000-0000-7000-8000-000000000000"
WRONG_IN_A_QUERY = {
    "limit": ["0", "201", "-1", "1.5", "1e2", "ten", "", "9" * 400, "\0", "²", "1_0", " 7", "0x10", "NaN"],
    "cursor": [
        *("", "\0", "%%%", "bm8=", "é", "x" * 5000, "ā" * 100),
        *(cursor_of(parts) for parts in (None, 7, {}, [], ["a"], ["a", "b"], [7, NOBODY], ["a", NOBODY, "c"])),
        *(cursor_of([part, NOBODY]) for part in ("\0", LONE_SURROGATE, None, {}, ["a"])),
        base64.urlsafe_b64encode(b"[" * 300).decode(),
    ],
    "search": ["", "   ", "\0", "x" * 101, "a\nb", "\u202e"],
    "from": ["", "yesterday", "2026-01-01", "2026-01-01T00:00:00", "2026-02-30T00:00:00Z", "0001-01-01T00:00:00Z"],
    "to": ["\0", "9999-12-31T23:59:59-23:59", "2026-01-01T00:00:00+99:00", "2026-01-01T24:00:00Z", "NaN"],
    "day": ["", "today", "2026-02-30", "2026-01-01T00:00:00Z", "0001-01-01", "\0"],
    "week": ["", "1", "2026-W10", "2200-01-01"],
    "state": ["", "begun", "PLANNED", "\0"],
    "kind": ["", "party", "\0"],
    "q": ["", "   ", "\0", "x" * 101, "a\nb", "\u202e"],
    "specialist_id": ["", "7", "\0", NOBODY + "0"],
    "child_id": ["", "7", "\0", NOBODY + "0", "{" + NOBODY + "}", NOBODY.replace("-", "")],
    "unknown": ["1"],
}


@pytest.mark.parametrize("path", ["children", "meetings", "announcements", "alarms"])
def test_a_list_asked_for_with_unusable_parameters_says_which(house: House, path: str) -> None:
    supervisor = house.a_supervisor()
    known = {
        "children": {"limit", "cursor", "search", "unknown"},
        "meetings": set(WRONG_IN_A_QUERY) - {"search"},
        "announcements": set(WRONG_IN_A_QUERY) - {"search"},
        "alarms": {"limit", "cursor", "unknown"},
    }[path]
    asked = [(name, value) for name in sorted(known) for value in WRONG_IN_A_QUERY[name]]

    answers = {asking: supervisor.get(f"{path}?{urlencode([asking])}") for asking in asked}

    assert {
        asking: (answer.status_code, [error.get("parameter") for error in answer.get_json().get("errors", [])])
        for asking, answer in answers.items()
    } == {asking: (422, [asking[0]]) for asking in asked}


def test_headers_that_no_client_of_ours_sends_are_refused_or_make_no_difference(house: House) -> None:
    supervisor = house.a_supervisor()
    child = house.a_child(supervisor)
    path = f"children/{child['id']}"

    def sent(**headers: str) -> int:
        return supervisor.send("PATCH", path, {}, **({"If_Match": '"1"'} | headers)).status_code

    stale = ["7", '"2"', '"99999999999999999999"', '""', '"', "W/", '"1', "é", "x" * 5000, "²"]
    assert {tag: sent(If_Match=tag) for tag in stale} == dict.fromkeys(stale, 412)
    keys = ["", " ", "a b", "é", "x" * 201, "\t"]
    assert {key: sent(Idempotency_Key=key) for key in keys} == dict.fromkeys(keys, 422)
    tokens = ["", "Bearer", "Bearer ", "Bearer x.y.z", "Basic eDp5", "Bearer " + "x" * 10_000, "Bearer é", "é"]
    assert {token: sent(Authorization=token) for token in tokens} == dict.fromkeys(tokens, 401)
    languages = ["", "xx", "lv;q=x", "*", ",;,;=", "lv" * 2000, "é"]
    assert {one: sent(Accept_Language=one) for one in languages} == dict.fromkeys(languages, 200)
    kinds = ["", "x", "*/*;q=z", "image/png", "é"]
    assert {one: sent(Accept=one) for one in kinds} == dict.fromkeys(kinds, 200)
    ids = ["", "a b", "é", "x" * 65, "<script>"]
    assert {one: sent(X_Request_Id=one) for one in ids} == dict.fromkeys(ids, 200)


def receipt(house: House, form: bytes, *, ref: str, kind: str = "application/x-www-form-urlencoded") -> TestResponse:
    """A receipt that is signed as Twilio signs, whatever is in it."""
    settings = house.app.config["BAS"]
    path = f"/hooks/twilio/status?ref={ref}"
    fields = parse_qs(form.decode("utf-8", "replace"), keep_blank_values=True)
    signature = RequestValidator(settings.twilio_auth_token).compute_signature(
        f"{settings.public_url}{path}", MultiDict(fields)
    )
    headers = {"X-Twilio-Signature": signature}
    return house.app.test_client().post(path, data=form, content_type=kind, headers=headers)


def test_a_signed_receipt_with_unusable_fields_is_refused_and_not_kept(house: House) -> None:
    good = b"MessageSid=SM1&MessageStatus=sent"
    wrong = {
        "no fields": receipt(house, b"", ref=NOBODY),
        "no status": receipt(house, b"MessageSid=SM1", ref=NOBODY),
        "an empty id": receipt(house, b"MessageSid=&MessageStatus=sent", ref=NOBODY),
        "a NUL": receipt(house, b"MessageSid=SM%00&MessageStatus=sent", ref=NOBODY),
        "a huge id": receipt(house, b"MessageSid=" + b"x" * 10_000 + b"&MessageStatus=sent", ref=NOBODY),
        "no reference": receipt(house, good, ref=""),
        "another reference": receipt(house, good, ref="7"),
    }

    assert {what: answer.status_code for what, answer in wrong.items()} == dict.fromkeys(wrong, 422)
    assert receipt(house, b"a=" + b"x" * 2_000_000, ref=NOBODY).status_code == 413
    assert receipt(house, b"\xff\xfe" + good, ref=NOBODY).status_code in {403, 422}
    assert receipt(house, good, ref=NOBODY, kind="multipart/form-data").status_code == 403
    assert house.sql("SELECT * FROM receipts") == []
    assert receipt(house, good, ref=NOBODY).status_code == 204
    assert len(house.sql("SELECT * FROM receipts")) == 1
