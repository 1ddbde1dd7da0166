"""The command ``bas``."""

import logging
import os
import signal
import socket
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import click
from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError

from bas_service import DatabaseRole, __version__, clock, create_app, database_url_of, log_to_the_terminal, schema
from bas_service.access.models import Account
from bas_service.checks import findings, misspelt, said_by
from bas_service.children.municipalities import MUNICIPALITIES
from bas_service.config import Settings, SettingsError, settings_from
from bas_service.demo.fake_twilio import fake_twilio
from bas_service.embedded import EmbeddedDatabaseError

SPECIFICATION = Path("mobile_api_spec")
log = logging.getLogger(__name__)


@contextmanager
def _plain_errors() -> Iterator[None]:
    """What a person can mend is said in a sentence, not in a traceback."""
    try:
        yield
    except (SettingsError, EmbeddedDatabaseError) as error:
        raise click.ClickException(str(error)) from None
    except DBAPIError as error:
        raise click.ClickException(f"The database refuses: {said_by(error)}.") from None
    except CommandError as error:
        # Alembic's own words, e.g. about a schema made by a newer version of this program.
        raise click.ClickException(f"The migrations cannot be applied: {error}.") from None


def _settings() -> Settings:
    return settings_from(os.environ)


@click.group(commands=[fake_twilio])
@click.version_option(__version__)
def main() -> None:
    """The service behind the child support specialist's phone app."""


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--processes", default=1, show_default=True, type=click.IntRange(1, 64))
def serve(host: str, port: int, processes: int) -> None:
    """Run the web server."""
    from granian import Granian
    from granian.constants import Interfaces

    with _plain_errors():
        settings = _settings()
        address = _free_address(host, port)
        log_to_the_terminal(settings.log_level)
        _make_ready(settings, DatabaseRole.APP)
        log.info("listening on %s port %d", address, port)
        Granian(
            "bas_service:create_app",
            factory=True,
            interface=Interfaces.WSGI,
            address=address,
            port=port,
            workers=processes,
            # More threads than connections would only queue for them.
            blocking_threads=settings.database_pool,
            workers_kill_timeout=20,
            log_enabled=settings.log_level == "DEBUG",
        ).serve()


@main.command()
def worker() -> None:
    """Hand messages over, apply receipts; any number may run."""
    from bas_service.carriers import gateway_of
    from bas_service.worker import Worker

    with _plain_errors():
        settings = _settings()
        log_to_the_terminal(settings.log_level)
        _make_ready(settings, DatabaseRole.WORKER)
        app = create_app(settings, role=DatabaseRole.WORKER)
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        log.info("working; messages go out by %s", settings.gateway)
        Worker(app, gateway_of(settings)).run_until(stop)


@main.command()
@click.option("--port", type=click.IntRange(0, 65535), help="0: any free one; 8000 when not said.")
@click.option("--once", is_flag=True, help="Play the whole story, say what happened, end.")
def demo(port: int | None, *, once: bool) -> None:
    """Try everything on this machine with invented people; every text message appears here."""
    from bas_service.demo.stage import run_demo

    with _plain_errors():
        sys.exit(run_demo(port=port, once=once))


@main.group()
def db() -> None:
    """The database."""


@db.command("upgrade")
def db_upgrade() -> None:
    """Bring the database's schema up to date."""
    with _plain_errors():
        url = database_url_of(_settings(), DatabaseRole.OWNER)
        before = schema.version_at(url)
        schema.upgrade(url)
        after = schema.version_at(url)
    click.echo(f"The schema is at {after}." + ("" if before == after else f" It was at {before or 'nothing'}."))


@main.group()
def audit() -> None:
    """The trace of looks."""


@audit.command("verify")
def audit_verify() -> None:
    """Look for rows of the trace that were changed, removed or inserted; exits 1 when there are any."""
    from bas_service import DatabaseRole, create_app
    from bas_service.access.trace import breaks_in_the_chain, digest_of_heads
    from bas_service.database import transaction

    with _plain_errors():
        app = create_app(_settings(), role=DatabaseRole.WORKER)
        with app.app_context(), transaction():
            found = list(breaks_in_the_chain())
            count, digest = digest_of_heads()
    for one in found:
        click.secho(f"✗ {one.day}, chain {one.lane}, row {one.seq}: {one.wrong}.", fg="red")
    if found:
        sys.exit(1)
    click.echo(f"✓ {count} rows, none changed, removed or inserted. Digest to note elsewhere: {digest}")


@main.group()
def keys() -> None:
    """The keys that seal what is sensitive in the database."""


@keys.command("new")
@click.option("--id", "key_id", default=lambda: f"k{clock.today():%Y%m%d}", help="The new key's name.")
@click.option("--add", is_flag=True, help="Only a sealing key, to be put before those in use.")
def keys_new(key_id: str, *, add: bool) -> None:
    """Print new keys for BAS_KEYS; nothing is stored."""
    from bas_service.sealing import DIGEST, new_entry

    click.echo(new_entry(key_id) if add else f"{new_entry(key_id)},{new_entry(DIGEST)}")


@keys.command("rotate")
def keys_rotate() -> None:
    """Move everything sealed over to the first key of BAS_KEYS; the service may go on running."""
    from bas_service import DatabaseRole, create_app
    from bas_service.rotation import rotate, rows_to_look_at

    with _plain_errors():
        app = create_app(_settings(), role=DatabaseRole.OWNER)
        with app.app_context():
            with click.progressbar(length=rows_to_look_at(), label="Sealing anew", file=sys.stderr) as bar:
                moved = rotate(bar.update)
    click.echo(f"{moved} values were sealed anew. Older keys may now be taken out of BAS_KEYS.")


@main.group()
def subject() -> None:
    """The rights of the person whose data are held."""


@subject.command("export")
@click.argument("child", type=click.UUID)
@click.option("--representative", type=click.UUID, help="Only what is held about this representative of the child.")
@click.option("--to", "target", type=click.Path(dir_okay=False, path_type=Path), help="The archive's name.")
def subject_export(child: uuid.UUID, representative: uuid.UUID | None, target: Path | None) -> None:
    """Write everything held about a child into an archive: data.json, and a page to read."""
    from bas_service.database import transaction
    from bas_service.errors import NotFound
    from bas_service.retention import export

    target = target or Path(f"export-{representative or child}.zip")
    with _plain_errors():
        app = create_app(_settings(), role=DatabaseRole.OWNER)
        try:
            with app.app_context(), transaction():
                if representative is None:
                    held = export.held_about_child(child)
                else:
                    held = export.held_about_representative(representative)
                    if held["representatives"][0]["child_id"] != str(child):
                        raise NotFound()
        except NotFound:
            raise click.ClickException("Nothing is held under this id.") from None
    # Only who runs the command may read it: it holds everything.
    with open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(export.archive_of(held, f"Everything held on {clock.today():%d.%m.%Y}"))
    click.echo(f"{sum(map(len, held.values()))} records in {target}. Hand it over safely, then delete it.")


@subject.command("erase")
@click.argument("child", type=click.UUID)
@click.confirmation_option(prompt="The person cannot be brought back. Erase?")
def subject_erase(child: uuid.UUID) -> None:
    """Erase a child as a person; figures stay, and the trace without content."""
    from bas_service.database import rows, transaction

    with _plain_errors():
        app = create_app(_settings(), role=DatabaseRole.WORKER)
        with app.app_context(), transaction():
            erased = rows("SELECT erase_child(:child) AS erased", child=child)[0]["erased"]
    if not erased:
        raise click.ClickException("Not erased: there is no such child, or it has an open case, or it was erased.")
    click.echo("The person is erased.")


@main.group()
def user() -> None:
    """The people who sign in."""


@user.command("add")
@click.option("--email", required=True)
@click.option("--name", required=True)
@click.option(
    "--role",
    required=True,
    type=click.Choice(["specialist", "supervisor", "coordinator", "administrator"]),
)
@click.option("--supervisor", metavar="EMAIL", help="Whose team a specialist belongs to.")
@click.option("--phone", help="The specialist's number, told to representatives.")
@click.option("--language", type=click.Choice(["lv", "en", "ru"]), default="lv", show_default=True)
def user_add(email: str, name: str, role: str, supervisor: str | None, phone: str | None, language: str) -> None:
    """Add a person who signs in; the password is asked for, or read from standard input."""
    from bas_service.access import service
    from bas_service.access.rules import LEAST_PASSWORD_LENGTH, AccountUnusable, Role
    from bas_service.database import transaction
    from bas_service.messaging.phone_numbers import NotAPhoneNumber, to_e164
    from bas_service.translation import Language, text_of

    with _plain_errors():
        settings = _settings()
        _make_ready(settings, DatabaseRole.APP)
        app = create_app(settings)
        if sys.stdin.isatty():
            password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
        else:
            password = sys.stdin.readline().rstrip("\n")
        try:
            with app.app_context(), transaction():
                account = service.add_account(
                    email=email,
                    name=name,
                    role=Role(role),
                    password=password,
                    language=Language(language),
                    phone=to_e164(phone) if phone else None,
                    supervisor_email=supervisor,
                )
        except NotAPhoneNumber as wrong:
            words = text_of(Language.ENGLISH, f"phone-{wrong.reason.replace('_', '-')}")
            raise click.UsageError(f"--phone: {words}") from None
        except AccountUnusable as wrong:
            words = text_of(Language.ENGLISH, f"account-{wrong.members['reason']}", least=LEAST_PASSWORD_LENGTH)
            raise click.UsageError(words) from None
    click.echo(f"{account.name} can sign in as {role}.")


@user.command("end-access")
@click.argument("email")
def user_end_access(email: str) -> None:
    """Take an account out of use; its devices are refused from their next request on."""
    from bas_service.access import service

    _with_account(email, service.end_access, "can sign in no more.")


@user.command("change")
@click.argument("email")
@click.option("--municipality", type=click.Choice(sorted(MUNICIPALITIES)), metavar="CODE", help="E.g. LV-RIX.")
@click.option("--languages", type=click.Choice(["lv", "en", "ru"]), multiple=True, help="Once for each.")
def user_change(email: str, municipality: str | None, languages: tuple[str, ...]) -> None:
    """Say where a specialist works and what they speak; it decides whom a supervisor is suggested."""
    from bas_service.access import service
    from bas_service.translation import Language

    spoken = tuple(map(Language, languages))
    _with_account(email, partial(service.describe, municipality=municipality, languages=spoken), "is described anew.")


@user.command("forget-codes")
@click.argument("email")
def user_forget_codes(email: str) -> None:
    """For somebody who lost phone and recovery codes; make sure first who it is that asks."""
    from bas_service.access import service

    _with_account(email, service.forget_codes, "signs in without one-time codes, and may set them up anew.")


def _with_account(email: str, verb: Callable[[str], Account], said: str) -> None:
    from bas_service.access.rules import LEAST_PASSWORD_LENGTH, AccountUnusable
    from bas_service.database import transaction
    from bas_service.translation import Language, text_of

    with _plain_errors():
        settings = _settings()
        _make_ready(settings, DatabaseRole.APP)
        try:
            with create_app(settings).app_context(), transaction():
                account = verb(email)
        except AccountUnusable as wrong:
            words = text_of(Language.ENGLISH, f"account-{wrong.members['reason']}", least=LEAST_PASSWORD_LENGTH)
            raise click.UsageError(words) from None
    click.echo(f"{account.name} {said}")


@main.command()
@click.option("--check", is_flag=True, help="Only say whether the committed files are up to date.")
def openapi(*, check: bool) -> None:
    """Write the specification and the error catalogue to mobile_api_spec/."""
    from bas_service.http.specification import as_yaml, error_catalogue
    from bas_service.sealing import DIGEST, new_entry

    if not SPECIFICATION.is_dir():
        raise click.UsageError(f"There is no folder {SPECIFICATION} here: run this in the project's folder.")
    # Nothing is asked of a database: the specification comes out of the code.
    app = create_app(
        Settings(
            database_url="postgresql+psycopg://nobody@localhost/nothing",
            secret_key="-" * 32,
            keys=f"{new_entry('nothing')},{new_entry(DIGEST)}",
        )
    )
    files = {SPECIFICATION / "openapi.yaml": as_yaml(app), SPECIFICATION / "errors.md": error_catalogue()}
    stale = [file for file, text in files.items() if not file.exists() or file.read_text() != text]
    if check and stale:
        raise click.ClickException(f"Not up to date: {', '.join(str(file) for file in stale)}. Run: bas openapi")
    if not check:
        for file, text in files.items():
            file.write_text(text)
    click.echo("The specification is up to date." if check else f"Written: {', '.join(map(str, files))}.")


@main.command()
def check() -> None:
    """Say whether the settings are right and everything can be reached; exits 1 when not."""
    with _plain_errors():
        found = [*misspelt(os.environ), *findings(_settings())]
    for finding in found:
        click.echo(f"{'✓' if finding.is_right else '✗'} {finding.said}")
    if not all(finding.is_right for finding in found):
        sys.exit(1)


def _make_ready(settings: Settings, role: DatabaseRole) -> None:
    """The embedded database is brought up to date by itself; another one is its keeper's business."""
    if settings.embedded:
        schema.upgrade(database_url_of(settings, DatabaseRole.OWNER))
        return
    found = schema.version_once_there(database_url_of(settings, role), wait_seconds=settings.database_wait_seconds)
    if schema.is_behind(found):
        raise click.ClickException(
            f"The database's schema is at {found or 'nothing'}, {schema.expected_version()} is needed. "
            "Run: bas db upgrade"
        )


def _free_address(host: str, port: int) -> str:
    """The number that ``host`` stands for, when its port can be had.

    The web server takes numbers only, and two of them would share one port without a word, so it is tried here.
    """
    try:
        family, _, _, _, (address, *_) = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((address, port))
    except OSError as error:
        raise click.ClickException(f"Cannot listen on {host} port {port}: {error.strerror}.") from None
    return str(address)


if __name__ == "__main__":
    main()
