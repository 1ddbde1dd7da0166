"""The demonstration: it succeeds when all is right, fails when one step is not, and leaves nothing behind."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from bas_service.demo import people, stage, story
from bas_service.messaging.stand_in.faults import receipts_lost
from bas_service.messaging.stand_in.twilio import TwilioStandIn


@pytest.fixture
def own_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder for temporary files, ours alone; the database's system account can reach it."""
    with tempfile.TemporaryDirectory(prefix="bas-demos-") as folder:
        Path(folder).chmod(0o711)
        monkeypatch.setenv("TMPDIR", folder)
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield Path(folder)


def left_behind(folder: Path) -> list[str]:
    """Files in the folder, and processes that were told to work in it or have a file of it open."""
    files = [str(path) for path in folder.iterdir()]
    processes = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            told = (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
        except OSError:  # it has ended meanwhile
            continue
        if os.fsencode(folder) in told and int(process.name) != os.getpid():
            processes.append(told.decode(errors="replace"))
    return files + processes


def begin(*arguments: str) -> subprocess.Popen[str]:
    """The demonstration in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "bas_service", "demo", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )


def test_the_whole_story_goes_well_and_leaves_nothing_behind(own_folder: Path) -> None:
    process = begin("--once")
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 0, said
    assert re.search(r"^✓ The meeting shows: announced in time$", said, re.MULTILINE)
    assert "✓ The suspended father was told nothing" in said
    # Six about meetings, and the link by which the mother agrees.
    assert said.count("SMS -> +371200000") == 7
    assert "Everything as it should be, after " in said.splitlines()[-1]
    # A demonstration is read by newcomers: nothing but the story is on the terminal.
    assert [line for line in said.splitlines() if "WARNING" in line or "ERROR" in line or "Traceback" in line] == []
    assert left_behind(own_folder) == []


def test_a_step_that_is_not_as_it_should_be_makes_the_demonstration_fail(
    own_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def without_receipts(**given: Any) -> TwilioStandIn:
        twilio = TwilioStandIn(**given)
        twilio.misbehave_by(lambda _number, _form: receipts_lost())
        return twilio

    # Texts go out, but no receipt ever comes back.
    monkeypatch.setattr(stage, "TwilioStandIn", without_receipts)
    monkeypatch.setattr(story, "PATIENCE", 1.0)
    assert stage.run_demo(port=None, once=True) == 1
    said = capsys.readouterr()
    assert "✓ The representative is told: Anna" in said.out
    assert said.err.splitlines()[-1] == "✗ Waited 1 s in vain for the receipt"
    assert left_behind(own_folder) == []


def words_of(process: subprocess.Popen[str], last: str) -> str:
    """What a process says up to a line that begins like this."""
    said = []
    ending = threading.Timer(60, process.kill)  # a line that never comes must not keep us
    ending.start()
    assert process.stdout is not None
    for line in process.stdout:
        said.append(line)
        if line.startswith(last):
            break
    ending.cancel()
    return "".join(said)


def told_of_the_page(said: str) -> tuple[str, str]:
    """The supervisor's page and whose e-mail opens it, as the demonstration tells them."""
    ((page, email),) = re.findall(r"^The supervisor's page: (\S+) – sign in there as (\S+)\.$", said, re.MULTILINE)
    return page, email


def sign_in_with_a_browser(page: str, email: str, password: str) -> int:
    """What the page answers once somebody has signed in there."""
    with requests.Session() as browser:
        form = re.findall(r'name="(\w+)" value="([^"]*)"', browser.get(page, timeout=20).text)
        given = dict(form) | {"email": email, "password": password}
        return browser.post(page.replace("/team", "/sign-in"), data=given, timeout=20).status_code


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGHUP], ids=["Ctrl-C", "a closed terminal"])
def test_the_demonstration_tells_how_to_sign_in_and_ends_in_order(own_folder: Path, ending: signal.Signals) -> None:
    process = begin("--port", "0")
    try:
        said = words_of(process, "Ctrl-C ends it")
        (address,) = re.findall(
            r"^The service is up after [\d.]+ s at (http://127\.0\.0\.1:\d+)$", said, re.MULTILINE
        )
        (password,) = re.findall(r"^Everybody's password is: (.+)$", said, re.MULTILINE)
        accounts = re.findall(r"^  (\S+@\S+) +(.+), (\w+)$", said, re.MULTILINE)
        assert accounts == [(one["email"], one["name"], one["role"]) for one in people.STAFF]

        (command,) = re.findall(r"curl -s .*?\}\}'", said, re.DOTALL)
        (body,) = re.findall(r"-d '(.*)'", command, re.DOTALL)
        copied = requests.post(
            f"{address}/api/v1/auth/sign-in",
            data=body,
            headers={"Content-Type": "application/json"},
            timeout=20,
        )
        assert (copied.status_code, copied.json()["user"]["role"]) == (200, "supervisor")
        assert f"{address}/api/v1/auth/sign-in" in command
        assert password == people.PASSWORD
        assert requests.get(f"{address}/api/docs", timeout=20).status_code == 200
        assert sign_in_with_a_browser(*told_of_the_page(said), password) == 200
        process.send_signal(ending)
        rest, _ = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert (process.returncode, rest.strip()) == (0, "Good-bye.")
    assert left_behind(own_folder) == []


def test_a_port_in_use_is_said_before_anything_starts(own_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert stage.run_demo(port=port, once=True) == 1
    assert capsys.readouterr().err == f"Port {port} is in use. Try: bas demo --port 0\n"
    assert left_behind(own_folder) == []
