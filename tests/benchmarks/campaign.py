"""The whole campaign of faults: 10,000 messages, a fifth of them on Twilio's bad days, workers killed, restarts.

It ends with 1 when anybody was told twice or wrongly, or was not told and nobody knows. The seed is printed first and
throws the same dice again when it is given; when a worker dies is counted in texts and not in seconds.

    nice -n 10 python tests/benchmarks/campaign.py [how many messages, 10000] [seed]
"""

import json
import os
import secrets
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from bas_service.config import Settings  # noqa: E402
from tests.benchmarks.stage import a_stage  # noqa: E402
from tests.faults.campaign import Campaign, Plan  # noqa: E402
from tests.faults.stand_in import TwilioStandIn  # noqa: E402


def main(messages: int, seed: int) -> int:
    """Run one campaign and print what came of it."""
    plan = Plan(
        messages=messages,
        kills=max(messages // 400, 3),
        suspensions=messages // 20,
        beginning=messages // 30,
        begin_within=max(messages / 100, 10.0),
    )
    print(f"seed {seed}\n{plan}", flush=True)
    with a_stage(poll_seconds=0.2) as stage:

        def settings(twilio: TwilioStandIn, **values: Any) -> Settings:
            return replace(stage.settings, twilio_api_url=twilio.url, **values)

        campaign = Campaign(plan, seed=seed, house=stage.house, server=stage.server, settings=settings)
        outcome = campaign.run(stage.folder)
    print(json.dumps(outcome.figures, indent=2))
    print(f"load average {os.getloadavg()[0]:.1f}")
    for what, cases in outcome.wrong.items():
        print(f"{what}: {len(cases)}", *cases[:20], sep="\n  ")
    print("0 lost, 0 twice, 0 to the wrong, 0 after the start, each doubt a duty" if not outcome.wrong else "WRONG")
    return 1 if outcome.wrong else 0


if __name__ == "__main__":
    many, seed = (sys.argv[1:] + ["", ""])[:2]
    sys.exit(main(int(many or 10_000), int(seed or secrets.randbelow(10**9))))
