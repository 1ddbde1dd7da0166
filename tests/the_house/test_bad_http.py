"""Requests that no HTTP library sends, byte by byte, against the real web server."""

import json
import re
import socket
from urllib.parse import urlsplit

import pytest

from tests.builders import House

PROBLEM = "application/problem+json"
BEFORE_US = "refused by the web server before it asks the application; it sends no body"


class Line:
    """Writes bytes to the server and reads what comes back."""

    def __init__(self, house: House, address: str) -> None:
        parts = urlsplit(address)
        self._where = (parts.hostname or "", parts.port or 0)
        self._supervisor = house.a_supervisor()
        self.path = f"/api/v1/children/{house.a_child(self._supervisor)['id']}".encode()
        self.token = self._supervisor.tokens["access_token"].encode()

    def send(self, first: bytes, *headers: bytes, body: bytes = b"") -> tuple[int, str]:
        """The status, and the problem's type, or what came instead of a problem."""
        heads = (first, b"Host: here", b"Connection: close", b"Authorization: Bearer " + self.token, *headers)
        return self.say(b"\r\n".join(heads) + b"\r\n\r\n" + body)

    def change(self, *headers: bytes, body: bytes) -> tuple[int, str]:
        """A change of the child, whatever version it has."""
        given = (b"If-Match: *", b"Content-Type: application/json", *headers)
        return self.send(b"PATCH " + self.path + b" HTTP/1.1", *given, body=body)

    def say(self, data: bytes) -> tuple[int, str]:
        """Send these bytes and nothing else."""
        answer = b""
        with socket.create_connection(self._where, timeout=10) as connection:
            try:
                connection.sendall(data)
                while part := connection.recv(65_536):
                    answer += part
            except ConnectionError:
                # It has said enough, and does not listen any longer.
                pass
        head, _, body = answer.partition(b"\r\n\r\n")
        kind = re.search(rb"(?i)content-type: ([^\r;]+)", head)
        if kind and kind[1].decode() == PROBLEM:
            return int(head.split(b" ")[1]), json.loads(body)["type"].removeprefix("/problems/")
        return int(head.split(b" ")[1]), kind[1].decode() if kind else BEFORE_US


def chunked(*parts: bytes) -> bytes:
    """A body in chunks."""
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (*parts, b""))


@pytest.fixture
def line(house: House, address: str) -> Line:
    """A line to the server."""
    return Line(house, address)


def test_a_body_in_chunks_is_taken_like_any_other_and_measured_too(line: Line) -> None:
    in_chunks = b"Transfer-Encoding: chunked"
    long = b'{"given_name": "' + b"x" * 2_000_000 + b'"}'
    # What is within the limit is whole by itself; only what is dropped after it is not.
    padded = b"{}" + b" " * 2_000_000 + b"and more"

    assert line.change(in_chunks, body=chunked(b'{"given_', b'name": "Zane"}')) == (200, "application/json")
    assert line.change(in_chunks, body=chunked(b'{"given_', b'name": ')) == (400, "malformed-request")
    assert line.change(in_chunks, body=chunked(long)) == (413, "body-too-large")
    assert line.change(in_chunks, body=chunked(padded)) == (413, "body-too-large")
    no_type = line.send(b"PATCH " + line.path + b" HTTP/1.1", b"If-Match: *", in_chunks, body=chunked(b"{}"))
    assert no_type == (415, "media-type-unsupported")


def test_json_nested_deeper_than_a_thread_of_the_server_can_read_is_refused(line: Line) -> None:
    for deep in (b"[" * 500_000, b'{"a":' * 200_000):
        assert line.change(b"Content-Length: %d" % len(deep), body=deep) == (400, "malformed-request")


def test_a_length_that_is_not_true_is_refused(line: Line) -> None:
    assert line.change(b"Content-Length: 20000000000", body=b"{}") == (413, "body-too-large")
    assert line.change(b"Content-Length: -2", body=b"{}") == (400, BEFORE_US)
    assert line.change(b"Content-Length: 1\r\nContent-Length: 2", body=b"{}") == (400, BEFORE_US)


@pytest.mark.parametrize(
    "path",
    [
        *(b"/%00", b"/%ff%fe", b"/%", b"/%zz", b"/\xc4\x81", b"/", b"*", b"/api//v1/me", b"/api/v1/../v1/me"),
        *(b"/api/v1/me/", b"/api/v1/me;x=1", b"/api/v1/children/%00", b"/api/v1/children/" + b"a" * 5000),
    ],
)
def test_a_path_to_nothing_is_not_found_however_it_is_spelled(line: Line, path: bytes) -> None:
    assert line.send(b"GET " + path + b" HTTP/1.1") == (404, "not-found")


@pytest.mark.parametrize("method", [b"PUT", b"DELETE", b"TRACE", b"BREW"])
def test_a_method_that_is_not_for_this_path_is_refused(line: Line, method: bytes) -> None:
    given = (b"Content-Type: text/plain", b"Content-Length: 5")

    assert line.send(method + b" /api/v1/me HTTP/1.1", *given, body=b"words") == (405, "method-not-allowed")


def test_what_is_no_http_is_refused_by_the_server_itself(line: Line) -> None:
    assert line.say(b"\x00\x01\x02\r\n\r\n") == (400, BEFORE_US)
    assert line.say(b"GET /\r\n\r\n") == (400, BEFORE_US)
    assert line.send(b"GET /api/v1/me HTTP/1.1", b"X-Name: a\x01b") == (400, BEFORE_US)
    assert line.send(b"GET /" + b"a" * 70_000 + b" HTTP/1.1") == (414, BEFORE_US)
    assert line.send(b"GET /api/v1/me HTTP/1.1", *(b"X-%d: a" % n for n in range(500))) == (431, BEFORE_US)


def test_afterwards_the_server_serves_as_before(line: Line) -> None:
    for _ in range(20):
        line.say(b"\x00\r\n\r\n")

    assert line.send(b"GET /api/v1/me HTTP/1.1") == (200, "application/json")
