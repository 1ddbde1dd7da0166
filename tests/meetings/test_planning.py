"""Planning a meeting, and everything that is refused on the way (D5, D6, D7)."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from bas_service import clock
from tests.builders import House, at, soon
from tests.callers import Phone, done, invalid, refusal_of
from tests.tables import statements_of

TO_A_DOCTOR = {"institution": "Rīgas 1. slimnīca", "purpose": "A talk with the doctor"}
BASIS = {"reason": "Custody interrupted", "basis": "Decision 7"}


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


def z(moment: Any) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def test_a_session_is_planned_with_the_least(house: House, specialist: Phone, family: dict[str, Any]) -> None:
    start = soon()
    form = {
        "child_id": family["child"]["id"],
        "kind": "session",
        "starts_at": at(start),
        "expected_minutes": 45,
        "place": {"type": "office"},
    }

    answer = specialist.post("meetings", form)

    meeting = done(answer)
    (announcement,) = meeting["announcements"]
    assert (answer.status_code, answer.headers["ETag"]) == (201, '"1"')
    assert uuid.UUID(meeting["id"]).version == 7
    assert meeting == {
        "id": meeting["id"],
        "child_id": family["child"]["id"],
        "case_id": family["case"]["id"],
        "series_id": None,
        "series_day": None,
        "specialist_id": str(specialist.account_id),
        "kind": "session",
        "state": "planned",
        "starts_at": z(start),
        "ends_at": z(start + timedelta(minutes=45)),
        "expected_minutes": 45,
        "place": {"type": "office", "name": None, "address": None},
        "transport": "none",
        "accompaniment": None,
        "note": None,
        "announced_in_time": None,
        "announcements": [
            {
                "id": announcement["id"],
                "representative_id": family["representative"]["id"],
                "channel": "sms",
                "reason": "planned",
                "state": "queued",
                "text": announcement["text"],
                "parts": announcement["parts"],
                "replaces_id": None,
                "created_at": announcement["created_at"],
                "handed_over_at": None,
                "delivered_at": None,
                "confirmed_at": None,
            }
        ],
        "told_otherwise": [],
        "warnings": [],
        "freer_days": [],
        "started_at": None,
        "ended_at": None,
        "unannounced_reason": None,
        "reason": None,
        "state_reason": None,
        "short_notice_reason": None,
        "is_first": True,
        "representative_present": None,
        "additions": [],
        "summary": None,
        "child_opinion": None,
        "created_at": meeting["created_at"],
        "version": 1,
    }
    assert done(specialist.get(f"meetings/{meeting['id']}")) == meeting


def test_an_accompaniment_is_planned_with_everything(
    house: House, supervisor: Phone, specialist: Phone, family: dict[str, Any]
) -> None:
    house.a_consent(supervisor, family["representative"])
    form = {
        "id": str(uuid.uuid4()),
        "child_id": family["child"]["id"],
        "kind": "accompaniment",
        "starts_at": at(soon()),
        "expected_minutes": 120,
        "place": {"type": "on_the_way", "name": "Ar autobusu", "address": "Rīga – Ogre"},
        "transport": "public_transport",
        "accompaniment": TO_A_DOCTOR,
        "note": "Bring the papers\nand a book",
    }

    meeting = done(specialist.post("meetings", form))

    assert {name: meeting[name] for name in form} == form | {"starts_at": z(soon())}


def test_a_supervisor_plans_for_the_specialist_who_is_responsible(
    house: House, supervisor: Phone, specialist: Phone, family: dict[str, Any]
) -> None:
    meeting = house.a_meeting(supervisor, family["child"])

    assert meeting["specialist_id"] == str(specialist.account_id)
    assert done(specialist.get(f"meetings/{meeting['id']}")) == meeting


@pytest.mark.parametrize(
    "place",
    [
        {"type": "office"},
        {"type": "home"},
        {"type": "remote"},
        {"type": "address", "name": "Bibliotēka"},
        {"type": "address", "address": "Brīvības iela 1"},
        {"type": "on_the_way", "name": "Ar autobusu"},
        {"type": "office", "name": "Ogre", "address": "Brīvības iela 1"},
        {"type": "home", "name": None, "address": None},
    ],
    ids=lambda place: "-".join(place),
)
def test_a_meeting_may_be_at_any_kind_of_place(
    house: House, specialist: Phone, family: dict[str, Any], place: dict[str, Any]
) -> None:
    meeting = house.a_meeting(specialist, family["child"], place=place)

    assert meeting["place"] == {"name": None, "address": None} | place


WRONG = [
    ({"starts_at": at(soon(hours=-1))}, ["/starts_at"]),
    ({"starts_at": at(soon(hours=24 * 367))}, ["/starts_at"]),
    ({"starts_at": "2026-03-02T15:00:00"}, ["/starts_at"]),
    ({"starts_at": None}, ["/starts_at"]),
    ({"expected_minutes": 4}, ["/expected_minutes"]),
    ({"expected_minutes": 1441}, ["/expected_minutes"]),
    ({"expected_minutes": -60}, ["/expected_minutes"]),
    ({"expected_minutes": 60.5}, ["/expected_minutes"]),
    ({"expected_minutes": "60"}, ["/expected_minutes"]),
    ({"expected_minutes": True}, ["/expected_minutes"]),
    ({"place": None}, ["/place"]),
    ({"place": {}}, ["/place/type"]),
    ({"place": {"type": "moon"}}, ["/place/type"]),
    ({"place": {"type": "address"}}, ["/place/name"]),
    ({"place": {"type": "on_the_way", "name": None, "address": None}}, ["/place/name"]),
    ({"place": {"type": "address", "name": " "}}, ["/place/name"]),
    ({"place": {"type": "office", "floor": 2}}, ["/place/floor"]),
    ({"place": "office"}, ["/place"]),
    ({"kind": "party"}, ["/kind"]),
    ({"kind": "accompaniment"}, ["/accompaniment"]),
    ({"kind": "accompaniment", "accompaniment": {"institution": "School"}}, ["/accompaniment/purpose"]),
    ({"accompaniment": TO_A_DOCTOR}, ["/accompaniment"]),
    ({"transport": "rocket"}, ["/transport"]),
    ({"note": ""}, ["/note"]),
    ({"note": "x" * 10_001}, ["/note"]),
    ({"note": "a\u0000b"}, ["/note"]),
    ({"child_id": None}, ["/child_id"]),
    ({"specialist_id": "0190aaaa-0000-7000-8000-000000000001"}, ["/specialist_id"]),
    ({"state": "held"}, ["/state"]),
    ({"ends_at": "2026-03-02T15:00:00Z"}, ["/ends_at"]),
]


# Named by the members alone: some values are made anew in each process that collects the tests.
@pytest.mark.parametrize(("change", "places"), WRONG, ids=lambda value: "-".join(value).replace("/", "."))
def test_a_meeting_of_another_shape_is_not_planned_and_nobody_is_told(
    house: House, specialist: Phone, family: dict[str, Any], change: dict[str, Any], places: list[str]
) -> None:
    assert refusal_of(specialist.post("meetings", house.meeting_form(family["child"]) | change)) == invalid(*places)
    assert house.sql("SELECT * FROM messages") == []
    assert done(specialist.get("meetings"))["items"] == []
    house.a_meeting(specialist, family["child"])


def test_several_things_wrong_are_all_named(house: House, specialist: Phone, family: dict[str, Any]) -> None:
    form = house.meeting_form(family["child"], kind="party", place={"type": "moon", "name": 7}, expected_minutes=0)

    assert refusal_of(specialist.post("meetings", form)) == invalid(
        "/expected_minutes", "/kind", "/place/name", "/place/type"
    )


@pytest.mark.parametrize("minutes", [5, 60.0, 1440])
def test_a_duration_is_a_whole_number_of_minutes_up_to_a_day(
    house: House, specialist: Phone, family: dict[str, Any], minutes: float
) -> None:
    assert house.a_meeting(specialist, family["child"], expected_minutes=minutes)["expected_minutes"] == minutes


def test_without_an_open_case_nothing_is_planned(house: House, supervisor: Phone, specialist: Phone) -> None:
    child = house.a_child(supervisor)

    assert refusal_of(supervisor.post("meetings", house.meeting_form(child))) == {"type": "no-open-case"}
    house.a_case(supervisor, child, specialist)
    house.a_meeting(supervisor, child)


def test_a_child_of_somebody_else_or_of_nobody_is_not_there(
    house: House, supervisor: Phone, specialist: Phone, family: dict[str, Any]
) -> None:
    colleague = house.a_specialist(supervisor)

    for nobody, child in ((colleague, family["child"]), (specialist, {"id": str(uuid.uuid4())})):
        assert refusal_of(nobody.post("meetings", house.meeting_form(child))) == {"type": "not-found"}
    house.a_meeting(specialist, family["child"])


def test_nobody_to_tell_is_a_warning(house: House, supervisor: Phone, specialist: Phone) -> None:
    child = house.a_child(supervisor)
    house.a_case(supervisor, child, specialist)

    meeting = house.a_meeting(specialist, child)

    assert (meeting["warnings"], meeting["announcements"]) == (["no-reachable-representative"], [])
    house.a_representative(supervisor, child)
    later = house.a_meeting(specialist, child, starts_at=at(soon(hours=48)))
    assert (later["warnings"], len(later["announcements"])) == ([], 1)
    assert done(specialist.get(f"meetings/{later['id']}"))["warnings"] == []


def test_one_of_two_who_is_reached_by_email_only_is_a_warning_while_nobody_sends_any(
    house: House, supervisor: Phone, specialist: Phone, family: dict[str, Any]
) -> None:
    house.nobody_carries("email")
    house.a_representative(supervisor, family["child"], channels=["email"], email="tetis@example.lv", phone=None)

    meeting = house.a_meeting(specialist, family["child"])

    assert meeting["warnings"] == ["no-reachable-representative"]
    assert [one["representative_id"] for one in meeting["announcements"]] == [family["representative"]["id"]]


@pytest.mark.parametrize(("minutes", "warnings"), [(59, ["short-notice"]), (62, [])])
def test_less_than_an_hour_ahead_is_short_notice(
    house: House, specialist: Phone, family: dict[str, Any], minutes: int, warnings: list[str]
) -> None:
    start = clock.now() + timedelta(minutes=minutes)

    assert house.a_meeting(specialist, family["child"], starts_at=at(start))["warnings"] == warnings


@pytest.mark.parametrize("about", [{}, {"accompaniment": TO_A_DOCTOR}])
def test_planning_takes_few_statements_however_many_are_told(
    house: House, app: Flask, supervisor: Phone, specialist: Phone, family: dict[str, Any], about: dict[str, Any]
) -> None:
    """Whom, when and where, and where to: the rest the service knows."""
    mother = family["representative"]
    both = {"channels": ["sms", "email"], "email": "mate@example.com"}
    done(supervisor.change(f"representatives/{mother['id']}", mother, both))
    house.a_consent(supervisor, mother)
    counted = []
    for hours in (24, 48):
        form = {"child_id": family["child"]["id"], "starts_at": at(soon(hours=hours)), "place": {"type": "office"}}
        done(specialist.get("me"))
        with statements_of(app) as statements:
            planned = done(specialist.post("meetings", form | about | {"id": str(uuid.uuid4())}))
        counted.append(len(statements))
        assert (planned["expected_minutes"], planned["warnings"]) == (60, [])
        # The third one by e-mail first.
        for channels in (["sms"], ["email"]):
            house.a_representative(supervisor, family["child"], channels=channels, email="tetis@example.com")

    # Who asks; remember the request; hold the child; look again, with parties, policy, absence, the child's week,
    # earlier meetings and consents; the meeting with its history; whom to tell; the messages; the announcements; the
    # view; what was answered; the trace.
    assert counted == [11, 11]
