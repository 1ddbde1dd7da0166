"""Representatives not reached before a meeting: told otherwise by somebody, looked for by the worker (D6)."""

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    -- What a representative was told by telephone, in person or by letter, instead of a text.
    CREATE TABLE told_in_person (
        id uuid PRIMARY KEY,
        meeting_id uuid NOT NULL,
        child_id uuid NOT NULL,
        representative_id uuid NOT NULL,
        -- which telling of the meeting they were told
        telling integer NOT NULL,
        means text NOT NULL CHECK (means IN ('phone', 'in_person', 'letter')),
        told_at timestamptz NOT NULL,
        told_by uuid NOT NULL REFERENCES accounts,
        note text,
        created_at timestamptz NOT NULL,
        CONSTRAINT told_in_person_meeting_of_child_fkey
            FOREIGN KEY (meeting_id, child_id) REFERENCES meetings (id, child_id),
        CONSTRAINT told_in_person_representative_of_child_fkey
            FOREIGN KEY (representative_id, child_id) REFERENCES representatives (id, child_id)
    );
    CREATE INDEX told_in_person_meeting_id_idx ON told_in_person (meeting_id);
    CREATE INDEX told_in_person_child_id_idx ON told_in_person (child_id);

    GRANT SELECT, INSERT ON told_in_person TO bas_app;
    GRANT SELECT (meeting_id, representative_id, telling) ON told_in_person TO bas_worker;
    ALTER TABLE told_in_person ENABLE ROW LEVEL SECURITY;
    CREATE POLICY in_sight ON told_in_person TO bas_app
        USING (child_id IN (SELECT child_id FROM child_in_sight));
    CREATE POLICY works ON told_in_person FOR SELECT TO bas_worker USING (true);

    -- What did not arrive, of what is still of use: asked for every minute.
    CREATE INDEX messages_not_arrived_idx ON messages (useful_until)
        WHERE state IN ('queued', 'uncertain', 'failed');
    CREATE INDEX duties_unreached_idx ON duties (about_id)
        WHERE state = 'open' AND kind IN ('representative-unreached', 'representative-unreached-escalated');

    CREATE FUNCTION forget_tellings_of_the_erased() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = public, pg_temp AS $$
    BEGIN
        UPDATE told_in_person SET note = NULL WHERE child_id = NEW.id AND note IS NOT NULL;
        RETURN NULL;
    END $$;
    CREATE TRIGGER forget_tellings_of_the_erased AFTER UPDATE OF erased_at ON children FOR EACH ROW
        WHEN (OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL)
        EXECUTE FUNCTION forget_tellings_of_the_erased();
    """)
