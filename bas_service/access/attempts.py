"""Failed attempts to prove who one is: counted, and answered with a growing wait (OWASP ASVS 5.0, 6.3.1)."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete

from bas_service import clock
from bas_service.access import rules
from bas_service.access.models import SignInAttempt
from bas_service.database import db, new_id, rows
from bas_service.errors import TooManyRequests

_RECENT = """
    SELECT email_digest, address, failed_at FROM sign_in_attempts
    WHERE (address = :address OR email_digest = :digest) AND failed_at > :since ORDER BY failed_at
"""
_KNOWN_DEVICE = """
    SELECT 1 FROM device_sessions s JOIN accounts a ON a.id = s.account_id
    WHERE a.email_digest = :digest AND s.device_id = :device LIMIT 1
"""


def check_rate(digest: str, *, address: str, device_id: str | None) -> None:
    """Refuse an attempt that comes too soon after others that failed: ``TooManyRequests``.

    ``digest`` stands for the e-mail. A device that signed in to the account before is not made to wait for
    what others do from elsewhere.
    """
    now = clock.now()
    recent = rows(_RECENT, address=address, digest=digest, since=now - rules.FAILURES_COUNTED)
    here = [row for row in recent if row["address"] == address]
    waits = [
        _wait([row for row in here if row["email_digest"] == digest], rules.FREE_FAILURES_OF_A_PAIR, now),
        _wait(here, rules.FREE_FAILURES_OF_AN_ADDRESS, now),
    ]
    of_account = [row["failed_at"] for row in recent if row["email_digest"] == digest]
    waits.append(
        rules.wait_after(
            of_account,
            free=rules.FREE_FAILURES_OF_AN_ACCOUNT,
            longest=rules.LONGEST_WAIT_OF_AN_ACCOUNT,
            now=now,
        )
        if len(of_account) >= rules.FREE_FAILURES_OF_AN_ACCOUNT and not _is_known(device_id, digest)
        else 0
    )
    if max(waits) > 0:
        raise TooManyRequests(retry_after=max(waits))


def note_failure(digest: str, *, address: str) -> None:
    """Count a failed attempt; the e-mail is kept as a keyed hash only."""
    db.session.add(SignInAttempt(id=new_id(), email_digest=digest, address=address, failed_at=clock.now()))
    db.session.flush()


def forget_failures(digest: str, *, address: str) -> None:
    """Somebody proved who they are: what failed before from here was their own mistyping."""
    db.session.execute(
        delete(SignInAttempt).where(SignInAttempt.email_digest == digest, SignInAttempt.address == address)
    )


def forget_old_attempts() -> None:
    """Drop failed attempts that no longer count."""
    db.session.execute(delete(SignInAttempt).where(SignInAttempt.failed_at < clock.now() - rules.FAILURES_COUNTED))


def _wait(failed: list[dict[str, Any]], free: int, now: datetime) -> int:
    failures = [row["failed_at"] for row in failed]
    return rules.wait_after(failures, free=free, longest=rules.LONGEST_WAIT, now=now)


def _is_known(device_id: str | None, digest: str) -> bool:
    return device_id is not None and bool(rows(_KNOWN_DEVICE, digest=digest, device=device_id))
