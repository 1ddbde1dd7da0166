"""Children, those who represent them, places kept from somebody, consents."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    CREATE TABLE children (
        id uuid PRIMARY KEY,
        given_name text NOT NULL,
        family_name text NOT NULL,
        -- made for the order of codes, whatever the database's own language
        sort_key text COLLATE "C" NOT NULL,
        search_key text NOT NULL,
        birth_date date NOT NULL,
        personal_code text,
        municipality text NOT NULL,
        language text NOT NULL CHECK (language IN ('lv', 'en', 'ru')),
        -- true until the first case: such a child is seen by every supervisor
        waiting boolean NOT NULL,
        version integer NOT NULL,
        created_at timestamptz NOT NULL,
        created_by uuid NOT NULL REFERENCES accounts,
        CONSTRAINT children_personal_code_key UNIQUE (personal_code)
    );
    CREATE INDEX children_sort_key_id_idx ON children (sort_key, id);
    CREATE INDEX children_waiting_idx ON children (id) WHERE waiting;

    CREATE TABLE representatives (
        id uuid PRIMARY KEY,
        child_id uuid NOT NULL REFERENCES children,
        name text NOT NULL,
        relation text NOT NULL CHECK (relation IN
            ('parent', 'guardian', 'orphans_court', 'institution_head', 'foster_family')),
        phone text,
        email text,
        language text NOT NULL CHECK (language IN ('lv', 'en', 'ru')),
        channels text[] NOT NULL,
        valid_from date NOT NULL,
        valid_until date,
        state text NOT NULL CHECK (state IN ('active', 'suspended')),
        state_reason text,
        state_basis text,
        state_changed_at timestamptz,
        version integer NOT NULL,
        created_at timestamptz NOT NULL,
        CONSTRAINT representatives_period CHECK (valid_until >= valid_from),
        CONSTRAINT representatives_of_child_key UNIQUE (id, child_id)
    );
    CREATE INDEX representatives_child_id_idx ON representatives (child_id);

    CREATE TABLE protected_places (
        id uuid PRIMARY KEY,
        child_id uuid NOT NULL,
        from_representative_id uuid NOT NULL,
        reason text NOT NULL,
        created_at timestamptz NOT NULL,
        created_by uuid NOT NULL REFERENCES accounts,
        CONSTRAINT protected_places_from_representative_id_key UNIQUE (from_representative_id),
        CONSTRAINT protected_places_representative_of_child_fkey
            FOREIGN KEY (from_representative_id, child_id) REFERENCES representatives (id, child_id)
    );
    CREATE INDEX protected_places_child_id_idx ON protected_places (child_id);

    CREATE TABLE consents (
        id uuid PRIMARY KEY,
        child_id uuid NOT NULL,
        representative_id uuid NOT NULL,
        scope text NOT NULL CHECK (scope IN ('accompaniment', 'transport')),
        institution text,
        given_at timestamptz NOT NULL,
        means text NOT NULL CHECK (means IN ('paper', 'link', 'sms', 'email', 'oral_confirmed')),
        valid_until date,
        withdrawn_at timestamptz,
        version integer NOT NULL,
        created_at timestamptz NOT NULL,
        CONSTRAINT consents_representative_of_child_fkey
            FOREIGN KEY (representative_id, child_id) REFERENCES representatives (id, child_id)
    );
    CREATE INDEX consents_child_id_idx ON consents (child_id);
    CREATE INDEX consents_representative_id_idx ON consents (representative_id);

    GRANT SELECT, INSERT ON children, representatives, protected_places, consents TO bas_app;
    -- "waiting" is the database's own: it ends with the first case.
    GRANT UPDATE (given_name, family_name, sort_key, search_key, birth_date, personal_code, municipality,
                  language, version) ON children TO bas_app;
    GRANT UPDATE (name, relation, phone, email, language, channels, valid_from, valid_until, state,
                  state_reason, state_basis, state_changed_at, version) ON representatives TO bas_app;
    GRANT UPDATE (withdrawn_at, version) ON consents TO bas_app;
    GRANT SELECT ON representatives, protected_places TO bas_worker;
    GRANT SELECT (id, given_name) ON children TO bas_worker;
    """)
