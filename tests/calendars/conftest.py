"""A specialist with a child, and how a calendar program reads what is given out."""

from typing import Any

import pytest
from icalendar import Calendar
from werkzeug.test import TestResponse

from tests.builders import House
from tests.callers import Phone, named


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
    """A child that the specialist works with, its parent, its case."""
    return house.a_family(supervisor, specialist)


def fetch(house: House, path: str, **headers: str) -> TestResponse:
    """What a calendar program gets, which knows nothing but the address."""
    return house.app.test_client().get(path, headers=named(headers))


def events(house: House, path: str) -> list[dict[str, Any]]:
    """What the calendar shows, in its order, as ``icalendar`` reads it."""
    answer = fetch(house, path)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    calendar = Calendar.from_ical(answer.get_data())
    assert [str(error) for event in calendar.events for error in event.errors] == []
    return [
        {
            "uid": str(event["uid"]),
            "sequence": int(event["sequence"]),
            "start": event.start,
            "end": event.end,
            "summary": str(event["summary"]),
            "place": str(event["location"]) if "location" in event else None,
        }
        for event in calendar.events
    ]
