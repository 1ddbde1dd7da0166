"""Numbers, codes, addresses and free text are sealed; equality goes through keyed hashes (D23)."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Values written before stay readable; `bas keys rotate` seals them and fills the hashes in.
    op.execute("""
    ALTER TABLE accounts ADD COLUMN email_digest text;
    ALTER TABLE accounts ADD CONSTRAINT accounts_email_digest_key UNIQUE (email_digest);
    DROP INDEX accounts_email_key;

    ALTER TABLE children ADD COLUMN personal_code_digest text;
    ALTER TABLE children ADD CONSTRAINT children_personal_code_digest_key UNIQUE (personal_code_digest);
    ALTER TABLE children DROP CONSTRAINT children_personal_code_key;
    GRANT UPDATE (personal_code_digest) ON children TO bas_app;

    ALTER TABLE representatives ADD COLUMN phone_digest text;
    CREATE INDEX representatives_phone_digest_idx ON representatives (phone_digest);
    GRANT UPDATE (phone_digest) ON representatives TO bas_app;

    ALTER TABLE messages ADD COLUMN recipient_digest text;
    """)
