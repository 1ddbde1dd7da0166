"""What a page says, read as its reader would: by what things are called, not by where they stand."""

import re
from datetime import date
from html.parser import HTMLParser
from typing import Any

from werkzeug.test import TestResponse

_ALONE = {"meta", "link", "input", "rect", "path", "polyline", "line", "circle", "br"}


class _Reader(HTMLParser):
    """Builds a tree of ``(name, attributes, children)``."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, dict[str, Any], list[Any]]] = [("page", {}, [])]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = (tag, dict(attrs), [])
        self.open[-1][2].append(node)
        if tag not in _ALONE:
            self.open.append(node)

    def handle_endtag(self, tag: str) -> None:
        if tag not in _ALONE:
            assert self.open[-1][0] == tag, f"<{self.open[-1][0]}> is not closed before </{tag}>"
            self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1][2].append(data)


class Part:
    """A part of a page, and what it holds."""

    def __init__(self, node: tuple[str, dict[str, Any], list[Any]]) -> None:
        self.name, self.attributes, self.children = node

    def all(self, name: str, kind: str | None = None) -> list["Part"]:
        """The parts within this one of a name, and of a class when it is given."""
        found = []
        for child in self.children:
            if not isinstance(child, str):
                part = Part(child)
                classes = (part.attributes.get("class") or "").split()
                if part.name == name and (kind is None or kind in classes):
                    found.append(part)
                found += part.all(name, kind)
        return found

    def one(self, name: str, kind: str | None = None) -> "Part":
        """The only such part."""
        (found,) = self.all(name, kind)
        return found

    @property
    def text(self) -> str:
        """All the words in it."""
        words = (child if isinstance(child, str) else Part(child).text for child in self.children)
        return re.sub(r"\s+", " ", " ".join(words)).strip()

    def __getitem__(self, attribute: str) -> Any:
        return self.attributes.get(attribute)


def page_of(response: TestResponse) -> Part:
    """The page that was answered."""
    assert response.mimetype == "text/html", response.get_data(as_text=True)
    reader = _Reader()
    reader.feed(response.get_data(as_text=True))
    assert len(reader.open) == 1, reader.open[-1][0]
    return Part(reader.open[0])


def fields_of(form: Part) -> dict[str, str]:
    """What a form would send as it stands, the token left out."""
    given = {}
    for field in form.all("input"):
        if field["name"] and (field["type"] != "radio" or "checked" in field.attributes):
            given[field["name"]] = field["value"] or ""
    for field in form.all("textarea"):
        given[field["name"]] = field.text
    return {name: value for name, value in given.items() if name != "form_token"}


def in_english(day: date) -> str:
    """A day as English pages write it: September has four letters, unlike Python's."""
    return f"{day:%-d %b %Y}".replace(" Sep ", " Sept ")
