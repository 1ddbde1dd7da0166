"""Absences, and who stands in: a substitute sees the child on those days, the case stays where it is (D3)."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    CREATE TABLE absences (
        id uuid PRIMARY KEY,
        specialist_id uuid NOT NULL REFERENCES accounts,
        -- days in Riga, both included
        valid_from date NOT NULL,
        valid_until date NOT NULL,
        reason text,
        created_at timestamptz NOT NULL,
        created_by uuid NOT NULL REFERENCES accounts,
        -- set when it ended before its last day
        ended_at timestamptz,
        version integer NOT NULL,
        CONSTRAINT absences_days CHECK (valid_until >= valid_from),
        CONSTRAINT absences_of_specialist_key UNIQUE (id, specialist_id),
        CONSTRAINT absences_no_overlap EXCLUDE USING gist
            (specialist_id WITH =, daterange(valid_from, valid_until, '[]') WITH &&) WHERE (ended_at IS NULL)
    );
    CREATE INDEX absences_specialist_id_valid_until_idx ON absences (specialist_id, valid_until);

    CREATE TABLE substitutions (
        id uuid PRIMARY KEY,
        absence_id uuid NOT NULL,
        specialist_id uuid NOT NULL,
        substitute_id uuid NOT NULL REFERENCES accounts,
        -- only this child; all of the absent specialist's when empty
        child_id uuid REFERENCES children,
        -- somebody else was named instead
        removed_at timestamptz,
        CONSTRAINT substitutions_by_somebody_else CHECK (substitute_id <> specialist_id),
        CONSTRAINT substitutions_of_absence_fkey
            FOREIGN KEY (absence_id, specialist_id) REFERENCES absences (id, specialist_id)
    );
    CREATE INDEX substitutions_absence_id_idx ON substitutions (absence_id);
    CREATE INDEX substitutions_substitute_id_idx ON substitutions (substitute_id);

    GRANT SELECT, INSERT ON absences TO bas_app;
    GRANT UPDATE (valid_until, reason, ended_at, version) ON absences TO bas_app;
    GRANT SELECT, INSERT, UPDATE (removed_at) ON substitutions TO bas_app;

    -- Whose supervisor asks: asked by the policies below, which must not lead back into themselves.
    CREATE FUNCTION is_of_own_team(specialist uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
        SET search_path = public, pg_temp
        RETURN EXISTS (SELECT FROM accounts WHERE id = specialist AND supervisor_id = asking_account());
    REVOKE ALL ON FUNCTION is_of_own_team FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION is_of_own_team TO bas_app;

    -- Whether somebody stands in for a child's absent specialist on a day: also answered to whoever sees the child
    -- for another reason and knows nothing of absences.
    CREATE FUNCTION stands_in(who uuid, specialist uuid, child uuid, on_day date) RETURNS boolean
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
        RETURN EXISTS (SELECT FROM substitutions JOIN absences ON absences.id = substitutions.absence_id
            WHERE substitutions.substitute_id = who AND absences.specialist_id = specialist
            AND substitutions.removed_at IS NULL AND absences.ended_at IS NULL
            AND on_day BETWEEN absences.valid_from AND absences.valid_until
            AND (substitutions.child_id IS NULL OR substitutions.child_id = child));
    REVOKE ALL ON FUNCTION stands_in FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION stands_in TO bas_app;

    ALTER TABLE substitutions ENABLE ROW LEVEL SECURITY;
    CREATE POLICY concerned ON substitutions FOR SELECT TO bas_app
        USING (asking_account() IN (specialist_id, substitute_id) OR is_of_own_team(specialist_id));
    CREATE POLICY arranged ON substitutions FOR INSERT TO bas_app
        WITH CHECK (is_of_own_team(specialist_id) AND is_of_own_team(substitute_id));
    CREATE POLICY rearranged ON substitutions FOR UPDATE TO bas_app
        USING (is_of_own_team(specialist_id) OR is_of_own_team(substitute_id));

    ALTER TABLE absences ENABLE ROW LEVEL SECURITY;
    CREATE POLICY concerned ON absences FOR SELECT TO bas_app
        USING (specialist_id = asking_account() OR is_of_own_team(specialist_id)
               OR EXISTS (SELECT FROM substitutions s WHERE s.absence_id = absences.id
                          AND s.substitute_id = asking_account() AND s.removed_at IS NULL));
    CREATE POLICY entered ON absences FOR INSERT TO bas_app
        WITH CHECK (is_of_own_team(specialist_id) AND created_by = asking_account());
    CREATE POLICY changed ON absences FOR UPDATE TO bas_app USING (is_of_own_team(specialist_id));

    CREATE OR REPLACE VIEW child_in_sight WITH (security_barrier) AS
        SELECT child_id, 'responsible' AS because FROM cases
            WHERE state = 'open' AND specialist_id = asking_account()
        UNION ALL
        SELECT cases.child_id, 'team' FROM accounts JOIN cases ON cases.specialist_id = accounts.id
            WHERE accounts.supervisor_id = asking_account() AND cases.state = 'open'
        UNION ALL
        SELECT cases.child_id, 'closed' FROM accounts JOIN cases ON cases.specialist_id = accounts.id
            WHERE accounts.supervisor_id = asking_account() AND cases.state = 'closed'
            AND NOT EXISTS (SELECT FROM cases later WHERE later.child_id = cases.child_id
                            AND (later.opened_at, later.id) > (cases.opened_at, cases.id))
        UNION ALL
        SELECT id, 'waiting' FROM children
            WHERE waiting AND (SELECT asking_role()) IN ('supervisor', 'coordinator')
        UNION ALL
        SELECT child_id, 'emergency' FROM emergency_grants
            WHERE account_id = asking_account() AND until > now()
        UNION ALL
        -- For the days of the absence only, in Riga; from the next midnight on by itself no more.
        SELECT cases.child_id, 'substitute' FROM substitutions
            JOIN absences ON absences.id = substitutions.absence_id
            JOIN cases ON cases.specialist_id = absences.specialist_id AND cases.state = 'open'
            WHERE substitutions.substitute_id = asking_account()
            AND substitutions.removed_at IS NULL AND absences.ended_at IS NULL
            AND (now() AT TIME ZONE 'Europe/Riga')::date BETWEEN absences.valid_from AND absences.valid_until
            AND (substitutions.child_id IS NULL OR substitutions.child_id = cases.child_id);
    """)
