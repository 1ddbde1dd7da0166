"""The service watches itself: a sign of life of the workers, figures to judge by, alarms raised once (D27)."""

from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    CREATE TABLE heartbeats (
        -- 'worker': some worker works; 'watch': when somebody looked at the figures last
        part text PRIMARY KEY CHECK (part IN ('worker', 'watch')),
        beat_at timestamptz NOT NULL
    );
    ALTER TABLE heartbeats ENABLE ROW LEVEL SECURITY;
    CREATE POLICY seen ON heartbeats FOR SELECT TO bas_app USING (true);
    CREATE POLICY beats ON heartbeats TO bas_worker USING (part = 'worker');
    GRANT SELECT ON heartbeats TO bas_app;
    GRANT SELECT, INSERT, UPDATE (beat_at) ON heartbeats TO bas_worker;

    CREATE TABLE alarms (
        id uuid PRIMARY KEY,
        kind text NOT NULL CHECK (kind IN ('queue-old', 'no-receipts', 'failures-many', 'worker-silent',
                                           'texts-longer')),
        -- which channel, or which text: each has an alarm of its own
        about text NOT NULL,
        -- figures, never about a person
        details jsonb NOT NULL,
        raised_at timestamptz NOT NULL,
        ended_at timestamptz,
        CONSTRAINT alarms_end_after_they_begin CHECK (ended_at >= raised_at)
    );
    -- however many processes notice the same at the same moment
    CREATE UNIQUE INDEX alarms_raised_once_key ON alarms (kind, about) WHERE ended_at IS NULL;
    CREATE INDEX alarms_raised_at_idx ON alarms (raised_at, id);
    ALTER TABLE alarms ENABLE ROW LEVEL SECURITY;
    -- /metrics asks as nobody; what is over is for those who answer for the service.
    CREATE POLICY seen ON alarms FOR SELECT TO bas_app
        USING (ended_at IS NULL OR (SELECT asking_role()) IN ('supervisor', 'administrator'));
    CREATE POLICY works ON alarms TO bas_worker USING (true);
    GRANT SELECT ON alarms TO bas_app;
    GRANT SELECT, DELETE ON alarms TO bas_worker;

    -- Whether it is time to look again, and nobody else is just doing it.
    CREATE FUNCTION take_the_watch(every interval) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = public, pg_temp AS $$
    BEGIN
        IF NOT EXISTS (SELECT FROM heartbeats WHERE part = 'watch') THEN
            INSERT INTO heartbeats VALUES ('watch', now()) ON CONFLICT DO NOTHING;
            RETURN FOUND;
        END IF;
        PERFORM FROM heartbeats WHERE part = 'watch' AND beat_at <= now() - every FOR UPDATE SKIP LOCKED;
        IF NOT FOUND THEN
            RETURN false;
        END IF;
        UPDATE heartbeats SET beat_at = now() WHERE part = 'watch';
        RETURN true;
    END $$;

    -- Raises what was found and is not open yet, ends what is open and was not found any more; gives what changed.
    CREATE FUNCTION note_alarms(watched text[], causes jsonb) RETURNS SETOF alarms LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = public, pg_temp AS $$
    BEGIN
        RETURN QUERY UPDATE alarms a SET ended_at = greatest(now(), a.raised_at)
            WHERE a.ended_at IS NULL AND a.kind = ANY (watched) AND NOT EXISTS (
                SELECT FROM jsonb_array_elements(causes) AS noticed(cause)
                WHERE cause ->> 'kind' = a.kind AND cause ->> 'about' = a.about)
            RETURNING a.*;
        RETURN QUERY INSERT INTO alarms
            SELECT CAST(cause ->> 'id' AS uuid), cause ->> 'kind', cause ->> 'about', cause -> 'details', now(), NULL
            FROM jsonb_array_elements(causes) AS noticed(cause)
            WHERE cause ->> 'kind' = ANY (watched)
            ORDER BY cause ->> 'kind', cause ->> 'about'
            ON CONFLICT (kind, about) WHERE ended_at IS NULL DO NOTHING RETURNING *;
    END $$;

    CREATE INDEX messages_attempted_at_idx ON messages (attempted_at);
    -- What is watched, in figures without persons: for /metrics, which asks as nobody.
    CREATE FUNCTION service_figures()
        RETURNS TABLE (worker_seconds double precision, oldest_due_seconds double precision, uncertain bigint,
                       unreached bigint, unanswered bigint, unanswered_seconds double precision, channels jsonb)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
        BEGIN ATOMIC
            SELECT
                (SELECT extract(epoch FROM now() - beat_at) FROM heartbeats WHERE part = 'worker'),
                -- One that was tried waits since about then, though it is due again only in a while.
                (SELECT coalesce(extract(epoch FROM max(CASE WHEN state = 'queued' AND attempts > 0
                        THEN least(now() - created_at, attempts * interval '1 minute')
                        ELSE now() - next_attempt_at END)), 0)
                 FROM messages WHERE state IN ('queued', 'uncertain')
                    AND (next_attempt_at <= now() OR state = 'queued' AND attempts > 0)),
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

    -- How many parts a text usually has, of each reason and language: the past day, and the thirty days before it.
    CREATE FUNCTION text_costs()
        RETURNS TABLE (reason text, language text, now integer, texts bigint, usual integer, texts_before bigint)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
        BEGIN ATOMIC
            SELECT a.reason, r.language,
                percentile_disc(0.5) WITHIN GROUP (ORDER BY m.parts)
                    FILTER (WHERE a.created_at > now() - interval '1 day'),
                count(*) FILTER (WHERE a.created_at > now() - interval '1 day'),
                percentile_disc(0.5) WITHIN GROUP (ORDER BY m.parts)
                    FILTER (WHERE a.created_at <= now() - interval '1 day'),
                count(*) FILTER (WHERE a.created_at <= now() - interval '1 day')
            FROM announcements a JOIN messages m ON m.id = a.id JOIN representatives r ON r.id = a.representative_id
            -- Ids begin with the time they were made at, and have an index.
            WHERE a.id >= CAST(rpad(lpad(to_hex(
                    CAST(1000 * extract(epoch FROM now() - interval '31 days') AS bigint)),
                    12, '0'), 32, '0') AS uuid)
                AND a.created_at > now() - interval '31 days' AND m.channel = 'sms'
            GROUP BY a.reason, r.language;
        END;
    REVOKE ALL ON FUNCTION take_the_watch, note_alarms, service_figures, text_costs FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION take_the_watch, note_alarms, service_figures TO bas_app, bas_worker;
    GRANT EXECUTE ON FUNCTION text_costs TO bas_worker;
    """)
