"""How fast messages go out: from one sender in a second, to one number in a while, all workers together.

A channel's sender is a row that whoever claims holds until it has written down what it takes, so the limits hold
whatever number of workers there are. What has to wait stays in the outbox as it is: it is looked at again like
everything else before it goes out, and a change that comes meanwhile takes its place.
"""

import logging
import time
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from bas_service.database import rows
from bas_service.messaging import rules
from bas_service.messaging.rules import Channel, Quiet

log = logging.getLogger(__name__)

# In one order, so that no two who ask for both channels wait for each other.
_TAKE_TURNS = """
    SELECT asked.channel, turns.granted, turns.again_in
    FROM unnest(CAST(:channels AS text[]), CAST(:senders AS text[]), CAST(:wanted AS int[]),
        CAST(:together AS int[]), CAST(:apart AS interval[])) AS asked(channel, sender, wanted, together, apart)
    CROSS JOIN LATERAL take_turns(asked.channel, asked.sender, asked.wanted, asked.together, asked.apart) AS turns
"""
# Of these texts those whose number has had enough for now. What reached nobody does not count; what is urgent goes
# out anyway, and in time for that the others are looked at again.
_HOLD_BACK = """
    WITH mine AS (
        SELECT id, recipient_digest, least(useful_until, wanted_by) - :near AS urgent_at, row_number() OVER (
            PARTITION BY recipient_digest
            ORDER BY least(useful_until, wanted_by) > now() + :near, next_attempt_at, id) AS place
        FROM messages WHERE id = ANY(:ids) AND channel = 'sms' AND recipient_digest IS NOT NULL)
    UPDATE messages SET next_attempt_at = least(lately.over_at, mine.urgent_at)
    FROM mine CROSS JOIN LATERAL (
        SELECT count(*) AS texts, coalesce(min(gone.attempted_at), now()) + :within AS over_at FROM messages gone
        WHERE gone.channel = 'sms' AND gone.recipient_digest = mine.recipient_digest
            AND gone.attempted_at > now() - :within
            AND gone.state IN ('sending', 'handed_over', 'delivered', 'uncertain')) AS lately
    WHERE messages.id = mine.id AND mine.urgent_at > now() AND lately.texts + mine.place > :most
    RETURNING messages.id
"""
# What is held back gives its turns to the others; whoever asks for them waits until this transaction ends.
_GIVE_BACK = """
    UPDATE sender_turns SET waited_for_number = waited_for_number + :number, next_at = next_at - :number * :apart
    WHERE channel = :channel AND sender = :sender
    RETURNING greatest(extract(epoch FROM next_at - clock_timestamp()), 0) AS again_in
"""


@dataclass(frozen=True, kw_only=True)
class Sender:
    """What messages come from, and how many may in a second."""

    name: str
    per_second: int


@dataclass(kw_only=True)
class Pace:
    """The limits that a worker keeps to, and what it knows of the next turns of its senders.

    A message of use for no longer than ``near`` is urgent: no number's limit holds it back, and it goes before all
    others while there are more than may go.
    """

    senders: Mapping[Channel, Sender]
    # At most so many texts to one number within so much time; None: any number of them.
    per_number: int | None = None
    within: timedelta = timedelta(0)
    near: timedelta = rules.NEVER_HELD_BACK
    # When these are quiet hours.
    quiet: Quiet | None = None
    # When each sender's next turn is, by this process's clock: others may take it, and never bring it nearer.
    _next_turns: dict[Channel, float] = field(default_factory=dict)
    # Whose messages waited when they were looked for last.
    _pressed: set[Channel] = field(default_factory=set)

    def heed(
        self, per_number: int | None, *, within: timedelta, urgent: timedelta, quiet: Quiet | None = None
    ) -> None:
        """Keep to what the policy says of one number, of quiet hours and of what is urgent; the last half hour is."""
        self.per_number, self.within, self.near = per_number, within, max(urgent, rules.NEVER_HELD_BACK)
        self.quiet = quiet

    @property
    def is_pressed(self) -> bool:
        """Whether more was due lately than might go out."""
        return bool(self._pressed)

    def until_the_next_turn(self) -> float | None:
        """In how many seconds to look again, where something waits for its sender's turn.

        A turn that has come is told once: what the look at it finds decides whether there is a next one.
        """
        if not self._next_turns:
            return None
        now = time.monotonic()
        wait = max(min(self._next_turns.values()) - now, 0.0)
        self._next_turns = {channel: turn for channel, turn in self._next_turns.items() if turn > now}
        return wait

    def whose_turn_it_is(self, channels: Iterable[Channel]) -> list[Channel]:
        """Those of the channels by which something may go out now, as far as this worker knows."""
        return [one for one in channels if self._next_turns.get(one, 0.0) <= time.monotonic()]

    def waits(self, channel: Channel, *, seconds: float) -> None:
        """More is due than may go out; the sender's next turn is in so many seconds."""
        if channel not in self._pressed:
            log.info("%s: messages wait; the sender has %d a second", channel, self.senders[channel].per_second)
        self._pressed.add(channel)
        self._next_turns[channel] = time.monotonic() + seconds

    def has_room(self, channel: Channel, *, seconds: float) -> None:
        """Turns were given back: where something waits, the next one comes sooner."""
        if channel in self._next_turns:
            self._next_turns[channel] = time.monotonic() + seconds

    def nothing_waits(self, channels: Iterable[Channel]) -> None:
        """All that was due may go out."""
        for channel in self._pressed.intersection(channels):
            log.info("%s: nothing waits for the sender's turn any more", channel)
        self._pressed.difference_update(channels)


def within_the_pace(right: list[dict[str, Any]], pace: Pace) -> list[uuid.UUID]:
    """Of messages that are right to send, in the order of their turns, those that may go out now.

    Holds the senders until the transaction ends. The others stay as they are, or wait until their number had a rest.
    """
    granted = _turns_for(Counter(Channel(row["channel"]) for row in right), pace)
    may_go = []
    for row in right:
        channel = Channel(row["channel"])
        if granted[channel] > 0:
            granted[channel] -= 1
            may_go.append(row["id"])
    held_back = _held_back(may_go, pace)
    return [one for one in may_go if one not in held_back]


def _turns_for(wanted: Counter[Channel], pace: Pace) -> Counter[Channel]:
    asked = [(channel, pace.senders[channel]) for channel in sorted(wanted)]
    turns = [rules.turns_of(sender.per_second) for _, sender in asked]
    found = rows(
        _TAKE_TURNS,
        channels=[channel.value for channel, _ in asked],
        senders=[sender.name for _, sender in asked],
        wanted=[wanted[channel] for channel, _ in asked],
        together=[together for together, _ in turns],
        apart=[apart for _, apart in turns],
    )
    for row in found:
        channel = Channel(row["channel"])
        if row["granted"] < wanted[channel]:
            pace.waits(channel, seconds=row["again_in"])
        else:
            pace.nothing_waits([channel])
    return Counter({Channel(row["channel"]): row["granted"] for row in found})


def _held_back(may_go: list[uuid.UUID], pace: Pace) -> set[uuid.UUID]:
    if pace.per_number is None or not may_go:
        return set()
    found = rows(_HOLD_BACK, ids=may_go, most=pace.per_number, within=pace.within, near=pace.near)
    if found:
        log.info("%d texts wait: their numbers got %d lately", len(found), pace.per_number)
        sender = pace.senders[Channel.SMS]
        _, apart = rules.turns_of(sender.per_second)
        (given,) = rows(_GIVE_BACK, channel=Channel.SMS.value, sender=sender.name, number=len(found), apart=apart)
        pace.has_room(Channel.SMS, seconds=float(given["again_in"]))
    return {row["id"] for row in found}
