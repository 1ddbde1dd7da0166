"""What carries messages out: the interface, several as one, and the console that prints them as a phone would."""

import sys
import textwrap
from datetime import datetime
from typing import Protocol, TextIO

from bas_service import clock
from bas_service.database import new_id
from bas_service.messaging.jobs import Claimed
from bas_service.messaging.rules import Channel, HandOver, Verdict


class Gateway(Protocol):
    """A way out of the house; one instance serves all threads of a worker.

    A new channel is a class with these members, a line in the worker's ``CARRIERS``, and its tests.
    """

    @property
    def channels(self) -> frozenset[Channel]:
        """What it carries; it is given nothing else."""

    def hand_over(self, message: Claimed) -> HandOver:
        """Hand the message over once; never raises, never repeats by itself."""

    def find(self, message: Claimed) -> list[str]:
        """The provider's ids of messages that can be this one, the likeliest first; for messages in doubt.

        Raises ``LookupFailed`` when the provider does not answer.
        """

    def reachable(self) -> str | None:
        """``None`` when the provider answers and knows us, else what is wrong, in one sentence."""


class LookupFailed(Exception):
    """The provider did not say whether it has the message."""


class Gateways:
    """Several gateways as one: each message goes to the first that carries its channel."""

    def __init__(self, gateways: list[Gateway]) -> None:
        self._by_channel = {channel: one for one in reversed(gateways) for channel in one.channels}
        self._gateways = [one for one in gateways if one in self._by_channel.values()]

    @property
    def channels(self) -> frozenset[Channel]:
        """What any of them carries."""
        return frozenset(self._by_channel)

    def by(self, channel: Channel) -> Gateway:
        """The one that carries a channel."""
        return self._by_channel[channel]

    def hand_over(self, message: Claimed) -> HandOver:
        """Hand over by the message's channel."""
        return self.by(message.channel).hand_over(message)

    def find(self, message: Claimed) -> list[str]:
        """Look it up where it was handed over."""
        return self.by(message.channel).find(message)

    def reachable(self) -> str | None:
        """What is wrong with any of them."""
        return " ".join(wrong for one in self._gateways if (wrong := one.reachable())) or None


class ConsoleGateway:
    """Prints each message in a frame; nothing leaves the machine."""

    channels = frozenset(Channel)

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out

    def hand_over(self, message: Claimed) -> HandOver:
        """Print the message."""
        said = f"{message.subject_line}: {message.body}" if message.subject_line else message.body
        print(
            as_on_a_phone(message.recipient, said, clock.now(), channel=message.channel),
            file=self._out or sys.stdout,
            flush=True,
        )
        return HandOver(verdict=Verdict.ACCEPTED, provider_id=f"console-{new_id()}")

    def find(self, message: Claimed) -> list[str]:  # noqa: ARG002
        """Nobody can say any more what was printed: it is printed once more, and whoever reads it sees that."""
        return []

    def reachable(self) -> str | None:
        """The terminal always is."""
        return None


def as_on_a_phone(recipient: str, body: str, at: datetime, *, channel: Channel = Channel.SMS) -> str:
    """A message drawn as a phone shows it, with Riga's time."""
    width = 46
    name = {Channel.SMS: "SMS", Channel.EMAIL: "E-mail"}[channel]
    head = f" {clock.in_riga(at):%H:%M}  {name} -> {recipient} "
    lines = [f"│ {line:<{width}} │" for line in textwrap.wrap(body, width)]
    return "\n".join([f"╭{head:─^{width + 2}}╮", *lines, f"╰{'─' * (width + 2)}╯"])
