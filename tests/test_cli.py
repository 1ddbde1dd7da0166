"""The command `bas`: what it does when all is right, and the sentence it says when something is not."""

import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests
import sqlalchemy
from click.testing import CliRunner, Result
from flask import Flask

from bas_service import __version__, embedded, schema
from bas_service.cli import main
from bas_service.config import Settings
from tests.builders import KEYS, House
from tests.callers import API

KEY = "a key of more than thirty-two characters"
NEWEST = schema.expected_version()

Bas = Callable[..., Result]


@pytest.fixture
def bas(settings: Settings, app: Flask) -> Bas:  # the application first: its log goes to the real terminal
    """Run a command against the test database as in production; settings are given as `gateway="twilio"`."""
    usual = {
        "database_url": settings.database_url,
        "worker_database_url": settings.worker_database_url,
        "owner_database_url": settings.owner_database_url,
        "secret_key": KEY,
        "keys": KEYS,
    }

    def run(*arguments: str, stdin: str = "", **given: str) -> Result:
        environment = {f"BAS_{name.upper()}": value for name, value in (usual | given).items()}
        result = CliRunner().invoke(main, arguments, input=stdin, env=environment)
        # Whatever a person can mend is said in a sentence: anything else would be in `exception`.
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    return run


@pytest.fixture
def another_database(server: embedded.Server) -> Iterator[Callable[[str], str]]:
    """An empty database beside the usual one; gives its URL for a role."""
    name = f"other_{uuid.uuid4().hex}"
    with psycopg.connect(server.conninfo("postgres", "postgres"), autocommit=True) as superuser:
        superuser.execute(f"CREATE DATABASE {name} OWNER bas_owner")
        yield lambda role: server.url(role, name)
        superuser.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def own_folder() -> Iterator[Path]:
    """A folder that the database's system account can reach, empty."""
    with tempfile.TemporaryDirectory(prefix="bas-cli-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


def begin(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start a command that keeps everything in `folder`, in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "bas_service", *arguments],
        env=os.environ | {"BAS_DATA_DIR": str(folder)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def urls_of(database: Callable[[str], str]) -> dict[str, str]:
    """The three settings that name a database."""
    return {
        "database_url": database("bas_app"),
        "worker_database_url": database("bas_worker"),
        "owner_database_url": database("bas_owner"),
    }


def outcome(result: Result) -> tuple[int, str]:
    """Exit code and everything said."""
    return result.exit_code, result.output


# Settings

COMMANDS = {
    "serve": ["serve"],
    "worker": ["worker"],
    "check": ["check"],
    "db upgrade": ["db", "upgrade"],
    "user add": ["user", "add", "--email", "ilze@example.lv", "--name", "Ilze", "--role", "specialist"],
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_every_command_names_all_wrong_settings_at_once(bas: Bas, command: list[str]) -> None:
    assert outcome(bas(*command, database_pool="many", gateway="pigeon", send_lease_seconds="5")) == (
        1,
        "Error: BAS_DATABASE_POOL must be a whole number from 1 to 200.\n"
        "BAS_GATEWAY must be one of: console, twilio.\n"
        "BAS_SEND_LEASE_SECONDS must be longer than BAS_SEND_TIMEOUT_SECONDS.\n",
    )


def test_a_wrong_setting_is_not_repeated_as_it_may_be_a_password(bas: Bas) -> None:
    for url in ("mysql://ilze:hemlig@localhost/bas", "postgresql://ilze:hemlig@localhost:port/bas"):
        assert outcome(bas("check", database_url=url)) == (
            1,
            "Error: BAS_DATABASE_URL must look like postgresql://role:password@host/database"
            " (PostgreSQL 15 or newer).\n",
        )


def test_a_database_of_ones_own_needs_a_key_of_ones_own(bas: Bas) -> None:
    assert outcome(bas("serve", secret_key="")) == (
        1,
        "Error: BAS_SECRET_KEY is needed when BAS_DATABASE_URL is set: every process must sign with the same key. "
        "Make one with: openssl rand -base64 48\n",
    )


@pytest.mark.parametrize(
    ("command", "lacking"),
    [(["worker"], "worker_database_url"), (["db", "upgrade"], "owner_database_url")],
    ids=["worker", "db upgrade"],
)
def test_a_command_without_its_own_database_role_says_which_setting_is_lacking(
    bas: Bas, command: list[str], lacking: str
) -> None:
    role = f"bas_{lacking.split('_')[0]}"
    assert outcome(bas(*command, **{lacking: ""})) == (
        1,
        f"Error: BAS_{lacking.upper()} is needed besides BAS_DATABASE_URL: the same database as the role {role}.\n",
    )


@pytest.mark.parametrize("command", [one for name, one in COMMANDS.items() if name != "check"])
def test_an_unreachable_database_is_said_in_a_sentence_without_its_password(bas: Bas, command: list[str]) -> None:
    nowhere = "postgresql://bas_app:hemlig@127.0.0.1:1/bas"
    everywhere = {"database_url": nowhere, "worker_database_url": nowhere, "owner_database_url": nowhere}
    everywhere |= {"database_wait_seconds": "0"}
    assert outcome(bas(*command, stdin="a long enough password\n", **everywhere)) == (
        1,
        'Error: The database refuses: connection failed: connection to server at "127.0.0.1", port 1 failed: '
        "Connection refused.\n",
    )


def test_the_version_is_the_package_s(bas: Bas) -> None:
    result = bas("--version")
    assert (result.exit_code, result.output.split()[-1]) == (0, __version__)


# The schema


def test_the_schema_is_brought_up_to_date_once(bas: Bas, another_database: Callable[[str], str]) -> None:
    urls = urls_of(another_database)
    assert outcome(bas("db", "upgrade", **urls)) == (0, f"The schema is at {NEWEST}. It was at nothing.\n")
    assert outcome(bas("db", "upgrade", **urls)) == (0, f"The schema is at {NEWEST}.\n")


def test_only_the_owner_can_bring_the_schema_up_to_date(bas: Bas, another_database: Callable[[str], str]) -> None:
    urls = urls_of(another_database) | {"owner_database_url": another_database("bas_app")}
    assert outcome(bas("db", "upgrade", **urls)) == (
        1,
        "Error: The database refuses: permission denied for schema public.\n",
    )


def test_a_migration_does_not_wait_behind_the_running_service(
    bas: Bas, another_database: Callable[[str], str]
) -> None:
    urls = urls_of(another_database)
    schema.upgrade(urls["owner_database_url"], "0008")
    engine = sqlalchemy.create_engine(urls["owner_database_url"])
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("LOCK TABLE messages IN ACCESS EXCLUSIVE MODE"))
        stopped = outcome(bas("db", "upgrade", **urls))
    engine.dispose()
    again = outcome(bas("db", "upgrade", **urls))
    assert (stopped, again) == (
        (1, "Error: The database refuses: canceling statement due to lock timeout.\n"),
        (0, f"The schema is at {NEWEST}. It was at 0008.\n"),
    )


@pytest.mark.parametrize("command", ["serve", "worker", "user add"])
def test_nothing_starts_on_a_schema_that_lacks_a_migration(
    bas: Bas, another_database: Callable[[str], str], command: str
) -> None:
    urls = urls_of(another_database)
    nothing = outcome(bas(*COMMANDS[command], **urls))
    schema.upgrade(urls["owner_database_url"], "0002")
    old = outcome(bas(*COMMANDS[command], **urls))
    sentence = "Error: The database's schema is at {}, {} is needed. Run: bas db upgrade\n"
    assert (nothing, old) == ((1, sentence.format("nothing", NEWEST)), (1, sentence.format("0002", NEWEST)))


def test_older_code_goes_on_working_on_a_newer_schema(bas: Bas, another_database: Callable[[str], str]) -> None:
    urls = urls_of(another_database)
    schema.upgrade(urls["owner_database_url"])
    engine = sqlalchemy.create_engine(urls["owner_database_url"])
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    added = bas(*COMMANDS["user add"], stdin="a long enough password\n", **urls)
    assert outcome(added) == (0, "Ilze can sign in as specialist.\n")
    assert outcome(bas("db", "upgrade", **urls)) == (
        1,
        "Error: The migrations cannot be applied: Can't locate revision identified by '9999'.\n",
    )


# People


def add_user(bas: Bas, *more: str, password: str = "a long enough password", **who: str) -> tuple[int, str]:
    """Run `bas user add` with telling defaults."""
    given = {"email": "mara@example.lv", "name": "Māra Ozola", "role": "supervisor"} | who
    options = [word for name, value in given.items() for word in (f"--{name}", value)]
    return outcome(bas("user", "add", *options, *more, stdin=f"{password}\n"))


def refused(sentence: str) -> tuple[int, str]:
    """How a command that was called wrongly ends."""
    return 2, f"Usage: main user add [OPTIONS]\nTry 'main user add --help' for help.\n\nError: {sentence}\n"


def test_an_added_person_signs_in_with_the_password_from_standard_input(bas: Bas, house: House) -> None:
    assert add_user(bas) == (0, "Māra Ozola can sign in as supervisor.\n")
    specialist = {"email": "ilze@example.lv", "name": "Ilze Bērziņa", "role": "specialist", "phone": "20 000 100"}
    assert add_user(bas, supervisor="MARA@example.lv", **specialist) == (
        0,
        "Ilze Bērziņa can sign in as specialist.\n",
    )

    device = {"id": "a-phone", "name": "Ilze's phone", "platform": "test"}
    answer = house.app.test_client().post(
        f"{API}/auth/sign-in",
        json={"email": "ilze@example.lv", "password": "a long enough password", "device": device},
    )
    assert answer.status_code == 200
    found = house.sql(
        "SELECT a.email, a.name, a.role, a.phone, a.language, s.email AS supervisor"
        " FROM accounts a LEFT JOIN accounts s ON s.id = a.supervisor_id ORDER BY a.role"
    )
    columns = {"email": "accounts.email", "phone": "accounts.phone", "supervisor": "accounts.email"}
    opened = [row | {name: house.opened(row[name], column) for name, column in columns.items()} for row in found]
    assert opened == [
        specialist | {"phone": "+37120000100", "language": "lv", "supervisor": "mara@example.lv"},
        {
            "email": "mara@example.lv",
            "name": "Māra Ozola",
            "role": "supervisor",
            "phone": None,
            "language": "lv",
            "supervisor": None,
        },
    ]


def test_an_unusable_person_is_refused_in_a_sentence_and_not_added(bas: Bas, house: House) -> None:
    assert add_user(bas) == (0, "Māra Ozola can sign in as supervisor.\n")
    assert [
        add_user(bas, email="Mara@Example.lv"),
        add_user(bas, email="mara"),
        add_user(bas, email="a@example.lv", name="  "),
        add_user(bas, email="a@example.lv", password="short"),
        add_user(bas, email="a@example.lv", password=""),
        add_user(bas, email="a@example.lv", role="specialist", supervisor="nobody@example.lv"),
        add_user(bas, email="a@example.lv", role="coordinator", supervisor="mara@example.lv"),
        add_user(bas, email="a@example.lv", phone="12"),
    ] == [
        refused("Somebody signs in with this e-mail address already."),
        refused("An e-mail address is needed, e.g. ilze@example.lv."),
        refused("A name is needed: one line, without control characters, up to 200 characters."),
        refused("A password needs at least 12 characters."),
        refused("A password needs at least 12 characters."),
        refused("--supervisor must be the e-mail address of a supervisor."),
        refused("Only a specialist has a supervisor."),
        refused("--phone: The telephone number cannot be read; e.g. +371 2X XXX XXX."),
    ]
    (account,) = house.sql("SELECT email FROM accounts")
    assert house.opened(account["email"], "accounts.email") == "mara@example.lv"


def test_a_role_that_is_none_is_refused_with_those_there_are(bas: Bas) -> None:
    code, said = add_user(bas, role="boss")
    assert code == 2
    assert "'boss' is not one of 'specialist', 'supervisor', 'coordinator', 'administrator'" in said


# The specification


def test_the_specification_is_written_and_a_stale_one_is_noticed(
    bas: Bas, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "mobile_api_spec"
    nowhere = bas("openapi")
    folder.mkdir()
    missing = bas("openapi", "--check")
    written = bas("openapi")
    right = bas("openapi", "--check")
    (folder / "errors.md").write_text("Everything is fine.\n")
    stale = bas("openapi", "--check")
    assert (nowhere.exit_code, nowhere.output.splitlines()[-1]) == (
        2,
        "Error: There is no folder mobile_api_spec here: run this in the project's folder.",
    )
    both = "mobile_api_spec/openapi.yaml, mobile_api_spec/errors.md"
    assert [outcome(missing), outcome(written), outcome(right), outcome(stale)] == [
        (1, f"Error: Not up to date: {both}. Run: bas openapi\n"),
        (0, f"Written: {both}.\n"),
        (0, "The specification is up to date.\n"),
        (1, "Error: Not up to date: mobile_api_spec/errors.md. Run: bas openapi\n"),
    ]
    assert (folder / "errors.md").read_text() == "Everything is fine.\n"


# The check; what it looks at is in test_checks.py


def test_a_right_installation_is_checked_with_exit_code_0(bas: Bas, server: embedded.Server) -> None:
    with psycopg.connect(server.conninfo("bas_app")) as connection:
        version = connection.info.server_version // 10_000
    assert outcome(bas("check")) == (
        0,
        "✓ The settings can be read, and there is a key to sign tokens with.\n"
        f"✓ The database answers as bas_app; PostgreSQL {version} (15 or newer is needed).\n"
        "✓ Its account bas_app owns nothing and goes around no row-level security.\n"
        f"✓ The schema is at {NEWEST}.\n"
        f"✓ The database answers as bas_worker; PostgreSQL {version} (15 or newer is needed).\n"
        "✓ Its account bas_worker owns nothing and goes around no row-level security.\n"
        f"✓ The schema is at {NEWEST}.\n"
        "✓ The gateway console can be reached.\n",
    )


def test_a_misspelt_setting_makes_the_check_fail(bas: Bas) -> None:
    result = bas("check", gatway="twilio")
    assert (result.exit_code, result.output.splitlines()[0]) == (
        1,
        "✗ BAS_GATWAY: there is no such setting; BAS_GATEWAY?",
    )


def test_the_check_of_an_embedded_database_changes_nothing_in_it(own_folder: Path) -> None:
    process = begin(own_folder, "check")
    said, _ = process.communicate(timeout=60)
    assert (process.returncode, [line for line in said.splitlines() if line.startswith("✗")]) == (
        1,
        2 * [f"✗ The schema is at nothing, {NEWEST} is needed. Run: bas db upgrade"],
    )
    assert not embedded.server_running(own_folder)


# The web server and the worker


def test_a_port_in_use_is_said_in_a_sentence(bas: Bas) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert outcome(bas("serve", "--port", str(port))) == (
            1,
            f"Error: Cannot listen on 127.0.0.1 port {port}: Address already in use.\n",
        )


def test_an_address_that_is_not_this_machine_s_is_said_in_a_sentence(bas: Bas) -> None:
    # 192.0.2.0/24 is kept for documentation: no machine has it.
    assert outcome(bas("serve", "--host", "192.0.2.1")) == (
        1,
        "Error: Cannot listen on 192.0.2.1 port 8000: Cannot assign requested address.\n",
    )


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for what must come; generous, as the machine may be busy."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_ready(port: int) -> bool:
    """Whether a web server with its database answers at this port."""
    try:
        return requests.get(f"http://127.0.0.1:{port}/health/ready", timeout=5).ok
    except requests.ConnectionError:
        return False


def test_server_and_worker_without_settings_share_one_database_and_end_cleanly(own_folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    # "localhost" is a name: the web server by itself would take numbers only, and wait without a word.
    address = ["--host", "localhost", "--port", str(port)]
    processes = [begin(own_folder, "serve", *address, "--processes", "2"), begin(own_folder, "worker")]
    try:
        wait_until(lambda: is_ready(port))
        second = begin(own_folder, "serve", *address)
        assert second.communicate(timeout=60) == (
            f"Error: Cannot listen on localhost port {port}: Address already in use.\n",
            None,
        )
        assert second.returncode == 1
        # The worker has its own way to readiness; it is there once it has said so.
        assert processes[1].stdout is not None
        assert processes[1].stdout.readline().endswith("working; messages go out by console\n")
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        codes = [process.wait(timeout=60) for process in processes]
        for process in processes:
            process.communicate()
    assert codes == [0, 0]
    assert not embedded.server_running(own_folder)
    key = own_folder / "secret-key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert len(key.read_text()) >= 32


def test_where_somebody_works_and_what_they_speak_is_noted_and_what_is_left_out_stays(bas: Bas, house: House) -> None:
    add_user(bas)

    def change(*options: str) -> list[dict[str, Any]]:
        assert outcome(bas("user", "change", "MARA@example.lv", *options)) == (0, "Māra Ozola is described anew.\n")
        return house.sql("SELECT municipality, languages FROM accounts")

    assert house.sql("SELECT municipality, languages FROM accounts") == [{"municipality": None, "languages": None}]
    assert change("--municipality", "LV-VEN") == [{"municipality": "LV-VEN", "languages": None}]
    assert change("--languages", "ru", "--languages", "lv") == [{"municipality": "LV-VEN", "languages": ["lv", "ru"]}]
    assert change("--municipality", "LV-RIX") == [{"municipality": "LV-RIX", "languages": ["lv", "ru"]}]
    for wrong in (("--municipality", "Ventspils"), ("--languages", "de")):
        assert bas("user", "change", "mara@example.lv", *wrong).exit_code == 2
    code, said = outcome(bas("user", "change", "nobody@example.lv"))
    assert (code, said.splitlines()[-1]) == (2, "Error: Nobody signs in with this e-mail address.")
    assert house.sql("SELECT municipality, languages FROM accounts") == [
        {"municipality": "LV-RIX", "languages": ["lv", "ru"]}
    ]
