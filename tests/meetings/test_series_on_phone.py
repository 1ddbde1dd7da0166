"""What a phone that was offline says of a series: kept beside our own time, as of a single meeting (D24)."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from bas_service import clock
from tests.builders import at, soon
from tests.callers import done, invalid, refusal_of
from tests.meetings.series_family import AWAY, WEEK, Family, at_three, in_two_days


def z(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def on_phone(family: Family, meeting: dict[str, Any]) -> list[tuple[str, str | None]]:
    """Each step of a meeting, and when it was by the phone."""
    steps = done(family.specialist.get(f"meetings/{meeting['id']}/history"))["items"]
    return [(step["step"], step["on_phone_at"]) for step in steps]


def test_creating_changing_and_cancelling_are_kept_with_the_phones_time(family: Family) -> None:
    created, changed, off = (soon(hours=hours) for hours in (-3, -2, -1))
    series = family.repeat(on_phone_at=at(created), rule="FREQ=WEEKLY;COUNT=4")
    last_but_one = str(in_two_days() + WEEK * 2)

    family.change(series, place=AWAY, on_phone_at=at(changed))
    following = family.change(series, since=last_but_one, expected_minutes=45, on_phone_at=at(changed))
    family.change(following, except_dates=[str(in_two_days() + WEEK * 3)], on_phone_at=at(changed))
    family.cancel(series, on_phone_at=at(off))

    planned, moved, over = ("planned", z(created)), ("changed", z(changed)), ("cancelled", z(off))
    first, _, third, fourth = series["meetings"]
    assert on_phone(family, first) == [planned, moved, over]
    assert on_phone(family, third) == [planned, moved, moved]
    # A day that the series has no more is called off by the same request.
    assert on_phone(family, fourth) == [planned, moved, moved, ("cancelled", z(changed))]
    assert done(family.specialist.get(f"series/{series['id']}"))["state"] == "cancelled"


def test_one_and_all_that_follow_are_called_off_with_the_phones_time(family: Family) -> None:
    series = family.repeat(rule="FREQ=WEEKLY;COUNT=3")
    first, second, third = series["meetings"]
    when = soon(hours=-1)
    off = {"reason": "child_ill", "on_phone_at": at(when)}

    done(family.specialist.act(f"meetings/{third['id']}/cancel", third, off))
    done(family.specialist.act(f"series/{series['id']}/cancel", series, off | {"from": second["series_day"]}))

    assert on_phone(family, first) == [("planned", None)]
    assert [on_phone(family, one)[-1] for one in (second, third)] == [("cancelled", z(when))] * 2


def test_a_series_is_over_when_the_phone_says_so_and_never_before_it_began_or_in_the_future(family: Family) -> None:
    now = clock.now()

    def ended(on_phone_at: datetime, *, planned_ago: timedelta) -> datetime:
        series = family.repeat(rule="FREQ=WEEKLY;COUNT=1")
        family.house.sql(
            "UPDATE series SET created_at = :at WHERE id = CAST(:id AS uuid)", at=now - planned_ago, id=series["id"]
        )
        return datetime.fromisoformat(family.cancel(series, on_phone_at=at(on_phone_at))["ended_at"])

    day, hour = timedelta(days=1), timedelta(hours=1)
    assert ended(now - hour, planned_ago=day) == now - hour
    assert ended(now - 2 * day, planned_ago=day) == now - day
    # A few minutes are no matter, a clock that is ahead says nothing.
    assert ended(now - timedelta(minutes=2), planned_ago=day) >= now
    assert now <= ended(now + day, planned_ago=day) <= clock.now()


def test_what_a_phones_clock_claims_is_kept_as_it_is_and_decides_nothing(family: Family) -> None:
    """As of a single meeting: a start that is in the past by our clock is refused, whatever the phone's."""
    ahead = soon(hours=24 * 400)

    series = family.repeat(on_phone_at=at(ahead), rule="FREQ=WEEKLY;COUNT=1")
    late = family.specialist.post(
        "series", family.house.series_form(family.child, starts_at=at(soon(hours=-1)), on_phone_at=at(soon(hours=-5)))
    )

    assert on_phone(family, series["meetings"][0]) == [("planned", z(ahead))]
    assert refusal_of(late) == invalid("/starts_at")


@pytest.mark.parametrize("wrong", ["yesterday", "2026-11-22T10:00:00", 5, "9999-12-31T23:59:59Z"])
def test_what_is_no_moment_is_refused_everywhere(family: Family, wrong: Any) -> None:
    series = family.repeat(starts_at=at_three(in_two_days()))
    path = f"series/{series['id']}"

    answers = [
        family.specialist.post("series", family.house.series_form(family.child, on_phone_at=wrong)),
        family.specialist.change(path, series, {"note": "Cits", "on_phone_at": wrong}),
        family.specialist.act(f"{path}/cancel", series, {"reason": "child_ill", "on_phone_at": wrong}),
    ]

    assert [refusal_of(one) for one in answers] == [invalid("/on_phone_at")] * 3
    assert family.now(series) == series
