"""Somebody who uses the API over real HTTP, as the phone app does."""

import json
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the service answered."""

    status: int
    body: Any
    etag: str | None


class Visitor:
    """A client of the service; signed in after ``sign_in``."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._token: str | None = None
        # A proxy named in the environment has no business with loopback.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def sign_in(self, email: str, password: str) -> Answer:
        """Sign in on a device of the demonstration."""
        device = {"id": f"demo-{email}", "name": "demonstration", "platform": "demo"}
        answer = self.post("/auth/sign-in", {"email": email, "password": password, "device": device})
        if answer.status == 200:
            self._token = answer.body["access_token"]
        return answer

    def get(self, path: str) -> Answer:
        """Read something."""
        return self._send("GET", path, None, None)

    def post(self, path: str, form: dict[str, Any], *, etag: str | None = None) -> Answer:
        """Create something, or with the ``etag`` of what is in hand do something."""
        return self._send("POST", path, form, etag)

    def patch(self, path: str, form: dict[str, Any], *, etag: str | None) -> Answer:
        """Change something."""
        return self._send("PATCH", path, form, etag)

    def fill(self, path: str, form: dict[str, str]) -> str:
        """Send a page's form; the page that comes back."""
        data = urllib.parse.urlencode(form).encode()
        request = urllib.request.Request(self._url + path, data=data, method="POST")  # noqa: S310
        try:
            with self._opener.open(request, timeout=20) as response:
                return str(response.read().decode())
        except urllib.error.HTTPError as error:
            return error.read().decode()

    def _send(self, method: str, path: str, form: dict[str, Any] | None, etag: str | None) -> Answer:
        address = self._url + (path if path.startswith("/health") else f"/api/v1{path}")
        headers = {"Accept-Language": "en", "Content-Type": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        if etag:
            headers["If-Match"] = etag
        data = None if form is None else json.dumps(form).encode()
        request = urllib.request.Request(address, data=data, headers=headers, method=method)  # noqa: S310
        try:
            with self._opener.open(request, timeout=20) as response:
                return _answer(response)
        except urllib.error.HTTPError as error:
            return _answer(error)


def _answer(response: Any) -> Answer:
    text = response.read()
    return Answer(status=response.status, body=json.loads(text) if text else None, etag=response.headers.get("ETag"))
