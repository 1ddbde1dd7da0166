"""The verbs: enter a specialist's absence with who stands in, change it, end it (D3)."""

import uuid
from datetime import date
from typing import Any

from blinker import Signal
from sqlalchemy import ColumnElement, select, text, update

from bas_service import clock
from bas_service.access.queries import colleague_in_sight
from bas_service.caseload import rules
from bas_service.caseload.models import Absence, Substitution
from bas_service.children.queries import hold_child
from bas_service.database import db, new_id, rows
from bas_service.errors import InvalidRequest, NotFound

# Sent within the transaction, for each child whose substitute may have changed, with the child held: meetings that
# a substitute was to hold must not stay with somebody who no longer sees the child.
substitutes_changed = Signal()


def enter_absence(form: dict[str, Any], *, by: uuid.UUID) -> Absence:
    """Enter a specialist's absence and who stands in; the cases stay where they are.

    Raises ``InvalidRequest``, ``SubstituteAbsent``; an overlap is refused by the database as ``AbsenceOverlaps``.
    """
    if colleague_in_sight(form["specialist_id"], asking=by) is None or form["specialist_id"] == by:
        raise InvalidRequest.at("/specialist_id", "specialist-not-of-team")
    _check_days(form["valid_from"], form["valid_until"])
    absence = Absence(
        id=form.get("id") or new_id(),
        specialist_id=form["specialist_id"],
        valid_from=form["valid_from"],
        valid_until=form["valid_until"],
        reason=form.get("reason"),
        created_at=clock.now(),
        created_by=by,
        version=1,
    )
    db.session.add(absence)
    db.session.flush()
    _let_stand_in(absence, form["substitutes"], by=by)
    return absence


def change_absence(absence: Absence, form: dict[str, Any], *, by: uuid.UUID) -> None:
    """Change a locked absence's last day, reason or substitutes; raises ``AbsenceEnded``, ``SubstituteAbsent``."""
    check_not_over(absence)
    if "valid_until" in form:
        _check_days(absence.valid_from, form["valid_until"])
        if form["valid_until"] < clock.today():
            raise InvalidRequest.at("/valid_until", "day-in-the-past")
        absence.valid_until = form["valid_until"]
    if "reason" in form:
        absence.reason = form["reason"]
    absence.version += 1
    db.session.flush()
    substitutes = form.get("substitutes", substitutes_of([absence.id])[absence.id])
    remove_substitutions(Substitution.absence_id == absence.id)
    _let_stand_in(absence, substitutes, by=by)
    _look_at_meetings(absence)


def end_absence(absence: Absence) -> None:
    """End a locked absence now: the specialist is back early. Raises ``AbsenceEnded``."""
    check_not_over(absence)
    absence.ended_at = clock.now()
    absence.version += 1
    db.session.flush()
    _look_at_meetings(absence)


def absence_in_sight(absence_id: uuid.UUID, *, lock: bool = False) -> Absence:
    """An absence that concerns the asking account; with ``lock`` its specialist's children are held first."""
    found = db.session.get(Absence, absence_id)
    if found is None:
        raise NotFound()
    if lock:
        for child_id in _children_of(found.specialist_id):
            hold_child(child_id)
        db.session.refresh(found, with_for_update={"key_share": True})
    return found


def absences_page(
    *, on: date | None, specialist_id: uuid.UUID | None, after: list[Any] | None, limit: int
) -> list[dict[str, Any]]:
    """Absences that concern the asking account, not ended early, by their first day; one more than ``limit``.

    ``on`` leaves those of that day; without it all that are not over yet.
    """
    statement = select(Absence).where(Absence.ended_at.is_(None)).order_by(Absence.valid_from, Absence.id)
    if on is None:
        statement = statement.where(Absence.valid_until >= clock.today())
    else:
        statement = statement.where(Absence.valid_from <= on, Absence.valid_until >= on)
    if specialist_id is not None:
        statement = statement.where(Absence.specialist_id == specialist_id)
    if after is not None:
        day, last_id = after
        same_day = (Absence.valid_from == day) & (Absence.id > last_id)
        statement = statement.where((Absence.valid_from > day) | same_day)
    return views_of(list(db.session.scalars(statement.limit(limit + 1))))


def views_of(absences: list[Absence]) -> list[dict[str, Any]]:
    """Absences as they go out, with who stands in and how many children nobody stands in for."""
    if not absences:
        return []
    substitutes = substitutes_of([absence.id for absence in absences])
    specialists = {absence.specialist_id for absence in absences}
    named = rows("SELECT id, name FROM accounts WHERE id = ANY(:ids)", ids=list(specialists))
    names = {row["id"]: row["name"] for row in named}
    open_cases = rows(
        "SELECT specialist_id, child_id FROM cases WHERE state = 'open' AND specialist_id = ANY(:ids)",
        ids=list(specialists),
    )
    return [
        {column.name: getattr(absence, column.name) for column in Absence.__table__.columns}
        | {
            "specialist": {"id": absence.specialist_id, "name": names[absence.specialist_id]},
            "substitutes": substitutes[absence.id],
            "uncovered": _uncovered(
                {row["child_id"] for row in open_cases if row["specialist_id"] == absence.specialist_id},
                substitutes[absence.id],
            ),
        }
        for absence in absences
    ]


def remove_substitutions(which: ColumnElement[bool]) -> None:
    """Let nobody of these stand in any more; that they did stays known."""
    db.session.execute(
        update(Substitution).where(which, Substitution.removed_at.is_(None)).values(removed_at=clock.now())
    )


def substitutes_of(absence_ids: list[uuid.UUID]) -> dict[uuid.UUID, list[dict[str, Any]]]:
    """Who stands in during these absences."""
    found = rows(
        "SELECT s.absence_id, s.substitute_id AS specialist_id, s.child_id, a.name"
        " FROM substitutions s JOIN accounts a ON a.id = s.substitute_id"
        " WHERE s.absence_id = ANY(:ids) AND s.removed_at IS NULL ORDER BY s.id",
        ids=absence_ids,
    )
    by_absence: dict[uuid.UUID, list[dict[str, Any]]] = {absence_id: [] for absence_id in absence_ids}
    for row in found:
        by_absence[row.pop("absence_id")].append(row)
    return by_absence


def absent_on(day: date, specialist_ids: list[uuid.UUID]) -> dict[uuid.UUID, dict[str, Any]]:
    """Which of these specialists are absent on a day, until when, and who stands in."""
    statement = select(Absence).where(
        Absence.specialist_id.in_(specialist_ids),
        Absence.ended_at.is_(None),
        Absence.valid_from <= day,
        Absence.valid_until >= day,
    )
    return {view["specialist_id"]: view for view in views_of(list(db.session.scalars(statement)))}


def check_not_over(absence: Absence) -> None:
    """Refuse what cannot be changed any more: ``AbsenceEnded``."""
    if absence.ended_at is not None or absence.valid_until < clock.today():
        raise rules.AbsenceEnded()


def _check_days(valid_from: date, valid_until: date) -> None:
    if valid_until < valid_from:
        raise InvalidRequest.at("/valid_until", "until-before-from")
    if valid_until - valid_from > rules.LONGEST_ABSENCE:
        raise InvalidRequest.at("/valid_until", "absence-too-long", days=rules.LONGEST_ABSENCE.days)


def _let_stand_in(absence: Absence, substitutes: list[dict[str, Any]], *, by: uuid.UUID) -> None:
    own = set(_children_of(absence.specialist_id))
    for place, substitute in enumerate(substitutes):
        pointer = f"/substitutes/{place}"
        substitute_id, child_id = substitute["specialist_id"], substitute.get("child_id")
        if substitute_id == absence.specialist_id or colleague_in_sight(substitute_id, asking=by) is None:
            raise InvalidRequest.at(f"{pointer}/specialist_id", "specialist-not-of-team")
        if child_id is not None and child_id not in own:
            raise InvalidRequest.at(f"{pointer}/child_id", "child-not-of-specialist")
        if _is_absent(substitute_id, absence):
            raise rules.SubstituteAbsent()
        db.session.add(
            Substitution(
                id=new_id(),
                absence_id=absence.id,
                specialist_id=absence.specialist_id,
                substitute_id=substitute_id,
                child_id=child_id,
            )
        )
    db.session.flush()


def _is_absent(specialist_id: uuid.UUID, during: Absence) -> bool:
    # Whoever enters an absence waits for whoever enters the other one's: two cannot stand in for each other.
    db.session.execute(text("SELECT id FROM accounts WHERE id = :id FOR NO KEY UPDATE"), {"id": specialist_id})
    found = rows(
        "SELECT 1 FROM absences WHERE specialist_id = :specialist AND ended_at IS NULL"
        " AND valid_from <= :last AND valid_until >= :first",
        specialist=specialist_id,
        first=during.valid_from,
        last=during.valid_until,
    )
    return bool(found)


def _look_at_meetings(absence: Absence) -> None:
    for child_id in _children_of(absence.specialist_id):
        substitutes_changed.send(None, child_id=child_id)


def _children_of(specialist_id: uuid.UUID) -> list[uuid.UUID]:
    found = rows(
        "SELECT child_id FROM cases WHERE specialist_id = :specialist AND state = 'open' ORDER BY child_id",
        specialist=specialist_id,
    )
    return [row["child_id"] for row in found]


def _uncovered(children: set[uuid.UUID], substitutes: list[dict[str, Any]]) -> int:
    if any(one["child_id"] is None for one in substitutes):
        return 0
    return len(children - {one["child_id"] for one in substitutes})
