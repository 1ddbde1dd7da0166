"""One-time codes, recovery codes, and failures counted by account as well as by address."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    ALTER TABLE accounts ADD COLUMN code_secret text;
    ALTER TABLE accounts ADD COLUMN codes_since timestamptz;
    -- the period of the last code used: a code that was seen once is worth nothing
    ALTER TABLE accounts ADD COLUMN code_period bigint;

    CREATE TABLE recovery_codes (
        id uuid PRIMARY KEY,
        account_id uuid NOT NULL REFERENCES accounts,
        digest text NOT NULL,
        used_at timestamptz,
        CONSTRAINT recovery_codes_account_id_digest_key UNIQUE (account_id, digest)
    );
    GRANT SELECT, INSERT, UPDATE ON recovery_codes TO bas_app;

    CREATE INDEX sign_in_attempts_email_digest_failed_at_idx ON sign_in_attempts (email_digest, failed_at);
    """)
