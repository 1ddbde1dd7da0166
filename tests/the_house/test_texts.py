"""Every text is there in three languages, with the same places in it; none is missing and none is left over."""

import ast
import re
from pathlib import Path

import pytest
from fluent.syntax import FluentParser
from fluent.syntax import ast as fluent
from fluent.syntax.visitor import Visitor

import bas_service
from bas_service.errors import Refusal
from bas_service.translation import TEXTS, Language

HOUSE = Path(bas_service.__file__).parent
# Made up of a part that is in the code and one that is not.
COMPOSED = ("announcement-", "weekday-", "place-", "phone-", "account-")


class _Places(Visitor):
    def __init__(self) -> None:
        self.found: set[str] = set()

    def visit_VariableReference(self, node: fluent.VariableReference) -> None:
        self.found.add(node.id.name)


def texts_of(language: Language) -> dict[str, set[str]]:
    """Each message (and attribute) of a language with the names of its places."""
    found = {}
    for file in sorted((TEXTS / language.value).glob("*.ftl")):
        resource = FluentParser().parse(file.read_text(encoding="utf-8"))
        for entry in resource.body:
            assert not isinstance(entry, fluent.Junk), f"{file}: {entry.content}"
            if isinstance(entry, fluent.Message):
                for name, pattern in [
                    ("", entry.value),
                    *((f".{one.id.name}", one.value) for one in entry.attributes),
                ]:
                    places = _Places()
                    places.visit(pattern)
                    assert entry.id.name + name not in found, f"twice: {entry.id.name}"
                    found[entry.id.name + name] = places.found
    return found


@pytest.mark.parametrize("language", [Language.ENGLISH, Language.RUSSIAN])
def test_all_languages_hold_the_same_texts_with_the_same_places(language: Language) -> None:
    assert texts_of(language) == texts_of(Language.LATVIAN)


def test_every_refusal_has_a_title_and_a_detail() -> None:
    texts = texts_of(Language.LATVIAN)

    assert [name for name in Refusal.known if name not in texts or f"{name}.title" not in texts] == []


def test_every_text_is_used_and_every_text_used_is_there() -> None:
    known = {name for name in texts_of(Language.LATVIAN) if "." not in name}
    strings = {
        node.value
        for file in HOUSE.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }

    unused = {name for name in known if name not in strings and name not in Refusal.known}
    assert {name for name in unused if not name.startswith(COMPOSED)} == set()
    asked_for = {
        found
        for file in HOUSE.rglob("*.py")
        for found in re.findall(
            r'(?:InvalidRequest\.at\([^,]+, |ValidationError\(|Said\()"([a-z-]+)"', file.read_text()
        )
    }
    assert asked_for - known == set()
