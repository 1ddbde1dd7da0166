"""Access for hours to a child one is not responsible for: with a written reason, and the supervisor knows (D32)."""

import uuid
from datetime import timedelta
from typing import Any

from blinker import Signal
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from bas_service import clock
from bas_service.access.models import EmergencyGrant
from bas_service.database import db, new_id
from bas_service.errors import NotFound
from bas_service.http.looks import looked_at

MOST_HOURS = 24
# Sent within the transaction: somebody took a grant, so that the supervisor is told at once ...
emergency_taken = Signal()
# ... and the supervisor has taken notice.
emergency_noted = Signal()


def take_grant(child_id: uuid.UUID, form: dict[str, Any], *, by: uuid.UUID) -> EmergencyGrant:
    """Let the asking account see a child from now on, for ``hours``; whoever supervises the child's team is told.

    Raises ``NotFound`` when there is no such child.
    """
    supervisor = db.session.execute(text("SELECT supervisor_of_child(:child)"), {"child": child_id}).scalar()
    now = clock.now()
    grant = EmergencyGrant(
        id=form.get("id") or new_id(),
        child_id=child_id,
        account_id=by,
        reason=form["reason"],
        granted_at=now,
        until=now + timedelta(hours=form["hours"]),
        told_account_id=supervisor,
        version=1,
    )
    db.session.add(grant)
    try:
        db.session.flush()
    except IntegrityError as error:
        constraint = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
        if constraint == "emergency_grants_child_id_fkey":
            raise NotFound() from None
        raise
    looked_at([child_id])
    emergency_taken.send(None, grant=grant)
    return grant


def grants_in_sight() -> list[EmergencyGrant]:
    """Grants that the asking account took, or was told of, or that concern its team; the latest first."""
    statement = select(EmergencyGrant).order_by(EmergencyGrant.granted_at.desc(), EmergencyGrant.id).limit(1000)
    found = list(db.session.scalars(statement))
    looked_at(grant.child_id for grant in found)
    return found


def grant_to_note(grant_id: uuid.UUID, *, by: uuid.UUID) -> EmergencyGrant:
    """A grant of which the asking supervisor was told; raises ``NotFound``."""
    grant = db.session.get(EmergencyGrant, grant_id, with_for_update={"key_share": True})
    if grant is None or grant.told_account_id != by:
        raise NotFound()
    looked_at([grant.child_id])
    return grant


def note_grant(grant: EmergencyGrant) -> None:
    """The supervisor has taken notice; said once, it stays."""
    if grant.seen_at is None:
        grant.seen_at = clock.now()
        grant.version += 1
        db.session.flush()
        emergency_noted.send(None, grant=grant)
