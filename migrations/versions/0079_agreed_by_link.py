"""Who agrees by a link agrees to the days of a series, too: they are laid out then (D7, D25)."""

from alembic import op

revision = "0079"
down_revision = "0078"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    CREATE POLICY through_link ON series FOR SELECT TO bas_app USING (child_id = (SELECT child_in_sight_of_link()));
    CREATE POLICY through_link_agreed ON series FOR UPDATE TO bas_app
        USING (child_id = (SELECT child_in_sight_of_link()));
    """)
