"""Signing in with a browser: a chance token in a cookie, known here by its keyed hash only."""

import secrets
from datetime import datetime

from sqlalchemy import update

from bas_service import clock
from bas_service.access import rules, service
from bas_service.access.models import DeviceSession
from bas_service.access.rules import OneTimeCodesMandatory, Role
from bas_service.access.service import Asking
from bas_service.database import db, rows
from bas_service.errors import NotAllowed, Refusal, SignInNeeded
from bas_service.sealing import keys
from bas_service.translation import Language


def sign_in(
    form: dict[str, str], *, browser: dict[str, str], address: str, roles: set[Role], must_use_codes: set[Role]
) -> str | Refusal:
    """The token for the browser's cookie; a refusal is returned, not raised, because the attempt must be kept.

    Only accounts of these ``roles`` get in, and of those that ``must_use_codes`` only whoever has set them up.
    Raises ``TooManyRequests``.
    """
    account = service.prove(
        email=form["email"],
        password=form["password"],
        code=form.get("code"),
        device_id=browser["id"],
        address=address,
    )
    if isinstance(account, Refusal):
        return account
    if account.role not in roles:
        return NotAllowed()
    if account.role in must_use_codes and account.codes_since is None:
        return OneTimeCodesMandatory()
    token = secrets.token_urlsafe(32)
    service.open_session(account, browser | {"platform": "browser"}, browser_digest=digest_of(token))
    return token


def recognise(token: str | None) -> Asking:
    """Find out whose browser asks, and tell row-level security; raises ``SignInNeeded`` when access has ended."""
    now = clock.now()
    found = rows(
        "SELECT a.id, a.name, a.role, a.language, a.codes_since, s.id AS session_id, s.seen_at,"
        " set_config('bas.account_id', a.id::text, true)"
        " FROM device_sessions s JOIN accounts a ON a.id = s.account_id"
        " WHERE s.browser_digest = :digest AND s.revoked_at IS NULL AND a.active"
        " AND s.seen_at > :idle AND s.signed_in_at > :kept",
        digest=digest_of(token or ""),
        idle=now - rules.BROWSER_IDLE,
        kept=now - rules.BROWSER_KEPT,
    )
    if not found:
        raise SignInNeeded()
    row = found[0]
    _note_seen(row["session_id"], seen_at=row["seen_at"], now=now)
    return Asking(
        account_id=row["id"],
        session_id=row["session_id"],
        name=row["name"],
        role=Role(row["role"]),
        language=Language(row["language"]),
        uses_codes=row["codes_since"] is not None,
    )


def _note_seen(session_id: object, *, seen_at: datetime, now: datetime) -> None:
    if seen_at <= now - rules.BROWSER_SEEN_EVERY:
        db.session.execute(update(DeviceSession).where(DeviceSession.id == session_id).values(seen_at=now))


def digest_of(token: str) -> str:
    """The keyed hash by which a browser's session is found; 256 bits of chance need no slow one."""
    return keys().digest(token, "browser-session")


def form_token_of(kept: str) -> str:
    """What every form of our pages carries: proof that it was made for whoever keeps this in a cookie."""
    return keys().digest(kept, "form")
