"""A trace that was kept with a row for each child goes on: its rows still verify, and are still shown."""

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy
from flask import Flask

from bas_service import DatabaseRole, create_app, embedded, schema
from bas_service.access.trace import breaks_in_the_chain, digest_of_heads, every_look_at
from bas_service.config import Settings
from bas_service.database import rows, transaction
from tests.the_house.sources import ROOT

SPECIALIST, CHILD, OTHER = (uuid.UUID(f"01900000-0000-7000-8000-{one:012}") for one in (1, 2, 3))
# The migration before the one that gave the trace its present shape.
(PRESENT,) = (ROOT / "migrations" / "versions").glob("*_one_look_row_per_request.py")
BEFORE = f"{int(PRESENT.name[:4]) - 1:04}"
LEAVE = "SELECT leave_trace(gen_random_uuid(), :did, false, 'r', :looked)"


@pytest.fixture(scope="module")
def owner_app(settings: Settings) -> Iterator[Flask]:
    """The owner's application on a database of its own, in which two rows were written in the shape of before."""
    folder = Path(tempfile.mkdtemp(prefix="bas-before-"))
    folder.chmod(0o711)
    with embedded.hold(folder, options={"fsync": "off"}) as server:
        urls = {
            "database_url": server.url("bas_app"),
            "worker_database_url": server.url("bas_worker"),
            "owner_database_url": server.url("bas_owner"),
        }
        schema.upgrade(server.url("bas_owner"), BEFORE)
        leave(server, "before", [CHILD, OTHER])
        schema.upgrade(server.url("bas_owner"))
        leave(server, "after", [CHILD, OTHER])
        leave(server, "without", [OTHER])
        yield create_app(replace(settings, **urls), role=DatabaseRole.OWNER)
    shutil.rmtree(folder, ignore_errors=True)


def leave(server: embedded.Server, did: str, looked: list[uuid.UUID]) -> None:
    engine = sqlalchemy.create_engine(server.url("bas_owner"))
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("SELECT set_config('bas.account_id', :id, true)"), {"id": str(SPECIALIST)})
        connection.execute(sqlalchemy.text(LEAVE), {"did": did, "looked": looked})
    engine.dispose()


def test_rows_of_both_shapes_are_one_chain(owner_app: Flask) -> None:
    with owner_app.app_context(), transaction():
        assert list(breaks_in_the_chain()) == []
        assert digest_of_heads()[0] == 4


@pytest.mark.parametrize(
    ("harm", "found"),
    [
        ("UPDATE trace SET because = 'team' WHERE seq = 1", [(1, "the row was changed or inserted")]),
        ("UPDATE trace SET child_id = account_id WHERE seq = 2", [(2, "the row was changed or inserted")]),
        ("UPDATE trace SET action = 'x' WHERE seq = 3", [(3, "the row was changed or inserted")]),
        ("DELETE FROM trace WHERE seq = 2", [(2, "the row was removed")]),
    ],
)
def test_harm_to_a_row_of_either_shape_is_named(owner_app: Flask, harm: str, found: list[tuple[int, str]]) -> None:
    with owner_app.app_context(), transaction() as session:
        session.execute(sqlalchemy.text(harm))
        assert [(one.seq, one.wrong) for one in breaks_in_the_chain()] == found
        session.rollback()
        session.begin()


def test_every_look_at_a_child_is_found_in_both(owner_app: Flask) -> None:
    with owner_app.app_context(), transaction():
        assert [(look["action"], look["because"]) for look in every_look_at(CHILD)] == [
            ("before", "ended"),
            ("after", "ended"),
        ]
        assert len(every_look_at(OTHER)) == 3


def test_the_supervisor_reads_both(owner_app: Flask) -> None:
    with owner_app.app_context(), transaction() as session:
        supervisor = uuid.uuid4()
        session.execute(
            sqlalchemy.text(
                "INSERT INTO accounts (id, email, name, role, language, password_hash, active, created_at,"
                " supervisor_id)"
                " VALUES (:boss, 'b', 'b', 'supervisor', 'lv', '', true, now(), NULL),"
                " (:one, 's', 's', 'specialist', 'lv', '', true, now(), :boss)"
            ),
            {"boss": supervisor, "one": SPECIALIST},
        )
        session.execute(
            sqlalchemy.text(
                "INSERT INTO children (id, given_name, family_name, sort_key, search_key, birth_date, municipality,"
                " language, waiting, version, created_at, created_by)"
                " VALUES (:child, 'x', 'x', 'x', 'x', now(), 'LV-RIX', 'lv', false, 1, now(), :boss)"
            ),
            {"child": CHILD, "boss": supervisor},
        )
        session.execute(
            sqlalchemy.text(
                "INSERT INTO cases (id, child_id, specialist_id, complexity, state, opened_at, version)"
                " VALUES (gen_random_uuid(), :child, :one, 'low', 'open', now(), 1)"
            ),
            {"child": CHILD, "one": SPECIALIST},
        )
        session.execute(sqlalchemy.text("SELECT set_config('bas.account_id', :id, true)"), {"id": str(supervisor)})
        found = rows("SELECT action, because FROM looks_at(:child, NULL, NULL, NULL, 10)", child=CHILD)
        assert [(look["action"], look["because"]) for look in found] == [("after", "ended"), ("before", "ended")]
        assert rows("SELECT * FROM looks_at(:child, NULL, NULL, NULL, 10)", child=OTHER) == []
        session.rollback()
        session.begin()
