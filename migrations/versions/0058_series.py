"""Series of meetings that repeat, and which meeting stands for which of their days (RFC 5545)."""

from alembic import op

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    CREATE TABLE series (
        id uuid PRIMARY KEY,
        child_id uuid NOT NULL,
        -- whose responsible specialist holds the meetings: handed over with the case, ended when it closes
        case_id uuid NOT NULL,
        -- the series that this one goes on with from some day on
        continues uuid REFERENCES series,
        state text NOT NULL CHECK (state IN ('running', 'ended', 'cancelled')),
        kind text NOT NULL CHECK (kind IN ('session', 'accompaniment')),
        -- an RRULE value (RFC 5545)
        rule text NOT NULL,
        -- a day and a clock on a wall in Riga: what they mean in UTC changes twice a year
        first_day date NOT NULL,
        wall_clock time NOT NULL,
        except_dates date[] NOT NULL,
        -- set when it was cut off before its rule's own end
        last_day date,
        expected_minutes integer NOT NULL CHECK (expected_minutes > 0),
        place_type text NOT NULL CHECK (place_type IN ('office', 'home', 'address', 'remote', 'on_the_way')),
        place_name text,
        place_address text,
        transport text NOT NULL CHECK (transport IN
            ('none', 'private_car', 'work_car', 'public_transport', 'on_foot')),
        institution text,
        purpose text,
        note text,
        -- the first day that is not laid out yet; empty when nothing more is to come
        next_day date,
        -- the day of the meeting with which families are told that it repeats
        told_with date,
        -- days that could not be planned, and why: [{"day", "why"}]
        not_planned jsonb NOT NULL,
        -- a key of the policy then in force
        reason text,
        -- the words beside it
        state_reason text,
        ended_at timestamptz,
        version integer NOT NULL,
        created_at timestamptz NOT NULL,
        created_by uuid NOT NULL REFERENCES accounts,
        CONSTRAINT series_case_of_child_fkey FOREIGN KEY (case_id, child_id) REFERENCES cases (id, child_id),
        CONSTRAINT series_accompaniment CHECK
            ((kind = 'accompaniment') = (institution IS NOT NULL AND purpose IS NOT NULL)),
        CONSTRAINT series_end CHECK ((state = 'running') = (ended_at IS NULL)),
        CONSTRAINT series_over_lays_nothing_out CHECK (state = 'running' OR next_day IS NULL),
        CONSTRAINT series_of_child_key UNIQUE (id, child_id)
    );
    CREATE INDEX series_child_id_idx ON series (child_id);
    CREATE INDEX series_case_id_idx ON series (case_id);
    CREATE INDEX series_next_day_idx ON series (next_day) WHERE next_day IS NOT NULL;

    ALTER TABLE meetings
        ADD COLUMN series_id uuid,
        -- the day of the series for which the meeting stands, also when it was moved to another one
        ADD COLUMN series_day date,
        -- what was changed in this meeting alone: its series leaves that as it is
        ADD COLUMN own_parts text[],
        ADD CONSTRAINT meetings_series_of_child_fkey
            FOREIGN KEY (series_id, child_id) REFERENCES series (id, child_id),
        ADD CONSTRAINT meetings_series_whole CHECK ((series_id IS NULL) = (series_day IS NULL)),
        -- each day of a series becomes one meeting, whatever number of workers lay it out
        ADD CONSTRAINT meetings_series_id_series_day_key UNIQUE (series_id, series_day);
    CREATE INDEX meetings_series_planned_idx ON meetings (starts_at)
        WHERE series_id IS NOT NULL AND state = 'planned';

    GRANT SELECT, INSERT ON series TO bas_app;
    GRANT UPDATE (state, rule, first_day, wall_clock, except_dates, last_day, expected_minutes, place_type,
                  place_name, place_address, transport, institution, purpose, note, next_day, told_with,
                  not_planned, reason, state_reason, ended_at, version)
        ON series TO bas_app;
    GRANT UPDATE (series_id, series_day, own_parts) ON meetings TO bas_app;

    -- A series that is changed from a day on goes on as another one, with the days on which a meeting was called off.
    CREATE OR REPLACE FUNCTION meetings_stay_as_told() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        free text[] := '{version,series_id}';
    BEGIN
        IF current_user <> 'bas_app' THEN
            RETURN NEW;
        END IF;
        IF TG_OP = 'INSERT' THEN
            IF NEW.state <> 'planned' OR NEW.version <> 1 THEN
                RAISE EXCEPTION 'a meeting begins planned'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'meetings_skip_no_state';
            END IF;
            RETURN NEW;
        END IF;
        IF OLD.state = 'under_way' THEN
            free := free || '{state,ends_at,expected_minutes,telling,ended_at,summary,child_opinion,
                              representative_present}'::text[];
        ELSIF OLD.state = 'held' AND EXISTS (SELECT FROM meeting_events e WHERE e.meeting_id = NEW.id
                                             AND e.version = NEW.version AND e.step = 'corrected') THEN
            free := free || '{started_at,earliest_started_at,ended_at,summary,child_opinion,
                              representative_present}'::text[];
        END IF;
        IF NEW.version < OLD.version OR to_jsonb(OLD) - free <> to_jsonb(NEW) - free
            -- No later start makes an announcement one in time.
            OR NEW.started_at <> OLD.started_at AND (NEW.earliest_started_at IS NULL
                OR NEW.earliest_started_at > least(OLD.started_at, OLD.earliest_started_at)) THEN
            RAISE EXCEPTION 'a meeting that is % does not change like this', OLD.state
                USING ERRCODE = 'check_violation', CONSTRAINT = 'meetings_stay_as_told';
        END IF;
        RETURN NEW;
    END $$;

    ALTER TABLE series ENABLE ROW LEVEL SECURITY;
    CREATE POLICY in_sight ON series TO bas_app USING (child_id IN (SELECT child_id FROM child_in_sight));

    CREATE FUNCTION forget_series_of_the_erased() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = public, pg_temp AS $$
    BEGIN
        UPDATE series SET place_name = NULL, place_address = NULL, note = NULL, state_reason = NULL,
            institution = CASE WHEN kind = 'accompaniment' THEN '—' END,
            purpose = CASE WHEN kind = 'accompaniment' THEN '—' END WHERE child_id = NEW.id;
        RETURN NULL;
    END $$;
    CREATE TRIGGER forget_series_of_the_erased AFTER UPDATE OF erased_at ON children FOR EACH ROW
        WHEN (OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL)
        EXECUTE FUNCTION forget_series_of_the_erased();
    """)
