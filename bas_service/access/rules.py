"""Who may sign in, and what a token presented again means."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bas_service.errors import Refusal

ACCESS_KEPT = timedelta(minutes=15)
REFRESH_KEPT = timedelta(days=90)

# A person mistypes a few times; a machine guesses thousands of times. The pair of e-mail and address is
# counted, not the e-mail alone, so that nobody locks a colleague out from elsewhere.
FAILURES_COUNTED = timedelta(minutes=15)
MOST_FAILURES_OF_A_PAIR = 10
MOST_FAILURES_OF_AN_ADDRESS = 100

LEAST_PASSWORD_LENGTH = 12


class Role(StrEnum):
    """What an account is for."""

    SPECIALIST = "specialist"
    SUPERVISOR = "supervisor"
    COORDINATOR = "coordinator"
    ADMINISTRATOR = "administrator"


class SignInRefused(Refusal):
    """Wrong password, unknown e-mail or an account out of use: all the same to whoever asks."""

    status = 401


class AccountUnusable(Refusal):
    """An account cannot be made like this; ``reason`` says why."""


@dataclass(frozen=True, kw_only=True)
class TokenIdentity:
    """What a token says of itself: its own id and that of the token it was given in exchange for."""

    id: str
    parent: str | None


class Standing(StrEnum):
    """What a presented refresh token is."""

    CURRENT = "current"
    # The answer that carried its successor was lost on the way: give another one.
    ANSWER_LOST = "answer_lost"
    # Somebody uses a token whose successor is in use already: a copy is about.
    REUSED = "reused"


def standing_of(token: TokenIdentity, used: str | None) -> Standing:
    """Judge a refresh token by the device's last token known to have been used.

    Tokens given out since then are all children of that one, and none of them has been used: whoever comes
    with one of them, or once more with their parent, is the phone that lost an answer (sync.md).
    """
    if token.parent == used:
        return Standing.CURRENT
    if token.id == used:
        return Standing.ANSWER_LOST
    return Standing.REUSED


def wait_after(failures: list[datetime], most: int, now: datetime) -> int | None:
    """Seconds to wait before the next attempt, or ``None``; ``failures`` are the recent ones, oldest first."""
    if len(failures) < most:
        return None
    return max(1, int((failures[-most] + FAILURES_COUNTED - now).total_seconds()) + 1)
