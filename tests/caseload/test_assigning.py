"""Giving children to specialists, within the maximum (D2, D3, D4)."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bas_service import clock
from tests.builders import House
from tests.callers import Phone, done, invalid, refusal_of

WEIGHTS = {"low": 0.75, "standard": 1.0, "high": 1.5, "crisis": 2.0}


def day(days: int) -> str:
    """A day some days from today."""
    return (clock.today() + timedelta(days=days)).isoformat()


def form(child: dict[str, Any], specialist: Phone, **more: Any) -> dict[str, Any]:
    return {
        "child_id": child["id"],
        "specialist_id": str(specialist.account_id),
        "complexity": "standard",
    } | more


def full(load: float, would_be: float) -> dict[str, Any]:
    return {"type": "caseload-full", "load": load, "maximum": 12.0, "would_be": would_be}


@pytest.fixture
def supervisor(house: House) -> Phone:
    """A supervisor."""
    return house.a_supervisor()


@pytest.fixture
def specialist(house: House, supervisor: Phone) -> Phone:
    """A specialist of the team, without cases."""
    return house.a_specialist(supervisor)


def with_load(house: House, supervisor: Phone, specialist: Phone, *complexities: str) -> list[dict[str, Any]]:
    """Give the specialist cases of these complexities."""
    return [
        house.a_case(supervisor, house.a_child(supervisor), specialist, complexity=complexity)
        for complexity in complexities
    ]


def test_a_child_is_given_to_a_specialist(house: House, supervisor: Phone, specialist: Phone) -> None:
    child = house.a_child(supervisor)

    answer = supervisor.post("cases", form(child, specialist))

    case = done(answer)
    assert answer.status_code == 201
    assert answer.headers["ETag"] == '"1"'
    assert case == form(child, specialist) | {
        "id": case["id"],
        "state": "open",
        "rhythm": {"times": 3, "per": "month"},
        "exceeding": None,
        "opened_at": case["opened_at"],
        "closed_at": None,
        "close_reason": None,
        "outcome": None,
        "version": 1,
    }
    assert done(specialist.get(f"cases/{case['id']}")) == case
    assert done(supervisor.get(f"children/{child['id']}"))["waiting"] is False
    (responsibility,) = house.sql("SELECT specialist_id, until, reason FROM responsibilities")
    assert responsibility == {"specialist_id": specialist.account_id, "until": None, "reason": None}


def test_a_case_may_come_with_its_id_a_rhythm_and_an_exception(
    house: House, supervisor: Phone, specialist: Phone
) -> None:
    more = {
        "id": str(uuid.uuid4()),
        "rhythm": {"times": 3, "per": "month"},
        "exceeding": {"reason": "Colleague on leave", "until": day(14)},
    }

    case = done(supervisor.post("cases", form(house.a_child(supervisor), specialist, **more)))

    assert {name: case[name] for name in more} == more


@pytest.mark.parametrize(
    ("change", "places"),
    [
        ({"complexity": "easy"}, ["/complexity"]),
        ({"complexity": None}, ["/complexity"]),
        ({"child_id": "7"}, ["/child_id"]),
        ({"specialist_id": None}, ["/specialist_id"]),
        ({"rhythm": {"times": 0, "per": "week"}}, ["/rhythm/times"]),
        ({"rhythm": {"times": 15, "per": "week"}}, ["/rhythm/times"]),
        ({"rhythm": {"times": 1}}, ["/rhythm/per"]),
        ({"rhythm": {"times": 1, "per": "day"}}, ["/rhythm/per"]),
        ({"exceeding": {"reason": "x"}}, ["/exceeding/until"]),
        ({"exceeding": {"until": day(1)}}, ["/exceeding/reason"]),
        ({"exceeding": {"reason": "", "until": day(1)}}, ["/exceeding/reason"]),
        ({"exceeding": {"reason": "x", "until": day(-1)}}, ["/exceeding/until"]),
        ({"state": "closed"}, ["/state"]),
        ({"weight": 0}, ["/weight"]),
    ],
)
def test_a_case_of_another_shape_is_not_opened(
    house: House, supervisor: Phone, specialist: Phone, change: dict[str, Any], places: list[str]
) -> None:
    child = house.a_child(supervisor)

    assert refusal_of(supervisor.post("cases", form(child, specialist) | change)) == invalid(*places)
    assert done(specialist.get("caseload"))["cases"] == []
    done(supervisor.post("cases", form(child, specialist)))


def test_a_case_goes_to_an_active_specialist_of_the_own_team_only(
    house: House, supervisor: Phone, specialist: Phone
) -> None:
    child = house.a_child(supervisor)
    gone = house.a_specialist(supervisor)
    house.deactivate(gone)
    others = [
        house.a_specialist(house.a_supervisor()),
        house.an_account(specialist_role()),
        house.a_coordinator(),
        supervisor,
        gone,
    ]

    for other in others:
        assert refusal_of(supervisor.post("cases", form(child, other))) == invalid("/specialist_id")
    unknown = form(child, specialist) | {"specialist_id": str(uuid.uuid4())}
    assert refusal_of(supervisor.post("cases", unknown)) == invalid("/specialist_id")
    done(supervisor.post("cases", form(child, specialist)))


def specialist_role() -> Any:
    from bas_service.access.rules import Role

    return Role.SPECIALIST


def test_a_child_has_one_case_at_a_time_and_another_after_that_one(
    house: House, supervisor: Phone, specialist: Phone
) -> None:
    child = house.a_child(supervisor)
    first = house.a_case(supervisor, child, specialist)
    colleague = house.a_specialist(supervisor)

    assert refusal_of(supervisor.post("cases", form(child, colleague))) == {"type": "child-has-a-case"}
    done(supervisor.act(f"cases/{first['id']}/close", first, {"reason": "goal_reached", "outcome": "good"}))
    second = done(supervisor.post("cases", form(child, colleague)))
    assert second["id"] != first["id"]
    assert done(supervisor.get(f"children/{child['id']}"))["waiting"] is False


def test_a_child_of_another_team_or_of_nobody_is_not_there(
    house: House, supervisor: Phone, specialist: Phone
) -> None:
    other = house.a_supervisor()
    theirs = house.a_child(other)
    house.a_case(other, theirs, house.a_specialist(other))

    assert refusal_of(supervisor.post("cases", form(theirs, specialist))) == {"type": "not-found"}
    assert refusal_of(supervisor.post("cases", form({"id": str(uuid.uuid4())}, specialist))) == {"type": "not-found"}
    done(supervisor.post("cases", form(house.a_child(other), specialist)))


@pytest.mark.parametrize(
    ("load", "added", "would_be"),
    [
        (["standard"] * 12, "low", 12.75),
        (["standard"] * 11, "high", 12.5),
        (["low"] * 16, "low", 12.75),
        (["crisis"] * 6, "standard", 13.0),
        (["high"] * 7 + ["low"], "high", 12.75),
    ],
    ids=lambda value: "-".join(sorted(set(value))) if isinstance(value, list) else str(value),
)
def test_above_the_maximum_a_case_is_refused_with_figures(
    house: House, supervisor: Phone, specialist: Phone, load: list[str], added: str, would_be: float
) -> None:
    *_, last = with_load(house, supervisor, specialist, *load)
    child = house.a_child(supervisor)

    refused = supervisor.post("cases", form(child, specialist, complexity=added))

    assert refusal_of(refused) == full(would_be - WEIGHTS[added], would_be)
    assert done(supervisor.get(f"children/{child['id']}"))["waiting"] is True
    done(supervisor.act(f"cases/{last['id']}/close", last, {"reason": "goal_reached", "outcome": "good"}))
    lighter = "low" if would_be - WEIGHTS[last["complexity"]] > 12 else added
    done(supervisor.post("cases", form(child, specialist, complexity=lighter)))


def test_exactly_the_maximum_fits(house: House, supervisor: Phone, specialist: Phone) -> None:
    with_load(house, supervisor, specialist, *["low"] * 15)

    done(supervisor.post("cases", form(house.a_child(supervisor), specialist, complexity="low")))

    caseload = done(specialist.get("caseload"))
    assert (caseload["load"], caseload["room"]) == (12.0, 0.0)


def test_above_the_maximum_takes_a_written_reason_and_an_end_date(
    house: House, supervisor: Phone, specialist: Phone
) -> None:
    with_load(house, supervisor, specialist, *["standard"] * 12)
    child = house.a_child(supervisor)
    exceeding = {"reason": "Colleague fell ill", "until": day(0)}

    assert refusal_of(supervisor.post("cases", form(child, specialist))) == full(12.0, 13.0)
    assert refusal_of(supervisor.post("cases", form(child, specialist, exceeding=None))) == full(12.0, 13.0)
    case = done(supervisor.post("cases", form(child, specialist, exceeding=exceeding)))
    assert case["exceeding"] == exceeding
    caseload = done(specialist.get("caseload"))
    assert (caseload["load"], caseload["room"]) == (13.0, 0.0)


def test_a_case_is_made_heavier_only_while_there_is_room_and_lighter_always(
    house: House, supervisor: Phone, specialist: Phone
) -> None:
    (case, *_) = with_load(house, supervisor, specialist, *["standard"] * 12)
    path = f"cases/{case['id']}"

    assert refusal_of(supervisor.change(path, case, {"complexity": "high"})) == full(11.0, 12.5)
    case = done(supervisor.change(path, case, {"complexity": "low"}))
    assert (case["complexity"], case["version"]) == ("low", 2)
    assert refusal_of(supervisor.change(path, case, {"complexity": "high"})) == full(11.0, 12.5)
    case = done(supervisor.change(path, case, {"complexity": "standard"}))
    exceeding = {"reason": "Crisis at home", "until": day(7)}
    case = done(supervisor.change(path, case, {"complexity": "crisis", "exceeding": exceeding}))
    assert done(specialist.get("caseload"))["load"] == 13.0


def test_an_exception_that_ran_out_lets_a_case_be_no_heavier_but_otherwise_changed(
    house: House, supervisor: Phone, specialist: Phone
) -> None:
    with_load(house, supervisor, specialist, *["standard"] * 12)
    exceeding = {"reason": "Colleague fell ill", "until": day(3)}
    case = done(supervisor.post("cases", form(house.a_child(supervisor), specialist, exceeding=exceeding)))
    house.sql("UPDATE cases SET exceeding_until = :day WHERE id = :id", day=day(-1), id=case["id"])
    path = f"cases/{case['id']}"

    assert refusal_of(supervisor.change(path, case, {"complexity": "high"})) == full(12.0, 13.5)
    case = done(supervisor.change(path, case, {"rhythm": {"times": 1, "per": "week"}}))
    case = done(supervisor.change(path, case, {"exceeding": None}))
    assert (case["rhythm"], case["exceeding"]) == ({"times": 1, "per": "week"}, None)
    case = done(supervisor.change(path, case, {"complexity": "low"}))
    renewed = exceeding | {"until": day(30)}
    assert done(supervisor.change(path, case, {"complexity": "high", "exceeding": renewed}))["exceeding"] == renewed


@pytest.mark.parametrize(
    ("change", "places"),
    [
        ({"complexity": "easy"}, ["/complexity"]),
        ({"complexity": None}, ["/complexity"]),
        ({"rhythm": {"times": 1}}, ["/rhythm/per"]),
        ({"exceeding": {"reason": "x", "until": day(-1)}}, ["/exceeding/until"]),
        ({"specialist_id": str(uuid.uuid4())}, ["/specialist_id"]),
        ({"state": "closed"}, ["/state"]),
    ],
)
def test_a_change_that_is_wrong_changes_nothing(
    house: House, supervisor: Phone, specialist: Phone, change: dict[str, Any], places: list[str]
) -> None:
    (case,) = with_load(house, supervisor, specialist, "standard")

    assert refusal_of(supervisor.change(f"cases/{case['id']}", case, {"complexity": "low"} | change)) == invalid(
        *places
    )
    assert done(supervisor.get(f"cases/{case['id']}")) == case
    assert done(supervisor.change(f"cases/{case['id']}", case, {"complexity": "low"}))["version"] == 2


def test_a_change_needs_the_version_and_the_present_one(house: House, supervisor: Phone, specialist: Phone) -> None:
    (case,) = with_load(house, supervisor, specialist, "standard")
    path, change = f"cases/{case['id']}", {"complexity": "low"}

    assert refusal_of(supervisor.send("PATCH", path, change)) == {"type": "version-needed"}
    second = done(supervisor.change(path, case, change))
    assert refusal_of(supervisor.change(path, case, {"complexity": "high"})) == {
        "type": "version-stale",
        "current": second,
    }
    assert done(supervisor.change(path, second, change)) == second


OPERATIONS = st.lists(
    st.tuples(
        st.sampled_from(["open", "open", "open", "close", "change", "transfer"]),
        st.sampled_from(sorted(WEIGHTS)),
        st.integers(0, 99),
    ),
    min_size=5,
    max_size=25,
)


@settings(
    max_examples=8,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(OPERATIONS)
def test_whatever_happens_the_load_is_what_the_open_cases_weigh_and_never_above_the_maximum(
    house: House, operations: list[tuple[str, str, int]]
) -> None:
    supervisor = house.a_supervisor()
    team = [house.a_specialist(supervisor), house.a_specialist(supervisor)]
    # Begin near the limit, so that refusals are met as well.
    ours: dict[str, dict[str, Any]] = {
        case["id"]: case for one in team for case in with_load(house, supervisor, one, *["crisis"] * 4, "high")
    }

    def load_of(specialist: Phone) -> float:
        return sum(
            WEIGHTS[case["complexity"]]
            for case in ours.values()
            if case["specialist_id"] == str(specialist.account_id) and case["state"] == "open"
        )

    for what, complexity, number in operations:
        specialist = team[number % 2]
        open_cases = [case for case in ours.values() if case["state"] == "open"]
        case = open_cases[number % len(open_cases)] if open_cases else None
        if what == "open":
            answer = supervisor.post("cases", form(house.a_child(supervisor), specialist, complexity=complexity))
            fits = load_of(specialist) + WEIGHTS[complexity] <= 12
        elif case is None:
            continue
        elif what == "close":
            answer = supervisor.act(f"cases/{case['id']}/close", case, {"reason": "goal_reached", "outcome": "good"})
            fits = True
        elif what == "change":
            answer = supervisor.change(f"cases/{case['id']}", case, {"complexity": complexity})
            owner = next(one for one in team if str(one.account_id) == case["specialist_id"])
            more = WEIGHTS[complexity] - WEIGHTS[case["complexity"]]
            fits = more <= 0 or load_of(owner) + more <= 12
        else:
            other = next(one for one in team if str(one.account_id) != case["specialist_id"])
            to = {"to_specialist_id": str(other.account_id), "reason": "moves"}
            answer = supervisor.act(f"cases/{case['id']}/transfer", case, to)
            fits = load_of(other) + WEIGHTS[case["complexity"]] <= 12
        assert answer.status_code == ((201 if what == "open" else 200) if fits else 409)
        if fits:
            ours[answer.json["id"]] = answer.json
        for one in team:
            caseload = done(one.get("caseload"))
            assert caseload["load"] == load_of(one) <= 12
            assert sum(line["weight"] for line in caseload["cases"]) == caseload["load"]
