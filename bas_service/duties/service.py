"""The verbs: raise a duty once, end it once, let it go along with the child."""

import uuid
from datetime import datetime
from typing import Any

from blinker import Signal
from sqlalchemy import func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert

from bas_service import clock
from bas_service.access.emergency import emergency_noted, emergency_taken
from bas_service.access.models import EmergencyGrant
from bas_service.database import db, new_id
from bas_service.duties.models import Duty
from bas_service.duties.rules import DutyEnded, DutyKind, DutyState

# Somebody says of an open duty that it is done.
duty_finishing = Signal()


def raise_duty(
    kind: DutyKind,
    *,
    child_id: uuid.UUID,
    account_id: uuid.UUID,
    about_id: uuid.UUID,
    due_at: datetime,
    occasion: str = "",
    **details: Any,
) -> bool:
    """Make something somebody's task, unless this occasion was raised before; gives whether it is new.

    ``occasion`` tells one time from the next about the same thing (the day a rhythm was missed on, say). ``details``
    are figures and days for its words, never a name: they are stored in clear.
    """
    statement = insert(Duty).values(
        id=new_id(),
        kind=kind.value,
        child_id=child_id,
        account_id=account_id,
        about_id=about_id,
        occasion=occasion,
        details=details,
        raised_at=clock.now(),
        due_at=due_at,
        state=DutyState.OPEN.value,
        version=1,
    )
    new = statement.on_conflict_do_nothing(constraint="duties_raised_once_key").returning(Duty.id)
    return db.session.execute(new).first() is not None


def finish_duty(duty: Duty, *, note: str | None, by: uuid.UUID) -> None:
    """Say of a locked duty that it is done; raises ``DutyEnded``.

    Whoever listens to ``duty_finishing`` may refuse: what is done by a step of its own is not done by saying so.
    """
    if duty.state != DutyState.OPEN:
        raise DutyEnded(state=duty.state)
    duty_finishing.send(None, duty=duty)
    duty.state = DutyState.DONE.value
    duty.ended_at = clock.now()
    duty.ended_by = by
    duty.note = note
    duty.version += 1
    db.session.flush()


def is_open(kind: DutyKind, about_id: uuid.UUID) -> bool:
    """Whether somebody has a duty of this kind about this thing at present."""
    statement = select(Duty.id).where(
        Duty.kind == kind.value, Duty.about_id == about_id, Duty.state == DutyState.OPEN
    )
    return db.session.scalars(statement.limit(1)).first() is not None


def hold_open(kind: DutyKind, about_id: uuid.UUID) -> bool:
    """Whether somebody has a duty of this kind about this thing; nobody ends it before the transaction does."""
    statement = select(Duty.id).where(
        Duty.kind == kind.value, Duty.about_id == about_id, Duty.state == DutyState.OPEN
    )
    return db.session.scalars(statement.with_for_update()).first() is not None


def times_raised(kind: DutyKind, about_id: uuid.UUID) -> int:
    """How many duties of this kind there were about this thing."""
    statement = select(func.count()).where(Duty.kind == kind.value, Duty.about_id == about_id)
    return db.session.scalars(statement).one()


def finish_occasion(*kinds: DutyKind, about_id: uuid.UUID, occasion: str, note: str | None, by: uuid.UUID) -> None:
    """Say that whatever is open about an occasion of one thing, its later numbers included, is done."""
    same = or_(Duty.occasion == occasion, Duty.occasion.startswith(f"{occasion}/", autoescape=True))
    statement = update(Duty).where(Duty.state == DutyState.OPEN, Duty.kind.in_([kind.value for kind in kinds]))
    statement = statement.where(Duty.about_id == about_id, same)
    done = {"state": DutyState.DONE.value, "ended_at": clock.now(), "ended_by": by, "note": note}
    db.session.execute(statement.values(version=Duty.version + 1, **done))


def let_lapse(
    *kinds: DutyKind,
    child_id: uuid.UUID | None = None,
    about_id: uuid.UUID | None = None,
    about_ids: list[uuid.UUID] | None = None,
) -> None:
    """End open duties whose cause is gone: of these kinds (all when none is named), about a child or these things."""
    statement = update(Duty).where(Duty.state == DutyState.OPEN)
    if kinds:
        statement = statement.where(Duty.kind.in_([kind.value for kind in kinds]))
    if child_id is not None:
        statement = statement.where(Duty.child_id == child_id)
    if about_id is not None:
        statement = statement.where(Duty.about_id == about_id)
    if about_ids is not None:
        statement = statement.where(Duty.about_id.in_(about_ids))
    db.session.execute(statement.values(state=DutyState.LAPSED.value, ended_at=clock.now(), version=Duty.version + 1))


def hand_over_duties(child_id: uuid.UUID, *, since: uuid.UUID, to: uuid.UUID) -> None:
    """Let the open duties about a child go along to the specialist who is responsible from now on (D3)."""
    db.session.execute(
        text(
            "UPDATE duties SET account_id = :to, version = version + 1"
            " WHERE child_id = :child AND account_id = :since AND state = 'open'"
        ),
        {"child": child_id, "since": since, "to": to},
    )


def pass_on(*kinds: DutyKind, about_ids: list[uuid.UUID], to: uuid.UUID) -> None:
    """Let open duties of these kinds about these things be somebody else's from now on."""
    statement = update(Duty).where(Duty.state == DutyState.OPEN, Duty.kind.in_([kind.value for kind in kinds]))
    statement = statement.where(Duty.about_id.in_(about_ids), Duty.account_id != to)
    db.session.execute(statement.values(account_id=to, version=Duty.version + 1))


def listen() -> None:
    """Follow what happens on lower floors; called once where the application is put together."""
    emergency_taken.connect(_on_emergency_taken, weak=False)
    emergency_noted.connect(_on_emergency_noted, weak=False)


def _on_emergency_taken(_sender: Any, *, grant: EmergencyGrant) -> None:
    if grant.told_account_id is not None:
        raise_duty(
            DutyKind.EMERGENCY_ACCESS,
            child_id=grant.child_id,
            account_id=grant.told_account_id,
            about_id=grant.id,
            # At once: whoever should not be looking looks now.
            due_at=grant.granted_at,
        )


def _on_emergency_noted(_sender: Any, *, grant: EmergencyGrant) -> None:
    let_lapse(DutyKind.EMERGENCY_ACCESS, about_id=grant.id)
