"""Whom a child would suit best: points for reasons, in a fixed order (D4)."""

import uuid
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bas_service.caseload.suggestion_rules import POINTS, Candidate, Why, points_of, ranked

MAXIMUM = Decimal(12)
ROOM = st.integers(-200, 1200).map(lambda cents: Decimal(cents) / 100)


def candidate(room: float | Decimal = 6, **more: Any) -> Candidate:
    """Somebody with half of the maximum left and nothing else that speaks for them."""
    values = {
        "specialist_id": uuid.UUID(int=1),
        "sort_key": "a",
        "speaks": False,
        "worked_with_child": False,
        "worked_with_family": False,
        "of_municipality": False,
        "cases_nearby": 0,
    }
    return Candidate(room_after=Decimal(room), maximum=MAXIMUM, **(values | more))


CANDIDATES = st.builds(
    candidate,
    ROOM,
    specialist_id=st.uuids(),
    sort_key=st.sampled_from("abc"),
    speaks=st.booleans(),
    worked_with_child=st.booleans(),
    worked_with_family=st.booleans(),
    of_municipality=st.booleans(),
    cases_nearby=st.integers(0, 3),
)
REASONS = [
    (Why.LANGUAGE, {"speaks": True}),
    (Why.EARLIER_WORK, {"worked_with_child": True}),
    (Why.SAME_FAMILY, {"worked_with_family": True}),
    (Why.MUNICIPALITY, {"of_municipality": True}),
    (Why.CASES_NEARBY, {"cases_nearby": 1}),
]


@pytest.mark.parametrize(("why", "holding"), REASONS, ids=[why for why, _ in REASONS])
def test_each_reason_counts_its_points_and_puts_one_before_an_equal(why: Why, holding: dict[str, Any]) -> None:
    without, having = candidate(sort_key="a"), candidate(sort_key="b", **holding)

    assert points_of(having) == points_of(without) | {why: POINTS[why]}
    assert ranked([without, having]) == [having, without]


def test_whoever_is_absent_comes_after_an_equal_who_is_there() -> None:
    away = candidate(sort_key="a", absent_until=date(2026, 12, 1))
    there = candidate(sort_key="b")

    assert ranked([away, there]) == [there, away]
    assert points_of(away) == points_of(there) | {Why.ABSENT: POINTS[Why.ABSENT]}
    # Still before somebody who has no room at all.
    full = candidate(-1, speaks=True)
    assert ranked([full, away]) == [away, full]


def test_room_counts_by_its_share_of_the_maximum() -> None:
    assert points_of(candidate(6)) == {Why.ROOM: Decimal(50)}
    assert points_of(candidate(0)) == {Why.ROOM: Decimal(0)}
    assert points_of(candidate(-3)) == {Why.NO_ROOM: Decimal(-25)}


def test_whoever_has_no_room_comes_after_everybody_who_has_whatever_else_speaks_for_them() -> None:
    full = candidate(Decimal("-0.25"), speaks=True, worked_with_child=True, worked_with_family=True,
                     of_municipality=True, cases_nearby=9)  # fmt: skip
    stranger = candidate(0)

    assert ranked([full, stranger]) == [stranger, full]


def test_equals_stand_by_name_and_then_by_id() -> None:
    anna, other_anna = candidate(sort_key="anna"), candidate(sort_key="anna", specialist_id=uuid.UUID(int=2))
    berta = candidate(sort_key="berta", specialist_id=uuid.UUID(int=0))

    assert ranked([berta, other_anna, anna]) == [anna, other_anna, berta]


@given(st.lists(CANDIDATES, max_size=8, unique_by=lambda one: one.specialist_id), st.randoms())
def test_the_order_does_not_depend_on_how_they_are_listed(candidates: list[Candidate], chance: Any) -> None:
    shuffled = chance.sample(candidates, len(candidates))

    assert ranked(shuffled) == ranked(candidates)
    assert sorted(ranked(candidates), key=lambda one: one.specialist_id) == sorted(
        candidates, key=lambda one: one.specialist_id
    )


@given(st.lists(CANDIDATES, min_size=1, max_size=8, unique_by=lambda one: one.specialist_id), st.integers(0, 7), ROOM)
def test_more_room_never_ranks_anybody_lower_all_else_equal(
    candidates: list[Candidate], which: int, more: Decimal
) -> None:
    chosen = candidates[which % len(candidates)]
    values = {name: value for name, value in vars(chosen).items() if name not in {"room_after", "maximum"}}
    roomier = candidate(chosen.room_after + abs(more), **values)
    others = [one for one in candidates if one is not chosen]

    assert ranked([*others, roomier]).index(roomier) <= ranked([*others, chosen]).index(chosen)


@given(CANDIDATES, st.sampled_from(REASONS))
def test_no_reason_ever_speaks_against_somebody(chosen: Candidate, reason: tuple[Why, dict[str, Any]]) -> None:
    values = {name: value for name, value in vars(chosen).items() if name not in {"room_after", "maximum"}}
    having = candidate(chosen.room_after, **(values | reason[1]))

    assert sum(points_of(having).values()) >= sum(points_of(chosen).values())
