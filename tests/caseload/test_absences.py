"""An absent specialist's children are in the substitutes' sight on those days, and stay whose they were (D3)."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from bas_service import clock
from tests.builders import House
from tests.callers import Phone, at_once, done, invalid, refusal_of
from tests.tables import statements_of


def day(days: int) -> str:
    """A day, so many from today."""
    return (clock.today() + timedelta(days=days)).isoformat()


@pytest.fixture
def supervisor(house: House) -> Phone:
    """A supervisor."""
    return house.a_supervisor()


@pytest.fixture
def ilze(house: House, supervisor: Phone) -> Phone:
    """A specialist who will be away."""
    return house.a_specialist(supervisor, name="Ilze Izdomāta")


@pytest.fixture
def jānis(house: House, supervisor: Phone) -> Phone:
    """A specialist who stands in."""
    return house.a_specialist(supervisor, name="Jānis Izdomāts")


@pytest.fixture
def anna(house: House, supervisor: Phone, ilze: Phone) -> dict[str, Any]:
    """A child of Ilze's."""
    return house.a_family(supervisor, ilze, given_name="Anna")["child"]


def form_of(specialist: Phone, *substitutes: Phone, **more: Any) -> dict[str, Any]:
    form = {"specialist_id": str(specialist.account_id), "valid_from": day(0), "valid_until": day(7)}
    return form | {"substitutes": [{"specialist_id": str(one.account_id)} for one in substitutes]} | more


def children_seen(phone: Phone) -> set[str]:
    return {child["id"] for child in done(phone.get("children"))["items"]}


def test_a_substitute_sees_the_children_from_the_first_day_to_the_last_and_the_load_stays(
    house: House, supervisor: Phone, ilze: Phone, jānis: Phone, anna: dict[str, Any]
) -> None:
    absence = done(supervisor.post("absences", form_of(ilze, jānis, reason="Holiday")))

    assert absence == {
        "id": absence["id"],
        "specialist": {"id": str(ilze.account_id), "name": "Ilze Izdomāta"},
        "valid_from": day(0),
        "valid_until": day(7),
        "ended_at": None,
        "reason": "Holiday",
        "substitutes": [{"specialist_id": str(jānis.account_id), "name": "Jānis Izdomāts", "child_id": None}],
        "uncovered": 0,
        "version": 1,
    }
    assert children_seen(jānis) == children_seen(ilze) == {anna["id"]}
    caseload = done(jānis.get("caseload"))
    assert (caseload["load"], caseload["cases"]) == (0.0, [])
    (line,) = caseload["stood_in_for"]
    assert line == done(ilze.get("caseload"))["cases"][0] | {
        "specialist": {"id": str(ilze.account_id), "name": "Ilze Izdomāta"}
    }
    # On every other day nobody but Ilze does.
    for first, last in ((1, 7), (-7, -1)):
        house.sql("UPDATE absences SET valid_from = :first, valid_until = :last", first=day(first), last=day(last))
        assert children_seen(jānis) == set()
        assert refusal_of(jānis.get(f"children/{anna['id']}")) == {"type": "not-found"}
        assert done(jānis.get("caseload"))["stood_in_for"] == []
    assert children_seen(ilze) == {anna["id"]}


def test_a_look_of_a_substitute_is_traced_as_one(
    supervisor: Phone, ilze: Phone, jānis: Phone, anna: dict[str, Any]
) -> None:
    done(supervisor.post("absences", form_of(ilze, jānis)))
    done(jānis.get(f"children/{anna['id']}"))

    latest = done(supervisor.get(f"children/{anna['id']}/looks"))["items"][0]
    assert (latest["because"], latest["action"]) == ("substitute", "children.show")


def test_several_stand_in_each_for_some_and_who_is_left_is_counted(
    house: House, supervisor: Phone, ilze: Phone, jānis: Phone, anna: dict[str, Any]
) -> None:
    berta, carlo = (house.a_family(supervisor, ilze)["child"] for _ in range(2))
    zane = house.a_specialist(supervisor)
    each = [
        {"specialist_id": str(jānis.account_id), "child_id": anna["id"]},
        {"specialist_id": str(zane.account_id), "child_id": berta["id"]},
    ]

    absence = done(supervisor.post("absences", form_of(ilze, substitutes=each)))

    assert absence["uncovered"] == 1
    assert (children_seen(jānis), children_seen(zane)) == ({anna["id"]}, {berta["id"]})
    each.append({"specialist_id": str(zane.account_id), "child_id": carlo["id"]})
    changed = done(supervisor.change(f"absences/{absence['id']}", absence, {"substitutes": each}))
    assert (changed["uncovered"], changed["version"]) == (0, 2)
    assert children_seen(zane) == {berta["id"], carlo["id"]}


def test_an_absence_ended_early_takes_the_children_out_of_sight_at_once(
    supervisor: Phone, ilze: Phone, jānis: Phone, anna: dict[str, Any]
) -> None:
    absence = done(supervisor.post("absences", form_of(ilze, jānis)))
    assert children_seen(jānis) == {anna["id"]}

    ended = done(supervisor.act(f"absences/{absence['id']}/end", absence))

    assert ended == absence | {"version": 2, "ended_at": ended["ended_at"]}
    assert children_seen(jānis) == set()
    for refused in (
        supervisor.act(f"absences/{absence['id']}/end", ended),
        supervisor.change(f"absences/{absence['id']}", ended, {"reason": "late"}),
    ):
        assert refusal_of(refused) == {"type": "absence-ended"}
    # The days are free again.
    done(supervisor.post("absences", form_of(ilze, jānis)))


def test_whoever_is_named_no_more_sees_nothing_more(
    house: House, supervisor: Phone, ilze: Phone, jānis: Phone, anna: dict[str, Any]
) -> None:
    zane = house.a_specialist(supervisor)
    absence = done(supervisor.post("absences", form_of(ilze, jānis)))
    form = {"substitutes": [{"specialist_id": str(zane.account_id)}], "valid_until": day(1)}

    changed = done(supervisor.change(f"absences/{absence['id']}", absence, form))

    assert (changed["valid_until"], changed["reason"]) == (day(1), None)
    assert (children_seen(jānis), children_seen(zane)) == (set(), {anna["id"]})
    # That Jānis stood in for a while stays known.
    assert len(house.sql("SELECT id FROM substitutions")) == 2


def test_a_specialist_is_absent_once_at_a_time(house: House, supervisor: Phone, ilze: Phone, jānis: Phone) -> None:
    done(supervisor.post("absences", form_of(ilze, jānis)))

    overlapping = form_of(ilze, valid_from=day(7), valid_until=day(9))
    assert refusal_of(supervisor.post("absences", overlapping)) == {"type": "absence-overlaps"}
    done(supervisor.post("absences", form_of(ilze, valid_from=day(8), valid_until=day(9))))


def test_nobody_stands_in_who_is_absent(house: House, supervisor: Phone, ilze: Phone, jānis: Phone) -> None:
    absence = done(supervisor.post("absences", form_of(jānis, valid_from=day(3), valid_until=day(4))))

    assert refusal_of(supervisor.post("absences", form_of(ilze, jānis))) == {"type": "substitute-absent"}
    done(supervisor.post("absences", form_of(ilze, jānis, valid_until=day(2))))
    done(supervisor.act(f"absences/{absence['id']}/end", absence))
    done(supervisor.post("absences", form_of(ilze, jānis, valid_from=day(3))))


def test_of_two_supervisors_devices_that_enter_the_same_absence_at_once_one_is_refused(
    supervisor: Phone, ilze: Phone, jānis: Phone
) -> None:
    answers = at_once(*[lambda: supervisor.post("absences", form_of(ilze, jānis))] * 4)

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


def test_only_specialists_of_the_own_team_are_entered_and_stand_in(
    house: House, supervisor: Phone, ilze: Phone, jānis: Phone, anna: dict[str, Any]
) -> None:
    stranger = house.a_specialist(house.a_supervisor())
    other = house.a_family(supervisor, jānis)["child"]
    for form, wrong in (
        (form_of(stranger), "/specialist_id"),
        (form_of(supervisor), "/specialist_id"),
        (form_of(ilze, specialist_id=str(uuid.uuid4())), "/specialist_id"),
        (form_of(ilze, stranger), "/substitutes/0/specialist_id"),
        (form_of(ilze, ilze), "/substitutes/0/specialist_id"),
        (form_of(ilze, valid_until=day(-1)), "/valid_until"),
        (form_of(ilze, valid_until=day(400)), "/valid_until"),
        (
            form_of(ilze, substitutes=[{"specialist_id": str(jānis.account_id), "child_id": other["id"]}]),
            "/substitutes/0/child_id",
        ),
    ):
        assert refusal_of(supervisor.post("absences", form)) == invalid(wrong)
    assert done(supervisor.get("absences"))["items"] == []


def test_absences_are_seen_by_those_whom_they_concern(
    house: House, app: Flask, supervisor: Phone, ilze: Phone, jānis: Phone, anna: dict[str, Any]
) -> None:
    absence = done(supervisor.post("absences", form_of(ilze, jānis)))
    later = done(supervisor.post("absences", form_of(ilze, valid_from=day(20), valid_until=day(30))))
    counted = []
    for limit in (1, 2):
        with statements_of(app) as statements:
            done(supervisor.get(f"absences?limit={limit}"))
        counted.append(len(statements))

    def listed(phone: Phone, query: str = "") -> list[str]:
        return [one["id"] for one in done(phone.get(f"absences{query}"))["items"]]

    assert listed(supervisor) == listed(ilze) == [absence["id"], later["id"]]
    assert listed(jānis) == [absence["id"]]
    assert listed(supervisor, f"?on={day(25)}") == [later["id"]]
    assert listed(supervisor, f"?specialist_id={jānis.account_id}") == []
    first = done(supervisor.get("absences?limit=1"))
    assert listed(supervisor, f"?cursor={first['next']}") == [later["id"]]
    for stranger in (house.a_specialist(supervisor), house.a_supervisor()):
        assert listed(stranger) == []
        assert refusal_of(stranger.get(f"absences/{absence['id']}")) == {"type": "not-found"}
    # Who asks, the absences, who stands in, their names, the children nobody covers.
    assert counted == [5, 5]
