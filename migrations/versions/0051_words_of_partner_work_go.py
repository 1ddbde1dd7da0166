"""What was noted about work that concerns no child is kept as long as a dated policy says (D23)."""

from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    -- What is about a child goes with the child; day, kind and minutes stay in any case (D27).
    CREATE FUNCTION forget_words_of_partner_work(before timestamptz) RETURNS bigint LANGUAGE plpgsql
        SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE
        forgotten bigint;
    BEGIN
        UPDATE partner_work SET with_whom = NULL, note = NULL
            WHERE child_id IS NULL AND day < (before AT TIME ZONE 'Europe/Riga')::date
            AND (with_whom IS NOT NULL OR note IS NOT NULL);
        GET DIAGNOSTICS forgotten = ROW_COUNT;
        RETURN forgotten;
    END $$;
    REVOKE ALL ON FUNCTION forget_words_of_partner_work FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION forget_words_of_partner_work TO bas_worker;

    ALTER TABLE retention_policies DROP CONSTRAINT retention_policies_kind_check;
    ALTER TABLE retention_policies ADD CONSTRAINT retention_policies_kind_check CHECK (kind IN (
        'message_content', 'receipts', 'trace', 'closed_case', 'declined_referral', 'alarms',
        'partner_work')) NOT VALID;
    ALTER TABLE retention_policies VALIDATE CONSTRAINT retention_policies_kind_check;
    INSERT INTO retention_policies VALUES
        ('01900000-0000-7000-8000-000000000051', 'partner_work', '2025-01-01', 730, now(), NULL);
    """)
