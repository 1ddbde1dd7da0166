"""Who may see which child, shown by bare SELECTs: a forgotten WHERE leaks nothing (D32)."""

import uuid

import pytest
import sqlalchemy
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from tests.access.two_teams import ABOUT_A_CHILD, ABOUT_NO_CHILD, DENIED, NEW_ROWS, SIGHT, Scene

TABLES = """
    SELECT c.relname AS name, c.relrowsecurity AS secured,
        c.relname NOT IN ('emergency_grants', 'substitutions', 'trace')
            AND array_agg(a.attname::text) && ARRAY['child_id', 'subject_id']
            OR c.relname = 'children' AS about_a_child,
        (SELECT coalesce(bool_and(pg_get_expr(p.polqual, c.oid) LIKE '%child_in_sight%'), true) FROM pg_policy p
         WHERE p.polrelid = c.oid AND p.polcmd <> 'a' AND 'bas_app'::regrole = ANY(p.polroles)) AS by_sight
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') GROUP BY c.oid
"""


def open_tables(connection: sqlalchemy.Connection) -> list[str]:
    """Tables about a child in which row-level security does not ask who may see that child."""
    found = connection.execute(text(TABLES)).mappings()
    return sorted(row["name"] for row in found if row["about_a_child"] and not (row["secured"] and row["by_sight"]))


def test_every_table_is_known_here_and_the_ones_about_a_child_are_secured(owner: sqlalchemy.Engine) -> None:
    with owner.connect() as connection:
        found = list(connection.execute(text(TABLES)).mappings())
        assert open_tables(connection) == []
    assert {row["name"] for row in found if row["about_a_child"]} == set(ABOUT_A_CHILD)
    assert {row["name"] for row in found if not row["about_a_child"]} == ABOUT_NO_CHILD


@pytest.mark.parametrize(
    "mistake",
    [
        "CREATE TABLE diaries (id uuid, child_id uuid)",
        "CREATE TABLE diaries (id uuid, subject_id uuid)",
        "CREATE TABLE diaries (id uuid, child_id uuid); ALTER TABLE diaries ENABLE ROW LEVEL SECURITY;"
        " CREATE POLICY all_of_it ON diaries TO bas_app USING (true)",
    ],
)
def test_a_new_table_about_a_child_without_a_policy_would_be_found(owner: sqlalchemy.Engine, mistake: str) -> None:
    with owner.connect() as connection:
        connection.execute(text(mistake))
        assert open_tables(connection) == ["diaries"]
        connection.execute(text("DROP TABLE diaries"))
        assert open_tables(connection) == []
        connection.rollback()


def test_a_policy_dropped_or_switched_off_would_be_found(owner: sqlalchemy.Engine) -> None:
    with owner.connect() as connection:
        connection.execute(text("ALTER TABLE consents DISABLE ROW LEVEL SECURITY"))
        assert open_tables(connection) == ["consents"]
        connection.rollback()
        assert open_tables(connection) == []
        connection.rollback()


def test_no_view_but_the_one_that_answers_who_may_see_whom_goes_around_the_policies(scene: Scene) -> None:
    views = scene.house.sql(
        "SELECT relname, coalesce(reloptions, '{}') @> '{security_invoker=true}' AS as_the_asker FROM pg_class"
        " WHERE relkind = 'v' AND relnamespace = 'public'::regnamespace ORDER BY relname"
    )
    assert [(row["relname"], row["as_the_asker"]) for row in views] == [
        ("child_in_sight", False),
        ("meeting_told", True),
        ("written_otherwise", True),
    ]
    names = {uuid.UUID(child["id"]): name for name, child in scene.children.items()}
    for who, sight in SIGHT.items():
        with scene.house.asking(scene.people[who]) as connection:
            found = [names[one] for one in connection.execute(text("SELECT child_id FROM child_in_sight")).scalars()]
        assert sorted(found) == sorted(sight)


@pytest.mark.parametrize("table", ABOUT_A_CHILD)
@pytest.mark.parametrize("who", SIGHT)
def test_a_bare_select_gives_the_rows_of_the_children_in_sight_and_no_others(
    scene: Scene, who: str, table: str
) -> None:
    all_rows = scene.all_rows(table)
    assert {"Anna", "Berta", "Carlo"} <= set(all_rows)

    assert scene.rows_seen(who, table) == [name for name in all_rows if name in SIGHT[who]]


def test_remembered_answers_are_seen_by_whoever_they_were_given_to(scene: Scene) -> None:
    for who in ("north", "south"):
        phone = scene.people[who]
        assert phone is not None
        key = f"key of {who}"
        with scene.house.asking(phone) as connection:
            insert = "INSERT INTO answered_requests VALUES (:account, :key, 'x', 200, 'a body', NULL, now())"
            connection.execute(text(insert), {"account": phone.account_id, "key": key})
            connection.commit()
    for who in SIGHT:
        with scene.house.asking(scene.people[who]) as connection:
            found = list(connection.execute(text("SELECT key FROM answered_requests")).scalars())
        assert found == ([f"key of {who}"] if who in {"north", "south"} else [])
    south = scene.people["south"].account_id
    insert = "INSERT INTO answered_requests VALUES (:account, 'stolen', 'x', 200, 'a body', NULL, now())"
    assert scene.try_as("north", insert, account=south) == DENIED
    assert scene.try_as("north", "UPDATE answered_requests SET body = 'other' WHERE account_id = :id", id=south) == 0
    assert scene.try_as("south", "UPDATE answered_requests SET body = 'other' WHERE account_id = :id", id=south) == 1


@pytest.mark.parametrize("table", NEW_ROWS)
@pytest.mark.parametrize(
    ("who", "own", "other"),
    [
        ("ilze", "Anna", "Berta"),
        ("pauls", "Carlo", "Dace"),
        ("north", "Berta", "Carlo"),
        ("south", "Carlo", "Anna"),
        ("coordinator", "Dace", "Anna"),
        ("administrator", None, "Dace"),
        ("nobody", None, "Dace"),
    ],
)
def test_nothing_is_written_about_a_child_out_of_sight(
    scene: Scene, table: str, who: str, own: str | None, other: str
) -> None:
    assert scene.try_as(who, NEW_ROWS[table], child=scene.id_of(other)) == DENIED
    if own:
        # Row-level security lets it through; a row that refers to nothing fails at the references, if at all.
        assert scene.try_as(who, NEW_ROWS[table], child=scene.id_of(own)) in {1, "23503"}


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("children", "given_name = 'Somebody'"),
        ("representatives", "phone = '+37120000199'"),
        ("consents", "withdrawn_at = now()"),
        ("links", "withdrawn_at = now()"),
        ("cases", "outcome = 'changed'"),
        ("responsibilities", "until = now()"),
        ("duties", "note = 'changed'"),
        ("case_closings", "reopen_reason = 'changed'"),
        # Of what is over nothing else may change.
        ("meetings", "version = version + 1"),
        ("appointments", "note = 'changed'"),
        ("series", "note = 'changed'"),
        ("messages", "state = 'withdrawn'"),
        ("replies", "read_at = now(), read_by = asking_account()"),
        ("consent_requests", "version = 7"),
        ("partner_work", "note = 'changed'"),
    ],
)
def test_a_bare_update_reaches_the_children_in_sight_and_no_others(scene: Scene, table: str, change: str) -> None:
    for who in SIGHT:
        seen = len(scene.rows_seen(who, table))
        expected: str | int = seen
        if table == "cases" and who in {"ilze", "jānis", "pauls", "south"}:
            # A case is its supervisor's to change; an earlier one of Fricis was the northern team's.
            expected = DENIED
        if table == "cases" and who in {"zane", "rita"}:
            # Whoever helps out sees it.
            expected = 0
        if table == "partner_work":
            # The hours are of whoever worked them, and nobody else's to change.
            own = "SELECT child_id FROM partner_work WHERE specialist_id = CAST(:id AS uuid)"
            phone = scene.people[who]
            worked = scene.house.sql(own, id=phone.account_id if phone else None)
            expected = len({str(row["child_id"]) for row in worked} & {scene.id_of(name) for name in SIGHT[who]})
        assert scene.try_as(who, f"UPDATE {table} SET {change}") == expected, who


NEW_CHILD = """
    INSERT INTO children (id, given_name, family_name, sort_key, search_key, birth_date, municipality, language,
        waiting, version, created_at, created_by)
    VALUES (gen_random_uuid(), 'x', 'x', 'x', 'x', now(), 'LV-RIX', 'lv', :waiting, 1, now(), :by)
"""


def test_only_supervisors_and_coordinators_enter_children_who_wait_and_in_their_own_name(scene: Scene) -> None:
    def enter(who: str, *, waiting: bool = True, by: str | None = None) -> str | int:
        account = scene.people[by or who]
        return scene.try_as(who, NEW_CHILD, waiting=waiting, by=account.account_id if account else None)

    for who in ("north", "south", "coordinator"):
        assert enter(who) == 1
        assert enter(who, waiting=False) == DENIED
        assert enter(who, by="administrator") == DENIED
    for who in ("ilze", "administrator", "unknown", "nobody"):
        assert enter(who) == DENIED


NEW_CASE = """
    INSERT INTO cases (id, child_id, specialist_id, complexity, state, opened_at, version)
    VALUES (gen_random_uuid(), :child, :specialist, 'low', 'open', now(), 1)
"""


@pytest.mark.parametrize(
    ("who", "child", "specialist", "outcome"),
    [
        ("south", "Dace", "pauls", 1),
        ("north", "Dace", "ilze", 1),
        ("north", "Elza", "ilze", 1),
        ("south", "Elza", "pauls", DENIED),
        ("south", "Dace", "ilze", DENIED),
        ("south", "Dace", "south", DENIED),
        ("south", "Dace", "administrator", DENIED),
        ("coordinator", "Dace", "pauls", DENIED),
        ("pauls", "Dace", "pauls", DENIED),
        ("administrator", "Dace", "pauls", DENIED),
        ("nobody", "Dace", "pauls", DENIED),
        # In sight, but with a case: refused by the one-case index.
        ("south", "Carlo", "pauls", "23505"),
        ("north", "Carlo", "ilze", DENIED),
    ],
)
def test_a_case_is_opened_by_the_team_that_sees_the_child_for_its_own_specialists(
    scene: Scene, who: str, child: str, specialist: str, outcome: str | int
) -> None:
    values = {"child": scene.id_of(child), "specialist": scene.people[specialist].account_id}

    assert scene.try_as(who, NEW_CASE, **values) == outcome


@pytest.mark.parametrize(
    ("who", "to", "outcome"),
    [
        ("north", "jānis", 1),
        ("north", "pauls", DENIED),
        ("north", "north", DENIED),
        ("ilze", "jānis", DENIED),
        ("ilze", "ilze", DENIED),
        ("jānis", "jānis", 0),
        ("south", "pauls", 0),
        ("coordinator", "jānis", 0),
        ("nobody", "jānis", 0),
    ],
)
def test_a_case_moves_within_the_team_and_by_its_supervisor_only(
    scene: Scene, who: str, to: str, outcome: str | int
) -> None:
    move = "UPDATE cases SET specialist_id = :to WHERE child_id = :child AND state = 'open'"

    assert scene.try_as(who, move, to=scene.people[to].account_id, child=scene.id_of("Anna")) == outcome


def test_who_asked_is_forgotten_with_the_transaction(scene: Scene) -> None:
    with scene.house.asking(scene.people["north"]) as connection:
        assert connection.execute(text("SELECT count(*) FROM children")).scalar() == 4
        connection.commit()
        assert connection.execute(text("SELECT count(*) FROM children")).scalar() == 0


@pytest.mark.parametrize("account", ["", "not a uuid", "00000000-0000-0000-0000-000000000000"])
def test_a_spoilt_account_id_sees_nothing(scene: Scene, account: str) -> None:
    with scene.house.asking(None) as connection:
        connection.execute(text("SELECT set_config('bas.account_id', :id, true)"), {"id": account})
        try:
            seen = connection.execute(text("SELECT count(*) FROM children")).scalar()
        except SQLAlchemyError as error:
            seen = error.orig.sqlstate
    assert seen == ("22P02" if account == "not a uuid" else 0)
