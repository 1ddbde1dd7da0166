"""Other institutions' appointments with a child: entered in seconds, nobody's meeting (D9)."""

import uuid
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from flask import Flask

from bas_service import clock
from tests.builders import House, at, soon
from tests.callers import Phone, at_once, done, invalid, refusal_of
from tests.tables import statements_of


@pytest.fixture
def supervisor(house: House) -> Phone:
    """A supervisor."""
    return house.a_supervisor()


@pytest.fixture
def specialist(house: House, supervisor: Phone) -> Phone:
    """A specialist."""
    return house.a_specialist(supervisor)


@pytest.fixture
def child(house: House, supervisor: Phone, specialist: Phone) -> dict[str, Any]:
    """A child that the specialist works with."""
    return house.a_family(supervisor, specialist)["child"]


def z(moment: Any) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def items(phone: Phone, child: dict[str, Any], query: str = "") -> list[dict[str, Any]]:
    return done(phone.get(f"children/{child['id']}/appointments{query}"))["items"]


def test_what_and_when_is_enough(house: House, specialist: Phone, child: dict[str, Any]) -> None:
    start = soon()
    answer = specialist.post(f"children/{child['id']}/appointments", {"title": "Logopēds", "starts_at": at(start)})

    appointment = done(answer)
    assert (answer.status_code, answer.headers["ETag"]) == (201, '"1"')
    assert appointment == {
        "id": appointment["id"],
        "child_id": child["id"],
        "title": "Logopēds",
        "starts_at": z(start),
        "minutes": 60,
        "place": None,
        "asked_by": None,
        "rule": None,
        "days_off": [],
        "note": None,
        "state": "planned",
        "state_reason": None,
        "created_at": appointment["created_at"],
        "created_by": str(specialist.account_id),
        "version": 1,
    }
    assert items(specialist, child) == [appointment]


def test_it_is_entered_with_everything_and_nobody_is_told_or_gets_a_duty(
    house: House, specialist: Phone, supervisor: Phone, child: dict[str, Any]
) -> None:
    form = {
        "id": str(uuid.uuid4()),
        "title": "Mūzikas skola",
        "starts_at": at(soon()),
        "minutes": 45,
        "place": "Ogre, Brīvības iela 50",
        "asked_by": "Ogres mūzikas skola",
        "rule": "FREQ=WEEKLY;COUNT=20",
        "note": "Jāņem vijole",
    }

    appointment = done(supervisor.post(f"children/{child['id']}/appointments", form))

    assert {name: appointment[name] for name in form} == form | {"starts_at": z(soon())}
    assert house.sql("SELECT * FROM messages") == house.sql("SELECT * FROM duties") == []
    (kept,) = house.sql("SELECT title, place, asked_by, note FROM appointments")
    assert {value.partition(".")[0] for value in kept.values()} == {"s1"}
    assert house.looks_of(supervisor)[-1] == (child["id"], "team", "appointments.enter", True)


@pytest.mark.parametrize(
    ("change", "places"),
    [
        ({"title": None}, ["/title"]),
        ({"title": " "}, ["/title"]),
        ({"title": "x" * 201}, ["/title"]),
        ({"starts_at": "2026-03-02"}, ["/starts_at"]),
        ({"starts_at": at(soon(hours=24 * 367))}, ["/starts_at"]),
        ({"starts_at": at(soon(hours=-24 * 367))}, ["/starts_at"]),
        ({"minutes": 4}, ["/minutes"]),
        ({"minutes": 1441}, ["/minutes"]),
        ({"minutes": None}, ["/minutes"]),
        ({"rule": "every Tuesday"}, ["/rule"]),
        ({"rule": "FREQ=WEEKLY;COUNT=500"}, ["/rule"]),
        ({"rule": ""}, ["/rule"]),
        ({"place": 7}, ["/place"]),
        ({"note": "x" * 2001}, ["/note"]),
        ({"specialist_id": str(uuid.uuid4())}, ["/specialist_id"]),
    ],
    ids=lambda value: "-".join(value).replace("/", "."),
)
def test_of_another_shape_it_is_not_entered(
    house: House, specialist: Phone, child: dict[str, Any], change: dict[str, Any], places: list[str]
) -> None:
    form = {"title": "Logopēds", "starts_at": at(soon())}

    assert refusal_of(specialist.post(f"children/{child['id']}/appointments", form | change)) == invalid(*places)
    assert items(specialist, child) == []
    house.an_appointment(specialist, child)


def test_it_may_be_while_a_meeting_is_and_in_the_past(house: House, specialist: Phone, child: dict[str, Any]) -> None:
    house.a_meeting(specialist, child)

    assert house.an_appointment(specialist, child)["state"] == "planned"
    assert house.an_appointment(specialist, child, starts_at=at(soon(hours=-48)))["state"] == "planned"


def test_a_repeat_of_the_same_is_answered_alike_and_entered_once(
    house: House, specialist: Phone, child: dict[str, Any]
) -> None:
    form = {"id": str(uuid.uuid4()), "title": "Logopēds", "starts_at": at(soon())}
    enter = lambda: specialist.post(f"children/{child['id']}/appointments", form)  # noqa: E731

    answers = at_once(enter, enter, enter)

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.get_data() for answer in answers}) == 1
    assert len(items(specialist, child)) == 1


def test_it_is_corrected_on_the_version_in_hand(house: House, specialist: Phone, child: dict[str, Any]) -> None:
    appointment = house.an_appointment(specialist, child)
    path = f"appointments/{appointment['id']}"

    corrected = done(specialist.change(path, appointment, {"place": "Skola", "rule": "FREQ=DAILY", "minutes": 30}))

    assert corrected == appointment | {"place": "Skola", "rule": "FREQ=DAILY", "minutes": 30, "version": 2}
    assert refusal_of(specialist.change(path, appointment, {"place": "Cita"}))["type"] == "version-stale"
    assert refusal_of(specialist.send("PATCH", path, {"place": "Cita"}))["type"] == "version-needed"
    assert done(specialist.change(path, corrected, {"place": "Skola"})) == corrected
    assert refusal_of(specialist.change(path, corrected, {"rule": "FREQ=DAILY;COUNT=0"})) == invalid("/rule")
    later = done(specialist.change(path, corrected, {"starts_at": at(soon(hours=48)), "rule": None}))
    assert (later["starts_at"], later["rule"], later["version"]) == (z(soon(hours=48)), None, 3)


def test_one_that_began_long_ago_can_be_corrected_still(
    house: House, specialist: Phone, child: dict[str, Any]
) -> None:
    appointment = house.an_appointment(specialist, child, rule="FREQ=WEEKLY")
    house.sql("UPDATE appointments SET starts_at = starts_at - interval '800 days'")

    assert done(specialist.change(f"appointments/{appointment['id']}", appointment, {"note": "Vēl"}))["note"] == "Vēl"


def test_cancelled_it_stays_known_and_is_cancelled_once(
    house: House, specialist: Phone, child: dict[str, Any]
) -> None:
    appointment = house.an_appointment(specialist, child)
    path = f"appointments/{appointment['id']}"

    cancelled = done(specialist.act(f"{path}/cancel", appointment, {"reason": "Slims"}))

    assert cancelled == appointment | {"state": "cancelled", "state_reason": "Slims", "version": 2}
    assert items(specialist, child) == [cancelled]
    assert refusal_of(specialist.act(f"{path}/cancel", cancelled, {})) == {"type": "appointment-cancelled"}
    assert refusal_of(specialist.change(path, cancelled, {"note": "x"})) == {"type": "appointment-cancelled"}


def burden(phone: Phone, child: dict[str, Any], *, weeks: int) -> int:
    """How many appointments there are in the child's week, so many weeks from now."""
    day = clock.today() + timedelta(days=7 * weeks)
    week: dict[str, Any] = done(phone.get(f"children/{child['id']}/week?day={day}"))
    return week["burden"]["appointments"]


@pytest.mark.parametrize("ended", [True, False])
def test_cancelling_what_repeats_leaves_the_weeks_that_were(
    house: House, specialist: Phone, child: dict[str, Any], ended: bool
) -> None:
    start = datetime.combine(clock.today() - timedelta(days=14), time(), tzinfo=clock.RIGA)
    appointment = house.an_appointment(specialist, child, rule="FREQ=WEEKLY", starts_at=at(start), minutes=30)
    path = f"appointments/{appointment['id']}"
    before = [burden(specialist, child, weeks=number) for number in (-3, -2, -1, 0, 1)]
    if ended:
        until = clock.in_riga(clock.now()).date() - timedelta(days=1)
        appointment = done(specialist.change(path, appointment, {"rule": f"FREQ=WEEKLY;UNTIL={until:%Y%m%d}"}))

    done(specialist.act(f"{path}/cancel", appointment, {}))

    # That of today has begun, if it was not ended before.
    after = [burden(specialist, child, weeks=number) for number in (-3, -2, -1, 0, 1)]
    assert before == [0, 1, 1, 1, 1]
    assert after == [0, 1, 1, 0 if ended else 1, 0]


def test_what_is_once_is_nothing_when_it_is_cancelled(house: House, specialist: Phone, child: dict[str, Any]) -> None:
    start = datetime.combine(clock.today() - timedelta(days=7), time(12), tzinfo=clock.RIGA)
    appointment = house.an_appointment(specialist, child, starts_at=at(start), minutes=30)
    before = burden(specialist, child, weeks=-1)

    done(specialist.act(f"appointments/{appointment['id']}/cancel", appointment, {}))

    assert (before, burden(specialist, child, weeks=-1)) == (1, 0)


def test_cancelled_by_several_at_once_it_is_cancelled_once(
    house: House, specialist: Phone, supervisor: Phone, child: dict[str, Any]
) -> None:
    appointment = house.an_appointment(specialist, child)
    path = f"appointments/{appointment['id']}/cancel"

    answers = at_once(*(lambda who=who: who.act(path, appointment, {}) for who in (specialist, supervisor) * 2))

    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412]


def test_one_day_of_what_repeats_is_left_out(house: House, specialist: Phone, child: dict[str, Any]) -> None:
    appointment = house.an_appointment(specialist, child, rule="FREQ=WEEKLY")
    path = f"appointments/{appointment['id']}/cancel"
    first = clock.in_riga(soon()).date()
    next_week = (first + timedelta(days=7)).isoformat()

    without = done(specialist.act(path, appointment, {"day": next_week}))

    assert without == appointment | {"days_off": [next_week], "version": 2}
    for day in (next_week, (first + timedelta(days=1)).isoformat(), (first - timedelta(days=7)).isoformat()):
        assert refusal_of(specialist.act(path, without, {"day": day})) == invalid("/day")
    once = house.an_appointment(specialist, child)
    its_path = f"appointments/{once['id']}/cancel"
    assert refusal_of(specialist.act(its_path, once, {"day": next_week})) == invalid("/day")
    assert done(specialist.act(its_path, once, {"day": first.isoformat()}))["state"] == "cancelled"


def test_the_pages_hold_each_once_in_the_order_of_their_start(
    house: House, app: Flask, specialist: Phone, child: dict[str, Any]
) -> None:
    entered = [house.an_appointment(specialist, child, starts_at=at(soon(hours=hours))) for hours in (72, 24, 48)]
    by_start = [entered[1], entered[2], entered[0]]
    path = f"children/{child['id']}/appointments"

    first = done(specialist.get(f"{path}?limit=2"))
    with statements_of(app) as statements:
        rest = done(specialist.get(f"{path}?limit=2&cursor={first['next']}"))

    assert (first["items"] + rest["items"], rest["next"]) == (by_start, None)
    # Who asks, the child, its appointments, the trace.
    assert len(statements) == 4


def test_of_a_child_of_somebody_else_nothing_is_there(
    house: House, supervisor: Phone, specialist: Phone, child: dict[str, Any]
) -> None:
    colleague = house.a_specialist(supervisor)
    appointment = house.an_appointment(specialist, child)

    for answer in (
        colleague.get(f"children/{child['id']}/appointments"),
        colleague.post(f"children/{child['id']}/appointments", {"title": "x", "starts_at": at(soon())}),
        colleague.change(f"appointments/{appointment['id']}", appointment, {"title": "x"}),
        colleague.act(f"appointments/{appointment['id']}/cancel", appointment, {}),
    ):
        assert refusal_of(answer) == {"type": "not-found"}
    assert items(specialist, child) == [appointment]
