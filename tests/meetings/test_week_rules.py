"""What a child's week holds, and when it is too much: around midnight, summer time, the year's end (D9)."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bas_service import clock
from bas_service.meetings.week_rules import (
    Burden,
    Limit,
    Span,
    WeekLimit,
    burden_of,
    days_of,
    exceeded,
    freer_days,
    merged_spans,
    moment_of,
    monday_of,
    span_of,
)

LIMIT = WeekLimit(appointments=5, hours=8, days_in_a_row=3)
MONDAY = date(2026, 11, 23)


def riga(text: str) -> datetime:
    """A moment by a clock in Riga."""
    return datetime.fromisoformat(text).replace(tzinfo=clock.RIGA).astimezone(UTC)


def span(start: str, minutes: int = 60) -> Span:
    """So many minutes from a time in Riga on."""
    return Span(riga(start), riga(start) + timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("day", "monday"),
    [
        (date(2026, 11, 23), date(2026, 11, 23)),
        (date(2026, 11, 29), date(2026, 11, 23)),
        (date(2027, 1, 1), date(2026, 12, 28)),
        (date(2028, 2, 29), date(2028, 2, 28)),
        (date(2028, 3, 1), date(2028, 2, 28)),
    ],
)
def test_a_week_begins_on_monday(day: date, monday: date) -> None:
    assert monday_of(day) == monday


@pytest.mark.parametrize(
    ("monday", "hours"), [(date(2026, 3, 23), 167), (date(2026, 10, 19), 169), (date(2026, 12, 28), 168)]
)
def test_a_week_of_summer_times_beginning_is_an_hour_shorter_and_of_its_end_longer(monday: date, hours: int) -> None:
    week = span_of(monday, 7)

    assert week.ends_at - week.starts_at == timedelta(hours=hours)
    assert clock.in_riga(week.starts_at).time() == clock.in_riga(week.ends_at).time() == time.min


def test_hours_are_those_that_pass_not_those_on_the_clock() -> None:
    over_spring, over_autumn = (
        Span(riga(f"{day} 02:00"), riga(f"{day} 05:00")) for day in ("2026-03-29", "2026-10-25")
    )

    assert burden_of([over_spring], date(2026, 3, 23)).minutes == 120
    assert burden_of([over_autumn], date(2026, 10, 19)).minutes == 240


def test_what_goes_over_midnight_on_sunday_counts_once_and_its_time_where_it_is_spent() -> None:
    night = span("2026-11-29 23:00", 150)

    assert burden_of([night], MONDAY) == Burden(appointments=1, minutes=60, days_in_a_row=2)
    assert burden_of([night], date(2026, 11, 30)) == Burden(appointments=0, minutes=90, days_in_a_row=2)
    assert burden_of([night], date(2026, 12, 7)) == Burden(appointments=0, minutes=0, days_in_a_row=0)


def test_what_ends_at_midnight_is_not_on_the_next_day() -> None:
    assert days_of(span("2026-11-23 23:00", 60)) == [MONDAY]
    assert days_of(span("2026-11-23 23:00", 61)) == [MONDAY, date(2026, 11, 24)]
    # Midnight in UTC is two in the morning here.
    assert days_of(Span(datetime(2026, 11, 23, 22, tzinfo=UTC), datetime(2026, 11, 23, 23, tzinfo=UTC))) == [
        date(2026, 11, 24)
    ]


def test_an_accompaniment_to_an_appointment_that_is_entered_too_is_one() -> None:
    doctor, on_the_way = span("2026-11-23 10:00"), span("2026-11-23 09:00", 180)

    assert burden_of([doctor, on_the_way], MONDAY) == Burden(appointments=1, minutes=180, days_in_a_row=1)
    one_after_the_other = [span("2026-11-23 10:00"), span("2026-11-23 11:00")]
    assert burden_of(one_after_the_other, MONDAY) == Burden(appointments=2, minutes=120, days_in_a_row=1)


@pytest.mark.parametrize("monday", [date(2026, 12, 21), date(2026, 12, 28)])
def test_a_row_of_days_goes_on_over_sunday_and_over_the_years_end(monday: date) -> None:
    # Saturday and Sunday of the one week, Monday to Friday of the next one, the 1 January among them.
    days = [date(2026, 12, 26) + timedelta(days=number) for number in range(7)]

    burden = burden_of([span(f"{day} 15:00") for day in days], monday)

    assert burden.days_in_a_row == 7
    assert burden.appointments == {date(2026, 12, 21): 2, date(2026, 12, 28): 5}[monday]


def test_the_29_of_february_is_a_day_in_a_row() -> None:
    days = [date(2028, 2, 28), date(2028, 2, 29), date(2028, 3, 1)]

    assert burden_of([span(f"{day} 15:00") for day in days], date(2028, 2, 28)).days_in_a_row == 3


@pytest.mark.parametrize(
    ("burden", "over"),
    [
        (Burden(appointments=5, minutes=480, days_in_a_row=3), ()),
        (Burden(appointments=6, minutes=480, days_in_a_row=3), (Limit.APPOINTMENTS,)),
        (Burden(appointments=5, minutes=481, days_in_a_row=3), (Limit.HOURS,)),
        (Burden(appointments=5, minutes=480, days_in_a_row=4), (Limit.DAYS_IN_A_ROW,)),
        (Burden(appointments=9, minutes=999, days_in_a_row=7), tuple(Limit)),
    ],
)
def test_a_limit_may_be_reached_and_not_exceeded(burden: Burden, over: tuple[Limit, ...]) -> None:
    assert exceeded(burden, LIMIT) == over


def freer(
    wanted: Span,
    *spans: Span,
    busy: tuple[Span, ...] = (),
    now: str = "2026-11-20 12:00",
    holidays: tuple[date, ...] = (),
) -> list[str]:
    found = freer_days(
        wanted,
        spans=list(spans),
        busy=lambda there: any(there.overlaps(one) for one in busy),
        is_holiday=holidays.__contains__,
        limit_on=lambda _: LIMIT,
        now=riga(now),
    )
    return [clock.in_riga(one.starts_at).isoformat(timespec="minutes") for one in found]


def test_the_nearest_days_with_room_at_the_same_time_of_day() -> None:
    # Tuesday to Thursday in a row: Friday would be the fourth.
    there = [span(f"2026-11-{day} 09:00") for day in (24, 25, 26)]

    assert freer(span("2026-11-27 15:00"), *there) == [
        "2026-11-25T15:00+02:00",
        "2026-11-26T15:00+02:00",
        "2026-11-28T15:00+02:00",
    ]


def test_a_day_on_which_either_is_elsewhere_is_passed_over_and_so_is_what_is_over() -> None:
    there = [span("2026-11-24 09:00"), span("2026-11-25 15:30"), span("2026-11-26 09:00")]
    busy = (span("2026-11-26 14:30"), span("2026-11-28 13:00", 28 * 60))

    assert freer(span("2026-11-27 15:00"), *there, busy=busy) == [
        "2026-11-24T15:00+02:00",
        "2026-11-30T15:00+02:00",
        "2026-12-01T15:00+02:00",
    ]
    assert freer(span("2026-11-27 15:00"), *there, busy=busy, now="2026-11-24 15:00")[0] == "2026-11-30T15:00+02:00"
    assert freer(span("2026-11-27 15:00"), *there, now="2026-12-06 16:00") == []


def test_a_public_holiday_is_no_freer_day() -> None:
    easter = (date(2027, 3, 26), date(2027, 3, 28), date(2027, 3, 29))
    there = [span(f"2027-03-{day} 09:00") for day in (22, 23, 24, 25)]

    plain, free = freer(span("2027-03-25 15:00"), *there), freer(span("2027-03-25 15:00"), *there, holidays=easter)

    assert plain[0] == "2027-03-29T15:00+03:00"
    assert free == [f"{day}T15:00+03:00" for day in ("2027-03-30", "2027-03-31", "2027-04-01")]


def test_a_full_week_has_no_freer_day_and_the_next_one_may() -> None:
    full = [span(f"2026-11-{day} {hour}:00") for day in (23, 25) for hour in ("08", "10", "12")]

    assert freer(span("2026-11-25 15:00"), *full) == [
        "2026-11-30T15:00+02:00",
        "2026-12-01T15:00+02:00",
        "2026-12-02T15:00+02:00",
    ]


def test_a_time_that_the_clock_leaves_out_is_no_freer_day() -> None:
    assert freer(span("2026-03-28 03:30", 30), now="2026-03-20 00:00") == [
        "2026-03-26T03:30+02:00",
        "2026-03-27T03:30+02:00",
        "2026-03-30T03:30+03:00",
    ]
    assert moment_of(date(2026, 3, 29), time(3, 30)) is None


MINUTE = st.integers(0, 60 * 24 * 28)
SPANS = st.lists(st.tuples(MINUTE, st.integers(5, 1440)), max_size=25).map(
    lambda found: [
        Span(
            riga("2026-10-12 00:00") + timedelta(minutes=start),
            riga("2026-10-12 00:00") + timedelta(minutes=start + lasting),
        )
        for start, lasting in found
    ]
)


@given(spans=SPANS)
def test_no_hour_is_counted_twice_or_forgotten(spans: list[Span]) -> None:
    mondays = [date(2026, 10, 12) + timedelta(weeks=number) for number in range(6)]
    merged = merged_spans(spans)

    whole = sum((one.ends_at - one.starts_at for one in merged), timedelta())
    burdens = [burden_of(spans, monday) for monday in mondays]

    assert sum(one.minutes for one in burdens) == whole / timedelta(minutes=1)
    assert sum(one.appointments for one in burdens) == len(merged)
    assert all(not one.overlaps(other) for one, other in zip(merged, merged[1:], strict=False))


@given(spans=SPANS, start=st.integers(0, 60 * 24 * 14), minutes=st.integers(5, 600))
def test_a_freer_day_is_free_at_the_same_time_and_within_the_limits(
    spans: list[Span], start: int, minutes: int
) -> None:
    wanted = Span(
        riga("2026-10-19 00:00") + timedelta(minutes=start),
        riga("2026-10-19 00:00") + timedelta(minutes=start + minutes),
    )
    busy = spans[::2]

    found = freer_days(
        wanted,
        spans=spans[1::2],
        busy=lambda there: any(there.overlaps(one) for one in busy),
        is_holiday=lambda _: False,
        limit_on=lambda _: LIMIT,
        now=riga("2026-10-21 12:00"),
    )

    assert len(found) <= 3
    assert found == sorted(found)
    for one in found:
        assert one.starts_at > riga("2026-10-21 12:00")
        assert not any(one.overlaps(other) for other in spans)
        assert clock.in_riga(one.starts_at).time() == clock.in_riga(wanted.starts_at).time()
        monday = monday_of(clock.in_riga(one.starts_at).date())
        assert exceeded(burden_of([*spans[1::2], one], monday), LIMIT) == ()
