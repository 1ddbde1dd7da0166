"""Policies ahead of their day: prepared, judged by their effect, taken back; and the policy of casework (D26)."""

import copy
import uuid
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bas_service import clock
from bas_service.caseload import policies
from bas_service.database import transaction
from tests.builders import House
from tests.callers import Phone, at_once, done, invalid, refusal_of
from tests.tables import statements_of


def day(days: int) -> str:
    """A day some days from today."""
    return (clock.today() + timedelta(days=days)).isoformat()


@pytest.fixture
def coordinator(house: House) -> Phone:
    """Somebody who makes policies."""
    return house.a_coordinator()


FIRST = {
    "id": "01900000-0000-7000-8000-000000000031",
    "valid_from": "2025-01-01",
    "rhythms": {
        "low": {"times": 1, "per": "month"},
        "standard": {"times": 3, "per": "month"},
        "high": {"times": 1, "per": "week"},
        "crisis": {"times": 2, "per": "week"},
    },
    "failed_attempts": 3,
    "exception_reminder_days": 7,
    "overdue_ask_minutes": 15,
    "overdue_alarm_minutes": 45,
}
REASONS = [
    {"key": "goal", "text": {"lv": "Mērķis", "en": "Goal", "ru": "Цель"}, "outcome_needed": True},
    {"key": "moved", "text": {"lv": "Pārcēlies", "en": "Moved", "ru": "Переезд"}, "outcome_needed": False},
]


# The policy of casework


def test_everybody_sees_the_first_policy_of_casework(house: House, coordinator: Phone) -> None:
    for phone in (house.a_specialist(house.a_supervisor()), coordinator, house.an_administrator()):
        (first,) = done(phone.get("casework-policies"))["items"]
        reasons = first.pop("close_reasons")
        assert first == FIRST | {"created_at": first["created_at"]}
        assert {reason["key"]: reason["outcome_needed"] for reason in reasons} == {
            "goal_reached": True,
            "turned_18": True,
            "moved_abroad": False,
            "cooperation_avoided": True,
            "representative_refused": True,
            "exclusion_factor": True,
            "other": True,
        }


def test_what_is_left_out_stays_as_it_would_be_on_that_day(coordinator: Phone) -> None:
    (first,) = done(coordinator.get("casework-policies"))["items"]
    later = done(coordinator.post("casework-policies", {"valid_from": day(10), "failed_attempts": 5}))
    latest = done(coordinator.post("casework-policies", {"valid_from": day(20), "close_reasons": REASONS}))
    sooner = done(coordinator.post("casework-policies", {"id": str(uuid.uuid4()), "valid_from": day(5)}))

    def changed(policy: dict[str, Any], **values: Any) -> dict[str, Any]:
        return first | {name: policy[name] for name in ("id", "created_at", "valid_from")} | values

    assert later == changed(later, failed_attempts=5)
    assert latest == changed(latest, failed_attempts=5, close_reasons=REASONS)
    assert sooner == changed(sooner)
    assert done(coordinator.get("casework-policies"))["items"] == [latest, later, sooner, first]


@pytest.mark.parametrize(
    ("change", "places"),
    [
        ({"valid_from": day(-1)}, ["/valid_from"]),
        (
            {"rhythms": {"low": {"times": 1, "per": "week"}}},
            ["/rhythms/crisis", "/rhythms/high", "/rhythms/standard"],
        ),
        ({"rhythms": FIRST["rhythms"] | {"low": {"times": 4, "per": "month"}}}, ["/rhythms"]),
        ({"rhythms": FIRST["rhythms"] | {"crisis": {"times": 15, "per": "week"}}}, ["/rhythms/crisis/times"]),
        ({"close_reasons": []}, ["/close_reasons"]),
        ({"close_reasons": [REASONS[0], REASONS[0]]}, ["/close_reasons"]),
        ({"close_reasons": [REASONS[0], REASONS[1] | {"key": "goal"}]}, ["/close_reasons"]),
        ({"close_reasons": [REASONS[0] | {"key": "The Goal"}]}, ["/close_reasons/0/key"]),
        ({"close_reasons": [REASONS[0] | {"key": "goal\n"}]}, ["/close_reasons/0/key"]),
        ({"close_reasons": [REASONS[0] | {"text": {"lv": "a", "en": "b"}}]}, ["/close_reasons/0/text/ru"]),
        ({"close_reasons": [REASONS[0] | {"outcome_needed": "true"}]}, ["/close_reasons/0/outcome_needed"]),
        ({"close_reasons": [REASONS[0]] * 51}, ["/close_reasons"]),
        ({"close_reasons": None}, ["/close_reasons"]),
        ({"failed_attempts": 0}, ["/failed_attempts"]),
        ({"exception_reminder_days": 91}, ["/exception_reminder_days"]),
        ({"overdue_ask_minutes": 45}, ["/overdue_alarm_minutes"]),
        (
            {"overdue_ask_minutes": 0, "overdue_alarm_minutes": 481},
            ["/overdue_alarm_minutes", "/overdue_ask_minutes"],
        ),
    ],
)
def test_a_policy_of_casework_that_makes_no_sense_is_refused(
    coordinator: Phone, change: dict[str, Any], places: list[str]
) -> None:
    form = {"valid_from": day(1), "rhythms": copy.deepcopy(FIRST["rhythms"]), "close_reasons": REASONS}

    assert refusal_of(coordinator.post("casework-policies", form | change)) == invalid(*places)
    assert len(done(coordinator.get("casework-policies"))["items"]) == 1
    done(coordinator.post("casework-policies", form))


def test_a_day_belongs_to_one_policy_of_casework_also_when_two_are_made_at_once(coordinator: Phone) -> None:
    form = {"valid_from": day(1)}

    answers = at_once(*[lambda: coordinator.post("casework-policies", form)] * 4)

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert refusal_of(coordinator.post("casework-policies", form)) == {"type": "policy-date-taken"}
    done(coordinator.post("casework-policies", {"valid_from": day(2)}))


def test_the_policy_of_a_day_is_found_by_that_day(house: House, app: Flask, coordinator: Phone) -> None:
    house.a_casework_policy(coordinator, valid_from=day(2), exception_reminder_days=14)

    with app.app_context(), transaction():
        found = {
            days: policies.casework_policy_on(clock.today() + timedelta(days=days)).exception_reminder_days
            for days in (0, 1, 2, 900)
        }

    assert found == {0: 7, 1: 7, 2: 14, 900: 14}


@pytest.mark.parametrize(
    "values",
    [
        {"rhythms": "rhythms - 'high'"},
        {"rhythms": 'rhythms || \'{"low": {"times": 1}}\''},
        {"rhythms": 'rhythms || \'{"low": {"times": 15, "per": "week"}}\''},
        {"rhythms": "'[]'"},
        {"close_reasons": "'[]'"},
        {"close_reasons": "'{}'"},
        {"failed_attempts": "0"},
        {"exception_reminder_days": "91"},
    ],
)
def test_the_database_takes_no_policy_of_casework_with_a_gap(house: House, values: dict[str, str]) -> None:
    def insert(**changed: str) -> None:
        columns = ("rhythms", "close_reasons", "failed_attempts", "exception_reminder_days")
        taken = ", ".join(changed.get(name, name) for name in columns)
        house.sql(
            f"INSERT INTO casework_policies SELECT gen_random_uuid(), '2030-01-01', {taken}, now(), :id"
            " FROM casework_policies",
            id=author,
        )

    author = house.an_administrator().account_id
    with pytest.raises(DBAPIError) as refused:
        insert(**values)
    assert refused.value.orig.sqlstate == "23514"
    insert()


# Taking a prepared policy back


KINDS = [("load", "load-policies"), ("casework", "casework-policies")]


def prepared(house: House, by: Phone, kind: str, **more: Any) -> dict[str, Any]:
    return (house.a_load_policy if kind == "load" else house.a_casework_policy)(by, **more)


@pytest.mark.parametrize(("kind", "path"), KINDS)
def test_a_prepared_policy_is_taken_back_its_day_is_free_and_who_did_it_stays(
    house: House, coordinator: Phone, kind: str, path: str
) -> None:
    before = done(coordinator.get(path))["items"]
    policy = prepared(house, coordinator, kind)
    administrator = house.an_administrator()

    answer = done(administrator.post(f"{path}/{policy['id']}/withdraw"))

    assert answer == {
        "id": policy["id"],
        "kind": kind,
        "valid_from": day(1),
        "withdrawn_at": answer["withdrawn_at"],
        "withdrawn_by": str(administrator.account_id),
    }
    assert done(coordinator.get(path))["items"] == before
    assert refusal_of(coordinator.post(f"{path}/{policy['id']}/withdraw")) == {"type": "not-found"}
    better = prepared(house, coordinator, kind)
    assert done(coordinator.get(path))["items"] == [better, *before]
    (kept,) = house.sql("SELECT content ->> 'created_by' AS author, content ->> 'id' AS id FROM withdrawn_policies")
    assert kept == {"author": str(coordinator.account_id), "id": policy["id"]}


@pytest.mark.parametrize(("kind", "path"), KINDS)
def test_a_policy_that_has_begun_stays(house: House, coordinator: Phone, kind: str, path: str) -> None:
    (first,) = done(coordinator.get(path))["items"]
    from_today = prepared(house, coordinator, kind, valid_from=day(0))
    tomorrow = prepared(house, coordinator, kind)

    for policy in (first, from_today):
        assert refusal_of(coordinator.post(f"{path}/{policy['id']}/withdraw")) == {"type": "policy-begun"}
    assert refusal_of(coordinator.post(f"{path}/{uuid.uuid4()}/withdraw")) == {"type": "not-found"}
    # Each kind has a door of its own.
    (other,) = {path for _, path in KINDS} - {path}
    assert refusal_of(coordinator.post(f"{other}/{tomorrow['id']}/withdraw")) == {"type": "not-found"}
    done(coordinator.post(f"{path}/{tomorrow['id']}/withdraw"))


def test_of_several_who_take_a_policy_back_at_once_one_does(house: House, coordinator: Phone) -> None:
    policy = house.a_load_policy(coordinator)
    phones = [coordinator, house.a_coordinator(), house.an_administrator()]

    answers = at_once(*[lambda phone=phone: phone.post(f"load-policies/{policy['id']}/withdraw") for phone in phones])

    assert sorted(answer.status_code for answer in answers) == [200, 404, 404]
    assert len(house.sql("SELECT id FROM withdrawn_policies")) == 1


def test_a_repeated_withdrawal_gets_the_first_answer(house: House, coordinator: Phone) -> None:
    path = f"load-policies/{house.a_load_policy(coordinator)['id']}/withdraw"

    first = done(coordinator.post(path, Idempotency_Key="once"))

    assert done(coordinator.post(path, Idempotency_Key="once")) == first


@pytest.mark.parametrize(("kind", "path"), KINDS)
def test_the_database_itself_lets_nobody_else_take_a_policy_back_and_none_that_has_begun(
    house: House, coordinator: Phone, kind: str, path: str
) -> None:
    (first,) = done(coordinator.get(path))["items"]
    policy = prepared(house, coordinator, kind)
    supervisor = house.a_supervisor()

    def withdraw(connection: sqlalchemy.Connection, policy_id: str) -> bool:
        values = {"kind": kind, "id": policy_id}
        return connection.execute(text("SELECT withdraw_policy(:kind, :id)"), values).scalar_one()

    for phone in (house.a_specialist(supervisor), supervisor, None):
        with house.asking(phone) as connection, pytest.raises(DBAPIError, match="coordinators and administrators"):
            withdraw(connection, policy["id"])
    with house.asking(coordinator) as connection:
        assert withdraw(connection, first["id"]) is False
        assert withdraw(connection, policy["id"]) is True


# What a load policy would do


def stricter(**more: Any) -> dict[str, Any]:
    """Heavier cases and a lower maximum."""
    return {
        "valid_from": day(30),
        "weights": {"low": 1, "standard": 1.5, "high": 2, "crisis": 2.5},
        "minimum": 1,
        "nominal": 2,
        "maximum": 3,
    } | more


def standings(below: int, within: int, above: int) -> dict[str, int]:
    return {"specialists": below + within + above, "below": below, "within": within, "above": above}


@pytest.fixture
def teams(house: House) -> dict[str, Phone]:
    """Two teams: three standard cases for Ilze, a light one for Jānis; a crisis for Pauls; Zane has none."""
    north, south = house.a_supervisor(name="Ziemeļi"), house.a_supervisor(name="Dienvidi")
    people = {
        "north": north,
        "south": south,
        "ilze": house.a_specialist(north, name="Ilze"),
        "jānis": house.a_specialist(north, name="Jānis"),
        "pauls": house.a_specialist(south, name="Pauls"),
        "zane": house.a_specialist(south, name="Zane"),
    }
    for name, complexities in (("ilze", ["standard"] * 3), ("jānis", ["low"]), ("pauls", ["crisis"])):
        supervisor = south if name == "pauls" else north
        for complexity in complexities:
            house.a_case(supervisor, house.a_child(supervisor), people[name], complexity=complexity)
    house.deactivate(house.a_specialist(north))
    return people


def person(phone: Phone, name: str) -> dict[str, str]:
    return {"id": str(phone.account_id), "name": name}


def test_whoever_makes_policies_sees_every_team_in_numbers_and_nobody_by_name(
    coordinator: Phone, teams: dict[str, Phone]
) -> None:
    effect = done(coordinator.post("load-policies/preview", stricter()))

    assert effect == {
        "valid_from": day(30),
        "now": standings(4, 0, 0),
        "then": standings(1, 2, 1),
        "teams": [
            {
                "supervisor": person(teams["south"], "Dienvidi"),
                "now": standings(2, 0, 0),
                "then": standings(1, 1, 0),
                "affected": None,
            },
            {
                "supervisor": person(teams["north"], "Ziemeļi"),
                "now": standings(2, 0, 0),
                "then": standings(0, 1, 1),
                "affected": None,
            },
        ],
    }
    assert len(done(coordinator.get("load-policies"))["items"]) == 1


def test_a_supervisor_sees_the_own_team_by_name_the_heaviest_first(teams: dict[str, Phone]) -> None:
    effect = done(teams["north"].post("load-policies/preview", stricter()))

    def affected(name: str, phone: Phone, cases: int, loads: tuple[float, float], then: str) -> dict[str, Any]:
        return {
            "specialist": person(phone, name),
            "cases": cases,
            "load_now": loads[0],
            "load_then": loads[1],
            "standing_now": "below",
            "standing_then": then,
        }

    assert effect == {
        "valid_from": day(30),
        "now": standings(2, 0, 0),
        "then": standings(0, 1, 1),
        "teams": [
            {
                "supervisor": person(teams["north"], "Ziemeļi"),
                "now": standings(2, 0, 0),
                "then": standings(0, 1, 1),
                "affected": [
                    affected("Ilze", teams["ilze"], 3, (3.0, 4.5), "above"),
                    affected("Jānis", teams["jānis"], 1, (0.75, 1.0), "within"),
                ],
            }
        ],
    }


def test_a_prepared_policy_has_the_effect_that_its_preview_told(coordinator: Phone, teams: dict[str, Phone]) -> None:
    told = done(coordinator.post("load-policies/preview", stricter()))
    policy = done(coordinator.post("load-policies", stricter()))

    assert done(coordinator.get(f"load-policies/{policy['id']}/effect")) == told
    assert refusal_of(coordinator.get(f"load-policies/{uuid.uuid4()}/effect")) == {"type": "not-found"}


def test_the_present_policy_changes_nothing_and_somebody_without_a_supervisor_counts_too(
    house: House, coordinator: Phone
) -> None:
    lone = house.a_specialist(house.a_supervisor())
    house.sql("UPDATE accounts SET supervisor_id = NULL WHERE id = :id", id=lone.account_id)

    effect = done(coordinator.get("load-policies/01900000-0000-7000-8000-000000000001/effect"))

    one = standings(1, 0, 0)
    team = {"supervisor": None, "now": one, "then": one, "affected": None}
    assert effect == {"valid_from": "2025-01-01", "now": one, "then": one, "teams": [team]}


@pytest.mark.parametrize(
    ("change", "places"),
    [
        ({"valid_from": day(-1)}, ["/valid_from"]),
        ({"maximum": 1.99}, ["/maximum"]),
        ({"weights": {"low": 2, "standard": 1, "high": 2, "crisis": 3}}, ["/weights"]),
        ({"weights": {"low": 1, "standard": 1, "high": 1}}, ["/weights/crisis"]),
        ({"id": str(uuid.uuid4())}, ["/id"]),
    ],
)
def test_what_could_not_be_made_cannot_be_previewed(
    coordinator: Phone, change: dict[str, Any], places: list[str]
) -> None:
    assert refusal_of(coordinator.post("load-policies/preview", stricter() | change)) == invalid(*places)
    done(coordinator.post("load-policies/preview", stricter()))


def test_a_limit_with_more_digits_than_are_kept_is_judged_as_it_would_be_kept(
    coordinator: Phone, teams: dict[str, Phone]
) -> None:
    fine = stricter(maximum=4.499)

    told = done(coordinator.post("load-policies/preview", fine))

    assert told["then"]["above"] == 0
    policy = done(coordinator.post("load-policies", fine))
    assert done(coordinator.get(f"load-policies/{policy['id']}/effect")) == told


def test_an_effect_is_no_look_at_a_child_and_hands_out_no_child(
    house: House, coordinator: Phone, teams: dict[str, Phone]
) -> None:
    house.sql("DELETE FROM trace")

    for phone in (coordinator, teams["north"]):
        done(phone.post("load-policies/preview", stricter()))

    assert house.sql("SELECT * FROM trace") == []
    for phone, seen in ((coordinator, 4), (teams["north"], 2), (teams["ilze"], 0), (None, 0)):
        with house.asking(phone) as connection:
            result = connection.execute(text("SELECT * FROM open_cases_by_specialist()"))
            assert list(result.keys()) == ["specialist_id", "supervisor_id", "complexity", "cases"]
            assert len(result.all()) == seen


def test_an_effect_needs_the_same_statements_for_one_team_and_for_three(
    house: House, app: Flask, coordinator: Phone
) -> None:
    counted = []
    for number in (1, 3):
        while len(house.sql("SELECT id FROM accounts WHERE role = 'supervisor'")) < number:
            supervisor = house.a_supervisor()
            house.a_family(supervisor, house.a_specialist(supervisor))
        done(supervisor.get("me"))
        for phone in (coordinator, supervisor):
            with statements_of(app) as statements:
                done(phone.post("load-policies/preview", stricter()))
            counted.append(len(statements))

    # Who asks, the policy, the loads, the supervisors' names; for a supervisor the team's names besides.
    assert counted[2:] == [4, 5]
    assert counted[1] == counted[3]
