"""What tests of meetings have in common."""

import pytest
from flask import Flask

from tests.builders import House
from tests.meetings.series_family import Family


@pytest.fixture
def family(house: House, worker_app: Flask) -> Family:
    """A family that the specialist works with."""
    return Family(house, worker_app)
