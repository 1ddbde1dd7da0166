"""Nobody is at two meetings at once, whoever plans and however many plan at the same moment."""

import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from bas_service import create_app
from bas_service.config import Settings
from bas_service.database import db
from tests.builders import House, at, soon
from tests.callers import Phone, at_once, done, refusal_of

HOUR = timedelta(hours=1)
OVERLAPS = {"type": "meeting-overlaps", "of": "specialist"}


@pytest.fixture(scope="module")
def wide_app(settings: Settings) -> Iterator[Flask]:
    """An application with a connection for each of fifty threads."""
    app = create_app(replace(settings, database_pool=50))
    yield app
    with app.app_context():
        db.engine.dispose()


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


@pytest.fixture
def other(house: House, supervisor: Phone, specialist: Phone) -> dict[str, Any]:
    """Another child of the same specialist."""
    return house.a_family(supervisor, specialist)["child"]


@pytest.mark.parametrize(
    ("begins", "minutes", "fits"),
    [
        (-60, 60, True),
        (-60, 61, False),
        (0, 60, False),
        (15, 30, False),
        (-15, 90, False),
        (59, 60, False),
        (60, 60, True),
    ],
)
def test_a_meeting_may_begin_when_another_one_ends_and_not_before(
    house: House,
    specialist: Phone,
    child: dict[str, Any],
    other: dict[str, Any],
    begins: int,
    minutes: int,
    *,
    fits: bool,
) -> None:
    house.a_meeting(specialist, child, starts_at=at(soon()), expected_minutes=60)
    start = at(soon() + timedelta(minutes=begins))

    answer = specialist.post("meetings", house.meeting_form(other, starts_at=start, expected_minutes=minutes))

    if fits:
        done(answer)
    else:
        assert refusal_of(answer) == OVERLAPS
        assert len(done(specialist.get("meetings"))["items"]) == 1


def test_an_overlap_tells_nobody_anything(
    house: House, specialist: Phone, child: dict[str, Any], other: dict[str, Any]
) -> None:
    house.a_meeting(specialist, child)

    assert refusal_of(specialist.post("meetings", house.meeting_form(other))) == OVERLAPS
    assert house.sql("SELECT count(*) FROM messages") == [{"count": 1}]


def test_two_specialists_may_meet_two_children_at_the_same_time(
    house: House, supervisor: Phone, specialist: Phone, child: dict[str, Any]
) -> None:
    colleague = house.a_specialist(supervisor)
    house.a_meeting(specialist, child)

    house.a_meeting(colleague, house.a_family(supervisor, colleague)["child"])


@pytest.mark.parametrize("action", ["cancel", "miss"])
def test_a_meeting_that_does_not_take_place_takes_no_time(
    house: House, specialist: Phone, child: dict[str, Any], other: dict[str, Any], action: str
) -> None:
    meeting = house.a_meeting(specialist, child)
    assert refusal_of(specialist.post("meetings", house.meeting_form(other))) == OVERLAPS
    if action == "miss":
        house.sql(
            "UPDATE meetings SET starts_at = starts_at - interval '1 week', ends_at = ends_at - interval '1 week'"
        )
    done(specialist.act(f"meetings/{meeting['id']}/{action}", meeting, {"reason": "child_ill"}))

    house.a_meeting(specialist, other)


def test_a_meeting_under_way_still_takes_its_time_and_one_held_does_not(
    house: House, specialist: Phone, child: dict[str, Any], other: dict[str, Any]
) -> None:
    meeting = house.a_meeting(specialist, child)
    meeting = done(specialist.act(f"meetings/{meeting['id']}/start", meeting, {"unannounced_reason": "first one"}))
    assert refusal_of(specialist.post("meetings", house.meeting_form(other))) == OVERLAPS
    done(specialist.act(f"meetings/{meeting['id']}/finish", meeting, {}))

    house.a_meeting(specialist, other)


def test_a_meeting_is_not_moved_or_stretched_into_another_one(
    house: House, specialist: Phone, child: dict[str, Any], other: dict[str, Any]
) -> None:
    house.a_meeting(specialist, child, starts_at=at(soon()), expected_minutes=60)
    before = house.a_meeting(specialist, other, starts_at=at(soon() - 2 * HOUR), expected_minutes=60)
    path = f"meetings/{before['id']}"

    assert refusal_of(specialist.change(path, before, {"starts_at": at(soon())})) == OVERLAPS
    assert refusal_of(specialist.change(path, before, {"expected_minutes": 121})) == OVERLAPS
    assert done(specialist.get(path)) == before
    assert done(specialist.change(path, before, {"expected_minutes": 120}))["version"] == 2


def test_a_meeting_may_be_moved_within_its_own_time(house: House, specialist: Phone, child: dict[str, Any]) -> None:
    meeting = house.a_meeting(specialist, child, starts_at=at(soon()), expected_minutes=60)

    moved = specialist.change(f"meetings/{meeting['id']}", meeting, {"starts_at": at(soon() + HOUR / 2)})

    assert done(moved)["version"] == 2


def insert(house: House, phone: Phone, **values: Any) -> str:
    """Insert a meeting by SQL as the application's role; which constraint refused it, or that it is in."""
    statement = """
        INSERT INTO meetings (id, child_id, case_id, specialist_id, kind, state, starts_at, ends_at,
            expected_minutes, place_type, transport, telling, version, created_at)
        VALUES (:id, :child_id, :case_id, :specialist_id, 'session', :state, :starts_at,
            CAST(:starts_at AS timestamptz) + interval '1 hour', 60, 'office', 'none', 1, :version, now())
    """
    with house.asking(phone) as sql:
        try:
            sql.execute(text(statement), {"id": uuid.uuid4(), "state": "planned", "version": 1} | values)
        except IntegrityError as error:
            return error.orig.diag.constraint_name
    return "in"


def test_the_database_itself_keeps_a_child_from_two_meetings_with_two_specialists(
    house: House, supervisor: Phone, specialist: Phone, child: dict[str, Any], other: dict[str, Any]
) -> None:
    """Through the service there is one responsible specialist, so the second constraint takes SQL to be seen."""
    colleague = house.a_specialist(supervisor)
    meeting = house.a_meeting(specialist, child, starts_at=at(soon()), expected_minutes=60)
    mine = {"child_id": child["id"], "case_id": meeting["case_id"], "specialist_id": colleague.account_id}
    (case,) = house.sql("SELECT id FROM cases WHERE child_id = :id", id=other["id"])
    theirs = {"child_id": other["id"], "case_id": case["id"], "specialist_id": specialist.account_id}

    assert insert(house, supervisor, starts_at=soon() + HOUR / 2, **mine) == "meetings_no_overlap_of_child"
    assert insert(house, supervisor, starts_at=soon() + HOUR / 2, **theirs) == "meetings_no_overlap_of_specialist"
    assert insert(house, supervisor, starts_at=soon() + HOUR, **mine) == "in"
    assert insert(house, supervisor, starts_at=soon() + HOUR, **theirs) == "in"


def test_whoever_plans_or_moves_queues_before_anything_is_written(
    house: House, specialist: Phone, child: dict[str, Any], other: dict[str, Any]
) -> None:
    """Two who only met in the exclusion constraint could wait for each other: a deadlock instead of a refusal."""
    meeting = house.a_meeting(specialist, other, starts_at=at(soon(hours=48)))
    queue = "SELECT FROM accounts WHERE id = :id FOR NO KEY UPDATE"

    with house.meanwhile(lambda: specialist.post("meetings", house.meeting_form(child))) as planning:
        planning.run(queue, id=specialist.account_id)
    change = {"starts_at": at(soon(hours=72))}
    with house.meanwhile(lambda: specialist.change(f"meetings/{meeting['id']}", meeting, change)) as moving:
        moving.run(queue, id=specialist.account_id)
        # Not written yet: somebody else can lock the row without waiting.
        unwritten = "SELECT id FROM meetings WHERE id = :id FOR UPDATE NOWAIT"
        moving.then = lambda: house.sql(unwritten, id=meeting["id"])

    assert (planning.waited, planning.answer.status_code) == (True, 201)
    assert (moving.waited, moving.answer.status_code) == (True, 200)


def test_of_fifty_who_plan_overlapping_meetings_at_once_exactly_one_gets_through(
    house: House, wide_app: Flask
) -> None:
    wide = House(wide_app, house.owner)
    supervisor = wide.a_supervisor()
    specialist = wide.a_specialist(supervisor)
    children = [wide.a_family(supervisor, specialist)["child"] for _ in range(10)]

    def plan(number: int) -> Any:
        # Each at another time, all of them over the same minutes.
        form = wide.meeting_form(children[number % 10], starts_at=at(soon() + timedelta(minutes=number)))
        return specialist.post("meetings", form)

    answers = at_once(*[lambda number=number: plan(number) for number in range(50)])

    refused = [refusal_of(answer) for answer in answers if answer.status_code != 201]
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 49}
    assert {(problem["type"], problem["of"] in {"specialist", "child"}) for problem in refused} == {
        ("meeting-overlaps", True)
    }
    assert house.sql("SELECT count(*) FROM meetings") == [{"count": 1}]
    assert house.sql("SELECT count(*) FROM messages") == [{"count": 1}]


def test_of_fifty_who_plan_the_same_time_with_one_child_exactly_one_gets_through(
    house: House, wide_app: Flask
) -> None:
    wide = House(wide_app, house.owner)
    supervisor = wide.a_supervisor()
    specialist = wide.a_specialist(supervisor)
    form = wide.meeting_form(wide.a_family(supervisor, specialist)["child"])

    answers = at_once(*[lambda: specialist.post("meetings", form), lambda: supervisor.post("meetings", form)] * 25)

    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 49}


def test_of_several_meetings_moved_to_one_time_at_once_exactly_one_gets_there(house: House, wide_app: Flask) -> None:
    wide = House(wide_app, house.owner)
    supervisor = wide.a_supervisor()
    specialist = wide.a_specialist(supervisor)
    meetings = [
        wide.a_meeting(
            specialist, wide.a_family(supervisor, specialist)["child"], starts_at=at(soon() + 2 * number * HOUR)
        )
        for number in range(1, 11)
    ]

    answers = at_once(
        *[
            lambda meeting=meeting: specialist.change(f"meetings/{meeting['id']}", meeting, {"starts_at": at(soon())})
            for meeting in meetings
        ]
    )

    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 9}
    assert [refusal_of(answer) for answer in answers if answer.status_code == 409] == [OVERLAPS] * 9


def test_planning_and_handing_over_at_once_leave_no_meeting_with_the_wrong_specialist(
    house: House, wide_app: Flask
) -> None:
    wide = House(wide_app, house.owner)
    supervisor = wide.a_supervisor()
    ilze, jānis = wide.a_specialist(supervisor), wide.a_specialist(supervisor)
    family = wide.a_family(supervisor, ilze)
    to = {"to_specialist_id": str(jānis.account_id), "reason": "moves"}

    def plan(number: int) -> int:
        form = wide.meeting_form(family["child"], starts_at=at(soon() + 2 * number * HOUR))
        return supervisor.post("meetings", form).status_code

    statuses = at_once(
        *[lambda number=number: plan(number) for number in range(8)],
        lambda: supervisor.act(f"cases/{family['case']['id']}/transfer", family["case"], to).status_code,
    )

    assert statuses == [201] * 8 + [200]
    assert house.sql("SELECT DISTINCT specialist_id FROM meetings") == [{"specialist_id": jānis.account_id}]


def test_planning_and_closing_at_once_leave_no_meeting_in_a_closed_case(house: House, wide_app: Flask) -> None:
    wide = House(wide_app, house.owner)
    supervisor = wide.a_supervisor()
    specialist = wide.a_specialist(supervisor)
    closing = {"reason": "goal_reached", "outcome": "good"}
    for _ in range(5):
        family = wide.a_family(supervisor, specialist)

        planned, closed = at_once(
            lambda family=family: supervisor.post("meetings", wide.meeting_form(family["child"])).status_code,
            lambda family=family: (
                supervisor.act(f"cases/{family['case']['id']}/close", family["case"], closing).status_code
            ),
        )

        assert (planned, closed) in {(201, 409), (409, 200)}
        if planned == 201:
            (meeting,) = done(specialist.get(f"meetings?child_id={family['child']['id']}"))["items"]
            done(specialist.act(f"meetings/{meeting['id']}/cancel", meeting, {"reason": "child_ill"}))
