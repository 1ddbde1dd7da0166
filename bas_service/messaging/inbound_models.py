"""The table of texts that somebody sends to us."""

import uuid
from datetime import datetime

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from bas_service.database import Base
from bas_service.sealing import Sealed


class InboundText(Base):
    """A text as it came; what of it belongs to a child is kept there, and no longer here."""

    __tablename__ = "inbound_texts"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    provider_id: Mapped[str]
    sender: Mapped[str | None] = mapped_column(Sealed("inbound_texts.sender"))
    body: Mapped[str | None] = mapped_column(Sealed("inbound_texts.body"))
    sender_digest: Mapped[str]
    wish: Mapped[str | None]
    received_at: Mapped[datetime]
    taken_at: Mapped[datetime | None]
    known: Mapped[bool | None]

    __table_args__ = (
        UniqueConstraint("provider_id"),
        Index("inbound_texts_to_take_idx", "received_at", "id", postgresql_where=text("taken_at IS NULL")),
        Index("inbound_texts_wishes_idx", "sender_digest", postgresql_where=text("wish IS NOT NULL")),
        Index("inbound_texts_unknown_idx", "received_at", "id", postgresql_where=text("NOT known")),
    )
