"""Every step of a meeting is kept: what changed, who did it, when, and when by the phone's own clock (D24, D27)."""

from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    ALTER TABLE meetings
        -- a key of the policy then in force; meetings from before have their reason in words only
        ADD COLUMN reason text,
        -- why it was planned or moved so shortly before its start
        ADD COLUMN short_notice_reason text,
        ADD COLUMN representative_present boolean,
        -- set when the start is corrected: whether it was announced in time is judged by the earliest one
        ADD COLUMN earliest_started_at timestamptz;
    GRANT UPDATE (reason, short_notice_reason, representative_present, earliest_started_at) ON meetings TO bas_app;

    CREATE TABLE meeting_events (
        id uuid PRIMARY KEY,
        meeting_id uuid NOT NULL,
        child_id uuid NOT NULL,
        -- the meeting's version that this step made
        version integer NOT NULL,
        step text NOT NULL CHECK (step IN ('planned', 'changed', 'taken', 'moved', 'extended', 'started', 'finished',
                                           'cancelled', 'missed', 'corrected', 'added_to')),
        at timestamptz NOT NULL,
        -- a claim: decided at this time by the clock of the phone
        on_phone_at timestamptz,
        -- nobody can write in another one's name; without an account it was the service itself
        account_id uuid DEFAULT asking_account() REFERENCES accounts,
        -- what was so before and after the step, as sealed JSON
        changes text,
        -- what was added to a finished meeting
        words text,
        CONSTRAINT meeting_events_meeting_of_child_fkey
            FOREIGN KEY (meeting_id, child_id) REFERENCES meetings (id, child_id),
        CONSTRAINT meeting_events_meeting_id_version_key UNIQUE (meeting_id, version)
    );
    CREATE INDEX meeting_events_child_id_idx ON meeting_events (child_id);

    GRANT SELECT ON meeting_events TO bas_app;
    GRANT INSERT (id, meeting_id, child_id, version, step, at, on_phone_at, changes, words)
        ON meeting_events TO bas_app;
    ALTER TABLE meeting_events ENABLE ROW LEVEL SECURITY;
    CREATE POLICY in_sight ON meeting_events TO bas_app
        USING (child_id IN (SELECT child_id FROM child_in_sight));

    CREATE FUNCTION forget_meeting_events_of_the_erased() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = public, pg_temp AS $$
    BEGIN
        UPDATE meeting_events SET changes = NULL, words = NULL WHERE child_id = NEW.id;
        UPDATE meetings SET short_notice_reason = NULL
            WHERE child_id = NEW.id AND short_notice_reason IS NOT NULL;
        RETURN NULL;
    END $$;
    CREATE TRIGGER forget_meeting_events_of_the_erased AFTER UPDATE OF erased_at ON children FOR EACH ROW
        WHEN (OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL)
        EXECUTE FUNCTION forget_meeting_events_of_the_erased();
    """)
