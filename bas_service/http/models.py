"""Requests that were answered, kept so that a repeat gets the first answer."""

import uuid
from datetime import datetime

from sqlalchemy import ARRAY, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from bas_service.database import Base
from bas_service.sealing import Sealed


class AnsweredRequest(Base):
    """One answered request of an account, found again by the id or Idempotency-Key the client chose."""

    __tablename__ = "answered_requests"

    account_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
    status: Mapped[int | None]
    body: Mapped[str | None] = mapped_column(Sealed("answered_requests.body"))
    etag: Mapped[str | None]
    answered_at: Mapped[datetime] = mapped_column(index=True)
    children: Mapped[list[uuid.UUID] | None] = mapped_column(ARRAY(Uuid))
