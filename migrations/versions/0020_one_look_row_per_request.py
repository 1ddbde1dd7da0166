"""One row of the trace for each request, with all the children it showed: a tenth of the writing (D32)."""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    -- Rows from before keep child_id and because, and go on to verify; the chains are continued after them. They are
    -- as 0010 made them, and not looked through again. Whoever runs older code meanwhile reads those rows as ever,
    -- and writes new ones: the function does the writing.
    ALTER TABLE trace
        ADD COLUMN children uuid[],
        -- under which responsibility each of the children was seen, in the same order
        ADD COLUMN grounds text[],
        ALTER COLUMN child_id DROP NOT NULL,
        ALTER COLUMN because DROP NOT NULL,
        ADD CONSTRAINT trace_one_child_or_several CHECK (
            CASE WHEN children IS NULL THEN child_id IS NOT NULL AND because IS NOT NULL
                ELSE child_id IS NULL AND because IS NULL AND cardinality(children) > 0
                    AND cardinality(grounds) = cardinality(children) END) NOT VALID;

    -- "Who looked at this child": an index of arrays keeps no order, and years of looks are not to be read for the
    -- latest fifty. So the trace is cut into stretches of 31 days, and a key stands for a child in one of them.
    -- Two children might share a key: who asks by keys compares the children too.
    CREATE FUNCTION trace_stretch(day date) RETURNS integer
        LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN (day - date '2000-01-01') / 31;
    CREATE FUNCTION trace_key(child uuid, stretch integer) RETURNS bigint
        LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN uuid_hash_extended(child, stretch);
    CREATE FUNCTION trace_keys(children uuid[], day date) RETURNS bigint[]
        LANGUAGE sql IMMUTABLE PARALLEL SAFE
        RETURN (SELECT array_agg(trace_key(child, trace_stretch(day))) FROM unnest(children) AS child);
    -- New entries wait in a list until they are sorted in, many at a time: a short list, so that nobody waits long.
    CREATE INDEX trace_keys_idx ON trace USING gin (trace_keys(children, day))
        WITH (fastupdate = on, gin_pending_list_limit = 256);
    DROP INDEX trace_child_id_at_idx;
    CREATE INDEX trace_child_id_at_idx ON trace (child_id, at) WHERE child_id IS NOT NULL;

    -- A head is overwritten by every request of its chain: with room beside it that costs no entry in the index.
    ALTER TABLE trace_heads SET (fillfactor = 50);

    -- What child_in_sight says of each child, for those whom the asking account is not simply responsible for.
    CREATE FUNCTION trace_grounds(looked uuid[]) RETURNS text[] LANGUAGE plpgsql STABLE
        SET search_path = public, pg_temp
        -- Planned once: planning the view anew costs more than all the rest of the trace (1.2 of 1.4 ms).
        SET plan_cache_mode = force_generic_plan AS $$
    BEGIN
        RETURN (SELECT array_agg(CASE
            WHEN EXISTS (SELECT FROM cases WHERE cases.child_id = child AND state = 'open'
                         AND specialist_id = asking_account()) THEN 'responsible'
            ELSE coalesce((SELECT min(sight.because) FROM child_in_sight sight WHERE sight.child_id = child), 'ended')
            END ORDER BY place) FROM unnest(looked) WITH ORDINALITY AS each (child, place));
    END $$;
    REVOKE ALL ON FUNCTION trace_grounds FROM PUBLIC;

    -- A chain's first request of a day goes on from where the chain's last day ended.
    CREATE FUNCTION begin_trace_head(today date, chain smallint) RETURNS void LANGUAGE plpgsql
        SET search_path = public, pg_temp AS $$
    BEGIN
        PERFORM pg_advisory_xact_lock(hashtext('bas trace'), chain);
        INSERT INTO trace_heads
            SELECT today, chain, last.hash, 0, last.hash FROM (
                SELECT hash FROM (
                    SELECT day, hash FROM trace_heads WHERE lane = chain AND day < today
                    UNION ALL SELECT '-infinity', ''::bytea) AS known
                ORDER BY day DESC LIMIT 1) AS last
            ON CONFLICT DO NOTHING;
    END $$;
    REVOKE ALL ON FUNCTION begin_trace_head FROM PUBLIC;

    CREATE OR REPLACE FUNCTION leave_trace(by_session uuid, did text, wrote boolean, request text, looked uuid[])
        RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE
        moment timestamptz := clock_timestamp();
        today date := (moment AT TIME ZONE 'Europe/Riga')::date;
        account uuid := asking_account();
        chain smallint := get_byte(uuid_send(account), 15) % 16;
        why text[];
    BEGIN
        -- Nearly every look is of the responsible specialist: the whole view is asked only for the others.
        IF (SELECT count(*) FROM cases WHERE child_id = ANY (looked) AND specialist_id = account AND state = 'open')
                = cardinality(looked) THEN
            why := array_fill('responsible'::text, ARRAY[cardinality(looked)]);
        ELSE
            why := trace_grounds(looked);
        END IF;
        LOOP
            -- Locks the lane's head until this request commits: the next one goes on from what it wrote. What the
            -- hash covers is put together by `bas audit verify` in the same way.
            WITH head AS (
                UPDATE trace_heads SET seq = seq + 1, hash = sha256(hash || convert_to(concat_ws(E'\\x1f',
                    to_char(today, 'YYYY-MM-DD'), chain, seq + 1, extract(epoch FROM moment)::text, account,
                    by_session, array_to_string(looked, ','), array_to_string(why, ','), did, wrote::int, request),
                    'UTF8'))
                WHERE day = today AND lane = chain RETURNING seq, hash)
            INSERT INTO trace (day, lane, seq, at, account_id, session_id, children, grounds, action, changed,
                    request_id, hash)
                SELECT today, chain, seq, moment, account, by_session, looked, why, did, wrote, request, hash
                FROM head;
            EXIT WHEN FOUND;
            PERFORM begin_trace_head(today, chain);
        END LOOP;
    END $$;
    DROP FUNCTION trace_hash;

    -- Who looked at a child, the latest first, from a place on. A row names other children too, perhaps of other
    -- teams: so the application reads this, never the rows, and of each row what is about the child it asked for.
    CREATE FUNCTION looks_at(child uuid, before_at timestamptz, before_lane integer, before_seq bigint, most integer)
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
        SELECT trace_stretch((created_at AT TIME ZONE 'Europe/Riga')::date - 1) INTO entered
            FROM children WHERE id = child;
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
    REVOKE ALL ON FUNCTION looks_at FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION looks_at TO bas_app;
    -- The grant and the policy by which bas_app read the rows are left to code that is still running.
    """)
