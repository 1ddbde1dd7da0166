"""The hook for texts that come in: what Twilio signed is kept once and answered with nothing; no wish is guessed."""

import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from twilio.request_validator import RequestValidator
from werkzeug.test import TestResponse

from bas_service import create_app
from bas_service.config import Settings
from bas_service.messaging.inbound_rules import MOST_CHARACTERS, Wish, readable, wish_of
from bas_service.sealing import is_sealed
from tests.builders import House

HOOK = "/hooks/twilio/inbound"
SID = "SM" + "2" * 32
NUMBER = "+37120000001"


class Twilio:
    """Twilio's side of the hook: signs with its own library what it posts."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._settings: Settings = app.config["BAS"]

    def hands_on(self, text: str, *, signed: dict[str, str] | None = None, **more: str) -> TestResponse:
        """Post a text; what is signed can differ from what is posted."""
        fields = {"MessageSid": SID, "From": NUMBER, "To": "+37120009999", "Body": text, "NumMedia": "0"} | more
        address = f"{self._settings.public_url}{HOOK}"
        by = RequestValidator(self._settings.twilio_auth_token or "")
        signature = by.compute_signature(address, fields if signed is None else signed)
        return self._app.test_client().post(HOOK, data=fields, headers={"X-Twilio-Signature": signature})


@pytest.fixture
def twilio(app: Flask) -> Twilio:
    return Twilio(app)


def kept(house: House) -> list[tuple[str | None, str | None, str | None]]:
    """The texts kept, in the order they came: number, text, wish."""
    found = house.sql("SELECT sender, body, wish FROM inbound_texts ORDER BY received_at, id")
    return [
        (house.opened(row["sender"], "inbound_texts.sender"), house.opened(row["body"], "inbound_texts.body"))
        + (row["wish"],)
        for row in found
    ]


def test_a_text_is_kept_sealed_and_answered_with_nothing(house: House, twilio: Twilio) -> None:
    answer = twilio.hands_on("Anna šodien nenāks, ir slima")

    assert (answer.status_code, answer.data) == (204, b"")
    assert kept(house) == [(NUMBER, "Anna šodien nenāks, ir slima", None)]
    (row,) = house.sql("SELECT sender, body, sender_digest, taken_at, known FROM inbound_texts")
    assert is_sealed(row.pop("sender"))
    assert is_sealed(row.pop("body"))
    assert row == {"sender_digest": house.digest(NUMBER), "taken_at": None, "known": None}
    # Nothing goes out: two machines that answer each other never end.
    assert house.sql("SELECT * FROM messages") == []


def test_a_text_that_comes_twice_also_at_the_same_moment_is_kept_once(house: House, twilio: Twilio) -> None:
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: twilio.hands_on("Labi").status_code, range(16)))

    assert answers == [204] * 16
    assert kept(house) == [(NUMBER, "Labi", None)]
    assert twilio.hands_on("Labi", MessageSid="SM" + "3" * 32).status_code == 204
    assert len(kept(house)) == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", None),
        ("  \n ", None),
        ("\0\0", None),
        ("a\0b", "ab"),
        ("ā" * 100_000, "ā" * MOST_CHARACTERS),
        (unicodedata.normalize("NFD", "Paldies, būšu"), "Paldies, būšu"),
        ("dienu\u202e apgriezts", "dienu apgriezts"),
        ("rinda\nvēl viena 🙂", "rinda\nvēl viena 🙂"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_whatever_a_text_says_it_is_kept_as_a_person_can_read_it(
    house: House, twilio: Twilio, text: str, said: str | None
) -> None:
    assert twilio.hands_on(text).status_code == 204

    assert kept(house) == [(NUMBER, said, None)]


def test_what_twilio_did_not_sign_is_refused_and_nothing_is_written(
    house: House, twilio: Twilio, app: Flask, other_settings: Callable[..., Settings]
) -> None:
    told = {"MessageSid": SID, "From": NUMBER, "Body": "Labi"}
    without_a_token = Twilio(create_app(other_settings(twilio_auth_token=None)))
    forged = [
        app.test_client().post(HOOK, data=told),
        app.test_client().post(HOOK, data=told, headers={"X-Twilio-Signature": "ē" * 28}),
        app.test_client().post(HOOK, data=b"\xff" * 100, headers={"X-Twilio-Signature": "x"}),
        app.test_client().post(HOOK, json=told, headers={"X-Twilio-Signature": "x"}),
        twilio.hands_on("STOP", signed={**told, "Body": "Labi"}),
        twilio.hands_on("Labi", signed={}),
        without_a_token.hands_on("Labi"),
    ]

    assert [(answer.status_code, answer.content_type) for answer in forged] == [
        (403, "application/problem+json")
    ] * len(forged)
    assert kept(house) == []
    assert twilio.hands_on("Labi").status_code == 204


@pytest.mark.parametrize(
    "given",
    [{"MessageSid": ""}, {"MessageSid": "S" * 300}, {"MessageSid": "SM\0"}, {"From": ""}, {"From": "+" + "3" * 60}]
    + [{"From": "\u202e+371"}, {"From": " "}, {"From": "+371\n20000001"}],
    ids=repr,
)
def test_a_signed_text_of_nobody_is_refused_and_not_kept(house: House, twilio: Twilio, given: dict[str, str]) -> None:
    answer = twilio.hands_on("Labi", **given)

    assert (answer.status_code, answer.get_json()["type"]) == (422, "/problems/invalid-request")
    assert kept(house) == []
    assert twilio.hands_on("Labi", From="BANKA").status_code == 204


def test_a_body_beyond_all_measure_is_not_read(house: House, app: Flask) -> None:
    answer = app.test_client().post(HOOK, data={"Body": "x" * 2_000_000}, headers={"X-Twilio-Signature": "x"})

    assert answer.status_code == 413
    assert kept(house) == []


STOPPING = ["STOP", "stop", " Stop. ", "STOPP", "Beigt", "BEIGT!", "СТОП", "стоп", "PĀRTRAUKT", "partraukt", "„Stop”"]
STARTING = ["START", "sākt", "SAKT", "Старт", "НАЧАТЬ", "unstop"]
NO_WISH = [
    "",
    "Stop tikšanās rīt",
    "nestop",
    "Lūdzu, beigt rakstīt",
    "sākt 14.30",
    "cancel",
    "nē",
    "S T O P",
    "stop stop",
    "stop\nrīt",
]


@pytest.mark.parametrize(
    ("text", "wish"),
    [(text, Wish.STOP) for text in STOPPING]
    + [(text, Wish.START) for text in STARTING]
    + [(text, None) for text in NO_WISH],
)
def test_a_wish_is_the_whole_text_and_never_a_word_within_it(text: str, wish: Wish | None) -> None:
    assert wish_of(readable(text)) == wish
    assert wish_of(readable(unicodedata.normalize("NFD", text))) == wish


def test_a_number_in_the_database_of_the_hook_is_in_no_answer_of_it(house: House, twilio: Twilio) -> None:
    answers: list[Any] = [twilio.hands_on("Labi"), twilio.hands_on("Labi", From="")]

    assert NUMBER not in "".join(f"{answer.get_data(as_text=True)}{answer.headers}" for answer in answers)
