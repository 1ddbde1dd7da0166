"""What the team's page shows, to whom, from how many statements, and what trace it leaves."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy
from flask import Flask

from bas_service import clock
from bas_service.caseload.rules import Complexity
from bas_service.database import db, new_id, transaction
from bas_service.duties.rules import DutyKind
from bas_service.meetings.models import Meeting
from bas_service.meetings.queries import unannounced_counts, unannounced_of, views_of
from tests.builders import House, at, soon
from tests.callers import Phone, done
from tests.tables import statements_of
from tests.web.reading import Part, in_english, page_of


def lines_of(page: Part) -> dict[str, Part]:
    """Each specialist's line by name."""
    return {line.one("h3").text: line for line in page.all("li", "specialist")}


def with_cases(house: House, supervisor: Phone, specialist: Phone, *complexities: str) -> list[dict[str, Any]]:
    """Give a specialist a case of each of these complexities."""
    return [
        house.a_case(supervisor, house.a_child(supervisor), specialist, complexity=complexity)
        for complexity in complexities
    ]


def test_each_specialist_is_shown_with_load_mix_room_and_limits(house: House) -> None:
    supervisor = house.a_supervisor()
    zane = house.a_specialist(supervisor, name="Zane Izdomāta")
    house.a_specialist(supervisor, name="Ādams Izdomāts")
    house.a_specialist(house.a_supervisor(), name="Cita Izdomāta")
    with_cases(house, supervisor, zane, "low", "low", "standard", "high", "crisis", "crisis")

    page = page_of(house.a_browser(supervisor).get("/team"))

    lines = lines_of(page)
    assert list(lines) == ["Ādams Izdomāts", "Zane Izdomāta"]
    assert lines["Zane Izdomāta"].one("p", "figures").text == "8 of 12 room for 4"
    assert lines["Zane Izdomāta"].one("ul", "mix").text == "low 2 standard 1 high 1 crisis 2"
    assert lines["Zane Izdomāta"].one("svg")["aria-label"] == "Load 8. Minimum 6, nominal 10, maximum 12."
    assert lines["Ādams Izdomāts"].one("p", "figures").text == "0 of 12 room for 12"
    assert lines["Ādams Izdomāts"].one("ul", "flags").text == "Below the minimum"
    assert page.one("span", "who").text.startswith("Supervisor")


def test_whoever_is_over_is_shown_with_the_day_until_which_it_is_allowed(house: House) -> None:
    supervisor = house.a_supervisor()
    specialist = house.a_specialist(supervisor)
    with_cases(house, supervisor, specialist, *["crisis"] * 6)
    browser = house.a_browser(supervisor)
    full = page_of(browser.get("/team")).one("li", "specialist")
    until = clock.today() + timedelta(days=30)
    exceeding = {"reason": "Neviens cits", "until": until.isoformat()}
    house.a_case(supervisor, house.a_child(supervisor), specialist, exceeding=exceeding)
    over = page_of(browser.get("/team")).one("li", "specialist")
    house.sql("UPDATE cases SET exceeding_until = current_date - 2 WHERE exceeding_until IS NOT NULL")
    ended = page_of(browser.get("/team")).one("li", "specialist")

    assert (full.one("p", "figures").text, full.all("ul", "flags")) == ("12 of 12 no room", [])
    assert over.one("ul", "flags").text == f"Above the maximum; allowed until {in_english(until)}"
    assert ended.one("ul", "flags").text == "Above the maximum, and no exception is in force"
    assert "Neviens cits" not in over.text


def test_the_most_heavily_loaded_come_first_when_asked_for(house: House) -> None:
    supervisor = house.a_supervisor()
    for name, complexity in (("Aija", "low"), ("Biruta", "crisis"), ("Cilda", "standard")):
        with_cases(house, supervisor, house.a_specialist(supervisor, name=name), complexity)
    browser = house.a_browser(supervisor)

    assert list(lines_of(page_of(browser.get("/team")))) == ["Aija", "Biruta", "Cilda"]
    assert list(lines_of(page_of(browser.get("/team?order=load")))) == ["Biruta", "Cilda", "Aija"]
    assert list(lines_of(page_of(browser.get("/team?order=nonsense")))) == ["Aija", "Biruta", "Cilda"]


def test_who_waits_is_shown_beside_the_longest_wait_first(house: House) -> None:
    supervisor = house.a_supervisor()
    born = clock.today() - timedelta(days=3700)
    names = {"Anna": 0, "Berta": 34, "Cecīlija": 1}
    for name, days in names.items():
        child = house.a_child(supervisor, given_name=name, municipality="LV-DGV", birth_date=born.isoformat())
        house.sql(
            "UPDATE children SET created_at = now() - :days * interval '1 day' WHERE id = :id",
            days=days,
            id=child["id"],
        )

    waiting = page_of(house.a_browser(supervisor).get("/team")).one("section", "waiting")

    assert waiting.one("h2").text == "Waiting for a specialist 3"
    assert [line.one("div").text for line in waiting.all("li")] == [
        "Berta Izdomāta 10 years old, Daugavpils waits 34 days",
        "Cecīlija Izdomāta 10 years old, Daugavpils waits 1 day",
        "Anna Izdomāta 10 years old, Daugavpils waits since today",
    ]


def test_the_most_urgent_come_first_and_whoever_waits_for_a_decision_is_told_apart(house: House) -> None:
    supervisor = house.a_supervisor()
    house.a_child(supervisor, given_name="Anna")
    house.an_accepted_referral(supervisor, given_name="Berta", family_name="Izdomāta", priority="urgent")
    referral = house.a_screened_referral(
        supervisor, given_name="Cilda", family_name="Izdomāta", priority="high", birth_date=None
    )
    done(supervisor.act(f"referrals/{referral['id']}/wait", referral, {"words": "Vajadzīga skolas atbilde"}))

    lines = page_of(house.a_browser(supervisor).get("/team")).one("section", "waiting").all("li")

    assert [line.one("h3").text for line in lines] == ["Berta Izdomāta", "Cilda Izdomāta", "Anna Izdomāta"]
    assert [[flag.text for flag in line.all("p", "flag")] for line in lines] == [["urgent"], ["high priority"], []]
    assert [len(line.all("a", "button")) for line in lines] == [1, 0, 1]
    assert lines[1].one("p", "hint").text == "The referral is still to be decided."


def test_of_very_many_who_wait_the_first_ones_are_shown_and_that_there_are_more(house: House) -> None:
    supervisor = house.a_supervisor()
    for _ in range(32):
        house.a_child(supervisor)

    waiting = page_of(house.a_browser(supervisor).get("/team")).one("section", "waiting")

    assert (waiting.one("h2").text, len(waiting.all("li"))) == ("Waiting for a specialist 30+", 30)
    assert waiting.one("p", "hint").text.startswith("More are waiting")


def test_an_empty_team_and_an_empty_list_are_said_in_words(house: House) -> None:
    page = page_of(house.a_browser(house.a_supervisor()).get("/team"))

    assert "There is no specialist in your team yet." in page.text
    assert "No child is waiting." in page.text


def test_names_are_shown_as_they_are_whatever_they_look_like(house: House) -> None:
    supervisor = house.a_supervisor()
    house.a_child(supervisor, given_name="<b>Anna</b>", family_name='"&amp; Izdomāta')
    house.a_specialist(supervisor, name="</svg><script>1</script>")

    page = page_of(house.a_browser(supervisor).get("/team"))

    assert [h3.text for h3 in page.all("h3")] == ["</svg><script>1</script>", '<b>Anna</b> "&amp; Izdomāta']


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("lv", "1,75 no 12 brīvs 10,25"),
        ("en", "1.75 of 12 room for 10.25"),
        ("ru", "1,75 из 12 свободно 10,25"),
    ],
)
def test_figures_are_written_as_the_language_writes_them(house: House, language: str, said: str) -> None:
    supervisor = house.a_supervisor()
    with_cases(house, supervisor, house.a_specialist(supervisor), "low", "standard")

    page = page_of(house.a_browser(supervisor).get("/team", Accept_Language=language))

    assert page.one("p", "figures").text == said


def test_only_those_shown_by_name_are_looked_at(house: House) -> None:
    supervisor = house.a_supervisor()
    specialist = house.a_specialist(supervisor)
    family = house.a_family(supervisor, specialist)
    waiting = house.a_child(supervisor)
    house.sql("DELETE FROM trace")
    browser = house.a_browser(supervisor)

    browser.get("/team")
    browser.get(f"/team/specialists/{specialist.account_id}")

    assert house.looks_of(supervisor) == [
        (waiting["id"], "waiting", "web.team", False),
        (family["child"]["id"], "team", "web.specialist", False),
    ]


def test_an_emergency_grant_is_shown_until_notice_is_taken(house: House) -> None:
    supervisor, other = house.a_supervisor(), house.a_supervisor()
    child = house.a_family(supervisor, house.a_specialist(supervisor))["child"]
    somebody = house.a_specialist(other, name="Pauls Izdomāts")
    wanted = {"reason": "Bērns atrasts autoostā", "hours": 3}
    grant = done(somebody.post(f"children/{child['id']}/emergency-grants", wanted))
    browser = house.a_browser(supervisor)

    shown = page_of(browser.get("/team")).one("section", "grants")
    answer = browser.send(f"/team/emergency-grants/{grant['id']}/note")
    again = browser.send(f"/team/emergency-grants/{grant['id']}/note")

    assert shown.one("li").text.startswith("Pauls Izdomāts – Anna Izdomāta. Access from ")
    assert shown.one("p", "reason").text == "Bērns atrasts autoostā"
    assert (answer.status_code, again.status_code) == (303, 303)
    assert page_of(browser.get("/team")).all("section", "grants") == []
    assert house.sql("SELECT version, seen_at IS NOT NULL AS seen FROM emergency_grants") == [
        {"version": 2, "seen": True}
    ]
    assert page_of(house.a_browser(other).get("/team")).all("section", "grants") == []


def test_who_is_away_is_shown_with_who_stands_in_and_for_whom_nobody_does(house: House) -> None:
    supervisor = house.a_supervisor()
    aija, biruta, zane = (house.a_specialist(supervisor, name=name) for name in ("Aija", "Biruta", "Zane"))
    for specialist in (aija, biruta):
        house.a_family(supervisor, specialist)
    absence = house.an_absence(supervisor, aija, zane)
    house.an_absence(supervisor, biruta)
    browser = house.a_browser(supervisor)
    until = in_english(clock.today() + timedelta(days=1))

    lines = lines_of(page_of(browser.get("/team")))
    form = page_of(browser.get(f"/team/assign?child_id={house.a_child(supervisor)['id']}"))
    done(supervisor.act(f"absences/{absence['id']}/end", absence))

    assert lines["Aija"].one("li", "away").text == f"Away until {until}; Zane standing in"
    assert lines["Biruta"].one("li", "away").text == f"Away until {until}; 1 child without a substitute"
    assert lines["Zane"].all("li", "away") == []
    # Whoever is there is offered first, whatever the loads.
    assert [
        (one.one("span", "who").text, len(one.all("span", "away"))) for one in form.all("label", "candidate")
    ] == [
        ("Zane", 0),
        ("Aija", 1),
        ("Biruta", 1),
    ]
    assert lines_of(page_of(browser.get("/team")))["Aija"].all("li", "away") == []


def test_a_missed_rhythm_is_counted_and_said_at_the_case(house: House) -> None:
    supervisor = house.a_supervisor()
    aija, berta = house.a_specialist(supervisor, name="Aija"), house.a_specialist(supervisor, name="Berta")
    child = house.a_family(supervisor, aija)["child"]
    house.a_family(supervisor, aija)
    house.a_family(supervisor, berta)
    missed = {"kind": DutyKind.RHYTHM_MISSED, "occasion": "once", "due_on": "2026-11-01"}
    house.raise_a_duty(aija, child, **missed)
    house.raise_a_duty(aija, child, kind=DutyKind.CASE_RECEIVED, occasion="once")
    browser = house.a_browser(supervisor)

    lines = lines_of(page_of(browser.get("/team")))
    cases = page_of(browser.get(f"/team/specialists/{aija.account_id}")).one("ul", "cases")

    assert "The agreed rhythm is missed in 1 case" in lines["Aija"].one("ul", "flags").text
    assert "rhythm" not in lines["Berta"].text
    assert [len(case.all("p", "flag")) for case in cases.all("li")] in ([2, 0], [0, 2])
    assert "The agreed rhythm was missed: a meeting was due by 01.11.2026." in cases.text
    house.sql("UPDATE duties SET state = 'lapsed', ended_at = now()")
    assert "rhythm" not in page_of(browser.get("/team")).text


def test_meetings_not_announced_in_time_are_counted_and_listed(house: House) -> None:
    supervisor = house.a_supervisor()
    specialist = house.a_specialist(supervisor)
    child = house.a_family(supervisor, specialist)["child"]
    in_time, too_late = (house.a_meeting(specialist, child, starts_at=at(soon(hours=hours))) for hours in (2, 5))
    house.hand_over_messages()
    begun = done(specialist.act(f"meetings/{in_time['id']}/start", in_time))
    done(specialist.act(f"meetings/{in_time['id']}/finish", begun, {}))
    of_meeting = "SELECT id FROM announcements WHERE meeting_id = :id"
    house.sql(f"UPDATE messages SET state = 'failed' WHERE id IN ({of_meeting})", id=too_late["id"])
    done(specialist.act(f"meetings/{too_late['id']}/start", too_late, {"unannounced_reason": "Tālrunis izslēgts"}))
    browser = house.a_browser(supervisor)

    line = page_of(browser.get("/team")).one("li", "specialist")
    (link,) = line.one("p", "unannounced").all("a")
    meetings = page_of(browser.get(link["href"])).one("ul", "meetings")

    assert link.text == "1 meeting in 30 days was not announced in time"
    assert [one.one("p", "reason").text for one in meetings.all("li")] == ["Tālrunis izslēgts"]
    house.sql(
        "UPDATE meetings SET starts_at = starts_at - interval '32 days', ends_at = ends_at - interval '32 days'"
    )
    assert page_of(browser.get("/team")).all("p", "unannounced") == []


def test_a_meeting_counts_as_announced_exactly_when_the_rule_says_so(house: House, app: Flask) -> None:
    """The page counts in SQL what the meetings' rule decides one by one: the same for every fate of a message."""
    supervisor = house.a_supervisor()
    specialist = house.a_specialist(supervisor)
    family = house.a_family(supervisor, specialist)
    house.a_representative(supervisor, family["child"])
    alone = house.a_case(supervisor, house.a_child(supervisor), specialist)
    for hours in range(12):
        meeting = house.a_meeting(specialist, family["child"], starts_at=at(soon(hours=2 * hours + 1)))
        house.a_meeting_begun(specialist, meeting)
    lonely = house.a_meeting(specialist, {"id": alone["child_id"]}, starts_at=at(soon(hours=60)))
    done(specialist.act(f"meetings/{lonely['id']}/start", lonely, {"unannounced_reason": "Steidzami"}))
    states = ["queued", "sending", "handed_over", "delivered", "failed", "uncertain", "withdrawn"]
    messages = house.sql(
        "SELECT m.id, g.started_at FROM messages m JOIN announcements a USING (id)"
        " JOIN meetings g ON g.id = a.meeting_id ORDER BY m.id"
    )
    for number, message in enumerate(messages):
        house.sql(
            "UPDATE messages SET state = :state, handed_over_at = :at WHERE id = :id",
            state=states[number // 2 % 4 + number % 2 if number < 16 else 2 + number % 2],
            at=message["started_at"] + timedelta(seconds=1 if number % 7 == 3 else -1),
            id=message["id"],
        )
    house.sql("UPDATE meetings SET telling = telling + 1 WHERE id = (SELECT max(id::text)::uuid FROM meetings)")

    with app.test_request_context(), transaction():
        db.session.execute(
            sqlalchemy.text("SELECT set_config('bas.account_id', :id, true)"), {"id": str(supervisor.account_id)}
        )
        since = clock.now() - timedelta(days=1)
        meetings = list(db.session.scalars(sqlalchemy.select(Meeting)))
        by_rule = {view["id"] for view in views_of(meetings) if view["announced_in_time"] is False}
        found = unannounced_of(specialist.account_id, since=since)
        counts = unannounced_counts([specialist.account_id], since=since)

    assert {row["id"] for row in found} == by_rule
    assert 2 < len(by_rule) < 13
    assert counts == {specialist.account_id: len(by_rule)}


def test_the_load_of_the_past_year_is_drawn_and_told_as_it_was_on_each_day(house: House) -> None:
    supervisor = house.a_supervisor()
    specialist = house.a_specialist(supervisor)
    (grown, given_away) = with_cases(house, supervisor, specialist, "high", "crisis")
    months = [clock.now() - timedelta(days=days) for days in (200, 100)]
    # Seven months ago both came, as low and crisis; three months ago the one became high, the other went elsewhere.
    house.sql("UPDATE responsibilities SET since = :then", then=months[0])
    house.sql(
        "UPDATE responsibilities SET until = :then WHERE case_id = :case", then=months[1], case=given_away["id"]
    )
    house.sql("UPDATE case_complexities SET since = :then", then=months[0])
    house.sql("UPDATE case_complexities SET since = :then WHERE case_id = :case", then=months[1], case=grown["id"])
    low = "INSERT INTO case_complexities SELECT id, child_id, :then, 'low' FROM cases WHERE id = :case"
    house.sql(low, then=months[0], case=grown["id"])

    section = page_of(house.a_browser(supervisor).get(f"/team/specialists/{specialist.account_id}")).one(
        "section", "year"
    )

    told = [[cell.text for cell in row.all("td")] for row in section.one("tbody").all("tr")]
    assert len(told) == 13
    assert told[0] == [in_english(clock.today()), "1.5", "12"]
    loads = [load for _day, load, _maximum in reversed(told)]
    assert [loads[0], loads[5], loads[7], loads[8], loads[-1]] == ["0", "0", "2.75", "2.75", "1.5"]
    assert set(loads) == {"0", "2.75", "1.5"}
    points = section.one("polyline", "load")["points"].split(" ")
    assert len(points) == 13
    assert "the load was 0, now it is" in section.one("svg")["aria-label"]


def a_team(house: House, *, specialists: int, cases: int) -> Phone:
    """A supervisor with so many specialists, each with so many cases, put into the tables directly."""
    supervisor = house.a_supervisor()
    people = [house.a_specialist(supervisor) for _ in range(specialists)]
    complexities = list(Complexity)
    for person in people:
        for number in range(cases):
            child, case = new_id(), new_id()
            house.sql(
                "INSERT INTO children (id, given_name, family_name, sort_key, search_key, birth_date, municipality,"
                " language, waiting, version, created_at, created_by)"
                " VALUES (:id, 'Anna', 'Izdomāta', 'k', 'k', '2014-01-01', 'LV-RIX', 'lv', false, 1, now(), :by)",
                id=child,
                by=supervisor.account_id,
            )
            house.sql(
                "INSERT INTO cases (id, child_id, specialist_id, complexity, state, opened_at, version)"
                " VALUES (:id, :child, :specialist, :complexity, 'open', now(), 1)",
                id=case,
                child=child,
                specialist=person.account_id,
                complexity=complexities[number % 3],
            )
    return supervisor


def statements_for(house: House, supervisor: Phone, path: str) -> int:
    """How many statements a page takes."""
    browser = house.a_browser(supervisor)
    with statements_of(house.app) as found:
        answer = browser.get(path)
    assert answer.status_code == 200
    return len(found)


def test_the_page_takes_as_many_statements_for_forty_specialists_as_for_one(house: House) -> None:
    counts = []
    for specialists, cases in ((1, 1), (3, 3), (40, 10)):
        house.empty()
        supervisor = a_team(house, specialists=specialists, cases=cases)
        house.a_child(supervisor)
        counts.append(statements_for(house, supervisor, "/team"))

    assert counts == [12, 12, 12]


def test_the_other_pages_take_as_many_statements_for_three_as_for_one(house: House) -> None:
    counts = []
    for number in (1, 3):
        house.empty()
        supervisor = house.a_supervisor()
        people = [house.a_specialist(supervisor) for _ in range(number)]
        families = [house.a_family(supervisor, people[0]) for _ in range(number)]
        waiting = house.a_child(supervisor)
        for family in families:
            house.a_meeting(people[0], family["child"], starts_at=at(soon(hours=10 + 3 * len(counts) + number)))
            number += 2
        paths = [
            f"/team/specialists/{people[0].account_id}",
            f"/team/assign?child_id={waiting['id']}",
            f"/team/cases/{families[0]['case']['id']}/transfer",
        ]
        counts.append([statements_for(house, supervisor, path) for path in paths])

    assert counts[0] == counts[1]


def test_a_page_that_is_not_there_tells_nothing_and_leads_back(house: House) -> None:
    supervisor, other = house.a_supervisor(), house.a_supervisor()
    stranger = house.a_specialist(other, name="Sveša Izdomāta")
    browser = house.a_browser(supervisor)

    answer = browser.get(f"/team/specialists/{stranger.account_id}")

    assert (answer.status_code, page_of(answer).one("h1").text) == (404, "Not found")
    assert "Sveša" not in answer.get_data(as_text=True)
    assert browser.get(f"/team/assign?child_id={new_id()}").status_code == 404
    assert browser.get("/team/assign").status_code == 422
    assert browser.get("/team/assign?child_id=1").status_code == 422
    assert browser.get("/team", HX_Request="true").status_code == 200
    gone = house.a_browser().get("/team", HX_Request="true")
    assert (gone.status_code, gone.headers["HX-Refresh"]) == (401, "true")
