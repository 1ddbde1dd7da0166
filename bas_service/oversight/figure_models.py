"""Tables of figures counted before; the database's own functions read and write them, and nobody else."""

import uuid
from datetime import date, datetime

from sqlalchemy import BigInteger, ForeignKey, Identity
from sqlalchemy.orm import Mapped, mapped_column

from bas_service.database import Base


class DayFigures(Base):
    """What was told about a specialist's meetings that started on a day, in numbers and of no child (D27)."""

    __tablename__ = "day_figures"

    specialist_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True, index=True)
    meetings: Mapped[int]
    begun: Mapped[int]
    in_time: Mapped[int]
    told_by_a_person: Mapped[int]
    # Of those begun: why not in time.
    nobody_to_tell: Mapped[int]
    nothing_written: Mapped[int]
    failed: Mapped[int]
    uncertain: Mapped[int]
    not_sent: Mapped[int]
    withdrawn: Mapped[int]
    changed_too_late: Mapped[int]
    too_late: Mapped[int]
    by_a_person: Mapped[int]
    # What was written by each channel, and how it fared.
    sms_written: Mapped[int]
    sms_handed_over: Mapped[int]
    sms_delivered: Mapped[int]
    sms_uncertain: Mapped[int]
    sms_failed: Mapped[int]
    email_written: Mapped[int]
    email_handed_over: Mapped[int]
    email_delivered: Mapped[int]
    email_uncertain: Mapped[int]
    email_failed: Mapped[int]


class CountedDay(Base):
    """A day whose figures were counted."""

    __tablename__ = "counted_days"

    day: Mapped[date] = mapped_column(primary_key=True)
    counted_at: Mapped[datetime]


class DayToRecount(Base):
    """Something of a specialist's day changed: it is counted anew, and until then by whoever asks."""

    __tablename__ = "days_to_recount"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    specialist_id: Mapped[uuid.UUID]
    day: Mapped[date]
