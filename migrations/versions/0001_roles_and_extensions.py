"""The roles that own nothing, and the extension that exclusion constraints need."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    CREATE EXTENSION IF NOT EXISTS btree_gist;

    -- Where the roles log in with a password, whoever runs the database makes them beforehand.
    DO $$
    BEGIN
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'bas_app') THEN
            CREATE ROLE bas_app NOLOGIN;
        END IF;
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'bas_worker') THEN
            CREATE ROLE bas_worker NOLOGIN;
        END IF;
    END $$;

    GRANT USAGE ON SCHEMA public TO bas_app, bas_worker;
    -- The version of the schema, read by the readiness check.
    GRANT SELECT ON alembic_version TO bas_app, bas_worker;
    """)
