"""What the worker may know of a meeting's real start: one that began late is not late at once (D30)."""

from alembic import op

revision = "0075"
down_revision = "0074"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("GRANT SELECT (started_at, started_telling) ON meetings TO bas_worker;")
