"""Adding people who sign in."""

from typing import Any

import pytest
from flask import Flask

from bas_service.access import service
from bas_service.access.rules import AccountUnusable, Role
from bas_service.database import transaction
from bas_service.translation import Language
from tests.builders import House
from tests.callers import PASSWORD, at_once


def add(app: Flask, **more: Any) -> dict[str, Any]:
    """Add an account as the command line does; what was written, or the reason why not."""
    form = {"email": "ilze@example.lv", "name": "Ilze", "role": Role.COORDINATOR, "password": PASSWORD} | more
    with app.app_context():
        try:
            with transaction():
                account = service.add_account(**form)
        except AccountUnusable as refused:
            return refused.members
    return {
        "email": account.email,
        "name": account.name,
        "role": account.role,
        "language": account.language,
        "phone": account.phone,
        "supervisor": account.supervisor_id,
        "active": account.active,
    }


ADDED = {
    "email": "ilze@example.lv",
    "name": "Ilze",
    "role": "coordinator",
    "language": "lv",
    "phone": None,
    "supervisor": None,
    "active": True,
}


def test_somebody_added_can_sign_in(house: House, app: Flask) -> None:
    assert add(app, name=" Ilze ", language=Language.RUSSIAN) == ADDED | {"language": "ru"}
    with app.app_context(), transaction():
        device = {"id": "device", "name": "phone", "platform": "test"}
        answer = service.sign_in(email="ILZE@example.lv", password=PASSWORD, device=device, address="192.0.2.1")
    assert isinstance(answer, dict)


def test_a_password_is_kept_as_an_argon2_hash_with_its_own_salt(house: House, app: Flask) -> None:
    add(app)
    add(app, email="anna@example.lv")

    hashes = [row["password_hash"] for row in house.sql("SELECT password_hash FROM accounts")]
    assert all(one.startswith("$argon2id$") and PASSWORD not in one for one in hashes)
    assert len(set(hashes)) == 2


@pytest.mark.parametrize(
    "email", ["", "ilze", "ilze@", "@example.lv", "ilze@example", "il ze@example.lv", "a@b@example.lv", "ilze@x.y."]
)
def test_an_account_needs_an_email_address(house: House, app: Flask, email: str) -> None:
    assert add(app, email=email) == {"reason": "email"}
    assert add(app) == ADDED


def test_an_email_belongs_to_one_account_whatever_its_case(house: House, app: Flask) -> None:
    assert add(app) == ADDED
    assert add(app, email="Ilze@Example.LV") == {"reason": "email-taken"}
    assert add(app, email="ilze.b@example.lv") == ADDED | {"email": "ilze.b@example.lv"}


def test_two_who_add_the_same_email_at_once_add_one_account(house: House, app: Flask) -> None:
    answers = at_once(*[lambda: add(app)] * 4)

    assert sorted(answers, key=len) == [{"reason": "email-taken"}] * 3 + [ADDED]


def test_a_password_needs_twelve_characters(house: House, app: Flask) -> None:
    assert add(app, password="kalns-upe-m") == {"reason": "password"}
    assert add(app, password="kalns-upe-ma") == ADDED


@pytest.mark.parametrize("guessable", ["xxxxxxxxxxxx", "password1234", "qwertyuiop12"])
def test_a_guessable_password_is_refused(house: House, app: Flask, guessable: str) -> None:
    assert add(app, password=guessable) == {"reason": "password-guessable"}


@pytest.mark.parametrize("name", ["", "  ", "Ilze\nBērziņa", "Ilze\u202e"])
def test_an_account_needs_a_name_that_fits_into_a_text_message(house: House, app: Flask, name: str) -> None:
    assert add(app, name=name) == {"reason": "name"}
    assert add(app, name="Ilze Bērziņa") == ADDED | {"name": "Ilze Bērziņa"}


def test_a_specialist_is_put_under_a_supervisor_and_under_nobody_else(house: House, app: Flask) -> None:
    supervisor, specialist = house.a_supervisor(), house.a_specialist(house.a_supervisor())
    form: dict[str, Any] = {"role": Role.SPECIALIST, "phone": "+37120000100"}

    for nobody in (specialist.email, "nobody@example.lv"):
        assert add(app, supervisor_email=nobody, **form) == {"reason": "supervisor"}
    gone = house.a_supervisor()
    house.deactivate(gone)
    assert add(app, supervisor_email=gone.email, **form) == {"reason": "supervisor"}
    assert add(app, supervisor_email=supervisor.email.upper(), **form) == ADDED | {
        "role": "specialist",
        "phone": "+37120000100",
        "supervisor": supervisor.account_id,
    }


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.COORDINATOR, Role.ADMINISTRATOR])
def test_only_a_specialist_has_a_supervisor(house: House, app: Flask, role: Role) -> None:
    supervisor = house.a_supervisor()

    assert add(app, role=role, supervisor_email=supervisor.email) == {"reason": "role"}
    assert add(app, role=role) == ADDED | {"role": role}
