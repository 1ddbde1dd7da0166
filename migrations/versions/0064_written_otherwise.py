"""What is in writing otherwise counts as announced: read and confirmed on a page, or a letter handed over (D6)."""

from alembic import op

revision = "0064"
down_revision = "0063"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    -- Told of a meeting in writing, though not by a message of ours: what the representative says they have read on
    -- the page of a link, and a letter on paper. A letter counts from when it is recorded, never from before.
    CREATE VIEW written_otherwise WITH (security_invoker) AS
        SELECT meeting_id, representative_id, telling, confirmed_at AS at, 'confirmed' AS how FROM confirmations
        UNION ALL
        SELECT meeting_id, representative_id, telling, greatest(told_at, created_at), 'letter' FROM told_in_person
        WHERE means = 'letter';
    GRANT SELECT ON written_otherwise TO bas_app;

    -- As before, but for what is written otherwise, and for announcements withdrawn for one of several.
    CREATE OR REPLACE VIEW meeting_told WITH (security_invoker) AS
        SELECT m.id, m.child_id, m.specialist_id, m.state, m.starts_at, m.started_at, m.earliest_started_at,
            m.telling, m.started_telling, m.had_to_be_told, m.place_type, judged.to_tell, judged.why,
            CASE WHEN m.started_at IS NOT NULL THEN judged.why = 'in-time' END AS in_time
        FROM meetings m CROSS JOIN LATERAL (
            -- By when everybody had to be told: a start that was corrected counts from the earlier moment.
            SELECT coalesce(least(m.started_at, m.earliest_started_at), 'infinity') AS at
        ) AS begun CROSS JOIN LATERAL (
            SELECT coalesce(array_agg(whom.id ORDER BY whom.id) FILTER (WHERE whom.id IS NOT NULL), '{}') AS to_tell,
                CASE WHEN m.state IN ('cancelled', 'missed') THEN 'not-held'
                    ELSE coalesce((ARRAY['nothing-written', 'failed', 'uncertain', 'not-sent', 'withdrawn',
                        'changed-too-late', 'too-late', 'by-a-person', 'in-time'])[min(one.place)], 'nobody-to-tell')
                END AS why
            FROM (
                SELECT unnest(m.had_to_be_told)
                UNION ALL
                -- before the start: who is to be told as it stands now
                SELECT r.id FROM representatives r
                WHERE m.state = 'planned' AND r.child_id = m.child_id AND r.state = 'active'
                    AND r.valid_from <= (m.starts_at AT TIME ZONE 'Europe/Riga')::date
                    AND (r.valid_until IS NULL
                        OR r.valid_until >= (m.starts_at AT TIME ZONE 'Europe/Riga')::date)
                    AND NOT EXISTS (SELECT FROM protected_places p WHERE p.from_representative_id = r.id)
            ) AS whom(id) CROSS JOIN LATERAL (
                SELECT CASE
                    WHEN bool_or(x.state IN ('handed_over', 'delivered')
                        AND x.handed_over_at <= begun.at) THEN 9
                    WHEN EXISTS (SELECT FROM written_otherwise w
                        WHERE w.meeting_id = m.id AND w.representative_id = whom.id
                        AND w.telling = coalesce(m.started_telling, m.telling)
                        AND w.at <= begun.at) THEN 9
                    WHEN EXISTS (SELECT FROM told_in_person t
                        WHERE t.meeting_id = m.id AND t.representative_id = whom.id
                        AND t.telling = coalesce(m.started_telling, m.telling)
                        AND t.told_at <= begun.at) THEN 8
                    WHEN bool_or(x.state IN ('handed_over', 'delivered') AND x.reason = 'changed') THEN 6
                    WHEN bool_or(x.state IN ('handed_over', 'delivered')) THEN 7
                    WHEN bool_or(x.state = 'uncertain') THEN 3
                    WHEN bool_or(x.state = 'failed') THEN 2
                    WHEN bool_or(x.state IN ('queued', 'sending')) THEN 4
                    WHEN bool_or(x.state = 'withdrawn') THEN 5
                    ELSE 1
                END AS place
                FROM (
                    SELECT a.reason, msg.handed_over_at,
                        CASE WHEN a.withdrawn_at IS NULL THEN msg.state ELSE 'withdrawn' END AS state
                    FROM announcements a JOIN messages msg ON msg.id = a.message_id
                    WHERE a.meeting_id = m.id AND a.representative_id = whom.id
                        AND a.telling = coalesce(m.started_telling, m.telling)
                ) AS x
            ) AS one
        ) AS judged;
    """)
