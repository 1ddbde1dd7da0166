"""Announcements: which message told whom what about which meeting (D6)."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    CREATE TABLE announcements (
        -- shares its id with its message, so that a receipt's ref finds both
        id uuid PRIMARY KEY REFERENCES messages,
        meeting_id uuid NOT NULL,
        child_id uuid NOT NULL,
        representative_id uuid NOT NULL,
        reason text NOT NULL CHECK (reason IN ('planned', 'changed', 'cancelled')),
        -- which telling of the meeting it carries; older ones are overtaken
        telling integer NOT NULL,
        created_at timestamptz NOT NULL,
        CONSTRAINT announcements_meeting_of_child_fkey
            FOREIGN KEY (meeting_id, child_id) REFERENCES meetings (id, child_id),
        CONSTRAINT announcements_representative_of_child_fkey
            FOREIGN KEY (representative_id, child_id) REFERENCES representatives (id, child_id)
    );
    CREATE INDEX announcements_meeting_id_idx ON announcements (meeting_id);
    CREATE INDEX announcements_representative_id_idx ON announcements (representative_id);

    ALTER TABLE announcements ENABLE ROW LEVEL SECURITY;
    CREATE POLICY in_sight ON announcements TO bas_app
        USING (child_id IN (SELECT child_id FROM child_in_sight));
    CREATE POLICY works ON announcements FOR SELECT TO bas_worker USING (true);

    GRANT SELECT, INSERT ON announcements TO bas_app;
    GRANT SELECT ON announcements TO bas_worker;
    """)
