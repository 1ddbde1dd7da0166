"""``planned → under_way → held``, ``planned → cancelled``, ``planned → missed``, and no other way."""

import itertools
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from bas_service import clock
from tests.builders import House, at, soon
from tests.callers import Phone, at_once, done, invalid, refusal_of

REASON = {"reason": "child_ill"}
ALL_THE_SAME = {"unannounced_reason": "Arranged by telephone"}
STATES = ("planned", "under_way", "held", "cancelled", "missed")
ALLOWED = {("planned", "under_way"), ("planned", "cancelled"), ("planned", "missed"), ("under_way", "held")}
# What brings a planned meeting into each state.
WAY_TO = {
    "planned": [],
    "under_way": [("start", ALL_THE_SAME)],
    "held": [("start", ALL_THE_SAME), ("finish", {})],
    "cancelled": [("cancel", REASON)],
    "missed": [("miss", REASON)],
}
ACTIONS = {"start": ALL_THE_SAME, "finish": {}, "cancel": REASON, "miss": REASON}
POSSIBLE = {"planned": {"start", "cancel", "miss"}, "under_way": {"finish"}}


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
    """A child that the specialist works with."""
    return house.a_family(supervisor, specialist)["child"]


def in_state(house: House, specialist: Phone, child: dict[str, Any], state: str) -> dict[str, Any]:
    """A meeting whose planned time has come, brought into a state as a phone does it."""
    meeting = house.a_meeting(specialist, child)
    house.sql(
        "UPDATE meetings SET starts_at = :start, ends_at = :start + interval '90 minutes' WHERE id = :id",
        start=datetime.now(UTC) - timedelta(minutes=1),
        id=meeting["id"],
    )
    for action, form in WAY_TO[state]:
        meeting = done(specialist.act(f"meetings/{meeting['id']}/{action}", meeting, form))
    return done(specialist.get(f"meetings/{meeting['id']}"))


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("state", STATES)
def test_an_action_is_possible_in_its_state_only(
    house: House, specialist: Phone, child: dict[str, Any], state: str, action: str
) -> None:
    meeting = in_state(house, specialist, child, state)

    answer = specialist.act(f"meetings/{meeting['id']}/{action}", meeting, ACTIONS[action])

    if action in POSSIBLE.get(state, set()):
        assert done(answer)["version"] == meeting["version"] + 1
    else:
        assert refusal_of(answer) == {"type": "meeting-state-unfit", "state": state}
        assert done(specialist.get(f"meetings/{meeting['id']}")) == meeting


@pytest.mark.parametrize("state", STATES)
def test_only_a_planned_meeting_is_changed(
    house: House, specialist: Phone, child: dict[str, Any], state: str
) -> None:
    meeting = in_state(house, specialist, child, state)

    answer = specialist.change(f"meetings/{meeting['id']}", meeting, {"note": "changed"})

    if state == "planned":
        assert done(answer)["note"] == "changed"
    else:
        assert refusal_of(answer) == {"type": "meeting-state-unfit", "state": state}


@pytest.mark.parametrize(("before", "after"), list(itertools.permutations(STATES, 2)))
def test_the_database_itself_lets_no_state_be_skipped(
    house: House, specialist: Phone, child: dict[str, Any], before: str, after: str
) -> None:
    meeting = in_state(house, specialist, child, before)
    began = after in {"under_way", "held"}
    jump = (
        "UPDATE meetings SET state = :after, version = version + 1,"
        " started_at = CASE WHEN :began THEN coalesce(started_at, now()) END,"
        " had_to_be_told = CASE WHEN :began THEN coalesce(had_to_be_told, '{}') END,"
        " ended_at = CASE WHEN :after = 'held' THEN now() END WHERE id = :id"
    )

    refused_by = None
    with house.asking(specialist) as sql:
        try:
            sql.execute(text(jump), {"after": after, "began": began, "id": meeting["id"]})
        except IntegrityError as error:
            refused_by = error.orig.diag.constraint_name
    assert refused_by == (None if (before, after) in ALLOWED else "meetings_skip_no_state")


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("state = 'under_way', version = 2", "meetings_start"),
        ("started_at = now(), had_to_be_told = '{}'", "meetings_start"),
        ("ended_at = now()", "meetings_end"),
        ("state = 'under_way', version = 2, started_at = now()", "meetings_start_knows_whom_to_tell"),
        ("expected_minutes = 5", "meetings_duration"),
        ("ends_at = ends_at + interval '1 minute'", "meetings_duration"),
        ("institution = 'School'", None),
        ("institution = 'School', purpose = 'A talk'", "meetings_accompaniment"),
        ("state = 'postponed'", "meetings_skip_no_state"),
        ("place_type = 'moon'", "meetings_place_type_check"),
        ("transport = 'rocket'", "meetings_transport_check"),
    ],
)
def test_a_meeting_that_contradicts_itself_is_refused_by_the_database(
    house: House, specialist: Phone, child: dict[str, Any], change: str, constraint: str | None
) -> None:
    house.a_meeting(specialist, child)

    with house.asking(specialist) as sql:
        if constraint is None:
            assert sql.execute(text(f"UPDATE meetings SET {change}")).rowcount == 1
        else:
            with pytest.raises(IntegrityError) as refused:
                sql.execute(text(f"UPDATE meetings SET {change}"))
            assert refused.value.orig.diag.constraint_name == constraint


def test_a_meeting_is_started_and_finished(house: House, specialist: Phone, child: dict[str, Any]) -> None:
    meeting = in_state(house, specialist, child, "planned")

    started = done(specialist.act(f"meetings/{meeting['id']}/start", meeting, ALL_THE_SAME))
    told = {"summary": "We read.\nTwo pages.", "child_opinion": "Liked it"}
    finish = {"ended_at": at(clock.now())} | told
    held = done(specialist.act(f"meetings/{meeting['id']}/finish", started, finish))

    assert (
        started
        == meeting
        | {
            "state": "under_way",
            "started_at": started["started_at"],
            "announced_in_time": False,
            "version": 2,
        }
        | ALL_THE_SAME
    )
    assert (
        held
        == started
        | {
            "state": "held",
            "warnings": ["representative-presence-unsaid"],
            "ended_at": finish["ended_at"].replace("+00:00", "Z"),
            "version": 3,
        }
        | told
    )
    assert done(specialist.get(f"meetings/{meeting['id']}")) == held | {"warnings": []}


def test_a_meeting_finished_without_words_ends_now(house: House, specialist: Phone, child: dict[str, Any]) -> None:
    meeting = in_state(house, specialist, child, "under_way")
    before = datetime.now(UTC)

    held = done(specialist.act(f"meetings/{meeting['id']}/finish", meeting, {}))

    assert before <= datetime.fromisoformat(held["ended_at"]) <= datetime.now(UTC)
    assert (held["summary"], held["child_opinion"]) == (None, None)


@pytest.mark.parametrize(
    ("form", "places"),
    [
        ({"ended_at": at(soon(hours=1))}, ["/ended_at"]),
        ({"ended_at": at(soon(hours=-1))}, ["/ended_at"]),
        ({"ended_at": "now"}, ["/ended_at"]),
        ({"summary": " "}, ["/summary"]),
        ({"child_opinion": "x" * 10_001}, ["/child_opinion"]),
        ({"state": "held"}, ["/state"]),
    ],
)
def test_a_meeting_is_not_finished_before_it_began_nor_in_the_future(
    house: House, specialist: Phone, child: dict[str, Any], form: dict[str, Any], places: list[str]
) -> None:
    meeting = in_state(house, specialist, child, "under_way")

    assert refusal_of(specialist.act(f"meetings/{meeting['id']}/finish", meeting, form)) == invalid(*places)
    done(specialist.act(f"meetings/{meeting['id']}/finish", meeting, {}))


@pytest.mark.parametrize(("action", "state"), [("cancel", "cancelled"), ("miss", "missed")])
def test_a_meeting_that_does_not_take_place_keeps_the_reason(
    house: House, specialist: Phone, child: dict[str, Any], action: str, state: str
) -> None:
    meeting = in_state(house, specialist, child, "planned")
    path = f"meetings/{meeting['id']}/{action}"

    for wrong, places in (({}, ["/reason"]), ({"reason": " "}, ["/reason"]), (REASON | {"x": 1}, ["/x"])):
        assert refusal_of(specialist.act(path, meeting, wrong)) == invalid(*places)
    ended = done(specialist.act(path, meeting, REASON))

    assert ended == meeting | {
        "state": state,
        "reason": REASON["reason"],
        "is_first": False,
        "announcements": ended["announcements"],
        "version": 2,
    }


def test_a_meeting_that_is_still_to_come_is_cancelled_not_missed(
    house: House, specialist: Phone, child: dict[str, Any]
) -> None:
    """Of a missed meeting nobody is told; of one that will not take place everybody is (D6)."""
    meeting = house.a_meeting(specialist, child)

    assert refusal_of(specialist.act(f"meetings/{meeting['id']}/miss", meeting, REASON)) == {
        "type": "meeting-not-due"
    }
    assert done(specialist.act(f"meetings/{meeting['id']}/cancel", meeting, REASON))["state"] == "cancelled"


@pytest.mark.parametrize("action", [*ACTIONS, "change"])
def test_every_change_needs_the_version_and_the_present_one(
    house: House, specialist: Phone, child: dict[str, Any], action: str
) -> None:
    meeting = in_state(house, specialist, child, "under_way" if action == "finish" else "planned")
    path, form = f"meetings/{meeting['id']}", ACTIONS.get(action, {"note": "changed"})
    method, path = ("PATCH", path) if action == "change" else ("POST", f"{path}/{action}")

    def attempt(**headers: str) -> Any:
        return specialist.send(method, path, form, **headers)

    missing, stale = attempt(), attempt(If_Match='"99"')
    assert (missing.status_code, stale.status_code) == (428, 412)
    assert refusal_of(missing) == {"type": "version-needed"}
    assert refusal_of(stale) == {"type": "version-stale", "current": meeting}
    right = attempt(If_Match=f'"{meeting["version"]}"')
    assert right.headers["ETag"] == f'"{done(right)["version"]}"' == f'"{meeting["version"] + 1}"'


def test_of_many_who_act_on_one_version_at_once_exactly_one_gets_through(
    house: House, supervisor: Phone, specialist: Phone, child: dict[str, Any]
) -> None:
    meeting = in_state(house, specialist, child, "planned")
    path = f"meetings/{meeting['id']}"

    answers = at_once(
        *[lambda action=action: specialist.act(f"{path}/{action}", meeting, ACTIONS[action]) for action in ACTIONS],
        *[lambda: supervisor.change(path, meeting, {"note": "changed"})] * 4,
    )

    # "finish" fits no planned meeting, so it is refused by the version or by the state.
    assert sum(answer.status_code == 200 for answer in answers) == 1
    assert {answer.status_code for answer in answers} <= {200, 409, 412}
    assert done(specialist.get(path))["version"] == 2


def test_a_meeting_of_somebody_else_or_of_nobody_is_not_there(
    house: House, supervisor: Phone, specialist: Phone, child: dict[str, Any]
) -> None:
    meeting = in_state(house, specialist, child, "planned")
    colleague = house.a_specialist(supervisor)
    unknown = {"id": str(uuid.uuid4()), "version": 1}

    for phone, thing in ((colleague, meeting), (specialist, unknown)):
        path = f"meetings/{thing['id']}"
        for answer in (
            phone.get(path),
            phone.change(path, thing, {"note": "x"}),
            *(phone.act(f"{path}/{action}", thing, form) for action, form in ACTIONS.items()),
        ):
            assert refusal_of(answer) == {"type": "not-found"}
    assert done(specialist.get(f"meetings/{meeting['id']}")) == meeting
