"""Time-based one-time codes (RFC 6238) from an authenticator app, and recovery codes for the day it is lost."""

import secrets
import uuid
from typing import Any

import pyotp
from sqlalchemy import insert, text, update

from bas_service import clock
from bas_service.access.models import Account, RecoveryCode
from bas_service.access.rules import CodesAlreadySetUp, CodesNotSetUp
from bas_service.database import db, new_id
from bas_service.errors import InvalidRequest
from bas_service.sealing import keys

PERIOD = 30
# A phone's clock may be half a minute off; each period more makes guessing easier.
PERIODS_OFF = 1
RECOVERY_CODES = 10
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
ISSUER = "BAS"


def set_up(account: Account) -> dict[str, Any]:
    """Make a secret for the authenticator app; it counts from its confirmation on.

    Gives the secret, its ``otpauth`` address for a QR code, and recovery codes, all shown this once.
    Raises ``CodesAlreadySetUp``.
    """
    if account.codes_since is not None:
        raise CodesAlreadySetUp()
    account.code_secret = pyotp.random_base32()
    _use_up_recovery_codes(account.id)
    codes = ["-".join(_letters(4) for _ in range(4)) for _ in range(RECOVERY_CODES)]
    db.session.execute(
        insert(RecoveryCode),
        [{"id": new_id(), "account_id": account.id, "digest": _digest(account.id, code)} for code in codes],
    )
    db.session.flush()
    address = pyotp.TOTP(account.code_secret).provisioning_uri(name=account.email, issuer_name=ISSUER)
    return {"secret": account.code_secret, "uri": address, "recovery_codes": codes}


def confirm(account: Account, code: str) -> None:
    """Let the codes count from now on; raises ``CodesNotSetUp``, or ``InvalidRequest`` for a wrong code."""
    if account.code_secret is None or account.codes_since is not None:
        raise CodesNotSetUp()
    if not _is_of_app(account, code):
        raise InvalidRequest.at("/code", "one-time-code-wrong")
    account.codes_since = clock.now()
    db.session.flush()


def remove(account: Account) -> None:
    """Codes are asked for no more."""
    account.code_secret = account.codes_since = account.code_period = None
    _use_up_recovery_codes(account.id)
    db.session.flush()


def is_right(account: Account, code: str) -> bool:
    """Whether a code of the app, or an unused recovery code, came; either is spent by this."""
    return _is_of_app(account, code) or _is_for_recovery(account, code)


def _is_of_app(account: Account, code: str) -> bool:
    digits = code.replace(" ", "")
    if account.code_secret is None or not digits.isascii() or not digits.isdecimal():
        return False
    generator = pyotp.TOTP(account.code_secret)
    present = int(clock.now().timestamp()) // PERIOD
    for period in range(present - PERIODS_OFF, present + PERIODS_OFF + 1):
        if secrets.compare_digest(generator.generate_otp(period), digits):
            return _spend(account.id, period)
    return False


def _spend(account_id: uuid.UUID, period: int) -> bool:
    """Only a later code than the last one counts; of two requests with the same code one wins."""
    spent = db.session.execute(
        text(
            "UPDATE accounts SET code_period = :period"
            " WHERE id = :id AND (code_period IS NULL OR code_period < :period) RETURNING 1"
        ),
        {"id": account_id, "period": period},
    )
    return spent.scalar() is not None


def _is_for_recovery(account: Account, code: str) -> bool:
    spent = db.session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.account_id == account.id,
            RecoveryCode.digest == _digest(account.id, code.strip().lower()),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=clock.now())
    )
    return bool(spent.rowcount)  # type: ignore[attr-defined]


def _use_up_recovery_codes(account_id: uuid.UUID) -> None:
    unused = RecoveryCode.account_id == account_id, RecoveryCode.used_at.is_(None)
    db.session.execute(update(RecoveryCode).where(*unused).values(used_at=clock.now()))


def _digest(account_id: uuid.UUID, code: str) -> str:
    # 80 bits of chance need no slow hash; the key keeps a stolen table from being tried out.
    return keys().digest(f"{account_id}/{code}", "recovery-code")


def _letters(count: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(count))
