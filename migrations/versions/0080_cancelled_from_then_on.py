"""A cancelled appointment is over from then on: what of it was before stays in the child's weeks (D9)."""

from alembic import op

revision = "0080"
down_revision = "0079"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Of those cancelled before, the moment is not known: nothing of them is left, as it was.
    op.execute("UPDATE appointments SET over_at = starts_at WHERE state = 'cancelled'")
