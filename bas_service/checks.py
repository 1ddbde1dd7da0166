"""What ``bas check`` looks at: the database, its schema, what the roles may, the gateway."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from sqlalchemy import Connection, NullPool, create_engine, text
from sqlalchemy.exc import DBAPIError

from bas_service import DatabaseRole, database_url_of, schema
from bas_service.carriers import gateway_of
from bas_service.config import SETTINGS, Gateway, Settings, SettingsError, secret_key_of

LEAST_POSTGRESQL = 150_000


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing looked at, in a sentence."""

    is_right: bool
    said: str


def findings(settings: Settings) -> Iterator[Finding]:
    """Look at everything a process needs; nothing is changed, except that an embedded database is started."""
    secret_key_of(settings)
    yield Finding(is_right=True, said="The settings can be read, and there is a key to sign tokens with.")
    for role in (DatabaseRole.APP, DatabaseRole.WORKER):
        try:
            url = database_url_of(settings, role)
        except SettingsError as error:
            yield Finding(is_right=False, said=str(error))
            continue
        yield from _of_database(url, role)
    wrong = gateway_of(settings).reachable()
    yield Finding(is_right=wrong is None, said=wrong or f"The gateway {settings.gateway} can be reached.")
    trial = settings.twilio_api_url.startswith("http://127.")
    if settings.gateway is Gateway.TWILIO and not trial and not settings.public_url.startswith("https://"):
        yield Finding(
            is_right=False, said=f"BAS_PUBLIC_URL is {settings.public_url}: Twilio's receipts must come by https."
        )


def misspelt(names: Iterable[str]) -> Iterator[Finding]:
    """Names in the environment that look like settings and are none: what they were to set is not set."""
    for name in sorted(name for name in names if name.startswith("BAS_") and name not in SETTINGS):
        meant = get_close_matches(name, SETTINGS, n=1)
        yield Finding(is_right=False, said=f"{name}: there is no such setting" + (f"; {meant[0]}?" if meant else "."))


def said_by(error: DBAPIError) -> str:
    """What the database or the driver said, for whoever runs the service: its first line names no row's values."""
    return next(iter(str(error.orig).splitlines()), "").rstrip(".") or type(error.orig).__name__


def _of_database(url: str, role: DatabaseRole) -> Iterator[Finding]:
    engine = create_engine(url, poolclass=NullPool, connect_args={"connect_timeout": 5})
    try:
        with engine.connect() as connection:
            version = connection.execute(text("SELECT current_setting('server_version_num')::int")).scalar_one()
            yield Finding(
                is_right=version >= LEAST_POSTGRESQL,
                said=f"The database answers as {role}; PostgreSQL {version // 10_000} (15 or newer is needed).",
            )
            yield _of_account(connection, role)
        found = schema.version_at(url)
        behind = schema.is_behind(found)
        yield Finding(
            is_right=not behind,
            said=f"The schema is at {found or 'nothing'}"
            + (f", {schema.expected_version()} is needed. Run: bas db upgrade" if behind else "."),
        )
    except DBAPIError as error:
        yield Finding(is_right=False, said=f"The database does not answer as {role}: {said_by(error)}.")
    finally:
        engine.dispose()


def _of_account(connection: Connection, role: DatabaseRole) -> Finding:
    """Row-level security holds only for an account that has its role's rights and no others."""
    account, too_mighty, has_role = connection.execute(
        text(
            "SELECT rolname, rolsuper OR rolbypassrls"
            " OR EXISTS (SELECT FROM pg_class WHERE relkind = 'r' AND pg_has_role(r.oid, relowner, 'MEMBER')),"
            " EXISTS (SELECT FROM pg_roles WHERE rolname = :role AND pg_has_role(r.oid, oid, 'USAGE'))"
            " FROM pg_roles r WHERE rolname = current_user"
        ),
        {"role": role.value},
    ).one()
    if too_mighty:
        wrong = "is a superuser, goes around row-level security or owns tables"
    elif not has_role:
        wrong = f"does not have the role {role}"
    else:
        return Finding(
            is_right=True, said=f"Its account {account} owns nothing and goes around no row-level security."
        )
    return Finding(is_right=False, said=f"Its account {account} {wrong}: use {role}, or an account that only has it.")
