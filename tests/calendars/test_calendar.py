"""What a calendar outside shows: when the specialist is busy, and of the child what they chose (D31)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import vobject
from dateutil.tz import tzical
from flask import Flask
from icalendar import Calendar

from bas_service import clock
from bas_service.announcements.calendar_zone import zone_of
from bas_service.calendars.entries import calendar_of
from bas_service.calendars.rules import Entry
from bas_service.database import new_id
from bas_service.translation import Language
from tests.builders import House, at, soon
from tests.calendars.conftest import events, fetch
from tests.callers import Phone, done
from tests.tables import statements_of

RIGA = ZoneInfo("Europe/Riga")
ALL_THE_SAME = {"unannounced_reason": "Zvanīju mātei"}
WHY = {"reason": "child_ill"}


def moved_to(house: House, meeting: dict[str, Any], starts_at: datetime) -> None:
    """Let a meeting be at another time, as no request can plan it."""
    house.sql(
        "UPDATE meetings SET starts_at = :start, ends_at = :start + interval '90 minutes' WHERE id = :id",
        start=starts_at,
        id=meeting["id"],
    )


def test_a_planned_meeting_is_time_taken_and_nothing_else(
    house: House, specialist: Phone, family: dict[str, Any]
) -> None:
    meeting = house.a_meeting(specialist, family["child"])
    feed = house.a_calendar_feed(specialist)

    answer = fetch(house, feed["path"])

    starts_at = datetime.fromisoformat(meeting["starts_at"])
    assert events(house, feed["path"]) == [
        {
            "uid": meeting["id"],
            "sequence": 1,
            "start": starts_at,
            "end": starts_at + timedelta(minutes=90),
            "summary": "Aizņemts",
            "place": None,
        }
    ]
    assert answer.content_type == "text/calendar; charset=utf-8"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    text = answer.get_data(as_text=True)
    assert not any(word in text for word in ("Anna", "Izdom", "Bibliot", "iela", "session", family["child"]["id"]))
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    # Both as RFC 5545 spells half an hour.
    assert "\r\nREFRESH-INTERVAL;VALUE=DURATION:PT30M\r\n" in text
    assert "\r\nX-PUBLISHED-TTL:PT30M\r\n" in text


@pytest.mark.parametrize(("language", "word"), [("lv", "Aizņemts"), ("en", "Busy"), ("ru", "Занят")])
def test_busy_is_said_in_the_accounts_language(
    house: House, specialist: Phone, family: dict[str, Any], language: str, word: str
) -> None:
    house.a_meeting(specialist, family["child"])
    house.sql("UPDATE accounts SET language = :language", language=language)

    (event,) = events(house, house.a_calendar_feed(specialist)["path"])

    assert event["summary"] == word


@pytest.mark.parametrize(("detail", "title"), [("busy", "Aizņemts"), ("initials", "A. I."), ("given_name", "Anna")])
def test_the_child_is_called_as_the_specialist_chose(
    house: House, specialist: Phone, family: dict[str, Any], detail: str, title: str
) -> None:
    house.a_meeting(specialist, family["child"])

    (event,) = events(house, house.a_calendar_feed(specialist, detail=detail)["path"])

    assert (event["summary"], event["place"]) == (title, None)


def test_a_place_is_told_only_when_asked_for_and_never_where_a_child_is_taken_or_must_not_be_found(
    house: House, supervisor: Phone, specialist: Phone, family: dict[str, Any]
) -> None:
    house.a_consent(supervisor, family["representative"])
    office = {"place": {"type": "office"}, "starts_at": at(soon(hours=30))}
    clinic = {"type": "address", "name": "Izdomātā klīnika", "address": "Klīnikas iela 2"}
    taken = {"kind": "accompaniment", "accompaniment": {"institution": "Izdomātā klīnika", "purpose": "Vizīte"}}
    house.a_meeting(specialist, family["child"])
    house.a_meeting(specialist, family["child"], **office)
    house.a_meeting(specialist, family["child"], place=clinic, starts_at=at(soon(hours=40)), **taken)
    hidden = house.a_family(supervisor, specialist)
    house.a_protected_place(supervisor, hidden["representative"])
    house.a_meeting(specialist, hidden["child"], starts_at=at(soon(hours=50)))
    path = house.a_calendar_feed(specialist, with_place=True)["path"]

    assert [event["place"] for event in events(house, path)] == [
        "Bibliotēka, Brīvības iela 1, Rīga",
        None,
        None,
        None,
    ]
    assert "linika" not in fetch(house, path).get_data(as_text=True).replace("ī", "i")


def test_what_changes_comes_under_the_same_id_with_a_higher_sequence(
    house: House, specialist: Phone, family: dict[str, Any]
) -> None:
    meeting = house.a_meeting(specialist, family["child"])
    path = house.a_calendar_feed(specialist)["path"]
    (before,) = events(house, path)

    later = soon(hours=30)
    done(specialist.change(f"meetings/{meeting['id']}", meeting, {"starts_at": at(later), "expected_minutes": 30}))

    (after,) = events(house, path)
    moved = {"sequence": 2, "start": later, "end": later + timedelta(minutes=30)}
    assert after == before | moved


def test_a_meeting_held_is_shown_as_it_was_and_one_cancelled_or_missed_not_at_all(
    house: House, specialist: Phone, family: dict[str, Any]
) -> None:
    path = house.a_calendar_feed(specialist)["path"]
    meeting = house.a_meeting(specialist, family["child"])
    cancelled = house.a_meeting(specialist, family["child"], starts_at=at(soon(hours=30)))
    missed = house.a_meeting(specialist, family["child"], starts_at=at(soon(hours=40)))
    assert len(events(house, path)) == 3

    done(specialist.act(f"meetings/{cancelled['id']}/cancel", cancelled, WHY))
    moved_to(house, missed, clock.now() - timedelta(hours=1))
    done(specialist.act(f"meetings/{missed['id']}/miss", missed, WHY))
    under_way = done(specialist.act(f"meetings/{meeting['id']}/start", meeting, ALL_THE_SAME))
    (shown,) = events(house, path)
    begun = datetime.fromisoformat(under_way["started_at"]).replace(microsecond=0)
    planned_end = datetime.fromisoformat(meeting["ends_at"])
    assert (shown["sequence"], shown["start"], shown["end"]) == (2, begun, planned_end)

    house.sql("UPDATE meetings SET started_at = started_at - interval '50 minutes' WHERE state = 'under_way'")
    held = done(specialist.act(f"meetings/{meeting['id']}/finish", under_way, {}))
    (shown,) = events(house, path)
    ended = datetime.fromisoformat(held["ended_at"]).replace(microsecond=0)
    assert (shown["sequence"], shown["start"], shown["end"]) == (3, begun - timedelta(minutes=50), ended)


def test_a_meeting_is_never_over_before_it_can_be_seen(
    house: House, specialist: Phone, family: dict[str, Any]
) -> None:
    meeting = house.a_meeting(specialist, family["child"])
    meeting = done(specialist.act(f"meetings/{meeting['id']}/start", meeting, ALL_THE_SAME))
    done(specialist.act(f"meetings/{meeting['id']}/finish", meeting, {"ended_at": meeting["started_at"]}))

    (shown,) = events(house, house.a_calendar_feed(specialist)["path"])

    assert shown["end"] - shown["start"] == timedelta(minutes=1)


def test_a_meeting_that_began_late_is_shown_for_as_long_as_it_was_to_take(
    house: House, specialist: Phone, family: dict[str, Any]
) -> None:
    meeting = house.a_meeting(specialist, family["child"])
    moved_to(house, meeting, clock.now() - timedelta(hours=3))
    meeting = done(specialist.act(f"meetings/{meeting['id']}/start", meeting, ALL_THE_SAME))
    path = house.a_calendar_feed(specialist)["path"]

    (shown,) = events(house, path)
    assert shown["end"] - shown["start"] == timedelta(minutes=90)
    done(specialist.act(f"meetings/{meeting['id']}/extend", meeting, {"minutes": 30}))
    (shown,) = events(house, path)
    assert timedelta(minutes=30) <= shown["end"] - shown["start"] <= timedelta(minutes=32)


def test_thirty_days_back_are_shown_and_all_that_is_ahead(
    house: House, specialist: Phone, family: dict[str, Any]
) -> None:
    near, far, ahead = (
        house.a_meeting(specialist, family["child"], starts_at=at(soon(hours=24 * day))) for day in (1, 2, 360)
    )
    moved_to(house, near, clock.now() - timedelta(days=29))
    moved_to(house, far, clock.now() - timedelta(days=31))

    shown = events(house, house.a_calendar_feed(specialist)["path"])

    assert [event["uid"] for event in shown] == [near["id"], ahead["id"]]


def test_what_moves_to_somebody_else_vanishes_and_comes_up_there(
    house: House, supervisor: Phone, specialist: Phone, family: dict[str, Any]
) -> None:
    colleague = house.a_specialist(supervisor)
    meeting = house.a_meeting(specialist, family["child"])
    own, theirs = (house.a_calendar_feed(one)["path"] for one in (specialist, colleague))
    assert [len(events(house, path)) for path in (own, theirs)] == [1, 0]

    to = {"to_specialist_id": str(colleague.account_id), "reason": "Atvaļinājums"}
    done(supervisor.act(f"cases/{family['case']['id']}/transfer", family["case"], to))

    assert events(house, own) == []
    (moved,) = events(house, theirs)
    assert (moved["uid"], moved["sequence"]) == (meeting["id"], 2)


def test_what_nobody_changed_is_not_sent_again(house: House, specialist: Phone, family: dict[str, Any]) -> None:
    meeting = house.a_meeting(specialist, family["child"])
    path = house.a_calendar_feed(specialist, detail="given_name")["path"]
    tag = fetch(house, path).headers["ETag"]

    again = fetch(house, path, If_None_Match=tag)

    assert (again.status_code, again.get_data(), again.headers["ETag"]) == (304, b"", tag)
    assert again.headers["Cache-Control"] == "private, no-cache"
    assert fetch(house, path, If_None_Match=f'"other", {tag}').status_code == 304
    assert fetch(house, path, If_None_Match='"other"').status_code == 200
    assert fetch(house, path).headers["ETag"] == tag

    def changed(change: Callable[[], Any]) -> bool:
        nonlocal tag
        change()
        answer = fetch(house, path, If_None_Match=tag)
        before, tag = tag, answer.headers["ETag"]
        return answer.status_code == 200 and tag != before

    child = family["child"]
    assert changed(lambda: done(specialist.change(f"meetings/{meeting['id']}", meeting, {"note": "Cits"})))
    assert changed(lambda: house.sql("UPDATE accounts SET language = 'en'"))
    assert changed(lambda: done(specialist.change(f"children/{child['id']}", child, {"given_name": "Berta"})))
    assert not changed(lambda: None)


def test_a_calendar_takes_the_same_statements_however_much_is_in_it(
    app: Flask, house: House, specialist: Phone, family: dict[str, Any]
) -> None:
    path = house.a_calendar_feed(specialist, detail="given_name")["path"]

    def counted() -> int:
        house.sql("UPDATE calendar_feeds SET fetched_at = now()")
        with statements_of(app) as found:
            fetch(house, path)
        return len(found)

    house.a_meeting(specialist, family["child"])
    with_one = counted()
    house.a_meeting(specialist, family["child"], starts_at=at(soon(hours=30)))
    house.a_meeting(specialist, family["child"], starts_at=at(soon(hours=40)))

    assert counted() == with_one
    # Whose it is, what it shows, the trace.
    assert with_one == 3


def an_entry(begins: datetime, ends: datetime, **more: Any) -> Entry:
    values = {"meeting_id": new_id(), "version": 1, "title": "Aizņemts", "place": None} | more
    return Entry(begins=begins.astimezone(UTC), ends=ends.astimezone(UTC), **values)


def riga(*when: int, fold: int = 0) -> datetime:
    return datetime(*when, tzinfo=RIGA, fold=fold)  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("begins", "ends"),
    [
        (riga(2026, 3, 29, 2, 30), riga(2026, 3, 29, 4, 30)),
        (riga(2026, 3, 29, 4), riga(2026, 3, 29, 5)),
        (riga(2026, 3, 29, 4, 59), riga(2026, 3, 29, 5, 1)),
        (riga(2026, 10, 25, 2, 30), riga(2026, 10, 25, 3, 30)),
        # The hour that comes twice: its first time, its second time, from the one into the other.
        (riga(2026, 10, 25, 3), riga(2026, 10, 25, 3, 45)),
        (riga(2026, 10, 25, 3, fold=1), riga(2026, 10, 25, 3, 45, fold=1)),
        (riga(2026, 10, 25, 3, 30), riga(2026, 10, 25, 3, 30, fold=1)),
        (riga(2026, 10, 25, 3, 30, fold=1), riga(2026, 10, 25, 5)),
        (riga(2026, 12, 31, 23), riga(2027, 1, 1, 1)),
        (riga(2026, 7, 1, 0), riga(2026, 7, 1, 23)),
    ],
)
def test_two_programs_that_know_nothing_of_us_read_the_same_moments(begins: datetime, ends: datetime) -> None:
    written = calendar_of([an_entry(begins, ends)], language=Language.LATVIAN, now=clock.now())

    (first,) = Calendar.from_ical(written).events
    second = vobject.readOne(written.decode()).vevent
    for read in ((first.start, first.end), (second.dtstart.value, second.dtend.value)):
        assert [moment.astimezone(UTC) for moment in read] == [begins.astimezone(UTC), ends.astimezone(UTC)]


def test_the_time_zone_is_that_of_riga_hour_by_hour_also_for_a_program_that_knows_no_zones() -> None:
    first, last = clock.today().year - 1, clock.today().year + 2
    text = f"BEGIN:VCALENDAR\r\n{zone_of(first, last).to_ical().decode()}END:VCALENDAR\r\n"
    zone = tzical(StringIO(text)).get("Europe/Riga")

    hour, wrong = datetime(first, 1, 1, tzinfo=UTC), []
    while hour.year <= last:
        local = hour.astimezone(RIGA).replace(tzinfo=None)
        if (
            hour.astimezone(RIGA).fold == 0
            and local.replace(tzinfo=zone).utcoffset() != hour.astimezone(RIGA).utcoffset()
        ):
            wrong.append(hour)
        hour += timedelta(hours=1)

    assert wrong == []


def test_each_change_of_the_clocks_is_written_down_as_the_clock_showed_it_before() -> None:
    onsets = [
        (one["dtstart"].dt.replace(tzinfo=timezone(one["tzoffsetfrom"].td)), one["tzoffsetto"].td)
        for one in zone_of(2026, 2028).subcomponents
    ]

    changes = [onset.astimezone(UTC) for onset, _ in onsets[1:]]
    assert [f"{change:%Y-%m-%d %H:%M}" for change in changes] == [
        *("2026-03-29 01:00", "2026-10-25 01:00", "2027-03-28 01:00", "2027-10-31 01:00"),
        *("2028-03-26 01:00", "2028-10-29 01:00"),
    ]
    assert all(onset.astimezone(RIGA).utcoffset() == offset for onset, offset in onsets)


def test_words_that_mean_something_to_a_calendar_are_only_words() -> None:
    title = "Anna;X:1\\, END:VEVENT\nBEGIN:VEVENT"
    entry = an_entry(riga(2026, 3, 2, 10), riga(2026, 3, 2, 11), title=title, place="Ā" * 300)

    written = calendar_of([entry], language=Language.RUSSIAN, now=clock.now())

    (event,) = Calendar.from_ical(written).events
    assert (str(event["summary"]), str(event["location"])) == (title, "Ā" * 300)
    assert vobject.readOne(written.decode()).vevent.summary.value == title
