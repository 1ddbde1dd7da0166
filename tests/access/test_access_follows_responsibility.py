"""Access begins and ends with responsibility, from the next request on (D32)."""

from typing import Any

import pytest
from sqlalchemy import text

from tests.builders import House
from tests.callers import Phone, done, refusal_of

TRANSFER = {"reason": "Moves to another district"}
CLOSING = {"reason": "goal_reached", "outcome": "Goes to school again"}


def sees(house: House, phone: Phone, family: dict[str, Any]) -> set[str]:
    """Which things of a family somebody gets over HTTP; each must be in the lists as well, or in none."""
    child = family["child"]["id"]
    paths = {
        "child": f"children/{child}",
        "representatives": f"children/{child}/representatives",
        "consents": f"children/{child}/consents",
        "case": f"cases/{family['case']['id']}",
        "meeting": f"meetings/{family['meeting']['id']}",
    }
    seen = set()
    for name, path in paths.items():
        answer = phone.get(path)
        assert answer.status_code in {200, 404}
        if answer.status_code == 200:
            seen.add(name)
        else:
            assert refusal_of(answer) == {"type": "not-found"}
    listed = {item["id"] for item in done(phone.get("children"))["items"]}
    assert (child in listed) is ("child" in seen)
    planned = {item["id"] for item in done(phone.get("meetings"))["items"]}
    assert (family["meeting"]["id"] in planned) is ("meeting" in seen)
    with house.asking(phone) as connection:
        for table in ("cases", "representatives", "consents", "meetings", "announcements", "responsibilities"):
            found = connection.execute(text(f"SELECT count(*) FROM {table} WHERE child_id = :id"), {"id": child})
            assert (found.scalar_one() > 0) is bool(seen)
    return seen


ALL = {"child", "representatives", "consents", "case", "meeting"}


@pytest.fixture
def people(house: House) -> dict[str, Phone]:
    """A northern team of two, and a southern one."""
    north, south = house.a_supervisor(), house.a_supervisor()
    return {
        "north": north,
        "south": south,
        "ilze": house.a_specialist(north),
        "jānis": house.a_specialist(north),
        "pauls": house.a_specialist(south),
    }


@pytest.fixture
def family(house: House, people: dict[str, Phone]) -> dict[str, Any]:
    """A family that Ilze works with."""
    family = house.a_family(people["north"], people["ilze"])
    family["consent"] = house.a_consent(people["north"], family["representative"])
    family["meeting"] = house.a_meeting(people["ilze"], family["child"])
    return family


def seen_by(house: House, people: dict[str, Phone], family: dict[str, Any]) -> dict[str, set[str]]:
    return {who: found for who, phone in people.items() if (found := sees(house, phone, family))}


def test_a_case_is_seen_by_its_specialist_and_the_teams_supervisor(
    house: House, people: dict[str, Phone], family: dict[str, Any]
) -> None:
    assert seen_by(house, people, family) == {"north": ALL, "ilze": ALL}


def test_a_transfer_moves_the_sight_with_the_next_request(
    house: House, people: dict[str, Phone], family: dict[str, Any]
) -> None:
    to = {"to_specialist_id": str(people["jānis"].account_id)}
    done(people["north"].act(f"cases/{family['case']['id']}/transfer", family["case"], TRANSFER | to))

    assert seen_by(house, people, family) == {"north": ALL, "jānis": ALL}


def test_what_somebody_may_no_longer_see_they_cannot_change_either(
    house: House, people: dict[str, Phone], family: dict[str, Any]
) -> None:
    ilze, jānis = people["ilze"], people["jānis"]
    representative, meeting = family["representative"], family["meeting"]
    done(ilze.change(f"representatives/{representative['id']}", representative, {"name": "Mamma Jauna"}))
    to = {"to_specialist_id": str(jānis.account_id)}
    done(people["north"].act(f"cases/{family['case']['id']}/transfer", family["case"], TRANSFER | to))
    representative, meeting = representative | {"version": 2}, meeting | {"version": 2}

    def attempts(phone: Phone) -> list[int]:
        child = family["child"]["id"]
        form = {"name": "Tētis", "relation": "parent", "phone": "+37120000150", "channels": ["sms"]}
        return [
            phone.change(f"children/{child}", family["child"], {"given_name": "Anita"}).status_code,
            phone.post(f"children/{child}/representatives", form).status_code,
            phone.change(f"representatives/{representative['id']}", representative, {"name": "Mamma"}).status_code,
            phone.act(f"consents/{family['consent']['id']}/withdraw", family["consent"]).status_code,
            phone.change(f"meetings/{meeting['id']}", meeting, {"note": "changed"}).status_code,
            phone.post("meetings", house.meeting_form(family["child"], expected_minutes=30)).status_code,
        ]

    assert attempts(ilze) == [404] * 6
    # The last one is at the time of the meeting planned already.
    assert attempts(jānis) == [200, 201, 200, 200, 200, 409]


def test_a_closed_case_is_left_to_the_supervisor_of_the_team(
    house: House, people: dict[str, Phone], family: dict[str, Any]
) -> None:
    done(people["ilze"].act(f"meetings/{family['meeting']['id']}/cancel", family["meeting"], {"reason": "child_ill"}))
    done(people["north"].act(f"cases/{family['case']['id']}/close", family["case"], CLOSING))

    assert seen_by(house, people, family) == {"north": ALL}


def test_a_closed_case_is_no_longer_seen_by_the_team_that_closed_it_when_another_team_takes_the_child(
    house: House, people: dict[str, Phone], family: dict[str, Any]
) -> None:
    """The other team cannot come to it by itself; a coordinator's tool, still to be built, will do this."""
    done(people["ilze"].act(f"meetings/{family['meeting']['id']}/cancel", family["meeting"], {"reason": "child_ill"}))
    done(people["north"].act(f"cases/{family['case']['id']}/close", family["case"], CLOSING))
    house.sql(
        "INSERT INTO cases (id, child_id, specialist_id, complexity, state, opened_at, version)"
        " VALUES (gen_random_uuid(), :child, :specialist, 'low', 'open', now(), 1)",
        child=family["child"]["id"],
        specialist=people["pauls"].account_id,
    )

    assert set(seen_by(house, people, family)) == {"south", "pauls"}


def test_a_child_that_waits_is_seen_by_those_who_assign_until_its_first_case(
    house: House, people: dict[str, Phone]
) -> None:
    people |= {"coordinator": house.a_coordinator(), "another": house.a_coordinator()}
    child = house.a_child(people["coordinator"])
    house.a_representative(people["coordinator"], child)

    def seen() -> set[str]:
        return {who for who, phone in people.items() if phone.get(f"children/{child['id']}").status_code == 200}

    assert seen() == {"coordinator", "another", "north", "south"}
    house.a_case(people["south"], child, people["pauls"])
    assert seen() == {"south", "pauls"}
    assert refusal_of(people["coordinator"].change(f"children/{child['id']}", child, {"given_name": "Anita"})) == {
        "type": "not-found"
    }


def test_when_a_specialist_leaves_the_supervisor_still_sees_and_hands_over(
    house: House, people: dict[str, Phone], family: dict[str, Any]
) -> None:
    house.deactivate(people["ilze"])
    ilze = people.pop("ilze")

    assert refusal_of(ilze.get(f"children/{family['child']['id']}")) == {"type": "sign-in-needed"}
    assert seen_by(house, people, family) == {"north": ALL}
    to = {"to_specialist_id": str(people["jānis"].account_id)}
    done(people["north"].act(f"cases/{family['case']['id']}/transfer", family["case"], TRANSFER | to))
    assert seen_by(house, people, family) == {"north": ALL, "jānis": ALL}


def test_a_specialist_who_changes_teams_takes_the_sight_of_the_cases_along(
    house: House, people: dict[str, Phone], family: dict[str, Any]
) -> None:
    house.sql(
        "UPDATE accounts SET supervisor_id = :south WHERE id = :ilze",
        south=people["south"].account_id,
        ilze=people["ilze"].account_id,
    )

    assert seen_by(house, people, family) == {"south": ALL, "ilze": ALL}


def test_a_deactivated_supervisor_sees_nothing_more_and_the_specialist_works_on(
    house: House, people: dict[str, Phone], family: dict[str, Any]
) -> None:
    house.deactivate(people["north"])
    north = people.pop("north")

    assert refusal_of(north.get("children")) == {"type": "sign-in-needed"}
    assert seen_by(house, people, family) == {"ilze": ALL}
