"""Processes that start while the database is away: they wait for it, and say so."""

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import make_url
from sqlalchemy.exc import OperationalError

from bas_service import schema
from bas_service.config import Settings
from tests.faults.outbox import Outbox, ids_from, times_there
from tests.faults.processes import a_worker, wait_until
from tests.faults.stand_in import TwilioStandIn


def reached_through(url: str, folder: Path) -> tuple[str, Path]:
    """The same database with its socket in a folder that need not be there yet, and the folder it really is in."""
    parts = make_url(url)
    real = Path(str(parts.query["host"]))
    return parts.update_query_dict({"host": str(folder)}).render_as_string(hide_password=False), real


def test_a_worker_started_before_the_database_waits_for_it_and_then_works(
    outbox: Outbox,
    dice: random.Random,
    twilio: TwilioStandIn,
    settings_with: Callable[..., Settings],
    tmp_path: Path,
) -> None:
    ids = ids_from(dice, 3)
    outbox.fill(ids)
    settings = settings_with(twilio)
    url, real = reached_through(str(settings.worker_database_url), folder := tmp_path / "postgresql")
    with a_worker(replace(settings, worker_database_url=url), tmp_path / "worker.log") as worker:
        wait_until(lambda: "the database is away; waiting" in worker.said(), "the worker waits")
        folder.symlink_to(real)
        wait_until(lambda: outbox.left_to_do() == 0, "nothing is left to do")
        assert worker.stop() == 0
    assert times_there(twilio.messages) == dict.fromkeys(ids, 1)
    assert worker.said().count("the database is away") == 1


def test_a_database_that_stays_away_is_waited_for_only_so_long(settings: Settings, tmp_path: Path) -> None:
    url, _ = reached_through(str(settings.worker_database_url), tmp_path / "postgresql")
    with pytest.raises(OperationalError):
        schema.version_once_there(url, wait_seconds=0.3)


def test_a_database_that_answers_and_refuses_is_not_waited_for(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    url = make_url(str(settings.worker_database_url)).set(username="nobody_known")
    with pytest.raises(OperationalError, match="nobody_known"):
        schema.version_once_there(url.render_as_string(hide_password=False), wait_seconds=3600)
    assert caplog.messages == []
