"""The tables are what the models say, and the history that makes them is one straight line."""

import ast
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from bas_service import embedded, schema
from bas_service.database import db
from tests.the_house.sources import ROOT

VERSIONS = sorted((ROOT / "migrations" / "versions").glob("[0-9]*.py"))
# Models describe what the code reads and writes. Checks, exclusions, triggers, policies and grants are the
# database's own (house.md, 4th idea): they stand in the migrations only, and other tests try each of them.
ONLY_IN_MIGRATIONS = {"c", "x", "t"}


def test_the_tables_are_what_the_models_say(owner: sqlalchemy.Engine) -> None:
    with owner.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True, "include_schemas": False}
        )
        differences = compare_metadata(context, db.metadatas[None])

    assert differences == []


def test_what_the_models_leave_out_is_of_the_databases_own_kinds(owner: sqlalchemy.Engine) -> None:
    """Alembic compares no names: a constraint that a refusal stands for must be called the same in both."""
    with owner.connect() as connection:
        found = connection.execute(
            sqlalchemy.text(
                "SELECT conname, contype::text FROM pg_constraint"
                " WHERE connamespace = 'public'::regnamespace AND conrelid <> 'alembic_version'::regclass"
                # PostgreSQL 18 lists NOT NULL here too; the comparison above has looked at those.
                " AND contype <> 'n'"
            )
        ).all()
    modelled = {
        str(constraint.name)
        for table in db.metadatas[None].tables.values()
        for constraint in table.constraints
        if not isinstance(constraint, sqlalchemy.CheckConstraint)
    }

    assert {name for name, kind in found if kind not in ONLY_IN_MIGRATIONS} == modelled


def test_the_roles_of_the_application_own_nothing(owner: sqlalchemy.Engine) -> None:
    with owner.connect() as connection:
        owners = connection.execute(
            sqlalchemy.text(
                "SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            )
        ).scalars()

        assert list(owners) == ["bas_owner"]


def test_migrations_follow_one_another_in_the_order_of_their_numbers() -> None:
    chain = [(value_in(file, "revision"), value_in(file, "down_revision")) for file in VERSIONS]
    numbers = [file.name[:4] for file in VERSIONS]

    assert chain == list(zip(numbers, [None, *numbers], strict=False))
    assert numbers == [f"{number:04}" for number in range(1, len(VERSIONS) + 1)]


def test_each_migration_begins_with_a_sentence_that_says_what_it_makes() -> None:
    sentences = {file.name: ast.get_docstring(ast.parse(file.read_text())) or "" for file in VERSIONS}

    assert {name for name, said in sentences.items() if not re.match(r"[A-Z][^\n]{9,}\.", said)} == set()


def value_in(file: Path, name: str) -> str | None:
    """The constant that a migration gives to ``name``."""
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == name:
            value = ast.literal_eval(node.value)
            assert value is None or isinstance(value, str)
            return value
    raise AssertionError(f"{file.name} does not say its {name}")


@pytest.fixture
def empty() -> Iterator[str]:
    """The owner's URL of a database in which nothing has ever been."""
    folder = Path(tempfile.mkdtemp(prefix="bas-empty-"))
    folder.chmod(0o711)
    with embedded.hold(folder, options={"fsync": "off"}) as server:
        yield server.url("bas_owner")
    shutil.rmtree(folder, ignore_errors=True)


def test_the_whole_history_applies_to_an_empty_database_step_by_step(empty: str) -> None:
    passed = []
    for file in VERSIONS:
        schema.upgrade(empty, file.name[:4])
        passed.append(schema.version_at(empty))
    schema.upgrade(empty)

    assert passed == [file.name[:4] for file in VERSIONS]
    assert schema.version_at(empty) == schema.expected_version() == passed[-1]
