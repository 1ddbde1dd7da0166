"""The running web server against its own specification: schemathesis finds no failure, whoever is signed in."""

import subprocess
import sys
import time
from collections.abc import Iterator
from socket import socket

import pytest
import requests
import sqlalchemy
from flask import Flask

from bas_service.access.rules import Role
from bas_service.config import Settings
from tests.builders import House
from tests.conftest import EMPTYING
from tests.the_house.contract_run import ROOT, Ended, lively_house, run_as, without_bas_settings

# An operation's borders are looked at as the first of these who may use it; what is open to all, as the very first.
ORDER = [Role.SUPERVISOR, Role.SPECIALIST, Role.COORDINATOR, Role.ADMINISTRATOR]

NOT_REACHED_BY_CHANCE = {
    # Takes Twilio's signature; test_bad_input.py has it.
    "hooks_twilio_status",
    # What schemathesis reads first, and leaves alone afterwards.
    "specification_as_json",
}


@pytest.fixture(scope="module")
def address(settings: Settings) -> Iterator[str]:
    """Where ``bas serve`` answers: a process of its own, on the test database."""
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = without_bas_settings() | {
        "BAS_DATABASE_URL": settings.database_url or "",
        "BAS_SECRET_KEY": settings.secret_key or "",
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


def operations_of(app: Flask) -> dict[str, tuple[Role, ...]]:
    """Every operation's id, and the roles that try it."""
    gates = {endpoint.replace(".", "_"): view.gate for endpoint, view in app.view_functions.items()}
    return {name: gate or (ORDER[0],) for name, gate in gates.items()}


@pytest.fixture(scope="module")
def runs(
    app: Flask, owner: sqlalchemy.Engine, address: str, tmp_path_factory: pytest.TempPathFactory
) -> dict[Role, Ended]:
    """One run as an account of each role, each in a house that was filled anew."""
    operations = operations_of(app)
    ended: dict[Role, Ended] = {}
    for role in ORDER:
        with owner.begin() as connection:
            connection.execute(sqlalchemy.text(EMPTYING))
        house = House(app, owner)
        lively = lively_house(house)
        ended[role] = run_as(
            lively.people[role],
            house,
            lively,
            address=address,
            folder=tmp_path_factory.mktemp(role),
            left_out=[name for name, roles in operations.items() if role not in roles],
            covered=[name for name, roles in operations.items() if set(ended) & set(roles)],
        )
    return ended


@pytest.mark.parametrize("role", ORDER)
def test_schemathesis_finds_nothing_wrong_as(runs: dict[Role, Ended], role: Role) -> None:
    assert runs[role].complaint == ""


def test_each_operation_was_brought_to_success_by_somebody(runs: dict[Role, Ended], app: Flask) -> None:
    """Otherwise finding nothing wrong would only mean that nothing was reached."""
    succeeded = {name for ended in runs.values() for name in ended.succeeded}

    assert set(operations_of(app)) - succeeded == NOT_REACHED_BY_CHANCE
