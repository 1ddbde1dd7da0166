"""When a repeating meeting is: a rule as RFC 5545 spells it, and the days and moments that come out of it.

A rule says days; the clock on the wall in Riga says when on each of them. So the library counts days without any
zone (its UNTIL and its zones are known not to agree), and each day becomes a moment here, with its own offset.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from dateutil import rrule

from bas_service import clock
from bas_service.errors import InvalidRequest, Refusal
from bas_service.meetings.rules import FURTHEST_AHEAD

# A rule that repeats more seldom, or more often in a row, is a slip of the finger.
MOST_TIMES = 400
MOST_INTERVAL = {"DAILY": 90, "WEEKLY": 52, "MONTHLY": 24}
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
PARTS = ("FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY", "BYSETPOS", "COUNT", "UNTIL")
# The fifth of a month that has only four is left out, as RFC 5545 has it; -1 is the last.
PLACES = (1, 2, 3, 4, 5, -1)
MONTH_DAYS = (*range(1, 32), *range(-31, 0))
OF_AGE = 18
# Nobody is woken by a text about a meeting a week ahead.
EARLIEST_TELLING, LATEST_TELLING = time(9, 0), time(20, 0)
# How far a preview looks: beyond that nobody plans by the day.
PREVIEWED = FURTHEST_AHEAD

_PART = re.compile(r"([A-Z]+)=([0-9A-Z,+-]+)", re.ASCII)
_WEEKDAY = re.compile(r"([+-]?\d)?(MO|TU|WE|TH|FR|SA|SU)", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d{1,3}", re.ASCII)
_UNTIL = re.compile(r"(\d{8})(?:T(\d{6})(Z)?)?", re.ASCII)
_FREQUENCIES: dict[str, Any] = {"DAILY": rrule.DAILY, "WEEKLY": rrule.WEEKLY, "MONTHLY": rrule.MONTHLY}


class SeriesState(StrEnum):
    """``running → ended`` when the case closes, ``running → cancelled``; one past its last day just is over."""

    RUNNING = "running"
    ENDED = "ended"
    CANCELLED = "cancelled"


class WhyNot(StrEnum):
    """Why an occasion was not planned."""

    MEETING_OVERLAPS = "meeting-overlaps"
    CONSENT_MISSING = "consent-missing"


class SeriesOver(Refusal):
    """The series is over, or has nothing from that day on to be changed; ``state`` is the present one."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """How a meeting repeats; ``weekdays`` are ISO numbers, each with its place in the month where it has one."""

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


def rule_of(text: str) -> Rule:
    """Read an RRULE value; raises ``InvalidRequest`` that says what would be right."""
    given: dict[str, str] = {}
    for part in text.split(";"):
        found = _PART.fullmatch(part)
        if not found or found[1] not in PARTS:
            raise _wrong("rule-part-unknown", part=part[:30], parts=", ".join(PARTS))
        if found[1] in given:
            raise _wrong("rule-part-twice", part=found[1])
        given[found[1]] = found[2]
    frequency = given.get("FREQ", "")
    if frequency not in _FREQUENCIES:
        raise _wrong("rule-frequency", choices=", ".join(_FREQUENCIES))
    rule = Rule(
        frequency=frequency,
        interval=_whole(given, "INTERVAL", 1, MOST_INTERVAL[frequency]) or 1,
        weekdays=_weekdays(given.get("BYDAY")),
        month_days=_numbers(given.get("BYMONTHDAY"), MONTH_DAYS, _wrong("rule-month-days")),
        places=_numbers(given.get("BYSETPOS"), PLACES, _wrong("rule-places")),
        count=_whole(given, "COUNT", 1, MOST_TIMES),
        until=_until(given.get("UNTIL")),
    )
    _check_together(rule)
    return rule


def _check_together(rule: Rule) -> None:
    """Refuse parts that mean nothing beside each other: ``InvalidRequest``."""
    monthly = rule.frequency == "MONTHLY"
    with_places = any(place is not None for place, _ in rule.weekdays)
    if rule.count is not None and rule.until is not None:
        raise _wrong("rule-count-or-until")
    if rule.month_days and not monthly:
        raise _wrong("rule-only-monthly", part="BYMONTHDAY")
    if rule.month_days and rule.weekdays:
        raise _wrong("rule-days-one-way")
    if with_places and not monthly:
        raise _wrong("rule-only-monthly", part="BYDAY=2TU")
    if rule.places and (not monthly or not rule.weekdays or with_places):
        raise _wrong("rule-places-of-weekdays")
    if rule.frequency == "DAILY" and rule.weekdays and rule.interval > 1:
        raise _wrong("rule-weekdays-weekly")


def _wrong(message_id: str, **values: str | int) -> InvalidRequest:
    return InvalidRequest.at("/rule", message_id, **values)


def _whole(given: dict[str, str], name: str, least: int, most: int) -> int | None:
    if name not in given:
        return None
    if not given[name].isdecimal() or len(given[name]) > 4 or not least <= int(given[name]) <= most:
        raise _wrong("rule-number", part=name, least=least, most=most)
    return int(given[name])


def _weekdays(text: str | None) -> tuple[tuple[int | None, int], ...]:
    found = [_WEEKDAY.fullmatch(entry) for entry in text.split(",")] if text is not None else []
    days = [(int(one[1]) if one[1] else None, WEEKDAYS.index(one[2]) + 1) for one in found if one]
    usable = len(days) == len(found) and len(set(days)) == len(days)
    if not usable or any(place is not None and place not in PLACES for place, _ in days):
        raise _wrong("rule-weekdays-unusable", days=", ".join(WEEKDAYS))
    if len({place is None for place, _ in days}) > 1:
        raise _wrong("rule-weekdays-unusable", days=", ".join(WEEKDAYS))
    return tuple(sorted(days, key=lambda one: (one[0] is not None and (one[0] < 0, one[0]), one[1])))


def _numbers(text: str | None, allowed: tuple[int, ...], otherwise: InvalidRequest) -> tuple[int, ...]:
    entries = text.split(",") if text is not None else []
    numbers = [int(entry) for entry in entries if _NUMBER.fullmatch(entry)]
    if len(numbers) != len(entries) or len(set(numbers)) != len(numbers) or set(numbers) - set(allowed):
        raise otherwise
    return tuple(sorted(numbers, key=lambda number: (number < 0, number)))


def _until(text: str | None) -> date | datetime | None:
    if text is None:
        return None
    found = _UNTIL.fullmatch(text)
    # A day in Riga, or a moment in UTC: one without a zone says neither (RFC 5545, 3.3.10).
    if not found or (found[2] and not found[3]):
        raise _wrong("rule-until-unreadable")
    try:
        if found[2]:
            return datetime.strptime(found[1] + found[2], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        return datetime.strptime(found[1], "%Y%m%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise _wrong("rule-until-unreadable") from None


def moment_of(day: date, wall_clock: time) -> datetime:
    """When a clock on a wall in Riga shows this time on a day, in UTC.

    As RFC 5545 (3.3.5) has it: a time that the clocks skip is read with the offset before the change (03:30 becomes
    04:30), one that they show twice is the first of the two.
    """
    return datetime.combine(day, wall_clock, tzinfo=clock.RIGA).replace(fold=0).astimezone(UTC)


def days_of(rule: Rule, first_day: date, wall_clock: time, *, last_day: date) -> Iterator[date]:
    """The days of a rule that begins on ``first_day``, in order, up to and with ``last_day``."""
    for found in _counted(rule, first_day, interval=rule.interval, count=rule.count):
        if found > last_day or _is_past(rule.until, found, wall_clock):
            return
        yield found


def check_first_day(rule: Rule, first_day: date, wall_clock: time, pointer: str) -> None:
    """Refuse a first day that its rule leaves out, and a rule that is over before it: ``InvalidRequest``.

    What such a pair means RFC 5545 leaves open, so two calendars would show different meetings.
    """
    fitting = next(_counted(rule, first_day, interval=1, count=None))
    if fitting != first_day:
        raise InvalidRequest.at(pointer, "first-day-not-of-rule", day=f"{fitting:%d.%m.%Y}")
    if _is_past(rule.until, first_day, wall_clock):
        raise _wrong("rule-over-before-beginning")


def check_since(since: date, *, today: date) -> None:
    """Refuse a change from a day in the past on, or from one for which nobody plans yet: ``InvalidRequest``."""
    if since < today:
        raise InvalidRequest.at("/from", "day-in-the-past")
    if since > today + FURTHEST_AHEAD:
        raise InvalidRequest.at("/from", "start-too-far-ahead", days=FURTHEST_AHEAD.days)


def first_day_from(rule: Rule, day: date) -> date:
    """The first day from ``day`` on that fits a rule which begins then."""
    return next(_counted(rule, day, interval=1, count=None))


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


def last_day_of_childhood(birth_date: date) -> date:
    """The day before the 18th birthday: on the birthday itself nobody is a child of the service any more (D1).

    Somebody born on 29 February has the birthday on 1 March.
    """
    try:
        return birth_date.replace(year=birth_date.year + OF_AGE) - timedelta(days=1)
    except ValueError:
        return date(birth_date.year + OF_AGE, 2, 28)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """When the meetings of a series are: its rule, its first day and clock, what is left out, its last day."""

    rule: Rule
    first_day: date
    clock: time
    except_dates: frozenset[date] = frozenset()
    last_day: date | None = None

    def days(self, *, since: date, until: date) -> list[date]:
        """The days from ``since`` to ``until``, both included, without those left out."""
        last_day = min(until, self.last_day) if self.last_day else until
        found = days_of(self.rule, self.first_day, self.clock, last_day=last_day)
        return [day for day in found if day >= since and day not in self.except_dates]

    def next_day(self, *, after: date, until: date) -> date | None:
        """The first day after a day, or ``None`` when there is none up to ``until``."""
        last_day = min(until, self.last_day) if self.last_day else until
        found = days_of(self.rule, self.first_day, self.clock, last_day=last_day)
        return next((day for day in found if day > after and day not in self.except_dates), None)

    def ends_on(self, *, horizon: date) -> date | None:
        """The last day when the rule has one; ``None`` for a rule without an end."""
        if self.rule.count is None and self.rule.until is None:
            return self.last_day
        days = self.days(since=self.first_day, until=horizon)
        return days[-1] if days else self.first_day

    def continued_on(self, day: date) -> "Plan | None":
        """What is left of the plan from a day on, the same days and so many times fewer; ``None`` for nothing."""
        found = list(days_of(self.rule, self.first_day, self.clock, last_day=day - timedelta(days=1)))
        days = days_of(self.rule, self.first_day, self.clock, last_day=self.last_day or date.max)
        first_day = next((one for one in days if one >= day), None)
        if first_day is None:
            return None
        count = self.rule.count - len(found) if self.rule.count else None
        return replace(self, rule=replace(self.rule, count=count), first_day=first_day)


def told_from(starts_at: datetime, *, days: int, now: datetime) -> datetime:
    """From when on a family is told of a meeting that repeats: so many days before, at an hour that wakes nobody.

    One that was laid out later than that is told the day before: else a daily meeting's whole week comes at once.
    """
    local = clock.in_riga(starts_at)
    hour = min(max(local.time(), EARLIEST_TELLING), LATEST_TELLING)
    usual = moment_of(local.date() - timedelta(days=days), hour)
    return usual if usual > now else max(now, moment_of(local.date() - timedelta(days=1), hour))


def paired(old: list[date], new: list[date]) -> dict[date, date]:
    """Which old day becomes which new one: the same day first, then the nearest free one within a week.

    What is paired is one meeting that moves, of which a family is told once; the rest is cancelled, or new.
    """
    pairs = {day: day for day in set(old) & set(new)}
    free = sorted(set(old) - set(pairs))
    for day in sorted(set(new) - set(pairs.values())):
        near = [one for one in free if abs((one - day).days) < 7]
        if near:
            nearest = min(near, key=lambda one: (abs((one - day).days), one))
            pairs[nearest] = day
            free.remove(nearest)
    return pairs


# The parts of a meeting that may become its own, as a request names them.
OWN_PARTS: dict[str, tuple[str, ...]] = {
    "starts_at": ("starts_at",),
    "expected_minutes": ("expected_minutes",),
    "place": ("place_type", "place_name", "place_address"),
    "transport": ("transport",),
    "accompaniment": ("institution", "purpose"),
    "note": ("note",),
}


def own_parts_after(own: list[str] | None, changed: set[str]) -> list[str] | None:
    """The parts of a meeting that are its own once these columns were changed: its series leaves them alone."""
    return sorted({*(own or ()), *(part for part, columns in OWN_PARTS.items() if changed & set(columns))}) or None
