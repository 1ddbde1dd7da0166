"""What carries messages out: the interface, and the console that prints them as a phone would show them."""

import sys
import textwrap
from datetime import datetime
from typing import Protocol, TextIO

from bas_service import clock
from bas_service.database import new_id
from bas_service.messaging.jobs import Claimed
from bas_service.messaging.rules import HandOver, Verdict


class Gateway(Protocol):
    """A way out of the house; one instance serves all threads of a worker."""

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


class ConsoleGateway:
    """Prints each text in a frame; nothing leaves the machine."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out

    def hand_over(self, message: Claimed) -> HandOver:
        """Print the message."""
        print(
            as_on_a_phone(message.recipient, message.body, clock.now()),
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


def as_on_a_phone(recipient: str, body: str, at: datetime) -> str:
    """A text message drawn as a phone shows it, with Riga's time."""
    width = 46
    head = f" {clock.in_riga(at):%H:%M}  SMS -> {recipient} "
    lines = [f"│ {line:<{width}} │" for line in textwrap.wrap(body, width)]
    return "\n".join([f"╭{head:─^{width + 2}}╮", *lines, f"╰{'─' * (width + 2)}╯"])
