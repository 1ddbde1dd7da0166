"""Tables of the outbox: messages, receipts, barred addresses, channels, senders' turns, how long sending takes."""

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, Double, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from bas_service.database import Base
from bas_service.sealing import Sealed


class Message(Base):
    """One message to one recipient, and how far it has come."""

    __tablename__ = "messages"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    subject_id: Mapped[uuid.UUID] = mapped_column(index=True)
    # Who is asked whether it is still right; what was posted by code from before this column was an announcement.
    poster: Mapped[str] = mapped_column(server_default="announcements")
    channel: Mapped[str]
    recipient: Mapped[str | None] = mapped_column(Sealed("messages.recipient"))
    recipient_digest: Mapped[str | None]
    subject_line: Mapped[str | None] = mapped_column(Sealed("messages.subject_line"))
    body: Mapped[str | None] = mapped_column(Sealed("messages.body"))
    attachment: Mapped[str | None] = mapped_column(Sealed("messages.attachment"))
    follows_id: Mapped[uuid.UUID | None]
    spare_for_id: Mapped[uuid.UUID | None]
    parts: Mapped[int]
    state: Mapped[str]
    useful_until: Mapped[datetime]
    # By when its reader must know, where that is sooner.
    wanted_by: Mapped[datetime | None]
    # When it was to go out at first; None for what was posted by code from before this column.
    due_at: Mapped[datetime | None]
    next_attempt_at: Mapped[datetime | None]
    attempts: Mapped[int]
    checks: Mapped[int]
    repeated: Mapped[bool]
    lease_until: Mapped[datetime | None]
    attempted_at: Mapped[datetime | None]
    provider_id: Mapped[str | None] = mapped_column(unique=True)
    error_code: Mapped[str | None]
    created_at: Mapped[datetime]
    handed_over_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    # The try that the provider reported as not arrived, after which the message went out once more.
    first_provider_id: Mapped[str | None]
    first_error_code: Mapped[str | None]
    first_handed_over_at: Mapped[datetime | None]
    # When it turned out to have gone out, though it had been taken back or given up; None once that was looked at.
    out_after_all_at: Mapped[datetime | None]

    __table_args__ = (
        Index("messages_due_idx", "next_attempt_at", postgresql_where=text("state IN ('queued', 'uncertain')")),
        Index("messages_attempted_at_idx", "attempted_at"),
        Index(
            "messages_wanted_by_idx",
            "wanted_by",
            postgresql_where=text("wanted_by IS NOT NULL AND state IN ('queued', 'uncertain')"),
        ),
        Index("messages_lease_idx", "lease_until", postgresql_where=text("state = 'sending'")),
        Index(
            "messages_not_arrived_idx",
            "useful_until",
            postgresql_where=text("state IN ('queued', 'uncertain', 'failed')"),
        ),
        Index(
            "messages_links_not_arrived_idx",
            "useful_until",
            postgresql_where=text("poster = 'links' AND state IN ('queued', 'uncertain', 'failed')"),
        ),
        Index("messages_spare_idx", "spare_for_id", postgresql_where=text("state = 'spare'")),
        Index(
            "messages_unconfirmed_idx",
            "handed_over_at",
            postgresql_where=text("state = 'handed_over' AND channel = 'sms'"),
        ),
        Index(
            "messages_of_number_idx",
            "recipient_digest",
            "attempted_at",
            postgresql_where=text("channel = 'sms' AND attempted_at IS NOT NULL"),
        ),
        Index(
            "messages_out_after_all_idx", "out_after_all_at", postgresql_where=text("out_after_all_at IS NOT NULL")
        ),
        Index(
            "messages_first_provider_id_key",
            "first_provider_id",
            unique=True,
            postgresql_where=text("first_provider_id IS NOT NULL"),
        ),
    )


class Receipt(Base):
    """What the provider reported about a message; kept apart until the worker applies it."""

    __tablename__ = "receipts"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    message_id: Mapped[uuid.UUID]
    provider_id: Mapped[str]
    status: Mapped[str]
    error_code: Mapped[str | None]
    received_at: Mapped[datetime]
    applied_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("provider_id", "status"),
        Index("receipts_message_id_idx", "message_id", postgresql_where=text("applied_at IS NULL")),
        Index("receipts_delivered_idx", "received_at", postgresql_where=text("status = 'delivered'")),
    )


class BarredAddress(Base):
    """A number or address to which nothing is sent until it is lifted; known by its keyed hash only."""

    __tablename__ = "barred_addresses"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    channel: Mapped[str]
    address_digest: Mapped[str]
    reason: Mapped[str]
    barred_at: Mapped[datetime]
    barred_by: Mapped[uuid.UUID | None]
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[uuid.UUID | None]

    __table_args__ = (
        Index(
            "barred_addresses_in_force_key",
            "address_digest",
            "channel",
            "reason",
            unique=True,
            postgresql_where=text("lifted_at IS NULL"),
        ),
    )


class ChannelRow(Base):
    """Whether a channel works; one row for each, which all workers share."""

    __tablename__ = "channel_states"

    channel: Mapped[str] = mapped_column(primary_key=True)
    carried: Mapped[bool]
    state: Mapped[str]
    since: Mapped[datetime]
    failures_in_a_row: Mapped[int] = mapped_column(server_default="0")
    openings_in_a_row: Mapped[int] = mapped_column(server_default="0")
    error_code: Mapped[str | None]
    probe_at: Mapped[datetime | None]


class SenderTurns(Base):
    """When a sender may send next, for all workers together, and how often something had to wait."""

    __tablename__ = "sender_turns"

    channel: Mapped[str] = mapped_column(primary_key=True)
    sender: Mapped[str] = mapped_column(primary_key=True)
    next_at: Mapped[datetime]
    waited_for_turn: Mapped[int] = mapped_column(BigInteger, server_default="0")
    waited_for_number: Mapped[int] = mapped_column(BigInteger, server_default="0")


class SendingTime(Base):
    """How many messages took so long for a step of their way; counted by the database, only ever rising."""

    __tablename__ = "sending_times"

    channel: Mapped[str] = mapped_column(primary_key=True)
    step: Mapped[str] = mapped_column(primary_key=True)
    # In seconds; infinity for what took longer than all others.
    up_to: Mapped[float] = mapped_column(Double, primary_key=True)
    # Those who count at the same moment have a lane each.
    lane: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    messages: Mapped[int] = mapped_column(BigInteger)
    seconds: Mapped[float] = mapped_column(Double)
