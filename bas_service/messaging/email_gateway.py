"""E-mail by SMTP: one recipient per message, plain text, a calendar entry, and a clear answer at every step.

After the last dot of DATA a broken connection says nothing about the message, and nobody can look an e-mail up
afterwards. It is looked into all the same, at the usual times, finds nothing, and is repeated once if that is still
of use: the Message-ID comes from the row, so mail servers and readers recognise the repeat as the same message, and
a mail read twice does less harm than a child whose whereabouts nobody was told. After that it stays in doubt and is
somebody's task.
"""

import logging
import smtplib
import ssl
import uuid
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from icalendar import Calendar, vCalAddress

from bas_service import clock
from bas_service.config import Settings, SmtpSecurity
from bas_service.messaging.jobs import Claimed
from bas_service.messaging.rules import BarReason, Channel, HandOver, Verdict

log = logging.getLogger(__name__)
# Answers to the recipient that are about the address itself; 550 alone says so only without a subcode.
_NO_SUCH_ADDRESS = frozenset({550, 551, 553})
# The server wants us to sign in, or not to speak to it at all: no matter of one message.
_WANTS_SIGN_IN = frozenset({530, 534, 535, 538})


class AddressUnusable(Exception):
    """The address cannot be written in an e-mail without extensions that not every server has."""


class EmailGateway:
    """Hands messages over to one mail server, on a connection of each message's own."""

    channels = frozenset({Channel.EMAIL})

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._sender = settings.smtp_sender or ""
        self._domain = self._sender.rpartition("@")[2]

    def hand_over(self, message: Claimed) -> HandOver:
        """Send the message; the answer says whether it may be repeated."""
        if message.useful_until <= clock.now():
            return HandOver(verdict=Verdict.REFUSED, error_code="too-late")
        try:
            recipient = in_ascii(message.recipient)
            composed = self.compose(message, recipient).as_bytes(policy=SMTP.clone(cte_type="7bit"))
        except (AddressUnusable, MessageError, ValueError) as error:
            # Also a line break in an address or a subject: nothing that could be a header of its own is written.
            log.warning("message %s cannot be written as an e-mail (%s)", message.id, type(error).__name__)
            return HandOver(verdict=Verdict.REFUSED, error_code="unwritable")
        try:
            connection = self._connect()
        except smtplib.SMTPResponseException as error:
            return _of_connecting(error.smtp_code)
        except (ssl.SSLError, smtplib.SMTPNotSupportedError) as error:
            return HandOver(verdict=Verdict.MISCONFIGURED, error_code=type(error).__name__)
        except (OSError, smtplib.SMTPException) as error:
            return HandOver(verdict=Verdict.PASSING, error_code=type(error).__name__)
        try:
            return self._send(connection, recipient, composed, message.id)
        finally:
            connection.close()

    def find(self, message: Claimed) -> list[str]:  # noqa: ARG002
        """Nobody can look up an e-mail: it may be repeated once, and is recognised as the same."""
        return []

    def reachable(self) -> str | None:
        """Connect, secure and sign in; nothing is sent."""
        where = f"The mail server {self._settings.smtp_host}:{self._settings.smtp_port}"
        try:
            self._connect().close()
        except smtplib.SMTPAuthenticationError:
            return f"{where} refused user and password."
        except smtplib.SMTPNotSupportedError:
            return f"{where} does not offer what the settings ask for: BAS_SMTP_SECURITY, BAS_SMTP_USER."
        except (OSError, smtplib.SMTPException) as error:
            return f"{where} did not answer as it should ({type(error).__name__})."
        return None

    def compose(self, message: Claimed, recipient: str) -> EmailMessage:
        """The e-mail: raises when something in it would break out of its header."""
        mail = EmailMessage(policy=SMTP)
        mail["From"] = Address(self._settings.smtp_sender_name, addr_spec=self._sender)
        mail["To"] = Address(addr_spec=recipient)
        mail["Subject"] = message.subject_line or ""
        mail["Date"] = format_datetime(clock.now())
        mail["Message-ID"] = self._message_id(message.id)
        if message.follows_id is not None:
            mail["In-Reply-To"] = mail["References"] = self._message_id(message.follows_id)
        # Nobody's out-of-office note is to answer.
        mail["Auto-Submitted"] = "auto-generated"
        mail["X-Auto-Response-Suppress"] = "All"
        mail.set_content(message.body)
        if message.attachment:
            calendar = self._addressed(message.attachment, recipient)
            mail.add_alternative(
                calendar.to_ical().decode(),
                subtype="calendar",
                disposition="inline",
                filename="tiksanas.ics",
                params={"method": str(calendar["METHOD"])},
            )
        return mail

    def _addressed(self, attachment: str, recipient: str) -> Calendar:
        """The calendar entry with who asks and who is asked, which only we know; no answer is expected."""
        calendar = Calendar.from_ical(attachment)
        for event in calendar.walk("VEVENT"):
            event["ORGANIZER"] = vCalAddress(f"mailto:{self._sender}")
            guest = vCalAddress(f"mailto:{recipient}")
            guest.params["RSVP"] = "FALSE"
            event["ATTENDEE"] = guest
        return calendar

    def _message_id(self, message_id: uuid.UUID) -> str:
        return f"<{message_id}@{self._domain}>"

    def _connect(self) -> smtplib.SMTP:
        settings = self._settings
        assert settings.smtp_host is not None  # noqa: S101 - without it this gateway is not made
        timeout = settings.send_timeout_seconds
        security = settings.smtp_security
        if security is SmtpSecurity.TLS:
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                settings.smtp_host, settings.smtp_port, timeout=timeout, context=ssl.create_default_context()
            )
        else:
            connection = smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=timeout)
        try:
            if security is SmtpSecurity.STARTTLS:
                connection.starttls(context=ssl.create_default_context())
            connection.ehlo_or_helo_if_needed()
            if settings.smtp_user is not None and settings.smtp_password is not None:
                connection.login(settings.smtp_user, settings.smtp_password)
        except BaseException:
            connection.close()
            raise
        return connection

    def _send(self, connection: smtplib.SMTP, recipient: str, composed: bytes, message_id: uuid.UUID) -> HandOver:
        try:
            code, _said = connection.mail(self._sender)
            if code != 250:
                return _of_sender(code)
            code, said = connection.rcpt(recipient)
            if code not in {250, 251}:
                return _of_recipient(code, said)
        except (OSError, smtplib.SMTPException) as error:
            # Nothing of the message was sent yet.
            return HandOver(verdict=Verdict.PASSING, error_code=type(error).__name__)
        try:
            code, _said = connection.data(composed)
        except smtplib.SMTPDataError as error:
            # Refused before a word of it was sent.
            code = error.smtp_code
        except (OSError, smtplib.SMTPException) as error:
            log.warning("message %s: no clear answer (%s)", message_id, type(error).__name__)
            return HandOver(verdict=Verdict.AMBIGUOUS, error_code=type(error).__name__)
        if code == 250:
            return HandOver(verdict=Verdict.ACCEPTED, provider_id=self._message_id(message_id))
        return HandOver(verdict=Verdict.REFUSED if code >= 500 else Verdict.PASSING, error_code=f"smtp-{code}")


def in_ascii(address: str) -> str:
    """An address as every mail server takes it: the domain in Punycode; raises ``AddressUnusable``.

    Letters outside ASCII before the @ need an extension of the server of whoever receives it, which nobody can
    know beforehand.
    """
    local, _, domain = address.rpartition("@")
    if not local or not local.isascii() or any(letter.isspace() or not letter.isprintable() for letter in address):
        raise AddressUnusable()
    try:
        return f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        raise AddressUnusable() from None


def _of_connecting(code: int) -> HandOver:
    verdict = Verdict.MISCONFIGURED if code >= 500 else Verdict.PASSING
    return HandOver(verdict=verdict, error_code=f"smtp-{code}")


def _of_sender(code: int) -> HandOver:
    """Refusing the sender is refusing us, whoever the message is for."""
    return _of_connecting(code)


def _of_recipient(code: int, said: bytes) -> HandOver:
    """5xx is final for this recipient, 4xx passes (a greylist); an address that does not exist is barred."""
    if code in _WANTS_SIGN_IN:
        return HandOver(verdict=Verdict.MISCONFIGURED, error_code=f"smtp-{code}")
    if code < 500:
        return HandOver(verdict=Verdict.PASSING, error_code=f"smtp-{code}")
    subcode = said.split(b" ", 1)[0].decode("ascii", "replace")
    has_subcode = subcode.count(".") == 2 and subcode.startswith("5.")
    # A policy (5.7) or a full box (5.2) says nothing about whether the address is right.
    is_wrong = subcode.startswith("5.1.") if has_subcode else code in _NO_SUCH_ADDRESS
    return HandOver(verdict=Verdict.REFUSED, error_code=f"smtp-{code}", bars=BarReason.BOUNCED if is_wrong else None)
