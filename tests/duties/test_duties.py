"""What somebody must do is raised once, shown to whom it concerns, done once, and goes along with the child."""

import uuid
from typing import Any

import pytest
from flask import Flask

from bas_service.database import new_id
from bas_service.duties.rules import DutyKind
from tests.builders import House, soon
from tests.callers import Phone, at_once, done, refusal_of
from tests.tables import statements_of

GRANT = {"reason": "The child called at night", "hours": 2}


@pytest.fixture
def supervisor(house: House) -> Phone:
    """A supervisor."""
    return house.a_supervisor(name="Vija Izdomāta")


@pytest.fixture
def ilze(house: House, supervisor: Phone) -> Phone:
    """A specialist of the team."""
    return house.a_specialist(supervisor, name="Ilze Izdomāta")


@pytest.fixture
def family(house: House, supervisor: Phone, ilze: Phone) -> dict[str, Any]:
    """A family that Ilze works with."""
    return house.a_family(supervisor, ilze)


def duties_of(phone: Phone, **parameters: str) -> list[dict[str, Any]]:
    query = "&".join(f"{name}={value}" for name, value in parameters.items())
    return done(phone.get(f"duties?{query}"))["items"]


def test_the_supervisor_of_the_childs_team_has_a_duty_as_soon_as_a_stranger_looks_in_an_emergency(
    house: House, supervisor: Phone, ilze: Phone, family: dict[str, Any]
) -> None:
    child = family["child"]
    stranger = house.a_specialist(house.a_supervisor())
    grant = done(stranger.post(f"children/{child['id']}/emergency-grants", GRANT))

    (duty,) = duties_of(supervisor)
    assert duty == {
        "id": duty["id"],
        "kind": "emergency-access",
        "text": "Somebody of another team looks into this child's file in an emergency. See who and why,"
        " and say that you know.",
        "child": {name: child[name] for name in ("id", "given_name", "family_name")},
        "account": {"id": str(supervisor.account_id), "name": "Vija Izdomāta"},
        "about_id": grant["id"],
        "representative_id": None,
        "representative": None,
        "words": None,
        "raised_at": duty["raised_at"],
        "due_at": grant["granted_at"],
        "state": "open",
        "ended_at": None,
        "note": None,
        "version": 1,
    }
    assert done(supervisor.get(f"duties/{duty['id']}")) == duty
    assert duties_of(ilze) == duties_of(stranger) == []

    done(supervisor.act(f"emergency-grants/{grant['id']}/note", grant))
    assert duties_of(supervisor) == []
    (lapsed,) = duties_of(supervisor, state="lapsed")
    assert (lapsed["id"], lapsed["version"]) == (duty["id"], 2)


def test_a_transfer_takes_the_open_duties_along_and_tells_the_new_specialist(
    house: House, supervisor: Phone, ilze: Phone, family: dict[str, Any]
) -> None:
    jānis = house.a_specialist(supervisor)
    house.raise_a_duty(ilze, family["child"], kind=DutyKind.EMERGENCY_ACCESS)
    house.raise_a_duty(ilze, family["child"], kind=DutyKind.EMERGENCY_ACCESS, due_at=soon(hours=3))
    finished = duties_of(ilze)[1]
    done(ilze.act(f"duties/{finished['id']}/finish", finished, {"note": "called the mother"}))

    to = {"to_specialist_id": str(jānis.account_id), "reason": "Moves away"}
    case = done(supervisor.act(f"cases/{family['case']['id']}/transfer", family["case"], to))

    assert duties_of(ilze) == []
    assert [duty["kind"] for duty in duties_of(jānis)] == ["emergency-access", "case-received"]
    # What was done stays with whoever did it, and is seen by whoever is responsible now.
    (past,) = duties_of(jānis, whose="all", state="done")
    assert (past["account"]["id"], past["note"]) == (str(ilze.account_id), "called the mother")

    back = {"to_specialist_id": str(ilze.account_id), "reason": "Back again"}
    done(supervisor.act(f"cases/{case['id']}/transfer", case, back))
    # Told anew: this is another time. What was said to the other one goes along and stays open.
    assert sorted(duty["kind"] for duty in duties_of(ilze)) == ["case-received", "case-received", "emergency-access"]


def test_a_duty_ends_once(house: House, supervisor: Phone, ilze: Phone, family: dict[str, Any]) -> None:
    house.raise_a_duty(ilze, family["child"])
    (duty,) = duties_of(ilze)
    path = f"duties/{duty['id']}/finish"

    ended = done(ilze.act(path, duty, {"note": "met her"}))

    assert ended == duty | {"state": "done", "note": "met her", "version": 2, "ended_at": ended["ended_at"]}
    assert refusal_of(supervisor.act(path, duty)) == {"type": "version-stale", "current": ended}
    assert refusal_of(supervisor.act(path, ended)) == {"type": "duty-ended", "state": "done"}
    assert done(ilze.get(f"duties/{duty['id']}")) == ended


def test_of_two_who_finish_a_duty_at_the_same_moment_one_is_told_so(
    house: House, supervisor: Phone, ilze: Phone, family: dict[str, Any]
) -> None:
    house.raise_a_duty(ilze, family["child"])
    (duty,) = duties_of(ilze)

    answers = at_once(*(lambda one=one: one.act(f"duties/{duty['id']}/finish", duty) for one in (ilze, supervisor)))

    assert sorted(answer.status_code for answer in answers) == [200, 412]


def test_the_same_occasion_raises_one_duty_however_many_raise_it_at_once(
    house: House, ilze: Phone, family: dict[str, Any]
) -> None:
    about = new_id()

    at_once(*[lambda: house.raise_a_duty(ilze, family["child"], about_id=about)] * 8)
    house.raise_a_duty(ilze, family["child"], about_id=about, occasion="another time")

    assert [duty["about_id"] for duty in duties_of(ilze)] == [str(about)] * 2


def test_duties_about_a_child_out_of_sight_are_not_there(
    house: House, supervisor: Phone, ilze: Phone, family: dict[str, Any]
) -> None:
    house.raise_a_duty(ilze, family["child"])
    (duty,) = duties_of(ilze)
    strangers = house.a_specialist(supervisor), house.a_supervisor()

    for stranger in strangers:
        assert duties_of(stranger, whose="all") == []
        assert refusal_of(stranger.get(f"duties/{duty['id']}")) == {"type": "not-found"}
        assert refusal_of(stranger.act(f"duties/{duty['id']}/finish", duty)) == {"type": "not-found"}
    assert refusal_of(ilze.get(f"duties/{uuid.uuid4()}")) == {"type": "not-found"}
    assert duties_of(supervisor, whose="all") == [duty]


def test_a_list_of_duties_comes_in_pages_by_what_is_due_first(
    house: House, app: Flask, supervisor: Phone, ilze: Phone, family: dict[str, Any]
) -> None:
    other = house.a_family(supervisor, ilze)["child"]
    for hours in (3, 1, 2):
        house.raise_a_duty(ilze, family["child"], due_at=soon(hours=hours))
    house.raise_a_duty(ilze, other, due_at=soon(hours=0))
    # The first request of a pair of tokens notes that they arrived.
    assert len(duties_of(ilze, child_id=other["id"])) == 1
    counted = []
    for limit in (1, 3):
        with statements_of(app) as statements:
            first = done(ilze.get(f"duties?limit={limit}"))
        counted.append(len(statements))
    second = done(ilze.get(f"duties?limit=3&cursor={first['next']}"))

    found = [duty["due_at"] for duty in first["items"] + second["items"]]
    assert (found, second["next"]) == (sorted(found), None)
    assert len(found) == 4
    # Who asks, the list, the trace.
    assert counted == [3, 3]


def test_closing_a_case_lets_its_duties_lapse(
    house: House, supervisor: Phone, ilze: Phone, family: dict[str, Any]
) -> None:
    house.raise_a_duty(ilze, family["child"])
    closing = {"reason": "goal_reached", "outcome": "good"}

    done(supervisor.act(f"cases/{family['case']['id']}/close", family["case"], closing))

    assert [duty["state"] for duty in duties_of(supervisor, whose="all", state="lapsed")] == ["lapsed"]
    assert duties_of(supervisor, whose="all") == []


@pytest.mark.parametrize(
    ("query", "wrong"),
    [("whose=mine", "whose"), ("state=late", "state"), ("cursor=x", "cursor"), ("limit=0", "limit")],
)
def test_a_filter_that_means_nothing_is_named(ilze: Phone, query: str, wrong: str) -> None:
    assert refusal_of(ilze.get(f"duties?{query}")) == {"type": "invalid-request", "errors": [wrong]}
