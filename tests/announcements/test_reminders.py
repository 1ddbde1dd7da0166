"""Who is to be reminded is, whatever is corrected in between, and by the way that works by then (D6)."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from bas_service.messaging.jobs import Claimed
from tests.announcements.test_by_every_channel import BOTH, NO_SUCH_ADDRESS, WRONG_NUMBER, Family
from tests.builders import House, at, soon
from tests.callers import done

ELSEWHERE = {"type": "address", "name": "Muzejs", "address": "Krasta iela 2"}


class Reminded(Family):
    """A family that is reminded two hours before a meeting of which it was told three days before."""

    def __init__(self, house: House, worker_app: Flask) -> None:
        super().__init__(house, worker_app)
        self.under(settle_seconds=120, reminder_minutes=120)

    def plan_and_tell(self) -> dict[str, Any]:
        meeting = self.plan(starts_at=at(soon(hours=72)))
        assert len(self.worker_step()) == 1
        return meeting

    def waiting(self) -> list[tuple[str, timedelta]]:
        """The reminders that wait to go out: the channel, how long before the start."""
        found = self.house.sql(
            "SELECT DISTINCT x.id, x.channel, m.starts_at - x.next_attempt_at AS ahead FROM messages x"
            " JOIN announcements a ON a.message_id = x.id JOIN meetings m ON m.id = a.meeting_id"
            " WHERE x.state = 'queued' AND a.reason = 'reminder' AND a.withdrawn_at IS NULL ORDER BY x.id"
        )
        return [(row["channel"], row["ahead"]) for row in found]

    def reminded(self, *answers: Any) -> list[Claimed]:
        """What goes out once the time has come."""
        self.house.sql("UPDATE messages SET next_attempt_at = now() WHERE state IN ('queued', 'spare')")
        return self.worker_step(*answers)


ONE = [("sms", timedelta(hours=2))]


@pytest.fixture
def family(house: House, worker_app: Flask) -> Reminded:
    return Reminded(house, worker_app)


def test_a_change_that_leads_back_leaves_the_reminder(family: Reminded) -> None:
    meeting = family.plan_and_tell()
    assert family.waiting() == ONE

    family.change(meeting, place=ELSEWHERE)
    assert family.waiting() == ONE
    family.change(meeting, place={name: meeting["place"][name] for name in ("type", "name", "address")})

    assert family.waiting() == ONE
    (reminder,) = family.reminded()
    assert reminder.body.startswith("ATGADINAJUMS")
    assert "Muzejs" not in reminder.body


@pytest.mark.parametrize(("told_before", "is_reminded"), [(52, True), (1, False)])
def test_who_was_told_long_ago_is_reminded_also_when_a_change_leads_back_on_the_day_before(
    family: Reminded, told_before: float, *, is_reminded: bool
) -> None:
    meeting = family.plan(starts_at=at(soon(hours=20)))
    family.worker_step()
    family.hours_pass(told_before)

    family.change(meeting, place=ELSEWHERE)
    # Told of another place so late they need no reminder.
    assert family.waiting() == []
    family.change(meeting, place={name: meeting["place"][name] for name in ("type", "name", "address")})

    assert family.waiting() == ONE * is_reminded


CORRECTIONS = [
    {"email": "mamma@example.lv"},
    {"language": "ru"},
    {"valid_until": "2099-12-31"},
    {"phone": "+37120009999"},
    {"channels": ["email", "sms"], "email": "mamma@example.lv"},
]


@pytest.mark.parametrize("form", CORRECTIONS, ids=lambda form: next(iter(form)))
def test_whatever_is_corrected_of_a_representative_they_are_reminded_once(
    family: Reminded, form: dict[str, Any]
) -> None:
    family.plan_and_tell()

    family.correct(**form)

    channel = form.get("channels", ["sms"])[0]
    assert family.waiting() == [(channel, timedelta(hours=2))]
    went = family.reminded()
    begins = "НАПОМИНАНИЕ" if "language" in form else "ATG"
    told_anew = ["Anna:"] if "phone" in form else []
    assert sorted(one.body[: len(begins)] for one in went if not one.body.startswith("Anna:")) == [begins]
    assert [one.body[:5] for one in went if one.body.startswith("Anna:")] == told_anew


def test_suspended_and_in_force_again_one_is_reminded(family: Reminded) -> None:
    family.plan_and_tell()
    form = {"reason": "Court", "basis": "No. 1"}
    path = f"representatives/{family.mother['id']}"
    family.mother = done(family.supervisor.act(f"{path}/suspend", family.mother, form))
    assert family.waiting() == []

    family.mother = done(family.supervisor.act(f"{path}/resume", family.mother, form))

    assert family.waiting() == ONE


def test_whose_representation_ends_before_the_meeting_is_not_reminded(family: Reminded) -> None:
    family.plan_and_tell()

    family.correct(valid_until=soon(hours=24).date().isoformat())

    assert family.waiting() == []


def test_of_two_with_one_number_the_one_corrected_reads_the_others_reminder(family: Reminded) -> None:
    family.house.a_representative(
        family.supervisor, family.child, name="Tētis Izdomāts", phone=family.mother["phone"]
    )
    family.plan_and_tell()

    family.correct(email="mamma@example.lv")

    assert family.waiting() == ONE
    reminded = family.house.sql(
        "SELECT count(DISTINCT representative_id) AS people, count(DISTINCT message_id) AS texts"
        " FROM announcements WHERE reason = 'reminder' AND withdrawn_at IS NULL"
    )
    assert reminded == [{"people": 2, "texts": 1}]


def test_a_reminder_to_a_number_that_turned_out_wrong_goes_by_e_mail(family: Reminded) -> None:
    family.correct(**BOTH)
    family.plan(starts_at=at(soon(hours=72)))
    family.worker_step(WRONG_NUMBER)
    assert family.look() == (1, 0)
    assert [one.channel for one in family.worker_step()] == ["email"]

    assert family.reminded() == []
    assert family.look() == (1, 0)

    (reminder,) = family.worker_step()
    assert (reminder.channel, reminder.recipient) == ("email", "mamma@example.lv")
    assert reminder.body.startswith("ATGĀDINĀJUMS")


def test_a_reminder_that_no_way_carries_is_nobodys_task_while_they_know_of_the_meeting(family: Reminded) -> None:
    family.correct(**BOTH)
    family.plan_and_tell()

    family.reminded(WRONG_NUMBER)
    assert family.look() == (1, 0)
    family.worker_step(NO_SUCH_ADDRESS)

    assert family.look() == (0, 0)


def test_what_lies_in_reserve_for_a_reminder_does_not_stand_for_what_it_reminds_of(family: Reminded) -> None:
    family.correct(**BOTH)
    meeting = family.plan(starts_at=at(soon(hours=72)))
    family.worker_step(WRONG_NUMBER)
    family.look()
    family.worker_step(NO_SUCH_ADDRESS)
    family.house.sql("UPDATE messages SET state = 'failed' WHERE state = 'queued'")

    family.correct(email="cita@example.lv")

    (told,) = [one for one in family.worker_step() if one.body.startswith("Anna:")]
    assert told.recipient == "cita@example.lv"
    assert family.told(meeting)[-2:] == [("email", "planned", "handed_over"), ("email", "reminder", "queued")]
