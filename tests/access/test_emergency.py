"""Access for hours to a child one is not responsible for (D32)."""

import pytest
import sqlalchemy
from flask import Flask
from sqlalchemy import text

from bas_service.database import ask_as, new_id, transaction
from tests.builders import House
from tests.callers import done, refusal_of


def test_a_grant_opens_the_file_for_hours_and_the_childs_supervisor_knows(house: House) -> None:
    supervisor, other_supervisor = house.a_supervisor(), house.a_supervisor()
    child = house.a_family(supervisor, house.a_specialist(supervisor))["child"]
    helper = house.a_specialist(other_supervisor)
    assert helper.get(f"children/{child['id']}").status_code == 404

    form = {"reason": "Bērns zvanīja naktī, speciālists nav sasniedzams", "hours": 4}
    grant = done(helper.post(f"children/{child['id']}/emergency-grants", form))

    assert helper.get(f"children/{child['id']}").status_code == 200
    assert grant["told_account_id"] == str(supervisor.account_id)
    (told,) = done(supervisor.get("emergency-grants"))["items"]
    assert (told["reason"], told["account_id"], told["seen_at"]) == (form["reason"], str(helper.account_id), None)
    assert done(other_supervisor.get("emergency-grants"))["items"] == []
    noted = done(supervisor.act(f"emergency-grants/{grant['id']}/note", told))
    assert noted["seen_at"] is not None
    assert helper.act(f"emergency-grants/{grant['id']}/note", noted).status_code == 403
    looks = done(supervisor.get(f"children/{child['id']}/looks"))["items"]
    assert ("children.show", "emergency") in [(look["action"], look["because"]) for look in looks]


def test_when_its_hours_are_over_the_access_is_gone(house: House) -> None:
    supervisor = house.a_supervisor()
    child = house.a_family(supervisor, house.a_specialist(supervisor))["child"]
    helper = house.a_specialist(supervisor)
    done(helper.post(f"children/{child['id']}/emergency-grants", {"reason": "Steidzami", "hours": 1}))
    assert helper.get(f"children/{child['id']}").status_code == 200

    house.sql(
        "UPDATE emergency_grants SET granted_at = now() - interval '2 hours', until = now() - interval '1 hour'"
    )

    assert helper.get(f"children/{child['id']}").status_code == 404


@pytest.mark.parametrize(
    "form", [{"hours": 4}, {"reason": "x", "hours": 25}, {"reason": "x", "hours": 0}, {"reason": " ", "hours": 1}]
)
def test_a_grant_takes_a_reason_and_at_most_a_day(house: House, form: dict) -> None:
    supervisor = house.a_supervisor()
    child = house.a_family(supervisor, house.a_specialist(supervisor))["child"]

    assert house.a_specialist(supervisor).post(f"children/{child['id']}/emergency-grants", form).status_code == 422
    assert house.sql("SELECT count(*) FROM emergency_grants") == [{"count": 0}]


def test_nobody_grants_for_somebody_else_for_longer_or_without_the_role(house: House, app: Flask) -> None:
    supervisor = house.a_supervisor()
    specialist = house.a_specialist(supervisor)
    child = house.a_family(supervisor, specialist)["child"]
    coordinator = house.a_coordinator()
    path, form = f"children/{child['id']}/emergency-grants", {"reason": "x", "hours": 1}

    assert coordinator.post(path, form).status_code == 403
    assert specialist.post(f"children/{new_id()}/emergency-grants", form).status_code == 404
    insert = (
        "INSERT INTO emergency_grants (id, child_id, account_id, reason, granted_at, until, version)"
        " VALUES (gen_random_uuid(), :child, :account, 'x', now(), now() + CAST(:long AS interval), 1)"
    )
    for asking, account, long in (
        (coordinator, coordinator, "1 hour"),
        (specialist, supervisor, "1 hour"),
        (specialist, specialist, "25 hours"),
    ):
        values = {"child": child["id"], "account": account.account_id, "long": long}
        with app.app_context(), pytest.raises(sqlalchemy.exc.DBAPIError), transaction() as session:  # noqa: PT012
            ask_as(asking.account_id)
            session.execute(sqlalchemy.text(insert), values)


def test_a_grant_leaves_the_case_to_the_child_s_own_team(house: House) -> None:
    """Otherwise hours of access would become a case of one's own, and access for good."""
    supervisor, stranger = house.a_supervisor(), house.a_supervisor()
    specialist, theirs = house.a_specialist(supervisor), house.a_specialist(stranger)
    family = house.a_family(supervisor, specialist)
    child, case = family["child"], family["case"]
    done(stranger.post(f"children/{child['id']}/emergency-grants", {"reason": "Steidzami", "hours": 2}))
    opening = {"child_id": child["id"], "specialist_id": str(theirs.account_id), "complexity": "low"}
    to = {"to_specialist_id": str(theirs.account_id), "reason": "Tagad mūsu"}
    closing = {"reason": "goal_reached", "outcome": "Labs"}
    assert stranger.get(f"cases/{case['id']}").status_code == 200

    refused = [
        stranger.act(f"cases/{case['id']}/transfer", case, to),
        stranger.act(f"cases/{case['id']}/close", case, closing),
        stranger.change(f"cases/{case['id']}", case, {"complexity": "high"}),
        stranger.post("cases", opening),
    ]
    assert [refusal_of(answer) for answer in refused] == [{"type": "not-allowed"}] * 4

    case = done(supervisor.act(f"cases/{case['id']}/close", case, closing))
    reopening = {"specialist_id": str(theirs.account_id), "reason": "Tagad mūsu"}
    refused = [stranger.post("cases", opening), stranger.act(f"cases/{case['id']}/reopen", case, reopening)]
    assert [refusal_of(answer) for answer in refused] == [{"type": "not-allowed"}] * 2
    assert done(supervisor.act(f"cases/{case['id']}/reopen", case, {"reason": "Par agru"}))["state"] == "open"


def test_the_database_itself_lets_nobody_take_a_case_over_by_a_grant(house: House) -> None:
    supervisor, stranger = house.a_supervisor(), house.a_supervisor()
    family = house.a_family(supervisor, house.a_specialist(supervisor))
    theirs = house.a_specialist(stranger)
    child = {"child": family["child"]["id"], "to": theirs.account_id}
    moving = text("UPDATE cases SET specialist_id = :to WHERE child_id = :child")
    opening = text(
        "INSERT INTO cases (id, child_id, specialist_id, complexity, state, opened_at, version)"
        " VALUES (gen_random_uuid(), :child, :to, 'low', 'closed', now(), 1)"
    )
    form = {"reason": "Steidzami", "hours": 2}
    done(stranger.post(f"children/{family['child']['id']}/emergency-grants", form))

    with house.asking(stranger) as connection:
        assert connection.execute(moving, child).rowcount == 0
        with pytest.raises(sqlalchemy.exc.ProgrammingError, match="row-level security"):
            connection.execute(opening, child)
    with house.asking(supervisor) as connection:
        own = child | {"to": house.a_specialist(supervisor).account_id}
        assert connection.execute(moving, own).rowcount == 1
