"""Tables of links, of what is asked through them, of who came in, and of the proof of each answer."""

import uuid
from datetime import date, datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from bas_service.database import Base
from bas_service.sealing import Sealed


def _representative_of_child(table: str) -> ForeignKeyConstraint:
    """A representative is always one of the same child."""
    return ForeignKeyConstraint(
        ["representative_id", "child_id"],
        ["representatives.id", "representatives.child_id"],
        name=f"{table}_representative_of_child_fkey",
    )


class ConsentRequest(Base):
    """What a representative is asked to agree to, and what became of it; answered or withdrawn once."""

    __tablename__ = "consent_requests"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    child_id: Mapped[uuid.UUID] = mapped_column(index=True)
    representative_id: Mapped[uuid.UUID]
    scope: Mapped[str]
    institution: Mapped[str | None] = mapped_column(Sealed("consent_requests.institution"))
    purpose: Mapped[str] = mapped_column(Sealed("consent_requests.purpose"))
    valid_until: Mapped[date | None]
    created_at: Mapped[datetime]
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"))
    expires_at: Mapped[datetime]
    answer: Mapped[str | None]
    answered_at: Mapped[datetime | None]
    consent_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("consents.id"))
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("accounts.id"))
    version: Mapped[int]

    __table_args__ = (
        _representative_of_child("consent_requests"),
        Index(
            "consent_requests_open_idx",
            "expires_at",
            postgresql_where=text("answered_at IS NULL AND withdrawn_at IS NULL"),
        ),
    )


class Link(Base):
    """A link sent to one representative of one child, for one purpose; its message has the same id.

    Of the token there is a keyed hash only, and so of what its holder must know besides.
    """

    __tablename__ = "links"

    id: Mapped[uuid.UUID] = mapped_column(ForeignKey("messages.id"), primary_key=True)
    child_id: Mapped[uuid.UUID] = mapped_column(index=True)
    representative_id: Mapped[uuid.UUID] = mapped_column(index=True)
    purpose: Mapped[str]
    request_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("consent_requests.id"), unique=True)
    token_digest: Mapped[str] = mapped_column(unique=True)
    factor: Mapped[str]
    factor_digest: Mapped[str]
    channel: Mapped[str]
    recipient: Mapped[str | None] = mapped_column(Sealed("links.recipient"))
    recipient_digest: Mapped[str | None]
    created_at: Mapped[datetime]
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"))
    expires_at: Mapped[datetime]
    wrong_tries: Mapped[int]
    opened_at: Mapped[datetime | None]
    spent_at: Mapped[datetime | None]
    locked_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]

    __table_args__ = (_representative_of_child("links"),)


class LinkVisit(Base):
    """Somebody came in by a link: the trace of those who have no account (D32)."""

    __tablename__ = "link_visits"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    link_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("links.id"))
    child_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("children.id"), index=True)
    representative_id: Mapped[uuid.UUID]
    at: Mapped[datetime]
    did: Mapped[str]
    address: Mapped[str | None] = mapped_column(Sealed("link_visits.address"))


class ConsentProof(Base):
    """What was agreed, refused or taken back: in which words, by whom, when, from where; never changed (D25)."""

    __tablename__ = "consent_proofs"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    child_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("children.id"), index=True)
    representative_id: Mapped[uuid.UUID]
    link_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("links.id"))
    request_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("consent_requests.id"))
    consent_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("consents.id"), index=True)
    act: Mapped[str]
    at: Mapped[datetime]
    language: Mapped[str]
    wording_version: Mapped[str]
    wording: Mapped[str] = mapped_column(Sealed("consent_proofs.wording"))
    channel: Mapped[str]
    sent_to: Mapped[str | None] = mapped_column(Sealed("consent_proofs.sent_to"))
    factor: Mapped[str]
    address: Mapped[str | None] = mapped_column(Sealed("consent_proofs.address"))
    user_agent: Mapped[str | None] = mapped_column(Sealed("consent_proofs.user_agent"))
    content_digest: Mapped[str]
