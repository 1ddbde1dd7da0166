"""How long each kind of record is kept, what was dropped when, and children whose person was erased."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    CREATE TABLE retention_policies (
        id uuid PRIMARY KEY,
        kind text NOT NULL CHECK (kind IN ('message_content', 'receipts', 'trace', 'closed_case')),
        valid_from date NOT NULL,
        keep_days integer NOT NULL CHECK (keep_days BETWEEN 1 AND 36500),
        created_at timestamptz NOT NULL,
        created_by uuid REFERENCES accounts,
        CONSTRAINT retention_policies_kind_valid_from_key UNIQUE (kind, valid_from)
    );
    INSERT INTO retention_policies VALUES
        ('01900000-0000-7000-8000-000000000011', 'message_content', '2025-01-01', 730, now(), NULL),
        ('01900000-0000-7000-8000-000000000012', 'receipts', '2025-01-01', 90, now(), NULL),
        ('01900000-0000-7000-8000-000000000013', 'trace', '2025-01-01', 3650, now(), NULL),
        ('01900000-0000-7000-8000-000000000014', 'closed_case', '2025-01-01', 3650, now(), NULL);

    CREATE TABLE retention_runs (
        id uuid PRIMARY KEY,
        day date NOT NULL,
        kind text NOT NULL,
        keep_days integer NOT NULL,
        affected integer NOT NULL,
        ran_at timestamptz NOT NULL,
        -- any number of workers: each kind once a day
        CONSTRAINT retention_runs_day_kind_key UNIQUE (day, kind)
    );

    ALTER TABLE messages ALTER COLUMN body DROP NOT NULL, ALTER COLUMN recipient DROP NOT NULL;
    ALTER TABLE children ADD COLUMN erased_at timestamptz;

    GRANT SELECT, INSERT ON retention_policies TO bas_app;
    GRANT SELECT ON retention_runs TO bas_app;
    GRANT SELECT ON retention_policies TO bas_worker;
    GRANT SELECT, INSERT, UPDATE (affected) ON retention_runs TO bas_worker;
    GRANT DELETE ON receipts TO bas_worker;
    GRANT SELECT (id, child_id, specialist_id, state, closed_at) ON cases TO bas_worker;

    -- Days of the trace that are past their time go whole; what is left still chains, from its own beginning on.
    CREATE FUNCTION drop_old_trace(before date) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = public, pg_temp AS $$
    DECLARE
        dropped bigint;
    BEGIN
        IF before > (now() AT TIME ZONE 'Europe/Riga')::date - 365 THEN
            RAISE EXCEPTION 'the trace is kept for a year at least' USING ERRCODE = 'check_violation';
        END IF;
        DELETE FROM trace_heads WHERE day < before;
        DELETE FROM trace WHERE day < before;
        GET DIAGNOSTICS dropped = ROW_COUNT;
        RETURN dropped;
    END $$;
    REVOKE ALL ON FUNCTION drop_old_trace FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION drop_old_trace TO bas_worker;

    -- D23: the person goes, the figures stay: ages, municipality, complexities, hours, outcomes of telling.
    CREATE FUNCTION erase_child(child uuid) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
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
        UPDATE meetings SET place_name = NULL, place_address = NULL, note = NULL, unannounced_reason = NULL,
            institution = CASE WHEN kind = 'accompaniment' THEN '—' END,
            purpose = CASE WHEN kind = 'accompaniment' THEN '—' END,
            state_reason = NULL, summary = NULL, child_opinion = NULL WHERE child_id = child;
        UPDATE messages SET body = NULL, recipient = NULL, recipient_digest = NULL WHERE subject_id = child;
        UPDATE emergency_grants SET reason = '—' WHERE child_id = child;
        DELETE FROM answered_requests WHERE child = ANY(children);
        RETURN true;
    END $$;
    REVOKE ALL ON FUNCTION erase_child FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION erase_child TO bas_worker;
    """)
