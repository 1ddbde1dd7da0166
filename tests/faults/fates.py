"""What Twilio does to each message, thrown by dice for the message and its try: the same whoever sends, and when.

So it can be said beforehand what must become of each of them, whatever the threads and processes do meanwhile.
"""

import random
import threading
import uuid
from collections import Counter
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from tests.faults.stand_in import (
    Fault,
    receipt_before_answer,
    receipts_duplicated,
    receipts_lost,
    receipts_out_of_order,
    reset_after_accepting,
    reset_before_accepting,
    server_error,
    server_error_after_accepting,
    slow_answer,
    slow_before_accepting,
    too_many_requests,
)

# With a client that waits for a second: what it accepts too late is there a second after the client gave up.
SEND_TIMEOUT = 1.0
GOOD_DAYS = (None, None, slow_answer(0.05), slow_before_accepting(0.05), receipt_before_answer())
GOOD_DAYS += (receipts_duplicated(), receipts_out_of_order())
SILENT = receipts_lost()
REFUSALS = (too_many_requests(1),)
ACCEPTED_ALL_THE_SAME = (
    server_error_after_accepting(500),
    server_error_after_accepting(503),
    reset_after_accepting(),
    slow_answer(2.0),
    slow_before_accepting(2.0),
)
NEVER_ACCEPTED = (server_error(500), server_error(503), reset_before_accepting())


@dataclass(frozen=True)
class Outcome:
    """What must have become of a message in the end."""

    state: str
    tries: int
    times_there: int


class Fates:
    """Dice for every try of every message."""

    def __init__(self, seed: object, *, bad_days: float) -> None:
        self._seed = seed
        self._bad_days = bad_days
        self._lock = threading.Lock()
        self._tries: Counter[uuid.UUID] = Counter()

    def plan(self, _number: int, form: dict[str, str]) -> Fault | None:
        """What the stand-in is to do with this request."""
        message_id = uuid.UUID(parse_qs(urlsplit(form["StatusCallback"]).query)["ref"][0])
        with self._lock:
            self._tries[message_id] += 1
            this_try = self._tries[message_id]
        return self._of(message_id, this_try)

    def _of(self, message_id: uuid.UUID, this_try: int) -> Fault | None:
        dice = random.Random(f"{self._seed}/{message_id}/{this_try}")
        if dice.random() >= self._bad_days:
            return SILENT if dice.random() < 0.1 else dice.choice(GOOD_DAYS)
        return dice.choice(dice.choice([REFUSALS, ACCEPTED_ALL_THE_SAME, NEVER_ACCEPTED]))

    def outcome_of(self, message_id: uuid.UUID) -> Outcome:
        """What must become of it when no worker dies: a refusal is repeated, a doubt once, if it is not there."""
        doubts, tries = 0, 0
        while True:
            tries += 1
            fault = self._of(message_id, tries)
            if fault in NEVER_ACCEPTED:
                doubts += 1
                if doubts == 2:
                    return Outcome("uncertain", tries, 0)
            elif fault not in REFUSALS:
                return Outcome("handed_over" if fault is SILENT else "delivered", tries, 1)
