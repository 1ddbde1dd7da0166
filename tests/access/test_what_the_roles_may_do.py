"""What the two roles of the database may do, and nothing else: whoever breaks in is no owner (D32)."""

from collections.abc import Iterator

import pytest
import sqlalchemy
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from bas_service import DatabaseRole
from bas_service.config import Settings
from tests.access.two_teams import ABOUT_A_CHILD, ABOUT_NO_CHILD, DENIED, SIGHT, Scene


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
        "SELECT * FROM hold_for_telling('x')",
        "SELECT hold_for_late_news()",
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
        "SELECT * FROM hold_for_telling('x')",
        "SELECT hold_for_late_news()",
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
