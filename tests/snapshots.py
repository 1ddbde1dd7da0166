"""A filled house, put back as it was whenever a test needs it untouched: filling it anew takes a second each time."""

from types import TracebackType
from typing import Self

import psycopg

from bas_service import embedded

_TABLES = """
    SELECT c.relname, string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND c.relname <> 'alembic_version'
        AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    GROUP BY c.relname ORDER BY c.relname
"""


class Snapshot:
    """What is in all tables at this moment. It lies in temporary tables, on a connection of its own."""

    def __init__(self, server: embedded.Server) -> None:
        # The one who may let triggers and foreign keys rest: nothing happens, all is as it was.
        self._connection = psycopg.connect(server.conninfo("postgres"))
        # The kept rows' schema first would hide the tables themselves.
        self._connection.execute("SET search_path TO public, pg_temp")
        tables = self._connection.execute(_TABLES).fetchall()
        steps = ["SET LOCAL session_replication_role = replica", *(f"DELETE FROM {name}" for name, _ in tables)]
        for name, columns in tables:
            kept = self._connection.execute(f"CREATE TEMP TABLE kept_{name} AS SELECT {columns} FROM {name}")  # noqa: S608
            if kept.rowcount:
                into = f"INSERT INTO {name} ({columns}) OVERRIDING SYSTEM VALUE"
                steps.append(f"{into} SELECT {columns} FROM kept_{name}")  # noqa: S608
        self._connection.commit()
        self._putting_back = "; ".join(steps)

    def put_back(self) -> None:
        """Make all tables hold again what they held."""
        with self._connection.transaction():
            self._connection.execute(self._putting_back)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        self._connection.close()
