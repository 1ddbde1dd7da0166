"""Numbers and addresses to which nothing is sent any more, and why."""

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    -- By keyed hash only: a number is barred for whoever has it, and stays so when everybody who had it is erased.
    CREATE TABLE barred_addresses (
        id uuid PRIMARY KEY,
        channel text NOT NULL CHECK (channel IN ('sms', 'email')),
        address_digest text NOT NULL,
        reason text NOT NULL CHECK (reason IN ('wrong_number', 'opted_out', 'bounced')),
        barred_at timestamptz NOT NULL,
        -- the message, ours or theirs, that it follows from
        barred_by uuid,
        lifted_at timestamptz,
        lifted_by uuid,
        CONSTRAINT barred_addresses_lifted_later CHECK (lifted_at >= barred_at)
    );
    -- somebody may have opted out of a number that is wrong besides: each reason is lifted by itself
    CREATE UNIQUE INDEX barred_addresses_in_force_key ON barred_addresses (address_digest, channel, reason)
        WHERE lifted_at IS NULL;

    GRANT SELECT, INSERT, UPDATE (lifted_at, lifted_by) ON barred_addresses TO bas_app, bas_worker;
    """)
