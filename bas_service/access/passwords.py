"""Passwords: kept as argon2 hashes (RFC 9106), judged by how guessable they are, not by rules of composition."""

import zxcvbn
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from bas_service.access.rules import LEAST_PASSWORD_LENGTH
from bas_service.errors import InvalidRequest

hasher = PasswordHasher()
# What an unknown e-mail's password is compared with, so that it takes as long as a known one's.
NOBODYS_HASH = hasher.hash("nobody has this password")

# Of 0 to 4: "safely unguessable, moderate protection from an offline attack" (zxcvbn, USENIX Security 2016).
# Its lists hold the most frequent of the passwords that became known in breaches.
LEAST_SCORE = 3
# The estimate's time grows with the length; what follows adds nothing to the judgement.
_JUDGED_LENGTH = 72


def check_password(password: str, *, known: list[str], pointer: str) -> None:
    """Refuse a password that is short, was in a breach, or is made of what is ``known`` of the person.

    Raises ``InvalidRequest`` at ``pointer``.
    """
    if len(password) < LEAST_PASSWORD_LENGTH:
        raise InvalidRequest.at(pointer, "account-password", least=LEAST_PASSWORD_LENGTH)
    if zxcvbn.zxcvbn(password[:_JUDGED_LENGTH], user_inputs=known)["score"] < LEAST_SCORE:
        raise InvalidRequest.at(pointer, "password-guessable")


def matches(password_hash: str, password: str) -> bool:
    """Whether this is the password that was hashed."""
    try:
        return hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
