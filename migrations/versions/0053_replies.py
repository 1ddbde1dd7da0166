"""What representatives answer lies with each child whom they represent (D16)."""

from alembic import op

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    CREATE TABLE replies (
        id uuid PRIMARY KEY,
        inbound_text_id uuid NOT NULL,
        child_id uuid NOT NULL REFERENCES children,
        representative_id uuid NOT NULL,
        -- how the representation stood when the text came
        standing text NOT NULL CHECK (standing IN ('in_force', 'suspended', 'not_in_force')),
        body text,
        wish text CHECK (wish IN ('stop', 'start')),
        received_at timestamptz NOT NULL,
        read_at timestamptz,
        read_by uuid REFERENCES accounts,
        CONSTRAINT replies_once_key UNIQUE (inbound_text_id, representative_id),
        CONSTRAINT replies_representative_of_child_fkey
            FOREIGN KEY (representative_id, child_id) REFERENCES representatives (id, child_id),
        CONSTRAINT replies_read_by_somebody CHECK ((read_at IS NULL) = (read_by IS NULL))
    );
    CREATE INDEX replies_child_id_received_at_idx ON replies (child_id, received_at, id);
    CREATE INDEX replies_unread_idx ON replies (representative_id) WHERE read_at IS NULL;

    GRANT SELECT, UPDATE (read_at, read_by) ON replies TO bas_app;
    GRANT INSERT ON replies TO bas_worker;
    GRANT SELECT (id, body, received_at), UPDATE (body) ON replies TO bas_worker;
    ALTER TABLE replies ENABLE ROW LEVEL SECURITY;
    CREATE POLICY in_sight ON replies TO bas_app USING (child_id IN (SELECT child_id FROM child_in_sight));
    CREATE POLICY works ON replies TO bas_worker USING (true);

    CREATE FUNCTION forget_replies_of_the_erased() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = public, pg_temp AS $$
    BEGIN
        UPDATE replies SET body = NULL WHERE child_id = NEW.id AND body IS NOT NULL;
        RETURN NULL;
    END $$;
    CREATE TRIGGER forget_replies_of_the_erased AFTER UPDATE OF erased_at ON children FOR EACH ROW
        WHEN (OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL)
        EXECUTE FUNCTION forget_replies_of_the_erased();
    """)
