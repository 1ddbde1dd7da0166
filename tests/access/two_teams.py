"""Two teams and their children, with a row about each child in every table: whom a bare statement may reach."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from tests.builders import House, at, soon
from tests.callers import Phone, done
from tests.tables import EMPTYING

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


def two_teams(app: Flask, owner: sqlalchemy.Engine) -> Iterator[Scene]:
    """Build the scene in an empty house, and empty it afterwards."""
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
