"""What the worker asks about links: which are still right to send, what was not answered, which texts may go."""

import uuid
from datetime import timedelta

from bas_service import clock
from bas_service.database import rows
from bas_service.duties import service as duties
from bas_service.duties.rules import DutyKind
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
