"""How the hours of work are counted out of what is recorded anyway (D8, D27)."""

from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    -- Mostly it is the last weeks that are asked for: their meetings are found by when they ended.
    CREATE INDEX meetings_held_specialist_id_ended_at_idx ON meetings (specialist_id, ended_at)
        WHERE state = 'held';

    -- Minutes and meetings of specialists, by week in Riga and child: for whoever worked them and for their
    -- supervisor. A case that moved on or was closed takes nothing away from the hours that were worked; so this
    -- counts with its owner's rights, and names only children whom the asking account may see.
    --
    -- A meeting counts its whole minutes, from beginning to end as time passes, whatever the clocks on the wall
    -- did. One that goes beyond a week's end is split: of each part counts how many minutes were full at its end
    -- and not yet at its beginning, so that the parts always make the whole.
    CREATE FUNCTION worked_time(only_specialist uuid, first_day date, last_day date, at timestamptz)
        RETURNS TABLE (specialist_id uuid, week date, child_id uuid, is_out_of_sight boolean, measure text,
            amount bigint)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
        WITH asked AS MATERIALIZED (
            SELECT id FROM accounts
            WHERE role = 'specialist' AND (id = asking_account() OR supervisor_id = asking_account())
                AND (only_specialist IS NULL OR id = only_specialist)
        ), weeks AS MATERIALIZED (
            SELECT monday::date AS week,
                greatest(monday::date, first_day)::timestamp AT TIME ZONE 'Europe/Riga' AS begins,
                least(monday::date + 7, last_day + 1)::timestamp AT TIME ZONE 'Europe/Riga' AS ends
            FROM generate_series(date_trunc('week', first_day::timestamp), last_day::timestamp, '7 days') AS monday
        ), period AS MATERIALIZED (
            SELECT min(begins) AS since, max(ends) AS until FROM weeks
        ), met AS MATERIALIZED (
            SELECT m.id, m.specialist_id, m.child_id, m.state, m.place_type, m.transport, m.started_at, m.ended_at
            FROM period, asked JOIN meetings m ON m.specialist_id = asked.id
            WHERE m.state = 'held' AND m.ended_at >= period.since AND m.started_at < period.until
            UNION ALL
            SELECT m.id, m.specialist_id, m.child_id, m.state, m.place_type, m.transport, m.started_at,
                greatest(at, m.started_at)
            FROM period, asked JOIN meetings m ON m.specialist_id = asked.id
            WHERE m.state = 'under_way' AND m.started_at < period.until
        ), parts AS (
            SELECT met.specialist_id, weeks.week, met.child_id, met.place_type,
                (floor(extract(epoch FROM least(met.ended_at, weeks.ends) - met.started_at) / 60)
                - floor(extract(epoch FROM greatest(met.started_at, weeks.begins) - met.started_at) / 60))::bigint
                AS minutes
            FROM met JOIN weeks ON met.started_at < weeks.ends AND met.ended_at > weeks.begins
        ), begun AS (
            SELECT met.*, weeks.week FROM met
            JOIN weeks ON met.started_at >= weeks.begins AND met.started_at < weeks.ends
        ), spent AS (
            SELECT specialist_id, week, child_id, 'with_children' AS measure, minutes AS amount FROM parts
            UNION ALL
            SELECT specialist_id, week, child_id, 'on_the_way', minutes FROM parts WHERE place_type = 'on_the_way'
            UNION ALL
            SELECT specialist_id, week, child_id, state, 1 FROM begun
            UNION ALL
            -- Somebody travelled, and how long nobody said.
            SELECT specialist_id, week, child_id, 'travel_not_noted', 1 FROM begun
            WHERE state = 'held' AND transport <> 'none' AND place_type <> 'on_the_way'
                AND NOT EXISTS (SELECT FROM partner_work w WHERE w.meeting_id = begun.id AND w.withdrawn_at IS NULL)
            UNION ALL
            SELECT m.specialist_id, weeks.week, m.child_id, m.state, 1
            FROM period, asked JOIN meetings m ON m.specialist_id = asked.id
            JOIN weeks ON m.starts_at >= weeks.begins AND m.starts_at < weeks.ends
            WHERE m.state IN ('planned', 'missed', 'cancelled')
                AND m.starts_at >= period.since AND m.starts_at < period.until
            UNION ALL
            SELECT w.specialist_id, date_trunc('week', w.day::timestamp)::date, w.child_id,
                CASE WHEN w.kind IN ('travel', 'paper') THEN w.kind ELSE 'partners' END, w.minutes
            FROM asked JOIN partner_work w ON w.specialist_id = asked.id
            WHERE w.day BETWEEN first_day AND last_day AND w.withdrawn_at IS NULL
        )
        SELECT spent.specialist_id, spent.week, sight.child_id,
            spent.child_id IS NOT NULL AND sight.child_id IS NULL, spent.measure, sum(spent.amount)::bigint
        FROM spent LEFT JOIN (SELECT DISTINCT child_id FROM child_in_sight) AS sight
            ON sight.child_id = spent.child_id
        GROUP BY 1, 2, 3, 4, 5
    $$;
    REVOKE ALL ON FUNCTION worked_time FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION worked_time TO bas_app;
    """)
