"""One transaction at a time, whole or not at all; who asks is forgotten with it; ids rise with time."""

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime

import psycopg
import pytest
from flask import Flask
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError, ResourceClosedError

from bas_service import create_app
from bas_service.access.models import DeviceSession
from bas_service.config import Settings
from bas_service.database import ask_as, commit_with, db, new_id, rows, transaction
from tests.builders import House
from tests.callers import Phone, at_once


@pytest.fixture
def context(app: Flask) -> Iterator[None]:
    """Within the application, outside any request."""
    with app.app_context():
        yield


@pytest.fixture
def supervisor(house: House) -> Phone:
    """Somebody whose device can be renamed."""
    return house.a_supervisor()


def renamed(name: str) -> None:
    db.session.execute(db.update(DeviceSession).values(device_name=name))


def names(house: House) -> list[str]:
    return [row["device_name"] for row in house.sql("SELECT device_name FROM device_sessions")]


def test_what_was_written_is_there_for_others_at_the_end_and_not_before(
    house: House, supervisor: Phone, context: None
) -> None:
    with transaction():
        ask_as(supervisor.account_id)
        renamed("new")
        assert names(house) == ["a test's phone"]
    assert names(house) == ["new"]


def undone(supervisor: Phone, break_it: Callable[[], object]) -> None:
    """Write in a transaction that then breaks."""
    with transaction():
        ask_as(supervisor.account_id)
        renamed("new")
        break_it()


def raising(error: type[BaseException]) -> Callable[[], object]:
    def break_it() -> None:
        raise error("in the middle")

    return break_it


def a_device_of_nobody() -> None:
    # Unflushed, so that only the commit itself finds out.
    session = DeviceSession(id=new_id(), account_id=uuid.uuid4(), device_id="x", device_name="x", platform="x")
    db.session.add(session)


@pytest.mark.parametrize(
    ("break_it", "error"),
    [
        (raising(ValueError), ValueError),
        (raising(KeyboardInterrupt), KeyboardInterrupt),
        (raising(SystemExit), SystemExit),
        (lambda: rows("SELECT 1 / 0"), DataError),
        (a_device_of_nobody, DBAPIError),
    ],
)
def test_an_error_undoes_everything_goes_on_and_leaves_nothing_open(
    house: House, supervisor: Phone, context: None, break_it: Callable[[], object], error: type[BaseException]
) -> None:
    with pytest.raises(error):
        undone(supervisor, break_it)

    assert names(house) == ["a test's phone"]
    undone(supervisor, lambda: None)
    assert names(house) == ["new"]


@pytest.mark.parametrize("asked_before", [True, False])
def test_nobody_opens_a_transaction_within_one(
    house: House, supervisor: Phone, context: None, asked_before: bool
) -> None:
    # Committed from within, the first half would stay when the second fails.
    with transaction():
        ask_as(supervisor.account_id) if asked_before else None
        with pytest.raises(RuntimeError, match="^a transaction is open already: only the edge opens one$"):
            with transaction():
                pytest.fail("it was opened")
        ask_as(supervisor.account_id)
        renamed("new")
    # The outer one did not suffer, and after it there may be another.
    assert names(house) == ["new"]
    with transaction():
        assert rows("SELECT 1 AS one") == [{"one": 1}]


RENAME = "UPDATE device_sessions SET device_name = %s"


def test_a_last_statement_is_sent_with_the_commit_and_its_end_waited_for(
    house: House, supervisor: Phone, context: None
) -> None:
    with transaction():
        rows("SELECT 1")
        commit_with(RENAME, ("new",))
    assert names(house) == ["new"]

    with transaction():
        # What the session still held back goes before.
        db.session.scalars(db.select(DeviceSession)).one().platform = "flushed"
        commit_with(RENAME, ("newer",))
    assert house.sql("SELECT device_name, platform FROM device_sessions") == [
        {"device_name": "newer", "platform": "flushed"}
    ]


@pytest.mark.parametrize(
    ("statement", "error"),
    [
        ("UPDATE device_sessions SET device_name = %s || (1 / 0)::text", DataError),
        ("UPDATE device_sessions SET account_id = gen_random_uuid(), device_name = %s", IntegrityError),
        ("SELECT pg_terminate_backend(pg_backend_pid()), %s::text", OperationalError),
    ],
)
def test_a_last_statement_that_fails_undoes_everything_with_the_error_any_other_has(
    house: House, supervisor: Phone, context: None, statement: str, error: type[BaseException]
) -> None:
    # Many times: the error may be back at once, or when it is waited for.
    for _ in range(20):
        with pytest.raises(error):
            undone(supervisor, lambda: commit_with(statement, ("new",)))

    assert names(house) == ["a test's phone"]
    with transaction():
        renamed("afterwards")
    assert names(house) == ["afterwards"]


def test_who_asks_after_the_commit_was_sent_gets_no_answer_and_not_a_wrong_one(
    house: House, supervisor: Phone, context: None
) -> None:
    with transaction():
        rows("SELECT 1")
        commit_with(RENAME, ("new",))
        with pytest.raises(ResourceClosedError):
            rows("SELECT id FROM device_sessions")
        with pytest.raises(ResourceClosedError):
            db.session.scalars(db.select(DeviceSession)).all()
    assert names(house) == ["new"]
    with transaction():
        assert rows("SELECT 1 AS one") == [{"one": 1}]


def test_whoever_is_interrupted_while_waiting_leaves_no_connection_behind_that_answers_somebody_else(
    house: House, supervisor: Phone, context: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(psycopg.Pipeline, "__exit__", interrupted)
        with pytest.raises(KeyboardInterrupt):
            undone(supervisor, lambda: commit_with("SELECT pg_sleep(%s)", (0.2,)))

    with transaction():
        assert rows("SELECT 1 AS one") == [{"one": 1}]


def test_an_error_after_the_commit_was_sent_leaves_nothing_open(
    house: House, supervisor: Phone, context: None
) -> None:
    def break_it() -> None:
        commit_with(RENAME, ("newer",))
        raise ValueError("rendering")

    with pytest.raises(ValueError, match="rendering"):
        undone(supervisor, break_it)

    assert names(house) == ["newer"]
    with transaction():
        assert rows("SELECT 1 AS one") == [{"one": 1}]


def test_transactions_of_different_contexts_do_not_know_each_other(app: Flask, house: House) -> None:
    with app.app_context(), transaction():
        first = rows("SELECT pg_backend_pid() AS id")
        with app.app_context(), transaction():
            assert rows("SELECT pg_backend_pid() AS id") != first


def test_who_asks_is_forgotten_at_the_end_of_the_transaction(
    house: House, supervisor: Phone, other_settings: Callable[..., Settings]
) -> None:
    child = house.a_child(supervisor)
    seen = "SELECT id::text FROM children"
    nobody = [{"who": None, "children": 0}]
    asking = "SELECT asking_account() AS who, (SELECT count(*) FROM children) AS children"

    # With a single connection the next transaction is on the very same one.
    with create_app(other_settings(database_pool=1)).app_context():
        for break_it in (lambda: None, raising(ValueError)):
            with suppress(ValueError), transaction():
                assert rows(asking) == nobody
                ask_as(supervisor.account_id)
                assert rows(asking) == [{"who": supervisor.account_id, "children": 1}]
                assert rows(seen) == [{"id": child["id"]}]
                break_it()
            with transaction():
                assert rows(asking) == nobody


def test_every_connection_speaks_utc_and_waits_for_nobody_for_ever(house: House, context: None) -> None:
    names = ("TimeZone", "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")

    with transaction():
        found = {name: rows(f"SHOW {name}")[0][name] for name in names}

    assert found == dict(zip(names, ("UTC", "15s", "10s", "1min"), strict=True))


def test_an_id_is_a_uuid_of_version_7_that_tells_its_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    before = time.time_ns() // 1_000_000
    ids = [new_id() for _ in range(1000)]
    after = time.time_ns() // 1_000_000

    assert {(one.version, one.variant) for one in ids} == {(7, uuid.RFC_4122)}
    assert all(before <= one.int >> 80 <= after for one in ids)
    assert len(set(ids)) == 1000
    moment = datetime(2026, 3, 2, 13, 0, tzinfo=UTC)
    monkeypatch.setattr(time, "time_ns", lambda: int(moment.timestamp()) * 1_000_000_000 + 123_999_999)
    # Milliseconds since 1970 in base 16, then the version.
    assert str(new_id()).startswith("019caea2-54fb-7")


def test_ids_rise_from_one_millisecond_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter(range(1_772_456_400_000, 1_772_456_401_000))
    monkeypatch.setattr(time, "time_ns", lambda: next(moments) * 1_000_000)

    ids = [new_id() for _ in range(1000)]

    assert ids == sorted(ids)
    assert [str(one) for one in ids] == sorted(map(str, ids))


def test_ids_of_one_millisecond_rise_whoever_asks_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: 1_772_456_400_000_000_000)

    by_thread = at_once(*[lambda: [new_id() for _ in range(500)] for _ in range(8)])

    assert all(ids == sorted(ids) for ids in by_thread)
    everybodys = {one for ids in by_thread for one in ids}
    assert len(everybodys) == 4000
    assert {(one.version, one.variant, one.int >> 80) for one in everybodys} == {
        (7, uuid.RFC_4122, 1_772_456_400_000)
    }
