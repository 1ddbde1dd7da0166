"""What somebody does with their own account: password, e-mail, one-time codes, devices."""

import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy.exc import IntegrityError

from bas_service import clock
from bas_service.access import attempts, one_time_codes, passwords, queries, rules
from bas_service.access.models import Account
from bas_service.access.rules import PasswordWrong
from bas_service.access.service import Asking, revoke_sessions
from bas_service.database import db, rows
from bas_service.errors import InvalidRequest, NotFound, Refusal


def account_of(asking: Asking) -> Account:
    """The asking account's row, held for a change."""
    rows("SELECT id FROM accounts WHERE id = :id FOR NO KEY UPDATE", id=asking.account_id)
    account = db.session.get(Account, asking.account_id)
    if account is None:
        raise NotFound()
    return account


def refusal_of_password(account: Account, password: str, *, address: str) -> Refusal | None:
    """``None`` when the present password is right; a refusal is returned, because the attempt must be kept.

    Asked again before e-mail, password or codes change: a phone left lying open must not cost the account.
    Raises ``TooManyRequests``.
    """
    digest = queries.digest_of_email(account.email)
    attempts.check_rate(digest, address=address, device_id=None)
    if passwords.matches(account.password_hash, password):
        return None
    attempts.note_failure(digest, address=address)
    return PasswordWrong()


def change_password(account: Account, new_password: str, *, asking: Asking) -> None:
    """Set a new password and sign all other devices out; raises ``InvalidRequest`` for a guessable one."""
    passwords.check_password(new_password, known=[account.email, account.name], pointer="/new_password")
    account.password_hash = passwords.hasher.hash(new_password)
    db.session.flush()
    revoke_sessions(asking.account_id, but=asking.session_id, because="password-changed")


def change_email(account: Account, email: str) -> None:
    """Sign in with another e-mail address from now on; raises ``InvalidRequest``."""
    if not rules.is_email(email):
        raise InvalidRequest.at("/email", "account-email")
    account.email = email
    account.email_digest = queries.digest_of_email(email)
    try:
        db.session.flush()
    except IntegrityError:
        raise InvalidRequest.at("/email", "account-email-taken") from None


def remove_codes(account: Account, code: str, *, mandatory: bool) -> None:
    """Stop asking for one-time codes; raises ``CodesNotSetUp``, ``OneTimeCodesMandatory``, ``InvalidRequest``."""
    if account.codes_since is None:
        raise rules.CodesNotSetUp()
    if mandatory:
        raise rules.OneTimeCodesMandatory()
    if not one_time_codes.is_right(account, code):
        raise InvalidRequest.at("/code", "one-time-code-wrong")
    one_time_codes.remove(account)


def devices_of(asking: Asking, *, kept: timedelta) -> list[dict[str, Any]]:
    """The devices the account is signed in on, the latest first; a sign-in is ``kept`` and not longer."""
    return rows(
        "SELECT id, device_name AS name, platform, signed_in_at, id = :this AS is_this FROM device_sessions"
        " WHERE account_id = :account AND revoked_at IS NULL AND signed_in_at > :since"
        # A browser's session that came to its end is revoked by nobody.
        " AND (browser_digest IS NULL OR (seen_at > :idle AND signed_in_at > :day))"
        " ORDER BY signed_in_at DESC, id",
        account=asking.account_id,
        this=asking.session_id,
        since=clock.now() - kept,
        idle=clock.now() - rules.BROWSER_IDLE,
        day=clock.now() - rules.BROWSER_KEPT,
    )


def sign_out_device(asking: Asking, session_id: uuid.UUID, *, kept: timedelta) -> None:
    """Sign one of one's own devices out; raises ``NotFound``."""
    if not any(device["id"] == session_id for device in devices_of(asking, kept=kept)):
        raise NotFound()
    revoke_sessions(asking.account_id, only=session_id, because="sign-out")
