"""A specialist's meetings in a calendar outside: an address with a secret, known here by its keyed hash only."""

from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    CREATE TABLE calendar_feeds (
        id uuid PRIMARY KEY,
        account_id uuid NOT NULL REFERENCES accounts,
        digest text NOT NULL,
        -- how much of the child a calendar elsewhere is told (D31)
        detail text NOT NULL CHECK (detail IN ('busy', 'initials', 'given_name')),
        with_place boolean NOT NULL,
        created_at timestamptz NOT NULL,
        -- when a calendar asked last, to the minute
        fetched_at timestamptz,
        revoked_at timestamptz,
        version integer NOT NULL,
        CONSTRAINT calendar_feeds_digest_key UNIQUE (digest)
    );
    CREATE INDEX calendar_feeds_account_id_idx ON calendar_feeds (account_id) WHERE revoked_at IS NULL;

    GRANT SELECT, INSERT ON calendar_feeds TO bas_app;
    GRANT UPDATE (fetched_at, revoked_at, version) ON calendar_feeds TO bas_app;
    ALTER TABLE calendar_feeds ENABLE ROW LEVEL SECURITY;
    CREATE POLICY own ON calendar_feeds TO bas_app USING (account_id = asking_account());

    -- Whose feed has this hash: asked by nobody in particular, who learns nothing where there is none, or where its
    -- owner is not in service any more.
    CREATE FUNCTION calendar_feed_of(hash text)
        RETURNS TABLE (id uuid, account_id uuid, detail text, with_place boolean, fetched_at timestamptz,
            language text)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
        SELECT f.id, f.account_id, f.detail, f.with_place, f.fetched_at, a.language
        FROM calendar_feeds f JOIN accounts a ON a.id = f.account_id
        WHERE f.digest = hash AND f.revoked_at IS NULL AND a.active AND a.role = 'specialist'
    $$;
    REVOKE ALL ON FUNCTION calendar_feed_of FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION calendar_feed_of TO bas_app;
    """)
