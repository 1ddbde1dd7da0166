"""Who wants texts again is told what they missed: a worker tells what is planned, with the child held (D6)."""

from alembic import op

revision = "0073"
down_revision = "0072"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    -- As it opens them in the texts that it hands over.
    GRANT SELECT (place_name, place_address) ON meetings TO bas_worker;
    ALTER POLICY laid_out ON announcements WITH CHECK (reason IN ('planned', 'changed', 'reminder'));

    -- Holds the children whose representatives read texts at a number; the worker may not change them.
    CREATE FUNCTION hold_for_telling(digest text) RETURNS TABLE (child_id uuid, representative_id uuid)
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
        -- In one order, so that two who hold several never wait for one another.
        PERFORM FROM children c WHERE c.id IN (
            SELECT r.child_id FROM representatives r WHERE r.phone_digest = digest AND r.state = 'active')
            ORDER BY c.id FOR NO KEY UPDATE;
        RETURN QUERY SELECT r.child_id, r.id FROM representatives r
            WHERE r.phone_digest = digest AND r.state = 'active' ORDER BY r.child_id, r.id;
    END $$;
    REVOKE ALL ON FUNCTION hold_for_telling FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION hold_for_telling TO bas_worker;
    """)
