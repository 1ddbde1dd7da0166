"""The table of every step of every meeting."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from bas_service.database import Base
from bas_service.sealing import Sealed


class MeetingEvent(Base):
    """One step of a meeting: who took it, when, and what was so before and after; written once, never changed."""

    __tablename__ = "meeting_events"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    meeting_id: Mapped[uuid.UUID]
    child_id: Mapped[uuid.UUID] = mapped_column(index=True)
    version: Mapped[int]
    step: Mapped[str]
    at: Mapped[datetime]
    on_phone_at: Mapped[datetime | None]
    # Filled by the database with whoever is asking it.
    account_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("accounts.id"), server_default=text("asking_account()")
    )
    # {"starts_at": {"from": ..., "to": ...}, ...}
    changes: Mapped[str | None] = mapped_column(Sealed("meeting_events.changes"))
    words: Mapped[str | None] = mapped_column(Sealed("meeting_events.words"))

    __table_args__ = (
        ForeignKeyConstraint(
            ["meeting_id", "child_id"],
            ["meetings.id", "meetings.child_id"],
            name="meeting_events_meeting_of_child_fkey",
        ),
        UniqueConstraint("meeting_id", "version"),
    )
