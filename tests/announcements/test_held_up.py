"""Whoever plans learns that the only way to tell a parent has been out of order for long (D6)."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from bas_service import clock
from tests.announcements.test_by_every_channel import BOTH, Family
from tests.builders import House, at
from tests.callers import done

WARNED = "no-reachable-representative"


@pytest.fixture
def family(house: House, worker_app: Flask) -> Family:
    """A mother who reads texts only."""
    return Family(house, worker_app)


def is_warned(meeting: dict[str, Any]) -> bool:
    return WARNED in meeting["warnings"]


def out_of_order(family: Family, *, minutes: float, state: str = "open") -> None:
    """Text messages have not gone out for so long."""
    family.house.sql(
        "UPDATE channel_states SET state = :state, since = now() - :time WHERE channel = 'sms'",
        state=state,
        time=timedelta(minutes=minutes),
    )


def soon_at(minutes: float) -> str:
    return at(clock.now() + timedelta(minutes=minutes))


@pytest.mark.parametrize("state", ["open", "half_open"])
def test_a_near_meeting_that_nothing_can_tell_in_time_is_warned_of_and_becomes_a_task(
    family: Family, state: str
) -> None:
    out_of_order(family, minutes=120, state=state)

    meeting = family.plan(starts_at=soon_at(40))

    assert is_warned(meeting)
    assert [one["state"] for one in meeting["announcements"]] == ["queued"]
    family.hours_pass(0.1)
    assert family.look() == (0, 1)


def test_so_is_one_that_is_moved_near(family: Family) -> None:
    out_of_order(family, minutes=120)
    meeting = family.plan(starts_at=soon_at(60 * 24))
    assert not is_warned(meeting)

    assert is_warned(family.change(meeting, starts_at=soon_at(40)))


@pytest.mark.parametrize(("minutes", "state"), [(20, "open"), (120, "closed")])
def test_what_works_or_may_soon_is_not_warned_of(family: Family, minutes: float, state: str) -> None:
    out_of_order(family, minutes=minutes, state=state)

    assert not is_warned(family.plan(starts_at=soon_at(40)))


def test_who_reads_e_mail_too_is_told_by_that(family: Family) -> None:
    family.correct(**BOTH)
    out_of_order(family, minutes=120)

    meeting = family.plan(starts_at=soon_at(40))

    assert not is_warned(meeting)
    assert [one["channel"] for one in meeting["announcements"]] == ["email"]


def test_whom_the_policy_only_allows_to_tell_is_not_warned_of(family: Family) -> None:
    family.under(must_tell=["guardian"], may_tell=["parent"])
    out_of_order(family, minutes=120)

    assert not is_warned(family.plan(starts_at=soon_at(40)))
    guardian = {"name": "Vecmamma Izdomāta", "relation": "guardian"}
    done(
        family.supervisor.post(
            f"children/{family.child['id']}/representatives",
            guardian | {"phone": "+37120008888", "channels": ["sms"]},
        )
    )
    assert is_warned(family.plan(starts_at=soon_at(170)))
