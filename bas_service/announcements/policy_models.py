"""The table of the dated policy of telling (D26)."""

import uuid
from datetime import date, datetime, time

from sqlalchemy import ARRAY, ForeignKey, SmallInteger, Text
from sqlalchemy.orm import Mapped, mapped_column

from bas_service.database import Base


class TellingPolicyRow(Base):
    """When, how and whom to tell of meetings, from a day on; never edited (D6, D26)."""

    __tablename__ = "telling_policies"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    valid_from: Mapped[date] = mapped_column(unique=True)
    # Riga's time.
    quiet_from: Mapped[time | None]
    quiet_until: Mapped[time | None]
    urgent_minutes: Mapped[int] = mapped_column(SmallInteger)
    reminder_minutes: Mapped[int | None] = mapped_column(SmallInteger)
    settle_seconds: Mapped[int] = mapped_column(SmallInteger)
    failover_minutes: Mapped[int] = mapped_column(SmallInteger)
    tell_return: Mapped[bool]
    must_tell: Mapped[list[str]] = mapped_column(ARRAY(Text))
    may_tell: Mapped[list[str]] = mapped_column(ARRAY(Text))
    diacritics: Mapped[str]
    # None: any number of them.
    texts_per_number: Mapped[int | None] = mapped_column(SmallInteger)
    texts_per_number_minutes: Mapped[int] = mapped_column(SmallInteger, server_default="10")
    created_at: Mapped[datetime]
    created_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("accounts.id"))
