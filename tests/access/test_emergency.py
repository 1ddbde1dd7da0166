"""Access for hours to a child one is not responsible for (D32)."""

import pytest
import sqlalchemy
from flask import Flask

from bas_service.database import ask_as, new_id, transaction
from tests.builders import House, done


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
