"""Cases, the dated load policy, and a limit that no path into the table gets around."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    CREATE TABLE load_policies (
        id uuid PRIMARY KEY,
        valid_from date NOT NULL,
        weight_low numeric(5, 2) NOT NULL CHECK (weight_low > 0),
        weight_standard numeric(5, 2) NOT NULL CHECK (weight_standard >= weight_low),
        weight_high numeric(5, 2) NOT NULL CHECK (weight_high >= weight_standard),
        weight_crisis numeric(5, 2) NOT NULL CHECK (weight_crisis >= weight_high),
        minimum numeric(6, 2) NOT NULL CHECK (minimum >= 0),
        nominal numeric(6, 2) NOT NULL CHECK (nominal >= minimum),
        maximum numeric(6, 2) NOT NULL CHECK (maximum >= nominal AND maximum > 0),
        created_at timestamptz NOT NULL,
        created_by uuid REFERENCES accounts,
        CONSTRAINT load_policies_valid_from_key UNIQUE (valid_from)
    );
    -- The report's reference points: ten standard cases, five or six of crisis, fifteen or sixteen light ones.
    INSERT INTO load_policies VALUES
        ('01900000-0000-7000-8000-000000000001', '2025-01-01', 0.75, 1, 1.5, 2, 6, 10, 12, now(), NULL);

    CREATE TABLE cases (
        id uuid PRIMARY KEY,
        child_id uuid NOT NULL REFERENCES children,
        specialist_id uuid NOT NULL REFERENCES accounts,
        complexity text NOT NULL CHECK (complexity IN ('low', 'standard', 'high', 'crisis')),
        state text NOT NULL CHECK (state IN ('open', 'closed')),
        rhythm_times smallint CHECK (rhythm_times BETWEEN 1 AND 14),
        rhythm_per text CHECK (rhythm_per IN ('week', 'month')),
        exceeding_reason text,
        exceeding_until date,
        opened_at timestamptz NOT NULL,
        closed_at timestamptz,
        close_reason text,
        outcome text,
        version integer NOT NULL,
        CONSTRAINT cases_closed_with_a_reason
            CHECK ((state = 'closed') = (closed_at IS NOT NULL AND close_reason IS NOT NULL)),
        CONSTRAINT cases_whole_rhythm CHECK ((rhythm_times IS NULL) = (rhythm_per IS NULL)),
        CONSTRAINT cases_whole_exception CHECK ((exceeding_reason IS NULL) = (exceeding_until IS NULL)),
        CONSTRAINT cases_of_child_key UNIQUE (id, child_id)
    );
    CREATE UNIQUE INDEX cases_one_open_of_child_key ON cases (child_id) WHERE state = 'open';
    CREATE INDEX cases_specialist_id_state_idx ON cases (specialist_id, state);
    CREATE INDEX cases_child_id_opened_at_idx ON cases (child_id, opened_at);

    -- Who was responsible when: a case is handed over without a gap, and the reason stays (D3).
    CREATE TABLE responsibilities (
        id uuid PRIMARY KEY,
        case_id uuid NOT NULL,
        child_id uuid NOT NULL,
        specialist_id uuid NOT NULL REFERENCES accounts,
        since timestamptz NOT NULL,
        until timestamptz,
        reason text,
        CONSTRAINT responsibilities_case_of_child_fkey
            FOREIGN KEY (case_id, child_id) REFERENCES cases (id, child_id)
    );
    CREATE UNIQUE INDEX responsibilities_one_at_a_time_key ON responsibilities (case_id) WHERE until IS NULL;

    GRANT SELECT, INSERT ON responsibilities TO bas_app;
    GRANT UPDATE (until) ON responsibilities TO bas_app;
    GRANT SELECT, INSERT ON load_policies TO bas_app;
    GRANT SELECT, INSERT ON cases TO bas_app;
    GRANT UPDATE (specialist_id, complexity, state, rhythm_times, rhythm_per, exceeding_reason,
                  exceeding_until, closed_at, close_reason, outcome, version) ON cases TO bas_app;
    GRANT SELECT (id, child_id, specialist_id, state) ON cases TO bas_worker;

    CREATE FUNCTION weight_of(policy load_policies, complexity text) RETURNS numeric
        LANGUAGE sql IMMUTABLE PARALLEL SAFE
        RETURN CASE complexity
            WHEN 'low' THEN policy.weight_low WHEN 'standard' THEN policy.weight_standard
            WHEN 'high' THEN policy.weight_high WHEN 'crisis' THEN policy.weight_crisis END;

    -- D2, D4: the last line of defence. The service refuses with figures before it comes to this.
    CREATE FUNCTION cases_keep_to_the_maximum() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = public, pg_temp AS $$
    DECLARE
        policy load_policies;
        load numeric;
    BEGIN
        IF NEW.state <> 'open' OR NEW.exceeding_until >= (now() AT TIME ZONE 'Europe/Riga')::date THEN
            RETURN NEW;
        END IF;
        SELECT * INTO policy FROM load_policies
            WHERE valid_from <= (now() AT TIME ZONE 'Europe/Riga')::date ORDER BY valid_from DESC LIMIT 1;
        IF TG_OP = 'UPDATE' AND OLD.state = 'open' AND OLD.specialist_id = NEW.specialist_id
                AND weight_of(policy, NEW.complexity) <= weight_of(policy, OLD.complexity) THEN
            RETURN NEW;
        END IF;
        -- Everybody who adds to this specialist's load queues here, so that two cannot both see room.
        PERFORM FROM accounts WHERE id = NEW.specialist_id FOR NO KEY UPDATE;
        SELECT coalesce(sum(weight_of(policy, complexity)), 0) INTO load FROM cases
            WHERE specialist_id = NEW.specialist_id AND state = 'open' AND id <> NEW.id;
        IF load + weight_of(policy, NEW.complexity) > policy.maximum THEN
            RAISE EXCEPTION 'the maximum load would be exceeded'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'cases_keep_to_the_maximum';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER cases_keep_to_the_maximum BEFORE INSERT OR UPDATE ON cases
        FOR EACH ROW EXECUTE FUNCTION cases_keep_to_the_maximum();

    CREATE FUNCTION cases_end_the_waiting() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = public, pg_temp AS $$
    BEGIN
        UPDATE children SET waiting = false WHERE id = NEW.child_id AND waiting;
        RETURN NULL;
    END $$;
    CREATE TRIGGER cases_end_the_waiting AFTER INSERT ON cases
        FOR EACH ROW EXECUTE FUNCTION cases_end_the_waiting();
    """)
