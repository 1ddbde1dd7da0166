"""By which channel somebody is told, what lies in reserve, and when it is woken (D6, D29)."""

import random
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from flask import Flask
from icalendar import Calendar

from bas_service import clock
from bas_service.announcements.queries import telling_policy
from bas_service.database import transaction
from bas_service.meetings.jobs import still_to_be_told, unreached_before_meetings
from bas_service.messaging import jobs
from bas_service.messaging.failing_over import fail_over
from bas_service.messaging.jobs import Claimed
from bas_service.messaging.rules import BarReason, HandOver, Verdict
from bas_service.sealing import keys
from tests.builders import House, at, soon
from tests.callers import done

BOTH = {"channels": ["sms", "email"], "email": "mamma@example.lv"}
WRONG_NUMBER = HandOver(verdict=Verdict.REFUSED, error_code="21211", bars=BarReason.WRONG_NUMBER)
NO_SUCH_ADDRESS = HandOver(verdict=Verdict.REFUSED, error_code="smtp-550", bars=BarReason.BOUNCED)
IN_DOUBT = HandOver(verdict=Verdict.AMBIGUOUS, error_code="20500")


class Family:
    """Anna, her mother who reads texts and e-mails, and a worker that goes one step when it is told to."""

    def __init__(self, house: House, worker_app: Flask) -> None:
        self.house = house
        self.supervisor = house.a_supervisor()
        self.administrator = house.an_administrator()
        self.specialist = house.a_specialist(self.supervisor)
        family = house.a_family(self.supervisor, self.specialist)
        self.child, self.mother = family["child"], family["representative"]
        self._worker_app = worker_app

    def correct(self, **form: Any) -> None:
        """Correct what is known of the mother."""
        path = f"representatives/{self.mother['id']}"
        self.mother = done(self.supervisor.change(path, self.mother, form))

    def plan(self, **more: Any) -> dict[str, Any]:
        return self.house.a_meeting(self.specialist, self.child, **more)

    def change(self, meeting: dict[str, Any], **form: Any) -> dict[str, Any]:
        present = done(self.specialist.get(f"meetings/{meeting['id']}"))
        return done(self.specialist.change(f"meetings/{meeting['id']}", present, form))

    def under(self, **policy: Any) -> None:
        """From today on another policy of telling is in force."""
        self.house.a_telling_policy(self.administrator, valid_from=clock.today().isoformat(), **policy)

    def worker_step(self, *answers: HandOver) -> list[Claimed]:
        """Let everything due go out; the first ones get these answers, the others are accepted."""
        left = list(answers)
        with self._worker_app.app_context():
            with transaction():
                claimed = jobs.claim_due(50, lease=60.0, still_right={"announcements": still_to_be_told})
            with transaction():
                for message in claimed:
                    answer = left.pop(0) if left else HandOver(verdict=Verdict.ACCEPTED, provider_id=uuid.uuid4().hex)
                    jobs.settle(message, answer, first_check=60.0, chance=random.Random(1))
        return claimed

    def look(self) -> tuple[int, int]:
        """What a worker does every minute: how many messages go by another channel, how many duties are new."""
        with self._worker_app.app_context():
            with transaction():
                policy = telling_policy()
                patience, near = timedelta(minutes=policy.failover_minutes), timedelta(minutes=policy.urgent_minutes)
                woken = fail_over(patience=patience, near=near)
            with transaction():
                return woken, unreached_before_meetings()

    @contextmanager
    def in_between(self) -> Iterator[None]:
        """A worker that has woken what was in reserve a moment ago."""
        with self._worker_app.app_context(), transaction():
            yield

    def told(self, meeting: dict[str, Any]) -> list[tuple[str, str, str]]:
        """Of each announcement: by which channel, why, how far it is; those in reserve are none."""
        shown = done(self.specialist.get(f"meetings/{meeting['id']}"))["announcements"]
        return [(one["channel"], one["reason"], one["state"]) for one in shown]

    def hours_pass(self, hours: float) -> None:
        """Everything about messages is so much longer ago."""
        self.house.sql(
            "UPDATE messages SET created_at = created_at - :time, handed_over_at = handed_over_at - :time,"
            " next_attempt_at = next_attempt_at - :time",
            time=timedelta(hours=hours),
        )


@pytest.fixture
def family(house: House, worker_app: Flask) -> Family:
    return Family(house, worker_app)


def first(meeting: dict[str, Any]) -> str:
    """The message that tells of a planned meeting."""
    return str(meeting["announcements"][0]["id"])


# --- which channel


def test_the_first_channel_that_can_be_used_is_used_and_the_others_wait_in_reserve(family: Family) -> None:
    family.correct(**BOTH)

    meeting = family.plan()

    assert [(one["channel"], one["state"]) for one in meeting["announcements"]] == [("sms", "queued")]
    assert family.house.sql("SELECT channel, state FROM messages ORDER BY id") == [
        {"channel": "sms", "state": "queued"},
        {"channel": "email", "state": "spare"},
    ]
    assert [one.channel for one in family.worker_step()] == ["sms"]
    assert family.worker_step() == []


def test_who_prefers_e_mail_is_told_by_e_mail_with_an_entry_for_the_calendar(family: Family) -> None:
    family.correct(channels=["email", "sms"], email="mamma@example.lv")

    meeting = family.plan()
    (mail,) = family.worker_step()
    family.change(meeting, starts_at=at(soon(hours=30)))
    (change,) = family.worker_step()
    done(family.specialist.act(f"meetings/{meeting['id']}/cancel", _now(family, meeting), {"reason": "child_ill"}))
    (cancellation,) = family.worker_step()

    assert [one.recipient for one in (mail, change, cancellation)] == ["mamma@example.lv"] * 3
    assert [one.follows_id for one in (mail, change, cancellation)] == [None, mail.id, mail.id]
    # Programs keep together what has one subject; and it says no more than it must.
    assert {one.subject_line for one in (mail, change, cancellation)} == {"Anna: par tikšanos"}
    assert mail.body.startswith("Anna: ")
    assert "ā" in mail.body
    entries = [Calendar.from_ical(one.attachment or "") for one in (mail, change, cancellation)]
    events = [entry.walk("VEVENT")[0] for entry in entries]
    assert [entry["METHOD"] for entry in entries] == ["REQUEST", "REQUEST", "CANCEL"]
    assert [event["SEQUENCE"] for event in events] == [1, 2, 3]
    assert len({event["UID"] for event in events}) == 1
    assert [event["STATUS"] for event in events] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert events[0]["DTSTART"].dt == datetime.fromisoformat(meeting["starts_at"])
    assert events[0]["DTSTART"].params["TZID"] == "Europe/Riga"
    assert "Bibliotēka" not in str(events[2].to_ical(), "utf-8")


def _now(family: Family, meeting: dict[str, Any]) -> dict[str, Any]:
    return done(family.specialist.get(f"meetings/{meeting['id']}"))


# --- failing over


def test_a_wrong_number_is_barred_and_the_same_news_go_by_e_mail_at_once(family: Family) -> None:
    family.correct(**BOTH)
    meeting = family.plan()
    family.worker_step(WRONG_NUMBER)

    assert family.look() == (1, 0)
    (mail,) = family.worker_step()

    first, second = _now(family, meeting)["announcements"]
    assert (first["state"], second["state"], second["replaces_id"]) == ("failed", "handed_over", first["id"])
    assert (mail.channel, mail.recipient) == ("email", "mamma@example.lv")
    assert family.look() == (0, 0)
    # The number is known to be wrong: the next meeting is told by e-mail from the beginning.
    again = family.plan(starts_at=at(soon(hours=48)))
    assert [(one["channel"], one["state"]) for one in again["announcements"]] == [("email", "queued")]
    assert again["warnings"] == []


def test_a_text_that_fails_right_after_the_reserves_were_looked_at_is_nobody_s_task_yet(family: Family) -> None:
    family.correct(**BOTH)
    family.plan()
    family.worker_step(WRONG_NUMBER)

    with family.in_between():
        assert unreached_before_meetings() == 0

    assert family.look() == (1, 0)
    family.worker_step(NO_SUCH_ADDRESS)
    with family.in_between():
        assert unreached_before_meetings() == 1


def test_only_when_every_channel_is_exhausted_somebody_must_call(family: Family) -> None:
    family.correct(**BOTH)
    meeting = family.plan()
    family.worker_step(WRONG_NUMBER)
    assert family.look() == (1, 0)

    family.worker_step(NO_SUCH_ADDRESS)

    assert family.look() == (0, 1)
    assert family.told(meeting) == [("sms", "planned", "failed"), ("email", "planned", "failed")]
    unreachable = family.plan(starts_at=at(soon(hours=48)))
    assert (unreachable["announcements"], unreachable["warnings"]) == ([], ["no-reachable-representative"])


@pytest.mark.parametrize(("code", "bars"), [("30005", "wrong_number"), ("21610", "opted_out"), ("30007", None)])
def test_a_receipt_of_failure_fails_over_and_bars_when_the_number_is_to_blame(
    family: Family, worker_app: Flask, code: str, bars: str | None
) -> None:
    family.correct(**BOTH)
    meeting = family.plan()
    (text,) = family.worker_step()
    family.house.sql(
        "INSERT INTO receipts (id, message_id, provider_id, status, error_code, received_at)"
        " SELECT gen_random_uuid(), id, provider_id, 'undelivered', :code, now() FROM messages WHERE id = :id",
        id=text.id,
        code=code,
    )
    with worker_app.app_context(), transaction():
        jobs.apply_receipts()

    assert family.look() == (1, 0)
    assert [one.channel for one in family.worker_step()] == ["email"]
    assert family.told(meeting)[0] == ("sms", "planned", "failed")
    found = family.house.sql("SELECT reason, barred_by FROM barred_addresses")
    assert found == ([{"reason": bars, "barred_by": text.id}] if bars else [])


def test_a_text_without_a_receipt_for_long_goes_by_e_mail_too_and_a_delivered_one_does_not(family: Family) -> None:
    family.correct(**BOTH)
    silent, delivered = family.plan(), family.plan(starts_at=at(soon(hours=48)))
    family.worker_step()
    family.house.sql(
        "UPDATE messages SET state = 'delivered', delivered_at = now() WHERE id = :id",
        id=delivered["announcements"][0]["id"],
    )
    assert family.look() == (0, 0)

    family.hours_pass(0.6)

    assert family.look() == (1, 0)
    assert [one.channel for one in family.worker_step()] == ["email"]
    assert family.told(silent) == [("sms", "planned", "handed_over"), ("email", "planned", "handed_over")]
    assert family.told(delivered) == [("sms", "planned", "delivered")]


@pytest.mark.parametrize(("hours", "woken"), [(2, 1), (24, 0)])
def test_a_text_in_doubt_is_told_by_e_mail_only_when_the_meeting_is_near(
    family: Family, hours: float, woken: int
) -> None:
    family.correct(**BOTH)
    family.plan(starts_at=at(soon(hours=hours)))
    family.worker_step(IN_DOUBT)

    assert family.look()[0] == woken
    # By its own channel it is not repeated for this.
    assert [one.channel for one in family.worker_step()] == ["email"] * woken


def test_what_waits_for_a_broken_channel_goes_by_another_one_when_the_meeting_comes_near(family: Family) -> None:
    family.correct(**BOTH)
    near, far = family.plan(starts_at=at(soon(hours=2))), family.plan(starts_at=at(soon(hours=48)))
    family.house.sql(
        "UPDATE channel_states SET state = 'open', since = now() - interval '1 hour',"
        " probe_at = now() + interval '1 hour' WHERE channel = 'sms'"
    )
    assert family.look()[0] == 0

    family.hours_pass(0.6)

    assert family.look()[0] == 1
    assert family.told(near) == [("sms", "planned", "withdrawn"), ("email", "planned", "queued")]
    assert family.told(far) == [("sms", "planned", "queued")]
    # Whoever is told now is told by what works.
    assert [one["channel"] for one in family.plan(starts_at=at(soon(hours=72)))["announcements"]] == ["email"]


def test_what_must_wait_for_half_an_hour_is_given_up_when_the_meeting_comes_near(family: Family) -> None:
    family.correct(**BOTH)
    meeting = family.plan(starts_at=at(soon(hours=1)))
    family.worker_step(HandOver(verdict=Verdict.PASSING, error_code="30450", retry_after=1800.0))
    assert family.look()[0] == 0

    family.house.sql("UPDATE messages SET created_at = created_at - interval '31 minutes'")

    assert family.look()[0] == 1
    assert family.told(meeting) == [("sms", "planned", "withdrawn"), ("email", "planned", "queued")]


@pytest.mark.parametrize("ending", ["suspended", "protected", "changed", "another address", "no e-mail"])
def test_what_lies_in_reserve_is_looked_at_like_everything_else_before_it_goes_out(
    family: Family, ending: str
) -> None:
    family.correct(**BOTH)
    meeting = family.plan()
    family.worker_step(WRONG_NUMBER)
    family.look()

    if ending == "suspended":
        path = f"representatives/{family.mother['id']}/suspend"
        done(family.supervisor.act(path, family.mother, {"reason": "Court", "basis": "No. 1"}))
    elif ending == "protected":
        family.house.a_protected_place(family.supervisor, family.mother)
    elif ending == "changed":
        family.change(meeting, expected_minutes=45)
    else:
        form = {"email": "cita@example.lv"} if ending == "another address" else {"channels": ["sms"]}
        family.house.sql("UPDATE representatives SET email_digest = :digest", digest=keys_digest(family, form))
        if "channels" in form:
            family.house.sql("UPDATE representatives SET channels = '{sms}'")

    went = family.worker_step()

    assert [one.body for one in went if "1 stunda 30" in one.body] == []


def keys_digest(family: Family, form: dict[str, Any]) -> str | None:
    """The keyed hash of a new address."""
    with family.house.app.app_context():
        return keys().digest(form.get("email", "mamma@example.lv"), "email")


# --- one number, two parents


def test_two_parents_with_one_number_read_one_text_and_both_are_told(family: Family) -> None:
    father = family.house.a_representative(
        family.supervisor, family.child, name="Tētis Izdomāts", phone=family.mother["phone"]
    )

    meeting = family.plan()

    assert [one.recipient for one in family.worker_step()] == [family.mother["phone"]]
    shown = _now(family, meeting)["announcements"]
    assert {one["representative_id"] for one in shown} == {family.mother["id"], father["id"]}
    assert [one["state"] for one in shown] == ["handed_over"] * 2
    started = done(family.specialist.act(f"meetings/{meeting['id']}/start", meeting, {}))
    assert started["announced_in_time"] is True


@pytest.mark.parametrize("suspended", [["mother"], ["mother", "father"]])
def test_of_two_with_one_number_the_text_stops_only_when_it_is_right_for_nobody(
    family: Family, suspended: list[str]
) -> None:
    father = family.house.a_representative(
        family.supervisor, family.child, name="Tētis Izdomāts", phone=family.mother["phone"]
    )
    family.plan()
    people = {"mother": family.mother, "father": father}
    for one in suspended:
        path = f"representatives/{people[one]['id']}/suspend"
        done(family.supervisor.act(path, people[one], {"reason": "Court", "basis": "No. 1"}))

    assert len(family.worker_step()) == (1 if suspended == ["mother"] else 0)


def test_two_with_one_number_and_two_languages_read_a_text_each(family: Family) -> None:
    russian = {"name": "Папа Выдуманный", "language": "ru", "phone": family.mother["phone"]}
    family.house.a_representative(family.supervisor, family.child, **russian)

    family.plan()

    assert len(family.worker_step()) == 2


# --- bursts


def test_ten_changes_in_a_minute_are_one_text(family: Family) -> None:
    meeting = family.plan()
    family.worker_step()
    family.under(settle_seconds=60)

    for minutes in range(35, 85, 5):
        family.change(meeting, expected_minutes=minutes)

    assert family.worker_step() == []
    family.hours_pass(0.1)
    (text,) = family.worker_step()
    assert text.body.startswith("IZMAINAS")
    assert "1 stunda 20 minutes" in text.body


def test_a_change_that_leads_back_to_what_was_told_is_told_by_that_and_costs_nothing(family: Family) -> None:
    meeting = family.plan()
    family.worker_step()
    family.under(settle_seconds=60)

    family.change(meeting, expected_minutes=30)
    back = family.change(meeting, expected_minutes=90)
    family.hours_pass(0.1)

    assert family.worker_step() == []
    assert family.told(back) == [
        ("sms", "planned", "handed_over"),
        ("sms", "changed", "withdrawn"),
        ("sms", "changed", "handed_over"),
    ]
    assert family.look() == (0, 0)
    started = done(family.specialist.act(f"meetings/{meeting['id']}/start", _now(family, meeting), {}))
    assert started["announced_in_time"] is True


def test_a_change_of_a_meeting_that_is_near_does_not_wait_for_another_one(family: Family) -> None:
    family.under(settle_seconds=60)
    meeting = family.plan(starts_at=at(soon(hours=2)))
    family.worker_step()

    family.change(meeting, expected_minutes=30)

    assert len(family.worker_step()) == 1


@pytest.mark.parametrize("policy", [{"settle_seconds": 900}, "quiet now"], ids=["settling", "quiet hours"])
def test_whoever_expects_the_child_to_be_away_soon_is_told_at_once_that_it_is_another_day(
    family: Family, policy: Any
) -> None:
    # Read once: a minute may pass.
    now = soon(hours=0)
    near = family.plan(starts_at=at(now + timedelta(hours=1.5)), expected_minutes=30)
    far = family.plan(starts_at=at(now + timedelta(hours=20)))
    unknown = family.plan(starts_at=at(now + timedelta(hours=2.2)))
    family.house.sql(
        "UPDATE messages SET next_attempt_at = now() + interval '1 hour' WHERE id = :id", id=first(unknown)
    )
    assert len(family.worker_step()) == 2
    hours = {
        name: f"{clock.in_riga(now) + timedelta(hours=by):%H:%M}"
        for name, by in (("quiet_from", -1), ("quiet_until", 6))
    }
    family.under(**(hours if policy == "quiet now" else policy))

    for number, meeting in enumerate((near, far, unknown)):
        family.change(meeting, starts_at=at(now + timedelta(hours=30 + 2 * number)))

    assert family.house.sql(
        "SELECT useful_until - wanted_by AS sooner FROM messages WHERE wanted_by IS NOT NULL ORDER BY wanted_by"
    ) == [
        {"sooner": timedelta(hours=28.5)},
        {"sooner": timedelta(hours=12)},
    ]
    # Nobody knows of the third one but as it is now.
    assert [one.useful_until for one in family.worker_step()] == [now + timedelta(hours=30)]


# --- quiet hours, reminders, the return


def test_at_night_nobody_is_told_of_a_meeting_that_is_not_near(
    family: Family, monkeypatch: pytest.MonkeyPatch
) -> None:
    family.under(quiet_from="22:00", quiet_until="07:00")
    night = datetime.combine(clock.today() + timedelta(days=1), time(23, 30), clock.RIGA)
    monkeypatch.setattr(clock, "now", lambda: night.astimezone(clock.UTC))
    morning = datetime.combine(night.date() + timedelta(days=1), time(7), clock.RIGA)

    family.plan(starts_at=at(night + timedelta(hours=20)))
    family.plan(starts_at=at(night + timedelta(minutes=170)), expected_minutes=30)

    due = family.house.sql("SELECT next_attempt_at FROM messages ORDER BY id")
    assert [row["next_attempt_at"] for row in due] == [morning, night]


def test_whoever_was_told_long_before_is_reminded_once_and_of_the_latest_truth(family: Family) -> None:
    family.under(reminder_minutes=120)
    meeting = family.plan(starts_at=at(soon(hours=30)))
    family.plan(starts_at=at(soon(hours=20)))
    assert len(family.worker_step()) == 2

    family.change(meeting, expected_minutes=45)
    family.hours_pass(29)
    went = family.worker_step()

    assert sorted(one.body.split(".")[0] for one in went) == ["ATGADINAJUMS", "IZMAINAS"]
    assert all("45 minutes" in one.body for one in went)


@pytest.mark.parametrize("tell_return", [True, False])
def test_that_the_child_is_back_is_told_where_the_policy_wants_it(family: Family, *, tell_return: bool) -> None:
    family.under(tell_return=tell_return)
    meeting = family.plan()
    family.worker_step()
    started = done(family.specialist.act(f"meetings/{meeting['id']}/start", meeting, {}))

    held = done(family.specialist.act(f"meetings/{meeting['id']}/finish", started, {}))

    assert [one.body.split(":")[0] for one in family.worker_step()] == ["Anna"] * tell_return
    assert [reason for _, reason, _ in family.told(held)] == ["planned"] + ["returned"] * tell_return


def test_whom_the_policy_only_allows_to_tell_is_told_and_nobodys_task(family: Family) -> None:
    family.under(must_tell=["parent"], may_tell=["foster_family"])
    foster = {"name": "Foster Parents", "relation": "foster_family"}
    family.house.a_representative(family.supervisor, family.child, **foster)
    family.house.a_representative(family.supervisor, family.child, name="Aizbildnis", relation="guardian")

    meeting = family.plan()
    family.house.hand_over_messages("failed")

    assert len(meeting["announcements"]) == 2
    assert family.look() == (0, 1)
