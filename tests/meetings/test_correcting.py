"""What was recorded about a meeting is corrected for some days, then only added to; the database holds on to it."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from bas_service import clock
from bas_service.meetings.rules import EARLIEST_START
from tests.builders import House, at
from tests.callers import Phone, at_once, done, invalid, refusal_of

ALL_THE_SAME = {"unannounced_reason": "Arranged by telephone"}
WAY_TO = {
    "planned": [],
    "under_way": [("start", ALL_THE_SAME)],
    "held": [("start", ALL_THE_SAME), ("finish", {"summary": "We talked"})],
    "cancelled": [("cancel", {"reason": "child_ill"})],
    "missed": [("miss", {"reason": "child_ill"})],
}


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
    """A meeting whose time has come, in a state."""
    meeting = house.a_meeting(specialist, child)
    house.sql(
        "UPDATE meetings SET starts_at = :start, ends_at = :start + interval '90 minutes'",
        start=clock.now() - timedelta(minutes=1),
    )
    for action, form in WAY_TO[state]:
        meeting = done(specialist.act(f"meetings/{meeting['id']}/{action}", meeting, form))
    return done(specialist.get(f"meetings/{meeting['id']}"))


def z(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def finished_days_ago(house: House, days: int) -> None:
    house.sql(
        "UPDATE meeting_events SET at = at - :days * interval '1 day' WHERE step = 'finished'",
        days=days,
    )


def test_what_was_recorded_is_corrected_and_the_history_keeps_what_it_said(
    house: House, specialist: Phone, supervisor: Phone, child: dict[str, Any]
) -> None:
    meeting = in_state(house, specialist, child, "held")
    form = {"summary": "We listened", "child_opinion": "Well", "representative_present": True}

    corrected = done(supervisor.act(f"meetings/{meeting['id']}/correct", meeting, form))

    assert corrected == meeting | form | {"version": meeting["version"] + 1}
    step = done(specialist.get(f"meetings/{meeting['id']}/history"))["items"][-1]
    assert (step["step"], step["by"]["id"]) == ("corrected", str(supervisor.account_id))
    assert step["changes"] == [
        {"member": "representative_present", "from": None, "to": True},
        {"member": "summary", "from": "We talked", "to": "We listened"},
        {"member": "child_opinion", "from": None, "to": "Well"},
    ]
    unchanged = done(supervisor.act(f"meetings/{meeting['id']}/correct", corrected, form))
    assert unchanged == corrected


@pytest.mark.parametrize("state", WAY_TO)
def test_only_a_meeting_that_was_held_is_corrected_and_only_one_that_is_over_added_to(
    house: House, specialist: Phone, child: dict[str, Any], state: str
) -> None:
    meeting = in_state(house, specialist, child, state)
    unfit = {"type": "meeting-state-unfit", "state": state}

    added = specialist.post(f"meetings/{meeting['id']}/additions", {"text": "One thing more"})
    now = done(specialist.get(f"meetings/{meeting['id']}"))
    corrected = specialist.act(f"meetings/{meeting['id']}/correct", now, {"summary": "Another"})

    assert added.status_code == 201 if state in {"held", "cancelled", "missed"} else refusal_of(added) == unfit
    assert done(corrected)["summary"] == "Another" if state == "held" else refusal_of(corrected) == unfit


@pytest.mark.parametrize(("days", "may"), [(7, True), (8, False)])
def test_after_the_policys_days_a_meeting_is_only_added_to(
    house: House, specialist: Phone, child: dict[str, Any], days: int, may: bool
) -> None:
    meeting = in_state(house, specialist, child, "held")
    finished_days_ago(house, days)

    answer = specialist.act(f"meetings/{meeting['id']}/correct", meeting, {"summary": "Another"})

    if may:
        done(answer)
        return
    assert refusal_of(answer) == {"type": "correction-too-late", "days": 7}
    addition = done(specialist.post(f"meetings/{meeting['id']}/additions", {"text": "It was otherwise"}))
    assert done(specialist.get(f"meetings/{meeting['id']}"))["additions"] == [addition]
    house.a_meeting_policy(house.a_coordinator(), correction_days=30)
    now = done(specialist.get(f"meetings/{meeting['id']}"))
    done(specialist.act(f"meetings/{meeting['id']}/correct", now, {"summary": "Another"}))


def test_correcting_the_times_does_not_prolong_the_days_for_corrections(
    house: House, specialist: Phone, child: dict[str, Any]
) -> None:
    meeting = in_state(house, specialist, child, "held")
    finished_days_ago(house, 7)
    corrected = done(specialist.act(f"meetings/{meeting['id']}/correct", meeting, {"ended_at": z(clock.now())}))
    finished_days_ago(house, 1)

    answer = specialist.act(f"meetings/{meeting['id']}/correct", corrected, {"ended_at": z(clock.now())})

    assert refusal_of(answer) == {"type": "correction-too-late", "days": 7}


@pytest.mark.parametrize(
    ("form", "places"),
    [
        ({"started_at": "+1"}, ["/ended_at"]),
        ({"ended_at": "+1"}, ["/ended_at"]),
        ({"started_at": None}, ["/started_at"]),
        ({"representative_present": "yes"}, ["/representative_present"]),
        ({"summary": " "}, ["/summary"]),
        ({"state": "planned"}, ["/state"]),
        ({"starts_at": "+1"}, ["/starts_at"]),
        ({"reason": " "}, ["/reason"]),
        ({"started_at": "2016-11-01T10:00:00Z"}, ["/started_at"]),
    ],
)
def test_a_correction_that_makes_no_sense_is_refused(
    house: House, specialist: Phone, child: dict[str, Any], form: dict[str, Any], places: list[str]
) -> None:
    meeting = in_state(house, specialist, child, "held")
    spelled = {name: z(clock.now() + timedelta(hours=1)) if value == "+1" else value for name, value in form.items()}

    assert refusal_of(specialist.act(f"meetings/{meeting['id']}/correct", meeting, spelled)) == invalid(*places)
    assert done(specialist.get(f"meetings/{meeting['id']}")) == meeting


def test_a_start_is_corrected_to_two_days_before_the_plan_at_the_earliest(
    house: House, specialist: Phone, child: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    meeting = in_state(house, specialist, child, "held")
    monkeypatch.setattr("bas_service.meetings.rules.EARLIEST_START", EARLIEST_START)
    path, earliest = (
        f"meetings/{meeting['id']}/correct",
        datetime.fromisoformat(meeting["starts_at"]) - EARLIEST_START,
    )

    too_early = specialist.act(path, meeting, {"started_at": z(earliest - timedelta(seconds=1))})
    assert refusal_of(too_early) == invalid("/started_at")
    assert too_early.get_json()["errors"][0]["detail"] == "This is more than 48 h before the planned time."
    corrected = done(specialist.act(path, meeting, {"started_at": z(earliest)}))
    # What was recorded earlier than that, before it was refused, keeps nobody from correcting the rest.
    house.sql("UPDATE meetings SET started_at = started_at - interval '1 day'")
    done(specialist.act(path, corrected, {"summary": "We listened"}))


@pytest.mark.parametrize("state", ["cancelled", "missed"])
def test_a_wrong_reason_is_corrected_within_the_policys_days(
    house: House, specialist: Phone, supervisor: Phone, child: dict[str, Any], state: str
) -> None:
    meeting = in_state(house, specialist, child, state)
    path = f"meetings/{meeting['id']}/correct"

    for form, places in (({"reason": "unheard_of"}, ["/reason"]), ({"reason": "other"}, ["/note"])):
        assert refusal_of(specialist.act(path, meeting, form)) == invalid(*places)
    unfit = {"type": "meeting-state-unfit", "state": state}
    assert refusal_of(specialist.act(path, meeting, {"reason": "other", "summary": "No"})) == unfit
    corrected = done(supervisor.act(path, meeting, {"reason": "other", "note": "The bus broke down"}))
    assert corrected == meeting | {
        "reason": "other",
        "state_reason": "The bus broke down",
        "version": meeting["version"] + 1,
    }
    # The same once more is no step, and nobody is told anything.
    assert done(specialist.act(path, corrected, {"reason": "other"})) == corrected
    step = done(specialist.get(f"meetings/{meeting['id']}/history"))["items"][-1]
    assert (step["step"], step["by"]["id"]) == ("corrected", str(supervisor.account_id))
    assert {one["member"]: (one["from"], one["to"]) for one in step["changes"]} == {
        "reason": ("child_ill", "other"),
        "state_reason": (None, "The bus broke down"),
    }
    house.sql("UPDATE meeting_events SET at = at - interval '8 days'")
    late = specialist.act(path, corrected, {"reason": "child_ill"})
    assert refusal_of(late) == {"type": "correction-too-late", "days": 7}


def test_a_reason_that_the_service_gave_stays(house: House, specialist: Phone, child: dict[str, Any]) -> None:
    meeting = in_state(house, specialist, child, "cancelled")
    house.sql("UPDATE meetings SET reason = 'case_closed'")

    answer = specialist.act(f"meetings/{meeting['id']}/correct", meeting, {"reason": "child_ill"})

    assert refusal_of(answer) == {"type": "meeting-state-unfit", "state": "cancelled"}


def test_one_that_was_held_has_no_reason_to_correct(house: House, specialist: Phone, child: dict[str, Any]) -> None:
    meeting = in_state(house, specialist, child, "held")

    answer = specialist.act(f"meetings/{meeting['id']}/correct", meeting, {"reason": "child_ill"})

    assert refusal_of(answer) == {"type": "meeting-state-unfit", "state": "held"}


def test_no_corrected_start_makes_an_announcement_one_in_time(
    house: House, specialist: Phone, child: dict[str, Any]
) -> None:
    meeting = in_state(house, specialist, child, "under_way")
    house.hand_over_messages()
    held = done(specialist.act(f"meetings/{meeting['id']}/finish", meeting, {}))
    path = f"meetings/{meeting['id']}/correct"

    later = done(specialist.act(path, held, {"started_at": held["ended_at"]}))
    again = done(specialist.act(path, later, {"started_at": z(clock.now()), "ended_at": z(clock.now())}))

    assert [one["announced_in_time"] for one in (held, later, again)] == [False, False, False]
    assert later["started_at"] == held["ended_at"]


def test_a_start_corrected_to_before_the_announcement_takes_the_claim_back(
    house: House, specialist: Phone, child: dict[str, Any]
) -> None:
    meeting = in_state(house, specialist, child, "planned")
    house.hand_over_messages()
    started = done(specialist.act(f"meetings/{meeting['id']}/start", meeting, {}))
    held = done(specialist.act(f"meetings/{meeting['id']}/finish", started, {}))

    earlier = z(clock.now() - timedelta(hours=1))
    corrected = done(specialist.act(f"meetings/{meeting['id']}/correct", held, {"started_at": earlier}))

    assert (held["announced_in_time"], corrected["announced_in_time"]) == (True, False)


def test_additions_stand_with_the_meeting_in_their_order_by_whom_they_were_written(
    house: House, specialist: Phone, supervisor: Phone, child: dict[str, Any]
) -> None:
    meeting = in_state(house, specialist, child, "missed")
    path, form = f"meetings/{meeting['id']}/additions", {"id": str(uuid.uuid4()), "text": "He called\nat night"}

    first = done(specialist.post(path, form))
    second = done(supervisor.post(path, {"text": "Read", "on_phone_at": at(clock.now())}))

    assert first == {
        "id": form["id"],
        "text": form["text"],
        "at": first["at"],
        "by": {"id": str(specialist.account_id), "name": first["by"]["name"]},
    }
    assert done(specialist.post(path, form)) == first
    assert refusal_of(specialist.post(path, form | {"text": "Other"})) == {"type": "id-already-used"}
    shown = done(specialist.get(f"meetings/{meeting['id']}"))
    assert (shown["additions"], shown["version"]) == ([first, second], meeting["version"] + 2)
    assert done(specialist.get("meetings"))["items"] == [shown]
    steps = done(specialist.get(f"meetings/{meeting['id']}/history"))["items"]
    assert [(one["step"], one["text"]) for one in steps[-2:]] == [
        ("added_to", form["text"]),
        ("added_to", "Read"),
    ]
    kept = house.sql("SELECT words FROM meeting_events WHERE words IS NOT NULL ORDER BY version")
    assert house.opened(kept[1]["words"], "meeting_events.words") == "Read"


def test_many_who_add_at_once_all_do(house: House, specialist: Phone, child: dict[str, Any]) -> None:
    meeting = in_state(house, specialist, child, "held")
    path = f"meetings/{meeting['id']}/additions"

    answers = at_once(*[lambda number=number: specialist.post(path, {"text": f"{number}"}) for number in range(4)])

    assert [answer.status_code for answer in answers] == [201] * 4
    shown = done(specialist.get(f"meetings/{meeting['id']}"))
    assert {one["text"] for one in shown["additions"]} == {"0", "1", "2", "3"}
    assert shown["version"] == meeting["version"] + 4


# What the database itself refuses to the application.


@pytest.mark.parametrize(
    ("state", "change"),
    [
        *((state, "note = 'x'") for state in ("under_way", "held", "cancelled", "missed")),
        *((state, "starts_at = starts_at, summary = 'x'") for state in ("held", "cancelled", "missed")),
        *((state, "reason = 'other'") for state in ("under_way", "held", "cancelled", "missed")),
        *((state, "representative_present = true") for state in ("held", "cancelled", "missed")),
        *((state, "version = version - 1") for state in ("under_way", "held", "cancelled", "missed")),
        ("under_way", "started_at = now() - interval '1 hour'"),
        ("under_way", "had_to_be_told = '{}'"),
        ("under_way", "unannounced_reason = NULL"),
        ("held", "ended_at = now()"),
        ("held", "telling = telling + 1"),
    ],
)
def test_what_happened_is_not_changed_in_the_database_either(
    house: House, specialist: Phone, child: dict[str, Any], state: str, change: str
) -> None:
    in_state(house, specialist, child, state)

    with house.asking(specialist) as sql, pytest.raises(IntegrityError) as refused:
        sql.execute(text(f"UPDATE meetings SET {change}"))

    assert refused.value.orig.diag.constraint_name == "meetings_stay_as_told"
    with house.asking(specialist) as sql:
        assert sql.execute(text("UPDATE meetings SET version = version + 1")).rowcount == 1


CORRECTION = """
    INSERT INTO meeting_events (id, meeting_id, child_id, version, step, at)
    SELECT gen_random_uuid(), id, child_id, version + 1, 'corrected', now() FROM meetings
"""


@pytest.mark.parametrize(
    ("change", "may"),
    [
        ("summary = 'x'", True),
        ("started_at = started_at - interval '1 hour', earliest_started_at = started_at - interval '1 hour'", True),
        ("started_at = ended_at, earliest_started_at = started_at", True),
        # Without the moment by which an announcement is judged, or with a later one.
        ("started_at = started_at - interval '1 hour'", False),
        ("started_at = ended_at, earliest_started_at = ended_at", False),
        ("note = 'x'", False),
        ("state_reason = 'x'", False),
    ],
)
def test_with_a_line_in_its_history_a_held_meeting_is_corrected_and_nothing_else(
    house: House, specialist: Phone, child: dict[str, Any], change: str, may: bool
) -> None:
    in_state(house, specialist, child, "held")

    with house.asking(specialist) as sql:
        sql.execute(text(CORRECTION))
        if may:
            assert sql.execute(text(f"UPDATE meetings SET version = version + 1, {change}")).rowcount == 1
        else:
            with pytest.raises(IntegrityError) as refused:
                sql.execute(text(f"UPDATE meetings SET version = version + 1, {change}"))
            assert refused.value.orig.diag.constraint_name == "meetings_stay_as_told"


@pytest.mark.parametrize(
    ("state", "version", "may"), [("planned", 1, True), ("planned", 2, False), ("cancelled", 2, False)]
)
def test_a_meeting_enters_the_database_planned(
    house: House, specialist: Phone, child: dict[str, Any], state: str, version: int, may: bool
) -> None:
    house.a_meeting(specialist, child)
    insert = text(
        "INSERT INTO meetings (id, child_id, case_id, specialist_id, kind, state, starts_at, ends_at,"
        " expected_minutes, place_type, transport, telling, version, created_at)"
        " SELECT gen_random_uuid(), child_id, case_id, specialist_id, kind, :state, starts_at + interval '9 days',"
        " ends_at + interval '9 days', expected_minutes, 'office', 'none', 1, :version, now() FROM meetings"
    )

    with house.asking(specialist) as sql:
        if may:
            assert sql.execute(insert, {"state": state, "version": version}).rowcount == 1
        else:
            with pytest.raises(IntegrityError) as refused:
                sql.execute(insert, {"state": state, "version": version})
            assert refused.value.orig.diag.constraint_name == "meetings_skip_no_state"


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM meetings",
        "DELETE FROM meeting_events",
        "UPDATE meeting_events SET at = now()",
        "INSERT INTO meeting_events (id, meeting_id, child_id, version, step, at, account_id)"
        " SELECT gen_random_uuid(), id, child_id, 99, 'added_to', now(), specialist_id FROM meetings",
    ],
)
def test_nothing_of_a_history_is_changed_removed_or_written_in_anothers_name(
    house: House, specialist: Phone, child: dict[str, Any], statement: str
) -> None:
    in_state(house, specialist, child, "held")

    with house.asking(specialist) as sql, pytest.raises(DBAPIError) as refused:
        sql.execute(text(statement))

    assert refused.value.orig.sqlstate == "42501"


def test_whose_step_it_was_is_filled_in_by_the_database(
    house: House, specialist: Phone, supervisor: Phone, child: dict[str, Any]
) -> None:
    in_state(house, specialist, child, "held")

    with house.asking(supervisor) as sql:
        sql.execute(text(CORRECTION))
        who = sql.execute(text("SELECT account_id FROM meeting_events ORDER BY version DESC LIMIT 1")).scalar()

    assert who == supervisor.account_id
