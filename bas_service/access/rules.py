"""Who may sign in, and what a token presented again means."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil

from bas_service.errors import Refusal, SignInNeeded

ACCESS_KEPT = timedelta(minutes=15)
REFRESH_KEPT = timedelta(days=90)

# A browser stands on a desk that others pass: it is signed out after an hour in which nobody asked for anything,
# and at the end of a working day in any case.
BROWSER_IDLE = timedelta(hours=1)
BROWSER_KEPT = timedelta(hours=12)
# To know the idle time no better than this saves a write for nearly every page.
BROWSER_SEEN_EVERY = timedelta(minutes=1)

# A person mistypes a few times; a machine guesses thousands of times. So the wait doubles with every failure
# beyond a few, for the pair of e-mail and address, and for an address with many. From many addresses at once an
# account is slowed down only, and never for a device that has signed in to it before: nobody locks a colleague
# out from elsewhere.
FAILURES_COUNTED = timedelta(hours=1)
FREE_FAILURES_OF_A_PAIR = 5
FREE_FAILURES_OF_AN_ADDRESS = 100
FREE_FAILURES_OF_AN_ACCOUNT = 20
LONGEST_WAIT = timedelta(minutes=15)
LONGEST_WAIT_OF_AN_ACCOUNT = timedelta(seconds=60)

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


class SessionOver(SignInNeeded):
    """One sign-in lasts so long and no longer, however often it is used: sign in anew with the password."""


class OneTimeCodeNeeded(Refusal):
    """The password is right; this account asks for a code of the authenticator app as well."""

    status = 401


class OneTimeCodesMandatory(Refusal):
    """This role signs in with one-time codes: they must be set up before anything else."""

    status = 403


class CodesAlreadySetUp(Refusal):
    """One-time codes are in use already; remove them first."""


class CodesNotSetUp(Refusal):
    """There is no set-up of one-time codes that waits for its confirmation, or none to remove."""


class PasswordWrong(Refusal):
    """The present password, asked for again, is not right."""

    status = 403


class AccountUnusable(Refusal):
    """An account cannot be made like this; ``reason`` says why."""


class FormNotOurs(Refusal):
    """The form was sent from elsewhere, or before the present sign-in: load the page again."""

    status = 403


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


_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}\.[^@\s.]{2,}")


def is_email(text: str) -> bool:
    """Whether somebody can sign in with this as an e-mail address."""
    return _EMAIL.fullmatch(text) is not None


# The more telling name first: every browser calls itself several others too.
_BROWSERS = {
    "Firefox/": "Firefox",
    "Edg/": "Edge",
    "OPR/": "Opera",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
}


def browser_name_of(user_agent: str) -> str:
    """What a browser is called in the list of one's devices."""
    return next((name for mark, name in _BROWSERS.items() if mark in user_agent), "Browser")


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


def is_over(signed_in_at: datetime, *, kept: timedelta, now: datetime) -> bool:
    """Whether a sign-in has lasted as long as any may (OWASP ASVS 5.0, 7.3.2)."""
    return now >= signed_in_at + kept


def wait_after(failures: list[datetime], *, free: int, longest: timedelta, now: datetime) -> int:
    """Seconds to wait before the next attempt, 0 for none; ``failures`` are the recent ones, oldest first."""
    if len(failures) < free:
        return 0
    wait = min(longest.total_seconds(), 2.0 ** min(len(failures) - free, 20))
    return max(0, ceil((failures[-1] - now).total_seconds() + wait))
