"""A quiet night is quiet by the clock on the wall: when that is changed, at the year's end, on 29 February."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import example, given
from hypothesis import strategies as st

from bas_service import clock
from bas_service.announcements.rules import TellingPolicy
from bas_service.announcements.timing_rules import not_before, outside_quiet_hours
from bas_service.messaging.segments import DiacriticsPolicy
from tests.announcements.test_by_every_channel import Family
from tests.builders import House, at

# Clocks are put back on the first of these nights, and forward on the second.
AUTUMN, SPRING = date(2026, 10, 25), date(2027, 3, 28)


def policy(quiet_from: str = "22:00", quiet_until: str = "07:00", urgent_minutes: int = 180) -> TellingPolicy:
    """Quiet at night, as at first."""
    return TellingPolicy(
        quiet_from=time.fromisoformat(quiet_from),
        quiet_until=time.fromisoformat(quiet_until),
        urgent_minutes=urgent_minutes,
        reminder_minutes=None,
        settle_seconds=0,
        failover_minutes=30,
        tell_return=False,
        texts_per_number=None,
        texts_per_number_minutes=10,
        must_tell=["parent"],
        may_tell=[],
        diacritics=DiacriticsPolicy.KEEP,
    )


def riga(moment: str, *, fold: int = 0) -> datetime:
    """A moment by the clock in Riga, in UTC; ``fold`` 1 is the second time that it shows an hour in autumn."""
    return datetime.fromisoformat(moment).replace(tzinfo=clock.RIGA, fold=fold).astimezone(UTC)


def told_at(moment: datetime, **hours: Any) -> str:
    """When something is told that could be at a moment, of a meeting far ahead; by the clock in Riga."""
    return f"{clock.in_riga(outside_quiet_hours(moment, moment + timedelta(days=9), policy(**hours))):%d.%m.%Y %H:%M}"


@pytest.mark.parametrize(
    ("moment", "told"),
    [
        # Clocks are put back at four in the morning: the night is an hour longer.
        (riga("2026-10-24 21:59"), "24.10.2026 21:59"),
        (riga("2026-10-24 22:00"), "25.10.2026 07:00"),
        (riga("2026-10-25 03:30"), "25.10.2026 07:00"),
        (riga("2026-10-25 03:30", fold=1), "25.10.2026 07:00"),
        (riga("2026-10-25 06:59"), "25.10.2026 07:00"),
        (riga("2026-10-25 07:00"), "25.10.2026 07:00"),
        (riga("2026-10-25 22:00"), "26.10.2026 07:00"),
        # ... and forward at three: it is an hour shorter.
        (riga("2027-03-27 21:59"), "27.03.2027 21:59"),
        (riga("2027-03-27 22:00"), "28.03.2027 07:00"),
        (riga("2027-03-28 02:59"), "28.03.2027 07:00"),
        (riga("2027-03-28 04:00"), "28.03.2027 07:00"),
        (riga("2027-03-28 07:00"), "28.03.2027 07:00"),
        # Over midnight, the year's end, a leap day and the day that is none.
        (riga("2026-06-01 23:59"), "02.06.2026 07:00"),
        (riga("2026-06-02 00:00"), "02.06.2026 07:00"),
        (riga("2026-12-31 22:00"), "01.01.2027 07:00"),
        (riga("2027-01-01 00:01"), "01.01.2027 07:00"),
        (riga("2028-02-28 23:00"), "29.02.2028 07:00"),
        (riga("2028-02-29 23:00"), "01.03.2028 07:00"),
        (riga("2027-02-28 23:00"), "01.03.2027 07:00"),
    ],
)
def test_what_comes_at_night_is_told_at_seven(moment: datetime, told: str) -> None:
    assert told_at(moment) == told


def test_how_long_a_night_is() -> None:
    lengths = [
        outside_quiet_hours(evening, evening + timedelta(days=9), policy()) - evening
        for evening in (riga("2026-10-24 22:00"), riga("2027-03-27 22:00"), riga("2027-01-01 22:00"))
    ]

    assert lengths == [timedelta(hours=10), timedelta(hours=8), timedelta(hours=9)]


@pytest.mark.parametrize(
    ("moment", "hours", "told"),
    [
        # The hour from three to four comes twice: quiet until its last half past three.
        (riga("2026-10-25 01:00"), ("22:00", "03:30"), riga("2026-10-25 03:30", fold=1)),
        (riga("2026-10-25 03:10"), ("22:00", "03:30"), riga("2026-10-25 03:30", fold=1)),
        (riga("2026-10-25 03:45"), ("22:00", "03:30"), riga("2026-10-25 03:30", fold=1)),
        (riga("2026-10-25 03:10", fold=1), ("22:00", "03:30"), riga("2026-10-25 03:30", fold=1)),
        (riga("2026-10-25 03:30", fold=1), ("22:00", "03:30"), riga("2026-10-25 03:30", fold=1)),
        # ... and from its first one on, where it begins then.
        (riga("2026-10-25 03:29"), ("03:30", "06:00"), riga("2026-10-25 03:29")),
        (riga("2026-10-25 03:30"), ("03:30", "06:00"), riga("2026-10-25 06:00")),
        (riga("2026-10-25 03:10", fold=1), ("03:30", "06:00"), riga("2026-10-25 06:00")),
        # In spring there is no half past three: the clocks go past it when it becomes four.
        (riga("2027-03-28 01:00"), ("22:00", "03:30"), riga("2027-03-28 04:00")),
        (riga("2027-03-28 04:00"), ("22:00", "03:30"), riga("2027-03-28 04:00")),
        (riga("2027-03-28 02:59"), ("03:30", "06:00"), riga("2027-03-28 02:59")),
        (riga("2027-03-28 04:00"), ("03:30", "06:00"), riga("2027-03-28 06:00")),
        # Within a day.
        (riga("2027-03-28 12:59"), ("13:00", "15:00"), riga("2027-03-28 12:59")),
        (riga("2027-03-28 13:00"), ("13:00", "15:00"), riga("2027-03-28 15:00")),
        (riga("2027-03-28 23:30"), ("23:00", "00:00"), riga("2027-03-29 00:00")),
    ],
)
def test_quiet_hours_that_end_or_begin_while_the_clock_is_changed(
    moment: datetime, hours: tuple[str, str], told: datetime
) -> None:
    assert outside_quiet_hours(moment, moment + timedelta(days=9), policy(*hours)) == told


@pytest.mark.parametrize("night", [AUTUMN, SPRING, date(2027, 1, 1), date(2028, 2, 29)])
def test_a_meeting_early_that_morning_or_near_is_told_at_once(night: date) -> None:
    midnight = datetime.combine(night, time(), clock.RIGA).astimezone(UTC)
    seven = datetime.combine(night, time(7), clock.RIGA).astimezone(UTC)
    early, later = seven + timedelta(minutes=59), seven + timedelta(minutes=60)

    assert outside_quiet_hours(midnight, early, policy()) == midnight
    assert outside_quiet_hours(midnight, later, policy()) == seven
    for minutes, at_once in ((180, True), (181, False)):
        near = outside_quiet_hours(midnight, midnight + timedelta(minutes=minutes), policy("22:00", "01:00"))
        assert (near == midnight) is at_once


MOMENTS = st.one_of(
    *(
        st.datetimes(
            datetime.combine(day - timedelta(days=1), time(12)), datetime.combine(day + timedelta(days=1), time(12))
        )
        for day in (AUTUMN, SPRING, date(2026, 12, 31), date(2028, 2, 29))
    )
)
HOURS = st.times().map(lambda one: one.replace(minute=one.minute // 30 * 30, second=0, microsecond=0))


@given(MOMENTS, HOURS, HOURS)
@example(datetime(2026, 10, 25, 1, 10, tzinfo=UTC), time(22), time(3, 30))
@example(datetime(2027, 3, 28, 1, 10, tzinfo=UTC), time(22), time(3, 30))
def test_it_is_never_told_before_or_while_it_is_quiet_nor_later_than_needed(
    moment: datetime, quiet_from: time, quiet_until: time
) -> None:
    """Against every minute of two days, looked at one by one."""
    if quiet_from == quiet_until:
        return
    at = moment.replace(second=0, microsecond=0, tzinfo=UTC)

    def is_quiet(one: datetime) -> bool:
        shown = clock.in_riga(one).time()
        if quiet_from < quiet_until:
            return quiet_from <= shown < quiet_until
        return shown >= quiet_from or shown < quiet_until

    told = outside_quiet_hours(at, at + timedelta(days=9), policy(f"{quiet_from:%H:%M}", f"{quiet_until:%H:%M}"))

    assert told >= at
    assert told == at or not is_quiet(told)
    # The hour that comes twice counts as one: what is quiet at both its ends is quiet within.
    between = [at + timedelta(minutes=minute) for minute in range(int((told - at) / timedelta(minutes=1)))]
    loud = [one for one in between if not is_quiet(one)]
    assert {clock.in_riga(one).date() for one in loud} <= {AUTUMN}
    assert len(loud) <= 60
    if clock.in_riga(at).date() != AUTUMN:
        assert (told == at) is not is_quiet(at)


def test_on_the_morning_on_which_a_representation_begins_it_is_told_at_eight() -> None:
    for day in (AUTUMN, SPRING):
        now = datetime.combine(day - timedelta(days=1), time(12), clock.RIGA).astimezone(UTC)
        starts_at = datetime.combine(day, time(15), clock.RIGA).astimezone(UTC)

        assert clock.in_riga(not_before(day, starts_at, now)).time() == time(8)
        # For a meeting of that early morning: an hour before, never before midnight.
        early = datetime.combine(day, time(4, 30), clock.RIGA).astimezone(UTC)
        assert not_before(day, early, now) == early - timedelta(hours=1)


# --- through the API and the worker


@dataclass
class Clock:
    """The clock of the whole service, but for the database's, to which messages are moved."""

    family: Family
    monkeypatch: pytest.MonkeyPatch

    def show(self, moment: datetime) -> None:
        """Let it be this moment for whoever asks the service."""
        self.monkeypatch.setattr(clock, "now", lambda: moment)

    def went_out(self, moment: datetime) -> int:
        """How many messages a worker hands over at this moment."""
        self.show(moment)
        moving = "next_attempt_at = next_attempt_at - :by, useful_until = useful_until - :by"
        by = moment - datetime.now(UTC)
        self.family.house.sql(f"UPDATE messages SET {moving}", by=by)
        went = len(self.family.worker_step())
        self.family.house.sql(f"UPDATE messages SET {moving.replace('- :by', '+ :by')}", by=by)
        return went


@pytest.fixture
def evening(house: House, worker_app: Flask, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A family that is told nothing between ten and seven."""
    family = Family(house, worker_app)
    family.under(quiet_from="22:00", quiet_until="07:00")
    return Clock(family, monkeypatch)


@pytest.mark.parametrize("night", [AUTUMN, SPRING, date(2027, 1, 1), date(2028, 2, 29)])
def test_what_is_planned_late_is_handed_over_at_seven_and_what_is_near_at_once(evening: Clock, night: date) -> None:
    family = evening.family
    late = datetime.combine(night - timedelta(days=1), time(23, 30), clock.RIGA).astimezone(UTC)
    seven = datetime.combine(night, time(7), clock.RIGA).astimezone(UTC)
    # Everything about cases and policies is as old as it has to be.
    family.house.sql("UPDATE representatives SET valid_from = '2020-01-01'")
    family.house.sql("UPDATE telling_policies SET valid_from = '2025-06-01' WHERE created_by IS NOT NULL")
    family.house.sql("UPDATE device_sessions SET signed_in_at = :late", late=late)
    evening.show(late)

    family.plan(starts_at=at(datetime.combine(night, time(15), clock.RIGA)))

    (message,) = family.house.sql("SELECT next_attempt_at FROM messages")
    assert message["next_attempt_at"] == seven
    assert evening.went_out(late + timedelta(minutes=1)) == 0
    assert evening.went_out(seven - timedelta(seconds=2)) == 0
    assert evening.went_out(seven + timedelta(seconds=1)) == 1

    evening.show(late)
    family.plan(starts_at=at(late + timedelta(minutes=170)), expected_minutes=30)
    assert evening.went_out(late + timedelta(seconds=1)) == 1
