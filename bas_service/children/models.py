"""Tables of children, representatives, protected places, consents."""

import uuid
from datetime import date, datetime

from sqlalchemy import ARRAY, ForeignKey, ForeignKeyConstraint, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from bas_service.database import Base
from bas_service.sealing import Sealed


class Child(Base):
    """A child in the service, or waiting for it."""

    __tablename__ = "children"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    given_name: Mapped[str]
    family_name: Mapped[str]
    sort_key: Mapped[str] = mapped_column(Text(collation="C"))
    search_key: Mapped[str] = mapped_column(index=True)
    birth_date: Mapped[date] = mapped_column(index=True)
    personal_code: Mapped[str | None] = mapped_column(Sealed("children.personal_code"))
    personal_code_digest: Mapped[str | None] = mapped_column(unique=True)
    municipality: Mapped[str]
    language: Mapped[str]
    home_address: Mapped[str | None] = mapped_column(Sealed("children.home_address"))
    school: Mapped[str | None] = mapped_column(Sealed("children.school"))
    waiting: Mapped[bool]
    version: Mapped[int]
    created_at: Mapped[datetime]
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"))
    erased_at: Mapped[datetime | None]

    __table_args__ = (
        Index("children_sort_key_id_idx", "sort_key", "id"),
        Index("children_waiting_idx", "id", postgresql_where=text("waiting")),
    )


class Representative(Base):
    """Somebody who represents one child, or cares for it, for a period (D29)."""

    __tablename__ = "representatives"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    child_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("children.id"), index=True)
    name: Mapped[str]
    relation: Mapped[str]
    phone: Mapped[str | None] = mapped_column(Sealed("representatives.phone"))
    phone_digest: Mapped[str | None] = mapped_column(index=True)
    email: Mapped[str | None] = mapped_column(Sealed("representatives.email"))
    email_digest: Mapped[str | None] = mapped_column(index=True)
    language: Mapped[str]
    channels: Mapped[list[str]] = mapped_column(ARRAY(Text))
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    state: Mapped[str]
    state_reason: Mapped[str | None] = mapped_column(Sealed("representatives.state_reason"))
    state_basis: Mapped[str | None] = mapped_column(Sealed("representatives.state_basis"))
    state_changed_at: Mapped[datetime | None]
    version: Mapped[int]
    created_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("id", "child_id", name="representatives_of_child_key"),)


def _representative_of_child(table: str, column: str) -> ForeignKeyConstraint:
    """A representative is always one of the same child."""
    return ForeignKeyConstraint(
        [column, "child_id"],
        ["representatives.id", "representatives.child_id"],
        name=f"{table}_representative_of_child_fkey",
    )


class ProtectedPlace(Base):
    """The child's whereabouts are kept from this representative (D29)."""

    __tablename__ = "protected_places"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    child_id: Mapped[uuid.UUID] = mapped_column(index=True)
    from_representative_id: Mapped[uuid.UUID] = mapped_column(unique=True)
    reason: Mapped[str] = mapped_column(Sealed("protected_places.reason"))
    created_at: Mapped[datetime]
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"))

    __table_args__ = (_representative_of_child("protected_places", "from_representative_id"),)


class Consent(Base):
    """What a representative agreed to, until it is withdrawn (D7, D25)."""

    __tablename__ = "consents"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    child_id: Mapped[uuid.UUID] = mapped_column(index=True)
    representative_id: Mapped[uuid.UUID] = mapped_column(index=True)
    scope: Mapped[str]
    institution: Mapped[str | None] = mapped_column(Sealed("consents.institution"))
    given_at: Mapped[datetime]
    means: Mapped[str]
    valid_until: Mapped[date | None]
    # Of a consent on paper or by word of mouth: who saw it given, and where the paper lies.
    witness: Mapped[str | None] = mapped_column(Sealed("consents.witness"))
    kept_at: Mapped[str | None] = mapped_column(Sealed("consents.kept_at"))
    note: Mapped[str | None] = mapped_column(Sealed("consents.note"))
    withdrawn_at: Mapped[datetime | None]
    version: Mapped[int]
    created_at: Mapped[datetime]

    __table_args__ = (_representative_of_child("consents", "representative_id"),)
