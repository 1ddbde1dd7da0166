"""Every word a person reads: looked up by message id in one of three languages.

Texts live in ``translations/<language>/*.ftl`` (Project Fluent), one file per part of the domain, so that
a translator changes them without touching code and each language keeps its own plural forms.
"""

from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from fluent.runtime import FluentBundle, FluentResource

TEXTS = Path(__file__).parent / "translations"


class Language(StrEnum):
    """The languages spoken here; Latvian is the default."""

    LATVIAN = "lv"
    ENGLISH = "en"
    RUSSIAN = "ru"


class TextMissing(LookupError):
    """A text was asked for that no translation file holds: a defect, found by the tests about the house."""


@cache
def _bundle(language: Language) -> FluentBundle:
    # Isolation marks (U+2068/9) would turn every text message into UCS-2 and double its price.
    bundle = FluentBundle([language.value], use_isolating=False)
    for file in sorted((TEXTS / language.value).glob("*.ftl")):
        bundle.add_resource(FluentResource(file.read_text(encoding="utf-8")))
    return bundle


def text_of(language: Language, message_id: str, **values: Any) -> str:
    """The text ``message_id`` (or ``message-id.attribute``) in ``language``, its places filled with ``values``.

    Raises ``TextMissing`` when there is no such text or a value is lacking: half a text is worse than an error.
    """
    bundle = _bundle(language)
    name, _, attribute = message_id.partition(".")
    if not bundle.has_message(name):
        raise TextMissing(f"{language.value}: {message_id}")
    message = bundle.get_message(name)
    pattern = message.attributes.get(attribute) if attribute else message.value
    if pattern is None:
        raise TextMissing(f"{language.value}: {message_id}")
    text, errors = bundle.format_pattern(pattern, values)
    if errors:
        raise TextMissing(f"{language.value}: {message_id}: {errors[0]}")
    return str(text)


def has_text(message_id: str) -> bool:
    """Whether ``message_id`` names a text (asked of the default language; all hold the same ids)."""
    return bool(_bundle(Language.LATVIAN).has_message(message_id))
