"""E-mail to a real mail server: what it gets, and what each of its answers means for the message."""

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from icalendar import Calendar

from bas_service.config import Settings, SmtpSecurity
from bas_service.database import new_id
from bas_service.messaging.email_gateway import AddressUnusable, EmailGateway, in_ascii
from bas_service.messaging.jobs import Claimed
from bas_service.messaging.rules import BarReason, Channel, HandOver, Verdict
from tests.messaging.mail_server import PASSWORD, USER, MailServer

ADDRESS = "mamma@example.lv"
TEXT = "Anna: ceturtdien, 5.3. plkst. 15.00 tikšanās ar bērna atbalsta speciālistu."
ENTRY = "\r\n".join(
    [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//tests//EN",
        "METHOD:REQUEST",
        "BEGIN:VEVENT",
        "UID:a-meeting",
        "DTSTAMP:20260301T120000Z",
        "DTSTART:20260305T130000Z",
        "SUMMARY:Anna: par tikšanos",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]
)


def a_mail(**more: Any) -> Claimed:
    """An e-mail in a worker's hands."""
    usual = {
        "id": new_id(),
        "channel": Channel.EMAIL,
        "recipient": ADDRESS,
        "subject_line": "Anna: par tikšanos",
        "body": TEXT,
        "useful_until": datetime.now(UTC) + timedelta(days=1),
        "attempts": 1,
        "attempted_at": datetime.now(UTC),
        "checks": 0,
        "repeated": False,
        "created_at": datetime.now(UTC),
    }
    return Claimed(**usual | more)


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


def gateway_to(server: MailServer, **more: Any) -> EmailGateway:
    usual = {"smtp_host": "127.0.0.1", "smtp_port": server.port, "smtp_security": SmtpSecurity.NONE}
    sender = {"smtp_sender": "informacija@bas.example.lv", "send_timeout_seconds": 2.0}
    return EmailGateway(replace(Settings(), **usual | sender | more))


def test_the_mail_server_gets_one_recipient_a_plain_text_and_our_own_message_id(server: MailServer) -> None:
    message = a_mail()

    answer = gateway_to(server).hand_over(message)

    (mail,), (envelope,) = server.mails, server.envelopes
    assert answer == HandOver(verdict=Verdict.ACCEPTED, provider_id=f"<{message.id}@bas.example.lv>")
    assert (envelope.mail_from, envelope.rcpt_tos) == ("informacija@bas.example.lv", [ADDRESS])
    assert {name: mail[name] for name in ("To", "From", "Subject", "Message-ID", "Auto-Submitted", "References")} == {
        "To": ADDRESS,
        "From": "Bērnu aizsardzības centrs <informacija@bas.example.lv>",
        "Subject": "Anna: par tikšanos",
        "Message-ID": f"<{message.id}@bas.example.lv>",
        "Auto-Submitted": "auto-generated",
        "References": None,
    }
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content().strip() == TEXT


def test_what_follows_names_the_first_of_its_thread(server: MailServer) -> None:
    first = new_id()

    gateway_to(server).hand_over(a_mail(follows_id=first))

    (mail,) = server.mails
    assert mail["In-Reply-To"] == mail["References"] == f"<{first}@bas.example.lv>"


def test_a_calendar_entry_is_a_request_to_this_reader_who_need_not_answer(server: MailServer) -> None:
    gateway_to(server).hand_over(a_mail(attachment=ENTRY))

    (mail,) = server.mails
    text, entry = mail.iter_parts()
    assert (mail.get_content_type(), text.get_content().strip()) == ("multipart/alternative", TEXT)
    assert (entry.get_content_type(), entry["Content-Type"].params["method"]) == ("text/calendar", "REQUEST")
    (event,) = Calendar.from_ical(entry.get_content()).walk("VEVENT")
    assert (event["ORGANIZER"], event["ATTENDEE"]) == ("mailto:informacija@bas.example.lv", f"mailto:{ADDRESS}")
    assert event["ATTENDEE"].params["RSVP"] == "FALSE"
    assert event["SUMMARY"] == "Anna: par tikšanos"


@pytest.mark.parametrize(
    ("step", "said", "answer"),
    [
        ("MAIL", "451 later", HandOver(verdict=Verdict.PASSING, error_code="smtp-451")),
        ("MAIL", "553 5.7.1 not yours", HandOver(verdict=Verdict.MISCONFIGURED, error_code="smtp-553")),
        ("RCPT", "450 4.2.1 greylisted", HandOver(verdict=Verdict.PASSING, error_code="smtp-450")),
        ("RCPT", "421 closing", HandOver(verdict=Verdict.PASSING, error_code="smtp-421")),
        ("RCPT", "530 5.7.0 sign in", HandOver(verdict=Verdict.MISCONFIGURED, error_code="smtp-530")),
        (
            "RCPT",
            "550 5.1.1 nobody",
            HandOver(verdict=Verdict.REFUSED, error_code="smtp-550", bars=BarReason.BOUNCED),
        ),
        ("RCPT", "550 nobody", HandOver(verdict=Verdict.REFUSED, error_code="smtp-550", bars=BarReason.BOUNCED)),
        # The address is right, only not for us or not now: it is not barred.
        ("RCPT", "550 5.7.1 policy", HandOver(verdict=Verdict.REFUSED, error_code="smtp-550")),
        ("RCPT", "552 5.2.2 full", HandOver(verdict=Verdict.REFUSED, error_code="smtp-552")),
        ("DATA", "452 4.3.1 later", HandOver(verdict=Verdict.PASSING, error_code="smtp-452")),
        ("DATA", "554 5.6.0 no", HandOver(verdict=Verdict.REFUSED, error_code="smtp-554")),
    ],
)
def test_each_answer_has_its_meaning_and_harms_no_other(
    server: MailServer, step: str, said: str, answer: HandOver
) -> None:
    gateway = gateway_to(server)
    server.answers(step, said)

    assert gateway.hand_over(a_mail()) == answer
    assert server.mails == []

    server.at.clear()
    assert gateway.hand_over(a_mail()).verdict is Verdict.ACCEPTED


def test_a_connection_that_breaks_after_the_mail_leaves_a_doubt_and_a_repeat_is_recognisable(
    server: MailServer,
) -> None:
    gateway, message = gateway_to(server), a_mail()
    server.fails_after_data = 1

    answer = gateway.hand_over(message)

    assert answer.verdict is Verdict.AMBIGUOUS
    assert gateway.find(message) == []
    assert gateway.hand_over(message).verdict is Verdict.ACCEPTED
    first, second = server.mails
    assert first["Message-ID"] == second["Message-ID"]


def test_nobody_who_listens_is_tried_again_and_nothing_is_in_doubt() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    gateway = EmailGateway(replace(Settings(), smtp_host="127.0.0.1", smtp_port=port, smtp_sender="a@example.lv"))

    assert gateway.hand_over(a_mail()) == HandOver(verdict=Verdict.PASSING, error_code="ConnectionRefusedError")
    assert "did not answer as it should" in (gateway.reachable() or "")


def test_a_server_that_says_nothing_is_not_waited_for_for_ever() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        held: list[socket.socket] = []
        listener = threading.Thread(target=lambda: held.append(silent.accept()[0]), daemon=True)
        listener.start()
        gateway = EmailGateway(
            replace(
                Settings(),
                smtp_host="127.0.0.1",
                smtp_port=silent.getsockname()[1],
                smtp_sender="a@example.lv",
                send_timeout_seconds=0.3,
            )
        )

        assert gateway.hand_over(a_mail()).verdict is Verdict.PASSING
        listener.join()
        held[0].close()


@pytest.mark.parametrize(
    "hostile",
    [
        {"subject_line": "Anna\r\nBcc: all@example.lv"},
        {"subject_line": "Anna\nBcc: all@example.lv"},
        {"recipient": "mamma@example.lv\r\nBcc: all@example.lv"},
        {"recipient": "mamma@example.lv, all@example.lv"},
        {"recipient": "mamma@example.lv>\r\nRCPT TO:<all@example.lv"},
        {"recipient": "māmma@example.lv"},
        {"recipient": "mamma"},
    ],
)
def test_nothing_that_is_said_becomes_a_header_or_a_recipient(server: MailServer, hostile: dict[str, str]) -> None:
    gateway = gateway_to(server)

    assert gateway.hand_over(a_mail(**hostile)) == HandOver(verdict=Verdict.REFUSED, error_code="unwritable")
    assert gateway.hand_over(a_mail()).verdict is Verdict.ACCEPTED
    assert [envelope.rcpt_tos for envelope in server.envelopes] == [[ADDRESS]]


def test_a_domain_in_other_letters_goes_in_punycode_and_a_name_in_them_not_at_all(server: MailServer) -> None:
    assert in_ascii("mamma@māja.example") == "mamma@xn--mja-1oa.example"
    with pytest.raises(AddressUnusable):
        in_ascii("māmma@example.lv")

    gateway_to(server).hand_over(a_mail(recipient="mamma@māja.example"))

    assert [envelope.rcpt_tos for envelope in server.envelopes] == [["mamma@xn--mja-1oa.example"]]


def test_what_is_of_no_use_any_more_is_not_sent(server: MailServer) -> None:
    late = a_mail(useful_until=datetime.now(UTC) - timedelta(seconds=1))

    assert gateway_to(server).hand_over(late) == HandOver(verdict=Verdict.REFUSED, error_code="too-late")
    assert server.mails == []


def test_a_wrong_password_is_a_matter_of_the_settings() -> None:
    with MailServer(signs_in=True) as server:
        right = gateway_to(server, smtp_user=USER, smtp_password=PASSWORD)
        wrong = gateway_to(server, smtp_user=USER, smtp_password="another")

        assert right.hand_over(a_mail()).verdict is Verdict.ACCEPTED
        assert right.reachable() is None
        assert wrong.hand_over(a_mail()) == HandOver(verdict=Verdict.MISCONFIGURED, error_code="smtp-535")
        assert "refused user and password" in (wrong.reachable() or "")


@pytest.fixture
def certified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Any]:
    """A certificate for 127.0.0.1 which this process trusts once it is asked to."""
    import ipaddress
    import ssl

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail.example.lv")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    traditional = serialization.PrivateFormat.TraditionalOpenSSL
    (tmp_path / "key").write_bytes(key.private_bytes(serialization.Encoding.PEM, traditional, plain))
    (tmp_path / "certificate").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "certificate", tmp_path / "key")

    def trust() -> ssl.SSLContext:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate"))
        return context

    return trust


def test_the_way_is_secured_and_only_with_somebody_who_is_who_they_say(certified: Callable[[], Any]) -> None:
    with MailServer(tls=certified()) as server:
        gateway = gateway_to(server, smtp_security=SmtpSecurity.STARTTLS)
        assert gateway.hand_over(a_mail()).verdict is Verdict.ACCEPTED
        with pytest.MonkeyPatch.context() as patch:
            patch.delenv("SSL_CERT_FILE")
            assert gateway.hand_over(a_mail()).verdict is Verdict.MISCONFIGURED


def test_a_server_without_encryption_gets_nothing_when_it_is_asked_for(server: MailServer) -> None:
    gateway = gateway_to(server, smtp_security=SmtpSecurity.STARTTLS)

    assert gateway.hand_over(a_mail()) == HandOver(verdict=Verdict.MISCONFIGURED, error_code="SMTPNotSupportedError")
    assert "does not offer" in (gateway.reachable() or "")
