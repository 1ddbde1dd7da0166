"""The table of the dated policy of meetings (D26)."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, SmallInteger
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from bas_service.database import Base


class MeetingPolicyRow(Base):
    """How meetings are planned, called off and put right, from a day on; never edited (D9, D26)."""

    __tablename__ = "meeting_policies"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    valid_from: Mapped[date] = mapped_column(unique=True)
    short_notice_minutes: Mapped[int] = mapped_column(SmallInteger)
    correction_days: Mapped[int] = mapped_column(SmallInteger)
    # [{"key", "text": {"lv", "en", "ru"}, "note_needed"}]
    cancel_reasons: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    miss_reasons: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    # By ISO weekday: {"1": {"from": "08:00", "until": "18:00"}, ..., "7": null}
    office_hours: Mapped[dict[str, Any]] = mapped_column(JSONB)
    week_limit: Mapped[dict[str, int]] = mapped_column(JSONB)
    repeat_ahead_days: Mapped[int] = mapped_column(SmallInteger)
    tell_ahead_days: Mapped[int] = mapped_column(SmallInteger)
    created_at: Mapped[datetime]
    created_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("accounts.id"))
