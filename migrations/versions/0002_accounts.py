"""Accounts, the devices they signed in on, and attempts to sign in."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    CREATE TABLE accounts (
        id uuid PRIMARY KEY,
        email text NOT NULL,
        name text NOT NULL,
        role text NOT NULL CHECK (role IN ('specialist', 'supervisor', 'coordinator', 'administrator')),
        language text NOT NULL CHECK (language IN ('lv', 'en', 'ru')),
        phone text,
        supervisor_id uuid REFERENCES accounts,
        password_hash text NOT NULL,
        active boolean NOT NULL,
        created_at timestamptz NOT NULL,
        CONSTRAINT accounts_only_specialists_have_a_supervisor
            CHECK (supervisor_id IS NULL OR role = 'specialist')
    );
    CREATE UNIQUE INDEX accounts_email_key ON accounts (lower(email));
    CREATE INDEX accounts_supervisor_id_idx ON accounts (supervisor_id);

    CREATE TABLE device_sessions (
        id uuid PRIMARY KEY,
        account_id uuid NOT NULL REFERENCES accounts,
        device_id text NOT NULL,
        device_name text NOT NULL,
        platform text NOT NULL,
        signed_in_at timestamptz NOT NULL,
        used_token text,
        revoked_at timestamptz,
        revoked_because text
    );
    CREATE UNIQUE INDEX device_sessions_one_open_key ON device_sessions (account_id, device_id)
        WHERE revoked_at IS NULL;

    CREATE TABLE sign_in_attempts (
        id uuid PRIMARY KEY,
        email_digest text NOT NULL,
        address text NOT NULL,
        failed_at timestamptz NOT NULL
    );
    CREATE INDEX sign_in_attempts_address_failed_at_idx ON sign_in_attempts (address, failed_at);

    GRANT SELECT, INSERT, UPDATE ON accounts, device_sessions TO bas_app;
    GRANT SELECT, INSERT, DELETE ON sign_in_attempts TO bas_app;
    GRANT SELECT (id, name, phone, role, active) ON accounts TO bas_worker;
    GRANT SELECT, DELETE ON sign_in_attempts TO bas_worker;

    -- Who is asking: set by the application for one transaction; nobody when it is not set.
    CREATE FUNCTION asking_account() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
        RETURN nullif(current_setting('bas.account_id', true), '')::uuid;

    CREATE FUNCTION asking_role() RETURNS text LANGUAGE sql STABLE SECURITY DEFINER
        SET search_path = public, pg_temp
        RETURN (SELECT role FROM accounts WHERE id = asking_account() AND active);
    """)
