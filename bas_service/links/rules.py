"""What is asked through a link, in which words, how far a request has come, what a link's holder is refused."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from bas_service.children.rules import Scope
from bas_service.errors import Refusal
from bas_service.messaging.rules import Channel, MessageState
from bas_service.messaging.segments import DiacriticsPolicy, fit
from bas_service.translation import Language, text_of

# What is agreed to, refused or taken back has a version: whoever changes its texts raises it (a test says so).
WORDING_VERSION = "1"
# How long a page that shows something may stay open before its holder proves anew who they are.
PAGE_KEPT = timedelta(minutes=15)
# Of the telephone number that the text went to, its holder tells the last four.
DIGITS = 4
MOST_MEETINGS = 50
MOST_USER_AGENT = 300
# Usually a message goes out within seconds; one that waits for longer waits for a channel that does not work.
STUCK_AFTER = timedelta(minutes=5)


class LinkPurpose(StrEnum):
    """What a link is for, and for nothing else."""

    CONSENT = "consent"
    SEE = "see"


class Factor(StrEnum):
    """What the holder of a link must know besides: it is not in the message."""

    PHONE_DIGITS = "phone_digits"
    BIRTH_DATE = "birth_date"


class Answer(StrEnum):
    """What a representative answers to a request."""

    YES = "yes"
    NO = "no"


class Act(StrEnum):
    """What a proof is of."""

    AGREED = "agreed"
    REFUSED = "refused"
    WITHDREW = "withdrew"


class Did(StrEnum):
    """What somebody who came in by a link did that needs no proof."""

    OPENED = "opened"
    CONFIRMED = "confirmed"


class RequestState(StrEnum):
    """How far a request has come."""

    SENT = "sent"
    # Its message failed, or is in doubt or stuck: the representative may know nothing of it.
    NOT_ARRIVED = "not_arrived"
    OPENED = "opened"
    YES = "yes"
    NO = "no"
    EXPIRED = "expired"
    # Too many wrong tries.
    LOCKED = "locked"
    WITHDRAWN = "withdrawn"


_OPEN = {RequestState.SENT, RequestState.NOT_ARRIVED, RequestState.OPENED, RequestState.LOCKED}


class LinkDead(Refusal):
    """A page's: the link does not work, or not any more; made up, spent and withdrawn ones look alike."""

    status = 404


class FactorWrong(Refusal):
    """A page's: the digits or the date do not fit; `tries` are left."""

    status = 403


class PageOver(Refusal):
    """A page's: it was open for too long, or what it sends is not what it showed."""

    status = 403


class ConsentRequestEnded(Refusal):
    """The request was answered, or withdrawn, or its time is over; ``state`` says which."""


ConsentRequestEnded.stands_for("consent_requests_end_once", state="unknown")


def factor_of(channel: Channel) -> Factor:
    """What is to be known besides a link sent this way: whoever reads the e-mail need not have the telephone."""
    return Factor.PHONE_DIGITS if channel is Channel.SMS else Factor.BIRTH_DATE


def spelled_factor(given: str, factor: Factor) -> str:
    """What somebody typed, as it is compared: digits without blanks, a date in either usual order."""
    if factor is Factor.PHONE_DIGITS:
        return "".join(given.split())[:20]
    parts = given.strip().rstrip(".").replace("/", ".").replace("-", ".").split(".")
    if len(parts) == 3 and len(parts[0]) < 4:
        parts.reverse()
    return "-".join(part.strip().zfill(2) for part in parts)[:20]


@dataclass(frozen=True, kw_only=True)
class Progress:
    """What is known of a request and its link."""

    answer: str | None
    withdrawn_at: datetime | None
    expires_at: datetime
    opened_at: datetime | None
    locked_at: datetime | None
    # Of the message that carries the link, and when it was posted.
    message_state: str = MessageState.HANDED_OVER
    posted_at: datetime | None = None


def has_not_arrived(message_state: str, posted_at: datetime, *, now: datetime) -> bool:
    """Whether a message with a link may never have come to its reader: it failed, is in doubt, or is stuck."""
    if message_state in {MessageState.FAILED, MessageState.UNCERTAIN}:
        return True
    return message_state == MessageState.QUEUED and posted_at <= now - STUCK_AFTER


def state_of(progress: Progress, *, now: datetime) -> RequestState:
    """How far a request has come; what ended it first is what counts."""
    if progress.answer is not None:
        return RequestState(progress.answer)
    if progress.withdrawn_at is not None:
        return RequestState.WITHDRAWN
    if progress.locked_at is not None:
        return RequestState.LOCKED
    if progress.expires_at <= now:
        return RequestState.EXPIRED
    if progress.opened_at is not None:
        return RequestState.OPENED
    is_lost = has_not_arrived(progress.message_state, progress.posted_at or now, now=now)
    return RequestState.NOT_ARRIVED if is_lost else RequestState.SENT


def check_open(progress: Progress, *, now: datetime) -> None:
    """Whether a request can still be withdrawn; raises ``ConsentRequestEnded``."""
    state = state_of(progress, now=now)
    if state not in _OPEN:
        raise ConsentRequestEnded(state=state.value)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a consent is, or would be, about; ``institution`` is left out for whom a place is protected from."""

    given_name: str
    scope: Scope
    institution: str | None
    place_protected: bool
    valid_until: date | None


@dataclass(frozen=True, kw_only=True)
class Contact:
    """The specialist to turn to."""

    name: str
    phone: str | None


def message_of(purpose: LinkPurpose, *, specialist: str, link: str, language: Language) -> str:
    """What is sent with the link: who asks, and nothing of the child or of where (D31)."""
    text = text_of(language, f"link-message-{purpose}", specialist=specialist, link=link)
    if language is Language.LATVIAN:
        return fit(text, policy=DiacriticsPolicy.DROP_WHEN_IT_SAVES_A_PART)
    return text


def wording_of_request(
    asked: Asked, *, purpose: str, asker: str, contact: Contact, language: Language
) -> tuple[str, ...]:
    """Sentence by sentence, what is agreed to or refused: who asks, what, where, why, until when, how to end it."""
    return (
        text_of(language, "consent-asked-by", asker=asker),
        *_what(asked, language),
        text_of(language, "consent-why", purpose=purpose),
        text_of(language, "consent-until", given="yes" if asked.valid_until else "no", day=_day(asked.valid_until)),
        text_of(language, "consent-may-refuse"),
        text_of(language, "consent-may-withdraw", specialist=contact.name, phone=contact.phone or "none"),
    )


def wording_of_withdrawal(asked: Asked, *, given_at: date, language: Language) -> tuple[str, ...]:
    """Sentence by sentence, what somebody takes back."""
    return (
        *_what(asked, language),
        text_of(language, "consent-given-on", day=_day(given_at)),
        text_of(language, "consent-withdrawal"),
    )


def _what(asked: Asked, language: Language) -> tuple[str, ...]:
    what = (
        text_of(language, "consent-child", name=asked.given_name),
        text_of(language, f"consent-what-{asked.scope}"),
    )
    if asked.place_protected:
        return what
    given = "yes" if asked.institution else "no"
    return (*what, text_of(language, "consent-where", given=given, institution=asked.institution or ""))


def _day(day: date | None) -> str:
    return f"{day:%d.%m.%Y}" if day else ""
