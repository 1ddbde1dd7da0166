"""How many parts a text costs, and how Latvian is written so that it costs fewer.

Pure: no database, no network, no clock. The alphabets and the lengths are those of 3GPP TS 23.038 and TS
23.040; where those leave room, the calculator published by Twilio (npm `sms-segments-calculator`) decides,
because Twilio writes the bill.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from enum import StrEnum

# Twilio refuses a longer body outright (error 21617), whatever the number of parts.
MOST_CHARACTERS = 1600

# The default alphabet of 3GPP TS 23.038 §6.2.1. The escape (0x1B) is no letter. `ç` is absent on purpose:
# place 0x09 is the capital `Ç`, which is also how Twilio reads it; neither is the grave accent "`" there.
_PLAIN_GSM7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# The extension table (§6.2.1.1): an escape and a second septet, so each of them takes two places.
_DOUBLE_GSM7 = frozenset("\f^{}\\[~]|€")
_GSM7 = _PLAIN_GSM7 | _DOUBLE_GSM7

# A part carries 140 octets. In a text of several parts six of them are the header that lets the phone join
# the parts.
_GSM7_ALONE, _GSM7_JOINED = 160, 153
_UCS2_ALONE, _UCS2_JOINED = 70, 67

_LATVIAN = dict(zip("āčēģīķļņšūžĀČĒĢĪĶĻŅŠŪŽ", "acegiklnsuzACEGIKLNSUZ", strict=True))
_TYPOGRAPHY = {
    **dict.fromkeys("„“”‟«»", '"'),
    **dict.fromkeys("‚‘’‛‹›", "'"),
    **dict.fromkeys("‐‑‒–—―−", "-"),
    "…": "...",
    # No-break spaces and the thin ones that word processors put before units and between groups of digits.
    **dict.fromkeys("\u00a0\u202f\u2007\u2009", " "),
}
_WITHOUT_DIACRITICS = str.maketrans(_LATVIAN | _TYPOGRAPHY)

_ZERO_WIDTH_JOINER = "\u200d"
# What Twilio's calculator takes as one character with a joiner before it (Unicode 10: Glue_After_Zwj and
# E_Base_GAZ). Younger emoji are missing there and therefore here; it only matters where one of them meets the
# border of two parts.
_GLUED_BY_JOINER = frozenset("♀♂⚕⚖✈❤🌈🌾🍳🎓🎤🎨🏫🏭👦👧👨👩💋💻💼🔧🔬🗨🚀🚒")


class DiacriticsPolicy(StrEnum):
    """What may happen to the diacritics of a Latvian text to make it cheaper; a dated setting (D6)."""

    KEEP = "keep"
    DROP_WHEN_IT_SAVES_A_PART = "drop_when_it_saves_a_part"
    DROP = "drop"


def parts_of(text: str) -> int:
    """Count the parts in which the text goes out and is paid for, after NFC; an empty text is one part.

    What one reader sees as one character is never split over two parts: a double character of GSM-7, a
    surrogate pair, an emoji joined out of several, a letter with its combining marks. So is Twilio's
    calculator; the simple division that others use is one part short when such a character meets the border
    (`€` at place 153 of 305).
    """
    text = unicodedata.normalize("NFC", text)
    if _GSM7.issuperset(text):
        return _parts((2 if letter in _DOUBLE_GSM7 else 1 for letter in text), _GSM7_ALONE, _GSM7_JOINED)
    return _parts(_lengths_of_clusters(text), _UCS2_ALONE, _UCS2_JOINED)


def is_gsm7(text: str) -> bool:
    """Answer whether every letter of the text, after NFC, is in GSM-7; one outside makes all of it UCS-2."""
    return _GSM7.issuperset(unicodedata.normalize("NFC", text))


def without_diacritics(text: str) -> str:
    """Write Latvian and its typography (quotes, dashes, ellipsis, spaces) plainly; the answer is NFC.

    Only the 22 letters of the Latvian alphabet are replaced. Decomposing and dropping every mark would be
    shorter and wrong: it turns the Russian `й` into `и` and `ё` into `е`. Cyrillic stays as it is, and so
    does any other alphabet.
    """
    plain = unicodedata.normalize("NFC", text).translate(_WITHOUT_DIACRITICS)
    # A further mark that could not join `ā` may well join the `a` it has become.
    return unicodedata.normalize("NFC", plain)


def fit(text: str, *, policy: DiacriticsPolicy) -> str:
    """Write a Latvian text as the policy wants it sent (D6); the answer is NFC, the form `parts_of` counts.

    Russian and English must not come here: the caller knows the language, this function does not.
    """
    as_written = unicodedata.normalize("NFC", text)
    if policy is DiacriticsPolicy.KEEP:
        return as_written
    plain = without_diacritics(as_written)
    if policy is DiacriticsPolicy.DROP or parts_of(plain) < parts_of(as_written):
        return plain
    return as_written


def _parts(lengths: Iterable[int], alone: int, joined: int) -> int:
    """Fill parts in order with pieces of these lengths; one that does not fit goes whole into the next."""
    parts, used, total = 1, 0, 0
    for length in lengths:
        total += length
        if used and used + length > joined:
            parts += 1
            used = 0
        used += length
        while used > joined:
            # A piece longer than a part (a letter under a hundred marks) cannot stay whole, and each part of
            # it is paid for.
            parts += 1
            used -= joined
    return 1 if total <= alone else parts


def _lengths_of_clusters(text: str) -> Iterator[int]:
    """Measure, in UTF-16 units, each piece of the text that one reader sees as one character.

    The rules of Unicode's annex 29 as far as the alphabets and emoji of our texts need them; Hangul, Indic
    conjuncts and prepended signs are counted by the letter. Grouping more exactly would need tables that the
    standard library lacks.
    """
    length, before, flags = 0, "\n", 0
    for letter in text:
        is_flag_half = "\U0001f1e6" <= letter <= "\U0001f1ff"
        joins = (
            (_extends(letter) and not _is_control(before))
            or (before == _ZERO_WIDTH_JOINER and letter in _GLUED_BY_JOINER)
            or (is_flag_half and flags % 2 == 1)
        )
        if length and not joins:
            yield length
            length = 0
        length += 2 if letter > "\uffff" else 1
        flags = flags + 1 if is_flag_half else 0
        before = letter
    if length:
        yield length


def _extends(letter: str) -> bool:
    """Answer whether the letter is drawn onto the one before: marks, joiners, skin tones, tags of flags."""
    if letter < "\u0300":
        return False
    return (
        unicodedata.category(letter) in ("Mn", "Me", "Mc")
        or letter in ("\u200c", _ZERO_WIDTH_JOINER)
        or "\U0001f3fb" <= letter <= "\U0001f3ff"
        or "\U000e0020" <= letter <= "\U000e007f"
    )


def _is_control(letter: str) -> bool:
    """Answer whether nothing can be drawn onto the letter: line ends, the soft hyphen, marks of direction."""
    category = unicodedata.category(letter)
    return category in ("Cc", "Zl", "Zp") or (category == "Cf" and not _extends(letter))
