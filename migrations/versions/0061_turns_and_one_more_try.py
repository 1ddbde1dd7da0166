"""How fast texts go out, for all workers together, and one more try of what did not arrive (D6, D26)."""

from alembic import op

revision = "0061"
down_revision = "0060"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    CREATE TABLE sender_turns (
        channel text NOT NULL CHECK (channel IN ('sms', 'email')),
        -- the name, number or address that messages come from: ours, nobody's secret
        sender text NOT NULL,
        -- before this moment nothing more goes out from it
        next_at timestamptz NOT NULL,
        -- how often a message that was due had to wait: for its sender's turn, until its number had some rest
        waited_for_turn bigint NOT NULL DEFAULT 0,
        waited_for_number bigint NOT NULL DEFAULT 0,
        PRIMARY KEY (channel, sender)
    );
    ALTER TABLE sender_turns ENABLE ROW LEVEL SECURITY;
    -- /metrics asks as nobody
    CREATE POLICY seen ON sender_turns FOR SELECT TO bas_app USING (true);
    CREATE POLICY works ON sender_turns TO bas_worker USING (true);
    GRANT SELECT (channel, waited_for_turn, waited_for_number) ON sender_turns TO bas_app;
    GRANT SELECT, INSERT, UPDATE (next_at, waited_for_turn, waited_for_number) ON sender_turns TO bas_worker;

    -- How many of the wanted messages may go out now, and in how many seconds more may. Whoever asks holds the
    -- sender until the transaction ends, so that what follows counts what others sent, too.
    CREATE FUNCTION take_turns(of_channel text, of_sender text, wanted integer, together integer, apart interval)
        RETURNS TABLE (granted integer, again_in double precision)
        LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
    DECLARE
        present timestamptz;
        upcoming timestamptz;
    BEGIN
        -- Others wait for whoever holds the sender: a worker that is suspended just now must not hold it for long.
        PERFORM set_config('idle_in_transaction_session_timeout', '5s', true);
        SELECT t.next_at INTO upcoming FROM sender_turns t
            WHERE t.channel = of_channel AND t.sender = of_sender FOR UPDATE;
        IF NOT FOUND THEN
            INSERT INTO sender_turns (channel, sender, next_at) VALUES (of_channel, of_sender, '-infinity')
                ON CONFLICT DO NOTHING;
            SELECT t.next_at INTO upcoming FROM sender_turns t
                WHERE t.channel = of_channel AND t.sender = of_sender FOR UPDATE;
        END IF;
        -- It may have taken a while until whoever asked before was done.
        present := clock_timestamp();
        granted := CASE WHEN upcoming <= present THEN least(wanted, together) ELSE 0 END;
        IF granted > 0 THEN
            upcoming := present + granted * apart;
        END IF;
        UPDATE sender_turns t
            SET next_at = upcoming, waited_for_turn = t.waited_for_turn + wanted - granted
            WHERE t.channel = of_channel AND t.sender = of_sender;
        again_in := greatest(extract(epoch FROM upcoming - present), 0);
        RETURN NEXT;
    END $$;
    REVOKE ALL ON FUNCTION take_turns FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION take_turns TO bas_worker;

    -- At most so many texts to one number within so many minutes; none: any number of them.
    ALTER TABLE telling_policies
        ADD COLUMN texts_per_number smallint DEFAULT 10 CHECK (texts_per_number BETWEEN 1 AND 100),
        ADD COLUMN texts_per_number_minutes smallint NOT NULL DEFAULT 10
            CHECK (texts_per_number_minutes BETWEEN 1 AND 180);
    -- For the policies there are; of a new one it is said, or none.
    ALTER TABLE telling_policies ALTER COLUMN texts_per_number DROP DEFAULT;
    CREATE INDEX messages_of_number_idx ON messages (recipient_digest, attempted_at)
        WHERE channel = 'sms' AND attempted_at IS NOT NULL;

    -- A try that the provider reported as not arrived, for a reason that may pass: the message went out once more.
    ALTER TABLE messages
        ADD COLUMN first_provider_id text,
        ADD COLUMN first_error_code text,
        ADD COLUMN first_handed_over_at timestamptz;
    CREATE UNIQUE INDEX messages_first_provider_id_key ON messages (first_provider_id)
        WHERE first_provider_id IS NOT NULL;
    """)
