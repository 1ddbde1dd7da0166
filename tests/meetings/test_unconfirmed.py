"""A text that was sent and not confirmed: what stands in for it decides, and near the meeting a person (D6)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from bas_service import clock
from bas_service.database import new_id
from tests.builders import House, at, soon
from tests.callers import done
from tests.meetings.unreached_family import Family

BOTH = {"channels": ["sms", "email"], "email": "mamma@example.lv"}


@pytest.fixture
def family(house: House, worker_app: Flask) -> Family:
    """A family that the specialist works with."""
    return Family(house, worker_app)


def somebody_confirms(family: Family, moment: datetime) -> None:
    """The text to somebody else arrived, as the provider reports."""
    family.house.sql(
        "INSERT INTO receipts (id, message_id, provider_id, status, received_at)"
        " VALUES (:id, gen_random_uuid(), :id, 'delivered', :at)",
        id=new_id(),
        at=moment,
    )


def sent_without_a_receipt(family: Family, *, minutes_ago: float, **more: Any) -> dict[str, Any]:
    """A meeting in fifty minutes of which a text went out so long ago."""
    meeting = family.plan(starts_at=at(clock.now() + timedelta(minutes=50)), state="queued", **more)
    family.house.hand_over_messages(at=clock.now() - timedelta(minutes=minutes_ago))
    return meeting


# --- what stands in for it


def in_reserve(family: Family, state: str, **more: str) -> None:
    """The e-mail that stands in for the text was woken, and has come so far."""
    changes = {"state": f"'{state}'", **more}
    family.house.sql(
        f"UPDATE messages SET {', '.join(f'{name} = {value}' for name, value in changes.items())}"
        " WHERE spare_for_id IS NOT NULL"
    )


def silent(family: Family, *, minutes: float = 31) -> dict[str, Any]:
    """A meeting of tomorrow of which a text went out so long ago, with an e-mail in reserve."""
    family.correct(family.mother, **BOTH)
    meeting = family.plan(state="queued")
    family.house.hand_over_messages(at=clock.now() - timedelta(minutes=minutes))
    return meeting


def test_when_the_e_mail_after_a_silent_text_is_refused_somebody_must_call(family: Family) -> None:
    meeting = silent(family)
    assert (family.look(), family.occasions()) == (0, [])

    in_reserve(family, "failed")

    assert (family.look(), family.look()) == (1, 0)
    (duty,) = family.duties()
    local = clock.in_riga(datetime.fromisoformat(meeting["starts_at"]))
    assert duty["text"] == (
        f"Whether a legal representative knows of the meeting on {local:%d.%m.%Y} at {local:%H:%M} is not confirmed:"
        " the message was sent, and no receipt has come. Before it begins ask and tell them by telephone."
    )


@pytest.mark.parametrize("state", ["spare", "queued", "sending", "handed_over", "withdrawn"])
def test_an_e_mail_that_waits_or_went_out_after_a_silent_text_is_nobodys_task(family: Family, state: str) -> None:
    silent(family)

    in_reserve(family, state)

    assert (family.look(), family.occasions()) == (0, [])


def test_a_text_that_may_still_be_confirmed_has_arrived_whatever_became_of_the_e_mail(family: Family) -> None:
    """It was in doubt, so that the e-mail went out; then the provider was found to have it."""
    silent(family, minutes=29)
    in_reserve(family, "failed")

    assert (family.look(), family.occasions()) == (0, [])


def test_the_receipt_of_the_text_settles_it_after_all(family: Family) -> None:
    silent(family)
    in_reserve(family, "failed")
    assert family.look() == 1

    family.house.sql("UPDATE messages SET state = 'delivered' WHERE channel = 'sms'")

    assert (family.look(), family.occasions(), family.occasions("lapsed")) == (0, [], ["1 Mamma"])


# --- nothing stands in for it


def test_without_a_receipt_by_the_policys_time_it_is_a_task_when_the_meeting_is_near_and_never_called_failed(
    family: Family,
) -> None:
    sent_without_a_receipt(family, minutes_ago=31)
    somebody_confirms(family, clock.now() - timedelta(minutes=20))

    assert (family.look(), family.look()) == (1, 0)
    for language, said in (("en", "not confirmed"), ("lv", "Nav apstiprināts"), ("ru", "Не подтверждено")):
        (duty,) = done(family.specialist.get("duties", Accept_Language=language))["items"]
        assert said in duty["text"]
    assert duty["words"]

    family.house.sql("UPDATE messages SET state = 'delivered', delivered_at = now()")
    assert (family.look(), family.occasions(), family.occasions("lapsed")) == (0, [], ["1 Mamma"])


def test_while_there_is_time_it_is_nobodys_task(family: Family) -> None:
    family.plan(starts_at=at(soon(hours=5)))
    family.house.hand_over_messages(at=clock.now() - timedelta(hours=2))
    somebody_confirms(family, clock.now())

    assert (family.look(), family.occasions()) == (0, [])
    family.draw_near(59)
    assert (family.look(), family.occasions()) == (1, ["1 Mamma"])


def test_as_long_as_the_policy_waits_for_a_receipt_everybody_does(family: Family) -> None:
    sent_without_a_receipt(family, minutes_ago=29)
    somebody_confirms(family, clock.now())

    assert (family.look(), family.occasions()) == (0, [])


@pytest.mark.parametrize("minutes_ago", [None, 40])
def test_where_no_receipts_come_a_text_without_one_says_nothing(family: Family, minutes_ago: float | None) -> None:
    sent_without_a_receipt(family, minutes_ago=31)
    if minutes_ago is not None:
        # They came once; since this text went out none has.
        somebody_confirms(family, clock.now() - timedelta(minutes=minutes_ago))

    assert (family.look(), family.occasions()) == (0, [])


@pytest.mark.parametrize(("earlier", "new"), [("handed_over", 0), ("delivered", 1)])
def test_a_number_whose_texts_are_never_confirmed_is_not_called_each_time(
    family: Family, earlier: str, new: int
) -> None:
    family.plan(starts_at=at(soon(hours=48)))
    family.house.sql(
        "UPDATE messages SET state = :state, handed_over_at = now() - interval '3 days',"
        " attempted_at = now() - interval '3 days'",
        state=earlier,
    )
    sent_without_a_receipt(family, minutes_ago=31)
    somebody_confirms(family, clock.now())

    assert family.look() == new


def test_that_it_is_off_or_takes_longer_is_confirmed_or_somebodys_task_as_well(family: Family) -> None:
    meeting = sent_without_a_receipt(family, minutes_ago=5)
    family.act(meeting, "cancel", {"reason": "child_ill"})
    family.house.sql("UPDATE messages SET state = 'handed_over', handed_over_at = now() - interval '31 minutes'")
    somebody_confirms(family, clock.now())

    assert (family.look(), family.occasions()) == (1, ["2 Mamma"])
    assert "will not take place is not confirmed" in family.duties()[0]["text"]
