"""Run migrations as the owner of the tables, each in a transaction of its own."""

from alembic import context
from sqlalchemy import NullPool, create_engine, text

config = context.config


def run() -> None:
    """Apply what is missing; a lock that cannot be had within a second stops it: the service is running."""
    engine = create_engine(config.get_main_option("sqlalchemy.url") or "", poolclass=NullPool)
    with engine.connect() as connection:
        # Two people who upgrade at once: the second waits, then finds nothing left to do.
        connection.execute(text("SELECT pg_advisory_lock(hashtext('bas migrations'))"))
        connection.execute(text("SET lock_timeout = '1s'"))
        connection.commit()
        context.configure(connection=connection, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
