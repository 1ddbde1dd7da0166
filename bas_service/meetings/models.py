"""The table of meetings."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    Boolean,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Text,
    UniqueConstraint,
    Uuid,
    literal_column,
    text,
)
from sqlalchemy.orm import Mapped, column_property, mapped_column

from bas_service.database import Base
from bas_service.sealing import Sealed

# The first meeting of its case, of those that are to take place or did (D7).
_IS_FIRST = """
    (meetings.state NOT IN ('cancelled', 'missed') AND NOT EXISTS (
        SELECT FROM meetings f WHERE f.case_id = meetings.case_id AND f.state NOT IN ('cancelled', 'missed')
            AND (f.starts_at, f.id) < (meetings.starts_at, meetings.id)))
"""


class Meeting(Base):
    """A session with the child, or an accompaniment; overlaps and skipped states are refused by constraints."""

    __tablename__ = "meetings"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    child_id: Mapped[uuid.UUID]
    case_id: Mapped[uuid.UUID] = mapped_column(index=True)
    specialist_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"))
    kind: Mapped[str]
    state: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    expected_minutes: Mapped[int]
    place_type: Mapped[str]
    place_name: Mapped[str | None] = mapped_column(Sealed("meetings.place_name"))
    place_address: Mapped[str | None] = mapped_column(Sealed("meetings.place_address"))
    transport: Mapped[str]
    institution: Mapped[str | None] = mapped_column(Sealed("meetings.institution"))
    purpose: Mapped[str | None] = mapped_column(Sealed("meetings.purpose"))
    note: Mapped[str | None] = mapped_column(Sealed("meetings.note"))
    telling: Mapped[int]
    started_telling: Mapped[int | None]
    started_at: Mapped[datetime | None]
    # Set when the start is corrected: an announcement is in time, or not, by the earliest one (D6).
    earliest_started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    had_to_be_told: Mapped[list[uuid.UUID] | None] = mapped_column(ARRAY(Uuid))
    unannounced_reason: Mapped[str | None] = mapped_column(Sealed("meetings.unannounced_reason"))
    # A key of the policy then in force; the words beside it follow. Meetings from before have words only.
    reason: Mapped[str | None]
    state_reason: Mapped[str | None] = mapped_column(Sealed("meetings.state_reason"))
    summary: Mapped[str | None] = mapped_column(Sealed("meetings.summary"))
    child_opinion: Mapped[str | None] = mapped_column(Sealed("meetings.child_opinion"))
    short_notice_reason: Mapped[str | None] = mapped_column(Sealed("meetings.short_notice_reason"))
    representative_present: Mapped[bool | None]
    version: Mapped[int]
    created_at: Mapped[datetime]
    series_id: Mapped[uuid.UUID | None]
    series_day: Mapped[date | None]
    own_parts: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    # Came to its specialist while it was under way, or was under way beside another one before that was refused.
    beside_another: Mapped[bool] = mapped_column(server_default=text("false"))
    is_first: Mapped[bool] = column_property(literal_column(_IS_FIRST, Boolean).label("is_first"))

    __table_args__ = (
        ForeignKeyConstraint(
            ["case_id", "child_id"], ["cases.id", "cases.child_id"], name="meetings_case_of_child_fkey"
        ),
        ForeignKeyConstraint(
            ["series_id", "child_id"], ["series.id", "series.child_id"], name="meetings_series_of_child_fkey"
        ),
        UniqueConstraint("series_id", "series_day"),
        Index("meetings_child_id_starts_at_idx", "child_id", "starts_at"),
        Index("meetings_specialist_id_starts_at_idx", "specialist_id", "starts_at"),
        Index("meetings_starts_at_idx", "starts_at"),
        Index(
            "meetings_held_specialist_id_ended_at_idx",
            "specialist_id",
            "ended_at",
            postgresql_where=text("state = 'held'"),
        ),
        Index("meetings_under_way_ends_at_idx", "ends_at", postgresql_where=text("state = 'under_way'")),
        Index(
            "meetings_one_under_way_of_specialist",
            "specialist_id",
            unique=True,
            postgresql_where=text("state = 'under_way' AND NOT beside_another"),
        ),
        Index(
            "meetings_one_under_way_of_child",
            "child_id",
            unique=True,
            postgresql_where=text("state = 'under_way' AND NOT beside_another"),
        ),
        Index(
            "meetings_series_planned_idx",
            "starts_at",
            postgresql_where=text("series_id IS NOT NULL AND state = 'planned'"),
        ),
        UniqueConstraint("id", "child_id", name="meetings_of_child_key"),
    )

    @property
    def place(self) -> dict[str, Any]:
        """Where the meeting is."""
        return {"type": self.place_type, "name": self.place_name, "address": self.place_address}

    @property
    def accompaniment(self) -> dict[str, Any] | None:
        """Where the child is taken and why; ``None`` for a session."""
        if self.institution is None:
            return None
        return {"institution": self.institution, "purpose": self.purpose}


class ToldInPerson(Base):
    """One representative told of one telling of a meeting by a person, not by a text (D6)."""

    __tablename__ = "told_in_person"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    meeting_id: Mapped[uuid.UUID] = mapped_column(index=True)
    child_id: Mapped[uuid.UUID] = mapped_column(index=True)
    representative_id: Mapped[uuid.UUID]
    telling: Mapped[int]
    means: Mapped[str]
    told_at: Mapped[datetime]
    told_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"))
    note: Mapped[str | None] = mapped_column(Sealed("told_in_person.note"))
    created_at: Mapped[datetime]

    __table_args__ = (
        ForeignKeyConstraint(
            ["meeting_id", "child_id"],
            ["meetings.id", "meetings.child_id"],
            name="told_in_person_meeting_of_child_fkey",
        ),
        ForeignKeyConstraint(
            ["representative_id", "child_id"],
            ["representatives.id", "representatives.child_id"],
            name="told_in_person_representative_of_child_fkey",
        ),
    )
