"""A missed rhythm and an exception that ends are somebody's duty, each once (D4, D11)."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bas_service import DatabaseRole, clock, create_app
from bas_service.caseload.jobs import remind_of_exceptions
from bas_service.caseload.rules import Per, failures_in_a_row, rhythm_due_on
from bas_service.config import Settings
from bas_service.database import transaction
from bas_service.meetings.jobs import remind_of_rhythms
from tests.builders import House, at, soon
from tests.callers import Phone, at_once, done


def day(days: int) -> str:
    """A day, so many from today."""
    return (clock.today() + timedelta(days=days)).isoformat()


def spelled(days: int) -> str:
    """The same day as a duty spells it."""
    return f"{clock.today() + timedelta(days=days):%d.%m.%Y}"


@pytest.fixture
def supervisor(house: House) -> Phone:
    """A supervisor."""
    return house.a_supervisor()


@pytest.fixture
def ilze(house: House, supervisor: Phone) -> Phone:
    """A specialist of the team."""
    return house.a_specialist(supervisor)


@pytest.fixture
def remind(settings: Settings) -> Any:
    """What the worker does every quarter of an hour; gives how many duties are new."""
    app = create_app(settings, role=DatabaseRole.WORKER)

    def run() -> tuple[int, int]:
        with app.app_context():
            with transaction():
                exceptions = remind_of_exceptions()
            with transaction():
                return exceptions, remind_of_rhythms()

    return run


def opened_days_ago(house: House, case: dict[str, Any], days: int) -> None:
    house.sql(
        "UPDATE cases SET opened_at = opened_at - make_interval(days => :days) WHERE id = :id",
        days=days,
        id=case["id"],
    )


def texts_of(phone: Phone) -> list[str]:
    return [duty["text"] for duty in done(phone.get("duties"))["items"]]


def test_a_missed_rhythm_is_the_specialists_duty_until_a_meeting_is_held(
    house: House, supervisor: Phone, ilze: Phone, remind: Any
) -> None:
    family = house.a_family(supervisor, ilze)
    weekly = {"rhythm": {"times": 1, "per": "week"}}
    done(supervisor.change(f"cases/{family['case']['id']}", family["case"], weekly))

    opened_days_ago(house, family["case"], 7)
    assert (remind(), texts_of(ilze)) == ((0, 0), [])
    opened_days_ago(house, family["case"], 1)
    missed = [f"The agreed rhythm was missed: a meeting was due by {spelled(-1)}."]
    assert (remind(), texts_of(ilze)) == ((0, 1), missed)
    opened_days_ago(house, family["case"], 1)
    assert (remind(), texts_of(ilze)) == ((0, 0), missed)
    (line,) = done(ilze.get("caseload"))["cases"]
    assert (line["rhythm_due_on"], [duty["kind"] for duty in line["duties"]]) == (day(-2), ["rhythm-missed"])

    meeting = house.a_meeting(ilze, family["child"], starts_at=at(soon(hours=1)))
    started = done(ilze.act(f"meetings/{meeting['id']}/start", meeting, {"unannounced_reason": "came by"}))
    done(ilze.act(f"meetings/{meeting['id']}/finish", started, {}))
    assert (texts_of(ilze), remind()) == ([], (0, 0))


def test_workers_that_remind_at_once_remind_once(house: House, supervisor: Phone, ilze: Phone, remind: Any) -> None:
    for _ in range(3):
        case = house.a_family(supervisor, ilze)["case"]
        done(supervisor.change(f"cases/{case['id']}", case, {"rhythm": {"times": 2, "per": "month"}}))
        opened_days_ago(house, case, 16)

    reminded = at_once(*[remind] * 4)

    assert sum(rhythms for _, rhythms in reminded) == 3
    assert len(texts_of(ilze)) == 3


def test_no_rhythm_no_open_case_no_duty(house: House, supervisor: Phone, ilze: Phone, remind: Any) -> None:
    free = house.a_family(supervisor, ilze)["case"]
    ended = house.a_family(supervisor, ilze)["case"]
    ended = done(supervisor.change(f"cases/{ended['id']}", ended, {"rhythm": {"times": 1, "per": "week"}}))
    done(supervisor.act(f"cases/{ended['id']}/close", ended, {"reason": "goal_reached", "outcome": "well"}))
    for case in (free, ended):
        opened_days_ago(house, case, 60)

    assert remind() == (0, 0)


def test_a_supervisor_is_reminded_of_an_exception_a_week_before_it_ends_and_again_when_it_was_prolonged(
    house: House, supervisor: Phone, ilze: Phone, remind: Any
) -> None:
    case = house.a_family(supervisor, ilze)["case"]

    def prolong(days: int) -> None:
        nonlocal case
        exceeding = {"exceeding": {"reason": "Nobody else", "until": day(days)}}
        case = done(supervisor.change(f"cases/{case['id']}", case, exceeding))

    prolong(8)
    assert (remind(), texts_of(supervisor)) == ((0, 0), [])
    for days in (7, 3):
        prolong(days)
        assert remind() == (1, 0)
        assert remind() == (0, 0)
    ends = "The exception from the maximum ends on {}. Find room by then, or prolong it with a reason."
    assert texts_of(supervisor) == [ends.format(spelled(3)), ends.format(spelled(7))]


@given(st.dates(date(2020, 1, 1), date(2060, 1, 1)), st.integers(1, 14), st.sampled_from(Per))
def test_a_denser_rhythm_is_due_no_later_and_never_on_the_day_itself(last: date, times: int, per: Per) -> None:
    due = rhythm_due_on(last, times, per)

    assert last < due <= last + timedelta(days=30 if per is Per.MONTH else 7)
    assert times == 1 or due <= rhythm_due_on(last, times - 1, per)


@given(st.lists(st.booleans()))
def test_failures_in_a_row_end_at_the_latest_success(attempts: list[bool]) -> None:
    number = failures_in_a_row(attempts)

    assert not any(attempts[:number])
    assert number == len(attempts) or attempts[number]
