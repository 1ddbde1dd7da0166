"""Tables of the dated policy of casework, and of policies taken back before they began (D26)."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, SmallInteger
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from bas_service.database import Base


class CaseworkPolicy(Base):
    """How cases are worked on and why they may be closed, from a day on; never edited (D3, D11, D26)."""

    __tablename__ = "casework_policies"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    valid_from: Mapped[date] = mapped_column(unique=True)
    # By complexity: {"low": {"times": 1, "per": "month"}, ...}
    rhythms: Mapped[dict[str, Any]] = mapped_column(JSONB)
    # [{"key", "text": {"lv", "en", "ru"}, "outcome_needed"}]
    close_reasons: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    failed_attempts: Mapped[int] = mapped_column(SmallInteger)
    exception_reminder_days: Mapped[int] = mapped_column(SmallInteger)
    # Minutes after the announced end of a meeting that is still under way (D30).
    overdue_ask_minutes: Mapped[int] = mapped_column(SmallInteger, server_default="15")
    overdue_alarm_minutes: Mapped[int] = mapped_column(SmallInteger, server_default="45")
    created_at: Mapped[datetime]
    created_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("accounts.id"))


class WithdrawnPolicy(Base):
    """A policy taken back before it began; written by ``withdraw_policy`` in the database only."""

    __tablename__ = "withdrawn_policies"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    valid_from: Mapped[date]
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    withdrawn_at: Mapped[datetime]
    withdrawn_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"))
