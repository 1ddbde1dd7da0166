"""Where a child lives and goes to school, so that planning needs no typing (D28)."""

from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    ALTER TABLE children ADD COLUMN home_address text, ADD COLUMN school text;
    GRANT UPDATE (home_address, school) ON children TO bas_app;

    -- Within the same write that erases the child, so that it cannot be forgotten.
    CREATE FUNCTION forget_home_and_school_of_the_erased() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        NEW.home_address := NULL;
        NEW.school := NULL;
        RETURN NEW;
    END $$;
    CREATE TRIGGER forget_home_and_school_of_the_erased BEFORE UPDATE OF erased_at ON children FOR EACH ROW
        WHEN (OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL)
        EXECUTE FUNCTION forget_home_and_school_of_the_erased();
    """)
