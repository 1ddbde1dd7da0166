"""The service notices when something is wrong with itself: once, whoever looks, and until it is over."""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from bas_service.config import Gateway
from bas_service.database import new_id, transaction
from bas_service.duties.rules import DutyKind
from bas_service.oversight import watching
from bas_service.oversight.alarm_rules import AlarmKind, Limits, limits_of, words_of
from bas_service.retention.jobs import drop_what_is_over
from bas_service.translation import Language
from tests.builders import House
from tests.callers import at_once, done
from tests.tables import statements_of

LIMITS = Limits(
    queue=timedelta(minutes=5), receipts=timedelta(hours=3), worker=timedelta(minutes=1), failure_percent=20
)
_MESSAGE = """
    INSERT INTO messages (id, subject_id, channel, parts, state, useful_until, attempts, checks, repeated, created_at,
        next_attempt_at, attempted_at, handed_over_at, due_at)
    VALUES (:id, gen_random_uuid(), :channel, :parts, :state, now() + interval '1 day', :attempts, 0, false,
        now() - :created, now() - CAST(:due AS interval), now() - CAST(:attempted AS interval),
        now() - CAST(:handed_over AS interval), now() - CAST(:first_due AS interval))
"""

# Ids that begin with the time they were made at, as the service makes them.
_TOLD = """
    WITH made AS (
        INSERT INTO messages (id, subject_id, channel, parts, state, useful_until, attempts, checks, repeated,
            created_at)
        SELECT CAST(lpad(to_hex(CAST(extract(epoch FROM now() - :ago) * 1000 AS bigint)), 12, '0') || '7000'
                || substr(md5(random()::text), 1, 16) AS uuid),
            :child, 'sms', :parts, 'delivered', now(), 1, 0, false, now() - :ago
        FROM generate_series(1, :number) RETURNING id, created_at)
    INSERT INTO announcements (id, meeting_id, child_id, representative_id, reason, telling, created_at)
    SELECT id, :meeting, :child, :whom, 'changed', 1, created_at FROM made
"""


def a_message(house: House, state: str, **more: Any) -> None:
    """A message in the outbox; moments are told as how long they are ago."""
    values: dict[str, Any] = {"channel": "sms", "parts": 1, "attempts": 0, "created": timedelta(days=2)}
    values |= dict.fromkeys(("due", "attempted", "handed_over", "first_due")) | more
    house.sql(_MESSAGE, id=new_id(), state=state, **values)


def look(app: Flask, limits: Limits = LIMITS) -> None:
    """Look at the figures, as if nobody had in the past half minute."""
    with app.app_context(), transaction():
        watching.note(watching.SEEN_IN_FIGURES, watching.causes_in(watching.service_figures(), limits))


def alarms(house: House) -> list[tuple[str, str, dict[str, int], bool]]:
    """Every alarm there was: kind, about what, figures, whether it is open."""
    found = house.sql("SELECT kind, about, details, ended_at IS NULL AS open FROM alarms ORDER BY raised_at, about")
    return [(row["kind"], row["about"], row["details"], row["open"]) for row in found]


def silent_worker(house: House) -> None:
    house.sql("INSERT INTO heartbeats VALUES ('worker', now() - interval '90 seconds')")


def messages_that_wait(house: House) -> None:
    a_message(house, "queued", due=timedelta(minutes=6))


def messages_in_vain(house: House) -> None:
    a_message(house, "queued", due=-timedelta(minutes=2), attempts=7)


def held_back_by_a_broken_channel(house: House) -> None:
    """Tried once; since then nobody tries, as the channel is out of order."""
    house.sql(
        "UPDATE channel_states SET state = 'open', probe_at = now() + interval '9 minutes' WHERE channel = 'sms'"
    )
    a_message(house, "queued", due=timedelta(minutes=5), attempts=1, first_due=timedelta(minutes=6))


def look_ups_that_wait(house: House) -> None:
    a_message(house, "uncertain", due=timedelta(minutes=6))


def no_receipts(house: House) -> None:
    for hours in range(5, 0, -1):
        gone = timedelta(hours=hours)
        a_message(house, "handed_over", attempted=gone, handed_over=gone)


def failures(house: House) -> None:
    for number in range(10):
        a_message(house, "failed" if number < 3 else "handed_over", attempted=timedelta(minutes=30), channel="email")


def texts_refused(house: House) -> None:
    for code in ("30007", "30007", "21211"):
        a_message(house, "failed", attempted=timedelta(minutes=30))
        house.sql("UPDATE messages SET error_code = :code WHERE error_code IS NULL", code=code)


def a_defect_of_ours(house: House) -> None:
    a_message(house, "failed", attempted=timedelta(minutes=30))
    house.sql("UPDATE messages SET error_code = '35114'")


CAUSES: list[tuple[Callable[[House], None], tuple[str, str, dict[str, int]], str]] = [
    (silent_worker, ("worker-silent", "", {"seconds": 90}), "UPDATE heartbeats SET beat_at = now()"),
    (messages_that_wait, ("queue-old", "", {"seconds": 360}), "UPDATE messages SET state = 'handed_over'"),
    (messages_in_vain, ("queue-old", "", {"seconds": 420}), "UPDATE messages SET state = 'handed_over'"),
    (
        held_back_by_a_broken_channel,
        ("queue-old", "", {"seconds": 360}),
        "UPDATE channel_states SET state = 'closed'; UPDATE messages SET state = 'handed_over'",
    ),
    (look_ups_that_wait, ("queue-old", "", {"seconds": 360}), "UPDATE messages SET next_attempt_at = NULL"),
    (
        no_receipts,
        ("no-receipts", "", {"seconds": 18_000, "count": 5}),
        "INSERT INTO receipts VALUES (gen_random_uuid(), gen_random_uuid(), 'SM1', 'sent', NULL, now(), NULL)",
    ),
    (
        failures,
        ("failures-many", "email", {"percent": 30, "count": 10}),
        "UPDATE messages SET attempted_at = now() - interval '61 minutes'",
    ),
    (
        texts_refused,
        ("texts-refused", "30007", {"count": 2}),
        "UPDATE messages SET attempted_at = now() - interval '61 minutes'",
    ),
    (
        a_defect_of_ours,
        ("texts-refused", "35114", {"count": 1}),
        "UPDATE messages SET attempted_at = now() - interval '61 minutes'",
    ),
]


@pytest.mark.parametrize(("cause", "alarm", "mended"), CAUSES, ids=[cause.__name__ for cause, _, _ in CAUSES])
def test_an_alarm_is_raised_once_and_ends_with_its_cause(
    house: House,
    app: Flask,
    caplog: pytest.LogCaptureFixture,
    cause: Callable[[House], None],
    alarm: tuple[str, str, dict[str, int]],
    mended: str,
) -> None:
    look(app)
    assert alarms(house) == []

    cause(house)
    look(app)
    look(app)
    assert alarms(house) == [(*alarm, True)]
    assert [line.levelno for line in caplog.records if "ALARM: " in line.getMessage()] == [logging.ERROR]

    house.sql(mended)
    look(app)
    assert alarms(house) == [(*alarm, False)]

    # The same again is another alarm: what was is kept.
    house.empty()
    cause(house)
    look(app)
    assert alarms(house) == [(*alarm, True)]


def test_while_a_broken_channel_is_tried_its_alarm_neither_ends_nor_begins_anew(house: House, app: Flask) -> None:
    """With the only message that waits: it is in a worker's hands for a while, and waits again."""
    held_back_by_a_broken_channel(house)
    look(app)
    for state in ("sending", "queued"):
        house.sql("UPDATE messages SET state = :state, attempts = 2", state=state)
        look(app)

    assert alarms(house) == [("queue-old", "", {"seconds": 360}, True)]


def test_a_first_try_with_a_broken_channel_does_not_end_the_alarm(house: House, app: Flask) -> None:
    messages_that_wait(house)
    look(app)
    house.sql("UPDATE messages SET state = 'sending', attempts = 1")
    look(app)

    assert alarms(house) == [("queue-old", "", {"seconds": 360}, True)]


def test_what_is_no_cause_yet_raises_nothing(house: House, app: Flask) -> None:
    house.sql("INSERT INTO heartbeats VALUES ('worker', now() - interval '30 seconds')")
    # Due for a while; to be sent on another day; tried in vain twice.
    a_message(house, "queued", due=timedelta(minutes=4))
    a_message(house, "queued", due=-timedelta(days=1))
    a_message(house, "queued", due=-timedelta(seconds=3), attempts=2)
    a_message(house, "queued", due=-timedelta(seconds=3), attempts=7, first_due=timedelta(minutes=4))
    # Written long ago to go out today, and in a worker's hands; waits until its number had some rest.
    a_message(house, "sending", due=timedelta(seconds=3), attempts=1, first_due=timedelta(seconds=3))
    a_message(house, "queued", due=-timedelta(minutes=1), first_due=timedelta(minutes=9))
    # Four texts of the night, and a morning's that nobody can have answered yet.
    for hours in (9, 8, 7, 6):
        a_message(house, "handed_over", attempted=timedelta(hours=hours), handed_over=timedelta(hours=hours))
    # One of five of a channel failed, and all of nine of the other one.
    for number in range(10):
        a_message(house, "failed" if number < 2 else "delivered", attempted=timedelta(minutes=5))
    for _ in range(9):
        a_message(house, "failed", attempted=timedelta(minutes=5), channel="email")

    look(app)

    assert alarms(house) == []


def test_a_provider_is_silent_only_when_it_has_said_nothing_since(house: House, app: Flask) -> None:
    no_receipts(house)
    receipt = "INSERT INTO receipts VALUES (:id, :id, 'SM1', 'sent', NULL, now() - interval '2 hours', NULL)"
    house.sql(receipt, id=new_id())
    look(app)
    assert alarms(house) == []


def test_where_nobody_sends_receipts_none_are_missed(house: House, app: Flask, other_settings: Any) -> None:
    no_receipts(house)

    look(app, limits_of(other_settings(gateway=Gateway.CONSOLE)))
    assert alarms(house) == []
    look(app, limits_of(other_settings(gateway=Gateway.TWILIO)))
    assert [alarm[0] for alarm in alarms(house)] == ["no-receipts"]


def test_two_channels_have_an_alarm_each(house: House, app: Flask) -> None:
    failures(house)
    for _ in range(12):
        a_message(house, "failed", attempted=timedelta(minutes=30))
    look(app)
    house.sql("UPDATE messages SET state = 'delivered' WHERE channel = 'sms'")
    look(app)

    assert [(about, is_open) for _, about, _, is_open in alarms(house)] == [("email", True), ("sms", False)]


def test_however_many_notice_at_once_there_is_one_alarm(house: House, app: Flask, worker_app: Flask) -> None:
    silent_worker(house)
    messages_that_wait(house)
    failures(house)

    at_once(*[lambda one=one: look(one) for one in (app, worker_app) * 6])

    assert sorted(alarm[0] for alarm in alarms(house)) == ["failures-many", "queue-old", "worker-silent"]


def test_texts_that_became_longer_are_an_alarm_of_their_reason_and_language(
    house: House, worker_app: Flask, app: Flask
) -> None:
    supervisor = house.a_supervisor()
    specialist = house.a_specialist(supervisor)
    family = house.a_family(supervisor, specialist)
    meeting = house.a_meeting(specialist, family["child"])
    (text,) = meeting["announcements"]

    def told(number: int, *, days: float, parts: int) -> None:
        about = {"child": family["child"]["id"], "meeting": meeting["id"], "whom": text["representative_id"]}
        house.sql(_TOLD, ago=timedelta(days=days), parts=parts, number=number, **about)

    def look_at_costs() -> list[tuple[str, str, dict[str, int], bool]]:
        with worker_app.app_context(), transaction():
            watching.watch_costs()
        return alarms(house)

    told(30, days=40, parts=1)
    told(19, days=5, parts=1)
    told(30, days=0.2, parts=2)
    assert look_at_costs() == []
    told(1, days=29, parts=1)
    # One long text among many short ones changes no median.
    told(3, days=4, parts=5)
    expected = ("texts-longer", "changed/lv", {"now": 2, "usual": 1})
    assert look_at_costs() == [(*expected, True)]
    assert look_at_costs() == [(*expected, True)]
    look(app)
    assert alarms(house) == [(*expected, True)]
    told(40, days=0.1, parts=1)
    assert look_at_costs() == [(*expected, False)]


def test_the_web_server_looks_at_most_every_half_minute(house: House, app: Flask) -> None:
    client = app.test_client()
    client.get("/health/ready")
    silent_worker(house)

    with statements_of(app) as found:
        for path in ("/metrics", "/health/ready"):
            assert client.get(path).status_code == 200
    assert alarms(house) == []
    assert not [one for one in found if "note_alarms" in one]

    house.sql("UPDATE heartbeats SET beat_at = beat_at - interval '31 seconds' WHERE part = 'watch'")
    client.get("/health/ready")
    assert [alarm[0] for alarm in alarms(house)] == ["worker-silent"]


@pytest.mark.parametrize("path", ["/metrics", "/health/ready"])
def test_whoever_asks_the_web_server_how_it_is_lets_it_look(house: House, app: Flask, path: str) -> None:
    silent_worker(house)

    assert app.test_client().get(path).status_code == 200

    assert [alarm[0] for alarm in alarms(house)] == ["worker-silent"]


def test_the_sign_of_life_is_told_to_whoever_runs_the_service(house: House, app: Flask, worker_app: Flask) -> None:
    client = app.test_client()
    assert done(client.get("/health/ready"))["worker_seconds"] is None
    assert "heartbeat" not in client.get("/metrics").get_data(as_text=True)

    with worker_app.app_context(), transaction():
        watching.beat()
    assert 0 <= done(client.get("/health/ready"))["worker_seconds"] < 60
    house.sql("UPDATE heartbeats SET beat_at = beat_at - interval '10 minutes'")
    assert 600 <= done(client.get("/health/ready"))["worker_seconds"] < 660

    told = client.get("/metrics").get_data(as_text=True)
    assert 'bas_alarm{kind="worker-silent"} 1.0' in told
    assert 'bas_alarm{kind="queue-old"} 0.0' in told
    assert "bas_worker_heartbeat_age_seconds 6" in told


def test_figures_tell_what_waits_what_is_in_doubt_and_whom_nobody_reached(house: House, app: Flask) -> None:
    supervisor = house.a_supervisor()
    specialist = house.a_specialist(supervisor)
    child = house.a_family(supervisor, specialist)["child"]
    house.raise_a_duty(specialist, child, kind=DutyKind.REPRESENTATIVE_UNREACHED)
    house.raise_a_duty(specialist, child)
    a_message(house, "uncertain")
    a_message(house, "queued", due=timedelta(seconds=100))

    told = app.test_client().get("/metrics").get_data(as_text=True)

    assert "\nbas_uncertain_messages 1.0\n" in told
    assert "\nbas_unreached_duties 1.0\n" in told
    assert "\nbas_oldest_due_seconds 100." in told


def test_alarms_are_read_by_those_who_answer_for_the_service(house: House, app: Flask) -> None:
    supervisor, administrator = house.a_supervisor(), house.an_administrator()
    silent_worker(house)
    look(app)
    house.sql("UPDATE heartbeats SET beat_at = now()")
    messages_that_wait(house)
    look(app)

    for phone in (supervisor, administrator):
        waits, silent = done(phone.get("alarms"))["items"]
        assert (waits["kind"], waits["text"], waits["ended_at"]) == (
            "queue-old",
            "Messages wait: the oldest one has been due for 6 minutes.",
            None,
        )
        assert (silent["kind"], silent["ended_at"] is None) == ("worker-silent", False)
        assert [one["kind"] for one in done(phone.get("alarms?state=open"))["items"]] == ["queue-old"]
        assert [one["kind"] for one in done(phone.get("alarms?state=ended"))["items"]] == ["worker-silent"]
        page = done(phone.get("alarms?limit=1"))
        assert page["items"] == [waits]
        assert done(phone.get(f"alarms?limit=1&cursor={page['next']}")) == {"items": [silent], "next": None}
    assert house.looks_of(supervisor) == []


def test_nobody_makes_or_ends_an_alarm_by_hand(house: House) -> None:
    supervisor = house.a_supervisor()
    for statement in (
        "INSERT INTO alarms VALUES (gen_random_uuid(), 'queue-old', '', '{}', now(), NULL)",
        "UPDATE alarms SET ended_at = now()",
        "INSERT INTO heartbeats VALUES ('worker', now())",
        "UPDATE heartbeats SET beat_at = now()",
    ):
        with house.asking(supervisor) as connection, pytest.raises(Exception, match="permission denied"):
            connection.exec_driver_sql(statement)


def test_an_alarm_that_is_over_is_kept_for_a_year(house: House, app: Flask, worker_app: Flask) -> None:
    for days, is_open in ((400, False), (300, False), (500, True)):
        house.sql(
            "INSERT INTO alarms VALUES (gen_random_uuid(), 'queue-old', '', '{}', now() - :ago, :ended)"
            if is_open
            else "INSERT INTO alarms VALUES (gen_random_uuid(), 'queue-old', '', '{}', now() - :ago, now() - :ended)",
            ago=timedelta(days=days),
            ended=None if is_open else timedelta(days=days),
        )

    with worker_app.app_context(), transaction():
        drop_what_is_over()

    kept = house.sql("SELECT CAST(now() AS date) - CAST(raised_at AS date) AS days FROM alarms ORDER BY 1")
    assert [row["days"] for row in kept] == [300, 500]


@pytest.mark.parametrize("language", list(Language))
def test_every_alarm_has_words_in_every_language(language: Language) -> None:
    details = {"seconds": 90, "count": 5, "percent": 30, "now": 3, "usual": 2}

    for kind in AlarmKind:
        assert words_of(kind, "sms", details, language=language).endswith(".")
