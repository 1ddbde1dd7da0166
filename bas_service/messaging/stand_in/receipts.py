"""The receipts (status callbacks) of the stand-in for Twilio: signed, on time, by threads of their own.

A receipt goes to a loopback address or nowhere, because a stand-in that posts to any URL it is given would be
a hole in whatever network it runs in.
"""

import base64
import hashlib
import hmac
import http.client
import ipaddress
import logging
import threading
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from heapq import heappop, heappush
from urllib.parse import urlencode, urlsplit

from bas_service.messaging.stand_in.faults import Fault, ReceiptOrder
from bas_service.messaging.stand_in.texts import Text, Texts

_log = logging.getLogger(__name__)

# Twilio gives up on a callback after 15 seconds.
_PATIENCE = 15.0


@dataclass(frozen=True, slots=True)
class _Step:
    """A moment in the life of a text: the state it takes, if any; the state a receipt tells of, if any.

    A forged receipt is signed by somebody who does not know the token.
    """

    state: str | None
    reported: str | None
    is_forged: bool = False


@dataclass(slots=True)
class _Journey:
    """The steps a text still has before it."""

    sid: str
    steps: list[_Step]
    error_code: int | None
    delay: float
    done: threading.Event


class ReceiptSender:
    """Carries accepted texts from state to state and tells the status callback; nobody waits for it.

    `delay` is the time in seconds before each step. A receipt is sent once, whatever the answer, as Twilio
    does.
    """

    def __init__(
        self,
        texts: Texts,
        *,
        account_sid: str,
        auth_token: str,
        delay: float,
        enabled: bool,
        threads: int = 8,
    ) -> None:
        self._texts = texts
        self._account_sid = account_sid
        self._key = auth_token.encode()
        self._delay = delay
        self._enabled = enabled
        lock = threading.Lock()
        self._due = threading.Condition(lock)
        self._idle = threading.Condition(lock)
        self._heap: list[tuple[float, int, _Journey]] = []
        self._order = 0
        self._under_way = 0
        # One object per start; a thread left over from an earlier run sees that it is not its run any more.
        self._run: object | None = None
        self._threads: list[threading.Thread] = []
        self._how_many_threads = threads
        self._outcomes: Counter[str] = Counter()

    def start(self) -> None:
        """Begin to work."""
        run = self._run = object()
        self._threads = [
            threading.Thread(target=self._work, args=(run,), name=f"stand-in-receipts-{number}", daemon=True)
            for number in range(self._how_many_threads)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Finish the receipts being sent (2 seconds at most), forget the rest; texts keep their state."""
        with self._due:
            self._run = None
            for _, _, journey in self._heap:
                journey.done.set()
            self._heap.clear()
            self._under_way = 0
            self._due.notify_all()
            self._idle.notify_all()
        last_moment = time.monotonic() + 2
        for thread in self._threads:
            thread.join(max(last_moment - time.monotonic(), 0))

    def send(self, text: Text, fault: Fault) -> threading.Event:
        """Take over an accepted text; the event is set when its last receipt has been sent."""
        early = fault.receipts is ReceiptOrder.BEFORE_THE_ANSWER
        journey = _Journey(
            text.sid, _steps_of(fault), fault.error_code, 0.0 if early else self._delay, threading.Event()
        )
        journey.delay += fault.wait_before_receipts
        with self._due:
            if self._run is None:
                journey.done.set()
            else:
                self._under_way += 1
                self._put(journey)
        return journey.done

    def wait_until_idle(self, seconds: float) -> bool:
        """Wait until every receipt of every accepted text has been sent; False when time runs out first."""
        with self._idle:
            return self._idle.wait_for(lambda: self._under_way == 0, seconds)

    def outcomes(self) -> Counter[str]:
        """Count the receipts sent by what became of them: the status answered, or why there is none."""
        with self._due:
            return self._outcomes.copy()

    def _put(self, journey: _Journey) -> None:
        self._order += 1
        heappush(self._heap, (time.monotonic() + journey.delay, self._order, journey))
        self._due.notify()

    def _next(self, run: object) -> _Journey | None:
        with self._due:
            while self._run is run:
                now = time.monotonic()
                if self._heap and self._heap[0][0] <= now:
                    journey = heappop(self._heap)[2]
                    if self._heap:
                        # The next one may be due as well, and the others sleep until they are told.
                        self._due.notify()
                    return journey
                self._due.wait(self._heap[0][0] - now if self._heap else None)
            return None

    def _work(self, run: object) -> None:
        while (journey := self._next(run)) is not None:
            try:
                outcome = self._take(journey, journey.steps.pop(0))
            except Exception:  # noqa: BLE001 - one bad receipt must not end the thread that sends all others
                _log.exception("the stand-in could not send a receipt")
                outcome = "broken"
            with self._due:
                if outcome is not None:
                    self._outcomes[outcome] += 1
                self._continue(journey, run)

    def _continue(self, journey: _Journey, run: object) -> None:
        """Plan the next step only when this one is done, so that two receipts of one text never race."""
        if self._run is run and journey.steps:
            self._put(journey)
            return
        journey.done.set()
        if self._run is run:
            self._under_way -= 1
            if self._under_way == 0:
                self._idle.notify_all()

    def _take(self, journey: _Journey, step: _Step) -> str | None:
        text = self._texts.of(journey.sid)
        if step.state is not None:
            code = journey.error_code if step.state in ("failed", "undelivered") else None
            text = self._texts.move(journey.sid, step.state, error_code=code)
        if text is None or step.reported is None or text.status_callback is None or not self._enabled:
            return None
        key = b"a guess" if step.is_forged else self._key
        return self._post(text, step.reported, journey.error_code, key=key)

    def _post(self, text: Text, status: str, error_code: int | None, *, key: bytes) -> str:
        url = text.status_callback or ""
        fields = _fields_of(text, status, account_sid=self._account_sid)
        if error_code is not None and status in ("failed", "undelivered"):
            fields["ErrorCode"] = str(error_code)
        return post_signed(url, fields, key=key)


def post_signed(url: str, fields: dict[str, str], *, key: bytes) -> str:
    """Post a signed form to this machine; gives the status answered, or the reason there is none."""
    headers = {
        "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
        "X-Twilio-Signature": signature_of(url, fields, key=key),
        "User-Agent": "TwilioProxy/1.1",
        "Connection": "close",
    }
    return _posted(url, urlencode(fields).encode(), headers)


def signature_of(url: str, fields: dict[str, str], *, key: bytes) -> str:
    """Sign a callback as Twilio does: HMAC-SHA1 over the URL and the fields sorted by name, in Base64."""
    signed = url + "".join(name + fields[name] for name in sorted(fields))
    # SHA-1 is Twilio's choice; as an HMAC it still holds.
    return base64.b64encode(hmac.new(key, signed.encode(), hashlib.sha1).digest()).decode()


def loopback_of(url: str) -> tuple[str, int] | None:
    """The host and port to call back, or None when the URL does not lead to this very machine over http."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or 80
        is_loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        # No address: any other name, whatever it resolves to at this moment, may lead elsewhere at the next.
        return None
    return (host, port) if parts.scheme == "http" and is_loopback else None


def _posted(url: str, body: bytes, headers: dict[str, str]) -> str:
    destination = loopback_of(url)
    if destination is None:
        _log.warning("nothing is sent: the address does not lead to this machine over http")
        return "not loopback"
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(*destination, timeout=_PATIENCE)
    try:
        connection.connect()
        if not ipaddress.ip_address(connection.sock.getpeername()[0]).is_loopback:
            return "not loopback"
        connection.request("POST", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), body, headers)
        answer = connection.getresponse()
        answer.read()
        return str(answer.status)
    except ConnectionRefusedError:
        return "connection refused"
    except (OSError, http.client.HTTPException):
        return "no answer"
    finally:
        connection.close()


def _fields_of(text: Text, status: str, *, account_sid: str) -> dict[str, str]:
    fields = {
        "AccountSid": account_sid,
        "ApiVersion": "2010-04-01",
        "MessageSid": text.sid,
        "MessageStatus": status,
        "SmsSid": text.sid,
        "SmsStatus": status,
        "To": text.to,
    }
    fields["MessagingServiceSid" if text.by_service else "From"] = text.sender
    if status in ("delivered", "undelivered"):
        # Twilio adds fields without notice and signs them; whoever checks only the ones known fails here.
        fields["RawDlrDoneDate"] = datetime.now(UTC).strftime("%y%m%d%H%M")
    return fields


def _steps_of(fault: Fault) -> list[_Step]:
    """The life of a text: its states in order, and the receipts as the fault wants them."""
    # What fails was never sent; what is not delivered was.
    states = [fault.ends_as] if fault.ends_as in ("sent", "failed") else ["sent", fault.ends_as]
    if fault.receipts is ReceiptOrder.LOST:
        return [_Step(state, None) for state in states]
    if fault.receipts is ReceiptOrder.DUPLICATED:
        return [step for state in states for step in (_Step(state, state), _Step(None, state))]
    if fault.receipts is ReceiptOrder.OUT_OF_ORDER:
        lived = [_Step(state, None) for state in states]
        return lived + [_Step(None, state) for state in reversed(states)]
    if fault.receipts is ReceiptOrder.FORGED:
        return [_Step(None, "failed", is_forged=True), *(_Step(state, state) for state in states)]
    return [_Step(state, state) for state in states]
