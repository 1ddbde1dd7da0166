"""A case closed too early goes on, and both the closing and the reopening stay known (D3)."""

from typing import Any

import pytest

from bas_service import clock
from tests.builders import House
from tests.callers import Phone, at_once, done, invalid, refusal_of

CLOSING = {"reason": "goal_reached", "outcome": "Goes to school again"}
REOPENING = {"reason": "Stays away from school again"}


@pytest.fixture
def supervisor(house: House) -> Phone:
    """A supervisor."""
    return house.a_supervisor()


@pytest.fixture
def ilze(house: House, supervisor: Phone) -> Phone:
    """A specialist of the team."""
    return house.a_specialist(supervisor)


@pytest.fixture
def family(house: House, supervisor: Phone, ilze: Phone) -> dict[str, Any]:
    """A family that Ilze works with."""
    return house.a_family(supervisor, ilze)


def close(supervisor: Phone, case: dict[str, Any], **more: Any) -> dict[str, Any]:
    return done(supervisor.act(f"cases/{case['id']}/close", case, CLOSING | more))


def test_a_closed_case_goes_on_with_the_specialist_it_had(
    house: House, supervisor: Phone, ilze: Phone, family: dict[str, Any]
) -> None:
    case = family["case"]
    closed = close(supervisor, case)
    assert refusal_of(ilze.get(f"cases/{case['id']}")) == {"type": "not-found"}

    reopened = done(supervisor.act(f"cases/{case['id']}/reopen", closed, REOPENING))

    assert reopened == case | {"version": 3}
    assert done(ilze.get("caseload"))["load"] == 1.0
    (closing,) = house.sql("SELECT * FROM case_closings")
    said = {name: house.opened(closing[name], f"case_closings.{name}") for name in CLOSING | {"reopen_reason": ""}}
    assert said == CLOSING | {"reopen_reason": REOPENING["reason"]}
    assert closing["closed_by"] == closing["reopened_by"] == supervisor.account_id
    open_now = house.sql("SELECT specialist_id FROM responsibilities WHERE until IS NULL")
    assert [row["specialist_id"] for row in open_now] == [ilze.account_id]
    # It can be closed and reopened once more.
    again = done(supervisor.act(f"cases/{case['id']}/reopen", close(supervisor, reopened), REOPENING))
    assert again["version"] == 5


def test_it_may_go_on_with_another_one_of_the_team_within_the_limit(
    house: House, supervisor: Phone, ilze: Phone, family: dict[str, Any]
) -> None:
    jānis = house.a_specialist(supervisor)
    for _ in range(6):
        house.a_case(supervisor, house.a_child(supervisor), jānis, complexity="crisis")
    closed = close(supervisor, family["case"])
    path = f"cases/{closed['id']}/reopen"
    to_jānis = REOPENING | {"specialist_id": str(jānis.account_id)}

    full = refusal_of(supervisor.act(path, closed, to_jānis))
    assert full == {"type": "caseload-full", "load": 12.0, "maximum": 12.0, "would_be": 13.0}
    exceeding = {"reason": "Knows the child", "until": "2099-01-01"}
    reopened = done(supervisor.act(path, closed, to_jānis | {"exceeding": exceeding}))
    assert (reopened["specialist_id"], reopened["exceeding"]) == (str(jānis.account_id), exceeding)


def test_only_the_latest_case_of_a_child_is_reopened_and_only_when_it_is_closed(
    house: House, supervisor: Phone, ilze: Phone, family: dict[str, Any]
) -> None:
    case = family["case"]
    assert refusal_of(supervisor.act(f"cases/{case['id']}/reopen", case, REOPENING)) == {"type": "case-not-closed"}
    closed = close(supervisor, case)
    later = house.a_case(supervisor, family["child"], ilze)

    assert refusal_of(supervisor.act(f"cases/{case['id']}/reopen", closed, REOPENING)) == {"type": "case-not-closed"}
    close(supervisor, later)
    assert refusal_of(supervisor.act(f"cases/{case['id']}/reopen", closed, REOPENING)) == {"type": "case-not-closed"}


def test_a_specialist_who_is_not_there_any_more_gets_nothing_back(
    house: House, supervisor: Phone, ilze: Phone, family: dict[str, Any]
) -> None:
    closed = close(supervisor, family["case"])
    house.deactivate(ilze)

    refused = supervisor.act(f"cases/{closed['id']}/reopen", closed, REOPENING)

    assert refusal_of(refused) == invalid("/specialist_id")


def test_reopened_twice_at_once_it_is_reopened_once(house: House, supervisor: Phone, family: dict[str, Any]) -> None:
    closed = close(supervisor, family["case"])

    answers = at_once(*[lambda: supervisor.act(f"cases/{closed['id']}/reopen", closed, REOPENING)] * 4)

    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412]
    assert len(house.sql("SELECT id FROM responsibilities WHERE until IS NULL")) == 1


def test_closing_cancels_what_is_planned_when_that_is_asked_for_and_the_family_learns_of_it(
    house: House, supervisor: Phone, ilze: Phone, family: dict[str, Any]
) -> None:
    meeting = house.a_meeting(ilze, family["child"])
    house.hand_over_messages()
    path = f"cases/{family['case']['id']}/close"

    assert refusal_of(supervisor.act(path, family["case"], CLOSING)) == {"type": "case-unfinished", "meetings": 1}
    close(supervisor, family["case"], cancel_meetings=True)

    after = done(supervisor.get(f"meetings/{meeting['id']}"))
    assert (after["state"], after["reason"]) == ("cancelled", "case_closed")
    assert [(one["reason"], one["state"]) for one in after["announcements"]] == [
        ("planned", "handed_over"),
        ("cancelled", "queued"),
    ]


def test_a_meeting_under_way_is_finished_first(
    house: House, supervisor: Phone, ilze: Phone, family: dict[str, Any]
) -> None:
    meeting = house.a_meeting(ilze, family["child"])
    planned = house.a_meeting(ilze, family["child"], starts_at=meeting["ends_at"])
    done(ilze.act(f"meetings/{meeting['id']}/start", meeting, {"unannounced_reason": "came by"}))
    form = CLOSING | {"cancel_meetings": True}

    refused = supervisor.act(f"cases/{family['case']['id']}/close", family["case"], form)

    assert refusal_of(refused) == {"type": "case-unfinished", "meetings": 1}
    assert done(ilze.get(f"meetings/{planned['id']}"))["state"] == "planned"


@pytest.mark.parametrize(
    ("form", "wrong"),
    [
        ({"reason": "just because", "outcome": "well"}, "/reason"),
        ({"reason": "Goal_reached", "outcome": "well"}, "/reason"),
        ({"reason": "goal_reached"}, "/outcome"),
        ({"reason": "goal_reached", "outcome": None}, "/outcome"),
        ({"outcome": "well"}, "/reason"),
    ],
)
def test_a_case_closes_for_a_reason_of_the_policy_with_an_outcome_where_it_asks_for_one(
    supervisor: Phone, family: dict[str, Any], form: dict[str, Any], wrong: str
) -> None:
    case = family["case"]

    assert refusal_of(supervisor.act(f"cases/{case['id']}/close", case, form)) == invalid(wrong)
    closed = done(supervisor.act(f"cases/{case['id']}/close", case, {"reason": "moved_abroad"}))
    assert (closed["close_reason"], closed["outcome"]) == ("moved_abroad", None)


def test_a_new_policys_reason_closes_from_its_day_on(house: House, supervisor: Phone, family: dict[str, Any]) -> None:
    reason = {
        "key": "found_a_family",
        "outcome_needed": False,
        "text": {"lv": "Ģimene", "en": "Family", "ru": "Семья"},
    }
    form = {"valid_from": clock.today().isoformat(), "close_reasons": [reason]}
    done(house.an_administrator().post("casework-policies", form))
    case = family["case"]

    assert refusal_of(supervisor.act(f"cases/{case['id']}/close", case, CLOSING)) == invalid("/reason")
    done(supervisor.act(f"cases/{case['id']}/close", case, {"reason": "found_a_family"}))


def test_a_case_begins_with_the_policys_rhythm_unless_another_or_none_is_agreed(
    house: House, supervisor: Phone, ilze: Phone
) -> None:
    def opened(**more: Any) -> dict[str, Any]:
        form = {"child_id": house.a_child(supervisor)["id"], "specialist_id": str(ilze.account_id)}
        return done(supervisor.post("cases", form | more))

    assert opened(complexity="low")["rhythm"] == {"times": 1, "per": "month"}
    assert opened(complexity="crisis")["rhythm"] == {"times": 2, "per": "week"}
    assert opened(complexity="low", rhythm={"times": 5, "per": "week"})["rhythm"] == {"times": 5, "per": "week"}
    assert opened(complexity="low", rhythm=None)["rhythm"] is None
