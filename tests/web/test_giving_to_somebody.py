"""Giving a waiting child to a specialist, handing a case over, exceeding the maximum: all with the preview first."""

from datetime import date, timedelta
from typing import Any

import pytest

from bas_service import clock
from tests.builders import House, at, soon
from tests.callers import Browser, Phone, at_once, done
from tests.web.reading import Part, fields_of, in_english, page_of

LATER = (clock.today() + timedelta(days=60)).isoformat()


def previews_of(page: Part) -> list[str]:
    """What each specialist's line says of the loads, from the top."""
    return [
        " ".join(part.text for part in line.all("span", None) if part["class"] != "why")
        for line in page.all("label", "candidate")
    ]


def an_assign_form(browser: Browser, child: dict[str, Any], specialist: Phone, **more: str) -> dict[str, str]:
    """The form as the page gives it, with a specialist chosen."""
    address = f"/team/assign?child_id={child['id']}&specialist_id={specialist.account_id}"
    return fields_of(page_of(browser.get(address)).one("form", "choosing")) | more


def a_transfer_form(browser: Browser, case: dict[str, Any], specialist: Phone, **more: str) -> dict[str, str]:
    """The form as the page gives it, with a specialist chosen and a reason."""
    address = f"/team/cases/{case['id']}/transfer?to_specialist_id={specialist.account_id}"
    return fields_of(page_of(browser.get(address)).one("form", "choosing")) | {"reason": "Atvaļinājums"} | more


def full_specialist(house: House, supervisor: Phone, **more: Any) -> Phone:
    """A specialist at the maximum of twelve."""
    specialist = house.a_specialist(supervisor, **more)
    for _ in range(6):
        house.a_case(supervisor, house.a_child(supervisor), specialist, complexity="crisis")
    return specialist


def open_cases(house: House) -> list[dict[str, Any]]:
    """The open cases that are not in crisis: those these tests make."""
    return house.sql(
        "SELECT child_id, specialist_id, complexity, exceeding_until, version FROM cases"
        " WHERE state = 'open' AND complexity <> 'crisis' ORDER BY opened_at, id"
    )


def test_every_specialist_shows_what_the_case_would_make_of_the_load(house: House) -> None:
    supervisor = house.a_supervisor()
    full_specialist(house, supervisor, name="Zane")
    aija = house.a_specialist(supervisor, name="Aija")
    house.a_case(supervisor, house.a_child(supervisor), aija, complexity="high")
    child = house.a_child(supervisor)
    browser = house.a_browser(supervisor)

    (link,) = [one for one in page_of(browser.get("/team")).all("a", "button") if child["id"] in one["href"]]
    standard = page_of(browser.get(link["href"]))
    crisis = page_of(browser.get(f"{link['href']}&complexity=crisis&specialist_id={aija.account_id}"))

    assert link["aria-label"] == "Assign a specialist: Anna Izdomāta"
    assert previews_of(standard) == ["Aija 1.5 → 2.5 of 12", "Zane 12 → 13 of 12 would exceed the maximum"]
    assert [line.one("span", "why").text for line in standard.all("label", "candidate")] == [
        "Speaks the child's language. Open cases in the child's municipality: 1.",
        "Speaks the child's language. Open cases in the child's municipality: 6.",
    ]
    assert standard.one("div", "verdict").one("p").text.startswith("Choose a specialist")
    assert previews_of(crisis) == ["Aija 1.5 → 3.5 of 12", "Zane 12 → 14 of 12 would exceed the maximum"]
    assert crisis.one("div", "verdict").one("p").text == "Anna Izdomāta → Aija: the load of 1.5 becomes 3.5 of 12."


def test_a_child_is_given_and_the_next_page_says_so_and_how_to_take_it_back(house: House) -> None:
    supervisor = house.a_supervisor()
    specialist = house.a_specialist(supervisor, name="Aija")
    child = house.a_child(supervisor)
    browser = house.a_browser(supervisor)

    answer = browser.send("/team/assign", an_assign_form(browser, child, specialist, complexity="high"))
    page = page_of(browser.get(answer.location))

    assert answer.status_code == 303
    assert page.one("div", "done").one("p").text == (
        "Anna Izdomāta: the responsible specialist is now Aija. Hand over to another one"
    )
    assert page.one("p", "figures").text == "1.5 of 12 room for 10.5"
    assert [(str(row["child_id"]), row["complexity"]) for row in open_cases(house)] == [(child["id"], "high")]
    assert browser.get(page.one("div", "done").one("a")["href"]).status_code == 200
    (look,) = house.sql("SELECT action FROM trace WHERE changed AND action LIKE 'web.%'")
    assert look == {"action": "web.assign"}


def test_the_same_form_sent_twice_gives_the_child_once(house: House) -> None:
    supervisor = house.a_supervisor()
    specialist = house.a_specialist(supervisor)
    browser = house.a_browser(supervisor)
    form = an_assign_form(browser, house.a_child(supervisor), specialist)

    first, second = browser.send("/team/assign", form), browser.send("/team/assign", form)

    assert (first.status_code, second.status_code) == (303, 303)
    assert first.location == second.location
    assert len(open_cases(house)) == 1


def test_of_two_supervisors_who_give_a_child_at_the_same_moment_one_does(house: House) -> None:
    north, south = house.a_supervisor(), house.a_supervisor()
    child = house.a_child(north)
    pairs = [(house.a_browser(one), house.a_specialist(one)) for one in (north, south)]
    forms = [an_assign_form(browser, child, specialist) for browser, specialist in pairs]

    answers = at_once(
        *(
            lambda browser=browser, form=form: browser.send("/team/assign", form)
            for (browser, _), form in zip(pairs, forms, strict=True)
        )
    )

    assert sorted(answer.status_code for answer in answers) == [303, 404]
    assert len(open_cases(house)) == 1


def test_above_the_maximum_it_is_refused_in_plain_words_and_the_form_offers_the_way_out(house: House) -> None:
    supervisor = house.a_supervisor()
    specialist = full_specialist(house, supervisor)
    child = house.a_child(supervisor)
    browser = house.a_browser(supervisor)
    form = an_assign_form(browser, child, specialist)

    refused = browser.send("/team/assign", form)
    page = page_of(refused)
    typed = {"exceeding_reason": "Brālis jau pie viņas", "exceeding_until": LATER}
    exceeded = browser.send("/team/assign", fields_of(page.one("form", "choosing")) | typed)

    assert (refused.status_code, exceeded.status_code) == (409, 303)
    assert page.one("div", "refused").text == (
        "The caseload is full. With this case the specialist would be above the maximum."
        " The load of 12 would become 13, and 12 is the maximum."
        " Choose another specialist, or exceed the maximum with a reason and an end date."
    )
    # Everything is as it was chosen.
    assert fields_of(page.one("form", "choosing")) == form
    assert "over" in page.one("div", "verdict")["class"]
    assert [str(row["exceeding_until"]) for row in open_cases(house)] == [LATER]
    (kept,) = house.sql("SELECT exceeding_reason AS reason FROM cases WHERE exceeding_reason IS NOT NULL")
    assert house.opened(kept["reason"], "cases.exceeding_reason") == "Brālis jau pie viņas"


@pytest.mark.parametrize(
    ("given", "wrong", "said"),
    [
        ({"exceeding_reason": "Brālis"}, "exceeding_until", "This must be given."),
        ({"exceeding_until": LATER}, "exceeding_reason", "This must be given."),
        ({"exceeding_reason": "Brālis", "exceeding_until": "2020-01-01"}, "exceeding_until", "Today or later."),
        ({"exceeding_reason": "Brālis", "exceeding_until": "soon"}, "exceeding_until", "A date, e.g. 2026-03-02."),
        ({"exceeding_reason": "x" * 2001, "exceeding_until": LATER}, "exceeding_reason", "No more than 2,000."),
    ],
)
def test_a_half_given_exception_is_refused_and_what_was_typed_stays(
    house: House, given: dict[str, str], wrong: str, said: str
) -> None:
    supervisor = house.a_supervisor()
    specialist = full_specialist(house, supervisor)
    browser = house.a_browser(supervisor)
    form = an_assign_form(browser, house.a_child(supervisor), specialist, **given)

    answer = browser.send("/team/assign", form)
    page = page_of(answer)

    assert answer.status_code == 422
    assert [(one["id"], one.text) for one in page.one("form", "choosing").all("p", "wrong")] == [
        (f"{wrong}-wrong", said)
    ]
    assert fields_of(page.one("form", "choosing")) == form
    assert "shown" in page.one("fieldset", "exceed")["class"]
    assert open_cases(house) == []


def test_an_exception_typed_for_one_specialist_is_not_kept_for_another_with_room(house: House) -> None:
    supervisor = house.a_supervisor()
    full_specialist(house, supervisor)
    free = house.a_specialist(supervisor)
    browser = house.a_browser(supervisor)
    typed = {"exceeding_reason": "Brālis", "exceeding_until": LATER}

    answer = browser.send("/team/assign", an_assign_form(browser, house.a_child(supervisor), free, **typed))

    assert answer.status_code == 303
    assert [row["exceeding_until"] for row in open_cases(house)] == [None]


def test_what_no_page_sends_is_refused_and_changes_nothing(house: House) -> None:
    supervisor, other = house.a_supervisor(), house.a_supervisor()
    specialist, stranger = house.a_specialist(supervisor), house.a_specialist(other)
    child = house.a_child(supervisor)
    browser = house.a_browser(supervisor)
    form = an_assign_form(browser, child, specialist)
    wrong: list[dict[str, str]] = [
        {"specialist_id": str(stranger.account_id)},
        {"specialist_id": str(supervisor.account_id)},
        {"specialist_id": ""},
        {"specialist_id": "nobody"},
        {"complexity": "easy"},
        {"complexity": ""},
        {"id": "7"},
        {"id": ""},
        {"child_id": ""},
        {"more": "words"},
        {"exceeding_reason": "a\0b"},
    ]

    assert {str(one): browser.send("/team/assign", form | one).status_code for one in wrong} == {
        str(one): 422 for one in wrong
    }
    assert browser.send("/team/assign").status_code == 422
    assert browser.send("/team/assign", form | {"exceeding_reason": "ā" * 1_000_000}).status_code == 413
    assert open_cases(house) == []
    assert browser.send("/team/assign", form).status_code == 303


def test_a_child_that_has_a_case_by_now_is_not_offered_again(house: House) -> None:
    supervisor = house.a_supervisor()
    specialist, other = house.a_specialist(supervisor), house.a_specialist(supervisor)
    child = house.a_child(supervisor)
    browser = house.a_browser(supervisor)
    form = an_assign_form(browser, child, specialist)
    house.a_case(supervisor, child, other)

    asked, sent = browser.get(f"/team/assign?child_id={child['id']}"), browser.send("/team/assign", form)

    for answer in (asked, sent):
        assert (answer.status_code, page_of(answer).one("h1").text) == (409, "The child has a case")
    assert len(open_cases(house)) == 1


def test_a_case_is_handed_over_with_its_meetings_and_the_reason(house: House) -> None:
    supervisor = house.a_supervisor()
    giving, taking = house.a_specialist(supervisor), house.a_specialist(supervisor, name="Aija")
    family = house.a_family(supervisor, giving)
    meeting = house.a_meeting(giving, family["child"], starts_at=at(soon(hours=30)))
    browser = house.a_browser(supervisor)

    page = page_of(browser.get(f"/team/cases/{family['case']['id']}/transfer"))
    answer = browser.send(
        f"/team/cases/{family['case']['id']}/transfer", a_transfer_form(browser, family["case"], taking)
    )

    assert previews_of(page) == ["Aija 0 → 1 of 12"]
    assert answer.status_code == 303
    assert "is now Aija" in page_of(browser.get(answer.location)).one("div", "done").text
    assert [row["specialist_id"] for row in open_cases(house)] == [taking.account_id]
    assert done(taking.get(f"meetings/{meeting['id']}"))["state"] == "planned"
    (reason,) = house.sql("SELECT reason FROM responsibilities WHERE until IS NULL")
    assert house.opened(reason["reason"], "responsibilities.reason") == "Atvaļinājums"


def test_the_same_hand_over_sent_twice_is_one_and_one_made_on_an_old_page_is_none(house: House) -> None:
    supervisor = house.a_supervisor()
    first, second, third = (house.a_specialist(supervisor) for _ in range(3))
    case = house.a_family(supervisor, first)["case"]
    browser = house.a_browser(supervisor)
    path = f"/team/cases/{case['id']}/transfer"
    form, old = a_transfer_form(browser, case, second), a_transfer_form(browser, case, third)

    answers = [browser.send(path, form), browser.send(path, form), browser.send(path, old)]

    assert [answer.status_code for answer in answers] == [303, 303, 412]
    assert "Somebody" in page_of(answers[2]).one("div", "refused").text
    assert [(row["specialist_id"], row["version"]) for row in open_cases(house)] == [(second.account_id, 2)]
    # The page shows the case as it is now: sent once more, it counts.
    again = fields_of(page_of(answers[2]).one("form", "choosing")) | {"to_specialist_id": str(third.account_id)}
    assert (again["reason"], browser.send(path, again).status_code) == ("Atvaļinājums", 303)


def test_a_hand_over_above_the_maximum_takes_an_exception(house: House) -> None:
    supervisor = house.a_supervisor()
    giving, full = house.a_specialist(supervisor), full_specialist(house, supervisor, name="Zane")
    case = house.a_family(supervisor, giving)["case"]
    browser = house.a_browser(supervisor)
    path = f"/team/cases/{case['id']}/transfer"
    form = a_transfer_form(browser, case, full)

    refused = browser.send(path, form)
    exceeded = browser.send(path, form | {"exceeding_reason": "Uz mēnesi", "exceeding_until": LATER})

    assert (refused.status_code, exceeded.status_code) == (409, 303)
    assert fields_of(page_of(refused).one("form", "choosing")) == form
    (row,) = open_cases(house)
    assert (row["specialist_id"], str(row["exceeding_until"])) == (full.account_id, LATER)


def test_a_case_that_may_exceed_already_takes_its_exception_along(house: House) -> None:
    supervisor = house.a_supervisor()
    giving, full = house.a_specialist(supervisor), full_specialist(house, supervisor, name="Zane")
    exceeding = {"reason": "Uz mēnesi", "until": LATER}
    case = house.a_case(supervisor, house.a_child(supervisor), giving, exceeding=exceeding)
    browser = house.a_browser(supervisor)
    path = f"/team/cases/{case['id']}/transfer"

    page = page_of(browser.get(f"{path}?to_specialist_id={full.account_id}"))
    answer = browser.send(path, a_transfer_form(browser, case, full))

    day = in_english(date.fromisoformat(LATER))
    assert f"becomes 13 of 12. Above the maximum until {day}" in page.one("div", "verdict").text
    assert "over" not in page.one("div", "verdict")["class"]
    assert (answer.status_code, len(open_cases(house))) == (303, 1)


def test_a_hand_over_needs_a_reason_and_somebody_of_the_team(house: House) -> None:
    supervisor, other = house.a_supervisor(), house.a_supervisor()
    giving, taking, stranger = (
        house.a_specialist(supervisor),
        house.a_specialist(supervisor),
        house.a_specialist(other),
    )
    case = house.a_family(supervisor, giving)["case"]
    browser = house.a_browser(supervisor)
    path = f"/team/cases/{case['id']}/transfer"
    form = a_transfer_form(browser, case, taking)
    wrong: list[dict[str, str]] = [
        {"reason": ""},
        {"reason": "   "},
        {"to_specialist_id": ""},
        {"to_specialist_id": str(stranger.account_id)},
        {"to_specialist_id": str(giving.account_id)},
        {"version": ""},
        {"version": "x"},
        {"version": "9" * 30},
    ]

    assert {str(one): browser.send(path, form | one).status_code for one in wrong} == {str(one): 422 for one in wrong}
    assert [row["specialist_id"] for row in open_cases(house)] == [giving.account_id]
    assert browser.send(path, form).status_code == 303


def test_a_closed_case_is_not_handed_over(house: House) -> None:
    supervisor = house.a_supervisor()
    specialist, other = house.a_specialist(supervisor), house.a_specialist(supervisor)
    case = house.a_family(supervisor, specialist)["case"]
    browser = house.a_browser(supervisor)
    form = a_transfer_form(browser, case, other)
    done(supervisor.act(f"cases/{case['id']}/close", case, {"reason": "moved_abroad", "outcome": "Labs"}))

    answers = [
        browser.get(f"/team/cases/{case['id']}/transfer"),
        browser.send(f"/team/cases/{case['id']}/transfer", form),
    ]

    assert [(one.status_code, page_of(one).one("h1").text) for one in answers] == [(409, "No open case")] * 2
