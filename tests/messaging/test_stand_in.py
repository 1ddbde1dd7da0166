"""The stand-in for Twilio, seen by Twilio's real client, its real signature check and its own description."""

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
import requests
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from bas_service.config import Settings
from bas_service.database import new_id
from bas_service.messaging.jobs import Claimed
from bas_service.messaging.rules import Verdict
from bas_service.messaging.stand_in.faults import (
    Fault,
    by_chance,
    delivery_failed,
    list_fails,
    never_confirmed,
    receipt_before_answer,
    receipts_duplicated,
    receipts_lost,
    receipts_out_of_order,
    refused,
    reset_after_accepting,
    reset_before_accepting,
    server_error,
    server_error_after_accepting,
    slow_answer,
    slow_before_accepting,
    too_many_requests,
)
from bas_service.messaging.stand_in.receipts import loopback_of
from bas_service.messaging.stand_in.twilio import Text, TwilioStandIn
from bas_service.messaging.twilio_gateway import TwilioGateway

# It lies beside the project, or beside a folder that holds it.
_NAME = Path("shared", "twilio", "messages_only.json")
DESCRIPTION = next(
    (folder / _NAME for folder in Path(__file__).resolve().parents if (folder / _NAME).exists()), _NAME
)
SENDER, RECIPIENT = "+15005550006", "+37120012345"
MAGIC = "+1500555000"
MESSAGES = "/2010-04-01/Accounts/{AccountSid}/Messages.json"


class LoopbackClient(TwilioHttpClient):  # type: ignore[misc]
    """Twilio's client with its address replaced; keeps the last answer for a look at its shape."""

    def __init__(self, url: str, timeout: float) -> None:
        super().__init__(timeout=timeout)
        self.session.trust_env = False
        self.url = url
        self.last: Any = None

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        assert url.startswith("https://api.twilio.com/")
        self.last = super().request(method, url.replace("https://api.twilio.com", self.url), *args, **kwargs)
        return self.last


def client_of(twilio: TwilioStandIn, timeout: float = 5, token: str | None = None) -> Client:
    return Client(twilio.account_sid, token or twilio.auth_token, http_client=LoopbackClient(twilio.url, timeout))


def send(client: Client, body: str = "Tikšanās 14. maijā", to: str = RECIPIENT, **more: Any) -> Any:
    return client.messages.create(to=to, from_=more.pop("from_", SENDER), body=body, **more)


class App:
    """The app that gets the receipts; a real server, which checks nothing and remembers everything."""

    def __init__(self) -> None:
        self.received: list[tuple[str, dict[str, str], str]] = []
        self.delay = 0.0
        app = self

        class Hook(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                form = self.rfile.read(int(self.headers["Content-Length"])).decode()
                time.sleep(app.delay)
                fields = dict(parse_qsl(form, strict_parsing=True))
                app.received.append((app.url + self.path, fields, self.headers["X-Twilio-Signature"]))
                self.send_response(204)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.hook = f"{self.url}/hooks/twilio?ref=018f-7c%20x&lang=lv"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def states(self) -> list[str]:
        return [fields["MessageStatus"] for _, fields, _ in self.received]

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def twilio() -> Iterator[TwilioStandIn]:
    with TwilioStandIn(receipt_delay=0.01) as stand_in:
        yield stand_in


@pytest.fixture
def client(twilio: TwilioStandIn) -> Client:
    return client_of(twilio)


@pytest.fixture
def app() -> Iterator[App]:
    app = App()
    yield app
    app.stop()


def refusal_of(call: Callable[[], object]) -> TwilioRestException:
    with pytest.raises(TwilioRestException) as refused_with:
        call()
    return refused_with.value


# --- a good day -------------------------------------------------------------------------------------------


def test_a_text_is_accepted_remembered_and_fetched(twilio: TwilioStandIn, client: Client) -> None:
    before = datetime.now(UTC)
    created = send(client, validity_period=3600)
    assert (created.status, created.to, created.from_) == ("queued", RECIPIENT, SENDER)
    assert (created.num_segments, created.error_code, created.date_sent) == ("1", None, None)
    assert before - timedelta(seconds=1) <= created.date_created <= datetime.now(UTC)

    [text] = twilio.messages
    assert (text.sid, text.body, text.validity_period) == (created.sid, "Tikšanās 14. maijā", 3600)
    assert text.created_at.tzinfo is UTC
    assert client.messages(created.sid).fetch().body == text.body


def test_parts_are_counted_as_the_bill_counts_them(client: Client) -> None:
    assert send(client, body="ā" * 71).num_segments == "2"


def test_each_accepted_text_is_shown_once_and_a_failing_reader_harms_nobody() -> None:
    shown: list[str] = []

    def show(text: Text) -> None:
        shown.append(text.body)
        raise RuntimeError("the screen is broken")

    with TwilioStandIn(on_text=show) as twilio:
        client = client_of(twilio)
        send(client, body="viens")
        refusal_of(lambda: send(client, body="divi", to=MAGIC + "9"))
        send(client, body="trīs")
    assert shown == ["viens", "trīs"]


def test_a_messaging_service_accepts_before_it_has_a_sender(twilio: TwilioStandIn, client: Client) -> None:
    service = "MG" + "a" * 32
    created = client.messages.create(to=RECIPIENT, messaging_service_sid=service, body="x")
    assert (created.status, created.from_, created.num_segments) == ("accepted", None, "0")
    assert created.messaging_service_sid == service
    assert twilio.wait_for_receipts()
    assert created.fetch().status == "delivered"


def test_the_account_answers_a_check_of_reachability(twilio: TwilioStandIn, client: Client) -> None:
    account = client.api.v2010.accounts(twilio.account_sid).fetch()
    assert (account.sid, account.status) == (twilio.account_sid, "active")


def test_the_list_is_newest_first_filtered_and_in_pages(twilio: TwilioStandIn, client: Client) -> None:
    for number in range(7):
        send(client, body=str(number), to=RECIPIENT if number % 2 == 0 else "+37120099999")
    assert [text.body for text in client.messages.list()] == list("6543210")
    assert [text.body for text in client.messages.list(to=RECIPIENT, page_size=1)] == list("6420")
    assert client.messages.list(from_="BAS") == []

    page = client.messages.page(page_size=3)
    assert [text.body for text in page] == ["6", "5", "4"]
    send(client, body="accepted between two pages")
    page = page.next_page()
    assert [text.body for text in page] == ["3", "2", "1"]
    assert [text.body for text in page.previous_page()] == ["6", "5", "4"]
    page = page.next_page()
    assert [text.body for text in page] == ["0"]
    assert page.next_page() is None
    assert client.messages.page(page_size=8).next_page() is None


def test_a_filter_by_sending_date_hides_what_is_not_sent_yet() -> None:
    with TwilioStandIn(receipt_delay=60) as twilio:
        client = client_of(twilio)
        send(client)
        yesterday = datetime.now(UTC) - timedelta(days=1)
        assert client.messages.list(to=RECIPIENT, date_sent_after=yesterday) == []
        assert len(client.messages.list(to=RECIPIENT)) == 1


def test_a_filter_by_sending_date_takes_times_days_and_mail_dates(twilio: TwilioStandIn, client: Client) -> None:
    send(client)
    assert twilio.wait_for_receipts()
    now = datetime.now(UTC)
    hour, day = timedelta(hours=1), timedelta(days=1)
    assert len(client.messages.list(date_sent_after=now - hour, date_sent_before=now + hour)) == 1
    assert client.messages.list(date_sent_after=now + hour) == []
    assert client.messages.list(date_sent_before=now - hour) == []
    sent_on = twilio.messages[0].sent_at
    assert sent_on is not None
    assert len(client.messages.list(date_sent=sent_on)) == 1
    assert client.messages.list(date_sent=sent_on - 2 * day) == []

    def listed(query: str) -> requests.Response:
        return raw(twilio, "GET", f"Messages.json?{query}")

    assert len(listed(f"DateSent>={sent_on:%Y-%m-%d}").json()["messages"]) == 1
    assert listed("DateSent<=Wed, 19 Jun 2019 22:04:00 -0000").json()["messages"] == []
    assert (listed("DateSent=soon").status_code, listed("PageToken=PAx").status_code) == (400, 400)


def raw(twilio: TwilioStandIn, method: str, tail: str, **more: Any) -> requests.Response:
    """A request without Twilio's client, for what that client would never send."""
    more.setdefault("auth", (twilio.account_sid, twilio.auth_token))
    url = f"{twilio.url}/2010-04-01/Accounts/{twilio.account_sid}/{tail}"
    with requests.Session() as session:
        session.trust_env = False
        return session.request(method, url, timeout=5, **more)


# --- refusals ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "code", "status"),
    [
        ({"from_": MAGIC + "1"}, 21212, 400),
        ({"from_": MAGIC + "7"}, 21606, 400),
        ({"from_": MAGIC + "8"}, 21611, 429),
        ({"from_": "A name that is too long"}, 21212, 400),
        ({"from_": "Bērni"}, 21212, 400),
        ({"from_": "12"}, 21212, 400),
        ({"to": MAGIC + "1"}, 21211, 400),
        ({"to": MAGIC + "2"}, 21612, 400),
        ({"to": MAGIC + "3"}, 21408, 400),
        ({"to": MAGIC + "4"}, 21610, 400),
        ({"to": MAGIC + "9"}, 21614, 400),
        ({"to": "20012345"}, 21211, 400),
        ({"to": "+371 20012345"}, 21211, 400),
        ({"to": ""}, 21604, 400),
        ({"from_": ""}, 21603, 400),
        ({"body": ""}, 21602, 400),
        ({"body": "a" * 1601}, 21617, 400),
        ({"validity_period": 0}, 21624, 400),
        ({"validity_period": 36_001}, 21624, 400),
        ({"validity_period": "soon"}, 21624, 400),
        ({"status_callback": "ftp://127.0.0.1/"}, 21609, 400),
        ({"status_callback": "http://a_b/"}, 21609, 400),
        ({"status_callback": "http://127.0.0.1/\r\nX-Evil: 1"}, 21609, 400),
        ({"status_callback": "http://127.0.0.1/ā"}, 21609, 400),
        ({"status_callback": "http://127.0.0.1/a b"}, 21609, 400),
    ],
)
def test_what_twilio_refuses_is_refused_with_its_code(
    twilio: TwilioStandIn, client: Client, change: dict[str, Any], code: int, status: int
) -> None:
    refusal = refusal_of(lambda: send(client, **change))
    assert (refusal.code, refusal.status) == (code, status)
    assert twilio.messages == []


@pytest.mark.parametrize("sender", [SENDER, "BAS", "Ministry +_&", "37120", "+37120099999"])
def test_usual_senders_and_the_limits_themselves_are_accepted(client: Client, sender: str) -> None:
    assert send(client, body="a" * 1600, from_=sender[:11], validity_period=36_000).status == "queued"
    assert send(client, from_=sender if sender[0] == "+" else sender[:11], validity_period=1).status == "queued"


def test_a_wrong_token_is_refused_with_20003(twilio: TwilioStandIn) -> None:
    refusal = refusal_of(lambda: send(client_of(twilio, token="guessed")))
    assert (refusal.status, refusal.code) == (401, 20003)
    assert twilio.messages == []


@pytest.mark.parametrize("header", ["", "Basic", "Basic !!!", "Basic /w==", "Bearer x", "Basic QUM6", "Basic \u00e9"])
def test_unreadable_credentials_are_refused_like_wrong_ones(twilio: TwilioStandIn, header: str) -> None:
    answer = raw(twilio, "GET", "Messages.json", auth=lambda request: request, headers={"Authorization": header})
    assert (answer.status_code, answer.json()["code"]) == (401, 20003)
    assert answer.headers["WWW-Authenticate"].startswith("Basic")


def test_addresses_methods_and_bodies_that_do_not_exist_are_refused(twilio: TwilioStandIn, client: Client) -> None:
    assert refusal_of(lambda: client.messages("SM" + "0" * 32).fetch()).code == 20404
    sid = send(client).sid
    assert refusal_of(lambda: client.messages(sid).delete()).status == 405
    assert raw(twilio, "GET", "Calls.json").status_code == 404
    assert raw(twilio, "POST", "Messages.json", data=b"x" * 70_000).status_code == 413
    assert raw(twilio, "POST", "Messages.json", data=iter([b"To=1"])).status_code == 413
    assert raw(twilio, "POST", "Messages.json", data="&".join(["a=1"] * 200)).status_code == 413
    foreign = client_of(twilio).api.v2010.accounts("AC" + "f" * 32)
    assert refusal_of(lambda: foreign.messages(sid).fetch()).code == 20404


# --- receipts ---------------------------------------------------------------------------------------------


def test_receipts_are_signed_complete_and_keep_the_reference(twilio: TwilioStandIn, client: Client, app: App) -> None:
    sid = send(client, status_callback=app.hook, from_="BAS").sid
    assert twilio.wait_for_receipts()
    assert app.states == ["sent", "delivered"]
    for url, fields, signature in app.received:
        # The hook sees the query string byte by byte as it was given: it is part of what is signed.
        assert url == app.hook
        assert RequestValidator(twilio.auth_token).validate(app.hook, fields, signature)
        assert not RequestValidator("another").validate(app.hook, fields, signature)
        assert not RequestValidator(twilio.auth_token).validate(app.hook, fields | {"To": "x"}, signature)
    first, last = app.received[0][1], app.received[1][1]
    assert first == {
        "AccountSid": twilio.account_sid,
        "ApiVersion": "2010-04-01",
        "From": "BAS",
        "MessageSid": sid,
        "MessageStatus": "sent",
        "SmsSid": sid,
        "SmsStatus": "sent",
        "To": RECIPIENT,
    }
    assert set(last) == set(first) | {"RawDlrDoneDate"}
    assert twilio.receipt_outcomes == Counter({"204": 2})
    assert (twilio.messages[0].status, client.messages(sid).fetch().status) == ("delivered", "delivered")


@pytest.mark.parametrize("status", ["undelivered", "failed"])
def test_a_failed_delivery_is_reported_with_its_code(
    twilio: TwilioStandIn, client: Client, app: App, status: str
) -> None:
    twilio.misbehave(delivery_failed(30005, status))
    created = send(client, status_callback=app.hook)
    assert twilio.wait_for_receipts()
    assert app.states == (["failed"] if status == "failed" else ["sent", "undelivered"])
    assert app.received[-1][1]["ErrorCode"] == "30005"
    assert "ErrorCode" not in (app.received[0][1] if status == "undelivered" else {})
    fetched = created.fetch()
    assert (fetched.status, fetched.error_code) == (status, 30005)
    assert (fetched.date_sent is None) == (status == "failed")


@pytest.mark.parametrize(
    ("fault", "told", "final"),
    [
        (receipts_duplicated(), ["sent", "sent", "delivered", "delivered"], "delivered"),
        (receipts_out_of_order(), ["delivered", "sent"], "delivered"),
        (receipts_lost(), [], "delivered"),
        (never_confirmed(), ["sent"], "sent"),
        (
            receipts_out_of_order().together_with(delivery_failed(30003)),
            ["undelivered", "sent"],
            "undelivered",
        ),
    ],
)
def test_receipts_repeat_overtake_and_get_lost(
    twilio: TwilioStandIn, client: Client, app: App, fault: Fault, told: list[str], final: str
) -> None:
    twilio.misbehave(fault)
    send(client, status_callback=app.hook)
    assert twilio.wait_for_receipts()
    assert (app.states, twilio.messages[0].status) == (told, final)
    assert twilio.faults_used == Counter({fault.name: 1})


def test_receipts_can_arrive_before_the_create_call_is_answered(app: App) -> None:
    with TwilioStandIn(receipt_delay=60) as twilio:
        twilio.misbehave(receipt_before_answer())
        created = send(client_of(twilio), status_callback=app.hook)
        assert app.states == ["sent", "delivered"]
        # The answer still tells of the first state.
        assert created.status == "queued"


def test_sending_receipts_to_a_slow_app_delays_no_answer(twilio: TwilioStandIn, client: Client, app: App) -> None:
    app.delay = 0.3
    began = time.monotonic()
    for _ in range(30):
        send(client, status_callback=app.hook)
    # One after the other they would take eighteen seconds.
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "url",
    [
        "http://192.0.2.1:9/hook",
        "http://example.invalid/hook",
        "http://0.0.0.0/",
        "http://169.254.169.254/latest",
        "http://127.0.0.1.example.invalid/",
        "http://[2001:db8::1]/",
        "https://127.0.0.1/",
    ],
)
def test_nothing_but_this_very_machine_is_called_back(twilio: TwilioStandIn, client: Client, url: str) -> None:
    assert send(client, status_callback=url).status == "queued"
    assert twilio.wait_for_receipts()
    assert twilio.receipt_outcomes == Counter({"not loopback": 2})
    assert twilio.messages[0].status == "delivered"


def test_every_way_to_write_this_machine_is_recognised() -> None:
    assert loopback_of("http://127.0.0.1:5000/x") == ("127.0.0.1", 5000)
    assert loopback_of("http://localhost/x") == ("localhost", 80)
    assert loopback_of("http://[::1]:1/x") == ("::1", 1)
    assert loopback_of("http://user@192.0.2.1:1/x") is None
    assert loopback_of("http://127.0.0.1:99999/x") is None


def test_an_app_that_is_down_or_mute_costs_receipts_and_nothing_else(twilio: TwilioStandIn, client: Client) -> None:
    gone = App()
    gone.stop()
    send(client, status_callback=gone.hook)
    assert twilio.wait_for_receipts()
    assert twilio.receipt_outcomes == Counter({"connection refused": 2})


def test_without_receipts_texts_still_reach_their_states(app: App) -> None:
    with TwilioStandIn(receipts=False, receipt_delay=0.01) as twilio:
        send(client_of(twilio), status_callback=app.hook)
        assert twilio.wait_for_receipts()
        assert (app.states, twilio.messages[0].status) == ([], "delivered")


# --- bad days ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "status", "code", "accepted"),
    [
        (too_many_requests(retry_after=7), 429, 20429, 0),
        (server_error(), 500, 20500, 0),
        (server_error(503), 503, 20503, 0),
        (server_error_after_accepting(), 500, 20500, 1),
        (server_error_after_accepting(502), 502, 20502, 1),
        (refused(30450, 400), 400, 30450, 0),
    ],
)
def test_error_answers_arrive_as_such_before_or_after_accepting(
    twilio: TwilioStandIn, client: Client, fault: Fault, status: int, code: int, accepted: int
) -> None:
    twilio.misbehave(fault)
    refusal = refusal_of(lambda: send(client))
    assert (refusal.status, refusal.code, len(twilio.messages)) == (status, code, accepted)
    assert client.http_client.last.headers.get("Retry-After") == ("7" if status == 429 else None)
    # The next one finds a good day again, on the same connection.
    assert send(client).status == "queued"
    assert twilio.faults_used == Counter({fault.name: 1})


@pytest.mark.parametrize(("fault", "accepted"), [(reset_before_accepting(), 0), (reset_after_accepting(), 1)])
def test_a_reset_is_seen_as_a_reset_and_the_list_tells_what_happened(
    twilio: TwilioStandIn, client: Client, fault: Fault, accepted: int
) -> None:
    twilio.misbehave(fault)
    with pytest.raises(requests.ConnectionError) as broken:
        send(client)
    assert "ConnectionResetError" in repr(broken.value)
    assert [text.body for text in client.messages.list(to=RECIPIENT)] == ["Tikšanās 14. maijā"] * accepted


@pytest.mark.parametrize(("fault", "accepted"), [(slow_answer(1), 1), (slow_before_accepting(1), 0)])
def test_a_slow_answer_is_a_read_time_out_after_which_the_text_is_or_will_be_there(
    twilio: TwilioStandIn, fault: Fault, accepted: int
) -> None:
    twilio.misbehave(fault)
    with pytest.raises(requests.ReadTimeout):
        send(client_of(twilio, timeout=0.4))
    assert len(twilio.messages) == accepted
    # What was still thinking accepts all the same: the text goes out after the client gave up.
    assert _is_true_soon(lambda: len(twilio.messages) == 1)


def test_a_failing_list_fails_alone(twilio: TwilioStandIn, client: Client) -> None:
    twilio.misbehave(list_fails(), list_fails(503))
    send(client)
    for _ in range(2):
        with pytest.raises(TwilioException) as failed:
            client.messages.list()
        # Twilio's client raises its plain exception from lists.
        assert not isinstance(failed.value, TwilioRestException)
    assert len(client.messages.list()) == 1
    assert twilio.faults_used == Counter({"list_fails": 2})


def test_faults_queue_in_order_and_two_can_meet_in_one_request(
    twilio: TwilioStandIn, client: Client, app: App
) -> None:
    twilio.misbehave(server_error(503), reset_after_accepting().together_with(receipts_lost()))
    assert refusal_of(lambda: send(client)).status == 503
    with pytest.raises(requests.ConnectionError):
        send(client, status_callback=app.hook)
    assert twilio.wait_for_receipts()
    assert (len(twilio.messages), app.states) == (1, [])
    assert twilio.faults_used == Counter({"server_error": 1, "reset_after_accepting + receipts_lost": 1})
    with pytest.raises(ValueError, match="never meet"):
        list_fails().together_with(receipts_lost())


def test_a_plan_sees_number_and_form_and_can_be_forgotten(twilio: TwilioStandIn, client: Client) -> None:
    seen: list[tuple[int, str]] = []

    def every_second(number: int, form: Any) -> Fault | None:
        seen.append((number, form["Body"]))
        return server_error() if number % 2 == 0 else None

    twilio.misbehave_by(every_second)
    send(client, body="1")
    refusal_of(lambda: send(client, body="2"))
    send(client, body="3")
    twilio.behave()
    send(client, body="4")
    assert seen == [(1, "1"), (2, "2"), (3, "3")]


def test_dice_fall_the_same_for_the_same_seed_and_near_their_probabilities() -> None:
    chances = {server_error(): 0.1, receipts_lost(): 0.2}
    first, again, other = (by_chance(chances, seed=seed) for seed in (5, 5, 6))
    drawn = [first(number, {}) for number in range(1, 5001)]
    assert drawn == [again(number, {}) for number in range(1, 5001)]
    assert drawn != [other(number, {}) for number in range(1, 5001)]
    names = Counter(fault.name if fault else None for fault in drawn)
    assert 400 < names["server_error"] < 600
    assert 900 < names["receipts_lost"] < 1100
    for wrong in ({server_error(): 0.8, receipts_lost(): 0.3}, {server_error(): -0.1}):
        with pytest.raises(ValueError, match="at most 1"):
            by_chance(wrong, seed=0)


def test_eight_clients_in_a_storm_lose_and_double_nothing(app: App) -> None:
    chances = {
        server_error(503): 0.05,
        server_error_after_accepting(): 0.05,
        reset_before_accepting(): 0.05,
        reset_after_accepting(): 0.05,
        too_many_requests(): 0.05,
        receipts_duplicated(): 0.05,
        receipts_lost(): 0.05,
        list_fails(): 0.2,
    }
    heard: Counter[str] = Counter()
    with TwilioStandIn(receipt_delay=0.01, seed=3) as twilio:
        twilio.misbehave_by_chance(chances)

        def one_client(worker: int) -> Counter[str]:
            client, outcomes = client_of(twilio), Counter[str]()
            for number in range(60):
                try:
                    send(client, body=f"{worker}/{number}", status_callback=app.hook)
                    outcomes["accepted"] += 1
                except TwilioRestException as refusal:
                    outcomes[str(refusal.status)] += 1
                except requests.ConnectionError:
                    outcomes["reset"] += 1
            return outcomes

        with ThreadPoolExecutor(8) as clients:
            for outcomes in clients.map(one_client, range(8)):
                heard.update(outcomes)
        assert twilio.wait_for_receipts(30)
        used, texts = twilio.faults_used, twilio.messages
    after = used["server_error_after_accepting"] + used["reset_after_accepting"]
    assert heard.total() == 480
    assert len({text.body for text in texts}) == len(texts) == heard["accepted"] + after
    assert heard["503"] == used["server_error"]
    assert heard["429"] == used["too_many_requests"]
    assert heard["500"] == used["server_error_after_accepting"]
    assert heard["reset"] == used["reset_before_accepting"] + used["reset_after_accepting"]
    # Each fault fell, and none fell other than the seed says, however the threads interleaved.
    by_seed = by_chance({fault: share for fault, share in chances.items() if not fault.concerns_lists}, seed=3)
    expected = Counter(fault.name for number in range(1, 481) if (fault := by_seed(number, {})))
    assert used == expected
    assert len(app.received) == 2 * (len(texts) + used["receipts_duplicated"] - used["receipts_lost"])
    assert {text.status for text in texts} == {"delivered"}


# --- coming and going -------------------------------------------------------------------------------------


def test_after_stopping_nobody_answers_and_after_starting_the_texts_are_still_there(app: App) -> None:
    with pytest.raises(ValueError, match="32 hexadecimal"):
        TwilioStandIn(account_sid="AC-test")
    twilio = TwilioStandIn(receipt_delay=0.5)
    with pytest.raises(RuntimeError, match="no port"):
        twilio.url  # noqa: B018
    twilio.start()
    with pytest.raises(RuntimeError, match="already"):
        twilio.start()
    client, url = client_of(twilio), twilio.url
    send(client, status_callback=app.hook)
    began = time.monotonic()
    twilio.stop()
    assert time.monotonic() - began < 2
    # Also the connection the client has kept alive is gone.
    with pytest.raises(requests.ConnectionError):
        client.messages.list()
    twilio.start()
    assert (twilio.url, len(client.messages.list())) == (url, 1)
    # Receipts still to come at the stop are lost, as they are with a crash.
    time.sleep(0.6)
    assert app.states == []
    twilio.stop()
    twilio.stop()


def test_stopping_wakes_those_who_wait_and_accepts_nothing_more() -> None:
    twilio = TwilioStandIn()
    twilio.start()
    twilio.misbehave(slow_before_accepting(30))
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(send, client_of(twilio))
        while not twilio.faults_used:
            time.sleep(0.01)
        twilio.stop()
        with pytest.raises(requests.ConnectionError):
            waiting.result(timeout=5)
    assert _is_true_soon(lambda: not any("process_request" in thread.name for thread in threading.enumerate()))
    assert twilio.messages == []


def _is_true_soon(is_true: Callable[[], bool]) -> bool:
    end = time.monotonic() + 2
    while not is_true() and time.monotonic() < end:
        time.sleep(0.01)
    return is_true()


def test_one_connection_serves_many_requests_also_after_a_refusal(twilio: TwilioStandIn) -> None:
    connection = http.client.HTTPConnection(twilio.url.removeprefix("http://"), timeout=5)
    connection.connect()
    kept = connection.sock
    for target in ("/", "/2010-04-01/Accounts", "/"):
        connection.request("POST", target, "To=1")
        assert connection.getresponse().read()
        assert connection.sock is kept
    connection.close()


def test_a_state_file_outlives_the_process_even_when_a_crash_cut_its_last_line(tmp_path: Path) -> None:
    state = tmp_path / "texts.jsonl"
    with TwilioStandIn(state_file=state, receipt_delay=0.01) as twilio:
        send(client_of(twilio), body="Sveiki – „viens“\n", validity_period=60)
        assert twilio.wait_for_receipts()
        remembered = twilio.messages
    with state.open("a") as lines:
        lines.write('{"sid": "SM')
    with TwilioStandIn(state_file=state, receipt_delay=60) as twilio:
        assert twilio.messages == remembered
        send(client_of(twilio), body="divi")
        assert [text.body for text in client_of(twilio).messages.list()] == ["divi", "Sveiki – „viens“\n"]
    # The new line begins after the torn one, not in it.
    assert [text.status for text in TwilioStandIn(state_file=state).messages] == ["delivered", "queued"]


def test_hundreds_of_connections_at_once_are_all_served(twilio: TwilioStandIn) -> None:
    clients = [client_of(twilio, timeout=20) for _ in range(200)]
    with ThreadPoolExecutor(200) as pool:
        sids = set(pool.map(lambda client: send(client).sid, clients))
    assert len(sids) == len(twilio.messages) == 200


# --- Twilio's own description -----------------------------------------------------------------------------


def _strict(schema: Any) -> Any:
    """OpenAPI 3.0 in the words of JSON Schema: `nullable` becomes a second type."""
    if isinstance(schema, list):
        return [_strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    strict = {name: _strict(part) for name, part in schema.items() if name != "nullable"}
    if schema.get("nullable") is True:
        strict["type"] = [schema["type"], "null"]
    return strict


def _is_mail_date(text: str) -> bool:
    return parsedate_to_datetime(text).tzinfo is not None


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    if not DESCRIPTION.exists():
        pytest.skip(f"needs Twilio's description of Messages at {_NAME} beside the project")
    pytest.importorskip("jsonschema_rs", reason="needs jsonschema-rs to check against Twilio's description")
    description: dict[str, Any] = json.loads(DESCRIPTION.read_text(encoding="utf-8"))
    return description


def check_answer(described: dict[str, Any], client: Client, path: str, method: str, status: int | str) -> Any:
    """Check the last answer of this client against the description; return it."""
    import jsonschema_rs

    answer = json.loads(client.http_client.last.text)
    schema = described["paths"][path][method]["responses"][str(status)]["content"]["application/json"]["schema"]
    whole = _strict({**schema, "components": described["components"]})
    formats = {"date-time-rfc-2822": _is_mail_date}
    jsonschema_rs.validator_for(whole, formats=formats, validate_formats=True).validate(answer)
    if "$ref" not in schema:
        assert set(answer) == set(schema["properties"])
    for message in answer.get("messages", [answer] if "sid" in answer else []):
        # The schema requires no field, so an empty answer would pass; Twilio gives them all, always.
        assert set(message) == set(described["components"]["schemas"]["api.v2010.account.message"]["properties"])
    return answer


def test_answers_are_exactly_what_twilio_describes(
    twilio: TwilioStandIn, client: Client, described: dict[str, Any]
) -> None:
    single = MESSAGES.replace("Messages.json", "Messages/{Sid}.json")
    sid = send(client).sid
    check_answer(described, client, MESSAGES, "post", 201)
    client.messages.create(to=RECIPIENT, messaging_service_sid="MG" + "b" * 32, body="x")
    check_answer(described, client, MESSAGES, "post", 201)
    twilio.misbehave(delivery_failed(30003))
    send(client)
    assert twilio.wait_for_receipts()
    client.messages(sid).fetch()
    assert check_answer(described, client, single, "get", 200)["status"] == "delivered"
    client.messages.list(to=RECIPIENT, page_size=2, limit=2)
    assert check_answer(described, client, MESSAGES, "get", 200)["next_page_uri"] is not None
    client.messages.list(to="+37120000000")
    assert check_answer(described, client, MESSAGES, "get", 200)["messages"] == []


def test_refusals_are_exactly_what_twilio_describes(
    twilio: TwilioStandIn, client: Client, described: dict[str, Any]
) -> None:
    twilio.misbehave(too_many_requests(), server_error(), server_error_after_accepting(), refused(21610))
    for _ in range(4):
        refusal_of(lambda: send(client))
        check_answer(described, client, MESSAGES, "post", "default")
    refusal_of(lambda: send(client, to=MAGIC + "1"))
    check_answer(described, client, MESSAGES, "post", "default")
    refusal_of(lambda: client.messages("SM" + "0" * 32).fetch())
    check_answer(described, client, MESSAGES, "get", "default")
    stranger = client_of(twilio, token="guessed")
    refusal_of(lambda: send(stranger))
    check_answer(described, stranger, MESSAGES, "post", "default")


def test_what_the_real_client_sends_is_what_twilio_describes(
    twilio: TwilioStandIn, client: Client, app: App, described: dict[str, Any]
) -> None:
    forms: list[Any] = []
    twilio.misbehave_by(lambda _number, form: forms.append(dict(form)))
    send(client, validity_period=60, status_callback=app.hook)
    content = described["paths"][MESSAGES]["post"]["requestBody"]["content"]
    fields = content["application/x-www-form-urlencoded"]["schema"]["properties"]
    assert set(forms[0]) == {"To", "From", "Body", "ValidityPeriod", "StatusCallback"} <= set(fields)


def test_what_our_gateway_sends_is_what_twilio_describes(twilio: TwilioStandIn, described: dict[str, Any]) -> None:
    """Each field as its own schema wants it, with a sender by name and with a Messaging Service."""
    import jsonschema_rs

    forms: list[dict[str, Any]] = []
    twilio.misbehave_by(lambda _number, form: forms.append(dict(form)))
    now = datetime.now(UTC)
    message = Claimed(
        id=new_id(),
        recipient=RECIPIENT,
        body="Tikšanās",
        useful_until=now + timedelta(days=9),
        attempts=1,
        attempted_at=now,
        checks=0,
        repeated=False,
        created_at=now,
    )
    for sender in ("BAS", "MG" + "a" * 32):
        settings = Settings(
            twilio_account_sid=twilio.account_sid,
            twilio_auth_token=twilio.auth_token,
            twilio_sender=sender,
            twilio_api_url=twilio.url,
            public_url="https://bas.example.lv",
        )
        assert TwilioGateway(settings).hand_over(message).verdict is Verdict.ACCEPTED
    content = described["paths"][MESSAGES]["post"]["requestBody"]["content"]
    schema = content["application/x-www-form-urlencoded"]["schema"]
    whole = {**schema, "additionalProperties": False, "components": described["components"]}
    judge = jsonschema_rs.validator_for(whole, validate_formats=True)
    for form in forms:
        judge.validate(form | {"ValidityPeriod": int(form["ValidityPeriod"])})
    assert [set(form) & {"From", "MessagingServiceSid"} for form in forms] == [{"From"}, {"MessagingServiceSid"}]
