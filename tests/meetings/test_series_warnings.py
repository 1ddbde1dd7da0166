"""What whoever repeats a meeting is warned of, day by day, and never refused for (D6, D8, D9)."""

from datetime import date, time, timedelta
from typing import Any

import pytest

from bas_service import clock
from bas_service.meetings.repetition import moment_of
from tests.builders import at, soon
from tests.callers import done
from tests.meetings.series_family import AWAY, WEEK, Family, at_three, in_two_days, weekly
from tests.tables import statements_of

AROUND_THE_CLOCK = {str(day): {"from": "00:00", "until": "23:59"} for day in range(1, 8)}
WORKDAY = {"from": "08:00", "until": "18:00"}
ROOMY = {"appointments": 5, "hours": 40, "days_in_a_row": 7}


@pytest.fixture
def any_day_at_any_hour() -> None:
    """Here the calendar counts."""


@pytest.fixture(autouse=True)
def no_holidays(monkeypatch: pytest.MonkeyPatch) -> set[date]:
    """Days that are public holidays for this test; whatever the real calendar holds today must not matter."""
    days: set[date] = set()
    monkeypatch.setattr("bas_service.meetings.warning_rules.is_public_holiday", days.__contains__)
    return days


@pytest.fixture(autouse=True)
def policy(family: Family) -> None:
    """Office hours around the clock, and weeks that hold five appointments."""
    family.house.a_meeting_policy(
        family.house.a_coordinator(), office_hours=AROUND_THE_CLOCK, week_limit=ROOMY, short_notice_minutes=60
    )


def spelled(warnings: list[dict[str, Any]]) -> dict[str, list[str]]:
    """The days of each warning, when none is left out."""
    assert {one["more"] for one in warnings} <= {0}
    return {one["warning"]: one["days"] for one in warnings}


def an_unlucky_series(family: Family, holidays: set[date]) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """The form of a series in which something is the matter with each day but the first, and what that is."""
    days = weekly(in_two_days(), 5)
    monday = days[3] - timedelta(days=days[3].weekday())
    holidays.add(days[1])
    family.house.an_absence(family.supervisor, family.specialist, valid_from=str(days[2]), valid_until=str(days[2]))
    for number in range(5):
        starts_at = moment_of(monday + timedelta(days=number), time(9))
        family.house.an_appointment(family.specialist, family.child, starts_at=at(starts_at))
    family.mother = done(
        family.supervisor.change(
            f"representatives/{family.mother['id']}", family.mother, {"valid_until": str(days[4] - timedelta(days=1))}
        )
    )
    form = family.house.series_form(family.child, rule="FREQ=WEEKLY;COUNT=5")
    return form, {
        "no-reachable-representative": [str(days[4])],
        "child-week-full": [str(days[3])],
        "public-holiday": [str(days[1])],
        "specialist-absent": [str(days[2])],
    }


def test_planning_warns_of_the_same_days_as_the_look_beforehand(family: Family, no_holidays: set[date]) -> None:
    form, expected = an_unlucky_series(family, no_holidays)

    before = done(family.specialist.post("series/preview", form))
    series = done(family.specialist.post("series", form))

    assert spelled(series["warnings"]) == expected
    assert before["warnings"] == series["warnings"]
    # Whoever only looks was warned already.
    assert family.now(series)["warnings"] == []


def test_a_change_warns_of_the_days_that_it_concerns(family: Family, no_holidays: set[date]) -> None:
    form, expected = an_unlucky_series(family, no_holidays)
    series = done(family.specialist.post("series", form))
    days = weekly(in_two_days(), 5)

    unseen = family.change(series, note="Runāsim par skolu")
    following = family.change(series, since=str(days[2]), place=AWAY)
    moved = family.change(series, starts_at=at(moment_of(days[0] + timedelta(days=1), time(15))), rule="FREQ=WEEKLY")

    assert unseen["warnings"] == []
    assert spelled(following["warnings"]) == {
        kind: found for kind, found in expected.items() if kind != "public-holiday"
    }
    # A day later than the holiday; the rest goes on as another series.
    assert "public-holiday" not in spelled(moved["warnings"])


def test_ten_days_are_named_and_the_rest_is_counted(family: Family) -> None:
    family.house.nobody_carries("sms")
    form = family.house.series_form(family.child, rule="FREQ=DAILY;COUNT=15", expected_minutes=5)

    series = done(family.specialist.post("series", form))
    before = done(family.specialist.post("series/preview", form | {"rule": "FREQ=DAILY"}))

    (warned,) = [one for one in series["warnings"] if one["warning"] == "no-reachable-representative"]
    days = [str(in_two_days() + timedelta(days=number)) for number in range(15)]
    assert warned == {"warning": "no-reachable-representative", "days": days[:10], "more": 5}
    # Of those that could not be planned nothing is said but that.
    (wanted,) = [one for one in before["warnings"] if one["warning"] == "no-reachable-representative"]
    assert (wanted["days"][0], len(wanted["days"])) == (str(in_two_days() + timedelta(days=15)), 10)
    assert wanted["more"] == before["times"] - before["clashes"] - 10


def test_the_meetings_of_a_series_fill_a_week_together(family: Family) -> None:
    monday = in_two_days() + timedelta(days=7 - in_two_days().weekday())
    form = family.house.series_form(family.child, starts_at=at_three(monday), rule="FREQ=DAILY;COUNT=6")

    six = done(family.specialist.post("series/preview", form))
    five = done(family.specialist.post("series/preview", form | {"rule": "FREQ=DAILY;COUNT=5"}))

    assert spelled(five["warnings"]) == {}
    assert spelled(six["warnings"]) == {"child-week-full": [str(monday + timedelta(days=n)) for n in range(6)]}


def test_hours_are_warned_of_by_the_clock_in_riga(family: Family) -> None:
    family.house.sql("DELETE FROM meeting_policies WHERE created_by IS NOT NULL")
    hours = {str(day): WORKDAY for day in range(1, 8)}
    family.house.a_meeting_policy(family.house.a_coordinator(), office_hours=hours, week_limit=ROOMY)

    def warned(clock_time: time) -> dict[str, list[str]]:
        starts_at = at(moment_of(in_two_days(), clock_time))
        form = family.house.series_form(family.child, starts_at=starts_at, rule="FREQ=WEEKLY;COUNT=2")
        return spelled(done(family.specialist.post("series/preview", form))["warnings"])

    assert warned(time(17)) == {}
    assert warned(time(17, 1)) == {"outside-office-hours": [str(day) for day in weekly(in_two_days(), 2)]}


def test_short_notice_with_a_reason_is_no_warning_and_is_kept_with_the_meeting_that_is_near(family: Family) -> None:
    starts_at = soon(hours=0.5)
    form = family.house.series_form(
        family.child, starts_at=at(starts_at), rule="FREQ=WEEKLY;COUNT=2", expected_minutes=5
    )
    reason = {"short_notice_reason": "Called from the police station"}
    path = "series/preview"

    warned = [done(family.specialist.post(path, form | more))["warnings"] for more in ({}, reason)]
    series = done(family.specialist.post("series", form | reason))

    def short(warnings: list[dict[str, Any]]) -> list[str]:
        # Shortly before midnight it is outside office hours besides.
        return spelled(warnings).get("short-notice", [])

    assert [short(one) for one in warned] == [[str(clock.in_riga(starts_at).date())], []]
    assert short(series["warnings"]) == []
    kept = [meeting["short_notice_reason"] for meeting in series["meetings"]]
    assert kept == ["Called from the police station", None]
    changed = family.change(series, place=AWAY)
    assert short(changed["warnings"]) == []
    later = family.change(series, starts_at=at(starts_at + timedelta(minutes=10)), short_notice_reason="Bus is late")
    assert [meeting["short_notice_reason"] for meeting in later["meetings"]] == ["Bus is late", None]


@pytest.mark.parametrize("rule", ["FREQ=WEEKLY", "FREQ=DAILY"])
def test_a_look_beforehand_costs_as_many_statements_for_a_year_of_days_as_for_some(family: Family, rule: str) -> None:
    form = family.house.series_form(family.child, rule=rule)
    done(family.specialist.get("me"))

    with statements_of(family.house.app) as found:
        done(family.specialist.post("series/preview", form))

    # The account, the child, the case with the policy, clashes, whom to tell, what is warned of, and the trace.
    assert len(found) == 7


@pytest.mark.parametrize("rule", ["FREQ=WEEKLY", "FREQ=DAILY"])
def test_a_change_of_all_costs_as_many_statements_for_many_meetings_as_for_some(family: Family, rule: str) -> None:
    series = family.repeat(rule=rule)
    family.let_what_is_due_go_out()
    series = family.now(series)

    with statements_of(family.house.app) as found:
        done(family.specialist.change(f"series/{series['id']}", series, {"place": AWAY}))

    # As for planning, and besides: the version in hand, the texts taken back and what else these told, what was told
    # before, duties that lapse.
    assert len(found) == 24


# --- what the worker lays out


def test_a_day_laid_out_later_that_is_unusual_is_the_specialists_duty_once(
    family: Family, no_holidays: set[date]
) -> None:
    family.repeat()
    family.let_days_pass(14)
    days = weekly(in_two_days(), 8)[-2:]
    no_holidays.add(days[0])
    for day in days:
        family.house.an_absence(family.supervisor, family.specialist, valid_from=str(day), valid_until=str(day))

    family.work()
    family.work()

    def said(day: date, *what: str) -> tuple[str, str]:
        told = f"The repeating meeting on {day:%d.%m.%Y} at 15:00 was planned."
        return "series-day-unusual", " ".join([told, *what, "Move it, or leave it as it is."])

    holiday, absent = "That day is a public holiday.", "The specialist is absent that day."
    assert family.duties() == [said(days[0], holiday, absent), said(days[1], absent)]


def test_the_duty_lapses_with_its_meeting_moved_or_called_off(family: Family, no_holidays: set[date]) -> None:
    series = family.repeat()
    family.let_days_pass(21)
    days = weekly(in_two_days(), 8)[-3:]
    no_holidays.update(days)
    family.work()
    moved, off, along = family.now(series)["meetings"][-3:]
    assert len(family.duties()) == 3

    same_place = done(family.specialist.change(f"meetings/{moved['id']}", moved, {"place": AWAY}))
    assert len(family.duties()) == 3
    later = at(moment_of(days[0] + timedelta(days=1), time(15)))
    done(family.specialist.change(f"meetings/{moved['id']}", same_place, {"starts_at": later}))
    assert len(family.duties()) == 2
    done(family.specialist.act(f"meetings/{off['id']}/cancel", off, {"reason": "child_ill"}))
    assert len(family.duties()) == 1
    family.change(series, starts_at=at(moment_of(in_two_days() + timedelta(days=1), time(15))), rule="FREQ=WEEKLY")
    assert family.duties() == []
    assert along["series_day"] == str(days[2])


def test_a_week_made_too_full_by_what_the_worker_lays_out_is_told(family: Family) -> None:
    family.repeat()
    family.let_days_pass(7)
    last = in_two_days() + WEEK * 7
    monday = last - timedelta(days=last.weekday())
    for number in range(5):
        family.house.an_appointment(
            family.specialist, family.child, starts_at=at(moment_of(monday + timedelta(days=number), time(9)))
        )

    family.work()

    ((kind, text),) = family.duties()
    assert (kind, "The child's week is too full." in text) == ("series-day-unusual", True)
