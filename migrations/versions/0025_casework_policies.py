"""The dated policy of casework, and a way to take a policy back before it begins."""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    CREATE FUNCTION is_rhythm(rhythm jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
        RETURN coalesce(rhythm ->> 'per' IN ('week', 'month')
            AND (rhythm ->> 'times')::int BETWEEN 1 AND 14, false);

    CREATE TABLE casework_policies (
        id uuid PRIMARY KEY,
        valid_from date NOT NULL,
        -- how often meetings are agreed when nobody agrees otherwise, for each complexity (D11)
        rhythms jsonb NOT NULL,
        -- why a case may be closed, in all languages, and whether an outcome must be told (D3)
        close_reasons jsonb NOT NULL,
        failed_attempts smallint NOT NULL CHECK (failed_attempts BETWEEN 1 AND 20),
        exception_reminder_days smallint NOT NULL CHECK (exception_reminder_days BETWEEN 1 AND 90),
        created_at timestamptz NOT NULL,
        created_by uuid REFERENCES accounts,
        CONSTRAINT casework_policies_valid_from_key UNIQUE (valid_from),
        CONSTRAINT casework_policies_a_rhythm_for_each_complexity CHECK (
            is_rhythm(rhythms -> 'low') AND is_rhythm(rhythms -> 'standard')
            AND is_rhythm(rhythms -> 'high') AND is_rhythm(rhythms -> 'crisis')),
        CONSTRAINT casework_policies_some_reason_to_close CHECK (
            CASE WHEN jsonb_typeof(close_reasons) = 'array' THEN jsonb_array_length(close_reasons) > 0
                ELSE false END)
    );
    GRANT SELECT, INSERT ON casework_policies TO bas_app;
    GRANT SELECT ON casework_policies TO bas_worker;

    -- D11: low risk monthly, family support three times a month, high risk weekly.
    INSERT INTO casework_policies VALUES ('01900000-0000-7000-8000-000000000031', '2025-01-01', '{
        "low": {"times": 1, "per": "month"}, "standard": {"times": 3, "per": "month"},
        "high": {"times": 1, "per": "week"}, "crisis": {"times": 2, "per": "week"}
    }', '[
        {"key": "goal_reached", "outcome_needed": true, "text": {"lv": "Mērķis sasniegts",
            "en": "The goal is reached", "ru": "Цель достигнута"}},
        {"key": "turned_18", "outcome_needed": true, "text": {"lv": "Sasniegts 18 gadu vecums",
            "en": "Turned 18", "ru": "Исполнилось 18 лет"}},
        {"key": "moved_abroad", "outcome_needed": false, "text": {"lv": "Pārcēlies uz ārzemēm",
            "en": "Moved abroad", "ru": "Переезд за границу"}},
        {"key": "cooperation_avoided", "outcome_needed": true, "text": {"lv": "Ilgstoša izvairīšanās no sadarbības",
            "en": "Long avoidance of cooperation", "ru": "Длительное уклонение от сотрудничества"}},
        {"key": "representative_refused", "outcome_needed": true, "text": {"lv": "Likumiskā pārstāvja atteikums",
            "en": "The legal representative refused", "ru": "Отказ законного представителя"}},
        {"key": "exclusion_factor", "outcome_needed": true, "text": {"lv": "Atklājies izslēdzošs apstāklis",
            "en": "An exclusion factor has appeared", "ru": "Выявлено исключающее обстоятельство"}},
        {"key": "other", "outcome_needed": true, "text": {"lv": "Cits iemesls",
            "en": "Another reason", "ru": "Другая причина"}}
    ]', 3, 7, now(), NULL);

    -- A policy taken back before it began. It leaves its own table, so that nothing that reads policies, the
    -- limit's trigger above all, can take it for one that counts; who took it back, and when, stays.
    CREATE TABLE withdrawn_policies (
        id uuid PRIMARY KEY,
        kind text NOT NULL CHECK (kind IN ('load', 'casework')),
        valid_from date NOT NULL,
        content jsonb NOT NULL,
        withdrawn_at timestamptz NOT NULL,
        withdrawn_by uuid NOT NULL REFERENCES accounts
    );
    GRANT SELECT ON withdrawn_policies TO bas_app;

    -- The only way a policy goes; one that has begun stays for good (D26).
    CREATE FUNCTION withdraw_policy(of_kind text, policy uuid) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = public, pg_temp AS $$
    DECLARE
        gone jsonb;
        tomorrow date := (now() AT TIME ZONE 'Europe/Riga')::date + 1;
    BEGIN
        IF asking_role() IS NULL OR asking_role() NOT IN ('coordinator', 'administrator') THEN
            RAISE EXCEPTION 'policies are for coordinators and administrators'
                USING ERRCODE = 'insufficient_privilege';
        END IF;
        IF of_kind = 'load' THEN
            DELETE FROM load_policies WHERE id = policy AND valid_from >= tomorrow
                RETURNING to_jsonb(load_policies) INTO gone;
        ELSIF of_kind = 'casework' THEN
            DELETE FROM casework_policies WHERE id = policy AND valid_from >= tomorrow
                RETURNING to_jsonb(casework_policies) INTO gone;
        END IF;
        IF gone IS NULL THEN
            RETURN false;
        END IF;
        INSERT INTO withdrawn_policies
            VALUES (policy, of_kind, (gone ->> 'valid_from')::date, gone, clock_timestamp(), asking_account());
        RETURN true;
    END $$;
    REVOKE ALL ON FUNCTION withdraw_policy FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION withdraw_policy TO bas_app;

    -- How heavy everybody's work is, for whoever judges a policy: numbers of cases by complexity, no child (D32).
    -- A supervisor gets the own team, coordinators and administrators everybody.
    CREATE FUNCTION open_cases_by_specialist()
        RETURNS TABLE (specialist_id uuid, supervisor_id uuid, complexity text, cases bigint)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
        BEGIN ATOMIC
            SELECT a.id, a.supervisor_id, c.complexity, count(c.id)
            FROM accounts a LEFT JOIN cases c ON c.specialist_id = a.id AND c.state = 'open'
            WHERE a.role = 'specialist' AND a.active
                AND (a.supervisor_id = asking_account()
                     OR (SELECT asking_role()) IN ('coordinator', 'administrator'))
            GROUP BY a.id, c.complexity;
        END;
    REVOKE ALL ON FUNCTION open_cases_by_specialist FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION open_cases_by_specialist TO bas_app;
    """)
