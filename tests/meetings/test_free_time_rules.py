"""Proposed times overlap with nothing, stay within what was asked, and the best ones come first (D9, D28)."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bas_service import clock
from bas_service.errors import InvalidRequest
from bas_service.meetings.free_time_rules import FreeTime, Taken, WeekWith, When, free_times, range_of
from bas_service.meetings.week_rules import Span, WeekLimit

LIMIT = WeekLimit(appointments=5, hours=8, days_in_a_row=3)
HALF_AN_HOUR = timedelta(minutes=30)


def riga(text: str) -> datetime:
    """A moment by a clock in Riga."""
    return datetime.fromisoformat(text).replace(tzinfo=clock.RIGA).astimezone(UTC)


def span(start: str, minutes: int = 60) -> Span:
    """So many minutes from a time in Riga on."""
    return Span(riga(start), riga(start) + timedelta(minutes=minutes))


def workdays(day: date) -> tuple[time, time] | None:
    """Nine to five, from Monday to Friday."""
    return (time(9), time(17)) if day.isoweekday() < 6 else None


def found(
    since: str,
    until: str,
    *taken: Span,
    minutes: int = 60,
    way: timedelta = timedelta(),
    spans: tuple[Span, ...] = (),
    holidays: tuple[date, ...] = (),
) -> list[FreeTime]:
    return free_times(
        minutes,
        Span(riga(since), riga(until)),
        taken=lambda _: [Taken(span=one, way=way) for one in taken],
        spans=list(spans),
        office_hours_on=workdays,
        is_holiday=holidays.__contains__,
        limit_on=lambda _: LIMIT,
    )


def told(times: list[FreeTime]) -> list[str]:
    return [clock.in_riga(one.span.starts_at).strftime("%d. %H:%M") for one in times]


def test_office_hours_come_first_then_evenings() -> None:
    times = found("2026-11-23 14:10", "2026-11-24 00:00")

    assert told(times) == ["23. 14:30", "23. 15:30", "23. 17:00", "23. 18:00", "23. 19:00"]
    assert [one.when for one in times] == [When.OFFICE] * 2 + [When.EVENING] * 3


def test_no_time_of_a_public_holiday_is_offered_the_evening_neither() -> None:
    christmas = (date(2026, 12, 24), date(2026, 12, 25))

    times = found("2026-12-24 00:00", "2026-12-27 00:00", holidays=christmas)

    assert {clock.in_riga(one.span.starts_at).date() for one in times} == {date(2026, 12, 26)}
    assert len(found("2026-12-24 00:00", "2026-12-26 00:00")) == 10


def test_another_day_comes_before_more_of_the_same_and_a_day_with_less_on_it_before_others() -> None:
    already = span("2026-11-23 09:00")

    times = found("2026-11-23 00:00", "2026-11-26 00:00", already, spans=(already,))

    assert told(times)[:6] == ["24. 09:00", "25. 09:00", "23. 10:00", "24. 10:00", "25. 10:00", "23. 11:00"]
    assert len(times) == 10


def test_the_way_from_one_place_to_the_next_is_kept_free() -> None:
    there = span("2026-11-23 10:00", 240)

    assert told(found("2026-11-23 08:00", "2026-11-23 17:00", there)) == ["23. 09:00", "23. 14:00", "23. 15:00"]
    assert told(found("2026-11-23 08:00", "2026-11-23 17:00", there, way=HALF_AN_HOUR)) == ["23. 14:30", "23. 15:30"]


def test_a_week_with_room_comes_before_a_full_one_and_says_so() -> None:
    busy = tuple(span(f"2026-11-2{day} {hour}:00") for day in (3, 5, 7) for hour in ("09", "11"))

    times = found("2026-11-28 00:00", "2026-12-01 00:00", *busy, spans=busy)

    assert [one.week for one in times] == [WeekWith.LIGHT] * 6 + [WeekWith.FULL] * 4
    assert {clock.in_riga(one.span.starts_at).date() for one in times[:6]} == {date(2026, 11, 30)}
    some = busy[:3]
    assert found("2026-11-24 00:00", "2026-11-24 12:00", spans=some)[0].week is WeekWith.WITHIN


@pytest.mark.parametrize(("day", "offset"), [("2026-03-29", "+03:00"), ("2026-10-25", "+02:00")])
def test_on_the_days_of_the_change_the_clock_is_meant(day: str, offset: str) -> None:
    times = free_times(
        60,
        Span(riga(f"{day} 00:00"), riga(f"{day} 12:00")),
        taken=lambda _: [],
        spans=[],
        office_hours_on=lambda _: (time(10), time(12)),
        is_holiday=lambda _: False,
        limit_on=lambda _: LIMIT,
    )

    assert [clock.in_riga(one.span.starts_at).isoformat() for one in times] == [
        f"{day}T10:00:00{offset}",
        f"{day}T11:00:00{offset}",
    ]


def test_what_fits_into_no_day_is_proposed_on_none() -> None:
    assert found("2026-11-23 00:00", "2026-11-30 00:00", minutes=9 * 60) == []


def test_the_range_begins_now_at_the_earliest_and_has_an_end() -> None:
    now = riga("2026-11-23 12:00")

    assert range_of(None, None, now) == Span(now, now + timedelta(days=14))
    assert range_of(riga("2026-11-01 00:00"), riga("2026-11-24 00:00"), now) == Span(now, riga("2026-11-24 00:00"))
    assert range_of(now, now + timedelta(days=31), now) == Span(now, now + timedelta(days=31))
    for since, until, said in (
        (None, now, "end-before-beginning"),
        (None, now - timedelta(days=1), "end-before-beginning"),
        (now + timedelta(days=2), now + timedelta(days=1), "end-before-beginning"),
        (now, now + timedelta(days=31, seconds=1), "range-too-long"),
    ):
        with pytest.raises(InvalidRequest) as refused:
            range_of(since, until, now)
        assert refused.value.members["errors"] == [("to", said)]


# The weeks of both changes of summer time, of the year's end, and of a 29 February.
BEGINNINGS = [riga(f"{day} 00:00") for day in ("2026-03-27", "2026-10-23", "2026-12-30", "2028-02-27")]
HOURS = st.one_of(
    st.none(), st.tuples(st.integers(0, 11), st.integers(12, 23)).map(lambda pair: (time(pair[0]), time(pair[1])))
)


@given(
    begin=st.sampled_from(BEGINNINGS),
    offset=st.integers(0, 3000),
    length=st.integers(30, 6000),
    minutes=st.integers(5, 400),
    way=st.integers(0, 120),
    taken=st.lists(st.tuples(st.integers(-600, 9000), st.integers(5, 600)), max_size=15),
    hours=st.lists(HOURS, min_size=7, max_size=7),
)
def test_whatever_is_asked_nothing_proposed_overlaps_or_lies_elsewhere(
    begin: datetime, offset: int, length: int, minutes: int, way: int, taken: list[tuple[int, int]], hours: list
) -> None:
    within = Span(begin + timedelta(minutes=offset), begin + timedelta(minutes=offset + length))
    spans = [
        Span(begin + timedelta(minutes=start), begin + timedelta(minutes=start + lasting)) for start, lasting in taken
    ]

    times = free_times(
        minutes,
        within,
        taken=lambda _: [Taken(span=one, way=timedelta(minutes=way)) for one in spans],
        spans=spans,
        office_hours_on=lambda day: hours[day.weekday()],
        is_holiday=lambda _: False,
        limit_on=lambda _: LIMIT,
    )

    assert len(times) <= 10
    for one in times:
        assert one.span.ends_at - one.span.starts_at == timedelta(minutes=minutes)
        assert within.starts_at <= one.span.starts_at
        assert one.span.ends_at <= within.ends_at
        with_the_way = Span(one.span.starts_at - timedelta(minutes=way), one.span.ends_at + timedelta(minutes=way))
        assert not any(with_the_way.overlaps(other) for other in spans)
        assert not any(one.span.overlaps(other.span) for other in times if other is not one)
        local = clock.in_riga(one.span.starts_at)
        assert local.minute in {0, 30}
        allowed = (time(17), time(20)) if one.when is When.EVENING else hours[local.weekday()]
        assert allowed is not None
        assert allowed[0] <= local.time()
        assert clock.in_riga(one.span.ends_at).time() <= allowed[1]
