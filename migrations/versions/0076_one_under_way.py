"""One meeting at a time is under way for a specialist and for a child; who is to finish it may change (D30)."""

from alembic import op

revision = "0076"
down_revision = "0075"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    -- A meeting that came to its specialist while it was under way: a transfer must not wait for its end. And, of
    -- those that were under way at once before this was refused, all but the latest: they are finished as any other.
    ALTER TABLE meetings ADD COLUMN beside_another boolean NOT NULL DEFAULT false;
    GRANT SELECT (beside_another) ON meetings TO bas_worker;
    GRANT UPDATE (beside_another) ON meetings TO bas_app;
    UPDATE meetings SET beside_another = true WHERE state = 'under_way' AND EXISTS (
        SELECT FROM meetings later WHERE later.state = 'under_way'
        AND (later.specialist_id = meetings.specialist_id OR later.child_id = meetings.child_id)
        AND (later.started_at, later.id) > (meetings.started_at, meetings.id));
    CREATE UNIQUE INDEX meetings_one_under_way_of_specialist ON meetings (specialist_id)
        WHERE state = 'under_way' AND NOT beside_another;
    CREATE UNIQUE INDEX meetings_one_under_way_of_child ON meetings (child_id)
        WHERE state = 'under_way' AND NOT beside_another;
    -- Nor does it clash with what its new specialist has planned.
    ALTER TABLE meetings
        DROP CONSTRAINT meetings_no_overlap_of_specialist,
        ADD CONSTRAINT meetings_no_overlap_of_specialist EXCLUDE USING gist
            (specialist_id WITH =, tstzrange(starts_at, ends_at) WITH &&)
            WHERE (state IN ('planned', 'under_way') AND NOT beside_another);

    -- As before, but a meeting under way may come to somebody else, with a line about that in its history.
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
            IF EXISTS (SELECT FROM meeting_events e WHERE e.meeting_id = NEW.id
                       AND e.version = NEW.version AND e.step = 'moved') THEN
                free := free || '{specialist_id,beside_another}'::text[];
            END IF;
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
    """)
