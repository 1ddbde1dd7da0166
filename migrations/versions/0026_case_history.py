"""What a case weighed when, and when it stood above the maximum: written by the database itself."""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    CREATE TABLE case_complexities (
        case_id uuid NOT NULL,
        child_id uuid NOT NULL,
        since timestamptz NOT NULL,
        complexity text NOT NULL CHECK (complexity IN ('low', 'standard', 'high', 'crisis')),
        PRIMARY KEY (case_id, since),
        CONSTRAINT case_complexities_case_of_child_fkey
            FOREIGN KEY (case_id, child_id) REFERENCES cases (id, child_id)
    );
    -- One row for each time that an exception was given, changed or (without a day) taken back.
    CREATE TABLE case_exceptions (
        case_id uuid NOT NULL,
        child_id uuid NOT NULL,
        since timestamptz NOT NULL,
        until date,
        -- as it is sealed in cases.exceeding_reason
        reason text,
        PRIMARY KEY (case_id, since),
        CONSTRAINT case_exceptions_whole CHECK ((until IS NULL) = (reason IS NULL)),
        CONSTRAINT case_exceptions_case_of_child_fkey
            FOREIGN KEY (case_id, child_id) REFERENCES cases (id, child_id)
    );
    CREATE INDEX case_complexities_child_id_idx ON case_complexities (child_id);
    CREATE INDEX case_exceptions_child_id_idx ON case_exceptions (child_id);
    CREATE INDEX responsibilities_specialist_id_since_idx ON responsibilities (specialist_id, since);
    CREATE INDEX cases_exceeding_until_idx ON cases (exceeding_until) WHERE state = 'open';

    GRANT SELECT ON case_complexities, case_exceptions TO bas_app;
    ALTER TABLE case_complexities ENABLE ROW LEVEL SECURITY;
    CREATE POLICY in_sight ON case_complexities TO bas_app
        USING (child_id IN (SELECT child_id FROM child_in_sight));
    ALTER TABLE case_exceptions ENABLE ROW LEVEL SECURITY;
    CREATE POLICY in_sight ON case_exceptions TO bas_app
        USING (child_id IN (SELECT child_id FROM child_in_sight));

    CREATE FUNCTION cases_keep_their_history() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = public, pg_temp AS $$
    DECLARE
        -- Not now(): whoever waited for the child began earlier than the one before, and writes after them.
        moment timestamptz := CASE TG_OP WHEN 'INSERT' THEN NEW.opened_at ELSE clock_timestamp() END;
    BEGIN
        IF TG_OP = 'INSERT' OR NEW.complexity <> OLD.complexity THEN
            INSERT INTO case_complexities VALUES (NEW.id, NEW.child_id, greatest(moment,
                (SELECT max(since) + interval '1 microsecond' FROM case_complexities WHERE case_id = NEW.id)),
                NEW.complexity);
        END IF;
        -- A reason that is only sealed anew leaves the version as it is; one that is erased is of a closed case.
        IF NEW.state = 'open' AND (TG_OP = 'INSERT' AND NEW.exceeding_until IS NOT NULL
                OR TG_OP = 'UPDATE' AND NEW.version <> OLD.version
                AND (NEW.exceeding_until, NEW.exceeding_reason)
                    IS DISTINCT FROM (OLD.exceeding_until, OLD.exceeding_reason)) THEN
            INSERT INTO case_exceptions VALUES (NEW.id, NEW.child_id, greatest(moment,
                (SELECT max(since) + interval '1 microsecond' FROM case_exceptions WHERE case_id = NEW.id)),
                NEW.exceeding_until, NEW.exceeding_reason);
        END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER cases_keep_their_history AFTER INSERT OR UPDATE ON cases
        FOR EACH ROW EXECUTE FUNCTION cases_keep_their_history();

    -- What a case was before today was written down nowhere: it counts as it is now from its opening on.
    INSERT INTO case_complexities SELECT id, child_id, opened_at, complexity FROM cases;
    INSERT INTO case_exceptions SELECT id, child_id, opened_at, exceeding_until, exceeding_reason FROM cases
        WHERE exceeding_until IS NOT NULL;

    -- With the person go the reasons; what a case weighed stays as a figure (D23).
    CREATE FUNCTION forget_exceptions_of_the_erased() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = public, pg_temp AS $$
    BEGIN
        UPDATE case_exceptions SET reason = '—' WHERE child_id = NEW.id AND reason IS NOT NULL;
        RETURN NULL;
    END $$;
    CREATE TRIGGER forget_exceptions_of_the_erased AFTER UPDATE OF erased_at ON children FOR EACH ROW
        WHEN (OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL)
        EXECUTE FUNCTION forget_exceptions_of_the_erased();

    -- The numbers of a specialist's cases by complexity at past moments: for themselves and their supervisor, also
    -- where the children have long been somebody else's. Figures only, so no child is looked at.
    CREATE FUNCTION cases_of_specialist_at(specialist uuid, moments timestamptz[])
        RETURNS TABLE (at timestamptz, complexity text, cases bigint)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
        BEGIN ATOMIC
            SELECT asked.at, was.complexity, count(*)
            FROM unnest(moments) AS asked(at)
            JOIN responsibilities r ON r.specialist_id = specialist AND r.since <= asked.at
                AND (r.until IS NULL OR r.until > asked.at)
            CROSS JOIN LATERAL (
                SELECT k.complexity FROM case_complexities k
                WHERE k.case_id = r.case_id AND k.since <= asked.at ORDER BY k.since DESC LIMIT 1) was
            WHERE EXISTS (SELECT FROM accounts a WHERE a.id = specialist
                          AND asking_account() IN (a.id, a.supervisor_id))
            GROUP BY asked.at, was.complexity;
        END;
    REVOKE ALL ON FUNCTION cases_of_specialist_at FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION cases_of_specialist_at TO bas_app;
    """)
