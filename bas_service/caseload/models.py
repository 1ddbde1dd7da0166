"""Tables of cases and load policies."""

import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, Numeric, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from bas_service.caseload.rules import Complexity, LoadPolicy
from bas_service.database import Base
from bas_service.sealing import Sealed


def _weight() -> Any:
    return mapped_column(Numeric(5, 2))


def _limit() -> Any:
    return mapped_column(Numeric(6, 2))


class LoadPolicyRow(Base):
    """A load policy, in force from its day until the next one's; never edited (D26)."""

    __tablename__ = "load_policies"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    valid_from: Mapped[date] = mapped_column(unique=True)
    weight_low: Mapped[Decimal] = _weight()
    weight_standard: Mapped[Decimal] = _weight()
    weight_high: Mapped[Decimal] = _weight()
    weight_crisis: Mapped[Decimal] = _weight()
    minimum: Mapped[Decimal] = _limit()
    nominal: Mapped[Decimal] = _limit()
    maximum: Mapped[Decimal] = _limit()
    created_at: Mapped[datetime]
    created_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("accounts.id"))

    @property
    def weights(self) -> dict[Complexity, Decimal]:
        """The weight of a case of each complexity."""
        return {complexity: getattr(self, f"weight_{complexity}") for complexity in Complexity}

    @property
    def values(self) -> LoadPolicy:
        """The policy as the rules take it."""
        return LoadPolicy(
            valid_from=self.valid_from,
            weights=self.weights,
            minimum=self.minimum,
            nominal=self.nominal,
            maximum=self.maximum,
        )


class Case(Base):
    """One child's stay in the service under one responsible specialist at a time (D3)."""

    __tablename__ = "cases"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    child_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("children.id"))
    specialist_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"))
    complexity: Mapped[str]
    state: Mapped[str]
    rhythm_times: Mapped[int | None] = mapped_column(SmallInteger)
    rhythm_per: Mapped[str | None]
    exceeding_reason: Mapped[str | None] = mapped_column(Sealed("cases.exceeding_reason"))
    exceeding_until: Mapped[date | None]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    close_reason: Mapped[str | None] = mapped_column(Sealed("cases.close_reason"))
    outcome: Mapped[str | None] = mapped_column(Sealed("cases.outcome"))
    version: Mapped[int]

    __table_args__ = (
        Index("cases_one_open_of_child_key", "child_id", unique=True, postgresql_where=text("state = 'open'")),
        Index("cases_specialist_id_state_idx", "specialist_id", "state"),
        Index("cases_child_id_opened_at_idx", "child_id", "opened_at"),
        Index("cases_exceeding_until_idx", "exceeding_until", postgresql_where=text("state = 'open'")),
        UniqueConstraint("id", "child_id", name="cases_of_child_key"),
    )

    @property
    def rhythm(self) -> dict[str, Any] | None:
        """The agreed rhythm: how many times a week or a month (D11)."""
        return rhythm_of(self.rhythm_times, self.rhythm_per)

    @property
    def exceeding(self) -> dict[str, Any] | None:
        """Why and until when this case may stand above the maximum (D4)."""
        if self.exceeding_reason is None:
            return None
        return {"reason": self.exceeding_reason, "until": self.exceeding_until}


class Responsibility(Base):
    """A specialist's time of being responsible in a case; ``reason`` says why it came to them (D3)."""

    __tablename__ = "responsibilities"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    case_id: Mapped[uuid.UUID]
    child_id: Mapped[uuid.UUID]
    specialist_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"))
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(Sealed("responsibilities.reason"))

    __table_args__ = (
        ForeignKeyConstraint(
            ["case_id", "child_id"],
            ["cases.id", "cases.child_id"],
            name="responsibilities_case_of_child_fkey",
        ),
        Index(
            "responsibilities_one_at_a_time_key",
            "case_id",
            unique=True,
            postgresql_where=text("until IS NULL"),
        ),
        Index("responsibilities_specialist_id_since_idx", "specialist_id", "since"),
    )


class CaseClosing(Base):
    """A closing of a case, and the reopening that undid it, if one did."""

    __tablename__ = "case_closings"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    case_id: Mapped[uuid.UUID]
    child_id: Mapped[uuid.UUID] = mapped_column(index=True)
    closed_at: Mapped[datetime]
    closed_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"))
    reason: Mapped[str] = mapped_column(Sealed("case_closings.reason"))
    outcome: Mapped[str | None] = mapped_column(Sealed("case_closings.outcome"))
    reopened_at: Mapped[datetime | None]
    reopened_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("accounts.id"))
    reopen_reason: Mapped[str | None] = mapped_column(Sealed("case_closings.reopen_reason"))

    __table_args__ = (
        ForeignKeyConstraint(
            ["case_id", "child_id"], ["cases.id", "cases.child_id"], name="case_closings_case_of_child_fkey"
        ),
        Index("case_closings_one_in_force_key", "case_id", unique=True, postgresql_where=text("reopened_at IS NULL")),
    )


class Absence(Base):
    """A specialist's days away, the first and the last one included, in Riga (D3)."""

    __tablename__ = "absences"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    specialist_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"))
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    reason: Mapped[str | None] = mapped_column(Sealed("absences.reason"))
    created_at: Mapped[datetime]
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"))
    ended_at: Mapped[datetime | None]
    version: Mapped[int]

    __table_args__ = (
        UniqueConstraint("id", "specialist_id", name="absences_of_specialist_key"),
        Index("absences_specialist_id_valid_until_idx", "specialist_id", "valid_until"),
    )


class Substitution(Base):
    """Who stands in during an absence: for one child, or for all of the absent specialist's."""

    __tablename__ = "substitutions"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    absence_id: Mapped[uuid.UUID] = mapped_column(index=True)
    specialist_id: Mapped[uuid.UUID]
    substitute_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"), index=True)
    child_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("children.id"))
    removed_at: Mapped[datetime | None]

    __table_args__ = (
        ForeignKeyConstraint(
            ["absence_id", "specialist_id"],
            ["absences.id", "absences.specialist_id"],
            name="substitutions_of_absence_fkey",
        ),
    )


class ContactAttempt(Base):
    """One attempt to reach a child, and whether it succeeded (D10)."""

    __tablename__ = "contact_attempts"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    case_id: Mapped[uuid.UUID]
    child_id: Mapped[uuid.UUID]
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"))
    tried_at: Mapped[datetime]
    means: Mapped[str]
    reached: Mapped[bool]
    note: Mapped[str | None] = mapped_column(Sealed("contact_attempts.note"))
    created_at: Mapped[datetime]

    __table_args__ = (
        ForeignKeyConstraint(
            ["case_id", "child_id"], ["cases.id", "cases.child_id"], name="contact_attempts_case_of_child_fkey"
        ),
        Index("contact_attempts_child_id_tried_at_idx", "child_id", "tried_at"),
    )


def rhythm_of(times: int | None, per: str | None) -> dict[str, Any] | None:
    """An agreed rhythm as it goes out, or ``None`` when nothing was agreed."""
    return None if times is None else {"times": times, "per": per}
