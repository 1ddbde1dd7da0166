"""Whoever might be the same child is named, and of another team's child nothing but that there is one (D1, D32)."""

import json
from typing import Any

import pytest

from tests.builders import House
from tests.callers import Phone, done
from tests.tables import statements_of

CODE = "320000-00008"
JĀNIS = {"given_name": "Jānis", "family_name": "Bērziņš", "birth_date": "2014-03-05"}


@pytest.fixture
def supervisor(house: House) -> Phone:
    """Somebody who enters a referral."""
    return house.a_supervisor()


def child_found(child: dict[str, Any], because: str) -> dict[str, Any]:
    names = {name: child[name] for name in ("given_name", "family_name", "birth_date")}
    return {"child_id": child["id"], "referral_id": None, "because": because} | names


def referral_found(referral: dict[str, Any], because: str) -> dict[str, Any]:
    return child_found(referral, because) | {"child_id": None, "referral_id": referral["id"]}


@pytest.mark.parametrize(
    "written",
    [
        {},
        {"given_name": "Janis", "family_name": "Berzins"},
        {"given_name": "JĀNIS", "family_name": "bērziņš"},
        {"given_name": "Bērziņš", "family_name": "Jānis"},
        {"family_name": "Bērziņs"},
        {"family_name": "Berziņšs", "given_name": "Jānīts"},
        {"given_name": "Jānis Pēteris"},
        # A day taken for a month, a year's slip of nothing else, a month mistyped.
        {"birth_date": "2014-05-03"},
        {"birth_date": "2014-05-03", "family_name": "Bērziņa"},
        {"birth_date": "2014-03-06", "given_name": "Janis"},
    ],
)
def test_the_same_child_is_recognised_however_it_was_written(
    house: House, supervisor: Phone, written: dict[str, str]
) -> None:
    child = house.a_child(supervisor, **JĀNIS)

    referral = house.a_referral(supervisor, **JĀNIS | written)

    assert referral["possible_duplicates"] == [child_found(child, "name_and_birth_date")]
    assert referral["known_elsewhere"] is False


@pytest.mark.parametrize(
    "written",
    [
        {"given_name": "Anna", "family_name": "Ozola"},
        {"birth_date": "2013-03-05"},
        {"given_name": "Pēteris", "birth_date": "2014-05-03"},
        {"given_name": "Pēteris", "birth_date": "2014-11-20"},
        {"family_name": "Kalniņš", "birth_date": "2014-03-06"},
    ],
)
def test_another_child_is_not_taken_for_it(house: House, supervisor: Phone, written: dict[str, str]) -> None:
    house.a_child(supervisor, **JĀNIS)

    assert house.a_referral(supervisor, **JĀNIS | written)["possible_duplicates"] == []


def test_names_in_another_script_are_compared_as_well(house: House, supervisor: Phone) -> None:
    child = house.a_child(supervisor, given_name="Алексей", family_name="Выдуманный", birth_date="2014-03-05")
    written = {"given_name": "Алексей", "family_name": "Выдуманный", "birth_date": "2014-05-03"}

    referral = house.a_referral(supervisor, **written)

    assert referral["possible_duplicates"] == [child_found(child, "name_and_birth_date")]


def test_a_personal_code_says_more_than_names_and_comes_first(house: House, supervisor: Phone) -> None:
    alike = house.a_child(supervisor, **JĀNIS)
    same = house.a_child(supervisor, given_name="Citāds", birth_date="2012-01-01", personal_code=CODE)

    referral = house.a_referral(supervisor, **JĀNIS, personal_code="32000000008")

    assert referral["possible_duplicates"] == [
        child_found(same, "personal_code"),
        child_found(alike, "name_and_birth_date"),
    ]


def test_without_a_date_of_birth_the_whole_name_must_be_the_same(house: House, supervisor: Phone) -> None:
    child = house.a_child(supervisor, **JĀNIS)
    named = house.a_referral(supervisor, given_name="Janis", family_name="Berzins", birth_date=None)
    assert named["possible_duplicates"] == [child_found(child, "name")]
    house.a_referral(supervisor, given_name="Janis", family_name="Berzinš-Ozols", birth_date=None)

    other = house.a_referral(supervisor, **JĀNIS)

    assert other["possible_duplicates"] == [child_found(child, "name_and_birth_date"), referral_found(named, "name")]


def test_referrals_of_the_same_child_are_found_also_declined_ones_until_they_are_a_child(
    house: House, supervisor: Phone
) -> None:
    first = house.a_screened_referral(supervisor, **JĀNIS)
    second = house.a_referral(
        house.a_coordinator(), given_name="Janis", family_name="Berzins", birth_date="2014-03-05"
    )
    declined = done(supervisor.act(f"referrals/{second['id']}/decline", second, {"reason": "other"}))
    assert declined["possible_duplicates"] == [referral_found(first, "name_and_birth_date")]
    shown = done(supervisor.get(f"referrals/{first['id']}"))
    assert shown["possible_duplicates"] == [referral_found(second, "name_and_birth_date")]

    accepted = done(supervisor.act(f"referrals/{first['id']}/accept", first))

    # Not itself, and not the child that it became.
    assert accepted["possible_duplicates"] == [referral_found(second, "name_and_birth_date")]
    child = done(supervisor.get(f"children/{accepted['child_id']}"))
    again = done(supervisor.get(f"referrals/{second['id']}"))
    assert again["possible_duplicates"] == [child_found(child, "name_and_birth_date")]


def test_a_correction_asks_anew(house: House, supervisor: Phone) -> None:
    child = house.a_child(supervisor, **JĀNIS)
    referral = house.a_referral(supervisor, given_name="Anna", family_name="Ozola")
    assert referral["possible_duplicates"] == []

    corrected = done(supervisor.change(f"referrals/{referral['id']}", referral, JĀNIS))

    assert corrected["possible_duplicates"] == [child_found(child, "name_and_birth_date")]


@pytest.mark.parametrize("written", [JĀNIS, JĀNIS | {"given_name": "Cits", "personal_code": CODE}])
def test_of_another_teams_child_nothing_is_said_but_that_there_is_one_and_its_trace_shows_who_asked(
    house: House, supervisor: Phone, written: dict[str, str]
) -> None:
    responsible = house.a_supervisor()
    child = house.a_family(responsible, house.a_specialist(responsible), **JĀNIS, personal_code=CODE)["child"]
    coordinator = house.a_coordinator()

    for phone in (supervisor, coordinator):
        referral = house.a_referral(phone, **written)
        assert referral["known_elsewhere"] is True
        assert child["id"] not in json.dumps(referral)
        assert all(found["child_id"] is None for found in referral["possible_duplicates"])
    own = house.a_referral(responsible, **written)

    assert own["known_elsewhere"] is False
    assert child["id"] in {found["child_id"] for found in own["possible_duplicates"]}
    looks = done(responsible.get(f"children/{child['id']}/looks"))["items"]
    asked = [(look["account_id"], look["action"]) for look in looks if look["action"] == "referrals.enter"]
    assert sorted(asked) == sorted(
        (str(phone.account_id), "referrals.enter") for phone in (supervisor, coordinator, responsible)
    )


def test_nobody_but_those_whom_referrals_reach_can_ask_the_database(house: House, supervisor: Phone) -> None:
    specialist = house.a_specialist(supervisor)
    house.a_child(supervisor, **JĀNIS)
    referral = house.a_referral(supervisor, **JĀNIS)
    asked = f"SELECT count(*) FROM possible_duplicates('{referral['id']}')"

    def counted(phone: Phone | None) -> int:
        with house.asking(phone) as connection:
            return connection.exec_driver_sql(asked).scalar_one()

    assert [counted(phone) for phone in (supervisor, house.a_coordinator())] == [1, 1]
    assert [counted(phone) for phone in (specialist, house.an_administrator(), None)] == [0, 0, 0]


def test_a_referral_that_went_with_another_teams_child_tells_nothing_more(house: House, supervisor: Phone) -> None:
    accepted = house.an_accepted_referral(supervisor, **JĀNIS)
    house.a_referral(supervisor, **JĀNIS)
    other = house.a_supervisor()
    asked = f"SELECT count(*) FROM possible_duplicates('{accepted['id']}')"
    house.a_case(supervisor, {"id": accepted["child_id"]}, house.a_specialist(supervisor))

    with house.asking(other) as connection:
        assert connection.exec_driver_sql(asked).scalar_one() == 0
    with house.asking(supervisor) as connection:
        assert connection.exec_driver_sql(asked).scalar_one() == 1


def test_three_who_look_alike_take_as_many_statements_as_one_and_twenty_are_named_at_most(
    house: House, supervisor: Phone
) -> None:
    counted = []
    for _ in range(2):
        referral = house.a_referral(supervisor, **JĀNIS)
        with statements_of(house.app) as found:
            supervisor.get(f"referrals/{referral['id']}")
        counted.append(len(found))
        house.a_child(supervisor, **JĀNIS)
    assert counted[0] == counted[1]
    for _ in range(20):
        house.a_child(supervisor, **JĀNIS)

    shown = done(supervisor.get(f"referrals/{referral['id']}"))

    assert len(shown["possible_duplicates"]) == 20
    assert shown["known_elsewhere"] is False
