"""The verb: whoever turns out to know of a meeting that was called off is told that it is (D6).

A text is taken back while nobody can know of it, a cancellation of what nobody knows is not sent. A receipt may
prove both wrong later: the provider had the text after all, or a try that it had reported as lost arrived.
"""

import uuid
from collections import defaultdict
from typing import Any

from bas_service import clock
from bas_service.announcements import service as announcements
from bas_service.announcements.rules import Told, as_told
from bas_service.announcements.service import Subject
from bas_service.database import rows
from bas_service.duties import service as duties
from bas_service.duties.rules import DutyKind
from bas_service.messaging import service as messaging

# Of what these messages told, the meetings that are off; with the facts as the cancellation would have told them.
_CALLED_OFF = """
    SELECT DISTINCT ON (m.id, a.representative_id) m.id, m.child_id, m.specialist_id, m.kind, m.starts_at,
        m.ends_at, m.expected_minutes, m.place_type, m.telling, ch.given_name, a.representative_id, a.facts
    FROM announcements told
    JOIN messages out ON out.id = told.message_id AND out.state IN ('handed_over', 'delivered')
    JOIN meetings m ON m.id = told.meeting_id AND m.state = 'cancelled'
    JOIN children ch ON ch.id = m.child_id
    JOIN announcements a ON a.meeting_id = m.id AND a.representative_id = told.representative_id
    JOIN representatives r ON r.id = told.representative_id AND r.state = 'active'
        AND NOT EXISTS (SELECT FROM protected_places p WHERE p.from_representative_id = r.id)
    WHERE told.message_id = ANY(:messages) AND told.reason <> 'cancelled' AND told.withdrawn_at IS NULL
    ORDER BY m.id, a.representative_id, a.telling DESC, a.created_at DESC, a.id DESC
"""


def tell_what_came_to_light() -> bool:
    """Tell those whom a text reached after all that the meeting is off; gives whether there was such a text.

    Those of one child, in one transaction: several workers never tell the same. Whom no text can tell is found with
    all others who do not know that a meeting is off; when it would have been over by now, it is a duty of its own.
    """
    (held,) = rows("SELECT hold_for_late_news() AS child_id")
    if held["child_id"] is None:
        return False
    of_meeting: defaultdict[uuid.UUID, list[dict[str, Any]]] = defaultdict(list)
    message_ids = messaging.take_notice_of_late_news(held["child_id"])
    for row in rows(_CALLED_OFF, sealed={"facts": "announcements.facts"}, messages=message_ids):
        of_meeting[row["id"]].append(row)
    for found in of_meeting.values():
        _tell_or_leave_to_a_person(found)
    return True


def _tell_or_leave_to_a_person(found: list[dict[str, Any]]) -> None:
    meeting = found[0]
    whom = {row["representative_id"] for row in found}
    if meeting["ends_at"] > clock.now():
        # Of what was told before its facts were kept nothing can be said in writing.
        if meeting["facts"] is not None:
            announcements.call_off_for(_subject_of(meeting), whom)
        return
    local = clock.in_riga(meeting["starts_at"])
    for representative_id in sorted(whom, key=str):
        duties.raise_duty(
            DutyKind.CANCELLATION_NOT_TOLD,
            child_id=meeting["child_id"],
            account_id=meeting["specialist_id"],
            about_id=meeting["id"],
            occasion=f"{meeting['telling']}/{representative_id}",
            due_at=clock.now(),
            day=local.date().isoformat(),
            clock=f"{local:%H:%M}",
            representative_id=str(representative_id),
        )


def _subject_of(meeting: dict[str, Any]) -> Subject:
    told = Told(
        place_name=None,
        place_address=None,
        specialist_name="",
        specialist_phone=None,
        **{name: meeting[name] for name in ("given_name", "kind", "starts_at", "expected_minutes", "place_type")},
    )
    return Subject(
        meeting_id=meeting["id"],
        child_id=meeting["child_id"],
        telling=meeting["telling"],
        told=as_told(told, meeting["facts"]),
    )
