"""Server time of the ledger's figures and pages with a country of meetings, beside a bare count(*) of the same run.

The figures are asked for by an administrator, of all teams; before the worker has counted anything, and after. The
pages are those of one team's supervisor. All go through `bas serve` over a kept connection, one after the other; the
floor is `SELECT count(*)` over the same meetings on a bare connection.

    python tests/benchmarks/ledger.py [about how many meetings, 80000] [requests of each, 20]
"""

import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

import psycopg
import requests

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks.country import DAYS_BACK, furnish  # noqa: E402
from tests.benchmarks.stage import Stage, a_stage, in_milliseconds, owner_connection  # noqa: E402

WARM_UP = 3
# Everything the country has: the days behind it and those to come.
SINCE, UNTIL = (datetime.now(UTC) + timedelta(days=days) for days in (-DAYS_BACK - 1, 3))
COUNT = "SELECT count(*) FROM meetings WHERE starts_at >= %s AND starts_at < %s"


def seconds_of(ask: Callable[[], None], *, times: int) -> list[float]:
    """How long each of so many took; the first ones meet cold connections and caches."""
    taken = []
    for _ in range(times + WARM_UP):
        begun = time.perf_counter()
        ask()
        taken.append(time.perf_counter() - begun)
    return taken[WARM_UP:]


def questions(stage: Stage, connection: psycopg.Connection) -> dict[str, Callable[[], None]]:
    """What is asked: the floor, the figures of the country, the pages of one team."""
    supervisor, administrator = stage.house.a_supervisor(), stage.house.an_administrator()
    connection.execute(
        "UPDATE accounts SET supervisor_id = %s"
        " WHERE supervisor_id = (SELECT supervisor_id FROM accounts WHERE email = 'specialist-1')",
        [supervisor.account_id],
    )
    cookie = stage.house.a_browser(supervisor).client.get_cookie("bas-session")
    client = requests.Session()
    client.cookies.set("bas-session", cookie.value if cookie else "")

    def get(path: str, phone: object = None) -> Callable[[], None]:
        headers = {"Authorization": f"Bearer {phone.tokens['access_token']}"} if phone else {}

        def ask() -> None:
            answer = client.get(f"{stage.settings.public_url}{path}", headers=headers, timeout=60)
            assert answer.status_code == 200, (path, answer.status_code, answer.text)

        return ask

    period = urlencode({"from": SINCE.isoformat(), "to": UNTIL.isoformat()})
    week = urlencode({"from": (datetime.now(UTC) - timedelta(days=7)).isoformat(), "limit": 50})
    figures = "/api/v1/announcements/figures"
    return {
        "count(*) of the same meetings": lambda: connection.execute(COUNT, [SINCE, UNTIL]) and None,
        "figures of the country by month": get(f"{figures}?{period}&by=month", administrator),
        "figures of the country by team": get(f"{figures}?{period}&by=team", administrator),
        "figures of a team by specialist": get(f"{figures}?{period}&by=specialist", supervisor),
        "GET /announcements, the first page": get("/api/v1/announcements?limit=50", supervisor),
        "GET /announcements, of the week": get(f"/api/v1/announcements?{week}", supervisor),
        "GET /announcements?why=failed": get("/api/v1/announcements?limit=50&why=failed", supervisor),
        "GET /told": get("/told"),
        "GET /team": get("/team"),
        "GET /metrics": get("/metrics"),
    }


def count_all(stage: Stage) -> tuple[int, float]:
    """Count every day as the worker does; how many there were, and how many seconds each took."""
    begun, days = time.perf_counter(), 0
    with psycopg.connect(stage.server.conninfo("bas_worker"), autocommit=True) as worker:
        while worker.execute("SELECT count_a_day()").fetchone() != (None,):
            days += 1
    return days, (time.perf_counter() - begun) / max(days, 1)


def tell(asked: dict[str, Callable[[], None]], *, times: int) -> None:
    """Ask each, and print how long it took and how many times as long as the floor."""
    floor = 0.0
    for name, ask in asked.items():
        taken = seconds_of(ask, times=times)
        floor = floor or median(taken)
        print(f"{name:36} {in_milliseconds(taken)}   {median(taken) / floor:7.1f} × count(*)")


def main(meetings: int, times: int) -> None:
    """Furnish the country, and measure before and after the worker has counted its days."""
    with a_stage() as stage, owner_connection(stage.server) as connection:
        made = furnish(connection, meetings=meetings)
        asked = questions(stage, connection)
        stage.a_web_server()
        print(f"{made} meetings; load average {os.getloadavg()[0]:.1f}; nothing counted yet")
        tell(dict(list(asked.items())[:4]), times=max(times // 5, 2))
        days, each = count_all(stage)
        print(f"{days} days counted, {each * 1000:.0f} ms each; load average {os.getloadavg()[0]:.1f}")
        tell(asked, times=times)


if __name__ == "__main__":
    main(*(int(one) for one in [*sys.argv[1:3], *["80000", "20"][len(sys.argv) - 1 :]]))
