"""The stand-in for Twilio told at run time what to do, and as a command of its own: `bas fake-twilio`."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl

import pytest
import requests
from twilio.request_validator import RequestValidator

from bas_service.messaging.stand_in.faults import EVERYTHING, mixed, named, receipts_forged, receipts_late
from bas_service.messaging.stand_in.twilio import TwilioStandIn


class App:
    """The app behind both hooks: a real server, which remembers what came, and whether Twilio signed it."""

    def __init__(self) -> None:
        self.came: list[tuple[str, dict[str, str], bool]] = []
        app = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                fields = dict(parse_qsl(body, keep_blank_values=True))
                signature = self.headers["X-Twilio-Signature"]
                is_signed = RequestValidator("stand-in-token").validate(app.url + self.path, fields, signature)
                app.came.append((self.path, fields, is_signed))
                self.send_response(204 if is_signed else 403)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def app() -> Iterator[App]:
    app = App()
    yield app
    app.stop()


@pytest.fixture
def twilio(app: App) -> Iterator[TwilioStandIn]:
    with TwilioStandIn(control=True, inbound_url=f"{app.url}/inbound", receipt_delay=0.01) as twilio:
        yield twilio


def send(twilio: TwilioStandIn, **more: str) -> requests.Response:
    address = f"{twilio.url}/2010-04-01/Accounts/{twilio.account_sid}/Messages.json"
    form = {"To": "+37120000001", "From": "BAS", "Body": "Tikšanās"} | more
    return requests.post(address, data=form, auth=(twilio.account_sid, twilio.auth_token), timeout=5)


def tell(twilio: TwilioStandIn, what: str, asked: object) -> tuple[int, Any]:
    answer = requests.post(f"{twilio.url}/control/{what}", json=asked, timeout=5)
    return answer.status_code, answer.json()


def test_the_next_requests_go_wrong_as_they_are_told_to(twilio: TwilioStandIn) -> None:
    assert tell(twilio, "next", {"faults": ["refused:21610", "server_error:503", "too_many_requests:7"]}) == (
        200,
        {"next": ["refused_21610", "server_error", "too_many_requests"]},
    )

    answers = [send(twilio) for _ in range(4)]

    assert [(answer.status_code, answer.json().get("code")) for answer in answers] == [
        (400, 21610),
        (503, 20503),
        (429, 20429),
        (201, None),
    ]
    assert answers[2].headers["Retry-After"] == "7"


def test_a_share_of_faults_is_the_same_for_the_same_seed_and_ends_when_told(twilio: TwilioStandIn) -> None:
    def statuses(seed: int) -> list[int]:
        with TwilioStandIn(control=True) as other:
            tell(other, "next", {"faults": ["slow_answer:0"]})
            assert tell(other, "faults", {"share": 0.5, "seed": seed}) == (200, {"share": 0.5, "seed": seed})
            # Only what is answered at once: the others would take their time.
            plan = other._creating._plan
            return [0 if (fault := plan(number, {})) is None else hash(fault.name) for number in range(1, 200)]

    assert statuses(7) == statuses(7)
    assert statuses(7) != statuses(8)
    assert 60 < sum(one != 0 for one in statuses(7)) < 140
    tell(twilio, "faults", {"share": 1})
    assert tell(twilio, "behave", {}) == (200, {})
    assert [send(twilio).status_code for _ in range(20)] == [201] * 20


def test_a_text_that_comes_in_is_signed_and_may_come_twice_or_forged(twilio: TwilioStandIn, app: App) -> None:
    sent = {"from": "+37120000001", "body": "Anna ir slima 🙂"}
    assert tell(twilio, "inbound", sent) == (200, {"answered": ["204"]})
    assert tell(twilio, "inbound", sent | {"times": 2, "sid": "SM" + "5" * 32}) == (200, {"answered": ["204"] * 2})
    assert tell(twilio, "inbound", sent | {"forged": True}) == (200, {"answered": ["403"]})

    assert [(path, is_signed) for path, _, is_signed in app.came] == [("/inbound", True)] * 3 + [("/inbound", False)]
    fields = [fields for _, fields, _ in app.came]
    assert (fields[0]["From"], fields[0]["Body"], fields[0]["NumMedia"]) == ("+37120000001", "Anna ir slima 🙂", "0")
    assert Counter(one["MessageSid"] for one in fields)["SM" + "5" * 32] == 2


def test_the_page_shows_what_every_phone_shows(twilio: TwilioStandIn) -> None:
    page = requests.get(f"{twilio.url}/control", timeout=5)
    assert page.headers["Content-Type"] == "text/plain;charset=utf-8"
    assert "No text yet." in page.text
    send(twilio)
    assert twilio.wait_for_receipts()

    page = requests.get(f"{twilio.url}/control/", timeout=5)

    assert re.search(r"^\+37120000001\n  \d\d:\d\d:\d\d delivered    Tikšanās$", page.text, re.MULTILINE)


@pytest.mark.parametrize(
    ("what", "asked", "status", "said"),
    [
        ("next", {"faults": ["no_such_fault"]}, 400, "there is no fault"),
        ("next", {"faults": ["reset_after_accepting:3"]}, 400, "takes no number"),
        ("next", {"faults": ["refused:many"]}, 400, "takes a number"),
        ("next", {"faults": ["slow_answer:-1"]}, 400, "from 0 to"),
        ("next", {"faults": ["slow_answer:nan"]}, 400, "from 0 to"),
        ("next", {"faults": ["undelivered:30003", 7]}, 400, "there is no fault"),
        ("next", {}, 400, "faults is needed"),
        ("next", [], 400, "an object is needed"),
        ("faults", {"share": 2}, 400, "together at most 1"),
        ("faults", {"share": "much"}, 400, "could not convert"),
        ("inbound", {"body": "x"}, 400, "from is needed"),
        ("inbound", {"from": "+3712", "times": 0}, 400, "from 1 to 100"),
        ("nothing", {}, 404, "there is only"),
    ],
    ids=str,
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    twilio: TwilioStandIn, what: str, asked: Any, status: int, said: str
) -> None:
    answered, told = tell(twilio, what, asked)

    assert (answered, said in told["error"]) == (status, True), told
    assert send(twilio).status_code == 201


def test_whoever_is_not_on_this_machine_controls_nothing(twilio: TwilioStandIn) -> None:
    """Nor does a page from elsewhere in a browser of this machine: by a form, or under a name of its own."""
    address = f"{twilio.url}/control/next"
    asked = json.dumps({"faults": ["server_error"]})
    tried = [
        requests.post(address, data=asked, headers={"Content-Type": "text/plain"}, timeout=5),
        requests.post(address, data={"faults": "server_error"}, timeout=5),
        requests.post(address, json={"faults": ["server_error"]}, headers={"Host": "evil.example.com"}, timeout=5),
        requests.get(f"{twilio.url}/control", headers={"Host": "evil.example.com:80"}, timeout=5),
    ]

    assert [answer.status_code for answer in tried] == [400] * 4
    assert send(twilio).status_code == 201


def test_without_control_there_is_none() -> None:
    with TwilioStandIn() as twilio:
        assert requests.get(f"{twilio.url}/control", timeout=5).status_code == 401
        with pytest.raises(RuntimeError):
            twilio.receive("+37120000001", "Labi")


def test_a_forged_receipt_comes_before_the_true_ones_and_a_late_one_late(twilio: TwilioStandIn, app: App) -> None:
    twilio.misbehave(receipts_forged(), receipts_late(0.3))
    send(twilio, StatusCallback=f"{app.url}/status?ref=1")
    assert twilio.wait_for_receipts()
    assert [(fields["MessageStatus"], is_signed) for _, fields, is_signed in app.came] == [
        ("failed", False),
        ("sent", True),
        ("delivered", True),
    ]
    begun = time.monotonic()
    send(twilio, StatusCallback=f"{app.url}/status?ref=2")
    assert twilio.wait_for_receipts()
    assert len(app.came) == 5
    assert time.monotonic() - begun >= 0.6


def test_every_fault_of_the_mixture_has_a_name_and_together_they_are_the_share() -> None:
    assert len({named(words) for words in EVERYTHING}) == len(EVERYTHING)
    shares = mixed(0.2)
    assert sum(share for fault, share in shares.items() if not fault.concerns_lists) == pytest.approx(0.2)
    assert sum(share for fault, share in shares.items() if fault.concerns_lists) == pytest.approx(0.2)


def test_the_command_shows_texts_as_a_phone_does_and_ends_when_told(app: App, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bas_service", "fake-twilio", "--port", "0", "--faults", "0.001", "--seed", "7"]
    command += ["--inbound", f"{app.url}/inbound", "--keep", str(tmp_path / "texts")]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    try:
        assert process.stdout is not None
        said = ""
        while "Ctrl-C ends it" not in said:
            line = process.stdout.readline()
            assert line, said
            said += line
        assert "--faults 0.001 --seed 7" in said
        (url,) = set(re.findall(r"BAS_TWILIO_API_URL=(\S+)", said))
        sid, token = (re.findall(rf"BAS_TWILIO_{name}=(\S+)", said)[0] for name in ("ACCOUNT_SID", "AUTH_TOKEN"))
        form = {"To": "+37120000001", "From": "BAS", "Body": "Tikšanās rīt"}
        address = f"{url}/2010-04-01/Accounts/{sid}/Messages.json"
        assert requests.post(address, data=form, auth=(sid, token), timeout=5).status_code == 201
        answer = requests.post(f"{url}/control/inbound", json={"from": "+37120000001", "body": "Labi"}, timeout=5)
        assert answer.json() == {"answered": ["204"]}
        process.send_signal(signal.SIGINT)
        shown, _ = process.communicate(timeout=20)
    finally:
        process.kill()
    assert process.returncode == 0
    assert "SMS -> +37120000001" in shown
    assert "│ Tikšanās rīt" in shown
    assert "Good-bye." in shown
    assert (tmp_path / "texts").exists()


def test_a_port_that_somebody_has_is_said(app: App) -> None:
    port = app.url.rpartition(":")[2]
    command = [sys.executable, "-m", "bas_service", "fake-twilio", "--port", port]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60)

    assert ended.returncode == 1
    assert "Try: --port 0" in ended.stderr
