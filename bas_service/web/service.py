"""The verbs of the pages: each calls those of the domain."""

import uuid
from collections.abc import Iterable
from typing import Any

from bas_service.access import browser, emergency
from bas_service.access import service as access_service
from bas_service.access.rules import Role
from bas_service.caseload import service as caseload_service
from bas_service.caseload.queries import case_in_sight, open_case_of
from bas_service.caseload.rules import Complexity
from bas_service.children.queries import hold_child
from bas_service.errors import InvalidRequest, Refusal, VersionStale
from bas_service.oversight import watching
from bas_service.oversight.alarm_rules import limits_of
from bas_service.web.queries import fits


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


def assign(form: dict[str, Any], *, by: uuid.UUID) -> uuid.UUID:
    """Give a waiting child to a specialist of the team; the new case's id.

    The same form sent twice gives the child once. Raises what ``open_case`` raises, ``InvalidRequest``.
    """
    hold_child(form["child_id"])
    present = open_case_of(form["child_id"])
    if present is not None and present.id == form["id"]:
        return present.id
    exceeding = _exceeding(form, of=form["specialist_id"], complexity=form["complexity"])
    names = ("id", "child_id", "specialist_id", "complexity")
    case = caseload_service.open_case({name: form[name] for name in names} | {"exceeding": exceeding}, by=by)
    return case.id


def transfer(case_id: uuid.UUID, form: dict[str, Any], *, by: uuid.UUID) -> None:
    """Hand a case over to another specialist of the team, with an exception where there is no room.

    The same form sent twice hands it over once. Raises what ``hand_over_case`` raises, ``InvalidRequest``,
    ``VersionStale`` when the case is not any more as the form showed it.
    """
    case = case_in_sight(case_id, lock=True)
    if case.version != form["version"]:
        if case.specialist_id == form["to_specialist_id"]:
            return
        raise VersionStale()
    exceeding = _exceeding(form, of=form["to_specialist_id"], complexity=Complexity(case.complexity))
    if exceeding is not None:
        caseload_service.change_case(case, {"exceeding": exceeding})
    caseload_service.hand_over_case(case, to_specialist_id=form["to_specialist_id"], reason=form["reason"], by=by)


def note_grant(grant_id: uuid.UUID, *, by: uuid.UUID) -> None:
    """Take notice of an emergency grant; taken twice, it is taken. Raises ``NotFound``."""
    emergency.note_grant(emergency.grant_to_note(grant_id, by=by))


def watch(settings: Any) -> None:
    """Let the service look at itself, unless it has in the past half minute."""
    watching.watch(limits_of(settings))


def _exceeding(form: dict[str, Any], *, of: uuid.UUID, complexity: Complexity) -> dict[str, Any] | None:
    """The exception that a form asks for; one half of it alone is refused.

    What was typed for one specialist and is of no need for the one chosen in the end, is left out.
    """
    given = {name: form.get(f"exceeding_{name}") for name in ("reason", "until")}
    if not any(given.values()) or fits(complexity, specialist_id=of):
        return None
    lacking = [name for name, value in given.items() if not value]
    if lacking:
        raise InvalidRequest.at(f"/exceeding/{lacking[0]}", "value-needed")
    return given
