"""The table of work noted in one line."""

import uuid
from datetime import date, datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from bas_service.database import Base
from bas_service.sealing import Sealed


class PartnerWork(Base):
    """Work with partners, on paper or on the way: how many minutes on which day; with whom, if somebody says (D8)."""

    __tablename__ = "partner_work"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    specialist_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"))
    day: Mapped[date]
    started_at: Mapped[datetime | None]
    minutes: Mapped[int]
    kind: Mapped[str]
    with_whom: Mapped[str | None] = mapped_column(Sealed("partner_work.with_whom"))
    note: Mapped[str | None] = mapped_column(Sealed("partner_work.note"))
    child_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("children.id"))
    meeting_id: Mapped[uuid.UUID | None]
    created_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    version: Mapped[int]

    __table_args__ = (
        ForeignKeyConstraint(
            ["meeting_id", "child_id"],
            ["meetings.id", "meetings.child_id"],
            name="partner_work_meeting_of_child_fkey",
        ),
        Index("partner_work_specialist_id_day_idx", "specialist_id", "day"),
        Index("partner_work_child_id_day_idx", "child_id", "day"),
        Index("partner_work_meeting_id_idx", "meeting_id", postgresql_where=text("meeting_id IS NOT NULL")),
    )
