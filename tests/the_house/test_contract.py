"""The running web server against its own specification: schemathesis finds no failure, whoever is signed in."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from socket import socket

import pytest
import requests

from bas_service.access.rules import Role
from bas_service.config import Settings
from tests.builders import House
from tests.the_house.requests_by_schema import Filling, filled_house

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


def without_bas_settings() -> dict[str, str]:
    """This process's environment without settings of the developer's own."""
    return {name: value for name, value in os.environ.items() if not name.startswith("BAS_")}


@pytest.fixture(scope="module")
def address(settings: Settings) -> Iterator[str]:
    """Where ``bas serve`` answers: a process of its own, on the test database."""
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = without_bas_settings() | {
        "BAS_DATABASE_URL": settings.database_url or "",
        "BAS_SECRET_KEY": settings.secret_key or "",
        "BAS_LOG_LEVEL": "WARNING",
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
    until = time.monotonic() + 20
    while time.monotonic() < until and process.poll() is None:
        try:
            if requests.get(f"{url}/health/ready", timeout=5).ok:
                return url
        except requests.ConnectionError:
            time.sleep(0.1)
    raise AssertionError("the web server does not answer")


@pytest.mark.parametrize("role", list(Role))
def test_schemathesis_finds_no_failure(house: House, address: str, tmp_path: Path, role: Role) -> None:
    filling = filled_house(house)
    facts = tmp_path / "facts.json"
    facts.write_text(json.dumps({"ids": sorted(filling.ids.values())}))
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{address}/api/v1/openapi.json"),
        *("--header", f"Authorization: Bearer {filling.people[role].tokens['access_token']}"),
    ]
    env = without_bas_settings() | {"SCHEMATHESIS_HOOKS": "tests.the_house.contract_hooks", "BAS_TEST_CONTRACT": str(facts), "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=600)
    print(ended.stdout[-20000:], ended.stderr[-3000:])
    assert ended.returncode == 0
