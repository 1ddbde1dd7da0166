"""What all dated policies share: the one of a day, a new one like the one before, a prepared one taken back."""

import uuid
from collections.abc import Callable, Collection
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import select

from bas_service import clock
from bas_service.caseload.policy_models import WithdrawnPolicy
from bas_service.caseload.policy_rules import PolicyBegun, PolicyKind
from bas_service.database import Base, db, new_id, rows
from bas_service.errors import NotFound

# A table of policies: id, valid_from, created_at, created_by, and what it is about.
Policy = TypeVar("Policy", bound=Base)


def policy_on(model: type[Policy], day: date) -> Policy:
    """The policy in force on a day (in Riga); raises ``NotFound`` before the first one."""
    begins: Any = model.valid_from  # type: ignore[attr-defined]
    found = db.session.scalars(select(model).where(begins <= day).order_by(begins.desc()).limit(1)).first()
    if found is None:
        raise NotFound()
    return found


def policies_of(model: type[Policy]) -> list[Policy]:
    """All of them, the one that begins last first."""
    return list(db.session.scalars(select(model).order_by(model.valid_from.desc())))  # type: ignore[attr-defined]


def make_policy(
    model: type[Policy],
    form: dict[str, Any],
    *,
    taken_over: Collection[str],
    check: Callable[..., None],
    by: uuid.UUID | None,
) -> Policy:
    """Make a policy that begins today or later; what of ``taken_over`` is left out stays as it would be on that day.

    ``check`` gets the values and today. Raises what it raises, and ``PolicyDateTaken``.
    """
    before = policy_on(model, max(form["valid_from"], clock.today()))
    values = {name: form.get(name, getattr(before, name)) for name in taken_over}
    # Known to the session, it would stand in the way of a new one under an id that is taken.
    db.session.expunge(before)
    check(values | {"valid_from": form["valid_from"]}, today=clock.today())
    policy = model(
        id=form.get("id") or new_id(),
        valid_from=form["valid_from"],
        **values,
        created_at=clock.now(),
        created_by=by,
    )
    db.session.add(policy)
    db.session.flush()
    return policy


def withdraw(kind: PolicyKind, model: type[Base], policy_id: uuid.UUID) -> WithdrawnPolicy:
    """Take a prepared policy back before it begins, so that its day is free for a better one.

    Who did, and when, stays with what it was. Raises ``NotFound``; ``PolicyBegun`` from its day on.
    """
    begins, own_id = model.valid_from, model.id  # type: ignore[attr-defined]
    valid_from = db.session.scalars(select(begins).where(own_id == policy_id)).first()
    if valid_from is None:
        raise NotFound()
    if valid_from <= clock.today():
        raise PolicyBegun()
    (found,) = rows("SELECT withdraw_policy(:kind, :policy) AS done", kind=kind.value, policy=policy_id)
    withdrawn = db.session.get(WithdrawnPolicy, policy_id) if found["done"] else None
    if withdrawn is None:
        # Somebody else was quicker.
        raise NotFound()
    return withdrawn
