"""How the text of a setting is read; what is wrong raises ``ValueError`` with what would be right."""

import re
from collections.abc import Callable
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from bas_service.sealing import keyring_of

LEAST_KEY_LENGTH = 32
DATABASE_URL_EXPECTED = "must look like postgresql://role:password@host/database (PostgreSQL 15 or newer)"


class Gateway(StrEnum):
    """What carries text messages out of the house."""

    CONSOLE = "console"
    TWILIO = "twilio"


class SmtpSecurity(StrEnum):
    """How the way to the mail server is secured."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


def text(value: str) -> str:
    """Any text."""
    return value


def whole(least: int, most: int) -> Callable[[str], int]:
    """A whole number within bounds."""

    def read(value: str) -> int:
        # Longer ones are not looked at: Python refuses numbers of thousands of digits in words of its own.
        if not value.strip().isdecimal() or len(value) > 20 or not least <= int(value) <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return int(value)

    return read


def price(value: str) -> Decimal:
    """An amount in euros."""
    if not re.fullmatch(r"\d{1,2}(\.\d{1,5})?", value.strip(), re.ASCII):
        raise ValueError("must be an amount in euros, like 0.0745")
    return Decimal(value.strip())


def seconds(value: str) -> float:
    """Seconds, above 0 and up to a day."""
    try:
        seconds = float(value)
    except ValueError:
        seconds = -1.0
    if not 0 < seconds <= 86_400:
        raise ValueError("must be a number of seconds above 0 and up to 86400")
    return seconds


def several_seconds(value: str) -> tuple[float, ...]:
    """Several of them with commas between."""
    return tuple(seconds(part) for part in value.split(","))


def database_url(value: str) -> str:
    """The address of a PostgreSQL database."""
    scheme, separator, rest = value.partition("://")
    if scheme not in {"postgresql", "postgres", "postgresql+psycopg"} or not separator or not rest:
        raise ValueError(DATABASE_URL_EXPECTED)
    try:
        make_url(url := f"postgresql+psycopg://{rest}")
    except (ArgumentError, ValueError):  # the latter for a port that is no number
        raise ValueError(DATABASE_URL_EXPECTED) from None
    return url


def folder(value: str) -> Path:
    """The path of a folder."""
    try:
        return Path(value).expanduser().absolute()
    except RuntimeError:  # "~somebody" who is not there
        raise ValueError("must be the path of a folder") from None


def http_url(value: str) -> str:
    """An address without credentials, query or fragment."""
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018 - raises when it is no number
    except ValueError:
        raise ValueError("must be a plain http:// or https:// address") from None
    # Twilio signs the full public address: credentials or a query in it would never match (messaging facts).
    unwanted = "@" in parts.netloc or "?" in value or "#" in value or any(map(str.isspace, value))
    if parts.scheme not in {"http", "https"} or not parts.hostname or unwanted:
        raise ValueError("must be a plain http:// or https:// address")
    return value.rstrip("/")


def gateway(value: str) -> Gateway:
    """What carries text messages."""
    try:
        return Gateway(value)
    except ValueError:
        raise ValueError(f"must be one of: {', '.join(Gateway)}") from None


def smtp_security(value: str) -> SmtpSecurity:
    """How the way to the mail server is secured."""
    try:
        return SmtpSecurity(value)
    except ValueError:
        raise ValueError(f"must be one of: {', '.join(SmtpSecurity)}") from None


def sender_address(value: str) -> str:
    """The address that e-mails come from."""
    local, _, domain = value.rpartition("@")
    if (
        not value.isascii()
        or not local
        or "." not in domain
        or any(map(str.isspace, value))
        or not value.isprintable()
    ):
        raise ValueError("must be an e-mail address in ASCII, such as informacija@example.lv")
    return value


def key(value: str) -> str:
    """A key long enough."""
    if len(value) < LEAST_KEY_LENGTH:
        raise ValueError(f"must have at least {LEAST_KEY_LENGTH} characters; try: openssl rand -base64 48")
    return value


def keys(value: str) -> str:
    """Keys, or the path of their file."""
    # A path, so that the keys need not stand in an environment that other processes can read.
    if "=" not in value:
        file = Path(value).expanduser()
        if not file.is_file():
            raise ValueError("names no file, and holds no id=key entries either")
        value = file.read_text()
    keyring_of(value)
    return value


def roles(value: str) -> tuple[str, ...]:
    """Some of the roles."""
    roles = tuple(part.strip() for part in value.split(","))
    known = ("specialist", "supervisor", "coordinator", "administrator")
    if not set(roles) <= set(known):
        raise ValueError(f"must be some of: {', '.join(known)}")
    return roles
