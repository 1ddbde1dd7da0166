"""Reads of accounts."""

import uuid
from typing import Any

from sqlalchemy import select

from bas_service.access.models import Account
from bas_service.access.rules import Role
from bas_service.database import db, rows
from bas_service.sealing import keys


def account_of_email(email: str) -> Account | None:
    """The account that signs in with ``email``, whatever the case of its letters."""
    return db.session.scalars(select(Account).where(Account.email_digest == digest_of_email(email))).first()


def digest_of_email(email: str) -> str:
    """The keyed hash by which an account is found, whatever the case of the e-mail's letters."""
    return keys().digest(email.lower(), "email")


def team_of(supervisor_id: uuid.UUID) -> list[dict[str, Any]]:
    """The active specialists whose supervisor this is."""
    return rows(
        "SELECT id, name FROM accounts WHERE supervisor_id = :id AND active AND role = :role ORDER BY id",
        id=supervisor_id,
        role=Role.SPECIALIST,
    )


def colleague_in_sight(specialist_id: uuid.UUID, *, asking: uuid.UUID) -> dict[str, Any] | None:
    """A specialist, when they are the one who asks or belong to the asking supervisor's team."""
    found = rows(
        "SELECT id, name FROM accounts WHERE id = :id AND active AND role = :role"
        " AND (id = :asking OR supervisor_id = :asking)",
        id=specialist_id,
        asking=asking,
        role=Role.SPECIALIST,
    )
    return found[0] if found else None
