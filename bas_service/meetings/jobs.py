"""What the worker asks about meetings before a message goes out."""

import uuid

from bas_service import clock
from bas_service.children.queries import representation_of
from bas_service.children.rules import may_be_told
from bas_service.database import rows

# A cancellation is right as long as the meeting is cancelled, everything else as long as it is planned.
_FACTS = """
    SELECT a.id, m.starts_at, r.state, r.valid_from, r.valid_until, p.id IS NOT NULL AS place_protected
    FROM announcements a
    JOIN meetings m ON m.id = a.meeting_id AND m.telling = a.telling
        AND m.state = CASE a.reason WHEN 'cancelled' THEN 'cancelled' ELSE 'planned' END
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
