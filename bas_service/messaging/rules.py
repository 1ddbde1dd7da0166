"""The life of a message: its states, what a gateway's answer or a receipt makes of it, when to try again."""

import math
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Channel(StrEnum):
    """What a message goes out by."""

    SMS = "sms"
    EMAIL = "email"


class ChannelState(StrEnum):
    """``closed`` as of a circuit: the channel works. ``half_open``: it is tried with one message."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class BarReason(StrEnum):
    """Why nothing more is sent to an address."""

    WRONG_NUMBER = "wrong_number"
    OPTED_OUT = "opted_out"
    BOUNCED = "bounced"


class MessageState(StrEnum):
    """``sending`` and ``spare`` are the outbox's own: claimed by a worker, answer not known yet; in reserve."""

    QUEUED = "queued"
    SENDING = "sending"
    HANDED_OVER = "handed_over"
    DELIVERED = "delivered"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"
    UNCERTAIN = "uncertain"
    # In reserve for another channel, should the message by the first one not arrive.
    SPARE = "spare"


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
    # Nothing more is to be sent to the address.
    bars: BarReason | None = None


@dataclass(frozen=True, kw_only=True)
class Quiet:
    """Hours in which families sleep: nothing goes out before ``until``, but what is wanted ``unless_before``."""

    until: datetime
    unless_before: datetime


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

# By which a text has left the provider: what it was accepted with is in order.
LEFT_THE_PROVIDER = frozenset({"sent", "delivered", "read"})

# What lies in reserve was never handed over.
_FINAL = {MessageState.DELIVERED, MessageState.FAILED, MessageState.SPARE}

# From which states a receipt may move a message: whatever we believe, what the provider reports is later
# truth, except that delivered and failed are final.
MOVED_BY_RECEIPT: dict[MessageState, tuple[MessageState, ...]] = {
    MessageState.HANDED_OVER: (
        MessageState.QUEUED,
        MessageState.SENDING,
        MessageState.UNCERTAIN,
        MessageState.WITHDRAWN,
    ),
    MessageState.DELIVERED: tuple(set(MessageState) - _FINAL),
    MessageState.FAILED: tuple(set(MessageState) - _FINAL),
}

# Twilio's codes, in answers and in receipts, by which nothing will ever reach a number.
BARRING_CODES: dict[str, BarReason] = dict.fromkeys(
    ("21211", "21214", "21217", "21614", "21635", "21265", "21268", "30004", "30005", "30006"), BarReason.WRONG_NUMBER
) | {"21610": BarReason.OPTED_OUT}

# Codes of settings that are wrong for every message: the channel stops, nothing is burnt.
MISCONFIGURED_CODES = frozenset(
    ("20003", "20403", "10001", "90010", "30002", "21212", "21606", "21657", "21659", "21660", "21661", "21703")
    + ("21705", "21267", "30018", "30024", "30042")
)
# The account may not send to this country, from this sender, or to this number yet: one such family must not
# hold up all others. Where nobody else is reached either, it is the channel that does not work.
HELD_CODES = frozenset({"21408", "21608", "21612"})
# So many numbers, while nothing is accepted for any other one.
HELD_NUMBERS_THAT_OPEN = 8
HELD_WITHIN = timedelta(minutes=5)
# Those that only a receipt tells: the text was accepted, so that the next one is accepted proves nothing.
TOLD_BY_RECEIPTS = frozenset({"30002", "30018", "30024", "30042"})
# What is wrong with a text itself, or with how we ask: its family is told by another way, and somebody must look.
# Filtered; too long; no number, no text, no sender (our own defect).
REFUSED_TEXT_CODES = frozenset({"30007", "21617", "21602", "21603", "21604", "21605", "21609"})
_OUR_DEFECTS = "351"


def is_refused_text(code: str) -> bool:
    """Whether an error code is about the text, or about a defect of ours, and no number or setting."""
    return code in REFUSED_TEXT_CODES or len(code) == 5 and code.startswith(_OUR_DEFECTS)


def hashed_as(channel: Channel, address: str) -> tuple[str, str]:
    """What of an address is hashed, and for which purpose: as whoever keeps addresses of people hashes them."""
    return (address.lower(), "email") if channel is Channel.EMAIL else (address, "phone")


LONGEST_BACK_OFF = timedelta(minutes=5)
MISCONFIGURED_PAUSE = timedelta(seconds=60)
# So many tries without a clear answer, one after the other, and the channel itself is what does not work.
FAILURES_THAT_OPEN = 8
LONGEST_BETWEEN_PROBES = timedelta(minutes=15)
# Nearer to the meeting a message in doubt is not repeated: two texts at the door do more harm than a call.
LEAST_TIME_FOR_A_REPEAT = timedelta(minutes=15)
# Whatever the policy calls urgent: so shortly before a text stops being of use nothing holds it back any more.
NEVER_HELD_BACK = timedelta(minutes=30)
# In seconds; what took longer than the last is counted apart. The database counts by the same (0062).
SENDING_TIMES = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 1800.0, 3600.0)
# What may pass, reported of a text that was accepted: a phone that is off, a network or a queue that is full,
# settings that somebody mends (messaging facts).
ONCE_MORE_CODES = frozenset({"30003", "30008", "30500", "30017", "30410", "30001", "30450"}) | MISCONFIGURED_CODES
# How long at least until what passes has passed.
REST = {"30450": timedelta(minutes=30)}


def turns_of(per_second: int) -> tuple[int, timedelta]:
    """How many messages may go out from a sender together, and how far apart their turns are.

    So that within no second, wherever it begins, more go out than ``per_second``: what goes together at its end was
    not yet counted, so it takes from all the others' time.
    """
    together = max(1, per_second // 10)
    # Rounded up: a microsecond too little is one message too many.
    return together, timedelta(microseconds=math.ceil(1_000_000 / (per_second - together + 1)))


def until_the_probe(openings_before: int, chance: random.Random) -> timedelta:
    """How long a channel that just opened rests: a minute, doubling to 15, spread a little."""
    longest = min(LONGEST_BETWEEN_PROBES, MISCONFIGURED_PAUSE * 2.0 ** min(openings_before, 10))
    return longest * chance.uniform(0.75, 1.0)


def back_off(attempts: int, retry_after: float | None, chance: random.Random) -> timedelta:
    """How long to wait after a passing error: doubling from 2 s to 5 min, spread so that not all come at once."""
    longest = min(LONGEST_BACK_OFF.total_seconds(), 2.0 ** min(attempts, 10))
    wait = longest * chance.uniform(0.5, 1.0)
    return timedelta(seconds=max(wait, retry_after or 0.0))
