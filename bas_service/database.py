"""The engine, the base of every model, ids, the one way to open a transaction, and who is asking in it."""

import os
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any, cast

import psycopg
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import DateTime, MetaData, Text, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Session, registry

from bas_service.sealing import opened

CONNECTION_OPTIONS = " ".join(
    f"-c {name}={value}"
    for name, value in {
        "timezone": "UTC",
        # A request that waits longer is better told "try again" than kept: phones give up at 30 s.
        "statement_timeout": "15s",
        "lock_timeout": "10s",
        "idle_in_transaction_session_timeout": "60s",
    }.items()
)


# Where a session keeps what it sent and has not waited for.
_UNDER_WAY = "commit under way"


class Base(DeclarativeBase):
    """The base of every model: aware times, texts without a length (limits belong to the shapes)."""

    registry = registry(
        metadata=MetaData(
            naming_convention={
                "pk": "%(table_name)s_pkey",
                "fk": "%(table_name)s_%(column_0_name)s_fkey",
                "uq": "%(table_name)s_%(column_0_N_name)s_key",
                "ix": "%(table_name)s_%(column_0_N_name)s_idx",
            }
        ),
        type_annotation_map={datetime: DateTime(timezone=True), str: Text()},
    )


db = SQLAlchemy(
    model_class=Base, disable_autonaming=True, session_options={"expire_on_commit": False, "autoflush": False}
)


def connect(app: Flask, *, url: str, pool: int) -> None:
    """Bind ``app`` to the database at ``url``, with at most ``pool`` connections in this process."""
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {
        "pool_size": pool,
        "max_overflow": 0,
        "pool_timeout": 10,
        # After PostgreSQL was restarted the pool is full of dead connections: each is tried before use.
        "pool_pre_ping": True,
        "connect_args": {"options": CONNECTION_OPTIONS, "connect_timeout": 5},
    }
    db.init_app(app)


class _Ids:
    """Makes ids that rise within a process also during one millisecond, as what they are made for came about."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._latest = (0, 0)

    def new(self) -> uuid.UUID:
        milliseconds = time.time_ns() // 1_000_000
        with self._lock:
            chance = int.from_bytes(os.urandom(9), "big")
            if milliseconds == self._latest[0]:
                # By a step of chance too: from one id nobody knows the next (RFC 9562, 6.2, method 2).
                chance = self._latest[1] + 1 + (chance >> 40)
            self._latest = (milliseconds, chance)
        # 72 bits and two of headroom, around the version and the variant.
        high, low = chance >> 62, chance & (1 << 62) - 1
        return uuid.UUID(int=milliseconds << 80 | 0x7 << 76 | high << 64 | 0x2 << 62 | low)


_ids = _Ids()


def new_id() -> uuid.UUID:
    """A UUIDv7 (RFC 9562): 48 bits of milliseconds, then chance that rises; new rows lie side by side in indexes."""
    return _ids.new()


@contextmanager
def transaction() -> Iterator[Session]:
    """The one transaction of a request, a command or a job item; committed here and nowhere else.

    Raises ``RuntimeError`` when one is open already: nobody below the edge opens its own.
    """
    session = db.session()
    if session.in_transaction():
        raise RuntimeError("a transaction is open already: only the edge opens one")
    # Begun here and not by its first statement: one that has asked nothing yet is open all the same.
    session.begin()
    try:
        yield session
        _wait_for_commit(session)
        session.commit()
    except BaseException:
        # What was sent before the error is over, too, and its own error no news any more.
        with suppress(DBAPIError):
            _wait_for_commit(session)
        session.rollback()
        raise
    finally:
        session.close()


def commit_with(statement: str, values: tuple[Any, ...]) -> None:
    """Send the transaction's last statement and its COMMIT on one way, without waiting: ``transaction()`` waits.

    Meanwhile the database works while the caller does what needs no database, as an answer's rendering: whoever
    asks it something after this gets no answer. ``values`` stand for ``%s``; what is returned, nobody sees.
    """
    session = db.session()
    session.flush()
    connection = session.connection()
    driver = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
    pipeline = driver.pipeline()
    pipeline.__enter__()
    session.info[_UNDER_WAY] = statement, driver, pipeline
    connection.exec_driver_sql(statement, values)
    with _errors_as_ever(session, statement):
        # The statement's own error may be back before COMMIT is even sent.
        driver.execute("COMMIT")


def _wait_for_commit(session: Session) -> None:
    """When ``commit_with`` has sent it; raises what SQLAlchemy's own commit would."""
    under_way = session.info.pop(_UNDER_WAY, None)
    if under_way is None:
        return
    statement, driver, pipeline = under_way
    try:
        with _errors_as_ever(session, statement):
            pipeline.__exit__(None, None, None)
    finally:
        if driver.pgconn.pipeline_status != psycopg.pq.PipelineStatus.OFF:
            # Broken, or interrupted while waiting: nobody else is to get this connection.
            session.invalidate()


@contextmanager
def _errors_as_ever(session: Session, statement: str) -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        dialect = session.get_bind().dialect
        raise DBAPIError.instance(
            statement, None, error, psycopg.Error, hide_parameters=True, dialect=dialect
        ) from error


def ask_as(account_id: uuid.UUID) -> None:
    """Tell row-level security for whom the rest of this transaction asks; forgotten at its end (D32)."""
    db.session.execute(text("SELECT set_config('bas.account_id', :id, true)"), {"id": str(account_id)})


def rows(statement: str, *, sealed: Mapping[str, str] | None = None, **values: Any) -> list[dict[str, Any]]:
    """Run a statement written in SQL inside the open transaction; each row as a dictionary.

    ``sealed`` names the members of a row that are to be opened, and the ``table.column`` each comes from.
    """
    found = [dict(row) for row in db.session.execute(text(statement), values).mappings()]
    for name, column in (sealed or {}).items():
        for row in found:
            row[name] = opened(row[name], column)
    return found
