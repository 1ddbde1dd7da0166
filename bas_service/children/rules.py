"""Who belongs to the target group, who may be told, which consent covers what."""

import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from stdnum.exceptions import ValidationError as NotACode
from stdnum.lv import pvn

from bas_service.clock import PHONE_OFF_BY
from bas_service.errors import Refusal

# D1: children aged 6 to 17 inclusive.
LEAST_AGE, MOST_AGE = 6, 17


class Relation(StrEnum):
    """What a representative is to the child; a foster family is informed too."""

    PARENT = "parent"
    GUARDIAN = "guardian"
    ORPHANS_COURT = "orphans_court"
    INSTITUTION_HEAD = "institution_head"
    FOSTER_FAMILY = "foster_family"


class RepresentativeState(StrEnum):
    """Whether the representation is in force (D29)."""

    ACTIVE = "active"
    SUSPENDED = "suspended"


class Scope(StrEnum):
    """What a consent is for."""

    ACCOMPANIMENT = "accompaniment"
    TRANSPORT = "transport"


class Means(StrEnum):
    """How a consent was given."""

    PAPER = "paper"
    LINK = "link"
    SMS = "sms"
    EMAIL = "email"
    ORAL_CONFIRMED = "oral_confirmed"


class ChildAlreadyKnown(Refusal):
    """A child with this personal code is in the service already; where, is not said."""


class PlaceAlreadyProtected(Refusal):
    """The child's place is already kept from this representative."""


class RepresentativeStateSame(Refusal):
    """The representation already is in that state."""


class ConsentAlreadyWithdrawn(Refusal):
    """The consent was withdrawn before."""


ChildAlreadyKnown.stands_for("children_personal_code_digest_key")
PlaceAlreadyProtected.stands_for("protected_places_from_representative_id_key")


def age_on(day: date, birth_date: date) -> int:
    """Whole years of age on ``day``; somebody born on 29 February has the birthday on 1 March."""
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))


def is_of_age(day: date, birth_date: date) -> bool:
    """Whether a child born on ``birth_date`` belongs to the target group on ``day`` (D1)."""
    return birth_date <= day and LEAST_AGE <= age_on(day, birth_date) <= MOST_AGE


def personal_code_of(text: str) -> str | None:
    """A Latvian personal code as ``DDDDDD-DDDDD``, or ``None`` when its check digit or date is wrong."""
    try:
        digits = pvn.validate(text)
    except NotACode:
        return None
    # The same number space holds companies: those begin with 4 and up.
    if digits[0] > "3" or not digits.isascii():
        return None
    return f"{digits[:6]}-{digits[6:]}"


# The embedded PostgreSQL brings no collation but C.UTF-8, so the order is made here, once, at writing:
# in the Latvian alphabet č ģ ķ ļ ņ š ž are letters of their own after c g k l n s z, long vowels are not,
# and y stands with i. "~" sorts after every letter in C.
_OWN_LETTERS = str.maketrans({"č": "c~", "ģ": "g~", "ķ": "k~", "ļ": "l~", "ņ": "n~", "š": "s~", "ž": "z~", "y": "i"})


def sort_key_of(*names: str) -> str:
    """The text by which names sort as in a Latvian register; equal keys fall back on the spelling."""
    spelled = " ".join(names).casefold()
    # Two blanks sort before any letter, so a shorter name comes before a longer one.
    return f"{_without_marks(spelled.translate(_OWN_LETTERS))}  {spelled}"


def search_key_of(*names: str) -> str:
    """The text in which a name is searched: small letters without diacritics, one blank between words."""
    return " ".join(_without_marks(" ".join(names).casefold()).split())


def _without_marks(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text)
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


@dataclass(frozen=True, kw_only=True)
class Representation:
    """When and whether somebody represents a child."""

    state: RepresentativeState
    valid_from: date
    valid_until: date | None
    place_protected: bool


class NotReached(StrEnum):
    """Why somebody is told nothing, or cannot be."""

    SUSPENDED = "suspended"
    OUTSIDE_PERIOD = "outside_period"
    PLACE_PROTECTED = "place_protected"
    # Who has the same number or address must not learn where the child is.
    ADDRESS_SHARED = "address_shared"
    NO_CHANNEL = "no_channel"


def not_reached_because(
    representation: Representation, *, on: date, has_channel: bool, shares_address: bool = False
) -> NotReached | None:
    """Why somebody is told nothing on a day; ``None`` when they are (D6, D29).

    ``shares_address`` with somebody from whom the child's places are protected.
    """
    if representation.state is not RepresentativeState.ACTIVE:
        return NotReached.SUSPENDED
    if representation.place_protected:
        return NotReached.PLACE_PROTECTED
    if not may_be_told(representation, on=on):
        return NotReached.OUTSIDE_PERIOD
    if has_channel:
        return None
    return NotReached.ADDRESS_SHARED if shares_address else NotReached.NO_CHANNEL


def may_be_told(representation: Representation, *, on: date) -> bool:
    """Whether somebody may be told on a day where the child will be (D6, D29).

    Not while the representation is suspended or outside its period, and never when the child's place is
    protected from them.
    """
    return (
        representation.state is RepresentativeState.ACTIVE
        and not representation.place_protected
        and representation.valid_from <= on
        and (representation.valid_until is None or on <= representation.valid_until)
    )


@dataclass(frozen=True, kw_only=True)
class ConsentGiven:
    """What a consent covers, and until when."""

    scope: Scope
    institution: str | None
    given_at: datetime
    valid_until: date | None
    withdrawn_at: datetime | None


def covers(consent: ConsentGiven, *, scope: Scope, institution: str, on: date, now: datetime) -> bool:
    """Whether a consent lets the child be taken to ``institution`` on a day (D7).

    One without an institution covers any; names are compared without regard to case and diacritics. It counts if it
    was in force at the moment ``now``: given by then, and not withdrawn by then.
    """
    return (
        consent.scope is scope
        and (consent.withdrawn_at is None or consent.withdrawn_at > now)
        and consent.given_at <= now + PHONE_OFF_BY
        and (consent.valid_until is None or on <= consent.valid_until)
        and (consent.institution is None or search_key_of(consent.institution) == search_key_of(institution))
    )
