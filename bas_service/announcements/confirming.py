"""The verb: note that a representative has read what is planned (D6)."""

import uuid

from sqlalchemy.dialects.postgresql import insert

from bas_service import clock
from bas_service.announcements.models import Confirmation
from bas_service.database import db, new_id


def confirm_read(tellings: list[tuple[uuid.UUID, int]], *, child_id: uuid.UUID, representative_id: uuid.UUID) -> None:
    """Note which telling of each of these meetings the representative has read; said twice, the first time counts."""
    values = [
        {
            "id": new_id(),
            "meeting_id": meeting_id,
            "child_id": child_id,
            "representative_id": representative_id,
            "telling": telling,
            "confirmed_at": clock.now(),
        }
        for meeting_id, telling in tellings
    ]
    if values:
        db.session.execute(insert(Confirmation).values(values).on_conflict_do_nothing())
