"""Free text as it may stand in a message: one line, no link, nothing in it that cannot be seen (D31).

A text from an authority that holds a link is what swindlers send; whoever writes a name or a place must not be able
to.
"""

import re
import unicodedata

from bas_service.messaging.segments import MOST_CHARACTERS

# What programs take for the dot of an address besides the one on the keyboard (RFC 3490, and what NFKC makes one).
_DOTS = dict.fromkeys("\u3002\uff0e\uff61\u2024\ufe52", ".")
# Letters and signs as wide as Chinese ones: programs read them as the usual ones.
_WIDE = {chr(0xFF00 + code): chr(0x20 + code) for code in range(1, 0x5F)}
_USUAL = str.maketrans(_WIDE | _DOTS)
# They are letters or marks by their category, and nobody sees them.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_ADDRESS_IN_FIGURES = re.compile(r"\d+(?:\.\d+){3,}")
_SCHEME = re.compile(r":\s*//+")
# Before a letter that does not stand alone, as in "t.i.": a name of a place in the net, or a blank was forgotten.
_DOT_BEFORE_WORD = re.compile(r"(?<=\S)\.(?=[^\W\d_](?![\s.]|$))")


def has_unseen(said: str) -> bool:
    """Whether something stands there that nobody sees: of no width, or a turn of direction."""
    return any(_is_unseen(letter) for letter in said)


def holds_link(said: str) -> bool:
    """Whether a phone could make a link of some of it."""
    return _without_links(said) != said


def harmless(said: str) -> str:
    """Free text as it may stand in a message."""
    seen = "".join(letter for letter in said if not _is_unseen(letter))
    return _without_links(" ".join(unicodedata.normalize("NFC", seen).split()))


def length_of(said: str) -> int:
    """How many characters a provider counts: an emoji is two."""
    return len(said.encode("utf-16-le")) // 2


def is_too_long(said: str) -> bool:
    """Whether no provider takes a text of this length."""
    return length_of(said) > MOST_CHARACTERS


def shortened(said: str, most: int) -> str:
    """Free text as it may stand in a message, cut to its beginning where it is longer than so many characters."""
    # An ellipsis is three dots where Latvian is written plainly.
    whole = harmless(said).replace("…", "...")
    if length_of(whole) <= most:
        return whole
    return whole.encode("utf-16-le")[: 2 * (most - 3)].decode("utf-16-le", errors="ignore").rstrip() + "..."


def _is_unseen(letter: str) -> bool:
    return letter in _BLANK or unicodedata.category(letter) == "Cf"


def _without_links(said: str) -> str:
    usual = _SCHEME.sub(": ", said.translate(_USUAL))
    in_words = _ADDRESS_IN_FIGURES.sub(lambda found: found[0].replace(".", ". "), usual)
    return _DOT_BEFORE_WORD.sub(". ", in_words)
