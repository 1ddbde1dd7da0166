"""Signing in on a device, and the refusals that tell a stranger nothing."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from bas_service import clock
from bas_service.access import attempts
from bas_service.access import passwords as hashing
from tests.builders import House
from tests.callers import API, PASSWORD, Phone, invalid, refusal_of

DEVICE = {"id": "device-of-the-test", "name": "Pixel", "platform": "android"}


def sign_in(
    app: Flask, email: Any, password: Any = PASSWORD, /, *, address: str = "192.0.2.1", **more: Any
) -> TestResponse:
    """Sign in from an address, on the test's device unless ``device`` says otherwise."""
    form = {"email": email, "password": password, "device": DEVICE} | more
    return app.test_client().post(f"{API}/auth/sign-in", json=form, environ_base={"REMOTE_ADDR": address})


def me(app: Flask, tokens: dict[str, Any]) -> TestResponse:
    return app.test_client().get(f"{API}/me", headers={"Authorization": f"Bearer {tokens['access_token']}"})


def refresh(app: Flask, tokens: dict[str, Any]) -> TestResponse:
    bearer = {"Authorization": f"Bearer {tokens['refresh_token']}"}
    return app.test_client().post(f"{API}/auth/refresh", headers=bearer)


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The passwords that were compared with a hash meanwhile."""
    passwords: list[str] = []
    real = hashing.hasher

    class Hasher:
        hash = real.hash

        def verify(self, password_hash: str, password: str) -> bool:
            assert password_hash.startswith("$argon2id$")
            passwords.append(password)
            return real.verify(password_hash, password)

    monkeypatch.setattr(hashing, "hasher", Hasher())
    return passwords


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Move the service's clock on."""

    def move(by: timedelta) -> None:
        moment = datetime.now(clock.RIGA) + by
        monkeypatch.setattr(clock, "now", lambda: moment)

    return move


def test_the_right_password_gives_a_pair_of_tokens_and_says_whose_they_are(house: House, app: Flask) -> None:
    specialist = house.a_specialist(house.a_supervisor(), name="Ilze Izdomāta")

    response = sign_in(app, specialist.email)

    answer = response.get_json()
    user = {"id": str(specialist.account_id), "name": "Ilze Izdomāta", "role": "specialist", "language": "lv"}
    assert response.status_code == 200
    assert answer == {
        "access_token": answer["access_token"],
        "refresh_token": answer["refresh_token"],
        "expires_in": 900,
        "user": user,
    }
    assert me(app, answer).get_json() == user
    assert refresh(app, answer).status_code == 200


@pytest.mark.parametrize("spelling", [str.upper, str.title, lambda email: f"  {email} "])
def test_the_case_of_an_email_and_blanks_around_it_do_not_matter(
    house: House, app: Flask, spelling: Callable[[str], str]
) -> None:
    supervisor = house.a_supervisor()

    assert sign_in(app, spelling(supervisor.email)).status_code == 200
    assert sign_in(app, spelling(supervisor.email), PASSWORD.upper()).status_code == 401


@pytest.mark.parametrize("password", [f"{PASSWORD} ", f" {PASSWORD}", PASSWORD.title(), "another long password", "x"])
def test_a_password_is_taken_to_the_letter(house: House, app: Flask, password: str) -> None:
    supervisor = house.a_supervisor()

    assert refusal_of(sign_in(app, supervisor.email, password)) == {"type": "sign-in-refused"}
    assert sign_in(app, supervisor.email).status_code == 200


def test_unknown_wrong_and_inactive_get_the_same_answer_after_the_same_work(
    house: House, app: Flask, compared: list[str]
) -> None:
    known, inactive = house.a_supervisor(), house.a_supervisor()
    house.deactivate(inactive)

    answers = {}
    for who, email, password in (
        ("wrong", known.email, "a wrong password"),
        ("unknown", "nobody@example.lv", "a guessed password"),
        ("inactive", inactive.email, PASSWORD),
    ):
        response = sign_in(app, email, password)
        body = {name: value for name, value in response.get_json().items() if name != "request_id"}
        headers = {name: value for name, value in response.headers if name not in {"X-Request-Id"}}
        answers[who] = (response.status_code, body, headers)

    assert answers["wrong"][:2] == (
        401,
        {
            "type": "/problems/sign-in-refused",
            "title": "Neizdevās pierakstīties",
            "status": 401,
            "detail": "E-pasta adrese vai parole nav pareiza.",
        },
    )
    assert answers["unknown"] == answers["wrong"]
    assert answers["inactive"] == answers["wrong"]
    assert compared == ["a wrong password", "a guessed password", PASSWORD]
    assert sign_in(app, known.email).status_code == 200


def test_after_a_few_failures_even_the_right_password_waits_but_nobody_else_does(
    house: House, app: Flask, later: Callable[[timedelta], None]
) -> None:
    victim, colleague = house.a_supervisor(), house.a_supervisor()
    for _ in range(5):
        assert sign_in(app, victim.email.upper(), "a wrong password").status_code == 401

    refused = sign_in(app, victim.email)

    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "1"
    assert refusal_of(refused) == {"type": "too-many-requests", "retry_after": 1}
    assert sign_in(app, victim.email, address="192.0.2.2").status_code == 200
    assert sign_in(app, colleague.email).status_code == 200
    later(timedelta(seconds=2))
    assert sign_in(app, victim.email, "a wrong password").status_code == 401
    assert sign_in(app, victim.email).headers["Retry-After"] == "2"
    later(timedelta(seconds=10))
    assert sign_in(app, victim.email).status_code == 200
    # Who proved who they are starts afresh.
    assert sign_in(app, victim.email, "a wrong password").status_code == 401
    assert sign_in(app, victim.email).status_code == 200


def test_from_many_addresses_an_account_is_slowed_down_only_and_its_own_phone_is_not(
    house: House, app: Flask
) -> None:
    victim = house.a_supervisor()
    assert sign_in(app, victim.email).status_code == 200
    for number in range(20):
        assert sign_in(app, victim.email, "a wrong password", address=f"198.51.100.{number}").status_code == 401

    own, other = DEVICE, DEVICE | {"id": "somebody else's"}
    refused = sign_in(app, victim.email, device=other, address="198.51.100.99")

    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) <= 60
    assert sign_in(app, victim.email, device=own).status_code == 200


def test_a_guess_that_had_to_wait_is_not_counted_again(
    house: House, app: Flask, later: Callable[[timedelta], None]
) -> None:
    supervisor = house.a_supervisor()
    for _ in range(5):
        sign_in(app, supervisor.email, "a wrong password")
    for _ in range(5):
        assert sign_in(app, supervisor.email, "a wrong password").status_code == 429

    later(timedelta(seconds=2))

    assert sign_in(app, supervisor.email).status_code == 200


def test_an_address_that_tries_a_hundred_times_waits_whatever_the_email(house: House, app: Flask) -> None:
    supervisor = house.a_supervisor()
    failed = (
        "INSERT INTO sign_in_attempts SELECT gen_random_uuid(), 'somebody ' || n, '192.0.2.7', now()"
        " FROM generate_series(1, :number) n"
    )
    house.sql(failed, number=99)
    assert sign_in(app, supervisor.email, address="192.0.2.7").status_code == 200

    house.sql(failed, number=1)

    assert sign_in(app, supervisor.email, address="192.0.2.7").status_code == 429
    assert sign_in(app, supervisor.email, address="192.0.2.8").status_code == 200


def test_an_attempt_keeps_no_email_and_no_password(house: House, app: Flask) -> None:
    sign_in(app, "Somebody@example.lv", "a guessed password")

    (attempt,) = house.sql("SELECT * FROM sign_in_attempts")
    assert "somebody" not in str(attempt).lower()
    assert "guessed" not in str(attempt)


def test_old_attempts_are_forgotten_and_recent_ones_are_not(house: House, app: Flask, worker_app: Flask) -> None:
    sign_in(app, "somebody@example.lv")
    house.sql(
        "INSERT INTO sign_in_attempts VALUES (gen_random_uuid(), 'old', '192.0.2.1', now() - interval '61 minutes')"
    )

    with worker_app.app_context():
        from bas_service.database import transaction

        with transaction():
            attempts.forget_old_attempts()

    (left,) = house.sql("SELECT email_digest FROM sign_in_attempts")
    assert left["email_digest"] != "old"


def test_signing_in_again_on_the_same_device_ends_its_earlier_session_only(house: House, app: Flask) -> None:
    supervisor = house.a_supervisor()
    first = sign_in(app, supervisor.email).get_json()
    elsewhere = sign_in(app, supervisor.email, device=DEVICE | {"id": "another device"}).get_json()

    second = sign_in(app, supervisor.email).get_json()

    assert me(app, first).status_code == 401
    assert refresh(app, first).status_code == 401
    assert me(app, second).status_code == 200
    assert me(app, elsewhere).status_code == 200


def test_of_two_sign_ins_on_one_device_at_once_the_later_one_ends_the_other(house: House, app: Flask) -> None:
    supervisor = house.a_supervisor()

    with house.meanwhile(lambda: sign_in(app, supervisor.email)) as other:
        other.run("SELECT FROM accounts WHERE id = :id FOR NO KEY UPDATE", id=supervisor.account_id)
        other.run(
            "INSERT INTO device_sessions (id, account_id, device_id, device_name, platform, signed_in_at)"
            " VALUES (gen_random_uuid(), :id, :device, 'Pixel', 'android', now())",
            id=supervisor.account_id,
            device=DEVICE["id"],
        )

    assert (other.waited, me(app, other.answer.get_json()).status_code) == (True, 200)
    sessions = house.sql("SELECT revoked_because FROM device_sessions WHERE device_id = :id", id=DEVICE["id"])
    assert sorted(row["revoked_because"] or "" for row in sessions) == ["", "sign-in"]


def test_the_same_device_of_two_people_holds_both_their_sessions(house: House, app: Flask) -> None:
    one, other = house.a_supervisor(), house.a_supervisor()
    first = sign_in(app, one.email).get_json()

    second = sign_in(app, other.email).get_json()

    assert me(app, first).get_json()["id"] == str(one.account_id)
    assert me(app, second).get_json()["id"] == str(other.account_id)


@pytest.mark.parametrize(
    ("change", "places"),
    [
        ({"email": None}, ["/email"]),
        ({"email": 7}, ["/email"]),
        ({"email": "x" * 255}, ["/email"]),
        ({"email": "a\u0000b@example.lv"}, ["/email"]),
        ({"password": ""}, ["/password"]),
        ({"password": "x" * 1001}, ["/password"]),
        ({"password": "\ud800"}, ["/password"]),
        ({"device": None}, ["/device"]),
        ({"device": {"id": "x"}}, ["/device/name", "/device/platform"]),
        ({"device": DEVICE | {"colour": "red"}}, ["/device/colour"]),
        ({"remember": True}, ["/remember"]),
    ],
)
def test_a_sign_in_of_another_shape_is_invalid_and_counts_as_no_failure(
    house: House, app: Flask, change: dict[str, Any], places: list[str]
) -> None:
    supervisor = house.a_supervisor()

    assert refusal_of(sign_in(app, supervisor.email, **change)) == invalid(*places)
    assert house.sql("SELECT * FROM sign_in_attempts") == []
    assert sign_in(app, supervisor.email).status_code == 200


def test_signing_out_ends_this_device_at_once_and_no_other(house: House, app: Flask) -> None:
    supervisor = house.a_supervisor()
    here = Phone(app, supervisor.account_id, sign_in(app, supervisor.email).get_json(), supervisor.email)

    assert here.post("auth/sign-out").status_code == 204

    assert here.get("me").status_code == 401
    assert here.post("auth/sign-out").status_code == 401
    assert refresh(app, here.tokens).status_code == 401
    assert supervisor.get("me").status_code == 200


def test_an_account_put_out_of_use_is_refused_with_its_next_request(house: House, app: Flask) -> None:
    supervisor = house.a_supervisor()
    assert supervisor.get("me").status_code == 200

    house.deactivate(supervisor)

    assert refusal_of(supervisor.get("me")) == {"type": "sign-in-needed"}
    assert refusal_of(refresh(app, supervisor.tokens)) == {"type": "sign-in-needed"}
