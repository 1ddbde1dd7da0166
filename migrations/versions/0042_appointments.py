"""Where other institutions ask a child to be, so that nobody overloads it (D9)."""

from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    -- Nobody's meeting: nothing is told about it, and nobody has a duty because of it.
    CREATE TABLE appointments (
        id uuid PRIMARY KEY,
        child_id uuid NOT NULL REFERENCES children,
        title text NOT NULL,
        place text,
        asked_by text,
        note text,
        starts_at timestamptz NOT NULL,
        minutes integer NOT NULL CHECK (minutes BETWEEN 5 AND 1440),
        -- a recurrence rule (RFC 5545), on Riga's clocks
        rule text,
        -- days (in Riga) on which it does not take place though the rule says so
        days_off date[] NOT NULL DEFAULT '{}',
        -- from then on it takes place no more; empty while it repeats without an end
        over_at timestamptz,
        state text NOT NULL CHECK (state IN ('planned', 'cancelled')),
        state_reason text,
        version integer NOT NULL,
        created_at timestamptz NOT NULL,
        created_by uuid NOT NULL REFERENCES accounts,
        CONSTRAINT appointments_end CHECK (over_at IS NOT NULL OR rule IS NOT NULL),
        CONSTRAINT appointments_first_state CHECK (version > 1 OR state = 'planned')
    );
    CREATE INDEX appointments_child_id_starts_at_idx ON appointments (child_id, starts_at);

    GRANT SELECT, INSERT ON appointments TO bas_app;
    GRANT UPDATE (title, place, asked_by, note, starts_at, minutes, rule, days_off, over_at, state, state_reason,
                  version) ON appointments TO bas_app;
    ALTER TABLE appointments ENABLE ROW LEVEL SECURITY;
    CREATE POLICY in_sight ON appointments TO bas_app
        USING (child_id IN (SELECT child_id FROM child_in_sight));

    CREATE FUNCTION forget_appointments_of_the_erased() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = public, pg_temp AS $$
    BEGIN
        UPDATE appointments SET title = '—', place = NULL, asked_by = NULL, note = NULL, state_reason = NULL
            WHERE child_id = NEW.id;
        RETURN NULL;
    END $$;
    CREATE TRIGGER forget_appointments_of_the_erased AFTER UPDATE OF erased_at ON children FOR EACH ROW
        WHEN (OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL)
        EXECUTE FUNCTION forget_appointments_of_the_erased();
    """)
