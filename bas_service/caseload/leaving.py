"""The verb: let a specialist leave the team with every child in somebody's hands (D3)."""

import uuid
from typing import Any

from sqlalchemy import text

from bas_service import clock
from bas_service.access.queries import colleague_in_sight
from bas_service.access.service import deactivate
from bas_service.caseload import queries, rules, service
from bas_service.caseload.absences import remove_substitutions
from bas_service.caseload.models import Case, Substitution
from bas_service.children.queries import hold_child
from bas_service.database import db, rows
from bas_service.errors import InvalidRequest, NotFound


def what_is_left(specialist_id: uuid.UUID, *, asking: uuid.UUID) -> dict[str, Any]:
    """What a specialist who leaves would leave behind: cases, duties, days as a substitute. Raises ``NotFound``."""
    specialist = _specialist(specialist_id, asking)
    caseload = queries.caseload_of(specialist)
    counts = rows(
        "SELECT (SELECT count(*) FROM duties WHERE account_id = :id AND state = 'open') AS duties,"
        " (SELECT count(DISTINCT s.absence_id) FROM substitutions s JOIN absences b ON b.id = s.absence_id"
        "  WHERE s.substitute_id = :id AND s.removed_at IS NULL AND b.ended_at IS NULL AND b.valid_until >= :today)"
        " AS substitutions",
        id=specialist_id,
        today=clock.today(),
    )[0]
    return {"specialist": specialist, "cases": caseload["cases"], **counts}


def let_leave(specialist_id: uuid.UUID, form: dict[str, Any], *, by: uuid.UUID) -> dict[str, Any]:
    """Hand all cases over as ``moves`` say, then end the specialist's access: all of it or nothing.

    Raises ``CasesLeft`` when a case is not among the moves, ``InvalidRequest`` when one is not the specialist's,
    ``CaseloadFull``, ``NotFound``.
    """
    _specialist(specialist_id, by)
    moves = {move["case_id"]: move["to_specialist_id"] for move in form["moves"]}
    cases = _open_cases_held(specialist_id)
    for place, move in enumerate(form["moves"]):
        if move["case_id"] not in cases:
            raise InvalidRequest.at(f"/moves/{place}/case_id", "case-not-of-specialist")
        if move["to_specialist_id"] == specialist_id:
            raise InvalidRequest.at(f"/moves/{place}/to_specialist_id", "specialist-the-same")
    # All who take something over, in one order for everybody: two who leave at once must not wait in a circle.
    for account_id in sorted({*moves.values(), specialist_id}):
        db.session.execute(text("SELECT id FROM accounts WHERE id = :id FOR NO KEY UPDATE"), {"id": account_id})
    # Asked now, when nobody can give them another one any more.
    if left := _open_case_ids(specialist_id) - moves.keys():
        raise rules.CasesLeft(cases=len(left))
    for case_id, case in sorted(cases.items()):
        service.hand_over_case(case, to_specialist_id=moves[case_id], reason=form["reason"], by=by)
    remove_substitutions(Substitution.substitute_id == specialist_id)
    deactivate(specialist_id)
    return {"specialist_id": specialist_id, "cases_handed_over": len(cases)}


def _specialist(specialist_id: uuid.UUID, asking: uuid.UUID) -> dict[str, Any]:
    found = colleague_in_sight(specialist_id, asking=asking)
    if found is None or specialist_id == asking:
        raise NotFound()
    return found


def _open_cases_held(specialist_id: uuid.UUID) -> dict[uuid.UUID, Case]:
    """The specialist's open cases with their children held, in one order for everybody."""
    seen = "SELECT id, child_id FROM cases WHERE specialist_id = :id AND state = 'open' ORDER BY child_id"
    for row in rows(seen, id=specialist_id):
        hold_child(row["child_id"])
    return {row["id"]: queries.case_in_sight(row["id"]) for row in rows(seen, id=specialist_id)}


def _open_case_ids(specialist_id: uuid.UUID) -> set[uuid.UUID]:
    found = rows("SELECT id FROM cases WHERE specialist_id = :id AND state = 'open'", id=specialist_id)
    return {row["id"] for row in found}
