"""Of what is shared: withdrawn for one of several, never told where somebody must not learn the place (D29)."""

from alembic import op

revision = "0063"
down_revision = "0062"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    -- Several share a number and read one text: for one of them it may be withdrawn while it goes to the others.
    ALTER TABLE announcements ADD COLUMN withdrawn_at timestamptz;
    GRANT UPDATE (withdrawn_at) ON announcements TO bas_app, bas_worker;
    -- at the moment of sending
    CREATE POLICY let_go ON announcements FOR UPDATE TO bas_worker USING (true);

    -- The one answer to "may a place of this child be written to this address": not when somebody from whom it is
    -- kept reads there, whoever else does.
    CREATE FUNCTION place_kept_from_address(child uuid, digest text) RETURNS boolean LANGUAGE sql STABLE
        SET search_path = public, pg_temp
        RETURN EXISTS (SELECT FROM representatives r JOIN protected_places p ON p.from_representative_id = r.id
            WHERE r.child_id = child AND digest IN (r.phone_digest, r.email_digest));

    -- As before, but for what is asked where the place must not be read.
    CREATE OR REPLACE FUNCTION link_lives(link links) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
        SET search_path = public, pg_temp
        RETURN link.withdrawn_at IS NULL AND link.locked_at IS NULL AND link.expires_at > now()
            AND EXISTS (SELECT FROM cases WHERE cases.child_id = link.child_id AND cases.state = 'open')
            AND EXISTS (SELECT FROM representatives r WHERE r.id = link.representative_id AND r.state = 'active'
                AND r.valid_from <= (now() AT TIME ZONE 'Europe/Riga')::date
                AND (r.valid_until IS NULL OR r.valid_until >= (now() AT TIME ZONE 'Europe/Riga')::date)
                -- still the same number or address: whoever has the old telephone gets nothing
                AND CASE link.channel WHEN 'sms' THEN r.phone_digest ELSE r.email_digest END = link.recipient_digest)
            -- what is asked names a place
            AND (link.purpose <> 'consent' OR NOT place_kept_from_address(link.child_id, link.recipient_digest));

    -- The worker looks for links that did not arrive: was the same asked again, who looks after the child.
    GRANT SELECT (scope) ON consent_requests TO bas_worker;
    GRANT EXECUTE ON FUNCTION stands_in TO bas_worker;
    CREATE INDEX messages_links_not_arrived_idx ON messages (useful_until)
        WHERE poster = 'links' AND state IN ('queued', 'uncertain', 'failed');
    CREATE INDEX duties_links_lost_idx ON duties (about_id) WHERE state = 'open' AND kind = 'link-not-arrived';
    """)
