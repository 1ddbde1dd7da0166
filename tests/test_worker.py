"""The worker in its own threads: what wakes it, what it survives, how it pauses and how it stops."""

import io
import logging
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import quote

import pytest
from flask import Flask
from twilio.request_validator import RequestValidator

from bas_service import DatabaseRole, clock, create_app, embedded, worker
from bas_service.carriers import gateway_of
from bas_service.config import Gateway as GatewayName
from bas_service.config import Settings, SmtpSecurity
from bas_service.database import db, transaction
from bas_service.messaging import inbound, rules
from bas_service.messaging.gateways import ConsoleGateway, Gateway
from bas_service.messaging.twilio_gateway import TwilioGateway
from bas_service.worker import Worker
from tests.builders import House, at, soon
from tests.callers import done
from tests.faults.outbox import asked_of, listeners
from tests.faults.processes import wait_until
from tests.faults.stand_in import (
    Fault,
    TwilioStandIn,
    list_fails,
    refused,
    reset_after_accepting,
    reset_before_accepting,
    server_error,
    slow_answer,
    slow_before_accepting,
)
from tests.messaging.mail_server import MailServer

# Longer than any test: what goes out went out for another reason.
NEVER = 3600.0


class Family:
    """A child with a parent and a specialist who plans meetings."""

    def __init__(self, house: House) -> None:
        self.house = house
        self._supervisor = house.a_supervisor()
        self.specialist = house.a_specialist(self._supervisor)
        self._family = house.a_family(self._supervisor, self.specialist)
        self.phone = self._family["representative"]["phone"]
        self._hours = 24

    def plan(self) -> dict[str, Any]:
        """Plan a meeting, an hour after the one before; gives its announcement."""
        self._hours += 2
        meeting = self.house.a_meeting(self.specialist, self._family["child"], starts_at=at(soon(hours=self._hours)))
        return meeting["announcements"][0] | {"meeting_id": meeting["id"]}

    def the_same_text_again(self) -> None:
        """Everything queued is queued once more, as it was when parents with one number got a text each."""
        self.house.sql(
            "WITH again AS (SELECT gen_random_uuid() AS id, a.id AS old FROM announcements a), texts AS ("
            " INSERT INTO messages (id, subject_id, channel, recipient, recipient_digest, body, parts, state,"
            " useful_until, next_attempt_at, attempts, checks, repeated, created_at)"
            " SELECT again.id, subject_id, channel, recipient, recipient_digest, body, parts, state,"
            " useful_until, next_attempt_at, attempts, checks, repeated, created_at"
            " FROM messages m JOIN again ON again.old = m.id)"
            " INSERT INTO announcements (id, meeting_id, child_id, representative_id, reason, telling, created_at)"
            " SELECT again.id, meeting_id, child_id, representative_id, reason, telling, created_at"
            " FROM announcements a JOIN again ON again.old = a.id"
        )

    def reads_e_mails_too(self) -> None:
        """The mother is told by e-mail when no text reaches her."""
        mother = self._family["representative"]
        both = {"channels": ["sms", "email"], "email": "mamma@example.lv"}
        done(self._supervisor.change(f"representatives/{mother['id']}", mother, both))

    def change_the_place(self, meeting_id: str) -> None:
        """The meeting will be elsewhere."""
        meeting = done(self.specialist.get(f"meetings/{meeting_id}"))
        place = {"type": "address", "name": "Muzejs", "address": "Krasta iela 2"}
        done(self.specialist.change(f"meetings/{meeting_id}", meeting, {"place": place}))

    def messages(self) -> list[dict[str, Any]]:
        """The outbox in the order of planning."""
        return self.house.sql("SELECT * FROM messages ORDER BY useful_until, id")

    def wait_to_be_told_to_call(self, meeting_id: str) -> None:
        """Wait until the specialist has the duty to tell the parent of this meeting; seconds, not a minute."""

        def has_it() -> bool:
            duties = done(self.specialist.get("duties"))["items"]
            return [(duty["kind"], duty["about_id"]) for duty in duties] == [("representative-unreached", meeting_id)]

        wait_until(has_it, "the specialist is to call", seconds=20)

    def states(self) -> list[str]:
        """The states of the messages in the order of planning."""
        return [row["state"] for row in self.messages()]

    def wait_for(self, *states: str) -> None:
        """Wait until the messages are in these states."""
        try:
            wait_until(lambda: self.states() == list(states), f"the messages are {states}", seconds=30)
        except AssertionError as in_vain:
            raise AssertionError(f"{in_vain}; they are {self.states()}") from None


@pytest.fixture
def family(house: House) -> Family:
    return Family(house)


@pytest.fixture
def working(other_settings: Callable[..., Settings]) -> Callable[..., Any]:
    """Let a worker work; its gateway prints nowhere unless told otherwise."""

    @contextmanager
    def run(gateway: Gateway | None = None, **values: Any) -> Iterator[Worker]:
        settings = other_settings(**{"poll_seconds": NEVER} | values)
        app = create_app(settings, role=DatabaseRole.WORKER)
        running = Worker(app, gateway or ConsoleGateway(io.StringIO()))
        running.start()
        try:
            yield running
        finally:
            running.stop()
            with app.app_context():
                db.engine.dispose()

    return run


@pytest.fixture
def twilio() -> Iterator[TwilioStandIn]:
    with TwilioStandIn(receipts=False) as twilio:
        yield twilio


@pytest.fixture
def sending_to(
    twilio: TwilioStandIn, working: Callable[..., Any], other_settings: Callable[..., Settings]
) -> Callable[..., Any]:
    """Let a worker send to the stand-in, with intervals short enough to wait for."""

    def run(**values: Any) -> Any:
        usual: dict[str, Any] = {
            "poll_seconds": 0.1,
            "send_timeout_seconds": 5.0,
            "send_lease_seconds": 20.0,
            "reconcile_seconds": (0.2, 0.5),
            "twilio_api_url": twilio.url,
        }
        return working(TwilioGateway(other_settings(**usual | values)), **usual | values)

    return run


def report(app: Flask, ref: str, provider_id: str, status: str, **more: str) -> None:
    """Let Twilio report how far a message has come."""
    settings: Settings = app.config["BAS"]
    address = f"/hooks/twilio/status?ref={ref}"
    fields = {"MessageSid": provider_id, "MessageStatus": status} | more
    signature = RequestValidator(settings.twilio_auth_token).compute_signature(settings.public_url + address, fields)
    sent = app.test_client().post(address, data=fields, headers={"X-Twilio-Signature": signature})
    assert sent.status_code == 204


# --- what wakes it


def test_a_planned_meeting_wakes_the_worker_though_it_never_polls(
    family: Family, working: Callable[..., Any]
) -> None:
    with working():
        family.plan()
        family.wait_for("handed_over")
        # The first could have been found at the start; for the second there is only the notification.
        family.plan()
        family.wait_for("handed_over", "handed_over")


def test_in_quiet_hours_a_worker_wakes_nobody_whatever_has_come_to_its_turn(
    family: Family, working: Callable[..., Any]
) -> None:
    now = clock.in_riga(clock.now())
    family.house.a_telling_policy(
        family.house.an_administrator(),
        valid_from=clock.today().isoformat(),
        quiet_from=f"{now - timedelta(hours=1):%H:%M}",
        quiet_until=f"{now + timedelta(hours=2):%H:%M}",
    )
    family.plan()
    # As when it was put back into the queue.
    family.house.sql("UPDATE messages SET next_attempt_at = now()")
    with working():
        family.wait_for("queued")
        urgent = "UPDATE messages SET wanted_by = now() + interval '1 hour', next_attempt_at = now()"
        held = "SELECT next_attempt_at > now() + interval '1 hour' AS held FROM messages"
        wait_until(lambda: family.house.sql(held) == [{"held": True}], "it waits for the morning")
        family.house.sql(urgent)
        family.plan()
        family.wait_for("handed_over", "queued")


def test_a_receipt_wakes_a_worker_that_never_polls(family: Family, app: Flask, working: Any) -> None:
    with working():
        ref = family.plan()["id"]
        family.wait_for("handed_over")
        for status in ("sent", "delivered"):
            report(app, ref, family.messages()[0]["provider_id"], status)

        family.wait_for("delivered")


def test_a_text_that_comes_in_is_with_the_child_without_a_poll_and_nobody_is_answered(
    family: Family, working: Callable[..., Any], server: embedded.Server, app: Flask
) -> None:
    with working(ConsoleGateway(phone := io.StringIO())):
        wait_until(lambda: len(listeners(server)) == 1, "the worker listens")
        with app.app_context(), transaction():
            inbound.note_text("SM" + "7" * 32, sender=family.phone, body="Anna ir slima")
        wait_until(lambda: len(family.house.sql("SELECT id FROM replies")) == 1, "the reply is with the child")

    (duty,) = done(family.specialist.get("duties"))["items"]
    assert duty["kind"] == "representative-replied"
    assert phone.getvalue() == ""


def test_what_nothing_announced_is_found_by_polling(family: Family, working: Callable[..., Any]) -> None:
    with working(poll_seconds=0.1):
        family.plan()
        family.wait_for("handed_over")
        family.house.sql("ALTER TABLE messages DISABLE TRIGGER tell_the_worker")
        try:
            family.plan()
        finally:
            family.house.sql("ALTER TABLE messages ENABLE TRIGGER tell_the_worker")

        family.wait_for("handed_over", "handed_over")


def test_what_waits_for_its_senders_turn_goes_out_when_that_has_come_without_a_poll(
    family: Family, working: Callable[..., Any]
) -> None:
    for _ in range(3):
        family.plan()
    with working(texts_per_second=2):
        family.wait_for(*["handed_over"] * 3)

    (turns,) = family.house.sql("SELECT channel, sender, waited_for_turn > 0 AS waited FROM sender_turns")
    assert turns == {"channel": "sms", "sender": "BAS", "waited": True}


def test_a_number_that_had_enough_gets_the_rest_later_as_the_policy_says(
    family: Family, working: Callable[..., Any]
) -> None:
    policy = {"valid_from": clock.today().isoformat(), "texts_per_number": 2, "texts_per_number_minutes": 5}
    done(family.house.an_administrator().post("telling-policies", policy))
    for _ in range(3):
        family.plan()

    with working():
        wait_until(lambda: sorted(family.states()) == ["handed_over", "handed_over", "queued"], "two went out")
        family.house.sql(
            "UPDATE messages SET attempted_at = attempted_at - interval '5 minutes', next_attempt_at = now()"
        )
        family.plan()
        # The new one wakes the worker, and there is room for both.
        family.wait_for(*["handed_over"] * 4)


def test_a_worker_that_cannot_listen_polls(
    family: Family, working: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(worker, "CHANNEL", "nothing with this name")
    with working(poll_seconds=0.1):
        wait_until(lambda: "not listening" in caplog.text, "the worker has noticed")
        family.plan()

        family.wait_for("handed_over")


def test_a_worker_whose_listening_is_cut_listens_again(
    family: Family, working: Callable[..., Any], server: embedded.Server
) -> None:
    with working():
        wait_until(lambda: len(listeners(server)) == 1, "the worker listens")
        (first,) = listeners(server)
        asked_of(server, "SELECT pg_terminate_backend(%s)", first)
        wait_until(lambda: listeners(server) not in ([], [first]), "the worker listens again")
        family.plan()

        family.wait_for("handed_over")


def test_a_change_that_waited_for_the_plan_follows_it_without_a_poll(
    family: Family, twilio: TwilioStandIn, sending_to: Callable[..., Any]
) -> None:
    twilio.misbehave(slow_before_accepting(0.7))
    with sending_to(poll_seconds=NEVER):
        announcement = family.plan()
        family.wait_for("sending")
        family.change_the_place(announcement["meeting_id"])
        family.wait_for("handed_over", "handed_over")

    assert ["Muzejs" in text.body for text in twilio.messages] == [False, True]


# --- what it survives


class Road:
    """The way to the database, which can be closed; whoever is on it is thrown off."""

    def __init__(self, folder: Path, server: embedded.Server) -> None:
        self._link = folder / "db"
        self._server = server
        self.url = f"postgresql+psycopg://bas_worker@/bas?host={quote(str(self._link))}&application_name=on_the_road"

    def open(self) -> None:
        """Let the database be found."""
        self._link.symlink_to(self._server.socket_dir)

    def close(self) -> None:
        """Let nobody find the database any more."""
        self._link.unlink()
        everybody = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'on_the_road'"
        asked_of(self._server, everybody)


@pytest.fixture
def road(server: embedded.Server) -> Iterator[Road]:
    # Not pytest's own folder: a socket's address has room for a short path only.
    with tempfile.TemporaryDirectory(prefix="bas-") as folder:
        yield Road(Path(folder), server)


def test_a_worker_started_before_its_database_begins_when_that_is_there(
    family: Family, working: Callable[..., Any], road: Road, caplog: pytest.LogCaptureFixture
) -> None:
    family.plan()
    with working(worker_database_url=road.url):
        wait_until(lambda: "the database is away" in caplog.text, "the worker has noticed")
        assert family.states() == ["queued"]

        road.open()

        family.wait_for("handed_over")


def test_what_was_planned_while_the_worker_had_no_database_goes_out_when_it_has_it_again(
    family: Family, working: Callable[..., Any], road: Road
) -> None:
    road.open()
    with working(worker_database_url=road.url):
        family.plan()
        family.wait_for("handed_over")
        road.close()
        family.plan()

        road.open()

        family.wait_for("handed_over", "handed_over")


def test_an_answer_outlives_a_short_absence_of_the_database(
    family: Family, twilio: TwilioStandIn, sending_to: Callable[..., Any], road: Road
) -> None:
    road.open()
    twilio.misbehave(slow_answer(0.5))
    # The lease outlives the test: no look-up finds out what the answer said.
    with sending_to(worker_database_url=road.url, send_lease_seconds=600.0):
        family.plan()
        wait_until(lambda: len(twilio.messages) == 1, "the text is there")
        road.close()
        threading.Event().wait(1.0)
        assert family.states() == ["sending"]

        road.open()

        family.wait_for("handed_over")
    assert family.messages()[0]["provider_id"] == twilio.messages[0].sid


def test_a_claim_that_cannot_be_committed_takes_no_sender_away(
    family: Family, working: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    house = family.house
    house.sql(
        "CREATE FUNCTION refuse_the_commit() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'not now'; END $$"
    )
    house.sql(
        "CREATE CONSTRAINT TRIGGER refuse_the_commit AFTER UPDATE ON messages DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW WHEN (NEW.state = 'sending') EXECUTE FUNCTION refuse_the_commit()"
    )
    try:
        family.plan()
        with working(senders=1, poll_seconds=0.1):
            wait_until(lambda: caplog.text.count("a job of the worker failed") >= 2, "two claims have failed")
            assert family.states() == ["queued"]
            house.sql("DROP FUNCTION refuse_the_commit CASCADE")

            family.wait_for("handed_over")
    finally:
        house.sql("DROP FUNCTION IF EXISTS refuse_the_commit CASCADE")


def test_a_defect_in_deciding_what_is_right_ends_no_thread(
    family: Family,
    working: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    defects = [ValueError("a defect"), KeyError("another")]

    def sometimes(ids: list[uuid.UUID]) -> set[uuid.UUID]:
        if defects:
            raise defects.pop()
        return set(ids)

    monkeypatch.setitem(worker.POSTERS, "announcements", sometimes)
    family.plan()
    with working():
        family.wait_for("handed_over")

    failed = [record for record in caplog.records if record.message.startswith("a job of the worker failed")]
    assert [record.levelno for record in failed] == [logging.ERROR, logging.ERROR]


class BrokenOnce(ConsoleGateway):
    """A gateway with a defect: it breaks its promise and raises, the first time."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self.asked: list[uuid.UUID] = []

    def hand_over(self, message: Any) -> Any:
        self.asked.append(message.id)
        if len(self.asked) == 1:
            raise RuntimeError("a defect")
        return super().hand_over(message)


def test_a_message_on_which_the_gateway_broke_is_in_doubt_and_the_sender_goes_on(
    family: Family, working: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    family.plan()
    gateway = BrokenOnce(io.StringIO())
    with working(
        gateway,
        senders=1,
        poll_seconds=0.1,
        send_timeout_seconds=0.5,
        send_lease_seconds=1.0,
        reconcile_seconds=(1.0,),
    ):
        wait_until(lambda: "could not be handed over" in caplog.text, "the gateway is broken")
        family.plan()
        # The first was looked up when its lease was over, not found, and repeated.
        family.wait_for("handed_over", "handed_over")

    # Not how often it was claimed: on a busy machine a claim may have grown old before the gateway was asked.
    asked = [(row["repeated"], gateway.asked.count(row["id"])) for row in family.messages()]
    assert asked == [(True, 2), (False, 1)]


def test_a_message_whose_claim_has_grown_old_is_not_sent_on_it(
    family: Family, twilio: TwilioStandIn, sending_to: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that was suspended must not send what another one may be looking up already."""
    times = []

    def slow_once(ids: list[uuid.UUID]) -> set[uuid.UUID]:
        times.append(len(ids))
        if len(times) == 1:
            time.sleep(0.3)
        return set(ids)

    monkeypatch.setitem(worker.POSTERS, "announcements", slow_once)
    family.plan()
    with sending_to(send_timeout_seconds=4.9, send_lease_seconds=5.0):
        wait_until(lambda: [row["error_code"] for row in family.messages()] == ["suspended"], "it was given back")
        assert twilio.messages == []

        family.wait_for("handed_over")
    assert (len(twilio.messages), family.messages()[0]["attempts"]) == (1, 2)


# --- what it does when it does not know


@pytest.mark.parametrize(
    ("faults", "attempts"),
    [
        ([reset_after_accepting()], 1),
        ([reset_before_accepting()], 2),
        ([server_error(503)], 2),
        ([reset_after_accepting(), list_fails(500), list_fails(503)], 1),
    ],
    ids=["accepted", "not accepted", "a 503", "accepted, and twice no list"],
)
def test_a_message_in_doubt_is_looked_up_and_repeated_only_if_it_is_not_there(
    family: Family, twilio: TwilioStandIn, sending_to: Callable[..., Any], faults: list[Fault], attempts: int
) -> None:
    twilio.misbehave(*faults)
    with sending_to():
        family.plan()
        family.wait_for("handed_over")

    (message,) = family.messages()
    (text,) = twilio.messages
    assert (message["provider_id"], message["attempts"]) == (text.sid, attempts)


def test_two_texts_in_the_same_words_both_go_out_though_nobody_can_tell_them_apart(
    family: Family, twilio: TwilioStandIn, sending_to: Callable[..., Any]
) -> None:
    """One text is there and one is not, and both were in doubt: the one there is taken for one of them only."""
    twilio.misbehave(reset_after_accepting(), reset_before_accepting())
    family.plan()
    family.the_same_text_again()
    with sending_to():
        family.wait_for("handed_over", "handed_over")

    assert {row["provider_id"] for row in family.messages()} == {text.sid for text in twilio.messages}
    assert [(text.to, text.body) for text in twilio.messages] == [(family.phone, twilio.messages[0].body)] * 2


def test_a_message_in_doubt_twice_is_left_to_a_person(
    family: Family, twilio: TwilioStandIn, sending_to: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    twilio.misbehave(server_error(), server_error())
    with sending_to():
        ref = family.plan()["id"]
        wait_until(lambda: f"ALARM: message {ref} stays in doubt" in caplog.text, "somebody is told to call")

    assert (family.states(), twilio.messages) == (["uncertain"], [])


# --- whom it did not reach


def test_a_number_that_twilio_refuses_is_the_specialists_task_at_once(
    family: Family, twilio: TwilioStandIn, sending_to: Callable[..., Any]
) -> None:
    twilio.misbehave(refused(21211))
    with sending_to(poll_seconds=NEVER):
        # What the worker looks for when it starts is over.
        threading.Event().wait(0.5)
        meeting_id = family.plan()["meeting_id"]
        family.wait_to_be_told_to_call(meeting_id)

    assert family.states() == ["failed"]


def test_a_receipt_that_a_text_was_not_delivered_is_the_specialists_task_at_once(
    family: Family, app: Flask, working: Callable[..., Any]
) -> None:
    with working():
        announcement = family.plan()
        family.wait_for("handed_over")
        report(app, announcement["id"], family.messages()[0]["provider_id"], "undelivered")

        family.wait_to_be_told_to_call(announcement["meeting_id"])


def test_a_text_to_a_phone_that_is_off_goes_out_once_more_and_then_by_e_mail(
    family: Family, app: Flask, working: Callable[..., Any]
) -> None:
    family.reads_e_mails_too()
    with working(poll_seconds=0.1):
        text = family.plan()["id"]
        family.wait_for("handed_over", "spare")
        report(app, text, first := family.messages()[0]["provider_id"], "undelivered", ErrorCode="30003")
        wait_until(lambda: family.messages()[0]["first_provider_id"] == first, "the text goes out once more")
        family.wait_for("handed_over", "spare")
        second = family.messages()[0]["provider_id"]
        assert second != first

        report(app, text, second, "undelivered", ErrorCode="30003")
        family.wait_for("failed", "handed_over")

    assert [row["channel"] for row in family.messages()] == ["sms", "email"]


def test_a_worker_that_starts_finds_whom_the_one_before_did_not_reach(
    family: Family, working: Callable[..., Any]
) -> None:
    meeting_id = family.plan()["meeting_id"]
    family.house.sql("UPDATE messages SET state = 'failed'")
    with working():
        family.wait_to_be_told_to_call(meeting_id)


def test_a_number_that_twilio_refuses_is_told_by_e_mail_and_is_nobodys_task(
    family: Family, twilio: TwilioStandIn, working: Callable[..., Any], other_settings: Callable[..., Settings]
) -> None:
    family.reads_e_mails_too()
    twilio.misbehave(refused(21211))
    with MailServer() as mail_server:
        settings = other_settings(
            gateway=GatewayName.TWILIO,
            twilio_api_url=twilio.url,
            smtp_host="127.0.0.1",
            smtp_port=mail_server.port,
            smtp_security=SmtpSecurity.NONE,
            smtp_sender="bas@example.lv",
        )
        with working(gateway_of(settings), poll_seconds=0.1):
            family.plan()
            family.wait_for("failed", "handed_over")

    assert twilio.messages == []
    assert [mail["To"] for mail in mail_server.mails] == ["mamma@example.lv"]
    assert "Bibliotēka" in mail_server.mails[0].get_body(("plain",)).get_content()
    assert done(family.specialist.get("duties"))["items"] == []


# --- how it pauses


@pytest.mark.parametrize("fault", [refused(21212), refused(20003, 401)], ids=["the sender", "the token"])
def test_a_wrong_setting_pauses_all_and_burns_nothing(
    family: Family,
    twilio: TwilioStandIn,
    sending_to: Callable[..., Any],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    fault: Fault,
) -> None:
    twilio.misbehave_by(lambda number, form: fault)
    for _ in range(4):
        family.plan()
    with sending_to(senders=1):
        wait_until(lambda: "ALARM: the channel sms does not work" in caplog.text, "the worker has noticed")
        wait_until(lambda: "sending" not in family.states(), "the answer is written down")
        threading.Event().wait(0.5)
        assert twilio.faults_used == {fault.name: 1}
        assert family.states() == ["queued"] * 4

    # A worker started after somebody mended the settings.
    twilio.behave()
    family.house.sql("UPDATE messages SET next_attempt_at = now() WHERE attempts > 0")
    with sending_to():
        family.wait_for(*["handed_over"] * 4)


def test_the_pause_ends_by_itself_when_the_settings_are_mended_at_twilio(
    family: Family, twilio: TwilioStandIn, sending_to: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "MISCONFIGURED_PAUSE", timedelta(seconds=0.3))
    twilio.misbehave(refused(21606), refused(21606), refused(21606))
    for _ in range(3):
        family.plan()
    with sending_to(senders=1):
        family.wait_for(*["handed_over"] * 3)

    assert twilio.faults_used == {"refused_21606": 3}
    assert len(twilio.messages) == 3


def test_a_country_that_is_not_switched_on_holds_up_nobody_else(
    house: House, family: Family, twilio: TwilioStandIn, sending_to: Callable[..., Any], caplog: Any
) -> None:
    other = Family(house)
    twilio.misbehave_by(lambda number, form: refused(21408) if form["To"] == family.phone else None)
    with sending_to():
        held = family.plan()["id"]
        wait_until(lambda: "21408" in caplog.text, "the first is refused")
        other.plan()
        wait_until(lambda: len(twilio.messages) == 1, "the other one went out")

    assert sorted(family.states()) == ["handed_over", "queued"]
    assert f"ALARM: the gateway may not send to the number of message {held}" in caplog.text


# --- how it stops


def test_a_stopped_worker_finishes_what_is_in_hand_and_takes_nothing_more(
    family: Family, twilio: TwilioStandIn, sending_to: Callable[..., Any]
) -> None:
    twilio.misbehave_by(lambda number, form: slow_answer(0.4))
    for _ in range(4):
        family.plan()
    with sending_to(senders=1):
        wait_until(lambda: len(twilio.messages) == 1, "the first is in hand")

    assert len(twilio.messages) == 1
    assert sorted(family.states()) == ["handed_over", "queued", "queued", "queued"]


def test_a_worker_that_never_found_its_database_can_be_stopped(working: Callable[..., Any], road: Road) -> None:
    with working(worker_database_url=road.url):
        pass
    assert [thread.name for thread in threading.enumerate() if thread.name in {"dispatch", "listen"}] == []


def test_what_the_worker_told_is_what_the_parent_was_to_know(
    family: Family, twilio: TwilioStandIn, sending_to: Callable[..., Any]
) -> None:
    with sending_to():
        announcement = family.plan()
        family.wait_for("handed_over")

    (text,) = twilio.messages
    assert (text.to, text.body) == (family.phone, announcement["text"])
    meeting = done(family.specialist.get(f"meetings/{announcement['meeting_id']}"))
    assert [one["state"] for one in meeting["announcements"]] == ["handed_over"]
