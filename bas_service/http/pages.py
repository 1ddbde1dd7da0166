"""What all pages for people have in common: the policy they are shown under, their languages, their files."""

import hashlib
from functools import cache
from pathlib import Path

import flask
from flask import Response

from bas_service.errors import NotFound
from bas_service.translation import Language

# A language's own name is the same in all of them.
LANGUAGES = {Language.LATVIAN: "Latviešu", Language.ENGLISH: "English", Language.RUSSIAN: "Русский"}
# Nothing comes from elsewhere, nothing is written into the page itself, no page of others frames it.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
YEAR = 365 * 24 * 3600


class Assets:
    """The stylesheets and scripts of some pages; a name changes with its content, so a browser keeps each a year."""

    def __init__(self, folder: Path, kinds: dict[str, str], *, endpoint: str) -> None:
        self.folder = folder
        self.kinds = kinds
        self._endpoint = endpoint

    def path(self, name: str) -> str:
        """The address of one."""
        return flask.url_for(self._endpoint, digest=_content_of(self.folder / name)[1], name=name)

    def answer(self, name: str, digest: str) -> Response:
        """One, to be kept; raises ``NotFound``."""
        if name not in self.kinds or digest != _content_of(self.folder / name)[1]:
            raise NotFound()
        content = _content_of(self.folder / name)[0]
        response = Response(content, content_type=f"{self.kinds[name]}; charset=utf-8")
        response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable"
        return response


@cache
def _content_of(file: Path) -> tuple[bytes, str]:
    content = file.read_bytes()
    return content, hashlib.sha256(content).hexdigest()[:16]
