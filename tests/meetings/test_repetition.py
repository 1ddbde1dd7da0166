"""What repeats, on Riga's clocks: around both changes of summer time, at the ends of months and years (D9)."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bas_service import clock
from bas_service.errors import InvalidRequest
from bas_service.meetings import series_rules
from bas_service.meetings.appointment_rules import check_appointment, over_at, spans_between
from bas_service.meetings.repetition import (
    Repetition,
    first_day_from,
    last_start_of,
    moment_of,
    rule_of,
    starts_between,
)
from bas_service.meetings.week_rules import Span, span_of


def riga(text: str) -> datetime:
    """A moment by a clock in Riga."""
    return datetime.fromisoformat(text).replace(tzinfo=clock.RIGA).astimezone(UTC)


def told(moments: list[datetime]) -> list[str]:
    """The same moments as clocks in Riga show them, with the offset."""
    return [clock.in_riga(one).isoformat(timespec="minutes") for one in moments]


def starts(first: str, rule: str, since: str, until: str) -> list[str]:
    return told(list(starts_between(Repetition(starts_at=riga(first), rule=rule), riga(since), riga(until))))


def check(starts_at: datetime, rule: str) -> None:
    """What entering an appointment asks, on the day before it."""
    check_appointment(starts_at, rule, starts_at - timedelta(days=1))


def test_a_weekly_one_keeps_its_time_on_the_clock_through_both_changes() -> None:
    assert starts("2026-03-19 16:00", "FREQ=WEEKLY", "2026-03-01", "2026-04-10") == [
        "2026-03-19T16:00+02:00",
        "2026-03-26T16:00+02:00",
        "2026-04-02T16:00+03:00",
        "2026-04-09T16:00+03:00",
    ]
    assert starts("2026-03-19 16:00", "FREQ=WEEKLY", "2026-10-20", "2026-11-01") == [
        "2026-10-22T16:00+03:00",
        "2026-10-29T16:00+02:00",
    ]


def test_a_time_that_a_night_leaves_out_comes_later_and_one_that_comes_twice_counts_once() -> None:
    assert starts("2026-03-28 03:30", "FREQ=DAILY", "2026-03-28", "2026-03-31") == [
        "2026-03-28T03:30+02:00",
        "2026-03-29T04:30+03:00",
        "2026-03-30T03:30+03:00",
    ]
    assert starts("2026-10-24 03:30", "FREQ=DAILY", "2026-10-24", "2026-10-27") == [
        "2026-10-24T03:30+03:00",
        "2026-10-25T03:30+03:00",
        "2026-10-26T03:30+02:00",
    ]


def test_the_ends_of_months_and_years_and_the_29_of_february() -> None:
    assert starts("2026-01-31 10:00", "FREQ=MONTHLY", "2026-01-01", "2026-06-01") == [
        "2026-01-31T10:00+02:00",
        "2026-03-31T10:00+03:00",
        "2026-05-31T10:00+03:00",
    ]
    assert starts("2026-01-31 10:00", "FREQ=MONTHLY;BYMONTHDAY=-1", "2026-01-01", "2026-04-01") == [
        "2026-01-31T10:00+02:00",
        "2026-02-28T10:00+02:00",
        "2026-03-31T10:00+03:00",
    ]
    assert starts("2028-02-29 10:00", "FREQ=YEARLY", "2028-01-01", "2037-01-01") == [
        "2028-02-29T10:00+02:00",
        "2032-02-29T10:00+02:00",
        "2036-02-29T10:00+02:00",
    ]
    assert starts("2026-12-30 10:00", "FREQ=DAILY;COUNT=4", "2026-01-01", "2028-01-01") == [
        "2026-12-30T10:00+02:00",
        "2026-12-31T10:00+02:00",
        "2027-01-01T10:00+02:00",
        "2027-01-02T10:00+02:00",
    ]
    assert starts("2026-11-24 10:00", "FREQ=MONTHLY;BYDAY=4TU", "2026-11-01", "2027-01-01") == [
        "2026-11-24T10:00+02:00",
        "2026-12-22T10:00+02:00",
    ]


def test_an_end_by_its_day_is_meant_with_its_evening_in_riga() -> None:
    ending = "FREQ=WEEKLY;UNTIL=20261215"

    assert starts("2026-12-01 23:30", ending, "2026-11-01", "2027-02-01")[-1] == "2026-12-15T23:30+02:00"
    assert last_start_of(Repetition(starts_at=riga("2026-12-01 23:30"), rule=ending)) == riga(
        "2026-12-15 23:59:59.999999"
    )
    at_a_moment = "FREQ=WEEKLY;UNTIL=20261215T213000Z"
    assert starts("2026-12-01 23:30", at_a_moment, "2026-11-01", "2027-02-01")[-1] == "2026-12-15T23:30+02:00"
    before_it = "FREQ=WEEKLY;UNTIL=20261215T212959Z"
    assert starts("2026-12-01 23:30", before_it, "2026-11-01", "2027-02-01")[-1] == "2026-12-08T23:30+02:00"


def test_decades_later_the_days_still_fall_right() -> None:
    every_other = "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH"

    assert starts("2026-11-24 10:00", every_other, "2026-12-01", "2026-12-12") == [
        "2026-12-08T10:00+02:00",
        "2026-12-10T10:00+02:00",
    ]
    (first, second) = starts("2026-11-24 10:00", every_other, "2190-01-03", "2190-01-17")
    weeks = (datetime.fromisoformat(first).date() - date(2026, 11, 24)).days / 7
    assert weeks % 2 == 0
    assert datetime.fromisoformat(second).date() - datetime.fromisoformat(first).date() == timedelta(days=2)


def test_when_it_is_over() -> None:
    start = riga("2026-11-24 10:00")

    assert over_at(start, 60, None) == start + timedelta(hours=1)
    assert over_at(start, 60, "FREQ=WEEKLY;COUNT=3") == riga("2026-12-08 11:00")
    assert over_at(start, 60, "FREQ=WEEKLY") is None
    assert over_at(start, 60, "FREQ=YEARLY;INTERVAL=52;COUNT=400") is None


def test_a_day_off_is_left_out_and_one_begun_the_evening_before_is_not() -> None:
    late = riga("2026-11-23 23:30")

    def spans(*days_off: date) -> list[Span]:
        within = span_of(date(2026, 11, 25), 1)
        return list(spans_between(late, 60, "FREQ=DAILY", days_off=days_off, within=within))

    before, on_the_day = (Span(riga(f"2026-11-{day} 23:30"), riga(f"2026-11-{day + 1} 00:30")) for day in (24, 25))
    assert spans() == [before, on_the_day]
    assert spans(date(2026, 11, 25)) == [before]
    assert spans(date(2026, 11, 24), date(2026, 11, 25)) == []


@pytest.mark.parametrize(
    "rule",
    [
        *("", "WEEKLY", "FREQ=", "FREQ=HOURLY", "FREQ=SECONDLY;COUNT=9", "freq=weekly", "FREQ=WEEKLY;"),
        *("FREQ=WEEKLY;FREQ=DAILY", "FREQ=WEEKLY;COUNT=0", "FREQ=WEEKLY;COUNT=401", "FREQ=WEEKLY;COUNT=-1"),
        *("FREQ=WEEKLY;COUNT=2;UNTIL=20270101", "FREQ=WEEKLY;INTERVAL=0", "FREQ=WEEKLY;INTERVAL=53"),
        *("FREQ=WEEKLY;BYDAY=XX", "FREQ=WEEKLY;BYDAY=", "FREQ=WEEKLY;BYDAY=1TU", "FREQ=WEEKLY;BYHOUR=3"),
        *("FREQ=DAILY;INTERVAL=2;BYDAY=TU", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "FREQ=MONTHLY;BYMONTHDAY=32"),
        *("FREQ=MONTHLY;BYMONTHDAY=0", "FREQ=MONTHLY;BYDAY=TU;BYMONTHDAY=24", "FREQ=MONTHLY;BYSETPOS=1"),
        *("FREQ=WEEKLY;UNTIL=tomorrow", "FREQ=WEEKLY;UNTIL=20261332", "FREQ=WEEKLY;UNTIL=20270101T000000"),
        *("FREQ=WEEKLY;UNTIL=99999999T999999Z", "RRULE:FREQ=WEEKLY", "FREQ=WEEKLY;COUNT=٣", "FREQ=WEEKLY;WKST=SU"),
        *("FREQ=YEARLY;BYDAY=TU", "FREQ=YEARLY;BYMONTHDAY=5", "FREQ=YEARLY;INTERVAL=53", "FREQ=DAILY;INTERVAL=91"),
        *("FREQ=WEEKLY;UNTIL=99991231T235959Z", "FREQ=DAILY;UNTIL=20261123"),
    ],
)
def test_a_rule_that_is_not_taken_says_so(rule: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        check(riga("2026-11-24 10:00"), rule)
    ((pointer, said),) = refused.value.members["errors"]
    assert (pointer, str(said)[:5]) == ("/rule", "rule-")


@pytest.mark.parametrize(
    ("rule", "begins"),
    [
        ("FREQ=WEEKLY;BYDAY=MO", "30.11.2026"),
        ("FREQ=MONTHLY;BYDAY=1TU", "01.12.2026"),
        ("FREQ=MONTHLY;BYMONTHDAY=30", "30.11.2026"),
    ],
)
def test_a_rule_by_which_it_would_begin_on_another_day_says_on_which(rule: str, begins: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        check(riga("2026-11-24 10:00"), rule)
    ((pointer, said),) = refused.value.members["errors"]
    assert (pointer, str(said), said.values) == ("/starts_at", "first-day-not-of-rule", {"day": begins})


@pytest.mark.parametrize(
    ("rule", "same"),
    [
        # As other calendars write it, and as it is kept of old.
        ("FREQ=WEEKLY;WKST=MO", "FREQ=WEEKLY"),
        ("FREQ=WEEKLY;BYDAY=TU,TH,TU", "FREQ=WEEKLY;BYDAY=TU,TH"),
        ("FREQ=MONTHLY;BYMONTHDAY=5,5", "FREQ=MONTHLY;BYMONTHDAY=5"),
        ("FREQ=MONTHLY;BYDAY=+4TU", "FREQ=MONTHLY;BYDAY=4TU"),
        ("FREQ=MONTHLY;BYDAY=-2TU", "FREQ=MONTHLY;BYDAY=-2TU"),
        ("FREQ=MONTHLY;INTERVAL=52", "FREQ=MONTHLY;INTERVAL=52"),
        ("FREQ=YEARLY;COUNT=3", "FREQ=YEARLY;COUNT=3"),
        ("INTERVAL=1;FREQ=DAILY", "FREQ=DAILY"),
        # What meetings could always do.
        ("FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR", "FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR"),
        ("FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1", "FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1"),
        ("FREQ=DAILY;INTERVAL=90", "FREQ=DAILY;INTERVAL=90"),
    ],
)
def test_what_is_taken_and_how_it_is_spelled(rule: str, same: str) -> None:
    assert rule_of(rule).spelled() == same


def test_a_rule_of_meetings_is_one_of_these_but_for_what_no_family_could_be_told() -> None:
    for rule in ("FREQ=WEEKLY;BYDAY=TU,TH,TU;WKST=MO", "FREQ=MONTHLY;INTERVAL=52", "FREQ=MONTHLY;BYDAY=-1TU"):
        assert series_rules.rule_of(rule) == rule_of(rule)
    for rule in ("FREQ=YEARLY", "FREQ=MONTHLY;BYDAY=-2TU", "FREQ=MONTHLY;BYDAY=TU;BYSETPOS=-2"):
        assert rule_of(rule)
        with pytest.raises(InvalidRequest):
            series_rules.rule_of(rule)


@pytest.mark.parametrize("clock_time", ["10:00", "03:30", "00:00", "23:59"])
@pytest.mark.parametrize(
    "rule", ["FREQ=DAILY", "FREQ=WEEKLY;BYDAY=TH,SU", "FREQ=MONTHLY;BYDAY=-1SU", "FREQ=DAILY;COUNT=300"]
)
def test_appointments_and_meetings_of_one_rule_are_at_the_same_moments(rule: str, clock_time: str) -> None:
    """From before the clocks go forward until after they have gone back."""
    since, until = riga("2026-02-20 00:00"), riga("2026-11-02 00:00")
    first = first_day_from(rule_of(rule), date(2026, 2, 20))
    at = time.fromisoformat(clock_time)
    plan = series_rules.Plan(rule=rule_of(rule), first_day=first, clock=at)

    of_meetings = [moment_of(day, at) for day in plan.days(since=first, until=date(2026, 11, 1))]
    of_appointments = starts_between(Repetition(starts_at=moment_of(first, at), rule=rule), since, until)

    assert list(of_appointments) == of_meetings


def test_an_end_by_a_moment_is_an_end_by_that_moment_also_where_the_hour_comes_twice() -> None:
    # 03:30 in Riga comes at 00:30 UTC, and once more at 01:30.
    first, day = riga("2026-10-24 03:30"), "2026-10-25T03:30+03:00"

    def last(until: str) -> str:
        found = starts_between(
            Repetition(starts_at=first, rule=f"FREQ=DAILY;UNTIL={until}"), first, riga("2026-11-02")
        )
        return told(list(found))[-1]

    assert [last("20261025T003000Z"), last("20261025T010000Z"), last("20261025T013000Z")] == [day] * 3
    assert last("20261025T002959Z") == "2026-10-24T03:30+03:00"


def test_an_end_at_the_end_of_the_calendar_is_none() -> None:
    forever = Repetition(starts_at=riga("2026-11-24 10:00"), rule="FREQ=YEARLY;UNTIL=99991231")

    assert last_start_of(forever) is None
    assert len(list(starts_between(forever, riga("2027-01-01"), riga("2030-01-01")))) == 3


@given(
    first=st.integers(0, 2 * 365 * 24 * 60).map(
        lambda minutes: riga("2026-01-01 00:00") + timedelta(minutes=minutes)
    ),
    rule=st.sampled_from(
        [
            "FREQ=DAILY",
            "FREQ=DAILY;INTERVAL=3",
            "FREQ=WEEKLY",
            "FREQ=WEEKLY;INTERVAL=2",
            "FREQ=MONTHLY",
            "FREQ=YEARLY",
        ]
    ),
    days=st.integers(-400, 1200),
    length=st.integers(1, 40),
)
def test_whatever_the_window_it_holds_what_a_wider_one_holds_there(
    first: datetime, rule: str, days: int, length: int
) -> None:
    """Nobody counts from the beginning, and it makes no difference."""
    repetition = Repetition(starts_at=first, rule=rule)
    since = first + timedelta(days=days)
    until = since + timedelta(days=length)

    narrow = list(starts_between(repetition, since, until))

    wide = starts_between(repetition, first - timedelta(days=2), until)
    assert narrow == [one for one in wide if one >= since]
    assert all(since <= one < until for one in narrow)
