"""What a representative was told of time and place, so that a change can say what it was before (D6)."""

from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    -- Sealed: time, duration and place as they were told. NULL for what was told before this column, and once erased.
    ALTER TABLE announcements ADD COLUMN facts text;

    CREATE FUNCTION forget_what_was_told_of_the_erased() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = public, pg_temp AS $$
    BEGIN
        UPDATE announcements SET facts = NULL WHERE child_id = NEW.id AND facts IS NOT NULL;
        RETURN NULL;
    END $$;
    CREATE TRIGGER forget_what_was_told_of_the_erased AFTER UPDATE OF erased_at ON children FOR EACH ROW
        WHEN (OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL)
        EXECUTE FUNCTION forget_what_was_told_of_the_erased();
    """)
