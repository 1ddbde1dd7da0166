"""The database's schema: brought up to date by ``bas db upgrade``, compared with what the code expects."""

import logging
import time
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.exc import OperationalError

log = logging.getLogger(__name__)
# Between two tries to reach a database that is away, in seconds.
_BREATH = 0.25

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


def version_once_there(url: str, *, wait_seconds: float) -> str | None:
    """``version_at`` a database that may be away for a moment, as it is while it restarts.

    Service managers start a machine's processes in any order, and one that ends because PostgreSQL was not quite
    there must be noticed and started again by somebody. Raises ``OperationalError`` when ``wait_seconds`` are over,
    and at once when the database answers and refuses (a wrong password, say): waiting would not mend that.
    """
    last_moment = time.monotonic() + wait_seconds
    warned = False
    while True:
        try:
            return version_at(url)
        except OperationalError as error:
            if not _is_away(error) or time.monotonic() >= last_moment:
                raise
        if not warned:
            log.warning("the database is away; waiting for it up to %d seconds", wait_seconds)
            warned = True
        time.sleep(_BREATH)


def _is_away(error: OperationalError) -> bool:
    """Whether nobody answered at the database's address, or a server that is only just starting or ending."""
    said = str(error.orig)
    # libpq tells no SQLSTATE of a refused connection; 57P03 and 57P01 are known by PostgreSQL's words only.
    return "FATAL:" not in said or "database system is" in said or "administrator command" in said
