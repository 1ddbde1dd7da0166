"""The outbox's verbs: put messages in, take them back, note what the provider reports."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, text

from bas_service import clock
from bas_service.database import db, new_id, rows
from bas_service.messaging.models import Message
from bas_service.messaging.rules import BarReason, Channel, MessageState, hashed_as
from bas_service.messaging.segments import parts_of
from bas_service.sealing import keys

# Which of these messages are still right to send: asked of whoever posted them, at the last moment.
StillRight = Callable[[list[uuid.UUID]], set[uuid.UUID]]


@dataclass(frozen=True, kw_only=True)
class NewMessage:
    """A message to be handed over; one that is not ``needed`` is kept for the record only.

    ``subject_id`` names whose file it belongs to: who may see that, may see the message. ``poster`` is the name
    under which the worker asks whether it is still right. An e-mail has a ``subject_line``, perhaps an
    ``attachment`` (a calendar entry), and the first message of its thread in ``follows_id``. It is urgent when the
    time until ``useful_until`` is short; ``wanted_by``, where that is sooner, counts instead.
    """

    id: uuid.UUID
    poster: str
    subject_id: uuid.UUID
    channel: Channel
    recipient: str
    body: str
    subject_line: str | None = None
    attachment: str | None = None
    follows_id: uuid.UUID | None = None
    not_before: datetime
    useful_until: datetime
    wanted_by: datetime | None = None
    needed: bool
    # In reserve, should that message not arrive.
    spare_for_id: uuid.UUID | None = None


def post(messages: list[NewMessage]) -> None:
    """Put messages into the outbox; the worker is told when the transaction commits."""
    now = clock.now()
    db.session.execute(
        insert(Message),
        [
            {
                "id": message.id,
                "subject_id": message.subject_id,
                "poster": message.poster,
                "channel": message.channel.value,
                "recipient": message.recipient,
                "recipient_digest": digest_of(message.channel, message.recipient),
                "subject_line": message.subject_line,
                "body": message.body,
                "attachment": message.attachment,
                "follows_id": message.follows_id,
                "parts": parts_of(message.body) if message.channel is Channel.SMS else 1,
                "spare_for_id": message.spare_for_id,
                "state": _first_state_of(message),
                "useful_until": message.useful_until,
                "wanted_by": message.wanted_by,
                "next_attempt_at": message.not_before,
                # One in reserve is due when it is woken.
                "due_at": message.not_before if message.spare_for_id is None else None,
                "attempts": 0,
                "checks": 0,
                "repeated": False,
                "created_at": now,
            }
            for message in messages
        ],
        # One statement, also where some columns have no value in some of the rows.
        execution_options={"render_nulls": True},
    )


def _first_state_of(message: NewMessage) -> MessageState:
    if not message.needed:
        return MessageState.WITHDRAWN
    return MessageState.QUEUED if message.spare_for_id is None else MessageState.SPARE


def withdraw(chosen: str, **values: Any) -> list[uuid.UUID]:
    """Withdraw those of the messages chosen by a SELECT of ids that have not gone out, or lie in reserve.

    Gives which were to go out. One being handed over at this moment stays: its row is locked or already past
    ``queued``.
    """
    taken_back = rows(
        "WITH chosen AS (SELECT id, state FROM messages"  # noqa: S608
        f" WHERE state IN ('queued', 'spare') AND id IN ({chosen}) ORDER BY id FOR UPDATE)"
        " UPDATE messages SET state = 'withdrawn' FROM chosen WHERE messages.id = chosen.id"
        " RETURNING messages.id, chosen.state AS was",
        **values,
    )
    return [row["id"] for row in taken_back if row["was"] == MessageState.QUEUED]


def take_notice_of_late_news(subject_id: uuid.UUID) -> list[uuid.UUID]:
    """Which messages of a file turned out to have gone out, though they had been taken back; each is given once."""
    found = rows(
        "UPDATE messages SET out_after_all_at = NULL WHERE subject_id = :subject AND out_after_all_at IS NOT NULL"
        " RETURNING id",
        subject=subject_id,
    )
    return [row["id"] for row in found]


def digest_of(channel: Channel, address: str) -> str:
    """The keyed hash by which an address is known among messages, bars and representatives."""
    value, purpose = hashed_as(channel, address)
    return keys().digest(value, purpose)


def bar_address(channel: Channel, digest: str, *, reason: BarReason, by: uuid.UUID | None) -> bool:
    """Send nothing more to an address, known by its hash; ``by`` is the message, ours or theirs, that says so.

    Gives whether that is new: who repeats it changes nothing.
    """
    barred = rows(
        "INSERT INTO barred_addresses (id, channel, address_digest, reason, barred_at, barred_by)"
        " VALUES (:id, :channel, :digest, :reason, :now, :by)"
        " ON CONFLICT (address_digest, channel, reason) WHERE lifted_at IS NULL DO NOTHING RETURNING id",
        id=new_id(),
        channel=channel.value,
        digest=digest,
        reason=reason.value,
        now=clock.now(),
        by=by,
    )
    return bool(barred)


def lift_bar(channel: Channel, digest: str, *, reason: BarReason, by: uuid.UUID | None) -> bool:
    """Send to an address again, as far as this reason goes; gives whether there was such a bar."""
    lifted = rows(
        "UPDATE barred_addresses SET lifted_at = greatest(:now, barred_at), lifted_by = :by"
        " WHERE channel = :channel AND address_digest = :digest AND reason = :reason AND lifted_at IS NULL"
        " RETURNING id",
        channel=channel.value,
        digest=digest,
        reason=reason.value,
        now=clock.now(),
        by=by,
    )
    return bool(lifted)


def forget_texts(chosen: str, **values: Any) -> None:
    """Drop the texts of those of the messages chosen by a SELECT of ids that have come to an end."""
    db.session.execute(
        text(
            "UPDATE messages SET body = NULL WHERE body IS NOT NULL"  # noqa: S608
            f" AND state NOT IN ('queued', 'sending', 'uncertain') AND id IN ({chosen})"
        ),
        values,
    )


def note_receipt(message_id: uuid.UUID, *, provider_id: str, status: str, error_code: str | None) -> None:
    """Keep what the provider reports; a repeat changes nothing. The worker applies it.

    Receipts may overtake the answer to the hand-over itself: so none is applied by whoever receives it.
    """
    db.session.execute(
        text(
            "INSERT INTO receipts (id, message_id, provider_id, status, error_code, received_at)"
            " VALUES (:id, :message, :provider, :status, :error, :now)"
            " ON CONFLICT (provider_id, status) DO NOTHING"
        ),
        {
            "id": new_id(),
            "message": message_id,
            "provider": provider_id,
            "status": status,
            "error": error_code,
            "now": clock.now(),
        },
    )
