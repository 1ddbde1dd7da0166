"""The verbs: keep a text that comes in, take it up, heed the wish it stands for. Nothing is ever answered."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from bas_service import clock
from bas_service.database import db, new_id, rows
from bas_service.messaging import service
from bas_service.messaging.inbound_models import InboundText
from bas_service.messaging.inbound_rules import Wish, readable, wish_of
from bas_service.messaging.rules import BarReason, Channel


@dataclass(frozen=True, kw_only=True)
class TakenText:
    """A text in this worker's hands; ``sender`` is the number as the provider gave it."""

    id: uuid.UUID
    sender: str
    sender_digest: str
    body: str | None
    wish: Wish | None
    received_at: datetime


def note_text(provider_id: str, *, sender: str, body: str) -> None:
    """Keep a text as it came; a repeat changes nothing. The worker takes it from here."""
    said = readable(body)
    wish = wish_of(said)
    statement = insert(InboundText).values(
        id=new_id(),
        provider_id=provider_id,
        sender=sender,
        body=said,
        sender_digest=service.digest_of(Channel.SMS, sender),
        wish=wish.value if wish else None,
        received_at=clock.now(),
    )
    # Whichever of its keys is taken; to name one would need the right to read it.
    db.session.execute(statement.on_conflict_do_nothing())


def take_text() -> TakenText | None:
    """The oldest text nobody has taken, locked until the transaction ends; ``None`` when there is none."""
    found = rows(
        "SELECT id, sender, sender_digest, body, wish, received_at FROM inbound_texts WHERE taken_at IS NULL"
        " ORDER BY received_at, id LIMIT 1 FOR UPDATE SKIP LOCKED",
        sealed={"sender": "inbound_texts.sender", "body": "inbound_texts.body"},
    )
    return TakenText(**found[0] | {"wish": Wish(found[0]["wish"]) if found[0]["wish"] else None}) if found else None


def put_away(text: TakenText, *, known: bool) -> None:
    """Say of a taken text whether its number is somebody's: then what it says lies there, and no longer here."""
    values = {"taken_at": clock.now(), "known": known} | ({"sender": None, "body": None} if known else {})
    db.session.execute(update(InboundText).where(InboundText.id == text.id).values(values))


def heed(text: TakenText) -> bool:
    """Bar the sender's number from text messages, or lift that bar: whichever word of theirs came last, counts.

    Gives whether they are sent texts again from now on.
    """
    if text.wish is None:
        return False
    # Two workers may have two words of one sender: they decide one after the other.
    rows("SELECT pg_advisory_xact_lock(hashtextextended(:sender, 0))", sender=text.sender_digest)
    later = rows(
        "SELECT id FROM inbound_texts WHERE sender_digest = :sender AND wish IS NOT NULL"
        " AND (received_at, id) > (:received_at, :id) LIMIT 1",
        sender=text.sender_digest,
        received_at=text.received_at,
        id=text.id,
    )
    if later:
        return False
    change = service.bar_address if text.wish is Wish.STOP else service.lift_bar
    is_new = change(Channel.SMS, text.sender_digest, reason=BarReason.OPTED_OUT, by=text.id)
    return is_new and text.wish is Wish.START
