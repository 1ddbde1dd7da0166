"""The outbox: messages to be handed over, and the provider's receipts."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    CREATE TABLE messages (
        id uuid PRIMARY KEY,
        -- whose file the message belongs to; only row-level security reads it
        subject_id uuid NOT NULL,
        channel text NOT NULL CHECK (channel IN ('sms')),
        recipient text NOT NULL,
        body text NOT NULL,
        parts integer NOT NULL,
        state text NOT NULL CHECK (state IN ('queued', 'sending', 'handed_over', 'delivered', 'failed',
                                             'withdrawn', 'uncertain')),
        useful_until timestamptz NOT NULL,
        next_attempt_at timestamptz,
        attempts integer NOT NULL,
        checks integer NOT NULL,
        repeated boolean NOT NULL,
        lease_until timestamptz,
        attempted_at timestamptz,
        provider_id text,
        error_code text,
        created_at timestamptz NOT NULL,
        handed_over_at timestamptz,
        delivered_at timestamptz,
        CONSTRAINT messages_provider_id_key UNIQUE (provider_id)
    );
    CREATE INDEX messages_due_idx ON messages (next_attempt_at) WHERE state IN ('queued', 'uncertain');
    CREATE INDEX messages_lease_idx ON messages (lease_until) WHERE state = 'sending';
    CREATE INDEX messages_subject_id_idx ON messages (subject_id);

    CREATE TABLE receipts (
        id uuid PRIMARY KEY,
        message_id uuid NOT NULL,
        provider_id text NOT NULL,
        status text NOT NULL,
        error_code text,
        received_at timestamptz NOT NULL,
        applied_at timestamptz,
        CONSTRAINT receipts_provider_id_status_key UNIQUE (provider_id, status)
    );
    CREATE INDEX receipts_message_id_idx ON receipts (message_id) WHERE applied_at IS NULL;

    ALTER TABLE messages ENABLE ROW LEVEL SECURITY;
    CREATE POLICY seen ON messages FOR SELECT TO bas_app
        USING (subject_id IN (SELECT child_id FROM child_in_sight));
    CREATE POLICY queued ON messages FOR INSERT TO bas_app
        WITH CHECK (state IN ('queued', 'withdrawn')
                    AND subject_id IN (SELECT child_id FROM child_in_sight));
    CREATE POLICY withdrawn ON messages FOR UPDATE TO bas_app
        USING (subject_id IN (SELECT child_id FROM child_in_sight)) WITH CHECK (state = 'withdrawn');
    CREATE POLICY works ON messages TO bas_worker USING (true);

    GRANT SELECT, INSERT ON messages TO bas_app;
    GRANT UPDATE (state) ON messages TO bas_app;
    GRANT SELECT, UPDATE ON messages TO bas_worker;
    GRANT INSERT ON receipts TO bas_app;
    -- a repeated receipt is recognised by these two
    GRANT SELECT (provider_id, status) ON receipts TO bas_app;
    GRANT SELECT, UPDATE ON receipts TO bas_worker;

    CREATE FUNCTION tell_the_worker() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_notify('bas_work', TG_TABLE_NAME);
        RETURN NULL;
    END $$;
    CREATE TRIGGER tell_the_worker AFTER INSERT ON messages
        FOR EACH STATEMENT EXECUTE FUNCTION tell_the_worker();
    CREATE TRIGGER tell_the_worker AFTER INSERT ON receipts
        FOR EACH STATEMENT EXECUTE FUNCTION tell_the_worker();

    -- Figures without persons, for /metrics, which asks as nobody.
    CREATE FUNCTION outbox_figures()
        RETURNS TABLE (state text, messages bigint, oldest_seconds double precision)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
        BEGIN ATOMIC
            SELECT messages.state, count(*), extract(epoch FROM now() - min(messages.created_at))
            FROM messages GROUP BY messages.state;
        END;
    """)
