"""Reads of links and requests: for staff under row-level security, for a link's holder under what that link shows."""

import uuid
from dataclasses import dataclass
from typing import Any

from bas_service import clock
from bas_service.children.queries import of_child_in_sight, representation_of
from bas_service.children.rules import Representation
from bas_service.database import rows
from bas_service.errors import NotFound
from bas_service.links.models import ConsentRequest
from bas_service.links.rules import Contact, Factor, LinkPurpose, Progress, state_of
from bas_service.messaging.rules import Channel
from bas_service.translation import Language

_REQUESTS = """
    SELECT q.*, l.channel, l.opened_at, l.locked_at, m.created_at AS posted_at,
        CASE m.state WHEN 'sending' THEN 'queued' ELSE m.state END AS message_state
    FROM consent_requests q JOIN links l ON l.request_id = q.id JOIN messages m ON m.id = l.id
"""
_SEALED_IN_REQUESTS = {"institution": "consent_requests.institution", "purpose": "consent_requests.purpose"}
_ADDRESSEE = """
    SELECT r.child_id, r.state, r.valid_from, r.valid_until, p.id IS NOT NULL AS place_protected,
        r.phone, r.phone_digest, r.email, r.email_digest, r.language, ch.birth_date,
        place_kept_from_address(r.child_id, r.phone_digest) AS phone_kept,
        place_kept_from_address(r.child_id, r.email_digest) AS email_kept
    FROM representatives r JOIN children ch ON ch.id = r.child_id
    LEFT JOIN protected_places p ON p.from_representative_id = r.id
    WHERE r.id = :id
"""
_KEPT = {Channel.SMS: "phone_kept", Channel.EMAIL: "email_kept"}


@dataclass(frozen=True, kw_only=True)
class Addressee:
    """A representative to whom a link may be sent: where to, in which language, what they know besides.

    By the channels ``kept`` it would be read by somebody from whom the child's places are kept, too.
    """

    child_id: uuid.UUID
    representation: Representation
    reached_at: dict[Channel, tuple[str | None, str | None]]
    kept: frozenset[Channel]
    language: Language
    birth_date: str


@dataclass(frozen=True, kw_only=True)
class Found:
    """A link that works, before its holder has proven anything: no word of the child."""

    id: uuid.UUID
    child_id: uuid.UUID
    representative_id: uuid.UUID
    purpose: LinkPurpose
    factor: Factor
    language: Language
    is_spent: bool


def request_in_sight(request_id: uuid.UUID, *, lock: bool = False) -> ConsentRequest:
    """A request about a child in sight, with the child held when it is to be changed; raises ``NotFound``."""
    return of_child_in_sight(ConsentRequest, request_id, lock=lock)


def requests_of(child_id: uuid.UUID) -> list[dict[str, Any]]:
    """All that was asked about a child, in the order it was asked, with how far each has come: one statement."""
    return _with_states(
        rows(
            f"{_REQUESTS} WHERE q.child_id = :child ORDER BY q.created_at, q.id",
            sealed=_SEALED_IN_REQUESTS,
            child=child_id,
        )
    )


def request_line(request_id: uuid.UUID) -> dict[str, Any]:
    """One request as a list shows it."""
    found = rows(f"{_REQUESTS} WHERE q.id = :id", sealed=_SEALED_IN_REQUESTS, id=request_id)
    return _with_states(found)[0]


def progress_of(row: dict[str, Any]) -> Progress:
    """What decides how far a request has come."""
    return Progress(**{name: row[name] for name in Progress.__dataclass_fields__})


def _with_states(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    now = clock.now()
    return [row | {"state": state_of(progress_of(row), now=now)} for row in found]


def see_link_line(link_id: uuid.UUID) -> dict[str, Any]:
    """A link that shows what is planned, as it goes out: without a word of its address."""
    (found,) = rows(
        "SELECT l.id, l.child_id, l.representative_id, l.channel, l.created_at, l.expires_at, l.opened_at,"
        " CASE m.state WHEN 'sending' THEN 'queued' ELSE m.state END AS message_state"
        " FROM links l JOIN messages m ON m.id = l.id WHERE l.id = :id",
        id=link_id,
    )
    return found


def proofs_of(consent_id: uuid.UUID) -> list[dict[str, Any]]:
    """The proofs of how a consent came about and ended, the earliest first."""
    return rows(
        "SELECT * FROM consent_proofs WHERE consent_id = :id ORDER BY at, id",
        sealed={name: f"consent_proofs.{name}" for name in ("wording", "sent_to", "address", "user_agent")},
        id=consent_id,
    )


def addressee(representative_id: uuid.UUID) -> Addressee | None:
    """Whom a link would go to."""
    found = rows(
        _ADDRESSEE,
        sealed={"phone": "representatives.phone", "email": "representatives.email"},
        id=representative_id,
    )
    if not found:
        return None
    row = found[0]
    return Addressee(
        child_id=row["child_id"],
        representation=representation_of(row),
        reached_at={
            Channel.SMS: (row["phone"], row["phone_digest"]),
            Channel.EMAIL: (row["email"], row["email_digest"]),
        },
        kept=frozenset(channel for channel in Channel if row[_KEPT[channel]]),
        language=Language(row["language"]),
        birth_date=row["birth_date"].isoformat(),
    )


def open_link(token_digest: str) -> Found | None:
    """The link that works and has this token; ``None`` for any other, whatever is wrong with it."""
    found = rows("SELECT * FROM open_link(:digest)", digest=token_digest)
    if not found:
        return None
    row = found[0]
    spelled = {"purpose": LinkPurpose(row["purpose"]), "factor": Factor(row["factor"])}
    return Found(**row | spelled | {"language": Language(row["language"])})


def prove_link(token_digest: str, factor_digest: str) -> tuple[str, int]:
    """Whether the holder knows what they must: ``right``, ``wrong`` or ``dead``, and how many tries are left."""
    (row,) = rows(
        "SELECT outcome, tries_left FROM prove_link(:digest, :given)", digest=token_digest, given=factor_digest
    )
    return row["outcome"], row["tries_left"]


def ask_by_link(token_digest: str) -> None:
    """Tell row-level security by which link the rest of this transaction asks; forgotten at its end (D32)."""
    rows("SELECT set_config('bas.link', :digest, true)", digest=token_digest)


def what_is_asked(link_id: uuid.UUID) -> dict[str, Any]:
    """The request behind a link, with the child's given name and who asked."""
    return _the_one(
        rows(
            "SELECT q.*, ch.given_name, a.name AS asker FROM links l JOIN consent_requests q ON q.id = l.request_id"
            " JOIN children ch ON ch.id = q.child_id JOIN accounts a ON a.id = q.created_by WHERE l.id = :id",
            sealed=_SEALED_IN_REQUESTS,
            id=link_id,
        )
    )


def sent_to(link_id: uuid.UUID) -> dict[str, Any]:
    """Where and how a link was sent, and what its holder had to know."""
    return _the_one(
        rows(
            "SELECT channel, recipient, factor FROM links WHERE id = :id",
            sealed={"recipient": "links.recipient"},
            id=link_id,
        )
    )


def responsible_for(child_id: uuid.UUID) -> dict[str, Any] | None:
    """The specialist responsible for a child: id, name, number to call."""
    found = rows(
        "SELECT a.id, a.name, a.phone FROM cases c JOIN accounts a ON a.id = c.specialist_id"
        " WHERE c.child_id = :child AND c.state = 'open'",
        sealed={"phone": "accounts.phone"},
        child=child_id,
    )
    return found[0] if found else None


def contacts(account_ids: list[uuid.UUID]) -> dict[uuid.UUID, Contact]:
    """Whom to call, by the account."""
    found = rows(
        "SELECT id, name, phone FROM accounts WHERE id = ANY(:ids)",
        sealed={"phone": "accounts.phone"},
        ids=account_ids,
    )
    return {row["id"]: Contact(name=row["name"], phone=row["phone"]) for row in found}


def has_protected_place(link_id: uuid.UUID) -> bool:
    """Whether the child's places are kept from whoever reads where a link was sent, its holder or another (D29)."""
    found = rows(
        "SELECT place_kept_from_address(child_id, recipient_digest) AS kept FROM links WHERE id = :id", id=link_id
    )
    return bool(_the_one(found)["kept"])


def given_name_of(child_id: uuid.UUID) -> str:
    """The child's given name."""
    return str(_the_one(rows("SELECT given_name FROM children WHERE id = :id", id=child_id))["given_name"])


def _the_one(found: list[dict[str, Any]]) -> dict[str, Any]:
    # Out of sight from one statement to the next: the link has died meanwhile.
    if not found:
        raise NotFound()
    return found[0]
