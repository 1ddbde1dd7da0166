"""Whether receipts come at all: only then a text without one says something about its reader (D6)."""

from alembic import op

revision = "0072"
down_revision = "0071"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    CREATE INDEX receipts_delivered_idx ON receipts (received_at) WHERE status = 'delivered';
    -- When the last one came, and nothing of whom it was about.
    CREATE FUNCTION last_delivery_reported() RETURNS timestamptz LANGUAGE sql STABLE SECURITY DEFINER
        SET search_path = public, pg_temp
        BEGIN ATOMIC
            SELECT max(received_at) FROM receipts WHERE status = 'delivered';
        END;
    REVOKE ALL ON FUNCTION last_delivery_reported FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION last_delivery_reported TO bas_app, bas_worker;
    """)
