"""Refreshing on a phone that loses answers, and on one whose tokens somebody copied."""

import logging
import uuid
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from flask import Flask

from bas_service import create_app
from tests.builders import House
from tests.callers import API, PASSWORD, Phone, at_once, done, refusal_of


def with_tokens(phone: Phone, tokens: dict[str, Any]) -> Phone:
    """The same session, with other tokens in its hands."""
    return Phone(phone.app, phone.account_id, tokens, phone.email)


def refresh(phone: Phone) -> Any:
    return phone.post("auth/refresh", Authorization=f"Bearer {phone.tokens['refresh_token']}")


def refreshed(phone: Phone) -> Phone:
    return with_tokens(phone, done(refresh(phone)))


def state_of(house: House, phone: Phone) -> dict[str, Any]:
    (session,) = house.sql(
        "SELECT revoked_at IS NOT NULL AS revoked, revoked_because FROM device_sessions WHERE account_id = :id",
        id=phone.account_id,
    )
    return session


OPEN = {"revoked": False, "revoked_because": None}
REUSED = {"revoked": True, "revoked_because": "refresh-token-reused"}


@pytest.fixture
def phone(house: House) -> Phone:
    """A supervisor's phone, just signed in."""
    return house.a_supervisor()


def test_each_refresh_gives_a_new_pair_that_goes_on(house: House, phone: Phone) -> None:
    second = refreshed(phone)
    third = refreshed(second)

    assert set(second.tokens) == {"access_token", "refresh_token", "expires_in"}
    assert (
        len({one.tokens[name] for one in (phone, second, third) for name in ("access_token", "refresh_token")}) == 6
    )
    assert third.get("me").status_code == 200
    assert refreshed(third).get("me").status_code == 200
    assert state_of(house, phone) == OPEN


def test_a_lost_answer_is_given_again_as_often_as_it_is_lost(house: House, phone: Phone) -> None:
    refreshed(phone)
    refreshed(phone)
    arrived = refreshed(phone)

    assert arrived.get("me").status_code == 200
    assert refreshed(arrived).get("me").status_code == 200
    assert state_of(house, phone) == OPEN


def test_an_answer_lost_later_on_is_given_again_too(house: House, phone: Phone) -> None:
    third = refreshed(refreshed(phone))
    refreshed(third)

    assert refreshed(refreshed(third)).get("me").status_code == 200
    assert state_of(house, phone) == OPEN


def used_to_refresh(successor: Phone) -> None:
    refreshed(successor)


def used_to_read(successor: Phone) -> None:
    done(successor.get("me"))


def used_for_a_request_that_was_refused(successor: Phone) -> None:
    assert successor.get(f"children/{uuid.uuid4()}").status_code == 404


def used_for_what_the_role_may_not(successor: Phone) -> None:
    assert successor.get("caseload").status_code == 403


@pytest.mark.parametrize(
    "use",
    [used_to_refresh, used_to_read, used_for_a_request_that_was_refused, used_for_what_the_role_may_not],
)
def test_a_token_whose_successor_was_used_revokes_the_device_and_alarms(
    house: House, phone: Phone, caplog: pytest.LogCaptureFixture, use: Callable[[Phone], None]
) -> None:
    elsewhere = house.a_supervisor()
    successor = refreshed(phone)
    use(successor)

    with caplog.at_level(logging.WARNING):
        assert refusal_of(refresh(phone)) == {"type": "sign-in-needed"}

    assert state_of(house, phone) == REUSED
    assert "ALARM" in caplog.text
    assert phone.tokens["refresh_token"] not in caplog.text
    assert successor.get("me").status_code == 401
    assert refresh(successor).status_code == 401
    assert phone.get("me").status_code == 401
    assert elsewhere.get("me").status_code == 200


def test_of_two_successors_given_for_one_token_only_the_used_one_goes_on(house: House, phone: Phone) -> None:
    mine, copied = refreshed(phone), refreshed(phone)
    assert refreshed(mine).get("me").status_code == 200

    assert refresh(copied).status_code == 401

    assert state_of(house, phone) == REUSED


def test_two_refreshes_at_the_same_moment_both_get_a_pair(house: House, phone: Phone) -> None:
    done(phone.get("me"))

    one, other = (with_tokens(phone, done(answer)) for answer in at_once(*[lambda: refresh(phone)] * 2))

    assert one.tokens["refresh_token"] != other.tokens["refresh_token"]
    assert one.get("me").status_code == 200
    assert refreshed(one).get("me").status_code == 200
    assert state_of(house, phone) == OPEN
    assert refresh(other).status_code == 401
    assert state_of(house, phone) == REUSED


def test_a_refresh_waits_for_another_one_of_the_same_session_before_it_is_judged(house: House, phone: Phone) -> None:
    successor = refreshed(phone)
    pair = jwt.decode(successor.tokens["access_token"], options={"verify_signature": False})["pair"]

    with house.meanwhile(lambda: refresh(phone)) as other:
        other.run(
            "UPDATE device_sessions SET used_token = :pair WHERE account_id = :id", pair=pair, id=phone.account_id
        )

    assert (other.waited, other.answer.status_code) == (True, 401)
    assert state_of(house, phone) == REUSED


def test_many_requests_at_once_with_a_new_pair_are_no_reuse(house: House, phone: Phone) -> None:
    new = refreshed(phone)

    answers = at_once(*[lambda: new.get("me")] * 8)

    assert [answer.status_code for answer in answers] == [200] * 8
    assert refreshed(new).get("me").status_code == 200
    assert state_of(house, phone) == OPEN


def test_an_access_token_lasts_its_quarter_of_an_hour_though_the_pair_was_exchanged(phone: Phone) -> None:
    """A request on its way while another thread refreshes must not fail."""
    successor = refreshed(phone)
    done(successor.get("me"))

    assert phone.get("me").status_code == 200


def signed_in(house: House, phone: Phone, *, ago: str) -> None:
    """Let the phone's sign-in be as old as an interval of PostgreSQL's says."""
    house.sql(
        "UPDATE device_sessions SET signed_in_at = now() - CAST(:ago AS interval) WHERE account_id = :id",
        ago=ago,
        id=phone.account_id,
    )


def test_a_sign_in_ends_after_a_year_however_often_it_was_used(house: House, phone: Phone) -> None:
    signed_in(house, phone, ago="364 days 23 hours 59 minutes")
    phone = refreshed(phone)
    assert phone.get("me").status_code == 200

    signed_in(house, phone, ago="365 days")

    assert refusal_of(phone.get("me")) == {"type": "session-over"}
    assert refusal_of(refresh(phone)) == {"type": "session-over"}
    assert refresh(phone).headers["WWW-Authenticate"] == "Bearer"
    # It ended by itself: nobody is accused, and the same device goes on with the password.
    assert state_of(house, phone) == OPEN
    (device,) = house.sql("SELECT device_id FROM device_sessions WHERE account_id = :id", id=phone.account_id)
    form = {"id": device["device_id"], "name": "a test's phone", "platform": "test"}
    anew = done(phone.post("auth/sign-in", {"email": phone.email, "password": PASSWORD, "device": form}))
    assert refreshed(with_tokens(phone, anew)).get("me").status_code == 200


def test_how_long_a_sign_in_lasts_is_set(house: House, phone: Phone, other_settings: Any) -> None:
    strict = Phone(create_app(other_settings(session_days=1)), phone.account_id, phone.tokens, phone.email)
    signed_in(house, phone, ago="23 hours 59 minutes")
    assert (strict.get("me").status_code, refresh(strict).status_code) == (200, 200)

    signed_in(house, phone, ago="24 hours")

    assert (refusal_of(strict.get("me")), refusal_of(refresh(strict))) == ({"type": "session-over"},) * 2
    assert phone.get("me").status_code == 200


def test_a_copied_token_is_noticed_after_the_end_of_the_sign_in_too(
    house: House, phone: Phone, caplog: pytest.LogCaptureFixture
) -> None:
    done(refreshed(phone).get("me"))
    signed_in(house, phone, ago="366 days")

    with caplog.at_level(logging.WARNING):
        assert refusal_of(refresh(phone)) == {"type": "sign-in-needed"}

    assert state_of(house, phone) == REUSED
    assert "ALARM" in caplog.text


def test_a_device_whose_sign_in_is_over_is_listed_no_more(house: House, phone: Phone) -> None:
    device = {"id": "another", "name": "another phone", "platform": "test"}
    form = {"email": phone.email, "password": PASSWORD, "device": device}
    other = with_tokens(phone, done(phone.post("auth/sign-in", form)))
    assert len(done(other.get("me/devices"))["items"]) == 2

    house.sql("UPDATE device_sessions SET signed_in_at = now() - interval '366 days' WHERE device_id <> 'another'")

    (listed,) = done(other.get("me/devices"))["items"]
    assert (listed["name"], listed["is_this"]) == ("another phone", True)


def test_refreshing_needs_a_bearer_token(app: Flask, phone: Phone) -> None:
    refused = app.test_client().post(f"{API}/auth/refresh")

    assert refusal_of(refused) == {"type": "sign-in-needed"}
    assert refused.headers["WWW-Authenticate"] == "Bearer"
    assert refresh(phone).status_code == 200
