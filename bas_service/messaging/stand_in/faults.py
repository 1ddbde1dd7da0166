"""What the stand-in for Twilio can be told to do wrong: one kind of value, a function per fault, plans of
them.

Every fault here is one that a client of Twilio meets sooner or later; which of them are safe to repeat and
which are ambiguous is told by when they strike: before or after the text was accepted.
"""

import random
import threading
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum

Form = Mapping[str, str]


class ReceiptOrder(StrEnum):
    """How the receipts of one text are sent to its status callback."""

    IN_ORDER = "in_order"
    BEFORE_THE_ANSWER = "before_the_answer"
    DUPLICATED = "duplicated"
    OUT_OF_ORDER = "out_of_order"
    LOST = "lost"
    FORGED = "forged"


@dataclass(frozen=True, slots=True)
class ErrorAnswer:
    """An error as Twilio words it: HTTP status and Twilio's own code; `retry_after` in seconds."""

    status: int
    code: int
    message: str
    retry_after: int | None = None

    def as_json(self) -> dict[str, object]:
        """The body of the answer, with the four fields Twilio's description requires."""
        return {
            "code": self.code,
            "message": self.message,
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.status,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong with one request. The defaults are Twilio on a good day; times are in seconds.

    The fields are in the order in which they strike. `ends_as` is the last state the text reaches.
    """

    name: str
    concerns_lists: bool = False
    wait_before_accepting: float = 0.0
    reset_before_accepting: bool = False
    instead_of_accepting: ErrorAnswer | None = None
    receipts: ReceiptOrder = ReceiptOrder.IN_ORDER
    wait_before_receipts: float = 0.0
    ends_as: str = "delivered"
    error_code: int | None = None
    wait_before_answering: float = 0.0
    reset_after_accepting: bool = False
    instead_of_the_answer: ErrorAnswer | None = None

    def together_with(self, other: "Fault") -> "Fault":
        """Let both go wrong with one request: say, a reset after accepting, and the receipts lost as well."""
        if self.concerns_lists != other.concerns_lists:
            raise ValueError("a fault of sending and a fault of listing never meet in one request")
        changes = {
            field.name: getattr(other, field.name)
            for field in fields(other)
            if getattr(other, field.name) != field.default
        }
        return replace(self, **changes | {"name": f"{self.name} + {other.name}"})


# A plan answers for the n-th request (from 1) and its form what goes wrong, or None.
Plan = Callable[[int, Form], Fault | None]

NOTHING = Fault(name="nothing")


def slow_answer(seconds: float) -> Fault:
    """Accepts at once and answers late: the client's read time-out, with the text on its way."""
    return Fault(name="slow_answer", wait_before_answering=seconds)


def slow_before_accepting(seconds: float) -> Fault:
    """Thinks first and accepts then: after the client has given up, the text goes out all the same."""
    return Fault(name="slow_before_accepting", wait_before_accepting=seconds)


def too_many_requests(retry_after: int = 1) -> Fault:
    """429 with Retry-After in seconds; never accepted, so safe to repeat."""
    answer = ErrorAnswer(429, 20429, "Too many requests at once", retry_after)
    return Fault(name="too_many_requests", instead_of_accepting=answer)


def server_error(status: int = 500) -> Fault:
    """A 5xx before anything was accepted; the client cannot tell it from the next one."""
    return Fault(name="server_error", instead_of_accepting=_breakdown(status))


def server_error_after_accepting(status: int = 500) -> Fault:
    """A 5xx although the text is on its way."""
    return Fault(name="server_error_after_accepting", instead_of_the_answer=_breakdown(status))


def reset_before_accepting() -> Fault:
    """The connection is reset (RST) with the request read and nothing accepted."""
    return Fault(name="reset_before_accepting", reset_before_accepting=True)


def reset_after_accepting() -> Fault:
    """The connection is reset (RST) instead of the answer; the text is on its way."""
    return Fault(name="reset_after_accepting", reset_after_accepting=True)


def refused(code: int, status: int = 400) -> Fault:
    """Refused with this error code of Twilio's."""
    answer = ErrorAnswer(status, code, f"Refused by the stand-in with {code}")
    return Fault(name=f"refused_{code}", instead_of_accepting=answer)


def receipt_before_answer() -> Fault:
    """All receipts arrive before the create call is answered."""
    return Fault(name="receipt_before_answer", receipts=ReceiptOrder.BEFORE_THE_ANSWER)


def receipts_duplicated() -> Fault:
    """Every receipt arrives twice."""
    return Fault(name="receipts_duplicated", receipts=ReceiptOrder.DUPLICATED)


def receipts_out_of_order() -> Fault:
    """The last receipt arrives first."""
    return Fault(name="receipts_out_of_order", receipts=ReceiptOrder.OUT_OF_ORDER)


def receipts_lost() -> Fault:
    """The text is delivered and no receipt ever arrives; a fetch tells the state."""
    return Fault(name="receipts_lost", receipts=ReceiptOrder.LOST)


def receipts_late(seconds: float) -> Fault:
    """No receipt arrives before so much time has passed."""
    return Fault(name="receipts_late", wait_before_receipts=seconds)


def receipts_forged() -> Fault:
    """Before the true receipts somebody else's arrives: it says failed, and Twilio has not signed it."""
    return Fault(name="receipts_forged", receipts=ReceiptOrder.FORGED)


def delivery_failed(code: int = 30003, status: str = "undelivered") -> Fault:
    """Accepted, and later reported as `undelivered` or `failed` with this error code."""
    if status not in ("undelivered", "failed"):
        raise ValueError(f"a delivery fails as undelivered or failed, not as {status}")
    return Fault(name=f"{status}_{code}", ends_as=status, error_code=code)


def never_confirmed() -> Fault:
    """The text stays `sent` for ever, as with operators that report nothing back."""
    return Fault(name="never_confirmed", ends_as="sent")


def list_fails(status: int = 500) -> Fault:
    """The next list of messages answers with this status; sending goes on."""
    return Fault(name="list_fails", concerns_lists=True, instead_of_accepting=_breakdown(status))


def named(words: str) -> Fault:
    """The fault of this name, with its number behind a colon where it has one: `slow_answer:5`, `refused:21211`.

    Raises ValueError on a name or a number that there is none of.
    """
    name, _, number = words.partition(":")
    if name not in _NAMED:
        raise ValueError(f"there is no fault {name!r}; there are: {', '.join(_NAMED)}")
    make, usual = _NAMED[name]
    if usual is None:
        if number:
            raise ValueError(f"{name} takes no number")
        return make()
    try:
        value = type(usual)(number) if number else usual
    except ValueError:
        raise ValueError(f"{name} takes a number, such as {name}:{usual}") from None
    if not 0 <= value <= _LARGEST_NUMBER:
        raise ValueError(f"{name} takes a number from 0 to {_LARGEST_NUMBER}")
    return make(value)


def mixed(share: float) -> dict[Fault, float]:
    """Everything that can go wrong with this share of all requests, each fault as often as the others."""
    sending = [named(words) for words in EVERYTHING]
    lists = [list_fails(500), list_fails(503)]
    return {fault: share / len(sending) for fault in sending} | {fault: share / len(lists) for fault in lists}


def by_chance(probabilities: Mapping[Fault, float], *, seed: int) -> Plan:
    """Draw for each request at most one of these faults; the same seed and number always draw the same.

    A probability is between 0 and 1; all of them together at most 1. Raises ValueError otherwise.
    """
    shares = list(probabilities.items())
    # The sum of many hundredths is not exactly one in binary.
    if any(share < 0 for _, share in shares) or sum(share for _, share in shares) > 1 + 1e-9:
        raise ValueError("probabilities are between 0 and 1 and together at most 1")

    def plan(number: int, _form: Form) -> Fault | None:
        # A generator per request: threads interleave, and the n-th request must not depend on the others.
        drawn = random.Random(f"{seed}/{number}").random()  # noqa: S311 - dice, no secret
        for fault, share in shares:
            drawn -= share
            if drawn < 0:
                return fault
        return None

    return plan


class Misbehaviour:
    """Decide for each request of one kind what goes wrong: faults queued for the next ones first, then the
    plan.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queue: deque[Fault] = deque()
        self._plan: Plan | None = None
        self._requests = 0
        self._used: Counter[str] = Counter()

    def queue(self, fault: Fault) -> None:
        """Keep the fault for the first request that has none yet."""
        with self._lock:
            self._queue.append(fault)

    def follow(self, plan: Plan | None) -> None:
        """Ask this plan whenever nothing is queued; None forgets it and the queue."""
        with self._lock:
            self._plan = plan
            if plan is None:
                self._queue.clear()

    def next(self, form: Form) -> Fault:
        """Count the request and answer what goes wrong with it; `NOTHING` when all goes well."""
        with self._lock:
            self._requests += 1
            number, plan = self._requests, self._plan
            fault = self._queue.popleft() if self._queue else None
        if fault is None and plan is not None:
            # Outside the lock: a plan is the tester's own code and may take its time.
            fault = plan(number, form)
        if fault is None:
            return NOTHING
        with self._lock:
            self._used[fault.name] += 1
        return fault

    def used(self) -> Counter[str]:
        """Count by name the faults that struck so far (a copy)."""
        with self._lock:
            return self._used.copy()


def _breakdown(status: int) -> ErrorAnswer:
    return ErrorAnswer(status, 20000 + status, "The service is out of order")


_LARGEST_NUMBER = 1_000_000
# Every fault by its name, with the number it takes, if any.
_NAMED: dict[str, tuple[Callable[..., Fault], int | float | None]] = {
    "slow_answer": (slow_answer, 12.0),
    "slow_before_accepting": (slow_before_accepting, 12.0),
    "too_many_requests": (too_many_requests, 1),
    "server_error": (server_error, 500),
    "server_error_after_accepting": (server_error_after_accepting, 500),
    "reset_before_accepting": (reset_before_accepting, None),
    "reset_after_accepting": (reset_after_accepting, None),
    "refused": (refused, 21211),
    "receipt_before_answer": (receipt_before_answer, None),
    "receipts_duplicated": (receipts_duplicated, None),
    "receipts_out_of_order": (receipts_out_of_order, None),
    "receipts_lost": (receipts_lost, None),
    "receipts_late": (receipts_late, 30.0),
    "receipts_forged": (receipts_forged, None),
    "undelivered": (delivery_failed, 30003),
    "failed": (lambda code: delivery_failed(code, "failed"), 30005),
    "never_confirmed": (never_confirmed, None),
    "list_fails": (list_fails, 500),
}
# One of each row of what a client of Twilio meets. What is wrong with the account or its settings is not among
# them: it stops everything until somebody mends it, so it only comes when it is asked for (`refused:20003`).
EVERYTHING = (
    *("slow_answer", "slow_before_accepting", "too_many_requests", "refused:21611"),
    *("server_error:500", "server_error:503", "server_error_after_accepting:500", "server_error_after_accepting:504"),
    *("reset_before_accepting", "reset_after_accepting"),
    # The number, this text, too late, our own mistake.
    *("refused:21211", "refused:21610", "refused:21617", "refused:30036", "refused:21605"),
    *("undelivered:30003", "undelivered:30008", "failed:30005", "failed:30007", "never_confirmed"),
    *("receipt_before_answer", "receipts_duplicated", "receipts_out_of_order", "receipts_lost"),
    *("receipts_late:30", "receipts_forged"),
)
