"""The table of calendars outside."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from bas_service.database import Base


class CalendarFeed(Base):
    """A calendar outside that may read a specialist's meetings; its secret is known by a keyed hash only (D31)."""

    __tablename__ = "calendar_feeds"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"))
    digest: Mapped[str] = mapped_column(unique=True)
    detail: Mapped[str]
    with_place: Mapped[bool]
    created_at: Mapped[datetime]
    fetched_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    version: Mapped[int]

    __table_args__ = (
        Index("calendar_feeds_account_id_idx", "account_id", postgresql_where=text("revoked_at IS NULL")),
    )
