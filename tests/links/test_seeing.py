"""A link to what is planned: what it shows to whom, and that whoever has read it knows (D6, D29)."""

from datetime import datetime, timedelta

import pytest
from flask import Flask

from bas_service import clock
from bas_service.database import transaction
from bas_service.meetings.jobs import unreached_before_meetings
from tests.builders import at, soon
from tests.callers import Holder, done, invalid, refusal_of
from tests.links.family import Family
from tests.tables import statements_of
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
    assert heading.endswith(", plkst. 15.00")
    assert heading[0].isupper()
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


def test_at_a_number_that_such_a_person_has_too_no_place_is_shown_nor_can_it_be_confirmed(family: Family) -> None:
    """The father may know; but the mother, from whom it is kept, has the same telephone and knows its last digits."""
    family.house.a_meeting(family.specialist, family.child)
    father = family.house.a_representative(
        family.specialist, family.child, name="Tētis Izdomāts", phone=family.mother["phone"]
    )
    family.house.a_see_link(family.specialist, father)
    holder = Holder(family.house.app, family.house.the_link(), father)
    assert "Bibliotēka" in holder.enter().get_data(as_text=True)

    family.house.a_protected_place(family.specialist, family.mother)
    page = holder.do("show").get_data(as_text=True)

    for secret in ("Bibliotēka", "Brīvības", "Place", "I have read it"):
        assert secret not in page
    assert holder.do("read").status_code == 403
    assert family.house.sql("SELECT id FROM confirmations") == []


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


def test_who_confirmed_before_the_start_was_told_in_time_though_every_message_failed(
    family: Family, worker_app: Flask
) -> None:
    house, specialist = family.house, family.specialist
    meeting, other = (house.a_meeting(specialist, family.child, starts_at=at(soon(hours=n))) for n in (24, 30))
    house.hand_over_messages("failed")
    with worker_app.app_context(), transaction():
        unreached_before_meetings()
    assert family.duties() == ["representative-unreached"] * 2
    holder = holder_of_a_see_link(family)
    holder.enter()
    refused = specialist.act(f"meetings/{meeting['id']}/start", meeting, {})
    assert refusal_of(refused) == {"type": "meeting-unannounced"}

    holder.do("read")

    assert family.duties() == []
    started = done(specialist.act(f"meetings/{meeting['id']}/start", meeting, {}))
    assert (started["announced_in_time"], started["unannounced_reason"]) == (True, None)
    listed = {one["id"]: one["announced_in_time"] for one in done(specialist.get("meetings"))["items"]}
    assert listed == {meeting["id"]: True, other["id"]: None}
    lines = {one["meeting_id"]: one for one in done(specialist.get("announcements"))["items"]}
    assert lines[meeting["id"]]["why"] == lines[other["id"]]["why"] == "in-time"
    assert "Read and confirmed: Mamma Izdomāta." in lines[meeting["id"]]["why_said"]
    assert lines[other["id"]]["why_said"].startswith("Everybody knows: Mamma Izdomāta told on ")
    (told,) = house.sql("SELECT in_time, why FROM meeting_told WHERE id = :id", id=meeting["id"])
    assert told == {"in_time": True, "why": "in-time"}


def test_a_confirmation_counts_for_whoever_gave_it_and_for_what_was_shown(family: Family) -> None:
    """Not for the other parent, and not for a change that came afterwards."""
    house, specialist = family.house, family.specialist
    meeting = house.a_meeting(specialist, family.child)
    holder = holder_of_a_see_link(family)
    holder.enter()
    holder.do("read")
    house.hand_over_messages("failed")
    father = house.a_representative(specialist, family.child, name="Tētis Izdomāts")
    house.hand_over_messages("failed")
    start = f"meetings/{meeting['id']}/start"
    assert refusal_of(specialist.act(start, meeting, {})) == {"type": "meeting-unannounced"}
    why = {"reason": "Lēmums", "basis": "Bāriņtiesa"}
    done(specialist.act(f"representatives/{father['id']}/suspend", father, why))

    moved = done(specialist.change(f"meetings/{meeting['id']}", meeting, {"expected_minutes": 45}))
    house.hand_over_messages("failed")
    assert refusal_of(specialist.act(start, moved, {})) == {"type": "meeting-unannounced"}
    holder.do("show")
    holder.do("read")

    assert done(specialist.act(start, moved, {}))["announced_in_time"] is True


def test_what_is_confirmed_after_the_start_was_not_in_time(family: Family) -> None:
    house, specialist = family.house, family.specialist
    meeting = house.a_meeting(specialist, family.child)
    house.hand_over_messages("failed")
    holder = holder_of_a_see_link(family)
    holder.enter()
    holder.do("read")
    path = f"meetings/{meeting['id']}"
    assert done(specialist.act(f"{path}/start", meeting, {}))["announced_in_time"] is True

    house.sql("UPDATE confirmations SET confirmed_at = now() + interval '1 second'")

    assert done(specialist.get(path))["announced_in_time"] is False
    (line,) = done(specialist.get("announcements"))["items"]
    assert (line["announced_in_time"], line["why"]) == (False, "failed")


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
