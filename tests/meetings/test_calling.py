"""Whoever is to telephone gets number and words, and is done when they say whom they told (D6, D29, D31, D32)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from bas_service import clock
from tests.builders import House, at, soon
from tests.callers import Phone, done, invalid, refusal_of
from tests.meetings.unreached_family import BY_EMAIL_ONLY, Family
from tests.tables import statements_of

OFF = {"reason": "child_ill"}
WHY = {"reason": "Custody interrupted", "basis": "Decision 7"}


@pytest.fixture
def family(house: House, worker_app: Flask) -> Family:
    """A family that the specialist works with; there is no mail server."""
    house.nobody_carries("email")
    return Family(house, worker_app)


def call_of(duty: dict[str, Any]) -> tuple[Any, Any]:
    """Whom to call, and what to say."""
    return duty["representative"], duty["words"]


def moment_in(told: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(told["told_at"])


def the_duty(family: Family, phone: Phone | None = None, query: str = "") -> dict[str, Any]:
    (duty,) = done((phone or family.specialist).get(f"duties?{query}"))["items"]
    return dict(duty)


# --- number and words


def test_the_words_are_those_of_the_text_message_in_the_representatives_language(family: Family) -> None:
    family.correct(family.mother, language="ru")
    meeting = family.plan(state="failed")
    family.look()

    duty = the_duty(family)

    (announcement,) = meeting["announcements"]
    assert call_of(duty) == ({"name": "Mamma Izdomāta", "phone": family.mother["phone"]}, announcement["text"])
    assert call_of(done(family.specialist.get(f"duties/{duty['id']}"))) == call_of(duty)


def test_who_has_no_way_to_be_written_to_is_called_in_the_same_words(family: Family) -> None:
    """Nothing is written to them, so the words stand nowhere else."""
    family.correct(family.mother, channels=["email"], email="mamma@example.lv", language="en")
    meeting = family.plan()
    assert meeting["announcements"] == []

    duty = the_duty(family)

    assert duty["representative"] == {"name": "Mamma Izdomāta", "phone": family.mother["phone"]}
    assert duty["words"].startswith("Anna: ")
    assert "Bibliotēka, Brīvības iela 1, Rīga" in duty["words"]
    assert "1 hour 30 minutes" in duty["words"]


def test_a_change_is_said_with_what_it_was_before_and_a_cancellation_as_such(family: Family) -> None:
    family.correct(family.mother, language="en")
    meeting = family.plan(state="delivered")
    place = {"type": "address", "name": "Peldbaseins", "address": "Ezera iela 2, Rīga"}
    changed = done(family.specialist.change(f"meetings/{meeting['id']}", meeting, {"place": place}))
    family.texts_are("failed")
    family.look()

    assert the_duty(family)["words"] == changed["announcements"][-1]["text"]
    assert "Peldbaseins" in the_duty(family)["words"]
    assert "Bibliotēka" in the_duty(family)["words"]

    cancelled = family.act(meeting, "cancel", OFF)
    family.texts_are("failed")
    family.look()
    assert the_duty(family)["words"] == cancelled["announcements"][-1]["text"]


def test_an_administrators_wording_is_said_as_it_is_written(family: Family) -> None:
    body = "{name}: {activity} {when}. {place}. {duration}. Jautājumi: {contact}"
    family.house.a_template(family.house.an_administrator(), body=body, valid_from=clock.today().isoformat())
    family.correct(family.mother, **BY_EMAIL_ONLY)
    family.plan()

    assert "Jautājumi: " in the_duty(family)["words"]


def test_only_whoever_is_to_call_learns_number_and_words(family: Family) -> None:
    family.plan(state="failed")
    family.look()

    shown = the_duty(family, family.supervisor, "whose=all")
    assert (shown["kind"], call_of(shown)) == ("representative-unreached", (None, None))
    assert call_of(done(family.supervisor.get(f"duties/{shown['id']}"))) == (None, None)

    family.draw_near(10)
    family.look()
    own = the_duty(family, family.supervisor)
    assert own["kind"] == "representative-unreached-escalated"
    assert own["representative"]["phone"] == family.mother["phone"]


def test_that_they_were_shown_is_a_look_at_the_child(family: Family) -> None:
    family.plan(state="failed")
    family.look()
    before = len(family.house.looks_of(family.specialist))

    the_duty(family)

    (look,) = family.house.looks_of(family.specialist)[before:]
    assert look[0] == family.child["id"]


def test_from_whom_the_place_is_kept_since_then_is_not_called(family: Family) -> None:
    family.house.a_representative(
        family.supervisor, family.child, name="Tētis Izdomāts", channels=["email"], email="tetis@example.lv"
    )
    family.plan(state="delivered")
    assert the_duty(family)["representative"]["name"] == "Tētis Izdomāts"

    # As a worker would leave it that has not looked yet.
    family.house.sql("UPDATE representatives SET state = 'suspended' WHERE name LIKE 'Tētis%'")

    assert call_of(the_duty(family)) == (None, None)


def test_where_somebody_else_reads_there_is_no_number_to_call(family: Family) -> None:
    father = family.house.a_representative(
        family.supervisor, family.child, name="Tētis Izdomāts", phone=family.mother["phone"]
    )
    family.house.a_protected_place(family.supervisor, father)
    family.plan()

    duty = the_duty(family)

    assert duty["representative"] == {"name": "Mamma Izdomāta", "phone": None}
    assert duty["words"].startswith("Anna: ")


def test_what_is_done_needs_no_number_any_more(family: Family) -> None:
    meeting = family.plan(state="failed")
    family.look()
    done(family.tell(meeting))

    assert call_of(the_duty(family, query="state=done")) == (None, None)


def test_number_and_words_take_as_many_statements_for_one_as_for_three(family: Family) -> None:
    family.correct(family.mother, **BY_EMAIL_ONLY)
    done(family.specialist.get("duties"))
    counted = []
    for hours in (24, 48, 72):
        family.plan(starts_at=at(soon(hours=hours)))
        with statements_of(family.house.app) as statements:
            shown = done(family.specialist.get("duties"))["items"]
        counted.append(len(statements))

    assert [bool(one["words"]) for one in shown] == [True] * 3
    assert len(set(counted)) == 1


# --- told, and not merely finished


@pytest.mark.parametrize("whose", ["specialist", "supervisor"])
def test_to_tell_somebody_is_not_done_by_saying_so(family: Family, whose: str) -> None:
    meeting = family.plan(state="failed")
    family.draw_near(10)
    family.look()
    phone = getattr(family, whose)
    duty = the_duty(family, phone)

    refused = phone.act(f"duties/{duty['id']}/finish", duty, {"note": "ok"})

    assert (refused.status_code, refusal_of(refused)) == (
        409,
        {"type": "representative-still-untold", "meeting_id": meeting["id"]},
    )
    assert family.occasions() == ["1 Mamma", "escalated 1 Mamma"]
    done(family.tell(meeting, note="told at 14:05, mother answered"))
    assert family.occasions() == []


def test_a_call_before_the_change_does_not_tell_the_new_place(family: Family) -> None:
    before = clock.now() - timedelta(hours=1)
    meeting = family.plan(state="failed", on_phone_at=at(before))
    done(family.tell(meeting, told_at=at(before)))
    place = {"type": "address", "name": "Peldbaseins", "address": "Ezera iela 2, Rīga"}
    changed = done(family.specialist.change(f"meetings/{meeting['id']}", meeting, {"place": place}))
    family.texts_are("failed")
    family.look()
    assert family.occasions() == ["2 Mamma"]

    assert refusal_of(family.tell(meeting, told_at=at(clock.now() - timedelta(minutes=2)))) == invalid("/told_at")
    # A note changes nothing of what is told.
    done(family.specialist.change(f"meetings/{meeting['id']}", changed, {"note": "Bring the drawing"}))
    done(family.tell(meeting, told_at=at(clock.now().replace(second=0, microsecond=0))))
    assert family.occasions() == []


def test_what_a_phone_decided_and_told_offline_is_told(family: Family) -> None:
    meeting = family.plan(state="failed", on_phone_at=at(clock.now() - timedelta(hours=3)))

    told_at = clock.now().replace(microsecond=0) - timedelta(hours=2)

    assert moment_in(done(family.tell(meeting, told_at=at(told_at)))) == told_at


def test_a_clock_that_is_a_little_fast_tells_now(family: Family) -> None:
    meeting = family.plan(state="failed")

    told = done(family.tell(meeting, told_at=at(clock.now() + timedelta(minutes=3))))

    assert moment_in(told) <= clock.now()
