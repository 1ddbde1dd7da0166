"""The outbox's figures count what waits and what the past day brought, and no more the messages of all years."""

from alembic import op

revision = "0067"
down_revision = "0066"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    -- Asked for every minute: what waits is found by the indexes by which it is worked off, the rest by when it was
    -- tried, and by the time that ids begin with.
    CREATE OR REPLACE FUNCTION outbox_figures()
        RETURNS TABLE (state text, messages bigint, oldest_seconds double precision)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
        BEGIN ATOMIC
            -- One that nobody has tried yet waits since it was due, which may be weeks after it was written.
            SELECT m.state, count(*), greatest(extract(epoch FROM now() - min(
                CASE WHEN m.state = 'queued' AND m.attempts = 0
                    THEN greatest(m.created_at, m.next_attempt_at) ELSE m.created_at END)), 0)
            FROM (
                SELECT x.state, x.attempts, x.created_at, x.next_attempt_at FROM messages x
                WHERE x.state IN ('queued', 'uncertain')
                UNION ALL
                SELECT x.state, x.attempts, x.created_at, x.next_attempt_at FROM messages x
                WHERE x.state = 'sending'
                UNION ALL
                SELECT x.state, x.attempts, x.created_at, x.next_attempt_at FROM messages x
                WHERE x.state NOT IN ('queued', 'uncertain', 'sending')
                    AND (x.attempted_at > now() - interval '1 day'
                         OR x.id >= CAST(rpad(lpad(to_hex(
                            CAST(1000 * extract(epoch FROM now() - interval '1 day') AS bigint)),
                            12, '0'), 32, '0') AS uuid))
            ) m GROUP BY m.state;
        END;
    """)
