"""A text that was out after all, though it had been taken back: what follows from it is somebody's (D6)."""

from alembic import op

revision = "0074"
down_revision = "0073"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    ALTER TABLE messages ADD COLUMN out_after_all_at timestamptz;
    -- Few at any time: whoever has looked at one empties the column.
    CREATE INDEX messages_out_after_all_idx ON messages (out_after_all_at) WHERE out_after_all_at IS NOT NULL;

    -- Holds the child of the message that has waited longest, so that nobody cancels or tells meanwhile; the worker
    -- may not lock it by itself. One that somebody holds just now is passed by: the next look comes soon.
    CREATE FUNCTION hold_for_late_news() RETURNS uuid
        LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
        BEGIN ATOMIC
            SELECT c.id FROM messages m JOIN children c ON c.id = m.subject_id
            WHERE m.out_after_all_at IS NOT NULL ORDER BY m.out_after_all_at, m.id LIMIT 1
            FOR NO KEY UPDATE OF c SKIP LOCKED;
        END;
    REVOKE ALL ON FUNCTION hold_for_late_news FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION hold_for_late_news TO bas_worker;

    CREATE POLICY called_off ON announcements FOR INSERT TO bas_worker WITH CHECK (reason = 'cancelled');
    """)
