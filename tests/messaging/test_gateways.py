"""What the gateways do with a message, and what they make of every kind of answer."""

import io
import logging
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bas_service.carriers import gateway_of
from bas_service.config import Gateway as GatewayName
from bas_service.config import Settings
from bas_service.database import new_id
from bas_service.messaging.email_gateway import EmailGateway
from bas_service.messaging.gateways import ConsoleGateway, Gateway, LookupFailed, as_on_a_phone
from bas_service.messaging.jobs import Claimed
from bas_service.messaging.rules import BarReason, Channel, HandOver, Verdict
from bas_service.messaging.twilio_errors import verdict_on
from bas_service.messaging.twilio_gateway import TwilioGateway
from tests.faults.stand_in import (
    Fault,
    TwilioStandIn,
    list_fails,
    refused,
    reset_after_accepting,
    reset_before_accepting,
    server_error,
    server_error_after_accepting,
    slow_answer,
    slow_before_accepting,
    too_many_requests,
)

TEXT = "Tikšanās ar Annu 14.30, Brīvības iela 1"
NUMBER = "+37120000001"
SETTINGS = Settings(
    twilio_account_sid="AC" + "0" * 32,
    twilio_auth_token="stand-in-token",
    twilio_sender="BAS",
    public_url="https://bas.example.lv",
    send_timeout_seconds=0.5,
)


def a_message(**values: Any) -> Claimed:
    """A message in a worker's hands, of use for a day."""
    now = datetime.now(UTC)
    usual = {
        "id": new_id(),
        "recipient": NUMBER,
        "body": TEXT,
        "useful_until": now + timedelta(days=1),
        "attempts": 1,
        "attempted_at": now,
        "checks": 0,
        "repeated": False,
        "created_at": now,
    }
    return Claimed(**usual | values)


@pytest.fixture
def twilio() -> Iterator[TwilioStandIn]:
    with TwilioStandIn(receipts=False) as twilio:
        yield twilio


@pytest.fixture
def gateway(twilio: TwilioStandIn) -> TwilioGateway:
    """Twilio's real client, pointed at the stand-in."""
    return TwilioGateway(replace(SETTINGS, twilio_api_url=twilio.url))


@contextmanager
def a_server_that_answers(raw: bytes) -> Iterator[str]:
    """A server that reads a request, sends these bytes whatever was asked, and hangs up."""

    def serve(listening: socket.socket) -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                connection.sendall(raw)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=serve, args=(listening,), daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        # Wakes the thread that waits in accept.
        listening.shutdown(socket.SHUT_RDWR)


def answered(status: str, body: str, *headers: str) -> bytes:
    """An HTTP answer."""
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join([*head, "", body]).encode()


# --- what the codes mean


# Codes after which nothing more is sent to the number.
BARS = dict.fromkeys((21211, 21214, 21217, 21614, 21635, 21265, 21268), BarReason.WRONG_NUMBER)
BARS |= {21610: BarReason.OPTED_OUT}


@pytest.mark.parametrize(
    ("verdict", "status", "codes"),
    [
        (Verdict.REFUSED, 400, [21211, 21214, 21217, 21614, 21635, 21265, 21268, 21610]),
        (Verdict.REFUSED, 400, [21617, 21602, 21603, 21604, 21605, 21609, 12345, None]),
        (Verdict.MISCONFIGURED, 401, [20003, None]),
        (Verdict.MISCONFIGURED, 403, [20403, None]),
        (Verdict.MISCONFIGURED, 400, [10001, 90010, 21212, 21606, 21657, 21659, 21660, 21661, 21703, 21705, 21267]),
        (Verdict.MISCONFIGURED, 404, [20404, None]),
        (Verdict.MISCONFIGURED, 405, [20004, None]),
        (Verdict.MISCONFIGURED, 302, [None]),
        (Verdict.HELD, 400, [21408, 21612, 21608]),
        (Verdict.HELD, 403, [21408]),
        (Verdict.PASSING, 429, [20429, 21611, None]),
        (Verdict.PASSING, 400, [21611, 30001]),
        (Verdict.AMBIGUOUS, 500, [20500, None]),
        (Verdict.AMBIGUOUS, 502, [None]),
        (Verdict.AMBIGUOUS, 503, [20503, None]),
        (Verdict.AMBIGUOUS, 504, [20504, None]),
        (Verdict.AMBIGUOUS, 520, [None]),
        (Verdict.AMBIGUOUS, 408, [None]),
    ],
    ids=str,
)
def test_every_error_has_its_verdict(verdict: Verdict, status: int, codes: list[int | None]) -> None:
    assert {code: verdict_on(status, code) for code in codes} == {
        code: HandOver(verdict=verdict, error_code=str(code or status), bars=BARS.get(code)) for code in codes
    }


@pytest.mark.parametrize(("asked", "waits"), [(None, 1800.0), (60.0, 1800.0), (3600.0, 3600.0)])
def test_what_takes_half_an_hour_to_pass_is_not_tried_before(asked: float | None, waits: float) -> None:
    expected = HandOver(verdict=Verdict.PASSING, error_code="30450", retry_after=waits)
    assert verdict_on(400, 30450, asked) == expected


# --- handing over to Twilio


def test_twilio_gets_the_message_with_its_reference_and_the_time_it_is_of_use(
    twilio: TwilioStandIn, gateway: TwilioGateway
) -> None:
    # Half a second of it may pass until Twilio has accepted the message: the gateway waits as long.
    message = a_message(useful_until=datetime.now(UTC) + timedelta(minutes=10, seconds=0.5 + 0.9))

    answer = gateway.hand_over(message)

    (text,) = twilio.messages
    assert answer == HandOver(verdict=Verdict.ACCEPTED, provider_id=text.sid)
    assert (text.to, text.body, text.sender, text.validity_period) == (NUMBER, TEXT, "BAS", 600)
    assert text.status_callback == f"https://bas.example.lv/hooks/twilio/status?ref={message.id}"


def test_a_text_may_wait_at_twilio_for_ten_hours_at_most(twilio: TwilioStandIn, gateway: TwilioGateway) -> None:
    gateway.hand_over(a_message(useful_until=datetime.now(UTC) + timedelta(days=30)))

    assert [text.validity_period for text in twilio.messages] == [36_000]


def test_a_message_whose_meeting_begins_now_is_not_sent(twilio: TwilioStandIn, gateway: TwilioGateway) -> None:
    answer = gateway.hand_over(a_message(useful_until=datetime.now(UTC) + timedelta(seconds=0.5 + 0.9)))

    assert answer == HandOver(verdict=Verdict.REFUSED, error_code="too-late")
    assert twilio.messages == []


def test_a_text_that_twilio_accepts_slowly_does_not_arrive_after_the_start(
    twilio: TwilioStandIn, gateway: TwilioGateway
) -> None:
    starts_at = datetime.now(UTC) + timedelta(seconds=5)
    twilio.misbehave(slow_before_accepting(0.45))

    gateway.hand_over(a_message(useful_until=starts_at))

    (text,) = twilio.messages
    assert text.created_at + timedelta(seconds=text.validity_period) <= starts_at


def test_a_messaging_service_sends_when_its_sid_is_the_sender(twilio: TwilioStandIn) -> None:
    service = "MG" + "a" * 32
    gateway = TwilioGateway(replace(SETTINGS, twilio_api_url=twilio.url, twilio_sender=service))

    assert gateway.hand_over(a_message()).verdict is Verdict.ACCEPTED

    assert [(text.by_service, text.sender) for text in twilio.messages] == [(True, service)]


@pytest.mark.parametrize(
    ("fault", "answer", "there"),
    [
        (too_many_requests(7), HandOver(verdict=Verdict.PASSING, error_code="20429", retry_after=7.0), 0),
        (server_error(500), HandOver(verdict=Verdict.AMBIGUOUS, error_code="20500"), 0),
        (server_error(503), HandOver(verdict=Verdict.AMBIGUOUS, error_code="20503"), 0),
        (server_error_after_accepting(500), HandOver(verdict=Verdict.AMBIGUOUS, error_code="20500"), 1),
        (reset_before_accepting(), HandOver(verdict=Verdict.AMBIGUOUS, error_code="connection-reset"), 0),
        (reset_after_accepting(), HandOver(verdict=Verdict.AMBIGUOUS, error_code="connection-reset"), 1),
        (slow_answer(5), HandOver(verdict=Verdict.AMBIGUOUS, error_code="ReadTimeout"), 1),
        (slow_before_accepting(5), HandOver(verdict=Verdict.AMBIGUOUS, error_code="ReadTimeout"), 0),
        (refused(21212), HandOver(verdict=Verdict.MISCONFIGURED, error_code="21212"), 0),
        (refused(21211), HandOver(verdict=Verdict.REFUSED, error_code="21211", bars=BarReason.WRONG_NUMBER), 0),
        (refused(21610), HandOver(verdict=Verdict.REFUSED, error_code="21610", bars=BarReason.OPTED_OUT), 0),
        (refused(21408), HandOver(verdict=Verdict.HELD, error_code="21408"), 0),
    ],
    ids=lambda value: value.name if isinstance(value, Fault) else "",
)
def test_every_fault_of_twilio_has_its_answer(
    twilio: TwilioStandIn, gateway: TwilioGateway, fault: Fault, answer: HandOver, there: int
) -> None:
    twilio.misbehave(fault)

    assert gateway.hand_over(a_message()) == answer
    assert len(twilio.messages) == there
    # The next one is not harmed by it.
    assert gateway.hand_over(a_message()).verdict is Verdict.ACCEPTED


@pytest.mark.parametrize(
    ("to", "verdict"),
    [("+15005550001", Verdict.REFUSED), ("+15005550004", Verdict.REFUSED), ("+15005550009", Verdict.REFUSED)],
)
def test_twilios_magic_numbers_are_refused(gateway: TwilioGateway, to: str, verdict: Verdict) -> None:
    assert gateway.hand_over(a_message(recipient=to)).verdict is verdict


def test_a_wrong_token_is_a_matter_of_the_settings(twilio: TwilioStandIn) -> None:
    gateway = TwilioGateway(replace(SETTINGS, twilio_api_url=twilio.url, twilio_auth_token="another"))

    assert gateway.hand_over(a_message()) == HandOver(verdict=Verdict.MISCONFIGURED, error_code="20003")


def test_a_refused_connection_carried_nothing(twilio: TwilioStandIn, gateway: TwilioGateway) -> None:
    twilio.stop()

    assert gateway.hand_over(a_message()) == HandOver(verdict=Verdict.PASSING, error_code="connection-refused")


def test_a_name_that_leads_nowhere_carried_nothing() -> None:
    # Not even asked: a label of more than 63 letters cannot be in the DNS.
    gateway = TwilioGateway(replace(SETTINGS, twilio_api_url=f"http://{'a' * 63}.invalid"))

    assert gateway.hand_over(a_message()) == HandOver(verdict=Verdict.PASSING, error_code="connection-refused")


def test_a_connection_that_never_comes_about_carried_nothing() -> None:
    # A queue of one that is full: the kernel drops whoever knocks.
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for knocking in (first, second):
            knocking.setblocking(False)
            knocking.connect_ex(full.getsockname())
        gateway = TwilioGateway(replace(SETTINGS, twilio_api_url=f"http://127.0.0.1:{full.getsockname()[1]}"))

        assert gateway.hand_over(a_message()) == HandOver(verdict=Verdict.PASSING, error_code="connect-timeout")


@pytest.mark.parametrize(
    ("raw", "verdict"),
    [
        (b"", Verdict.AMBIGUOUS),
        (b"SSH-2.0-OpenSSH\r\n", Verdict.AMBIGUOUS),
        (answered("201 Created", ""), Verdict.AMBIGUOUS),
        (answered("201 Created", "{}"), Verdict.AMBIGUOUS),
        (answered("201 Created", "[]"), Verdict.AMBIGUOUS),
        (answered("201 Created", "null"), Verdict.AMBIGUOUS),
        (answered("201 Created", '{"sid": 7}'), Verdict.AMBIGUOUS),
        (answered("201 Created", "<html>"), Verdict.AMBIGUOUS),
        (answered("201 Created", '{"sid": "SM')[:-4], Verdict.AMBIGUOUS),
        (answered("302 Found", "", "Location: http://127.0.0.1:1/"), Verdict.MISCONFIGURED),
        (answered("404 Not Found", "<html>"), Verdict.MISCONFIGURED),
        (answered("503 Service Unavailable", "<html>"), Verdict.AMBIGUOUS),
        (answered("520 Unknown", "<html>"), Verdict.AMBIGUOUS),
        (answered("429 Too Many", "<html>", "Retry-After: soon"), Verdict.PASSING),
        (answered("400 Bad", '{"code": "21211", "message": ""}'), Verdict.REFUSED),
        (answered("400 Bad", '{"code": "21212", "message": ""}'), Verdict.MISCONFIGURED),
        (answered("400 Bad", '{"code": [], "message": 1}'), Verdict.REFUSED),
        (
            answered("503 Bad", '{"type": "x", "title": "x", "status": "bad", "code": "none"}'),
            Verdict.AMBIGUOUS,
        ),
        (
            answered("429 Bad", '{"type": "x", "title": "x", "status": 429, "code": 20429}'),
            Verdict.PASSING,
        ),
    ],
    ids=lambda value: repr(value)[:60] if isinstance(value, bytes) else "",
)
def test_an_answer_that_is_not_twilios_is_no_acceptance(raw: bytes, verdict: Verdict) -> None:
    with a_server_that_answers(raw) as url:
        gateway = TwilioGateway(replace(SETTINGS, twilio_api_url=url))

        assert gateway.hand_over(a_message()).verdict is verdict


def test_many_threads_hand_over_side_by_side(twilio: TwilioStandIn, gateway: TwilioGateway) -> None:
    messages = [a_message(recipient=f"+371200002{number:02d}") for number in range(40)]

    with ThreadPoolExecutor(8) as senders:
        answers = list(senders.map(gateway.hand_over, messages))

    sids = {text.to: text.sid for text in twilio.messages}
    assert answers == [HandOver(verdict=Verdict.ACCEPTED, provider_id=sids[one.recipient]) for one in messages]


def test_a_proxy_of_the_environment_never_sees_a_message(
    twilio: TwilioStandIn, gateway: TwilioGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    assert gateway.hand_over(a_message()).verdict is Verdict.ACCEPTED


def test_no_log_line_holds_a_number_or_a_text(
    twilio: TwilioStandIn, gateway: TwilioGateway, caplog: pytest.LogCaptureFixture
) -> None:
    message = a_message()
    twilio.misbehave(server_error(), refused(21211), reset_before_accepting())

    with caplog.at_level(logging.DEBUG):
        for _ in range(4):
            gateway.hand_over(message)
        gateway.find(message)

    assert caplog.records
    assert [line for line in caplog.messages if NUMBER[1:] in line or "Annu" in line] == []


# --- looking a message up


def test_a_message_is_found_by_its_number_and_text(twilio: TwilioStandIn, gateway: TwilioGateway) -> None:
    message = a_message()
    others = [a_message(body="Another text"), a_message(recipient="+37120000002")]
    for one in (message, *others):
        gateway.hand_over(one)

    mine = next(text.sid for text in twilio.messages if (text.to, text.body) == (NUMBER, TEXT))
    assert gateway.find(message) == [mine]


def test_equal_texts_are_found_the_earliest_first(twilio: TwilioStandIn, gateway: TwilioGateway) -> None:
    message = a_message()
    for _ in range(3):
        gateway.hand_over(message)

    assert sorted(gateway.find(message)) == sorted(text.sid for text in twilio.messages)


def test_a_text_made_before_the_try_is_not_taken_for_it(twilio: TwilioStandIn, gateway: TwilioGateway) -> None:
    """The clocks of both sides may be two minutes apart, no more."""
    message = a_message()
    gateway.hand_over(message)

    def found_by_a_try(minutes: float) -> int:
        return len(gateway.find(replace(message, attempted_at=datetime.now(UTC) + timedelta(minutes=minutes))))

    assert {minutes: found_by_a_try(minutes) for minutes in (-60, 0, 1.9, 2.1)} == {-60: 1, 0: 1, 1.9: 1, 2.1: 0}


@pytest.mark.parametrize("fault", [list_fails(500), list_fails(503), list_fails(429)], ids=lambda fault: "")
def test_a_list_that_fails_says_nothing_about_the_message(
    twilio: TwilioStandIn, gateway: TwilioGateway, fault: Fault
) -> None:
    twilio.misbehave(fault)

    with pytest.raises(LookupFailed):
        gateway.find(a_message())
    assert gateway.find(a_message()) == []


def test_whoever_cannot_ask_twilio_knows_nothing(twilio: TwilioStandIn) -> None:
    wrong_token = TwilioGateway(replace(SETTINGS, twilio_api_url=twilio.url, twilio_auth_token="another"))
    with pytest.raises(LookupFailed):
        wrong_token.find(a_message())
    away = TwilioGateway(replace(SETTINGS, twilio_api_url="http://127.0.0.1:1"))
    with pytest.raises(LookupFailed):
        away.find(a_message())


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        answered("200 OK", "<html>"),
        answered("200 OK", "[]"),
        answered("200 OK", "{}"),
        answered("200 OK", '{"messages": [7], "next_page_uri": null}'),
        answered("302 Found", "", "Location: http://127.0.0.1:1/"),
    ],
    ids=lambda raw: repr(raw)[:40],
)
def test_a_list_that_is_not_twilios_says_nothing_about_the_message(raw: bytes) -> None:
    with a_server_that_answers(raw) as url:
        gateway = TwilioGateway(replace(SETTINGS, twilio_api_url=url))

        with pytest.raises(LookupFailed):
            gateway.find(a_message())


# --- whether it can be reached


def test_twilio_can_be_reached_or_it_is_said_what_is_wrong(twilio: TwilioStandIn, gateway: TwilioGateway) -> None:
    wrong_token = TwilioGateway(replace(SETTINGS, twilio_api_url=twilio.url, twilio_auth_token="another"))

    assert gateway.reachable() is None
    assert wrong_token.reachable() == "Twilio refused the account and token (HTTP 401, code 20003)."
    twilio.stop()
    assert gateway.reachable() == f"Twilio did not answer at {twilio.url} (ConnectionError)."


# --- the console


def test_the_console_shows_a_text_as_a_phone_does() -> None:
    out = io.StringIO()

    answer = ConsoleGateway(out).hand_over(a_message())

    assert answer.verdict is Verdict.ACCEPTED
    assert NUMBER in out.getvalue()
    assert "Brīvības iela 1" in out.getvalue()
    assert as_on_a_phone("+371200", "Anna ir bibliotēkā līdz 15.30, Brīvības iela 1, Rīga.", _in_may()) == (
        "╭──────────── 14:30  SMS -> +371200 ─────────────╮\n"
        "│ Anna ir bibliotēkā līdz 15.30, Brīvības iela   │\n"
        "│ 1, Rīga.                                       │\n"
        "╰────────────────────────────────────────────────╯"
    )


def _in_may() -> datetime:
    return datetime(2026, 5, 14, 11, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("settings", "kinds"),
    [
        ({}, {Channel.SMS: ConsoleGateway, Channel.EMAIL: ConsoleGateway}),
        ({"smtp_host": "mail.example.lv"}, {Channel.SMS: ConsoleGateway, Channel.EMAIL: EmailGateway}),
        # What is really told to families never ends up in a terminal.
        ({"gateway": GatewayName.TWILIO}, {Channel.SMS: TwilioGateway}),
        (
            {"gateway": GatewayName.TWILIO, "smtp_host": "mail.example.lv"},
            {Channel.SMS: TwilioGateway, Channel.EMAIL: EmailGateway},
        ),
    ],
)
def test_the_settings_name_the_gateway_of_each_channel(
    settings: dict[str, Any], kinds: dict[Channel, type[Gateway]]
) -> None:
    usual = {"gateway": GatewayName.CONSOLE, "smtp_sender": "bas@example.lv"}
    gateways = gateway_of(replace(SETTINGS, **usual | settings))

    assert gateways.channels == set(kinds)
    assert {channel: type(gateways.by(channel)) for channel in kinds} == kinds
