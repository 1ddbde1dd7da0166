"""Server time of the supervisor's page with a team of the largest size, beside GET /health/live in the same run.

One client after the other asks in turns, over a kept connection and through `bas serve`; so what is told is how long
the server takes for one page, compressed as a browser asks for it, and not how many it could make at once.

    python tests/benchmarks/team.py [requests of each, 100]
"""

import gzip
import os
import sys
import time
from pathlib import Path
from statistics import median

import requests

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks.stage import Stage, a_stage, in_milliseconds  # noqa: E402
from tests.callers import Phone  # noqa: E402

SPECIALISTS, CASES, WAITING = 40, 10, 30
# Three of four light: ten cases of each specialist stay below the maximum.
COMPLEXITIES = ("low", "standard", "low", "high", "low", "standard", "low", "standard", "low", "low")


def a_large_team(stage: Stage) -> tuple[Phone, str]:
    """The supervisor of forty specialists with ten cases each, and one of the children who wait."""
    house = stage.house
    supervisor = house.a_supervisor()
    for _ in range(SPECIALISTS):
        specialist = house.a_specialist(supervisor)
        for number in range(CASES):
            child = house.a_child(supervisor)
            house.a_case(supervisor, child, specialist, complexity=COMPLEXITIES[number])
    waiting = [house.a_child(supervisor) for _ in range(WAITING)]
    return supervisor, waiting[0]["id"]


def main(count: int) -> None:
    """Measure the pages and the bare answer in turns, so that a busy moment of the machine meets all of them."""
    with a_stage() as stage:
        supervisor, waiting = a_large_team(stage)
        stage.a_web_server()
        paths = ["/health/live", "/team", f"/team/assign?child_id={waiting}"]
        cookie = stage.house.a_browser(supervisor).client.get_cookie("bas-session")
        taken: dict[str, list[float]] = {path: [] for path in paths}
        with requests.Session() as client:
            client.cookies.set("bas-session", cookie.value if cookie else "")
            for number in range(count + 10):
                for path in paths:
                    begun = time.perf_counter()
                    answer = client.get(f"{stage.settings.public_url}{path}", timeout=60)
                    lasted = time.perf_counter() - begun
                    assert answer.status_code == 200, (path, answer.status_code)
                    # The first ones meet cold connections.
                    taken[path] += [lasted] if number >= 10 else []
            size = len(gzip.compress(client.get(f"{stage.settings.public_url}/team", timeout=60).content, 4))
    print(
        f"{SPECIALISTS} specialists, {SPECIALISTS * CASES} cases, {WAITING} waiting; /team is {size / 1000:.0f} kB"
        f" compressed; load average {os.getloadavg()[0]:.1f}"
    )
    bare = median(taken["/health/live"])
    for path in paths:
        ratio = median(taken[path]) / bare
        print(f"GET {path.partition('?')[0]:14} {in_milliseconds(taken[path])}   {ratio:5.1f} × /health/live")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
