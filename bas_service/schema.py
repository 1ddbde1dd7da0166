"""The database's schema: brought up to date by ``bas db upgrade``, compared with what the code expects."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import NullPool, create_engine, text

# In an installed wheel the migrations lie inside the package, in a checkout beside it.
_INSIDE, _BESIDE = Path(__file__).parent / "migrations", Path(__file__).parent.parent / "migrations"


def _configuration(url: str = "") -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", str(_INSIDE if _INSIDE.is_dir() else _BESIDE))
    # "%" begins an interpolation in Alembic's configuration, and a socket's path in a URL is full of them.
    configuration.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return configuration


def upgrade(owner_url: str, revision: str = "head") -> None:
    """Apply the missing migrations as the owner of the tables."""
    command.upgrade(_configuration(owner_url), revision)


def expected_version() -> str:
    """The newest migration that this code comes with."""
    return str(ScriptDirectory.from_config(_configuration()).get_current_head())


def is_behind(found: str | None) -> bool:
    """Whether a schema at ``found`` lacks migrations of this code.

    One that this code does not know is newer: migrations are made so that older code goes on working on them.
    """
    script = ScriptDirectory.from_config(_configuration())
    return found != script.get_current_head() and found in {None, *(one.revision for one in script.walk_revisions())}


def version_at(url: str) -> str | None:
    """The schema's version in the database, ``None`` when it was never set up."""
    engine = create_engine(url, poolclass=NullPool, connect_args={"connect_timeout": 5})
    try:
        with engine.connect() as connection:
            if connection.execute(text("SELECT to_regclass('alembic_version')")).scalar() is None:
                return None
            found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
            return None if found is None else str(found)
    finally:
        engine.dispose()
