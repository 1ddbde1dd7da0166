"""HTTP around the stand-in for Twilio: connections, authentication, addresses, forms, errors."""

import base64
import json
import logging
import re
import socket
import struct
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import parse_qs

from bas_service.messaging.stand_in.control import CONTROL, Answer
from bas_service.messaging.stand_in.faults import ErrorAnswer, Form
from bas_service.messaging.stand_in.texts import Refused, refusal

_log = logging.getLogger(__name__)

# A form of 1,600 characters, each percent-encoded from four bytes at worst, and the few other fields.
_LARGEST_FORM = 64 * 1024

_ADDRESS = re.compile(
    r"/2010-04-01/Accounts/(?P<account>AC[0-9a-fA-F]{32})"
    r"(?:/(?P<messages>Messages)(?:/(?P<sid>(?:SM|MM)[0-9a-fA-F]{32}))?)?\.json"
)


class ConnectionToReset(Exception):
    """The connection is to be reset instead of answered."""


class Answers(Protocol):
    """What the server asks; each may raise `Refused`, and `create` also `ConnectionToReset`."""

    account_sid: str
    has_control: bool

    def may_enter(self, account_sid: str, auth_token: str) -> bool:
        """Answer whether these are the account and the token."""

    def create(self, form: Form) -> dict[str, object]:
        """Accept a text."""

    def page(self, query: Form) -> dict[str, object]:
        """Answer a page of texts."""

    def fetch(self, sid: str) -> dict[str, object]:
        """Answer one text."""

    def account(self) -> dict[str, object]:
        """Answer the account."""

    def told(self, method: str, path: str, body: bytes) -> Answer:
        """Do, or show, what somebody on this machine asks for."""


class StandInServer(ThreadingHTTPServer):
    """One thread per connection; knows its open connections, so that `stop` can end those kept alive."""

    daemon_threads = True
    block_on_close = False
    # Hundreds of connections at once must queue, not be refused.
    request_queue_size = 1024

    def __init__(self, stand_in: Answers, *, port: int) -> None:
        self.stand_in = stand_in
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._to_reset: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection and give it a thread."""
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def reset(self, connection: socket.socket) -> None:
        """Have the connection end in RST, not FIN, once its handler is done with it."""
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        with self._lock:
            self._to_reset.add(connection)

    def shutdown_request(self, request: Any) -> None:
        """Forget the connection and close it."""
        with self._lock:
            self._open.discard(request)
            is_to_be_reset = request in self._to_reset
            self._to_reset.discard(request)
        if is_to_be_reset:
            # An orderly shutdown would send FIN, and the client would see an end of file instead.
            self.close_request(request)
        else:
            super().shutdown_request(request)

    def hang_up_on_everybody(self) -> None:
        """End every open connection; their threads see the end of the stream and go."""
        with self._lock:
            still_open = list(self._open)
        for connection in still_open:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                # Gone already.
                continue

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - http.server's names
        """Say nothing about clients that hung up, which is what clients with a time-out do."""
        _log.debug("a connection to the stand-in ended early", exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    """HTTP around the stand-in: addresses, authentication, forms, errors."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    # Buffered, so that head and body leave in one packet.
    wbufsize = -1
    server: StandInServer

    def do_POST(self) -> None:  # noqa: N802 - the names are http.server's
        """Create a text."""
        self._serve("POST")

    def do_GET(self) -> None:  # noqa: N802
        """Fetch, list, or the account."""
        self._serve("GET")

    def do_DELETE(self) -> None:  # noqa: N802
        """Nothing can be deleted here."""
        self._serve("DELETE")

    def _serve(self, method: str) -> None:
        try:
            path, _, query = self.path.partition("?")
            if self.server.stand_in.has_control and path.startswith(CONTROL):
                self._obey(method, path)
                return
            form = self._form()
            place = self._place(path)
            fields = form if method == "POST" else _fields_of(query)
            status, body = self._dispatch(method, place, fields)
        except Refused as refused:
            self._answer_error(refused.answer)
        except ConnectionToReset:
            self.close_connection = True
            self.server.reset(self.connection)
        else:
            self._answer(status, body)

    def _dispatch(self, method: str, place: re.Match[str], fields: Form) -> tuple[int, dict[str, object]]:
        stand_in = self.server.stand_in
        wanted = method, "message" if place["sid"] else "messages" if place["messages"] else "account"
        if wanted == ("POST", "messages"):
            return 201, stand_in.create(fields)
        if wanted == ("GET", "messages"):
            return 200, stand_in.page(fields)
        if wanted == ("GET", "message"):
            return 200, stand_in.fetch(place["sid"])
        if wanted == ("GET", "account"):
            return 200, stand_in.account()
        raise refusal(20004)

    def _place(self, path: str) -> re.Match[str]:
        stand_in = self.server.stand_in
        kind, _, encoded = self.headers.get("Authorization", "").partition(" ")
        try:
            credentials = base64.b64decode(encoded, validate=True).decode() if kind.lower() == "basic" else ""
        except ValueError:
            # Bad Base64, bad UTF-8 or no ASCII at all: each is a ValueError of its own kind.
            credentials = ""
        account_sid, _, auth_token = credentials.partition(":")
        if not stand_in.may_enter(account_sid, auth_token):
            raise refusal(20003)
        place = _ADDRESS.fullmatch(path)
        if place is None or place["account"] != stand_in.account_sid:
            raise refusal(20404)
        return place

    def _obey(self, method: str, path: str) -> None:
        body = self._body()
        host = self.headers.get("Host", "").rpartition(":")[0]
        is_ours = method == "GET" or self.headers.get("Content-Type", "").partition(";")[0] == "application/json"
        # A page from elsewhere, open in a browser of this machine, can send forms here but neither of these.
        if host not in ("127.0.0.1", "localhost") or not is_ours:
            raise refusal(20001)
        answer = self.server.stand_in.told(method, path, body)
        self._answer(answer.status, answer.content, kind=answer.kind)

    def _form(self) -> Form:
        return _fields_of(self._body().decode("utf-8", "replace"))

    def _body(self) -> bytes:
        """Read the body, always: what is left unread would be taken for the next request."""
        length = self.headers.get("Content-Length", "0")
        is_known = re.fullmatch(r"[0-9]{1,9}", length) and "Transfer-Encoding" not in self.headers
        if not is_known or int(length) > _LARGEST_FORM:
            self.close_connection = True
            raise refusal(20413)
        return self.rfile.read(int(length))

    def _answer_error(self, answer: ErrorAnswer) -> None:
        headers = {}
        if answer.retry_after is not None:
            headers["Retry-After"] = str(answer.retry_after)
        if answer.status == 401:
            headers["WWW-Authenticate"] = 'Basic realm="Twilio API"'
        self._answer(answer.status, answer.as_json(), headers)

    def _answer(
        self,
        status: int,
        body: Mapping[str, object] | str,
        headers: Mapping[str, str] | None = None,
        *,
        kind: str = "application/json",
    ) -> None:
        content = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        self.send_header("Content-Type", f"{kind};charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing: the addresses hold people's numbers."""


def _fields_of(encoded: str) -> Form:
    """Read a form or a query; of a field given twice the first counts."""
    try:
        fields = parse_qs(encoded, keep_blank_values=True, max_num_fields=100)
    except ValueError:
        raise refusal(20413) from None
    return {name: values[0] for name, values in fields.items()}
