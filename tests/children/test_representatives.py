"""Those who represent a child: how they are reached, from when to when, whether at all (D6, D29)."""

import uuid
from datetime import timedelta
from typing import Any

import pytest

from bas_service import clock
from tests.builders import House
from tests.callers import Phone, done, invalid, refusal_of

FORM = {"name": "Mamma Izdomāta", "relation": "parent", "phone": "+37120000150", "channels": ["sms"]}
BASIS = {"reason": "Custody interrupted", "basis": "Orphan's court, decision 7"}


def day(days: int) -> str:
    """A day some days from today."""
    return (clock.today() + timedelta(days=days)).isoformat()


@pytest.fixture
def supervisor(house: House) -> Phone:
    """A supervisor."""
    return house.a_supervisor()


@pytest.fixture
def child(house: House, supervisor: Phone) -> dict[str, Any]:
    """A child without representatives."""
    return house.a_child(supervisor)


def path_of(child: dict[str, Any]) -> str:
    return f"children/{child['id']}/representatives"


def listed(phone: Phone, child: dict[str, Any]) -> list[dict[str, Any]]:
    """The child's representatives without how they are reached, which is test_reach.py's matter."""
    answer = done(phone.get(path_of(child)))
    assert answer["next"] is None
    reach = {"reachable", "not_reached_because", "barred"}
    return [{name: value for name, value in one.items() if name not in reach} for one in answer["items"]]


def kept(child: dict[str, Any], representative: dict[str, Any]) -> dict[str, Any]:
    """What is answered when nothing but the usual form came in."""
    return FORM | {
        "id": representative["id"],
        "child_id": child["id"],
        "email": None,
        "language": "lv",
        "valid_from": day(0),
        "valid_until": None,
        "state": "active",
        "state_reason": None,
        "state_basis": None,
        "state_changed_at": None,
        "version": 1,
    }


def test_a_representative_is_added_with_the_least(supervisor: Phone, child: dict[str, Any]) -> None:
    representative = done(supervisor.post(path_of(child), FORM))

    assert representative == kept(child, representative)
    assert uuid.UUID(representative["id"]).version == 7
    assert listed(supervisor, child) == [representative]


def test_a_representative_is_added_with_everything(supervisor: Phone, child: dict[str, Any]) -> None:
    form = {
        "id": str(uuid.uuid4()),
        "name": "Rīgas bāriņtiesa",
        "relation": "orphans_court",
        "phone": "+37120000151",
        "email": "barintiesa@example.lv",
        "language": "ru",
        "channels": ["email", "sms"],
        "valid_from": "2020-01-01",
        "valid_until": "2199-12-31",
    }

    representative = done(supervisor.post(path_of(child), form))

    assert representative == kept(child, representative) | form


def test_representatives_are_listed_in_the_order_they_were_added(supervisor: Phone, child: dict[str, Any]) -> None:
    added = [done(supervisor.post(path_of(child), FORM | {"name": name})) for name in ("C", "A", "B")]

    assert listed(supervisor, child) == added


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("20000150", "+37120000150"),
        ("2000 0150", "+37120000150"),
        ("+371 20-000-150", "+37120000150"),
        ("0037120000150", "+37120000150"),
        (" tel:+37120000150 ", "+37120000150"),
    ],
)
def test_a_number_in_any_usual_spelling_goes_out_as_e164(
    supervisor: Phone, child: dict[str, Any], typed: str, kept: str
) -> None:
    assert done(supervisor.post(path_of(child), FORM | {"phone": typed}))["phone"] == kept


@pytest.mark.parametrize(
    ("change", "places"),
    [
        ({"phone": None}, ["/phone"]),
        ({"phone": "12"}, ["/phone"]),
        ({"phone": "67000000"}, ["/phone"]),
        ({"phone": "+37120000150 ext. 5"}, ["/phone"]),
        ({"phone": "+12025550123"}, ["/phone"]),
        ({"phone": "mamma"}, ["/phone"]),
        ({"phone": 20000150}, ["/phone"]),
        ({"channels": ["email"]}, ["/email"]),
        ({"channels": ["sms", "email"]}, ["/email"]),
        ({"channels": ["sms", "email"], "email": None}, ["/email"]),
        ({"channels": []}, ["/channels"]),
        ({"channels": None}, ["/channels"]),
        ({"channels": "sms"}, ["/channels"]),
        ({"channels": ["pigeon"]}, ["/channels/0"]),
        ({"channels": ["sms", "sms"]}, ["/channels"]),
        ({"channels": ["sms"] * 5000}, ["/channels"]),
        ({"email": "anna"}, ["/email"]),
        ({"email": "anna@example"}, ["/email"]),
        ({"email": "anna@@example.lv"}, ["/email"]),
        ({"email": "anna@example.lv\nBcc: x@example.lv"}, ["/email"]),
        ({"email": "an na@example.lv"}, ["/email"]),
        ({"relation": "aunt"}, ["/relation"]),
        ({"relation": None}, ["/relation"]),
        ({"language": "de"}, ["/language"]),
        ({"name": ""}, ["/name"]),
        ({"valid_from": day(1), "valid_until": day(0)}, ["/valid_until"]),
        ({"valid_until": day(-1)}, ["/valid_until"]),
        ({"valid_from": None}, ["/valid_from"]),
        ({"valid_from": "tomorrow"}, ["/valid_from"]),
        ({"state": "suspended"}, ["/state"]),
        ({"child_id": str(uuid.uuid4())}, ["/child_id"]),
    ],
)
def test_a_representative_of_another_shape_is_not_added(
    supervisor: Phone, child: dict[str, Any], change: dict[str, Any], places: list[str]
) -> None:
    assert refusal_of(supervisor.post(path_of(child), FORM | change)) == invalid(*places)
    assert listed(supervisor, child) == []
    done(supervisor.post(path_of(child), FORM))


@pytest.mark.parametrize(
    "change",
    [
        {"channels": ["email"], "email": "mamma@example.lv", "phone": None},
        {"channels": ["sms", "email"], "email": "mamma+bas@example.co.lv"},
        {"email": "mamina@bērni.lv"},
        {"valid_from": day(0), "valid_until": day(0)},
        {"valid_from": day(30), "valid_until": day(60)},
    ],
)
def test_a_representative_may_be_reached_otherwise_and_for_a_period(
    supervisor: Phone, child: dict[str, Any], change: dict[str, Any]
) -> None:
    representative = done(supervisor.post(path_of(child), FORM | change))

    assert representative == kept(child, representative) | change


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Mamma Jauna"},
        {"relation": "guardian"},
        {"phone": "+37120000151"},
        {"email": "mamma@example.lv"},
        {"channels": ["email", "sms"], "email": "mamma@example.lv"},
        {"channels": ["email"], "email": "mamma@example.lv", "phone": None},
        {"language": "en"},
        {"valid_from": "2020-01-01"},
        {"valid_until": day(0)},
    ],
)
def test_a_representative_is_corrected_on_the_version_in_hand(
    house: House, supervisor: Phone, child: dict[str, Any], change: dict[str, Any]
) -> None:
    representative = house.a_representative(supervisor, child)

    corrected = supervisor.change(f"representatives/{representative['id']}", representative, change)

    assert done(corrected) == representative | change | {"version": 2}
    assert corrected.headers["ETag"] == '"2"'
    assert listed(supervisor, child) == [representative | change | {"version": 2}]


@pytest.mark.parametrize(
    ("change", "places"),
    [
        ({"phone": None}, ["/phone"]),
        ({"channels": ["email"]}, ["/email"]),
        ({"valid_until": day(-1)}, ["/valid_until"]),
        ({"valid_from": day(1), "valid_until": day(0)}, ["/valid_until"]),
        ({"state": "suspended"}, ["/state"]),
        ({"child_id": str(uuid.uuid4())}, ["/child_id"]),
        ({"id": str(uuid.uuid4())}, ["/id"]),
    ],
)
def test_a_correction_that_does_not_fit_the_rest_changes_nothing(
    house: House, supervisor: Phone, child: dict[str, Any], change: dict[str, Any], places: list[str]
) -> None:
    representative = house.a_representative(supervisor, child)

    refused = supervisor.change(f"representatives/{representative['id']}", representative, {"name": "X"} | change)

    assert refusal_of(refused) == invalid(*places)
    assert listed(supervisor, child) == [representative]


def test_a_correction_without_a_difference_makes_no_version(
    house: House, supervisor: Phone, child: dict[str, Any]
) -> None:
    representative = house.a_representative(supervisor, child)
    same = {
        name: representative[name] for name in ("name", "relation", "phone", "channels", "language", "valid_from")
    }

    assert done(supervisor.change(f"representatives/{representative['id']}", representative, same)) == representative


def test_a_representation_is_suspended_and_resumed_with_reason_and_basis(
    house: House, supervisor: Phone, child: dict[str, Any]
) -> None:
    representative = house.a_representative(supervisor, child)
    path = f"representatives/{representative['id']}"

    suspended = done(supervisor.act(f"{path}/suspend", representative, BASIS))
    back = {"reason": "Custody given back", "basis": "Decision 8"}
    resumed = done(supervisor.act(f"{path}/resume", suspended, back))

    assert suspended == representative | {
        "state": "suspended",
        "state_reason": BASIS["reason"],
        "state_basis": BASIS["basis"],
        "state_changed_at": suspended["state_changed_at"],
        "version": 2,
    }
    assert resumed == representative | {
        "state": "active",
        "state_reason": back["reason"],
        "state_basis": back["basis"],
        "state_changed_at": resumed["state_changed_at"],
        "version": 3,
    }
    assert suspended["state_changed_at"] < resumed["state_changed_at"]
    assert listed(supervisor, child) == [resumed]


def test_only_what_is_active_is_suspended_and_only_what_is_suspended_resumed(
    house: House, supervisor: Phone, child: dict[str, Any]
) -> None:
    representative = house.a_representative(supervisor, child)
    path = f"representatives/{representative['id']}"

    assert refusal_of(supervisor.act(f"{path}/resume", representative, BASIS)) == {
        "type": "representative-state-same"
    }
    suspended = done(supervisor.act(f"{path}/suspend", representative, BASIS))
    assert refusal_of(supervisor.act(f"{path}/suspend", suspended, BASIS)) == {"type": "representative-state-same"}
    assert done(supervisor.act(f"{path}/resume", suspended, BASIS))["state"] == "active"


@pytest.mark.parametrize("action", ["suspend", "resume"])
@pytest.mark.parametrize(
    ("form", "places"),
    [
        ({}, ["/basis", "/reason"]),
        ({"reason": BASIS["reason"]}, ["/basis"]),
        (BASIS | {"reason": " "}, ["/reason"]),
        (BASIS | {"basis": "two\nlines"}, ["/basis"]),
        (BASIS | {"until": day(7)}, ["/until"]),
    ],
)
def test_a_state_changes_only_with_a_reason_and_a_basis(
    house: House, supervisor: Phone, child: dict[str, Any], action: str, form: dict[str, Any], places: list[str]
) -> None:
    representative = house.a_representative(supervisor, child)
    if action == "resume":
        path = f"representatives/{representative['id']}/suspend"
        representative = done(supervisor.act(path, representative, BASIS))
    path = f"representatives/{representative['id']}/{action}"

    assert refusal_of(supervisor.act(path, representative, form)) == invalid(*places)
    done(supervisor.act(path, representative, BASIS))


@pytest.mark.parametrize("action", ["correct", "suspend", "resume"])
def test_every_change_needs_the_version_and_the_present_one(
    house: House, supervisor: Phone, child: dict[str, Any], action: str
) -> None:
    representative = house.a_representative(supervisor, child)
    path = f"representatives/{representative['id']}"
    second = done(supervisor.act(f"{path}/suspend", representative, BASIS))
    if action == "suspend":
        second = done(supervisor.act(f"{path}/resume", second, BASIS))

    def attempt(**headers: str) -> Any:
        if action == "correct":
            return supervisor.send("PATCH", path, {"name": "Mamma Jauna"}, **headers)
        return supervisor.send("POST", f"{path}/{action}", BASIS, **headers)

    assert refusal_of(attempt()) == {"type": "version-needed"}
    assert refusal_of(attempt(If_Match='"1"')) == {"type": "version-stale", "current": second}
    assert listed(supervisor, child) == [second]
    assert done(attempt(If_Match=f'"{second["version"]}"'))["version"] == second["version"] + 1


def test_there_are_no_representatives_of_an_unknown_child_and_none_under_an_unknown_id(
    supervisor: Phone, child: dict[str, Any]
) -> None:
    nobody = {"id": str(uuid.uuid4()), "version": 1}

    assert refusal_of(supervisor.get(path_of(nobody))) == {"type": "not-found"}
    assert refusal_of(supervisor.post(path_of(nobody), FORM)) == {"type": "not-found"}
    for action in ("suspend", "resume"):
        assert refusal_of(supervisor.act(f"representatives/{nobody['id']}/{action}", nobody, BASIS)) == {
            "type": "not-found"
        }
    assert refusal_of(supervisor.change(f"representatives/{nobody['id']}", nobody, {})) == {"type": "not-found"}
    assert done(supervisor.get(path_of(child))) == {"items": [], "next": None}


def test_a_specialist_adds_and_corrects_representatives_of_own_children_only(house: House, supervisor: Phone) -> None:
    specialist, colleague = house.a_specialist(supervisor), house.a_specialist(supervisor)
    family = house.a_family(supervisor, specialist)
    representative, path = family["representative"], f"representatives/{family['representative']['id']}"

    assert refusal_of(colleague.post(path_of(family["child"]), FORM)) == {"type": "not-found"}
    assert refusal_of(colleague.change(path, representative, {"name": "X"})) == {"type": "not-found"}
    assert refusal_of(colleague.act(f"{path}/suspend", representative, BASIS)) == {"type": "not-found"}
    done(specialist.post(path_of(family["child"]), FORM))
    corrected = done(specialist.change(path, representative, {"name": "Mamma Jauna"}))
    assert done(specialist.act(f"{path}/suspend", corrected, BASIS))["state"] == "suspended"
