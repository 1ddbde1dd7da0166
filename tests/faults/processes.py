"""`bas worker` and `bas serve` as processes of their own, to be stopped, killed and started again."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from types import TracebackType
from typing import Self

import requests

from bas_service.config import Settings

PROJECT = Path(__file__).resolve().parents[2]


def wait_until(condition: Callable[[], bool], what: str, *, seconds: float = 60.0) -> None:
    """Wait for something that must come; the deadline is generous, as a test machine may be busy."""
    last_moment = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > last_moment:
            raise AssertionError(f"waited {seconds:.0f} s in vain: {what}")
        time.sleep(0.01)


def a_free_port() -> int:
    """A TCP port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment_of(settings: Settings) -> dict[str, str]:
    """The settings as a process reads them; nothing of the developer's own BAS_ variables."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BAS_")}
    for one in fields(Settings):
        value = getattr(settings, one.name)
        if value is not None:
            parts = value if isinstance(value, tuple) else (value,)
            environment[f"BAS_{one.name.upper()}"] = ",".join(str(part) for part in parts)
    return environment


class Command:
    """A `bas` command in a process (and session) of its own; whatever of it is left at the end is killed."""

    def __init__(self, settings: Settings, *arguments: str, log: Path) -> None:
        self.log = log
        with log.open("ab") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bas_service", *arguments],
                cwd=PROJECT,
                env=environment_of(settings),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )

    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self.process.poll() is None

    def kill(self) -> None:
        """SIGKILL: no last word, nothing tidied up."""
        self.process.kill()
        self.process.wait()

    def stop(self, *, seconds: float = 30.0) -> int:
        """SIGTERM, and wait for the end; its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=seconds)

    def said(self) -> str:
        """What it wrote to the terminal."""
        return self.log.read_text(errors="replace")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self.is_running():
                self.stop()
        finally:
            # The group is this command's own; a web server's children are in it too.
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        if value is not None:
            print(f"--- {self.log.name} ---\n{self.said()[-4000:]}")


def a_worker(settings: Settings, log: Path) -> Command:
    """`bas worker`."""
    return Command(settings, "worker", log=log)


def a_web_server(settings: Settings, log: Path) -> Command:
    """`bas serve` at the port of the settings' public address, answering."""
    port = settings.public_url.rpartition(":")[2]
    command = Command(settings, "serve", "--port", port, log=log)

    def answers() -> bool:
        if not command.is_running():
            raise AssertionError(f"the web server ended: {command.said()[-2000:]}")
        try:
            return requests.get(f"{settings.public_url}/health/live", timeout=5).ok
        except requests.ConnectionError:
            return False

    wait_until(answers, "the web server answers")
    return command


class Keeper:
    """Keeps workers running, as a service manager does: whichever ends is started again."""

    def __init__(self, settings: Settings, folder: Path, how_many: int) -> None:
        self._settings = settings
        self._folder = folder
        self._workers = [self._start(number) for number in range(how_many)]

    def _start(self, number: int) -> Command:
        return a_worker(self._settings, self._folder / f"worker-{number}.log")

    def kill(self, number: int) -> None:
        """One dies without a last word."""
        self._workers[number].kill()
        self.revive()

    def revive(self) -> None:
        """Start again whichever is not there any more."""
        for number, worker in enumerate(self._workers):
            if not worker.is_running():
                self._workers[number] = self._start(number)

    def said(self) -> str:
        """What all of them said."""
        return "".join(log.read_text() for log in sorted(self._folder.glob("worker-*.log")))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.kill()
