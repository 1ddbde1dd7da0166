"""Meetings that repeat, around both changes of summer time, midnight, the ends of months and years, 29 February."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from bas_service import clock
from bas_service.announcements.rules import Reason, Told, wording_of
from bas_service.meetings.policy_rules import MeetingPolicy
from bas_service.meetings.repetition import moment_of
from bas_service.meetings.rules import Warned
from bas_service.meetings.series_rules import told_from
from bas_service.meetings.warning_rules import Occasion, warned_days
from bas_service.meetings.week_rules import Span, WeekLimit
from bas_service.translation import Language
from tests.builders import at
from tests.callers import done
from tests.meetings.series_family import Family

LV, EN, RU = Language.LATVIAN, Language.ENGLISH, Language.RUSSIAN
SPRING, AUTUMN, LEAP_DAY, NEW_YEAR = date(2027, 3, 28), date(2027, 10, 31), date(2028, 2, 29), date(2027, 1, 1)
EDGES = [SPRING, AUTUMN, LEAP_DAY, NEW_YEAR]


def next_change(month: int) -> date:
    """The next last Sunday of March or October that is still to come for a while."""
    for year in (clock.today().year, clock.today().year + 1):
        sunday = max(date(year, month, day) for day in range(25, 32) if date(year, month, day).isoweekday() == 7)
        if sunday > clock.today() + timedelta(days=7):
            return sunday
    raise AssertionError


@pytest.mark.parametrize(
    ("month", "wall_clock", "shown"),
    [
        (3, time(15), ["15:00+02:00", "15:00+03:00", "15:00+03:00"]),
        (3, time(3, 30), ["03:30+02:00", "04:30+03:00", "03:30+03:00"]),
        (3, time(23, 30), ["23:30+02:00", "23:30+03:00", "23:30+03:00"]),
        (10, time(15), ["15:00+03:00", "15:00+02:00", "15:00+02:00"]),
        (10, time(3, 30), ["03:30+03:00", "03:30+03:00", "03:30+02:00"]),
        (10, time(0, 15), ["00:15+03:00", "00:15+03:00", "00:15+02:00"]),
    ],
)
def test_a_look_beforehand_shows_what_clocks_in_riga_will_show(
    family: Family, month: int, wall_clock: time, shown: list[str]
) -> None:
    eve = next_change(month) - timedelta(days=1)
    form = family.house.series_form(
        family.child, starts_at=at(moment_of(eve, wall_clock)), expected_minutes=60, rule="FREQ=DAILY;COUNT=3"
    )

    occasions = done(family.specialist.post("series/preview", form))["occasions"]

    starts = [clock.in_riga(datetime.fromisoformat(one["starts_at"])) for one in occasions]
    ends = [clock.in_riga(datetime.fromisoformat(one["ends_at"])) for one in occasions]
    assert [f"{start:%H:%M}{start.isoformat()[-6:]}" for start in starts] == shown
    assert [one["day"] for one in occasions] == [str(eve + timedelta(days=number)) for number in range(3)]
    # As long as was said, whatever the clocks do meanwhile.
    assert {(end.timestamp() - start.timestamp()) / 60 for start, end in zip(starts, ends, strict=True)} == {60}


# --- warnings


POLICY = MeetingPolicy(
    short_notice_minutes=60,
    correction_days=3,
    cancel_reasons=[],
    miss_reasons=[],
    office_hours={str(day): {"from": "00:00", "until": "23:59"} for day in range(1, 8)},
    week_limit={},
    repeat_ahead_days=56,
    tell_ahead_days=7,
)


def warned(days: list[date], wall_clock: time = time(15), **more: Any) -> dict[Warned, list[date]]:
    """What is warned of when there is an hour's meeting on each of these days."""
    usual: dict[str, Any] = {
        "spans": [],
        "limit_on": lambda _monday: WeekLimit(appointments=100, hours=100, days_in_a_row=100),
        "office_hours_on": lambda _day: (time(8), time(18)),
        "absences": [],
        "policy": POLICY,
        "now": moment_of(days[0] - timedelta(days=30), time(12)),
    }
    starts = [moment_of(day, wall_clock) for day in days]
    return warned_days(
        [
            Occasion(span=Span(start, start + timedelta(hours=1)), unreached=False, explained=False)
            for start in starts
        ],
        **usual | more,
    )


@pytest.mark.parametrize("day", EDGES)
@pytest.mark.parametrize("wall_clock", [time(0), time(3, 30), time(15)])
def test_a_day_is_rigas_wherever_the_calendar_turns(
    day: date, wall_clock: time, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bas_service.meetings.warning_rules.time_warnings", lambda *_times, **_more: [])
    around = [day + timedelta(days=number) for number in (-1, 0, 1)]

    found = warned(around, wall_clock, absences=[(day, day)])

    assert found == {Warned.SPECIALIST_ABSENT: [day]}


@pytest.mark.parametrize("day", EDGES)
def test_a_week_is_full_from_monday_to_sunday_wherever_the_calendar_turns(day: date) -> None:
    monday = day - timedelta(days=day.weekday())
    # From Sunday to Monday a week later: nine meetings, seven of them in the week.
    days = [monday + timedelta(days=number) for number in range(-1, 8)]

    def full(**limit: int) -> list[date]:
        whole = {"appointments": 100, "hours": 100, "days_in_a_row": 100} | limit
        return warned(days, limit_on=lambda _monday: WeekLimit(**whole)).get(Warned.CHILD_WEEK_FULL, [])

    assert full(appointments=7) == []
    assert full(appointments=6) == days[1:8]
    assert full(hours=7) == []
    assert full(hours=6) == days[1:8]
    # A row goes on over the weeks, so it is too long in each of them.
    assert full(days_in_a_row=9) == []
    assert full(days_in_a_row=8) == days


def test_a_night_of_25_hours_does_not_make_a_week_longer_than_its_meetings() -> None:
    limit = WeekLimit(appointments=100, hours=1, days_in_a_row=100)

    # Begun half an hour before the clocks go forward, or an hour and a half before they go back: an hour is an hour.
    for day in (SPRING, AUTUMN):
        assert warned([day], time(2, 30), limit_on=lambda _monday: limit) == {}


# --- when and in which words it is told


@pytest.mark.parametrize(
    ("day", "clock_time", "expected"),
    [
        # A week before, by the clock, over each change.
        (date(2027, 3, 30), time(15), "2027-03-23T15:00+02:00"),
        (date(2027, 11, 2), time(15), "2027-10-26T15:00+03:00"),
        # The day a week before is the one of the change itself.
        (date(2027, 4, 4), time(3, 30), "2027-03-28T09:00+03:00"),
        (date(2027, 11, 7), time(23, 30), "2027-10-31T20:00+02:00"),
        (date(2028, 1, 3), time(10), "2027-12-27T10:00+02:00"),
        (date(2028, 3, 7), time(10), "2028-02-29T10:00+02:00"),
        (date(2027, 3, 7), time(10), "2027-02-28T10:00+02:00"),
    ],
)
def test_a_week_before_is_meant_by_the_calendar(day: date, clock_time: time, expected: str) -> None:
    now = moment_of(date(2027, 1, 5), time(12))

    found = told_from(moment_of(day, clock_time), days=7, now=now)

    assert clock.in_riga(found).isoformat(timespec="minutes") == expected


def told(first: date, *others: date, wall_clock: time = time(15)) -> Told:
    """Anna's meetings by telephone."""
    return Told(
        given_name="Anna",
        kind="session",
        starts_at=moment_of(first, wall_clock),
        expected_minutes=60,
        place_type="remote",
        place_name=None,
        place_address=None,
        specialist_name="Ilze",
        specialist_phone=None,
        also_at=tuple(moment_of(day, wall_clock) for day in others),
    )


@pytest.mark.parametrize(
    ("first", "others", "wall_clock", "said"),
    [
        (SPRING - timedelta(1), [SPRING, SPRING + timedelta(1)], time(15), "27.3., 28.3., 29.3. at 15:00"),
        # On the day of the change the clock shows another time, and the text says so.
        (
            SPRING - timedelta(1),
            [SPRING, SPRING + timedelta(1)],
            time(3, 30),
            "27.3., 29.3. at 03:30; 28.3. at 04:30",
        ),
        (AUTUMN - timedelta(1), [AUTUMN, AUTUMN + timedelta(1)], time(3, 30), "30.10., 31.10., 1.11. at 03:30"),
        (LEAP_DAY - timedelta(1), [LEAP_DAY, LEAP_DAY + timedelta(1)], time(0), "28.2., 29.2., 1.3. at 00:00"),
        (date(2026, 12, 31), [NEW_YEAR], time(23, 30), "31.12., 1.1. at 23:30"),
    ],
)
def test_several_days_in_one_text_are_those_of_clocks_in_riga(
    first: date, others: list[date], wall_clock: time, said: str
) -> None:
    text = wording_of(told(first, *others, wall_clock=wall_clock), Reason.CHANGED, EN)

    assert text.startswith(f"CHANGED. Anna: {said} meeting with the child support specialist.")


def test_what_a_family_reads_of_several_meetings_to_the_letter() -> None:
    two = told(LEAP_DAY, LEAP_DAY + timedelta(1))
    before = told(LEAP_DAY, LEAP_DAY + timedelta(1), wall_clock=time(16))

    assert [wording_of(two, Reason.CANCELLED, language) for language in (LV, EN, RU)] == [
        "ATCELTS. Anna: 29.2., 1.3. plkst. 15.00 planotas tiksanas nenotiks. Ilze.",
        "CANCELLED. Anna: the meetings planned for 29.2., 1.3. at 15:00 will not take place. Ilze.",
        "ОТМЕНА. Anna: встречи 29.2., 1.3. в 15:00 не состоятся. Ilze.",
    ]
    assert wording_of(two, Reason.CHANGED, LV, before=before) == (
        "IZMAINAS. Anna: 29.2., 1.3. plkst. 15.00 tiksanas ar berna atbalsta specialistu. Vieta: attalinati, pa"
        " talruni vai interneta. Prombutne: apmeram 1 stunda. (Ieprieks: 29.2., 1.3. plkst. 16.00.) Ilze."
    )
    # Whoever knew another time reads of that one.
    assert "1.3. at 16:00 will not" in wording_of(two, Reason.CANCELLED, EN, before=before)
    template = "{name}: {when} – atcelts"
    assert wording_of(two, Reason.CANCELLED, LV, template=template) == "Anna: 29.2., 1.3. plkst. 15.00 – atcelts"
