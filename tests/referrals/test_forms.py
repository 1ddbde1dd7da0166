"""Screening forms: dated data that an administrator changes without a release (D26)."""

import copy
import uuid
from datetime import timedelta
from typing import Any

import pytest

from bas_service import clock
from tests.builders import FIRST_FORM, House
from tests.callers import Phone, at_once, done, invalid, refusal_of


def words(said: str) -> dict[str, str]:
    return {"lv": said, "en": said, "ru": said}


def day(days: int) -> str:
    """A day some days from today."""
    return (clock.today() + timedelta(days=days)).isoformat()


def form(**more: Any) -> dict[str, Any]:
    """A form from tomorrow on, with a yes-or-no question and a choice."""
    return {
        "valid_from": day(1),
        "least_age": 7,
        "most_age": 18,
        "questions": [
            {"key": "harm", "text": words("Vai apdraud sevi?"), "kind": "criterion", "counting": ["yes"]},
            {
                "key": "ward",
                "text": words("Kur dzīvo?"),
                "kind": "exclusion",
                "options": [{"key": "home", "text": words("Mājās")}, {"key": "hospital", "text": words("Slimnīcā")}],
                "counting": ["hospital"],
                "required": False,
            },
        ],
        "decline_reasons": [{"key": "other", "text": words("Cits")}],
    } | more


def as_shown(sent: dict[str, Any]) -> dict[str, Any]:
    """A form as it goes out: what was left out is there with its usual value."""
    asked = [{"options": None, "required": True} | question for question in sent["questions"]]
    return sent | {"questions": asked}


@pytest.fixture
def administrator(house: House) -> Phone:
    """Somebody who makes forms."""
    return house.an_administrator()


def ids(phone: Phone) -> list[str]:
    return [item["id"] for item in done(phone.get("screening-forms"))["items"]]


def test_the_first_form_asks_what_the_target_group_is_and_leaves_out_whom_it_is_not_for(house: House) -> None:
    (first,) = done(house.a_supervisor().get("screening-forms"))["items"]

    assert (first["id"], first["valid_from"], first["least_age"], first["most_age"]) == (
        FIRST_FORM,
        "2025-01-01",
        6,
        17,
    )
    assert [(question["key"], question["kind"], question["counting"]) for question in first["questions"]] == [
        ("behaviour", "criterion", ["yes"]),
        ("addiction", "criterion", ["yes"]),
        ("risk", "criterion", ["yes"]),
        ("developmental_disorder", "exclusion", ["moderate", "severe"]),
    ]
    assert [reason["key"] for reason in first["decline_reasons"]] == [
        *("age", "no_criterion", "exclusion", "already_served", "refused", "other")
    ]


def test_the_first_form_would_be_taken_if_it_were_sent(house: House, administrator: Phone) -> None:
    (first,) = done(administrator.get("screening-forms"))["items"]
    again = {name: value for name, value in first.items() if name not in {"id", "created_at"}}

    made = done(administrator.post("screening-forms", again | {"valid_from": day(0)}))

    assert made == first | {"id": made["id"], "created_at": made["created_at"], "valid_from": day(0)}


def test_a_new_form_stands_before_the_earlier_ones(house: House, administrator: Phone) -> None:
    later = done(administrator.post("screening-forms", form(valid_from=day(30))))
    sooner = done(house.a_coordinator().post("screening-forms", form(id=str(uuid.uuid4()))))

    assert later == as_shown(form(valid_from=day(30), id=later["id"], created_at=later["created_at"]))
    assert done(administrator.get("screening-forms"))["items"][:2] == [later, sooner]
    assert ids(administrator) == [later["id"], sooner["id"], FIRST_FORM]


def changed(path: str, value: Any) -> dict[str, Any]:
    """The form with another value at a JSON pointer; ``...`` takes the member away."""
    sent = copy.deepcopy(form())
    *way, last = path.split("/")[1:]
    place: Any = sent
    for part in way:
        place = place[int(part)] if isinstance(place, list) else place[part]
    if value is ...:
        del place[last]
    else:
        place[int(last) if isinstance(place, list) else last] = value
    return sent


@pytest.mark.parametrize(
    ("path", "value", "places"),
    [
        ("/valid_from", day(-1), "/valid_from"),
        ("/least_age", 19, "/most_age"),
        ("/least_age", -1, "/least_age"),
        ("/most_age", 121, "/most_age"),
        ("/questions", [], "/questions"),
        ("/questions", None, "/questions"),
        ("/questions", {}, "/questions"),
        ("/questions/1", 7, "/questions/1"),
        ("/questions/1", None, "/questions/1"),
        ("/questions/1/key", "harm", "/questions/1/key"),
        ("/questions/1/key", "Ward", "/questions/1/key"),
        ("/questions/1/key", "w" * 41, "/questions/1/key"),
        ("/questions/1/key", "", "/questions/1/key"),
        ("/questions/1/key", "ward\n", "/questions/1/key"),
        ("/questions/1/text/ru", ..., "/questions/1/text/ru"),
        ("/questions/1/text/lv", "", "/questions/1/text/lv"),
        ("/questions/1/text/en", "x" * 501, "/questions/1/text/en"),
        ("/questions/1/text/de", "Wo?", "/questions/1/text/de"),
        ("/questions/0/kind", "exclusion", "/questions"),
        ("/questions/0/kind", "maybe", "/questions/0/kind"),
        ("/questions/0/counting", [], "/questions/0/counting"),
        ("/questions/0/counting", ["yes", "yes"], "/questions/0/counting"),
        ("/questions/0/counting", ["yes", "no"], "/questions/0/counting"),
        ("/questions/0/counting", ["home"], "/questions/0/counting/0"),
        ("/questions/1/counting/0", "yes", "/questions/1/counting/0"),
        ("/questions/1/counting", "hospital", "/questions/1/counting"),
        ("/questions/1/options/1/key", "home", "/questions/1/options/1/key /questions/1/counting/0"),
        ("/questions/1/options", [{"key": "hospital", "text": words("Slimnīcā")}], "/questions/1/options"),
        ("/questions/1/options/0/text/ru", ..., "/questions/1/options/0/text/ru"),
        ("/questions/1/options/0/counting", [], "/questions/1/options/0/counting"),
        ("/questions/1/required", "yes", "/questions/1/required"),
        ("/questions/1/required", None, "/questions/1/required"),
        ("/questions/1/weight", 3, "/questions/1/weight"),
        ("/decline_reasons", [], "/decline_reasons"),
        ("/decline_reasons/0/text/en", ..., "/decline_reasons/0/text/en"),
        ("/decline_reasons", [{"key": "other", "text": words("Cits")}] * 2, "/decline_reasons/1/key"),
        ("/created_by", FIRST_FORM, "/created_by"),
    ],
)  # fmt: skip
def test_a_form_that_makes_no_sense_is_refused_with_the_place_of_the_flaw(
    administrator: Phone, path: str, value: Any, places: str
) -> None:
    refused = administrator.post("screening-forms", changed(path, value))

    assert refusal_of(refused) == invalid(*places.split())
    assert ids(administrator) == [FIRST_FORM]
    done(administrator.post("screening-forms", form()))


def test_a_form_has_fifty_questions_at_most(administrator: Phone) -> None:
    asked = [form()["questions"][0] | {"key": f"question_{number}"} for number in range(51)]

    assert refusal_of(administrator.post("screening-forms", form(questions=asked))) == invalid("/questions")
    assert refusal_of(administrator.post("screening-forms", form(questions=asked * 100))) == invalid("/questions")
    assert len(done(administrator.post("screening-forms", form(questions=asked[:50])))["questions"]) == 50


def test_a_day_belongs_to_one_form(administrator: Phone) -> None:
    answers = at_once(*[lambda: administrator.post("screening-forms", form())] * 4)

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert refusal_of(administrator.post("screening-forms", form(most_age=20))) == {"type": "form-date-taken"}
    done(administrator.post("screening-forms", form(valid_from=day(2))))


def test_a_new_form_changes_what_is_asked_who_is_of_age_and_why_one_may_decline(
    house: House, administrator: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    supervisor = house.a_supervisor()
    made = done(administrator.post("screening-forms", form()))
    born = clock.today().replace(year=clock.today().year - 18, day=1).isoformat()
    referral = house.a_screened_referral(supervisor, birth_date=born)
    saved = {"form_id": made["id"], "answers": {"harm": "yes"}}
    path = f"referrals/{referral['id']}"
    assert referral["screening"]["outcome"]["of_age"] is False
    assert refusal_of(supervisor.act(f"{path}/screening", referral, saved)) == invalid("/form_id")
    assert refusal_of(supervisor.act(f"{path}/decline", referral, {"reason": "unknown"})) == invalid("/reason")

    tomorrow = clock.now() + timedelta(days=1)
    monkeypatch.setattr(clock, "now", lambda: tomorrow)
    supervisor = house.a_supervisor()

    assert refusal_of(supervisor.act(f"{path}/decline", referral, {"reason": "age"})) == invalid("/reason")
    # Answers that were given on the form before, offline for instance, are kept and judged by that one.
    again = done(supervisor.act(f"{path}/screening", referral, {"form_id": FIRST_FORM, "answers": {"risk": "yes"}}))
    assert again["screening"]["outcome"]["of_age"] is False
    asked_anew = done(supervisor.act(f"{path}/screening", again, saved))
    assert asked_anew["screening"]["form_id"] == made["id"]
    assert asked_anew["screening"]["outcome"] == {
        "age": 18,
        "of_age": True,
        "meets_criteria": True,
        "excluded_by": [],
        "unanswered": [],
    }
    declined = done(supervisor.act(f"{path}/decline", asked_anew, {"reason": "other"}))
    assert (declined["decline_reason"], declined["decline_form_id"]) == ("other", made["id"])
