"""Signing in and out, keeping a device signed in, recognising who asks, adding accounts."""

import logging
import re
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import text, update
from sqlalchemy.exc import IntegrityError

from bas_service import clock
from bas_service.access import attempts, one_time_codes, passwords, queries, rules, tokens
from bas_service.access.models import Account, DeviceSession
from bas_service.access.rules import AccountUnusable, OneTimeCodeNeeded, Role, SessionOver, SignInRefused, Standing
from bas_service.database import db, new_id, rows
from bas_service.errors import InvalidRequest, Refusal, SignInNeeded
from bas_service.http.fields import UNWANTED
from bas_service.translation import Language

log = logging.getLogger(__name__)
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
    uses_codes: bool


def sign_in(
    *, email: str, password: str, device: dict[str, str], address: str, code: str | None = None
) -> dict[str, Any] | Refusal:
    """Open a session for the device; a refusal is returned, not raised, because the attempt must be kept.

    Raises ``TooManyRequests``.
    """
    account = prove(email=email, password=password, device_id=device["id"], address=address, code=code)
    if isinstance(account, Refusal):
        return account
    session = open_session(account, device)
    return tokens.new_pair(account.id, session.id, parent=None) | {"user": account}


def prove(*, email: str, password: str, device_id: str, address: str, code: str | None) -> Account | Refusal:
    """The account whose password this is, its row held; or the refusal, with the failure noted.

    ``code`` is a one-time or recovery code, for accounts that use them. Raises ``TooManyRequests``.
    """
    digest = queries.digest_of_email(email)
    attempts.check_rate(digest, address=address, device_id=device_id)
    account = queries.account_of_email(email)
    known = account is not None and account.active
    right = passwords.matches(account.password_hash if account and known else passwords.NOBODYS_HASH, password)
    if account is None or not known or not right:
        attempts.note_failure(digest, address=address)
        return SignInRefused()
    # One sign-in at a time for an account, so that one device never holds two open sessions.
    rows("SELECT id FROM accounts WHERE id = :id FOR NO KEY UPDATE", id=account.id)
    if account.codes_since is not None:
        if code is None:
            return OneTimeCodeNeeded()
        if not one_time_codes.is_right(account, code):
            attempts.note_failure(digest, address=address)
            return SignInRefused()
    attempts.forget_failures(digest, address=address)
    return account


def open_session(account: Account, device: dict[str, str], *, browser_digest: str | None = None) -> DeviceSession:
    """Open a session for the device of a held account; signing in again replaces the device's earlier session."""
    now = clock.now()
    _revoke(DeviceSession.account_id == account.id, DeviceSession.device_id == device["id"], because="sign-in")
    session = DeviceSession(
        id=new_id(),
        account_id=account.id,
        device_id=device["id"],
        device_name=device["name"],
        platform=device["platform"],
        signed_in_at=now,
        browser_digest=browser_digest,
        seen_at=now if browser_digest else None,
    )
    db.session.add(session)
    db.session.flush()
    return session


def refresh(claims: tokens.Claims, *, kept: timedelta) -> dict[str, Any] | Refusal:
    """Exchange a refresh token for a new pair; a reused one revokes the device (returned, to be committed).

    Each pair lasts anew; the sign-in as a whole is ``kept`` and not longer.
    """
    found = rows(
        "SELECT s.used_token, s.revoked_at, s.signed_in_at, a.active"
        " FROM device_sessions s JOIN accounts a ON a.id = s.account_id"
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
    if rules.is_over(found[0]["signed_in_at"], kept=kept, now=clock.now()):
        return SessionOver()
    if standing is Standing.CURRENT:
        note_arrival(claims)
    return tokens.new_pair(claims.account_id, claims.session_id, parent=claims.token.id)


def recognise(claims: tokens.Claims, *, kept: timedelta) -> Asking:
    """Find out who asks, and tell row-level security.

    Raises ``SignInNeeded`` when access has ended, ``SessionOver`` when it was signed in to longer than ``kept`` ago.
    """
    found = rows(
        "SELECT a.id, a.name, a.role, a.language, a.codes_since, s.used_token, s.signed_in_at,"
        " set_config('bas.account_id', a.id::text, true)"
        " FROM accounts a JOIN device_sessions s ON s.account_id = a.id"
        " WHERE a.id = :account AND a.active AND s.id = :session AND s.revoked_at IS NULL",
        account=claims.account_id,
        session=claims.session_id,
    )
    if not found:
        raise SignInNeeded()
    row = found[0]
    if rules.is_over(row["signed_in_at"], kept=kept, now=clock.now()):
        raise SessionOver()
    if claims.token.id != row["used_token"] and claims.token.parent == row["used_token"]:
        note_arrival(claims)
    return Asking(
        account_id=row["id"],
        session_id=claims.session_id,
        name=row["name"],
        role=Role(row["role"]),
        language=Language(row["language"]),
        uses_codes=row["codes_since"] is not None,
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
    _check_new_account(email, name, password)
    supervisor = queries.account_of_email(supervisor_email) if supervisor_email else None
    if supervisor_email and (supervisor is None or not supervisor.active or supervisor.role != Role.SUPERVISOR):
        raise AccountUnusable(reason="supervisor")
    if supervisor and role is not Role.SPECIALIST:
        raise AccountUnusable(reason="role")
    account = Account(
        id=new_id(),
        email=email,
        email_digest=queries.digest_of_email(email),
        name=name.strip(),
        role=role.value,
        language=language.value,
        phone=phone,
        supervisor_id=supervisor.id if supervisor else None,
        password_hash=passwords.hasher.hash(password),
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


def _check_new_account(email: str, name: str, password: str) -> None:
    if not rules.is_email(email):
        raise AccountUnusable(reason="email")
    if queries.account_of_email(email) is not None:
        raise AccountUnusable(reason="email-taken")
    if not _NAME.fullmatch(name.strip()):
        raise AccountUnusable(reason="name")
    try:
        passwords.check_password(password, known=[email, name], pointer="/password")
    except InvalidRequest as wrong:
        if len(password) < rules.LEAST_PASSWORD_LENGTH:
            raise AccountUnusable(reason="password") from wrong
        raise AccountUnusable(reason="password-guessable") from wrong


def end_access(email: str) -> Account:
    """Take an account out of use: its next request is refused, on every device. Raises ``AccountUnusable``."""
    account = queries.account_of_email(email)
    if account is None:
        raise AccountUnusable(reason="unknown")
    deactivate(account.id)
    return account


def deactivate(account_id: uuid.UUID) -> None:
    """Take an account out of use, and sign all of its devices out."""
    db.session.execute(update(Account).where(Account.id == account_id).values(active=False))
    revoke_sessions(account_id, because="deactivated")


def describe(email: str, *, municipality: str | None, languages: tuple[Language, ...]) -> Account:
    """Note where somebody works and what they speak; what is not said stays. Raises ``AccountUnusable``."""
    account = queries.account_of_email(email)
    if account is None:
        raise AccountUnusable(reason="unknown")
    account.municipality = municipality or account.municipality
    account.languages = sorted({str(language) for language in languages}) or account.languages
    db.session.flush()
    return account


def forget_codes(email: str) -> Account:
    """For somebody who lost phone and recovery codes, after an administrator made sure who asks."""
    account = queries.account_of_email(email)
    if account is None:
        raise AccountUnusable(reason="unknown")
    one_time_codes.remove(account)
    revoke_sessions(account.id, because="codes-forgotten")
    return account


def revoke_sessions(
    account_id: uuid.UUID, *, because: str, but: uuid.UUID | None = None, only: uuid.UUID | None = None
) -> None:
    """Sign an account's devices out: all, all ``but`` one, or ``only`` one."""
    which = [DeviceSession.account_id == account_id]
    if but is not None:
        which.append(DeviceSession.id != but)
    if only is not None:
        which.append(DeviceSession.id == only)
    _revoke(*which, because=because)


def _revoke(*which: Any, because: str) -> None:
    db.session.execute(
        update(DeviceSession)
        .where(*which, DeviceSession.revoked_at.is_(None))
        .values(revoked_at=clock.now(), revoked_because=because)
    )
