"""What the worker asks about links: which are right to send, did not arrive, were not answered, may be forgotten."""

import uuid
from datetime import timedelta

from sqlalchemy import text

from bas_service import clock
from bas_service.database import db, rows
from bas_service.duties import service as duties
from bas_service.duties.rules import DutyKind
from bas_service.links.rules import STUCK_AFTER
from bas_service.messaging import service as messaging

# A text that was handed over is looked up by its words when the answer was lost; that is over long before.
TEXT_NEEDED = timedelta(days=1)

_UNANSWERED = """
    SELECT q.id, q.child_id, q.representative_id, c.specialist_id, least(q.expires_at, l.locked_at) AS since
    FROM consent_requests q JOIN links l ON l.request_id = q.id
    JOIN cases c ON c.child_id = q.child_id AND c.state = 'open'
    WHERE q.answered_at IS NULL AND q.withdrawn_at IS NULL AND (q.expires_at <= :now OR l.locked_at IS NOT NULL)
        AND NOT EXISTS (SELECT FROM duties d WHERE d.kind = :kind AND d.about_id = q.id)
        AND NOT EXISTS (SELECT FROM consent_requests later WHERE later.representative_id = q.representative_id
            AND later.created_at > q.created_at)
    ORDER BY q.id
"""
# What is asked, or shown, by a link: about which thing a duty is, and whether its holder can still be reached by it.
_LINKS = """
    FROM links l JOIN messages m ON m.id = l.id LEFT JOIN consent_requests q ON q.id = l.request_id
"""
_WAITS = "l.opened_at IS NULL AND l.spent_at IS NULL AND link_lives(l)"
# Messages that carry links and have not gone out are few, and have an index of their own.
_NOT_ARRIVED = """
    m.poster = 'links' AND m.state IN ('queued', 'uncertain', 'failed') AND m.useful_until > :now
    AND (m.state <> 'queued' OR m.created_at <= :now - :stuck_after)
"""
_ITS_DUTY = "d.kind = 'link-not-arrived' AND d.about_id = coalesce(l.request_id, l.id)"
# The same was sent once more: to the same person, for the same.
_SENT_AGAIN = """
    EXISTS (SELECT FROM links later LEFT JOIN consent_requests asked ON asked.id = later.request_id
        WHERE later.representative_id = l.representative_id AND later.purpose = l.purpose
        AND asked.scope IS NOT DISTINCT FROM q.scope AND later.created_at > l.created_at)
"""
# Whoever asked, as long as they look after the child: as specialist, supervisor or substitute.
_LOST = f"""
    SELECT coalesce(l.request_id, l.id) AS about_id, l.child_id, l.representative_id, l.purpose, l.channel,
        CASE WHEN asker.active AND (asker.id IN (c.specialist_id, holder.supervisor_id)
            OR stands_in(asker.id, c.specialist_id, c.child_id, :today))
            THEN asker.id ELSE c.specialist_id END AS whose,
        (SELECT count(*) FROM duties d WHERE {_ITS_DUTY}) AS times
    {_LINKS} JOIN cases c ON c.child_id = l.child_id AND c.state = 'open'
    JOIN accounts asker ON asker.id = l.created_by JOIN accounts holder ON holder.id = c.specialist_id
    WHERE {_NOT_ARRIVED} AND {_WAITS} AND NOT {_SENT_AGAIN}
        AND NOT EXISTS (SELECT FROM duties d WHERE {_ITS_DUTY} AND d.state IN ('open', 'done'))
    ORDER BY l.id
"""  # noqa: S608
_FOUND_AGAIN = f"""
    UPDATE duties SET state = 'lapsed', ended_at = :now, version = version + 1 WHERE id IN (
        SELECT d.id FROM duties d WHERE d.kind = 'link-not-arrived' AND d.state = 'open' AND NOT EXISTS (
            SELECT {_LINKS} WHERE coalesce(l.request_id, l.id) = d.about_id AND {_NOT_ARRIVED} AND {_WAITS}
            AND NOT {_SENT_AGAIN})
        FOR UPDATE OF d SKIP LOCKED)
"""  # noqa: S608


def see_to_links_lost() -> int:
    """Make each link whose message did not arrive the task of whoever sent it, once (D25); gives how many are new.

    What was sent again, used or taken back meanwhile, or went out after all, is nobody's task any more.
    """
    now = clock.now()
    db.session.execute(text(_FOUND_AGAIN), {"now": now, "stuck_after": STUCK_AFTER})
    return sum(
        duties.raise_duty(
            DutyKind.LINK_NOT_ARRIVED,
            child_id=row["child_id"],
            account_id=row["whose"],
            about_id=row["about_id"],
            occasion=str(row["times"] + 1) if row["times"] else "",
            due_at=now,
            purpose=row["purpose"],
            channel=row["channel"],
            representative_id=str(row["representative_id"]),
        )
        for row in rows(_LOST, now=now, stuck_after=STUCK_AFTER, today=clock.today())
    )


def still_to_be_opened(message_ids: list[uuid.UUID]) -> set[uuid.UUID]:
    """Which of these messages carry a link that works: asked again at the moment of sending (D29)."""
    found = rows(
        "SELECT id FROM links WHERE id = ANY(:ids) AND spent_at IS NULL AND link_lives(links)", ids=message_ids
    )
    return {row["id"] for row in found}


def remind_of_unanswered() -> int:
    """Make each question that nobody answered in time, or that is locked, its specialist's task, once (D25)."""
    return sum(
        duties.raise_duty(
            DutyKind.CONSENT_UNANSWERED,
            child_id=row["child_id"],
            account_id=row["specialist_id"],
            about_id=row["id"],
            due_at=row["since"] + timedelta(days=1),
            representative_id=str(row["representative_id"]),
        )
        for row in rows(_UNANSWERED, now=clock.now(), kind=DutyKind.CONSENT_UNANSWERED)
    )


def forget_links_sent() -> None:
    """Drop the texts that carried links, once nothing needs them: then no token is anywhere but with its holder."""
    messaging.forget_texts(
        "SELECT id FROM links WHERE created_at < :before OR spent_at IS NOT NULL", before=clock.now() - TEXT_NEEDED
    )
