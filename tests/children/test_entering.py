"""Entering children and correcting what is known of them."""

import uuid
from datetime import date
from typing import Any

import pytest

from bas_service import clock
from tests.builders import House
from tests.callers import Phone, done, invalid, refusal_of


def years_ago(years: int, *, days: int = 0) -> str:
    """The birth date of somebody who turned ``years`` today, or some days later."""
    today = clock.today()
    birthday = date(today.year - years, today.month, min(today.day, 28))
    return date.fromordinal(birthday.toordinal() + today.day - birthday.day + days).isoformat()


FORM = {"given_name": "Anna", "family_name": "Bērziņa", "birth_date": years_ago(12), "municipality": "LV-RIX"}
KNOWN_CODE = "161175-19997"


@pytest.fixture
def supervisor(house: House) -> Phone:
    """A supervisor."""
    return house.a_supervisor()


def test_a_child_is_entered_with_the_least_and_waits(supervisor: Phone) -> None:
    child = done(supervisor.post("children", FORM))

    assert child == FORM | {
        "id": child["id"],
        "personal_code": None,
        "language": "lv",
        "home_address": None,
        "school": None,
        "waiting": True,
        "version": 1,
        "created_at": child["created_at"],
    }
    assert uuid.UUID(child["id"]).version == 7
    assert done(supervisor.get(f"children/{child['id']}")) == child


def test_a_child_is_entered_with_everything_by_a_coordinator_too(house: House) -> None:
    coordinator = house.a_coordinator()
    form = FORM | {"id": str(uuid.uuid4()), "personal_code": "16117519997", "language": "ru"}

    child = done(coordinator.post("children", form))

    assert child == form | {
        "personal_code": KNOWN_CODE,
        "home_address": None,
        "school": None,
        "waiting": True,
        "version": 1,
        "created_at": child["created_at"],
    }


def test_names_are_composed_and_trimmed(supervisor: Phone) -> None:
    child = done(supervisor.post("children", FORM | {"given_name": "  Be\u0304rna ", "family_name": "S\u030ceit"}))

    assert (child["given_name"], child["family_name"]) == ("Bērna", "Šeit")
    assert [len(child[name]) for name in ("given_name", "family_name")] == [5, 4]


@pytest.mark.parametrize(
    ("change", "places"),
    [
        ({"birth_date": years_ago(18)}, ["/birth_date"]),
        ({"birth_date": years_ago(6, days=1)}, ["/birth_date"]),
        ({"birth_date": years_ago(-1)}, ["/birth_date"]),
        ({"birth_date": "2015-02-30"}, ["/birth_date"]),
        ({"birth_date": f"{FORM['birth_date']}T00:00:00Z"}, ["/birth_date"]),
        ({"birth_date": None}, ["/birth_date"]),
        ({"personal_code": "161175-19998"}, ["/personal_code"]),
        ({"personal_code": ""}, ["/personal_code"]),
        ({"personal_code": 16117519997}, ["/personal_code"]),
        ({"municipality": "LV-XXX"}, ["/municipality"]),
        ({"municipality": "lv-rix"}, ["/municipality"]),
        ({"municipality": "LV-001"}, ["/municipality"]),
        ({"municipality": None}, ["/municipality"]),
        ({"language": "de"}, ["/language"]),
        ({"language": None}, ["/language"]),
        ({"given_name": " "}, ["/given_name"]),
        ({"given_name": "x" * 101}, ["/given_name"]),
        ({"given_name": "An\nna", "family_name": "\u202eB"}, ["/family_name", "/given_name"]),
        ({"id": "7"}, ["/id"]),
        ({"waiting": False}, ["/waiting"]),
        ({"version": 1}, ["/version"]),
    ],
)
def test_a_child_of_another_shape_is_not_entered(
    supervisor: Phone, change: dict[str, Any], places: list[str]
) -> None:
    assert refusal_of(supervisor.post("children", FORM | change)) == invalid(*places)
    assert done(supervisor.get("children"))["items"] == []
    done(supervisor.post("children", FORM))


@pytest.mark.parametrize("birth_date", [years_ago(6), years_ago(18, days=1)])
def test_the_first_and_the_last_day_of_the_target_group_belong_to_it(supervisor: Phone, birth_date: str) -> None:
    assert done(supervisor.post("children", FORM | {"birth_date": birth_date}))["birth_date"] == birth_date


def test_every_of_the_43_municipalities_is_known(supervisor: Phone, house: House) -> None:
    from bas_service.children.municipalities import MUNICIPALITIES

    assert len(MUNICIPALITIES) == 43
    for code in ("LV-002", "LV-113", "LV-DGV", "LV-VEN"):
        assert done(supervisor.post("children", FORM | {"municipality": code}))["municipality"] == code


def test_a_personal_code_belongs_to_one_child_wherever_that_one_is(house: House, supervisor: Phone) -> None:
    other_team = house.a_supervisor()
    child = house.a_child(other_team, personal_code=KNOWN_CODE)
    house.a_case(other_team, child, house.a_specialist(other_team))

    assert refusal_of(supervisor.post("children", FORM | {"personal_code": KNOWN_CODE})) == {
        "type": "child-already-known"
    }
    assert done(supervisor.post("children", FORM))["personal_code"] is None


def test_two_children_without_a_personal_code_are_two_children(supervisor: Phone) -> None:
    assert done(supervisor.post("children", FORM))["id"] != done(supervisor.post("children", FORM))["id"]


@pytest.mark.parametrize(
    "change",
    [
        {"given_name": "Anita"},
        {"family_name": "Kalniņa"},
        {"birth_date": years_ago(9)},
        {"personal_code": "328673-00679"},
        {"personal_code": None},
        {"municipality": "LV-LPX"},
        {"language": "en"},
    ],
)
def test_what_is_known_is_corrected_on_the_version_in_hand(
    house: House, supervisor: Phone, change: dict[str, Any]
) -> None:
    child = house.a_child(supervisor, personal_code=KNOWN_CODE)

    corrected = supervisor.change(f"children/{child['id']}", child, change)

    assert done(corrected) == child | change | {"version": 2}
    assert corrected.headers["ETag"] == '"2"'
    assert done(supervisor.get(f"children/{child['id']}")) == child | change | {"version": 2}


def test_a_correction_without_a_difference_makes_no_version(house: House, supervisor: Phone) -> None:
    child = house.a_child(supervisor)

    assert done(supervisor.change(f"children/{child['id']}", child, {"given_name": "Anna"})) == child
    assert done(supervisor.change(f"children/{child['id']}", child, {})) == child


@pytest.mark.parametrize(
    ("change", "places"),
    [
        ({"birth_date": years_ago(18)}, ["/birth_date"]),
        ({"birth_date": None}, ["/birth_date"]),
        ({"personal_code": "161175-19998"}, ["/personal_code"]),
        ({"municipality": "LV-XXX"}, ["/municipality"]),
        ({"given_name": ""}, ["/given_name"]),
        ({"id": str(uuid.uuid4())}, ["/id"]),
        ({"waiting": False}, ["/waiting"]),
        ({"sort_key": "a"}, ["/sort_key"]),
    ],
)
def test_a_correction_that_is_wrong_changes_nothing(
    house: House, supervisor: Phone, change: dict[str, Any], places: list[str]
) -> None:
    child = house.a_child(supervisor)

    refused = supervisor.change(f"children/{child['id']}", child, {"given_name": "Anita"} | change)

    assert refusal_of(refused) == invalid(*places)
    assert done(supervisor.get(f"children/{child['id']}")) == child


def test_a_correction_needs_the_version_and_the_present_one(house: House, supervisor: Phone) -> None:
    child = house.a_child(supervisor)
    path, change = f"children/{child['id']}", {"given_name": "Anita"}

    assert refusal_of(supervisor.send("PATCH", path, change)) == {"type": "version-needed"}
    second = done(supervisor.change(path, child, change))
    stale = supervisor.change(path, child, {"given_name": "Aina"})
    assert stale.status_code == 412
    assert refusal_of(stale) == {"type": "version-stale", "current": second}
    assert done(supervisor.change(path, second, {"given_name": "Aina"}))["version"] == 3


def test_a_code_corrected_to_another_childs_is_refused(house: House, supervisor: Phone) -> None:
    house.a_child(supervisor, personal_code=KNOWN_CODE)
    child = house.a_child(supervisor)

    refused = supervisor.change(f"children/{child['id']}", child, {"personal_code": KNOWN_CODE})

    assert refusal_of(refused) == {"type": "child-already-known"}
    assert (
        done(supervisor.change(f"children/{child['id']}", child, {"personal_code": "328673-00679"}))["version"] == 2
    )


def test_somebody_grown_up_meanwhile_can_still_be_corrected(house: House, supervisor: Phone) -> None:
    """A phone sends the whole form back; a birth date that did not change is no reason to refuse a name."""
    child = house.a_child(supervisor)
    house.sql("UPDATE children SET birth_date = :day", day=years_ago(18))
    form = {"family_name": "Kalniņa", "birth_date": years_ago(18)}

    assert done(supervisor.change(f"children/{child['id']}", child, form))["family_name"] == "Kalniņa"


def test_there_is_no_child_under_an_unknown_id(supervisor: Phone, house: House) -> None:
    child = house.a_child(supervisor)

    assert refusal_of(supervisor.get(f"children/{uuid.uuid4()}")) == {"type": "not-found"}
    assert refusal_of(supervisor.get("children/7")) == {"type": "not-found"}
    assert done(supervisor.get(f"children/{child['id'].upper()}")) == child
