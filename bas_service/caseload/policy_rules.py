"""What a policy must be to make sense, and what it does to those who work under it (D2, D4, D26)."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any

from bas_service.caseload.rules import Complexity, LoadPolicy, Per, PolicyDateTaken, load_of
from bas_service.errors import InvalidRequest, Refusal

# A month is so many weeks, when "three times a month" is compared with "once a week".
WEEKS_OF_A_MONTH = Fraction(52, 12)


class PolicyKind(StrEnum):
    """Which of the dated policies that are prepared and may be taken back."""

    LOAD = "load"
    CASEWORK = "casework"
    MEETING = "meeting"
    TELLING = "telling"


class Standing(StrEnum):
    """How a load stands to the limits."""

    BELOW = "below"
    WITHIN = "within"
    ABOVE = "above"


class PolicyBegun(Refusal):
    """The policy is in force, or was: it stays; make a new one instead (D26)."""


PolicyDateTaken.stands_for("casework_policies_valid_from_key")


@dataclass(frozen=True, kw_only=True)
class Weighed:
    """An open case as it counts in a load."""

    case_id: uuid.UUID
    complexity: Complexity
    exceeding_until: date | None


def check_load_policy(form: dict[str, Any], *, today: date) -> None:
    """Refuse weights or limits that contradict each other, and a beginning in the past: ``InvalidRequest``."""
    check_beginning(form["valid_from"], today=today)
    weights = [form["weights"][complexity] for complexity in Complexity]
    if weights != sorted(weights):
        raise InvalidRequest.at("/weights", "weights-not-rising")
    if not form["minimum"] <= form["nominal"] <= form["maximum"]:
        raise InvalidRequest.at("/maximum", "limits-not-rising")


def check_casework_policy(values: dict[str, Any], *, today: date) -> None:
    """Refuse what contradicts itself, and a beginning in the past: ``InvalidRequest``."""
    check_beginning(values["valid_from"], today=today)
    frequencies = [_frequency_of(values["rhythms"][complexity]) for complexity in Complexity]
    if frequencies != sorted(frequencies):
        raise InvalidRequest.at("/rhythms", "rhythms-not-rising")
    if values["overdue_alarm_minutes"] <= values["overdue_ask_minutes"]:
        raise InvalidRequest.at("/overdue_alarm_minutes", "alarm-before-question")
    check_keys(values, "close_reasons")


def check_keys(values: dict[str, Any], member: str) -> None:
    """Refuse a list of reasons in which two have the same key: ``InvalidRequest``."""
    keys = [reason["key"] for reason in values[member]]
    if len(set(keys)) != len(keys):
        raise InvalidRequest.at(f"/{member}", "entries-repeat")


def check_closing(reasons: list[dict[str, Any]], *, reason: str, outcome: str | None) -> None:
    """Refuse a reason that the policy does not know, and silence about what came of it: ``InvalidRequest``."""
    needed = {one["key"]: one["outcome_needed"] for one in reasons}
    if reason not in needed:
        raise InvalidRequest.at("/reason", "close-reason-unknown", choices=", ".join(needed))
    if needed[reason] and outcome is None:
        raise InvalidRequest.at("/outcome", "outcome-needed")


def check_beginning(valid_from: date, *, today: date) -> None:
    """Refuse a policy that would begin in the past: ``InvalidRequest``."""
    # What was decided under a policy must stay explainable: none ever begins in the past.
    if valid_from < today:
        raise InvalidRequest.at("/valid_from", "day-in-the-past")


def _frequency_of(rhythm: Mapping[str, Any]) -> Fraction:
    """Meetings a month."""
    return rhythm["times"] * (WEEKS_OF_A_MONTH if rhythm["per"] == Per.WEEK else Fraction(1))


def standing_of(load: Decimal, policy: LoadPolicy) -> Standing:
    """How a load stands to a policy's limits; the limits themselves are within."""
    if load > policy.maximum:
        return Standing.ABOVE
    return Standing.BELOW if load < policy.minimum else Standing.WITHIN


def over_of(cases: list[Weighed], policy: LoadPolicy, *, on: date) -> dict[str, Any] | None:
    """By how much a load is above the maximum, and which exceptions allow it on a day; ``None`` when it is not.

    ``excepted`` says whether they explain it: without the cases that have one the load would be within.
    """
    above = load_of([case.complexity for case in cases], policy) - policy.maximum
    if above <= 0:
        return None
    excepted = [case for case in cases if case.exceeding_until is not None and case.exceeding_until >= on]
    return {
        "by": above,
        "excepted": load_of([case.complexity for case in excepted], policy) >= above,
        "exceptions": [{"case_id": case.case_id, "until": case.exceeding_until} for case in excepted],
    }
