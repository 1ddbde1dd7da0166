"""Every setting: read from the environment, checked at start, told in one line each.

The README's table is compared with ``SETTINGS`` by a test, so what stands there is what is read here.
"""

import os
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from bas_service import setting_values as values
from bas_service.sealing import Keyring, KeyringUnusable, kept_keyring, keyring_of
from bas_service.setting_values import DATABASE_URL_EXPECTED as DATABASE_URL_EXPECTED
from bas_service.setting_values import LEAST_KEY_LENGTH as LEAST_KEY_LENGTH
from bas_service.setting_values import Gateway as Gateway
from bas_service.setting_values import SmtpSecurity as SmtpSecurity

KEYS_NEEDED = (
    "BAS_KEYS is needed when BAS_DATABASE_URL is set: what is sealed in the database opens with them only. "
    "Make them once with: bas keys new"
)


class SettingsError(Exception):
    """One or more settings are unusable; the text names each, and what would be right."""


def _default_data_dir() -> Path:
    # The system account that runs PostgreSQL for root cannot enter /root, hence another place for root.
    if os.geteuid() == 0:
        return Path("/var/lib/bas")
    try:
        return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share") / "bas"
    except RuntimeError:  # an account without a home, as containers have them
        return Path("/var/lib/bas")


def _setting(doc: str, read: Callable[[str], Any], default: Any = None, *, shown: str | None = None) -> Any:
    metadata = {"doc": doc, "read": read, "shown": shown}
    if callable(default):
        return field(default_factory=default, metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings; the field ``twilio_sender`` is read from ``BAS_TWILIO_SENDER``."""

    database_url: str | None = _setting(
        "The web server's database, as the role `bas_app`; without it the embedded PostgreSQL is used",
        values.database_url,
    )
    worker_database_url: str | None = _setting(
        "The same database as the role `bas_worker`, for `bas worker`", values.database_url
    )
    owner_database_url: str | None = _setting(
        "The same database as the role that owns the tables, for `bas db upgrade` only", values.database_url
    )
    database_pool: int = _setting("Most database connections of one process", values.whole(1, 200), 10)
    database_wait_seconds: int = _setting(
        "Seconds that a starting process waits for a database that is away, for instance restarting",
        values.whole(0, 3600),
        30,
    )
    data_dir: Path = _setting(
        "Where the embedded PostgreSQL and the generated secret key live",
        values.folder,
        _default_data_dir,
        shown="`~/.local/share/bas` (root: `/var/lib/bas`)",
    )
    secret_key: str | None = _setting(
        "Signs access tokens; at least 32 characters; generated and kept in `BAS_DATA_DIR` for the embedded "
        "database only",
        values.key,
    )
    keys: str | None = _setting(
        "Seals numbers, addresses and free text in the database: `id=key,digest=key`, made by `bas keys new`, or "
        "the path of a file that holds this; generated and kept in `BAS_DATA_DIR` for the embedded database only",
        values.keys,
    )
    codes_mandatory_for: tuple[str, ...] = _setting(
        "Roles that must sign in with one-time codes, with commas between, e.g. `supervisor,administrator`",
        values.roles,
        (),
        shown="none",
    )
    session_days: int = _setting(
        "Days after which a device signs in anew with the password, however often it was used",
        values.whole(1, 3650),
        365,
    )
    consent_link_days: int = _setting(
        "Days within which a representative may answer what is asked by a link", values.whole(1, 30), 7
    )
    see_link_days: int = _setting("Days for which a link that shows what is planned is good", values.whole(1, 84), 42)
    public_url: str = _setting(
        "The address at which Twilio, phones and representatives' links reach this service",
        values.http_url,
        "http://127.0.0.1:8000",
    )
    proxy_hops: int = _setting(
        "How many proxies of yours stand before the web server (their X-Forwarded-* are believed)",
        values.whole(0, 5),
        0,
    )
    gateway: Gateway = _setting(
        "What carries text messages: `console` prints them, `twilio` sends them", values.gateway, Gateway.CONSOLE
    )
    twilio_account_sid: str | None = _setting("Twilio account, `AC…`", values.text)
    twilio_auth_token: str | None = _setting("Twilio's token: signs in, and checks receipts", values.text)
    twilio_sender: str | None = _setting("Sender: a name of up to 11 letters, a number, or `MG…`", values.text)
    price_per_part: Decimal | None = _setting(
        "What one part of a text message costs, in euros; shown beside the preview of a wording", values.price
    )
    twilio_api_url: str = _setting(
        "Where Twilio's API is; a loopback address for trials", values.http_url, "https://api.twilio.com"
    )
    smtp_host: str | None = _setting(
        "The mail server; without it e-mail is printed as texts are by `console`, and nobody is told by e-mail when "
        "texts go out by `twilio`",
        values.text,
    )
    smtp_port: int = _setting("The mail server's port", values.whole(1, 65535), 587)
    smtp_security: SmtpSecurity = _setting(
        "How the way to the mail server is secured: `starttls`, `tls` from the first byte, `none` in a trial only",
        values.smtp_security,
        SmtpSecurity.STARTTLS,
    )
    smtp_user: str | None = _setting("Signs in at the mail server; without it nobody does", values.text)
    smtp_password: str | None = _setting("... with this password", values.text)
    smtp_sender: str | None = _setting(
        "The address that e-mail comes from; bounces come back to it", values.sender_address
    )
    smtp_sender_name: str = _setting("The name that e-mail comes from", values.text, "Bērnu aizsardzības centrs")
    senders: int = _setting("Messages that one worker hands over side by side", values.whole(1, 64), 4)
    texts_per_second: int = _setting(
        "Text messages that go out from `BAS_TWILIO_SENDER` in a second at most, all workers together; the others "
        "wait, what is urgent goes first",
        values.whole(1, 1000),
        10,
    )
    emails_per_second: int = _setting(
        "E-mails that go out from `BAS_SMTP_SENDER` in a second at most, all workers together",
        values.whole(1, 1000),
        10,
    )
    poll_seconds: float = _setting(
        "How often the worker looks for work that no notification announced", values.seconds, 5.0
    )
    send_timeout_seconds: float = _setting("How long a gateway may take to answer", values.seconds, 10.0)
    send_lease_seconds: float = _setting(
        "After how long a claimed message counts as left behind by a dead worker", values.seconds, 60.0
    )
    reconcile_seconds: tuple[float, ...] = _setting(
        "When a message in doubt is looked up at the provider, counted from the doubt",
        values.several_seconds,
        (60.0, 180.0, 600.0),
        shown="`60,180,600`",
    )
    once_more_seconds: float = _setting(
        "After how long a text is sent once more that did not arrive for a reason that may pass", values.seconds, 60.0
    )
    alarm_queue_seconds: float = _setting(
        "How long a message may be due before it is an alarm", values.seconds, 300.0
    )
    alarm_receipts_seconds: float = _setting(
        "For how long texts may go out without a single receipt of Twilio's", values.seconds, 10_800.0
    )
    alarm_worker_seconds: float = _setting("How long no worker may give a sign of life", values.seconds, 60.0)
    alarm_failure_percent: int = _setting(
        "How many of a channel's messages of the past hour may fail, in per cent", values.whole(1, 99), 20
    )
    log_level: str = _setting("How much is logged: `DEBUG`, `INFO`, `WARNING`, `ERROR`", values.text, "INFO")

    @property
    def session_kept(self) -> timedelta:
        """How long a device stays signed in at most."""
        return timedelta(days=self.session_days)

    @property
    def consent_link_kept(self) -> timedelta:
        """How long a link that asks for a consent is good."""
        return timedelta(days=self.consent_link_days)

    @property
    def see_link_kept(self) -> timedelta:
        """How long a link that shows what is planned is good."""
        return timedelta(days=self.see_link_days)

    @property
    def embedded(self) -> bool:
        """Whether the embedded PostgreSQL is used."""
        return self.database_url is None


SETTINGS = {f"BAS_{one.name.upper()}": one for one in fields(Settings)}


def settings_from(environment: Mapping[str, str]) -> Settings:
    """Read and check all settings; raises ``SettingsError`` that names every unusable one at once."""
    values: dict[str, Any] = {}
    wrong: list[str] = []
    for name, one in SETTINGS.items():
        raw = environment.get(name, "")
        if raw == "":
            continue
        try:
            values[one.name] = one.metadata["read"](raw)
        except ValueError as error:
            # The value itself is not repeated: it may be a password.
            wrong.append(f"{name} {error}.")
    settings = Settings(**values)
    wrong += _lacking(settings)
    if wrong:
        raise SettingsError("\n".join(wrong))
    return settings


def _lacking(settings: Settings) -> list[str]:
    wrong = []
    if settings.log_level not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
        wrong.append("BAS_LOG_LEVEL must be one of: DEBUG, INFO, WARNING, ERROR.")
    if settings.gateway is Gateway.TWILIO:
        for name in ("twilio_account_sid", "twilio_auth_token", "twilio_sender"):
            if getattr(settings, name) is None:
                wrong.append(f"BAS_{name.upper()} is needed when BAS_GATEWAY is twilio.")
    if settings.smtp_host is not None and settings.smtp_sender is None:
        wrong.append("BAS_SMTP_SENDER is needed when BAS_SMTP_HOST is set.")
    if (settings.smtp_user is None) != (settings.smtp_password is None):
        wrong.append("BAS_SMTP_USER and BAS_SMTP_PASSWORD are needed together, or neither.")
    if not settings.embedded and settings.secret_key is None:
        wrong.append(
            "BAS_SECRET_KEY is needed when BAS_DATABASE_URL is set: every process must sign with the same key. "
            "Make one with: openssl rand -base64 48"
        )
    if not settings.embedded and settings.keys is None:
        wrong.append(KEYS_NEEDED)
    if settings.send_lease_seconds <= settings.send_timeout_seconds:
        wrong.append("BAS_SEND_LEASE_SECONDS must be longer than BAS_SEND_TIMEOUT_SECONDS.")
    return wrong


def keyring_for(settings: Settings) -> Keyring:
    """The keys that seal: those set, or for the embedded database some made once and kept."""
    if settings.keys is not None:
        return keyring_of(settings.keys)
    if not settings.embedded:
        raise SettingsError(KEYS_NEEDED)
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        return keyring_of(kept_keyring(settings.data_dir / "sealing-keys"))
    except KeyringUnusable as error:
        raise SettingsError(f"The file sealing-keys in {settings.data_dir} {error}.") from None
    except OSError as error:
        raise SettingsError(
            f"BAS_DATA_DIR must be a folder this account can write to: {settings.data_dir} ({error.strerror})."
        ) from None


def secret_key_of(settings: Settings) -> str:
    """The key that signs tokens: the one set, or for the embedded database one made once and kept."""
    if settings.secret_key is not None:
        return settings.secret_key
    file = settings.data_dir / "secret-key"
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        if not file.exists():
            _make_key(file)
        key = file.read_text(encoding="ascii").strip()
    except UnicodeDecodeError:
        key = ""
    except (FileExistsError, NotADirectoryError):
        raise SettingsError(f"BAS_DATA_DIR must be a folder: {settings.data_dir} is not.") from None
    except OSError as error:
        raise SettingsError(
            f"BAS_DATA_DIR must be a folder this account can write to: {settings.data_dir} ({error.strerror})."
        ) from None
    if len(key) < LEAST_KEY_LENGTH:
        raise SettingsError(f"The key in {file} is damaged. Delete the file: everybody then signs in anew.")
    return key


def _make_key(file: Path) -> None:
    # Written aside and linked into its place, which fails when there is one: of two processes that start at once
    # one makes the key, both use it, and neither reads it half written.
    aside = file.with_name(f"{file.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as new:
            new.write(secrets.token_urlsafe(48))
        with suppress(FileExistsError):
            os.link(aside, file)
    finally:
        aside.unlink(missing_ok=True)
