"""A meeting takes longer than was said: the family is told when the child will be back (D30)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bas_service import DatabaseRole, clock, create_app
from bas_service.config import Settings
from bas_service.database import transaction
from bas_service.meetings.jobs import ask_after_the_overdue, still_to_be_told
from bas_service.meetings.rules import end_after
from tests.builders import House, at, soon
from tests.callers import Phone, at_once, done, invalid, refusal_of

STARTS = datetime(2026, 3, 2, 13, 0, tzinfo=UTC)
ENDS = STARTS + timedelta(minutes=90)


@pytest.fixture
def supervisor(house: House) -> Phone:
    """A supervisor."""
    return house.a_supervisor()


@pytest.fixture
def ilze(house: House, supervisor: Phone) -> Phone:
    """A specialist of the team."""
    return house.a_specialist(supervisor, name="Ilze Izdomata")


@pytest.fixture
def child(house: House, supervisor: Phone, ilze: Phone) -> dict[str, Any]:
    """A child of Ilze's, whose mother has been told of the meeting."""
    return house.a_family(supervisor, ilze)["child"]


@pytest.fixture
def meeting(house: House, ilze: Phone, child: dict[str, Any]) -> dict[str, Any]:
    """A meeting under way, announced in time."""
    planned = house.a_meeting(ilze, child, starts_at=at(soon(hours=2)))
    house.hand_over_messages()
    return done(ilze.act(f"meetings/{planned['id']}/start", planned))


def test_a_longer_meeting_is_told_and_stays_announced_in_time(ilze: Phone, meeting: dict[str, Any]) -> None:
    extended = done(ilze.act(f"meetings/{meeting['id']}/extend", meeting, {"minutes": 45}))

    ends_at = datetime.fromisoformat(meeting["ends_at"]) + timedelta(minutes=45)
    (planned, told) = extended["announcements"]
    assert extended == meeting | {
        "ends_at": at(ends_at).replace("+00:00", "Z"),
        "expected_minutes": 135,
        "version": 3,
        "announcements": [planned, told],
    }
    assert (extended["announced_in_time"], told["reason"], told["state"]) == (True, "extended", "queued")
    assert told["text"] == (
        f"Anna atgriezīsies vēlāk: tikšanās ilgs apmēram līdz plkst. {clock.in_riga(ends_at):%H.%M}."
        " Ilze Izdomata, tālr. +37120000100"
    ).replace("ī", "i").replace("ē", "e").replace("š", "s").replace("ā", "a")


def test_extended_again_only_the_latest_end_goes_out(
    house: House, settings: Settings, ilze: Phone, meeting: dict[str, Any]
) -> None:
    first = done(ilze.act(f"meetings/{meeting['id']}/extend", meeting, {"minutes": 30}))
    second = done(ilze.act(f"meetings/{meeting['id']}/extend", first, {"minutes": 30}))

    told = [(one["reason"], one["state"]) for one in second["announcements"]]
    assert told == [("planned", "handed_over"), ("extended", "withdrawn"), ("extended", "queued")]
    ids = [row["id"] for row in house.sql("SELECT id FROM announcements ORDER BY created_at, id")]
    worker = create_app(settings, role=DatabaseRole.WORKER)
    with worker.app_context(), transaction():
        assert still_to_be_told(ids) == {ids[2]}
    # Once the meeting is over it is news to nobody.
    done(ilze.act(f"meetings/{meeting['id']}/finish", second, {}))
    with worker.app_context(), transaction():
        assert still_to_be_told(ids) == set()


def test_the_text_is_of_use_until_the_new_end(house: House, ilze: Phone, meeting: dict[str, Any]) -> None:
    extended = done(ilze.act(f"meetings/{meeting['id']}/extend", meeting, {"minutes": 30}))

    (row,) = house.sql("SELECT useful_until FROM messages WHERE state = 'queued'")
    assert row["useful_until"] == datetime.fromisoformat(extended["ends_at"])


def test_an_offline_phone_extends_from_when_that_was_decided(
    house: House, ilze: Phone, meeting: dict[str, Any], settings: Settings
) -> None:
    """Ten minutes before the end; when the phone is back in coverage, an hour later, the new end is past."""
    now = clock.now().replace(second=0, microsecond=0)
    ends_at = now - timedelta(minutes=50)
    house.sql(
        "UPDATE meetings SET ends_at = :end, starts_at = :end - make_interval(mins => expected_minutes),"
        " started_at = :end - make_interval(mins => expected_minutes)",
        end=ends_at,
    )
    pressed_at = {"on_phone_at": at(ends_at - timedelta(minutes=10))}

    extended = done(ilze.act(f"meetings/{meeting['id']}/extend", meeting, {"minutes": 30} | pressed_at))

    assert datetime.fromisoformat(extended["ends_at"]) == ends_at + timedelta(minutes=30)
    # Of a time that is past nobody is told; the worker asks the specialist instead.
    (row,) = house.sql("SELECT useful_until FROM messages WHERE state = 'queued'")
    assert row["useful_until"] == ends_at + timedelta(minutes=30)
    worker = create_app(settings, role=DatabaseRole.WORKER)
    with worker.app_context(), transaction():
        assert ask_after_the_overdue() == (1, 0)
    # Pressed after the end, it counts from then.
    later = {"on_phone_at": at(ends_at + timedelta(minutes=40))}
    again = done(ilze.act(f"meetings/{meeting['id']}/extend", extended, {"minutes": 30} | later))
    assert datetime.fromisoformat(again["ends_at"]) == ends_at + timedelta(minutes=70)


def test_a_suspended_parent_is_not_told_that_it_takes_longer(
    house: House, supervisor: Phone, ilze: Phone, child: dict[str, Any], meeting: dict[str, Any]
) -> None:
    (mother,) = done(ilze.get(f"children/{child['id']}/representatives"))["items"]
    why = {"reason": "Decision", "basis": "Orphan's court"}
    mother = done(supervisor.act(f"representatives/{mother['id']}/suspend", mother, why))

    extended = done(ilze.act(f"meetings/{meeting['id']}/extend", meeting, {"minutes": 30}))

    assert [one["reason"] for one in extended["announcements"]] == ["planned"]
    assert extended["warnings"] == ["no-reachable-representative"]


def test_only_a_meeting_under_way_takes_longer(house: House, ilze: Phone, child: dict[str, Any]) -> None:
    planned = house.a_meeting(ilze, child)

    refused = ilze.act(f"meetings/{planned['id']}/extend", planned, {"minutes": 30})

    assert refusal_of(refused) == {"type": "meeting-state-unfit", "state": "planned"}


def test_it_does_not_run_into_the_next_meeting(
    house: House, supervisor: Phone, ilze: Phone, child: dict[str, Any], meeting: dict[str, Any]
) -> None:
    other = house.a_family(supervisor, ilze)["child"]
    house.a_meeting(ilze, other, starts_at=at(soon(hours=4)))
    path = f"meetings/{meeting['id']}/extend"

    assert refusal_of(ilze.act(path, meeting, {"minutes": 35})) == {"type": "meeting-overlaps", "of": "specialist"}
    assert done(ilze.act(path, meeting, {"minutes": 30}))["expected_minutes"] == 120


@pytest.mark.parametrize("minutes", [0, 4, -30, 1441, 1400, "30", None, 7.5])
def test_an_unusable_number_of_minutes_is_named(ilze: Phone, meeting: dict[str, Any], minutes: Any) -> None:
    path = f"meetings/{meeting['id']}"

    assert refusal_of(ilze.act(f"{path}/extend", meeting, {"minutes": minutes})) == invalid("/minutes")
    assert done(ilze.get(path)) == meeting


def test_pressed_twice_at_once_it_is_extended_once(ilze: Phone, meeting: dict[str, Any]) -> None:
    answers = at_once(*[lambda: ilze.act(f"meetings/{meeting['id']}/extend", meeting, {"minutes": 30})] * 3)

    assert sorted(answer.status_code for answer in answers) == [200, 412, 412]


@pytest.mark.parametrize(
    ("now", "minutes", "end"),
    [
        # Before the end it counts from the end ...
        (STARTS, 30, ENDS + timedelta(minutes=30)),
        (ENDS, 30, ENDS + timedelta(minutes=30)),
        # ... after it from now, in whole minutes.
        (ENDS + timedelta(minutes=40), 30, ENDS + timedelta(minutes=70)),
        (ENDS + timedelta(minutes=40, seconds=1), 5, ENDS + timedelta(minutes=46)),
    ],
)
def test_more_time_counts_from_the_end_that_was_said_or_from_now(now: datetime, minutes: int, end: datetime) -> None:
    assert end_after(STARTS, ENDS, minutes=minutes, now=now) == end
