"""Work with partners, on paper and on the way is noted in one line: minutes and what it was (D8, D24, D28)."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from bas_service import clock
from bas_service.database import rows, transaction
from bas_service.retention import export
from bas_service.retention.jobs import drop_what_is_over
from tests.builders import House, at, soon
from tests.callers import Phone, at_once, done, invalid, refusal_of
from tests.hours.conftest import Recorded
from tests.tables import statements_of

LEAST = {"minutes": 30, "kind": "call"}


def total(phone: Phone) -> int:
    return done(phone.get("hours"))["total"]["total_minutes"]


def lines(phone: Phone, query: str = "") -> list[dict[str, Any]]:
    return done(phone.get(f"partner-work{query}"))["items"]


def test_minutes_and_kind_are_enough_for_a_line_of_today(specialist: Phone) -> None:
    line = done(specialist.post("partner-work", LEAST))

    assert line == LEAST | {
        "id": line["id"],
        "specialist_id": str(specialist.account_id),
        "day": clock.today().isoformat(),
        "started_at": None,
        "with": None,
        "note": None,
        "child_id": None,
        "meeting_id": None,
        "created_at": line["created_at"],
        "withdrawn_at": None,
        "version": 1,
    }
    assert lines(specialist) == [line]


def test_a_line_says_more_when_somebody_wants_to(
    house: House, specialist: Phone, family: dict[str, Any], recorded: Recorded
) -> None:
    begun = clock.now().replace(microsecond=0) - timedelta(hours=1)
    meeting = recorded(specialist, family, begun, begun)
    form = {
        "id": str(uuid.uuid4()),
        "started_at": begun.isoformat(),
        "minutes": 25,
        "kind": "travel",
        "with": "Skolas psiholoģe Izdomāta",
        "note": "Ar autobusu",
        "meeting_id": meeting,
    }

    line = done(specialist.post("partner-work", form))

    assert line == form | {
        "specialist_id": str(specialist.account_id),
        "day": clock.in_riga(begun).date().isoformat(),
        "started_at": begun.isoformat().replace("+00:00", "Z"),
        # That of the meeting.
        "child_id": family["child"]["id"],
        "created_at": line["created_at"],
        "withdrawn_at": None,
        "version": 1,
    }
    assert done(specialist.post("partner-work", form)) == line
    other = refusal_of(specialist.post("partner-work", form | {"minutes": 26}))
    assert other == {"type": "id-already-used"}
    (kept,) = house.sql("SELECT with_whom, note FROM partner_work")
    assert house.opened(kept["with_whom"], "partner_work.with_whom") == form["with"]
    assert house.opened(kept["note"], "partner_work.note") == form["note"]
    assert not any(word in kept["with_whom"] + kept["note"] for word in ("Skolas", "autobusu"))


def test_a_line_sent_twice_at_the_same_moment_is_noted_once(specialist: Phone) -> None:
    form = LEAST | {"id": str(uuid.uuid4())}

    answers = at_once(*[lambda: specialist.post("partner-work", form)] * 4)

    assert [done(answer)["id"] for answer in answers] == [form["id"]] * 4
    assert total(specialist) == 30


@pytest.mark.parametrize(
    ("form", "places"),
    [
        ({}, ("/kind", "/minutes")),
        ({"minutes": 0, "kind": "call"}, ("/minutes",)),
        ({"minutes": 1441, "kind": "call"}, ("/minutes",)),
        ({"minutes": 1.5, "kind": "call"}, ("/minutes",)),
        ({"minutes": 5, "kind": "coffee"}, ("/kind",)),
        (LEAST | {"with": "a\nb"}, ("/with",)),
        (LEAST | {"with": "x" * 301}, ("/with",)),
        (LEAST | {"note": "x" * 2001}, ("/note",)),
        (LEAST | {"day": (clock.today() + timedelta(days=1)).isoformat()}, ("/day",)),
        (LEAST | {"started_at": at(soon(hours=1))}, ("/started_at",)),
        (LEAST | {"started_at": "2025-03-02T23:30:00Z", "day": "2025-03-02"}, ("/day",)),
        (LEAST | {"with_whom": "x"}, ("/with_whom",)),
    ],
)
def test_what_no_line_can_be_is_said(specialist: Phone, form: dict[str, Any], places: tuple[str, ...]) -> None:
    assert refusal_of(specialist.post("partner-work", form)) == invalid(*places)
    assert lines(specialist) == []


def test_the_day_of_a_start_is_that_in_riga(specialist: Phone) -> None:
    late = LEAST | {"started_at": "2025-03-02T23:30:00Z"}

    assert done(specialist.post("partner-work", late))["day"] == "2025-03-03"
    assert done(specialist.post("partner-work", late | {"day": "2025-03-03"}))["day"] == "2025-03-03"


def test_only_travelling_leads_to_a_meeting_and_only_to_ones_own_with_that_child(
    house: House, supervisor: Phone, specialist: Phone, colleague: Phone, family: dict[str, Any]
) -> None:
    other = house.a_family(supervisor, specialist)
    theirs = house.a_family(supervisor, colleague)
    meeting, another = house.a_meeting(specialist, family["child"]), house.a_meeting(colleague, theirs["child"])
    absence = house.an_absence(supervisor, colleague, specialist)
    form = {"minutes": 10, "kind": "travel", "meeting_id": meeting["id"]}

    def answered(**more: Any) -> dict[str, Any]:
        return refusal_of(specialist.post("partner-work", form | more))

    assert absence["version"] == 1
    assert answered(kind="call") == invalid("/kind")
    assert answered(child_id=other["child"]["id"]) == invalid("/meeting_id")
    # In sight of whoever stands in, and still the colleague's.
    assert answered(meeting_id=another["id"]) == invalid("/meeting_id")
    assert answered(meeting_id=str(uuid.uuid4())) == {"type": "not-found"}
    line = done(specialist.post("partner-work", form | {"child_id": family["child"]["id"]}))
    assert refusal_of(specialist.change(f"partner-work/{line['id']}", line, {"kind": "call"})) == invalid("/kind")
    for child_id in (None, other["child"]["id"]):
        changed = specialist.change(f"partner-work/{line['id']}", line, {"child_id": child_id})
        assert refusal_of(changed) == invalid("/meeting_id")
    assert lines(specialist) == [line]


def test_a_line_is_corrected_on_the_version_in_hand(
    house: House, supervisor: Phone, specialist: Phone, family: dict[str, Any]
) -> None:
    begun = clock.now().replace(microsecond=0) - timedelta(days=2)
    line = house.some_work(specialist, started_at=begun.isoformat())
    path = f"partner-work/{line['id']}"

    assert specialist.send("PATCH", path, {"minutes": 5}).status_code == 428
    same = done(specialist.change(path, line, {"minutes": 30, "kind": "call"}))
    assert same == line
    change = {"minutes": 45, "kind": "letter", "with": "Sociālais dienests", "child_id": family["child"]["id"]}
    changed = done(specialist.change(path, line, change))
    assert changed == line | change | {"version": 2}
    stale = specialist.change(path, line, {"minutes": 5})
    assert (stale.status_code, stale.get_json()["current"]) == (412, changed)
    timeless = done(specialist.change(path, changed, {"started_at": None}))
    assert (timeless["day"], timeless["started_at"]) == (line["day"], None)
    moved = done(specialist.change(path, timeless, {"started_at": (begun - timedelta(days=1)).isoformat()}))
    assert moved["day"] == (clock.in_riga(begun).date() - timedelta(days=1)).isoformat()
    elsewhere = done(specialist.change(path, moved, {"day": line["day"], "child_id": None}))
    assert (elsewhere["day"], elsewhere["started_at"], elsewhere["child_id"]) == (line["day"], None, None)
    unseen = specialist.change(path, elsewhere, {"child_id": house.a_child(supervisor)["id"]})
    assert refusal_of(unseen) == {"type": "not-found"}


def test_a_line_withdrawn_counts_no_more_and_stays_as_it_was(specialist: Phone, house: House) -> None:
    line, kept = house.some_work(specialist), house.some_work(specialist, minutes=7)

    withdrawn = done(specialist.act(f"partner-work/{line['id']}/withdraw", line))

    assert withdrawn == line | {"version": 2, "withdrawn_at": withdrawn["withdrawn_at"]}
    assert lines(specialist) == [kept]
    assert total(specialist) == 7
    again = {"type": "partner-work-withdrawn"}
    assert refusal_of(specialist.act(f"partner-work/{line['id']}/withdraw", withdrawn)) == again
    assert refusal_of(specialist.change(f"partner-work/{line['id']}", withdrawn, {"minutes": 5})) == again


def test_two_who_withdraw_and_correct_at_the_same_moment_do_one_after_the_other(
    specialist: Phone, house: House, family: dict[str, Any]
) -> None:
    line = house.some_work(specialist, family["child"])
    path = f"partner-work/{line['id']}"

    answers = at_once(
        lambda: specialist.act(f"{path}/withdraw", line), lambda: specialist.change(path, line, {"minutes": 5})
    )

    assert sorted(answer.status_code for answer in answers) == [200, 412]


def test_about_a_child_a_line_is_seen_like_the_childs_file_and_otherwise_by_the_team_alone(
    house: House, supervisor: Phone, specialist: Phone, colleague: Phone, family: dict[str, Any]
) -> None:
    about, about_none = house.some_work(specialist, family["child"]), house.some_work(specialist)
    other = house.a_supervisor()
    stranger = house.a_specialist(other)

    assert lines(specialist) == lines(supervisor) == [about, about_none]
    assert lines(supervisor, f"?child_id={family['child']['id']}") == [about]
    assert lines(supervisor, f"?specialist_id={colleague.account_id}") == []
    assert [lines(one) for one in (colleague, other, stranger)] == [[], [], []]
    grant = {"reason": "Steidzami", "hours": 1}
    done(stranger.post(f"children/{family['child']['id']}/emergency-grants", grant))
    assert lines(stranger) == [about]
    to = {"to_specialist_id": str(colleague.account_id), "reason": "Atvaļinājums"}
    done(supervisor.act(f"cases/{family['case']['id']}/transfer", family["case"], to))
    assert (lines(specialist), lines(colleague)) == ([about_none], [about])
    assert specialist.change(f"partner-work/{about['id']}", about, {"minutes": 5}).status_code == 404
    assert colleague.change(f"partner-work/{about['id']}", about, {"minutes": 5}).status_code == 404
    # What was worked stays worked.
    assert (total(specialist), total(colleague)) == (60, 0)


def test_lines_come_by_their_day_in_pages_between_two_days(house: House, specialist: Phone) -> None:
    days = ["2025-03-04", "2025-03-02", "2025-03-03", "2025-03-03"]
    made = sorted((house.some_work(specialist, day=day) for day in days), key=lambda one: (one["day"], one["id"]))

    first = done(specialist.get("partner-work?limit=2"))
    rest = done(specialist.get(f"partner-work?limit=2&cursor={first['next']}"))

    assert first["items"] + rest["items"] == made
    assert rest["next"] is None
    assert lines(specialist, "?from=2025-03-03&to=2025-03-03") == made[1:3]
    assert refusal_of(specialist.get("partner-work?from=today")) == invalid("from")


def test_lines_leave_a_trace_of_the_children_they_name(
    house: House, supervisor: Phone, specialist: Phone, family: dict[str, Any]
) -> None:
    child = family["child"]["id"]
    house.sql("DELETE FROM trace")
    line = house.some_work(specialist, family["child"])
    house.some_work(specialist)
    done(specialist.change(f"partner-work/{line['id']}", line, {"minutes": 5}))
    lines(supervisor)

    assert house.looks_of(specialist) == [
        (child, "responsible", "hours.note_work", True),
        (child, "responsible", "hours.change_work", True),
    ]
    assert house.looks_of(supervisor) == [(child, "team", "hours.work", False)]


def test_noting_and_listing_take_the_same_statements_however_many_lines_there_are(
    app: Flask, house: House, specialist: Phone, family: dict[str, Any]
) -> None:
    def counted(call: Any) -> int:
        with statements_of(app) as found:
            call()
        return len(found)

    house.some_work(specialist, family["child"])
    first = [counted(lambda: lines(specialist)), counted(lambda: house.some_work(specialist, family["child"]))]
    house.some_work(specialist, family["child"])

    again = [counted(lambda: lines(specialist)), counted(lambda: house.some_work(specialist, family["child"]))]

    assert again == first
    # Who asks, the lines, the trace; who asks, the child held and looked at again, the line, the trace.
    assert first == [3, 5]


def erase(worker_app: Flask, child: dict[str, Any]) -> None:
    with worker_app.app_context(), transaction():
        assert rows("SELECT erase_child(:child) AS erased", child=child["id"])[0]["erased"]


def test_a_childs_archive_holds_the_lines_about_it_and_no_others(
    house: House, specialist: Phone, family: dict[str, Any], owner_app: Flask
) -> None:
    line = house.some_work(specialist, family["child"], note="Par Annu")
    house.some_work(specialist, note="Par citu")

    with owner_app.app_context(), transaction():
        held = export.held_about_child(uuid.UUID(family["child"]["id"]))["partner_work"]

    assert [(one["id"], one["note"]) for one in held] == [(line["id"], "Par Annu")]


def test_words_go_with_the_child_and_minutes_stay(
    house: House, supervisor: Phone, specialist: Phone, family: dict[str, Any], worker_app: Flask
) -> None:
    more = {"with": "Skolotāja Izdomāta", "note": "Par Annu"}
    house.some_work(specialist, family["child"], **more)
    house.some_work(specialist, minutes=7, **more)
    closing = {"reason": "goal_reached", "outcome": "Labs"}
    done(supervisor.act(f"cases/{family['case']['id']}/close", family["case"], closing))

    erase(worker_app, family["child"])

    found = house.sql(
        "SELECT minutes, with_whom IS NULL AND note IS NULL AS silent FROM partner_work ORDER BY minutes"
    )
    assert found == [{"minutes": 7, "silent": False}, {"minutes": 30, "silent": True}]
    assert done(supervisor.get("hours"))["total"]["partners_minutes"] == 37


def test_words_about_no_child_go_when_their_time_is_over(
    house: House, specialist: Phone, family: dict[str, Any], worker_app: Flask
) -> None:
    old, young = clock.today() - timedelta(days=731), clock.today() - timedelta(days=729)
    for day in (old, young):
        house.some_work(specialist, day=day.isoformat(), note="Vārdi")
    house.some_work(specialist, family["child"], day=old.isoformat(), note="Vārdi")

    with worker_app.app_context(), transaction():
        dropped = {run["kind"]: run["affected"] for run in drop_what_is_over()}

    assert dropped["partner_work"] == 1
    silent = "SELECT day, child_id IS NULL AS about_none FROM partner_work WHERE note IS NULL"
    assert house.sql(silent) == [{"day": old, "about_none": True}]
