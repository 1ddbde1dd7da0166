"""What ``bas check`` looks at: the database, its schema, what the roles may, the gateway."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from bas_service import DatabaseRole, database_url_of, schema
from bas_service.config import Gateway, Settings, SettingsError, secret_key_of
from bas_service.worker import gateway_of

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
    if settings.gateway is Gateway.TWILIO and not settings.public_url.startswith("https://"):
        yield Finding(
            is_right=settings.twilio_api_url.startswith("http://127."),
            said=f"BAS_PUBLIC_URL is {settings.public_url}: Twilio's receipts should come by https.",
        )


def _of_database(url: str, role: DatabaseRole) -> Iterator[Finding]:
    engine = create_engine(url, poolclass=NullPool, connect_args={"connect_timeout": 5})
    try:
        with engine.connect() as connection:
            version = connection.execute(text("SELECT current_setting('server_version_num')::int")).scalar_one()
            yield Finding(
                is_right=version >= LEAST_POSTGRESQL,
                said=f"The database answers as {role}; PostgreSQL {version // 10_000} (15 or newer is needed).",
            )
            too_mighty = connection.execute(
                text(
                    "SELECT rolsuper OR rolbypassrls OR EXISTS (SELECT FROM pg_class WHERE relowner = r.oid)"
                    " FROM pg_roles r WHERE rolname = current_user"
                )
            ).scalar_one()
            member = connection.execute(
                text("SELECT pg_has_role(current_user, oid, 'USAGE') FROM pg_roles WHERE rolname = :role"),
                {"role": role.value},
            ).scalar()
            yield Finding(
                is_right=not too_mighty and bool(member),
                said=f"Its account is a {role} that owns nothing and goes around no row-level security"
                f"{'' if not too_mighty and member else ': NOT SO'}.",
            )
        found, expected = schema.version_at(url), schema.expected_version()
        yield Finding(
            is_right=found == expected,
            said=f"The schema is at {found}"
            + ("." if found == expected else f", {expected} is needed. Run: bas db upgrade"),
        )
    except SQLAlchemyError as error:
        yield Finding(
            is_right=False, said=f"The database does not answer as {role} ({type(error.__cause__).__name__})."
        )
    finally:
        engine.dispose()
