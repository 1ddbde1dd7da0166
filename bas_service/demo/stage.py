"""Sets the stage: an embedded database, a stand-in for Twilio, web server and worker as two processes."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import click

from bas_service import DatabaseRole, clock, create_app, embedded, schema
from bas_service.access import service as access_service
from bas_service.access.rules import Role
from bas_service.announcements.policies import make_telling_policy
from bas_service.config import Settings
from bas_service.database import transaction
from bas_service.demo import people
from bas_service.demo.story import Story, StoryFailed
from bas_service.demo.visitor import Visitor
from bas_service.messaging.gateways import as_on_a_phone
from bas_service.messaging.stand_in.twilio import TwilioStandIn
from bas_service.sealing import kept_keyring

USUAL_PORT = 8000
READY_WITHIN = 30.0


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Where everything is while the demonstration runs."""

    url: str
    stand_in: TwilioStandIn
    processes: list[subprocess.Popen[bytes]]


def run_demo(*, port: int | None, once: bool) -> int:
    """Run the demonstration; the exit code says whether the story went as it should."""
    chosen = port if port else _free_port() if once or port == 0 else USUAL_PORT
    if not _is_free(chosen):
        click.secho(f"Port {chosen} is in use. Try: bas demo --port 0", fg="red", err=True)
        return 1
    began = time.monotonic()
    with _ended_like_ctrl_c(), _stage(chosen) as stage:
        click.echo(f"The service is up after {time.monotonic() - began:.1f} s at {stage.url}\n")
        if not once:
            return _until_interrupted(stage)
        try:
            Story(stage.url, stage.stand_in).play()
        except StoryFailed as failure:
            click.secho(f"✗ {failure}", fg="red", err=True)
            return 1
        click.secho(f"\nEverything as it should be, after {time.monotonic() - began:.1f} s.", bold=True)
        return 0


@contextmanager
def _ended_like_ctrl_c() -> Iterator[None]:
    """A closed terminal and an ordinary kill end the demonstration in order too: its processes do not outlive it."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    for number in before:
        signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _stage(port: int) -> Iterator[Stage]:
    folder = Path(tempfile.mkdtemp(prefix="bas-demo-"))
    # The account that runs PostgreSQL for root must be able to pass through.
    folder.chmod(0o711)
    stand_in = TwilioStandIn(on_text=lambda text: click.echo(as_on_a_phone(text.to, text.body, clock.now())))
    stand_in.start()
    url = f"http://127.0.0.1:{port}"
    processes: list[subprocess.Popen[bytes]] = []
    try:
        with embedded.hold(folder) as server:
            schema.upgrade(server.url(DatabaseRole.OWNER))
            _hire(
                Settings(
                    database_url=server.url(DatabaseRole.APP),
                    secret_key=secrets.token_urlsafe(48),
                    # The same that web server and worker find in the folder.
                    keys=kept_keyring(folder / "sealing-keys"),
                )
            )
            environment = _environment(folder, url, stand_in)
            processes += [_begin(["serve", "--port", str(port)], environment), _begin(["worker"], environment)]
            _wait_until_ready(url, processes)
            yield Stage(url=url, stand_in=stand_in, processes=processes)
            _end(processes)
    finally:
        _end(processes)
        stand_in.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _hire(settings: Settings) -> None:
    app = create_app(settings)
    with app.app_context(), transaction():
        # Whoever tries it out at night, or changes a meeting at once, is to see the texts, too.
        at_any_hour = {"valid_from": clock.today(), "quiet_from": None, "quiet_until": None, "settle_seconds": 0}
        make_telling_policy(at_any_hour, by=None)
        for person in people.STAFF:
            is_specialist = person["role"] == "specialist"
            access_service.add_account(
                **person | {"role": Role(person["role"])},
                password=people.PASSWORD,
                supervisor_email=people.SUPERVISOR["email"] if is_specialist else None,
            )


def _environment(folder: Path, url: str, stand_in: TwilioStandIn) -> dict[str, str]:
    # Settings of a real installation on this machine must not reach the demonstration.
    others = {name: value for name, value in os.environ.items() if not name.startswith("BAS_")}
    return others | {
        "BAS_DATA_DIR": str(folder),
        "BAS_PUBLIC_URL": url,
        "BAS_GATEWAY": "twilio",
        "BAS_TWILIO_ACCOUNT_SID": stand_in.account_sid,
        "BAS_TWILIO_AUTH_TOKEN": stand_in.auth_token,
        "BAS_TWILIO_SENDER": "BAS",
        "BAS_TWILIO_API_URL": stand_in.url,
        "BAS_LOG_LEVEL": "WARNING",
    }


def _begin(arguments: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    # A session of its own: Ctrl-C reaches the demonstration, which then ends its processes in order.
    return subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "bas_service", *arguments],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=None,
        start_new_session=True,
    )


def _wait_until_ready(url: str, processes: list[subprocess.Popen[bytes]]) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while True:
        if any(process.poll() is not None for process in processes):
            raise click.ClickException("A process of the demonstration ended; its last words stand above.")
        with suppress(OSError):  # URLError is one
            if Visitor(url).get("/health/ready").status == 200:
                return
        if time.monotonic() > deadline:
            raise click.ClickException(f"The web server was not ready after {READY_WITHIN:g} s.")
        time.sleep(0.05)


def _end(processes: list[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        if process.poll() is None:
            process.terminate()
    for process in processes:
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _until_interrupted(stage: Stage) -> int:
    click.secho("Everybody's password is: " + people.PASSWORD, bold=True)
    for person in people.STAFF:
        click.echo(f"  {person['email']:<20} {person['name']}, {person['role']}")
    click.echo(
        f"""
The supervisor's page: {stage.url}/team – sign in there as {people.SUPERVISOR["email"]}.

What to try with the API (the page {stage.url}/api/docs tells all of it):
  1. Sign in:  curl -s {stage.url}/api/v1/auth/sign-in -H 'Content-Type: application/json' \\
       -d '{{"email": "{people.SUPERVISOR["email"]}", "password": "{people.PASSWORD}",
            "device": {{"id": "my-terminal", "name": "terminal", "platform": "curl"}}}}'
  2. As the supervisor enter a child with a representative and give it to a specialist:
       POST /children, POST /children/ID/representatives, POST /cases
  3. As the specialist plan a meeting: POST /meetings. The text to the representative appears here.
  4. Change it, cancel it, suspend the representative, plan again.
The whole story by itself: bas demo --once
Ctrl-C ends it; this demonstration's data goes with it (bas serve keeps its data).
"""
    )
    ended = threading.Event()
    try:
        while not ended.wait(1.0):
            if any(process.poll() is not None for process in stage.processes):
                click.secho("A process of the demonstration ended; its last words stand above.", fg="red", err=True)
                return 1
    except KeyboardInterrupt:
        click.echo("\nGood-bye.")
    return 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
