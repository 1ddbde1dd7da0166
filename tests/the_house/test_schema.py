"""The models are what the migrations make; the migrations are one line from the first to the last."""

import re
from pathlib import Path

import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask

import bas_service
from bas_service import schema
from bas_service.database import Base

VERSIONS = Path(bas_service.__file__).parent.parent / "migrations" / "versions"


def difference(owner: sqlalchemy.Engine) -> list[str]:
    with owner.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return [str(found) for found in compare_metadata(context, Base.metadata)]


def test_models_equal_migrations(app: Flask, owner: sqlalchemy.Engine) -> None:
    assert difference(owner) == []


def test_a_column_that_no_migration_makes_would_be_found(app: Flask, owner: sqlalchemy.Engine) -> None:
    table = Base.metadata.tables["children"]
    column = sqlalchemy.Column("nickname", sqlalchemy.Text)
    table.append_column(column)
    try:
        assert len(difference(owner)) == 1
    finally:
        table._columns.remove(column)


def test_each_migration_follows_the_one_before_and_says_what_it_is_for() -> None:
    before = None
    for file in sorted(VERSIONS.glob("0*.py")):
        text = file.read_text()
        assert re.match(r'"""[A-Z].+[.,]', text), file.name
        assert re.search(r'^revision = "(\d{4})"', text, re.MULTILINE)[1] == file.name[:4]
        assert re.search(r"^down_revision = (.+)$", text, re.MULTILINE)[1] == (f'"{before}"' if before else "None")
        before = file.name[:4]
    assert schema.expected_version() == before


def test_every_table_has_an_owner_that_is_not_the_application(app: Flask, owner: sqlalchemy.Engine) -> None:
    with owner.connect() as connection:
        owners = connection.execute(
            sqlalchemy.text("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'")
        ).scalars()
        assert list(owners) == ["bas_owner"]
