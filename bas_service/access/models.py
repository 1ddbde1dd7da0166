"""Accounts, the devices they signed in on, and failed attempts to sign in."""

import uuid
from datetime import date, datetime

from sqlalchemy import ARRAY, BigInteger, ForeignKey, Index, SmallInteger, Text, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from bas_service.database import Base
from bas_service.sealing import Sealed


class Account(Base):
    """A person who signs in."""

    __tablename__ = "accounts"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(Sealed("accounts.email"))
    email_digest: Mapped[str | None] = mapped_column(unique=True)
    name: Mapped[str]
    role: Mapped[str]
    language: Mapped[str]
    phone: Mapped[str | None] = mapped_column(Sealed("accounts.phone"))
    supervisor_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    password_hash: Mapped[str]
    active: Mapped[bool]
    created_at: Mapped[datetime]
    code_secret: Mapped[str | None] = mapped_column(Sealed("accounts.code_secret"))
    codes_since: Mapped[datetime | None]
    code_period: Mapped[int | None] = mapped_column(BigInteger)
    # Where a specialist works and what they speak; not said means anywhere, and the language of the account.
    municipality: Mapped[str | None]
    languages: Mapped[list[str] | None] = mapped_column(ARRAY(Text))


class RecoveryCode(Base):
    """A code for the day the authenticator app is lost; kept as a keyed hash, good once."""

    __tablename__ = "recovery_codes"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"))
    digest: Mapped[str]
    used_at: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("account_id", "digest"),)


class DeviceSession(Base):
    """One sign-in on one device, until it is revoked; ``used_token`` is its last token known to be used.

    A browser has no tokens: ``browser_digest`` is the keyed hash of what its cookie holds, ``seen_at`` when it
    asked last.
    """

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
    browser_digest: Mapped[str | None] = mapped_column(unique=True)
    seen_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "device_sessions_one_open_key",
            "account_id",
            "device_id",
            unique=True,
            postgresql_where=text("revoked_at IS NULL"),
        ),
    )


class Trace(Base):
    """The looks of one request at all the children it showed; written by ``leave_trace`` in the database only (D32).

    ``grounds`` says under which responsibility each of the ``children`` was seen. The oldest rows are about one
    child each: ``child_id`` and ``because``.
    """

    __tablename__ = "trace"

    day: Mapped[date] = mapped_column(primary_key=True)
    lane: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    at: Mapped[datetime]
    account_id: Mapped[uuid.UUID]
    session_id: Mapped[uuid.UUID]
    child_id: Mapped[uuid.UUID | None]
    because: Mapped[str | None]
    action: Mapped[str]
    changed: Mapped[bool]
    request_id: Mapped[str]
    hash: Mapped[bytes]
    children: Mapped[list[uuid.UUID] | None] = mapped_column(ARRAY(Uuid))
    grounds: Mapped[list[str] | None] = mapped_column(ARRAY(Text))

    __table_args__ = (
        Index("trace_child_id_at_idx", "child_id", "at", postgresql_where=text("child_id IS NOT NULL")),
        Index("trace_keys_idx", text("trace_keys(children, day)"), postgresql_using="gin"),
    )


class TraceHead(Base):
    """How far a chain of the trace has come."""

    __tablename__ = "trace_heads"

    day: Mapped[date] = mapped_column(primary_key=True)
    lane: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    began_with: Mapped[bytes]
    seq: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[bytes]


class EmergencyGrant(Base):
    """Somebody's access for hours to a child they are not responsible for."""

    __tablename__ = "emergency_grants"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    child_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("children.id"), index=True)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"))
    reason: Mapped[str] = mapped_column(Sealed("emergency_grants.reason"))
    granted_at: Mapped[datetime]
    until: Mapped[datetime]
    told_account_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("accounts.id"))
    seen_at: Mapped[datetime | None]
    version: Mapped[int]

    __table_args__ = (
        Index("emergency_grants_account_id_until_idx", "account_id", "until"),
        Index("emergency_grants_told_account_id_idx", "told_account_id", postgresql_where=text("seen_at IS NULL")),
    )


class SignInAttempt(Base):
    """One failed attempt; the e-mail is kept as a digest only."""

    __tablename__ = "sign_in_attempts"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    email_digest: Mapped[str]
    address: Mapped[str]
    failed_at: Mapped[datetime]

    __table_args__ = (
        Index("sign_in_attempts_address_failed_at_idx", "address", "failed_at"),
        Index("sign_in_attempts_email_digest_failed_at_idx", "email_digest", "failed_at"),
    )
