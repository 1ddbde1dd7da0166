"""The verbs: record an attempt to reach a child; after too many in vain it is the supervisor's (D10)."""

import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from bas_service import clock
from bas_service.caseload import policies, queries, rules
from bas_service.caseload.models import ContactAttempt
from bas_service.children.queries import child_in_sight
from bas_service.database import db, new_id, rows
from bas_service.duties import service as duties
from bas_service.duties.rules import DutyKind
from bas_service.errors import InvalidRequest

# How soon the supervisor is to decide about a child whom nobody reaches.
DECIDED_WITHIN = timedelta(days=1)


def record_attempt(child_id: uuid.UUID, form: dict[str, Any], *, by: uuid.UUID) -> ContactAttempt:
    """Record that it was tried to reach a child, and whether that succeeded.

    Raises ``InvalidRequest``, ``NoOpenCase``, ``NotFound``.
    """
    child_in_sight(child_id, lock=True)
    case = queries.open_case_of(child_id)
    if case is None:
        raise rules.NoOpenCase()
    now = clock.now()
    tried_at = form.get("tried_at") or now
    if tried_at > now:
        raise InvalidRequest.at("/tried_at", "moment-in-the-future")
    attempt = ContactAttempt(
        id=form.get("id") or new_id(),
        case_id=case.id,
        child_id=child_id,
        account_id=by,
        tried_at=tried_at,
        means=form["means"].value,
        reached=form["reached"],
        note=form.get("note"),
        created_at=now,
    )
    db.session.add(attempt)
    db.session.flush()
    failed = failed_since_contact(child_id)
    if not failed:
        duties.let_lapse(DutyKind.CHILD_UNREACHABLE, child_id=child_id)
    elif len(failed) >= policies.casework_policy_on(clock.today()).failed_attempts:
        _tell_supervisor(case.specialist_id, child_id, case.id, failed)
    return attempt


def attempts_of(child_id: uuid.UUID) -> list[ContactAttempt]:
    """All attempts to reach a child in sight, the latest first."""
    child_in_sight(child_id)
    statement = select(ContactAttempt).where(ContactAttempt.child_id == child_id)
    return list(db.session.scalars(statement.order_by(ContactAttempt.tried_at.desc(), ContactAttempt.id.desc())))


def failed_since_contact(child_id: uuid.UUID) -> list[uuid.UUID]:
    """The latest attempts that failed in a row, the latest first."""
    found = rows(
        "SELECT id, reached FROM contact_attempts WHERE child_id = :child ORDER BY tried_at DESC, id DESC",
        child=child_id,
    )
    return [row["id"] for row in found[: rules.failures_in_a_row([row["reached"] for row in found])]]


def _tell_supervisor(
    specialist_id: uuid.UUID, child_id: uuid.UUID, case_id: uuid.UUID, failed: list[uuid.UUID]
) -> None:
    supervisor_id = rows("SELECT supervisor_id FROM accounts WHERE id = :id", id=specialist_id)[0]["supervisor_id"]
    duties.raise_duty(
        DutyKind.CHILD_UNREACHABLE,
        child_id=child_id,
        # Whoever has no supervisor keeps it themselves: better than nobody.
        account_id=supervisor_id or specialist_id,
        about_id=case_id,
        # Once for each row of failures, however long it grows.
        occasion=str(failed[-1]),
        due_at=clock.now() + DECIDED_WITHIN,
        attempts=len(failed),
    )
