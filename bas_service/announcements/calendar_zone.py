"""Moments and Riga's zone as calendars outside read them (RFC 5545)."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

from bas_service import clock


def as_read(moment: datetime) -> datetime:
    """The time on a wall in Riga; in UTC when that comes a second time: a calendar would mean the first one."""
    local = clock.in_riga(moment)
    return moment.astimezone(UTC) if local.fold else local


@cache
def zone_of(first_year: int, last_year: int) -> Timezone:
    """When the clocks in Riga were, or will be, put forward and back in these years.

    Not the library's own: of the day in spring it says the hour after the change where RFC 5545 asks for the one
    before it, and programs that believe it are an hour wrong for an hour.
    """
    zone = Timezone()
    zone.add("tzid", clock.RIGA.key)
    begin = datetime.combine(date(first_year, 1, 1), time(), tzinfo=clock.RIGA)
    zone.add_component(_observance(begin - timedelta(seconds=1), begin))
    for before, after in _changes(first_year, last_year):
        zone.add_component(_observance(before, after))
    return zone


def _observance(before: datetime, after: datetime) -> TimezoneStandard | TimezoneDaylight:
    is_summer = bool(after.dst())
    observance = TimezoneDaylight() if is_summer else TimezoneStandard()
    offset = before.utcoffset() or timedelta()
    # As a clock shows it that nobody has put forward or back yet.
    observance.add("dtstart", (after.astimezone(UTC) + offset).replace(tzinfo=None))
    observance.add("tzoffsetfrom", offset)
    observance.add("tzoffsetto", after.utcoffset() or timedelta())
    observance.add("tzname", after.tzname())
    return observance


def _changes(first_year: int, last_year: int) -> Iterator[tuple[datetime, datetime]]:
    """The last second before each change of the clocks, and the first one after it."""
    day, end = datetime(first_year, 1, 1, tzinfo=UTC), datetime(last_year + 1, 1, 2, tzinfo=UTC)
    while day < end:
        tomorrow = day + timedelta(days=1)
        if _offset(day) != _offset(tomorrow):
            before, after = day, tomorrow
            while after - before > timedelta(seconds=1):
                middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
                before, after = (middle, after) if _offset(middle) == _offset(day) else (before, middle)
            yield clock.in_riga(before), clock.in_riga(after)
        day = tomorrow


def _offset(moment: datetime) -> timedelta | None:
    return clock.in_riga(moment).utcoffset()
