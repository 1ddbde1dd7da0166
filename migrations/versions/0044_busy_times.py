"""When a specialist is busy, without a word on with whom: for whoever plans for a child of theirs (D9)."""

from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    -- A specialist's meetings with all children, and days of absence, told to whoever sees one of those children:
    -- a proposed time must be free, and neither another child nor the reason of an absence is anybody's business.
    CREATE FUNCTION busy_times(specialists uuid[], since timestamptz, until timestamptz, without uuid)
        RETURNS TABLE (specialist_id uuid, starts_at timestamptz, ends_at timestamptz, place_type text)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    BEGIN ATOMIC
        WITH asked AS MATERIALIZED (
            SELECT one.id FROM unnest(specialists) AS one (id)
            WHERE one.id = asking_account() OR EXISTS (
                SELECT FROM cases JOIN child_in_sight ON child_in_sight.child_id = cases.child_id
                WHERE cases.specialist_id = one.id AND cases.state = 'open'))
        SELECT m.specialist_id, m.starts_at, m.ends_at, m.place_type
            FROM meetings m JOIN asked ON asked.id = m.specialist_id
            WHERE m.state IN ('planned', 'under_way') AND m.id IS DISTINCT FROM without
            -- none is longer than a day
            AND m.starts_at > since - interval '1 day' AND m.starts_at < until AND m.ends_at > since
        UNION ALL
        SELECT a.specialist_id, a.valid_from::timestamp AT TIME ZONE 'Europe/Riga',
            (a.valid_until + 1)::timestamp AT TIME ZONE 'Europe/Riga', NULL
            FROM absences a JOIN asked ON asked.id = a.specialist_id
            WHERE a.ended_at IS NULL
            AND a.valid_from::timestamp AT TIME ZONE 'Europe/Riga' < until
            AND (a.valid_until + 1)::timestamp AT TIME ZONE 'Europe/Riga' > since;
    END;
    REVOKE ALL ON FUNCTION busy_times FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION busy_times TO bas_app;
    """)
