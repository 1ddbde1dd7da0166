"""The life of a message: its states, what a gateway's answer or a receipt makes of it, when to try again."""

import random
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Channel(StrEnum):
    """What a message goes out by."""

    SMS = "sms"
    EMAIL = "email"


class BarReason(StrEnum):
    """Why nothing more is sent to an address."""

    WRONG_NUMBER = "wrong_number"
    OPTED_OUT = "opted_out"
    BOUNCED = "bounced"


class MessageState(StrEnum):
    """``sending`` is the outbox's own: claimed by a worker, answer not known yet."""

    QUEUED = "queued"
    SENDING = "sending"
    HANDED_OVER = "handed_over"
    DELIVERED = "delivered"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"
    UNCERTAIN = "uncertain"


class ShownState(StrEnum):
    """The states a caller sees."""

    QUEUED = "queued"
    HANDED_OVER = "handed_over"
    DELIVERED = "delivered"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"
    UNCERTAIN = "uncertain"


class Verdict(StrEnum):
    """What a gateway's answer means for the message."""

    ACCEPTED = "accepted"
    # Certainly not accepted, and may be in a while.
    PASSING = "passing"
    # Final for this recipient or this text.
    REFUSED = "refused"
    # Final for every message until somebody mends the settings: the channel pauses, nothing is burnt.
    MISCONFIGURED = "misconfigured"
    # Final for this recipient until somebody mends the settings: it waits, the others go on.
    HELD = "held"
    # Nobody knows whether it was accepted: never repeated blindly.
    AMBIGUOUS = "ambiguous"


@dataclass(frozen=True, kw_only=True)
class HandOver:
    """A gateway's answer: the provider's id, or an error code and how long to wait."""

    verdict: Verdict
    provider_id: str | None = None
    error_code: str | None = None
    retry_after: float | None = None


# Twilio's statuses by how far they are; a receipt that comes late never moves a message back.
PROVIDER_STATUSES: dict[str, MessageState] = {
    "accepted": MessageState.HANDED_OVER,
    "scheduled": MessageState.HANDED_OVER,
    "queued": MessageState.HANDED_OVER,
    "sending": MessageState.HANDED_OVER,
    "sent": MessageState.HANDED_OVER,
    "delivered": MessageState.DELIVERED,
    "read": MessageState.DELIVERED,
    "undelivered": MessageState.FAILED,
    "failed": MessageState.FAILED,
    "canceled": MessageState.FAILED,
}

# From which states a receipt may move a message: whatever we believe, what the provider reports is later
# truth, except that delivered and failed are final.
MOVED_BY_RECEIPT: dict[MessageState, tuple[MessageState, ...]] = {
    MessageState.HANDED_OVER: (
        MessageState.QUEUED,
        MessageState.SENDING,
        MessageState.UNCERTAIN,
        MessageState.WITHDRAWN,
    ),
    MessageState.DELIVERED: tuple(set(MessageState) - {MessageState.DELIVERED, MessageState.FAILED}),
    MessageState.FAILED: tuple(set(MessageState) - {MessageState.DELIVERED, MessageState.FAILED}),
}


def hashed_as(channel: Channel, address: str) -> tuple[str, str]:
    """What of an address is hashed, and for which purpose: as whoever keeps addresses of people hashes them."""
    return (address.lower(), "email") if channel is Channel.EMAIL else (address, "phone")


LONGEST_BACK_OFF = timedelta(minutes=5)
MISCONFIGURED_PAUSE = timedelta(seconds=60)
# Nearer to the meeting a message in doubt is not repeated: two texts at the door do more harm than a call.
LEAST_TIME_FOR_A_REPEAT = timedelta(minutes=15)


def back_off(attempts: int, retry_after: float | None, chance: random.Random) -> timedelta:
    """How long to wait after a passing error: doubling from 2 s to 5 min, spread so that not all come at once."""
    longest = min(LONGEST_BACK_OFF.total_seconds(), 2.0 ** min(attempts, 10))
    wait = longest * chance.uniform(0.5, 1.0)
    return timedelta(seconds=max(wait, retry_after or 0.0))
