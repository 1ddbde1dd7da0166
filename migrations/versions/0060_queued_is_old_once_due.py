"""A text that waits for its day does not count as old in the figures of the outbox."""

from alembic import op

revision = "0060"
down_revision = "0059"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    CREATE OR REPLACE FUNCTION outbox_figures()
        RETURNS TABLE (state text, messages bigint, oldest_seconds double precision)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
        BEGIN ATOMIC
            -- One that nobody has tried yet waits since it was due, which may be weeks after it was written.
            SELECT messages.state, count(*), greatest(extract(epoch FROM now() - min(
                CASE WHEN messages.state = 'queued' AND messages.attempts = 0
                    THEN greatest(messages.created_at, messages.next_attempt_at) ELSE messages.created_at END)), 0)
            FROM messages GROUP BY messages.state;
        END;
    """)
