"""A change tells each reader what they believed until now, and a cancellation the time they know (D6)."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from bas_service import clock
from tests.announcements.test_telling import Family
from tests.builders import House, at, soon
from tests.callers import done

SCHOOL = {"type": "address", "name": "Skola", "address": None}


@pytest.fixture
def family(house: House, worker_app: Flask) -> Family:
    return Family(house, worker_app)


def texts(family: Family, meeting: dict[str, Any]) -> list[str]:
    return [one["text"] for one in done(family.specialist.get(f"meetings/{meeting['id']}"))["announcements"]]


def test_a_change_names_the_place_that_the_reader_was_told_before(family: Family) -> None:
    meeting = family.plan(place=SCHOOL)
    family.worker_step()

    changed = family.change(meeting, place={"type": "home", "name": None, "address": None})

    assert "(Ieprieks: Skola.)" in texts(family, changed)[-1]


def test_what_never_went_out_is_not_called_the_former_plan(family: Family) -> None:
    meeting = family.plan(place=SCHOOL)
    family.worker_step()
    never_told = family.change(meeting, place={"type": "address", "name": "Baseins", "address": None})

    changed = family.change(never_told, place={"type": "home", "name": None, "address": None})

    # The pool was withdrawn before it went out: the reader believes in the school until now.
    assert "(Ieprieks: Skola.)" in texts(family, changed)[-1]
    assert "Baseins" not in texts(family, changed)[-1]


def test_a_cancellation_names_the_time_that_the_reader_knows(family: Family) -> None:
    start = soon(hours=30)
    meeting = family.plan(starts_at=at(start))
    family.worker_step()
    known = texts(family, meeting)[0].split("tiksanas")[0].removeprefix("Anna: ")
    moved = family.change(meeting, starts_at=at(start + timedelta(hours=3)))

    cancelled = family.cancel(moved)

    assert texts(family, cancelled)[-1].startswith(f"ATCELTS. Anna: {known}planota tiksanas nenotiks")


def test_what_was_told_goes_with_the_erased_child(family: Family) -> None:
    family.plan()
    assert family.house.sql("SELECT count(*) FROM announcements WHERE facts IS NOT NULL")[0]["count"] == 1

    family.house.sql("UPDATE children SET erased_at = now() WHERE id = :id", id=family.child["id"])

    assert family.house.sql("SELECT count(*) FROM announcements WHERE facts IS NOT NULL")[0]["count"] == 0


def test_families_read_the_administrators_wording_from_its_day_on_each_in_their_language(family: Family) -> None:
    coordinator = family.house.a_coordinator()
    today = {"valid_from": clock.today().isoformat()}
    before = family.plan()
    family.house.a_template(coordinator, body="Labdien! {name}, {when}, {place}, {duration}. {contact}", **today)
    family.house.a_template(
        coordinator, language="ru", body="RU {name}, {when}, {place}, {duration}. {contact}", **today
    )
    family.house.a_template(coordinator, reason="cancelled", body="Nebus: {when}. {contact}")

    planned = family.plan(starts_at=at(soon(hours=50)))

    assert texts(family, before)[0].startswith("Anna: ")
    assert texts(family, planned)[0].startswith("Labdien! Anna, ")
    # That of a cancellation begins tomorrow.
    family.worker_step()
    assert texts(family, family.cancel(planned))[-1].startswith("ATCELTS. Anna: ")
