"""Telephone numbers: what people type becomes E.164, or a reason why it cannot; and numbers are masked for
logs.

The numbering plans are those of `phonenumberslite`; what is accepted from outside is narrower than what that
library reads, because it is made to find numbers in prose: it turns letters into digits, takes Arabic and
full-width digits for ours and drops extensions without a word.
"""

import re
from enum import StrEnum

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, PhoneNumberType

# Where representatives live: Latvia, the European Economic Area, and Great Britain, Switzerland and Ukraine
# (parents who moved away, refugees who kept their number). The rest of the world stays closed, because texts
# to dear ranges, caused by strangers, are how a text service is robbed ("SMS pumping"). Jersey, Guernsey and
# the Isle of Man share +44 with Great Britain and stay closed too: their ranges cost more. Twilio has a list
# of its own (geographic permissions); a country missing there fails with 21408.
COUNTRIES_ALLOWED = frozenset(
    # One country per line would be a page.
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK "  # noqa: SIM905
    "IS LI NO "
    "CH GB UA".split()
)

# Longer than any real spelling with separators; keeps megabytes away from the expressions below.
_LONGEST = 64
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
# What people put between digits, ASCII and typographic: spaces, hyphens, dots, slashes, brackets.
_SEPARATORS = dict.fromkeys(map(ord, " \u00a0\u2007\u2009\u202f-‐‑‒–./()"))
# Address books copy a number together with marks of writing direction that nobody sees; only around it.
_INVISIBLE_AROUND = " \t\r\n\u00a0\ufeff\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_EXTENSION = re.compile(
    r"[^a-zā-ž,;#*]{5,}"
    r"(?:[,;#*]+|;?ext(?:ension)?|x|iekš[a-zā-ž]*|доб[а-я]*)"
    r"[.:=\s]*[0-9]{1,11}#?"
)


class WhyNotAPhoneNumber(StrEnum):
    """Why a number is refused: a code, for which whoever shows it has the sentence in three languages."""

    UNREADABLE = "unreadable"
    EXTENSION = "extension"
    COUNTRY_NOT_ALLOWED = "country_not_allowed"
    NOT_MOBILE = "not_mobile"
    INVALID = "invalid"


class NotAPhoneNumber(ValueError):
    """The text is no number that texts can be sent to; `reason` says why. Never holds the text itself."""

    def __init__(self, reason: WhyNotAPhoneNumber) -> None:
        super().__init__(reason.value)
        self.reason = reason


def to_e164(text: str) -> str:
    """Read a mobile number in any usual spelling and write it as E.164 (`+37120012345`), the form we store.

    Without a country code it is Latvian. Abroad a number that may be fixed or mobile passes, since some
    countries do not tell them apart. Raises `NotAPhoneNumber` with its reason (D6).
    """
    number = _parsed(_digits(text))
    sharing_the_code = phonenumbers.region_codes_for_country_code(number.country_code or 0)
    if COUNTRIES_ALLOWED.isdisjoint(sharing_the_code):
        raise NotAPhoneNumber(WhyNotAPhoneNumber.COUNTRY_NOT_ALLOWED)
    if not phonenumbers.is_valid_number(number):
        raise NotAPhoneNumber(WhyNotAPhoneNumber.INVALID)
    # Several countries can share a code, so the country is certain only now.
    if phonenumbers.region_code_for_number(number) not in COUNTRIES_ALLOWED:
        raise NotAPhoneNumber(WhyNotAPhoneNumber.COUNTRY_NOT_ALLOWED)
    if phonenumbers.number_type(number) not in (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE):
        raise NotAPhoneNumber(WhyNotAPhoneNumber.NOT_MOBILE)
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def masked(number: str) -> str:
    """Write a number for a log: country code and the last two digits (`+371******12`); the rest are stars.

    Anything that is not E.164 becomes stars of one length, because what it holds is not known.
    """
    if not _E164.fullmatch(number):
        return "******"
    try:
        parsed = phonenumbers.parse(number)
    except NumberParseException:
        return "******"
    country = f"+{parsed.country_code}"
    return country + "*" * (len(number) - len(country) - 2) + number[-2:]


def _digits(text: str) -> str:
    """Reduce a spelling to digits and at most one leading `+`; refuse whatever else is in it."""
    if len(text) > _LONGEST:
        raise NotAPhoneNumber(WhyNotAPhoneNumber.UNREADABLE)
    spelling = text.strip(_INVISIBLE_AROUND).lower().removeprefix("tel:")
    if _EXTENSION.fullmatch(spelling):
        raise NotAPhoneNumber(WhyNotAPhoneNumber.EXTENSION)
    digits = spelling.translate(_SEPARATORS)
    # ASCII only: `\d` and str.isdigit would let Arabic and full-width digits through.
    if not re.fullmatch(r"\+?[0-9]{3,20}", digits):
        raise NotAPhoneNumber(WhyNotAPhoneNumber.UNREADABLE)
    return digits


def _parsed(digits: str) -> PhoneNumber:
    """Read digits as a number dialled from Latvia."""
    try:
        return phonenumbers.parse(digits, "LV")
    except NumberParseException:
        # The code belongs to no country, or the length to no number.
        raise NotAPhoneNumber(WhyNotAPhoneNumber.INVALID) from None
