"""When a repeating meeting is: its rule and what is left out of it, when it is told, what becomes of what."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from bas_service import clock
from bas_service.errors import InvalidRequest, Refusal
from bas_service.meetings import repetition
from bas_service.meetings.repetition import Rule, days_of, moment_of, unusable
from bas_service.meetings.rules import FURTHEST_AHEAD

# Meetings once a year are no work with a child, and its rhythm is a month at most (D11).
FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY")
# A family is told the rule in words, and nobody says "the last Tuesday but two".
PLACES_TOLD = (1, 2, 3, 4, 5, -1)
OF_AGE = 18
# Nobody is woken by a text about a meeting a week ahead.
EARLIEST_TELLING, LATEST_TELLING = time(9, 0), time(20, 0)
# So many days of a warning are named, the rest is counted: the answer stays small.
MOST_DAYS_NAMED = 10
# How far a preview looks: beyond that nobody plans by the day.
PREVIEWED = FURTHEST_AHEAD


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


def rule_of(text: str) -> Rule:
    """Read the rule of meetings; raises ``InvalidRequest`` that says what would be right."""
    rule = repetition.rule_of(text, frequencies=FREQUENCIES)
    if {place for place, _ in rule.weekdays} - {None, *PLACES_TOLD}:
        raise unusable("rule-weekdays-unusable", days=", ".join(repetition.WEEKDAYS))
    if set(rule.places) - set(PLACES_TOLD):
        raise unusable("rule-places")
    return rule


def check_since(since: date, *, today: date) -> None:
    """Refuse a change from a day in the past on, or from one for which nobody plans yet: ``InvalidRequest``."""
    if since < today:
        raise InvalidRequest.at("/from", "day-in-the-past")
    if since > today + FURTHEST_AHEAD:
        raise InvalidRequest.at("/from", "start-too-far-ahead", days=FURTHEST_AHEAD.days)


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
        found = days_of(self.rule, self.first_day, self.clock, last_day=last_day, since=since)
        return [day for day in found if day not in self.except_dates]

    def next_day(self, *, after: date, until: date) -> date | None:
        """The first day after a day, or ``None`` when there is none up to ``until``."""
        last_day = min(until, self.last_day) if self.last_day else until
        since = after + timedelta(days=1)
        found = days_of(self.rule, self.first_day, self.clock, last_day=last_day, since=since)
        return next((day for day in found if day not in self.except_dates), None)

    def ends_on(self, *, horizon: date) -> date | None:
        """The last day when the rule has one; ``None`` for a rule without an end."""
        if self.rule.count is None and self.rule.until is None:
            return self.last_day
        days = self.days(since=self.first_day, until=horizon)
        return days[-1] if days else self.first_day

    def continued_on(self, day: date) -> "Plan | None":
        """What is left of the plan from a day on, the same days and so many times fewer; ``None`` for nothing."""
        found = list(days_of(self.rule, self.first_day, self.clock, last_day=day - timedelta(days=1)))
        days = days_of(self.rule, self.first_day, self.clock, last_day=self.last_day or date.max, since=day)
        first_day = next(days, None)
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
