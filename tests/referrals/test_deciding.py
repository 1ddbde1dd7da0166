"""A referral is screened, then decided once: accepted, declined, put off or withdrawn (D1)."""

from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from bas_service import clock
from tests.builders import FIRST_FORM, FITTING, REFERRAL, House
from tests.callers import Phone, at_once, done, invalid, refusal_of

SEVERE = FITTING | {"developmental_disorder": "severe"}
AGAINST = {"type": "screening-against", "excluded_by": [], "meets_criteria": True, "unanswered": [], "of_age": True}


@pytest.fixture
def supervisor(house: House) -> Phone:
    """Somebody who decides."""
    return house.a_supervisor()


def screened(phone: Phone, referral: dict[str, Any], answers: dict[str, str], **more: Any) -> dict[str, Any]:
    path = f"referrals/{referral['id']}/screening"
    return done(phone.act(path, referral, {"form_id": FIRST_FORM, "answers": answers} | more))


def decide(phone: Phone, how: str, referral: dict[str, Any], form: Any = None, **headers: str) -> Any:
    return phone.act(f"referrals/{referral['id']}/{how}", referral, form, **headers)


def born(years_ago: int) -> str:
    return clock.today().replace(year=clock.today().year - years_ago, day=1).isoformat()


def test_answers_are_kept_as_far_as_they_go_and_judged_at_once(house: House, supervisor: Phone) -> None:
    referral = house.a_referral(supervisor)

    begun = screened(supervisor, referral, {"behaviour": "no"})
    finished = screened(supervisor, begun, SEVERE)

    assert begun["screening"] == {
        "form_id": FIRST_FORM,
        "answers": {"behaviour": "no"},
        "created_at": begun["screening"]["created_at"],
        "created_by": str(supervisor.account_id),
        "outcome": {
            "meets_criteria": None,
            "excluded_by": [],
            "unanswered": ["addiction", "risk", "developmental_disorder"],
            "age": 12,
            "of_age": True,
        },
    }
    assert finished["screening"]["outcome"] == {
        "meets_criteria": True,
        "excluded_by": ["developmental_disorder"],
        "unanswered": [],
        "age": 12,
        "of_age": True,
    }
    assert (referral["version"], begun["version"], finished["version"]) == (1, 2, 3)
    # Nothing typed is lost: the first answers lie beside the later ones, and none of them is readable there.
    kept = house.sql("SELECT answers, form_id FROM screenings ORDER BY created_at")
    assert [house.opened(row["answers"], "screenings.answers") for row in kept] == [
        '{"behaviour": "no"}',
        '{"behaviour": "yes", "developmental_disorder": "severe"}',
    ]
    assert all("behaviour" not in row["answers"] for row in kept)


@pytest.mark.parametrize(
    ("form", "places"),
    [
        ({"answers": {"risk": "maybe"}}, ["/answers/risk"]),
        ({"answers": {"risk": "severe", "hobby": "chess"}}, ["/answers/hobby", "/answers/risk"]),
        ({"answers": {"risk": 1}}, ["/answers/risk"]),
        ({"answers": {"risk": None, "behaviour": {}}}, ["/answers/behaviour", "/answers/risk"]),
        ({"answers": {"": "yes", "a/b": "yes"}}, ["/answers/", "/answers/a~1b"]),
        ({"answers": {"ā\0\ud800": "yes"}}, ["/answers/ā\0\ud800"]),
        ({"answers": {f"key_{number}": "yes" for number in range(51)}}, ["/answers"]),
        ({"answers": []}, ["/answers"]),
        ({"answers": None}, ["/answers"]),
        ({"form_id": "0190aaaa-0000-7000-8000-000000000001"}, ["/form_id"]),
        ({"form_id": None, "by": "me"}, ["/by", "/form_id"]),
    ],
)
def test_answers_that_the_form_does_not_have_are_refused_at_their_place(
    house: House, supervisor: Phone, form: dict[str, Any], places: list[str]
) -> None:
    referral = house.a_referral(supervisor)
    path = f"referrals/{referral['id']}/screening"
    whole = {"form_id": FIRST_FORM, "answers": FITTING} | form

    assert refusal_of(supervisor.act(path, referral, whole)) == invalid(*places)
    assert house.sql("SELECT * FROM screenings") == []
    screened(supervisor, referral, FITTING)


def test_an_accepted_child_waits_for_a_case_and_nothing_of_it_is_typed_again(house: House, supervisor: Phone) -> None:
    referral = house.a_screened_referral(supervisor, personal_code="320000-00008", language="ru")

    accepted = done(decide(supervisor, "accept", referral))

    child = done(supervisor.get(f"children/{accepted['child_id']}"))
    assert child == {
        **{name: REFERRAL[name] for name in ("given_name", "family_name", "birth_date", "municipality")},
        "home_address": None,
        "school": None,
        "id": referral["id"],
        "personal_code": "320000-00008",
        "language": "ru",
        "waiting": True,
        "created_at": child["created_at"],
        "version": 1,
    }
    decided = {name: accepted[name] for name in ("decided_at", "decided_by", "state", "version", "child_id")}
    assert accepted == referral | decided
    assert decided == {
        "decided_at": accepted["decided_at"],
        "decided_by": str(supervisor.account_id),
        "state": "accepted",
        "version": 3,
        "child_id": child["id"],
    }
    house.a_case(supervisor, child, house.a_specialist(supervisor))


@pytest.mark.parametrize(
    ("answers", "more", "refusal"),
    [
        (None, {}, {"type": "screening-missing"}),
        ({}, {}, AGAINST | {"meets_criteria": None,
                            "unanswered": ["behaviour", "addiction", "risk", "developmental_disorder"]}),
        (SEVERE, {}, AGAINST | {"excluded_by": ["developmental_disorder"]}),
        ({"risk": "yes"}, {}, AGAINST | {"unanswered": ["developmental_disorder"]}),
        (dict.fromkeys(("behaviour", "addiction", "risk"), "no") | {"developmental_disorder": "none"}, {},
         AGAINST | {"meets_criteria": False}),
        (FITTING, {"birth_date": born(5)}, AGAINST | {"of_age": False}),
        (FITTING, {"birth_date": born(19)}, AGAINST | {"of_age": False}),
        (FITTING, {"birth_date": None}, AGAINST | {"of_age": None}),
    ],
)  # fmt: skip
def test_against_the_screening_a_child_is_accepted_with_a_written_reason_only(
    house: House, supervisor: Phone, answers: dict[str, str] | None, more: dict[str, Any], refusal: dict[str, Any]
) -> None:
    referral = house.a_referral(supervisor, **more)
    if answers is not None:
        referral = screened(supervisor, referral, answers)

    assert refusal_of(decide(supervisor, "accept", referral)) == refusal
    assert refusal_of(decide(supervisor, "accept", referral, {"despite": ""})) == invalid("/despite")
    despite = decide(supervisor, "accept", referral, {"despite": "Krīze ģimenē"})

    if answers is None:
        assert refusal_of(despite) == refusal
    elif more.get("birth_date", "") is None:
        # Nobody can be entered whose date of birth is not known.
        assert refusal_of(despite) == {"type": "referral-incomplete", "missing": ["birth_date"]}
    else:
        accepted = done(despite)
        assert (accepted["state"], accepted["despite"]) == ("accepted", "Krīze ģimenē")
        assert "Krīze" not in house.sql("SELECT despite FROM referrals")[0]["despite"]
        assert done(supervisor.get(f"children/{accepted['child_id']}"))["waiting"] is True
    assert house.sql("SELECT count(*) FROM children") == [{"count": 1 if despite.status_code == 200 else 0}]


def test_a_child_known_already_is_linked_instead_of_entered_twice(house: House, supervisor: Phone) -> None:
    child = house.a_child(supervisor, personal_code="320000-00008")
    referral = house.a_screened_referral(house.a_coordinator(), personal_code="320000-00008")

    assert refusal_of(decide(supervisor, "accept", referral)) == {"type": "child-already-known"}
    accepted = done(decide(supervisor, "accept", referral, {"child_id": child["id"]}))

    assert (accepted["child_id"], accepted["state"]) == (child["id"], "accepted")
    assert done(supervisor.get("children"))["items"] == [child]


def test_a_child_in_the_service_or_out_of_sight_is_not_linked(house: House, supervisor: Phone) -> None:
    served = house.a_family(supervisor, house.a_specialist(supervisor))["child"]
    other = house.a_supervisor()
    elsewhere = house.a_family(other, house.a_specialist(other))["child"]
    referral = house.a_screened_referral(supervisor)

    assert refusal_of(decide(supervisor, "accept", referral, {"child_id": served["id"]})) == {
        "type": "child-has-a-case"
    }
    for out_of_sight in (elsewhere["id"], referral["id"]):
        assert refusal_of(decide(supervisor, "accept", referral, {"child_id": out_of_sight})) == {"type": "not-found"}
    done(decide(supervisor, "accept", referral))


def test_a_grant_for_an_emergency_shows_a_child_and_ties_no_referral_to_it(house: House, supervisor: Phone) -> None:
    other = house.a_supervisor()
    accepted = house.an_accepted_referral(other)
    child = {"id": accepted["child_id"]}
    case = house.a_case(other, child, house.a_specialist(other))
    done(other.act(f"cases/{case['id']}/close", case, {"reason": "goal_reached", "outcome": "good"}))
    referral = house.a_screened_referral(supervisor)
    done(supervisor.post(f"children/{child['id']}/emergency-grants", {"reason": "Steidzami", "hours": 1}))
    assert done(supervisor.get(f"referrals/{accepted['id']}"))["state"] == "accepted"

    linked = decide(supervisor, "accept", referral, {"child_id": child["id"]})
    changed = supervisor.change(f"referrals/{accepted['id']}", accepted, {"priority": "urgent"})

    assert refusal_of(linked) == refusal_of(changed) == {"type": "not-allowed"}
    with house.asking(supervisor) as connection:
        assert connection.exec_driver_sql("UPDATE referrals SET priority = 'urgent'").rowcount == 1
    done(decide(other, "accept", referral, {"child_id": child["id"]}))


def test_a_child_is_declined_for_one_of_the_forms_reasons(house: House, supervisor: Phone) -> None:
    referral = house.a_referral(supervisor)
    for wrong in ({"reason": "weather"}, {"reason": ""}, {"reason": 7}, {}, {"reason": None}):
        assert refusal_of(decide(supervisor, "decline", referral, wrong)) == invalid("/reason")

    declined = done(decide(supervisor, "decline", referral, {"reason": "refused", "words": "Māte nepiekrīt"}))

    assert declined == referral | {
        "state": "declined",
        "decline_reason": "refused",
        "decline_form_id": FIRST_FORM,
        "decision_words": "Māte nepiekrīt",
        "decided_at": declined["decided_at"],
        "decided_by": str(supervisor.account_id),
        "version": 2,
    }
    assert "Māte" not in house.sql("SELECT decision_words FROM referrals")[0]["decision_words"]


HOW = {
    "accept": {},
    "decline": {"reason": "other"},
    "wait": {"words": "Trūkst ziņu"},
    "withdraw": {"words": "Ģimene pārcēlās"},
}


@pytest.mark.parametrize("last", ["accept", "decline", "withdraw"])
def test_what_was_put_off_can_still_be_decided_and_what_is_decided_stays(
    house: House, supervisor: Phone, last: str
) -> None:
    referral = done(decide(supervisor, "wait", house.a_screened_referral(supervisor), HOW["wait"]))
    assert (referral["state"], referral["decision_words"]) == ("waiting", "Trūkst ziņu")
    assert refusal_of(decide(supervisor, "wait", referral)) == {"type": "referral-decided", "state": "waiting"}

    decided = done(decide(supervisor, last, referral, HOW[last]))

    refused = {"type": "referral-decided", "state": decided["state"]}
    for how, form in HOW.items():
        assert refusal_of(decide(supervisor, how, decided, form)) == refused
    assert refusal_of(supervisor.change(f"referrals/{referral['id']}", decided, {"reason": "Cits"})) == refused
    saved = {"form_id": FIRST_FORM, "answers": FITTING}
    assert refusal_of(decide(supervisor, "screening", decided, saved)) == refused
    assert done(supervisor.get(f"referrals/{referral['id']}")) == decided


def test_of_a_decided_referral_the_priority_changes_while_an_accepted_child_waits(
    house: House, supervisor: Phone
) -> None:
    accepted = house.an_accepted_referral(supervisor)
    declined = done(decide(supervisor, "decline", house.a_referral(supervisor), HOW["decline"]))
    urgent = {"priority": "urgent"}

    changed = done(supervisor.change(f"referrals/{accepted['id']}", accepted, urgent))

    assert (changed["priority"], changed["version"]) == ("urgent", accepted["version"] + 1)
    served = house.an_accepted_referral(supervisor)
    house.a_case(supervisor, {"id": served["child_id"]}, house.a_specialist(supervisor))
    both = urgent | {"municipality": "LV-VEN"}
    for referral, change in ((changed, both), (declined, urgent), (served, urgent)):
        refused = supervisor.change(f"referrals/{referral['id']}", referral, change)
        assert refusal_of(refused) == {"type": "referral-decided", "state": referral["state"]}


def test_of_two_supervisors_who_accept_at_the_same_moment_one_does_and_there_is_one_child(
    house: House, supervisor: Phone
) -> None:
    other = house.a_supervisor()
    for _ in range(5):
        referral = house.a_screened_referral(supervisor)

        answers = at_once(
            *[
                lambda phone=phone, referral=referral: decide(phone, "accept", referral)
                for phone in (supervisor, other)
            ]
        )

        assert sorted(answer.status_code for answer in answers) == [200, 412]
        (late,) = (answer.get_json() for answer in answers if answer.status_code == 412)
        assert late["current"]["state"] == "accepted"
    assert house.sql("SELECT count(*) FROM children") == [{"count": 5}]


def test_whoever_insists_on_any_version_accepts_no_second_child(house: House, supervisor: Phone) -> None:
    referral, other = house.a_screened_referral(supervisor), house.a_supervisor()
    path = f"referrals/{referral['id']}/accept"

    answers = at_once(
        *[lambda phone=phone: phone.send("POST", path, {}, If_Match="*") for phone in (supervisor, other)],
        lambda: supervisor.send("POST", f"referrals/{referral['id']}/decline", HOW["decline"], If_Match="*"),
    )

    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    accepted = done(supervisor.get(f"referrals/{referral['id']}"))["state"] == "accepted"
    assert house.sql("SELECT count(*) FROM children") == [{"count": int(accepted)}]


def test_of_two_referrals_with_one_code_accepted_at_once_one_makes_the_child_and_the_other_is_linked(
    house: House, supervisor: Phone
) -> None:
    made = [house.a_screened_referral(supervisor, personal_code="320000-00008") for _ in range(2)]

    answers = at_once(*[lambda one=one: decide(supervisor, "accept", one) for one in made])

    assert sorted(answer.status_code for answer in answers) == [200, 409]
    (child,) = done(supervisor.get("children"))["items"]
    (late,) = (one for one, answer in zip(made, answers, strict=True) if answer.status_code == 409)
    assert done(decide(supervisor, "accept", late, {"child_id": child["id"]}))["child_id"] == child["id"]
    assert len(done(supervisor.get("waiting-list"))["items"]) == 1


def test_a_lost_answer_is_given_once_more_and_decides_nothing_twice(house: House, supervisor: Phone) -> None:
    referral = house.a_screened_referral(supervisor)

    first, again = (decide(supervisor, "accept", referral, {}, Idempotency_Key="tap") for _ in range(2))

    assert done(first) == done(again)
    assert house.sql("SELECT count(*) FROM children") == [{"count": 1}]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE referrals SET state = 'new', decided_at = NULL, decided_by = NULL WHERE state = 'waiting'",
        "UPDATE referrals SET state = 'withdrawn', decline_reason = NULL, decline_form_id = NULL"
        " WHERE state = 'declined'",
        "UPDATE referrals SET state = 'waiting', child_id = NULL WHERE state = 'accepted'",
        "UPDATE referrals SET child_id = (SELECT id FROM children WHERE given_name = 'Cita')"
        " WHERE state = 'accepted'",
        "UPDATE referrals SET child_id = NULL WHERE state = 'accepted'",
        "UPDATE referrals SET state = 'accepted' WHERE state = 'waiting'",
        "UPDATE referrals SET state = 'declined' WHERE state = 'waiting'",
        "UPDATE referrals SET decided_by = NULL WHERE state = 'declined'",
        "UPDATE referrals SET waited_until = now() WHERE state = 'waiting'",
        "UPDATE referrals SET priority = 'later'",
        "INSERT INTO referrals SELECT (jsonb_populate_record(r, jsonb_build_object('id', gen_random_uuid()))).*"
        " FROM referrals r WHERE state = 'waiting'",
    ],
)
def test_the_database_itself_takes_no_decision_back_and_keeps_none_by_halves(
    house: House, supervisor: Phone, statement: str
) -> None:
    house.a_child(supervisor, given_name="Cita")
    house.an_accepted_referral(supervisor)
    done(decide(supervisor, "wait", house.a_referral(supervisor)))
    done(decide(supervisor, "decline", house.a_referral(supervisor), HOW["decline"]))

    with pytest.raises(IntegrityError):
        house.sql(statement)
