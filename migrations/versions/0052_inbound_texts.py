"""Texts that somebody sends to us: kept as they come, looked at by the worker."""

from alembic import op

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    CREATE TABLE inbound_texts (
        id uuid PRIMARY KEY,
        -- the provider's own id: whatever comes twice is one
        provider_id text NOT NULL,
        -- both go once the text lies with the children it belongs to
        sender text,
        body text,
        sender_digest text NOT NULL,
        -- whether the whole text is a word by which nothing more is wanted, or something again
        wish text CHECK (wish IN ('stop', 'start')),
        received_at timestamptz NOT NULL,
        taken_at timestamptz,
        -- whether the number is a representative's; not known before the text is taken
        known boolean,
        CONSTRAINT inbound_texts_provider_id_key UNIQUE (provider_id),
        CONSTRAINT inbound_texts_known_when_taken CHECK ((known IS NULL) = (taken_at IS NULL))
    );
    CREATE INDEX inbound_texts_to_take_idx ON inbound_texts (received_at, id) WHERE taken_at IS NULL;
    CREATE INDEX inbound_texts_wishes_idx ON inbound_texts (sender_digest) WHERE wish IS NOT NULL;
    CREATE INDEX inbound_texts_unknown_idx ON inbound_texts (received_at, id) WHERE NOT known;

    ALTER TABLE inbound_texts ENABLE ROW LEVEL SECURITY;
    CREATE POLICY reported ON inbound_texts FOR INSERT TO bas_app WITH CHECK (taken_at IS NULL);
    -- A number that is nobody's may be anybody's: only whoever enters people sees what it wrote.
    CREATE POLICY of_nobody ON inbound_texts FOR SELECT TO bas_app
        USING (NOT known AND (SELECT asking_role()) IN ('coordinator', 'administrator'));
    CREATE POLICY works ON inbound_texts TO bas_worker USING (true);

    GRANT INSERT ON inbound_texts TO bas_app;
    GRANT SELECT (id, sender, body, wish, received_at, known) ON inbound_texts TO bas_app;
    GRANT SELECT, DELETE, UPDATE (sender, body, taken_at, known) ON inbound_texts TO bas_worker;

    CREATE TRIGGER tell_the_worker AFTER INSERT ON inbound_texts
        FOR EACH STATEMENT EXECUTE FUNCTION tell_the_worker();
    """)
