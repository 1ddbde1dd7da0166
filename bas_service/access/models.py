"""Accounts, the devices they signed in on, and failed attempts to sign in."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from bas_service.database import Base


class Account(Base):
    """A person who signs in."""

    __tablename__ = "accounts"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    email: Mapped[str]
    name: Mapped[str]
    role: Mapped[str]
    language: Mapped[str]
    phone: Mapped[str | None]
    supervisor_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    password_hash: Mapped[str]
    active: Mapped[bool]
    created_at: Mapped[datetime]

    __table_args__ = (Index("accounts_email_key", text("lower(email)"), unique=True),)


class DeviceSession(Base):
    """One sign-in on one device, until it is revoked; ``used_token`` is its last token known to be used."""

    __tablename__ = "device_sessions"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"))
    device_id: Mapped[str]
    device_name: Mapped[str]
    platform: Mapped[str]
    signed_in_at: Mapped[datetime]
    used_token: Mapped[str | None]
    revoked_at: Mapped[datetime | None]
    revoked_because: Mapped[str | None]

    __table_args__ = (
        Index(
            "device_sessions_one_open_key",
            "account_id",
            "device_id",
            unique=True,
            postgresql_where=text("revoked_at IS NULL"),
        ),
    )


class SignInAttempt(Base):
    """One failed attempt; the e-mail is kept as a digest only."""

    __tablename__ = "sign_in_attempts"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    email_digest: Mapped[str]
    address: Mapped[str]
    failed_at: Mapped[datetime]

    __table_args__ = (Index("sign_in_attempts_address_failed_at_idx", "address", "failed_at"),)
