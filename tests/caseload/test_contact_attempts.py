"""A child whom nobody reaches becomes the supervisor's, once, after so many attempts in vain (D10)."""

from datetime import timedelta
from typing import Any

import pytest

from bas_service import clock
from tests.builders import House, at, soon
from tests.callers import Phone, at_once, done, invalid, refusal_of


@pytest.fixture
def supervisor(house: House) -> Phone:
    """A supervisor."""
    return house.a_supervisor()


@pytest.fixture
def ilze(house: House, supervisor: Phone) -> Phone:
    """A specialist of the team."""
    return house.a_specialist(supervisor)


@pytest.fixture
def child(house: House, supervisor: Phone, ilze: Phone) -> dict[str, Any]:
    """A child of Ilze's."""
    return house.a_family(supervisor, ilze)["child"]


def attempt(phone: Phone, child: dict[str, Any], *, reached: bool = False, **more: Any) -> dict[str, Any]:
    form = {"means": "phone", "reached": reached} | more
    return done(phone.post(f"children/{child['id']}/contact-attempts", form))


def supervisors_duties(supervisor: Phone, **parameters: str) -> list[str]:
    query = "&".join(f"{name}={value}" for name, value in parameters.items())
    return [duty["text"] for duty in done(supervisor.get(f"duties?{query}"))["items"]]


UNREACHABLE = "The child could not be reached 3 times in a row. Decide what is to be done, and whom to inform."


def test_an_attempt_is_recorded_as_it_was(house: House, ilze: Phone, child: dict[str, Any]) -> None:
    moment = at(soon(hours=-2))
    first = attempt(ilze, child, tried_at=moment, means="visit", note="Nobody opened")
    second = attempt(ilze, child, reached=True)

    assert first == {
        "id": first["id"],
        "child_id": child["id"],
        "account_id": str(ilze.account_id),
        "tried_at": moment.replace("+00:00", "Z"),
        "means": "visit",
        "reached": False,
        "note": "Nobody opened",
    }
    assert done(ilze.get(f"children/{child['id']}/contact-attempts"))["items"] == [second, first]
    (row,) = house.sql("SELECT note FROM contact_attempts WHERE note IS NOT NULL")
    assert "Nobody" not in row["note"]


def test_after_three_in_vain_it_is_the_supervisors_and_stays_one_duty(
    supervisor: Phone, ilze: Phone, child: dict[str, Any]
) -> None:
    for told in ([], [], [UNREACHABLE], [UNREACHABLE]):
        attempt(ilze, child)
        assert supervisors_duties(supervisor) == told

    # The child was reached: it lapses. What follows is another time.
    attempt(ilze, child, reached=True)
    assert supervisors_duties(supervisor) == []
    for told in ([], [], [UNREACHABLE]):
        attempt(ilze, child)
        assert supervisors_duties(supervisor) == told
    assert supervisors_duties(supervisor, state="lapsed") == [UNREACHABLE]


def test_after_how_many_it_is_the_supervisors_is_the_policys_to_say(
    house: House, supervisor: Phone, ilze: Phone, child: dict[str, Any]
) -> None:
    house.a_casework_policy(house.a_coordinator(), valid_from=clock.today().isoformat(), failed_attempts=2)

    attempt(ilze, child)
    assert supervisors_duties(supervisor) == []
    attempt(ilze, child)
    assert supervisors_duties(supervisor) == [UNREACHABLE.replace("3 times", "2 times")]


def test_attempts_count_in_the_order_they_were_made_however_late_they_come_in(
    supervisor: Phone, ilze: Phone, child: dict[str, Any]
) -> None:
    for hours in (-5, -4):
        attempt(ilze, child, tried_at=at(soon(hours=hours)))
    # Came in last, and was made in between: only one has failed since.
    attempt(ilze, child, reached=True, tried_at=at(soon(hours=-4.5)))
    attempt(ilze, child, tried_at=at(soon(hours=-3)))
    assert supervisors_duties(supervisor) == []

    attempt(ilze, child, tried_at=at(soon(hours=-2)))
    assert supervisors_duties(supervisor) == [UNREACHABLE]


def test_a_meeting_held_ends_it(house: House, supervisor: Phone, ilze: Phone, child: dict[str, Any]) -> None:
    for _ in range(3):
        attempt(ilze, child)
    meeting = house.a_meeting(ilze, child, starts_at=at(soon(hours=1)))
    started = done(ilze.act(f"meetings/{meeting['id']}/start", meeting, {"unannounced_reason": "came by"}))
    assert supervisors_duties(supervisor) == [UNREACHABLE]

    done(ilze.act(f"meetings/{meeting['id']}/finish", started, {}))
    assert supervisors_duties(supervisor) == []


def test_many_attempts_at_once_make_one_duty(supervisor: Phone, ilze: Phone, child: dict[str, Any]) -> None:
    at_once(*[lambda: attempt(ilze, child)] * 8)

    assert len(supervisors_duties(supervisor)) == 1


def test_an_attempt_takes_an_open_case_and_a_moment_that_has_been(
    house: House, supervisor: Phone, ilze: Phone, child: dict[str, Any]
) -> None:
    path = f"children/{child['id']}/contact-attempts"
    form = {"means": "phone", "reached": False}
    waiting = house.a_child(supervisor)

    late = form | {"tried_at": at(clock.now() + timedelta(minutes=5))}
    assert refusal_of(ilze.post(path, late)) == invalid("/tried_at")
    assert refusal_of(ilze.post(path, form | {"reached": "no"})) == invalid("/reached")
    assert refusal_of(supervisor.post(f"children/{waiting['id']}/contact-attempts", form)) == {"type": "no-open-case"}
    assert refusal_of(house.a_specialist(supervisor).post(path, form)) == {"type": "not-found"}
    assert done(ilze.get(path))["items"] == []
