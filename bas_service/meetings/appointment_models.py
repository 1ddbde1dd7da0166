"""The table of other institutions' appointments with a child."""

import uuid
from datetime import date, datetime

from sqlalchemy import ARRAY, Date, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from bas_service.database import Base
from bas_service.sealing import Sealed


class Appointment(Base):
    """Where somebody else wants the child to be, once or again and again; nobody's meeting (D9)."""

    __tablename__ = "appointments"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    child_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("children.id"))
    title: Mapped[str] = mapped_column(Sealed("appointments.title"))
    place: Mapped[str | None] = mapped_column(Sealed("appointments.place"))
    asked_by: Mapped[str | None] = mapped_column(Sealed("appointments.asked_by"))
    note: Mapped[str | None] = mapped_column(Sealed("appointments.note"))
    starts_at: Mapped[datetime]
    minutes: Mapped[int]
    rule: Mapped[str | None]
    days_off: Mapped[list[date]] = mapped_column(ARRAY(Date), server_default="{}")
    over_at: Mapped[datetime | None]
    state: Mapped[str]
    state_reason: Mapped[str | None] = mapped_column(Sealed("appointments.state_reason"))
    version: Mapped[int]
    created_at: Mapped[datetime]
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"))

    __table_args__ = (Index("appointments_child_id_starts_at_idx", "child_id", "starts_at"),)
