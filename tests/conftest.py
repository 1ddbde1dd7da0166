"""A real PostgreSQL for each test process, an application on it, and an empty house before each test."""

import logging
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy
from argon2 import PasswordHasher
from flask import Flask

from bas_service import DatabaseRole, create_app, embedded, schema
from bas_service.access import passwords
from bas_service.config import Settings
from tests.builders import KEYS, House
from tests.conformity import conformity, judge_every_answer
from tests.tables import tell_at_any_hour

# Nothing of the developer's own environment reaches the tests.
for name in [name for name in os.environ if name.startswith("BAS_") and not name.startswith("BAS_TEST_")]:
    del os.environ[name]

# A test's passwords need not withstand anybody.
passwords.hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)

judge_every_answer()


@pytest.fixture(autouse=True)
def every_answer_fits_the_specification() -> Iterator[None]:
    """Whatever was answered during the test, on whatever thread, fits the specification."""
    conformity.taken()
    yield
    assert conformity.taken() == []


# What no log line may hold: the tests' invented family name, numbers, addresses, tokens, links, sealed contents.
UNSPEAKABLE = re.compile(
    r"Izdom|\+371200|@example\.lv|eyJ[A-Za-z0-9_-]{10}|long enough password|Br[īi]v[īi]bas iela|/l/\w{22}"
)


# Few tests, minutes long: begun last, they would leave all processors but one idle at the end.
LONG = ("tests/the_house/test_contract.py", "tests/faults/")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the tests that take longest."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))


class _Listening(logging.Handler):
    """Hears every log line of the whole run, as the terminal would show it."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        line = logging.Formatter("%(name)s %(message)s").format(record)
        if record.name.startswith(("bas_service", "twilio", "sqlalchemy", "werkzeug", "apscheduler")):
            self.heard += [line] if UNSPEAKABLE.search(line) else []


LISTENING = _Listening()
logging.getLogger().addHandler(LISTENING)


@pytest.fixture(autouse=True)
def no_log_line_names_anybody() -> Iterator[None]:
    """Whatever was logged during the test names no person, number, address, password or token (D23)."""
    LISTENING.heard.clear()
    yield
    assert LISTENING.heard == []


@pytest.fixture(autouse=True)
def any_day_at_any_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that plans for tomorrow says the same on any day; test_warnings leaves the calendar as it is."""
    monkeypatch.setattr("bas_service.meetings.warning_rules.calendar_warnings", lambda *_times: [])
    monkeypatch.setattr("bas_service.meetings.public_holidays.is_public_holiday", lambda _day: False)


@pytest.fixture(autouse=True)
def tomorrow_has_come(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test plans for tomorrow and starts at once, as if the day had come; test_starting leaves the bound."""
    monkeypatch.setattr("bas_service.meetings.rules.EARLIEST_START", timedelta(days=400))


@pytest.fixture(scope="session")
def data_dir() -> Iterator[Path]:
    """A folder that the database's system account can reach, gone at the end."""
    folder = Path(tempfile.mkdtemp(prefix="bas-tests-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def server(data_dir: Path) -> Iterator[embedded.Server]:
    """The embedded PostgreSQL with the whole schema; it need not survive a power cut."""
    server = embedded.hold(data_dir, options={"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"})
    schema.upgrade(server.url("bas_owner"))
    tell_at_any_hour(server.url("bas_owner"))
    yield server
    server.release()


@pytest.fixture(scope="session")
def settings(server: embedded.Server, data_dir: Path) -> Settings:
    """Settings for an application on the test database; intervals short enough to wait for."""
    return Settings(
        database_url=server.url("bas_app"),
        worker_database_url=server.url("bas_worker"),
        owner_database_url=server.url("bas_owner"),
        data_dir=data_dir,
        secret_key="a key that only these tests sign with",
        keys=KEYS,
        database_pool=20,
        twilio_account_sid="AC" + "0" * 32,
        twilio_auth_token="stand-in-token",
        twilio_sender="BAS",
        poll_seconds=0.5,
        # What is about that says so itself.
        texts_per_second=1000,
        once_more_seconds=0.2,
        log_level="WARNING",
    )


@pytest.fixture(scope="session")
def app(settings: Settings) -> Flask:
    """The application as the web server runs it."""
    return create_app(settings)


@pytest.fixture(scope="session")
def worker_app(settings: Settings) -> Flask:
    """The application as a worker runs it."""
    return create_app(settings, role=DatabaseRole.WORKER)


@pytest.fixture(scope="session")
def owner_app(settings: Settings) -> Flask:
    """The application as a command of the tables' owner runs it."""
    return create_app(settings, role=DatabaseRole.OWNER)


@pytest.fixture(scope="session")
def owner(server: embedded.Server) -> Iterator[sqlalchemy.Engine]:
    """The tables' owner, for whom row-level security does not count."""
    engine = sqlalchemy.create_engine(server.url("bas_owner"))
    yield engine
    engine.dispose()


@pytest.fixture
def house(app: Flask, owner: sqlalchemy.Engine) -> House:
    """An empty house, with everything to fill it."""
    house = House(app, owner)
    house.empty()
    return house


@pytest.fixture
def other_settings(settings: Settings):
    """Make settings that differ in some values."""
    return lambda **values: replace(settings, **values)
