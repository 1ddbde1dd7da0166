"""What the worker drops when its time is over, each kind once a day, each run written down."""

import logging
from typing import Any

from sqlalchemy import text

from bas_service import clock
from bas_service.database import db, new_id, rows

log = logging.getLogger(__name__)

_POLICIES = """
    SELECT DISTINCT ON (kind) kind, keep_days FROM retention_policies
    WHERE valid_from <= :today ORDER BY kind, valid_from DESC
"""
# Text and number go; that somebody was told, when, and with what outcome stays (D27).
_DROP: dict[str, str] = {
    "message_content": "UPDATE messages SET body = NULL, recipient = NULL, recipient_digest = NULL"
    " WHERE created_at < :before AND body IS NOT NULL AND state NOT IN ('queued', 'sending')",
    "reply_content": "UPDATE replies SET body = NULL WHERE received_at < :before AND body IS NOT NULL",
    "inbound_texts": "DELETE FROM inbound_texts WHERE received_at < :before AND taken_at IS NOT NULL",
    "receipts": "DELETE FROM receipts WHERE received_at < :before AND applied_at IS NOT NULL",
    "trace": "SELECT drop_old_trace(CAST(:before AS date))",
    "closed_case": "SELECT erase_child(child_id) FROM cases GROUP BY child_id"
    " HAVING bool_and(state = 'closed' AND closed_at < :before)",
    "alarms": "DELETE FROM alarms WHERE ended_at < :before",
    "declined_referral": "SELECT erase_declined_referrals(:before)",
    "partner_work": "SELECT forget_words_of_partner_work(:before)",
}


def drop_what_is_over() -> list[dict[str, Any]]:
    """Execute today's retention policies that no worker has executed yet; gives what was done."""
    today = clock.today()
    done = []
    for policy in rows(_POLICIES, today=today):
        if policy["kind"] not in _DROP:
            # The schema is a version ahead while an update is under way: the next version's worker knows.
            continue
        taken = rows(
            "INSERT INTO retention_runs (id, day, kind, keep_days, affected, ran_at)"
            " VALUES (:id, :day, :kind, :keep_days, 0, :now) ON CONFLICT DO NOTHING RETURNING id",
            id=new_id(),
            day=today,
            now=clock.now(),
            **policy,
        )
        if taken:
            affected = _drop(policy)
            done.append(policy | {"affected": affected})
    return done


def _drop(policy: dict[str, Any]) -> int:
    today = clock.today()
    before = rows(
        "SELECT CAST(CAST(:today AS date) - CAST(:days AS int) AS timestamp) AT TIME ZONE 'Europe/Riga' AS before",
        today=today,
        days=policy["keep_days"],
    )[0]["before"]
    result = db.session.execute(text(_DROP[policy["kind"]]), {"before": before})
    affected = _counted(result)
    db.session.execute(
        text("UPDATE retention_runs SET affected = :affected WHERE day = :day AND kind = :kind"),
        {"affected": affected, "day": today, "kind": policy["kind"]},
    )
    if affected:
        log.info("retention: %d of %s were over %d days old", affected, policy["kind"], policy["keep_days"])
    return affected


def _counted(result: Any) -> int:
    if not result.returns_rows:
        return int(result.rowcount)
    return sum(int(value) for value in result.scalars())
