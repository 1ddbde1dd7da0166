"""Whoever knows is not told once more: nothing follows what was read and confirmed, or told by a person (D6)."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from bas_service import clock
from bas_service.messaging.rules import HandOver, Verdict
from tests.announcements.test_by_every_channel import BOTH, WRONG_NUMBER, Family
from tests.builders import House, at, soon
from tests.callers import Holder, done

TEMPORARILY = HandOver(verdict=Verdict.PASSING, error_code="x")


@pytest.fixture
def family(house: House, worker_app: Flask) -> Family:
    """A mother who reads texts and e-mails."""
    family = Family(house, worker_app)
    family.correct(**BOTH)
    return family


def read(family: Family) -> None:
    """The mother reads on the page what is planned, and says so; the text with the link is not looked at here."""
    done(family.specialist.post(f"representatives/{family.mother['id']}/see-link", {"channel": "sms"}))
    holder = Holder(family.house.app, family.house.the_link(), family.mother)
    holder.get()
    holder.enter()
    assert holder.do("read").status_code == 200
    family.house.sql("UPDATE messages SET state = 'withdrawn' WHERE poster = 'links'")


def call(family: Family, meeting: dict[str, Any]) -> None:
    told = {"representative_id": family.mother["id"], "means": "phone"}
    done(family.specialist.post(f"meetings/{meeting['id']}/told", told))


def sent_by(family: Family, *answers: HandOver) -> list[str]:
    """By which channels a worker sends what is due."""
    return [one.channel.value for one in family.worker_step(*answers)]


@pytest.mark.parametrize(("knows", "then"), [("not", ["email"]), ("read", []), ("called", [])])
def test_after_a_text_without_a_receipt_nothing_goes_by_e_mail_to_whoever_knows(
    family: Family, knows: str, then: list[str]
) -> None:
    meeting = family.plan(starts_at=at(soon(hours=3)))
    assert sent_by(family) == ["sms"]
    if knows == "read":
        read(family)
    elif knows == "called":
        call(family, meeting)
    family.hours_pass(1.0)

    family.look()

    assert sent_by(family) == then
    assert family.look() == (0, 0)


@pytest.mark.parametrize(("knows", "then"), [("read", []), ("called", ["email"])])
def test_what_was_only_said_on_the_telephone_still_goes_out_in_writing(
    family: Family, knows: str, then: list[str]
) -> None:
    """D6: in writing. A wrong number has told nothing."""
    meeting = family.plan(starts_at=at(soon(hours=3)))
    assert sent_by(family, WRONG_NUMBER) == ["sms"]
    if knows == "read":
        # The number is no good; the link came by another way.
        family.house.sql(
            "INSERT INTO confirmations (id, meeting_id, child_id, representative_id, telling, confirmed_at)"
            " VALUES (gen_random_uuid(), :meeting, :child, :mother, 1, now())",
            meeting=meeting["id"],
            child=family.child["id"],
            mother=family.mother["id"],
        )
    else:
        call(family, meeting)

    family.look()

    assert sent_by(family) == then


def test_what_waits_is_not_sent_to_whoever_has_read_it_and_what_changes_afterwards_is(family: Family) -> None:
    meeting = family.plan(starts_at=at(soon(hours=3)))
    assert sent_by(family, TEMPORARILY) == ["sms"]
    read(family)
    family.hours_pass(1.0)
    assert sent_by(family) == []
    assert family.told(meeting) == [("sms", "planned", "withdrawn")]

    family.change(meeting, place={"type": "address", "name": "Peldbaseins", "address": "Ezera iela 2, Rīga"})
    family.hours_pass(1.0)

    assert sent_by(family) == ["sms"]


def test_a_reminder_reminds_whoever_has_read_it(family: Family) -> None:
    family.under(reminder_minutes=120)
    family.plan(starts_at=at(clock.now() + timedelta(hours=30)))
    assert sent_by(family) == ["sms"]
    read(family)
    family.house.sql("UPDATE messages SET next_attempt_at = now() WHERE state = 'queued'")

    assert sent_by(family) == ["sms"]
