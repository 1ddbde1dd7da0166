"""What the worker asks about meetings: before a message goes out, and whose rhythm was missed."""

import uuid
from datetime import datetime, time, timedelta

from bas_service import clock
from bas_service.caseload.rules import Per, rhythm_due_on
from bas_service.children.queries import representation_of
from bas_service.children.rules import may_be_told
from bas_service.database import rows
from bas_service.duties import service as duties
from bas_service.duties.rules import DutyKind

# A cancellation is right as long as the meeting is cancelled, a new end as long as it is under way, everything else
# as long as it is planned.
_FACTS = """
    SELECT a.id, m.starts_at, r.state, r.valid_from, r.valid_until, p.id IS NOT NULL AS place_protected
    FROM announcements a
    JOIN meetings m ON m.id = a.meeting_id AND m.telling = a.telling
        AND m.state = CASE a.reason
            WHEN 'cancelled' THEN 'cancelled' WHEN 'extended' THEN 'under_way' ELSE 'planned' END
    JOIN messages msg ON msg.id = a.id
    JOIN representatives r ON r.id = a.representative_id AND r.phone_digest = msg.recipient_digest
    LEFT JOIN protected_places p ON p.from_representative_id = r.id
    WHERE a.id = ANY(:ids)
"""


def still_to_be_told(message_ids: list[uuid.UUID]) -> set[uuid.UUID]:
    """Which of these announcements still tell the latest truth to somebody who may know it (D6, D29).

    Asked again at the moment of sending: still planned, still this place and time, still a representative
    today and on the meeting's day, still this number, place not protected from them.
    """
    today = clock.today()
    return {
        row["id"]
        for row in rows(_FACTS, ids=message_ids)
        if may_be_told(representation_of(row), on=today)
        and may_be_told(representation_of(row), on=clock.in_riga(row["starts_at"]).date())
    }


# Of each open case with an agreed rhythm and no duty about it: the last meeting held, else the day of opening.
_RHYTHMS = """
    SELECT c.id, c.child_id, c.specialist_id, c.rhythm_times, c.rhythm_per,
        greatest(c.opened_at, max(m.starts_at)) AS last
    FROM cases c LEFT JOIN meetings m ON m.child_id = c.child_id AND m.state = 'held'
    WHERE c.state = 'open' AND c.rhythm_times IS NOT NULL AND NOT EXISTS (
        SELECT FROM duties d WHERE d.about_id = c.id AND d.kind = :kind AND d.state = 'open')
    GROUP BY c.id, c.child_id, c.specialist_id, c.rhythm_times, c.rhythm_per, c.opened_at
"""


def remind_of_rhythms() -> int:
    """Make each missed rhythm a duty of the responsible specialist, once until a meeting is held (D11)."""
    today = clock.today()
    missed = 0
    for row in rows(_RHYTHMS, kind=DutyKind.RHYTHM_MISSED):
        due_on = rhythm_due_on(clock.in_riga(row["last"]).date(), row["rhythm_times"], Per(row["rhythm_per"]))
        if due_on < today:
            missed += duties.raise_duty(
                DutyKind.RHYTHM_MISSED,
                child_id=row["child_id"],
                account_id=row["specialist_id"],
                about_id=row["id"],
                occasion=due_on.isoformat(),
                due_at=datetime.combine(due_on + timedelta(days=1), time(), clock.RIGA),
                due_on=due_on.isoformat(),
            )
    return missed
