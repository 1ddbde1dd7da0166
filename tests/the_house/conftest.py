"""A web server as users have it, for those tests of the house that must see real HTTP."""

import subprocess
import sys
import time
from collections.abc import Iterator
from socket import socket

import pytest
import requests

from bas_service.config import Settings
from tests.the_house.contract_run import without_bas_settings
from tests.the_house.sources import ROOT


@pytest.fixture(scope="session")
def address(settings: Settings) -> Iterator[str]:
    """Where ``bas serve`` answers: a process of its own, on the test database."""
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = without_bas_settings() | {
        "BAS_DATABASE_URL": settings.database_url or "",
        "BAS_SECRET_KEY": settings.secret_key or "",
        "BAS_KEYS": settings.keys or "",
        "BAS_LOG_LEVEL": "ERROR",
    }
    command = [sys.executable, "-m", "bas_service", "serve", "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        yield wait_until_ready(f"http://127.0.0.1:{port}", process)
    finally:
        process.terminate()
        process.wait(20)


def wait_until_ready(url: str, process: subprocess.Popen[bytes]) -> str:
    """The address, as soon as it answers."""
    until = time.monotonic() + 30
    while time.monotonic() < until and process.poll() is None:
        try:
            if requests.get(f"{url}/health/ready", timeout=5).ok:
                return url
        except requests.ConnectionError:
            time.sleep(0.1)
    raise AssertionError("the web server does not answer")
