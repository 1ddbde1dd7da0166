"""The tests of access find what they are there to find: policies, gates and filters are really taken away here.

Each mutation is made in the running database or application, the table of routes or the row-level tests are asked
as they stand, and must fail; then everything is put back, and must pass.
"""

import itertools
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
import sqlalchemy
from flask import Flask, g
from sqlalchemy import text

from bas_service import embedded
from bas_service.access.gate import gate
from bas_service.access.page_gate import page
from bas_service.access.rules import Role
from bas_service.database import db
from tests.access import test_access_table as routes
from tests.access import test_row_level_security as row_level
from tests.access import test_rows_behind_a_link as behind_a_link
from tests.access.two_teams import ABOUT_A_CHILD, Scene
from tests.builders import House
from tests.referrals import test_seen_and_kept as referrals
from tests.snapshots import Untouched

# What is asked of the rows; the ones that write undo what they wrote.
OF_ROWS = [
    row_level.test_a_bare_select_gives_the_rows_of_the_children_in_sight_and_no_others,
    row_level.test_nothing_is_written_about_a_child_out_of_sight,
    row_level.test_a_bare_update_reaches_the_children_in_sight_and_no_others,
    behind_a_link.test_nobody_with_an_account_writes_what_the_holder_of_a_link_does,
    row_level.test_only_supervisors_and_coordinators_enter_children_who_wait_and_in_their_own_name,
    row_level.test_a_case_is_opened_by_the_team_that_sees_the_child_for_its_own_specialists,
    row_level.test_a_case_moves_within_the_team_and_by_its_supervisor_only,
]


def cases_of(test: Callable[..., None]) -> Iterator[dict[str, Any]]:
    """The values with which pytest would call a test."""
    marks = [mark.args for mark in getattr(test, "pytestmark", []) if mark.name == "parametrize"]
    for chosen in itertools.product(*(list(values) for _, values in marks)):
        given: dict[str, Any] = {}
        for (names, _), value in zip(marks, chosen, strict=True):
            several = isinstance(names, tuple | list)
            given |= dict(zip(names, value, strict=True)) if several else {names: value}
        yield given


def failing(found: Scene, table: str | None = None) -> str | None:
    """The first of the row-level tests that fails, of those about a table or of all."""
    for test in OF_ROWS:
        for values in cases_of(test):
            if table is None or values.get("table", table) == table:
                try:
                    test(found, **values)
                except AssertionError:
                    return f"{test.__name__} {values}"
    return None


POLICIES = """
    SELECT tablename AS table, policyname AS policy, qual, with_check FROM pg_policies
    WHERE schemaname = 'public' AND 'bas_app' = ANY (roles) AND tablename = ANY (:tables)
    ORDER BY tablename, policyname
"""


@contextmanager
def opened(owner: sqlalchemy.Engine, policy: Any) -> Iterator[None]:
    """A policy that lets everything through."""

    def alter(qual: str, check: str) -> None:
        using = f" USING ({qual})" if policy.qual else ""
        checking = f" WITH CHECK ({check})" if policy.with_check else ""
        with owner.begin() as connection:
            connection.execute(text(f"ALTER POLICY {policy.policy} ON {policy.table}{using}{checking}"))

    alter("true", "true")
    try:
        yield
    finally:
        alter(policy.qual, policy.with_check)


# Their rows belong to no child yet, so tests of their own ask about them: see the end of this file.
OF_REFERRALS = {"decided of referrals", "received of referrals"}


def test_a_policy_that_lets_everything_through_is_found(owner: sqlalchemy.Engine, scene: Scene) -> None:
    with owner.connect() as connection:
        before = connection.execute(text(POLICIES), {"tables": list(ABOUT_A_CHILD)}).all()
    assert {policy.table for policy in before} == set(ABOUT_A_CHILD)
    missed = []
    for policy in before:
        with opened(owner, policy):
            if failing(scene, policy.table) is None:
                missed.append(f"{policy.policy} of {policy.table}")

    assert set(missed) == OF_REFERRALS
    with owner.connect() as connection:
        assert connection.execute(text(POLICIES), {"tables": list(ABOUT_A_CHILD)}).all() == before
    assert failing(scene) is None


def test_row_level_security_switched_off_for_a_table_is_found(
    owner: sqlalchemy.Engine,
    scene: Scene,
) -> None:
    missed = []
    for table in ABOUT_A_CHILD:
        with owner.begin() as connection:
            connection.execute(text(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"))
        try:
            if failing(scene, table) is None:
                missed.append(table)
        finally:
            with owner.begin() as connection:
                connection.execute(text(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"))

    assert missed == []


# Each condition of the one view that answers who may see whom, by the place among those that read the same.
CONDITIONS = {
    "responsible: the case is open": (r"\(cases\.state = 'open'::text\)", 0),
    "responsible: it is one's own": (r"\(cases\.specialist_id = asking_account\(\)\)", 0),
    "team: it is one's own": (r"\(accounts\.supervisor_id = asking_account\(\)\)", 0),
    "team: the case is open": (r"\(cases\.state = 'open'::text\)", 1),
    "closed: the team is one's own": (r"\(accounts\.supervisor_id = asking_account\(\)\)", 1),
    "closed: no other case came later": (r"\(NOT \(EXISTS .*?\){6}", 0),
    "waiting: there is no case yet": (r"children\.waiting", 0),
    "waiting: one assigns": (r"\(\( SELECT asking_role.*?\]\)\)", 0),
    "emergency: it is one's own": (r"\(emergency_grants\.account_id = asking_account\(\)\)", 0),
    "emergency: the hours are not over": (r"\(emergency_grants\.until > now\(\)\)", 0),
    "substitute: it is oneself": (r"\(substitutions\.substitute_id = asking_account\(\)\)", 0),
    "substitute: nobody else was named instead": (r"\(substitutions\.removed_at IS NULL\)", 0),
    "substitute: the absence has not ended": (r"\(absences\.ended_at IS NULL\)", 0),
    "substitute: it has begun": (
        r"\(\(\(now\(\) AT TIME ZONE 'Europe/Riga'::text\)\)::date >= absences\.valid_from\)",
        0,
    ),
    "substitute: it is not over": (
        r"\(\(\(now\(\) AT TIME ZONE 'Europe/Riga'::text\)\)::date <= absences\.valid_until\)",
        0,
    ),
    "substitute: it is for this child": (r"\(\(substitutions\.child_id IS NULL\) OR \(.*?\)\)", 0),
    "substitute: the case is open": (r"\(cases\.state = 'open'::text\)", 2),
}


@contextmanager
def sight_without(owner: sqlalchemy.Engine, condition: str) -> Iterator[None]:
    """``child_in_sight`` without one of its conditions."""
    with owner.connect() as connection:
        definition = connection.execute(text("SELECT pg_get_viewdef('child_in_sight', false)")).scalar_one()
    pattern, place = CONDITIONS[condition]
    where = list(re.finditer(pattern, definition, re.DOTALL))[place]
    weaker = f"{definition[: where.start()]} true {definition[where.end() :]}"

    def become(meaning: str) -> None:
        with owner.begin() as connection:
            connection.exec_driver_sql(f"CREATE OR REPLACE VIEW child_in_sight WITH (security_barrier) AS {meaning}")

    become(weaker)
    try:
        yield
    finally:
        become(definition)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_sight_without_one_of_its_conditions_is_found(
    owner: sqlalchemy.Engine,
    scene: Scene,
    condition: str,
) -> None:
    assert failing(scene, "children") is None
    with sight_without(owner, condition):
        assert failing(scene, "children") is not None
    assert failing(scene, "children") is None


@contextmanager
def without_roles(app: Flask, endpoint: str) -> Iterator[None]:
    """A route whose gate lets every role pass."""
    view = app.view_functions[endpoint]
    opened_gate = page(*Role) if endpoint.startswith("web.") else gate()
    app.view_functions[endpoint] = opened_gate(view.__wrapped__)  # type: ignore[attr-defined]
    try:
        yield
    finally:
        app.view_functions[endpoint] = view


def endpoint_of(app: Flask, found: routes.Scene, method: str, path: str) -> str:
    return str(app.url_map.bind("").match(path.format(**found.ids).partition("?")[0], method)[0])


def test_a_gate_that_lets_every_role_pass_is_found(house: House, app: Flask) -> None:
    found = routes.a_scene(house)
    missed = []
    for method, path, form, expected in routes.TABLE:
        kept_out = [actor for actor, status in zip(routes.ACTORS, expected.split(), strict=True) if status == "403"]
        endpoint = endpoint_of(app, found, method, path)
        if len(app.view_functions[endpoint].gate) == len(Role):  # type: ignore[attr-defined]
            continue
        with without_roles(app, endpoint):
            if all(routes.ask(found, actor, method, path, form) == 403 for actor in kept_out):
                missed.append(f"{method} {path}")

    assert missed == []


def test_a_route_without_a_gate_is_found(house: House, app: Flask) -> None:
    found = routes.a_scene(house)
    missed = []
    for method, path, form, _ in routes.TABLE:
        endpoint = endpoint_of(app, found, method, path)
        view = app.view_functions[endpoint]

        def ungated(*args: Any, view: Any = view, **kwargs: Any) -> Any:
            # As if a careless route told row-level security itself who asks, by a name and no token.
            g.asking = None
            return view.__wrapped__(*args, **kwargs)

        app.view_functions[endpoint] = ungated
        try:
            if routes.ask(found, "nobody", method, path, form) == 401:
                missed.append(f"{method} {path}")
        finally:
            app.view_functions[endpoint] = view

    assert missed == []


@contextmanager
def statements_without(app: Flask, condition: str) -> Iterator[list[str]]:
    """The application's statements without a condition; gives those that had it."""
    with app.app_context():
        engine = db.engine
    changed: list[str] = []

    def weaken(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> tuple[str, Any]:
        weaker = re.sub(condition, "", statement)
        changed.extend([statement] if weaker != statement else [])
        return weaker, values

    sqlalchemy.event.listen(engine, "before_cursor_execute", weaken, retval=True)
    try:
        yield changed
    finally:
        sqlalchemy.event.remove(engine, "before_cursor_execute", weaken)


@pytest.mark.parametrize(
    ("condition", "method", "path"),
    [
        (r" AND a\.active", "GET", "/api/v1/me"),
        (r" AND \(id = \S+ OR supervisor_id = \S+\)", "GET", "/api/v1/specialists/{specialist}/caseload"),
    ],
)
def test_a_filter_taken_out_of_a_statement_is_found(
    house: House, app: Flask, server: embedded.Server, condition: str, method: str, path: str
) -> None:
    (row,) = [row for row in routes.TABLE if row[:2] == (method, path)]
    with Untouched(server, partial(routes.a_scene, house)) as untouched:
        with statements_without(app, condition) as changed, pytest.raises(AssertionError):
            routes.test_everybody_gets_what_the_table_says(untouched, *row)
        assert changed

        routes.test_everybody_gets_what_the_table_says(untouched, *row)


@pytest.mark.parametrize("name", sorted(OF_REFERRALS))
def test_a_policy_of_referrals_that_lets_everything_through_is_found(
    house: House, owner: sqlalchemy.Engine, name: str
) -> None:
    asked = referrals.test_the_database_lets_nobody_else_write_a_referral_or_in_somebody_elses_name
    with owner.connect() as connection:
        found = connection.execute(text(POLICIES), {"tables": ["referrals"]}).all()
    (policy,) = [one for one in found if f"{one.policy} of {one.table}" == name]
    with opened(owner, policy), pytest.raises(AssertionError):
        asked(house, house.a_supervisor())

    house.empty()
    asked(house, house.a_supervisor())
