"""Loads and limits: how heavy a specialist's cases are, and whether one more fits (D2, D4)."""

import math
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from bas_service.errors import Refusal


class Complexity(StrEnum):
    """How much work a case is."""

    LOW = "low"
    STANDARD = "standard"
    HIGH = "high"
    CRISIS = "crisis"


class CaseState(StrEnum):
    """A case is open from acceptance to closing."""

    OPEN = "open"
    CLOSED = "closed"


class Per(StrEnum):
    """The period of an agreed rhythm (D11)."""

    WEEK = "week"
    MONTH = "month"


class Means(StrEnum):
    """How it was tried to reach a child (D10)."""

    PHONE = "phone"
    MESSAGE = "message"
    VISIT = "visit"
    REPRESENTATIVE = "representative"
    SCHOOL = "school"
    OTHER = "other"


class CaseloadFull(Refusal):
    """One more case would put the specialist above the policy's maximum (D4)."""


class ChildHasACase(Refusal):
    """The child has an open case already: one responsible specialist at a time (D3)."""


class NoOpenCase(Refusal):
    """The case is closed, or the child has none."""


class PolicyDateTaken(Refusal):
    """Another policy begins on this day; policies are never edited in place (D26)."""


class CaseNotClosed(Refusal):
    """The case is open, or a later one of the same child exists: there is nothing to reopen."""


class CasesLeft(Refusal):
    """Cases would be left with nobody responsible; ``cases`` counts them (D3)."""


class AbsenceOverlaps(Refusal):
    """The specialist is entered as absent on some of these days already."""


class AbsenceEnded(Refusal):
    """The absence is over."""


class SubstituteAbsent(Refusal):
    """Whoever was to stand in is absent on some of these days."""


CaseloadFull.stands_for("cases_keep_to_the_maximum", load=None, maximum=None, would_be=None)
ChildHasACase.stands_for("cases_one_open_of_child_key")
PolicyDateTaken.stands_for("load_policies_valid_from_key")
AbsenceOverlaps.stands_for("absences_no_overlap")

# Longer than a year is no absence any more: the cases need somebody else.
LONGEST_ABSENCE = timedelta(days=366)
_DAYS_OF = {Per.WEEK: 7, Per.MONTH: 30}


@dataclass(frozen=True, kw_only=True)
class LoadPolicy:
    """The weights and limits in force on some day."""

    valid_from: date
    weights: dict[Complexity, Decimal]
    minimum: Decimal
    nominal: Decimal
    maximum: Decimal


def load_of(complexities: list[Complexity], policy: LoadPolicy) -> Decimal:
    """The load of cases of these complexities under a policy."""
    return sum((policy.weights[complexity] for complexity in complexities), Decimal(0))


def check_room(others: list[Complexity], added: Complexity, policy: LoadPolicy) -> None:
    """Refuse a case that would put the load of ``others`` above the maximum: ``CaseloadFull``."""
    load = load_of(others, policy)
    would_be = load + policy.weights[added]
    if would_be > policy.maximum:
        raise CaseloadFull(load=float(load), maximum=float(policy.maximum), would_be=float(would_be))


def rhythm_due_on(last: date, times: int, per: Per) -> date:
    """The last day on which the next meeting keeps to the rhythm, counted from the day of the last one (D11)."""
    return last + timedelta(days=math.ceil(_DAYS_OF[per] / times))


def failures_in_a_row(attempts: list[bool]) -> int:
    """How many of the latest attempts failed without one that reached the child; the latest stands first."""
    return next((number for number, reached in enumerate(attempts) if reached), len(attempts))
