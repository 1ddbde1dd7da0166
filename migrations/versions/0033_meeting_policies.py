"""The dated policy of meetings: notice, reasons, office hours, a child's week, corrections (D9, D26)."""

from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    CREATE FUNCTION is_list_with_entries(list jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
        RETURN CASE WHEN jsonb_typeof(list) = 'array' THEN jsonb_array_length(list) > 0 ELSE false END;

    CREATE TABLE meeting_policies (
        id uuid PRIMARY KEY,
        valid_from date NOT NULL,
        -- less than this before the start a text may be read too late
        short_notice_minutes smallint NOT NULL CHECK (short_notice_minutes BETWEEN 1 AND 1440),
        -- for how long what came of a meeting may be corrected; later it is added to
        correction_days smallint NOT NULL CHECK (correction_days BETWEEN 0 AND 90),
        -- why a meeting is cancelled or does not come about, in all languages, and whether that needs words
        cancel_reasons jsonb NOT NULL CONSTRAINT meeting_policies_some_reason_to_cancel
            CHECK (is_list_with_entries(cancel_reasons)),
        miss_reasons jsonb NOT NULL CONSTRAINT meeting_policies_some_reason_to_miss
            CHECK (is_list_with_entries(miss_reasons)),
        -- by ISO weekday, in Riga; null: closed
        office_hours jsonb NOT NULL CONSTRAINT meeting_policies_hours_of_each_day
            CHECK (office_hours ?& '{1,2,3,4,5,6,7}'),
        -- above this a child's week is too full, other institutions' appointments counted as well (D9)
        week_limit jsonb NOT NULL CONSTRAINT meeting_policies_week_limit
            CHECK (week_limit ?& '{appointments,hours,days_in_a_row}'),
        -- so far ahead repeating meetings are laid out, and so long before they are told
        repeat_ahead_days smallint NOT NULL CHECK (repeat_ahead_days BETWEEN 7 AND 366),
        tell_ahead_days smallint NOT NULL CHECK (tell_ahead_days >= 1),
        created_at timestamptz NOT NULL,
        created_by uuid REFERENCES accounts,
        CONSTRAINT meeting_policies_valid_from_key UNIQUE (valid_from),
        CONSTRAINT meeting_policies_laid_out_before_told CHECK (tell_ahead_days <= repeat_ahead_days)
    );
    GRANT SELECT, INSERT ON meeting_policies TO bas_app;
    GRANT SELECT ON meeting_policies TO bas_worker;

    INSERT INTO meeting_policies VALUES ('01900000-0000-7000-8000-000000000041', '2025-01-01', 60, 7, '[
        {"key": "child_ill", "note_needed": false, "text": {"lv": "Bērns slims",
            "en": "The child is ill", "ru": "Ребёнок болен"}},
        {"key": "child_refused", "note_needed": false, "text": {"lv": "Bērns atteicās",
            "en": "The child refused", "ru": "Ребёнок отказался"}},
        {"key": "representative_cancelled", "note_needed": false, "text": {"lv": "Atteica likumiskais pārstāvis",
            "en": "The legal representative cancelled", "ru": "Отменил законный представитель"}},
        {"key": "specialist_ill", "note_needed": false, "text": {"lv": "Speciālists slims",
            "en": "The specialist is ill", "ru": "Специалист болен"}},
        {"key": "institution_moved", "note_needed": false, "text": {"lv": "Iestāde mainīja laiku",
            "en": "The institution moved it", "ru": "Учреждение изменило время"}},
        {"key": "weather_or_transport", "note_needed": false, "text": {"lv": "Laikapstākļi vai transports",
            "en": "Weather or transport", "ru": "Погода или транспорт"}},
        {"key": "planned_by_mistake", "note_needed": false, "text": {"lv": "Ieplānota kļūdas dēļ",
            "en": "Planned by mistake", "ru": "Запланирована по ошибке"}},
        {"key": "other", "note_needed": true, "text": {"lv": "Cits iemesls",
            "en": "Another reason", "ru": "Другая причина"}}
    ]', '[
        {"key": "child_did_not_come", "note_needed": false, "text": {"lv": "Bērns neieradās",
            "en": "The child did not come", "ru": "Ребёнок не пришёл"}},
        {"key": "child_ill", "note_needed": false, "text": {"lv": "Bērns slims",
            "en": "The child is ill", "ru": "Ребёнок болен"}},
        {"key": "child_refused", "note_needed": false, "text": {"lv": "Bērns atteicās",
            "en": "The child refused", "ru": "Ребёнок отказался"}},
        {"key": "representative_cancelled", "note_needed": false, "text": {"lv": "Atteica likumiskais pārstāvis",
            "en": "The legal representative cancelled", "ru": "Отменил законный представитель"}},
        {"key": "specialist_ill", "note_needed": false, "text": {"lv": "Speciālists slims",
            "en": "The specialist is ill", "ru": "Специалист болен"}},
        {"key": "institution_moved", "note_needed": false, "text": {"lv": "Iestāde mainīja laiku",
            "en": "The institution moved it", "ru": "Учреждение изменило время"}},
        {"key": "weather_or_transport", "note_needed": false, "text": {"lv": "Laikapstākļi vai transports",
            "en": "Weather or transport", "ru": "Погода или транспорт"}},
        {"key": "other", "note_needed": true, "text": {"lv": "Cits iemesls",
            "en": "Another reason", "ru": "Другая причина"}}
    ]', '{
        "1": {"from": "08:00", "until": "18:00"}, "2": {"from": "08:00", "until": "18:00"},
        "3": {"from": "08:00", "until": "18:00"}, "4": {"from": "08:00", "until": "18:00"},
        "5": {"from": "08:00", "until": "18:00"}, "6": null, "7": null
    }', '{"appointments": 5, "hours": 8, "days_in_a_row": 3}', 56, 7, now(), NULL);

    ALTER TABLE withdrawn_policies DROP CONSTRAINT withdrawn_policies_kind_check;
    ALTER TABLE withdrawn_policies ADD CONSTRAINT withdrawn_policies_kind_check
        CHECK (kind IN ('load', 'casework', 'meeting'));

    -- As before, for one more kind. Each kind's table is named after it.
    CREATE OR REPLACE FUNCTION withdraw_policy(of_kind text, policy uuid) RETURNS boolean
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE
        gone jsonb;
        tomorrow date := (now() AT TIME ZONE 'Europe/Riga')::date + 1;
    BEGIN
        IF asking_role() IS NULL OR asking_role() NOT IN ('coordinator', 'administrator') THEN
            RAISE EXCEPTION 'policies are for coordinators and administrators'
                USING ERRCODE = 'insufficient_privilege';
        END IF;
        IF of_kind NOT IN ('load', 'casework', 'meeting') THEN
            RETURN false;
        END IF;
        EXECUTE format('DELETE FROM %1$I WHERE id = $1 AND valid_from >= $2 RETURNING to_jsonb(%1$I)',
                       of_kind || '_policies') INTO gone USING policy, tomorrow;
        IF gone IS NULL THEN
            RETURN false;
        END IF;
        INSERT INTO withdrawn_policies
            VALUES (policy, of_kind, (gone ->> 'valid_from')::date, gone, clock_timestamp(), asking_account());
        RETURN true;
    END $$;
    """)
