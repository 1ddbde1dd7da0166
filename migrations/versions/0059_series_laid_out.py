"""The worker lays series out: what it may see and write for that, and a child held meanwhile."""

from alembic import op

revision = "0059"
down_revision = "0058"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    GRANT SELECT ON series TO bas_worker;
    GRANT UPDATE (next_day, not_planned, told_with) ON series TO bas_worker;
    CREATE POLICY works ON series TO bas_worker USING (true);

    -- Nothing but what a series lays out, and what is told about it.
    GRANT SELECT (series_id, series_day), INSERT ON meetings TO bas_worker;
    CREATE POLICY laid_out ON meetings FOR INSERT TO bas_worker
        WITH CHECK (series_id IS NOT NULL AND state = 'planned');
    -- The step that plans them, in nobody's name.
    GRANT INSERT (id, meeting_id, child_id, version, step, at, on_phone_at, changes) ON meeting_events TO bas_worker;
    CREATE POLICY laid_out ON meeting_events FOR INSERT TO bas_worker WITH CHECK (step = 'planned');
    GRANT INSERT ON announcements, messages TO bas_worker;
    CREATE POLICY laid_out ON announcements FOR INSERT TO bas_worker WITH CHECK (reason IN ('planned', 'reminder'));

    -- An accompaniment needs a consent (D7).
    GRANT SELECT (child_id, representative_id, scope, institution, given_at, valid_until, withdrawn_at)
        ON consents TO bas_worker;
    CREATE POLICY works ON consents FOR SELECT TO bas_worker USING (true);

    -- Holds the child of a series, then its specialist, as everybody does who plans; the worker may change neither.
    -- Nothing comes back when somebody else holds the child just now, or when nothing is to be laid out any more.
    CREATE FUNCTION hold_for_laying_out(of_series uuid)
        RETURNS TABLE (given_name text, birth_date date, case_id uuid, specialist_id uuid, specialist_name text,
                       specialist_phone text)
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
        PERFORM FROM children c JOIN series s ON s.child_id = c.id WHERE s.id = of_series
            FOR NO KEY UPDATE OF c SKIP LOCKED;
        IF NOT FOUND THEN
            RETURN;
        END IF;
        RETURN QUERY SELECT ch.given_name, ch.birth_date, c.id, a.id, a.name, a.phone
            FROM series s JOIN children ch ON ch.id = s.child_id JOIN cases c ON c.id = s.case_id
            JOIN accounts a ON a.id = c.specialist_id
            WHERE s.id = of_series AND s.next_day IS NOT NULL AND c.state = 'open' FOR NO KEY UPDATE OF a;
    END $$;
    REVOKE ALL ON FUNCTION hold_for_laying_out FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION hold_for_laying_out TO bas_worker;
    """)
