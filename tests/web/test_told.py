"""The page about telling: who does not know yet comes first, whose task that is, why something was not in time."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from bas_service import clock
from bas_service.duties.rules import DutyKind
from tests.builders import House, at, soon
from tests.callers import Phone, done
from tests.oversight.generated import Fates
from tests.tables import statements_of
from tests.web.reading import Part, page_of


@pytest.fixture
def supervisor(house: House) -> Phone:
    """A supervisor."""
    return house.a_supervisor()


def a_meeting_with(
    house: House, supervisor: Phone, specialist: Phone, name: str, *, hours: float, **more: Any
) -> dict[str, Any]:
    family = house.a_family(supervisor, specialist, given_name=name)
    return house.a_meeting(specialist, family["child"], starts_at=at(soon(hours=hours)), **more)


def told(house: House, supervisor: Phone, query: str = "") -> Part:
    """The page, in English."""
    return page_of(house.a_browser(supervisor).get(f"/told{query}"))


def lines_of(page: Part, heading: str) -> list[str]:
    """The children of the meetings listed under a heading, each with its mark."""
    (section,) = (one for one in page.all("section") if one["aria-labelledby"] == heading)
    return [f"{line.one('h3').text.split(' – ')[1]} {line['class']}" for line in section.all("li")]


def of_messages(house: House, meeting: dict[str, Any], change: str) -> None:
    chosen = "SELECT id FROM announcements WHERE meeting_id = :id"
    house.sql(f"UPDATE messages SET {change} WHERE id IN ({chosen})", id=meeting["id"])


def test_whoever_does_not_know_yet_comes_first_and_it_is_said_whose_task_that_is(
    house: House, supervisor: Phone
) -> None:
    ilze = house.a_specialist(supervisor, name="Ilze Izdomāta")
    meetings = {
        name: a_meeting_with(house, supervisor, ilze, name, hours=hours)
        for name, hours in (("Zina", 1), ("Neskaidri", 4), ("Nezina", 7), ("Vēlāk", 72))
    }
    of_messages(house, meetings["Zina"], "state = 'delivered', handed_over_at = now(), delivered_at = now()")
    of_messages(house, meetings["Neskaidri"], "state = 'uncertain'")
    of_messages(house, meetings["Nezina"], "state = 'failed'")
    house.raise_a_duty(
        ilze,
        {"id": meetings["Nezina"]["child_id"]},
        kind=DutyKind.REPRESENTATIVE_UNREACHED,
        about_id=meetings["Nezina"]["id"],
        occasion="1/x",
    )

    page = told(house, supervisor)

    assert lines_of(page, "to-come") == [
        "Neskaidri Izdomāta doubt",
        "Nezina Izdomāta unknown",
        "Zina Izdomāta known",
    ]
    assert "Of 2 meetings somebody does not know yet." in page.text
    assert [line.text for line in page.all("p", "flag")] == ["Whose task it is now: Ilze Izdomāta"]
    assert "Mamma Izdomāta could not be reached." in page.text


def a_past_meeting(
    house: House, supervisor: Phone, specialist: Phone, name: str, *, days: int, in_time: bool
) -> None:
    """A meeting that began some days ago."""
    meeting = a_meeting_with(house, supervisor, specialist, name, hours=30)
    of_messages(house, meeting, "state = 'delivered', handed_over_at = now()" if in_time else "state = 'failed'")
    done(specialist.act(f"meetings/{meeting['id']}/start", meeting, {"unannounced_reason": "Steidzami"}))
    noon = datetime.combine(clock.today() - timedelta(days=days), datetime.min.time(), clock.RIGA)
    noon += timedelta(hours=12)
    house.sql(
        "UPDATE meetings SET starts_at = :at, ends_at = CAST(:at AS timestamptz) + (ends_at - starts_at),"
        " started_at = :at,"
        " state = 'held', ended_at = :at WHERE id = :id",
        at=noon,
        id=meeting["id"],
    )
    of_messages(house, meeting, f"handed_over_at = handed_over_at - interval '{days + 3} days'")


def test_of_the_past_week_those_not_in_time_come_first_with_the_reason(house: House, supervisor: Phone) -> None:
    ilze, anna = (house.a_specialist(supervisor, name=f"{name} Izdomāta") for name in ("Ilze", "Anna"))
    a_past_meeting(house, supervisor, ilze, "Laikus", days=1, in_time=True)
    a_past_meeting(house, supervisor, anna, "Par vēlu", days=2, in_time=False)
    a_past_meeting(house, supervisor, ilze, "Sen", days=8, in_time=False)
    yesterday, before = (clock.today() - timedelta(days=days) for days in (1, 2))

    page = told(house, supervisor)

    assert lines_of(page, "begun") == ["Par vēlu Izdomāta unknown", "Laikus Izdomāta known"]
    assert "1 meeting was not announced in time." in page.text
    assert "Not in time: Mamma Izdomāta could not be reached." in page.text
    narrowed = {
        f"?specialist_id={ilze.account_id}": ["Laikus Izdomāta known"],
        f"?specialist_id={anna.account_id}&day=": ["Par vēlu Izdomāta unknown"],
        f"?day={yesterday}": ["Laikus Izdomāta known"],
        f"?day={before}&specialist_id={ilze.account_id}": [],
        f"?day={clock.today() - timedelta(days=8)}": [],
        # What is no day and no id narrows nothing.
        "?day=2026-02-30&specialist_id=7": ["Par vēlu Izdomāta unknown", "Laikus Izdomāta known"],
    }
    assert {query: lines_of(told(house, supervisor, query), "begun") for query in narrowed} == narrowed


def test_the_months_figures_are_the_teams(house: House, supervisor: Phone) -> None:
    ilze = house.a_specialist(supervisor)
    for in_time in (True, False):
        a_past_meeting(house, supervisor, ilze, "Anna", days=0, in_time=in_time)
    house.sql(
        "UPDATE meetings SET starts_at = now() - interval '1 minute',"
        " ends_at = ends_at + (now() - interval '1 minute' - starts_at)"
    )
    other = house.a_supervisor()
    a_past_meeting(house, other, house.a_specialist(other), "Cita", days=0, in_time=True)

    page = told(house, supervisor)

    tiles = {tile.one("dt").text: tile.one("dd").text for tile in page.one("dl", "tiles").all("div")}
    assert tiles == {
        "Meetings begun": "2",
        "Announced in time": "50 %",
        "Text messages": "1 sent, 1 delivered",
        "Told by a person": "0",
    }
    assert page.one("section", "month").one("h3").text == "Not announced in time, by reason"
    assert page.one("ul", "whys").text == "not reached 1"


def test_of_each_channel_it_is_said_what_is_known_of_it(house: House, supervisor: Phone) -> None:
    """Whether e-mail arrives nobody reports; what is in doubt stands beside the channel that it is of."""
    ilze = house.a_specialist(supervisor)
    for change in (
        "state = 'uncertain'",
        "channel = 'email', state = 'handed_over'",
        "channel = 'email', state = 'uncertain'",
    ):
        a_past_meeting(house, supervisor, ilze, "Anna", days=0, in_time=True)
        house.sql(f"UPDATE messages SET {change} WHERE id = (SELECT max(id::text)::uuid FROM messages)")
    house.sql(
        "UPDATE meetings SET starts_at = now() - interval '1 minute',"
        " ends_at = ends_at + (now() - interval '1 minute' - starts_at)"
    )

    page = told(house, supervisor)

    tiles = {tile.one("dt").text: tile.one("dd").text for tile in page.one("dl", "tiles").all("div")}
    assert (tiles["Text messages"], tiles["E-mails"]) == ("0 sent, 0 delivered, 1 in doubt", "1 sent, 1 in doubt")


def test_the_teams_page_says_of_how_many_somebody_does_not_know_yet(house: House, supervisor: Phone) -> None:
    specialist = house.a_specialist(supervisor)
    browser = house.a_browser(supervisor)
    before = page_of(browser.get("/team")).one("p", "to-told")
    a_meeting_with(house, supervisor, specialist, "Anna", hours=1)
    a_meeting_with(house, supervisor, specialist, "Vēlāk", hours=72)

    (link,) = page_of(browser.get("/team")).one("p", "to-told").all("a")

    assert before.text == "Who was told Of all meetings of today and tomorrow everybody knows."
    assert link["href"] == "/told"
    assert page_of(browser.get("/team")).one("p", "to-told").text == (
        "Who was told Of 1 meeting of today and tomorrow somebody does not know yet."
    )


def test_an_alarm_is_seen_on_both_pages_while_it_lasts(house: House, supervisor: Phone) -> None:
    house.sql("INSERT INTO heartbeats VALUES ('worker', now() - interval '3 minutes')")
    browser = house.a_browser(supervisor)

    shown = [page_of(browser.get(path)) for path in ("/told", "/team")]
    house.sql(
        "UPDATE heartbeats SET beat_at = CASE part WHEN 'worker' THEN now() ELSE now() - interval '1 minute' END"
    )
    after = [page_of(browser.get(path)) for path in ("/told", "/team")]

    said = "The worker has given no sign of life for 3 minutes; no message goes out."
    assert [page.one("section", "grants").one("li").text for page in shown] == [said, said]
    assert [page.all("section", "grants") for page in after] == [[], []]


def test_the_page_leaves_a_trace_of_the_children_named(house: House, supervisor: Phone) -> None:
    specialist = house.a_specialist(supervisor)
    meeting = a_meeting_with(house, supervisor, specialist, "Anna", hours=1)
    a_meeting_with(house, supervisor, specialist, "Vēlāk", hours=72)
    house.sql("DELETE FROM trace")

    told(house, supervisor)

    assert house.looks_of(supervisor) == [(meeting["child_id"], "team", "web.told", False)]


def test_signing_in_leads_back_to_the_page(house: House, supervisor: Phone) -> None:
    browser = house.a_browser()
    form = page_of(browser.get("/told?day=2026-03-01"))
    (back,) = (field["value"] for field in form.all("input") if field["name"] == "next")

    answer = browser.send("/sign-in", {"email": supervisor.email, "password": "a long enough password", "next": back})

    assert answer.headers["Location"] == "/told?day=2026-03-01"


def test_the_page_takes_as_many_statements_for_forty_specialists_as_for_one(house: House) -> None:
    counts = []
    for number in (1, 3, 40):
        house.empty()
        supervisor = house.a_supervisor()
        for one in range(number):
            specialist = house.a_specialist(supervisor)
            family = house.a_family(supervisor, specialist)
            whom = [house.a_representative(supervisor, family["child"])["id"] for _ in range(2)]
            Fates(house, family, [*whom, family["representative"]["id"]], seed=one).meetings(4)
        browser = house.a_browser(supervisor)
        # The first one looks whether there is an alarm, the others know that somebody just did.
        browser.get("/told")
        with statements_of(house.app) as found:
            assert browser.get("/told").status_code == 200
        counts.append(len(found))

    assert counts == [13, 13, 13]
