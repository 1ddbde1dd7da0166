"""Looks at a referral belong to the trace of the child that it becomes, from the referral's first day on (D32)."""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    -- A child has the id of the referral it came with: until then a look is at the referral.
    CREATE OR REPLACE FUNCTION trace_grounds(looked uuid[]) RETURNS text[] LANGUAGE plpgsql STABLE
        SET search_path = public, pg_temp
        -- Planned once: planning the view anew costs more than all the rest of the trace (1.2 of 1.4 ms).
        SET plan_cache_mode = force_generic_plan AS $$
    BEGIN
        RETURN (SELECT array_agg(CASE
            WHEN EXISTS (SELECT FROM cases WHERE cases.child_id = child AND state = 'open'
                         AND specialist_id = asking_account()) THEN 'responsible'
            ELSE coalesce((SELECT min(sight.because) FROM child_in_sight sight WHERE sight.child_id = child),
                (SELECT 'referred' FROM referrals r WHERE r.id = child AND r.child_id IS NULL), 'ended')
            END ORDER BY place) FROM unnest(looked) WITH ORDINALITY AS each (child, place));
    END $$;

    -- The child is younger than its referral, which may have waited for months.
    CREATE OR REPLACE FUNCTION looks_at(child uuid, before_at timestamptz, before_lane integer, before_seq bigint,
            most integer)
        RETURNS TABLE (at timestamptz, lane smallint, seq bigint, account_id uuid, session_id uuid, because text,
            action text, changed boolean, request_id text)
        LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    #variable_conflict use_column
    DECLARE
        stretch integer;
        entered integer;
        wanted integer := most;
        found_here integer;
    BEGIN
        -- The responsible supervisor's to read, not the specialist's.
        IF NOT EXISTS (SELECT FROM child_in_sight sight
                       WHERE sight.child_id = child AND sight.because IN ('team', 'closed')) THEN
            RETURN;
        END IF;
        SELECT trace_stretch((min(c.created_at) AT TIME ZONE 'Europe/Riga')::date - 1) INTO entered
            FROM (SELECT created_at FROM children WHERE id = child
                  UNION ALL SELECT created_at FROM referrals WHERE id = child) c;
        stretch := trace_stretch((coalesce(before_at, now() + interval '1 day') AT TIME ZONE 'Europe/Riga')::date);
        WHILE stretch >= entered AND wanted > 0 LOOP
            RETURN QUERY
                SELECT t.at, t.lane, t.seq, t.account_id, t.session_id,
                    coalesce(t.grounds[array_position(t.children, child)], t.because),
                    t.action, t.changed, t.request_id
                FROM trace t
                WHERE (trace_keys(t.children, t.day) @> ARRAY[trace_key(child, stretch)]
                        AND child = ANY (t.children) OR t.child_id = child)
                    AND trace_stretch(t.day) = stretch
                    AND (before_at IS NULL OR (t.at, t.lane, t.seq) < (before_at, before_lane, before_seq))
                ORDER BY t.at DESC, t.lane DESC, t.seq DESC LIMIT wanted;
            GET DIAGNOSTICS found_here = ROW_COUNT;
            wanted := wanted - found_here;
            stretch := stretch - 1;
        END LOOP;
    END $$;
    """)
