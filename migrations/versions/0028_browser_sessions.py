"""A browser is a device too: what its cookie holds is known by a keyed hash, and when it asked last."""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    ALTER TABLE device_sessions
        ADD COLUMN browser_digest text CONSTRAINT device_sessions_browser_digest_key UNIQUE,
        ADD COLUMN seen_at timestamptz,
        ADD CONSTRAINT device_sessions_browsers_are_seen CHECK ((browser_digest IS NULL) = (seen_at IS NULL));
    """)
