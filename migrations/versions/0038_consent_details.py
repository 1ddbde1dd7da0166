"""A consent on paper or by word of mouth says who saw it given, and where the paper is kept."""

from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    ALTER TABLE consents ADD COLUMN witness text, ADD COLUMN kept_at text, ADD COLUMN note text;

    CREATE FUNCTION forget_consent_details_of_the_erased() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = public, pg_temp AS $$
    BEGIN
        UPDATE consents SET witness = NULL, kept_at = NULL, note = NULL WHERE child_id = NEW.id;
        RETURN NULL;
    END $$;
    CREATE TRIGGER forget_consent_details_of_the_erased AFTER UPDATE OF erased_at ON children FOR EACH ROW
        WHEN (OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL)
        EXECUTE FUNCTION forget_consent_details_of_the_erased();
    """)
