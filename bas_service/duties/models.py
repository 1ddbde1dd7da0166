"""The table of duties."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from bas_service.database import Base
from bas_service.sealing import Sealed


class Duty(Base):
    """Something that somebody must do about a child; each ``occasion`` of a kind raises one, never two."""

    __tablename__ = "duties"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    child_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("children.id"))
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"))
    about_id: Mapped[uuid.UUID]
    occasion: Mapped[str]
    details: Mapped[dict[str, Any]] = mapped_column(JSONB)
    raised_at: Mapped[datetime]
    due_at: Mapped[datetime]
    state: Mapped[str]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("accounts.id"))
    note: Mapped[str | None] = mapped_column(Sealed("duties.note"))
    version: Mapped[int]

    __table_args__ = (
        UniqueConstraint("kind", "about_id", "occasion", name="duties_raised_once_key"),
        Index("duties_account_id_due_at_idx", "account_id", "due_at", postgresql_where=text("state = 'open'")),
        Index("duties_child_id_idx", "child_id"),
        Index(
            "duties_links_lost_idx", "about_id", postgresql_where=text("state = 'open' AND kind = 'link-not-arrived'")
        ),
        Index(
            "duties_unreached_idx",
            "about_id",
            postgresql_where=text(
                "state = 'open' AND kind IN ('representative-unreached', 'representative-unreached-escalated')"
            ),
        ),
    )
