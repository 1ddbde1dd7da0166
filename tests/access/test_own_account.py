"""What somebody does with their own account: password, e-mail, one-time codes, devices."""

import time
from dataclasses import replace
from typing import Any

import pyotp
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from bas_service import create_app
from bas_service.access import service
from bas_service.access.one_time_codes import PERIOD
from bas_service.config import Settings
from bas_service.database import transaction
from tests.builders import House
from tests.callers import API, PASSWORD, Phone, done

NEW_PASSWORD = "another long enough password"


def sign_in(
    app: Flask, email: str, *, password: str = PASSWORD, code: str | None = None, device: str = "d"
) -> TestResponse:
    form: dict[str, Any] = {
        "email": email,
        "password": password,
        "device": {"id": device, "name": "phone", "platform": "test"},
    }
    if code is not None:
        form["code"] = code
    return app.test_client().post(f"{API}/auth/sign-in", json=form, headers={"Accept-Language": "en"})


def set_up_codes(phone: Phone) -> tuple[pyotp.TOTP, list[str]]:
    """Codes that count; the one used for the confirmation is of the period before, so the present one is fresh."""
    begun = done(phone.post("me/one-time-codes", {"password": PASSWORD}))
    generator = pyotp.TOTP(begun["secret"])
    assert phone.post("me/one-time-codes/confirm", {"code": of_period(generator, -1)}).status_code == 204
    return generator, begun["recovery_codes"]


def of_period(generator: pyotp.TOTP, periods_ahead: int) -> str:
    return generator.generate_otp(int(time.time()) // PERIOD + periods_ahead)


def test_with_codes_the_password_alone_opens_nothing_and_a_code_counts_once(house: House, app: Flask) -> None:
    supervisor = house.a_supervisor()
    generator, _ = set_up_codes(supervisor)
    code = of_period(generator, 0)

    assert sign_in(app, supervisor.email).get_json()["type"] == "/problems/one-time-code-needed"
    assert sign_in(app, supervisor.email, code="000000").get_json()["type"] == "/problems/sign-in-refused"
    wrong = sign_in(app, supervisor.email, password="wrong password", code=code)
    assert wrong.get_json()["type"] == "/problems/sign-in-refused"
    assert sign_in(app, supervisor.email, code=code).status_code == 200
    assert sign_in(app, supervisor.email, code=code).get_json()["type"] == "/problems/sign-in-refused"
    assert sign_in(app, supervisor.email, code=of_period(generator, 1)).status_code == 200


def test_a_code_from_long_ago_does_not_count(house: House, app: Flask) -> None:
    supervisor = house.a_supervisor()
    generator, _ = set_up_codes(supervisor)

    assert sign_in(app, supervisor.email, code=of_period(generator, -3)).status_code == 401
    assert sign_in(app, supervisor.email, code=of_period(generator, 3)).status_code == 401


def test_a_recovery_code_counts_once(house: House, app: Flask) -> None:
    supervisor = house.a_supervisor()
    _, recovery_codes = set_up_codes(supervisor)

    assert len(set(recovery_codes)) == 10
    assert sign_in(app, supervisor.email, code=recovery_codes[0].upper()).status_code == 200
    assert sign_in(app, supervisor.email, code=recovery_codes[0]).status_code == 401
    assert sign_in(app, supervisor.email, code=recovery_codes[1]).status_code == 200


def test_codes_count_only_after_their_confirmation(house: House, app: Flask) -> None:
    supervisor = house.a_supervisor()
    assert supervisor.post("me/one-time-codes/confirm", {"code": "123456"}).status_code == 409
    begun = done(supervisor.post("me/one-time-codes", {"password": PASSWORD}))

    assert supervisor.post("me/one-time-codes/confirm", {"code": "000000"}).status_code == 422
    assert sign_in(app, supervisor.email).status_code == 200
    assert begun["uri"].startswith("otpauth://totp/BAS:")


def test_setting_codes_up_takes_the_password_and_removing_them_a_code_too(house: House, app: Flask) -> None:
    supervisor = house.a_supervisor()
    assert supervisor.post("me/one-time-codes", {"password": "wrong password"}).status_code == 403
    generator, _ = set_up_codes(supervisor)

    assert supervisor.post("me/one-time-codes", {"password": PASSWORD}).status_code == 409
    form = {"password": PASSWORD, "code": "000000"}
    assert supervisor.post("me/one-time-codes/remove", form).status_code == 422
    form["code"] = of_period(generator, 0)
    assert supervisor.post("me/one-time-codes/remove", form).status_code == 204
    assert sign_in(app, supervisor.email).status_code == 200
    assert supervisor.post("me/one-time-codes/remove", form).status_code == 409


def test_a_role_that_must_use_codes_does_nothing_before_setting_them_up(house: House, settings: Settings) -> None:
    strict = House(create_app(replace(settings, codes_mandatory_for=("supervisor",))), house.owner)
    supervisor = strict.a_supervisor()

    assert supervisor.get("children").get_json()["type"] == "/problems/one-time-codes-mandatory"
    assert supervisor.get("me").status_code == 200
    generator, _ = set_up_codes(supervisor)
    assert supervisor.get("children").status_code == 200
    form = {"password": PASSWORD, "code": of_period(generator, 0)}
    assert (
        supervisor.post("me/one-time-codes/remove", form).get_json()["type"] == "/problems/one-time-codes-mandatory"
    )
    assert strict.a_coordinator().get("children").status_code == 200


def test_a_new_password_signs_all_other_devices_out(house: House, app: Flask) -> None:
    supervisor = house.a_supervisor()
    other = sign_in(app, supervisor.email, device="other").get_json()["access_token"]

    form = {"password": PASSWORD, "new_password": NEW_PASSWORD}
    assert supervisor.post("me/password", form | {"password": "wrong password"}).status_code == 403
    assert supervisor.post("me/password", form).status_code == 204

    assert supervisor.get("me").status_code == 200
    gone = app.test_client().get(f"{API}/me", headers={"Authorization": f"Bearer {other}"})
    assert gone.status_code == 401
    assert sign_in(app, supervisor.email).status_code == 401
    assert sign_in(app, supervisor.email, password=NEW_PASSWORD).status_code == 200


@pytest.mark.parametrize(
    "guessable", ["short", "password1234", "qwertyuiop12", "111111111111", "supervisor-1@example.lv"]
)
def test_a_guessable_password_is_refused_and_the_old_one_stays(house: House, app: Flask, guessable: str) -> None:
    supervisor = house.a_supervisor()
    known = supervisor.email if "@" in guessable else guessable

    answer = supervisor.post("me/password", {"password": PASSWORD, "new_password": known})

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.get_json()["errors"]] == ["/new_password"]
    assert sign_in(app, supervisor.email).status_code == 200


def test_changing_the_email_takes_the_password_and_an_address_nobody_has(house: House, app: Flask) -> None:
    supervisor, other = house.a_supervisor(), house.a_supervisor()
    form = {"password": PASSWORD, "email": "new.address@example.lv"}

    assert supervisor.post("me/email", form | {"password": "wrong password"}).status_code == 403
    assert supervisor.post("me/email", form | {"email": other.email.upper()}).status_code == 422
    assert supervisor.post("me/email", form | {"email": "no address"}).status_code == 422
    assert supervisor.post("me/email", form).status_code == 204
    assert sign_in(app, "New.Address@example.lv").status_code == 200
    assert sign_in(app, supervisor.email).status_code == 401


def test_asking_for_the_password_again_is_no_way_to_guess_it(house: House) -> None:
    supervisor = house.a_supervisor()
    form = {"password": "wrong password", "new_password": NEW_PASSWORD}

    statuses = [supervisor.post("me/password", form).status_code for _ in range(7)]

    assert statuses == [403] * 5 + [429] * 2


def test_ones_devices_are_listed_and_one_or_all_are_signed_out(house: House, app: Flask) -> None:
    supervisor = house.a_supervisor()
    token = sign_in(app, supervisor.email, device="other").get_json()["access_token"]
    other = {"Authorization": f"Bearer {token}"}

    devices = done(supervisor.get("me/devices"))["items"]
    assert [(device["name"], device["is_this"]) for device in devices] == [("phone", False), ("a test's phone", True)]
    stranger = house.a_supervisor()
    assert stranger.post(f"me/devices/{devices[0]['id']}/sign-out").status_code == 404
    assert app.test_client().get(f"{API}/me", headers=other).status_code == 200
    assert supervisor.post(f"me/devices/{devices[0]['id']}/sign-out").status_code == 204
    assert app.test_client().get(f"{API}/me", headers=other).status_code == 401
    assert supervisor.post("auth/sign-out-everywhere").status_code == 204
    assert supervisor.get("me").status_code == 401
    assert stranger.get("me").status_code == 200


def test_ending_access_ends_it_with_the_next_request_and_forgotten_codes_are_asked_for_no_more(
    house: House, app: Flask
) -> None:
    supervisor, other = house.a_supervisor(), house.a_supervisor()
    set_up_codes(other)

    with app.app_context(), transaction():
        service.end_access(supervisor.email)
        service.forget_codes(other.email)

    assert supervisor.get("me").status_code == 401
    assert sign_in(app, supervisor.email).status_code == 401
    assert sign_in(app, other.email).status_code == 200
