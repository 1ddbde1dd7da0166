"""A meeting starts when it is time, and one at a time: what a family was told stays true (D6, D30)."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from bas_service import clock
from bas_service.meetings.rules import EARLIEST_START
from tests.builders import House, at, soon
from tests.callers import Phone, at_once, done, refusal_of

WHY = {"unannounced_reason": "Called"}
TOO_EARLY = {"type": "meeting-too-early", "hours": 48}


@pytest.fixture(autouse=True)
def nobody_starts_too_early(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bound is what it is."""
    monkeypatch.setattr("bas_service.meetings.rules.EARLIEST_START", EARLIEST_START)


@pytest.fixture
def supervisor(house: House) -> Phone:
    """A supervisor."""
    return house.a_supervisor()


@pytest.fixture
def specialist(house: House, supervisor: Phone) -> Phone:
    """A specialist."""
    return house.a_specialist(supervisor)


@pytest.fixture
def child(house: House, supervisor: Phone, specialist: Phone) -> dict[str, Any]:
    """A child of the specialist's."""
    return house.a_family(supervisor, specialist)["child"]


def start(phone: Phone, meeting: dict[str, Any], **more: Any) -> Any:
    return phone.act(f"meetings/{meeting['id']}/start", meeting, WHY | more)


def finish(phone: Phone, meeting: dict[str, Any]) -> None:
    present = done(phone.get(f"meetings/{meeting['id']}"))
    done(phone.act(f"meetings/{meeting['id']}/finish", present, {}))


def test_a_meeting_days_away_starts_only_when_it_was_moved_which_is_told(
    house: House, specialist: Phone, child: dict[str, Any]
) -> None:
    meeting = house.a_meeting(specialist, child, starts_at=at(soon(hours=49)))
    house.hand_over_messages()

    assert refusal_of(start(specialist, meeting)) == TOO_EARLY
    moved = done(specialist.change(f"meetings/{meeting['id']}", meeting, {"starts_at": at(soon(hours=47))}))
    assert [one["reason"] for one in moved["announcements"]] == ["planned", "changed"]
    assert done(start(specialist, moved))["state"] == "under_way"


def test_the_refusal_says_what_to_do_in_three_languages(
    house: House, specialist: Phone, child: dict[str, Any]
) -> None:
    meeting = house.a_meeting(specialist, child, starts_at=at(soon(hours=49)))

    said = [
        specialist.act(f"meetings/{meeting['id']}/start", meeting, WHY, Accept_Language=language).get_json()["detail"]
        for language in ("lv", "en", "ru")
    ]

    assert said == [
        "Līdz paziņotajam laikam vēl ir vairāk nekā 48 h; vispirms pārceliet tikšanos, lai pārstāvis to uzzina.",
        "It is more than 48 h before the time that was told; move the meeting first, so that the representative "
        "learns of it.",
        "До сообщённого времени ещё больше 48 ч; сначала перенесите встречу, чтобы представитель об этом узнал.",
    ]


def test_what_an_offline_phone_started_is_judged_by_the_phones_time(
    house: House, specialist: Phone, child: dict[str, Any]
) -> None:
    meeting = house.a_meeting(specialist, child, starts_at=at(soon(hours=47)))
    house.sql("UPDATE meetings SET created_at = created_at - interval '1 day'")

    early = start(specialist, meeting, on_phone_at=at(clock.now() - timedelta(hours=2)))
    assert refusal_of(early) == TOO_EARLY
    assert done(start(specialist, meeting, on_phone_at=at(clock.now() - timedelta(minutes=30))))


def test_a_specialist_finishes_one_meeting_before_the_next_begins(
    house: House, supervisor: Phone, specialist: Phone, child: dict[str, Any]
) -> None:
    other = house.a_family(supervisor, specialist)["child"]
    first = house.a_meeting(specialist, child, starts_at=at(soon(hours=0.1)), expected_minutes=30)
    second = house.a_meeting(specialist, other, starts_at=at(soon(hours=1)), expected_minutes=30)
    done(start(specialist, first))

    assert refusal_of(start(specialist, second)) == {
        "type": "meeting-under-way",
        "of": "specialist",
        "meeting_id": first["id"],
    }
    finish(specialist, first)
    done(start(specialist, second))


def test_a_child_is_at_one_meeting_at_a_time(
    house: House, supervisor: Phone, specialist: Phone, child: dict[str, Any]
) -> None:
    substitute = house.a_specialist(supervisor)
    house.an_absence(supervisor, specialist, substitute)
    theirs = house.a_meeting(substitute, child, starts_at=at(soon(hours=0.1)), expected_minutes=5)
    own = house.a_meeting(specialist, child, starts_at=at(soon(hours=1)), expected_minutes=5)
    assert (theirs["specialist_id"], own["specialist_id"]) == (str(substitute.account_id), str(specialist.account_id))
    done(start(substitute, theirs))

    assert refusal_of(start(specialist, own)) == {
        "type": "meeting-under-way",
        "of": "child",
        "meeting_id": theirs["id"],
    }
    finish(substitute, theirs)
    done(start(specialist, own))


def test_two_started_at_the_same_moment_are_one_under_way(
    house: House, supervisor: Phone, specialist: Phone, child: dict[str, Any]
) -> None:
    other = house.a_family(supervisor, specialist)["child"]
    pair = [
        house.a_meeting(specialist, one, starts_at=at(soon(hours=hours)), expected_minutes=30)
        for one, hours in ((child, 0.1), (other, 1))
    ]

    answers = at_once(*[lambda one=one: start(specialist, one) for one in pair])

    refused = [refusal_of(answer) for answer in answers if answer.status_code == 409]
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    started = [answer.get_json()["id"] for answer in answers if answer.status_code == 200]
    assert refused == [{"type": "meeting-under-way", "of": "specialist", "meeting_id": started[0]}]


@pytest.mark.parametrize("of", ["specialist", "child"])
def test_the_database_lets_nobody_have_two_under_way(
    house: House, supervisor: Phone, specialist: Phone, child: dict[str, Any], of: str
) -> None:
    whose = child if of == "child" else house.a_family(supervisor, specialist)["child"]
    first = house.a_meeting(specialist, child, starts_at=at(soon(hours=0.1)), expected_minutes=5)
    second = house.a_meeting(specialist, whose, starts_at=at(soon(hours=1)), expected_minutes=5)
    done(start(specialist, first))
    if of == "child":
        elsewhere = house.a_specialist(supervisor).account_id
        house.sql("UPDATE meetings SET specialist_id = :id WHERE id = :meeting", id=elsewhere, meeting=second["id"])

    begin = (
        "UPDATE meetings SET state = 'under_way', started_at = now(), had_to_be_told = '{}', version = 2"
        " WHERE id = :id"
    )
    with pytest.raises(DBAPIError, match=f"meetings_one_under_way_of_{of}"):
        house.sql(begin, id=second["id"])
    finish(specialist, first)
    house.sql(begin, id=second["id"])
