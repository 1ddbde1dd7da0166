"""The verbs of the pages: each calls those of the domain."""

import uuid
from collections.abc import Iterable

from bas_service.access import browser
from bas_service.access import service as access_service
from bas_service.access.rules import Role
from bas_service.errors import Refusal


def sign_in(
    form: dict[str, str], *, device: dict[str, str], address: str, must_use_codes: Iterable[str]
) -> str | Refusal:
    """The token for a supervisor's browser, or why there is none; raises ``TooManyRequests``."""
    codes_for = {Role(name) for name in must_use_codes}
    return browser.sign_in(form, browser=device, address=address, roles={Role.SUPERVISOR}, must_use_codes=codes_for)


def form_token_of(kept: str) -> str:
    """What a form carries for whoever keeps this in a cookie."""
    return browser.form_token_of(kept)


def sign_out(session_id: uuid.UUID) -> None:
    """End the browser's session."""
    access_service.sign_out(session_id)
