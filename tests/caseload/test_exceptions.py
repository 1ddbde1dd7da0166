"""Above the maximum for a while: by a reason and an end date, listed until it ends, reminded before (D4)."""

import uuid
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from bas_service import clock
from bas_service.caseload.exceptions import exceptions_ending
from bas_service.caseload.jobs import remind_of_exceptions
from bas_service.database import ask_as, transaction
from tests.builders import House
from tests.callers import Phone, done, invalid, refusal_of
from tests.tables import statements_of


def day(days: int) -> str:
    """A day some days from today."""
    return (clock.today() + timedelta(days=days)).isoformat()


@pytest.fixture
def supervisor(house: House) -> Phone:
    """A supervisor."""
    return house.a_supervisor()


@pytest.fixture
def full(house: House, supervisor: Phone) -> Phone:
    """A specialist at the maximum."""
    specialist = house.a_specialist(supervisor, name="Ilze Izdomāta")
    for _ in range(6):
        house.a_case(supervisor, house.a_child(supervisor), specialist, complexity="crisis")
    return specialist


def excepted(house: House, supervisor: Phone, specialist: Phone, days: int, **more: Any) -> dict[str, Any]:
    exceeding = {"reason": "Kolēģe slimo", "until": day(days)}
    return house.a_case(supervisor, house.a_child(supervisor), specialist, exceeding=exceeding, **more)


def let_days_pass(monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    later = datetime.now(clock.RIGA) + timedelta(days=days)
    monkeypatch.setattr(clock, "now", lambda: later)


def test_an_exception_is_listed_until_it_ends_and_then_the_specialist_is_over_without_one(
    house: House, supervisor: Phone, full: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = excepted(house, supervisor, full, 10, complexity="high")

    def seen() -> tuple[list[dict[str, Any]], dict[str, Any]]:
        (one,) = done(supervisor.get("specialists"))["items"]
        assert done(full.get("caseload"))["over"] == one["over"]
        return done(supervisor.get("exceptions"))["items"], one["over"]

    child = done(supervisor.get(f"children/{case['child_id']}"))
    line = {
        "case": {"id": case["id"], "version": 1},
        "child": {name: child[name] for name in ("id", "given_name", "family_name")},
        "specialist": {"id": str(full.account_id), "name": "Ilze Izdomāta"},
        "complexity": "high",
        "reason": "Kolēģe slimo",
        "until": case["exceeding"]["until"],
        "days_left": 10,
        "over_by": 1.5,
    }
    exception = {"case_id": case["id"], "until": case["exceeding"]["until"]}
    assert seen() == ([line], {"by": 1.5, "excepted": True, "exceptions": [exception]})
    let_days_pass(monkeypatch, 10)
    assert seen() == ([line | {"days_left": 0}], {"by": 1.5, "excepted": True, "exceptions": [exception]})
    let_days_pass(monkeypatch, 11)
    assert seen() == ([], {"by": 1.5, "excepted": False, "exceptions": []})


def test_an_exception_that_is_not_needed_any_more_says_so(house: House, supervisor: Phone, full: Phone) -> None:
    excepted(house, supervisor, full, 10)
    heavy = next(one for one in done(full.get("caseload"))["cases"] if one["complexity"] == "crisis")["case"]

    done(supervisor.act(f"cases/{heavy['id']}/close", heavy, {"reason": "goal_reached", "outcome": "Labs"}))

    (line,) = done(supervisor.get("exceptions"))["items"]
    assert (line["over_by"], done(full.get("caseload"))["over"]) == (0, None)


def test_what_a_policy_leaves_above_is_shown_as_over_keeps_its_cases_and_takes_no_more(
    house: House, supervisor: Phone, full: Phone
) -> None:
    house.a_load_policy(house.a_coordinator(), valid_from=day(0), maximum=10)

    (one,) = done(supervisor.get("specialists"))["items"]
    assert (one["over"], one["cases"], one["room"]) == ({"by": 2.0, "excepted": False, "exceptions": []}, 6, 0.0)
    child = house.a_child(supervisor)
    form = {"child_id": child["id"], "specialist_id": str(full.account_id), "complexity": "low"}
    refused = {"type": "caseload-full", "load": 12.0, "maximum": 10.0, "would_be": 12.75}
    assert refusal_of(supervisor.post("cases", form)) == refused
    assert done(supervisor.post("cases/preview", form))["would_be_refused"] == "caseload-full"


def test_the_list_comes_in_pages_the_one_that_ends_first_at_the_top_and_of_the_own_team_only(
    house: House, supervisor: Phone, full: Phone
) -> None:
    cases = [excepted(house, supervisor, full, days) for days in (9, 3, 3, 30)]
    taken_back = excepted(house, supervisor, full, 5)
    done(supervisor.change(f"cases/{taken_back['id']}", taken_back, {"exceeding": None}))
    other = house.a_supervisor()
    excepted(house, other, house.a_specialist(other), 4)

    listed, query = [], "?limit=2"
    while query:
        page = done(supervisor.get(f"exceptions{query}"))
        listed += [line["case"]["id"] for line in page["items"]]
        query = page["next"] and f"?limit=2&cursor={page['next']}"

    assert listed == [cases[number]["id"] for number in (1, 2, 0, 3)]
    assert len(done(other.get("exceptions"))["items"]) == 1


@pytest.mark.parametrize(
    ("query", "place"),
    [("limit=0", "limit"), ("limit=201", "limit"), ("cursor=x", "cursor"), ("cursor=WyIxIiwiMiJd", "cursor"),
     ("cursor=WyIyMDI2LTAxLTAxIiwgIngiXQ==", "cursor"), ("until=1", "until")],
)  # fmt: skip
def test_a_list_asked_for_in_unusable_words_says_which(supervisor: Phone, query: str, place: str) -> None:
    assert refusal_of(supervisor.get(f"exceptions?{query}")) == invalid(place)


def test_a_page_is_a_look_at_each_child_on_it_and_needs_the_same_statements_for_one_and_for_three(
    house: House, app: Flask, supervisor: Phone, full: Phone
) -> None:
    counted = []
    for number in (1, 3):
        while (listed := len(done(supervisor.get("exceptions"))["items"])) < number:
            case = excepted(house, supervisor, full, 9 - listed)
        house.sql("DELETE FROM trace")
        with statements_of(app) as statements:
            done(supervisor.get("exceptions?limit=1"))
        counted.append(len(statements))

    # Who asks, the cases, the team, the policy, the loads, the trace.
    assert counted == [6, 6]
    assert house.looks_of(supervisor) == [(case["child_id"], "team", "assignment.page", False)]


def test_how_long_before_its_end_a_supervisor_is_reminded_is_the_policys_to_say(
    house: House, worker_app: Flask, supervisor: Phone, full: Phone
) -> None:
    excepted(house, supervisor, full, 7)
    excepted(house, supervisor, full, 14)

    def reminded() -> int:
        with worker_app.app_context(), transaction():
            return remind_of_exceptions()

    assert [reminded(), reminded()] == [1, 0]
    today = clock.today().isoformat()
    house.a_casework_policy(house.a_coordinator(), valid_from=today, exception_reminder_days=14)
    assert [reminded(), reminded()] == [1, 0]


def test_who_is_to_be_reminded_of_what_ends_soon(
    house: House, app: Flask, worker_app: Flask, supervisor: Phone, full: Phone
) -> None:
    cases = {days: excepted(house, supervisor, full, days) for days in (0, 1, 7, 8)}
    closed = excepted(house, supervisor, full, 2)
    done(supervisor.act(f"cases/{closed['id']}/close", closed, {"reason": "goal_reached", "outcome": "Labs"}))

    with worker_app.app_context(), transaction():
        of_all = exceptions_ending(clock.today(), 7)
        of_tomorrow = exceptions_ending(clock.today() + timedelta(days=1), 0)
    with app.app_context(), transaction():
        ask_as(house.a_supervisor().account_id)
        of_another_team = exceptions_ending(clock.today(), 7)

    assert of_all == [
        {
            "case_id": uuid.UUID(cases[days]["id"]),
            "child_id": uuid.UUID(cases[days]["child_id"]),
            "specialist_id": full.account_id,
            "supervisor_id": supervisor.account_id,
            "until": date.fromisoformat(day(days)),
        }
        for days in (0, 1, 7)
    ]
    assert [row["case_id"] for row in of_tomorrow] == [uuid.UUID(cases[1]["id"])]
    assert of_another_team == []
