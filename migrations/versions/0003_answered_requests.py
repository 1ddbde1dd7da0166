"""Answers remembered, so that a repeated request gets the first one."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    CREATE TABLE answered_requests (
        account_id uuid NOT NULL,
        key text NOT NULL,
        fingerprint text NOT NULL,
        status integer,
        body text,
        etag text,
        answered_at timestamptz NOT NULL,
        PRIMARY KEY (account_id, key)
    );
    CREATE INDEX answered_requests_answered_at_idx ON answered_requests (answered_at);

    ALTER TABLE answered_requests ENABLE ROW LEVEL SECURITY;
    CREATE POLICY own ON answered_requests TO bas_app
        USING (account_id = (SELECT asking_account()));
    CREATE POLICY forgets ON answered_requests TO bas_worker USING (true);
    GRANT SELECT, INSERT, UPDATE ON answered_requests TO bas_app;
    -- The worker drops what is past its time; of a row it may only see what that takes.
    GRANT SELECT (key, answered_at), DELETE ON answered_requests TO bas_worker;
    """)
