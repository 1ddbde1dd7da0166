"""Which channels work, for all workers and whoever plans: a circuit breaker for each."""

from alembic import op

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    CREATE TABLE channel_states (
        channel text PRIMARY KEY CHECK (channel IN ('sms', 'email')),
        -- whether there is a worker that carries it
        carried boolean NOT NULL,
        state text NOT NULL CHECK (state IN ('closed', 'open', 'half_open')),
        -- since when it does not work, or does again
        since timestamptz NOT NULL,
        failures_in_a_row integer NOT NULL DEFAULT 0,
        openings_in_a_row integer NOT NULL DEFAULT 0,
        error_code text,
        probe_at timestamptz
    );
    INSERT INTO channel_states (channel, carried, state, since) VALUES
        ('sms', true, 'closed', now()),
        -- until a worker that was given a mail server says so
        ('email', false, 'closed', now());
    GRANT SELECT ON channel_states TO bas_app;
    GRANT SELECT, UPDATE (carried, state, since, failures_in_a_row, openings_in_a_row, error_code, probe_at)
        ON channel_states TO bas_worker;
    """)
