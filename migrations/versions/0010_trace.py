"""The trace of looks: append-only, chained by hash, so that nobody changes it quietly (D32)."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    CREATE TABLE trace (
        -- in Riga; a chain is continued from day to day
        day date NOT NULL,
        -- accounts are spread over sixteen chains, so that not everybody waits for everybody
        lane smallint NOT NULL,
        seq bigint NOT NULL,
        at timestamptz NOT NULL,
        account_id uuid NOT NULL,
        session_id uuid NOT NULL,
        child_id uuid NOT NULL,
        -- under which responsibility: what child_in_sight said at the end of the request
        because text NOT NULL,
        action text NOT NULL,
        changed boolean NOT NULL,
        request_id text NOT NULL,
        hash bytea NOT NULL,
        PRIMARY KEY (day, lane, seq)
    );
    CREATE INDEX trace_child_id_at_idx ON trace (child_id, at);

    CREATE TABLE trace_heads (
        day date NOT NULL,
        lane smallint NOT NULL,
        -- the hash that the day's first row is chained to: the last one of the lane's day before
        began_with bytea NOT NULL,
        seq bigint NOT NULL,
        hash bytea NOT NULL,
        PRIMARY KEY (day, lane)
    );

    -- What a row's hash covers; the same text is put together by `bas audit verify`.
    CREATE FUNCTION trace_hash(before bytea, entry trace) RETURNS bytea
        LANGUAGE sql IMMUTABLE PARALLEL SAFE
        RETURN sha256(before || convert_to(concat_ws(E'\\x1f', to_char(entry.day, 'YYYY-MM-DD'),
            entry.lane, entry.seq, extract(epoch FROM entry.at)::text, entry.account_id, entry.session_id,
            entry.child_id, entry.because, entry.action, entry.changed::int, entry.request_id), 'UTF8'));

    -- The only way into the trace: the application may run it, and neither write nor change the tables.
    CREATE FUNCTION leave_trace(by_session uuid, did text, wrote boolean, request text, looked uuid[])
        RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
        -- Planned once: planning the view anew costs more than all the rest of this function (1.2 of 1.4 ms).
        SET plan_cache_mode = force_generic_plan AS $$
    DECLARE
        entry trace;
        head trace_heads;
        seen record;
    BEGIN
        entry.account_id := asking_account();
        entry.session_id := by_session;
        entry.action := did;
        entry.changed := wrote;
        entry.request_id := request;
        entry.at := clock_timestamp();
        entry.day := (entry.at AT TIME ZONE 'Europe/Riga')::date;
        entry.lane := get_byte(uuid_send(entry.account_id), 15) % 16;
        -- Locks the lane's head until this request commits: the next one goes on from what it wrote.
        SELECT * INTO head FROM trace_heads WHERE day = entry.day AND lane = entry.lane FOR NO KEY UPDATE;
        IF head IS NULL THEN
            PERFORM pg_advisory_xact_lock(hashtext('bas trace'), entry.lane);
            INSERT INTO trace_heads
                SELECT entry.day, entry.lane, last.hash, 0, last.hash FROM (
                    SELECT hash FROM (
                        SELECT day, hash FROM trace_heads WHERE lane = entry.lane AND day < entry.day
                        UNION ALL SELECT '-infinity', ''::bytea) AS known
                    ORDER BY day DESC LIMIT 1) AS last
                ON CONFLICT DO NOTHING;
            SELECT * INTO head FROM trace_heads WHERE day = entry.day AND lane = entry.lane FOR UPDATE;
        END IF;
        FOR seen IN
            -- Nearly every look is of the responsible specialist: the whole view is asked only for the others.
            SELECT child, CASE
                WHEN EXISTS (SELECT FROM cases WHERE cases.child_id = child AND state = 'open'
                             AND specialist_id = entry.account_id) THEN 'responsible'
                ELSE coalesce((SELECT min(sight.because) FROM child_in_sight sight WHERE sight.child_id = child),
                              'ended') END AS because
            FROM unnest(looked) AS child ORDER BY child
        LOOP
            entry.child_id := seen.child;
            entry.because := seen.because;
            entry.seq := head.seq + 1;
            entry.hash := trace_hash(head.hash, entry);
            INSERT INTO trace VALUES (entry.*);
            head.seq := entry.seq;
            head.hash := entry.hash;
        END LOOP;
        UPDATE trace_heads SET seq = head.seq, hash = head.hash WHERE day = entry.day AND lane = entry.lane;
    END $$;
    REVOKE ALL ON FUNCTION leave_trace FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION leave_trace TO bas_app;

    -- A repeated answer is another look at the children it shows.
    ALTER TABLE answered_requests ADD COLUMN children uuid[];

    ALTER TABLE trace ENABLE ROW LEVEL SECURITY;
    -- "Who looked at this child" is the responsible supervisor's to read, not the specialist's.
    CREATE POLICY team ON trace FOR SELECT TO bas_app
        USING (child_id IN (SELECT child_id FROM child_in_sight WHERE because IN ('team', 'closed')));
    CREATE POLICY verifies ON trace FOR SELECT TO bas_worker USING (true);
    GRANT SELECT ON trace TO bas_app, bas_worker;
    GRANT SELECT ON trace_heads TO bas_worker;
    """)
