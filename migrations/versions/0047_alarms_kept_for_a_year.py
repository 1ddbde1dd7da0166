"""Alarms that are over are kept for a year: long enough to see what comes again."""

from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    ALTER TABLE retention_policies DROP CONSTRAINT retention_policies_kind_check;
    ALTER TABLE retention_policies ADD CONSTRAINT retention_policies_kind_check
        CHECK (kind IN ('message_content', 'receipts', 'trace', 'closed_case', 'declined_referral',
                        'alarms')) NOT VALID;
    ALTER TABLE retention_policies VALIDATE CONSTRAINT retention_policies_kind_check;
    INSERT INTO retention_policies VALUES
        ('01900000-0000-7000-8000-000000000054', 'alarms', '2025-01-01', 365, now(), NULL);
    """)
