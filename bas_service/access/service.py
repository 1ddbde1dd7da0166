"""Signing in and out, keeping a device signed in, recognising who asks, adding accounts."""

import hashlib
import logging
import re
import uuid
from dataclasses import dataclass
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, text, update
from sqlalchemy.exc import IntegrityError

from bas_service import clock
from bas_service.access import queries, rules, tokens
from bas_service.access.models import Account, DeviceSession, SignInAttempt
from bas_service.access.rules import AccountUnusable, Role, SignInRefused, Standing
from bas_service.database import db, new_id, rows
from bas_service.errors import Refusal, SignInNeeded, TooManyRequests
from bas_service.http.fields import UNWANTED
from bas_service.translation import Language

log = logging.getLogger(__name__)
hasher = PasswordHasher()
# What an unknown e-mail's password is compared with, so that it takes as long as a known one's.
_NOBODYS_HASH = hasher.hash("nobody has this password")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}\.[^@\s.]{2,}")
# A name is told to families in a text message.
_NAME = re.compile(f"[^{UNWANTED}]{{1,200}}")


@dataclass(frozen=True, kw_only=True)
class Asking:
    """The account for which a request is answered."""

    account_id: uuid.UUID
    session_id: uuid.UUID
    name: str
    role: Role
    language: Language


def sign_in(*, email: str, password: str, device: dict[str, str], address: str) -> dict[str, Any] | Refusal:
    """Open a session for the device; a refusal is returned, not raised, because the attempt must be kept.

    The same device signing in again replaces its earlier session. Raises ``TooManyRequests``.
    """
    digest = hashlib.sha256(email.lower().encode()).hexdigest()
    _check_rate(digest, address)
    account = queries.account_of_email(email)
    known = account is not None and account.active
    right = _matches(account.password_hash if account and known else _NOBODYS_HASH, password)
    if account is None or not known or not right:
        db.session.add(SignInAttempt(id=new_id(), email_digest=digest, address=address, failed_at=clock.now()))
        db.session.flush()
        return SignInRefused()
    # One sign-in at a time for an account, so that one device never holds two open sessions.
    rows("SELECT id FROM accounts WHERE id = :id FOR NO KEY UPDATE", id=account.id)
    _revoke(DeviceSession.account_id == account.id, DeviceSession.device_id == device["id"], because="sign-in")
    session = DeviceSession(
        id=new_id(),
        account_id=account.id,
        device_id=device["id"],
        device_name=device["name"],
        platform=device["platform"],
        signed_in_at=clock.now(),
    )
    db.session.add(session)
    db.session.flush()
    return tokens.new_pair(account.id, session.id, parent=None) | {"user": account}


def refresh(claims: tokens.Claims) -> dict[str, Any] | Refusal:
    """Exchange a refresh token for a new pair; a reused one revokes the device (returned, to be committed)."""
    found = rows(
        "SELECT s.used_token, s.revoked_at, a.active FROM device_sessions s JOIN accounts a ON a.id = s.account_id"
        " WHERE s.id = :session AND s.account_id = :account FOR UPDATE OF s",
        session=claims.session_id,
        account=claims.account_id,
    )
    if not found or found[0]["revoked_at"] or not found[0]["active"]:
        return SignInNeeded()
    standing = rules.standing_of(claims.token, found[0]["used_token"])
    if standing is Standing.REUSED:
        _revoke(DeviceSession.id == claims.session_id, because="refresh-token-reused")
        log.warning("ALARM: a spent refresh token was used again; session %s is revoked", claims.session_id)
        return SignInNeeded()
    if standing is Standing.CURRENT:
        note_arrival(claims)
    return tokens.new_pair(claims.account_id, claims.session_id, parent=claims.token.id)


def recognise(claims: tokens.Claims) -> Asking:
    """Find out who asks, and tell row-level security; raises ``SignInNeeded`` when access has ended."""
    found = rows(
        "SELECT a.id, a.name, a.role, a.language, s.used_token,"
        " set_config('bas.account_id', a.id::text, true)"
        " FROM accounts a JOIN device_sessions s ON s.account_id = a.id"
        " WHERE a.id = :account AND a.active AND s.id = :session AND s.revoked_at IS NULL",
        account=claims.account_id,
        session=claims.session_id,
    )
    if not found:
        raise SignInNeeded()
    row = found[0]
    if claims.token.id != row["used_token"] and claims.token.parent == row["used_token"]:
        note_arrival(claims)
    return Asking(
        account_id=row["id"],
        session_id=claims.session_id,
        name=row["name"],
        role=Role(row["role"]),
        language=Language(row["language"]),
    )


def note_arrival(claims: tokens.Claims) -> None:
    """The pair has arrived at the phone: from now on the token before it is spent for good."""
    db.session.execute(
        text(
            "UPDATE device_sessions SET used_token = :token"
            " WHERE id = :session AND used_token IS NOT DISTINCT FROM :parent"
        ),
        {"token": claims.token.id, "session": claims.session_id, "parent": claims.token.parent},
    )


def sign_out(session_id: uuid.UUID) -> None:
    """End the session; its tokens are refused from the next request on."""
    _revoke(DeviceSession.id == session_id, because="sign-out")


def add_account(
    *,
    email: str,
    name: str,
    role: Role,
    password: str,
    language: Language = Language.LATVIAN,
    phone: str | None = None,
    supervisor_email: str | None = None,
) -> Account:
    """Add a person who signs in; ``phone`` is E.164. Raises ``AccountUnusable`` that says what is wrong."""
    if not _EMAIL.fullmatch(email):
        raise AccountUnusable(reason="email")
    if queries.account_of_email(email) is not None:
        raise AccountUnusable(reason="email-taken")
    if not _NAME.fullmatch(name.strip()):
        raise AccountUnusable(reason="name")
    if len(password) < rules.LEAST_PASSWORD_LENGTH:
        raise AccountUnusable(reason="password")
    supervisor = queries.account_of_email(supervisor_email) if supervisor_email else None
    if supervisor_email and (supervisor is None or not supervisor.active or supervisor.role != Role.SUPERVISOR):
        raise AccountUnusable(reason="supervisor")
    if supervisor and role is not Role.SPECIALIST:
        raise AccountUnusable(reason="role")
    account = Account(
        id=new_id(),
        email=email,
        name=name.strip(),
        role=role.value,
        language=language.value,
        phone=phone,
        supervisor_id=supervisor.id if supervisor else None,
        password_hash=hasher.hash(password),
        active=True,
        created_at=clock.now(),
    )
    db.session.add(account)
    try:
        db.session.flush()
    except IntegrityError:
        # Somebody else added the same address since we looked.
        raise AccountUnusable(reason="email-taken") from None
    return account


def forget_old_attempts() -> None:
    """Drop failed attempts that no longer count."""
    db.session.execute(delete(SignInAttempt).where(SignInAttempt.failed_at < clock.now() - rules.FAILURES_COUNTED))


def _matches(password_hash: str, password: str) -> bool:
    try:
        return hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def _check_rate(digest: str, address: str) -> None:
    now = clock.now()
    recent = rows(
        "SELECT email_digest, failed_at FROM sign_in_attempts"
        " WHERE address = :address AND failed_at > :since ORDER BY failed_at",
        address=address,
        since=now - rules.FAILURES_COUNTED,
    )
    of_pair = [row["failed_at"] for row in recent if row["email_digest"] == digest]
    of_address = [row["failed_at"] for row in recent]
    for failures, most in (
        (of_pair, rules.MOST_FAILURES_OF_A_PAIR),
        (of_address, rules.MOST_FAILURES_OF_AN_ADDRESS),
    ):
        wait = rules.wait_after(failures, most, now)
        if wait is not None:
            raise TooManyRequests(retry_after=wait)


def _revoke(*which: Any, because: str) -> None:
    db.session.execute(
        update(DeviceSession)
        .where(*which, DeviceSession.revoked_at.is_(None))
        .values(revoked_at=clock.now(), revoked_because=because)
    )
