"""Which past days a history is drawn at, and the moment that stands for a day."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from dateutil.relativedelta import relativedelta

from bas_service import clock
from bas_service.caseload.rules import LoadPolicy

MOST_DAYS = 400


class Step(StrEnum):
    """How far apart the days of a history lie."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


_APART = {
    Step.DAY: relativedelta(days=1),
    Step.WEEK: relativedelta(weeks=1),
    Step.MONTH: relativedelta(months=1),
}


def days_of(first: date, last: date, step: Step) -> Iterator[date]:
    """The days from ``first`` on, a step apart, up to ``last``; a month without such a day gives its last one."""
    number, day = 0, first
    while day <= last:
        yield day
        number += 1
        day = first + _APART[step] * number


def end_of(day: date) -> datetime:
    """The last moment of a day in Riga: what was so on a day is what was so at its end."""
    return datetime.combine(day + timedelta(days=1), time.min, tzinfo=clock.RIGA) - timedelta(microseconds=1)


def in_force(policies: list[LoadPolicy], day: date) -> LoadPolicy:
    """The policy of a day; before the first one began, that one. ``policies`` begin with the latest."""
    return next((policy for policy in policies if policy.valid_from <= day), policies[-1])
