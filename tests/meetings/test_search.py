"""Meetings by state, kind, day, week, specialist, and by words that are sealed in the database (D28)."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask

from bas_service import clock
from bas_service.meetings import search
from tests.builders import House, at, soon
from tests.callers import Phone, done, invalid, refusal_of
from tests.tables import statements_of

HOUR = timedelta(hours=1)


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


def ids(phone: Phone, query: str = "") -> list[str]:
    return [one["id"] for one in done(phone.get(f"meetings?{query}"))["items"]]


def pages(phone: Phone, query: str) -> list[list[str]]:
    """The ids of every page until there is none."""
    found, following = [], ""
    while True:
        page = done(phone.get(f"meetings?{query}{following}"))
        found.append([one["id"] for one in page["items"]])
        if page["next"] is None:
            return found
        following = f"&cursor={page['next']}"


def test_by_state_and_by_kind(
    house: House, supervisor: Phone, specialist: Phone, family: dict[str, Any], child: dict[str, Any]
) -> None:
    house.a_consent(supervisor, family["representative"])
    doctor = {"institution": "Slimnīca", "purpose": "Saruna"}
    taken = house.a_meeting(specialist, child, kind="accompaniment", accompaniment=doctor)
    session = house.a_meeting(specialist, child, starts_at=at(soon(hours=48)))
    off = house.a_meeting(specialist, child, starts_at=at(soon(hours=72)))
    done(specialist.act(f"meetings/{off['id']}/cancel", off, {"reason": "child_ill"}))

    assert ids(specialist, "kind=accompaniment") == [taken["id"]]
    assert ids(specialist, "kind=session") == [session["id"], off["id"]]
    assert ids(specialist, "state=cancelled") == [off["id"]]
    assert ids(specialist, "state=planned&kind=session") == [session["id"]]
    assert ids(specialist, "state=held") == []


def moment(day: datetime) -> str:
    return at(day.astimezone(UTC))


def test_a_day_and_a_week_are_those_of_riga(house: House, specialist: Phone, child: dict[str, Any]) -> None:
    monday = clock.today() - timedelta(days=clock.today().weekday()) + timedelta(days=14)
    midnight = datetime(monday.year, monday.month, monday.day, tzinfo=clock.RIGA)
    # A minute apart are Sunday and Monday here; in UTC both are on Sunday.
    before, after, tuesday, sunday, next_monday = (
        house.a_meeting(specialist, child, starts_at=moment(midnight + shift), expected_minutes=5)["id"]
        for shift in (-6 * HOUR / 60, HOUR / 60, 30 * HOUR, 167 * HOUR, 168 * HOUR)
    )

    assert ids(specialist, f"day={monday}") == [after]
    assert ids(specialist, f"day={monday - timedelta(days=1)}") == [before]
    for day in (monday, monday + timedelta(days=6)):
        assert ids(specialist, f"week={day}") == [after, tuesday, sunday]
    assert ids(specialist, f"week={monday + timedelta(days=7)}") == [next_monday]
    assert ids(specialist, f"week={monday}&day={monday + timedelta(days=1)}") == [tuesday]
    assert ids(specialist, f"week={monday}&day={monday + timedelta(days=7)}") == []
    since = quote((midnight + 2 * HOUR).isoformat())
    assert ids(specialist, f"week={monday}&from={since}") == [tuesday, sunday]


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25", "2026-12-31", "2028-02-29"])
def test_special_days_begin_and_end_at_midnight_in_riga(
    house: House, specialist: Phone, child: dict[str, Any], day: str
) -> None:
    meeting = house.a_meeting(specialist, child)
    first = datetime.fromisoformat(day).replace(tzinfo=clock.RIGA)
    last = (first + timedelta(days=1)).astimezone(UTC) - timedelta(seconds=1)

    def found_at(start: datetime) -> list[str]:
        change = "UPDATE meetings SET starts_at = :start, ends_at = :start + interval '90 minutes'"
        house.sql(change, start=start)
        return ids(specialist, f"day={day}")

    assert found_at(first) == found_at(last) == [meeting["id"]]
    assert found_at(first.astimezone(UTC) - timedelta(seconds=1)) == []
    assert found_at(last + timedelta(seconds=1)) == []


def test_a_supervisor_looks_at_one_specialist(
    house: House, supervisor: Phone, specialist: Phone, child: dict[str, Any]
) -> None:
    colleague = house.a_specialist(supervisor)
    own = house.a_meeting(specialist, child)
    theirs = house.a_meeting(colleague, house.a_family(supervisor, colleague)["child"])

    assert ids(supervisor, f"specialist_id={specialist.account_id}") == [own["id"]]
    assert ids(supervisor, f"specialist_id={colleague.account_id}") == [theirs["id"]]
    assert ids(specialist, f"specialist_id={colleague.account_id}") == []
    assert ids(house.a_supervisor(), f"specialist_id={specialist.account_id}") == []


def test_words_are_found_in_place_institution_purpose_note_and_summary_whatever_their_spelling(
    house: House, supervisor: Phone, specialist: Phone, family: dict[str, Any], child: dict[str, Any]
) -> None:
    house.a_consent(supervisor, family["representative"])
    doctor = {"institution": "Bērnu slimnīca", "purpose": "Saruna"}
    place = {"type": "address", "name": "Šķūņu parks", "address": "Ķengaraga iela 3"}
    there = {"place": {"type": "office"}}
    first = house.a_meeting(specialist, child, place=place)
    second = house.a_meeting(
        specialist, child, starts_at=at(soon(hours=28)), kind="accompaniment", accompaniment=doctor, **there
    )
    third = house.a_meeting(specialist, child, starts_at=at(soon(hours=32)), note="Parunāt par ŽŪŽU", **there)
    fourth = house.a_meeting(specialist, child, starts_at=at(soon(hours=36)), **there)
    begun = done(specialist.act(f"meetings/{fourth['id']}/start", fourth, {"unannounced_reason": "Steidzami"}))
    done(specialist.act(f"meetings/{fourth['id']}/finish", begun, {"summary": "Labs noskaņojums"}))

    for words, found in {
        "šķūņu": first,
        "SKUNU": first,
        "kengaraga parks": first,
        "bernu": second,
        "saruna": second,
        "zuzu": third,
        "noskanojums": fourth,
    }.items():
        assert ids(specialist, f"q={quote(words)}") == [found["id"]], words
    assert ids(specialist, "q=parks%20slimnica") == []
    assert ids(house.a_specialist(supervisor), "q=parks") == []
    # Looked through is not looked at: the trace names whose meeting was shown.
    assert [look for look in house.looks_of(specialist) if look[2] == "meetings.page"][-1][0] == child["id"]


def test_a_year_back_is_searched_unless_a_beginning_is_named(
    house: House, specialist: Phone, child: dict[str, Any]
) -> None:
    meeting = house.a_meeting(specialist, child)
    house.sql(
        "UPDATE meetings SET starts_at = starts_at - interval '400 days', ends_at = ends_at - interval '400 days'"
    )
    long_ago = (clock.now() - timedelta(days=500)).isoformat()

    assert ids(specialist, "q=biblioteka") == []
    assert ids(specialist, f"q=biblioteka&from={quote(long_ago)}") == [meeting["id"]]
    day = clock.in_riga(datetime.fromisoformat(meeting["starts_at"]) - timedelta(days=400)).date()
    assert ids(specialist, f"q=biblioteka&day={day}") == [meeting["id"]]
    assert ids(specialist) == [meeting["id"]]


@pytest.mark.parametrize("most_opened", [1, 2, 3, 500])
@pytest.mark.parametrize("limit", [1, 2, 200])
def test_however_little_one_page_opens_every_match_is_found_once(
    house: House,
    specialist: Phone,
    child: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    most_opened: int,
    limit: int,
) -> None:
    monkeypatch.setattr(search, "MOST_OPENED", most_opened)
    matching = []
    for number in range(6):
        named = {"note": "Runāt par skolu"} if number % 2 else {}
        meeting = house.a_meeting(
            specialist, child, starts_at=at(soon() + number * HOUR), expected_minutes=30, **named
        )
        matching += [meeting["id"]] if named else []

    found = pages(specialist, f"q=skolu&limit={limit}")

    assert [one for page in found for one in page] == matching
    assert all(len(page) <= limit for page in found)


def test_a_search_takes_as_many_statements_as_a_list(
    house: House, app: Flask, specialist: Phone, child: dict[str, Any]
) -> None:
    counted = []
    done(specialist.get("me"))
    for number in range(1, 4):
        house.a_meeting(specialist, child, starts_at=at(soon() + 2 * number * HOUR))
        with statements_of(app) as statements:
            assert len(ids(specialist, "q=biblioteka&state=planned")) == number
        counted.append(len(statements))

    assert counted == [5, 5, 5]


@pytest.mark.parametrize("query", ["state=begun", "kind=party", "day=", "week=1", "q=", "q=%00", "specialist_id=7"])
def test_a_filter_of_another_shape_is_refused(specialist: Phone, query: str) -> None:
    assert refusal_of(specialist.get(f"meetings?{query}")) == invalid(query.partition("=")[0])
