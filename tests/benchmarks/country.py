"""A country with a month of meetings behind it, put into the tables directly: what the API would need a day for."""

import psycopg

# Everybody is there, as many as the service is made for; meetings are those of the first teams.
SPECIALISTS, TEAM, CHILDREN, DAYS_BACK, DAYS_AHEAD = 3660, 20, 10, 30, 2
# Full hours of every day: never two meetings at once of a specialist or a child.
HOURS = (9, 11, 13, 15)
# How many meetings one specialist has in all.
MEETINGS_OF_EACH = (DAYS_BACK + DAYS_AHEAD) * len(HOURS)

# It all happened long ago: no trigger has a say.
_TABLES = ("children", "cases", "meetings", "messages", "announcements", "told_in_person")
_PEOPLE = (
    "CREATE TEMP TABLE team AS SELECT n, uuidv7() AS id FROM generate_series(1, {teams}) n",
    "CREATE TEMP TABLE specialist AS SELECT n, uuidv7() AS id FROM generate_series(1, {specialists}) n",
    """CREATE TEMP TABLE family AS SELECT s.id AS specialist, s.n AS number, f.n, uuidv7() AS child,
        uuidv7() AS the_case, uuidv7() AS mother, CASE WHEN f.n % 2 = 0 THEN uuidv7() END AS father
        FROM specialist s CROSS JOIN generate_series(1, {children}) f(n)""",
    """INSERT INTO accounts (id, email, name, role, language, password_hash, active, created_at)
        SELECT id, 'supervisor-' || n, 'Vadītāja Izdomātā ' || n, 'supervisor', 'lv', '-', true, now() FROM team""",
    """INSERT INTO accounts (id, email, name, role, language, phone, supervisor_id, password_hash, active,
            created_at)
        SELECT s.id, 'specialist-' || s.n, 'Ilze Izdomātā ' || s.n, 'specialist', 'lv', '+37120000100', t.id, '-',
            true, now() FROM specialist s JOIN team t ON t.n = 1 + (s.n - 1) / {team}""",
    """INSERT INTO children (id, given_name, family_name, sort_key, search_key, birth_date, municipality, language,
            waiting, version, created_at, created_by)
        SELECT child, 'Anna', 'Izdomātā', 'izdomata', 'izdomata', '2014-01-01', 'LV-RIX', 'lv', false, 1, now(),
            specialist FROM family""",
    """INSERT INTO representatives (id, child_id, name, relation, phone, phone_digest, language, channels, valid_from,
            state, version, created_at)
        SELECT whom, child, 'Mamma Izdomātā', 'parent', '+37120000000', md5(whom::text), 'lv', '{{sms}}',
            '2020-01-01', 'active', 1, now()
        FROM family CROSS JOIN LATERAL unnest(ARRAY[mother, father]) AS whom WHERE whom IS NOT NULL""",
    """INSERT INTO cases (id, child_id, specialist_id, complexity, state, opened_at, version)
        SELECT the_case, child, specialist, 'low', 'open', now() - interval '1 year', 1 FROM family""",
)
# In the order of their days, as they come to be; of a hundred five are cancelled and three missed.
_MEETINGS = (
    """CREATE TEMP TABLE met AS
        SELECT uuidv7(day - now() - interval '9 days') AS id, f.*, at.at, chance, telling,
            at.at < now() AND chance >= 8 AS held,
            CASE WHEN chance < 5 THEN 'cancelled' WHEN chance < 8 THEN 'missed' WHEN at.at < now() THEN 'held'
                ELSE 'planned' END AS state
        FROM generate_series(CURRENT_DATE - {back}, CURRENT_DATE + {ahead} - 1, interval '1 day') WITH ORDINALITY
                AS days(day, nth)
            CROSS JOIN unnest(CAST(ARRAY{hours} AS int[])) WITH ORDINALITY AS hours(hour, slot)
            JOIN family f ON f.n = 1 + (nth * 4 + slot) % {children} AND f.number <= {working}
            CROSS JOIN LATERAL (SELECT day + make_interval(hours => hour)) AS at(at)
            CROSS JOIN LATERAL (SELECT abs(hashtext(f.child::text || at.at)) % 100) AS one(chance)
            CROSS JOIN LATERAL (SELECT 1 + CAST(chance % 5 = 0 AS int)) AS two(telling)
        ORDER BY at.at, f.specialist""",
    """INSERT INTO meetings (id, child_id, case_id, specialist_id, kind, state, starts_at, ends_at, expected_minutes,
            place_type, transport, telling, started_telling, started_at, ended_at, had_to_be_told, version,
            created_at)
        SELECT id, child, the_case, specialist, 'session', state, at, at + interval '1 hour', 60, 'office', 'none',
            telling, CASE WHEN held THEN telling END, CASE WHEN held THEN at END,
            CASE WHEN held THEN at + interval '1 hour' END,
            CASE WHEN held THEN array_remove(ARRAY[mother, father], NULL) END, 3, at - interval '9 days' FROM met""",
    # Planned nine days ahead, a fifth of them changed three hours before.
    """CREATE TEMP TABLE written AS
        SELECT uuidv7(told_at - now()) AS id, met.id AS meeting, child, whom, nth AS telling, at, told_at,
            CASE WHEN told_at > now() THEN 'queued' WHEN dice < 4 THEN 'failed' WHEN dice < 6 THEN 'uncertain'
                WHEN nth < telling AND dice < 10 THEN 'withdrawn' WHEN dice < 20 THEN 'handed_over'
                ELSE 'delivered' END AS state
        FROM met CROSS JOIN generate_series(1, telling) nth CROSS JOIN LATERAL unnest(ARRAY[mother, father]) AS whom
            CROSS JOIN LATERAL (SELECT abs(hashtext(met.id::text || whom || nth)) % 100) AS one(dice)
            -- some too late
            CROSS JOIN LATERAL (SELECT CASE WHEN dice BETWEEN 10 AND 12 THEN at + interval '1 minute'
                WHEN nth = 1 THEN at - interval '9 days' ELSE at - interval '3 hours' END) AS two(told_at)
        WHERE whom IS NOT NULL ORDER BY told_at""",
    """INSERT INTO messages (id, subject_id, channel, recipient, body, parts, state, useful_until, attempts, checks,
            repeated, created_at, next_attempt_at, attempted_at, handed_over_at, delivered_at)
        SELECT id, child, 'sms', '+37120000000', repeat('Tikšanās ar Annu rīt pulksten 15. ', 5), 2, state, at, 1, 0,
            false, told_at, CASE WHEN state = 'queued' THEN told_at END,
            CASE WHEN state NOT IN ('queued', 'withdrawn') THEN told_at END,
            CASE WHEN state IN ('handed_over', 'delivered') THEN told_at END,
            CASE WHEN state = 'delivered' THEN told_at END FROM written""",
    """INSERT INTO announcements (id, message_id, meeting_id, child_id, representative_id, reason, telling,
            created_at)
        SELECT id, id, meeting, child, whom, CASE telling WHEN 1 THEN 'planned' ELSE 'changed' END, telling, told_at
        FROM written""",
    """INSERT INTO told_in_person (id, meeting_id, child_id, representative_id, telling, means, told_at, told_by,
            created_at)
        SELECT uuidv7(), id, child, mother, telling, 'phone', at - interval '1 hour', specialist, now()
        FROM met WHERE chance BETWEEN 10 AND 13""",
)


def furnish(connection: psycopg.Connection, *, meetings: int) -> int:
    """Make about so many meetings, with all that was told about them; gives how many they became."""
    working = min(max(round(meetings / MEETINGS_OF_EACH / TEAM), 1) * TEAM, SPECIALISTS)
    values = {
        "specialists": SPECIALISTS,
        "working": working,
        "teams": SPECIALISTS // TEAM,
        "team": TEAM,
        "children": CHILDREN,
        "back": DAYS_BACK,
        "ahead": DAYS_AHEAD,
        "hours": list(HOURS),
    }
    with connection.transaction():
        connection.execute("SET LOCAL TIME ZONE 'Europe/Riga'")
        for table in _TABLES:
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in (*_PEOPLE, *_MEETINGS):
            connection.execute(statement.format(**values))
        for table in _TABLES:
            connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    connection.execute("ANALYZE")
    return working * MEETINGS_OF_EACH
