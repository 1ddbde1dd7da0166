"""Which role may do what at all, whoever the child is."""

import uuid

import pytest

from bas_service.access.rules import Role
from tests.builders import House

SOME_ID = str(uuid.UUID(int=7))
CHILD, REPRESENTATIVE, CONSENT = f"children/{SOME_ID}", f"representatives/{SOME_ID}", f"consents/{SOME_ID}"
CASE, MEETING = f"cases/{SOME_ID}", f"meetings/{SOME_ID}"

FILE = {"specialist", "supervisor", "coordinator"}
WORK = {"specialist", "supervisor"}
EVERYBODY = set(Role)

WHO_MAY = {
    ("GET", "me"): EVERYBODY,
    ("POST", "children"): {"supervisor", "coordinator"},
    ("GET", "children"): FILE,
    ("GET", CHILD): FILE,
    ("PATCH", CHILD): FILE,
    ("POST", f"{CHILD}/representatives"): FILE,
    ("GET", f"{CHILD}/representatives"): FILE,
    ("PATCH", REPRESENTATIVE): FILE,
    ("POST", f"{REPRESENTATIVE}/suspend"): FILE,
    ("POST", f"{REPRESENTATIVE}/resume"): FILE,
    ("POST", f"{CHILD}/protected-places"): FILE,
    ("POST", f"{CHILD}/consents"): FILE,
    ("GET", f"{CHILD}/consents"): FILE,
    ("POST", f"{CONSENT}/withdraw"): FILE,
    ("POST", "cases"): {"supervisor"},
    ("GET", CASE): WORK,
    ("PATCH", CASE): {"supervisor"},
    ("POST", f"{CASE}/transfer"): {"supervisor"},
    ("POST", f"{CASE}/close"): {"supervisor"},
    ("GET", "caseload"): {"specialist"},
    ("GET", "specialists"): {"supervisor"},
    ("GET", f"specialists/{SOME_ID}/caseload"): WORK,
    ("GET", "load-policies"): EVERYBODY,
    ("POST", "load-policies"): {"coordinator", "administrator"},
    ("POST", "meetings"): WORK,
    ("GET", "meetings"): WORK,
    ("GET", MEETING): WORK,
    ("PATCH", MEETING): WORK,
    ("POST", f"{MEETING}/start"): WORK,
    ("POST", f"{MEETING}/finish"): WORK,
    ("POST", f"{MEETING}/cancel"): WORK,
    ("POST", f"{MEETING}/miss"): WORK,
}


@pytest.mark.parametrize("role", Role)
def test_what_a_role_does_not_include_is_refused_before_anything_else_is_looked_at(house: House, role: Role) -> None:
    phone = house.an_account(role)

    answers = {
        route: phone.send(*route, json={"nonsense": 1} if route[0] != "GET" else None).status_code
        for route in WHO_MAY
    }

    assert {route for route, status in answers.items() if status == 403} == {
        route for route, roles in WHO_MAY.items() if role not in roles
    }
    # What the role includes gets as far as the body, or the thing that is not there.
    assert {answers[route] for route, roles in WHO_MAY.items() if role in roles} <= {200, 404, 422, 428}
