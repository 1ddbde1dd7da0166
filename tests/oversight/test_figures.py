"""The figures are what the rule says of each meeting, whatever was counted before and changed since (D27)."""

import uuid
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import psycopg
import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from bas_service import clock, routine
from bas_service.database import rows, transaction
from bas_service.messaging.jobs import apply_receipts
from bas_service.messaging.rules import Channel
from bas_service.oversight import jobs
from bas_service.oversight.figure_models import DayFigures
from bas_service.oversight.ledger_rules import REASONS_WHEN_NOT, Facts, Why, why_of
from bas_service.retention.jobs import drop_what_is_over
from tests.builders import House, at, soon
from tests.callers import Phone, at_once, done
from tests.oversight.generated import Fates

DAYS = 6
# All that the figures are made of, read without the view and the functions that are tried here.
MEETINGS = "SELECT m.*, coalesce(m.had_to_be_told, '{}') AS to_tell FROM meetings m"
WRITTEN = """
    SELECT a.meeting_id, a.representative_id, a.telling, a.reason, a.created_at, x.channel, x.handed_over_at,
        CASE WHEN a.withdrawn_at IS NULL THEN x.state ELSE 'withdrawn' END AS state
    FROM announcements a JOIN messages x ON x.id = a.message_id WHERE x.state <> 'spare'
"""
TOLD = "SELECT meeting_id, representative_id, telling, told_at FROM told_in_person"
CONFIRMED = "SELECT meeting_id, representative_id, telling, confirmed_at AS at, 'confirmed' AS how FROM confirmations"
BY_LETTER = """
    SELECT meeting_id, representative_id, telling, greatest(told_at, created_at) AS at, 'letter' AS how
    FROM told_in_person WHERE means = 'letter'
"""
CONFIRM_ALL = """
    INSERT INTO confirmations (id, meeting_id, child_id, representative_id, telling, confirmed_at)
    SELECT gen_random_uuid(), id, child_id, whom, coalesce(started_telling, telling), starts_at - interval '1 hour'
    FROM meetings CROSS JOIN unnest(had_to_be_told) whom WHERE started_at IS NOT NULL ON CONFLICT DO NOTHING
"""
SOMEBODY_CONFIRMS = """
    INSERT INTO confirmations (id, meeting_id, child_id, representative_id, telling, confirmed_at)
    SELECT gen_random_uuid(), m.id, m.child_id, r.id, coalesce(m.started_telling, m.telling),
        m.starts_at + :minutes * interval '1 minute'
    FROM meetings m JOIN representatives r ON r.child_id = m.child_id WHERE m.id = :id
    ORDER BY r.id OFFSET :whom LIMIT 1 ON CONFLICT DO NOTHING
"""
CHANGED_TOO_LATE = """
    WITH late AS (
        INSERT INTO messages (id, subject_id, channel, parts, state, useful_until, attempts, checks, repeated,
            created_at, handed_over_at)
        SELECT gen_random_uuid(), child_id, 'sms', 1, 'handed_over', now(), 0, 0, false, now(),
            starts_at + interval '5 minutes' FROM meetings WHERE id = :meeting
        RETURNING id
    )
    INSERT INTO announcements (id, message_id, meeting_id, child_id, representative_id, reason, telling, created_at)
    SELECT gen_random_uuid(), late.id, m.id, m.child_id, m.had_to_be_told[1], 'changed', 1, now()
    FROM meetings m CROSS JOIN late WHERE m.id = :meeting
"""
TELL_BY_TELEPHONE = """
    INSERT INTO told_in_person (id, meeting_id, child_id, representative_id, telling, means, told_at, told_by,
        created_at)
    SELECT gen_random_uuid(), id, child_id, whom, coalesce(started_telling, telling), 'phone',
        starts_at - interval '1 hour', specialist_id, now()
    FROM meetings CROSS JOIN unnest(had_to_be_told) whom WHERE started_at IS NOT NULL
"""
FARED = {
    "handed_over": {"handed_over", "delivered"},
    "delivered": {"delivered"},
    "uncertain": {"uncertain"},
    "failed": {"failed"},
}
Lines = dict[tuple[uuid.UUID | None, date | None], dict[str, Any]]


def count(worker_app: Flask) -> None:
    """Let the worker count all there is to count."""
    with worker_app.app_context():
        for step in (jobs.recount_days, jobs.count_a_day):
            more: object = True
            while more:
                with transaction():
                    more = step()


class Country:
    """Two teams, three families with a specialist each, and whatever becomes of their meetings."""

    def __init__(self, house: House, worker_app: Flask) -> None:
        self.house, self.worker_app = house, worker_app
        self.supervisors = [house.a_supervisor() for _ in range(2)]
        self.administrator = house.an_administrator()
        self.fates, self.specialists, self.whom, self.number = [], [], [], 0
        for one, supervisor in enumerate([*self.supervisors, self.supervisors[0]]):
            specialist = house.a_specialist(supervisor)
            family = house.a_family(supervisor, specialist)
            others = [house.a_representative(supervisor, family["child"])["id"] for _ in range(2)]
            self.whom.append([family["representative"]["id"], *others])
            self.fates.append(Fates(house, family, self.whom[-1], seed=one))
            self.specialists.append(specialist)

    # What happens.

    def a_meeting(self, whose: int, day: int) -> None:
        """Some days ago, at an hour that no other one has."""
        self.number += 1
        hour = timedelta(hours=self.number % 24)
        midnight = datetime.combine(clock.today() - timedelta(days=day), datetime.min.time(), UTC)
        self.fates[whose].meetings(1, around=midnight + hour + timedelta(hours=1))

    def count(self) -> None:
        count(self.worker_app)

    def a_message_fares(self, which: int, state: str, minutes: int) -> None:
        self.change(
            "UPDATE messages SET state = CAST(:state AS text), handed_over_at ="
            " CASE WHEN :state IN ('handed_over', 'delivered') THEN m.starts_at + :minutes * interval '1 minute' END"
            " FROM announcements a JOIN meetings m ON m.id = a.meeting_id"
            " WHERE a.message_id = messages.id AND messages.id = :id",
            "messages",
            which,
            state=state,
            minutes=minutes,
        )

    def somebody_is_told(self, which: int, whom: int, minutes: int) -> None:
        self.change(
            "INSERT INTO told_in_person (id, meeting_id, child_id, representative_id, telling, means, told_at,"
            " told_by, created_at) SELECT gen_random_uuid(), m.id, m.child_id, r.id, m.telling, 'phone',"
            " m.starts_at + :minutes * interval '1 minute', m.specialist_id, now()"
            " FROM meetings m JOIN representatives r ON r.child_id = m.child_id WHERE m.id = :id"
            " ORDER BY r.id OFFSET :whom LIMIT 1",
            "meetings",
            which,
            whom=whom,
            minutes=minutes,
        )

    def somebody_confirms(self, which: int, whom: int, minutes: int) -> None:
        self.change(SOMEBODY_CONFIRMS, "meetings", which, whom=whom, minutes=minutes)

    def it_was_a_letter(self, which: int, minutes: int) -> None:
        """That was recorded when it went out, or later."""
        self.change(
            "UPDATE told_in_person SET means = 'letter', created_at = told_at + :minutes * interval '1 minute'"
            " WHERE id = :id",
            "told_in_person",
            which,
            minutes=minutes,
        )

    def a_text_goes_to_another_only(self, which: int) -> None:
        self.change("UPDATE announcements SET withdrawn_at = created_at WHERE id = :id", "announcements", which)

    def nobody_was_told(self, which: int) -> None:
        self.change("DELETE FROM told_in_person WHERE id = :id", "told_in_person", which)

    def a_text_told_two(self, which: int, whom: int) -> None:
        """Two representatives with one number."""
        self.change(
            "INSERT INTO announcements (id, message_id, meeting_id, child_id, representative_id, reason, telling,"
            " created_at) SELECT gen_random_uuid(), a.message_id, a.meeting_id, a.child_id, r.id, a.reason,"
            " a.telling, now() FROM announcements a JOIN representatives r ON r.child_id = a.child_id"
            " WHERE a.id = :id ORDER BY r.id OFFSET :whom LIMIT 1",
            "announcements",
            which,
            whom=whom,
        )

    def a_start_is_corrected(self, which: int, minutes: int) -> None:
        self.change(
            "UPDATE meetings SET earliest_started_at = least(started_at, earliest_started_at),"
            " started_at = started_at + :minutes * interval '1 minute' WHERE id = :id AND started_at IS NOT NULL",
            "meetings",
            which,
            minutes=minutes,
        )

    def a_meeting_changes(self, which: int) -> None:
        self.change("UPDATE meetings SET telling = telling + 1 WHERE id = :id", "meetings", which)

    def a_meeting_begins(self, which: int, whom: int) -> None:
        """By a phone that was offline for days."""
        self.change(
            "UPDATE meetings SET state = 'under_way', beside_another = true, started_at = starts_at,"
            " started_telling = telling,"
            " had_to_be_told = (SELECT array_agg(r.id) FROM (SELECT id FROM representatives r"
            "  WHERE r.child_id = meetings.child_id ORDER BY id LIMIT 1 + :whom) r)"
            " WHERE id = :id AND state = 'planned'",
            "meetings",
            which,
            whom=whom,
        )

    def a_meeting_comes_to_nothing(self, which: int, state: str) -> None:
        self.change(
            "UPDATE meetings SET state = :state WHERE id = :id AND state = 'planned'", "meetings", which, state=state
        )

    def a_meeting_moves(self, which: int, days: int) -> None:
        self.change(
            "UPDATE meetings SET starts_at = starts_at + :days * interval '1 day',"
            " ends_at = ends_at + :days * interval '1 day' WHERE id = :id",
            "meetings",
            which,
            days=days,
        )

    def a_meeting_goes_to_somebody_else(self, which: int, whose: int) -> None:
        specialist = self.specialists[whose].account_id
        self.change("UPDATE meetings SET specialist_id = :whose WHERE id = :id", "meetings", which, whose=specialist)

    def a_specialist_changes_the_team(self, whose: int, team: int) -> None:
        self.house.sql(
            "UPDATE accounts SET supervisor_id = :team WHERE id = :id",
            id=self.specialists[whose].account_id,
            team=self.supervisors[team].account_id,
        )

    def retention_is_over(self, which: int) -> None:
        self.change("UPDATE messages SET body = NULL, recipient = NULL WHERE id = :id", "messages", which)

    def change(self, statement: str, table: str, which: int, **values: Any) -> None:
        found = self.house.sql(f"SELECT id FROM {table} ORDER BY id")
        if found:
            self.house.sql(statement, id=found[which % len(found)]["id"], **values)

    # What is seen.

    def figures(self, phone: Phone, since: datetime, until: datetime, by: str) -> Lines:
        """As the database gives them."""
        with self.house.asking(phone) as connection:
            found = connection.execute(
                text("SELECT * FROM announcement_figures(:since, :until, :by)"),
                {"since": since, "until": until, "by": by},
            ).mappings()
            return {
                (row["whose"], row["month"]): {n: row[n] for n in row if n not in {"whose", "month"}} for row in found
            }

    def all_figures(self) -> Lines:
        """Those of each specialist, of all there is."""
        now = datetime.now(UTC)
        return self.figures(self.administrator, now - timedelta(days=20), now, "specialist")

    def by_the_rule(self, phone: Phone, since: datetime, until: datetime, by: str) -> Lines:
        """Line by line, as the rule says."""
        team_of = {
            row["id"]: row["supervisor_id"] for row in self.house.sql("SELECT id, supervisor_id FROM accounts")
        }
        written, told, in_writing = defaultdict(list), defaultdict(list), defaultdict(list)
        for statement, by_meeting in (
            (WRITTEN, written),
            (TOLD, told),
            (CONFIRMED, in_writing),
            (BY_LETTER, in_writing),
        ):
            for row in self.house.sql(statement):
                by_meeting[row["meeting_id"]].append(row)
        lines: defaultdict[tuple[Any, Any], Counter[str]] = defaultdict(Counter)
        for row in self.house.sql(MEETINGS):
            team = team_of[row["specialist_id"]]
            if not since <= row["starts_at"] < until or phone in self.supervisors and team != phone.account_id:
                continue
            month = clock.in_riga(row["starts_at"]).date().replace(day=1)
            line = lines[
                {"specialist": row["specialist_id"], "team": team, "month": None}[by],
                month if by == "month" else None,
            ]
            facts = Facts(**{name: row[name] for name in Facts.__dataclass_fields__})
            verdict = why_of(facts, written[row["id"]], told[row["id"]], in_writing[row["id"]])
            begun = row["started_at"] is not None
            line.update(meetings=1, begun=begun, in_time=begun and verdict.why is Why.IN_TIME)
            line.update({f"why {verdict.why}": begun and verdict.why is not Why.IN_TIME})
            line.update(told_by_a_person=bool(told[row["id"]]))
            for one in written[row["id"]]:
                fared = {name: one["state"] in states for name, states in FARED.items()}
                line.update({f"{one['channel']} {name}": counts for name, counts in fared.items()})
        return {key: shown(line) for key, line in lines.items()}

    def check(self) -> None:
        """Whoever asks for whichever period gets what the rule says."""
        now = datetime.now(UTC)
        midnight = datetime.combine(clock.today(), datetime.min.time(), clock.RIGA)
        whole = (now - timedelta(days=DAYS + 10), now + timedelta(days=DAYS))
        within = (now - timedelta(days=4, hours=5), now - timedelta(days=1, hours=3))
        days = (midnight - timedelta(days=3), midnight)
        for phone, since_until, by in (
            (self.administrator, whole, "month"),
            (self.administrator, within, "team"),
            (self.supervisors[0], whole, "specialist"),
            (self.supervisors[1], within, "specialist"),
            (self.supervisors[0], days, "team"),
        ):
            assert self.figures(phone, *since_until, by) == self.by_the_rule(phone, *since_until, by)


def shown(line: Counter[str]) -> dict[str, Any]:
    """What was counted, in the shape in which the database gives it."""
    channels = sorted({name.split()[0] for name in line if name.split()[0] in set(Channel)})
    names = ("meetings", "begun", "in_time", "told_by_a_person")
    return {name: int(line[name]) for name in names} | {
        "why_not": {why.value: line[f"why {why}"] for why in Why if line[f"why {why}"]},
        "by_channel": {one: {name: int(line[f"{one} {name}"]) for name in FARED} for one in channels},
    }


WHICH, WHOSE, DAY = st.integers(0, 60), st.integers(0, 2), st.integers(0, DAYS)
MINUTES = st.sampled_from([-600, -1, 0, 1, 90])
STATE = st.sampled_from(
    [
        "queued",
        "sending",
        "handed_over",
        "handed_over",
        "delivered",
        "delivered",
        "failed",
        "withdrawn",
        "uncertain",
        "spare",
    ]
)
STEPS = st.one_of(
    st.tuples(st.just(Country.count)),
    st.tuples(st.just(Country.count)),
    st.tuples(st.just(Country.a_meeting), WHOSE, DAY),
    st.tuples(st.just(Country.a_message_fares), WHICH, STATE, MINUTES),
    st.tuples(st.just(Country.a_message_fares), WHICH, STATE, MINUTES),
    st.tuples(st.just(Country.somebody_is_told), WHICH, WHOSE, MINUTES),
    st.tuples(st.just(Country.somebody_confirms), WHICH, WHOSE, MINUTES),
    st.tuples(st.just(Country.it_was_a_letter), WHICH, MINUTES),
    st.tuples(st.just(Country.a_text_told_two), WHICH, WHOSE),
    st.tuples(st.just(Country.a_start_is_corrected), WHICH, MINUTES),
    st.tuples(st.just(Country.a_meeting_begins), WHICH, WHOSE),
    st.tuples(st.just(Country.a_meeting_comes_to_nothing), WHICH, st.sampled_from(["cancelled", "missed"])),
    st.tuples(st.just(Country.a_meeting_moves), WHICH, st.sampled_from([-1, 1, 2])),
    st.tuples(st.just(Country.a_meeting_goes_to_somebody_else), WHICH, WHOSE),
    st.tuples(st.just(Country.a_specialist_changes_the_team), WHOSE, st.integers(0, 1)),
    st.tuples(
        st.sampled_from(
            [
                Country.a_meeting_changes,
                Country.nobody_was_told,
                Country.a_text_goes_to_another_only,
                Country.retention_is_over,
            ]
        ),
        WHICH,
    ),
)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(STEPS, min_size=6, max_size=16))
def test_after_any_sequence_the_figures_are_what_the_rule_says_of_each_meeting(
    house: House, worker_app: Flask, steps: list[tuple[Any, ...]]
) -> None:
    house.empty()
    country = Country(house, worker_app)
    for number in range(15):
        country.a_meeting(number % 3, number % DAYS)
    for act, *values in steps:
        act(country, *values)
        country.check()
    country.count()
    country.check()


def only_one_to_tell(house: House, many: int) -> list[uuid.UUID]:
    """So many meetings of a child that began, of which one representative had to be told, and nobody was yet."""
    begun = house.sql(
        "UPDATE meetings SET telling = 1, started_telling = 1, had_to_be_told = ARRAY("
        "  SELECT id FROM representatives r WHERE r.child_id = meetings.child_id ORDER BY id LIMIT 1)"
        " WHERE id IN (SELECT id FROM meetings WHERE started_at IS NOT NULL ORDER BY child_id, id LIMIT :many)"
        " RETURNING id",
        many=many,
    )
    for table in ("confirmations", "told_in_person", "announcements"):
        house.sql(f"DELETE FROM {table} WHERE meeting_id = ANY(:ids)", ids=[row["id"] for row in begun])
    return [row["id"] for row in begun]


def never_begun(house: House) -> uuid.UUID:
    """A meeting of the first child that never began, of the first telling; nobody confirmed it."""
    (found,) = house.sql(
        "UPDATE meetings SET telling = 1 WHERE id = (SELECT m.id FROM meetings m"
        " WHERE child_id = (SELECT min(id::text)::uuid FROM children) AND started_at IS NULL"
        "  AND NOT EXISTS (SELECT FROM confirmations c WHERE c.meeting_id = m.id) ORDER BY m.id DESC LIMIT 1)"
        " RETURNING id"
    )
    return found["id"]


@pytest.fixture
def country(house: House, worker_app: Flask) -> Country:
    """A country whose past days were counted."""
    country = Country(house, worker_app)
    for number in range(60):
        country.a_meeting(number % 3, 2 + number % 5)
    # Of every other meeting a representative was told in time by telephone.
    house.sql(f"{TELL_BY_TELEPHONE} AND telling = 1")
    only_confirmed, _nothing, changed_late = only_one_to_tell(house, 3)
    house.sql(SOMEBODY_CONFIRMS, id=only_confirmed, whom=0, minutes=-60)
    house.sql(SOMEBODY_CONFIRMS, id=never_begun(house), whom=0, minutes=-30 * 24 * 60)
    house.sql(CHANGED_TOO_LATE, meeting=changed_late)
    country.count()
    return country


# Whatever can become of a day that was counted.
LATE = {
    "a receipt": "UPDATE messages SET state = 'delivered' WHERE state = 'handed_over'",
    "a receipt that says it failed": "UPDATE messages SET state = 'failed' WHERE state = 'delivered'",
    "a moment put right": "UPDATE messages SET handed_over_at = handed_over_at + interval '3 days'",
    "another channel": "UPDATE messages SET channel = 'email'",
    "another telling": "UPDATE announcements SET telling = telling + 1",
    "another reason": "UPDATE announcements SET reason = 'extended'",
    "an announcement gone": "DELETE FROM announcements WHERE telling = 1",
    "an announcement of somebody else": "UPDATE announcements SET representative_id = (SELECT r.id"
    " FROM representatives r WHERE r.child_id = announcements.child_id AND r.id <> representative_id"
    " ORDER BY r.id LIMIT 1)",
    "an announcement by another message": "UPDATE announcements SET message_id = (SELECT x.id FROM messages x"
    " WHERE x.subject_id = announcements.child_id ORDER BY x.state, x.id LIMIT 1)",
    "an announcement of another meeting": "UPDATE announcements SET meeting_id = (SELECT m.id FROM meetings m"
    " WHERE m.child_id = announcements.child_id AND started_at IS NOT NULL ORDER BY m.id LIMIT 1)",
    "somebody else told": "UPDATE told_in_person SET representative_id = (SELECT r.id FROM representatives r"
    " WHERE r.child_id = told_in_person.child_id AND r.id <> representative_id ORDER BY r.id LIMIT 1)",
    "somebody told of another meeting": "UPDATE told_in_person SET meeting_id = (SELECT m.id FROM meetings m"
    " WHERE m.child_id = told_in_person.child_id ORDER BY m.id LIMIT 1)",
    "somebody told": f"{TELL_BY_TELEPHONE} AND telling > 1",
    "somebody told later than said": "UPDATE told_in_person SET told_at = told_at + interval '9 days'",
    "somebody told of something else": "UPDATE told_in_person SET telling = telling + 1",
    "nobody told": "DELETE FROM told_in_person",
    "a letter, not a call": "UPDATE told_in_person SET means = 'letter', created_at = told_at"
    " WHERE told_at <= (SELECT starts_at FROM meetings WHERE id = meeting_id)",
    "somebody confirmed": CONFIRM_ALL,
    "somebody confirmed later than said": "UPDATE confirmations SET confirmed_at = confirmed_at + interval '9 days'",
    "somebody confirmed something else": "UPDATE confirmations SET telling = telling + 20",
    "somebody else confirmed": "UPDATE confirmations SET representative_id = (SELECT r.id FROM representatives r"
    " WHERE r.child_id = confirmations.child_id AND r.id <> representative_id ORDER BY r.id LIMIT 1)"
    " WHERE 1 = (SELECT count(*) FROM confirmations c WHERE c.meeting_id = confirmations.meeting_id)",
    # To a meeting that never began, and from one: between two that began, a share would move and no figure change.
    "somebody confirmed another meeting": "UPDATE confirmations SET meeting_id = (SELECT m.id FROM meetings m"
    " WHERE m.child_id = confirmations.child_id AND started_at IS NULL AND NOT EXISTS"
    "  (SELECT FROM confirmations c WHERE c.meeting_id = m.id) ORDER BY m.id LIMIT 1)"
    " WHERE confirmed_at = (SELECT starts_at - interval '1 hour' FROM meetings m WHERE m.id = meeting_id)",
    "somebody confirmed this meeting, not another": "UPDATE confirmations SET meeting_id = (SELECT m.id"
    " FROM meetings m WHERE m.child_id = confirmations.child_id AND had_to_be_told = ARRAY[representative_id]"
    "  AND telling = 1 AND NOT EXISTS (SELECT FROM confirmations c WHERE c.meeting_id = m.id)"
    "  AND NOT EXISTS (SELECT FROM announcements a WHERE a.meeting_id = m.id) ORDER BY m.id LIMIT 1)"
    " WHERE confirmed_at = (SELECT starts_at - interval '30 days' FROM meetings m WHERE m.id = meeting_id)",
    "a confirmation gone": "DELETE FROM confirmations",
    "withdrawn for one of two": "UPDATE announcements SET withdrawn_at = created_at",
    "a start corrected": "UPDATE meetings SET earliest_started_at = started_at - interval '2 days'"
    " WHERE started_at IS NOT NULL",
    "a start put right": "UPDATE meetings SET started_at = started_at - interval '2 days'",
    "a meeting changed": "UPDATE meetings SET telling = telling + 1",
    "a meeting begun with another telling": "UPDATE meetings SET started_telling = telling + 1"
    " WHERE started_at IS NOT NULL",
    "nobody had to be told": "UPDATE meetings SET had_to_be_told = '{}' WHERE started_at IS NOT NULL",
    "a meeting begun offline": "UPDATE meetings SET state = 'under_way', beside_another = true,"
    " started_at = starts_at,"
    " had_to_be_told = '{}' WHERE state = 'planned'",
    "a meeting of another day": "UPDATE meetings SET starts_at = starts_at - interval '30 days',"
    " ends_at = ends_at - interval '30 days'",
    "a meeting of somebody else": "UPDATE meetings SET specialist_id = (SELECT m.specialist_id FROM meetings m"
    " WHERE m.specialist_id <> meetings.specialist_id ORDER BY m.id LIMIT 1)"
    " WHERE state NOT IN ('planned', 'under_way')",
    "a meeting gone": "WITH told AS (DELETE FROM told_in_person), written AS (DELETE FROM announcements),"
    " confirmed AS (DELETE FROM confirmations) DELETE FROM meetings",
}


@pytest.mark.parametrize("late", LATE)
def test_what_comes_late_is_in_the_figures_at_once_and_would_be_missing_if_nobody_noticed(
    country: Country, late: str
) -> None:
    house, before = country.house, country.all_figures()

    house.sql(LATE[late])

    after = country.all_figures()
    assert after != before
    country.check()
    noticed = house.sql("DELETE FROM days_to_recount RETURNING specialist_id AS whose, day")
    assert country.all_figures() == before
    for one in noticed:
        house.sql("INSERT INTO days_to_recount (specialist_id, day) VALUES (:whose, :day)", **one)
    country.count()
    # Now out of the table, and nothing is left to be counted anew.
    assert country.all_figures() == after
    assert house.sql("SELECT id FROM days_to_recount") == []


def test_late_is_tried_for_every_column_that_the_triggers_watch(house: House) -> None:
    """A column that the figures are made of, and no trigger knows, is missed; each of those is tried above."""
    watched = house.sql(
        "SELECT c.relname AS name, a.attname AS watched FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (t.tgattr) WHERE t.tgname = 'day_to_recount'"
    )
    by_table = defaultdict(set)
    for row in watched:
        by_table[row["name"]].add(row["watched"])
    assert by_table == {
        "announcements": {"meeting_id", "message_id", "representative_id", "reason", "telling", "withdrawn_at"},
        "confirmations": {"meeting_id", "representative_id", "telling", "confirmed_at"},
        "meetings": {
            "specialist_id",
            "starts_at",
            "started_at",
            "earliest_started_at",
            "telling",
            "started_telling",
            "had_to_be_told",
        },
        "messages": {"state", "channel", "handed_over_at"},
        "told_in_person": {"meeting_id", "representative_id", "telling", "means", "told_at", "created_at"},
    }


def test_a_change_of_team_takes_the_figures_along(country: Country) -> None:
    whole = datetime.now(UTC) - timedelta(days=20), datetime.now(UTC)
    first, second = country.supervisors

    country.a_specialist_changes_the_team(0, 1)

    (moved,) = country.figures(second, *whole, "specialist").keys() - {(country.specialists[1].account_id, None)}
    assert moved == (country.specialists[0].account_id, None)
    assert list(country.figures(first, *whole, "specialist")) == [(country.specialists[2].account_id, None)]
    country.check()


def test_what_retention_and_erasure_take_away_changes_no_figure(
    country: Country, worker_app: Flask, owner_app: Flask
) -> None:
    house, before = country.house, country.all_figures()
    house.sql("UPDATE messages SET body = 'x', recipient = 'x', created_at = created_at - interval '9 years'")
    with worker_app.app_context(), transaction():
        drop_what_is_over()
    house.sql("UPDATE cases SET state = 'closed', closed_at = now(), close_reason = 'x'")
    with owner_app.app_context(), transaction():
        erased = [
            rows("SELECT erase_child(:id) AS done", id=row["id"]) for row in house.sql("SELECT id FROM children")
        ]

    assert [one[0]["done"] for one in erased] == [True] * 3
    assert house.sql("SELECT id FROM messages WHERE body IS NOT NULL") == []
    assert house.sql("SELECT id FROM days_to_recount") == []
    assert country.all_figures() == before
    country.check()


def test_what_is_under_way_while_a_day_is_counted_is_not_lost(country: Country) -> None:
    """Whoever counts waits for nobody, and does not see what is not committed yet."""
    house, before = country.house, country.all_figures()
    house.sql("DELETE FROM counted_days")

    with house.owner.connect() as late:
        late.execute(text(LATE["a receipt that says it failed"]))
        country.count()
        assert country.all_figures() == before
        late.commit()

    assert country.all_figures() != before
    country.check()
    with house.owner.connect() as late:
        late.execute(text("UPDATE messages SET state = 'withdrawn' WHERE state = 'failed'"))
        # This counts anew what the first one changed, and leaves what the second one does.
        country.count()
        late.commit()
    country.check()
    country.count()
    country.check()


def test_however_many_workers_count_each_day_is_counted_once(country: Country, worker_app: Flask) -> None:
    house, before = country.house, country.all_figures()
    for _ in range(3):
        house.sql("DELETE FROM counted_days")
        house.sql("UPDATE messages SET channel = CASE channel WHEN 'sms' THEN 'email' ELSE 'sms' END")
        at_once(*[lambda: count(worker_app)] * 4)
        # Who came second had nothing to do; the last one did the rest.
        country.count()
        country.check()
    assert country.all_figures() != before


def test_a_day_is_counted_from_six_in_the_morning_after_it(country: Country) -> None:
    (row,) = country.house.sql("SELECT now() AS now, min(starts_at) AS first FROM meetings")
    last = (clock.in_riga(row["now"]).replace(tzinfo=None) - timedelta(hours=6)).date() - timedelta(days=1)
    first = clock.in_riga(row["first"]).date()

    counted = [one["day"] for one in country.house.sql("SELECT day FROM counted_days ORDER BY day")]

    assert counted == [first + timedelta(days=one) for one in range((last - first).days + 1)]


def test_what_is_counted_is_no_more_looked_at(country: Country) -> None:
    """The figures of counted days come out of the table: what nobody could have made them of is in them."""
    country.house.sql("UPDATE day_figures SET in_time = in_time + 1000")

    assert all(line["in_time"] >= 1000 for line in country.all_figures().values())
    within = datetime.now(UTC) - timedelta(days=3, hours=1), datetime.now(UTC) - timedelta(days=3)
    assert all(line["in_time"] < 1000 for line in country.figures(country.administrator, *within, "team").values())


def test_the_worker_counts_and_the_api_gives_it(house: House, worker_app: Flask) -> None:
    """A receipt that comes two days later is in the figures of the team, of the country and of the page."""
    supervisor = house.a_supervisor()
    specialist = house.a_specialist(supervisor)
    family = house.a_family(supervisor, specialist)
    meeting = house.a_meeting(specialist, family["child"])
    house.hand_over_messages()
    done(specialist.act(f"meetings/{meeting['id']}/start", meeting, {"unannounced_reason": "Steidzami"}))
    # What is to come, or has just begun, is nobody's to note.
    assert house.sql("SELECT id FROM days_to_recount") == []
    house.sql(
        "UPDATE meetings SET starts_at = starts_at - interval '3 days', ends_at = ends_at - interval '3 days',"
        " started_at = started_at - interval '2 days'"
    )
    house.sql("UPDATE messages SET handed_over_at = now() - interval '4 days', provider_id = 'SM1'")
    with worker_app.app_context():
        routine.count()
    assert len(house.sql("SELECT day FROM day_figures WHERE sms_handed_over = 1 AND sms_delivered = 0")) == 1

    asked = urlencode({"from": at(soon(hours=-24 * 7)), "to": at(soon()), "by": "team"})
    delivered = []
    for _ in range(2):
        for phone in (supervisor, house.a_coordinator()):
            (line,) = done(phone.get(f"announcements/figures?{asked}"))["items"]
            delivered.append((line["in_time"], line["channels"][0]["delivered"]))
        house.sql(
            "INSERT INTO receipts (id, message_id, provider_id, status, received_at)"
            " SELECT gen_random_uuid(), id, 'SM1', 'delivered', now() FROM messages ON CONFLICT DO NOTHING"
        )
        with worker_app.app_context(), transaction():
            apply_receipts()

    assert delivered == [(1, 0), (1, 0), (1, 1), (1, 1)]


def test_nobody_but_the_functions_reads_or_writes_what_was_counted(country: Country, server: Any) -> None:
    for role in ("bas_app", "bas_worker"):
        with psycopg.connect(server.conninfo(role), autocommit=True) as connection:
            for statement in (
                "SELECT * FROM day_figures",
                "DELETE FROM counted_days",
                "INSERT INTO days_to_recount (specialist_id, day) VALUES (gen_random_uuid(), now())",
                "SELECT * FROM day_figures_of(now(), now(), NULL)",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(statement)
    with psycopg.connect(server.conninfo("bas_app"), autocommit=True) as connection:
        for statement in ("SELECT count_a_day()", "SELECT recount_days(1)"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def test_every_reason_and_every_channel_has_its_columns() -> None:
    """A new one must be counted, too, and the days before with it: a migration empties ``counted_days``."""
    columns = {column.name for column in DayFigures.__table__.columns}
    written = {f"{channel}_{name}" for channel in Channel for name in ("written", *FARED)}

    assert columns == {"specialist_id", "day", "meetings", "begun", "in_time", "told_by_a_person"} | written | {
        why.replace("-", "_") for why in REASONS_WHEN_NOT
    }
