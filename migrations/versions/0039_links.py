"""One-time links for representatives, what is asked through them, who came in, and the proof of each answer (D25)."""

from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    CREATE TABLE consent_requests (
        id uuid PRIMARY KEY,
        child_id uuid NOT NULL,
        representative_id uuid NOT NULL,
        scope text NOT NULL,
        institution text,
        purpose text NOT NULL,
        valid_until date,
        created_at timestamptz NOT NULL,
        created_by uuid NOT NULL REFERENCES accounts,
        expires_at timestamptz NOT NULL,
        answer text CHECK (answer IN ('yes', 'no')),
        answered_at timestamptz,
        consent_id uuid REFERENCES consents,
        withdrawn_at timestamptz,
        -- nobody: the representation or the case ended
        withdrawn_by uuid REFERENCES accounts,
        version integer NOT NULL,
        CONSTRAINT consent_requests_representative_of_child_fkey
            FOREIGN KEY (representative_id, child_id) REFERENCES representatives (id, child_id),
        CONSTRAINT consent_requests_whole_answer CHECK ((answer IS NULL) = (answered_at IS NULL)),
        CONSTRAINT consent_requests_yes_is_a_consent
            CHECK ((answer IS NOT DISTINCT FROM 'yes') = (consent_id IS NOT NULL)),
        CONSTRAINT consent_requests_answered_or_withdrawn CHECK (answered_at IS NULL OR withdrawn_at IS NULL)
    );
    CREATE INDEX consent_requests_child_id_idx ON consent_requests (child_id);
    CREATE INDEX consent_requests_open_idx ON consent_requests (expires_at)
        WHERE answered_at IS NULL AND withdrawn_at IS NULL;

    -- Answered or withdrawn once, and never again otherwise.
    CREATE FUNCTION consent_requests_end_once() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'a request ends once'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'consent_requests_end_once';
    END $$;
    CREATE TRIGGER consent_requests_end_once
        BEFORE UPDATE OF answer, answered_at, consent_id, withdrawn_at, withdrawn_by ON consent_requests FOR EACH ROW
        WHEN (OLD.answered_at IS NOT NULL OR OLD.withdrawn_at IS NOT NULL)
        EXECUTE FUNCTION consent_requests_end_once();

    CREATE TABLE links (
        -- shares its id with its message
        id uuid PRIMARY KEY REFERENCES messages,
        child_id uuid NOT NULL,
        representative_id uuid NOT NULL,
        purpose text NOT NULL CHECK (purpose IN ('consent', 'see')),
        request_id uuid REFERENCES consent_requests,
        -- keyed hashes: of the token, of what else its holder must know, of where it was sent
        token_digest text NOT NULL,
        factor text NOT NULL CHECK (factor IN ('phone_digits', 'birth_date')),
        factor_digest text NOT NULL,
        channel text NOT NULL CHECK (channel IN ('sms', 'email')),
        recipient text,
        recipient_digest text,
        created_at timestamptz NOT NULL,
        created_by uuid NOT NULL REFERENCES accounts,
        expires_at timestamptz NOT NULL,
        wrong_tries integer NOT NULL CHECK (wrong_tries BETWEEN 0 AND 5),
        opened_at timestamptz,
        spent_at timestamptz,
        locked_at timestamptz,
        withdrawn_at timestamptz,
        CONSTRAINT links_token_digest_key UNIQUE (token_digest),
        CONSTRAINT links_request_id_key UNIQUE (request_id),
        CONSTRAINT links_asks_or_shows CHECK ((purpose = 'consent') = (request_id IS NOT NULL)),
        CONSTRAINT links_locked_for_good CHECK ((wrong_tries = 5) = (locked_at IS NOT NULL)),
        CONSTRAINT links_representative_of_child_fkey
            FOREIGN KEY (representative_id, child_id) REFERENCES representatives (id, child_id)
    );
    CREATE INDEX links_child_id_idx ON links (child_id);
    CREATE INDEX links_representative_id_idx ON links (representative_id);

    -- The trace of those who have no account: who came in, when, from where (D32).
    CREATE TABLE link_visits (
        id uuid PRIMARY KEY,
        link_id uuid NOT NULL REFERENCES links,
        child_id uuid NOT NULL REFERENCES children,
        representative_id uuid NOT NULL,
        at timestamptz NOT NULL,
        did text NOT NULL CHECK (did IN ('opened', 'confirmed')),
        address text
    );
    CREATE INDEX link_visits_child_id_idx ON link_visits (child_id);

    CREATE TABLE consent_proofs (
        id uuid PRIMARY KEY,
        child_id uuid NOT NULL REFERENCES children,
        representative_id uuid NOT NULL,
        link_id uuid NOT NULL REFERENCES links,
        request_id uuid REFERENCES consent_requests,
        consent_id uuid REFERENCES consents,
        act text NOT NULL CHECK (act IN ('agreed', 'refused', 'withdrew')),
        at timestamptz NOT NULL,
        language text NOT NULL,
        wording_version text NOT NULL,
        wording text NOT NULL,
        channel text NOT NULL,
        sent_to text,
        factor text NOT NULL,
        address text,
        user_agent text,
        -- a keyed hash of all of it
        content_digest text NOT NULL,
        CONSTRAINT consent_proofs_act_of_consent CHECK ((act = 'refused') = (consent_id IS NULL))
    );
    CREATE INDEX consent_proofs_child_id_idx ON consent_proofs (child_id);
    CREATE INDEX consent_proofs_consent_id_idx ON consent_proofs (consent_id);

    -- What is sealed may be sealed anew with another key, and is forgotten with the child; nothing else ever changes.
    CREATE FUNCTION consent_proofs_stay() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'a proof stays as it is'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'consent_proofs_stay';
    END $$;
    CREATE TRIGGER consent_proofs_stay BEFORE UPDATE ON consent_proofs FOR EACH ROW
        WHEN ((OLD.id, OLD.child_id, OLD.representative_id, OLD.link_id, OLD.act, OLD.at, OLD.language,
               OLD.wording_version, OLD.channel, OLD.factor, OLD.content_digest)
              IS DISTINCT FROM
              (NEW.id, NEW.child_id, NEW.representative_id, NEW.link_id, NEW.act, NEW.at, NEW.language,
               NEW.wording_version, NEW.channel, NEW.factor, NEW.content_digest)
              OR OLD.request_id IS DISTINCT FROM NEW.request_id OR OLD.consent_id IS DISTINCT FROM NEW.consent_id)
        EXECUTE FUNCTION consent_proofs_stay();

    CREATE FUNCTION forget_links_of_the_erased() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = public, pg_temp AS $$
    BEGIN
        UPDATE consent_requests SET institution = NULL, purpose = '—' WHERE child_id = NEW.id;
        UPDATE links SET recipient = NULL, recipient_digest = NULL WHERE child_id = NEW.id;
        UPDATE link_visits SET address = NULL WHERE child_id = NEW.id;
        UPDATE consent_proofs SET wording = '—', sent_to = NULL, address = NULL, user_agent = NULL
            WHERE child_id = NEW.id;
        RETURN NULL;
    END $$;
    CREATE TRIGGER forget_links_of_the_erased AFTER UPDATE OF erased_at ON children FOR EACH ROW
        WHEN (OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL)
        EXECUTE FUNCTION forget_links_of_the_erased();
    """)
