"""Tables of referrals, screening forms and screenings."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, SmallInteger, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from bas_service.database import Base
from bas_service.sealing import Sealed


class ScreeningForm(Base):
    """A screening form, in force from its day until the next one's; never edited (D26)."""

    __tablename__ = "screening_forms"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    valid_from: Mapped[date] = mapped_column(unique=True)
    least_age: Mapped[int] = mapped_column(SmallInteger)
    most_age: Mapped[int] = mapped_column(SmallInteger)
    questions: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    decline_reasons: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    created_at: Mapped[datetime]
    created_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("accounts.id"))


class Referral(Base):
    """A child as somebody referred it, and what was decided; ``child_id`` once it is accepted (D1)."""

    __tablename__ = "referrals"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    state: Mapped[str]
    priority: Mapped[str]
    received_on: Mapped[date]
    referrer_kind: Mapped[str]
    referrer_name: Mapped[str] = mapped_column(Sealed("referrals.referrer_name"))
    referrer_phone: Mapped[str | None] = mapped_column(Sealed("referrals.referrer_phone"))
    referrer_email: Mapped[str | None] = mapped_column(Sealed("referrals.referrer_email"))
    reason: Mapped[str] = mapped_column(Sealed("referrals.reason"))
    given_name: Mapped[str]
    family_name: Mapped[str]
    search_key: Mapped[str] = mapped_column(index=True)
    birth_date: Mapped[date | None] = mapped_column(index=True)
    personal_code: Mapped[str | None] = mapped_column(Sealed("referrals.personal_code"))
    personal_code_digest: Mapped[str | None] = mapped_column(index=True)
    municipality: Mapped[str]
    language: Mapped[str]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("accounts.id"))
    decision_words: Mapped[str | None] = mapped_column(Sealed("referrals.decision_words"))
    decline_reason: Mapped[str | None]
    decline_form_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("screening_forms.id"))
    despite: Mapped[str | None] = mapped_column(Sealed("referrals.despite"))
    child_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("children.id"), index=True)
    waited_until: Mapped[datetime | None]
    version: Mapped[int]
    created_at: Mapped[datetime]
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"))
    erased_at: Mapped[datetime | None]

    __table_args__ = (
        Index("referrals_received_on_id_idx", "received_on", "id"),
        Index("referrals_state_received_on_id_idx", "state", "received_on", "id"),
        Index(
            "referrals_wait_for_a_case_idx",
            "child_id",
            postgresql_where=text("state = 'accepted' AND waited_until IS NULL"),
        ),
    )

    @property
    def referred_by(self) -> dict[str, Any]:
        """Who referred the child, and how they can be asked back."""
        return {
            "kind": self.referrer_kind,
            "name": self.referrer_name,
            "phone": self.referrer_phone,
            "email": self.referrer_email,
        }


class Screening(Base):
    """Answers to a form as they were saved once; the latest of a referral counts, none is overwritten (D24)."""

    __tablename__ = "screenings"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    referral_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("referrals.id"))
    form_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("screening_forms.id"))
    answers: Mapped[str] = mapped_column(Sealed("screenings.answers"))
    created_at: Mapped[datetime]
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"))

    __table_args__ = (Index("screenings_referral_id_created_at_idx", "referral_id", "created_at"),)
