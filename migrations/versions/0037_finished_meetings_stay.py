"""A meeting begins planned; once it has started, only what the step says may change (D32)."""

from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    -- For the application. The tables' owner moves seals to another key, and erases persons.
    CREATE FUNCTION meetings_stay_as_told() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        free text[] := '{version}';
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
    CREATE TRIGGER meetings_begin_planned BEFORE INSERT ON meetings FOR EACH ROW
        EXECUTE FUNCTION meetings_stay_as_told();
    CREATE TRIGGER meetings_stay_as_told BEFORE UPDATE ON meetings FOR EACH ROW
        WHEN (OLD.state <> 'planned') EXECUTE FUNCTION meetings_stay_as_told();
    """)
