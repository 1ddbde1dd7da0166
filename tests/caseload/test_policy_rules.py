"""What makes a policy contradict itself, and how a load stands to it (D2, D26)."""

import uuid
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bas_service.caseload.policy_rules import (
    Standing,
    Weighed,
    check_casework_policy,
    over_of,
    standing_of,
)
from bas_service.caseload.rules import Complexity, LoadPolicy, Per, load_of
from bas_service.errors import InvalidRequest

TODAY = date(2026, 3, 2)
POLICY = LoadPolicy(
    valid_from=date(2025, 1, 1),
    weights={
        Complexity.LOW: Decimal("0.75"),
        Complexity.STANDARD: Decimal(1),
        Complexity.HIGH: Decimal("1.5"),
        Complexity.CRISIS: Decimal(2),
    },
    minimum=Decimal(2),
    nominal=Decimal(3),
    maximum=Decimal(4),
)


def weighed(complexity: Complexity, until: date | None = None) -> Weighed:
    return Weighed(case_id=uuid.uuid4(), complexity=complexity, exceeding_until=until)


def casework(*rhythms: tuple[int, str], keys: tuple[str, ...] = ("goal",)) -> dict[str, Any]:
    return {
        "valid_from": TODAY,
        "rhythms": {
            complexity: {"times": times, "per": Per(per)}
            for complexity, (times, per) in zip(Complexity, rhythms, strict=True)
        },
        "close_reasons": [{"key": key} for key in keys],
        "overdue_ask_minutes": 15,
        "overdue_alarm_minutes": 45,
    }


@pytest.mark.parametrize(
    ("load", "standing"),
    [("0", "below"), ("1.99", "below"), ("2", "within"), ("4", "within"), ("4.01", "above")],
)
def test_the_limits_themselves_are_within(load: str, standing: str) -> None:
    assert standing_of(Decimal(load), POLICY) == Standing(standing)


@pytest.mark.parametrize(
    "rhythms",
    [
        [(1, "month"), (3, "month"), (1, "week"), (2, "week")],
        [(1, "week")] * 4,
        [(4, "month"), (1, "week"), (5, "month"), (14, "week")],
    ],
)
def test_a_rhythm_may_stay_or_rise_with_the_complexity(rhythms: list[tuple[int, str]]) -> None:
    check_casework_policy(casework(*rhythms), today=TODAY)


@pytest.mark.parametrize(
    "rhythms",
    [
        [(1, "week"), (4, "month"), (2, "week"), (2, "week")],
        [(1, "month"), (2, "month"), (2, "week"), (8, "month")],
        [(2, "month"), (1, "month"), (1, "week"), (1, "week")],
    ],
)
def test_a_rhythm_that_falls_is_refused_whatever_its_period(rhythms: list[tuple[int, str]]) -> None:
    with pytest.raises(InvalidRequest) as refused:
        check_casework_policy(casework(*rhythms), today=TODAY)
    assert refused.value.members == {"errors": [("/rhythms", "rhythms-not-rising")]}


@pytest.mark.parametrize("alarm", [15, 14])
def test_the_supervisor_is_not_alarmed_before_the_specialist_was_asked(alarm: int) -> None:
    values = casework(*[(1, "week")] * 4)

    check_casework_policy(values | {"overdue_alarm_minutes": 16}, today=TODAY)
    with pytest.raises(InvalidRequest) as refused:
        check_casework_policy(values | {"overdue_alarm_minutes": alarm}, today=TODAY)
    assert refused.value.members == {"errors": [("/overdue_alarm_minutes", "alarm-before-question")]}


def test_a_reason_has_one_meaning() -> None:
    rhythms = [(1, "week")] * 4
    with pytest.raises(InvalidRequest) as refused:
        check_casework_policy(casework(*rhythms, keys=("goal", "moved", "goal")), today=TODAY)
    assert refused.value.members == {"errors": [("/close_reasons", "entries-repeat")]}
    check_casework_policy(casework(*rhythms, keys=("goal", "moved")), today=TODAY)


def test_who_is_above_is_shown_with_the_exceptions_that_allow_it_and_those_that_have_ended_do_not() -> None:
    high, crisis = weighed(Complexity.HIGH), weighed(Complexity.CRISIS)
    to_the_end = weighed(Complexity.STANDARD, TODAY)

    assert over_of([high, crisis], POLICY, on=TODAY) is None
    assert over_of([high, crisis, to_the_end], POLICY, on=TODAY) == {
        "by": Decimal("0.5"),
        "excepted": True,
        "exceptions": [{"case_id": to_the_end.case_id, "until": TODAY}],
    }
    assert over_of([high, crisis, to_the_end], POLICY, on=TODAY + timedelta(days=1)) == {
        "by": Decimal("0.5"),
        "excepted": False,
        "exceptions": [],
    }


def test_an_exception_lighter_than_what_is_too_much_does_not_explain_it() -> None:
    light = weighed(Complexity.LOW, TODAY)

    over = over_of([weighed(Complexity.CRISIS), weighed(Complexity.CRISIS), weighed(Complexity.LOW), light],
                   POLICY, on=TODAY)  # fmt: skip

    assert over == {
        "by": Decimal("1.5"),
        "excepted": False,
        "exceptions": [{"case_id": light.case_id, "until": TODAY}],
    }


@given(st.lists(st.builds(weighed, st.sampled_from(Complexity), st.none() | st.just(TODAY)), max_size=8))
def test_somebody_is_over_exactly_above_the_maximum_and_by_the_difference(cases: list[Weighed]) -> None:
    load = load_of([case.complexity for case in cases], POLICY)

    over = over_of(cases, POLICY, on=TODAY)

    assert (over is not None) == (standing_of(load, POLICY) is Standing.ABOVE)
    if over is not None:
        assert over["by"] == load - POLICY.maximum
        lasting = load_of([case.complexity for case in cases if case.exceeding_until is None], POLICY)
        assert over["excepted"] == (lasting <= POLICY.maximum)
