"""A real mail server on loopback that keeps what it gets, and misbehaves when it is told to."""

import socket
import ssl
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

USER, PASSWORD = "bas", "an invented password"


class MailServer:
    """Keeps the e-mails it accepted; ``at`` holds what to answer instead, by the step at which to."""

    def __init__(self, *, signs_in: bool = False, tls: ssl.SSLContext | None = None) -> None:
        self.mails: list[EmailMessage] = []
        self.envelopes: list[Envelope] = []
        self.at: dict[str, Callable[[], str]] = {}
        self.fails_after_data = 0
        more: dict[str, Any] = {}
        if signs_in:
            more = {"auth_required": True, "auth_require_tls": False, "authenticator": self._signs_in}
        if tls is not None:
            more |= {"tls_context": tls, "require_starttls": True}
        self._controller = Controller(self, hostname="127.0.0.1", port=0, **more)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._controller.server.sockets[0].getsockname()[1])

    def __enter__(self) -> "MailServer":
        # Port 0 is any free one, which the controller's own trial connection does not know.
        self._controller._trigger_server = self._say_hello  # type: ignore[method-assign]
        self._controller.start()
        return self

    def _say_hello(self) -> None:
        with socket.create_connection(("127.0.0.1", self.port), 2.0) as connection:
            connection.recv(100)

    def __exit__(self, *_: object) -> None:
        self._controller.stop(no_assert=True)

    def answers(self, step: str, answer: str) -> None:
        """Answer this at ``MAIL``, ``RCPT`` or ``DATA`` from now on."""
        self.at[step] = lambda: answer

    async def handle_MAIL(self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _: Any) -> str:
        """Take the sender."""
        if "MAIL" in self.at:
            return self.at["MAIL"]()
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _: Any) -> str:
        """Take a recipient."""
        if "RCPT" in self.at:
            return self.at["RCPT"]()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        """Take the e-mail, or refuse it, or break off when it is there already."""
        if "DATA" in self.at:
            return self.at["DATA"]()
        self.envelopes.append(envelope)
        assert isinstance(envelope.content, bytes)
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        if self.fails_after_data:
            self.fails_after_data -= 1
            assert server.transport is not None
            server.transport.abort()
        return "250 OK"

    @staticmethod
    def _signs_in(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: Any) -> AuthResult:
        right = (given.login, given.password) == (USER.encode(), PASSWORD.encode())
        # An unhandled refusal: handled here, the client would wait for ever.
        return AuthResult(success=right, handled=False)
