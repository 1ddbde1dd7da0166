"""What makes a specialist fit a child: where they work, what they speak, whose family they know."""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    ALTER TABLE accounts ADD COLUMN municipality text;
    ALTER TABLE accounts ADD COLUMN languages text[];
    ALTER TABLE accounts ADD CONSTRAINT accounts_languages_known
        CHECK (languages <@ ARRAY['lv', 'en', 'ru'] AND cardinality(languages) > 0);

    -- Found by its digest, as the number is; `bas keys rotate` fills it for what is there already.
    ALTER TABLE representatives ADD COLUMN email_digest text;
    CREATE INDEX representatives_email_digest_idx ON representatives (email_digest);
    GRANT UPDATE (email_digest) ON representatives TO bas_app;

    CREATE FUNCTION forget_digests_of_the_erased() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = public, pg_temp AS $$
    BEGIN
        UPDATE representatives SET email_digest = NULL WHERE child_id = NEW.id AND email_digest IS NOT NULL;
        RETURN NULL;
    END $$;
    CREATE TRIGGER forget_digests_of_the_erased AFTER UPDATE OF erased_at ON children FOR EACH ROW
        WHEN (OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL)
        EXECUTE FUNCTION forget_digests_of_the_erased();

    -- Which specialists of the asking supervisor's team work, or worked, with another child of the same family.
    -- A family is told by a parent's, guardian's or foster family's number or e-mail: those of an orphan's court
    -- or of an institution's head are shared by children who have nothing to do with each other. Which child it
    -- is, and of which team, is not said.
    CREATE FUNCTION worked_with_family_of(child uuid) RETURNS TABLE (specialist_id uuid, still boolean)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
        BEGIN ATOMIC
            SELECT r.specialist_id, bool_or(r.until IS NULL)
            FROM representatives own
            JOIN representatives other ON other.child_id <> own.child_id
                AND (other.phone_digest = own.phone_digest OR other.email_digest = own.email_digest)
                AND other.relation IN ('parent', 'guardian', 'foster_family')
            JOIN responsibilities r ON r.child_id = other.child_id
            JOIN accounts a ON a.id = r.specialist_id AND a.supervisor_id = asking_account()
            WHERE own.child_id = child AND own.relation IN ('parent', 'guardian', 'foster_family')
                AND EXISTS (SELECT FROM child_in_sight sight WHERE sight.child_id = child)
            GROUP BY r.specialist_id;
        END;
    REVOKE ALL ON FUNCTION worked_with_family_of FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION worked_with_family_of TO bas_app;
    """)
