"""When a child that is not back is asked after, and when the supervisor is alarmed: dated policy (D26, D30)."""

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    ALTER TABLE casework_policies
        -- after the announced end of a meeting under way: the specialist is asked
        ADD COLUMN overdue_ask_minutes smallint NOT NULL DEFAULT 15 CHECK (overdue_ask_minutes BETWEEN 1 AND 240),
        -- ... and, when nobody answered, the supervisor alarmed
        ADD COLUMN overdue_alarm_minutes smallint NOT NULL DEFAULT 45,
        ADD CONSTRAINT casework_policies_asked_before_alarmed
            CHECK (overdue_alarm_minutes > overdue_ask_minutes AND overdue_alarm_minutes <= 480);
    CREATE INDEX meetings_under_way_ends_at_idx ON meetings (ends_at) WHERE state = 'under_way';
    """)
