"""How heavy cases are together, and whether one more fits (D2, D4)."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bas_service.caseload.rules import CaseloadFull, Complexity, LoadPolicy, check_room, load_of

FIRST_POLICY = LoadPolicy(
    valid_from=date(2025, 1, 1),
    weights={
        Complexity.LOW: Decimal("0.75"),
        Complexity.STANDARD: Decimal(1),
        Complexity.HIGH: Decimal("1.5"),
        Complexity.CRISIS: Decimal(2),
    },
    minimum=Decimal(6),
    nominal=Decimal(10),
    maximum=Decimal(12),
)
CENTS = st.integers(1, 300).map(lambda cents: Decimal(cents) / 100)
CASES = st.lists(st.sampled_from(Complexity), max_size=30)


@pytest.mark.parametrize(
    ("complexity", "fit"),
    [(Complexity.LOW, 16), (Complexity.STANDARD, 12), (Complexity.HIGH, 8), (Complexity.CRISIS, 6)],
)
def test_under_the_first_policy_as_many_fit_as_the_report_names(complexity: Complexity, fit: int) -> None:
    check_room([complexity] * (fit - 1), complexity, FIRST_POLICY)
    with pytest.raises(CaseloadFull) as refused:
        check_room([complexity] * fit, complexity, FIRST_POLICY)
    weight = float(FIRST_POLICY.weights[complexity])
    assert refused.value.members == {"load": fit * weight, "maximum": 12.0, "would_be": (fit + 1) * weight}


@given(CASES)
def test_the_load_is_the_sum_of_the_weights_in_any_order(cases: list[Complexity]) -> None:
    by_hand = sum(cases.count(complexity) * weight for complexity, weight in FIRST_POLICY.weights.items())

    assert load_of(cases, FIRST_POLICY) == load_of(sorted(cases), FIRST_POLICY) == by_hand


@given(CASES, st.sampled_from(Complexity), st.lists(CENTS, min_size=4, max_size=4), CENTS.map(lambda one: one * 10))
def test_a_case_fits_exactly_when_the_sum_is_not_above_the_maximum(
    others: list[Complexity], added: Complexity, weights: list[Decimal], maximum: Decimal
) -> None:
    policy = LoadPolicy(
        valid_from=date(2025, 1, 1),
        weights=dict(zip(Complexity, sorted(weights), strict=True)),
        minimum=Decimal(0),
        nominal=Decimal(0),
        maximum=maximum,
    )
    # In whole hundredths, where nothing is rounded.
    hundredths = sum(int(policy.weights[one] * 100) for one in [*others, added])
    fits = hundredths <= int(maximum * 100)
    try:
        check_room(others, added, policy)
    except CaseloadFull:
        assert not fits
    else:
        assert fits
