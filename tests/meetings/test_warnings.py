"""What whoever plans is warned of, and never refused for: hours, holidays, absence, short notice (D6, D8)."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bas_service import clock
from bas_service.meetings.public_holidays import is_public_holiday
from bas_service.meetings.warning_rules import calendar_warnings
from bas_service.meetings.week_rules import Span
from tests.builders import House, at, soon
from tests.callers import Phone, done

RIGA = ZoneInfo("Europe/Riga")
AROUND_THE_CLOCK = {str(day): {"from": "00:00", "until": "23:59"} for day in range(1, 8)}
CLOSED = dict.fromkeys(AROUND_THE_CLOCK)


@pytest.fixture
def any_day_at_any_hour() -> None:
    """Here the calendar counts."""


def workdays(day: date) -> tuple[time, time] | None:
    """Eight to six, from Monday to Friday."""
    return (time(8), time(18)) if day.isoweekday() < 6 else None


@pytest.fixture
def supervisor(house: House) -> Phone:
    """A supervisor."""
    return house.a_supervisor()


@pytest.fixture
def specialist(house: House, supervisor: Phone) -> Phone:
    """A specialist."""
    return house.a_specialist(supervisor)


@pytest.fixture
def child(house: House, supervisor: Phone, specialist: Phone) -> dict[str, Any]:
    """A child that the specialist works with."""
    return house.a_family(supervisor, specialist)["child"]


OUTSIDE, HOLIDAY = ["outside-office-hours"], ["public-holiday"]


@pytest.mark.parametrize(
    ("begins", "minutes", "warned"),
    [
        # A Monday.
        ("2026-03-02 08:00", 600, []),
        ("2026-03-02 07:59", 60, OUTSIDE),
        ("2026-03-02 08:00", 601, OUTSIDE),
        ("2026-03-02 17:30", 31, OUTSIDE),
        ("2026-03-02 17:00", 17 * 60, OUTSIDE),
        # A Saturday; the day after the clocks changed; a Friday by law free; the summer's free day before Midsummer.
        ("2026-03-07 12:00", 60, OUTSIDE),
        ("2026-03-30 08:00", 60, []),
        ("2026-05-01 12:00", 60, HOLIDAY),
        ("2026-06-23 20:00", 60, OUTSIDE + HOLIDAY),
        ("2026-11-18 12:00", 60, HOLIDAY),
        # Into a holiday, and up to its beginning.
        ("2026-12-23 23:00", 600, OUTSIDE + HOLIDAY),
        ("2026-12-23 23:00", 60, OUTSIDE),
    ],
)
def test_a_meeting_at_unusual_hours_or_on_a_holiday_is_warned_of(
    begins: str, minutes: int, warned: list[str]
) -> None:
    starts_at = datetime.fromisoformat(begins).replace(tzinfo=RIGA)

    assert calendar_warnings(Span(starts_at, starts_at + timedelta(minutes=minutes)), workdays) == warned


def test_a_day_off_that_was_moved_is_a_holiday_and_its_neighbours_are_not() -> None:
    """In 2026 the law frees Monday, 22 June, and lets Saturday, 27 June, be worked instead."""
    assert [is_public_holiday(date(2026, 6, day)) for day in (21, 22, 23, 24, 25)] == [False, True, True, True, False]


def test_the_policy_in_force_says_what_office_hours_are(
    house: House, specialist: Phone, child: dict[str, Any]
) -> None:
    coordinator = house.a_coordinator()
    house.a_meeting_policy(coordinator, office_hours=AROUND_THE_CLOCK)
    plain = house.a_meeting(specialist, child, expected_minutes=5)["warnings"]
    house.sql("UPDATE meeting_policies SET valid_from = '2025-06-01' WHERE created_by IS NOT NULL")
    house.a_meeting_policy(coordinator, office_hours=CLOSED)

    later = house.a_meeting(specialist, child, starts_at=at(soon(hours=26)), expected_minutes=5)["warnings"]

    # On the evening before a holiday that is a warning of its own.
    assert [one for one in plain if one not in HOLIDAY] == []
    assert [one for one in later if one not in HOLIDAY] == OUTSIDE


def test_office_hours_are_those_of_the_policy_of_the_meetings_day(
    house: House, specialist: Phone, child: dict[str, Any]
) -> None:
    coordinator = house.a_coordinator()
    house.a_meeting_policy(coordinator, office_hours=AROUND_THE_CLOCK)
    in_ten_days = (clock.today() + timedelta(days=10)).isoformat()
    house.a_meeting_policy(coordinator, office_hours=CLOSED, valid_from=in_ten_days)

    def warned_of(days: int) -> list[str]:
        noon = datetime.combine(clock.today() + timedelta(days=days), time(12), tzinfo=RIGA)
        meeting = house.a_meeting(specialist, child, starts_at=at(noon), expected_minutes=5)
        return [one for one in meeting["warnings"] if one not in HOLIDAY]

    assert (warned_of(9), warned_of(10)) == ([], OUTSIDE)
    rule = {"rule": "FREQ=DAILY;COUNT=2", "expected_minutes": 5}
    day = datetime.combine(clock.today() + timedelta(days=9), time(14), tzinfo=RIGA)
    series = done(specialist.post("series", house.series_form(child, starts_at=at(day), **rule)))
    said = {one["warning"]: one["days"] for one in series["warnings"]}
    assert said["outside-office-hours"] == [in_ten_days]


def test_an_absence_that_begins_while_a_meeting_lasts_is_warned_of(
    house: House, supervisor: Phone, specialist: Phone, child: dict[str, Any]
) -> None:
    second = clock.today() + timedelta(days=4)
    house.an_absence(supervisor, specialist, valid_from=second.isoformat(), valid_until=second.isoformat())
    evening = datetime.combine(second - timedelta(days=1), time(22), tzinfo=RIGA)

    over_night = house.a_meeting(specialist, child, starts_at=at(evening), expected_minutes=600)
    shorter = done(specialist.change(f"meetings/{over_night['id']}", over_night, {"expected_minutes": 120}))

    assert "specialist-absent" in over_night["warnings"]
    assert "specialist-absent" not in shorter["warnings"]
    form = house.series_form(
        child, starts_at=at(evening + timedelta(hours=3)), expected_minutes=600, rule="FREQ=WEEKLY;COUNT=1"
    )
    one = done(specialist.post("series", form))
    assert {"warning": "specialist-absent", "days": [second.isoformat()], "more": 0} in one["warnings"]


def test_whoever_plans_for_an_absent_specialist_is_warned(
    house: House, supervisor: Phone, specialist: Phone, child: dict[str, Any]
) -> None:
    tomorrow = (clock.in_riga(soon())).date()
    days = {"valid_from": tomorrow.isoformat(), "valid_until": tomorrow.isoformat()}
    house.a_meeting_policy(house.a_coordinator(), office_hours=AROUND_THE_CLOCK)
    absence = house.an_absence(supervisor, specialist, **days)

    def warned_of(hours: float) -> bool:
        return (
            "specialist-absent"
            in house.a_meeting(specialist, child, starts_at=at(soon(hours=hours)), expected_minutes=5)["warnings"]
        )

    assert (warned_of(24), warned_of(24 * 3)) == (True, False)
    done(supervisor.act(f"absences/{absence['id']}/end", absence, {}))
    assert warned_of(24.5) is False


def test_short_notice_with_a_reason_is_no_warning_and_the_reason_is_kept(
    house: House, specialist: Phone, child: dict[str, Any]
) -> None:
    starts_at = at(clock.now() + timedelta(minutes=20))

    warned = house.a_meeting(specialist, child, starts_at=starts_at, expected_minutes=5)
    reason = {"short_notice_reason": "Called from the police station"}
    explained = done(specialist.change(f"meetings/{warned['id']}", warned, reason | {"expected_minutes": 6}))

    assert (warned["short_notice_reason"], "short-notice" in warned["warnings"]) == (None, True)
    assert (explained["short_notice_reason"], "short-notice" in explained["warnings"]) == (
        "Called from the police station",
        False,
    )
    (kept,) = house.sql("SELECT short_notice_reason FROM meetings")
    assert (
        house.opened(kept["short_notice_reason"], "meetings.short_notice_reason") == "Called from the police station"
    )


def test_a_reason_for_short_notice_is_one_for_that_time_and_for_no_later_move(
    house: House, specialist: Phone, child: dict[str, Any]
) -> None:
    form = {"starts_at": at(clock.now() + timedelta(minutes=20)), "short_notice_reason": "Called from the police"}
    planned = house.a_meeting(specialist, child, expected_minutes=5, **form)
    path = f"meetings/{planned['id']}"

    moved = done(specialist.change(path, planned, {"starts_at": at(clock.now() + timedelta(minutes=40))}))
    again = {"starts_at": at(clock.now() + timedelta(minutes=50)), "short_notice_reason": "Again"}
    explained = done(specialist.change(path, moved, again))
    elsewhere = done(specialist.change(path, explained, {"place": {"type": "home"}}))

    told = [
        (one["short_notice_reason"], "short-notice" in one["warnings"])
        for one in (planned, moved, explained, elsewhere)
    ]
    assert told == [("Called from the police", False), (None, True), ("Again", False), ("Again", False)]


@pytest.mark.parametrize(("minutes", "warned"), [(89, True), (92, False)])
def test_the_policy_says_what_short_notice_is(
    house: House, specialist: Phone, child: dict[str, Any], minutes: int, warned: bool
) -> None:
    house.a_meeting_policy(house.a_coordinator(), short_notice_minutes=90)

    meeting = house.a_meeting(specialist, child, starts_at=at(clock.now() + timedelta(minutes=minutes)))

    assert ("short-notice" in meeting["warnings"]) is warned
