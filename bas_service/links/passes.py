"""Tokens, and what of them is kept: keyed hashes. What a page's form carries so that its holder need not prove anew.

No cookie is involved: a form is taken for its link's token in the address, which another site does not know, and
for the pass, which only whoever proved to hold the link was given. So there is nothing that a site elsewhere could
make a browser send along.
"""

import secrets
import string
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bas_service import clock
from bas_service.links.rules import PAGE_KEPT, Factor, PageOver
from bas_service.sealing import keys

_LETTERS = string.ascii_letters + string.digits
# What a proof says, and its keyed hash covers.
_SAID: tuple[str, ...] = (
    "id",
    "child_id",
    "representative_id",
    "link_id",
    "request_id",
    "consent_id",
    "act",
    "at",
    "language",
)
_SAID += ("wording_version", "wording", "channel", "sent_to", "factor", "address", "user_agent")
# 62 ** 22 is just above 2 ** 130.
TOKEN_LENGTH = 22


def new_token() -> str:
    """A link's token: more than 128 bits of chance in letters and digits, short enough for a text message."""
    return "".join(secrets.choice(_LETTERS) for _ in range(TOKEN_LENGTH))


def digest_of_token(token: str) -> str:
    """By which a link is found; so much chance needs no slow hash."""
    return keys().digest(token, "link-token")


def digest_of_factor(link_id: uuid.UUID, factor: Factor, spelled: str) -> str:
    """What is compared instead of the digits or the date; of another link it is another one."""
    return keys().digest(f"{link_id}/{factor}/{spelled}", "link-factor")


def new_pass(token_digest: str) -> str:
    """Given to whoever has just proven to hold the link: good for this link and a short while."""
    until = int((clock.now() + PAGE_KEPT).timestamp())
    return f"{until}.{_sign(token_digest, str(until), 'pass')}"


def check_pass(token_digest: str, given: str) -> None:
    """Raises ``PageOver`` for a pass of another link, an altered one, one whose time is over."""
    until, _, signature = given.partition(".")
    if not _is_same(signature, _sign(token_digest, until, "pass")):
        raise PageOver()
    if datetime.fromtimestamp(int(until), UTC) < clock.now():
        raise PageOver()


def seal_of(token_digest: str, what: str, *shown: str) -> str:
    """Carried by a form that decides something: what its page showed, word for word."""
    return _sign(token_digest, what, *shown)


def check_seal(given: str, token_digest: str, what: str, *shown: str) -> None:
    """Raises ``PageOver`` when the page showed something else than what is decided now."""
    if not _is_same(given, _sign(token_digest, what, *shown)):
        raise PageOver()


def digest_of_proof(proof: Mapping[str, Any]) -> str:
    """A keyed hash of all that a proof says: whoever changes it in the database cannot make the hash anew."""
    moment: datetime = proof["at"]
    said = {name: proof[name] for name in _SAID} | {"at": moment.astimezone(UTC).isoformat(timespec="microseconds")}
    return keys().digest("".join(f"{name}={value!s}\x1f" for name, value in sorted(said.items())), "consent-proof")


def _sign(*parts: str) -> str:
    # Each part with its length, so that no two lists of parts read alike.
    return keys().digest("".join(f"{len(part)}:{part}" for part in parts), "link-page")


def _is_same(given: str, expected: str) -> bool:
    return secrets.compare_digest(given.encode("utf-8", "replace"), expected.encode())
