"""The tables of announcements, and of what representatives say they have read."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bas_service.database import Base
from bas_service.sealing import Sealed


class Announcement(Base):
    """One representative told, or to be told, once about one meeting.

    The first to be told by a message shares its id; others with the same number, or whom it told before, refer to it.
    """

    __tablename__ = "announcements"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    message_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("messages.id"), index=True)
    # The announcement by another channel that did not arrive.
    replaces_id: Mapped[uuid.UUID | None]
    meeting_id: Mapped[uuid.UUID] = mapped_column(index=True)
    child_id: Mapped[uuid.UUID]
    representative_id: Mapped[uuid.UUID] = mapped_column(index=True)
    reason: Mapped[str]
    telling: Mapped[int]
    # What it says besides of meetings like this one: that they go on, or that they stop.
    repeating: Mapped[str | None]
    # Time, duration and place as they were told; None for what was told before they were kept.
    facts: Mapped[str | None] = mapped_column(Sealed("announcements.facts"))
    created_at: Mapped[datetime]
    # For this one it is right no more, while the message goes to others at the same address.
    withdrawn_at: Mapped[datetime | None]

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


class Confirmation(Base):
    """A representative read one telling of a meeting, and said so (D6)."""

    __tablename__ = "confirmations"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    meeting_id: Mapped[uuid.UUID]
    child_id: Mapped[uuid.UUID] = mapped_column(index=True)
    representative_id: Mapped[uuid.UUID]
    telling: Mapped[int]
    confirmed_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("meeting_id", "telling", "representative_id"),
        ForeignKeyConstraint(
            ["meeting_id", "child_id"],
            ["meetings.id", "meetings.child_id"],
            name="confirmations_meeting_of_child_fkey",
        ),
        ForeignKeyConstraint(
            ["representative_id", "child_id"],
            ["representatives.id", "representatives.child_id"],
            name="confirmations_representative_of_child_fkey",
        ),
    )
