"""A calendar as the programs outside read it (RFC 5545)."""

from datetime import datetime, timedelta

from icalendar import Calendar, Event, vDuration

from bas_service import clock
from bas_service.announcements.calendar_zone import as_read, zone_of
from bas_service.calendars.rules import Entry
from bas_service.translation import Language, text_of

PRODUCT = "-//bas-service//Meetings//EN"
# How long a program may keep what it has before it asks again (RFC 7986).
ASK_AGAIN = timedelta(minutes=30)


def calendar_of(entries: list[Entry], *, language: Language, now: datetime) -> bytes:
    """The whole calendar; what is not in it (any more), the program takes out."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    name = text_of(language, "calendar-name")
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("x-wr-timezone", clock.RIGA.key)
    calendar.add("refresh-interval", ASK_AGAIN, parameters={"VALUE": "DURATION"})
    # Without its type the library would write it as Python spells it.
    calendar.add("x-published-ttl", vDuration(ASK_AGAIN))
    years = [clock.in_riga(one).year for entry in entries for one in (entry.begins, entry.ends)]
    if years:
        calendar.add_component(zone_of(min(years), max(years)))
    for entry in entries:
        calendar.add_component(_event_of(entry, now))
    return bytes(calendar.to_ical())


def _event_of(entry: Entry, now: datetime) -> Event:
    event = Event()
    event.add("uid", str(entry.meeting_id))
    event.add("sequence", entry.version)
    event.add("dtstamp", now)
    event.add("dtstart", as_read(entry.begins))
    event.add("dtend", as_read(entry.ends))
    event.add("summary", entry.title)
    if entry.place:
        event.add("location", entry.place)
    # Whoever may look into the specialist's calendar sees no more than that time is taken.
    event.add("class", "PRIVATE")
    event.add("transp", "OPAQUE")
    return event
