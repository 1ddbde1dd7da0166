"""A grant for an emergency shows a child; it does not make its case somebody else's (D32)."""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    ALTER POLICY opened ON cases
        WITH CHECK (child_id IN (SELECT child_id FROM child_in_sight WHERE because IN ('team', 'closed', 'waiting'))
            AND specialist_id IN (SELECT id FROM accounts WHERE supervisor_id = asking_account()));
    -- Whoever is responsible sees the row here and is refused by the check: only the supervisor writes it.
    ALTER POLICY changed ON cases
        USING (child_id IN (SELECT child_id FROM child_in_sight WHERE because IN ('responsible', 'team', 'closed')))
        WITH CHECK (specialist_id IN (SELECT id FROM accounts WHERE supervisor_id = asking_account()));
    """)
