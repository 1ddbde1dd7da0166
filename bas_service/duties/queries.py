"""Reads of duties; row-level security leaves those about children in sight."""

import uuid
from typing import Any

from blinker import Signal

from bas_service.children.queries import of_child_in_sight
from bas_service.database import rows
from bas_service.duties.models import Duty
from bas_service.duties.rules import DutyKind, DutyState, words_of
from bas_service.http.looks import looked_at
from bas_service.translation import Language

# Open duties are shown to whom they belong: whoever raised them may know whom to call, and what to say. ``lines`` are
# written into: ``representative`` and ``words``.
own_duties_shown = Signal()

_LINES = """
    SELECT d.*, ch.given_name, ch.family_name, a.name AS account_name
    FROM duties d JOIN children ch ON ch.id = d.child_id JOIN accounts a ON a.id = d.account_id
"""


def duty_in_sight(duty_id: uuid.UUID, *, lock: bool = False) -> Duty:
    """A duty about a child in sight, with the child held when it is to be changed; raises ``NotFound``."""
    return of_child_in_sight(Duty, duty_id, lock=lock)


def duties_page(
    *,
    of_account: uuid.UUID | None,
    child_id: uuid.UUID | None,
    state: DutyState | None,
    after: list[Any] | None,
    limit: int,
) -> list[dict[str, Any]]:
    """Duties by the moment they are due, one more than ``limit`` when there are more."""
    conditions: dict[str, Any] = {
        "d.account_id = :of_account": of_account,
        "d.child_id = :child": child_id,
        "d.state = :state": state,
        "(d.due_at, d.id) > (:after_due, :after_id)": after,
    }
    asked = [condition for condition, value in conditions.items() if value is not None] or ["true"]
    moment, last_id = after or (None, None)
    found = rows(
        f"{_LINES} WHERE {' AND '.join(asked)} ORDER BY d.due_at, d.id LIMIT :limit",
        sealed={"note": "duties.note"},
        limit=limit + 1,
        **_given(of_account=of_account, child=child_id, state=state, after_due=moment, after_id=last_id),
    )
    looked_at(row["child_id"] for row in found[:limit])
    return found


def line_of(duty: Duty) -> dict[str, Any]:
    """One duty as a list shows it."""
    return rows(f"{_LINES} WHERE d.id = :id", sealed={"note": "duties.note"}, id=duty.id)[0]


def views_of(lines: list[dict[str, Any]], language: Language, *, of_account: uuid.UUID) -> list[dict[str, Any]]:
    """Duties as they go out to an account, told in a language.

    Whom to call, and in which words, only whoever is to do so learns (D31, D32).
    """
    views = [
        line
        | {
            "text": words_of(DutyKind(line["kind"]), line["details"], language),
            "child": {
                "id": line["child_id"],
                "given_name": line["given_name"],
                "family_name": line["family_name"],
            },
            "account": {"id": line["account_id"], "name": line["account_name"]},
            "representative_id": line["details"].get("representative_id"),
            "representative": None,
            "words": None,
        }
        for line in lines
    ]
    own = [one for one in views if one["account_id"] == of_account and one["state"] == DutyState.OPEN]
    if own:
        own_duties_shown.send(None, lines=own)
    return views


def open_duties_of(child_ids: list[uuid.UUID]) -> dict[uuid.UUID, list[dict[str, Any]]]:
    """The open duties about each of these children, those due first in front."""
    found = rows(
        "SELECT id, child_id, kind, due_at, details FROM duties"
        " WHERE state = 'open' AND child_id = ANY(:ids) ORDER BY due_at, id",
        ids=child_ids,
    )
    by_child: dict[uuid.UUID, list[dict[str, Any]]] = {child_id: [] for child_id in child_ids}
    for row in found:
        by_child[row["child_id"]].append(row)
    return by_child


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
