"""A specialist who leaves: every child is in somebody's hands at the end, or nothing has happened (D3)."""

from typing import Any

import pytest

from tests.builders import House
from tests.callers import Phone, at_once, done, invalid, refusal_of

WHY = "Moves to another country"


@pytest.fixture
def supervisor(house: House) -> Phone:
    """A supervisor."""
    return house.a_supervisor()


@pytest.fixture
def ilze(house: House, supervisor: Phone) -> Phone:
    """The specialist who leaves."""
    return house.a_specialist(supervisor, name="Ilze Izdomāta")


@pytest.fixture
def jānis(house: House, supervisor: Phone) -> Phone:
    """A specialist with room."""
    return house.a_specialist(supervisor)


@pytest.fixture
def families(house: House, supervisor: Phone, ilze: Phone) -> list[dict[str, Any]]:
    """Three families that Ilze works with."""
    return [house.a_family(supervisor, ilze) for _ in range(3)]


def moves(families: list[dict[str, Any]], *to: Phone) -> list[dict[str, Any]]:
    return [
        {"case_id": family["case"]["id"], "to_specialist_id": str(one.account_id)}
        for family, one in zip(families, to, strict=True)
    ]


def test_first_the_supervisor_sees_what_would_be_left_behind(
    house: House, supervisor: Phone, ilze: Phone, jānis: Phone, families: list[dict[str, Any]]
) -> None:
    house.an_absence(supervisor, jānis, ilze)
    house.raise_a_duty(ilze, families[0]["child"])

    left = done(supervisor.get(f"specialists/{ilze.account_id}/leaving"))

    assert left == {
        "specialist": {"id": str(ilze.account_id), "name": "Ilze Izdomāta"},
        "cases": done(ilze.get("caseload"))["cases"],
        "duties": 1,
        "substitutions": 1,
    }
    assert len(left["cases"]) == 3


def test_all_cases_meetings_and_duties_go_over_and_the_access_ends(
    house: House, supervisor: Phone, ilze: Phone, jānis: Phone, families: list[dict[str, Any]]
) -> None:
    zane = house.a_specialist(supervisor)
    meeting = house.a_meeting(ilze, families[0]["child"])
    house.raise_a_duty(ilze, families[0]["child"])
    house.an_absence(supervisor, jānis, ilze)
    form = {"reason": WHY, "moves": moves(families, jānis, zane, jānis)}

    left = done(supervisor.post(f"specialists/{ilze.account_id}/leave", form))

    assert left == {"specialist_id": str(ilze.account_id), "cases_handed_over": 3}
    assert (done(jānis.get("caseload"))["load"], done(zane.get("caseload"))["load"]) == (2.0, 1.0)
    assert done(jānis.get(f"meetings/{meeting['id']}"))["specialist_id"] == str(jānis.account_id)
    # The one that went along, and one for each case received.
    assert len(done(jānis.get("duties"))["items"]) == 3
    assert refusal_of(ilze.get("caseload")) == {"type": "sign-in-needed"}
    assert [one["substitutes"] for one in done(supervisor.get("absences"))["items"]] == [[]]
    assert refusal_of(supervisor.post(f"specialists/{ilze.account_id}/leave", form)) == {"type": "not-found"}


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_nothing_happens_while_one_case_is_left(
    supervisor: Phone, ilze: Phone, jānis: Phone, families: list[dict[str, Any]], missing: int
) -> None:
    chosen = moves(families, jānis, jānis, jānis)
    del chosen[missing]

    refused = supervisor.post(f"specialists/{ilze.account_id}/leave", {"reason": WHY, "moves": chosen})

    assert refusal_of(refused) == {"type": "cases-left", "cases": 1}
    assert done(ilze.get("caseload"))["load"] == 3.0


def test_nothing_happens_when_whoever_takes_over_would_be_above_the_maximum(
    house: House, supervisor: Phone, ilze: Phone, jānis: Phone, families: list[dict[str, Any]]
) -> None:
    for _ in range(5):
        house.a_case(supervisor, house.a_child(supervisor), jānis, complexity="crisis")
    form = {"reason": WHY, "moves": moves(families, jānis, jānis, jānis)}

    refused = refusal_of(supervisor.post(f"specialists/{ilze.account_id}/leave", form))

    assert refused == {"type": "caseload-full", "load": 12.0, "maximum": 12.0, "would_be": 13.0}
    assert (done(ilze.get("caseload"))["load"], done(jānis.get("caseload"))["load"]) == (3.0, 10.0)


def test_a_move_of_something_else_or_to_somebody_else_is_named(
    house: House, supervisor: Phone, ilze: Phone, jānis: Phone, families: list[dict[str, Any]]
) -> None:
    other = house.a_family(supervisor, jānis)
    stranger = house.a_specialist(house.a_supervisor())
    path = f"specialists/{ilze.account_id}/leave"
    for chosen, wrong in (
        (moves([*families, other], jānis, jānis, jānis, jānis), "/moves/3/case_id"),
        (moves(families, jānis, ilze, jānis), "/moves/1/to_specialist_id"),
        (moves(families, jānis, jānis, stranger), "/to_specialist_id"),
    ):
        assert refusal_of(supervisor.post(path, {"reason": WHY, "moves": chosen})) == invalid(wrong)
    assert done(ilze.get("caseload"))["load"] == 3.0


def test_a_child_given_at_the_last_moment_is_not_orphaned(
    house: House, supervisor: Phone, ilze: Phone, jānis: Phone, families: list[dict[str, Any]]
) -> None:
    """Whichever comes first: the new case is refused, or the leaving is."""
    form = {"reason": WHY, "moves": moves(families, jānis, jānis, jānis)}
    child = house.a_child(supervisor)
    case = {"child_id": child["id"], "specialist_id": str(ilze.account_id), "complexity": "low"}

    left, opened = at_once(
        lambda: supervisor.post(f"specialists/{ilze.account_id}/leave", form), lambda: supervisor.post("cases", case)
    )

    assert (left.status_code, opened.status_code) in {(200, 422), (409, 201)}
    orphaned = "SELECT c.id FROM cases c JOIN accounts a ON a.id = c.specialist_id WHERE c.state = 'open'"
    assert house.sql(f"{orphaned} AND NOT a.active") == []


def test_two_who_leave_to_each_other_at_once_do_not_wait_in_a_circle(
    house: House, supervisor: Phone, ilze: Phone, jānis: Phone
) -> None:
    own, others = [house.a_family(supervisor, ilze)], [house.a_family(supervisor, jānis)]

    answers = at_once(
        lambda: supervisor.post(f"specialists/{ilze.account_id}/leave", {"reason": WHY, "moves": moves(own, jānis)}),
        lambda: supervisor.post(
            f"specialists/{jānis.account_id}/leave", {"reason": WHY, "moves": moves(others, ilze)}
        ),
    )

    # Whoever comes second finds the other one gone, or a case more than the moves name.
    assert sorted(answer.status_code for answer in answers)[0] == 200
    assert sorted(answer.status_code for answer in answers)[1] in {409, 422}
