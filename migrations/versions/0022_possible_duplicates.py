"""Who among children and referrals might be the same child, answered without showing anything of them."""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    CREATE EXTENSION IF NOT EXISTS pg_trgm;

    -- Born in the same year are about 3,000 of 36,545: few enough to compare every name with.
    CREATE INDEX children_birth_date_idx ON children (birth_date);
    CREATE INDEX referrals_birth_date_idx ON referrals (birth_date);
    CREATE INDEX referrals_search_key_idx ON referrals (search_key);
    CREATE INDEX referrals_personal_code_digest_idx ON referrals (personal_code_digest);
    CREATE INDEX children_search_key_idx ON children (search_key);

    -- By what two children look like one; NULL when they do not. Names come without diacritics. The less the dates
    -- agree, the more the names must: a day taken for a month is a slip, twins share the day and half of the name.
    CREATE FUNCTION likeness(one_name text, one_born date, other_name text, other_born date) RETURNS text
        LANGUAGE sql IMMUTABLE PARALLEL SAFE
        RETURN CASE
            WHEN one_born IS NULL OR other_born IS NULL THEN
                CASE WHEN one_name = other_name THEN 'name' END
            WHEN one_name = other_name AND extract(year FROM one_born) = extract(year FROM other_born)
                THEN 'name_and_birth_date'
            WHEN similarity(one_name, other_name) >= CASE
                    WHEN one_born = other_born THEN 0.5
                    WHEN extract(year FROM one_born) = extract(year FROM other_born)
                        AND extract(day FROM one_born) = extract(month FROM other_born)
                        AND extract(month FROM one_born) = extract(day FROM other_born) THEN 0.6
                    WHEN extract(year FROM one_born) = extract(year FROM other_born) THEN 0.8
                END THEN 'name_and_birth_date'
        END;

    -- Asked about a referral that exists, not about any name: whoever wants to try names out leaves a referral, or
    -- a version of one, for each. It sees all children, also those of other teams, and gives nothing but ids: whose
    -- names the asking account may read is row-level security's to say, and of the others only that there is one.
    CREATE FUNCTION possible_duplicates(of_referral uuid)
        RETURNS TABLE (child_id uuid, referral_id uuid, because text) LANGUAGE sql STABLE SECURITY DEFINER
        SET search_path = public, pg_temp AS $$
        WITH asked AS (
            SELECT id, referrals.child_id, search_key, birth_date, personal_code_digest,
                date_trunc('year', birth_date)::date AS first_day,
                (date_trunc('year', birth_date) + interval '1 year - 1 day')::date AS last_day
            FROM referrals WHERE id = of_referral AND erased_at IS NULL
                AND asking_role() IN ('supervisor', 'coordinator')
                -- Once there is a child, it is no longer everybody's to ask about.
                AND (referrals.child_id IS NULL
                     OR referrals.child_id IN (SELECT sight.child_id FROM child_in_sight sight))
        ),
        alike AS (
            SELECT c.id AS child_id, NULL::uuid AS referral_id,
                CASE WHEN c.personal_code_digest = asked.personal_code_digest THEN 'personal_code'
                     ELSE likeness(asked.search_key, asked.birth_date, c.search_key, c.birth_date) END AS because
            FROM asked JOIN children c ON c.personal_code_digest = asked.personal_code_digest
                OR c.birth_date BETWEEN asked.first_day AND asked.last_day
                OR asked.birth_date IS NULL AND c.search_key = asked.search_key
            WHERE c.id IS DISTINCT FROM asked.child_id AND c.erased_at IS NULL
            UNION ALL
            SELECT NULL, r.id,
                CASE WHEN r.personal_code_digest = asked.personal_code_digest THEN 'personal_code'
                     ELSE likeness(asked.search_key, asked.birth_date, r.search_key, r.birth_date) END
            FROM asked JOIN referrals r ON r.personal_code_digest = asked.personal_code_digest
                OR r.birth_date BETWEEN asked.first_day AND asked.last_day
                OR (asked.birth_date IS NULL OR r.birth_date IS NULL) AND r.search_key = asked.search_key
            -- One that was accepted is found as the child it became.
            WHERE r.id <> asked.id AND r.child_id IS NULL AND r.erased_at IS NULL
        )
        SELECT child_id, referral_id, because FROM alike WHERE because IS NOT NULL
        ORDER BY because = 'personal_code' DESC, child_id IS NULL, child_id, referral_id LIMIT 20
    $$;
    REVOKE ALL ON FUNCTION possible_duplicates FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION possible_duplicates TO bas_app;
    """)
