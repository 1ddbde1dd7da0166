"""A meeting that takes longer is told, and stays announced in time if it was at its start."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    -- Which telling was in force at the start; empty for meetings that began before this column was there, which
    -- could not change any more.
    ALTER TABLE meetings ADD COLUMN started_telling integer;
    GRANT UPDATE (started_telling) ON meetings TO bas_app;

    ALTER TABLE announcements DROP CONSTRAINT announcements_reason_check;
    ALTER TABLE announcements ADD CONSTRAINT announcements_reason_check
        CHECK (reason IN ('planned', 'changed', 'cancelled', 'extended')) NOT VALID;
    ALTER TABLE announcements VALIDATE CONSTRAINT announcements_reason_check;
    """)
