"""What is kept sealed in the database, and the keys for it: numbers, codes, addresses, free text (D23).

A sealed value is ``s1.<key id>.<base64>``: AES-256-GCM (NIST SP 800-38D) with a fresh 96-bit nonce, bound to the
name of its column, so that a value moved to another column does not open. Equality is searched through a keyed
hash (HMAC-SHA-256) kept beside it. The key's id is in the value: several keys are known at a time, the first
one seals, ``bas keys rotate`` moves the rest over to it.
"""

import base64
import binascii
import hashlib
import hmac
import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import Flask, current_app
from sqlalchemy import Text
from sqlalchemy.types import TypeDecorator

_MARK = "s1"
_KEY_ID = re.compile(r"[a-z0-9-]{1,20}", re.ASCII)
DIGEST = "digest"


class KeyringUnusable(ValueError):
    """The keys cannot be used; the text says what would be right."""


class SealBroken(Exception):
    """A sealed value does not open: it was altered, moved to another column, or its key is not known."""


@dataclass(frozen=True)
class Keyring:
    """The keys by their ids, the sealing one first, and the key of the keyed hash."""

    sealing: dict[str, AESGCM]
    digest_key: bytes

    @property
    def current(self) -> str:
        """The id of the key that seals."""
        return next(iter(self.sealing))

    def seal(self, text: str, column: str) -> str:
        """Seal a text for a column."""
        nonce = os.urandom(12)
        sealed = self.sealing[self.current].encrypt(nonce, text.encode(), column.encode())
        return f"{_MARK}.{self.current}.{base64.b64encode(nonce + sealed).decode()}"

    def open(self, value: str, column: str) -> str:
        """Open a sealed value; one written before there was sealing is given back as it is.

        Raises ``SealBroken``.
        """
        if not is_sealed(value):
            return value
        _, key_id, content = value.split(".", 2)
        try:
            raw = base64.b64decode(content, validate=True)
            return self.sealing[key_id].decrypt(raw[:12], raw[12:], column.encode()).decode()
        except (KeyError, InvalidTag, binascii.Error, ValueError):
            raise SealBroken(f"a value of {column} does not open with any known key") from None

    def digest(self, text: str, purpose: str) -> str:
        """The keyed hash of a text, different for each purpose."""
        return hmac.new(self.digest_key, f"{purpose}\x1f{text}".encode(), hashlib.sha256).hexdigest()


def is_sealed(value: str) -> bool:
    """Whether a stored value is sealed."""
    return value.startswith(f"{_MARK}.") and value.count(".") >= 2


def keyring_of(text: str) -> Keyring:
    """Read ``id=base64,id=base64,digest=base64``: 32 bytes each, the sealing key first.

    Raises ``KeyringUnusable``; the keys themselves are not repeated in it.
    """
    keys: dict[str, bytes] = {}
    for entry in re.split(r"[,\s]+", text.strip()):
        key_id, _, encoded = entry.partition("=")
        try:
            key = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            key = b""
        if not _KEY_ID.fullmatch(key_id) or len(key) != 32 or key_id in keys:
            raise KeyringUnusable(
                "must be id=key entries with commas between, each key 32 bytes in base64, one of them named "
                f"{DIGEST}; make one with: bas keys new"
            )
        keys[key_id] = key
    digest_key = keys.pop(DIGEST, None)
    if digest_key is None or not keys:
        raise KeyringUnusable(f"must hold a sealing key and one named {DIGEST}; make them with: bas keys new")
    return Keyring({key_id: AESGCM(key) for key_id, key in keys.items()}, digest_key)


def new_entry(key_id: str) -> str:
    """A new key as an entry of the setting."""
    return f"{key_id}={base64.b64encode(secrets.token_bytes(32)).decode()}"


def kept_keyring(file: Path) -> str:
    """The keys kept in a file of the embedded database's folder, made once."""
    try:
        with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as new:
            new.write(f"{new_entry('first')},{new_entry(DIGEST)}\n")
    except FileExistsError:
        pass
    return file.read_text()


def use(app: Flask, keyring: Keyring) -> None:
    """Let every sealed column use these keys, wherever ``app`` is the present application."""
    app.extensions[_MARK] = keyring


def keys() -> Keyring:
    """The keys of the present application."""
    keyring: Keyring = current_app.extensions[_MARK]
    return keyring


def opened(value: str | None, column: str) -> str | None:
    """A value read by a statement of our own, opened."""
    return None if value is None else keys().open(value, column)


class Sealed(TypeDecorator[str]):
    """A text that is sealed in the database and open in the application; named ``table.column``."""

    impl = Text
    cache_ok = True

    def __init__(self, column: str) -> None:
        super().__init__()
        self.column = column

    def process_bind_param(self, value: Any, dialect: Any) -> str | None:  # noqa: ARG002
        """Seal on the way in."""
        return None if value is None else keys().seal(value, self.column)

    def process_result_value(self, value: Any, dialect: Any) -> str | None:  # noqa: ARG002
        """Open on the way out."""
        return opened(value, self.column)
