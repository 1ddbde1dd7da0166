"""How a load reads: what stands where on its bar, what it is to be called, where a browser may be sent on to."""

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

# What is in sight above the maximum, so that its mark is never at the very edge.
_HEADROOM = Decimal("1.1")
_WAY_BACK = re.compile(r"/team(?:[/?][\w./?=&%-]*)?", re.ASCII)


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


def way_back(asked_for: str) -> str:
    """Where to go after signing in: a page of ours that was asked for, and nowhere else."""
    return asked_for if _WAY_BACK.fullmatch(asked_for) else "/team"
