"""What lies in reserve goes where its reader is reached today, and to nobody who may not be told any more (D29)."""

from typing import Any

import pytest
from flask import Flask

from tests.announcements.test_by_every_channel import BOTH, IN_DOUBT, WRONG_NUMBER, Family
from tests.builders import House, at, soon
from tests.callers import done

BY_MAIL_FIRST = {"channels": ["email", "sms"], "email": "mamma@example.lv"}
COURT = {"reason": "Court", "basis": "No. 1"}


@pytest.fixture
def family(house: House, worker_app: Flask) -> Family:
    return Family(house, worker_app)


def sent_by(family: Family, *answers: Any) -> list[tuple[str, str]]:
    """What goes out in one step: by which channel, and where to."""
    return [(one.channel, one.recipient) for one in family.worker_step(*answers)]


def duties_of(family: Family) -> list[str]:
    """The kinds of the specialist's open duties."""
    return [one["kind"] for one in done(family.specialist.get("duties"))["items"]]


@pytest.mark.parametrize("what", ["planned", "changed", "cancelled", "extended"])
def test_a_reserve_goes_to_the_new_address_when_only_that_has_changed(family: Family, what: str) -> None:
    family.correct(**BOTH)
    meeting = family.plan(starts_at=at(soon(hours=30)))
    if what != "planned":
        family.house.sql("UPDATE representatives SET channels = '{sms}'")
        family.worker_step()
        family.house.sql("UPDATE representatives SET channels = '{sms,email}'")
        present = done(family.specialist.get(f"meetings/{meeting['id']}"))
        path = f"meetings/{meeting['id']}"
        if what == "changed":
            done(family.specialist.change(path, present, {"expected_minutes": 45}))
        elif what == "cancelled":
            done(family.specialist.act(f"{path}/cancel", present, {"reason": "child_ill"}))
        else:
            started = done(family.specialist.act(f"{path}/start", present, {"unannounced_reason": "x"}))
            done(family.specialist.act(f"{path}/extend", started, {"minutes": 30}))
    assert sent_by(family, IN_DOUBT) == [("sms", family.mother["phone"])]

    family.correct(email="cita@example.lv")
    family.house.sql("UPDATE messages SET state = 'failed' WHERE state = 'uncertain'")

    assert family.look()[0] == 1
    assert sent_by(family) == [("email", "cita@example.lv")]
    assert family.look() == (0, 0)


def test_a_reserve_by_text_goes_to_the_new_number(family: Family) -> None:
    family.correct(**BY_MAIL_FIRST)
    meeting = family.plan()
    assert sent_by(family, WRONG_NUMBER) == [("email", "mamma@example.lv")]

    family.correct(phone="+37120000555")

    assert family.look()[0] == 1
    assert sent_by(family) == [("sms", "+37120000555")]
    started = family.specialist.act(f"meetings/{meeting['id']}/start", meeting, {})
    assert done(started)["announced_in_time"] is True


def test_the_first_way_is_told_anew_when_it_is_the_address_that_changed(family: Family) -> None:
    """An e-mail that is queued for the old address is withdrawn, and the new address gets one."""
    family.correct(**BY_MAIL_FIRST)
    family.plan()

    family.correct(email="cita@example.lv")

    assert sent_by(family) == [("email", "cita@example.lv")]
    assert family.look() == (0, 0)


def test_whoever_was_told_at_an_old_address_is_told_at_the_new_one(family: Family) -> None:
    family.correct(**BY_MAIL_FIRST)
    family.plan()
    assert sent_by(family) == [("email", "mamma@example.lv")]

    family.correct(email="cita@example.lv")

    assert sent_by(family) == [("email", "cita@example.lv")]


def test_a_reserve_that_was_woken_already_goes_to_the_new_address_too(family: Family) -> None:
    family.correct(**BOTH)
    family.plan()
    family.worker_step(WRONG_NUMBER)
    assert family.look()[0] == 1

    family.correct(email="cita@example.lv")

    assert sent_by(family) == [("email", "cita@example.lv")]
    assert family.look() == (0, 0)


def test_a_new_number_does_not_leave_the_reserve_of_the_old_one_behind(family: Family) -> None:
    """Else the parent reads the same e-mail twice: once for each number that did not answer."""
    family.correct(**BOTH)
    family.plan()
    family.worker_step()
    family.correct(phone="+37120000555")
    assert sent_by(family) == [("sms", "+37120000555")]

    family.hours_pass(0.6)
    family.look()

    assert sent_by(family) == [("email", "mamma@example.lv")]


def test_a_channel_that_is_not_wanted_any_more_keeps_nothing_in_reserve(family: Family) -> None:
    family.correct(**BOTH)
    family.plan()
    family.worker_step(IN_DOUBT)

    family.correct(channels=["sms"])
    family.house.sql("UPDATE messages SET state = 'failed' WHERE state = 'uncertain'")

    assert family.look()[0] == 0
    assert sent_by(family) == []
    assert duties_of(family) == ["representative-unreached"]


@pytest.mark.parametrize("ending", ["suspended", "protected", "over"])
@pytest.mark.parametrize("woken", [False, True])
def test_a_reserve_never_goes_to_whoever_may_not_be_told(family: Family, ending: str, *, woken: bool) -> None:
    family.correct(**BOTH)
    meeting = family.plan()
    family.worker_step(WRONG_NUMBER)
    if woken:
        family.look()

    if ending == "suspended":
        done(family.supervisor.act(f"representatives/{family.mother['id']}/suspend", family.mother, COURT))
    elif ending == "protected":
        family.house.a_protected_place(family.supervisor, family.mother)
    else:
        family.house.sql("UPDATE representatives SET valid_from = '2020-01-01', valid_until = '2020-01-02'")
    states = {row["state"] for row in family.house.sql("SELECT state FROM messages WHERE channel = 'email'")}
    if ending != "over":
        assert states == {"withdrawn"}

    family.look()
    assert sent_by(family) == []
    family.hours_pass(1)
    family.look()
    assert sent_by(family) == []
    assert ("email", "planned", "handed_over") not in family.told(meeting)


def test_what_lay_in_reserve_of_somebody_suspended_does_not_come_back_with_them(family: Family) -> None:
    """The text on its way may still reach them; when it does not, somebody calls."""
    family.correct(**BOTH)
    family.plan()
    family.worker_step(IN_DOUBT)
    path = f"representatives/{family.mother['id']}"
    family.mother = done(family.supervisor.act(f"{path}/suspend", family.mother, COURT))
    family.correct(email="cita@example.lv")
    family.mother = done(family.supervisor.act(f"{path}/resume", family.mother, COURT))
    family.house.sql("UPDATE messages SET state = 'failed' WHERE state = 'uncertain'")

    family.look()

    assert sent_by(family) == []
    assert duties_of(family) == ["representative-unreached"]


def test_the_ledger_shows_nothing_of_what_only_lies_in_reserve(family: Family) -> None:
    family.correct(**BOTH)
    family.plan()
    family.worker_step()
    family.correct(email="cita@example.lv")

    (line,) = done(family.specialist.get("announcements"))["items"]

    assert [(one["channel"], one["state"]) for one in line["told"]] == [("sms", "handed_over")]
