"""The hook for receipts: what Twilio signed is kept and moves the message, anything else changes nothing."""

import random
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from twilio.request_validator import RequestValidator
from werkzeug.test import TestResponse

from bas_service import create_app
from bas_service.config import Settings
from bas_service.database import new_id, transaction
from bas_service.messaging import jobs
from bas_service.messaging.jobs import Claimed
from bas_service.messaging.rules import HandOver, Verdict
from tests.builders import House
from tests.callers import Phone, done

SID = "SM" + "1" * 32
HOOK = "/hooks/twilio/status"


class Twilio:
    """Twilio's side of the hook: signs with its own library what it posts."""

    def __init__(self, app: Flask) -> None:
        settings: Settings = app.config["BAS"]
        self._client = app.test_client()
        self._address = settings.public_url
        self._token = settings.twilio_auth_token or ""

    def reports(
        self,
        ref: object,
        status: str,
        *,
        query: str | None = None,
        signed_fields: dict[str, str] | None = None,
        signed_address: str | None = None,
        token: str | None = None,
        signature: str | None = None,
        **more: str,
    ) -> TestResponse:
        """Post a receipt; what is signed can differ from what is posted."""
        query = f"ref={ref}" if query is None else query
        fields = {"MessageSid": SID, "MessageStatus": status, "To": "+37120000001", "ApiVersion": "2010-04-01"} | more
        address = signed_address or f"{self._address}{HOOK}?{query}".rstrip("?")
        signed = fields if signed_fields is None else signed_fields
        if signature is None:
            signature = RequestValidator(token or self._token).compute_signature(address, signed)
        headers = {"X-Twilio-Signature": signature} if signature else {}
        return self._client.post(f"{HOOK}?{query}", data=fields, headers=headers)


class Told:
    """A planned meeting whose parent is being told, as the API shows it."""

    def __init__(self, house: House, worker_app: Flask) -> None:
        self.house = house
        self._worker_app = worker_app
        supervisor = house.a_supervisor()
        self._specialist: Phone = house.a_specialist(supervisor)
        family = house.a_family(supervisor, self._specialist)
        self._meeting = house.a_meeting(self._specialist, family["child"])
        self.id = uuid.UUID(self._meeting["announcements"][0]["id"])

    def claim(self) -> Claimed:
        """A worker takes the message."""
        with self._worker_app.app_context(), transaction():
            (message,) = jobs.claim_due(1, lease=60.0, still_right={"announcements": set})
            return message

    def settle(self, message: Claimed, answer: HandOver) -> None:
        """The worker writes down what the gateway said."""
        with self._worker_app.app_context(), transaction():
            jobs.settle(message, answer, first_check=60.0, chance=random.Random())

    def apply_receipts(self) -> int:
        """The worker applies the receipts."""
        with self._worker_app.app_context(), transaction():
            return jobs.apply_receipts()

    def announcement(self) -> dict[str, Any]:
        """The announcement as the specialist sees it."""
        (announcement,) = done(self._specialist.get(f"meetings/{self._meeting['id']}"))["announcements"]
        return announcement

    def state(self) -> str:
        """Its state."""
        return str(self.announcement()["state"])

    def kept(self) -> list[tuple[uuid.UUID, str, str, str | None]]:
        """The receipts kept, in the order they came."""
        found = self.house.sql("SELECT * FROM receipts ORDER BY received_at, id")
        return [(row["message_id"], row["provider_id"], row["status"], row["error_code"]) for row in found]


@pytest.fixture
def told(house: House, worker_app: Flask) -> Told:
    return Told(house, worker_app)


@pytest.fixture
def twilio(app: Flask) -> Twilio:
    return Twilio(app)


ACCEPTED = HandOver(verdict=Verdict.ACCEPTED, provider_id=SID)
IN_DOUBT = HandOver(verdict=Verdict.AMBIGUOUS, error_code="20500")


# --- what a receipt does


def test_a_receipt_is_kept_and_the_meeting_shows_that_the_parent_was_told(told: Told, twilio: Twilio) -> None:
    told.settle(told.claim(), ACCEPTED)
    assert told.state() == "handed_over"

    answer = twilio.reports(told.id, "delivered")

    assert (answer.status_code, answer.data) == (204, b"")
    assert told.kept() == [(told.id, SID, "delivered", None)]
    assert told.apply_receipts() == 1
    announcement = told.announcement()
    assert announcement["state"] == "delivered"
    assert announcement["delivered_at"] >= announcement["handed_over_at"]


def test_a_receipt_may_overtake_the_answer_to_the_hand_over(told: Told, twilio: Twilio) -> None:
    message = told.claim()

    twilio.reports(told.id, "delivered")
    told.apply_receipts()
    assert told.state() == "delivered"

    told.settle(message, ACCEPTED)
    assert told.state() == "delivered"


def test_a_receipt_tells_what_became_of_a_message_whose_hand_over_had_no_answer(told: Told, twilio: Twilio) -> None:
    told.settle(told.claim(), IN_DOUBT)
    assert told.state() == "uncertain"

    twilio.reports(told.id, "sent")
    told.apply_receipts()

    assert told.state() == "handed_over"
    assert told.house.sql("SELECT provider_id, next_attempt_at, repeated FROM messages") == [
        {"provider_id": SID, "next_attempt_at": None, "repeated": False}
    ]


def test_a_repeated_receipt_is_answered_alike_and_kept_once(told: Told, twilio: Twilio) -> None:
    told.settle(told.claim(), ACCEPTED)

    answers = [twilio.reports(told.id, "delivered").status_code for _ in range(3)]

    assert answers == [204, 204, 204]
    assert told.kept() == [(told.id, SID, "delivered", None)]
    told.apply_receipts()
    assert twilio.reports(told.id, "delivered").status_code == 204
    assert (told.apply_receipts(), told.state()) == (0, "delivered")


def test_a_late_sent_does_not_take_delivered_back(told: Told, twilio: Twilio) -> None:
    told.settle(told.claim(), ACCEPTED)
    for status in ("delivered", "sent", "queued"):
        twilio.reports(told.id, status)
        told.apply_receipts()

    assert told.state() == "delivered"


def test_a_failed_delivery_shows_and_keeps_its_code(told: Told, twilio: Twilio) -> None:
    told.settle(told.claim(), ACCEPTED)

    twilio.reports(told.id, "undelivered", ErrorCode="30005")
    told.apply_receipts()

    assert told.kept() == [(told.id, SID, "undelivered", "30005")]
    assert told.state() == "failed"


def test_a_receipt_for_a_message_that_nobody_knows_changes_nothing(told: Told, twilio: Twilio) -> None:
    stranger = new_id()

    assert twilio.reports(stranger, "delivered").status_code == 204

    assert told.kept() == [(stranger, SID, "delivered", None)]
    assert (told.apply_receipts(), told.state()) == (1, "queued")


# --- what Twilio did not sign


@pytest.mark.parametrize(
    "wrong",
    [
        {"signature": ""},
        {"signature": "Zm9yZ2Vk"},
        {"signature": "ē" * 28},
        {"token": "another-token"},
        {"signed_fields": {"MessageSid": SID, "MessageStatus": "failed", "To": "+37120000001"}},
        {"signed_fields": {}},
        {"signed_address": f"https://elsewhere.example.lv{HOOK}?ref="},
        {"signed_address": f"http://127.0.0.1:8000{HOOK}"},
    ],
    ids=[
        "no signature",
        "a forged signature",
        "a signature of no letters",
        "another token",
        "a field changed, another added",
        "all fields added",
        "another address",
        "no reference",
    ],
)
def test_what_twilio_did_not_sign_is_refused_and_nothing_is_written(
    told: Told, twilio: Twilio, wrong: dict[str, Any]
) -> None:
    answer = twilio.reports(told.id, "delivered", **wrong)

    assert (answer.status_code, answer.content_type) == (403, "application/problem+json")
    assert told.kept() == []
    # The same receipt, signed, is taken.
    assert twilio.reports(told.id, "delivered").status_code == 204


def test_a_signature_for_one_message_is_of_no_use_for_another(told: Told, twilio: Twilio) -> None:
    other = new_id()
    address = f"http://127.0.0.1:8000{HOOK}?ref={other}"

    assert twilio.reports(told.id, "delivered", signed_address=address).status_code == 403
    assert told.kept() == []


def test_without_a_token_no_receipt_is_believed(told: Told, other_settings: Callable[..., Settings]) -> None:
    nobodys = Twilio(create_app(other_settings(twilio_auth_token=None)))

    # The first is signed with nothing for a key, as anybody could.
    answers = [
        nobodys.reports(told.id, "delivered"),
        nobodys.reports(told.id, "delivered", signature="x"),
        nobodys.reports(told.id, "delivered", signature=""),
    ]
    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert told.kept() == []


# --- addresses


def test_the_public_address_counts_whatever_a_proxy_made_of_it(
    told: Told, other_settings: Callable[..., Settings]
) -> None:
    behind_a_proxy = Twilio(create_app(other_settings(public_url="https://bas.example.lv")))

    assert behind_a_proxy.reports(told.id, "delivered").status_code == 204
    assert told.kept() == [(told.id, SID, "delivered", None)]


def test_the_address_is_checked_as_it_was_written_percent_escapes_and_all(told: Told, twilio: Twilio) -> None:
    escaped = str(told.id).replace("-", "%2D")
    decoded = f"http://127.0.0.1:8000{HOOK}?ref={told.id}"

    assert twilio.reports(None, "sent", query=f"ref={escaped}", signed_address=decoded).status_code == 403
    assert twilio.reports(None, "sent", query=f"ref={escaped}").status_code == 204
    assert told.kept() == [(told.id, SID, "sent", None)]


def test_fields_that_twilio_adds_next_year_do_no_harm(told: Told, twilio: Twilio) -> None:
    answer = twilio.reports(told.id, "delivered", RawDlrDoneDate="2611220900", Ziņa="tikšanās", Empty="")

    assert answer.status_code == 204


# --- signed, but of no use


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"query": ""}, "ref"),
        ({"query": "ref="}, "ref"),
        ({"query": "ref=everything"}, "ref"),
        ({"MessageSid": ""}, "MessageSid"),
        ({"MessageSid": "S" * 300}, "MessageSid"),
        ({"MessageSid": "SM\0"}, "MessageSid"),
        ({"MessageStatus": ""}, "MessageSid"),
    ],
    ids=repr,
)
def test_a_receipt_that_says_nothing_is_refused(
    told: Told, twilio: Twilio, given: dict[str, Any], place: str
) -> None:
    values = {"ref": told.id, "status": "delivered"} | given
    if "MessageStatus" in values:
        values["status"] = values.pop("MessageStatus")

    answer = twilio.reports(**values)

    assert (answer.status_code, [one.get("pointer") or one["parameter"] for one in answer.get_json()["errors"]]) == (
        422,
        [place],
    )
    assert told.kept() == []


@pytest.mark.parametrize("query", [b"ref=\xff", b"ref=%ff%00", b"ref=[", b"\xc4\x93=1"], ids=repr)
def test_an_address_that_is_no_text_is_refused_like_any_forgery(told: Told, app: Flask, query: bytes) -> None:
    answer = app.test_client().post(
        HOOK,
        data={"MessageSid": SID, "MessageStatus": "delivered"},
        headers={"X-Twilio-Signature": "x"},
        environ_overrides={"QUERY_STRING": query.decode("latin-1")},
    )

    assert answer.status_code == 403
    assert told.kept() == []


@pytest.mark.parametrize("how", [{"json": {"MessageSid": SID}}, {"data": b"\xff\xfe"}, {"data": b"a=1&" * 20_000}])
def test_a_body_that_is_no_receipt_is_refused(told: Told, app: Flask, how: dict[str, Any]) -> None:
    answer = app.test_client().post(f"{HOOK}?ref={told.id}", headers={"X-Twilio-Signature": "x"}, **how)

    assert answer.status_code in {403, 413}
    assert told.kept() == []
