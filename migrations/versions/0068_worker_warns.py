"""What the worker may see of a child's week and a specialist's absence: it warns of what it lays out (D8, D9)."""

from alembic import op

revision = "0068"
down_revision = "0067"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    -- Times and nothing else: neither what it is, nor where, nor for whom.
    GRANT SELECT (id, child_id, starts_at, minutes, rule, days_off, over_at, state) ON appointments TO bas_worker;
    CREATE POLICY works ON appointments FOR SELECT TO bas_worker USING (true);
    GRANT SELECT (kind, expected_minutes, place_type) ON meetings TO bas_worker;
    -- Days, not why.
    GRANT SELECT (specialist_id, valid_from, valid_until, ended_at) ON absences TO bas_worker;
    CREATE POLICY works ON absences FOR SELECT TO bas_worker USING (true);
    """)
