"""A request that waits while its child is handed over finds that it has come too late."""

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.builders import House, at, soon
from tests.callers import Phone, done, refusal_of


def correct_child(house: House, phone: Phone, family: dict[str, Any]) -> TestResponse:
    return phone.change(f"children/{family['child']['id']}", family["child"], {"given_name": "Anita"})


def add_representative(house: House, phone: Phone, family: dict[str, Any]) -> TestResponse:
    form = {"name": "Tētis", "relation": "parent", "phone": "+37120000150", "channels": ["sms"]}
    return phone.post(f"children/{family['child']['id']}/representatives", form)


def correct_representative(house: House, phone: Phone, family: dict[str, Any]) -> TestResponse:
    representative = family["representative"]
    return phone.change(f"representatives/{representative['id']}", representative, {"phone": "+37120000150"})


def suspend(house: House, phone: Phone, family: dict[str, Any]) -> TestResponse:
    representative = family["representative"]
    form = {"reason": "court", "basis": "decision 7"}
    return phone.act(f"representatives/{representative['id']}/suspend", representative, form)


def protect(house: House, phone: Phone, family: dict[str, Any]) -> TestResponse:
    form = {"from_representative_id": family["representative"]["id"], "reason": "court"}
    return phone.post(f"children/{family['child']['id']}/protected-places", form)


def take_consent(house: House, phone: Phone, family: dict[str, Any]) -> TestResponse:
    form = {
        "representative_id": family["representative"]["id"],
        "scope": "transport",
        "given_at": at(soon(hours=-1)),
        "means": "paper",
    }
    return phone.post(f"children/{family['child']['id']}/consents", form)


def withdraw_consent(house: House, phone: Phone, family: dict[str, Any]) -> TestResponse:
    return phone.act(f"consents/{family['consent']['id']}/withdraw", family["consent"])


def plan(house: House, phone: Phone, family: dict[str, Any]) -> TestResponse:
    return phone.post("meetings", house.meeting_form(family["child"], starts_at=at(soon(hours=72))))


def change_meeting(house: House, phone: Phone, family: dict[str, Any]) -> TestResponse:
    return phone.change(f"meetings/{family['meeting']['id']}", family["meeting"], {"expected_minutes": 30})


def cancel_meeting(house: House, phone: Phone, family: dict[str, Any]) -> TestResponse:
    return phone.act(f"meetings/{family['meeting']['id']}/cancel", family["meeting"], {"reason": "child_ill"})


@pytest.mark.parametrize(
    "change",
    [
        correct_child,
        add_representative,
        correct_representative,
        suspend,
        protect,
        take_consent,
        withdraw_consent,
        plan,
        change_meeting,
        cancel_meeting,
    ],
)
def test_a_change_that_waited_for_a_transfer_meets_a_child_that_is_no_longer_in_sight(
    house: House, change: Callable[[House, Phone, dict[str, Any]], TestResponse]
) -> None:
    north = house.a_supervisor()
    ilze, jānis = house.a_specialist(north), house.a_specialist(north)
    family = house.a_family(north, ilze)
    family["consent"] = house.a_consent(north, family["representative"])
    family["meeting"] = house.a_meeting(ilze, family["child"])

    with house.meanwhile(lambda: change(house, ilze, family)) as transfer:
        child = family["child"]["id"]
        transfer.run("SELECT FROM children WHERE id = :child FOR NO KEY UPDATE", child=child)
        move = "UPDATE cases SET specialist_id = :to, version = 2 WHERE child_id = :child"
        transfer.run(move, to=jānis.account_id, child=child)

    assert transfer.waited
    assert refusal_of(transfer.answer) == {"type": "not-found"}
    assert done(jānis.get(f"meetings/{family['meeting']['id']}")) == family["meeting"]
    assert change(house, jānis, family).status_code in {200, 201}
