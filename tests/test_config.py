"""Every setting is checked at start: what is wrong is named, and what would be right; the value never is."""

import os
import stat
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bas_service import DatabaseRole, config, database_url_of
from bas_service.config import (
    KEYS_NEEDED,
    SETTINGS,
    Gateway,
    Settings,
    SettingsError,
    SmtpSecurity,
    secret_key_of,
    settings_from,
)
from tests.builders import KEYS

ADDRESS = "must be a plain http:// or https:// address."
DATABASE = "must look like postgresql://role:password@host/database (PostgreSQL 15 or newer)."
SECONDS = "must be a number of seconds above 0 and up to 86400."
URL = "postgresql://bas_app:hush@db.example.lv/bas"
KEY = "k" * 32


def wrong_with(**environment: str) -> str:
    """What these settings (their names without the prefix) are refused with."""
    with pytest.raises(SettingsError) as refusal:
        settings_from({f"BAS_{name.upper()}": value for name, value in environment.items()})
    return str(refusal.value)


def test_without_any_setting_there_is_a_usable_default_for_each() -> None:
    settings = settings_from({})

    assert settings == Settings()
    assert settings == Settings(
        database_url=None,
        worker_database_url=None,
        owner_database_url=None,
        database_pool=10,
        database_wait_seconds=30,
        data_dir=settings.data_dir,
        secret_key=None,
        public_url="http://127.0.0.1:8000",
        proxy_hops=0,
        gateway=Gateway.CONSOLE,
        twilio_account_sid=None,
        twilio_auth_token=None,
        twilio_sender=None,
        price_per_part=None,
        twilio_api_url="https://api.twilio.com",
        senders=4,
        poll_seconds=5.0,
        send_timeout_seconds=10.0,
        send_lease_seconds=60.0,
        reconcile_seconds=(60.0, 180.0, 600.0),
        log_level="INFO",
    )
    assert settings.embedded


def test_an_empty_setting_is_one_that_is_not_set() -> None:
    assert settings_from(dict.fromkeys(SETTINGS, "")) == Settings()


RIGHT: dict[str, tuple[str, Any]] = {
    "database_url": (URL, "postgresql+psycopg://bas_app:hush@db.example.lv/bas"),
    "worker_database_url": ("postgres://w@h/d", "postgresql+psycopg://w@h/d"),
    "owner_database_url": ("postgresql+psycopg://o:p@h:5433/d?sslmode=require",
                           "postgresql+psycopg://o:p@h:5433/d?sslmode=require"),
    "database_pool": (" 200 ", 200),
    "database_wait_seconds": ("0", 0),
    "data_dir": ("/srv/bas", Path("/srv/bas")),
    "secret_key": (KEY, KEY),
    "keys": (KEYS, KEYS),
    "codes_mandatory_for": ("supervisor, administrator", ("supervisor", "administrator")),
    "session_days": ("3650", 3650),
    "consent_link_days": ("30", 30),
    "see_link_days": ("84", 84),
    "alarm_queue_seconds": ("120", 120.0),
    "alarm_receipts_seconds": ("3600", 3600.0),
    "alarm_worker_seconds": ("90.5", 90.5),
    "alarm_failure_percent": ("5", 5),
    "public_url": ("https://bas.example.lv/path/", "https://bas.example.lv/path"),
    "proxy_hops": ("5", 5),
    "gateway": ("twilio", Gateway.TWILIO),
    "twilio_account_sid": ("AC1", "AC1"),
    "twilio_auth_token": ("t", "t"),
    "twilio_sender": ("BAS", "BAS"),
    "price_per_part": ("0.0745", Decimal("0.0745")),
    "twilio_api_url": ("http://[::1]:9000", "http://[::1]:9000"),
    "smtp_host": ("mail.example.lv", "mail.example.lv"),
    "smtp_port": ("25", 25),
    "smtp_security": ("tls", SmtpSecurity.TLS),
    "smtp_user": ("u", "u"),
    "smtp_password": ("p", "p"),
    "smtp_sender": ("bas@example.lv", "bas@example.lv"),
    "smtp_sender_name": ("BAS", "BAS"),
    "senders": ("64", 64),
    "texts_per_second": ("1000", 1000),
    "emails_per_second": ("1", 1),
    "poll_seconds": ("0.25", 0.25),
    "send_timeout_seconds": ("1e1", 10.0),
    "send_lease_seconds": ("86400", 86400.0),
    "reconcile_seconds": ("1, 2.5,3", (1.0, 2.5, 3.0)),
    "once_more_seconds": ("0.5", 0.5),
    "log_level": ("DEBUG", "DEBUG"),
}  # fmt: skip


def test_every_setting_is_read() -> None:
    assert {f"BAS_{name.upper()}" for name in RIGHT} == set(SETTINGS)

    settings = settings_from({f"BAS_{name.upper()}": given for name, (given, _) in RIGHT.items()})

    assert settings == Settings(**{name: read for name, (_, read) in RIGHT.items()})
    assert not settings.embedded


WRONG: list[tuple[str, str, list[str]]] = [
    *[
        (name, DATABASE, ["mysql://u:hush@h/d", "hush", "postgresql://", "postgresql:/hush", "postgresql://u:p@h:hush/d"])
        for name in ("database_url", "worker_database_url", "owner_database_url")
    ],
    ("database_wait_seconds", "must be a whole number from 0 to 3600.", ["-1", "3601", "7.5", "soon"]),
    ("database_pool", "must be a whole number from 1 to 200.", ["-7", "987", "7.5", "seven", "²", "9" * 5000]),
    ("data_dir", "must be the path of a folder.", ["~nobody-of-this-name/bas"]),
    ("keys", "names no file, and holds no id=key entries either.", ["hush", "/hush"]),
    (
        "keys",
        "must be id=key entries with commas between, each key 32 bytes in base64, one of them named digest; make one"
        " with: bas keys new.",
        ["hush=hush", "Hush=" + "A" * 43 + "="],
    ),
    (
        "codes_mandatory_for",
        "must be some of: specialist, supervisor, coordinator, administrator.",
        ["hush", "boss,"],
    ),
    ("secret_key", "must have at least 32 characters; try: openssl rand -base64 48.", ["hush", "h" * 31]),
    *[
        (name, ADDRESS, ["bas.example.lv", "ftp://bas.example.lv", "https://", "https://u:hush@h", "https://:hush@h",
                         "https://@hush.lv", "https://h/?hush", "https://h?", "https://h/#hush", "https://h:hush",
                         "https://h:99999", "https://[::1", "https://hu sh.lv", "https:hush"])
        for name in ("public_url", "twilio_api_url")
    ],
    ("price_per_part", "must be an amount in euros, like 0.0745.", ["-7", "777", "7,5", "0.1234567", "seven", "٧"]),
    ("consent_link_days", "must be a whole number from 1 to 30.", ["-7", "99", "7.5", "never"]),
    ("see_link_days", "must be a whole number from 1 to 84.", ["-7", "99", "7.5", "never"]),
    ("alarm_failure_percent", "must be a whole number from 1 to 99.", ["100", "-7", "fifth"]),
    ("texts_per_second", "must be a whole number from 1 to 1000.", ["-7", "7777", "7.5", "many"]),
    ("emails_per_second", "must be a whole number from 1 to 1000.", ["-7", "7777", "7.5", "many"]),
    ("session_days", "must be a whole number from 1 to 3650.", ["-7", "9999", "7.5", "never"]),
    ("proxy_hops", "must be a whole number from 0 to 5.", ["-7", "67", "yes"]),
    ("gateway", "must be one of: console, twilio.", ["pigeon", "Twilio", "CONSOLE"]),
    ("smtp_port", "must be a whole number from 1 to 65535.", ["987654", "4.5", "smtp"]),
    ("smtp_security", "must be one of: starttls, tls, none.", ["hush", "TLS", "ssl"]),
    (
        "smtp_sender",
        "must be an e-mail address in ASCII, such as informacija@example.lv.",
        ["hush", "hush@", "@hush.lv", "hush@hush", "hušš@example.lv", "hush@exam ple.lv", "hush@example.lv\nTo: all"],
    ),
    ("senders", "must be a whole number from 1 to 64.", ["987", "4.5", "four"]),
    *[
        (name, SECONDS, ["-7", "86400.1", "nan", "inf", "five", "7s"])
        for name in ("poll_seconds", "send_timeout_seconds", "send_lease_seconds", "alarm_queue_seconds",
                     "alarm_receipts_seconds", "alarm_worker_seconds", "once_more_seconds")
    ],
    ("reconcile_seconds", SECONDS, ["7,,7", "7,five", "7,-7", ",", "7;77", "7,nan"]),
    ("log_level", "must be one of: DEBUG, INFO, WARNING, ERROR.", ["debug", "TRACE", "77"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "right", "value"), [(name, right, value) for name, right, values in WRONG for value in values]
)
def test_a_wrong_setting_is_named_with_what_would_be_right_and_not_repeated(
    name: str, right: str, value: str
) -> None:
    more = {"secret_key": KEY} if name == "database_url" else {}

    said = wrong_with(**{name: value} | more)

    assert said == f"BAS_{name.upper()} {right}"
    assert value not in said.removeprefix(f"BAS_{name.upper()} ") or value in {",", "https://", "postgresql://"}


def test_every_setting_but_plain_texts_can_be_wrong() -> None:
    plain = {"twilio_account_sid", "twilio_auth_token", "twilio_sender"}
    plain |= {"smtp_host", "smtp_user", "smtp_password", "smtp_sender_name"}

    assert {name for name, _, _ in WRONG} == {one.name for one in SETTINGS.values()} - plain


def test_a_mail_server_needs_a_sender_and_a_user_a_password() -> None:
    assert wrong_with(smtp_host="mail.example.lv", smtp_user="u") == (
        "BAS_SMTP_SENDER is needed when BAS_SMTP_HOST is set.\n"
        "BAS_SMTP_USER and BAS_SMTP_PASSWORD are needed together, or neither."
    )


def test_all_wrong_settings_are_named_at_once() -> None:
    assert wrong_with(database_url="x", senders="x", log_level="x", gateway="twilio", twilio_sender="BAS") == (
        f"BAS_DATABASE_URL {DATABASE}\n"
        "BAS_SENDERS must be a whole number from 1 to 64.\n"
        "BAS_LOG_LEVEL must be one of: DEBUG, INFO, WARNING, ERROR.\n"
        "BAS_TWILIO_ACCOUNT_SID is needed when BAS_GATEWAY is twilio.\n"
        "BAS_TWILIO_AUTH_TOKEN is needed when BAS_GATEWAY is twilio."
    )


def test_a_database_of_one_s_own_needs_a_key_and_each_role_its_address() -> None:
    assert wrong_with(database_url=URL) == (
        "BAS_SECRET_KEY is needed when BAS_DATABASE_URL is set: every process must sign with the same key. "
        f"Make one with: openssl rand -base64 48\n{KEYS_NEEDED}"
    )
    settings = settings_from({"BAS_DATABASE_URL": URL, "BAS_SECRET_KEY": KEY, "BAS_KEYS": KEYS})
    assert database_url_of(settings, DatabaseRole.APP) == settings.database_url
    for role, name in ((DatabaseRole.WORKER, "WORKER"), (DatabaseRole.OWNER, "OWNER")):
        with pytest.raises(SettingsError) as refusal:
            database_url_of(settings, role)
        assert str(refusal.value) == (
            f"BAS_{name}_DATABASE_URL is needed besides BAS_DATABASE_URL: the same database as the role {role}."
        )


@pytest.mark.parametrize(("lease", "is_right"), [("10.1", True), ("10", False), ("9", False)])
def test_a_lease_outlasts_the_longest_wait_for_an_answer(lease: str, is_right: bool) -> None:
    if is_right:
        assert settings_from({"BAS_SEND_LEASE_SECONDS": lease}).send_lease_seconds == float(lease)
    else:
        said = "BAS_SEND_LEASE_SECONDS must be longer than BAS_SEND_TIMEOUT_SECONDS."
        assert wrong_with(send_lease_seconds=lease) == said


def test_where_data_lives_depends_on_the_account(monkeypatch: pytest.MonkeyPatch) -> None:
    def default() -> Path:
        return settings_from({}).data_dir

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert default() == Path("/var/lib/bas")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("HOME", "/home/anna")
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    assert default() == Path("/home/anna/.local/share/bas")
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert default() == Path("/data/bas")
    # An account number that a container was started with has no home, and need not have one.
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setattr(Path, "home", classmethod(lambda cls: Path("~").expanduser()))
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    assert default() == Path("/var/lib/bas")


@pytest.fixture
def without_key(tmp_path: Path) -> Settings:
    """Settings for the embedded database in a folder that is not there yet."""
    return Settings(data_dir=tmp_path / "deep" / "bas")


def test_a_key_that_is_set_is_used_and_no_file_is_made(without_key: Settings) -> None:
    assert secret_key_of(replace(without_key, secret_key=KEY)) == KEY
    assert not without_key.data_dir.exists()


def test_a_key_is_made_once_and_kept_from_others(without_key: Settings) -> None:
    umask = os.umask(0)
    try:
        key = secret_key_of(without_key)
    finally:
        os.umask(umask)

    file = without_key.data_dir / "secret-key"
    assert [one.name for one in without_key.data_dir.iterdir()] == ["secret-key"]
    assert (file.read_text(), stat.S_IMODE(file.stat().st_mode)) == (key, 0o600)
    assert len(key) == 64
    assert secret_key_of(without_key) == key
    assert secret_key_of(replace(without_key, data_dir=without_key.data_dir / "other")) != key


def test_processes_that_start_at_once_use_one_key(without_key: Settings) -> None:
    code = "import sys; from pathlib import Path; from bas_service.config import *;" \
        "sys.stdin.read(1); print(secret_key_of(Settings(data_dir=Path(sys.argv[1]))))"  # fmt: skip
    command = [sys.executable, "-c", code, str(without_key.data_dir)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen(command, **pipes) for _ in range(4)]  # type: ignore[call-overload]
    keys = {process.communicate("go")[0] for process in processes}

    assert keys == {f"{secret_key_of(without_key)}\n"}
    assert [one.name for one in without_key.data_dir.iterdir()] == ["secret-key"]


def test_a_key_that_another_process_makes_meanwhile_is_used(
    without_key: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The other one comes just while this one is about to write: it must neither wait nor read half a key.
    made, others = iter(["ours" * 16, "theirs" * 11]), []

    def interrupted(length: int) -> str:
        mine = next(made)
        if mine.startswith("ours"):
            others.append(secret_key_of(without_key))
        return mine

    monkeypatch.setattr(config.secrets, "token_urlsafe", interrupted)
    assert secret_key_of(without_key) == "theirs" * 11
    assert others == ["theirs" * 11]
    assert [one.name for one in without_key.data_dir.iterdir()] == ["secret-key"]


@pytest.mark.parametrize("content", [b"", b"\n", b"h" * 31, b" " * 64, b"\xff" * 64, "ā".encode() * 64])
def test_a_damaged_key_is_said_and_not_replaced(without_key: Settings, content: bytes) -> None:
    file = without_key.data_dir / "secret-key"
    file.parent.mkdir(parents=True)
    file.write_bytes(content)

    with pytest.raises(SettingsError) as refusal:
        secret_key_of(without_key)

    assert str(refusal.value) == (f"The key in {file} is damaged. Delete the file: everybody then signs in anew.")
    assert file.read_bytes() == content
    file.unlink()
    assert len(secret_key_of(without_key)) == 64


def test_a_place_for_data_that_is_no_folder_is_said(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")

    for place, said in (
        (file, f"BAS_DATA_DIR must be a folder: {file} is not."),
        (file / "inside", f"BAS_DATA_DIR must be a folder: {file / 'inside'} is not."),
        (
            Path("/proc/bas"),
            "BAS_DATA_DIR must be a folder this account can write to: /proc/bas (No such file or directory).",
        ),
    ):
        with pytest.raises(SettingsError) as refusal:
            secret_key_of(Settings(data_dir=place))
        assert str(refusal.value) == said


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_key_of_somebody_else_s_is_said_without_a_traceback(without_key: Settings) -> None:
    secret_key_of(without_key)
    for folder in (without_key.data_dir, *without_key.data_dir.parents[:4]):
        if folder != Path("/tmp"):
            folder.chmod(0o755)

    os.seteuid(65534)
    try:
        with pytest.raises(SettingsError) as refusal:
            secret_key_of(without_key)
    finally:
        os.seteuid(0)

    assert str(refusal.value) == (
        f"BAS_DATA_DIR must be a folder this account can write to: {without_key.data_dir} (Permission denied)."
    )
