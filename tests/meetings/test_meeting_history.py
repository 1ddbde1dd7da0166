"""Every step of a meeting stays known: what it changed, who took it, when, and when by the phone's clock (D24)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from bas_service import clock
from tests.builders import House, at, soon
from tests.callers import Phone, done, refusal_of
from tests.tables import statements_of

ALL_THE_SAME = {"unannounced_reason": "Arranged by telephone"}


@pytest.fixture
def supervisor(house: House) -> Phone:
    """A supervisor."""
    return house.a_supervisor()


@pytest.fixture
def specialist(house: House, supervisor: Phone) -> Phone:
    """A specialist."""
    return house.a_specialist(supervisor)


@pytest.fixture
def family(house: House, supervisor: Phone, specialist: Phone) -> dict[str, Any]:
    """A family that the specialist works with."""
    return house.a_family(supervisor, specialist)


@pytest.fixture
def meeting(house: House, specialist: Phone, family: dict[str, Any]) -> dict[str, Any]:
    """A planned meeting."""
    return house.a_meeting(specialist, family["child"], note="Bring the ball")


def history(phone: Phone, meeting: dict[str, Any], query: str = "") -> list[dict[str, Any]]:
    return done(phone.get(f"meetings/{meeting['id']}/history{query}"))["items"]


def changes(step: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {one["member"]: (one["from"], one["to"]) for one in step["changes"]}


def z(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def test_each_step_says_what_it_changed_and_who_took_it(
    house: House, supervisor: Phone, specialist: Phone, meeting: dict[str, Any]
) -> None:
    path = f"meetings/{meeting['id']}"
    changed = done(supervisor.change(path, meeting, {"expected_minutes": 60, "place": {"type": "office"}}))
    started = done(specialist.act(f"{path}/start", changed, ALL_THE_SAME))
    extended = done(specialist.act(f"{path}/extend", started, {"minutes": 30}))
    held = done(specialist.act(f"{path}/finish", extended, {"summary": "We talked", "representative_present": True}))

    steps = history(specialist, meeting)

    who = {"specialist": str(specialist.account_id), "supervisor": str(supervisor.account_id)}
    assert [(one["version"], one["step"], one["by"]["id"]) for one in steps] == [
        (1, "planned", who["specialist"]),
        (2, "changed", who["supervisor"]),
        (3, "started", who["specialist"]),
        (4, "extended", who["specialist"]),
        (5, "finished", who["specialist"]),
    ]
    place = {"type": "address", "name": "Bibliotēka", "address": "Brīvības iela 1, Rīga"}
    assert changes(steps[0]) == {
        "state": (None, "planned"),
        "specialist_id": (None, who["specialist"]),
        "kind": (None, "session"),
        "starts_at": (None, meeting["starts_at"]),
        "expected_minutes": (None, 90),
        "place": (None, place),
        "transport": (None, "none"),
        "note": (None, "Bring the ball"),
    }
    assert changes(steps[1]) == {
        "expected_minutes": (90, 60),
        "place": (place, {"type": "office", "name": None, "address": None}),
    }
    assert changes(steps[2]) == {
        "state": ("planned", "under_way"),
        "started_at": (None, started["started_at"]),
        "unannounced_reason": (None, "Arranged by telephone"),
    }
    assert changes(steps[3]) == {"expected_minutes": (60, 90)}
    assert changes(steps[4]) == {
        "state": ("under_way", "held"),
        "ended_at": (None, held["ended_at"]),
        "summary": (None, "We talked"),
        "representative_present": (None, True),
    }
    assert {one["on_phone_at"] for one in steps} == {None}
    assert (
        steps[0]["by"]["name"]
        == house.sql("SELECT name FROM accounts WHERE id = :id", id=specialist.account_id)[0]["name"]
    )


def test_a_meeting_that_goes_along_with_its_case_says_so(
    house: House, supervisor: Phone, specialist: Phone, family: dict[str, Any], meeting: dict[str, Any]
) -> None:
    colleague = house.a_specialist(supervisor)
    to = {"to_specialist_id": str(colleague.account_id), "reason": "Moves"}

    done(supervisor.act(f"cases/{family['case']['id']}/transfer", family["case"], to))

    step = history(colleague, meeting)[-1]
    assert (step["step"], step["by"]["id"]) == ("moved", str(supervisor.account_id))
    assert changes(step) == {"specialist_id": (str(specialist.account_id), str(colleague.account_id))}


def test_a_change_that_changes_nothing_and_a_refused_step_leave_no_line(
    specialist: Phone, meeting: dict[str, Any]
) -> None:
    path = f"meetings/{meeting['id']}"
    done(specialist.change(path, meeting, {"note": "Bring the ball", "on_phone_at": at(clock.now())}))
    assert specialist.act(f"{path}/start", meeting, {}).status_code == 409
    assert specialist.act(f"{path}/finish", meeting, {}).status_code == 409

    assert [one["step"] for one in history(specialist, meeting)] == ["planned"]


def test_what_is_in_a_history_is_sealed_and_no_other_account_gets_it(
    house: House, supervisor: Phone, meeting: dict[str, Any]
) -> None:
    (kept,) = house.sql("SELECT changes FROM meeting_events")

    assert "ball" not in kept["changes"]
    assert "Bring the ball" in house.opened(kept["changes"], "meeting_events.changes")
    for stranger in (house.a_specialist(supervisor), house.a_supervisor()):
        assert refusal_of(stranger.get(f"meetings/{meeting['id']}/history")) == {"type": "not-found"}


def test_a_long_history_comes_in_pages(specialist: Phone, meeting: dict[str, Any]) -> None:
    for number in range(4):
        meeting = done(specialist.change(f"meetings/{meeting['id']}", meeting, {"note": f"note {number}"}))
    everything = history(specialist, meeting)

    first = done(specialist.get(f"meetings/{meeting['id']}/history?limit=2"))
    rest = done(specialist.get(f"meetings/{meeting['id']}/history?limit=200&cursor={first['next']}"))

    assert [one["version"] for one in everything] == [1, 2, 3, 4, 5]
    assert (first["items"] + rest["items"], rest["next"]) == (everything, None)


def test_a_history_takes_as_many_statements_however_long_it_is(
    app: Flask, specialist: Phone, meeting: dict[str, Any]
) -> None:
    counted = []
    for number in range(2):
        with statements_of(app) as statements:
            history(specialist, meeting)
        counted.append(len(statements))
        meeting = done(specialist.change(f"meetings/{meeting['id']}", meeting, {"note": f"note {number}"}))

    # Who asks, the meeting, its history, the trace.
    assert counted == [4, 4]


# The phone's own time


@pytest.mark.parametrize("behind", [timedelta(hours=-3), timedelta(0), timedelta(hours=3), timedelta(days=400)])
def test_the_phones_time_is_kept_beside_ours_however_wrong_its_clock_is(
    house: House, specialist: Phone, family: dict[str, Any], behind: timedelta
) -> None:
    claimed = {"on_phone_at": z(clock.now() - behind)}
    planned = house.a_meeting(specialist, family["child"], **claimed)
    path = f"meetings/{planned['id']}"
    before = clock.now()

    changed = done(specialist.change(path, planned, claimed | {"note": "Later"}))
    started = done(specialist.act(f"{path}/start", changed, ALL_THE_SAME | claimed))
    extended = done(specialist.act(f"{path}/extend", started, {"minutes": 5} | claimed))
    done(specialist.act(f"{path}/finish", extended, claimed))
    other = house.a_meeting(specialist, family["child"], starts_at=at(soon(hours=30)))
    done(specialist.act(f"meetings/{other['id']}/cancel", other, {"reason": "child_ill"} | claimed))

    steps = [*history(specialist, planned), history(specialist, other)[-1]]
    assert [one["on_phone_at"] for one in steps] == [claimed["on_phone_at"]] * 6
    assert all(before - timedelta(minutes=1) < datetime.fromisoformat(one["at"]) <= clock.now() for one in steps)


def started_by(house: House, specialist: Phone, meeting: dict[str, Any], *, told: timedelta, phone: timedelta) -> Any:
    """A meeting planned a day ago and told so long ago; the phone says that it was started so long ago."""
    house.sql("UPDATE meetings SET created_at = created_at - interval '1 day'")
    house.hand_over_messages(at=clock.now() - told)
    claim = {"on_phone_at": z(clock.now() - phone)}
    return specialist.act(f"meetings/{meeting['id']}/start", meeting, claim)


HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.mark.parametrize(
    ("told", "phone", "announced"),
    [
        (2 * HOUR, HOUR, True),
        # Told after the phone says that it began: not in time, and yet nobody's step is refused for a clock.
        (HOUR, 2 * HOUR, False),
        # A clock in the future, or a few minutes late, changes nothing.
        (HOUR, -2 * HOUR, True),
        (1 * MINUTE, 4 * MINUTE, True),
    ],
)
def test_an_offline_start_counts_from_the_phones_time_which_never_makes_it_announced(
    house: House, specialist: Phone, meeting: dict[str, Any], told: timedelta, phone: timedelta, announced: bool
) -> None:
    before = clock.now()

    started = done(started_by(house, specialist, meeting, told=told, phone=phone))

    assert started["announced_in_time"] is announced
    began = datetime.fromisoformat(started["started_at"])
    if phone > 5 * MINUTE:
        assert abs(before - phone - began) < MINUTE
        held = done(specialist.act(f"meetings/{meeting['id']}/finish", started, {"ended_at": z(before - HOUR / 2)}))
        assert held["announced_in_time"] is announced
    else:
        assert before <= began <= clock.now()


def test_no_claim_of_a_phone_starts_an_unannounced_meeting_without_a_reason(
    house: House, specialist: Phone, meeting: dict[str, Any]
) -> None:
    for claimed in (clock.now() + HOUR, clock.now() - HOUR):
        answer = specialist.act(f"meetings/{meeting['id']}/start", meeting, {"on_phone_at": z(claimed)})
        assert refusal_of(answer) == {"type": "meeting-unannounced"}


def test_no_start_is_earlier_than_the_meeting_was_planned(
    house: House, specialist: Phone, meeting: dict[str, Any]
) -> None:
    house.hand_over_messages()
    claim = {"on_phone_at": z(clock.now() - 24 * HOUR)}

    started = done(specialist.act(f"meetings/{meeting['id']}/start", meeting, claim | ALL_THE_SAME))

    assert started["started_at"] == meeting["created_at"]
    assert started["unannounced_reason"] == ALL_THE_SAME["unannounced_reason"]


@pytest.mark.parametrize("off_by", [timedelta(seconds=20), timedelta(seconds=-20)], ids=["ahead", "behind"])
def test_a_phone_a_few_seconds_off_finishes_a_meeting_and_what_it_said_is_kept(
    house: House, specialist: Phone, meeting: dict[str, Any], off_by: timedelta
) -> None:
    started = done(specialist.act(f"meetings/{meeting['id']}/start", meeting, ALL_THE_SAME))
    path = f"meetings/{meeting['id']}/finish"
    far = off_by * 9
    wrong = specialist.act(path, started, {"ended_at": z(clock.now() + far)})
    assert (wrong.status_code, refusal_of(wrong)["errors"]) == (422, ["/ended_at"])
    said, before = z(clock.now() + off_by), clock.now()

    held = done(specialist.act(path, started, {"ended_at": said}))

    ended_at = datetime.fromisoformat(held["ended_at"])
    if off_by > timedelta(0):
        assert before <= ended_at <= clock.now()
    else:
        assert held["ended_at"] == started["started_at"]
    assert history(specialist, meeting)[-1]["on_phone_at"] == said


# First meetings


def test_the_first_meeting_of_a_case_is_the_earliest_that_is_to_take_place(
    house: House, specialist: Phone, family: dict[str, Any], meeting: dict[str, Any]
) -> None:
    earlier = house.a_meeting(specialist, family["child"], starts_at=at(soon(hours=20)), expected_minutes=5)

    def shown() -> dict[str, bool]:
        return {one["id"]: one["is_first"] for one in done(specialist.get("meetings"))["items"]}

    assert (meeting["is_first"], earlier["is_first"]) == (True, True)
    assert shown() == {meeting["id"]: False, earlier["id"]: True}
    done(specialist.act(f"meetings/{earlier['id']}/cancel", earlier, {"reason": "child_ill"}))
    assert shown() == {meeting["id"]: True, earlier["id"]: False}


@pytest.mark.parametrize(
    ("said", "warned"),
    [({}, True), ({"representative_present": None}, True), ({"representative_present": False}, False)],
)
def test_finishing_a_first_meeting_asks_whether_the_representative_was_there(
    house: House,
    specialist: Phone,
    family: dict[str, Any],
    meeting: dict[str, Any],
    said: dict[str, Any],
    warned: bool,
) -> None:
    second = house.a_meeting(specialist, family["child"], starts_at=at(soon(hours=30)))
    held = {}
    for one, form in ((meeting, said), (second, {})):
        started = done(specialist.act(f"meetings/{one['id']}/start", one, ALL_THE_SAME))
        held[one["id"]] = done(specialist.act(f"meetings/{one['id']}/finish", started, form))

    first = held[meeting["id"]]
    assert first["warnings"] == (["representative-presence-unsaid"] if warned else [])
    assert first["representative_present"] is said.get("representative_present")
    # Nobody asks after the second.
    assert held[second["id"]]["warnings"] == []
