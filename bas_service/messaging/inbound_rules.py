"""What a text that comes in asks for: by one word nothing more is wanted, by another something again."""

import re
import unicodedata
from enum import StrEnum

# The longest that the provider hands on.
MOST_CHARACTERS = 1600


class Wish(StrEnum):
    """What the sender of a text wants of us from now on."""

    STOP = "stop"
    START = "start"


# Latvian with and without its diacritics, as people write on telephones. None of them is an answer to anything we
# ask: "nē" or "cancel" may be about a meeting.
_WORDS = {
    **dict.fromkeys(("stop", "stopp", "stopall", "unsubscribe", "beigt", "beidziet", "стоп"), Wish.STOP),
    **dict.fromkeys(("pārtraukt", "partraukt", "atteikties", "отписаться", "прекратить"), Wish.STOP),
    **dict.fromkeys(("start", "unstop", "sākt", "sakt", "atsākt", "atsakt", "старт", "начать"), Wish.START),
}
# What no text of ours shows: control characters, and marks that turn the direction of writing.
_UNSHOWN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def wish_of(body: str | None) -> Wish | None:
    """The wish a text stands for when the whole of it is one of the words; a word within a sentence is none."""
    return _WORDS.get((body or "").strip(" \t\r\n.!\"'„“”").casefold())


def readable(body: str) -> str | None:
    """What a person can read of a text, composed and within the provider's length; ``None`` when that is nothing."""
    composed = unicodedata.normalize("NFC", _UNSHOWN.sub("", body))
    return composed[:MOST_CHARACTERS].strip() or None
