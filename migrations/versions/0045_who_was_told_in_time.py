"""Of every meeting: was everybody told in time, and why not; the figures of teams and of the country (D6, D27)."""

from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    -- What ``why_of`` in the ledger's rules decides of one meeting, for many at once. Whoever asks sees the meetings
    -- of children in sight and no others: it reads with the asker's rights.
    CREATE VIEW meeting_told WITH (security_invoker) AS
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
                    WHEN EXISTS (SELECT FROM told_in_person t
                        WHERE t.meeting_id = m.id AND t.representative_id = whom.id
                        AND t.telling = coalesce(m.started_telling, m.telling)
                        AND t.told_at <= begun.at) THEN 8
                    WHEN bool_or(x.state IN ('handed_over', 'delivered') AND a.reason = 'changed') THEN 6
                    WHEN bool_or(x.state IN ('handed_over', 'delivered')) THEN 7
                    WHEN bool_or(x.state = 'uncertain') THEN 3
                    WHEN bool_or(x.state = 'failed') THEN 2
                    WHEN bool_or(x.state IN ('queued', 'sending')) THEN 4
                    WHEN bool_or(x.state = 'withdrawn') THEN 5
                    ELSE 1
                END AS place
                FROM announcements a JOIN messages x ON x.id = a.id
                WHERE a.meeting_id = m.id AND a.representative_id = whom.id
                    AND a.telling = coalesce(m.started_telling, m.telling)
            ) AS one
        ) AS judged;
    GRANT SELECT ON meeting_told TO bas_app;

    -- Figures without a child: a supervisor's own team, and for coordinators and administrators everybody's.
    CREATE FUNCTION announcement_figures(since timestamptz, until timestamptz, grouped text)
        RETURNS TABLE (whose uuid, month date, meetings bigint, begun bigint, in_time bigint, why_not jsonb,
                       by_channel jsonb, told_by_a_person bigint)
        LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
        -- a team is found by another index than a month of the whole country
        SET plan_cache_mode = force_custom_plan AS $$
    DECLARE
        -- NULL: everybody
        team uuid[];
    BEGIN
        IF asking_role() = 'supervisor' THEN
            team := ARRAY(SELECT id FROM accounts WHERE supervisor_id = asking_account());
        ELSIF asking_role() IS NULL OR asking_role() NOT IN ('coordinator', 'administrator') THEN
            RETURN;
        END IF;
        RETURN QUERY
        -- The rule is the view's; but each message of a month of the whole country is looked up once only.
        WITH chosen AS MATERIALIZED (
            SELECT m.id, least(m.started_at, m.earliest_started_at) AS started_at, m.had_to_be_told,
                coalesce(m.started_telling, m.telling) AS latest,
                CASE grouped WHEN 'specialist' THEN m.specialist_id WHEN 'team' THEN a.supervisor_id END AS of_whom,
                CASE grouped WHEN 'month'
                    THEN date_trunc('month', m.starts_at AT TIME ZONE 'Europe/Riga')::date END AS of_month
            FROM meetings m JOIN accounts a ON a.id = m.specialist_id
            WHERE m.starts_at >= since AND m.starts_at < until AND (team IS NULL OR m.specialist_id = ANY (team))
        ), written AS MATERIALIZED (
            SELECT c.id, c.of_whom, c.of_month, a.representative_id AS whom, a.telling = c.latest AS is_latest,
                a.reason, x.state, x.channel, x.handed_over_at <= c.started_at AS by_then
            FROM chosen c JOIN announcements a ON a.meeting_id = c.id JOIN messages x ON x.id = a.id
        ), each AS (
            SELECT c.id, CASE
                WHEN bool_or(w.state IN ('handed_over', 'delivered') AND w.by_then) THEN 9
                WHEN EXISTS (SELECT FROM told_in_person t WHERE t.meeting_id = c.id AND t.representative_id = whom.id
                    AND t.telling = c.latest AND t.told_at <= c.started_at) THEN 8
                WHEN bool_or(w.state IN ('handed_over', 'delivered') AND w.reason = 'changed') THEN 6
                WHEN bool_or(w.state IN ('handed_over', 'delivered')) THEN 7
                WHEN bool_or(w.state = 'uncertain') THEN 3
                WHEN bool_or(w.state = 'failed') THEN 2
                WHEN bool_or(w.state IN ('queued', 'sending')) THEN 4
                WHEN bool_or(w.state = 'withdrawn') THEN 5
                ELSE 1
            END AS place
            FROM chosen c CROSS JOIN unnest(c.had_to_be_told) AS whom(id)
                LEFT JOIN written w ON w.id = c.id AND w.whom = whom.id AND w.is_latest
            GROUP BY c.id, c.latest, c.started_at, whom.id
        ), judged AS (
            SELECT c.id, c.of_whom, c.of_month, c.started_at, CASE WHEN c.started_at IS NOT NULL
                THEN coalesce((ARRAY['nothing-written', 'failed', 'uncertain', 'not-sent', 'withdrawn',
                    'changed-too-late', 'too-late', 'by-a-person', 'in-time'])[min(e.place)], 'nobody-to-tell')
                END AS why
            FROM chosen c LEFT JOIN each e ON e.id = c.id GROUP BY c.id, c.of_whom, c.of_month, c.started_at
        ), whys AS (
            SELECT c.of_whom, c.of_month, c.why, count(*) AS meetings FROM judged c WHERE c.why <> 'in-time'
            GROUP BY 1, 2, 3
        ), texts AS (
            SELECT w.of_whom, w.of_month, w.channel,
                count(*) FILTER (WHERE w.state IN ('handed_over', 'delivered')) AS handed_over,
                count(*) FILTER (WHERE w.state = 'delivered') AS delivered,
                count(*) FILTER (WHERE w.state = 'uncertain') AS uncertain,
                count(*) FILTER (WHERE w.state = 'failed') AS failed
            FROM written w GROUP BY 1, 2, 3
        ), persons AS (
            SELECT c.of_whom, c.of_month, count(DISTINCT c.id) AS meetings
            FROM chosen c JOIN told_in_person t ON t.meeting_id = c.id GROUP BY 1, 2
        )
        SELECT c.of_whom, c.of_month, count(*), count(c.started_at), count(*) FILTER (WHERE c.why = 'in-time'),
            (SELECT coalesce(jsonb_object_agg(w.why, w.meetings), '{}') FROM whys w
             WHERE (w.of_whom, w.of_month) IS NOT DISTINCT FROM (c.of_whom, c.of_month)),
            (SELECT coalesce(jsonb_object_agg(t.channel, jsonb_build_object('handed_over', t.handed_over,
                'delivered', t.delivered, 'uncertain', t.uncertain, 'failed', t.failed)), '{}') FROM texts t
             WHERE (t.of_whom, t.of_month) IS NOT DISTINCT FROM (c.of_whom, c.of_month)),
            coalesce((SELECT p.meetings FROM persons p
             WHERE (p.of_whom, p.of_month) IS NOT DISTINCT FROM (c.of_whom, c.of_month)), 0)
        FROM judged c GROUP BY c.of_whom, c.of_month;
    END $$;
    REVOKE ALL ON FUNCTION announcement_figures FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION announcement_figures TO bas_app;

    -- The country's meetings of a month, and a team's by their start.
    CREATE INDEX meetings_starts_at_idx ON meetings (starts_at);
    """)
