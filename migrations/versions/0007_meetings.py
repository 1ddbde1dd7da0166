"""Meetings: no overlap for the specialist or the child, no state skipped."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    CREATE TABLE meetings (
        id uuid PRIMARY KEY,
        child_id uuid NOT NULL,
        case_id uuid NOT NULL,
        specialist_id uuid NOT NULL REFERENCES accounts,
        kind text NOT NULL CHECK (kind IN ('session', 'accompaniment')),
        state text NOT NULL CHECK (state IN ('planned', 'under_way', 'held', 'cancelled', 'missed')),
        starts_at timestamptz NOT NULL,
        ends_at timestamptz NOT NULL,
        expected_minutes integer NOT NULL CHECK (expected_minutes > 0),
        place_type text NOT NULL CHECK (place_type IN ('office', 'home', 'address', 'remote', 'on_the_way')),
        place_name text,
        place_address text,
        transport text NOT NULL CHECK (transport IN
            ('none', 'private_car', 'work_car', 'public_transport', 'on_foot')),
        institution text,
        purpose text,
        note text,
        -- counts what the representatives must be told: place, time, duration, specialist
        telling integer NOT NULL,
        started_at timestamptz,
        ended_at timestamptz,
        -- the representatives in force at the start: what changes later does not change what was right then
        had_to_be_told uuid[],
        unannounced_reason text,
        state_reason text,
        summary text,
        child_opinion text,
        version integer NOT NULL,
        created_at timestamptz NOT NULL,
        CONSTRAINT meetings_case_of_child_fkey FOREIGN KEY (case_id, child_id) REFERENCES cases (id, child_id),
        CONSTRAINT meetings_duration CHECK (extract(epoch FROM ends_at - starts_at) = expected_minutes * 60),
        CONSTRAINT meetings_accompaniment CHECK
            ((kind = 'accompaniment') = (institution IS NOT NULL AND purpose IS NOT NULL)),
        CONSTRAINT meetings_start CHECK ((state IN ('under_way', 'held')) = (started_at IS NOT NULL)),
        CONSTRAINT meetings_start_knows_whom_to_tell CHECK ((started_at IS NULL) = (had_to_be_told IS NULL)),
        CONSTRAINT meetings_end CHECK ((state = 'held') = (ended_at IS NOT NULL)),
        CONSTRAINT meetings_no_overlap_of_specialist EXCLUDE USING gist
            (specialist_id WITH =, tstzrange(starts_at, ends_at) WITH &&)
            WHERE (state IN ('planned', 'under_way')),
        CONSTRAINT meetings_no_overlap_of_child EXCLUDE USING gist
            (child_id WITH =, tstzrange(starts_at, ends_at) WITH &&)
            WHERE (state IN ('planned', 'under_way')),
        CONSTRAINT meetings_of_child_key UNIQUE (id, child_id)
    );
    CREATE INDEX meetings_child_id_starts_at_idx ON meetings (child_id, starts_at);
    CREATE INDEX meetings_specialist_id_starts_at_idx ON meetings (specialist_id, starts_at);
    CREATE INDEX meetings_case_id_idx ON meetings (case_id);

    GRANT SELECT, INSERT ON meetings TO bas_app;
    GRANT UPDATE (specialist_id, state, starts_at, ends_at, expected_minutes, place_type, place_name,
                  place_address, transport, institution, purpose, note, telling, started_at, ended_at,
                  had_to_be_told, unannounced_reason, state_reason, summary, child_opinion, version)
        ON meetings TO bas_app;
    GRANT SELECT (id, child_id, specialist_id, state, starts_at, ends_at, telling) ON meetings TO bas_worker;

    ALTER TABLE meetings ENABLE ROW LEVEL SECURITY;
    CREATE POLICY in_sight ON meetings TO bas_app
        USING (child_id IN (SELECT child_id FROM child_in_sight));
    CREATE POLICY works ON meetings FOR SELECT TO bas_worker USING (true);

    CREATE FUNCTION meetings_skip_no_state() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF (OLD.state, NEW.state) NOT IN (('planned', 'under_way'), ('planned', 'cancelled'),
                                          ('planned', 'missed'), ('under_way', 'held')) THEN
            RAISE EXCEPTION 'a meeting cannot go from % to %', OLD.state, NEW.state
                USING ERRCODE = 'check_violation', CONSTRAINT = 'meetings_skip_no_state';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER meetings_skip_no_state BEFORE UPDATE OF state ON meetings FOR EACH ROW
        WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION meetings_skip_no_state();
    -- A meeting begins its life planned.
    ALTER TABLE meetings ADD CONSTRAINT meetings_first_state CHECK (version > 1 OR state = 'planned');
    """)
