"""Somebody who must act for another one's child gets access for hours, with a reason, and the supervisor knows."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    CREATE TABLE emergency_grants (
        id uuid PRIMARY KEY,
        child_id uuid NOT NULL REFERENCES children,
        account_id uuid NOT NULL REFERENCES accounts,
        reason text NOT NULL,
        granted_at timestamptz NOT NULL,
        until timestamptz NOT NULL,
        -- the supervisor who was told, and when they said that they know
        told_account_id uuid REFERENCES accounts,
        seen_at timestamptz,
        version integer NOT NULL,
        CONSTRAINT emergency_grants_at_most_a_day
            CHECK (until > granted_at AND until <= granted_at + interval '24 hours')
    );
    CREATE INDEX emergency_grants_account_id_until_idx ON emergency_grants (account_id, until);
    CREATE INDEX emergency_grants_child_id_idx ON emergency_grants (child_id);
    CREATE INDEX emergency_grants_told_account_id_idx ON emergency_grants (told_account_id) WHERE seen_at IS NULL;

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
            WHERE account_id = asking_account() AND until > now();

    ALTER TABLE emergency_grants ENABLE ROW LEVEL SECURITY;
    CREATE POLICY seen ON emergency_grants FOR SELECT TO bas_app
        USING (asking_account() IN (account_id, told_account_id)
               OR child_id IN (SELECT child_id FROM child_in_sight WHERE because IN ('team', 'closed')));
    CREATE POLICY taken ON emergency_grants FOR INSERT TO bas_app
        WITH CHECK (account_id = asking_account() AND seen_at IS NULL
                    AND (SELECT asking_role()) IN ('specialist', 'supervisor'));
    CREATE POLICY noted ON emergency_grants FOR UPDATE TO bas_app USING (told_account_id = asking_account());
    GRANT SELECT, INSERT ON emergency_grants TO bas_app;
    GRANT UPDATE (seen_at, version) ON emergency_grants TO bas_app;

    -- Whose team a child is in: answered to somebody who does not see the child, so that they can be told.
    CREATE FUNCTION supervisor_of_child(child uuid) RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER
        SET search_path = public, pg_temp
        RETURN (SELECT accounts.supervisor_id FROM cases JOIN accounts ON accounts.id = cases.specialist_id
                WHERE cases.child_id = child ORDER BY cases.opened_at DESC, cases.id DESC LIMIT 1);
    REVOKE ALL ON FUNCTION supervisor_of_child FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION supervisor_of_child TO bas_app;
    """)
