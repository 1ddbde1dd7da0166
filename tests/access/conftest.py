"""What the tests of who may see and do what share."""

from collections.abc import Iterator

import pytest
import sqlalchemy
from flask import Flask

from tests.access.two_teams import Scene, two_teams


@pytest.fixture(scope="module")
def scene(app: Flask, owner: sqlalchemy.Engine) -> Iterator[Scene]:
    """Set up once a file: nothing in one that asks for it commits."""
    yield from two_teams(app, owner)
