"""The outbox's verbs: put messages in, take them back, note what the provider reports."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, text

from bas_service import clock
from bas_service.database import db, new_id
from bas_service.messaging.models import Message
from bas_service.messaging.rules import MessageState
from bas_service.messaging.segments import parts_of
from bas_service.sealing import keys


@dataclass(frozen=True, kw_only=True)
class NewMessage:
    """A text message to be handed over; one that is not ``needed`` is kept for the record only.

    ``subject_id`` names whose file it belongs to: who may see that, may see the message.
    """

    id: uuid.UUID
    subject_id: uuid.UUID
    recipient: str
    body: str
    not_before: datetime
    useful_until: datetime
    needed: bool


def post(messages: list[NewMessage]) -> None:
    """Put messages into the outbox; the worker is told when the transaction commits."""
    now = clock.now()
    db.session.execute(
        insert(Message),
        [
            {
                "id": message.id,
                "subject_id": message.subject_id,
                "channel": "sms",
                "recipient": message.recipient,
                "recipient_digest": keys().digest(message.recipient, "phone"),
                "body": message.body,
                "parts": parts_of(message.body),
                "state": MessageState.QUEUED if message.needed else MessageState.WITHDRAWN,
                "useful_until": message.useful_until,
                "next_attempt_at": message.not_before,
                "attempts": 0,
                "checks": 0,
                "repeated": False,
                "created_at": now,
            }
            for message in messages
        ],
    )


def withdraw(chosen: str, **values: Any) -> None:
    """Withdraw those of the messages chosen by a SELECT of ids that have not gone out.

    One being handed over at this moment stays: its row is locked or already past ``queued``.
    """
    db.session.execute(
        text(f"UPDATE messages SET state = 'withdrawn' WHERE state = 'queued' AND id IN ({chosen})"),  # noqa: S608
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
