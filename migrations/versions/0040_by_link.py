"""What whoever holds a link may see and do in the database, and what staff and worker may with links (D29, D32)."""

from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

# A page whose link was just used up can still be read, and the answer taken back, for as long.
_A_WHILE = "interval '15 minutes'"


def upgrade() -> None:
    op.execute(f"""
    -- The one answer to "does this link work": asked before it is sent, when it is opened, and for each row it shows.
    CREATE FUNCTION link_lives(link links) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
        SET search_path = public, pg_temp
        RETURN link.withdrawn_at IS NULL AND link.locked_at IS NULL AND link.expires_at > now()
            AND EXISTS (SELECT FROM cases WHERE cases.child_id = link.child_id AND cases.state = 'open')
            AND EXISTS (SELECT FROM representatives r WHERE r.id = link.representative_id AND r.state = 'active'
                AND r.valid_from <= (now() AT TIME ZONE 'Europe/Riga')::date
                AND (r.valid_until IS NULL OR r.valid_until >= (now() AT TIME ZONE 'Europe/Riga')::date)
                -- still the same number or address: whoever has the old telephone gets nothing
                AND CASE link.channel WHEN 'sms' THEN r.phone_digest ELSE r.email_digest END = link.recipient_digest)
            -- what is asked names a place
            AND (link.purpose <> 'consent' OR NOT EXISTS (
                SELECT FROM protected_places p WHERE p.from_representative_id = link.representative_id));
    REVOKE ALL ON FUNCTION link_lives FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION link_lives TO bas_app, bas_worker;

    -- What may be known of a link before anything is proven: that it works, in which language, what is to be proven.
    CREATE FUNCTION open_link(digest text)
        RETURNS TABLE (id uuid, child_id uuid, representative_id uuid, purpose text, factor text, language text,
            is_spent boolean)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
        BEGIN ATOMIC
            SELECT l.id, l.child_id, l.representative_id, l.purpose, l.factor, r.language, l.spent_at IS NOT NULL
            FROM links l JOIN representatives r ON r.id = l.representative_id
            WHERE l.token_digest = digest AND link_lives(l)
                AND (l.spent_at IS NULL OR l.spent_at > now() - {_A_WHILE});
        END;
    REVOKE ALL ON FUNCTION open_link FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION open_link TO bas_app;

    -- Whoever comes with the link must know one thing more. The fifth wrong try locks it, however many come at once.
    CREATE FUNCTION prove_link(digest text, given text, OUT outcome text, OUT tries_left integer)
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE
        link links;
    BEGIN
        outcome := 'dead';
        tries_left := 0;
        SELECT * INTO link FROM links WHERE token_digest = digest FOR UPDATE;
        IF link.id IS NULL OR NOT link_lives(link) OR link.spent_at <= now() - {_A_WHILE} THEN
            RETURN;
        END IF;
        IF link.factor_digest = given THEN
            UPDATE links SET opened_at = coalesce(opened_at, now()) WHERE id = link.id;
            outcome := 'right';
        ELSE
            link.wrong_tries := link.wrong_tries + 1;
            UPDATE links SET wrong_tries = link.wrong_tries,
                locked_at = CASE WHEN link.wrong_tries = 5 THEN now() END WHERE id = link.id;
            outcome := 'wrong';
        END IF;
        tries_left := 5 - link.wrong_tries;
    END $$;
    REVOKE ALL ON FUNCTION prove_link FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION prove_link TO bas_app;

    -- For which child, and for whom, this transaction asks when it asks for the holder of a link.
    CREATE FUNCTION child_in_sight_of_link() RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER
        SET search_path = public, pg_temp
        RETURN (SELECT child_id FROM open_link(nullif(current_setting('bas.link', true), '')));
    CREATE FUNCTION representative_of_link() RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER
        SET search_path = public, pg_temp
        RETURN (SELECT representative_id FROM open_link(nullif(current_setting('bas.link', true), '')));

    -- The file stays shut: only what the pages show, and what an answer moves. Whoever asks with an account pays one
    -- look for a link that is not there, once in a statement and not for each row.
    CREATE POLICY through_link ON children FOR SELECT TO bas_app USING (id = (SELECT child_in_sight_of_link()));
    CREATE POLICY through_link_held ON children FOR UPDATE TO bas_app
        USING (id = (SELECT child_in_sight_of_link())) WITH CHECK (false);
    CREATE POLICY through_link ON representatives FOR SELECT TO bas_app
        USING (child_id = (SELECT child_in_sight_of_link()));
    CREATE POLICY through_link ON protected_places FOR SELECT TO bas_app
        USING (child_id = (SELECT child_in_sight_of_link()));
    CREATE POLICY through_link ON cases FOR SELECT TO bas_app USING (child_id = (SELECT child_in_sight_of_link()));
    CREATE POLICY through_link ON meetings FOR SELECT TO bas_app USING (child_id = (SELECT child_in_sight_of_link()));
    CREATE POLICY through_link ON consents FOR SELECT TO bas_app USING (child_id = (SELECT child_in_sight_of_link()));
    CREATE POLICY through_link_given ON consents FOR INSERT TO bas_app
        WITH CHECK (representative_id = (SELECT representative_of_link()) AND means = 'link');
    CREATE POLICY through_link_withdrawn ON consents FOR UPDATE TO bas_app
        USING (child_id = (SELECT child_in_sight_of_link())
               AND representative_id = (SELECT representative_of_link()));
    CREATE POLICY through_link ON duties TO bas_app USING (child_id = (SELECT child_in_sight_of_link()));

    ALTER TABLE consent_requests ENABLE ROW LEVEL SECURITY;
    CREATE POLICY in_sight ON consent_requests TO bas_app USING (child_id IN (SELECT child_id FROM child_in_sight));
    CREATE POLICY through_link ON consent_requests FOR SELECT TO bas_app
        USING (child_id = (SELECT child_in_sight_of_link())
               AND representative_id = (SELECT representative_of_link()));
    CREATE POLICY through_link_answered ON consent_requests FOR UPDATE TO bas_app
        USING (child_id = (SELECT child_in_sight_of_link())
               AND representative_id = (SELECT representative_of_link()));
    CREATE POLICY works ON consent_requests FOR SELECT TO bas_worker USING (true);
    GRANT SELECT, INSERT ON consent_requests TO bas_app;
    GRANT UPDATE (answer, answered_at, consent_id, withdrawn_at, withdrawn_by, version)
        ON consent_requests TO bas_app;
    GRANT SELECT (id, child_id, representative_id, created_at, expires_at, answered_at, withdrawn_at)
        ON consent_requests TO bas_worker;

    ALTER TABLE links ENABLE ROW LEVEL SECURITY;
    CREATE POLICY in_sight ON links TO bas_app USING (child_id IN (SELECT child_id FROM child_in_sight));
    CREATE POLICY through_link ON links FOR SELECT TO bas_app
        USING (child_id = (SELECT child_in_sight_of_link())
               AND representative_id = (SELECT representative_of_link()));
    CREATE POLICY through_link_spent ON links FOR UPDATE TO bas_app
        USING (child_id = (SELECT child_in_sight_of_link())
               AND representative_id = (SELECT representative_of_link()));
    CREATE POLICY works ON links FOR SELECT TO bas_worker USING (true);
    GRANT SELECT, INSERT ON links TO bas_app;
    GRANT UPDATE (spent_at, withdrawn_at) ON links TO bas_app;
    GRANT SELECT ON links TO bas_worker;

    -- Nobody with an account writes proofs, and nobody at all changes one.
    ALTER TABLE consent_proofs ENABLE ROW LEVEL SECURITY;
    CREATE POLICY in_sight ON consent_proofs FOR SELECT TO bas_app
        USING (child_id IN (SELECT child_id FROM child_in_sight));
    CREATE POLICY through_link ON consent_proofs FOR INSERT TO bas_app
        WITH CHECK (child_id = (SELECT child_in_sight_of_link())
                    AND representative_id = (SELECT representative_of_link()));
    ALTER TABLE link_visits ENABLE ROW LEVEL SECURITY;
    CREATE POLICY in_sight ON link_visits FOR SELECT TO bas_app
        USING (child_id IN (SELECT child_id FROM child_in_sight));
    CREATE POLICY through_link ON link_visits FOR INSERT TO bas_app
        WITH CHECK (child_id = (SELECT child_in_sight_of_link())
                    AND representative_id = (SELECT representative_of_link()));
    GRANT SELECT, INSERT ON consent_proofs, link_visits TO bas_app;
    """)
