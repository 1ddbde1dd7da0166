"""What a specialist sees of the own caseload, and a supervisor of the team's."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from bas_service.clock import in_riga
from tests.builders import House, at, soon
from tests.callers import Phone, done, refusal_of
from tests.tables import statements_of

LIMITS = {"minimum": 6.0, "nominal": 10.0, "maximum": 12.0}


@pytest.fixture
def supervisor(house: House) -> Phone:
    """A supervisor."""
    return house.a_supervisor()


@pytest.fixture
def specialist(house: House, supervisor: Phone) -> Phone:
    """A specialist of the team."""
    return house.a_specialist(supervisor, name="Ilze Izdomāta")


def brief(meeting: dict[str, Any]) -> dict[str, Any]:
    return {name: meeting[name] for name in ("id", "starts_at", "kind")}


def test_a_caseload_shows_load_and_limits_and_each_case_with_its_nearest_meetings(
    house: House, supervisor: Phone, specialist: Phone
) -> None:
    žube = house.a_child(supervisor, given_name="Berta", family_name="Žube")
    ābols = house.a_child(supervisor, given_name="Anna", family_name="Ābols")
    for child in (žube, ābols):
        house.a_representative(supervisor, child)
    heavy = house.a_case(supervisor, žube, specialist, complexity="crisis", rhythm={"times": 3, "per": "month"})
    light = house.a_case(supervisor, ābols, specialist, complexity="low")
    held = house.a_meeting(specialist, žube, starts_at=at(soon(hours=1)))
    held = done(specialist.act(f"meetings/{held['id']}/start", held, {"unannounced_reason": "first one"}))
    done(specialist.act(f"meetings/{held['id']}/finish", held, {}))
    house.a_meeting(specialist, žube, starts_at=at(soon(hours=48)))
    following = house.a_meeting(specialist, žube, starts_at=at(soon(hours=24)))
    cancelled = house.a_meeting(specialist, ābols, starts_at=at(soon(hours=5)))
    done(specialist.act(f"meetings/{cancelled['id']}/cancel", cancelled, {"reason": "child_ill"}))

    caseload = done(specialist.get("caseload"))

    assert caseload == LIMITS | {
        "specialist": {"id": str(specialist.account_id), "name": "Ilze Izdomāta"},
        "load": 2.75,
        "room": 9.25,
        "over": None,
        "cases": [
            {
                "case": {name: light[name] for name in ("id", "opened_at", "version")},
                "child": {name: ābols[name] for name in ("id", "given_name", "family_name")},
                "complexity": "low",
                "weight": 0.75,
                "next_meeting": None,
                "last_meeting": None,
                "rhythm": None,
                "rhythm_due_on": None,
                "duties": [],
            },
            {
                "case": {name: heavy[name] for name in ("id", "opened_at", "version")},
                "child": {name: žube[name] for name in ("id", "given_name", "family_name")},
                "complexity": "crisis",
                "weight": 2.0,
                "next_meeting": brief(following),
                "last_meeting": brief(held),
                "rhythm": {"times": 3, "per": "month"},
                "rhythm_due_on": (in_riga(soon(hours=1)).date() + timedelta(days=10)).isoformat(),
                "duties": [],
            },
        ],
        "stood_in_for": [],
    }
    assert done(supervisor.get(f"specialists/{specialist.account_id}/caseload")) == caseload
    assert done(specialist.get(f"specialists/{specialist.account_id}/caseload")) == caseload


def test_a_caseload_without_cases_is_empty(specialist: Phone) -> None:
    assert done(specialist.get("caseload")) == LIMITS | {
        "specialist": {"id": str(specialist.account_id), "name": "Ilze Izdomāta"},
        "load": 0.0,
        "room": 12.0,
        "over": None,
        "cases": [],
        "stood_in_for": [],
    }


def test_a_caseload_is_seen_by_its_owner_and_the_teams_supervisor_only(
    house: House, supervisor: Phone, specialist: Phone
) -> None:
    path = f"specialists/{specialist.account_id}/caseload"

    for stranger in (house.a_supervisor(), house.a_specialist(supervisor)):
        assert refusal_of(stranger.get(path)) == {"type": "not-found"}
    assert refusal_of(supervisor.get(f"specialists/{uuid.uuid4()}/caseload")) == {"type": "not-found"}
    assert refusal_of(supervisor.get(f"specialists/{supervisor.account_id}/caseload")) == {"type": "not-found"}
    assert done(supervisor.get(path)) == done(specialist.get("caseload"))


def test_a_supervisor_sees_the_active_specialists_of_the_team_with_their_loads(
    house: House, supervisor: Phone, specialist: Phone
) -> None:
    anna = house.a_specialist(supervisor, name="Anna Izdomāta")
    house.deactivate(house.a_specialist(supervisor, name="Aija Izdomāta"))
    house.a_specialist(house.a_supervisor(), name="Agnese Izdomāta")
    for complexity in ("high", "crisis"):
        house.a_case(supervisor, house.a_child(supervisor), specialist, complexity=complexity)
    closed = house.a_case(supervisor, house.a_child(supervisor), anna)
    done(supervisor.act(f"cases/{closed['id']}/close", closed, {"reason": "goal_reached", "outcome": "good"}))

    assert done(supervisor.get("specialists")) == {
        "items": [
            LIMITS
            | {
                "specialist": {"id": str(anna.account_id), "name": "Anna Izdomāta"},
                "load": 0.0,
                "room": 12.0,
                "over": None,
                "cases": 0,
            },
            LIMITS
            | {
                "specialist": {"id": str(specialist.account_id), "name": "Ilze Izdomāta"},
                "load": 3.5,
                "room": 8.5,
                "over": None,
                "cases": 2,
            },
        ],
        "next": None,
    }
    assert done(house.a_supervisor().get("specialists")) == {"items": [], "next": None}


def test_a_team_stands_in_the_order_of_a_latvian_register(house: House, supervisor: Phone) -> None:
    for name in ("Čakste Anna", "Žube Anna", "Cukurs Anna", "Ābols Anna", "Bērziņa Anna"):
        house.a_specialist(supervisor, name=name)

    names = [item["specialist"]["name"] for item in done(supervisor.get("specialists"))["items"]]

    assert names == ["Ābols Anna", "Bērziņa Anna", "Cukurs Anna", "Čakste Anna", "Žube Anna"]


def test_a_caseload_needs_the_same_statements_for_one_case_and_for_three(
    house: House, app: Flask, supervisor: Phone, specialist: Phone
) -> None:
    counted = []
    for number in (1, 3):
        while len(done(specialist.get("caseload"))["cases"]) < number:
            child = house.a_family(supervisor, specialist)["child"]
            hours = 24 * len(done(specialist.get("caseload"))["cases"])
            house.a_meeting(specialist, child, starts_at=at(soon(hours=hours)))
        for phone, path in ((specialist, "caseload"), (supervisor, f"specialists/{specialist.account_id}/caseload")):
            with statements_of(app) as statements:
                assert len(done(phone.get(path))["cases"]) == number
            counted.append(len(statements))

    # Who asks, the policy, the cases, their duties; the supervisor's besides: whether the specialist is of the team.
    assert counted == [5, 6, 5, 6]


def test_a_team_needs_the_same_statements_for_one_specialist_and_for_three(
    house: House, app: Flask, supervisor: Phone
) -> None:
    counted = []
    for number in (1, 3):
        while len(done(supervisor.get("specialists"))["items"]) < number:
            house.a_family(supervisor, house.a_specialist(supervisor))
        with statements_of(app) as statements:
            assert len(done(supervisor.get("specialists"))["items"]) == number
        counted.append(len(statements))

    # Who asks, the team, the policy, the cases.
    assert counted == [4, 4]


def test_the_policies_need_two_statements(house: House, app: Flask, supervisor: Phone) -> None:
    done(supervisor.get("me"))
    with statements_of(app) as statements:
        done(supervisor.get("load-policies"))

    assert len(statements) == 2
