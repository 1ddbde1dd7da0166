"""How long sending takes, counted as it happens, and how old what waits for a broken channel really is."""

from alembic import op

revision = "0062"
down_revision = "0061"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    -- When a message was to go out at first; retries move next_attempt_at only.
    ALTER TABLE messages ADD COLUMN due_at timestamptz;
    UPDATE messages SET due_at = next_attempt_at WHERE state = 'queued' AND attempts = 0;

    CREATE TABLE sending_times (
        channel text NOT NULL CHECK (channel IN ('sms', 'email')),
        -- from when it was to go out until the provider had it; from then until it was delivered
        step text NOT NULL CHECK (step IN ('handed_over', 'delivered')),
        -- seconds; each message is counted in the first one that is enough
        up_to double precision NOT NULL,
        lane smallint NOT NULL,
        messages bigint NOT NULL,
        seconds double precision NOT NULL,
        PRIMARY KEY (channel, step, up_to, lane)
    );
    ALTER TABLE sending_times ENABLE ROW LEVEL SECURITY;
    -- /metrics asks as nobody
    CREATE POLICY seen ON sending_times FOR SELECT TO bas_app USING (true);
    GRANT SELECT ON sending_times TO bas_app;

    -- Counted here, whichever statement of whatever worker writes the moment. Each transaction counts in a lane of
    -- its own, so that nobody waits for anybody, and no two in a circle.
    CREATE FUNCTION count_sending_times() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = public, pg_temp AS $$
    DECLARE
        own_lane smallint := 0;
        reached text[] := '{}';
        name text;
        took double precision;
    BEGIN
        -- What a look-up only guessed is counted when the provider confirms it (checks is 0 again); that it was the
        -- first try that arrived, and not the second one, is no other hand-over.
        IF NEW.handed_over_at IS NOT NULL AND NEW.checks = 0 AND (OLD.handed_over_at IS NULL OR OLD.checks > 0)
            AND NEW.handed_over_at IS DISTINCT FROM NEW.first_handed_over_at
        THEN
            reached := array_append(reached, 'handed_over');
        END IF;
        IF NEW.delivered_at IS NOT NULL AND OLD.delivered_at IS NULL THEN
            reached := array_append(reached, 'delivered');
        END IF;
        IF reached = '{}' THEN
            RETURN NULL;
        END IF;
        WHILE NOT pg_try_advisory_xact_lock(hashtext('bas sending times'), own_lane) LOOP
            own_lane := own_lane + 1;
        END LOOP;
        FOREACH name IN ARRAY reached LOOP
            -- A receipt may overtake the answer, and clocks are never quite the same.
            took := greatest(extract(epoch FROM CASE name
                WHEN 'handed_over' THEN NEW.handed_over_at - greatest(NEW.created_at, NEW.due_at)
                ELSE NEW.delivered_at - coalesce(NEW.handed_over_at, NEW.delivered_at) END), 0);
            INSERT INTO sending_times AS t
                SELECT NEW.channel, name, min(enough), own_lane, 1, took
                FROM unnest('{0.1,0.25,0.5,1,2.5,5,10,30,60,300,900,1800,3600,Infinity}'::double precision[]) enough
                WHERE took <= enough
                ON CONFLICT (channel, step, up_to, lane)
                DO UPDATE SET messages = t.messages + 1, seconds = t.seconds + excluded.seconds;
        END LOOP;
        RETURN NULL;
    END $$;
    REVOKE ALL ON FUNCTION count_sending_times FROM PUBLIC;
    CREATE TRIGGER count_sending_times AFTER UPDATE OF handed_over_at, delivered_at, checks ON messages
        FOR EACH ROW WHEN (NEW.handed_over_at IS NOT NULL OR NEW.delivered_at IS NOT NULL)
        EXECUTE FUNCTION count_sending_times();

    CREATE OR REPLACE FUNCTION service_figures()
        RETURNS TABLE (worker_seconds double precision, oldest_due_seconds double precision, uncertain bigint,
                       unreached bigint, unanswered bigint, unanswered_seconds double precision, channels jsonb)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
        BEGIN ATOMIC
            SELECT
                (SELECT extract(epoch FROM now() - beat_at) FROM heartbeats WHERE part = 'worker'),
                (SELECT greatest(coalesce(extract(epoch FROM max(waits.since)), 0), 0) FROM (
                    -- One that was tried waits since it was to go out, whatever time the next try has: what a
                    -- channel out of order holds back is not tried for long. Of one written before that was kept
                    -- only the number of its tries tells.
                    SELECT CASE WHEN state = 'queued' AND attempts > 0
                        THEN coalesce(now() - due_at, least(now() - created_at, attempts * interval '1 minute'))
                        ELSE now() - next_attempt_at END AS since
                    FROM messages WHERE state IN ('queued', 'uncertain')
                        AND (next_attempt_at <= now() OR state = 'queued' AND attempts > 0)
                    UNION ALL
                    -- The one with which a channel is tried waits on meanwhile, or the alarm would end and begin
                    -- with each of them.
                    SELECT CASE WHEN attempts > 1 THEN now() - due_at ELSE now() - next_attempt_at END
                    FROM messages WHERE state = 'sending') waits),
                (SELECT count(*) FROM messages WHERE state = 'uncertain' AND useful_until > now()),
                (SELECT count(*) FROM duties WHERE state = 'open'
                    AND kind IN ('representative-unreached', 'representative-unreached-escalated')),
                sent.messages, coalesce(extract(epoch FROM now() - sent.first), 0),
                (SELECT coalesce(jsonb_object_agg(one.channel, jsonb_build_array(one.failed, one.messages)), '{}')
                 FROM (SELECT channel, count(*) FILTER (WHERE state = 'failed') AS failed, count(*) AS messages
                       FROM messages WHERE attempted_at > now() - interval '1 hour'
                           AND state IN ('handed_over', 'delivered', 'failed') GROUP BY channel) one)
            FROM (
                -- Text messages handed over since the last receipt came: ids of receipts follow one another in time.
                SELECT count(*) AS messages, min(m.handed_over_at) AS first FROM messages m
                WHERE m.channel = 'sms' AND m.attempted_at > now() - interval '7 days'
                    AND m.handed_over_at > coalesce((SELECT received_at FROM receipts ORDER BY id DESC LIMIT 1),
                                                    '-infinity')
            ) sent;
        END;
    """)
