"""Messages in reserve for another channel, and announcements that share one message."""

from alembic import op

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    -- Written beside the message by the first channel, in the same words and under the same protections: whoever
    -- fails over only wakes it, and need read no meeting and no child for that.
    ALTER TABLE messages DROP CONSTRAINT messages_state_check;
    ALTER TABLE messages ADD CONSTRAINT messages_state_check CHECK (state IN ('queued', 'sending', 'handed_over',
        'delivered', 'failed', 'withdrawn', 'uncertain', 'spare')) NOT VALID;
    ALTER TABLE messages VALIDATE CONSTRAINT messages_state_check;
    ALTER TABLE messages ADD COLUMN spare_for_id uuid;
    CREATE INDEX messages_spare_idx ON messages (spare_for_id) WHERE state = 'spare';
    -- handed over and not confirmed: only texts are ever confirmed
    CREATE INDEX messages_unconfirmed_idx ON messages (handed_over_at)
        WHERE state = 'handed_over' AND channel = 'sms';

    DROP POLICY queued ON messages;
    CREATE POLICY queued ON messages FOR INSERT TO bas_app
        WITH CHECK (state IN ('queued', 'withdrawn', 'spare')
                    AND subject_id IN (SELECT child_id FROM child_in_sight));

    -- Two parents with one number: two announcements, one text.
    ALTER TABLE announcements
        ADD COLUMN message_id uuid,
        -- the announcement by another channel that did not arrive
        ADD COLUMN replaces_id uuid;
    UPDATE announcements SET message_id = id;
    -- for code that does not know of it yet
    CREATE FUNCTION announced_by_its_own_message() RETURNS trigger LANGUAGE plpgsql
        SET search_path = public, pg_temp AS $$
    BEGIN
        NEW.message_id := coalesce(NEW.message_id, NEW.id);
        RETURN NEW;
    END $$;
    CREATE TRIGGER announced_by_its_own_message BEFORE INSERT ON announcements FOR EACH ROW
        EXECUTE FUNCTION announced_by_its_own_message();
    ALTER TABLE announcements ALTER COLUMN message_id SET NOT NULL,
        ADD CONSTRAINT announcements_message_id_fkey FOREIGN KEY (message_id) REFERENCES messages,
        DROP CONSTRAINT announcements_id_fkey;
    CREATE INDEX announcements_message_id_idx ON announcements (message_id);

    -- What looks at announcements with their messages, looks at the message they refer to from now on.
    DO $$ BEGIN
        EXECUTE 'CREATE OR REPLACE VIEW meeting_told WITH (security_invoker) AS '
            || replace(pg_get_viewdef('meeting_told'::regclass), 'x.id = a.id', 'x.id = a.message_id');
        EXECUTE replace(pg_get_functiondef('announcement_figures'::regproc), 'x.id = a.id', 'x.id = a.message_id');
    END $$;
    """)
