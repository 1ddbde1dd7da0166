"""The maximum holds whatever happens at once, and by whatever path somebody comes (D4)."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from bas_service import clock, create_app
from bas_service.config import Settings
from bas_service.database import db
from tests.builders import House
from tests.callers import Phone, at_once, done, refusal_of

INSERT = """
    INSERT INTO cases (id, child_id, specialist_id, complexity, state, opened_at, version, exceeding_reason,
        exceeding_until)
    VALUES (gen_random_uuid(), :child, :specialist, :complexity, 'open', now(), 1, :reason, :until)
"""
FULL = ("23514", "cases_keep_to_the_maximum")


@pytest.fixture
def supervisor(house: House) -> Phone:
    """A supervisor."""
    return house.a_supervisor()


@pytest.fixture
def specialist(house: House, supervisor: Phone) -> Phone:
    """A specialist with a load of eleven."""
    specialist = house.a_specialist(supervisor)
    for _ in range(11):
        house.a_case(supervisor, house.a_child(supervisor), specialist)
    return specialist


@pytest.fixture(scope="module")
def wide_app(settings: Settings) -> Iterator[Flask]:
    """An application with a connection for each of fifty threads."""
    app = create_app(replace(settings, database_pool=50))
    yield app
    with app.app_context():
        db.engine.dispose()


def attempt(connection: sqlalchemy.Connection, statement: str, **values: Any) -> int | tuple[str, str]:
    """How many rows a statement touched, or what the database refused it with; undone either way."""
    point = connection.begin_nested()
    try:
        return connection.execute(text(statement), values).rowcount
    except IntegrityError as error:
        return error.orig.sqlstate, error.orig.diag.constraint_name
    finally:
        point.rollback()


def case_of(child: dict[str, Any], specialist: Phone, complexity: str, **more: Any) -> dict[str, Any]:
    return {
        "child": child["id"],
        "specialist": specialist.account_id,
        "complexity": complexity,
        "reason": None,
        "until": None,
    } | more


def test_sql_that_goes_around_the_service_is_held_to_the_maximum_too(
    house: House, supervisor: Phone, specialist: Phone
) -> None:
    child = house.a_child(supervisor)
    colleague = house.a_specialist(supervisor)
    theirs = house.a_case(supervisor, house.a_child(supervisor), colleague, complexity="crisis")
    (own, *_) = done(specialist.get("caseload"))["cases"]
    today = clock.today()

    with house.asking(supervisor) as sql:
        for complexity, outcome in (("low", 1), ("standard", 1), ("high", FULL), ("crisis", FULL)):
            assert attempt(sql, INSERT, **case_of(child, specialist, complexity)) == outcome
        excepted = {"reason": "ill", "until": today}
        assert attempt(sql, INSERT, **case_of(child, specialist, "crisis", **excepted)) == 1
        expired = {"reason": "ill", "until": today.replace(year=today.year - 1, day=1)}
        assert attempt(sql, INSERT, **case_of(child, specialist, "crisis", **expired)) == FULL

        change = "UPDATE cases SET complexity = :complexity WHERE id = :id"
        for complexity, outcome in (("low", 1), ("standard", 1), ("high", 1), ("crisis", 1)):
            assert attempt(sql, change, complexity=complexity, id=own["case"]["id"]) == outcome
        sql.execute(text(INSERT), case_of(child, specialist, "standard"))
        for complexity, outcome in (("low", 1), ("standard", 1), ("high", FULL), ("crisis", FULL)):
            assert attempt(sql, change, complexity=complexity, id=own["case"]["id"]) == outcome

        move = "UPDATE cases SET specialist_id = :to WHERE id = :id"
        assert attempt(sql, move, to=specialist.account_id, id=theirs["id"]) == FULL
        assert attempt(sql, move, to=colleague.account_id, id=own["case"]["id"]) == 1


def test_a_closed_case_opened_again_by_sql_counts_as_a_new_one(
    house: House, supervisor: Phone, specialist: Phone
) -> None:
    closing = {"reason": "goal_reached", "outcome": "good"}
    twelfth = house.a_case(supervisor, house.a_child(supervisor), specialist)
    done(supervisor.act(f"cases/{twelfth['id']}/close", twelfth, closing))
    reopen = (
        "UPDATE cases SET state = 'open', closed_at = NULL, close_reason = NULL, complexity = :complexity"
        " WHERE id = :id"
    )

    with house.asking(supervisor) as sql:
        assert attempt(sql, reopen, complexity="standard", id=twelfth["id"]) == 1
        assert attempt(sql, reopen, complexity="high", id=twelfth["id"]) == FULL


@pytest.mark.parametrize("complexity", ["easy", "", "LOW"])
def test_a_complexity_without_a_weight_gets_around_nothing(
    house: House, supervisor: Phone, specialist: Phone, complexity: str
) -> None:
    with house.asking(supervisor) as sql:
        child = house.a_child(supervisor)
        refused = attempt(sql, INSERT, **case_of(child, specialist, complexity))
        assert refused == ("23514", "cases_complexity_check")
        assert attempt(sql, INSERT, **case_of(child, specialist, "low")) == 1


def test_two_who_both_see_the_last_room_do_not_both_get_it(
    house: House, supervisor: Phone, specialist: Phone
) -> None:
    """By bare SQL, where only the trigger stands between them."""
    first, second = house.a_child(supervisor), house.a_child(supervisor)

    def insert_second() -> str:
        with house.asking(supervisor) as sql:
            try:
                sql.execute(text(INSERT), case_of(second, specialist, "standard"))
                sql.commit()
            except IntegrityError as error:
                return error.orig.diag.constraint_name
        return "in"

    with house.meanwhile(insert_second) as meanwhile:
        meanwhile.run(INSERT, **case_of(first, specialist, "standard"))

    assert meanwhile.answer == "cases_keep_to_the_maximum"
    assert done(specialist.get("caseload"))["load"] == 12.0


def test_of_fifty_who_assign_at_once_exactly_as_many_get_through_as_fit(house: House, wide_app: Flask) -> None:
    wide = House(wide_app, house.owner)
    supervisor = wide.a_supervisor()
    specialist = wide.a_specialist(supervisor)
    children = [wide.a_child(supervisor) for _ in range(50)]

    def assign(child: dict[str, Any]) -> Any:
        form = {"child_id": child["id"], "specialist_id": str(specialist.account_id), "complexity": "standard"}
        return supervisor.post("cases", form)

    answers = at_once(*[lambda child=child: assign(child) for child in children])

    refused = [refusal_of(answer) for answer in answers if answer.status_code != 201]
    assert Counter(answer.status_code for answer in answers) == {201: 12, 409: 38}
    assert refused == [{"type": "caseload-full", "load": 12.0, "maximum": 12.0, "would_be": 13.0}] * 38
    assert done(specialist.get("caseload"))["load"] == 12.0
    assert house.sql("SELECT count(*) FROM responsibilities") == [{"count": 12}]
    assert house.sql("SELECT count(*) FROM children WHERE waiting") == [{"count": 38}]


def test_of_several_teams_that_take_the_same_child_at_once_one_gets_it(house: House, wide_app: Flask) -> None:
    wide = House(wide_app, house.owner)
    supervisors = [wide.a_supervisor() for _ in range(8)]
    specialists = [wide.a_specialist(supervisor) for supervisor in supervisors]
    child = wide.a_child(supervisors[0])

    def assign(number: int) -> int:
        form = {
            "child_id": child["id"],
            "specialist_id": str(specialists[number].account_id),
            "complexity": "standard",
        }
        return supervisors[number].post("cases", form).status_code

    statuses = at_once(*[lambda number=number: assign(number) for number in range(8)])

    # Whoever comes later finds a case, or no child at all any more.
    assert statuses.count(201) == 1
    assert set(statuses) <= {201, 404, 409}
    assert house.sql("SELECT count(*) FROM cases") == [{"count": 1}]


def test_raising_and_assigning_at_once_stay_within_the_maximum(house: House, wide_app: Flask) -> None:
    wide = House(wide_app, house.owner)
    supervisor = wide.a_supervisor()
    specialist = wide.a_specialist(supervisor)
    cases = [wide.a_case(supervisor, wide.a_child(supervisor), specialist) for _ in range(8)]
    children = [wide.a_child(supervisor) for _ in range(8)]

    def assign(child: dict[str, Any]) -> int:
        form = {"child_id": child["id"], "specialist_id": str(specialist.account_id), "complexity": "standard"}
        return supervisor.post("cases", form).status_code

    statuses = at_once(
        *[
            lambda case=case: supervisor.change(f"cases/{case['id']}", case, {"complexity": "crisis"}).status_code
            for case in cases
        ],
        *[lambda child=child: assign(child) for child in children],
    )

    assert sum(status < 300 for status in statuses) == 4
    assert set(statuses) <= {200, 201, 409}
    assert done(specialist.get("caseload"))["load"] == 12.0
