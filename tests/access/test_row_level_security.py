"""Who may see which child, shown by bare SELECTs: a forgotten WHERE leaks nothing (D32)."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from bas_service import DatabaseRole
from bas_service.config import Settings
from tests.builders import EMPTYING, House, Phone, at, done, soon

# Every table in which a row belongs to one child, and the column that says which.
ABOUT_A_CHILD = {
    "announcements": "child_id",
    "appointments": "child_id",
    "case_closings": "child_id",
    "case_complexities": "child_id",
    "case_exceptions": "child_id",
    "cases": "child_id",
    "children": "id",
    "confirmations": "child_id",
    "consent_proofs": "child_id",
    "consent_requests": "child_id",
    "consents": "child_id",
    "contact_attempts": "child_id",
    "duties": "child_id",
    "link_visits": "child_id",
    "links": "child_id",
    "meeting_events": "child_id",
    "meetings": "child_id",
    "messages": "subject_id",
    "partner_work": "child_id",
    "protected_places": "child_id",
    "referrals": "child_id",
    "replies": "child_id",
    "representatives": "child_id",
    "responsibilities": "child_id",
    "series": "child_id",
    "told_in_person": "child_id",
}
# A new table must be put here or above; one about a child under a column of another name stands out here.
ABOUT_NO_CHILD = {
    # seen by those whom an absence concerns: test_absences
    "absences",
    "substitutions",
    "accounts",
    # numbers, which nobody reads but the functions that count them: tests/oversight/test_figures
    "counted_days",
    "day_figures",
    "days_to_recount",
    # of the service itself: tests/oversight
    "alarms",
    "heartbeats",
    "alembic_version",
    "answered_requests",
    # keyed hashes only, barred for whoever has the address: tests/messaging/test_bars
    "barred_addresses",
    # one's own only: tests/calendars
    "calendar_feeds",
    "casework_policies",
    "meeting_policies",
    "channel_states",
    # seen by whom they concern, not by who sees the child: test_emergency, test_trace
    "emergency_grants",
    # seen by coordinators and administrators while its number is nobody's: tests/replies
    "inbound_texts",
    "recovery_codes",
    "retention_policies",
    "retention_runs",
    "trace",
    "trace_heads",
    "device_sessions",
    "load_policies",
    "message_templates",
    "receipts",
    "screening_forms",
    # how fast messages go out, and how long it takes: tests/messaging, tests/oversight
    "sender_turns",
    "sending_times",
    # seen by whoever sees the referral they belong to: tests/referrals
    "screenings",
    "sign_in_attempts",
    "telling_policies",
    "withdrawn_policies",
}
DENIED = "42501"

# Which child each account sees. Dace waits for a first case; Elza's case was closed by the northern team.
SIGHT = {
    "ilze": {"Anna"},
    "jānis": {"Berta"},
    "pauls": {"Carlo", "Fricis"},
    "zane": {"Carlo"},
    "rita": {"Carlo"},
    "north": {"Anna", "Berta", "Dace", "Elza"},
    "south": {"Carlo", "Dace", "Fricis"},
    "coordinator": {"Dace"},
    "administrator": set(),
    "nobody": set(),
    "unknown": set(),
}


@dataclass
class Scene:
    """Two teams and six children, with a row about each of them in every table."""

    house: House
    people: dict[str, Phone | None]
    children: dict[str, dict[str, Any]]

    def rows_seen(self, who: str, table: str) -> list[str]:
        """Whose rows a bare SELECT gives, by the child's name."""
        names = {uuid.UUID(child["id"]): name for name, child in self.children.items()}
        with self.house.asking(self.people[who]) as connection:
            found = connection.execute(text(f"SELECT {ABOUT_A_CHILD[table]} FROM {table}")).scalars()
            return sorted(names[child_id] for child_id in found)

    def all_rows(self, table: str) -> list[str]:
        """Whose rows there are."""
        names = {uuid.UUID(child["id"]): name for name, child in self.children.items()}
        found = self.house.sql(f"SELECT {ABOUT_A_CHILD[table]} AS child FROM {table}")
        return sorted(names[row["child"]] for row in found)

    def try_as(self, who: str, statement: str, **values: Any) -> str | int:
        """The SQLSTATE with which the database refuses a statement, else how many rows it touched."""
        with self.house.asking(self.people[who]) as connection:
            try:
                return connection.execute(text(statement), values).rowcount
            except SQLAlchemyError as error:
                return error.orig.sqlstate

    def id_of(self, name: str) -> str:
        """A child's id."""
        return self.children[name]["id"]


A_DUTY = """
    INSERT INTO duties
        (id, kind, child_id, account_id, about_id, occasion, details, raised_at, due_at, state, version)
    VALUES
        (gen_random_uuid(), 'rhythm-missed', :child, :account, gen_random_uuid(), '', '{}', now(), now(), 'open', 1)
"""
# What only the holder of a link writes.
A_VISIT = """
    WITH visit AS (
        INSERT INTO link_visits (id, link_id, child_id, representative_id, at, did)
        SELECT gen_random_uuid(), id, child_id, representative_id, now(), 'opened' FROM links WHERE child_id = :child)
    INSERT INTO consent_proofs (id, child_id, representative_id, link_id, consent_id, act, at, language,
        wording_version, wording, channel, factor, content_digest)
    SELECT gen_random_uuid(), child_id, representative_id, id, CAST(:consent AS uuid), 'agreed', now(), 'lv', '1',
        'x', 'sms', 'phone_digits', 'x' FROM links WHERE child_id = :child
"""
A_CONFIRMATION = """
    INSERT INTO confirmations (id, meeting_id, child_id, representative_id, telling, confirmed_at)
    SELECT gen_random_uuid(), meeting_id, child_id, representative_id, telling, now() FROM announcements
    WHERE child_id = :child
"""
A_SERIES = """
    INSERT INTO series (id, child_id, case_id, state, kind, rule, first_day, wall_clock, except_dates,
        expected_minutes, place_type, transport, not_planned, version, created_at, created_by)
    VALUES (gen_random_uuid(), :child, :case, 'running', 'session', 'FREQ=DAILY', current_date, '15:00', '{}',
        60, 'office', 'none', '[]', 1, now(), :account)
"""
A_CLOSING = """
    INSERT INTO case_closings (id, case_id, child_id, closed_at, closed_by, reason, reopened_at, reopened_by)
    VALUES (gen_random_uuid(), :case, :child, now(), :account, '', now(), :account)
"""
A_SUBSTITUTION = """
    WITH absence AS (
        INSERT INTO absences (id, specialist_id, valid_from, valid_until, created_at, created_by, ended_at, version)
        VALUES (gen_random_uuid(), :absent, current_date + CAST(:begins AS int), current_date + CAST(:ends AS int),
            now(), :absent, CAST(:ended AS timestamptz), 1) RETURNING id)
    INSERT INTO substitutions (id, absence_id, specialist_id, substitute_id, child_id, removed_at)
    SELECT gen_random_uuid(), id, :absent, :rita, :child, CAST(:removed AS timestamptz) FROM absence
"""


@pytest.fixture(scope="module")
def scene(app: Flask, owner: sqlalchemy.Engine) -> Iterator[Scene]:
    """Set up once: nothing in this file commits."""
    with owner.begin() as connection:
        connection.execute(text(EMPTYING))
    house = House(app, owner)
    north, south = house.a_supervisor(), house.a_supervisor()
    people = {
        "north": north,
        "south": south,
        "ilze": house.a_specialist(north),
        "jānis": house.a_specialist(north),
        "pauls": house.a_specialist(south),
        "zane": house.a_specialist(south),
        "rita": house.a_specialist(south),
        "coordinator": house.a_coordinator(),
        "administrator": house.an_administrator(),
        "nobody": None,
        "unknown": Phone(app, uuid.uuid4(), {}, "unknown@example.lv"),
    }
    children = {}
    for name, supervisor, specialist in (
        ("Anna", north, people["ilze"]),
        ("Berta", north, people["jānis"]),
        ("Carlo", south, people["pauls"]),
        ("Dace", south, None),
        ("Elza", north, people["ilze"]),
        ("Fricis", north, people["ilze"]),
    ):
        child = children[name] = house.a_child(supervisor, given_name=name)
        house.an_accepted_referral(supervisor, child=child, given_name=name)
        mother = house.a_representative(supervisor, child)
        father = house.a_representative(supervisor, child)
        house.a_protected_place(supervisor, father)
        consent = house.a_consent(supervisor, mother)
        if specialist:
            exceeding = {"reason": "Nobody else", "until": "2099-01-01"}
            case = house.a_case(supervisor, child, specialist, exceeding=exceeding)
            hours = {"Elza": 48, "Fricis": 72}.get(name, 24)
            meeting = house.a_meeting(specialist, child, starts_at=at(soon(hours=hours)))
            done(specialist.post(f"children/{child['id']}/contact-attempts", {"means": "phone", "reached": True}))
            house.some_work(specialist, child)
            told = {"representative_id": mother["id"], "means": "phone"}
            done(specialist.post(f"meetings/{meeting['id']}/told", told))
            house.a_consent_request(specialist, mother)
            house.sql(A_VISIT, child=child["id"], consent=consent["id"])
            house.sql(A_CONFIRMATION, child=child["id"])
            house.an_appointment(specialist, child)
            house.a_reply(mother)
            house.sql(A_DUTY, child=child["id"], account=specialist.account_id)
            house.sql(A_SERIES, case=case["id"], child=child["id"], account=supervisor.account_id)
            house.sql(A_CLOSING, case=case["id"], child=child["id"], account=supervisor.account_id)
            if name in {"Elza", "Fricis"}:
                done(specialist.act(f"meetings/{meeting['id']}/cancel", meeting, {"reason": "child_ill"}))
                done(supervisor.act(f"cases/{case['id']}/close", case, {"reason": "goal_reached", "outcome": "good"}))
    # The other team cannot come to a case of Fricis by itself yet.
    house.sql(
        "INSERT INTO cases (id, child_id, specialist_id, complexity, state, opened_at, version)"
        " VALUES (gen_random_uuid(), :child, :pauls, 'low', 'open', now(), 1)",
        child=children["Fricis"]["id"],
        pauls=people["pauls"].account_id,
    )
    for name in ("Carlo", "Anna"):
        form = {"reason": "Steidzami", "hours": 2}
        done(people["zane"].post(f"children/{children[name]['id']}/emergency-grants", form))
    house.sql(
        "UPDATE emergency_grants SET granted_at = now() - interval '2 hours', until = now() - interval '1 hour'"
        " WHERE child_id = :anna",
        anna=children["Anna"]["id"],
    )
    for who, begins, ends, ended, removed, child in (
        ("pauls", -1, 1, None, None, "Carlo"),
        ("jānis", -1, 1, None, "now", None),
        ("jānis", -1, 1, "now", None, None),
        ("jānis", -9, -5, None, None, None),
        ("jānis", 5, 9, None, None, None),
        # Elza's case is closed.
        ("ilze", -1, 1, None, None, "Elza"),
    ):
        house.sql(
            A_SUBSTITUTION,
            absent=people[who].account_id,
            begins=begins,
            ends=ends,
            ended=ended,
            removed=removed,
            child=children[child]["id"] if child else None,
            rita=people["rita"].account_id,
        )
    yield Scene(house, people, children)
    with owner.begin() as connection:
        connection.execute(text(EMPTYING))


TABLES = """
    SELECT c.relname AS name, c.relrowsecurity AS secured,
        c.relname NOT IN ('emergency_grants', 'substitutions', 'trace')
            AND array_agg(a.attname::text) && ARRAY['child_id', 'subject_id']
            OR c.relname = 'children' AS about_a_child,
        (SELECT coalesce(bool_and(pg_get_expr(p.polqual, c.oid) LIKE '%child_in_sight%'), true) FROM pg_policy p
         WHERE p.polrelid = c.oid AND p.polcmd <> 'a' AND 'bas_app'::regrole = ANY(p.polroles)) AS by_sight
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') GROUP BY c.oid
"""


def open_tables(connection: sqlalchemy.Connection) -> list[str]:
    """Tables about a child in which row-level security does not ask who may see that child."""
    found = connection.execute(text(TABLES)).mappings()
    return sorted(row["name"] for row in found if row["about_a_child"] and not (row["secured"] and row["by_sight"]))


def test_every_table_is_known_here_and_the_ones_about_a_child_are_secured(owner: sqlalchemy.Engine) -> None:
    with owner.connect() as connection:
        found = list(connection.execute(text(TABLES)).mappings())
        assert open_tables(connection) == []
    assert {row["name"] for row in found if row["about_a_child"]} == set(ABOUT_A_CHILD)
    assert {row["name"] for row in found if not row["about_a_child"]} == ABOUT_NO_CHILD


@pytest.mark.parametrize(
    "mistake",
    [
        "CREATE TABLE diaries (id uuid, child_id uuid)",
        "CREATE TABLE diaries (id uuid, subject_id uuid)",
        "CREATE TABLE diaries (id uuid, child_id uuid); ALTER TABLE diaries ENABLE ROW LEVEL SECURITY;"
        " CREATE POLICY all_of_it ON diaries TO bas_app USING (true)",
    ],
)
def test_a_new_table_about_a_child_without_a_policy_would_be_found(owner: sqlalchemy.Engine, mistake: str) -> None:
    with owner.connect() as connection:
        connection.execute(text(mistake))
        assert open_tables(connection) == ["diaries"]
        connection.execute(text("DROP TABLE diaries"))
        assert open_tables(connection) == []
        connection.rollback()


def test_a_policy_dropped_or_switched_off_would_be_found(owner: sqlalchemy.Engine) -> None:
    with owner.connect() as connection:
        connection.execute(text("ALTER TABLE consents DISABLE ROW LEVEL SECURITY"))
        assert open_tables(connection) == ["consents"]
        connection.rollback()
        assert open_tables(connection) == []
        connection.rollback()


def test_no_view_but_the_one_that_answers_who_may_see_whom_goes_around_the_policies(scene: Scene) -> None:
    views = scene.house.sql(
        "SELECT relname, coalesce(reloptions, '{}') @> '{security_invoker=true}' AS as_the_asker FROM pg_class"
        " WHERE relkind = 'v' AND relnamespace = 'public'::regnamespace ORDER BY relname"
    )
    assert [(row["relname"], row["as_the_asker"]) for row in views] == [
        ("child_in_sight", False),
        ("meeting_told", True),
        ("written_otherwise", True),
    ]
    names = {uuid.UUID(child["id"]): name for name, child in scene.children.items()}
    for who, sight in SIGHT.items():
        with scene.house.asking(scene.people[who]) as connection:
            found = [names[one] for one in connection.execute(text("SELECT child_id FROM child_in_sight")).scalars()]
        assert sorted(found) == sorted(sight)


@pytest.mark.parametrize("table", ABOUT_A_CHILD)
@pytest.mark.parametrize("who", SIGHT)
def test_a_bare_select_gives_the_rows_of_the_children_in_sight_and_no_others(
    scene: Scene, who: str, table: str
) -> None:
    all_rows = scene.all_rows(table)
    assert {"Anna", "Berta", "Carlo"} <= set(all_rows)

    assert scene.rows_seen(who, table) == [name for name in all_rows if name in SIGHT[who]]


def test_remembered_answers_are_seen_by_whoever_they_were_given_to(scene: Scene) -> None:
    for who in ("north", "south"):
        phone = scene.people[who]
        assert phone is not None
        key = f"key of {who}"
        with scene.house.asking(phone) as connection:
            insert = "INSERT INTO answered_requests VALUES (:account, :key, 'x', 200, 'a body', NULL, now())"
            connection.execute(text(insert), {"account": phone.account_id, "key": key})
            connection.commit()
    for who in SIGHT:
        with scene.house.asking(scene.people[who]) as connection:
            found = list(connection.execute(text("SELECT key FROM answered_requests")).scalars())
        assert found == ([f"key of {who}"] if who in {"north", "south"} else [])
    south = scene.people["south"].account_id
    insert = "INSERT INTO answered_requests VALUES (:account, 'stolen', 'x', 200, 'a body', NULL, now())"
    assert scene.try_as("north", insert, account=south) == DENIED
    assert scene.try_as("north", "UPDATE answered_requests SET body = 'other' WHERE account_id = :id", id=south) == 0
    assert scene.try_as("south", "UPDATE answered_requests SET body = 'other' WHERE account_id = :id", id=south) == 1


NEW_ROWS = {
    "representatives": "INSERT INTO representatives (id, child_id, name, relation, language, channels, valid_from,"
    " state, version, created_at) VALUES (gen_random_uuid(), :child, 'x', 'parent', 'lv', '{sms}', now(), 'active',"
    " 1, now())",
    "protected_places": "INSERT INTO protected_places (id, child_id, from_representative_id, reason, created_at,"
    " created_by) SELECT gen_random_uuid(), :child, gen_random_uuid(), 'x', now(), asking_account()",
    "consents": "INSERT INTO consents (id, child_id, representative_id, scope, given_at, means, version, created_at)"
    " VALUES (gen_random_uuid(), :child, gen_random_uuid(), 'transport', now(), 'paper', 1, now())",
    "contact_attempts": "INSERT INTO contact_attempts (id, case_id, child_id, account_id, tried_at, means, reached,"
    " created_at) VALUES (gen_random_uuid(), gen_random_uuid(), :child, asking_account(), now(), 'phone', true,"
    " now())",
    "case_closings": "INSERT INTO case_closings (id, case_id, child_id, closed_at, closed_by, reason)"
    " VALUES (gen_random_uuid(), gen_random_uuid(), :child, now(), asking_account(), 'x')",
    "consent_requests": "INSERT INTO consent_requests (id, child_id, representative_id, scope, purpose, created_at,"
    " created_by, expires_at, version) VALUES (gen_random_uuid(), :child, gen_random_uuid(), 'transport', 'x', now(),"
    " asking_account(), now(), 1)",
    "links": "INSERT INTO links (id, child_id, representative_id, purpose, token_digest, factor, factor_digest,"
    " channel, created_at, created_by, expires_at, wrong_tries) VALUES (gen_random_uuid(), :child, gen_random_uuid(),"
    " 'see', gen_random_uuid()::text, 'phone_digits', 'x', 'sms', now(), asking_account(), now(), 0)",
    "duties": A_DUTY.replace(":account", "asking_account()"),
    "responsibilities": "INSERT INTO responsibilities (id, case_id, child_id, specialist_id, since)"
    " VALUES (gen_random_uuid(), gen_random_uuid(), :child, asking_account(), now())",
    "appointments": "INSERT INTO appointments (id, child_id, title, starts_at, minutes, over_at, state, version,"
    " created_at, created_by) VALUES (gen_random_uuid(), :child, 'x', now(), 60, now(), 'planned', 1, now(),"
    " asking_account())",
    "meetings": "INSERT INTO meetings (id, child_id, case_id, specialist_id, kind, state, starts_at, ends_at,"
    " expected_minutes, place_type, transport, telling, version, created_at) VALUES (gen_random_uuid(), :child,"
    " gen_random_uuid(), asking_account(), 'session', 'planned', now(), now() + interval '1 hour', 60, 'office',"
    " 'none', 1, 1, now())",
    "series": A_SERIES.replace(":case", "gen_random_uuid()").replace(":account", "asking_account()"),
    "messages": "INSERT INTO messages (id, subject_id, channel, recipient, body, parts, state, useful_until,"
    " attempts, checks, repeated, created_at) VALUES (gen_random_uuid(), :child, 'sms', '+37120000199', 'x', 1,"
    " 'queued', now(), 0, 0, false, now())",
    "told_in_person": "INSERT INTO told_in_person (id, meeting_id, child_id, representative_id, telling, means,"
    " told_at, told_by, created_at) VALUES (gen_random_uuid(), gen_random_uuid(), :child, gen_random_uuid(), 1,"
    " 'phone', now(), asking_account(), now())",
    "meeting_events": "INSERT INTO meeting_events (id, meeting_id, child_id, version, step, at)"
    " VALUES (gen_random_uuid(), gen_random_uuid(), :child, 1, 'planned', now())",
    "partner_work": "INSERT INTO partner_work (id, specialist_id, day, minutes, kind, child_id, created_at, version)"
    " VALUES (gen_random_uuid(), asking_account(), current_date, 5, 'call', :child, now(), 1)",
    "announcements": "INSERT INTO announcements (id, meeting_id, child_id, representative_id, reason, telling,"
    " created_at) VALUES (gen_random_uuid(), gen_random_uuid(), :child, gen_random_uuid(), 'planned', 1, now())",
}


@pytest.mark.parametrize("table", NEW_ROWS)
@pytest.mark.parametrize(
    ("who", "own", "other"),
    [
        ("ilze", "Anna", "Berta"),
        ("pauls", "Carlo", "Dace"),
        ("north", "Berta", "Carlo"),
        ("south", "Carlo", "Anna"),
        ("coordinator", "Dace", "Anna"),
        ("administrator", None, "Dace"),
        ("nobody", None, "Dace"),
    ],
)
def test_nothing_is_written_about_a_child_out_of_sight(
    scene: Scene, table: str, who: str, own: str | None, other: str
) -> None:
    assert scene.try_as(who, NEW_ROWS[table], child=scene.id_of(other)) == DENIED
    if own:
        # Row-level security lets it through; a row that refers to nothing fails at the references, if at all.
        assert scene.try_as(who, NEW_ROWS[table], child=scene.id_of(own)) in {1, "23503"}


# As a row of the holder of a link about this child would look like.
OF_A_LINK = {
    "link_visits": "INSERT INTO link_visits (id, link_id, child_id, representative_id, at, did)"
    " VALUES (gen_random_uuid(), gen_random_uuid(), :child, gen_random_uuid(), now(), 'opened')",
    "consent_proofs": "INSERT INTO consent_proofs (id, child_id, representative_id, link_id, act, at, language,"
    " wording_version, wording, channel, factor, content_digest) VALUES (gen_random_uuid(), :child,"
    " gen_random_uuid(), gen_random_uuid(), 'refused', now(), 'lv', '1', 'x', 'sms', 'phone_digits', 'x')",
    "confirmations": "INSERT INTO confirmations (id, meeting_id, child_id, representative_id, telling, confirmed_at)"
    " VALUES (gen_random_uuid(), gen_random_uuid(), :child, gen_random_uuid(), 1, now())",
}


@pytest.mark.parametrize("table", OF_A_LINK)
def test_nobody_with_an_account_writes_what_the_holder_of_a_link_does(scene: Scene, table: str) -> None:
    for who in SIGHT:
        for name in ("Anna", "Carlo"):
            assert scene.try_as(who, OF_A_LINK[table], child=scene.id_of(name)) == DENIED, (who, name)


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("children", "given_name = 'Somebody'"),
        ("representatives", "phone = '+37120000199'"),
        ("consents", "withdrawn_at = now()"),
        ("links", "withdrawn_at = now()"),
        ("cases", "outcome = 'changed'"),
        ("responsibilities", "until = now()"),
        ("duties", "note = 'changed'"),
        ("case_closings", "reopen_reason = 'changed'"),
        # Of what is over nothing else may change.
        ("meetings", "version = version + 1"),
        ("appointments", "note = 'changed'"),
        ("series", "note = 'changed'"),
        ("messages", "state = 'withdrawn'"),
        ("replies", "read_at = now(), read_by = asking_account()"),
        ("consent_requests", "version = 7"),
        ("partner_work", "note = 'changed'"),
    ],
)
def test_a_bare_update_reaches_the_children_in_sight_and_no_others(scene: Scene, table: str, change: str) -> None:
    for who in SIGHT:
        seen = len(scene.rows_seen(who, table))
        expected: str | int = seen
        if table == "cases" and who in {"ilze", "jānis", "pauls", "south"}:
            # A case is its supervisor's to change; an earlier one of Fricis was the northern team's.
            expected = DENIED
        if table == "cases" and who in {"zane", "rita"}:
            # Whoever helps out sees it.
            expected = 0
        if table == "partner_work":
            # The hours are of whoever worked them, and nobody else's to change.
            own = "SELECT child_id FROM partner_work WHERE specialist_id = CAST(:id AS uuid)"
            phone = scene.people[who]
            worked = scene.house.sql(own, id=phone.account_id if phone else None)
            expected = len({str(row["child_id"]) for row in worked} & {scene.id_of(name) for name in SIGHT[who]})
        assert scene.try_as(who, f"UPDATE {table} SET {change}") == expected, who


@pytest.mark.parametrize("table", sorted(set(ABOUT_A_CHILD) | ABOUT_NO_CHILD - {"sign_in_attempts"}))
def test_the_application_deletes_nothing(scene: Scene, table: str) -> None:
    assert scene.try_as("north", f"DELETE FROM {table}") == DENIED
    assert scene.try_as("north", f"TRUNCATE {table}") == DENIED


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE children SET waiting = true",
        "UPDATE children SET created_by = asking_account()",
        "UPDATE children SET id = gen_random_uuid()",
        "UPDATE representatives SET child_id = child_id",
        "UPDATE consents SET given_at = now()",
        "UPDATE protected_places SET reason = 'another'",
        "UPDATE cases SET child_id = child_id",
        "UPDATE cases SET opened_at = now()",
        "UPDATE responsibilities SET specialist_id = specialist_id",
        "UPDATE meetings SET child_id = child_id",
        "UPDATE series SET child_id = child_id",
        "UPDATE series SET kind = 'session'",
        "SELECT * FROM hold_for_laying_out(gen_random_uuid())",
        "UPDATE messages SET body = 'another', state = 'withdrawn'",
        "UPDATE messages SET recipient = '+37120000199', state = 'withdrawn'",
        "UPDATE messages SET state = 'delivered'",
        "UPDATE messages SET state = 'queued'",
        "UPDATE announcements SET telling = 2",
        "UPDATE load_policies SET maximum = 99",
        "UPDATE screening_forms SET most_age = 99",
        "UPDATE screenings SET answers = '{}'",
        "UPDATE referrals SET created_by = asking_account()",
        "UPDATE referrals SET waited_until = now()",
        "UPDATE referrals SET erased_at = now()",
        "UPDATE casework_policies SET failed_attempts = 9",
        "UPDATE meeting_policies SET correction_days = 90",
        "UPDATE message_templates SET body = 'another'",
        "UPDATE announcements SET facts = 'another'",
        "UPDATE withdrawn_policies SET withdrawn_by = asking_account()",
        "INSERT INTO withdrawn_policies SELECT id, 'load', valid_from, '{}', now(), created_by FROM load_policies",
        "SELECT withdraw_policy('load', gen_random_uuid())",
        "UPDATE case_complexities SET complexity = 'low'",
        "INSERT INTO case_complexities SELECT case_id, child_id, now(), 'low' FROM case_complexities",
        "UPDATE case_exceptions SET until = NULL, reason = NULL",
        "INSERT INTO case_exceptions SELECT case_id, child_id, now(), NULL, NULL FROM case_exceptions",
        # Answers, visits and confirmations are the holders' of links; nobody on the staff says them in their stead.
        "UPDATE consent_requests SET purpose = 'another'",
        "UPDATE links SET wrong_tries = 0",
        "UPDATE links SET locked_at = NULL",
        "UPDATE links SET expires_at = now() + interval '1 year'",
        "UPDATE links SET factor_digest = 'another'",
        "UPDATE links SET token_digest = 'another'",
        "UPDATE consent_proofs SET wording = 'another'",
        "INSERT INTO consent_proofs SELECT gen_random_uuid(), child_id, representative_id, link_id, request_id,"
        " consent_id, act, at, language, wording_version, wording, channel, sent_to, factor, address, user_agent,"
        " content_digest FROM consent_proofs",
        "INSERT INTO link_visits SELECT gen_random_uuid(), link_id, child_id, representative_id, at, did, address"
        " FROM link_visits",
        "INSERT INTO confirmations SELECT gen_random_uuid(), meeting_id, child_id, representative_id, telling + 1,"
        " confirmed_at FROM confirmations",
        "UPDATE confirmations SET confirmed_at = now()",
        "UPDATE told_in_person SET note = 'another'",
        "UPDATE meeting_events SET changes = NULL",
        "UPDATE meeting_events SET account_id = asking_account()",
        "INSERT INTO meeting_events (id, account_id) VALUES (gen_random_uuid(), gen_random_uuid())",
        "UPDATE appointments SET child_id = child_id",
        "UPDATE appointments SET created_by = asking_account()",
        "UPDATE partner_work SET specialist_id = asking_account()",
        "UPDATE partner_work SET meeting_id = NULL",
        "UPDATE calendar_feeds SET digest = 'another'",
        "UPDATE calendar_feeds SET detail = 'given_name'",
        "SELECT forget_words_of_partner_work(now())",
        "UPDATE replies SET body = 'another'",
        "INSERT INTO replies SELECT * FROM replies",
        "SELECT provider_id FROM inbound_texts",
        "UPDATE inbound_texts SET body = 'another'",
        "UPDATE telling_policies SET tell_return = true",
        "SELECT withdraw_policy('telling', gen_random_uuid())",
        "UPDATE channel_states SET state = 'open'",
        "UPDATE channel_states SET carried = false",
        "SELECT sender FROM sender_turns",
        "UPDATE sender_turns SET next_at = now()",
        "SELECT * FROM take_turns('sms', 'BAS', 1, 1, interval '1 second')",
        "UPDATE sending_times SET messages = 0",
        "UPDATE messages SET state = 'spare'",
        "UPDATE barred_addresses SET reason = 'opted_out'",
        "SELECT * FROM receipts",
        "UPDATE receipts SET status = 'delivered'",
        "UPDATE alembic_version SET version_num = '0001'",
        "CREATE TABLE mine (id uuid)",
        "ALTER TABLE children DISABLE ROW LEVEL SECURITY",
        "DROP POLICY seen ON children",
        "CREATE OR REPLACE FUNCTION asking_account() RETURNS uuid LANGUAGE sql AS 'SELECT NULL::uuid'",
        "SET ROLE bas_owner",
        "SET ROLE bas_worker",
        "SET session_replication_role = replica",
        "SET LOCAL row_security = off; SELECT * FROM children",
    ],
)
def test_what_the_application_may_not_do_at_all_even_as_a_supervisor(scene: Scene, statement: str) -> None:
    assert scene.try_as("north", statement) == DENIED
    assert scene.try_as("north", "SELECT * FROM children") == len(SIGHT["north"])


NEW_CHILD = """
    INSERT INTO children (id, given_name, family_name, sort_key, search_key, birth_date, municipality, language,
        waiting, version, created_at, created_by)
    VALUES (gen_random_uuid(), 'x', 'x', 'x', 'x', now(), 'LV-RIX', 'lv', :waiting, 1, now(), :by)
"""


def test_only_supervisors_and_coordinators_enter_children_who_wait_and_in_their_own_name(scene: Scene) -> None:
    def enter(who: str, *, waiting: bool = True, by: str | None = None) -> str | int:
        account = scene.people[by or who]
        return scene.try_as(who, NEW_CHILD, waiting=waiting, by=account.account_id if account else None)

    for who in ("north", "south", "coordinator"):
        assert enter(who) == 1
        assert enter(who, waiting=False) == DENIED
        assert enter(who, by="administrator") == DENIED
    for who in ("ilze", "administrator", "unknown", "nobody"):
        assert enter(who) == DENIED


NEW_CASE = """
    INSERT INTO cases (id, child_id, specialist_id, complexity, state, opened_at, version)
    VALUES (gen_random_uuid(), :child, :specialist, 'low', 'open', now(), 1)
"""


@pytest.mark.parametrize(
    ("who", "child", "specialist", "outcome"),
    [
        ("south", "Dace", "pauls", 1),
        ("north", "Dace", "ilze", 1),
        ("north", "Elza", "ilze", 1),
        ("south", "Elza", "pauls", DENIED),
        ("south", "Dace", "ilze", DENIED),
        ("south", "Dace", "south", DENIED),
        ("south", "Dace", "administrator", DENIED),
        ("coordinator", "Dace", "pauls", DENIED),
        ("pauls", "Dace", "pauls", DENIED),
        ("administrator", "Dace", "pauls", DENIED),
        ("nobody", "Dace", "pauls", DENIED),
        # In sight, but with a case: refused by the one-case index.
        ("south", "Carlo", "pauls", "23505"),
        ("north", "Carlo", "ilze", DENIED),
    ],
)
def test_a_case_is_opened_by_the_team_that_sees_the_child_for_its_own_specialists(
    scene: Scene, who: str, child: str, specialist: str, outcome: str | int
) -> None:
    values = {"child": scene.id_of(child), "specialist": scene.people[specialist].account_id}

    assert scene.try_as(who, NEW_CASE, **values) == outcome


@pytest.mark.parametrize(
    ("who", "to", "outcome"),
    [
        ("north", "jānis", 1),
        ("north", "pauls", DENIED),
        ("north", "north", DENIED),
        ("ilze", "jānis", DENIED),
        ("ilze", "ilze", DENIED),
        ("jānis", "jānis", 0),
        ("south", "pauls", 0),
        ("coordinator", "jānis", 0),
        ("nobody", "jānis", 0),
    ],
)
def test_a_case_moves_within_the_team_and_by_its_supervisor_only(
    scene: Scene, who: str, to: str, outcome: str | int
) -> None:
    move = "UPDATE cases SET specialist_id = :to WHERE child_id = :child AND state = 'open'"

    assert scene.try_as(who, move, to=scene.people[to].account_id, child=scene.id_of("Anna")) == outcome


def test_who_asked_is_forgotten_with_the_transaction(scene: Scene) -> None:
    with scene.house.asking(scene.people["north"]) as connection:
        assert connection.execute(text("SELECT count(*) FROM children")).scalar() == 4
        connection.commit()
        assert connection.execute(text("SELECT count(*) FROM children")).scalar() == 0


@pytest.mark.parametrize("account", ["", "not a uuid", "00000000-0000-0000-0000-000000000000"])
def test_a_spoilt_account_id_sees_nothing(scene: Scene, account: str) -> None:
    with scene.house.asking(None) as connection:
        connection.execute(text("SELECT set_config('bas.account_id', :id, true)"), {"id": account})
        try:
            seen = connection.execute(text("SELECT count(*) FROM children")).scalar()
        except SQLAlchemyError as error:
            seen = error.orig.sqlstate
    assert seen == ("22P02" if account == "not a uuid" else 0)


@pytest.fixture(scope="module")
def worker(settings: Settings) -> Iterator[sqlalchemy.Engine]:
    """The database as the worker's role."""
    engine = sqlalchemy.create_engine(str(getattr(settings, f"{DatabaseRole.WORKER.name.lower()}_database_url")))
    yield engine
    engine.dispose()


@pytest.mark.parametrize(
    "allowed",
    [
        "SELECT id, given_name FROM children",
        "SELECT id, name, phone, role, active FROM accounts",
        "SELECT * FROM representatives",
        "SELECT id, child_id, specialist_id, state, starts_at, ends_at, telling FROM meetings",
        "SELECT meeting_id, representative_id, telling FROM told_in_person",
        "SELECT meeting_id, representative_id, telling FROM confirmations",
        "SELECT * FROM links",
        "SELECT id, child_id, representative_id, created_at, expires_at, answered_at, withdrawn_at"
        " FROM consent_requests",
        "SELECT * FROM series",
        "SELECT series_day FROM meetings WHERE series_id = gen_random_uuid()",
        "UPDATE series SET next_day = next_day",
        "SELECT * FROM hold_for_laying_out(gen_random_uuid())",
        "SELECT * FROM messages",
        "UPDATE replies SET body = NULL WHERE received_at < now()",
        "SELECT * FROM inbound_texts",
        "DELETE FROM inbound_texts WHERE received_at < now()",
        "SELECT * FROM telling_policies",
        "UPDATE channel_states SET state = 'open', probe_at = now()",
        "SELECT * FROM take_turns('sms', 'BAS', 1, 1, interval '1 second')",
        "UPDATE barred_addresses SET lifted_at = now()",
        "UPDATE messages SET state = 'sending', attempts = 1",
        "DELETE FROM sign_in_attempts",
        "DELETE FROM answered_requests WHERE key = 'x' AND answered_at < now()",
    ],
)
def test_the_worker_may_do_its_work(scene: Scene, worker: sqlalchemy.Engine, allowed: str) -> None:
    with worker.connect() as connection:
        assert connection.execute(text(allowed)).rowcount >= 0
        connection.rollback()


@pytest.mark.parametrize(
    "denied",
    [
        "SELECT family_name FROM children",
        "SELECT personal_code FROM children",
        "SELECT * FROM children",
        "SELECT password_hash FROM accounts",
        "SELECT email FROM accounts",
        "SELECT * FROM device_sessions",
        "SELECT complexity FROM cases",
        "SELECT note FROM meetings",
        "SELECT summary FROM meetings",
        "SELECT institution FROM meetings",
        # What it lays out belongs to a series.
        "INSERT INTO meetings (id, child_id, case_id, specialist_id, kind, state, starts_at, ends_at,"
        " expected_minutes, place_type, transport, telling, version, created_at) SELECT gen_random_uuid(), child_id,"
        " id, specialist_id, 'session', 'planned', now(), now() + interval '1 hour', 60, 'office', 'none', 1, 1,"
        " now() FROM cases",
        # Of their histories it writes the first step alone, in nobody's name.
        "SELECT changes FROM meeting_events",
        "INSERT INTO meeting_events (id, meeting_id, child_id, version, step, at)"
        " SELECT gen_random_uuid(), id, child_id, 99, 'cancelled', now() FROM meetings",
        "INSERT INTO meeting_events (id, meeting_id, child_id, version, step, at, account_id)"
        " SELECT gen_random_uuid(), id, child_id, 99, 'planned', now(), specialist_id FROM meetings",
        "UPDATE series SET state = 'ended'",
        "UPDATE series SET note = 'x'",
        "INSERT INTO series SELECT * FROM series",
        "SELECT note FROM told_in_person",
        "SELECT * FROM appointments",
        "SELECT home_address FROM children",
        "SELECT * FROM busy_times('{}', now(), now(), NULL)",
        "INSERT INTO told_in_person SELECT * FROM told_in_person",
        "SELECT * FROM partner_work",
        "SELECT * FROM calendar_feeds",
        "SELECT * FROM calendar_feed_of('x')",
        "SELECT * FROM worked_time(NULL, current_date, current_date, now())",
        "SELECT * FROM consents",
        "SELECT purpose FROM consent_requests",
        "SELECT * FROM consent_proofs",
        "SELECT * FROM link_visits",
        "UPDATE links SET locked_at = NULL",
        "SELECT * FROM open_link('x')",
        "SELECT * FROM prove_link('x', 'x')",
        "SELECT * FROM responsibilities",
        "SELECT body FROM answered_requests",
        "SELECT * FROM child_in_sight",
        "UPDATE children SET given_name = 'x'",
        "UPDATE representatives SET phone = '+37120000199'",
        "UPDATE meetings SET state = 'held'",
        "UPDATE announcements SET telling = 2",
        "INSERT INTO receipts SELECT * FROM receipts",
        "INSERT INTO inbound_texts SELECT * FROM inbound_texts",
        "SELECT * FROM replies",
        "UPDATE replies SET read_at = now()",
        "DELETE FROM replies",
        "DELETE FROM messages",
        "DELETE FROM announcements",
        "UPDATE channel_states SET channel = 'x'",
        "UPDATE sender_turns SET sender = 'x'",
        "DELETE FROM sender_turns",
        # Counted by the database itself, and by nobody else.
        "SELECT * FROM sending_times",
        "UPDATE sending_times SET messages = 0",
        "INSERT INTO sending_times VALUES ('sms', 'delivered', 1, 0, 1, 1)",
        "UPDATE telling_policies SET tell_return = true",
        "DELETE FROM barred_addresses",
        "DELETE FROM children",
        "SELECT * FROM referrals",
        "SELECT * FROM screenings",
        "SELECT * FROM possible_duplicates(gen_random_uuid())",
        "SELECT erase_referrals('{}')",
        "INSERT INTO load_policies SELECT * FROM load_policies",
        "SET ROLE bas_owner",
        "SET ROLE bas_app",
        "CREATE TABLE mine (id uuid)",
    ],
)
def test_the_worker_may_do_nothing_else(scene: Scene, worker: sqlalchemy.Engine, denied: str) -> None:
    with worker.connect() as connection:
        with pytest.raises(SQLAlchemyError) as refused:
            connection.execute(text(denied))
        assert refused.value.orig.sqlstate == DENIED
        connection.rollback()


@pytest.mark.parametrize("role", ["bas_app", "bas_worker"])
def test_the_roles_own_nothing_and_go_around_nothing(scene: Scene, role: str) -> None:
    (found,) = scene.house.sql(
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication,"
        " EXISTS (SELECT FROM pg_class WHERE relowner = r.oid) AS owns,"
        " EXISTS (SELECT FROM pg_auth_members WHERE member = r.oid) AS member FROM pg_roles r WHERE rolname = :role",
        role=role,
    )
    assert set(found.values()) == {False}


HANDED = """
    UPDATE links SET token_digest = 'of ' || :child WHERE child_id = CAST(:child AS uuid)
"""


@pytest.fixture
def link_in_hand(scene: Scene) -> Iterator[sqlalchemy.Connection]:
    """The database as the application's role, asking for the holder of the link about Anna."""
    scene.house.sql(HANDED, child=scene.id_of("Anna"))
    with scene.house.asking(None) as connection:
        connection.execute(
            text("SELECT set_config('bas.link', :digest, true)"), {"digest": f"of {scene.id_of('Anna')}"}
        )
        yield connection


SHOWN_BY_A_LINK = {"children", "representatives", "protected_places", "cases", "meetings", "consents", "duties"}
OWN_BY_A_LINK = {"consent_requests", "links", "confirmations"}


def test_a_link_shows_its_own_child_and_of_that_what_its_pages_need(
    scene: Scene, link_in_hand: sqlalchemy.Connection
) -> None:
    names = {uuid.UUID(child["id"]): name for name, child in scene.children.items()}
    seen = {
        table: {names[one] for one in link_in_hand.execute(text(f"SELECT {column} FROM {table}")).scalars()}
        for table, column in ABOUT_A_CHILD.items()
    }

    assert {table: whose for table, whose in seen.items() if whose} == dict.fromkeys(
        SHOWN_BY_A_LINK | OWN_BY_A_LINK, {"Anna"}
    )


@pytest.mark.parametrize(
    ("statement", "outcome"),
    [
        ("UPDATE children SET given_name = 'x'", DENIED),
        ("UPDATE meetings SET note = 'x'", 0),
        ("UPDATE representatives SET phone = 'x'", 0),
        ("UPDATE cases SET outcome = 'x'", 0),
        ("UPDATE messages SET state = 'withdrawn'", 0),
        # Only the mother's, who holds the link.
        ("UPDATE consents SET withdrawn_at = now()", 1),
        ("UPDATE links SET spent_at = now()", 1),
        ("DELETE FROM consents", DENIED),
        (NEW_ROWS["consents"], DENIED),
        (NEW_ROWS["representatives"], DENIED),
        (NEW_ROWS["meetings"], DENIED),
        (NEW_ROWS["consent_requests"], DENIED),
        (NEW_ROWS["links"], DENIED),
        (NEW_ROWS["messages"], DENIED),
    ],
)
def test_a_link_moves_what_an_answer_moves_and_nothing_else(
    scene: Scene, link_in_hand: sqlalchemy.Connection, statement: str, outcome: str | int
) -> None:
    try:
        done_to: str | int = link_in_hand.execute(text(statement), {"child": scene.id_of("Anna")}).rowcount
    except SQLAlchemyError as error:
        done_to = error.orig.sqlstate

    assert done_to == outcome


@pytest.mark.parametrize(
    "spoiled",
    [
        "UPDATE links SET withdrawn_at = now()",
        "UPDATE links SET expires_at = now()",
        "UPDATE links SET locked_at = now(), wrong_tries = 5",
        "UPDATE links SET spent_at = now() - interval '16 minutes'",
        "UPDATE links SET token_digest = 'another' WHERE child_id = '{anna}'",
        "UPDATE representatives SET state = 'suspended'",
        "UPDATE representatives SET valid_from = '2020-01-01', valid_until = '2020-12-31'",
        "UPDATE representatives SET phone_digest = 'another'",
        "INSERT INTO protected_places SELECT gen_random_uuid(), child_id, representative_id, 'x', now(), created_by"
        " FROM links WHERE child_id = '{anna}'",
    ],
)
def test_a_link_that_does_not_work_shows_nothing_in_the_database_either(scene: Scene, spoiled: str) -> None:
    scene.house.sql(HANDED, child=scene.id_of("Anna"))
    with scene.house.owner.connect() as connection:
        seen = []
        for statement in ("SELECT 1", spoiled.format(anna=scene.id_of("Anna"))):
            connection.execute(text(statement))
            found = connection.execute(text("SELECT count(*) FROM open_link(:d)"), {"d": f"of {scene.id_of('Anna')}"})
            seen.append(found.scalar())
        connection.rollback()

    assert seen == [1, 0]
