"""Whoever has a meeting in their calendar has it as it is, also when a text message tells them first (D6)."""

from collections.abc import Callable

import pytest
from flask import Flask
from icalendar import Calendar

from bas_service.messaging.jobs import Claimed
from tests.announcements.test_by_every_channel import BOTH, NO_SUCH_ADDRESS, Family
from tests.builders import House, at, soon
from tests.callers import done


class WithEntry(Family):
    """A mother who reads texts, and has the meeting in her calendar by an e-mail."""

    def planned(self) -> dict[str, object]:
        return self.plan(starts_at=at(soon(hours=30)))

    def by_reserve(self) -> dict[str, object]:
        """No receipt came for the text, so the e-mail went out."""
        self.correct(**BOTH)
        meeting = self.planned()
        self.worker_step()
        self.hours_pass(1)
        assert self.look()[0] == 1
        (mail,) = self.worker_step()
        assert mail.attachment
        return meeting

    def by_choice(self) -> dict[str, object]:
        """She wanted e-mails then, and wants texts only now."""
        self.correct(channels=["email"], email="mamma@example.lv")
        meeting = self.planned()
        (mail,) = self.worker_step()
        assert mail.attachment
        self.correct(channels=["sms"])
        assert self.worker_step() == []
        return meeting

    def cancel(self, meeting: dict[str, object]) -> None:
        present = done(self.specialist.get(f"meetings/{meeting['id']}"))
        done(self.specialist.act(f"meetings/{meeting['id']}/cancel", present, {"reason": "child_ill"}))


def entry_of(mail: Claimed) -> tuple[str, int]:
    """What the entry does to the calendar, and which of its versions it is."""
    entry = Calendar.from_ical(mail.attachment or "")
    return str(entry["METHOD"]), int(entry.walk("VEVENT")[0]["SEQUENCE"])


@pytest.fixture
def family(house: House, worker_app: Flask) -> WithEntry:
    return WithEntry(house, worker_app)


@pytest.mark.parametrize("comes", [WithEntry.by_reserve, WithEntry.by_choice], ids=["reserve", "choice"])
def test_the_entry_is_updated_and_cancelled_beside_the_text(
    family: WithEntry, comes: Callable[[WithEntry], dict[str, object]]
) -> None:
    meeting = comes(family)

    family.change(meeting, starts_at=at(soon(hours=34)))
    text, mail = sorted(family.worker_step(), key=lambda one: one.channel, reverse=True)
    family.cancel(meeting)
    off, taken_out = sorted(family.worker_step(), key=lambda one: one.channel, reverse=True)

    assert [one.channel for one in (text, mail, off, taken_out)] == ["sms", "email", "sms", "email"]
    assert [entry_of(mail), entry_of(taken_out)] == [("REQUEST", 2), ("CANCEL", 3)]
    # Nothing more lies in reserve: no text comes twice, and nobody need call.
    assert family.look() == (0, 0)
    assert family.worker_step() == []


def test_that_the_e_mail_is_refused_spoils_nothing_that_the_text_told(family: WithEntry) -> None:
    meeting = family.by_reserve()
    family.change(meeting, starts_at=at(soon(hours=34)))

    went = family.worker_step()
    refused = next(one for one in went if one.channel == "email")
    family.house.sql("UPDATE messages SET state = 'failed', error_code = '550' WHERE id = :id", id=refused.id)

    assert family.look() == (0, 0)
    present = done(family.specialist.get(f"meetings/{meeting['id']}"))
    started = done(family.specialist.act(f"meetings/{meeting['id']}/start", present, {}))
    assert started["announced_in_time"] is True


def test_while_the_text_waits_a_refused_e_mail_is_nobodys_task(family: WithEntry) -> None:
    meeting = family.by_reserve()
    family.change(meeting, starts_at=at(soon(hours=34)))
    family.house.sql(
        "UPDATE messages SET next_attempt_at = now() + interval '4 hours' WHERE state = 'queued' AND channel = 'sms'"
    )

    (mail,) = family.worker_step(NO_SUCH_ADDRESS)

    assert mail.channel == "email"
    assert family.look() == (0, 0)


def test_an_address_that_takes_no_e_mail_any_more_gets_none(family: WithEntry) -> None:
    meeting = family.by_reserve()
    family.change(meeting, starts_at=at(soon(hours=34)))
    family.worker_step(NO_SUCH_ADDRESS, NO_SUCH_ADDRESS)
    family.house.sql("DELETE FROM barred_addresses WHERE channel = 'sms'")

    family.cancel(meeting)

    assert [one.channel for one in family.worker_step()] == ["sms"]


def test_who_was_never_written_by_e_mail_gets_it_in_reserve_as_before(family: WithEntry) -> None:
    family.correct(**BOTH)
    meeting = family.planned()
    family.worker_step()

    family.change(meeting, starts_at=at(soon(hours=34)))

    assert [one.channel for one in family.worker_step()] == ["sms"]


def test_a_change_that_leads_back_within_the_settling_time_sends_neither(family: WithEntry) -> None:
    meeting = family.by_reserve()
    family.under(settle_seconds=60)

    family.change(meeting, expected_minutes=30)
    family.change(meeting, expected_minutes=90)
    family.hours_pass(0.1)

    assert family.worker_step() == []
