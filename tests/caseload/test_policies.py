"""The load policy: dated data, never edited in place (D2, D26)."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest

from bas_service import clock
from tests.builders import House
from tests.callers import Phone, at_once, done, invalid, refusal_of

FIRST = {
    "id": "01900000-0000-7000-8000-000000000001",
    "valid_from": "2025-01-01",
    "weights": {"low": 0.75, "standard": 1.0, "high": 1.5, "crisis": 2.0},
    "minimum": 6.0,
    "nominal": 10.0,
    "maximum": 12.0,
}


def day(days: int) -> str:
    """A day some days from today."""
    return (clock.today() + timedelta(days=days)).isoformat()


def form(**more: Any) -> dict[str, Any]:
    """A stricter policy from tomorrow on."""
    return {
        "valid_from": day(1),
        "weights": {"low": 1, "standard": 2, "high": 3, "crisis": 4.25},
        "minimum": 5,
        "nominal": 8,
        "maximum": 9.5,
    } | more


@pytest.fixture
def coordinator(house: House) -> Phone:
    """Somebody who makes policies."""
    return house.a_coordinator()


def listed(phone: Phone) -> list[dict[str, Any]]:
    items = done(phone.get("load-policies"))["items"]
    return [{name: value for name, value in item.items() if name != "created_at"} for item in items]


def test_everybody_sees_the_first_policy(house: House) -> None:
    for phone in (house.a_specialist(house.a_supervisor()), house.a_coordinator(), house.an_administrator()):
        assert listed(phone) == [FIRST]


def test_a_new_policy_stands_before_the_earlier_ones(house: House, coordinator: Phone) -> None:
    later = done(coordinator.post("load-policies", form(valid_from=day(30))))
    sooner = done(house.an_administrator().post("load-policies", form(id=str(uuid.uuid4()))))

    assert later == form(valid_from=day(30), id=later["id"], created_at=later["created_at"])
    assert done(coordinator.get("load-policies"))["items"][:2] == [later, sooner]
    assert listed(coordinator)[2] == FIRST


@pytest.mark.parametrize(
    ("change", "places"),
    [
        ({"valid_from": day(-1)}, ["/valid_from"]),
        ({"valid_from": None}, ["/valid_from"]),
        ({"weights": {"low": 1, "standard": 2, "high": 3}}, ["/weights/crisis"]),
        ({"weights": {"low": 1, "standard": 2, "high": 3, "crisis": 2.99}}, ["/weights"]),
        ({"weights": {"low": 2, "standard": 1, "high": 3, "crisis": 4}}, ["/weights"]),
        ({"weights": {"low": 0, "standard": 1, "high": 3, "crisis": 4}}, ["/weights/low"]),
        ({"weights": {"low": -1, "standard": 1, "high": 3, "crisis": 101}}, ["/weights/low", "/weights/crisis"]),
        ({"weights": {"low": True, "standard": "2", "high": 3, "crisis": None}},
         ["/weights/low", "/weights/standard", "/weights/crisis"]),
        ({"weights": [1, 2, 3, 4]}, ["/weights"]),
        ({"minimum": 8.01}, ["/maximum"]),
        ({"nominal": 9.51}, ["/maximum"]),
        ({"maximum": 7}, ["/maximum"]),
        ({"minimum": 0, "nominal": 0, "maximum": 0}, ["/maximum"]),
        ({"maximum": 1000.01}, ["/maximum"]),
        ({"maximum": 10**400}, ["/maximum"]),
        ({"maximum": 1e308, "nominal": -1e308}, ["/maximum", "/nominal"]),
        ({"maximum": "12"}, ["/maximum"]),
        ({"created_by": str(uuid.uuid4())}, ["/created_by"]),
    ],
)  # fmt: skip
def test_a_policy_that_makes_no_sense_is_refused(
    coordinator: Phone, change: dict[str, Any], places: list[str]
) -> None:
    assert refusal_of(coordinator.post("load-policies", form() | change)) == invalid(*places)
    assert listed(coordinator) == [FIRST]
    done(coordinator.post("load-policies", form()))


def test_all_limits_and_weights_may_be_the_same(coordinator: Phone) -> None:
    same = form(weights=dict.fromkeys(("low", "standard", "high", "crisis"), 1), minimum=9, nominal=9, maximum=9)

    policy = done(coordinator.post("load-policies", same))

    assert policy == same | {"id": policy["id"], "created_at": policy["created_at"]}


def test_a_day_belongs_to_one_policy(coordinator: Phone) -> None:
    done(coordinator.post("load-policies", form()))

    assert refusal_of(coordinator.post("load-policies", form(maximum=11))) == {"type": "policy-date-taken"}
    done(coordinator.post("load-policies", form(valid_from=day(2), maximum=11)))


def test_of_two_policies_for_a_day_made_at_once_one_is_refused(coordinator: Phone) -> None:
    answers = at_once(*[lambda: coordinator.post("load-policies", form())] * 4)

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


def test_a_policy_is_in_force_from_its_day_on_and_not_before(
    house: House, coordinator: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    supervisor = house.a_supervisor()
    specialist = house.a_specialist(supervisor)
    house.a_case(supervisor, house.a_child(supervisor), specialist, complexity="crisis")
    done(coordinator.post("load-policies", form(valid_from=day(2))))

    def shown() -> dict[str, Any]:
        caseload = done(specialist.get("caseload"))
        assert done(supervisor.get("specialists"))["items"][0]["load"] == caseload["load"]
        assert done(supervisor.get(f"specialists/{specialist.account_id}/caseload")) == caseload
        assert caseload["cases"][0]["weight"] == caseload["load"]
        return {name: caseload[name] for name in ("load", "minimum", "nominal", "maximum", "room")}

    # The day begins at midnight in Riga.
    midnight = datetime.combine(clock.today() + timedelta(days=2), datetime.min.time(), tzinfo=clock.RIGA)
    monkeypatch.setattr(clock, "now", lambda: midnight - timedelta(seconds=1))
    assert shown() == {"load": 2.0, "minimum": 6.0, "nominal": 10.0, "maximum": 12.0, "room": 10.0}
    monkeypatch.setattr(clock, "now", lambda: midnight)
    assert shown() == {"load": 4.25, "minimum": 5.0, "nominal": 8.0, "maximum": 9.5, "room": 5.25}


def test_a_policy_from_today_on_decides_the_next_assignment_and_takes_no_case_away(
    house: House, coordinator: Phone
) -> None:
    supervisor = house.a_supervisor()
    specialist = house.a_specialist(supervisor)
    for _ in range(5):
        house.a_case(supervisor, house.a_child(supervisor), specialist)
    done(coordinator.post("load-policies", form(valid_from=day(0))))
    child = house.a_child(supervisor)
    case = {"child_id": child["id"], "specialist_id": str(specialist.account_id), "complexity": "low"}

    assert refusal_of(supervisor.post("cases", case)) == {
        "type": "caseload-full",
        "load": 10.0,
        "maximum": 9.5,
        "would_be": 11.0,
    }
    caseload = done(specialist.get("caseload"))
    assert (caseload["load"], caseload["room"], len(caseload["cases"])) == (10.0, 0.0, 5)
