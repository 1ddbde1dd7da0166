"""Messages by e-mail beside text messages, each with the part of the house that posted it."""

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    ALTER TABLE messages DROP CONSTRAINT messages_channel_check;
    ALTER TABLE messages ADD CONSTRAINT messages_channel_check CHECK (channel IN ('sms', 'email')) NOT VALID;
    ALTER TABLE messages VALIDATE CONSTRAINT messages_channel_check;

    ALTER TABLE messages
        -- who is asked whether it is still right before it goes out; what was posted before was all announcements
        ADD COLUMN poster text NOT NULL DEFAULT 'announcements',
        -- of an e-mail: its subject and a calendar entry, both sealed, and the message it continues
        ADD COLUMN subject_line text,
        ADD COLUMN attachment text,
        ADD COLUMN follows_id uuid;

    -- Whoever forgets a text, for its age or with the whole person, forgets all of the message.
    CREATE FUNCTION forget_the_rest_of_the_message() RETURNS trigger LANGUAGE plpgsql
        SET search_path = public, pg_temp AS $$
    BEGIN
        NEW.subject_line := NULL;
        NEW.attachment := NULL;
        RETURN NEW;
    END $$;
    CREATE TRIGGER forget_the_rest_of_the_message BEFORE UPDATE OF body ON messages FOR EACH ROW
        WHEN (NEW.body IS NULL) EXECUTE FUNCTION forget_the_rest_of_the_message();
    """)
