"""Replies are kept as long as what was told; texts from numbers that are nobody's for a month."""

from alembic import op

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    ALTER TABLE retention_policies DROP CONSTRAINT retention_policies_kind_check;
    ALTER TABLE retention_policies ADD CONSTRAINT retention_policies_kind_check
        CHECK (kind IN ('message_content', 'receipts', 'trace', 'closed_case', 'declined_referral',
                        'reply_content', 'inbound_texts', 'alarms', 'partner_work')) NOT VALID;
    ALTER TABLE retention_policies VALIDATE CONSTRAINT retention_policies_kind_check;
    INSERT INTO retention_policies VALUES
        ('01900000-0000-7000-8000-000000000016', 'reply_content', '2025-01-01', 730, now(), NULL),
        ('01900000-0000-7000-8000-000000000017', 'inbound_texts', '2025-01-01', 30, now(), NULL);
    """)
