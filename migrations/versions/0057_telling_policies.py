"""The dated policy of telling: quiet hours, bursts, reminders, failing over, who must be told (D6, D26)."""

from alembic import op

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    CREATE TABLE telling_policies (
        id uuid PRIMARY KEY,
        valid_from date NOT NULL,
        -- in Riga; both or neither
        quiet_from time,
        quiet_until time,
        -- a meeting so near is told whatever the hour, and each change of it by itself
        urgent_minutes smallint NOT NULL CHECK (urgent_minutes BETWEEN 0 AND 1440),
        reminder_minutes smallint CHECK (reminder_minutes BETWEEN 15 AND 1440),
        settle_seconds smallint NOT NULL CHECK (settle_seconds BETWEEN 0 AND 900),
        failover_minutes smallint NOT NULL CHECK (failover_minutes BETWEEN 1 AND 1440),
        tell_return boolean NOT NULL,
        must_tell text[] NOT NULL,
        may_tell text[] NOT NULL,
        diacritics text NOT NULL CHECK (diacritics IN ('keep', 'drop_when_it_saves_a_part', 'drop')),
        created_at timestamptz NOT NULL,
        created_by uuid REFERENCES accounts,
        CONSTRAINT telling_policies_valid_from_key UNIQUE (valid_from),
        CONSTRAINT telling_policies_whole_quiet_hours
            CHECK ((quiet_from IS NULL) = (quiet_until IS NULL) AND quiet_from <> quiet_until),
        CONSTRAINT telling_policies_somebody_must_be_told
            CHECK (cardinality(must_tell) > 0 AND NOT must_tell && may_tell)
    );
    -- Everybody who was told before this table was there is told on.
    INSERT INTO telling_policies VALUES ('01900000-0000-7000-8000-000000000051', '2025-01-01', '22:00', '07:00',
        180, NULL, 60, 30, false, '{parent,guardian,orphans_court,institution_head,foster_family}', '{}',
        'drop_when_it_saves_a_part', now(), NULL);
    GRANT SELECT, INSERT ON telling_policies TO bas_app;
    GRANT SELECT ON telling_policies TO bas_worker;

    -- Asked inside statements that look for those who must be told and were not.
    CREATE FUNCTION must_be_told(relation text) RETURNS boolean LANGUAGE sql STABLE SET search_path = public, pg_temp
        RETURN relation = ANY((SELECT must_tell FROM telling_policies
            WHERE valid_from <= (now() AT TIME ZONE 'Europe/Riga')::date ORDER BY valid_from DESC LIMIT 1)::text[]);

    ALTER TABLE announcements DROP CONSTRAINT announcements_reason_check;
    ALTER TABLE announcements ADD CONSTRAINT announcements_reason_check
        CHECK (reason IN ('planned', 'changed', 'cancelled', 'extended', 'reminder', 'returned')) NOT VALID;
    ALTER TABLE announcements VALIDATE CONSTRAINT announcements_reason_check;

    ALTER TABLE withdrawn_policies DROP CONSTRAINT withdrawn_policies_kind_check;
    ALTER TABLE withdrawn_policies ADD CONSTRAINT withdrawn_policies_kind_check
        CHECK (kind IN ('load', 'casework', 'meeting', 'telling')) NOT VALID;
    ALTER TABLE withdrawn_policies VALIDATE CONSTRAINT withdrawn_policies_kind_check;

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
        IF of_kind NOT IN ('load', 'casework', 'meeting', 'telling') THEN
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
