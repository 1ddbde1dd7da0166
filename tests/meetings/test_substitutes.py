"""Whoever stands in plans and holds meetings on those days; the family is told the name (D3, D6)."""

from typing import Any

import pytest

from tests.builders import House, at, soon
from tests.callers import Phone, done, refusal_of


@pytest.fixture
def supervisor(house: House) -> Phone:
    """A supervisor."""
    return house.a_supervisor()


@pytest.fixture
def ilze(house: House, supervisor: Phone) -> Phone:
    """A specialist who is away today and tomorrow."""
    return house.a_specialist(supervisor, name="Ilze Izdomāta", phone="+37120000111")


@pytest.fixture
def jānis(house: House, supervisor: Phone) -> Phone:
    """A specialist who stands in."""
    return house.a_specialist(supervisor, name="Janis Izdomats", phone="+37120000222")


@pytest.fixture
def child(house: House, supervisor: Phone, ilze: Phone) -> dict[str, Any]:
    """A child of Ilze's."""
    return house.a_family(supervisor, ilze)["child"]


@pytest.fixture
def absence(house: House, supervisor: Phone, ilze: Phone, jānis: Phone, child: dict[str, Any]) -> dict[str, Any]:
    """Ilze's absence."""
    return house.an_absence(supervisor, ilze, jānis)


def told(phone: Phone, meeting: dict[str, Any]) -> list[tuple[str, str, bool]]:
    """Each announcement of a meeting: why, how far it came, whether it names Jānis's number."""
    found = done(phone.get(f"meetings/{meeting['id']}"))["announcements"]
    return [(one["reason"], one["state"], "20000222" in one["text"].replace(" ", "")) for one in found]


def test_a_substitute_plans_in_their_own_name_for_the_days_of_the_absence_only(
    house: House, jānis: Phone, ilze: Phone, child: dict[str, Any], absence: dict[str, Any]
) -> None:
    tomorrow = house.a_meeting(jānis, child)
    later = house.a_meeting(jānis, child, starts_at=at(soon(hours=24 * 5)))

    assert (tomorrow["specialist_id"], told(jānis, tomorrow)) == (
        str(jānis.account_id),
        [("planned", "queued", True)],
    )
    assert (later["specialist_id"], told(jānis, later)) == (str(ilze.account_id), [("planned", "queued", False)])


def test_a_substitute_takes_a_planned_meeting_over_and_the_family_learns_the_name(
    house: House, jānis: Phone, ilze: Phone, child: dict[str, Any], absence: dict[str, Any]
) -> None:
    meeting = house.a_meeting(ilze, child)
    house.hand_over_messages()

    taken = done(jānis.act(f"meetings/{meeting['id']}/take", meeting))

    assert (taken["specialist_id"], taken["version"]) == (str(jānis.account_id), 2)
    assert told(jānis, meeting) == [("planned", "handed_over", False), ("changed", "queued", True)]
    # Once taken, taking it again changes nothing.
    assert done(jānis.act(f"meetings/{meeting['id']}/take", taken))["version"] == 2


def test_nobody_takes_a_meeting_who_does_not_stand_in_on_its_day(
    house: House, supervisor: Phone, jānis: Phone, ilze: Phone, child: dict[str, Any], absence: dict[str, Any]
) -> None:
    later = house.a_meeting(ilze, child, starts_at=at(soon(hours=24 * 5)))
    helper = house.a_specialist(house.a_supervisor())
    done(helper.post(f"children/{child['id']}/emergency-grants", {"reason": "At night", "hours": 2}))

    assert refusal_of(jānis.act(f"meetings/{later['id']}/take", later)) == {"type": "no-substitution"}
    assert refusal_of(helper.act(f"meetings/{later['id']}/take", later)) == {"type": "no-substitution"}


def test_a_meeting_changed_by_somebody_else_stays_with_the_substitute(
    house: House, supervisor: Phone, jānis: Phone, child: dict[str, Any], absence: dict[str, Any]
) -> None:
    meeting = house.a_meeting(jānis, child)
    helper = house.a_specialist(house.a_supervisor())
    done(helper.post(f"children/{child['id']}/emergency-grants", {"reason": "At night", "hours": 2}))

    changed = done(helper.change(f"meetings/{meeting['id']}", meeting, {"expected_minutes": 30}))
    later = {"starts_at": at(soon(hours=24 * 6))}
    moved = done(supervisor.change(f"meetings/{meeting['id']}", changed, later))

    assert changed["specialist_id"] == str(jānis.account_id)
    # Moved beyond the absence it is not theirs any more.
    assert moved["specialist_id"] != str(jānis.account_id)


def test_an_absence_that_ends_early_gives_the_meetings_back_and_tells_it(
    house: House, supervisor: Phone, ilze: Phone, jānis: Phone, child: dict[str, Any], absence: dict[str, Any]
) -> None:
    meeting = house.a_meeting(jānis, child)
    house.hand_over_messages()

    done(supervisor.act(f"absences/{absence['id']}/end", absence))

    back = done(ilze.get(f"meetings/{meeting['id']}"))
    assert (back["specialist_id"], back["version"]) == (str(ilze.account_id), 2)
    assert told(ilze, meeting) == [("planned", "handed_over", True), ("changed", "queued", False)]


def test_an_absence_does_not_end_where_the_meeting_would_fall_on_another_one_of_the_specialists(
    house: House, supervisor: Phone, ilze: Phone, jānis: Phone, child: dict[str, Any], absence: dict[str, Any]
) -> None:
    meeting = house.a_meeting(jānis, child)
    other = house.a_family(supervisor, ilze)["child"]
    house.a_meeting(ilze, other)

    refused = supervisor.act(f"absences/{absence['id']}/end", absence)

    assert refusal_of(refused) == {"type": "meeting-overlaps", "of": "specialist"}
    assert done(jānis.get(f"meetings/{meeting['id']}"))["specialist_id"] == str(jānis.account_id)


def test_a_transfer_takes_the_substitutes_meetings_along(
    house: House, supervisor: Phone, jānis: Phone, child: dict[str, Any], absence: dict[str, Any]
) -> None:
    meeting = house.a_meeting(jānis, child)
    zane = house.a_specialist(supervisor)
    (case,) = house.sql("SELECT id, version FROM cases WHERE child_id = :id", id=child["id"])
    to = {"to_specialist_id": str(zane.account_id), "reason": "For good"}

    done(supervisor.act(f"cases/{case['id']}/transfer", case, to))

    assert done(zane.get(f"meetings/{meeting['id']}"))["specialist_id"] == str(zane.account_id)
    assert refusal_of(jānis.get(f"meetings/{meeting['id']}")) == {"type": "not-found"}


def test_a_new_number_of_the_mother_is_told_the_substitutes_meeting_with_the_substitutes_name(
    house: House, supervisor: Phone, jānis: Phone, child: dict[str, Any], absence: dict[str, Any]
) -> None:
    meeting = house.a_meeting(jānis, child)
    (mother,) = done(jānis.get(f"children/{child['id']}/representatives"))["items"]

    done(jānis.change(f"representatives/{mother['id']}", mother, {"phone": "+37120000333"}))

    assert told(jānis, meeting) == [("planned", "withdrawn", True), ("planned", "queued", True)]
