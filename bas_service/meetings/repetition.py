"""What repeats, for whoever asks: the rules of RFC 5545 that are read here, and the days and moments they give.

A rule says days; the clock on the wall in Riga says when on each of them. So the library counts days without any
zone (its UNTIL and its zones are known not to agree), and each day becomes a moment here, with its own offset.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from dateutil import rrule

from bas_service import clock
from bas_service.errors import InvalidRequest

LONGEST_RULE = 500
# A rule that repeats more seldom, or more often in a row, is a slip of the finger.
MOST_TIMES = 400
MOST_INTERVAL = {"DAILY": 90, "WEEKLY": 52, "MONTHLY": 52, "YEARLY": 52}
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
# WKST says nothing but what is so anyway: calendars write it all the same.
PARTS = ("FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY", "BYSETPOS", "COUNT", "UNTIL", "WKST")
# The fifth of a month that has only four is left out, as RFC 5545 has it; -1 is the last.
PLACES = (1, 2, 3, 4, 5, -1, -2, -3, -4, -5)
MONTH_DAYS = (*range(1, 32), *range(-31, 0))
# Nobody will see what is later, and moments there end.
_FAR_YEAR = 3000

_PART = re.compile(r"([A-Z]+)=([0-9A-Z,+-]+)", re.ASCII)
_WEEKDAY = re.compile(r"([+-]?\d)?(MO|TU|WE|TH|FR|SA|SU)", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d{1,3}", re.ASCII)
_UNTIL = re.compile(r"(\d{8})(?:T(\d{6})(Z)?)?", re.ASCII)
_FREQUENCIES: dict[str, Any] = {
    "DAILY": rrule.DAILY,
    "WEEKLY": rrule.WEEKLY,
    "MONTHLY": rrule.MONTHLY,
    "YEARLY": rrule.YEARLY,
}
# By so many days, times the interval, days of these can be counted from later on: they fall the same.
_STEPS = {"DAILY": 1, "WEEKLY": 7}


@dataclass(frozen=True, kw_only=True)
class Rule:
    """How something repeats; ``weekdays`` are ISO numbers, each with its place in the month where it has one."""

    frequency: str
    interval: int = 1
    weekdays: tuple[tuple[int | None, int], ...] = ()
    month_days: tuple[int, ...] = ()
    places: tuple[int, ...] = ()
    count: int | None = None
    until: date | datetime | None = None

    def spelled(self) -> str:
        """The rule as RFC 5545 writes it."""
        until = self.until
        days = ",".join(f"{place or ''}{WEEKDAYS[day - 1]}" for place, day in self.weekdays)
        parts = {
            "FREQ": self.frequency,
            "INTERVAL": str(self.interval) if self.interval > 1 else "",
            "BYDAY": days,
            "BYMONTHDAY": ",".join(map(str, self.month_days)),
            "BYSETPOS": ",".join(map(str, self.places)),
            "COUNT": str(self.count or ""),
            "UNTIL": ""
            if until is None
            else f"{until:%Y%m%dT%H%M%SZ}"
            if isinstance(until, datetime)
            else f"{until:%Y%m%d}",
        }
        return ";".join(f"{name}={value}" for name, value in parts.items() if value)


@dataclass(frozen=True, kw_only=True)
class Repetition:
    """When something begins for the first time, and by which rule again."""

    starts_at: datetime
    rule: str | None


def rule_of(text: str, *, frequencies: tuple[str, ...] = tuple(_FREQUENCIES)) -> Rule:
    """Read an RRULE value of these frequencies; raises ``InvalidRequest`` that says what would be right."""
    given: dict[str, str] = {}
    for part in text.split(";"):
        found = _PART.fullmatch(part)
        if not found or found[1] not in PARTS:
            raise unusable("rule-part-unknown", part=part[:30], parts=", ".join(PARTS))
        if found[1] in given:
            raise unusable("rule-part-twice", part=found[1])
        given[found[1]] = found[2]
    frequency = given.get("FREQ", "")
    if frequency not in frequencies:
        raise unusable("rule-frequency", choices=", ".join(frequencies))
    if given.get("WKST", "MO") != "MO":
        raise unusable("rule-week-begins")
    rule = Rule(
        frequency=frequency,
        interval=_whole(given, "INTERVAL", 1, MOST_INTERVAL[frequency]) or 1,
        weekdays=_weekdays(given.get("BYDAY")),
        month_days=_numbers(given.get("BYMONTHDAY"), MONTH_DAYS, unusable("rule-month-days")),
        places=_numbers(given.get("BYSETPOS"), PLACES, unusable("rule-places")),
        count=_whole(given, "COUNT", 1, MOST_TIMES),
        until=_until(given.get("UNTIL")),
    )
    _check_together(rule)
    return rule


def unusable(message_id: str, **values: str | int) -> InvalidRequest:
    """A rule is refused, for this reason."""
    return InvalidRequest.at("/rule", message_id, **values)


def check_first_day(rule: Rule, first_day: date, wall_clock: time, pointer: str) -> None:
    """Refuse a first day that its rule leaves out, and a rule that is over before it: ``InvalidRequest``.

    What such a pair means RFC 5545 leaves open, so two calendars would show different days.
    """
    fitting = first_day_from(rule, first_day)
    if fitting != first_day:
        raise InvalidRequest.at(pointer, "first-day-not-of-rule", day=f"{fitting:%d.%m.%Y}")
    if _is_past(rule.until, first_day, wall_clock):
        raise unusable("rule-over-before-beginning")


def moment_of(day: date, wall_clock: time) -> datetime:
    """When a clock on a wall in Riga shows this time on a day, in UTC.

    As RFC 5545 (3.3.5) has it: a time that the clocks skip is read with the offset before the change (03:30 becomes
    04:30), one that they show twice is the first of the two.
    """
    return datetime.combine(day, wall_clock, tzinfo=clock.RIGA).replace(fold=0).astimezone(UTC)


def days_of(
    rule: Rule, first_day: date, wall_clock: time, *, last_day: date, since: date | None = None
) -> Iterator[date]:
    """The days of a rule that begins on ``first_day``, in order, up to and with ``last_day``.

    With ``since`` only those from then on: nobody counts through years one by one, where it makes no difference.
    """
    if since is not None and rule.count is None:
        first_day = _leapt(rule, first_day, since)
    for found in _counted(rule, first_day, interval=rule.interval, count=rule.count):
        if found > last_day or _is_past(rule.until, found, wall_clock):
            return
        if since is None or found >= since:
            yield found


def first_day_from(rule: Rule, day: date) -> date:
    """The first day from ``day`` on that fits a rule which begins then."""
    return next(_counted(rule, day, interval=1, count=None))


def starts_between(repetition: Repetition, since: datetime, until: datetime) -> Iterator[datetime]:
    """The moments from ``since`` (included) to ``until`` (not included) at which it begins, in their order."""
    if repetition.rule is None:
        yield from [repetition.starts_at] if since <= repetition.starts_at < until else []
        return
    local = clock.in_riga(repetition.starts_at)
    first, last = clock.in_riga(since).date(), clock.in_riga(until).date()
    for day in days_of(rule_of(repetition.rule), local.date(), local.time(), last_day=last, since=first):
        moment = moment_of(day, local.time())
        if since <= moment < until:
            yield moment


def last_start_of(repetition: Repetition) -> datetime | None:
    """The moment after which it does not begin again; ``None`` when it goes on without an end."""
    if repetition.rule is None:
        return repetition.starts_at
    rule, local = rule_of(repetition.rule), clock.in_riga(repetition.starts_at)
    last: datetime | None = None
    if isinstance(rule.until, datetime):
        last = rule.until
    elif rule.until is not None and rule.until.year < _FAR_YEAR:
        last = moment_of(rule.until, time.max)
    elif rule.count is not None:
        # Four hundred times every fifty-second year: the calendar ends before.
        *_, day = days_of(rule, local.date(), local.time(), last_day=date.max)
        last = moment_of(day, local.time()) if day.year < _FAR_YEAR else None
    return last if last is not None and last.year < _FAR_YEAR else None


def _check_together(rule: Rule) -> None:
    """Refuse parts that mean nothing beside each other: ``InvalidRequest``."""
    monthly = rule.frequency == "MONTHLY"
    with_places = any(place is not None for place, _ in rule.weekdays)
    if rule.count is not None and rule.until is not None:
        raise unusable("rule-count-or-until")
    if rule.month_days and not monthly:
        raise unusable("rule-only-monthly", part="BYMONTHDAY")
    if rule.month_days and rule.weekdays:
        raise unusable("rule-days-one-way")
    if with_places and not monthly:
        raise unusable("rule-only-monthly", part="BYDAY=2TU")
    if rule.places and (not monthly or not rule.weekdays or with_places):
        raise unusable("rule-places-of-weekdays")
    if rule.weekdays and (rule.frequency == "YEARLY" or rule.frequency == "DAILY" and rule.interval > 1):
        raise unusable("rule-weekdays-weekly")


def _whole(given: dict[str, str], name: str, least: int, most: int) -> int | None:
    if name not in given:
        return None
    if not given[name].isdecimal() or len(given[name]) > 4 or not least <= int(given[name]) <= most:
        raise unusable("rule-number", part=name, least=least, most=most)
    return int(given[name])


def _weekdays(text: str | None) -> tuple[tuple[int | None, int], ...]:
    found = [_WEEKDAY.fullmatch(entry) for entry in text.split(",")] if text is not None else []
    # One that is said twice is meant once.
    days = {(int(one[1]) if one[1] else None, WEEKDAYS.index(one[2]) + 1) for one in found if one}
    if None in found or any(place is not None and place not in PLACES for place, _ in days):
        raise unusable("rule-weekdays-unusable", days=", ".join(WEEKDAYS))
    if len({place is None for place, _ in days}) > 1:
        raise unusable("rule-weekdays-unusable", days=", ".join(WEEKDAYS))
    return tuple(sorted(days, key=lambda one: (one[0] is not None and (one[0] < 0, one[0]), one[1])))


def _numbers(text: str | None, allowed: tuple[int, ...], otherwise: InvalidRequest) -> tuple[int, ...]:
    entries = text.split(",") if text is not None else []
    numbers = {int(entry) for entry in entries if _NUMBER.fullmatch(entry)}
    if not all(_NUMBER.fullmatch(entry) for entry in entries) or numbers - set(allowed):
        raise otherwise
    return tuple(sorted(numbers, key=lambda number: (number < 0, number)))


def _until(text: str | None) -> date | datetime | None:
    if text is None:
        return None
    found = _UNTIL.fullmatch(text)
    # A day in Riga, or a moment in UTC: one without a zone says neither (RFC 5545, 3.3.10).
    if not found or (found[2] and not found[3]):
        raise unusable("rule-until-unreadable")
    try:
        if not found[2]:
            return datetime.strptime(found[1], "%Y%m%d").replace(tzinfo=UTC).date()
        moment = datetime.strptime(found[1] + found[2], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        # In the last hours of the calendar there is no such time in Riga.
        clock.in_riga(moment)
    except (ValueError, OverflowError):
        raise unusable("rule-until-unreadable") from None
    return moment


def _leapt(rule: Rule, first_day: date, since: date) -> date:
    """A later beginning by which days and weeks fall the same."""
    if rule.frequency not in _STEPS or since <= first_day:
        return first_day
    step = timedelta(days=_STEPS[rule.frequency] * rule.interval)
    return first_day + max((since - first_day) // step - 1, 0) * step


def _counted(rule: Rule, first_day: date, *, interval: int, count: int | None) -> Iterator[date]:
    days = [rrule.weekday(day - 1, place) for place, day in rule.weekdays]
    found = rrule.rrule(
        _FREQUENCIES[rule.frequency],
        dtstart=datetime.combine(first_day, time()),
        interval=interval,
        count=count,
        byweekday=days or None,
        bymonthday=rule.month_days or None,
        bysetpos=rule.places or None,
    )
    for moment in found:
        yield moment.date()


def _is_past(until: date | datetime | None, day: date, wall_clock: time) -> bool:
    if isinstance(until, datetime):
        return moment_of(day, wall_clock) > until
    return until is not None and day > until
