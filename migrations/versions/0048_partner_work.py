"""Work with partners, on paper and on the way, noted in one line each (D8)."""

from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    CREATE TABLE partner_work (
        id uuid PRIMARY KEY,
        specialist_id uuid NOT NULL REFERENCES accounts,
        -- in Riga; a line belongs to one day, however late it began
        day date NOT NULL,
        started_at timestamptz,
        minutes integer NOT NULL CHECK (minutes BETWEEN 1 AND 1440),
        kind text NOT NULL CHECK (kind IN ('call', 'meeting', 'letter', 'paper', 'travel', 'other')),
        -- sealed: with whom, and what about
        with_whom text,
        note text,
        child_id uuid REFERENCES children,
        -- to or from which meeting the way was
        meeting_id uuid,
        created_at timestamptz NOT NULL,
        withdrawn_at timestamptz,
        version integer NOT NULL,
        CONSTRAINT partner_work_day_of_start CHECK ((started_at AT TIME ZONE 'Europe/Riga')::date = day),
        CONSTRAINT partner_work_way_to_a_meeting
            CHECK (meeting_id IS NULL OR (kind = 'travel' AND child_id IS NOT NULL)),
        CONSTRAINT partner_work_meeting_of_child_fkey
            FOREIGN KEY (meeting_id, child_id) REFERENCES meetings (id, child_id)
    );
    CREATE INDEX partner_work_specialist_id_day_idx ON partner_work (specialist_id, day);
    CREATE INDEX partner_work_child_id_day_idx ON partner_work (child_id, day);
    CREATE INDEX partner_work_meeting_id_idx ON partner_work (meeting_id) WHERE meeting_id IS NOT NULL;

    GRANT SELECT, INSERT ON partner_work TO bas_app;
    GRANT UPDATE (day, started_at, minutes, kind, with_whom, note, child_id, withdrawn_at, version)
        ON partner_work TO bas_app;

    ALTER TABLE partner_work ENABLE ROW LEVEL SECURITY;
    -- About a child it is seen like the child's file; about nobody by whoever did it and by their supervisor.
    CREATE POLICY seen ON partner_work FOR SELECT TO bas_app USING (
        CASE WHEN child_id IS NOT NULL THEN child_id IN (SELECT child_id FROM child_in_sight)
            ELSE specialist_id = asking_account() OR is_of_own_team(specialist_id) END);
    CREATE POLICY noted ON partner_work FOR INSERT TO bas_app WITH CHECK (
        specialist_id = asking_account()
        AND (child_id IS NULL OR child_id IN (SELECT child_id FROM child_in_sight)));
    -- The hours are of whoever worked them: nobody else writes them down differently.
    CREATE POLICY corrected ON partner_work FOR UPDATE TO bas_app
        USING (specialist_id = asking_account()
               AND (child_id IS NULL OR child_id IN (SELECT child_id FROM child_in_sight)))
        WITH CHECK (specialist_id = asking_account()
                    AND (child_id IS NULL OR child_id IN (SELECT child_id FROM child_in_sight)));

    -- The words go with the child they are about; day, kind and minutes stay (D27).
    CREATE FUNCTION forget_partner_work_of_the_erased() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = public, pg_temp AS $$
    BEGIN
        UPDATE partner_work SET with_whom = NULL, note = NULL
            WHERE child_id = NEW.id AND (with_whom IS NOT NULL OR note IS NOT NULL);
        RETURN NULL;
    END $$;
    CREATE TRIGGER forget_partner_work_of_the_erased AFTER UPDATE OF erased_at ON children FOR EACH ROW
        WHEN (OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL)
        EXECUTE FUNCTION forget_partner_work_of_the_erased();
    """)
