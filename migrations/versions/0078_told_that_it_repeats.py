"""Who was told that meetings repeat is known: they are told when they no longer do (D6)."""

from alembic import op

revision = "0078"
down_revision = "0077"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    -- Whether an announcement says as well that meetings like this one go on, or that they stop.
    ALTER TABLE announcements ADD COLUMN repeating text CHECK (repeating IN ('goes_on', 'stops'));
    -- What has been told already: of the meeting that the words about all of them came with.
    UPDATE announcements a SET repeating = 'goes_on' FROM meetings m, series s
        WHERE m.id = a.meeting_id AND s.id = m.series_id AND m.series_day = s.told_with
            AND a.reason IN ('planned', 'changed');
    """)
