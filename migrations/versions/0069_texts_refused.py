"""Texts that the provider refuses as they are, whoever they go to, are an alarm (D6)."""

from alembic import op

revision = "0069"
down_revision = "0068"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    ALTER TABLE alarms DROP CONSTRAINT alarms_kind_check;
    ALTER TABLE alarms ADD CONSTRAINT alarms_kind_check CHECK (kind IN (
        'queue-old', 'no-receipts', 'failures-many', 'worker-silent', 'texts-longer', 'texts-refused'));

    -- With the codes by which messages of the past hour failed.
    DROP FUNCTION service_figures();
    CREATE FUNCTION service_figures()
        RETURNS TABLE (worker_seconds double precision, oldest_due_seconds double precision, uncertain bigint,
                       unreached bigint, unanswered bigint, unanswered_seconds double precision, channels jsonb,
                       failed_by jsonb)
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
                           AND state IN ('handed_over', 'delivered', 'failed') GROUP BY channel) one),
                (SELECT coalesce(jsonb_object_agg(one.error_code, one.messages), '{}')
                 FROM (SELECT error_code, count(*) AS messages FROM messages
                       WHERE attempted_at > now() - interval '1 hour' AND state = 'failed'
                           AND error_code IS NOT NULL GROUP BY error_code) one)
            FROM (
                -- Text messages handed over since the last receipt came: ids of receipts follow one another in time.
                SELECT count(*) AS messages, min(m.handed_over_at) AS first FROM messages m
                WHERE m.channel = 'sms' AND m.attempted_at > now() - interval '7 days'
                    AND m.handed_over_at > coalesce((SELECT received_at FROM receipts ORDER BY id DESC LIMIT 1),
                                                    '-infinity')
            ) sent;
        END;
    REVOKE ALL ON FUNCTION service_figures FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION service_figures TO bas_app, bas_worker;
    """)
