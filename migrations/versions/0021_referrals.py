"""Referrals with their screening by a dated form, decided once, and who of them still waits for a case."""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    -- What is asked, whom the service is for, why a referral may be declined: dated, never edited (D1, D26).
    CREATE TABLE screening_forms (
        id uuid PRIMARY KEY,
        valid_from date NOT NULL,
        least_age smallint NOT NULL CHECK (least_age >= 0),
        most_age smallint NOT NULL CHECK (most_age >= least_age),
        questions jsonb NOT NULL CHECK (jsonb_typeof(questions) = 'array'),
        decline_reasons jsonb NOT NULL CHECK (jsonb_typeof(decline_reasons) = 'array'),
        created_at timestamptz NOT NULL,
        created_by uuid REFERENCES accounts,
        CONSTRAINT screening_forms_valid_from_key UNIQUE (valid_from)
    );

    CREATE TABLE referrals (
        id uuid PRIMARY KEY,
        state text NOT NULL CHECK (state IN ('new', 'waiting', 'accepted', 'declined', 'withdrawn')),
        priority text NOT NULL CHECK (priority IN ('urgent', 'high', 'normal')),
        received_on date NOT NULL,
        referrer_kind text NOT NULL CHECK (referrer_kind IN ('institution', 'person')),
        referrer_name text NOT NULL,
        referrer_phone text,
        referrer_email text,
        reason text NOT NULL,
        given_name text NOT NULL,
        family_name text NOT NULL,
        search_key text NOT NULL,
        birth_date date,
        personal_code text,
        personal_code_digest text,
        municipality text NOT NULL,
        language text NOT NULL CHECK (language IN ('lv', 'en', 'ru')),
        -- the latest decision; "decline_reason" is a key of the form it was taken under
        decided_at timestamptz,
        decided_by uuid REFERENCES accounts,
        decision_words text,
        decline_reason text,
        decline_form_id uuid REFERENCES screening_forms,
        -- why it was accepted although the screening spoke against it
        despite text,
        child_id uuid REFERENCES children,
        -- when the child's next case was opened, or its last one reopened: until then it is on the waiting list
        waited_until timestamptz,
        version integer NOT NULL,
        created_at timestamptz NOT NULL,
        created_by uuid NOT NULL REFERENCES accounts,
        erased_at timestamptz,
        CONSTRAINT referrals_accepted_with_a_child CHECK ((state = 'accepted') = (child_id IS NOT NULL)),
        CONSTRAINT referrals_decided_by_somebody
            CHECK ((state = 'new') = (decided_at IS NULL) AND (decided_at IS NULL) = (decided_by IS NULL)),
        CONSTRAINT referrals_declined_with_a_reason
            CHECK ((state = 'declined') = (decline_reason IS NOT NULL AND decline_form_id IS NOT NULL)),
        CONSTRAINT referrals_waits_once_accepted CHECK (waited_until IS NULL OR state = 'accepted')
    );
    CREATE INDEX referrals_received_on_id_idx ON referrals (received_on, id);
    CREATE INDEX referrals_child_id_idx ON referrals (child_id);
    CREATE INDEX referrals_state_received_on_id_idx ON referrals (state, received_on, id);
    CREATE INDEX referrals_wait_for_a_case_idx ON referrals (child_id)
        WHERE state = 'accepted' AND waited_until IS NULL;

    -- Each saved set of answers stays, with the version of the form it was given on (D24).
    CREATE TABLE screenings (
        id uuid PRIMARY KEY,
        referral_id uuid NOT NULL REFERENCES referrals,
        form_id uuid NOT NULL REFERENCES screening_forms,
        answers text NOT NULL,
        created_at timestamptz NOT NULL,
        created_by uuid NOT NULL REFERENCES accounts
    );
    CREATE INDEX screenings_referral_id_created_at_idx ON screenings (referral_id, created_at);

    -- No path into the table decides a referral twice, or takes a decision back.
    CREATE FUNCTION referrals_are_decided_once() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'INSERT' THEN
            IF NEW.state = 'new' THEN
                RETURN NEW;
            END IF;
        ELSIF NEW.state = OLD.state AND (NEW.child_id IS NOT DISTINCT FROM OLD.child_id)
                OR OLD.state IN ('new', 'waiting') AND NEW.state <> 'new' AND NEW.state <> OLD.state THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'a referral does not go from % to %', OLD.state, NEW.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'referrals_are_decided_once';
    END $$;
    CREATE TRIGGER referrals_are_decided_once BEFORE INSERT OR UPDATE ON referrals
        FOR EACH ROW EXECUTE FUNCTION referrals_are_decided_once();

    -- A child that gets a case, or whose case goes on, leaves the waiting list; its end does not bring it back.
    CREATE FUNCTION cases_end_the_waiting_of_referrals() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = public, pg_temp AS $$
    BEGIN
        UPDATE referrals SET waited_until = CASE WHEN TG_OP = 'INSERT' THEN NEW.opened_at ELSE now() END
            WHERE child_id = NEW.child_id AND state = 'accepted' AND waited_until IS NULL;
        RETURN NULL;
    END $$;
    CREATE TRIGGER cases_end_the_waiting_of_referrals AFTER INSERT OR UPDATE OF state ON cases
        FOR EACH ROW WHEN (NEW.state = 'open') EXECUTE FUNCTION cases_end_the_waiting_of_referrals();

    -- Until there is a child, a referral is every supervisor's and coordinator's; then it goes with the child.
    ALTER TABLE referrals ENABLE ROW LEVEL SECURITY;
    CREATE POLICY in_sight ON referrals FOR SELECT TO bas_app
        USING (CASE WHEN child_id IS NULL THEN (SELECT asking_role()) IN ('supervisor', 'coordinator')
               ELSE child_id IN (SELECT child_id FROM child_in_sight) END);
    CREATE POLICY received ON referrals FOR INSERT TO bas_app
        WITH CHECK (child_id IS NULL AND created_by = asking_account()
                    AND (SELECT asking_role()) IN ('supervisor', 'coordinator'));
    CREATE POLICY decided ON referrals FOR UPDATE TO bas_app
        USING ((SELECT asking_role()) IN ('supervisor', 'coordinator') AND (child_id IS NULL OR child_id IN
               (SELECT child_id FROM child_in_sight WHERE because IN ('team', 'closed', 'waiting'))))
        -- A grant for an emergency shows a child; it ties no referral to it.
        WITH CHECK (child_id IS NULL OR child_id IN
                    (SELECT child_id FROM child_in_sight WHERE because IN ('team', 'closed', 'waiting')));
    GRANT SELECT, INSERT ON referrals TO bas_app;
    GRANT UPDATE (state, priority, received_on, referrer_kind, referrer_name, referrer_phone, referrer_email, reason,
                  given_name, family_name, search_key, birth_date, personal_code, personal_code_digest, municipality,
                  language, decided_at, decided_by, decision_words, decline_reason, decline_form_id, despite,
                  child_id, version) ON referrals TO bas_app;

    ALTER TABLE screenings ENABLE ROW LEVEL SECURITY;
    CREATE POLICY of_referral ON screenings FOR SELECT TO bas_app
        USING (referral_id IN (SELECT id FROM referrals));
    CREATE POLICY answered ON screenings FOR INSERT TO bas_app
        WITH CHECK (created_by = asking_account() AND (SELECT asking_role()) IN ('supervisor', 'coordinator')
                    AND referral_id IN (SELECT id FROM referrals WHERE state IN ('new', 'waiting')));
    GRANT SELECT, INSERT ON screenings TO bas_app;
    GRANT SELECT, INSERT ON screening_forms TO bas_app;
    """)
    op.execute(FIRST_FORM)


# D1 word for word: problems of behaviour, of addiction, or a risk of them; what speaks against it.
FIRST_FORM = """
    INSERT INTO screening_forms VALUES ('01900000-0000-7000-8000-000000000021', '2025-01-01', 6, 17, $json$[
        {"key": "behaviour", "kind": "criterion", "options": null, "counting": ["yes"], "required": true,
         "text": {"lv": "Vai bērnam ir uzvedības problēmas?",
                  "en": "Does the child have behavioural problems?",
                  "ru": "Есть ли у ребёнка проблемы с поведением?"}},
        {"key": "addiction", "kind": "criterion", "options": null, "counting": ["yes"], "required": true,
         "text": {"lv": "Vai bērnam ir atkarības problēmas (vielas, spēles, internets)?",
                  "en": "Does the child have addiction problems (substances, gaming, internet)?",
                  "ru": "Есть ли у ребёнка проблемы зависимости (вещества, игры, интернет)?"}},
        {"key": "risk", "kind": "criterion", "options": null, "counting": ["yes"], "required": true,
         "text": {"lv": "Vai ir risks, ka šādas problēmas radīsies?",
                  "en": "Is there a risk of such problems?",
                  "ru": "Есть ли риск возникновения таких проблем?"}},
        {"key": "developmental_disorder", "kind": "exclusion", "counting": ["moderate", "severe"], "required": true,
         "text": {"lv": "Vai bērnam ir garīgās attīstības traucējumi?",
                  "en": "Does the child have a developmental disorder?",
                  "ru": "Есть ли у ребёнка нарушения психического развития?"},
         "options": [
            {"key": "none", "text": {"lv": "Nav", "en": "None", "ru": "Нет"}},
            {"key": "mild", "text": {"lv": "Viegli", "en": "Mild", "ru": "Лёгкие"}},
            {"key": "moderate", "text": {"lv": "Vidēji smagi", "en": "Moderate", "ru": "Умеренные"}},
            {"key": "severe", "text": {"lv": "Smagi", "en": "Severe", "ru": "Тяжёлые"}}]}
    ]$json$, $json$[
        {"key": "age", "text": {"lv": "Bērna vecums neatbilst mērķgrupai",
            "en": "The child's age is outside the target group", "ru": "Возраст ребёнка вне целевой группы"}},
        {"key": "no_criterion", "text": {"lv": "Nav uzvedības vai atkarības problēmu, nedz to riska",
            "en": "No behavioural or addiction problems, nor a risk of them",
            "ru": "Нет проблем с поведением или зависимости, как и их риска"}},
        {"key": "exclusion", "text": {"lv": "Bērnam vajadzīgs cita veida atbalsts",
            "en": "The child needs support of another kind", "ru": "Ребёнку нужна поддержка другого рода"}},
        {"key": "already_served", "text": {"lv": "Bērns pakalpojumu jau saņem",
            "en": "The child is in the service already", "ru": "Ребёнок уже получает услугу"}},
        {"key": "refused", "text": {"lv": "Likumiskais pārstāvis vai bērns nepiekrīt",
            "en": "The legal representative or the child does not agree",
            "ru": "Законный представитель или ребёнок не согласен"}},
        {"key": "other", "text": {"lv": "Cits iemesls", "en": "Another reason", "ru": "Другая причина"}}
    ]$json$, now(), NULL)
"""
