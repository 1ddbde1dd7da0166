"""What planning can take over from earlier meetings, so that a person need not type it (D28)."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from statistics import median

from bas_service import clock
from bas_service.children.rules import search_key_of
from bas_service.meetings.rules import LEAST_MINUTES, MOST_MINUTES, SHORT_NOTICE, Kind, PlaceType, Transport
from bas_service.meetings.week_rules import DAY, day_of, moment_of

USUAL_MINUTES = 60
# In so many meetings a habit is looked for.
LOOKED_BACK = 60
# ... and of those that were held so many make the usual duration, so many of all the usual time.
HELD_COUNTED, TIMES_COUNTED = 10, 12
# So many institutions are suggested to which the child was never taken.
MOST_INSTITUTIONS = 5
LONGEST_PLACE_NAME = 200
# So far ahead the next usual time is looked for.
LOOKED_AHEAD = timedelta(weeks=8)
# What was a month ago counts half.
HALVED_AFTER = timedelta(days=30)
# Held for less, it was written down as begun and ended only afterwards; for more, its end was forgotten.
BELIEVED = (timedelta(minutes=10), timedelta(hours=12))


class Because(StrEnum):
    """Why a place is suggested."""

    EARLIER = "earlier"
    # Another institution's appointment is there, ...
    APPOINTMENT = "appointment"
    # ... or a representative has agreed that the child is taken there.
    CONSENT = "consent"
    HOME = "home"
    SCHOOL = "school"
    OFFICE = "office"


class ConsentState(StrEnum):
    """Whether a representative's consent to an accompaniment is in force today (D7)."""

    IN_FORCE = "in_force"
    MISSING = "missing"


@dataclass(frozen=True, kw_only=True)
class Earlier:
    """An earlier meeting with the child, as far as it says how the next one may be."""

    kind: Kind
    state: str
    starts_at: datetime
    expected_minutes: int
    started_at: datetime | None
    ended_at: datetime | None
    place_type: PlaceType
    place_name: str | None
    place_address: str | None
    transport: Transport
    institution: str | None
    purpose: str | None

    @property
    def key(self) -> tuple[str, ...]:
        """What two meetings at the same place have in common, however it is spelled."""
        words = (self.place_name, self.place_address, self.institution)
        return (self.kind.value, self.place_type.value, *(search_key_of(one or "") for one in words))

    @property
    def minutes(self) -> int:
        """How long it really took, where that can be believed; else how long it was to take."""
        if self.started_at and self.ended_at and BELIEVED[0] <= self.ended_at - self.started_at <= BELIEVED[1]:
            return round((self.ended_at - self.started_at) / timedelta(minutes=1))
        return self.expected_minutes


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a meeting was, or could be: told apart from others by what the meetings there have in common."""

    latest: Earlier
    times: int
    weight: float


def places_of(earlier: Iterable[Earlier], now: datetime) -> list[Place]:
    """The places of earlier meetings, the latest meeting first: what is often and was lately comes first."""
    by_key: dict[tuple[str, ...], list[Earlier]] = defaultdict(list)
    for one in earlier:
        by_key[one.key].append(one)
    places = [
        Place(
            latest=there[0],
            times=len(there),
            weight=sum(0.5 ** (max(now - one.starts_at, timedelta()) / HALVED_AFTER) for one in there),
        )
        for there in by_key.values()
    ]
    return sorted(places, key=lambda place: (-place.weight, place.latest.key))


@dataclass(frozen=True, kw_only=True)
class Institution:
    """Where the child may be taken, though it never was; ``minutes`` where it is known how long it lasts."""

    because: Because
    name: str
    purpose: str
    minutes: int | None = None

    @property
    def place(self) -> dict[str, object]:
        """It as the place of a meeting."""
        is_short = len(self.name) <= LONGEST_PLACE_NAME
        words = {"name": self.name, "address": None} if is_short else {"name": None, "address": self.name}
        return {"type": PlaceType.ADDRESS, **words}


def new_institutions(found: Iterable[Institution], earlier: Iterable[Earlier]) -> list[Institution]:
    """Those of them to which the child was not taken yet, each once, however it is spelled."""
    known = {search_key_of(one.institution) for one in earlier if one.institution}
    new: dict[str, Institution] = {}
    for one in found:
        if search_key_of(one.name) not in known:
            new.setdefault(search_key_of(one.name), one)
    return list(new.values())[:MOST_INSTITUTIONS]


def usual_minutes(earlier: Iterable[Earlier], *, kind: Kind, key: tuple[str, ...] | None = None) -> int:
    """The middle of how long the last meetings held of a kind and at a place took, to five minutes.

    Where none was held there, of the kind; where none was held at all, an hour.
    """
    held = [one for one in earlier if one.state == "held" and one.kind is kind]
    counted = [one.minutes for one in held if one.key == key][:HELD_COUNTED]
    counted = counted or [one.minutes for one in held][:HELD_COUNTED]
    if not counted:
        return USUAL_MINUTES
    return min(max(5 * round(median(counted) / 5), LEAST_MINUTES), MOST_MINUTES)


def usual_time(earlier: list[Earlier]) -> tuple[int, time] | None:
    """The weekday (Monday is 1) and the time at which meetings usually begin, to a quarter of an hour."""
    counted: Counter[tuple[int, time]] = Counter()
    for one in earlier[:TIMES_COUNTED]:
        local = clock.in_riga(one.starts_at)
        counted[local.isoweekday(), time(local.hour, local.minute // 15 * 15)] += 1
    # Of those that are as frequent, the latest: they were counted in that order.
    return counted.most_common(1)[0][0] if counted else None


def next_start(
    usual: tuple[int, time], earlier: list[Earlier], now: datetime, *, is_free: Callable[[datetime], bool]
) -> datetime | None:
    """The next moment at that weekday and time for which there is notice enough and nothing is planned that day.

    And which ``is_free``: of other things that child or specialist have then. ``None`` within eight weeks.
    """
    weekday, at = usual
    taken = {day_of(one.starts_at) for one in earlier}
    today = day_of(now)
    for number in range(LOOKED_AHEAD.days):
        day = today + number * DAY
        if day.isoweekday() != weekday or day in taken:
            continue
        moment = moment_of(day, at)
        if moment is not None and moment - now >= SHORT_NOTICE and is_free(moment):
            return moment
    return None
