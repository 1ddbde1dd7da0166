"""What was so on a past day: loads, who was responsible, how complex a case was, its exceptions (D2, D27)."""

import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from bas_service import clock
from bas_service.caseload.history_rules import Step, days_of, end_of
from bas_service.database import transaction
from tests.builders import House
from tests.callers import Phone, done, invalid, refusal_of
from tests.tables import statements_of

LIMITS = {"minimum": 6.0, "nominal": 10.0, "maximum": 12.0}
CLOSING = {"reason": "goal_reached", "outcome": "Labs"}


def day(days: int) -> str:
    """A day some days from today."""
    return (clock.today() + timedelta(days=days)).isoformat()


@pytest.fixture
def supervisor(house: House) -> Phone:
    """A supervisor."""
    return house.a_supervisor()


@pytest.fixture
def ilze(house: House, supervisor: Phone) -> Phone:
    """A specialist of the team."""
    return house.a_specialist(supervisor, name="Ilze Izdomāta")


@pytest.fixture
def jānis(house: House, supervisor: Phone) -> Phone:
    """Another one."""
    return house.a_specialist(supervisor, name="Jānis Izdomāts")


def history(phone: Phone, specialist: Phone, query: str = "") -> list[dict[str, Any]]:
    return done(phone.get(f"specialists/{specialist.account_id}/load{query}"))["items"]


def on(days: int, load: float, cases: int, **more: Any) -> dict[str, Any]:
    return {"on": day(days), "load": load, "cases": cases} | LIMITS | more


# Loads of past days


def test_a_load_is_told_for_each_past_day_through_assigning_weighing_handing_over_and_closing(
    house: House, supervisor: Phone, ilze: Phone, jānis: Phone
) -> None:
    first = house.a_case(supervisor, house.a_child(supervisor), ilze, complexity="low")
    second = house.a_case(supervisor, house.a_child(supervisor), ilze, complexity="crisis")
    house.let_days_pass(1)
    first = done(supervisor.change(f"cases/{first['id']}", first, {"complexity": "high"}))
    house.let_days_pass(1)
    to = {"to_specialist_id": str(jānis.account_id), "reason": "Slima"}
    done(supervisor.act(f"cases/{first['id']}/transfer", first, to))
    house.let_days_pass(1)
    done(supervisor.act(f"cases/{second['id']}/close", second, CLOSING))

    period = f"?from={day(-4)}&to={day(0)}&step=day"
    assert done(supervisor.get(f"specialists/{ilze.account_id}/load{period}")) == {
        "specialist": {"id": str(ilze.account_id), "name": "Ilze Izdomāta"},
        "items": [on(-4, 0.0, 0), on(-3, 2.75, 2), on(-2, 3.5, 2), on(-1, 2.0, 1), on(0, 0.0, 0)],
        "next": None,
    }
    assert [line["load"] for line in history(supervisor, jānis, period)] == [0.0, 0.0, 0.0, 1.5, 1.5]
    assert history(ilze, ilze, f"?on={day(-2)}") == [on(-2, 3.5, 2)]
    assert history(ilze, ilze) == [on(0, 0.0, 0)]


def test_each_day_is_weighed_by_the_policy_of_that_day(house: House, supervisor: Phone, ilze: Phone) -> None:
    house.a_case(supervisor, house.a_child(supervisor), ilze, complexity="crisis")
    house.let_days_pass(3)
    heavier = {"low": 1, "standard": 2, "high": 3, "crisis": 4.25}
    policy = house.a_load_policy(house.a_coordinator(), weights=heavier, minimum=5, nominal=8, maximum=9.5)
    house.sql("UPDATE load_policies SET valid_from = :day WHERE id = :id", day=day(-1), id=policy["id"])

    limits = {"minimum": 5.0, "nominal": 8.0, "maximum": 9.5}
    assert history(supervisor, ilze, f"?from={day(-2)}&to={day(0)}&step=day") == [
        on(-2, 2.0, 1),
        on(-1, 4.25, 1, **limits),
        on(0, 4.25, 1, **limits),
    ]
    # Before the first policy there were no cases either.
    assert history(supervisor, ilze, "?on=2024-12-31") == [{"on": "2024-12-31", "load": 0.0, "cases": 0} | LIMITS]


def test_a_past_load_counts_children_who_are_another_teams_by_now_and_shows_none(
    house: House, supervisor: Phone, ilze: Phone
) -> None:
    case = house.a_case(supervisor, house.a_child(supervisor), ilze)
    house.let_days_pass(2)
    done(supervisor.act(f"cases/{case['id']}/close", case, CLOSING))
    other = house.a_supervisor()
    elsewhere = house.a_specialist(other)
    house.sql(
        "INSERT INTO cases (id, child_id, specialist_id, complexity, state, opened_at, version)"
        " VALUES (gen_random_uuid(), :child, :specialist, 'low', 'open', now(), 1)",
        child=case["child_id"],
        specialist=elsewhere.account_id,
    )
    assert refusal_of(supervisor.get(f"children/{case['child_id']}")) == {"type": "not-found"}
    house.sql("DELETE FROM trace")

    assert history(supervisor, ilze, f"?on={day(-1)}") == [on(-1, 1.0, 1)]
    assert house.sql("SELECT * FROM trace") == []


def test_a_past_load_is_for_the_specialist_and_the_supervisor_also_of_one_who_has_left(
    house: House, supervisor: Phone, ilze: Phone, jānis: Phone
) -> None:
    house.a_case(supervisor, house.a_child(supervisor), ilze)
    path = f"specialists/{ilze.account_id}/load"

    for stranger in (jānis, house.a_supervisor()):
        assert refusal_of(stranger.get(path)) == {"type": "not-found"}
        with house.asking(stranger) as connection:
            asked = "SELECT * FROM cases_of_specialist_at(:id, ARRAY[now()])"
            assert connection.execute(text(asked), {"id": ilze.account_id}).all() == []
    assert refusal_of(supervisor.get(f"specialists/{uuid.uuid4()}/load")) == {"type": "not-found"}
    assert refusal_of(supervisor.get(f"specialists/{supervisor.account_id}/load")) == {"type": "not-found"}
    house.deactivate(ilze)
    assert history(supervisor, ilze) == [on(0, 1.0, 1)]


@pytest.mark.parametrize(
    ("query", "place"),
    [
        (f"on={day(1)}", "on"),
        (f"from={day(0)}&to={day(1)}", "to"),
        (f"from={day(0)}&to={day(-1)}", "to"),
        (f"from={day(0)}", "to"),
        (f"to={day(0)}", "from"),
        (f"on={day(0)}&from={day(-1)}&to={day(0)}", "on"),
        (f"from={day(-400)}&to={day(0)}&step=day", "step"),
        ("from=1900-01-01&to=2020-01-01&step=month", "step"),
        ("on=yesterday", "on"),
        ("on=", "on"),
        ("from=2026-02-30&to=2026-03-01", "from"),
        ("on=2199-12-31", "on"),
        ("on=%00", "on"),
        (f"from={day(-1)}&to={day(0)}&step=year", "step"),
        ("limit=7", "limit"),
    ],
)
def test_days_that_cannot_be_told_of_are_refused(supervisor: Phone, ilze: Phone, query: str, place: str) -> None:
    path = f"specialists/{ilze.account_id}/load"

    assert refusal_of(supervisor.get(f"{path}?{query}")) == invalid(place)
    assert len(history(supervisor, ilze, f"?from={day(-399)}&to={day(0)}&step=day")) == 400


def test_a_year_needs_no_more_statements_than_a_day(house: House, app: Flask, supervisor: Phone, ilze: Phone) -> None:
    counted = []
    for query in (f"?on={day(0)}", f"?from={day(-365)}&to={day(0)}", f"?from={day(-365)}&to={day(0)}&step=day"):
        house.a_case(supervisor, house.a_child(supervisor), ilze)
        with statements_of(app) as statements:
            history(supervisor, ilze, query)
        counted.append(len(statements))

    # Who asks, the specialist, the numbers, the policies.
    assert counted == [4, 4, 4]


# Which days


@pytest.mark.parametrize(
    ("first", "last", "step", "days"),
    [
        ("2026-03-01", "2026-03-03", Step.DAY, ["2026-03-01", "2026-03-02", "2026-03-03"]),
        ("2026-03-01", "2026-03-14", Step.WEEK, ["2026-03-01", "2026-03-08"]),
        # A month that has no such day gives its last one.
        ("2025-12-30", "2026-03-30", Step.MONTH, ["2025-12-30", "2026-01-30", "2026-02-28", "2026-03-30"]),
        ("2028-01-31", "2028-03-30", Step.MONTH, ["2028-01-31", "2028-02-29"]),
        ("2026-03-01", "2026-03-01", Step.MONTH, ["2026-03-01"]),
    ],
)  # fmt: skip
def test_days_lie_a_step_apart(first: str, last: str, step: Step, days: list[str]) -> None:
    found = days_of(date.fromisoformat(first), date.fromisoformat(last), step)

    assert [one.isoformat() for one in found] == days


@given(st.dates(date(1990, 1, 1), date(2060, 1, 1)), st.integers(0, 1500), st.sampled_from(Step))
def test_days_rise_begin_at_the_first_and_end_within_the_period(first: date, more: int, step: Step) -> None:
    last = first + timedelta(days=more)
    days = list(days_of(first, last, step))

    assert days == sorted(set(days))
    assert days[0] == first
    assert days[-1] <= last < days[-1] + timedelta(days=31 if step is Step.MONTH else 7)


@pytest.mark.parametrize(
    ("told", "moment"),
    [
        ("2026-01-15", datetime(2026, 1, 15, 21, 59, 59, 999999, UTC)),
        ("2026-07-15", datetime(2026, 7, 15, 20, 59, 59, 999999, UTC)),
        # The days on which the clocks are changed have 23 and 25 hours.
        ("2026-03-29", datetime(2026, 3, 29, 20, 59, 59, 999999, UTC)),
        ("2026-10-25", datetime(2026, 10, 25, 21, 59, 59, 999999, UTC)),
    ],
)
def test_a_day_ends_at_midnight_in_riga(told: str, moment: datetime) -> None:
    assert end_of(date.fromisoformat(told)) == moment


# A case's own history


def test_a_cases_history_tells_who_was_responsible_how_complex_it_was_and_its_exceptions(
    house: House, supervisor: Phone, ilze: Phone, jānis: Phone
) -> None:
    exceeding = {"reason": "Kolēģe slimo", "until": day(5)}
    case = house.a_case(supervisor, house.a_child(supervisor), ilze, complexity="low", exceeding=exceeding)
    path = f"cases/{case['id']}"
    case = done(supervisor.change(path, case, {"complexity": "high"}))
    longer = {"reason": "Slimo ilgāk", "until": day(9)}
    case = done(supervisor.change(path, case, {"exceeding": longer}))
    to = {"to_specialist_id": str(jānis.account_id), "reason": "Slima"}
    case = done(supervisor.act(f"{path}/transfer", case, to))
    case = done(supervisor.change(path, case, {"exceeding": None, "complexity": "crisis"}))
    # What changes nothing leaves nothing behind.
    case = done(supervisor.change(path, case, {"complexity": "crisis", "rhythm": {"times": 1, "per": "week"}}))
    case = done(supervisor.act(f"{path}/close", case, CLOSING))

    told = done(supervisor.get(f"{path}/history"))

    handed_over, (low, high, crisis) = told["responsibilities"][0]["until"], told["complexities"]
    first, second = told["exceptions"]
    assert told == {
        "case_id": case["id"],
        "child_id": case["child_id"],
        "responsibilities": [
            {
                "specialist": {"id": str(ilze.account_id), "name": "Ilze Izdomāta"},
                "since": case["opened_at"],
                "until": handed_over,
                "reason": None,
            },
            {
                "specialist": {"id": str(jānis.account_id), "name": "Jānis Izdomāts"},
                "since": handed_over,
                "until": case["closed_at"],
                "reason": "Slima",
            },
        ],
        "complexities": [
            {"complexity": "low", "since": case["opened_at"], "until": high["since"]},
            {"complexity": "high", "since": high["since"], "until": crisis["since"]},
            {"complexity": "crisis", "since": crisis["since"], "until": case["closed_at"]},
        ],
        "exceptions": [
            exceeding | {"since": case["opened_at"], "replaced_at": second["since"]},
            longer | {"since": second["since"], "replaced_at": second["replaced_at"]},
        ],
    }
    moments = [low["since"], high["since"], second["since"], handed_over, second["replaced_at"], case["closed_at"]]
    assert moments == sorted(moments)
    assert first["since"] == low["since"]


def test_a_history_is_a_look_needs_the_same_statements_for_one_change_and_for_three_and_is_of_children_in_sight(
    house: House, app: Flask, supervisor: Phone, ilze: Phone
) -> None:
    case = house.a_case(supervisor, house.a_child(supervisor), ilze, exceeding={"reason": "x", "until": day(1)})
    done(ilze.get("me"))
    counted = []
    for complexities in ("low",), ("high", "low", "crisis"):
        for complexity in complexities:
            case = done(supervisor.change(f"cases/{case['id']}", case, {"complexity": complexity}))
        with statements_of(app) as statements:
            done(ilze.get(f"cases/{case['id']}/history"))
        counted.append(len(statements))

    # Who asks, the case, the responsibilities, the complexities, the exceptions, the trace.
    assert counted == [6, 6]
    assert house.looks_of(ilze) == [(case["child_id"], "responsible", "assignment.case_history", False)] * 2
    for stranger in (house.a_supervisor(), house.a_specialist(supervisor)):
        assert refusal_of(stranger.get(f"cases/{case['id']}/history")) == {"type": "not-found"}


def test_a_change_by_sql_is_written_down_too_and_never_before_the_one_before_it(
    house: House, supervisor: Phone, ilze: Phone
) -> None:
    case = house.a_case(supervisor, house.a_child(supervisor), ilze, complexity="low")
    # Whoever wrote this had a clock that is ahead.
    house.sql("UPDATE case_complexities SET since = since + interval '1 hour'")

    with house.asking(supervisor) as connection:
        for complexity in ("high", "high", "low"):
            values = {"complexity": complexity, "id": case["id"]}
            connection.execute(text("UPDATE cases SET complexity = :complexity WHERE id = :id"), values)
        connection.commit()

    found = house.sql("SELECT complexity, since FROM case_complexities ORDER BY since")
    assert [row["complexity"] for row in found] == ["low", "high", "low"]
    assert found[2]["since"] - found[0]["since"] == timedelta(microseconds=2)


def test_a_reason_sealed_anew_is_no_new_exception_and_one_erased_is_gone_from_the_history(
    house: House, supervisor: Phone, ilze: Phone, owner_app: Flask, worker_app: Flask
) -> None:
    exceeding = {"reason": "Kolēģe slimo", "until": day(5)}
    case = house.a_case(supervisor, house.a_child(supervisor), ilze, exceeding=exceeding)
    with owner_app.app_context(), transaction() as session:
        (sealed,) = session.execute(text("SELECT exceeding_reason FROM cases")).scalars()
        session.execute(text("UPDATE cases SET exceeding_reason = :text"), {"text": f"{sealed} "})
        session.execute(text("UPDATE cases SET exceeding_reason = :text"), {"text": sealed})
    path = f"cases/{case['id']}"
    assert [one["reason"] for one in done(supervisor.get(f"{path}/history"))["exceptions"]] == ["Kolēģe slimo"]
    done(supervisor.act(f"{path}/close", case, CLOSING))

    with worker_app.app_context(), transaction() as session:
        assert session.execute(text("SELECT erase_child(:id)"), {"id": case["child_id"]}).scalar_one()

    assert house.sql("SELECT reason, until FROM case_exceptions") == [
        {"reason": "—", "until": date.fromisoformat(day(5))}
    ]
    assert house.sql("SELECT complexity FROM case_complexities") == [{"complexity": "standard"}]
