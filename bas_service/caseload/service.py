"""The verbs: open a case within the limit, change it, hand it over, close it."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from blinker import Signal
from sqlalchemy import text, update

from bas_service import clock
from bas_service.access.queries import colleague_in_sight
from bas_service.caseload import policy_rules, queries, rules
from bas_service.caseload.models import Case, CaseClosing, Responsibility
from bas_service.caseload.policies import casework_policy_on
from bas_service.caseload.rules import CaseState, Complexity, Per
from bas_service.children.queries import hold_child
from bas_service.database import db, new_id
from bas_service.duties import service as duties
from bas_service.duties.rules import DutyKind
from bas_service.errors import InvalidRequest

# Sent within the transaction: the case's planned meetings go along to the new specialist ...
case_handed_over = Signal()
# ... or, when it closes, must not be left behind: refused, or cancelled when ``cancel`` says so.
case_closing = Signal()
# Whoever takes a case over is to have read it by then.
READ_WITHIN = timedelta(days=1)


def open_case(form: dict[str, Any], *, by: uuid.UUID) -> Case:
    """Give a child to a specialist of the asking supervisor's team (D3, D4).

    Raises ``CaseloadFull``, ``ChildHasACase``, ``InvalidRequest``; ``NotFound`` for a child not in sight,
    ``NotAllowed`` for one that another team decides about.
    """
    hold_child(form["child_id"])
    queries.check_decides_on_case(form["child_id"])
    specialist_id = _specialist_of_team(form["specialist_id"], by, "/specialist_id")
    if queries.open_case_of(form["child_id"]) is not None:
        raise rules.ChildHasACase()
    exceeding = _exceeding(form.get("exceeding"))
    _check_room(specialist_id, form["complexity"], exceeding)
    case = Case(
        id=form.get("id") or new_id(),
        child_id=form["child_id"],
        specialist_id=specialist_id,
        complexity=form["complexity"].value,
        state=CaseState.OPEN.value,
        opened_at=clock.now(),
        version=1,
        # When nothing is said, what the policy holds usual; null means that nothing was agreed.
        **_rhythm(form["rhythm"] if "rhythm" in form else _usual_rhythm(form["complexity"])),
        **exceeding,
    )
    db.session.add(case)
    db.session.flush()
    _make_responsible(case, since=case.opened_at)
    return case


def change_case(case: Case, form: dict[str, Any]) -> None:
    """Change a locked case's complexity, rhythm or exception; raises ``CaseloadFull``, ``NoOpenCase``."""
    _check_open(case)
    values: dict[str, Any] = {}
    if "exceeding" in form:
        values |= _exceeding(form["exceeding"])
    if "rhythm" in form:
        values |= _rhythm(form["rhythm"])
    if "complexity" in form and form["complexity"] != case.complexity:
        values["complexity"] = form["complexity"].value
        exceeding = values if "exceeding" in form else _exception_of(case)
        weights = queries.policy_on(clock.today()).weights
        if weights[form["complexity"]] > weights[Complexity(case.complexity)]:
            _check_room(case.specialist_id, form["complexity"], exceeding, without=case.id)
    changed = {name: value for name, value in values.items() if getattr(case, name) != value}
    for name, value in changed.items():
        setattr(case, name, value)
    case.version += 1 if changed else 0
    db.session.flush()


def hand_over_case(case: Case, *, to_specialist_id: uuid.UUID, reason: str, by: uuid.UUID) -> None:
    """Move a locked case, and what is planned in it, to another specialist of the team (D3)."""
    _check_open(case)
    _specialist_of_team(to_specialist_id, by, "/to_specialist_id")
    if to_specialist_id == case.specialist_id:
        raise InvalidRequest.at("/to_specialist_id", "specialist-the-same")
    _check_room(to_specialist_id, Complexity(case.complexity), _exception_of(case))
    # One moment for both: between them nobody would be responsible.
    now = clock.now()
    before = case.specialist_id
    _end_responsibility(case, at=now)
    case.specialist_id = to_specialist_id
    case.version += 1
    db.session.flush()
    _make_responsible(case, since=now, reason=reason)
    duties.hand_over_duties(case.child_id, since=before, to=to_specialist_id)
    duties.raise_duty(
        DutyKind.CASE_RECEIVED,
        child_id=case.child_id,
        account_id=to_specialist_id,
        about_id=case.id,
        occasion=str(case.version),
        due_at=now + READ_WITHIN,
    )
    case_handed_over.send(None, case=case)


def close_case(case: Case, *, reason: str, outcome: str | None, cancel_meetings: bool, by: uuid.UUID) -> None:
    """Close a locked case for a reason of the policy (D3); open duties about the child lapse.

    What is still planned in it refuses, or is cancelled when that is asked for: whoever listens to ``case_closing``
    decides. Raises ``InvalidRequest``, ``NoOpenCase``.
    """
    _check_open(case)
    policy_rules.check_closing(casework_policy_on(clock.today()).close_reasons, reason=reason, outcome=outcome)
    case_closing.send(None, case=case, cancel=cancel_meetings, reason=reason)
    case.state = CaseState.CLOSED.value
    case.closed_at = clock.now()
    _end_responsibility(case, at=case.closed_at)
    case.close_reason = reason
    case.outcome = outcome
    case.version += 1
    db.session.add(
        CaseClosing(
            id=new_id(),
            case_id=case.id,
            child_id=case.child_id,
            closed_at=case.closed_at,
            closed_by=by,
            reason=reason,
            outcome=outcome,
        )
    )
    duties.let_lapse(child_id=case.child_id)
    db.session.flush()


def reopen_case(case: Case, form: dict[str, Any], *, by: uuid.UUID) -> None:
    """Open a locked, closed case again, with the specialist it had or another one of the team (D3).

    Raises ``CaseNotClosed`` when it is open, or when a later case took its place; ``CaseloadFull``.
    """
    if case.state != CaseState.CLOSED or queries.has_later_case(case):
        raise rules.CaseNotClosed()
    specialist_id = _specialist_of_team(form.get("specialist_id") or case.specialist_id, by, "/specialist_id")
    exceeding = _exceeding(form.get("exceeding"))
    _check_room(specialist_id, Complexity(case.complexity), exceeding)
    now = clock.now()
    db.session.execute(
        update(CaseClosing)
        .where(CaseClosing.case_id == case.id, CaseClosing.reopened_at.is_(None))
        .values(reopened_at=now, reopened_by=by, reopen_reason=form["reason"])
    )
    for name, value in exceeding.items():
        setattr(case, name, value)
    case.specialist_id = specialist_id
    case.state = CaseState.OPEN.value
    case.closed_at = case.close_reason = case.outcome = None
    case.version += 1
    db.session.flush()
    _make_responsible(case, since=now, reason=form["reason"])


def _specialist_of_team(specialist_id: uuid.UUID, by: uuid.UUID, pointer: str) -> uuid.UUID:
    # Held from now on: whoever leaves the team meanwhile must not be given a child at the last moment.
    held = text("SELECT id FROM accounts WHERE id = :id AND active FOR NO KEY UPDATE")
    is_there = db.session.execute(held, {"id": specialist_id}).first() is not None
    if specialist_id == by or not is_there or colleague_in_sight(specialist_id, asking=by) is None:
        raise InvalidRequest.at(pointer, "specialist-not-of-team")
    return specialist_id


def _check_room(
    specialist_id: uuid.UUID,
    added: Complexity,
    exceeding: dict[str, Any],
    *,
    without: uuid.UUID | None = None,
) -> None:
    # Whoever adds to this specialist's load waits here, so that two supervisors cannot both see the last room.
    db.session.execute(text("SELECT id FROM accounts WHERE id = :id FOR NO KEY UPDATE"), {"id": specialist_id})
    until = exceeding.get("exceeding_until")
    if until is None or until < clock.today():
        others = queries.complexities_of(specialist_id, without=without)
        rules.check_room(others, added, queries.policy_on(clock.today()))


def _exceeding(form: dict[str, Any] | None) -> dict[str, Any]:
    if form is None:
        return {"exceeding_reason": None, "exceeding_until": None}
    if form["until"] < clock.today():
        raise InvalidRequest.at("/exceeding/until", "day-in-the-past")
    return {"exceeding_reason": form["reason"], "exceeding_until": form["until"]}


def _exception_of(case: Case) -> dict[str, Any]:
    return {"exceeding_until": case.exceeding_until}


def _rhythm(form: dict[str, Any] | None) -> dict[str, Any]:
    if form is None:
        return {"rhythm_times": None, "rhythm_per": None}
    return {"rhythm_times": form["times"], "rhythm_per": form["per"].value}


def _usual_rhythm(complexity: Complexity) -> dict[str, Any]:
    usual = casework_policy_on(clock.today()).rhythms[complexity]
    return {"times": usual["times"], "per": Per(usual["per"])}


def _make_responsible(case: Case, *, since: datetime, reason: str | None = None) -> None:
    db.session.add(
        Responsibility(
            id=new_id(),
            case_id=case.id,
            child_id=case.child_id,
            specialist_id=case.specialist_id,
            since=since,
            reason=reason,
        )
    )
    db.session.flush()


def _end_responsibility(case: Case, *, at: datetime) -> None:
    db.session.execute(
        update(Responsibility)
        .where(Responsibility.case_id == case.id, Responsibility.until.is_(None))
        .values(until=at)
    )


def _check_open(case: Case) -> None:
    if case.state != CaseState.OPEN:
        raise rules.NoOpenCase()
