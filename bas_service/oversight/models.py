"""Tables of the service's watch over itself: signs of life, alarms."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from bas_service.database import Base


class Heartbeat(Base):
    """When a part of the service gave its last sign of life."""

    __tablename__ = "heartbeats"

    part: Mapped[str] = mapped_column(primary_key=True)
    beat_at: Mapped[datetime]


class Alarm(Base):
    """Something about the service itself that wants somebody at once; written by ``note_alarms`` only."""

    __tablename__ = "alarms"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    about: Mapped[str]
    details: Mapped[dict[str, Any]] = mapped_column(JSONB)
    raised_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        Index("alarms_raised_once_key", "kind", "about", unique=True, postgresql_where=text("ended_at IS NULL")),
        Index("alarms_raised_at_idx", "raised_at", "id"),
    )
