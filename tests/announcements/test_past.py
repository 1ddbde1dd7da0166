"""Nothing is sent about what is past, and no night is disturbed by it (D6)."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from bas_service import clock
from tests.announcements.test_by_every_channel import Family
from tests.builders import House, at, soon
from tests.callers import done


class Past(Family):
    """A family of which a meeting is over, or should be, by the time that somebody says so."""

    def quiet(self, **policy: Any) -> None:
        """It is night for the next hours."""
        now = clock.in_riga(clock.now())
        begin, end = now - timedelta(minutes=30), now + timedelta(hours=4)
        self.under(quiet_from=f"{begin:%H:%M}", quiet_until=f"{end:%H:%M}", urgent_minutes=60, **policy)

    def told_of(self, *, minutes: int = 90) -> dict[str, Any]:
        meeting = self.plan(starts_at=at(soon(hours=2)), expected_minutes=minutes)
        assert len(self.worker_step()) == 1
        return meeting

    def pass_by(self, hours: float) -> None:
        """The meeting began, or should have, so many hours ago."""
        past = timedelta(hours=hours + 2)
        self.house.sql(
            "UPDATE meetings SET starts_at = starts_at - :past, ends_at = ends_at - :past,"
            " started_at = started_at - :past",
            past=past,
        )

    def act(self, meeting: dict[str, Any], action: str, **form: Any) -> dict[str, Any]:
        present = done(self.specialist.get(f"meetings/{meeting['id']}"))
        return done(self.specialist.act(f"meetings/{meeting['id']}/{action}", present, form))


@pytest.fixture
def family(house: House, worker_app: Flask) -> Past:
    return Past(house, worker_app)


@pytest.mark.parametrize(
    ("night", "hours_ago", "is_told"),
    [
        (False, 0.1, True),
        (False, 1.5, True),
        (False, 3, False),
        (True, 0.1, True),
        (True, 1.5, False),
        (True, 9, False),
    ],
)
def test_that_the_child_is_back_is_told_while_it_is_news(
    family: Past, hours_ago: float, *, night: bool, is_told: bool
) -> None:
    (family.quiet if night else family.under)(tell_return=True)
    meeting = family.told_of()
    family.act(meeting, "start")
    family.pass_by(hours_ago + 1)

    held = family.act(meeting, "finish", ended_at=at(clock.now() - timedelta(hours=hours_ago)))

    assert [one.body.split(":")[0] for one in family.worker_step()] == ["Anna"] * is_told
    assert [reason for _, reason, _ in family.told(held)] == ["planned", "returned"]


@pytest.mark.parametrize("night", [False, True])
@pytest.mark.parametrize(("hours_ago", "is_told"), [(-1, True), (0.5, True), (2, False), (12, False)])
def test_that_a_meeting_is_off_is_told_until_it_would_be_over(
    family: Past, hours_ago: float, *, is_told: bool, night: bool
) -> None:
    meeting = family.told_of()
    family.pass_by(hours_ago)
    if night:
        family.quiet()

    family.act(meeting, "cancel", reason="child_ill")

    (row,) = family.house.sql("SELECT useful_until, state FROM messages ORDER BY id DESC LIMIT 1")
    assert row["state"] == ("queued" if is_told else "withdrawn")
    went = family.worker_step()
    assert [one.body.split(".")[0] for one in went] == ["ATCELTS"] * is_told
    # Nor does it arrive later than that.
    (over,) = family.house.sql("SELECT ends_at FROM meetings")
    assert row["useful_until"] <= over["ends_at"]
