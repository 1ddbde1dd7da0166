"""Row-level security: one view says who may see which child (D32)."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    -- The one answer to "which children may the asking account see". It runs with its owner's rights, so that
    -- the policies below, which read it, do not lead back into themselves.
    CREATE VIEW child_in_sight WITH (security_barrier) AS
        SELECT child_id, 'responsible' AS because FROM cases
            WHERE state = 'open' AND specialist_id = asking_account()
        UNION ALL
        SELECT cases.child_id, 'team' FROM accounts JOIN cases ON cases.specialist_id = accounts.id
            WHERE accounts.supervisor_id = asking_account() AND cases.state = 'open'
        UNION ALL
        -- A closed case stays with the supervisor of the team that closed it, until another one is opened.
        SELECT cases.child_id, 'closed' FROM accounts JOIN cases ON cases.specialist_id = accounts.id
            WHERE accounts.supervisor_id = asking_account() AND cases.state = 'closed'
            AND NOT EXISTS (SELECT FROM cases later WHERE later.child_id = cases.child_id
                            AND (later.opened_at, later.id) > (cases.opened_at, cases.id))
        UNION ALL
        SELECT id, 'waiting' FROM children
            WHERE waiting AND (SELECT asking_role()) IN ('supervisor', 'coordinator');
    GRANT SELECT ON child_in_sight TO bas_app;

    ALTER TABLE children ENABLE ROW LEVEL SECURITY;
    CREATE POLICY seen ON children FOR SELECT TO bas_app
        USING (id IN (SELECT child_id FROM child_in_sight));
    CREATE POLICY corrected ON children FOR UPDATE TO bas_app
        USING (id IN (SELECT child_id FROM child_in_sight));
    CREATE POLICY entered ON children FOR INSERT TO bas_app
        WITH CHECK (waiting AND created_by = asking_account()
                    AND (SELECT asking_role()) IN ('supervisor', 'coordinator'));
    CREATE POLICY works ON children FOR SELECT TO bas_worker USING (true);

    ALTER TABLE representatives ENABLE ROW LEVEL SECURITY;
    CREATE POLICY in_sight ON representatives TO bas_app
        USING (child_id IN (SELECT child_id FROM child_in_sight));
    CREATE POLICY works ON representatives FOR SELECT TO bas_worker USING (true);

    ALTER TABLE protected_places ENABLE ROW LEVEL SECURITY;
    CREATE POLICY in_sight ON protected_places TO bas_app
        USING (child_id IN (SELECT child_id FROM child_in_sight));
    CREATE POLICY works ON protected_places FOR SELECT TO bas_worker USING (true);

    ALTER TABLE consents ENABLE ROW LEVEL SECURITY;
    CREATE POLICY in_sight ON consents TO bas_app
        USING (child_id IN (SELECT child_id FROM child_in_sight));

    ALTER TABLE cases ENABLE ROW LEVEL SECURITY;
    CREATE POLICY seen ON cases FOR SELECT TO bas_app
        USING (child_id IN (SELECT child_id FROM child_in_sight));
    CREATE POLICY opened ON cases FOR INSERT TO bas_app
        WITH CHECK (child_id IN (SELECT child_id FROM child_in_sight)
            AND specialist_id IN (SELECT id FROM accounts WHERE supervisor_id = asking_account()));
    CREATE POLICY changed ON cases FOR UPDATE TO bas_app
        USING (child_id IN (SELECT child_id FROM child_in_sight))
        WITH CHECK (specialist_id IN (SELECT id FROM accounts WHERE supervisor_id = asking_account()));
    CREATE POLICY works ON cases FOR SELECT TO bas_worker USING (true);

    ALTER TABLE responsibilities ENABLE ROW LEVEL SECURITY;
    CREATE POLICY in_sight ON responsibilities TO bas_app
        USING (child_id IN (SELECT child_id FROM child_in_sight));
    """)
