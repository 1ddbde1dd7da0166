"""What every benchmark needs: a database, people, Twilio's stand-in, server and worker as processes of their own.

Run a benchmark by hand, on a machine that does nothing else: python tests/benchmarks/telling.py
"""

import statistics
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]
# So that a benchmark runs from anywhere, and the processes it starts find the same code.
sys.path.insert(0, str(PROJECT))

import psycopg  # noqa: E402
import sqlalchemy  # noqa: E402

from bas_service import create_app, embedded, schema  # noqa: E402
from bas_service.config import Gateway, Settings  # noqa: E402
from tests.builders import KEYS, House  # noqa: E402
from tests.callers import Phone  # noqa: E402
from tests.faults.outbox import Outbox  # noqa: E402
from tests.faults.processes import Command, a_free_port, a_web_server, a_worker  # noqa: E402
from tests.faults.stand_in import TwilioStandIn  # noqa: E402
from tests.tables import tell_at_any_hour  # noqa: E402


@dataclass
class Stage:
    """The parts; processes started here end with it."""

    settings: Settings
    server: embedded.Server
    house: House
    outbox: Outbox
    twilio: TwilioStandIn
    folder: Path
    _running: ExitStack

    def a_worker(self) -> Command:
        """Start `bas worker`."""
        return self._running.enter_context(a_worker(self.settings, self.folder / "worker.log"))

    def a_web_server(self) -> Command:
        """Start `bas serve`."""
        return self._running.enter_context(a_web_server(self.settings, self.folder / "server.log"))

    def a_team(self, *, children: int) -> tuple[Phone, list[dict[str, Any]]]:
        """A specialist with so many families, each with a number of its own."""
        supervisor = self.house.a_supervisor()
        specialist = self.house.a_specialist(supervisor)
        return specialist, [self.house.a_family(supervisor, specialist) for _ in range(children)]


@contextmanager
def a_stage(**values: Any) -> Iterator[Stage]:
    """Set the stage: PostgreSQL as safe as in production, and with the moment of each commit on record."""
    with tempfile.TemporaryDirectory(prefix="bas-bench-") as name, ExitStack() as running:
        folder = Path(name)
        folder.chmod(0o711)
        server = running.enter_context(embedded.hold(folder, options={"track_commit_timestamp": "on"}))
        schema.upgrade(server.url("bas_owner"))
        tell_at_any_hour(server.url("bas_owner"), as_often_as_wanted=True)
        twilio = running.enter_context(TwilioStandIn(receipts=False))
        settings = Settings(
            **{
                "database_url": server.url("bas_app"),
                "worker_database_url": server.url("bas_worker"),
                "owner_database_url": server.url("bas_owner"),
                "data_dir": folder,
                "secret_key": "a key that only benchmarks sign with",
                "keys": KEYS,
                "gateway": Gateway.TWILIO,
                "twilio_account_sid": twilio.account_sid,
                "twilio_auth_token": twilio.auth_token,
                "twilio_sender": "BAS",
                # What our own code can do is looked for, not what the provider lets through.
                "texts_per_second": 1000,
                "twilio_api_url": twilio.url,
                "public_url": f"http://127.0.0.1:{a_free_port()}",
                "log_level": "WARNING",
            }
            | values
        )
        # Finds its way back after a restart.
        owner = sqlalchemy.create_engine(server.url("bas_owner"), pool_pre_ping=True)
        running.callback(owner.dispose)
        house = House(create_app(settings), owner)
        yield Stage(settings, server, house, Outbox(owner), twilio, folder, running)


def owner_connection(server: embedded.Server) -> psycopg.Connection[Any]:
    """A bare connection as the tables' owner, each statement a transaction of its own."""
    return psycopg.connect(server.conninfo("bas_owner"), autocommit=True)


def in_milliseconds(seconds: Iterable[float]) -> str:
    """Median, 95th and 99th percentile, and the worst, in milliseconds."""
    values = sorted(second * 1000 for second in seconds)
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    return f"p50 {cuts[49]:6.1f}   p95 {cuts[94]:6.1f}   p99 {cuts[98]:6.1f}   worst {values[-1]:6.1f} ms"
