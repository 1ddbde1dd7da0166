"""A team of two specialists, and meetings of the past as the tables' owner can make them."""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.builders import House
from tests.callers import Phone

Recorded = Callable[..., str]


@pytest.fixture
def supervisor(house: House) -> Phone:
    """A supervisor."""
    return house.a_supervisor(name="Vadītāja Izdomāta")


@pytest.fixture
def specialist(house: House, supervisor: Phone) -> Phone:
    """A specialist."""
    return house.a_specialist(supervisor, name="Anete Izdomāta")


@pytest.fixture
def colleague(house: House, supervisor: Phone) -> Phone:
    """Another one of the team."""
    return house.a_specialist(supervisor, name="Biruta Izdomāta")


@pytest.fixture
def family(house: House, supervisor: Phone, specialist: Phone) -> dict[str, Any]:
    """A child that the specialist works with, its parent, its case."""
    return house.a_family(supervisor, specialist)


@pytest.fixture
def recorded(house: House) -> Recorded:
    """Put a meeting into the records as it was: from one moment to another, or planned for one."""

    def record(of: Phone, family: dict[str, Any], begun: datetime, ended: datetime | None = None, **more: Any) -> str:
        state = more.pop("state", "held" if ended else "planned")
        happened = state in {"held", "under_way"}
        values = {
            "id": uuid.uuid4(),
            "child_id": family["child"]["id"],
            "case_id": family["case"]["id"],
            "specialist_id": of.account_id,
            "kind": "session",
            "state": state,
            "starts_at": begun,
            "ends_at": begun + timedelta(hours=1),
            "expected_minutes": 60,
            "place_type": "office",
            "transport": "none",
            "telling": 1,
            "started_at": begun if happened else None,
            "ended_at": ended if state == "held" else None,
            "had_to_be_told": [] if happened else None,
            "version": 2,
            "created_at": begun,
        } | more
        names = ", ".join(values)
        places = ", ".join(f"CAST(:{name} AS uuid[])" if name == "had_to_be_told" else f":{name}" for name in values)
        house.sql(f"INSERT INTO meetings ({names}) VALUES ({places})", **values)  # noqa: S608
        return str(values["id"])

    return record
