"""The table of announcements."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bas_service.database import Base
from bas_service.sealing import Sealed


class Announcement(Base):
    """One representative told, or to be told, once about one meeting; its message has the same id."""

    __tablename__ = "announcements"

    id: Mapped[uuid.UUID] = mapped_column(ForeignKey("messages.id"), primary_key=True)
    meeting_id: Mapped[uuid.UUID] = mapped_column(index=True)
    child_id: Mapped[uuid.UUID]
    representative_id: Mapped[uuid.UUID] = mapped_column(index=True)
    reason: Mapped[str]
    telling: Mapped[int]
    # Time, duration and place as they were told; None for what was told before they were kept.
    facts: Mapped[str | None] = mapped_column(Sealed("announcements.facts"))
    created_at: Mapped[datetime]

    __table_args__ = (
        ForeignKeyConstraint(
            ["meeting_id", "child_id"],
            ["meetings.id", "meetings.child_id"],
            name="announcements_meeting_of_child_fkey",
        ),
        ForeignKeyConstraint(
            ["representative_id", "child_id"],
            ["representatives.id", "representatives.child_id"],
            name="announcements_representative_of_child_fkey",
        ),
    )
