"""A case goes on without a gap with another specialist, and ends with a reason (D3)."""

import uuid
from typing import Any

import pytest

from tests.builders import House, at, soon
from tests.callers import Phone, done, invalid, refusal_of

TRANSFER = {"reason": "Moves to another district"}
CLOSING = {"reason": "goal_reached", "outcome": "Goes to school again"}


@pytest.fixture
def supervisor(house: House) -> Phone:
    """A supervisor."""
    return house.a_supervisor()


@pytest.fixture
def ilze(house: House, supervisor: Phone) -> Phone:
    """A specialist of the team."""
    return house.a_specialist(supervisor, name="Ilze Izdomāta")


@pytest.fixture
def jānis(house: House, supervisor: Phone) -> Phone:
    """Another specialist of the team."""
    return house.a_specialist(supervisor, name="Jānis Izdomāts")


@pytest.fixture
def family(house: House, supervisor: Phone, ilze: Phone) -> dict[str, Any]:
    """A family that Ilze works with."""
    return house.a_family(supervisor, ilze)


def to(specialist: Phone, **more: Any) -> dict[str, Any]:
    return TRANSFER | {"to_specialist_id": str(specialist.account_id)} | more


def test_a_transfer_leaves_no_gap_in_the_responsibility(
    house: House, supervisor: Phone, ilze: Phone, jānis: Phone, family: dict[str, Any]
) -> None:
    case = family["case"]

    moved = done(supervisor.act(f"cases/{case['id']}/transfer", case, to(jānis)))
    back = done(supervisor.act(f"cases/{case['id']}/transfer", moved, to(ilze, reason="Back again")))

    assert moved == case | {"specialist_id": str(jānis.account_id), "version": 2}
    assert back == case | {"version": 3}
    history = house.sql("SELECT specialist_id, since, until, reason FROM responsibilities ORDER BY since")
    assert [row["specialist_id"] for row in history] == [one.account_id for one in (ilze, jānis, ilze)]
    reasons = [house.opened(row["reason"], "responsibilities.reason") for row in history]
    assert reasons == [None, TRANSFER["reason"], "Back again"]
    assert [row["until"] for row in history] == [history[1]["since"], history[2]["since"], None]
    assert done(ilze.get("caseload"))["load"] == 1.0
    assert done(jānis.get("caseload"))["load"] == 0.0


def test_planned_meetings_go_along_and_those_held_stay_whose_they_were(
    house: House, supervisor: Phone, ilze: Phone, jānis: Phone, family: dict[str, Any]
) -> None:
    held, begun = (house.a_meeting(ilze, family["child"], starts_at=at(soon(hours=hours))) for hours in (2, 4))
    held = done(ilze.act(f"meetings/{held['id']}/start", held, {"unannounced_reason": "first one"}))
    done(ilze.act(f"meetings/{held['id']}/finish", held, {}))
    done(ilze.act(f"meetings/{begun['id']}/start", begun, {"unannounced_reason": "second one"}))
    cancelled = house.a_meeting(ilze, family["child"], starts_at=at(soon(hours=24)))
    done(ilze.act(f"meetings/{cancelled['id']}/cancel", cancelled, {"reason": "child_ill"}))
    planned = house.a_meeting(ilze, family["child"], starts_at=at(soon(hours=24)))

    done(supervisor.act(f"cases/{family['case']['id']}/transfer", family["case"], to(jānis)))

    whose = {item["id"]: item["specialist_id"] for item in done(jānis.get("meetings"))["items"]}
    assert whose == {
        held["id"]: str(ilze.account_id),
        # Whoever sees the child can finish it.
        begun["id"]: str(jānis.account_id),
        cancelled["id"]: str(ilze.account_id),
        planned["id"]: str(jānis.account_id),
    }
    assert done(jānis.get(f"meetings/{planned['id']}"))["version"] == 2


def test_a_transfer_needs_room_at_the_receiver(
    house: House, supervisor: Phone, jānis: Phone, family: dict[str, Any]
) -> None:
    theirs = [house.a_case(supervisor, house.a_child(supervisor), jānis) for _ in range(12)]
    path = f"cases/{family['case']['id']}/transfer"

    assert refusal_of(supervisor.act(path, family["case"], to(jānis))) == {
        "type": "caseload-full",
        "load": 12.0,
        "maximum": 12.0,
        "would_be": 13.0,
    }
    assert done(supervisor.get(f"cases/{family['case']['id']}")) == family["case"]
    done(supervisor.act(f"cases/{theirs[0]['id']}/close", theirs[0], CLOSING))
    assert done(supervisor.act(path, family["case"], to(jānis)))["version"] == 2


def test_a_transfer_is_refused_when_the_receiver_is_at_another_meeting_then(
    house: House, supervisor: Phone, ilze: Phone, jānis: Phone, family: dict[str, Any]
) -> None:
    other = house.a_family(supervisor, jānis)
    theirs = house.a_meeting(jānis, other["child"])
    house.a_meeting(ilze, family["child"])
    path = f"cases/{family['case']['id']}/transfer"

    assert refusal_of(supervisor.act(path, family["case"], to(jānis))) == {
        "type": "meeting-overlaps",
        "of": "specialist",
    }
    assert done(ilze.get("caseload"))["load"] == 1.0
    done(jānis.act(f"meetings/{theirs['id']}/cancel", theirs, {"reason": "child_ill"}))
    done(supervisor.act(path, family["case"], to(jānis)))


def test_a_case_goes_to_another_active_specialist_of_the_team(
    house: House, supervisor: Phone, ilze: Phone, jānis: Phone, family: dict[str, Any]
) -> None:
    path = f"cases/{family['case']['id']}/transfer"
    gone = house.a_specialist(supervisor)
    house.deactivate(gone)

    for nobody in (ilze, house.a_specialist(house.a_supervisor()), supervisor, gone):
        assert refusal_of(supervisor.act(path, family["case"], to(nobody))) == invalid("/to_specialist_id")
    for form, places in (
        ({"reason": "x"}, ["/to_specialist_id"]),
        (to(jānis, reason=" "), ["/reason"]),
        (to(jānis, until="2026-03-02"), ["/until"]),
    ):
        assert refusal_of(supervisor.act(path, family["case"], form)) == invalid(*places)
    done(supervisor.act(path, family["case"], to(jānis)))


def test_a_closed_case_keeps_its_reason_and_its_outcome(
    house: House, supervisor: Phone, ilze: Phone, family: dict[str, Any]
) -> None:
    case = family["case"]

    closed = done(supervisor.act(f"cases/{case['id']}/close", case, CLOSING))

    assert closed == case | {
        "state": "closed",
        "closed_at": closed["closed_at"],
        "close_reason": CLOSING["reason"],
        "outcome": CLOSING["outcome"],
        "version": 2,
    }
    assert done(supervisor.get(f"cases/{case['id']}")) == closed
    assert done(ilze.get("caseload"))["load"] == 0.0
    (responsibility,) = house.sql("SELECT until FROM responsibilities")
    (row,) = house.sql("SELECT closed_at FROM cases")
    assert responsibility["until"] == row["closed_at"]


def test_a_case_is_not_closed_over_meetings_that_are_planned_or_under_way(
    house: House, supervisor: Phone, ilze: Phone, family: dict[str, Any]
) -> None:
    path = f"cases/{family['case']['id']}/close"
    first = house.a_meeting(ilze, family["child"], starts_at=at(soon(hours=2)))
    second = house.a_meeting(ilze, family["child"], starts_at=at(soon(hours=24)))

    assert refusal_of(supervisor.act(path, family["case"], CLOSING)) == {"type": "case-unfinished", "meetings": 2}
    first = done(ilze.act(f"meetings/{first['id']}/start", first, {"unannounced_reason": "first one"}))
    done(ilze.act(f"meetings/{second['id']}/cancel", second, {"reason": "child_ill"}))
    refused = supervisor.act(path, family["case"], CLOSING)
    assert refusal_of(refused) == {"type": "case-unfinished", "meetings": 1}
    assert refused.json["detail"] == "Meetings of the case are still planned or under way: 1."
    done(ilze.act(f"meetings/{first['id']}/finish", first, {}))
    assert done(supervisor.act(path, family["case"], CLOSING))["state"] == "closed"


@pytest.mark.parametrize(
    ("form", "places"),
    [
        ({}, ["/reason"]),
        (CLOSING | {"reason": ""}, ["/reason"]),
        (CLOSING | {"outcome": None}, ["/outcome"]),
        (CLOSING | {"closed_at": "2026-03-02T12:00:00Z"}, ["/closed_at"]),
    ],
)
def test_a_case_is_closed_only_with_a_reason_and_an_outcome(
    supervisor: Phone, family: dict[str, Any], form: dict[str, Any], places: list[str]
) -> None:
    path = f"cases/{family['case']['id']}/close"

    assert refusal_of(supervisor.act(path, family["case"], form)) == invalid(*places)
    done(supervisor.act(path, family["case"], CLOSING))


def test_with_a_closed_case_nothing_more_can_be_done(
    house: House, supervisor: Phone, jānis: Phone, family: dict[str, Any]
) -> None:
    path = f"cases/{family['case']['id']}"
    closed = done(supervisor.act(f"{path}/close", family["case"], CLOSING))

    for refused in (
        supervisor.change(path, closed, {"complexity": "low"}),
        supervisor.act(f"{path}/transfer", closed, to(jānis)),
        supervisor.act(f"{path}/close", closed, CLOSING),
        supervisor.post("meetings", house.meeting_form(family["child"])),
    ):
        assert refusal_of(refused) == {"type": "no-open-case"}
    assert done(supervisor.get(path)) == closed


@pytest.mark.parametrize("action", ["transfer", "close"])
def test_both_need_the_version_and_the_present_one(
    supervisor: Phone, ilze: Phone, jānis: Phone, family: dict[str, Any], action: str
) -> None:
    path, form = f"cases/{family['case']['id']}/{action}", to(jānis) if action == "transfer" else CLOSING
    second = done(supervisor.change(f"cases/{family['case']['id']}", family["case"], {"complexity": "high"}))

    assert refusal_of(supervisor.post(path, form)) == {"type": "version-needed"}
    assert refusal_of(supervisor.act(path, family["case"], form)) == {"type": "version-stale", "current": second}
    done(supervisor.act(path, second, form))


def test_there_is_no_case_under_an_unknown_id(supervisor: Phone, jānis: Phone) -> None:
    nobody = {"id": str(uuid.uuid4()), "version": 1}
    path = f"cases/{nobody['id']}"

    assert refusal_of(supervisor.get(path)) == {"type": "not-found"}
    assert refusal_of(supervisor.change(path, nobody, {})) == {"type": "not-found"}
    assert refusal_of(supervisor.act(f"{path}/transfer", nobody, to(jānis))) == {"type": "not-found"}
    assert refusal_of(supervisor.act(f"{path}/close", nobody, CLOSING)) == {"type": "not-found"}
