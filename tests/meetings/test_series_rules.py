"""When a repeating meeting is: against days counted otherwise, over years, at every edge of the calendar."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bas_service.announcements.rules import Reason, Told, wording_of
from bas_service.errors import InvalidRequest
from bas_service.meetings.repetition import WEEKDAYS, Rule, check_first_day, moment_of
from bas_service.meetings.series_rules import Plan, last_day_of_childhood, paired, rule_of, told_from
from bas_service.meetings.series_words import words_for_a_family, words_of
from bas_service.translation import Language

RIGA = ZoneInfo("Europe/Riga")
LV, EN, RU = Language.LATVIAN, Language.ENGLISH, Language.RUSSIAN
THREE = time(15)


def plan(rule: str, first_day: date, clock: time = THREE, **more: object) -> Plan:
    """A plan whose first day is one of its rule."""
    check_first_day(rule_of(rule), first_day, clock, "/starts_at")
    return Plan(rule=rule_of(rule), first_day=first_day, clock=clock, **more)  # type: ignore[arg-type]


def days(rule: str, first_day: date, until: date, **more: object) -> list[str]:
    return [f"{day:%d.%m.%y}" for day in plan(rule, first_day, **more).days(since=first_day, until=until)]


def spring_and_autumn(year: int) -> tuple[date, date]:
    """The last Sundays of March and October, when the clocks change."""
    return tuple(
        max(date(year, month, day) for day in range(25, 32) if date(year, month, day).isoweekday() == 7)
        for month in (3, 10)
    )  # type: ignore[return-value]


# --- days, counted by going through the calendar day by day


def counted(rule: Rule, first_day: date, until: date) -> list[date]:
    """The days of a rule without anybody's library: each day of the calendar is asked whether it fits."""
    found = []
    day = first_day
    while day <= until:
        if fits(rule, first_day, day):
            found.append(day)
        day += timedelta(days=1)
    return found[: rule.count] if rule.count else found


def fits(rule: Rule, first_day: date, day: date) -> bool:
    weekdays = {one for _, one in rule.weekdays}
    if rule.frequency == "DAILY":
        return (day - first_day).days % rule.interval == 0 and (not weekdays or day.isoweekday() in weekdays)
    if rule.frequency == "WEEKLY":
        monday = first_day - timedelta(days=first_day.weekday())
        is_week = (day - monday).days // 7 % rule.interval == 0
        return is_week and day.isoweekday() in (weekdays or {first_day.isoweekday()})
    if ((day.year - first_day.year) * 12 + day.month - first_day.month) % rule.interval:
        return False
    length = monthrange(day.year, day.month)[1]
    month = [day.replace(day=number) for number in range(1, length + 1)]
    if rule.places:
        chosen = [one for one in month if one.isoweekday() in weekdays]
        return day in {chosen[place - 1 if place > 0 else place] for place in rule.places if place <= len(chosen)}
    if rule.weekdays:
        same = [one for one in month if one.isoweekday() == day.isoweekday()]
        places = {None, same.index(day) + 1, *((-1,) if day == same[-1] else ())}
        return any(weekday == day.isoweekday() and place in places for place, weekday in rule.weekdays)
    return bool({day.day, day.day - length - 1} & set(rule.month_days or {first_day.day}))


BY_DAY = st.sets(st.integers(1, 7), min_size=1, max_size=5).map(
    lambda numbers: ",".join(WEEKDAYS[number - 1] for number in sorted(numbers))
)
RULES = st.one_of(
    st.builds("FREQ=DAILY;INTERVAL={}".format, st.integers(1, 10)),
    st.builds("FREQ=DAILY;BYDAY={}".format, BY_DAY),
    st.builds("FREQ=WEEKLY;INTERVAL={};BYDAY={}".format, st.integers(1, 5), BY_DAY),
    st.builds("FREQ=WEEKLY;INTERVAL={}".format, st.integers(1, 5)),
    st.builds("FREQ=MONTHLY;INTERVAL={}".format, st.integers(1, 5)),
    st.builds(
        "FREQ=MONTHLY;BYMONTHDAY={}".format,
        st.sets(st.integers(1, 31) | st.integers(-31, -1), min_size=1, max_size=3).map(
            lambda s: ",".join(map(str, s))
        ),
    ),
    st.builds("FREQ=MONTHLY;BYDAY={}".format, BY_DAY),
    st.builds(
        "FREQ=MONTHLY;BYDAY={}TU,{}FR".format, st.sampled_from([1, 2, 3, 4, 5, -1]), st.sampled_from([2, 4, -1])
    ),
    st.builds("FREQ=MONTHLY;BYDAY={};BYSETPOS={}".format, BY_DAY, st.sampled_from(["1", "2", "-1", "1,3", "5"])),
)


@settings(max_examples=150, deadline=None)
@given(rule=RULES, start=st.dates(date(2026, 1, 1), date(2032, 12, 31)), count=st.none() | st.integers(1, 60))
def test_the_days_are_those_found_by_going_through_the_calendar(rule: str, start: date, count: int | None) -> None:
    bare = rule_of(rule)
    # The first day has to be one of the rule.
    first_day = next(day for day in (start + timedelta(days=n) for n in range(400)) if fits(bare, day, day))
    whole = rule_of(f"{rule};COUNT={count}") if count else bare
    until = first_day + timedelta(days=1100)
    check_first_day(whole, first_day, THREE, "/starts_at")

    found = Plan(rule=whole, first_day=first_day, clock=THREE).days(since=first_day, until=until)

    assert found == counted(whole, first_day, until)
    assert rule_of(whole.spelled()) == whole


@settings(max_examples=150, deadline=None)
@given(day=st.dates(date(2026, 1, 1), date(2036, 12, 31)), minutes=st.integers(0, 24 * 60 - 1))
@example(day=date(2027, 3, 28), minutes=3 * 60 + 30)
@example(day=date(2027, 10, 31), minutes=3 * 60 + 30)
def test_the_clock_on_the_wall_stays_and_only_where_it_jumps_the_rule_of_the_rfc_decides(
    day: date, minutes: int
) -> None:
    clock = time(minutes // 60, minutes % 60)
    spring, autumn = spring_and_autumn(day.year)
    # Riga is three hours ahead of UTC in summer and two in winter; both changes are at 01:00 UTC.
    begins, ends = (datetime.combine(sunday, time(1), tzinfo=UTC) for sunday in (spring, autumn))
    as_in_utc = datetime.combine(day, clock, tzinfo=UTC)
    as_summer, as_winter = as_in_utc - timedelta(hours=3), as_in_utc - timedelta(hours=2)

    found = moment_of(day, clock)

    # Where both readings hold, the first is the summer's; where neither does, the offset before the change is taken.
    assert found == (as_summer if begins <= as_summer < ends else as_winter)


@pytest.mark.parametrize("year", range(2026, 2034))
def test_on_the_days_of_both_changes_a_weekly_meeting_keeps_its_hour(year: int) -> None:
    spring, autumn = spring_and_autumn(year)
    sundays = plan("FREQ=WEEKLY", spring - timedelta(days=14)).days(since=spring, until=autumn + timedelta(days=14))
    moments = [moment_of(day, THREE) for day in sundays]

    assert {moment.astimezone(RIGA).time() for moment in moments} == {THREE}
    assert moments[0].hour == 12  # already summer on the afternoon of that day
    assert [moment.hour for moment in moments[-3:]] == [13, 13, 13]


def test_the_hour_that_is_skipped_and_the_one_that_comes_twice() -> None:
    spring, autumn = spring_and_autumn(2027)
    assert (spring, autumn) == (date(2027, 3, 28), date(2027, 10, 31))

    assert moment_of(spring, time(3, 30)).astimezone(RIGA).isoformat() == "2027-03-28T04:30:00+03:00"
    assert moment_of(spring, time(2, 59)).astimezone(RIGA).isoformat() == "2027-03-28T02:59:00+02:00"
    assert moment_of(autumn, time(3, 30)).astimezone(RIGA).isoformat() == "2027-10-31T03:30:00+03:00"
    assert moment_of(autumn, time(4)).astimezone(RIGA).isoformat() == "2027-10-31T04:00:00+02:00"


# --- the edges of months and years


@pytest.mark.parametrize(
    ("rule", "first_day", "until", "expected"),
    [
        (
            "FREQ=MONTHLY",
            date(2027, 1, 31),
            date(2027, 8, 31),
            ["31.01.27", "31.03.27", "31.05.27", "31.07.27", "31.08.27"],
        ),
        (
            "FREQ=MONTHLY;BYMONTHDAY=-1",
            date(2027, 12, 31),
            date(2028, 3, 31),
            ["31.12.27", "31.01.28", "29.02.28", "31.03.28"],
        ),
        ("FREQ=MONTHLY;INTERVAL=12", date(2028, 2, 29), date(2036, 12, 31), ["29.02.28", "29.02.32", "29.02.36"]),
        ("FREQ=DAILY", date(2028, 2, 28), date(2028, 3, 1), ["28.02.28", "29.02.28", "01.03.28"]),
        ("FREQ=MONTHLY;BYDAY=5TU", date(2027, 3, 30), date(2027, 9, 30), ["30.03.27", "29.06.27", "31.08.27"]),
        (
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
            date(2027, 1, 29),
            date(2027, 5, 31),
            ["29.01.27", "26.02.27", "31.03.27", "30.04.27", "31.05.27"],
        ),
        # Two weeks on, over a year with 53 weeks.
        (
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU",
            date(2026, 12, 22),
            date(2027, 1, 31),
            ["22.12.26", "05.01.27", "19.01.27"],
        ),
        (
            "FREQ=WEEKLY;BYDAY=SU,MO",
            date(2027, 1, 3),
            date(2027, 1, 11),
            ["03.01.27", "04.01.27", "10.01.27", "11.01.27"],
        ),
    ],
)
def test_ends_of_months_and_years(rule: str, first_day: date, until: date, expected: list[str]) -> None:
    assert days(rule, first_day, until) == expected


def test_until_is_a_day_in_riga_or_a_moment_and_both_include_the_last_meeting() -> None:
    first, far = date(2027, 3, 2), date(2028, 1, 1)
    three_in_riga = "20270316T130000Z"

    assert days("FREQ=WEEKLY;UNTIL=20270316", first, far) == ["02.03.27", "09.03.27", "16.03.27"]
    assert days(f"FREQ=WEEKLY;UNTIL={three_in_riga}", first, far) == ["02.03.27", "09.03.27", "16.03.27"]
    assert days("FREQ=WEEKLY;UNTIL=20270316T125959Z", first, far) == ["02.03.27", "09.03.27"]
    # Shortly after midnight in Riga it is still the day before in UTC.
    assert days("FREQ=DAILY;UNTIL=20270303T223000Z", first, far, clock=time(0, 30)) == [
        "02.03.27",
        "03.03.27",
        "04.03.27",
    ]


def test_a_day_left_out_is_counted_all_the_same_as_the_rfc_has_it() -> None:
    left_out = frozenset({date(2027, 3, 9)})

    assert days("FREQ=WEEKLY;COUNT=3", date(2027, 3, 2), date(2028, 1, 1), except_dates=left_out) == [
        "02.03.27",
        "16.03.27",
    ]


def test_what_is_left_of_a_rule_that_counts_goes_on_counting() -> None:
    whole = plan("FREQ=WEEKLY;INTERVAL=2;COUNT=5", date(2027, 3, 2))
    rest = whole.continued_on(date(2027, 3, 17))
    assert rest is not None

    assert (rest.first_day, rest.rule.count) == (date(2027, 3, 30), 3)
    assert rest.days(since=rest.first_day, until=date.max) == whole.days(since=date(2027, 3, 17), until=date.max)
    assert whole.continued_on(date(2027, 4, 28)) is None


@settings(max_examples=100, deadline=None)
@given(rule=RULES, start=st.dates(date(2026, 1, 1), date(2030, 1, 1)), later=st.integers(1, 200))
def test_cutting_a_plan_in_two_changes_no_day(rule: str, start: date, later: int) -> None:
    bare = rule_of(f"{rule};COUNT=40")
    first_day = next(day for day in (start + timedelta(days=n) for n in range(400)) if fits(bare, day, day))
    whole = Plan(rule=bare, first_day=first_day, clock=THREE)
    cut = first_day + timedelta(days=later)
    rest = whole.continued_on(cut)
    horizon = first_day + timedelta(days=4000)
    kept = whole.days(since=first_day, until=cut - timedelta(days=1))

    assert kept + (rest.days(since=cut, until=horizon) if rest else []) == whole.days(since=first_day, until=horizon)


@pytest.mark.parametrize(
    ("born", "last"),
    [
        (date(2009, 5, 4), date(2027, 5, 3)),
        (date(2012, 2, 29), date(2030, 2, 28)),
        (date(2010, 3, 1), date(2028, 2, 29)),
        (date(2010, 1, 1), date(2027, 12, 31)),
    ],
)
def test_childhood_ends_the_day_before_the_eighteenth_birthday(born: date, last: date) -> None:
    assert last_day_of_childhood(born) == last


# --- what is no rule here


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=HOURLY",
        "FREQ=MINUTELY;COUNT=3",
        "FREQ=YEARLY",
        "COUNT=3",
        "FREQ=",
        "freq=weekly",
        "RRULE:FREQ=WEEKLY",
        "FREQ=WEEKLY;",
        "FREQ=WEEKLY;BYHOUR=9",
        "FREQ=WEEKLY;WKST=SU",
        "FREQ=WEEKLY;FREQ=DAILY",
        "FREQ=DAILY;BYEASTER=1",
        "FREQ=WEEKLY;INTERVAL=0",
        "FREQ=WEEKLY;INTERVAL=53",
        "FREQ=DAILY;INTERVAL=-1",
        "FREQ=WEEKLY;COUNT=0",
        "FREQ=WEEKLY;COUNT=401",
        "FREQ=WEEKLY;COUNT=99999999",
        "FREQ=WEEKLY;COUNT=3;UNTIL=20270101",
        "FREQ=WEEKLY;UNTIL=2027-01-01",
        "FREQ=WEEKLY;UNTIL=20270230",
        "FREQ=WEEKLY;UNTIL=20270101T120000",
        "FREQ=WEEKLY;UNTIL=20270101T250000Z",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=WEEKLY;BYDAY=2TU",
        "FREQ=MONTHLY;BYDAY=6TU",
        "FREQ=MONTHLY;BYDAY=0TU",
        "FREQ=MONTHLY;BYDAY=-2TU",
        "FREQ=MONTHLY;BYDAY=1TU,FR",
        "FREQ=MONTHLY;BYMONTHDAY=0",
        "FREQ=MONTHLY;BYMONTHDAY=32",
        "FREQ=MONTHLY;BYMONTHDAY=13;BYDAY=FR",
        "FREQ=WEEKLY;BYMONTHDAY=5",
        "FREQ=MONTHLY;BYSETPOS=1",
        "FREQ=MONTHLY;BYDAY=1TU;BYSETPOS=1",
        "FREQ=WEEKLY;BYDAY=TU,TH;BYSETPOS=1",
        "FREQ=MONTHLY;BYDAY=TU;BYSETPOS=6",
        "FREQ=MONTHLY;BYDAY=TU;BYSETPOS=-2",
        "FREQ=WEEKLY;UNTIL=99991231T235959Z",
        "FREQ=DAILY;INTERVAL=2;BYDAY=TU",
    ],
)
def test_anything_else_is_refused_and_the_place_is_named(rule: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        rule_of(rule)

    ((pointer, said),) = refused.value.members["errors"]
    assert pointer == "/rule"
    assert str(said).startswith("rule-")


def test_a_first_day_that_is_none_of_the_rule_is_refused_and_the_next_one_named() -> None:
    with pytest.raises(InvalidRequest) as refused:
        plan("FREQ=MONTHLY;BYDAY=-1FR", date(2027, 3, 2))

    ((pointer, said),) = refused.value.members["errors"]
    assert (pointer, str(said), said.values) == ("/starts_at", "first-day-not-of-rule", {"day": "26.03.2027"})
    assert plan("FREQ=MONTHLY;BYDAY=-1FR", date(2027, 3, 26))


# --- in words


@pytest.mark.parametrize(
    ("rule", "first_day", "latvian", "english", "russian"),
    [
        ("FREQ=WEEKLY", date(2027, 3, 2), "katru otrdienu", "every Tuesday", "каждый вторник"),
        ("FREQ=WEEKLY;BYDAY=WE", date(2027, 3, 3), "katru trešdienu", "every Wednesday", "каждую среду"),
        (
            "FREQ=WEEKLY;INTERVAL=2;COUNT=12",
            date(2027, 3, 2),
            "ik pēc 2 nedēļām otrdien, 12 reizes",
            "every 2 weeks on Tuesday, 12 times",
            "каждые 2 недели во вторник, 12 раз",
        ),
        (
            "FREQ=WEEKLY;BYDAY=TU,TH;UNTIL=20270630",
            date(2027, 3, 2),
            "katru otrdienu un ceturtdienu līdz 30.06.2027",
            "every Tuesday and Thursday until 30.06.2027",
            "каждый вторник и каждый четверг по 30.06.2027",
        ),
        # The moment after midnight belongs to the next day in Riga.
        (
            "FREQ=DAILY;UNTIL=20270630T220000Z",
            date(2027, 3, 2),
            "katru dienu līdz 01.07.2027",
            "every day until 01.07.2027",
            "каждый день по 01.07.2027",
        ),
        (
            "FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR",
            date(2027, 3, 2),
            "katru dienu no pirmdienas līdz piektdienai",
            "every day from Monday to Friday",
            "каждый день с понедельника по пятницу",
        ),
        (
            "FREQ=MONTHLY",
            date(2027, 3, 31),
            "katru mēnesi 31. datumā (ja tāda diena ir)",
            "every month on day 31 (where there is one)",
            "каждый месяц 31-го числа (если такой день есть)",
        ),
        (
            "FREQ=MONTHLY;BYMONTHDAY=-1",
            date(2027, 3, 31),
            "katru mēnesi pēdējā dienā",
            "every month on the last day",
            "каждый месяц в последний день",
        ),
        (
            "FREQ=MONTHLY;BYDAY=2WE",
            date(2027, 3, 10),
            "katru mēnesi otrajā trešdienā",
            "every month on the second Wednesday",
            "каждый месяц во вторую среду",
        ),
        (
            "FREQ=MONTHLY;INTERVAL=3;BYDAY=FR;BYSETPOS=-1",
            date(2027, 3, 26),
            "ik pēc 3 mēnešiem pēdējā piektdienā",
            "every 3 months on the last Friday",
            "каждые 3 месяца в последнюю пятницу",
        ),
        (
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
            date(2027, 3, 31),
            "katru mēnesi pēdējā dienā no pirmdienas līdz piektdienai",
            "every month on the last day from Monday to Friday",
            "каждый месяц в последний день с понедельника по пятницу",
        ),
    ],
)
def test_a_rule_in_words(rule: str, first_day: date, latvian: str, english: str, russian: str) -> None:
    found = plan(rule, first_day)

    assert [words_of(found, language) for language in (LV, EN, RU)] == [latvian, english, russian]


def test_a_family_hears_the_last_day_where_there_is_one_and_nothing_when_nothing_follows() -> None:
    def said(rule: str, language: Language = EN) -> str | None:
        horizon = date(2036, 1, 1)
        return words_for_a_family(plan(rule, date(2027, 3, 2)), horizon=horizon, language=language)

    assert said("FREQ=WEEKLY") == "Then every Tuesday."
    assert said("FREQ=WEEKLY;COUNT=3") == "Then every Tuesday until 16.3."
    assert said("FREQ=WEEKLY;UNTIL=20280110", LV) == "Pēc tam katru otrdienu līdz 4.1.2028."
    assert said("FREQ=WEEKLY;COUNT=3", RU) == "Далее каждый вторник по 16.3."
    assert said("FREQ=WEEKLY;COUNT=1") is None


@pytest.mark.parametrize(
    ("day", "clock", "latvian", "english", "russian"),
    [
        (
            date(2027, 3, 28),
            time(3, 30),
            "svētdien, 28.3. plkst. 04.30",
            "Sunday 28.3. at 04:30",
            "в воскресенье 28.3. в 04:30",
        ),
        (
            date(2027, 10, 31),
            time(3, 30),
            "svētdien, 31.10. plkst. 03.30",
            "Sunday 31.10. at 03:30",
            "в воскресенье 31.10. в 03:30",
        ),
        (
            date(2027, 10, 31),
            time(0, 30),
            "svētdien, 31.10. plkst. 00.30",
            "Sunday 31.10. at 00:30",
            "в воскресенье 31.10. в 00:30",
        ),
        (
            date(2027, 12, 31),
            time(23, 30),
            "piektdien, 31.12. plkst. 23.30",
            "Friday 31.12. at 23:30",
            "в пятницу 31.12. в 23:30",
        ),
        (
            date(2028, 2, 29),
            time(0, 0),
            "otrdien, 29.2. plkst. 00.00",
            "Tuesday 29.2. at 00:00",
            "во вторник 29.2. в 00:00",
        ),
        (
            date(2028, 1, 1),
            time(0, 0),
            "sestdien, 1.1. plkst. 00.00",
            "Saturday 1.1. at 00:00",
            "в субботу 1.1. в 00:00",
        ),
    ],
)
def test_texts_on_the_calendars_edges_say_what_a_clock_in_riga_shows(
    day: date, clock: time, latvian: str, english: str, russian: str
) -> None:
    told = Told(
        given_name="Anna",
        kind="session",
        starts_at=moment_of(day, clock),
        expected_minutes=90,
        place_type="remote",
        place_name=None,
        place_address=None,
        specialist_name="Ž",
        specialist_phone=None,
    )
    plain = latvian.translate(str.maketrans("ēā", "ea"))

    for language, expected in ((LV, plain), (EN, english), (RU, russian)):
        assert wording_of(told, Reason.PLANNED, language).startswith(f"Anna: {expected} ")


# --- when it is told, and what becomes of what


def test_a_family_is_told_so_many_days_before_by_the_clock_and_never_at_night() -> None:
    now = datetime(2027, 3, 1, 10, tzinfo=UTC)

    def told(day: date, clock: time) -> str:
        found = told_from(moment_of(day, clock), days=7, now=now)
        return found.astimezone(RIGA).strftime("%d.%m. %H:%M")

    assert told(date(2027, 3, 23), time(15)) == "16.03. 15:00"
    assert told(date(2027, 3, 23), time(7, 30)) == "16.03. 09:00"
    assert told(date(2027, 3, 23), time(23)) == "16.03. 20:00"
    # The clocks change in between.
    assert told(date(2027, 3, 30), time(15)) == "23.03. 15:00"
    # Nearer than a week: the day before, and at once when that is past.
    assert told(date(2027, 3, 5), time(15)) == "04.03. 15:00"
    assert told(date(2027, 3, 2), time(8)) == "01.03. 12:00"


def test_what_moves_is_the_same_day_first_then_the_nearest_within_a_week() -> None:
    tuesdays, wednesdays = ([date(2027, 3, first + 7 * week) for week in range(4)] for first in (2, 3))

    assert paired(tuesdays, wednesdays) == dict(zip(tuesdays, wednesdays, strict=True))
    assert paired(tuesdays, sorted(tuesdays + wednesdays)) == dict(zip(tuesdays, tuesdays, strict=True))
    assert paired(tuesdays, [date(2027, 4, 20)]) == {}
    assert paired([date(2027, 3, 2)], [date(2027, 3, 8), date(2027, 3, 9)]) == {date(2027, 3, 2): date(2027, 3, 8)}
