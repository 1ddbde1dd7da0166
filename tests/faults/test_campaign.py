"""Twilio misbehaves, workers are killed, PostgreSQL restarts, people are suspended: nobody is told twice or wrongly.

The same campaign, twenty times as long: tests/benchmarks/campaign.py.
"""

import random
from collections.abc import Callable
from pathlib import Path

from bas_service import embedded
from bas_service.config import Settings
from tests.builders import House
from tests.faults.campaign import Campaign, Plan

PLAN = Plan(messages=600, workers=2, kills=4, suspensions=60, beginning=40, begin_within=8.0, reconcile=(0.5, 3.5))


def test_600_messages_through_everything_at_once_nobody_is_told_twice_or_wrongly(
    house: House,
    dice: random.Random,
    server: embedded.Server,
    settings_with: Callable[..., Settings],
    tmp_path: Path,
) -> None:
    seed = dice.randrange(10**9)
    campaign = Campaign(PLAN, seed=seed, house=house, server=server, settings=settings_with)

    outcome = campaign.run(tmp_path)

    print(outcome.figures)
    assert outcome.wrong == {}
    # It was no quiet day either.
    assert outcome.figures["states"]["withdrawn"] > 0
    assert len(outcome.figures["faults"]) > 8
