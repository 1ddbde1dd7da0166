"""A child, its mother who gets links, and those who look after it."""

import pytest

from tests.builders import House
from tests.links.family import Family


@pytest.fixture
def family(house: House) -> Family:
    """A child, its mother who reads Latvian, its specialist and supervisor."""
    supervisor = house.a_supervisor()
    specialist = house.a_specialist(supervisor, name="Ilze Bērziņa")
    made = house.a_family(supervisor, specialist)
    return Family(house, supervisor, specialist, made["child"], made["representative"])
