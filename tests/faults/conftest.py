"""A PostgreSQL of these tests' own, which may crash under them without disturbing anybody else's.

The fixtures have the names of those in the folder above and take their place here, all of them: one taken from
above would bring the other server with it.
"""

import os
import random
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from flask import Flask

from bas_service import DatabaseRole, create_app, embedded, schema
from bas_service.config import Gateway, Settings
from tests.builders import KEYS, House
from tests.faults.outbox import Outbox
from tests.faults.processes import a_free_port
from tests.faults.stand_in import TwilioStandIn
from tests.tables import EMPTYING, tell_at_any_hour


@pytest.fixture(scope="session")
def data_dir() -> Iterator[Path]:
    """A folder for the server that crashes."""
    folder = Path(tempfile.mkdtemp(prefix="bas-faults-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def server(data_dir: Path) -> Iterator[embedded.Server]:
    """What was committed is kept when this server crashes; only a power cut, which nobody makes, could lose it."""
    server = embedded.hold(data_dir, options={"fsync": "off", "full_page_writes": "off", "synchronous_commit": "on"})
    schema.upgrade(server.url("bas_owner"))
    tell_at_any_hour(server.url("bas_owner"), as_often_as_wanted=True)
    yield server
    server.release()


@pytest.fixture(scope="session")
def settings(server: embedded.Server, data_dir: Path) -> Settings:
    """Settings for processes on that server; intervals as short as they still make sense."""
    return Settings(
        database_url=server.url("bas_app"),
        worker_database_url=server.url("bas_worker"),
        owner_database_url=server.url("bas_owner"),
        data_dir=data_dir,
        secret_key="a key that only these tests sign with",
        keys=KEYS,
        gateway=Gateway.TWILIO,
        twilio_account_sid="AC" + "0" * 32,
        twilio_auth_token="stand-in-token",
        twilio_sender="BAS",
        public_url=f"http://127.0.0.1:{a_free_port()}",
        poll_seconds=0.2,
        send_timeout_seconds=1.0,
        send_lease_seconds=2.0,
        reconcile_seconds=(0.5, 2.0),
        # What is about that says so itself.
        texts_per_second=1000,
        once_more_seconds=0.2,
        log_level="WARNING",
    )


@pytest.fixture(scope="session")
def app(settings: Settings) -> Flask:
    """The application on that server, for requests without a web server."""
    return create_app(settings)


@pytest.fixture(scope="session")
def worker_app(settings: Settings) -> Flask:
    """The application as a worker runs it, on that server."""
    return create_app(settings, role=DatabaseRole.WORKER)


@pytest.fixture(scope="session")
def owner(server: embedded.Server) -> Iterator[sqlalchemy.Engine]:
    """The tables' owner; finds its way back after a crash."""
    engine = sqlalchemy.create_engine(server.url("bas_owner"), pool_pre_ping=True)
    yield engine
    engine.dispose()


@pytest.fixture
def house(app: Flask, owner: sqlalchemy.Engine) -> House:
    """An empty house on that server."""
    with owner.begin() as connection:
        connection.execute(sqlalchemy.text(EMPTYING))
    return House(app, owner)


@pytest.fixture
def outbox(house: House) -> Outbox:
    """The empty outbox of the empty house."""
    return Outbox(house.owner)


@pytest.fixture
def dice() -> random.Random:
    """Dice whose seed is printed; BAS_TEST_SEED throws them the same way again."""
    seed = os.environ.get("BAS_TEST_SEED") or str(secrets.randbelow(10**9))
    print(f"BAS_TEST_SEED={seed}")
    return random.Random(seed)


@pytest.fixture
def twilio() -> Iterator[TwilioStandIn]:
    """The stand-in for Twilio, on its best behaviour, its receipts switched off."""
    with TwilioStandIn(receipts=False) as twilio:
        yield twilio


@pytest.fixture
def settings_with(settings: Settings) -> Callable[..., Settings]:
    """Settings for a process that sends to this stand-in and differs in some values."""

    def make(twilio: TwilioStandIn, **values: Any) -> Settings:
        return replace(settings, twilio_api_url=twilio.url, **values)

    return make
