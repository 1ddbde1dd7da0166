"""What a case went through: closings and reopenings, and attempts to reach the child (D3, D10)."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    CREATE TABLE case_closings (
        id uuid PRIMARY KEY,
        case_id uuid NOT NULL,
        child_id uuid NOT NULL,
        closed_at timestamptz NOT NULL,
        closed_by uuid NOT NULL REFERENCES accounts,
        reason text NOT NULL,
        outcome text,
        reopened_at timestamptz,
        reopened_by uuid REFERENCES accounts,
        reopen_reason text,
        CONSTRAINT case_closings_case_of_child_fkey
            FOREIGN KEY (case_id, child_id) REFERENCES cases (id, child_id),
        CONSTRAINT case_closings_whole_reopening CHECK
            ((reopened_at IS NULL) = (reopened_by IS NULL) AND reopened_at >= closed_at)
    );
    CREATE UNIQUE INDEX case_closings_one_in_force_key ON case_closings (case_id) WHERE reopened_at IS NULL;
    CREATE INDEX case_closings_child_id_idx ON case_closings (child_id);
    GRANT SELECT, INSERT ON case_closings TO bas_app;
    GRANT UPDATE (reopened_at, reopened_by, reopen_reason) ON case_closings TO bas_app;
    ALTER TABLE case_closings ENABLE ROW LEVEL SECURITY;
    CREATE POLICY in_sight ON case_closings TO bas_app
        USING (child_id IN (SELECT child_id FROM child_in_sight));

    CREATE TABLE contact_attempts (
        id uuid PRIMARY KEY,
        case_id uuid NOT NULL,
        child_id uuid NOT NULL,
        account_id uuid NOT NULL REFERENCES accounts,
        tried_at timestamptz NOT NULL,
        means text NOT NULL CHECK (means IN ('phone', 'message', 'visit', 'representative', 'school', 'other')),
        reached boolean NOT NULL,
        note text,
        created_at timestamptz NOT NULL,
        CONSTRAINT contact_attempts_case_of_child_fkey
            FOREIGN KEY (case_id, child_id) REFERENCES cases (id, child_id)
    );
    CREATE INDEX contact_attempts_child_id_tried_at_idx ON contact_attempts (child_id, tried_at);
    GRANT SELECT, INSERT ON contact_attempts TO bas_app;
    ALTER TABLE contact_attempts ENABLE ROW LEVEL SECURITY;
    CREATE POLICY in_sight ON contact_attempts TO bas_app
        USING (child_id IN (SELECT child_id FROM child_in_sight));

    -- What the worker asks to see whose rhythm was missed and whose exception ends.
    GRANT SELECT (opened_at, rhythm_times, rhythm_per, exceeding_until) ON cases TO bas_worker;
    GRANT SELECT (supervisor_id) ON accounts TO bas_worker;

    CREATE OR REPLACE FUNCTION erase_child(child uuid) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = public, pg_temp AS $$
    BEGIN
        IF EXISTS (SELECT FROM cases WHERE child_id = child AND state = 'open') THEN
            RETURN false;
        END IF;
        UPDATE children SET given_name = '—', family_name = '—', sort_key = '—', search_key = '—',
            personal_code = NULL, personal_code_digest = NULL, birth_date = date_trunc('year', birth_date)::date,
            erased_at = now(), version = version + 1 WHERE id = child AND erased_at IS NULL;
        IF NOT FOUND THEN
            RETURN false;
        END IF;
        UPDATE representatives SET name = '—', phone = NULL, phone_digest = NULL, email = NULL,
            state_reason = NULL, state_basis = NULL, version = version + 1 WHERE child_id = child;
        UPDATE protected_places SET reason = '—' WHERE child_id = child;
        UPDATE consents SET institution = NULL WHERE child_id = child;
        UPDATE cases SET exceeding_reason = CASE WHEN exceeding_reason IS NOT NULL THEN '—' END,
            close_reason = '—', outcome = NULL WHERE child_id = child;
        UPDATE responsibilities SET reason = NULL WHERE child_id = child;
        UPDATE case_closings SET reason = '—', outcome = NULL, reopen_reason = NULL WHERE child_id = child;
        UPDATE contact_attempts SET note = NULL WHERE child_id = child;
        UPDATE duties SET note = NULL WHERE child_id = child;
        UPDATE meetings SET place_name = NULL, place_address = NULL, note = NULL, unannounced_reason = NULL,
            institution = CASE WHEN kind = 'accompaniment' THEN '—' END,
            purpose = CASE WHEN kind = 'accompaniment' THEN '—' END,
            state_reason = NULL, summary = NULL, child_opinion = NULL WHERE child_id = child;
        UPDATE messages SET body = NULL, recipient = NULL, recipient_digest = NULL WHERE subject_id = child;
        UPDATE emergency_grants SET reason = '—' WHERE child_id = child;
        DELETE FROM answered_requests WHERE child = ANY(children);
        RETURN true;
    END $$;
    """)
