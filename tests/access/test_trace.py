"""Every look leaves a trace, and nobody changes the trace quietly (D32)."""

import threading
import uuid

import pytest
import sqlalchemy
from flask import Flask

from bas_service.access.trace import breaks_in_the_chain, digest_of_heads
from bas_service.database import transaction
from bas_service.http.looks import at_the_end, children_looked_at, gathered_all, gathered_what_is_shown, looked_at
from tests.builders import House, at, soon
from tests.callers import Phone, at_once, done


def breaks(worker_app: Flask) -> list[tuple[int, str]]:
    with worker_app.app_context(), transaction():
        return [(found.seq, found.wrong) for found in breaks_in_the_chain()]


@pytest.fixture
def team(house: House) -> tuple[Phone, Phone, list[dict]]:
    supervisor = house.a_supervisor()
    specialist = house.a_specialist(supervisor)
    families = [house.a_family(supervisor, specialist, given_name=name) for name in ("Anna", "Beāte", "Zane")]
    return supervisor, specialist, families


def test_a_list_of_three_children_is_three_looks_with_who_what_and_why(
    house: House, team: tuple[Phone, Phone, list[dict]]
) -> None:
    _, specialist, families = team
    ids = sorted(family["child"]["id"] for family in families)

    done(specialist.get("caseload"))

    assert house.looks_of(specialist) == [
        (child_id, "responsible", "caseload.own_caseload", False) for child_id in ids
    ]


def test_writing_leaves_a_trace_as_a_change(house: House, team: tuple[Phone, Phone, list[dict]]) -> None:
    _, specialist, families = team

    meeting = house.a_meeting(specialist, families[0]["child"])
    done(specialist.act(f"meetings/{meeting['id']}/cancel", meeting, {"reason": "child_ill"}))

    child_id = families[0]["child"]["id"]
    assert house.looks_of(specialist) == [
        (child_id, "responsible", "meetings.plan", True),
        (child_id, "responsible", "meetings.cancel", True),
    ]


def test_a_refused_look_shows_nothing_and_leaves_none(house: House, team: tuple[Phone, Phone, list[dict]]) -> None:
    supervisor, _, families = team
    stranger = house.a_specialist(supervisor)

    assert stranger.get(f"children/{families[0]['child']['id']}").status_code == 404
    assert house.looks_of(stranger) == []


def test_a_repeated_request_is_another_look_at_what_its_answer_shows(
    house: House, team: tuple[Phone, Phone, list[dict]]
) -> None:
    _, specialist, families = team
    form = house.meeting_form(families[0]["child"], id="0190aaaa-0000-7000-8000-000000000001")

    first = done(specialist.post("meetings", form))
    assert done(specialist.post("meetings", form)) == first

    assert [look[2] for look in house.looks_of(specialist)] == ["meetings.plan", "meetings.plan"]


def test_a_page_that_says_there_is_more_traces_only_what_it_shows(
    house: House, team: tuple[Phone, Phone, list[dict]]
) -> None:
    _, specialist, families = team
    for number, family in enumerate(families):
        house.a_meeting(specialist, family["child"], starts_at=at(soon(hours=48 + 24 * number)))
    before = len(house.looks_of(specialist))

    page = done(specialist.get("meetings?limit=2"))

    assert page["next"] is not None
    shown = {meeting["child_id"] for meeting in page["items"]}
    assert {look[0] for look in house.looks_of(specialist)[before:]} == shown
    done(specialist.get("children?limit=1"))
    assert len(house.looks_of(specialist)) == before + 3


def test_the_supervisor_reads_who_looked_and_a_specialist_does_not(
    house: House, team: tuple[Phone, Phone, list[dict]]
) -> None:
    supervisor, specialist, families = team
    child_id = families[0]["child"]["id"]
    done(specialist.get(f"children/{child_id}"))

    first = done(supervisor.get(f"children/{child_id}/looks?limit=1"))
    rest = done(supervisor.get(f"children/{child_id}/looks?limit=200&cursor={first['next']}"))

    assert [(look["account_id"], look["action"], look["because"], look["changed"]) for look in first["items"]] == [
        (str(specialist.account_id), "children.show", "responsible", False)
    ]
    assert first["items"][0]["device_name"] == "a test's phone"
    # The page before was a look of the supervisor's own; it is newer than the cursor.
    assert {look["action"] for look in rest["items"]} == {
        "children.enter",
        "children.add_representative",
        "caseload.open_case",
    }
    # The rows themselves name other children too.
    with house.asking(supervisor) as connection:
        assert connection.execute(sqlalchemy.text("SELECT count(*) FROM trace")).scalar_one() == 0
    assert specialist.get(f"children/{child_id}/looks").status_code == 403
    assert house.a_supervisor().get(f"children/{child_id}/looks").status_code == 404


def test_an_untouched_trace_verifies(house: House, team: tuple[Phone, Phone, list[dict]], worker_app: Flask) -> None:
    _, specialist, _ = team
    done(specialist.get("children"))

    assert breaks(worker_app) == []
    with worker_app.app_context(), transaction():
        count, digest = digest_of_heads()
    assert (count, len(digest)) == (house.sql("SELECT count(*) FROM trace")[0]["count"], 64)


CHANGED = "the row was changed or inserted"


@pytest.mark.parametrize(
    ("harm", "found"),
    [
        ("UPDATE trace SET grounds[2] = 'team' WHERE seq = 2", [(2, CHANGED)]),
        ("UPDATE trace SET at = at + interval '1 hour' WHERE seq = 1", [(1, CHANGED)]),
        ("UPDATE trace SET children[3] = account_id WHERE seq = 3", [(3, CHANGED)]),
        # One of the children a list showed.
        (
            "UPDATE trace SET children = children[1:2], grounds = grounds[1:2] WHERE seq = 2",
            [(2, CHANGED)],
        ),
        (
            "UPDATE trace SET children = array_append(children, account_id), grounds = array_append(grounds, 'team')"
            " WHERE seq = 2",
            [(2, CHANGED)],
        ),
        ("UPDATE trace SET children = ARRAY[children[2], children[1], children[3]] WHERE seq = 2", [(2, CHANGED)]),
        ("UPDATE trace SET session_id = account_id WHERE seq = 2", [(2, CHANGED)]),
        ("UPDATE trace SET account_id = session_id WHERE seq = 2", [(2, CHANGED)]),
        ("UPDATE trace SET changed = NOT changed WHERE seq = 2", [(2, CHANGED)]),
        ("UPDATE trace SET hash = sha256('x') WHERE seq = 2", [(2, CHANGED), (3, CHANGED)]),
        ("DELETE FROM trace WHERE seq = 2", [(2, "the row was removed")]),
        ("DELETE FROM trace WHERE seq = 3", [(3, "the row was removed")]),
        (
            "INSERT INTO trace SELECT day, lane, 4, at, account_id, session_id, child_id, because, action, changed,"
            " request_id, hash, children, grounds FROM trace WHERE seq = 3",
            [(4, "the row was inserted")],
        ),
        (
            "UPDATE trace_heads SET hash = sha256('x')",
            [(3, "the last row, or the head, was changed")],
        ),
        ("DELETE FROM trace_heads", [(1, "the chain's head was removed")]),
    ],
)
def test_what_somebody_changed_removed_or_inserted_is_named(
    house: House, team: tuple[Phone, Phone, list[dict]], worker_app: Flask, harm: str, found: list[tuple[int, str]]
) -> None:
    _, specialist, _ = team
    house.sql("DELETE FROM trace; DELETE FROM trace_heads")
    for _ in range(3):
        done(specialist.get("caseload"))
    assert breaks(worker_app) == []

    house.sql(harm)

    assert breaks(worker_app) == found


def test_the_application_can_neither_write_into_the_trace_nor_change_it(house: House, app: Flask) -> None:
    house.a_child(house.a_supervisor())

    for statement in (
        "INSERT INTO trace SELECT * FROM trace",
        "UPDATE trace SET because = 'x'",
        "DELETE FROM trace",
        "TRUNCATE trace",
        "SELECT * FROM trace_heads",
    ):
        with app.app_context(), pytest.raises(sqlalchemy.exc.ProgrammingError), transaction() as session:
            session.execute(sqlalchemy.text(statement))


def test_many_requests_at_once_leave_one_unbroken_chain(
    house: House, team: tuple[Phone, Phone, list[dict]], worker_app: Flask
) -> None:
    _, specialist, _ = team
    before = len(house.looks_of(specialist))
    statuses: list[int] = []
    threads = [
        threading.Thread(target=lambda: statuses.append(specialist.get("caseload").status_code)) for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert statuses == [200] * 12
    assert len(house.looks_of(specialist)) == before + 36
    assert breaks(worker_app) == []


def test_the_first_requests_of_a_day_at_the_same_moment_begin_one_chain(
    house: House, team: tuple[Phone, Phone, list[dict]], worker_app: Flask
) -> None:
    _, specialist, _ = team
    house.sql("DELETE FROM trace; DELETE FROM trace_heads")

    answers = at_once(*[lambda: specialist.get("caseload").status_code] * 6)

    assert answers == [200] * 6
    assert house.sql("SELECT seq FROM trace_heads") == [{"seq": 6}]
    assert breaks(worker_app) == []


def test_a_day_goes_on_from_the_chain_of_the_day_before(
    house: House, team: tuple[Phone, Phone, list[dict]], worker_app: Flask
) -> None:
    _, specialist, _ = team
    house.sql("DELETE FROM trace; DELETE FROM trace_heads")
    # A day that nobody looked at anything in, but for its head: the chain's end is known.
    (lane,) = house.sql("SELECT get_byte(uuid_send(:id), 15) % 16 AS lane", id=specialist.account_id)
    house.sql("INSERT INTO trace_heads VALUES (current_date - 3, :lane, '', 0, '')", lane=lane["lane"])
    house.sql("UPDATE trace_heads SET began_with = 'x', hash = 'x'")

    done(specialist.get("caseload"))

    assert house.sql("SELECT began_with FROM trace_heads ORDER BY day DESC LIMIT 1") == [{"began_with": b"x"}]
    assert breaks(worker_app) == [(0, "a day before this one was removed")]


def test_each_child_of_a_list_has_the_ground_of_its_own(house: House, team: tuple[Phone, Phone, list[dict]]) -> None:
    supervisor, _, families = team
    waiting = house.a_child(supervisor, given_name="Gaida")
    helper = house.a_specialist(supervisor)
    own = house.a_family(supervisor, helper)["child"]
    other = families[0]["child"]
    done(helper.post(f"children/{other['id']}/emergency-grants", {"reason": "Steidzami", "hours": 1}))
    house.sql("DELETE FROM trace; DELETE FROM trace_heads")

    done(helper.get("children"))
    done(supervisor.get("children"))

    assert house.looks_of(helper) == sorted(
        [
            (own["id"], "responsible", "children.page", False),
            (other["id"], "emergency", "children.page", False),
        ]
    )
    grounds = {child: ground for child, ground, _, _ in house.looks_of(supervisor)}
    assert grounds == {family["child"]["id"]: "team" for family in families} | {
        own["id"]: "team",
        waiting["id"]: "waiting",
    }


def test_looks_are_paged_through_the_years_without_a_gap(house: House, team: tuple[Phone, Phone, list[dict]]) -> None:
    supervisor, specialist, families = team
    child_id = families[0]["child"]["id"]
    house.sql("UPDATE children SET created_at = now() - interval '1200 days'")
    house.sql("DELETE FROM trace; DELETE FROM trace_heads")
    for days in (1100, 400, 35, 32, 31, 30, 1, 0, 0):
        done(specialist.get("caseload"))
        # Shifted by whole days, so that the day stays the one of the moment.
        house.sql(
            "UPDATE trace SET day = day - :days, at = at - make_interval(days => :days), action = :said"
            " WHERE action = 'caseload.own_caseload'",
            days=days,
            said=f"{days} days ago",
        )
        house.sql("UPDATE trace_heads SET seq = seq + 1")

    read, cursor = [], ""
    while cursor is not None:
        page = done(supervisor.get(f"children/{child_id}/looks?limit=2{cursor and f'&cursor={cursor}'}"))
        read += [look["action"] for look in page["items"]]
        cursor = page["next"]

    ours = [action for action in read if action.endswith("ago")]
    assert ours == [f"{days} days ago" for days in (0, 0, 1, 30, 31, 32, 35, 400, 1100)]


def test_no_answer_leaves_before_its_trace_is_written(house: House, team: tuple[Phone, Phone, list[dict]]) -> None:
    _, specialist, _ = team
    done(specialist.get("caseload"))

    with house.meanwhile(lambda: specialist.get("caseload")) as meanwhile:
        meanwhile.run("SELECT FROM trace_heads FOR UPDATE")

    assert meanwhile.waited
    assert len(done(meanwhile.answer)["cases"]) == 3
    assert len(house.looks_of(specialist)) == 6


def test_what_cannot_be_traced_is_neither_shown_nor_done(house: House, team: tuple[Phone, Phone, list[dict]]) -> None:
    _, specialist, families = team
    child_id = families[0]["child"]["id"]
    house.sql("ALTER TABLE trace ADD CONSTRAINT full_up CHECK (false) NOT VALID")
    try:
        answers = [
            specialist.get(f"children/{child_id}"),
            specialist.post("meetings", house.meeting_form(families[0]["child"])),
        ]
    finally:
        house.sql("ALTER TABLE trace DROP CONSTRAINT full_up")

    for answer in answers:
        assert answer.status_code == 500
        assert "Anna" not in answer.get_data(as_text=True)
    assert house.sql("SELECT count(*) FROM meetings") == [{"count": 0}]
    done(specialist.get(f"children/{child_id}"))


def test_whoever_asks_for_the_head_of_an_answer_looks_and_changes_nothing(
    house: House, team: tuple[Phone, Phone, list[dict]]
) -> None:
    _, specialist, families = team
    child_id = families[0]["child"]["id"]

    assert specialist.send("HEAD", f"children/{child_id}").status_code == 200

    assert house.looks_of(specialist) == [(child_id, "responsible", "children.show", False)]


def test_a_child_that_is_looked_at_too_late_is_a_defect_and_not_forgotten(app: Flask) -> None:
    child, late = uuid.uuid4(), uuid.uuid4()
    written: list[list[uuid.UUID]] = []
    with app.test_request_context():
        at_the_end(lambda: written.append(children_looked_at()))
        looked_at([child])
        gathered_what_is_shown()
        gathered_all()
        looked_at([child])
        with pytest.raises(RuntimeError, match="looked at after"):
            looked_at([late])

    assert written == [[child]]
