"""Texts that administrators word themselves, each from a day on, and what exactly was told (D6, D26)."""

from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    CREATE TABLE message_templates (
        id uuid PRIMARY KEY,
        reason text NOT NULL,
        language text NOT NULL CHECK (language IN ('lv', 'en', 'ru')),
        valid_from date NOT NULL,
        -- NULL: from that day on the service's own wording again
        body text CHECK (length(body) BETWEEN 1 AND 600),
        created_at timestamptz NOT NULL,
        created_by uuid NOT NULL REFERENCES accounts,
        withdrawn_at timestamptz,
        withdrawn_by uuid REFERENCES accounts,
        CHECK ((withdrawn_at IS NULL) = (withdrawn_by IS NULL))
    );
    CREATE UNIQUE INDEX message_templates_one_a_day_key ON message_templates (reason, language, valid_from)
        WHERE withdrawn_at IS NULL;

    GRANT SELECT, INSERT ON message_templates TO bas_app;
    GRANT UPDATE (withdrawn_at, withdrawn_by) ON message_templates TO bas_app;
    GRANT SELECT ON message_templates TO bas_worker;
    ALTER TABLE message_templates ENABLE ROW LEVEL SECURITY;
    CREATE POLICY read_by_all ON message_templates FOR SELECT USING (true);
    CREATE POLICY made_by_makers ON message_templates FOR INSERT TO bas_app WITH CHECK (
        asking_role() IN ('coordinator', 'administrator') AND created_by = asking_account()
        AND withdrawn_at IS NULL AND valid_from >= (now() AT TIME ZONE 'Europe/Riga')::date);
    -- What families were told by a wording must stay explainable: only one that never began is taken back (D26).
    CREATE POLICY taken_back_by_makers ON message_templates FOR UPDATE TO bas_app
        USING (asking_role() IN ('coordinator', 'administrator') AND withdrawn_at IS NULL
            AND valid_from > (now() AT TIME ZONE 'Europe/Riga')::date)
        WITH CHECK (withdrawn_by = asking_account());
    """)
