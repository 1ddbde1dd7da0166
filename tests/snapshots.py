"""A filled house, put back as it was whenever a test needs it untouched: filling it anew takes a second each time."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Generic, Self, TypeVar

import psycopg

from bas_service import embedded

_TABLES = """
    SELECT c.relname, string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND c.relname <> 'alembic_version'
        AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    GROUP BY c.relname ORDER BY c.relname
"""


Filling = TypeVar("Filling")


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

    def __exit__(self, *_error: object) -> None:
        self._connection.close()


class Untouched(Generic[Filling]):
    """A filled house for many tests: each finds it as it was before anybody did anything in it."""

    # Access tokens run out, and what was to be soon comes near.
    _KEEPS = 300.0

    def __init__(self, server: embedded.Server, fill: Callable[[], Filling]) -> None:
        self._server = server
        self._fill = fill
        self._open = ExitStack()
        self._kept: tuple[float, Filling, Snapshot] | None = None

    def again(self) -> Filling:
        """What was filled in, with the tables as they were right after."""
        if self._kept is not None and time.monotonic() - self._kept[0] < self._KEEPS:
            self._kept[2].put_back()
        else:
            self._open.close()
            filling = self._fill()
            self._kept = (time.monotonic(), filling, self._open.enter_context(Snapshot(self._server)))
        return self._kept[1]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._open.close()
