"""What was told about each specialist's meetings of a day, counted once it is over and kept true (D6, D27)."""

from alembic import op

revision = "0065"
down_revision = "0064"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    -- Meetings by their start, in Riga. Numbers only, of no child: they stay when what was written is deleted.
    CREATE TABLE day_figures (
        specialist_id uuid NOT NULL REFERENCES accounts,
        day date NOT NULL,
        meetings integer NOT NULL,
        begun integer NOT NULL,
        in_time integer NOT NULL,
        told_by_a_person integer NOT NULL,
        -- of those begun: why not in time
        nobody_to_tell integer NOT NULL,
        nothing_written integer NOT NULL,
        failed integer NOT NULL,
        uncertain integer NOT NULL,
        not_sent integer NOT NULL,
        withdrawn integer NOT NULL,
        changed_too_late integer NOT NULL,
        too_late integer NOT NULL,
        by_a_person integer NOT NULL,
        -- what was written by each channel, and how it fared
        sms_written integer NOT NULL,
        sms_handed_over integer NOT NULL,
        sms_delivered integer NOT NULL,
        sms_uncertain integer NOT NULL,
        sms_failed integer NOT NULL,
        email_written integer NOT NULL,
        email_handed_over integer NOT NULL,
        email_delivered integer NOT NULL,
        email_uncertain integer NOT NULL,
        email_failed integer NOT NULL,
        CONSTRAINT day_figures_pkey PRIMARY KEY (specialist_id, day)
    );
    -- the whole country's
    CREATE INDEX day_figures_day_idx ON day_figures (day);
    -- Days that were counted; one without a meeting has no figures. Whoever changes what is counted, and how, empties
    -- it: the worker begins anew, and meanwhile everything is counted by whoever asks.
    CREATE TABLE counted_days (day date PRIMARY KEY, counted_at timestamptz NOT NULL);
    -- What changed afterwards. Rows are only added, each in the transaction that changed something: nobody waits for
    -- anybody, and whoever sees the change sees that the day's figures are out of date.
    CREATE TABLE days_to_recount (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        specialist_id uuid NOT NULL,
        day date NOT NULL
    );
    -- Read and written by the functions below and nobody else.
    ALTER TABLE day_figures ENABLE ROW LEVEL SECURITY;
    ALTER TABLE counted_days ENABLE ROW LEVEL SECURITY;
    ALTER TABLE days_to_recount ENABLE ROW LEVEL SECURITY;

    -- What ``why_of`` in the ledger's rules and the view ``meeting_told`` say of each meeting that starts in a
    -- period, counted. Each message is looked up once. NULL for ``whose`` means everybody's.
    CREATE FUNCTION day_figures_of(since timestamptz, until timestamptz, whose uuid[]) RETURNS SETOF day_figures
        LANGUAGE plpgsql STABLE SET search_path = public, pg_temp
        -- a team's day is found by another way than a week of the whole country
        SET plan_cache_mode = force_custom_plan AS $$
    BEGIN
        RETURN QUERY
        WITH chosen AS MATERIALIZED (
            SELECT m.id, m.specialist_id, (m.starts_at AT TIME ZONE 'Europe/Riga')::date AS day, m.had_to_be_told,
                CASE WHEN m.started_at IS NOT NULL THEN least(m.started_at, m.earliest_started_at) END AS started_at,
                coalesce(m.started_telling, m.telling) AS latest
            FROM meetings m
            WHERE m.starts_at >= since AND m.starts_at < until AND (whose IS NULL OR m.specialist_id = ANY (whose))
        ), written AS MATERIALIZED (
            SELECT c.id, c.specialist_id, c.day, a.representative_id, a.telling = c.latest AS is_latest, a.reason,
                CASE WHEN a.withdrawn_at IS NULL THEN x.state ELSE 'withdrawn' END AS state, x.channel,
                x.handed_over_at <= c.started_at AS by_then
            FROM chosen c JOIN announcements a ON a.meeting_id = c.id JOIN messages x ON x.id = a.message_id
            -- What lies in reserve for another channel is not written yet.
            WHERE x.state <> 'spare'
        ), by_a_person AS MATERIALIZED (
            SELECT c.id, c.specialist_id, c.day, t.representative_id,
                t.telling = c.latest AND t.told_at <= c.started_at AS by_then
            FROM chosen c JOIN told_in_person t ON t.meeting_id = c.id
        ), known AS (
            -- the better known, the greater
            SELECT w.id, w.representative_id, CASE
                WHEN w.state IN ('handed_over', 'delivered') AND w.by_then THEN 9
                WHEN w.state IN ('handed_over', 'delivered') AND w.reason = 'changed' THEN 7
                WHEN w.state IN ('handed_over', 'delivered') THEN 6
                WHEN w.state = 'uncertain' THEN 5
                WHEN w.state = 'failed' THEN 4
                WHEN w.state IN ('queued', 'sending') THEN 3
                WHEN w.state = 'withdrawn' THEN 2
                ELSE 1
            END AS rank
            FROM written w WHERE w.is_latest
            UNION ALL
            SELECT p.id, p.representative_id, 8 FROM by_a_person p WHERE p.by_then
            UNION ALL
            SELECT c.id, o.representative_id, 9 FROM chosen c JOIN written_otherwise o ON o.meeting_id = c.id
            WHERE o.telling = c.latest AND o.at <= c.started_at
        ), best AS (
            SELECT k.id, k.representative_id, max(k.rank) AS rank FROM known k GROUP BY 1, 2
        ), judged AS (
            -- Of several representatives the one counts who is worst off: 1 nothing written, 2 failed, 3 uncertain,
            -- 4 not sent, 5 withdrawn, 6 changed too late, 7 too late, 8 by a person, 9 in time.
            SELECT c.id, c.specialist_id, c.day, c.started_at IS NOT NULL AS has_begun,
                min((ARRAY[1, 5, 4, 2, 3, 7, 6, 8, 9])[coalesce(b.rank, 1)])
                    FILTER (WHERE whom.id IS NOT NULL) AS place
            FROM chosen c LEFT JOIN LATERAL unnest(c.had_to_be_told) AS whom(id) ON true
                LEFT JOIN best b ON b.id = c.id AND b.representative_id = whom.id
            GROUP BY 1, 2, 3, 4
        ), met AS (
            SELECT j.specialist_id, j.day, count(*) AS meetings, count(*) FILTER (WHERE has_begun) AS begun,
                count(*) FILTER (WHERE has_begun AND place = 9) AS in_time,
                count(*) FILTER (WHERE has_begun AND place IS NULL) AS nobody_to_tell,
                count(*) FILTER (WHERE has_begun AND place = 1) AS nothing_written,
                count(*) FILTER (WHERE has_begun AND place = 2) AS failed,
                count(*) FILTER (WHERE has_begun AND place = 3) AS uncertain,
                count(*) FILTER (WHERE has_begun AND place = 4) AS not_sent,
                count(*) FILTER (WHERE has_begun AND place = 5) AS withdrawn,
                count(*) FILTER (WHERE has_begun AND place = 6) AS changed_too_late,
                count(*) FILTER (WHERE has_begun AND place = 7) AS too_late,
                count(*) FILTER (WHERE has_begun AND place = 8) AS by_a_person
            FROM judged j GROUP BY 1, 2
        ), texts AS (
            SELECT w.specialist_id, w.day,
                count(*) FILTER (WHERE channel = 'sms') AS sms_written,
                count(*) FILTER (WHERE channel = 'sms' AND state IN ('handed_over', 'delivered')) AS sms_handed_over,
                count(*) FILTER (WHERE channel = 'sms' AND state = 'delivered') AS sms_delivered,
                count(*) FILTER (WHERE channel = 'sms' AND state = 'uncertain') AS sms_uncertain,
                count(*) FILTER (WHERE channel = 'sms' AND state = 'failed') AS sms_failed,
                count(*) FILTER (WHERE channel = 'email') AS email_written,
                count(*) FILTER (WHERE channel = 'email' AND state IN ('handed_over', 'delivered'))
                    AS email_handed_over,
                count(*) FILTER (WHERE channel = 'email' AND state = 'delivered') AS email_delivered,
                count(*) FILTER (WHERE channel = 'email' AND state = 'uncertain') AS email_uncertain,
                count(*) FILTER (WHERE channel = 'email' AND state = 'failed') AS email_failed
            FROM written w GROUP BY 1, 2
        ), persons AS (
            SELECT p.specialist_id, p.day, count(DISTINCT p.id) AS told_by_a_person FROM by_a_person p GROUP BY 1, 2
        )
        SELECT m.specialist_id, m.day, m.meetings::int, m.begun::int, m.in_time::int,
            coalesce(p.told_by_a_person, 0)::int, m.nobody_to_tell::int, m.nothing_written::int, m.failed::int,
            m.uncertain::int, m.not_sent::int, m.withdrawn::int, m.changed_too_late::int, m.too_late::int,
            m.by_a_person::int, coalesce(t.sms_written, 0)::int, coalesce(t.sms_handed_over, 0)::int,
            coalesce(t.sms_delivered, 0)::int, coalesce(t.sms_uncertain, 0)::int, coalesce(t.sms_failed, 0)::int,
            coalesce(t.email_written, 0)::int, coalesce(t.email_handed_over, 0)::int,
            coalesce(t.email_delivered, 0)::int, coalesce(t.email_uncertain, 0)::int, coalesce(t.email_failed, 0)::int
        FROM met m LEFT JOIN texts t USING (specialist_id, day) LEFT JOIN persons p USING (specialist_id, day);
    END $$;
    REVOKE ALL ON FUNCTION day_figures_of FROM PUBLIC;

    -- A day is counted from six o'clock the next morning on, and what changes is noted from an hour after a meeting's
    -- start on: a change that was not noted would have to be under way for hours before it is missed.
    CREATE FUNCTION day_of_meeting_to_recount() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = public, pg_temp AS $$
    BEGIN
        -- also where and when it was before
        INSERT INTO days_to_recount (specialist_id, day)
            SELECT DISTINCT whose, (starts_at AT TIME ZONE 'Europe/Riga')::date
            FROM (VALUES (OLD.specialist_id, OLD.starts_at), (NEW.specialist_id, NEW.starts_at))
                AS one(whose, starts_at)
            WHERE starts_at < now() - interval '1 hour';
        RETURN NULL;
    END $$;
    CREATE FUNCTION day_of_telling_to_recount() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = public, pg_temp AS $$
    BEGIN
        INSERT INTO days_to_recount (specialist_id, day)
            SELECT DISTINCT m.specialist_id, (m.starts_at AT TIME ZONE 'Europe/Riga')::date FROM meetings m
            WHERE m.id IN (OLD.meeting_id, NEW.meeting_id) AND m.starts_at < now() - interval '1 hour';
        RETURN NULL;
    END $$;
    CREATE FUNCTION day_of_message_to_recount() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = public, pg_temp AS $$
    BEGIN
        INSERT INTO days_to_recount (specialist_id, day)
            SELECT DISTINCT m.specialist_id, (m.starts_at AT TIME ZONE 'Europe/Riga')::date
            FROM announcements a JOIN meetings m ON m.id = a.meeting_id
            WHERE a.message_id = NEW.id AND m.starts_at < now() - interval '1 hour';
        RETURN NULL;
    END $$;
    REVOKE ALL ON FUNCTION day_of_meeting_to_recount, day_of_telling_to_recount, day_of_message_to_recount
        FROM PUBLIC;

    -- Everything that ``day_figures_of`` reads, and nothing else: a text emptied when its retention is over changes
    -- no figure.
    CREATE TRIGGER day_to_recount AFTER INSERT OR DELETE OR UPDATE OF specialist_id, starts_at, started_at,
        earliest_started_at, telling, started_telling, had_to_be_told ON meetings FOR EACH ROW
        EXECUTE FUNCTION day_of_meeting_to_recount();
    CREATE TRIGGER day_to_recount AFTER INSERT OR DELETE OR UPDATE OF meeting_id, message_id, representative_id,
        reason, telling, withdrawn_at ON announcements FOR EACH ROW EXECUTE FUNCTION day_of_telling_to_recount();
    CREATE TRIGGER day_to_recount AFTER INSERT OR DELETE OR UPDATE OF meeting_id, representative_id, telling, means,
        told_at, created_at ON told_in_person FOR EACH ROW EXECUTE FUNCTION day_of_telling_to_recount();
    CREATE TRIGGER day_to_recount AFTER INSERT OR DELETE OR UPDATE OF meeting_id, representative_id, telling,
        confirmed_at ON confirmations FOR EACH ROW EXECUTE FUNCTION day_of_telling_to_recount();
    CREATE TRIGGER day_to_recount AFTER UPDATE OF state, channel, handed_over_at ON messages FOR EACH ROW
        WHEN ((OLD.state, OLD.channel, OLD.handed_over_at)
            IS DISTINCT FROM (NEW.state, NEW.channel, NEW.handed_over_at))
        EXECUTE FUNCTION day_of_message_to_recount();

    -- Counts the latest day that is over and was not counted yet; gives it, or NULL when there is none, or somebody
    -- else is counting.
    CREATE FUNCTION count_a_day() RETURNS date LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = public, pg_temp AS $$
    DECLARE
        chosen date;
    BEGIN
        IF NOT pg_try_advisory_xact_lock(hashtext('bas day figures')) THEN
            RETURN NULL;
        END IF;
        SELECT max(d.day)::date INTO chosen FROM generate_series(
            (SELECT min(starts_at) FROM meetings) AT TIME ZONE 'Europe/Riga',
            (now() AT TIME ZONE 'Europe/Riga' - interval '6 hours')::date - interval '1 second', '1 day') AS d(day)
        WHERE NOT EXISTS (SELECT FROM counted_days c WHERE c.day = d.day::date);
        IF chosen IS NOT NULL THEN
            INSERT INTO counted_days VALUES (chosen, now());
            DELETE FROM day_figures WHERE day = chosen;
            INSERT INTO day_figures SELECT * FROM day_figures_of(chosen::timestamp AT TIME ZONE 'Europe/Riga',
                (chosen + 1)::timestamp AT TIME ZONE 'Europe/Riga', NULL);
        END IF;
        RETURN chosen;
    END $$;

    -- Counts anew what changed after it had been counted, so many changes at most; gives how many there were. Each
    -- statement in it sees more than the one before: a change that comes meanwhile stays noted, and is counted again.
    CREATE FUNCTION recount_days(most integer) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = public, pg_temp AS $$
    DECLARE
        one record;
        taken bigint := 0;
    BEGIN
        IF NOT pg_try_advisory_xact_lock(hashtext('bas day figures')) THEN
            RETURN 0;
        END IF;
        FOR one IN
            WITH noted AS (
                DELETE FROM days_to_recount
                WHERE id IN (SELECT id FROM days_to_recount ORDER BY id LIMIT most) RETURNING specialist_id, day
            )
            SELECT n.day, array_agg(DISTINCT n.specialist_id) AS whose, count(*) AS changes,
                c.day IS NOT NULL AS counted
            FROM noted n LEFT JOIN counted_days c ON c.day = n.day GROUP BY n.day, c.day ORDER BY n.day
        LOOP
            taken := taken + one.changes;
            -- What is not counted yet will be as it is then.
            IF one.counted THEN
                DELETE FROM day_figures f WHERE f.day = one.day AND f.specialist_id = ANY (one.whose);
                INSERT INTO day_figures SELECT * FROM day_figures_of(one.day::timestamp AT TIME ZONE 'Europe/Riga',
                    (one.day + 1)::timestamp AT TIME ZONE 'Europe/Riga', one.whose);
            END IF;
        END LOOP;
        RETURN taken;
    END $$;
    REVOKE ALL ON FUNCTION count_a_day, recount_days FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION count_a_day, recount_days TO bas_worker;
    """)
