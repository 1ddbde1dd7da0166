"""Tables of what a case was at which time; the database writes them itself whenever a case changes."""

import uuid
from datetime import date, datetime

from sqlalchemy import ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bas_service.database import Base
from bas_service.sealing import Sealed


def _case_of_child(table: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["case_id", "child_id"], ["cases.id", "cases.child_id"], name=f"{table}_case_of_child_fkey"
    )


class CaseComplexity(Base):
    """How complex a case was from a moment on, until the next row's."""

    __tablename__ = "case_complexities"

    case_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    child_id: Mapped[uuid.UUID] = mapped_column(index=True)
    since: Mapped[datetime] = mapped_column(primary_key=True)
    complexity: Mapped[str]

    __table_args__ = (_case_of_child("case_complexities"),)


class CaseException(Base):
    """That a case might stand above the maximum, why and until when; without a day it was taken back (D4)."""

    __tablename__ = "case_exceptions"

    case_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    child_id: Mapped[uuid.UUID] = mapped_column(index=True)
    since: Mapped[datetime] = mapped_column(primary_key=True)
    until: Mapped[date | None]
    # Copied by the database as it was sealed there.
    reason: Mapped[str | None] = mapped_column(Sealed("cases.exceeding_reason"))

    __table_args__ = (_case_of_child("case_exceptions"),)
