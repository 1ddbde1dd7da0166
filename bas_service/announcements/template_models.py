"""The table of wordings that administrators make (D26)."""

import uuid
from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from bas_service.database import Base


class MessageTemplate(Base):
    """How one thing is told in one language from a day on; without a body in the service's own words again."""

    __tablename__ = "message_templates"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    reason: Mapped[str]
    language: Mapped[str]
    valid_from: Mapped[date]
    body: Mapped[str | None]
    created_at: Mapped[datetime]
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"))
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("accounts.id"))

    __table_args__ = (
        Index(
            "message_templates_one_a_day_key",
            "reason",
            "language",
            "valid_from",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )
