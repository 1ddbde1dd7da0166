"""Who is reached by which channel is seen before anything is planned, and why somebody is not (D6, D29)."""

from typing import Any

import pytest
from flask import Flask

from bas_service.database import transaction
from bas_service.messaging.rules import BarReason, Channel
from bas_service.messaging.service import bar_address, digest_of
from tests.builders import House
from tests.callers import Phone, done
from tests.tables import statements_of

BOTH = {"phone": "+37120000044", "email": "mamma@example.lv", "channels": ["email", "sms"]}


@pytest.fixture
def supervisor(house: House) -> Phone:
    return house.a_supervisor()


def reach(supervisor: Phone, child: dict[str, Any]) -> list[dict[str, Any]]:
    found = done(supervisor.get(f"children/{child['id']}/representatives"))["items"]
    return [{name: one[name] for name in ("reachable", "not_reached_because", "barred")} for one in found]


def test_channels_are_shown_in_the_order_in_which_they_are_tried(house: House, supervisor: Phone) -> None:
    child = house.a_child(supervisor)
    house.a_representative(supervisor, child, **BOTH)
    house.a_representative(supervisor, child)

    assert reach(supervisor, child) == [
        {"reachable": ["email", "sms"], "not_reached_because": None, "barred": []},
        {"reachable": ["sms"], "not_reached_because": None, "barred": []},
    ]


def test_a_barred_address_is_left_out_and_named(house: House, supervisor: Phone, worker_app: Flask) -> None:
    child = house.a_child(supervisor)
    house.a_representative(supervisor, child, **BOTH)
    with worker_app.app_context(), transaction():
        bar_address(Channel.SMS, digest_of(Channel.SMS, BOTH["phone"]), reason=BarReason.WRONG_NUMBER, by=None)

    wrong = {"channel": "sms", "reason": "wrong_number"}
    assert reach(supervisor, child) == [{"reachable": ["email"], "not_reached_because": None, "barred": [wrong]}]
    house.nobody_carries("email")
    assert reach(supervisor, child) == [{"reachable": [], "not_reached_because": "no_channel", "barred": [wrong]}]


def test_who_may_not_be_told_is_not_reached_however_many_channels_there_are(house: House, supervisor: Phone) -> None:
    child = house.a_child(supervisor)
    suspended = house.a_representative(supervisor, child, **BOTH)
    protected = house.a_representative(supervisor, child)
    house.a_representative(supervisor, child, valid_from="2020-01-01", valid_until="2020-02-01")
    why = {"reason": "Court", "basis": "No. 1"}
    done(supervisor.act(f"representatives/{suspended['id']}/suspend", suspended, why))
    house.a_protected_place(supervisor, protected)

    assert [one["not_reached_because"] for one in reach(supervisor, child)] == [
        "suspended",
        "place_protected",
        "outside_period",
    ]
    assert [one["reachable"] for one in reach(supervisor, child)] == [[], [], []]


def test_it_takes_as_many_statements_for_three_as_for_one(house: House, supervisor: Phone, app: Flask) -> None:
    child = house.a_child(supervisor)
    counted = []
    for _ in range(2):
        house.a_representative(supervisor, child)
        with statements_of(app) as statements:
            reach(supervisor, child)
        counted.append(len(statements))
        house.a_representative(supervisor, child)

    assert counted[0] == counted[1]
