"""Planning again takes three taps: places, duration, time and transport come from what was (D24, D28)."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from bas_service import clock
from tests.builders import House, at, soon
from tests.callers import Phone, done, refusal_of
from tests.tables import statements_of

LIBRARY = {"type": "address", "name": "Bibliotēka", "address": "Brīvības iela 1, Rīga"}
PARK = {"type": "address", "name": "Parks", "address": None}
OFFICE = {"type": "office", "name": None, "address": None}
DOCTOR = {"institution": "Rīgas 1. slimnīca", "purpose": "Saruna ar ārstu"}


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
def child(family: dict[str, Any]) -> dict[str, Any]:
    """Its child."""
    return family["child"]


def suggested(phone: Phone, child: dict[str, Any]) -> dict[str, Any]:
    return done(phone.get(f"children/{child['id']}/planning"))


def held(
    house: House, by: Phone, child: dict[str, Any], *, days: int, took: int | None = None, hours: int = 3, **more: Any
) -> dict[str, Any]:
    """A meeting held so many days ago, which really took so many minutes."""
    meeting = house.a_meeting(by, child, starts_at=at(soon(hours=hours)), **more)
    meeting = done(by.act(f"meetings/{meeting['id']}/start", meeting, {"unannounced_reason": "Steidzami"}))
    meeting = done(by.act(f"meetings/{meeting['id']}/finish", meeting, {}))
    house.sql(
        "UPDATE meetings SET starts_at = starts_at - :ago, ends_at = ends_at - :ago, started_at = started_at - :ago,"
        " ended_at = started_at - :ago + :took WHERE id = :id",
        ago=timedelta(days=days, hours=hours),
        took=timedelta(minutes=took or meeting["expected_minutes"]),
        id=meeting["id"],
    )
    return meeting


def test_of_a_child_never_met_little_is_known(house: House, specialist: Phone, child: dict[str, Any]) -> None:
    assert suggested(specialist, child) == {
        "child_id": child["id"],
        "kind": "session",
        "expected_minutes": 60,
        "transport": "none",
        "weekday": None,
        "time": None,
        "starts_at": None,
        "places": [
            {
                "place": OFFICE,
                "because": "office",
                "kind": "session",
                "accompaniment": None,
                "consent": None,
                "expected_minutes": 60,
                "transport": "none",
                "times": 0,
                "last_at": None,
            }
        ],
    }


def test_home_and_school_are_suggested_once_they_are_recorded(
    house: House, supervisor: Phone, specialist: Phone, child: dict[str, Any]
) -> None:
    known = {"home_address": "Meža iela 5, Ogre", "school": "Izdomātā pamatskola"}
    changed = done(specialist.change(f"children/{child['id']}", child | {"version": 1}, known))
    assert {name: changed[name] for name in known} == known
    other = house.a_family(supervisor, specialist)["child"]
    house.a_meeting(specialist, other, place={"type": "office", "name": "Centrs", "address": "Ventspils iela 53"})

    places = [(one["because"], one["place"]) for one in suggested(specialist, child)["places"]]

    assert places == [
        ("home", {"type": "home", "name": None, "address": "Meža iela 5, Ogre"}),
        ("school", {"type": "address", "name": "Izdomātā pamatskola", "address": None}),
        ("office", {"type": "office", "name": "Centrs", "address": "Ventspils iela 53"}),
    ]
    for number, (_, place) in enumerate(places):
        house.a_meeting(specialist, child, starts_at=at(soon(hours=200 + 24 * number)), place=place)
    assert [one["because"] for one in suggested(specialist, child)["places"]] == ["earlier"] * 3


def test_places_come_by_how_often_and_how_lately_they_were_used(
    house: House, specialist: Phone, child: dict[str, Any]
) -> None:
    for days in (200, 190, 180):
        held(house, specialist, child, days=days, place=PARK)
    held(house, specialist, child, days=7, place=LIBRARY, transport="on_foot")

    found = suggested(specialist, child)["places"]

    assert [(one["place"], one["times"], one["transport"]) for one in found] == [
        (LIBRARY, 1, "on_foot"),
        (PARK, 3, "none"),
        (OFFICE, 0, "none"),
    ]
    for days in (3, 5):
        held(house, specialist, child, days=days, place={"type": "address", "name": "PARKS"})
    assert [(one["place"]["name"], one["times"]) for one in suggested(specialist, child)["places"]][:1] == [
        ("PARKS", 5)
    ]


def test_the_duration_is_the_middle_of_those_held_there(
    house: House, specialist: Phone, child: dict[str, Any]
) -> None:
    for days, took in ((9, 50), (8, 57), (7, 600)):
        held(house, specialist, child, days=days, took=took, place=PARK)
    # Begun and ended in one go, afterwards: how long it was to take is believed instead.
    held(house, specialist, child, days=6, took=1, place=LIBRARY, expected_minutes=120)

    by_place = {one["place"]["name"]: one["expected_minutes"] for one in suggested(specialist, child)["places"]}

    assert by_place == {"Parks": 55, "Bibliotēka": 120, None: 90}
    assert suggested(specialist, child)["expected_minutes"] == 90

    def planned(**more: Any) -> int:
        form = {"child_id": child["id"], "starts_at": at(soon(hours=100 + len(more["place"]))), **more}
        meeting = done(specialist.post("meetings", form))
        done(specialist.act(f"meetings/{meeting['id']}/cancel", meeting, {"reason": "child_ill"}))
        return meeting["expected_minutes"]

    assert planned(place={"type": "address", "name": "parks"}) == 55
    assert planned(place=LIBRARY) == 120
    assert planned(place={"type": "remote"}) == 90
    assert planned(place=PARK, expected_minutes=15) == 15


def test_the_usual_weekday_and_time_and_the_next_such_day(
    house: House, specialist: Phone, child: dict[str, Any]
) -> None:
    for days in (21, 14, 7):
        held(house, specialist, child, days=days)
    held(house, specialist, child, days=2, hours=5)
    house.sql(
        "UPDATE meetings SET starts_at = date_trunc('hour', starts_at),"
        " ends_at = date_trunc('hour', starts_at) + (ends_at - starts_at)"
    )
    usual = clock.in_riga(clock.now() - timedelta(days=7)).replace(minute=0)

    found = suggested(specialist, child)

    assert (found["weekday"], found["time"]) == (usual.isoweekday(), usual.strftime("%H:%M"))
    next_one = clock.in_riga(datetime.fromisoformat(found["starts_at"]))
    assert (next_one.isoweekday(), next_one.strftime("%H:%M")) == (found["weekday"], found["time"])
    assert clock.now() < next_one <= clock.now() + timedelta(days=8)
    house.a_meeting(specialist, child, starts_at=found["starts_at"])
    again = datetime.fromisoformat(suggested(specialist, child)["starts_at"])
    assert clock.in_riga(again).date() - next_one.date() == timedelta(days=7)


@pytest.mark.parametrize("why", ["another child", "absent", "holiday"])
def test_the_next_usual_time_is_one_that_can_be_planned_without_a_warning(
    house: House,
    supervisor: Phone,
    specialist: Phone,
    child: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    why: str,
) -> None:
    for days in (21, 14, 7):
        held(house, specialist, child, days=days)
    first = clock.in_riga(datetime.fromisoformat(suggested(specialist, child)["starts_at"]))
    day = first.date().isoformat()

    if why == "another child":
        # Under way until the usual time has begun.
        other = house.a_family(supervisor, specialist)["child"]
        house.a_meeting(specialist, other, starts_at=at(first - timedelta(minutes=30)), expected_minutes=45)
    elif why == "absent":
        house.an_absence(supervisor, specialist, valid_from=day, valid_until=day)
    else:
        holiday = "bas_service.meetings.public_holidays.is_public_holiday"
        monkeypatch.setattr(holiday, lambda one: one == first.date())

    found = suggested(specialist, child)
    then = clock.in_riga(datetime.fromisoformat(found["starts_at"]))
    assert (then.date() - first.date(), then.time()) == (timedelta(days=7), first.time())
    assert house.a_meeting(specialist, child, starts_at=found["starts_at"])["warnings"] == []


def test_an_accompaniment_is_suggested_with_its_institution_and_whether_there_is_consent(
    house: House, supervisor: Phone, specialist: Phone, family: dict[str, Any]
) -> None:
    child = family["child"]
    consent = house.a_consent(supervisor, family["representative"], institution="RĪGAS 1. SLIMNICA")
    house.a_meeting(specialist, child, place=PARK, kind="accompaniment", accompaniment=DOCTOR, transport="work_car")

    first = suggested(specialist, child)["places"][0]

    assert (first["kind"], first["accompaniment"], first["consent"]) == ("accompaniment", DOCTOR, "in_force")
    assert (first["place"], first["transport"]) == (PARK, "work_car")
    done(supervisor.act(f"consents/{consent['id']}/withdraw", consent, {}))
    assert suggested(specialist, child)["places"][0]["consent"] == "missing"


def test_institutions_are_suggested_before_anybody_was_taken_there(
    house: House, supervisor: Phone, specialist: Phone, family: dict[str, Any]
) -> None:
    child, mother = family["child"], family["representative"]
    house.a_consent(supervisor, mother, institution="Rīgas 1. slimnīca")
    house.a_consent(supervisor, mother, institution="Logopēda kabinets")
    house.a_consent(supervisor, mother, institution="Vecā skola", valid_until=str(clock.today()))
    house.sql("UPDATE consents SET given_at = given_at - interval '9 days', valid_until = valid_until - 1")
    house.an_appointment(specialist, child, title="Nodarbība", place="LOGOPĒDA  kabinets", minutes=45)
    house.an_appointment(specialist, child, title="Saruna", asked_by="Skola", starts_at=at(soon(hours=30)))
    house.an_appointment(specialist, child, title="Vingrošana", starts_at=at(soon(hours=40)))

    def told(language: str) -> list[tuple[Any, ...]]:
        found = done(specialist.get(f"children/{child['id']}/planning", Accept_Language=language))["places"]
        return [
            (one["because"], one["kind"], *one["accompaniment"].values(), one["consent"], one["expected_minutes"])
            for one in found
            if one["accompaniment"]
        ]

    assert told("en") == [
        ("appointment", "accompaniment", "LOGOPĒDA  kabinets", "Nodarbība", "in_force", 45),
        ("appointment", "accompaniment", "Skola", "Saruna", "missing", 60),
        ("consent", "accompaniment", "Rīgas 1. slimnīca", "Accompaniment", "in_force", 60),
    ]
    assert [told(language)[-1][3] for language in ("lv", "ru")] == ["Pavadīšana", "Сопровождение"]
    house.a_meeting(specialist, child, place=PARK, kind="accompaniment", accompaniment=DOCTOR)
    assert [one[:3] for one in told("en")][0] == ("earlier", "accompaniment", DOCTOR["institution"])
    assert [one[2] for one in told("en")[1:]] == ["LOGOPĒDA  kabinets", "Skola"]


def test_each_place_can_be_sent_as_it_is(
    house: House, supervisor: Phone, specialist: Phone, family: dict[str, Any]
) -> None:
    child = family["child"]
    house.a_consent(supervisor, family["representative"])
    house.a_consent(supervisor, family["representative"], institution="Izdomātais centrs")
    house.an_appointment(specialist, child, place="Poliklīnika " * 20, starts_at=at(soon(hours=3)))
    house.a_meeting(specialist, child, place=PARK, accompaniment=DOCTOR, kind="accompaniment")
    house.a_meeting(specialist, child, starts_at=at(soon(hours=28)), place={"type": "on_the_way", "name": "Autobuss"})
    done(
        specialist.change(
            f"children/{child['id']}", {"version": 1}, {"home_address": "Meža iela 5", "school": "Skola"}
        )
    )

    for number, one in enumerate(suggested(specialist, child)["places"]):
        form = {"child_id": child["id"], "starts_at": at(soon(hours=48 + 24 * number)), "place": one["place"]}
        if one["accompaniment"]:
            form |= {"accompaniment": one["accompaniment"]}
        meeting = done(specialist.post("meetings", form))
        assert (meeting["place"], meeting["kind"], meeting["transport"]) == (one["place"], one["kind"], "none")


def test_child_start_and_place_is_all_that_must_be_said(
    house: House, app: Flask, specialist: Phone, child: dict[str, Any]
) -> None:
    document = specialist.get("openapi.json").get_json()
    schema = document["components"]["schemas"]["PlanMeeting"]
    mandatory = set(schema["required"]) - {"id"}

    assert mandatory == {"child_id", "starts_at", "place"}
    assert document["components"]["schemas"]["Place"]["required"] == ["type"]
    meeting = done(
        specialist.post(
            "meetings",
            {"id": str(uuid.uuid4()), "child_id": child["id"], "starts_at": at(soon()), "place": {"type": "home"}},
        )
    )
    assert (meeting["kind"], meeting["expected_minutes"], meeting["transport"]) == ("session", 60, "none")
    assert meeting["announcements"][0]["state"] == "queued"


def test_an_accompaniment_need_not_be_called_one(
    house: House, supervisor: Phone, specialist: Phone, family: dict[str, Any]
) -> None:
    house.a_consent(supervisor, family["representative"])
    form = {"child_id": family["child"]["id"], "starts_at": at(soon()), "place": PARK, "accompaniment": DOCTOR}

    assert done(specialist.post("meetings", form))["kind"] == "accompaniment"
    wrong = form | {"kind": "session", "starts_at": at(soon(hours=48))}
    assert refusal_of(specialist.post("meetings", wrong))["errors"] == ["/accompaniment"]


def test_suggestions_take_the_same_statements_whatever_there_was(
    house: House, app: Flask, specialist: Phone, child: dict[str, Any]
) -> None:
    counted = []
    done(specialist.get("me"))
    for _ in range(2):
        with statements_of(app) as statements:
            suggested(specialist, child)
        counted.append(len(statements))
        looks = house.looks_of(specialist)
        for days in range(1, 4):
            held(house, specialist, child, days=days, place={"type": "office", "name": f"Istaba {days}"})

    # Who asks, the child, its meetings, who would hold one, when the child and when they are busy, its consents, the
    # specialist's office, the trace.
    assert counted == [9, 9]
    assert looks[-1] == (child["id"], "responsible", "weeks.suggestions", False)
