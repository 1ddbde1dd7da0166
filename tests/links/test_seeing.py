"""A link to what is planned: what it shows to whom, and that whoever has read it knows (D6, D29)."""

from datetime import datetime, timedelta

import pytest

from bas_service import clock
from tests.builders import Holder, at, done, invalid, refusal_of, soon, statements_of
from tests.links.family import Family
from tests.web.reading import Part, page_of


def holder_of_a_see_link(family: Family) -> Holder:
    """The mother with a link to what is planned."""
    family.house.a_see_link(family.specialist, family.mother)
    return family.holder()


def meetings_on(page: Part) -> list[list[str]]:
    """What the page says of each meeting; a list of consents may follow."""
    first = page.all("ul", "meetings")[0]
    return [[part.text for part in (*one.all("h2"), *one.all("p"))] for one in first.all("li")]


def at_three_in_riga(days: int) -> datetime:
    """Three in the afternoon in Riga, so many days ahead."""
    day = clock.today() + timedelta(days=days)
    return datetime(day.year, day.month, day.day, 15, tzinfo=clock.RIGA)


def test_it_shows_day_hour_place_duration_and_whom_to_call_in_their_language(family: Family) -> None:
    starts_at = at_three_in_riga(2)
    family.house.a_meeting(family.specialist, family.child, starts_at=at(starts_at))
    holder = holder_of_a_see_link(family)

    latvian, english = page_of(holder.enter(language="lv")), page_of(holder.do("show"))

    assert latvian.one("h1").text == "Plānotās tikšanās: Anna"
    ((heading, *rest),) = meetings_on(latvian)
    assert heading.endswith(", 15.00")
    assert rest == [
        "Vieta: Bibliotēka, Brīvības iela 1, Rīga",
        "Prombūtne: apmēram 1 stunda 30 minūtes",
        "Kopā ar bērnu: Ilze Bērziņa, tālr. +37120000100",
    ]
    assert meetings_on(english) == [
        [
            f"{starts_at:%A}, {starts_at.day} {starts_at:%B} {starts_at.year}, 15:00",
            "Place: Bibliotēka, Brīvības iela 1, Rīga",
            "Away for about 1 hour 30 minutes",
            "With the child: Ilze Bērziņa, tel. +37120000100",
        ]
    ]


def test_the_text_says_nothing_of_the_child_and_the_first_page_neither(family: Family) -> None:
    family.house.a_meeting(family.specialist, family.child)
    holder = holder_of_a_see_link(family)
    (text,) = family.house.texts_with_links()

    first = holder.get().get_data(as_text=True)

    for secret in ("Anna", "Izdomāta", "Bibliotēka", "Bērziņa"):
        assert secret not in first
    for secret in ("Anna", "Bibliotēka", "Izdom"):
        assert secret not in text


def test_from_whom_a_place_is_protected_sees_no_place_at_all(family: Family) -> None:
    """Not that it is hidden, not of the consents either; and reading it tells them of nothing."""
    school = family.house.a_consent(family.specialist, family.mother, institution="Izdomātā pamatskola")
    family.planned_at_school(starts_at=at(at_three_in_riga(2)), transport="public_transport")
    family.house.a_protected_place(family.specialist, family.mother)
    holder = holder_of_a_see_link(family)

    page = holder.enter()

    ((_, *rest),) = meetings_on(page_of(page))
    assert rest == [
        "Away for about 1 hour 30 minutes",
        "With the child: Ilze Bērziņa, tel. +37120000100",
    ]
    text = page.get_data(as_text=True)
    for secret in ("Bibliotēka", "Brīvības", "pamatskola", "Place", "Where", "I have read it"):
        assert secret not in text
    withdrawing = holder.do("withdrawing", consent=school["id"]).get_data(as_text=True)
    assert "pamatskola" not in withdrawing
    assert holder.do("withdraw", factor=holder.factor).status_code == 200


def test_meetings_outside_of_the_representation_are_not_shown(family: Family) -> None:
    family.house.a_meeting(family.specialist, family.child, starts_at=at(at_three_in_riga(2)))
    family.house.a_meeting(family.specialist, family.child, starts_at=at(at_three_in_riga(20)))
    until = (clock.today() + timedelta(days=10)).isoformat()
    done(family.specialist.change(f"representatives/{family.mother['id']}", family.mother, {"valid_until": until}))

    page = page_of(holder_of_a_see_link(family).enter())

    assert len(meetings_on(page)) == 1


def test_what_is_over_or_called_off_is_not_shown(family: Family) -> None:
    meeting = family.house.a_meeting(family.specialist, family.child)
    holder = holder_of_a_see_link(family)
    assert len(meetings_on(page_of(holder.enter()))) == 1

    done(family.specialist.act(f"meetings/{meeting['id']}/cancel", meeting, {"reason": "child_ill"}))

    assert "Nothing is planned at present." in page_of(holder.do("show")).text


def test_whoever_has_read_it_knows_and_is_nobody_s_task(family: Family) -> None:
    house = family.house
    meeting = house.a_meeting(family.specialist, family.child)
    house.hand_over_messages("failed")
    house.sql(
        "INSERT INTO duties (id, kind, child_id, account_id, about_id, occasion, details, raised_at, due_at, state,"
        " version) SELECT gen_random_uuid(), 'representative-unreached', :child, :account, :meeting, :occasion,"
        ' \'{"whom": "somebody", "day": "2026-01-01", "clock": "15:00"}\', now(), now(), \'open\', 1',
        child=family.child["id"],
        account=family.specialist.account_id,
        meeting=meeting["id"],
        occasion=f"1/{family.mother['id']}",
    )
    holder = holder_of_a_see_link(family)
    holder.enter()

    read = page_of(holder.do("read"))

    assert read.one("p", "read").text.startswith("Read on ")
    assert read.one("main").all("button") == []
    (announcement,) = done(family.specialist.get(f"meetings/{meeting['id']}"))["announcements"]
    assert announcement["confirmed_at"] is not None
    assert family.duties() == []
    assert [row["did"] for row in house.sql("SELECT did FROM link_visits ORDER BY at")] == ["opened", "confirmed"]


def test_what_changed_since_is_not_read(family: Family) -> None:
    meeting = family.house.a_meeting(family.specialist, family.child)
    holder = holder_of_a_see_link(family)
    holder.enter()
    moved = {"starts_at": at(soon(hours=30))}
    done(family.specialist.change(f"meetings/{meeting['id']}", meeting, moved))

    page = page_of(holder.do("read"))

    assert page.all("p", "read") == []
    assert family.house.sql("SELECT * FROM confirmations") == []
    holder.do("read")
    assert [row["telling"] for row in family.house.sql("SELECT telling FROM confirmations")] == [2]
    shown = done(family.specialist.get(f"meetings/{meeting['id']}"))["announcements"]
    assert [(one["reason"], one["confirmed_at"] is None) for one in shown][-1][1] is False


def test_it_works_for_weeks_and_asks_each_time(family: Family) -> None:
    link = family.house.a_see_link(family.specialist, family.mother)
    kept = datetime.fromisoformat(link["expires_at"]) - datetime.fromisoformat(link["created_at"])
    holder = family.holder()

    assert timedelta(days=41, hours=23) < kept <= timedelta(days=42)
    for _ in range(3):
        assert page_of(holder.get()).one("h1").text == "Ziņa jums"
        assert "Planned meetings" in page_of(holder.enter()).one("h1").text
    family.house.sql("UPDATE links SET expires_at = now()")
    assert holder.get().status_code == 404


def test_a_new_link_takes_the_place_of_the_one_before(family: Family) -> None:
    family.house.a_see_link(family.specialist, family.mother)
    first = family.holder()
    family.house.a_see_link(family.specialist, family.mother)

    assert [first.get().status_code, family.holder().get().status_code] == [404, 200]


def test_a_link_to_what_is_planned_leaves_a_question_as_it_is(family: Family) -> None:
    family.asked()
    question = family.holder()
    family.house.a_see_link(family.specialist, family.mother)

    assert question.get().status_code == 200


@pytest.mark.parametrize("state", ["suspended", "over"])
def test_who_does_not_represent_the_child_today_gets_none(family: Family, state: str) -> None:
    statement = {
        "suspended": "UPDATE representatives SET state = 'suspended'",
        "over": "UPDATE representatives SET valid_from = '2020-01-01', valid_until = '2020-12-31'",
    }[state]
    holder = holder_of_a_see_link(family)
    assert holder.enter().status_code == 200

    family.house.sql(statement)

    path = f"representatives/{family.mother['id']}/see-link"
    assert refusal_of(family.specialist.post(path, {"channel": "sms"})) == invalid("/representative_id")
    assert [holder.get().status_code, holder.do("show").status_code, holder.enter().status_code] == [404] * 3


def test_how_many_statements_the_page_takes_does_not_depend_on_what_is_planned(family: Family) -> None:
    holder = holder_of_a_see_link(family)
    counts = []
    for number in (1, 2):
        family.house.a_meeting(family.specialist, family.child, starts_at=at(soon(hours=24 * number)))
        family.house.a_meeting(family.specialist, family.child, starts_at=at(soon(hours=24 * number + 4)))
        with statements_of(family.house.app) as statements:
            holder.enter()
        counts.append(len(statements))

    assert counts[0] == counts[1]
    print(f"a page of what is planned: {counts[0]} statements")
