"""How a load reads: what stands where on its bar, what it is to be called, where a browser may be sent on to."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from dateutil.relativedelta import relativedelta

# What is in sight above the maximum, so that its mark is never at the very edge.
_HEADROOM = Decimal("1.1")
_WAY_BACK = re.compile(r"/(?:team|told)(?:[/?][\w/?=&%-]*)?", re.ASCII)


class Standing(StrEnum):
    """Where a load stands between the policy's limits; "high" is above the nominal and still allowed."""

    BELOW = "below"
    WITHIN = "within"
    HIGH = "high"
    OVER = "over"


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A load's bar: each place in per cent of its length."""

    standing: Standing
    load: float
    minimum: float
    nominal: float
    maximum: float
    # The load as it would become, where something is about to be added.
    would_be: float | None


def days_of_past_year(today: date) -> list[date]:
    """The same day of each of the twelve months before, or the month's last one where it has none, and today."""
    return [today - relativedelta(months=months) for months in range(12, -1, -1)]


def standing_of(load: Decimal, *, minimum: Decimal, nominal: Decimal, maximum: Decimal) -> Standing:
    """What a load is against the limits."""
    if load > maximum:
        return Standing.OVER
    if load > nominal:
        return Standing.HIGH
    return Standing.BELOW if load < minimum else Standing.WITHIN


def bar_of(
    load: Decimal, *, minimum: Decimal, nominal: Decimal, maximum: Decimal, would_be: Decimal | None = None
) -> Bar:
    """The bar of a load; one above the maximum makes the whole scale longer, so that it stays true."""
    whole = max(maximum * _HEADROOM, load, would_be or load)

    def place(value: Decimal) -> float:
        return round(float(100 * value / whole), 2)

    shown = load if would_be is None else would_be
    return Bar(
        standing=standing_of(shown, minimum=minimum, nominal=nominal, maximum=maximum),
        load=place(load),
        minimum=place(minimum),
        nominal=place(nominal),
        maximum=place(maximum),
        would_be=None if would_be is None else place(would_be),
    )


@dataclass(frozen=True, kw_only=True)
class Plot:
    """A load over time as lines: places of a drawing ``WIDTH`` wide and ``HEIGHT`` high, from its upper left."""

    load: str
    minimum: str
    nominal: str
    maximum: str
    # The last point, which is today's.
    end: tuple[float, float]
    # Where the scale's figures and some of the days stand.
    scale: list[tuple[float, float]]
    days: list[tuple[float, date]]


WIDTH, HEIGHT = 480, 200
_LEFT, _RIGHT, _TOP, _BOTTOM = 34, 12, 8, 172
_DAYS_TOLD = 3


def plot_of(items: list[dict[str, Any]]) -> Plot:
    """The plot of a history, its earliest day first; the limits are those of each day's own policy."""
    top = max(max(one["load"], one["maximum"]) for one in items) * _HEADROOM
    first, last = items[0]["on"], items[-1]["on"]
    whole = max((last - first).days, 1)

    def across(day: date) -> float:
        return round(_LEFT + (WIDTH - _LEFT - _RIGHT) * (day - first).days / whole, 1)

    def up(value: Decimal | float) -> float:
        return round(_BOTTOM - (_BOTTOM - _TOP) * float(value) / float(top), 1)

    def line(name: str) -> str:
        return " ".join(f"{across(one['on'])},{up(one[name])}" for one in items)

    latest = items[-1]
    return Plot(
        load=line("load"),
        minimum=line("minimum"),
        nominal=line("nominal"),
        maximum=line("maximum"),
        end=(across(latest["on"]), up(latest["load"])),
        scale=[(up(value), float(value)) for value in (0, latest["minimum"], latest["nominal"], latest["maximum"])],
        days=[(across(one["on"]), one["on"]) for one in items[::_DAYS_TOLD]],
    )


def is_excepted(until: date | None, *, on: date) -> bool:
    """Whether a case may stand above the maximum on a day."""
    return until is not None and until >= on


def way_back(asked_for: str) -> str:
    """Where to go after signing in: a page of ours that was asked for, and nowhere else."""
    return asked_for if _WAY_BACK.fullmatch(asked_for) else "/team"
