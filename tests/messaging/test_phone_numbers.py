"""What people type as a telephone number, what attackers type, and what a log may show."""

import re
import traceback

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bas_service.messaging.phone_numbers import (
    COUNTRIES_ALLOWED,
    NotAPhoneNumber,
    WhyNotAPhoneNumber,
    masked,
    to_e164,
)

ANNAS = "+37126123456"


def _why_not(text: str) -> WhyNotAPhoneNumber:
    with pytest.raises(NotAPhoneNumber) as refused:
        to_e164(text)
    # The text is somebody's number, and messages of errors end in logs.
    assert str(refused.value) == refused.value.reason.value
    assert "NumberParseException" not in "".join(traceback.format_exception(refused.value))
    return refused.value.reason


@pytest.mark.parametrize(
    "spelling",
    [
        "26123456",
        "26 123 456",
        "26-123-456",
        "26.123.456",
        "26 12 34 56",
        "+371 26123456",
        "+371-26-123-456",
        "0037126123456",
        "00 371 26 123 456",
        "371 26123456",
        "(371) 26-12-34-56",
        "(+371) 26 123 456",
        "+371/26123456",
        "+371\u00a026\u202f123\u2009456",
        "+371 26‑123–456",
        "tel:+37126123456",
        "TEL:+371-26-123-456",
        "  26123456\t",
        "26123456\r\n",
        "\u202a+371 26123456\u202c",
        "\ufeff26123456",
    ],
)
def test_every_usual_spelling_of_a_latvian_mobile_number_is_read(spelling: str) -> None:
    assert to_e164(spelling) == ANNAS


@pytest.mark.parametrize(
    ("spelling", "stored"),
    [
        ("+370 612 34567", "+37061234567"),
        ("00372 5551 2345", "+37255512345"),
        ("+44 7400 123456", "+447400123456"),
        ("+49 1512 3456789", "+4915123456789"),
        ("+353 87 123 4567", "+353871234567"),
        ("+39 312 345 6789", "+393123456789"),
        ("+380 50 123 4567", "+380501234567"),
        ("+41 78 123 45 67", "+41781234567"),
        ("+47 406 12 345", "+4740612345"),
        ("+423 660 123 456", "+423660123456"),
    ],
)
def test_mobile_numbers_of_allowed_countries_are_read_with_their_code(spelling: str, stored: str) -> None:
    assert to_e164(spelling) == stored


@pytest.mark.parametrize(
    "spelling",
    [
        "26123456 ext 5",
        "26123456 ext. 5",
        "26123456ext5",
        "26123456 Extension 12",
        "26123456x12",
        "26123456 x 12",
        "26123456,5",
        "26123456;5",
        "26123456#5",
        "+371 26123456*5#",
        "26123456 iekšējais 12",
        "26123456 доб. 12",
        "tel:+37126123456;ext=12",
    ],
)
def test_a_number_with_an_extension_is_refused_as_such(spelling: str) -> None:
    assert _why_not(spelling) is WhyNotAPhoneNumber.EXTENSION


@pytest.mark.parametrize(
    "spelling",
    [
        "",
        " ",
        "+",
        "26",
        "nav",
        "26123456 (mamma)",
        "26123456 vai 26123457",
        "800-FLOWERS",
        "2612345O",
        "++37126123456",
        "371+26123456",
        "26123456+",
        # Letters that look like digits or are digits elsewhere; the library alone reads all of these.
        "\u0662\u0666\u0661\u0662\u0663\u0664\u0665\u0666",
        "２６１２３４５６",
        "＋37126123456",
        "\U0001d7d026123456",
        "2612345²",
        # Controls inside the number: what is stored must not differ from what was seen.
        "2612\x003456",
        "2612\n3456",
        "26123456\x00",
        "26123456\x1b[2J",
        "2612\u202e3456",
        "2612\u200b3456",
        "26123456\r\nBcc: x@example.com",
        "tel:tel:26123456",
        "sip:26123456",
        "tel:26123456;phone-context=+371",
        "26123456" + " " * 80 + "1",
        "2" * 65,
        "(" * 1_000_000,
        "26123456," * 100_000,
    ],
)
def test_what_is_no_plain_number_is_unreadable(spelling: str) -> None:
    assert _why_not(spelling) is WhyNotAPhoneNumber.UNREADABLE


@pytest.mark.parametrize(
    "spelling",
    [
        "+1 212 555 1234",
        "+1 500 555 0006",
        "+7 921 123 45 67",
        "+7 921 123",
        "+375 29 123 45 67",
        "+44 7781 123456",
        "+44 7797 712345",
        "+590 690 123456",
        "+882 16 1234567",
        "+800 1234 5678",
    ],
)
def test_countries_outside_the_list_are_refused_even_behind_a_shared_code(spelling: str) -> None:
    assert _why_not(spelling) is WhyNotAPhoneNumber.COUNTRY_NOT_ALLOWED


@pytest.mark.parametrize(
    "spelling",
    [
        "67012345",
        "+371 67 012 345",
        "80012345",
        "+371 90012345",
        "+371 81123456",
        "+44 70 1234 5678",
        "+33142685300",
    ],
)
def test_fixed_free_premium_and_personal_numbers_are_not_mobile(spelling: str) -> None:
    assert _why_not(spelling) is WhyNotAPhoneNumber.NOT_MOBILE


@pytest.mark.parametrize(
    "spelling",
    [
        "2612345",
        "261234567",
        "112",
        "+371 1188",
        "16123456",
        "+999123456",
        "8 26123456",
        "26123456/26123457",
        "+0371261",
    ],
)
def test_numbers_nobody_can_have_are_invalid(spelling: str) -> None:
    assert _why_not(spelling) is WhyNotAPhoneNumber.INVALID


def test_the_list_is_the_european_economic_area_and_three_neighbours() -> None:
    assert len(COUNTRIES_ALLOWED) == 27 + 3 + 3
    assert {"LV", "NO", "GB", "CH", "UA"} <= COUNTRIES_ALLOWED
    assert COUNTRIES_ALLOWED.isdisjoint({"RU", "BY", "US", "JE", "GG", "IM"})


@given(text=st.text(max_size=80) | st.text(alphabet="+0123456789 -()./x,;#tel:٢２\x00\n", max_size=40))
@example("+371٢6123456")
def test_any_text_is_either_stored_as_e164_or_refused_with_a_reason(text: str) -> None:
    reason, stored = None, ANNAS
    try:
        stored = to_e164(text)
    except NotAPhoneNumber as refused:
        reason = refused.reason
    assert reason is None or isinstance(reason, WhyNotAPhoneNumber)
    assert re.fullmatch(r"\+[1-9][0-9]{6,14}", stored)
    assert to_e164(stored) == stored


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("+37126123412", "+371******12"),
        ("+447400123456", "+44********56"),
        ("+15005550006", "+1********06"),
        ("+999123456", "******"),
        ("26123456", "******"),
        ("+37126123456\n", "******"),
        ("Anna Bērziņa", "******"),
        ("", "******"),
    ],
)
def test_a_log_shows_the_country_and_the_last_two_digits_only(number: str, shown: str) -> None:
    assert masked(number) == shown
