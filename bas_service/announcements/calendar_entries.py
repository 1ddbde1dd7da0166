"""A meeting as an entry for the calendar of whoever reads an e-mail (RFC 5545, RFC 5546).

A request and not a publication: only what was requested is moved and taken out by mail programs when the same entry
comes again with a higher sequence. Nobody is asked to answer. Who asks and who is asked is written in by whoever
sends it.
"""

import uuid
from datetime import datetime

from icalendar import Calendar, Event

from bas_service import clock
from bas_service.announcements.calendar_zone import as_read, zone_of
from bas_service.announcements.rules import Reason, Told, place_of, subject_line_of
from bas_service.translation import Language

PRODUCT = "-//Centre for child protection//Meetings//EN"


def entry_of(
    told: Told,
    reason: Reason,
    *,
    language: Language,
    meeting_id: uuid.UUID,
    representative_id: uuid.UUID,
    telling: int,
    now: datetime,
) -> str:
    """The calendar entry of one meeting for one representative; the same for all its tellings but for the sequence.

    It says what the e-mail says and no more: given name, time, place (D31).
    """
    is_cancelled = reason is Reason.CANCELLED
    event = Event()
    event.add("uid", f"{meeting_id}-{representative_id}")
    event.add("sequence", telling)
    event.add("dtstamp", now)
    event.add("dtstart", as_read(told.starts_at))
    event.add("dtend", as_read(told.ends_at))
    event.add("summary", subject_line_of(told, language))
    if not is_cancelled:
        event.add("location", place_of(told, language))
    event.add("status", "CANCELLED" if is_cancelled else "CONFIRMED")
    event.add("class", "PRIVATE")
    # The child is away, not the reader.
    event.add("transp", "TRANSPARENT")
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if is_cancelled else "REQUEST")
    calendar.add_component(zone_of(clock.in_riga(told.starts_at).year, clock.in_riga(told.ends_at).year))
    calendar.add_component(event)
    return calendar.to_ical().decode()
