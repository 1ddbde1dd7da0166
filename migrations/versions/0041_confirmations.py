"""A representative who says "I have read it" knows of this telling of the meeting (D6)."""

from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    CREATE TABLE confirmations (
        id uuid PRIMARY KEY,
        meeting_id uuid NOT NULL,
        child_id uuid NOT NULL,
        representative_id uuid NOT NULL,
        -- which telling of the meeting was on the page
        telling integer NOT NULL,
        confirmed_at timestamptz NOT NULL,
        CONSTRAINT confirmations_meeting_id_telling_representative_id_key
            UNIQUE (meeting_id, telling, representative_id),
        CONSTRAINT confirmations_meeting_of_child_fkey
            FOREIGN KEY (meeting_id, child_id) REFERENCES meetings (id, child_id),
        CONSTRAINT confirmations_representative_of_child_fkey
            FOREIGN KEY (representative_id, child_id) REFERENCES representatives (id, child_id)
    );
    CREATE INDEX confirmations_child_id_idx ON confirmations (child_id);

    ALTER TABLE confirmations ENABLE ROW LEVEL SECURITY;
    CREATE POLICY in_sight ON confirmations FOR SELECT TO bas_app
        USING (child_id IN (SELECT child_id FROM child_in_sight));
    CREATE POLICY through_link ON confirmations FOR SELECT TO bas_app
        USING (child_id = (SELECT child_in_sight_of_link())
               AND representative_id = (SELECT representative_of_link()));
    -- Nobody says for a representative that they have read it.
    CREATE POLICY through_link_read ON confirmations FOR INSERT TO bas_app
        WITH CHECK (child_id = (SELECT child_in_sight_of_link())
                    AND representative_id = (SELECT representative_of_link()));
    CREATE POLICY works ON confirmations FOR SELECT TO bas_worker USING (true);
    GRANT SELECT, INSERT ON confirmations TO bas_app;
    GRANT SELECT (meeting_id, representative_id, telling) ON confirmations TO bas_worker;
    """)
