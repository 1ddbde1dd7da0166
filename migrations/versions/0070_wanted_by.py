"""A message about a meeting moved away is wanted before the start that its reader knows (D6)."""

from alembic import op

revision = "0070"
down_revision = "0069"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    -- by when its reader must know, where that is before it stops being of use
    ALTER TABLE messages ADD COLUMN wanted_by timestamptz;
    -- Without a wait for readers or writers: no row has a value yet.
    CREATE INDEX messages_wanted_by_idx ON messages (wanted_by)
        WHERE wanted_by IS NOT NULL AND state IN ('queued', 'uncertain');
    """)
