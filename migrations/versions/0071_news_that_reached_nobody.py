"""Workers look for those who do not know that a meeting is off, or takes longer (D6, D30)."""

from alembic import op

revision = "0071"
down_revision = "0070"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("GRANT SELECT (started_telling) ON meetings TO bas_worker;")
