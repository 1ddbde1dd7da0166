"""Tables of retention policies and of what was done under them."""

import uuid
from datetime import date, datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bas_service.database import Base


class RetentionPolicy(Base):
    """How many days a kind of record is kept, from a day on; never edited (D26)."""

    __tablename__ = "retention_policies"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    valid_from: Mapped[date]
    keep_days: Mapped[int]
    created_at: Mapped[datetime]
    created_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("accounts.id"))

    __table_args__ = (UniqueConstraint("kind", "valid_from"),)


class RetentionRun(Base):
    """What was dropped of a kind on a day."""

    __tablename__ = "retention_runs"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    day: Mapped[date]
    kind: Mapped[str]
    keep_days: Mapped[int]
    affected: Mapped[int]
    ran_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("day", "kind"),)
