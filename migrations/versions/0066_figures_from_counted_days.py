"""The figures of teams and of the country are added up of days counted before, and of what may still change (D27)."""

from alembic import op

revision = "0066"
down_revision = "0065"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    -- Always what the ledger's rule says of each meeting at this moment: days counted before are taken as they are,
    -- everything else is counted now. That are days not over or not counted yet, the ends of a period that begins or
    -- ends within a day, and whatever changed since.
    CREATE OR REPLACE FUNCTION announcement_figures(since timestamptz, until timestamptz, grouped text)
        RETURNS TABLE (whose uuid, month date, meetings bigint, begun bigint, in_time bigint, why_not jsonb,
                       by_channel jsonb, told_by_a_person bigint)
        LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
        -- a team is found by another index than a month of the whole country
        SET plan_cache_mode = force_custom_plan AS $$
    DECLARE
        -- NULL: everybody
        team uuid[];
        first_day date := (since AT TIME ZONE 'Europe/Riga')::date;
        last_day date := (until AT TIME ZONE 'Europe/Riga')::date;
    BEGIN
        IF asking_role() = 'supervisor' THEN
            team := ARRAY(SELECT id FROM accounts WHERE supervisor_id = asking_account());
        ELSIF asking_role() IS NULL OR asking_role() NOT IN ('coordinator', 'administrator') THEN
            RETURN;
        END IF;
        RETURN QUERY
        WITH days AS MATERIALIZED (
            SELECT whole.day, greatest(since, whole.begins) AS since, least(until, whole.ends) AS until,
                whole.begins >= since AND whole.ends <= until AND c.day IS NOT NULL AS counted
            FROM (
                SELECT one::date AS day, one AT TIME ZONE 'Europe/Riga' AS begins,
                    (one + interval '1 day') AT TIME ZONE 'Europe/Riga' AS ends
                FROM generate_series(first_day::timestamp, last_day::timestamp, '1 day') AS one
            ) AS whole LEFT JOIN counted_days c ON c.day = whole.day
        ), changed AS MATERIALIZED (
            SELECT d.day, d.since, d.until, array_agg(DISTINCT r.specialist_id) AS by_whom
            FROM days d JOIN days_to_recount r ON r.day = d.day
            WHERE d.counted AND (team IS NULL OR r.specialist_id = ANY (team)) GROUP BY 1, 2, 3
        ), to_count AS (
            SELECT min(d.since) AS since, max(d.until) AS until, team AS by_whom
            FROM (SELECT *, day - row_number() OVER (ORDER BY day)::int AS in_a_row FROM days WHERE NOT counted) d
            GROUP BY d.in_a_row
            UNION ALL
            SELECT c.since, c.until, c.by_whom FROM changed c
        ), figures AS (
            SELECT f.* FROM to_count n CROSS JOIN LATERAL day_figures_of(n.since, n.until, n.by_whom) f
            UNION ALL
            SELECT f.* FROM day_figures f JOIN days d ON d.day = f.day AND d.counted
            WHERE f.day BETWEEN first_day AND last_day AND (team IS NULL OR f.specialist_id = ANY (team))
                AND NOT EXISTS (SELECT FROM changed c WHERE c.day = f.day AND f.specialist_id = ANY (c.by_whom))
        ), sums AS (
            SELECT
                CASE grouped WHEN 'specialist' THEN f.specialist_id WHEN 'team' THEN a.supervisor_id END AS whose,
                CASE grouped WHEN 'month' THEN date_trunc('month', f.day)::date END AS month,
                sum(f.meetings) AS meetings, sum(f.begun) AS begun, sum(f.in_time) AS in_time,
                sum(f.told_by_a_person) AS told_by_a_person, sum(f.nobody_to_tell) AS nobody_to_tell,
                sum(f.nothing_written) AS nothing_written, sum(f.failed) AS failed, sum(f.uncertain) AS uncertain,
                sum(f.not_sent) AS not_sent, sum(f.withdrawn) AS withdrawn,
                sum(f.changed_too_late) AS changed_too_late, sum(f.too_late) AS too_late,
                sum(f.by_a_person) AS by_a_person, sum(f.sms_written) AS sms_written,
                sum(f.sms_handed_over) AS sms_handed_over, sum(f.sms_delivered) AS sms_delivered,
                sum(f.sms_uncertain) AS sms_uncertain, sum(f.sms_failed) AS sms_failed,
                sum(f.email_written) AS email_written, sum(f.email_handed_over) AS email_handed_over,
                sum(f.email_delivered) AS email_delivered, sum(f.email_uncertain) AS email_uncertain,
                sum(f.email_failed) AS email_failed
            FROM figures f JOIN accounts a ON a.id = f.specialist_id GROUP BY 1, 2
        )
        SELECT s.whose, s.month, s.meetings, s.begun, s.in_time,
            -- only reasons that there were, and only channels by which something was written
            (SELECT coalesce(jsonb_object_agg(why, number), '{}') FROM (VALUES
                ('nobody-to-tell', s.nobody_to_tell), ('nothing-written', s.nothing_written), ('failed', s.failed),
                ('uncertain', s.uncertain), ('not-sent', s.not_sent), ('withdrawn', s.withdrawn),
                ('changed-too-late', s.changed_too_late), ('too-late', s.too_late), ('by-a-person', s.by_a_person)
                ) AS one(why, number) WHERE number > 0),
            (SELECT coalesce(jsonb_object_agg(channel, jsonb_build_object('handed_over', handed_over,
                'delivered', delivered, 'uncertain', uncertain, 'failed', failed)), '{}') FROM (VALUES
                ('sms', s.sms_written, s.sms_handed_over, s.sms_delivered, s.sms_uncertain, s.sms_failed),
                ('email', s.email_written, s.email_handed_over, s.email_delivered, s.email_uncertain, s.email_failed)
                ) AS one(channel, written, handed_over, delivered, uncertain, failed) WHERE written > 0),
            s.told_by_a_person
        FROM sums s;
    END $$;
    """)
