"""The table of replies."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from bas_service.database import Base
from bas_service.sealing import Sealed


class Reply(Base):
    """A text from a representative of one child; whoever represents several wrote one for each of them."""

    __tablename__ = "replies"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    inbound_text_id: Mapped[uuid.UUID]
    child_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("children.id"))
    representative_id: Mapped[uuid.UUID]
    standing: Mapped[str]
    body: Mapped[str | None] = mapped_column(Sealed("replies.body"))
    wish: Mapped[str | None]
    received_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    read_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("accounts.id"))

    __table_args__ = (
        ForeignKeyConstraint(
            ["representative_id", "child_id"],
            ["representatives.id", "representatives.child_id"],
            name="replies_representative_of_child_fkey",
        ),
        UniqueConstraint("inbound_text_id", "representative_id", name="replies_once_key"),
        Index("replies_child_id_received_at_idx", "child_id", "received_at", "id"),
        Index("replies_unread_idx", "representative_id", postgresql_where=text("read_at IS NULL")),
    )
