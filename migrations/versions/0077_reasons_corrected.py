"""Why a meeting was called off, or did not come about, may be corrected like what was recorded of one held (D26)."""

from alembic import op

revision = "0077"
down_revision = "0076"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    -- As before, but the reason of one cancelled or missed may be corrected, with a line about that in its history.
    CREATE OR REPLACE FUNCTION meetings_stay_as_told() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        free text[] := '{version,series_id}';
        step text;
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
        SELECT e.step INTO step FROM meeting_events e WHERE e.meeting_id = NEW.id AND e.version = NEW.version;
        IF OLD.state = 'under_way' THEN
            free := free || '{state,ends_at,expected_minutes,telling,ended_at,summary,child_opinion,
                              representative_present}'::text[];
            IF step = 'moved' THEN
                free := free || '{specialist_id,beside_another}'::text[];
            END IF;
        ELSIF OLD.state = 'held' AND step = 'corrected' THEN
            free := free || '{started_at,earliest_started_at,ended_at,summary,child_opinion,
                              representative_present}'::text[];
        ELSIF step = 'corrected' THEN
            free := free || '{reason,state_reason}'::text[];
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
    """)
