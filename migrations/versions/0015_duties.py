"""Duties: what a person must do about a child, raised once for each occasion, ended once."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    CREATE TABLE duties (
        id uuid PRIMARY KEY,
        kind text NOT NULL,
        child_id uuid NOT NULL REFERENCES children,
        -- whose task it is
        account_id uuid NOT NULL REFERENCES accounts,
        -- what it is about: a case, a meeting, an emergency grant
        about_id uuid NOT NULL,
        -- tells one time from the next about the same thing
        occasion text NOT NULL,
        -- figures and days for its words; never a name
        details jsonb NOT NULL,
        raised_at timestamptz NOT NULL,
        due_at timestamptz NOT NULL,
        state text NOT NULL CHECK (state IN ('open', 'done', 'lapsed')),
        ended_at timestamptz,
        ended_by uuid REFERENCES accounts,
        note text,
        version integer NOT NULL,
        CONSTRAINT duties_raised_once_key UNIQUE (kind, about_id, occasion),
        CONSTRAINT duties_whole_end CHECK ((state = 'open') = (ended_at IS NULL)),
        CONSTRAINT duties_done_by_somebody CHECK ((state = 'done') = (ended_by IS NOT NULL))
    );
    CREATE INDEX duties_account_id_due_at_idx ON duties (account_id, due_at) WHERE state = 'open';
    CREATE INDEX duties_child_id_idx ON duties (child_id);

    CREATE FUNCTION duties_end_once() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'a duty ends once' USING ERRCODE = 'check_violation', CONSTRAINT = 'duties_end_once';
    END $$;
    CREATE TRIGGER duties_end_once BEFORE UPDATE OF state ON duties FOR EACH ROW
        WHEN (OLD.state <> 'open' AND NEW.state <> OLD.state) EXECUTE FUNCTION duties_end_once();

    GRANT SELECT, INSERT ON duties TO bas_app, bas_worker;
    GRANT UPDATE (account_id, state, ended_at, ended_by, note, version) ON duties TO bas_app;
    GRANT UPDATE (account_id, state, ended_at, version) ON duties TO bas_worker;
    ALTER TABLE duties ENABLE ROW LEVEL SECURITY;
    CREATE POLICY in_sight ON duties TO bas_app USING (child_id IN (SELECT child_id FROM child_in_sight));
    CREATE POLICY works ON duties TO bas_worker USING (true);
    """)
