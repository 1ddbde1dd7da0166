"""Who wanted no texts and wants them again is told what was planned meanwhile, and nothing else (D6, D29)."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from bas_service import clock
from tests.builders import House, at, soon
from tests.callers import at_once, done
from tests.replies.test_replies import Family

OFF = {"reason": "child_ill"}


@pytest.fixture
def family(house: House, app: Flask, worker_app: Flask) -> Family:
    """A mother who reads texts; there is no mail server."""
    house.nobody_carries("email")
    return Family(house, app, worker_app)


def plan(family: Family, hours: float = 24) -> dict[str, Any]:
    return family.house.a_meeting(family.specialist, family.child, starts_at=at(soon(hours=hours)))


def told(family: Family, meeting: dict[str, Any]) -> list[tuple[str, str]]:
    """Why something was written about a meeting, and how far it is."""
    shown = done(family.specialist.get(f"meetings/{meeting['id']}"))["announcements"]
    return [(one["reason"], one["state"]) for one in shown]


def test_what_was_planned_while_texts_were_not_wanted_is_told_when_they_are(family: Family) -> None:
    family.says("STOP")
    meeting = plan(family)
    assert told(family, meeting) == []

    family.says("START")

    assert told(family, meeting) == [("planned", "queued")]
    (announcement,) = done(family.specialist.get(f"meetings/{meeting['id']}"))["announcements"]
    assert (
        "Bibliotēka, Brīvības iela 1, Rīga"
        in family.house.opened(family.house.sql("SELECT body FROM messages")[0]["body"], "messages.body")
        or "Biblioteka" in announcement["text"]
    )
    # Once: said again it lifts nothing.
    family.says("START")
    assert told(family, meeting) == [("planned", "queued")]


def kinds_of_duties(family: Family) -> set[str]:
    return {one["kind"] for one in done(family.specialist.get("duties"))["items"]}


def test_the_task_to_call_lapses_when_that_arrives(family: Family) -> None:
    family.says("STOP")
    plan(family)
    family.says("START")
    assert "representative-unreached" in kinds_of_duties(family)

    family.house.hand_over_messages("delivered")

    assert family.look() == 0
    assert "representative-unreached" not in kinds_of_duties(family)


def test_two_parents_at_one_number_read_one_text(family: Family, house: House) -> None:
    house.a_representative(family.supervisor, family.child, name="Tētis Izdomāts", phone=family.number)
    family.says("STOP")
    meeting = plan(family)

    family.says("START")

    assert told(family, meeting) == [("planned", "queued")] * 2
    assert house.sql("SELECT count(*) FROM messages")[0]["count"] == 1


def test_whoever_was_told_before_is_told_only_what_changed_meanwhile(family: Family) -> None:
    known, changed = plan(family, 24), plan(family, 48)
    family.house.hand_over_messages("delivered")
    family.says("STOP")
    place = {"type": "address", "name": "Peldbaseins", "address": "Ezera iela 2, Rīga"}
    done(family.specialist.change(f"meetings/{changed['id']}", changed, {"place": place}))

    family.says("START")

    assert told(family, known) == [("planned", "delivered")]
    assert told(family, changed) == [("planned", "delivered"), ("changed", "queued")]


def test_what_is_off_or_over_or_for_somebody_else_is_not_told(family: Family, house: House) -> None:
    other = house.a_representative(family.supervisor, family.child, name="Tētis Izdomāts")
    family.says("STOP")
    cancelled = plan(family, 24)
    done(family.specialist.act(f"meetings/{cancelled['id']}/cancel", cancelled, OFF))
    meeting = plan(family, 48)
    house.hand_over_messages("delivered")

    family.says("START", number=other["phone"])
    assert [one for one in told(family, meeting) if one[1] == "queued"] == []

    family.suspend()
    family.says("START")
    assert [one for one in told(family, meeting) if one[1] == "queued"] == []
    assert house.sql("SELECT id FROM barred_addresses WHERE lifted_at IS NULL") == []


def test_a_number_of_parents_of_two_children_is_told_of_both(family: Family, house: House) -> None:
    second = house.a_family(family.supervisor, family.specialist, given_name="Berta")
    house.a_representative(family.supervisor, second["child"], name="Mamma Izdomāta", phone=family.number)
    family.says("STOP")
    mine = plan(family, 24)
    hers = house.a_meeting(family.specialist, second["child"], starts_at=at(soon(hours=48)))
    house.hand_over_messages("delivered")

    family.says("START")

    assert told(family, mine) == [("planned", "queued")]
    assert sorted(told(family, hers)) == [("planned", "delivered"), ("planned", "queued")]


def test_a_meeting_of_a_series_is_told_in_its_time(family: Family) -> None:
    family.says("STOP")
    done(family.specialist.post("series", family.house.series_form(family.child)))

    family.says("START")

    ahead = family.house.sql(
        "SELECT m.starts_at, msg.next_attempt_at FROM meetings m JOIN announcements a ON a.meeting_id = m.id"
        " JOIN messages msg ON msg.id = a.message_id WHERE a.reason = 'planned' ORDER BY m.starts_at"
    )
    assert len(ahead) > 2
    far = [one for one in ahead if one["starts_at"] > clock.now() + timedelta(days=10)]
    assert far
    assert all(one["next_attempt_at"] > clock.now() + timedelta(days=1) for one in far)


def test_whoever_plans_at_the_same_moment_has_it_told_once(family: Family) -> None:
    family.says("STOP")
    family.writes("START")

    meeting, taken = at_once(lambda: plan(family), family.take)

    assert taken == 1
    assert told(family, meeting) == [("planned", "queued")]
