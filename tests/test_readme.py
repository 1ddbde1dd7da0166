"""What the README says is so: settings, commands, lines to copy, the way into production.

After a change of the settings: python -m tests.test_readme
"""

import configparser
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import psycopg
import pytest
from click.testing import CliRunner

from bas_service import DatabaseRole, create_app, embedded
from bas_service.carriers import gateway_of
from bas_service.cli import main
from bas_service.config import SETTINGS, Gateway, Settings, settings_from
from bas_service.messaging.stand_in.twilio import TwilioStandIn
from bas_service.sealing import DIGEST, new_entry
from bas_service.worker import Worker
from tests.builders import House, at, soon

PROJECT = Path(__file__).resolve().parents[1]
README = PROJECT / "README.md"
_SETTINGS = re.compile(r"(<!-- settings: .*? -->\n)(.*?)(<!-- end of settings -->)", re.DOTALL)


def settings_table() -> str:
    """All settings as a table in Markdown: name, meaning, default."""
    lines = ["| setting | meaning | default |", "| --- | --- | --- |"]
    for name, one in SETTINGS.items():
        default = one.metadata["shown"] or ("" if one.default is None else f"`{one.default}`")
        lines.append(f"| `{name}` | {one.metadata['doc']} | {default} |")
    return "\n".join(lines) + "\n"


def write_settings() -> None:
    """Bring the README's table up to date."""
    README.write_text(_SETTINGS.sub(lambda found: found[1] + settings_table() + found[3], README.read_text()))


def blocks(language: str) -> list[str]:
    """The README's fenced blocks in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README.read_text(), re.DOTALL | re.MULTILINE)


def commands_of(group: click.Group, name: str = "bas") -> Iterator[tuple[str, set[str]]]:
    """Every command by its full name, with its options."""
    for command in group.commands.values():
        full_name = f"{name} {command.name}"
        if isinstance(command, click.Group):
            yield from commands_of(command, full_name)
        else:
            yield full_name, {word for one in command.params for word in one.opts if word.startswith("--")}


def test_the_settings_are_those_that_are_read() -> None:
    found = _SETTINGS.search(README.read_text())
    assert found is not None
    assert found[2] == settings_table()


def test_the_commands_are_those_there_are() -> None:
    told = re.findall(r"^\| `(bas [^`]+)` \|", README.read_text(), re.MULTILINE)
    by_name = {re.split(r" (?:\[?--|[A-Z])", line)[0]: set(re.findall(r"--[a-z]+", line)) for line in told}
    assert by_name == dict(commands_of(main))


def test_the_lines_to_copy_install_extras_that_exist() -> None:
    setup = configparser.ConfigParser()
    setup.read(PROJECT / "setup.cfg")
    first, second = blocks("sh")[:2]
    assert first == "python3 -m venv .venv && .venv/bin/pip install -e '.[embedded]' && .venv/bin/bas demo\n"
    assert second == "python3 -m venv .venv && .venv/bin/pip install -e '.[embedded,test]' && .venv/bin/pytest\n"
    assert set(setup["options.extras_require"]) == {"embedded", "test"}


def test_every_link_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)]+)\)", README.read_text())
    missing = [link for link in links if not link.startswith("https://") and not (PROJECT / link).exists()]
    folders = re.findall(r"^\| `([a-z_/]+/)` \|", README.read_text(), re.MULTILINE)
    assert (missing, [folder for folder in folders if not (PROJECT / folder).is_dir()]) == ([], [])


def test_the_settings_file_of_a_production_is_readable() -> None:
    (file,) = [block for block in blocks("ini") if "BAS_SECRET_KEY" in block]
    given = dict(line.split("=", 1) for line in file.splitlines() if line.startswith("BAS_"))
    # The keys' file is made by a command of the same page.
    assert f"bas keys new > {given['BAS_KEYS']}\n" in README.read_text()
    settings = settings_from(given | {"BAS_KEYS": f"{new_entry('k')},{new_entry(DIGEST)}"})
    assert (settings.embedded, settings.proxy_hops, settings.public_url) == (False, 1, "https://bas.example.lv")


@pytest.fixture
def bare_server() -> Iterator[embedded.Server]:
    """A PostgreSQL as an administrator finds it: without our roles and without our database."""
    with tempfile.TemporaryDirectory(prefix="bas-readme-") as folder:
        Path(folder).chmod(0o711)
        with embedded.hold(Path(folder), options={"fsync": "off"}) as server:
            with psycopg.connect(server.conninfo("postgres", "postgres"), autocommit=True) as superuser:
                superuser.execute("DROP DATABASE bas")
                for role in embedded.ROLES:
                    superuser.execute(f"DROP ROLE {role}")
            yield server


def test_the_way_into_production_works_on_a_bare_postgresql(
    bare_server: embedded.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with psycopg.connect(bare_server.conninfo("postgres", "postgres"), autocommit=True) as superuser:
        for statement in blocks("sql")[0].split(";\n"):
            superuser.execute(statement)
    for role, name in (("bas_app", "DATABASE"), ("bas_worker", "WORKER_DATABASE"), ("bas_owner", "OWNER_DATABASE")):
        monkeypatch.setenv(f"BAS_{name}_URL", bare_server.url(role))
    monkeypatch.setenv("BAS_SECRET_KEY", "a key of more than thirty-two characters")
    monkeypatch.setenv("BAS_KEYS", f"{new_entry('k')},{new_entry(DIGEST)}")
    lines = [line for line in blocks("sh")[3].splitlines() if "/opt/bas/bin/bas " in line]
    codes = []
    for line in lines:
        arguments = [word.strip("'") for word in re.findall(r"'[^']*'|\S+", line.partition("/opt/bas/bin/bas ")[2])]
        result = CliRunner().invoke(main, arguments, input="a long enough password\n")
        codes.append((arguments[0], result.exit_code))
    assert codes == [("db", 0), ("check", 0), ("user", 0), ("user", 0)]


def test_after_a_restore_only_what_twilio_does_not_have_is_sent(
    house: House, other_settings: Callable[..., Settings]
) -> None:
    supervisor = house.a_supervisor()
    specialist = house.a_specialist(supervisor)
    child = house.a_family(supervisor, specialist)["child"]
    with TwilioStandIn(receipts=False) as twilio:
        settings = other_settings(gateway=Gateway.TWILIO, twilio_api_url=twilio.url, reconcile_seconds=(0.1,))
        worker_app = create_app(settings, role=DatabaseRole.WORKER)
        house.a_meeting(specialist, child)
        work_until_nothing_is_left(Worker(worker_app, gateway_of(settings)), house)
        # The backup is from before this text went out, and nothing has gone out of a second one yet.
        house.sql("UPDATE messages SET state = 'queued', attempts = 0, provider_id = NULL, handed_over_at = NULL")
        house.sql("UPDATE messages SET next_attempt_at = created_at")
        house.a_meeting(specialist, child, starts_at=at(soon(hours=30)))
        time.sleep(0.2)  # older than the last look-up, which with the usual settings takes ten minutes
        house.sql(blocks("sql")[1])
        work_until_nothing_is_left(Worker(worker_app, gateway_of(settings)), house)
        assert [row["state"] for row in house.sql("SELECT state FROM messages")] == ["handed_over", "handed_over"]
        assert len(twilio.messages) == 2


def work_until_nothing_is_left(worker: Worker, house: House) -> None:
    """Let a worker run until every message has been handed over."""
    worker.start()
    deadline = time.monotonic() + 30
    while house.sql("SELECT 1 FROM messages WHERE state <> 'handed_over'") and time.monotonic() < deadline:
        time.sleep(0.05)
    worker.stop()


if __name__ == "__main__":
    os.chdir(PROJECT)
    write_settings()
