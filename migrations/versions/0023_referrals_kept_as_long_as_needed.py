"""Referrals are kept as long as they are needed: those of a child with the child, declined ones for a year."""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    -- The person, who referred and why go; state, municipality, year of birth and days stay (D27).
    CREATE FUNCTION erase_referrals(ids uuid[]) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = public, pg_temp AS $$
    DECLARE
        erased uuid[];
    BEGIN
        WITH gone AS (
            UPDATE referrals SET given_name = '—', family_name = '—', search_key = '—', personal_code = NULL,
                personal_code_digest = NULL, birth_date = date_trunc('year', birth_date)::date, referrer_name = '—',
                referrer_phone = NULL, referrer_email = NULL, reason = '—', decision_words = NULL,
                despite = CASE WHEN despite IS NOT NULL THEN '—' END, erased_at = now(), version = version + 1
            WHERE id = ANY(ids) AND erased_at IS NULL RETURNING id)
        SELECT coalesce(array_agg(id), '{}') INTO erased FROM gone;
        DELETE FROM screenings WHERE referral_id = ANY(erased);
        DELETE FROM answered_requests WHERE children && erased;
        RETURN cardinality(erased);
    END $$;
    REVOKE ALL ON FUNCTION erase_referrals FROM PUBLIC;

    -- Whatever erases a child takes what referred it along.
    CREATE FUNCTION children_take_their_referrals_along() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = public, pg_temp AS $$
    BEGIN
        PERFORM erase_referrals(array(SELECT id FROM referrals WHERE child_id = NEW.id));
        RETURN NULL;
    END $$;
    CREATE TRIGGER children_take_their_referrals_along AFTER UPDATE OF erased_at ON children
        FOR EACH ROW WHEN (OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL)
        EXECUTE FUNCTION children_take_their_referrals_along();

    CREATE FUNCTION erase_declined_referrals(before timestamptz) RETURNS bigint LANGUAGE sql SECURITY DEFINER
        SET search_path = public, pg_temp
        RETURN erase_referrals(array(SELECT id FROM referrals WHERE state IN ('declined', 'withdrawn')
                                     AND decided_at < before AND erased_at IS NULL));
    REVOKE ALL ON FUNCTION erase_declined_referrals FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION erase_declined_referrals TO bas_worker;

    ALTER TABLE retention_policies DROP CONSTRAINT retention_policies_kind_check;
    ALTER TABLE retention_policies ADD CONSTRAINT retention_policies_kind_check
        CHECK (kind IN ('message_content', 'receipts', 'trace', 'closed_case', 'declined_referral')) NOT VALID;
    ALTER TABLE retention_policies VALIDATE CONSTRAINT retention_policies_kind_check;
    INSERT INTO retention_policies VALUES
        ('01900000-0000-7000-8000-000000000015', 'declined_referral', '2025-01-01', 365, now(), NULL);
    """)
