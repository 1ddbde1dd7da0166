"""Before a child is given to somebody: what it would make of the load, and who would suit the child (D3, D4)."""

import uuid
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from bas_service.access import service
from bas_service.database import transaction
from bas_service.translation import Language
from tests.builders import House
from tests.callers import Phone, done, invalid, refusal_of
from tests.tables import statements_of

# A child for whom nothing speaks but what a test adds.
ELSEWHERE = {"language": "ru", "municipality": "LV-VEN"}
CLOSING = {"reason": "goal_reached", "outcome": "Labs"}


@pytest.fixture
def supervisor(house: House) -> Phone:
    """A supervisor."""
    return house.a_supervisor()


def person(phone: Phone, name: str) -> dict[str, str]:
    return {"id": str(phone.account_id), "name": name}


def form(child: dict[str, Any], specialist: Phone, complexity: str = "standard") -> dict[str, Any]:
    return {"child_id": child["id"], "specialist_id": str(specialist.account_id), "complexity": complexity}


def with_load(house: House, supervisor: Phone, specialist: Phone, *complexities: str, **more: Any) -> None:
    for complexity in complexities:
        house.a_case(supervisor, house.a_child(supervisor, **more), specialist, complexity=complexity)


def describe(house: House, phone: Phone, *, municipality: str | None = None, languages: str = "") -> None:
    """Where somebody works and what they speak, as `bas user change` notes it."""
    with house.app.app_context(), transaction():
        spoken = tuple(map(Language, languages.split()))
        service.describe(phone.email, municipality=municipality, languages=spoken)


# The preview


def test_a_preview_shows_the_load_what_it_would_be_the_limits_and_who_else_has_room(
    house: House, supervisor: Phone
) -> None:
    ilze, jānis, full, zane = (house.a_specialist(supervisor, name=one) for one in ("Ilze", "Jānis", "Aija", "Zane"))
    house.a_specialist(house.a_supervisor(), name="Cita komanda")
    house.deactivate(house.a_specialist(supervisor, name="Vairs nestrādā"))
    with_load(house, supervisor, ilze, *["crisis"] * 5)
    with_load(house, supervisor, jānis, "low")
    with_load(house, supervisor, full, *["crisis"] * 6)
    child = house.a_child(supervisor)

    preview = done(supervisor.post("cases/preview", form(child, ilze, "high")))

    assert preview == {
        "specialist": person(ilze, "Ilze"),
        "load": 10.0,
        "would_be": 11.5,
        "room_after": 0.5,
        "fits": True,
        "minimum": 6.0,
        "nominal": 10.0,
        "maximum": 12.0,
        "would_be_refused": None,
        "others_with_room": [
            {"specialist": person(zane, "Zane"), "load": 0.0, "would_be": 1.5, "room_after": 10.5, "fits": True},
            {"specialist": person(jānis, "Jānis"), "load": 0.75, "would_be": 2.25, "room_after": 9.75, "fits": True},
        ],
    }
    assert house.sql("SELECT count(*) FROM cases WHERE child_id = :id", id=child["id"]) == [{"count": 0}]


@pytest.mark.parametrize(("complexity", "refused"), [("high", None), ("crisis", "caseload-full")])
def test_a_preview_names_the_refusal_that_the_assignment_then_gets(
    house: House, supervisor: Phone, complexity: str, refused: str | None
) -> None:
    specialist = house.a_specialist(supervisor)
    with_load(house, supervisor, specialist, *["high"] * 7)
    child = house.a_child(supervisor)

    preview = done(supervisor.post("cases/preview", form(child, specialist, complexity)))
    answer = supervisor.post("cases", form(child, specialist, complexity))

    assert (preview["would_be_refused"], preview["fits"]) == (refused, refused is None)
    assert answer.status_code == (201 if refused is None else 409)
    if refused:
        figures = {name: preview[name] for name in ("load", "maximum", "would_be")}
        assert refusal_of(answer) == {"type": refused} | figures


def test_the_childs_own_case_does_not_count_twice(house: House, supervisor: Phone) -> None:
    """So the same figures tell what raising the complexity, or a transfer, would do."""
    ilze, jānis = house.a_specialist(supervisor), house.a_specialist(supervisor)
    child = house.a_family(supervisor, ilze)["child"]
    with_load(house, supervisor, ilze, "low")

    for specialist, load in ((ilze, 0.75), (jānis, 0.0)):
        preview = done(supervisor.post("cases/preview", form(child, specialist, "crisis")))
        assert (preview["load"], preview["would_be"]) == (load, load + 2)
        assert (preview["fits"], preview["would_be_refused"]) == (True, "child-has-a-case")
    # With a closed case the child may be given away again.
    case = done(ilze.get("caseload"))["cases"]
    for line in case:
        done(supervisor.act(f"cases/{line['case']['id']}/close", line["case"], CLOSING))
    assert done(supervisor.post("cases/preview", form(child, ilze)))["would_be_refused"] is None


def test_a_preview_is_for_children_in_sight_and_the_own_team(house: House, supervisor: Phone) -> None:
    other = house.a_supervisor()
    theirs, own = house.a_specialist(other), house.a_specialist(supervisor)
    child, taken = house.a_child(supervisor), house.a_family(other, theirs)["child"]

    assert refusal_of(supervisor.post("cases/preview", form(child, theirs))) == invalid("/specialist_id")
    assert refusal_of(supervisor.post("cases/preview", form(child, supervisor))) == invalid("/specialist_id")
    assert refusal_of(supervisor.post("cases/preview", form(taken, own))) == {"type": "not-found"}
    assert refusal_of(supervisor.post("cases/preview", form({"id": str(uuid.uuid4())}, own))) == {"type": "not-found"}
    done(supervisor.post("cases/preview", form(child, own)))


def test_whoever_sees_the_child_in_an_emergency_only_has_nobody_to_give_it_to(
    house: House, supervisor: Phone
) -> None:
    other = house.a_supervisor()
    theirs = house.a_specialist(other)
    child = house.a_family(supervisor, house.a_specialist(supervisor))["child"]
    done(other.post(f"children/{child['id']}/emergency-grants", {"reason": "Steidzami", "hours": 1}))

    assert refusal_of(other.post("cases/preview", form(child, theirs))) == {"type": "not-allowed"}
    assert refusal_of(other.get(f"children/{child['id']}/suggested-specialists")) == {"type": "not-allowed"}
    assert refusal_of(other.post("cases", form(child, theirs))) == {"type": "not-allowed"}


def test_a_preview_and_suggestions_leave_a_trace_of_a_look_and_not_of_a_change(
    house: House, supervisor: Phone
) -> None:
    specialist = house.a_specialist(supervisor)
    child = house.a_child(supervisor)
    with_load(house, supervisor, specialist, "low")
    house.sql("DELETE FROM trace")

    done(supervisor.post("cases/preview", form(child, specialist)))
    done(supervisor.get(f"children/{child['id']}/suggested-specialists"))

    # Of the other child nothing was shown but a weight in a sum.
    assert house.looks_of(supervisor) == [
        (child["id"], "waiting", action, False)
        for action in ("assignment.preview", "assignment.suggested_specialists")
    ]


def test_preview_and_suggestions_need_the_same_statements_for_one_specialist_and_for_three(
    house: House, app: Flask, supervisor: Phone
) -> None:
    counted = []
    for number in (1, 3):
        while len(done(supervisor.get("specialists"))["items"]) < number:
            specialist = house.a_specialist(supervisor)
            with_load(house, supervisor, specialist, *["low"] * number)
        child = house.a_child(supervisor)
        with statements_of(app) as previewing:
            done(supervisor.post("cases/preview", form(child, specialist)))
        with statements_of(app) as suggesting:
            done(supervisor.get(f"children/{child['id']}/suggested-specialists"))
        counted.append((len(previewing), len(suggesting)))

    # Who asks, the child, whether one decides about it, the team, the policy, the child's case, the trace; earlier
    # work, the family and who is absent instead of the child's case.
    assert counted == [(7, 9), (7, 9)]


# Suggestions


def suggested(phone: Phone, child: dict[str, Any], query: str = "", **headers: str) -> list[dict[str, Any]]:
    answer = done(phone.get(f"children/{child['id']}/suggested-specialists{query}", **headers))
    assert answer["next"] is None
    return answer["items"]


def codes(items: list[dict[str, Any]]) -> dict[str, list[str]]:
    return {item["specialist"]["name"]: [why["code"] for why in item["why"]] for item in items}


def test_the_teams_specialists_are_suggested_best_first_and_each_says_why(house: House, supervisor: Phone) -> None:
    child = house.a_child(supervisor, municipality="LV-VEN", language="ru")
    far, near, speaking, full = (
        house.a_specialist(supervisor, name=one) for one in ("Ilze", "Jānis", "Zane", "Aija")
    )
    describe(house, far, municipality="LV-RIX")
    describe(house, near, municipality="LV-VEN")
    describe(house, speaking, languages="ru en")
    with_load(house, supervisor, speaking, "crisis", "high", municipality="LV-VEN")
    with_load(house, supervisor, full, *["crisis"] * 6)

    items = suggested(supervisor, child, "?complexity=high", Accept_Language="en")

    room = {"code": "room", "text": "With this case 10.5 would be left to the maximum.", "room": 10.5, "points": 87.5}
    assert items == [
        {
            "specialist": person(near, "Jānis"),
            "load": 0.0,
            "would_be": 1.5,
            "room_after": 10.5,
            "fits": True,
            "maximum": 12.0,
            "why": [
                room,
                {"code": "municipality", "text": "Works in the child's municipality.", "points": 20.0},
            ],
        },
        {
            "specialist": person(speaking, "Zane"),
            "load": 3.5,
            "would_be": 5.0,
            "room_after": 7.0,
            "fits": True,
            "maximum": 12.0,
            "why": [
                {
                    "code": "room",
                    "text": "With this case 7 would be left to the maximum.",
                    "room": 7.0,
                    "points": 58.33,
                },
                {"code": "language", "text": "Speaks the child's language.", "points": 30.0},
                {
                    "code": "cases_nearby",
                    "text": "Open cases in the child's municipality: 2.",
                    "cases": 2,
                    "points": 10.0,
                },
            ],
        },
        {
            "specialist": person(far, "Ilze"),
            "load": 0.0,
            "would_be": 1.5,
            "room_after": 10.5,
            "fits": True,
            "maximum": 12.0,
            "why": [room],
        },
        {
            "specialist": person(full, "Aija"),
            "load": 12.0,
            "would_be": 13.5,
            "room_after": 0.0,
            "fits": False,
            "maximum": 12.0,
            "why": [
                {
                    "code": "no_room",
                    "text": "With this case the maximum would be exceeded by 1.5.",
                    "above": 1.5,
                    "points": -12.5,
                }
            ],
        },
    ]


def test_the_reasons_are_told_in_the_callers_language_with_its_numbers(house: House, supervisor: Phone) -> None:
    house.a_specialist(supervisor)
    child = house.a_child(supervisor)

    def texts(language: str) -> list[str]:
        (item,) = suggested(supervisor, child, "?complexity=high", Accept_Language=language)
        return [why["text"] for why in item["why"]]

    assert {language: texts(language) for language in ("lv", "ru")} == {
        "lv": ["Pēc šīs lietas līdz maksimumam vēl paliktu 10,5.", "Runā bērna valodā."],
        "ru": ["С этим делом до максимума осталось бы 10,5.", "Говорит на языке ребёнка."],
    }


def test_who_worked_with_the_child_before_is_preferred_and_who_does_now_is_left_out(
    house: House, supervisor: Phone
) -> None:
    anna, berta, zane = (house.a_specialist(supervisor, name=one) for one in ("Anna", "Berta", "Zane"))
    family = house.a_family(supervisor, zane, language="ru")
    child, case = family["child"], family["case"]
    case = done(
        supervisor.act(
            f"cases/{case['id']}/transfer", case, {"to_specialist_id": str(berta.account_id), "reason": "Slima"}
        )
    )

    assert codes(suggested(supervisor, child)) == {"Zane": ["room", "earlier_work"], "Anna": ["room"]}
    done(supervisor.act(f"cases/{case['id']}/close", case, CLOSING))
    assert list(codes(suggested(supervisor, child)).items()) == [
        ("Berta", ["room", "earlier_work"]),
        ("Zane", ["room", "earlier_work"]),
        ("Anna", ["room"]),
    ]


@pytest.mark.parametrize(
    ("own", "other", "is_family"),
    [
        ({"phone": "+37120000500"}, {"phone": "+371 20000500"}, True),
        ({"email": "Mamma@example.lv"}, {"email": "mamma@example.lv"}, True),
        ({"phone": "+37120000500"}, {"phone": "+37120000501"}, False),
        ({"email": "mamma@example.lv"}, {"email": "tetis@example.lv"}, False),
        # A court and an institution represent children who have nothing else in common.
        (
            {"phone": "+37120000500", "relation": "orphans_court"},
            {"phone": "+37120000500", "relation": "orphans_court"},
            False,
        ),
        (
            {"email": "nams@example.lv", "relation": "institution_head"},
            {"email": "nams@example.lv", "relation": "institution_head"},
            False,
        ),
    ],
)
def test_a_family_is_known_by_a_parents_number_or_address(
    house: House, supervisor: Phone, own: dict[str, str], other: dict[str, str], is_family: bool
) -> None:
    knows, other_one = house.a_specialist(supervisor, name="Zane"), house.a_specialist(supervisor, name="Anna")
    sibling, child = house.a_child(supervisor), house.a_child(supervisor, **ELSEWHERE)
    case = house.a_case(supervisor, sibling, knows)
    house.a_representative(supervisor, sibling, **other)
    house.a_representative(supervisor, child, **own)

    found = codes(suggested(supervisor, child))

    assert found["Anna"] == ["room"]
    assert found["Zane"] == (["room", "same_family"] if is_family else ["room"])
    # Earlier work counts as well.
    done(supervisor.act(f"cases/{case['id']}/close", case, CLOSING))
    assert codes(suggested(supervisor, child)) == found
    assert other_one.account_id != knows.account_id


def test_a_family_is_found_by_a_corrected_number_and_no_more_by_the_old_one(house: House, supervisor: Phone) -> None:
    knows = house.a_specialist(supervisor, name="Zane")
    sibling, child = house.a_child(supervisor), house.a_child(supervisor, **ELSEWHERE)
    house.a_case(supervisor, sibling, knows)
    house.a_representative(supervisor, sibling, email="mamma@example.lv")
    parent = house.a_representative(supervisor, child, email="agrak@example.lv")

    assert codes(suggested(supervisor, child)) == {"Zane": ["room"]}
    parent = done(supervisor.change(f"representatives/{parent['id']}", parent, {"email": "mamma@example.lv"}))
    assert codes(suggested(supervisor, child)) == {"Zane": ["room", "same_family"]}
    done(supervisor.change(f"representatives/{parent['id']}", parent, {"email": None}))
    assert codes(suggested(supervisor, child)) == {"Zane": ["room"]}


def test_only_the_own_team_is_suggested_and_only_its_work_with_the_family_is_told(
    house: House, supervisor: Phone
) -> None:
    other = house.a_supervisor()
    theirs, own = house.a_specialist(other, name="Cita"), house.a_specialist(supervisor, name="Sava")
    sibling, child = house.a_child(other), house.a_child(supervisor, **ELSEWHERE)
    house.a_case(other, sibling, theirs)
    for one, by in ((sibling, other), (child, supervisor)):
        house.a_representative(by, one, phone="+37120000500")

    assert codes(suggested(supervisor, child)) == {"Sava": ["room"]}
    assert codes(suggested(other, child)) == {"Cita": ["room", "same_family"]}
    # The sibling itself is out of sight: nothing is told through it.
    assert refusal_of(supervisor.get(f"children/{sibling['id']}/suggested-specialists")) == {"type": "not-found"}
    with house.asking(supervisor) as connection:
        asked = "SELECT specialist_id FROM worked_with_family_of(:child)"
        assert connection.execute(text(asked), {"child": sibling["id"]}).all() == []
    for phone in (theirs, own, None):
        with house.asking(phone) as connection:
            assert connection.execute(text(asked), {"child": child["id"]}).all() == []


def test_an_unknown_complexity_or_child_is_refused(house: House, supervisor: Phone) -> None:
    child = house.a_child(supervisor)
    path = f"children/{child['id']}/suggested-specialists"

    for query, place in (
        ("complexity=easy", "complexity"),
        ("complexity=", "complexity"),
        ("limit=1", "limit"),
        ("complexity=%00", "complexity"),
    ):
        assert refusal_of(supervisor.get(f"{path}?{query}")) == invalid(place)
    assert refusal_of(supervisor.get(f"children/{uuid.uuid4()}/suggested-specialists")) == {"type": "not-found"}
    assert suggested(supervisor, child) == []


def test_erasing_a_person_takes_the_address_by_which_the_family_was_found(
    house: House, supervisor: Phone, worker_app: Flask
) -> None:
    knows = house.a_specialist(supervisor, name="Zane")
    sibling, child = house.a_child(supervisor), house.a_child(supervisor, **ELSEWHERE)
    case = house.a_case(supervisor, sibling, knows)
    house.a_representative(supervisor, sibling, email="mamma@example.lv")
    house.a_representative(supervisor, child, email="mamma@example.lv")
    done(supervisor.act(f"cases/{case['id']}/close", case, CLOSING))
    assert codes(suggested(supervisor, child)) == {"Zane": ["room", "same_family"]}

    with worker_app.app_context(), transaction() as session:
        assert session.execute(text("SELECT erase_child(:id)"), {"id": sibling["id"]}).scalar_one()

    assert codes(suggested(supervisor, child)) == {"Zane": ["room"]}


def test_whoever_is_absent_today_is_suggested_after_those_who_are_there(house: House, supervisor: Phone) -> None:
    away = house.a_specialist(supervisor, name="Anna Izdomāta")
    there = house.a_specialist(supervisor, name="Berta Izdomāta")
    absence = house.an_absence(supervisor, away)
    child = house.a_child(supervisor)

    found = done(supervisor.get(f"children/{child['id']}/suggested-specialists"))["items"]

    assert [one["specialist"]["id"] for one in found] == [str(there.account_id), str(away.account_id)]
    last_day = date.fromisoformat(absence["valid_until"])
    (why,) = [reason for reason in found[1]["why"] if reason["code"] == "absent"]
    assert why == {
        "code": "absent",
        "text": f"Absent until {last_day:%d.%m.%Y}.",
        "points": -60.0,
        "until": absence["valid_until"],
    }
