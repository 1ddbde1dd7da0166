"""From the commit of a meeting to the call of the gateway: server and worker as two processes, nothing else to do.

The floor is the same way without the service: a row and a NOTIFY in one transaction, another process that listens
and posts. Both are measured from the commit's own time stamp in PostgreSQL to the arrival of the request at Twilio's
stand-in, in the same run.

    python tests/benchmarks/telling.py [how many meetings, 200]
    python tests/benchmarks/telling.py --rate [meetings a second, 50] [seconds, 60]

The second one plans meetings at a rate, whether the ones before were answered or not, as phones do on a morning.
"""

import os
import statistics
import subprocess
import sys
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import psycopg  # noqa: E402
import requests  # noqa: E402

from tests.benchmarks.stage import Stage, a_stage, in_milliseconds, owner_connection  # noqa: E402
from tests.builders import at, soon  # noqa: E402
from tests.faults.outbox import listeners
from tests.faults.processes import wait_until  # noqa: E402

GOAL = 0.1
FAMILIES = 10
# For a rate: so many specialists with as many families each, and so many phones at once.
SPECIALISTS, PHONES = 10, 64


class Arrivals:
    """When a request about each message arrived at the stand-in."""

    def __init__(self) -> None:
        self._arrived: dict[uuid.UUID, float] = {}
        self._news = threading.Condition()

    def note(self, _number: int, form: dict[str, str]) -> None:
        """A plan for the stand-in under which nothing goes wrong."""
        ref = uuid.UUID(parse_qs(urlsplit(form["StatusCallback"]).query)["ref"][0])
        with self._news:
            self._arrived[ref] = time.time()
            self._news.notify_all()

    def of(self, ref: uuid.UUID) -> float:
        """Wait for it."""
        with self._news:
            assert self._news.wait_for(lambda: ref in self._arrived, timeout=30), "it never arrived"
            return self._arrived[ref]


def measure(stage: Stage, arrivals: Arrivals, meetings: int) -> tuple[list[float], list[float], list[float]]:
    """Plan meetings one after the other; seconds from commit and from the 201 to the arrival, and of the request."""
    specialist, families = stage.a_team(children=FAMILIES)
    stage.a_web_server()
    stage.a_worker()
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {specialist.tokens['access_token']}"
    from_commit, from_answer, of_request = [], [], []
    for number in range(meetings + 10):
        child = families[number % FAMILIES]["child"]
        form = stage.house.meeting_form(child, starts_at=at(soon(hours=24 + 2 * number)))
        asked = time.time()
        answer = session.post(f"{stage.settings.public_url}/api/v1/meetings", json=form, timeout=30)
        answered = time.time()
        assert answer.status_code == 201, answer.text
        arrived = arrivals.of(uuid.UUID(answer.json()["announcements"][0]["id"]))
        committed = stage.house.sql(
            "SELECT extract(epoch FROM pg_xact_commit_timestamp(xmin)) AS at FROM meetings WHERE id = :id",
            id=answer.json()["id"],
        )[0]["at"]
        # The first ones open connections.
        if number >= 10:
            from_commit.append(arrived - float(committed))
            from_answer.append(arrived - answered)
            of_request.append(answered - asked)
        # The worker is idle again before the next one.
        time.sleep(0.02)
    return from_commit, from_answer, of_request


def measure_at_rate(stage: Stage, arrivals: Arrivals, rate: int, seconds: int) -> tuple[list[float], list[float]]:
    """Plan meetings at a rate, by many phones; seconds from commit to arrival, and of the request."""
    phones = []
    for _ in range(SPECIALISTS):
        specialist, families = stage.a_team(children=FAMILIES)
        phones.append((specialist.tokens["access_token"], families))
    stage.a_web_server()
    stage.a_worker()
    wait_until(lambda: len(listeners(stage.server)) == 1, "the worker listens")
    sessions = threading.local()
    due = [number / rate for number in range(rate * seconds)]
    begun = time.monotonic() + 0.5

    def plan(number: int) -> tuple[str, float]:
        token, families = phones[number % SPECIALISTS]
        turn = number // SPECIALISTS
        child = families[turn % FAMILIES]["child"]
        form = stage.house.meeting_form(child, starts_at=at(soon(hours=24 + turn)), expected_minutes=30)
        if not hasattr(sessions, "own"):
            sessions.own = requests.Session()
        time.sleep(max(begun + due[number] - time.monotonic(), 0.0))
        answer = sessions.own.post(
            f"{stage.settings.public_url}/api/v1/meetings",
            json=form,
            headers={"Authorization": f"Bearer {token}"},
            timeout=30,
        )
        assert answer.status_code == 201, answer.text
        # From when it was due: a phone that had to wait for a free thread has waited.
        return answer.json()["announcements"][0]["id"], time.monotonic() - begun - due[number]

    with ThreadPoolExecutor(PHONES) as threads:
        planned = list(threads.map(plan, range(rate * seconds)))
    arrived = {ref: arrivals.of(uuid.UUID(ref)) for ref, _ in planned}
    committed = {
        str(row["id"]): float(row["at"])
        for row in stage.house.sql(
            "SELECT id, extract(epoch FROM pg_xact_commit_timestamp(xmin)) AS at FROM announcements"
        )
    }
    return [arrived[ref] - committed[ref] for ref, _ in planned], [seconds for _, seconds in planned]


def measure_floor(stage: Stage, arrivals: Arrivals, rows: int) -> list[float]:
    """The same way with nothing on it."""
    seconds = []
    with owner_connection(stage.server) as connection:
        connection.execute("CREATE TABLE floor (id uuid)")
        command = [sys.executable, __file__, "--floor", stage.server.conninfo("bas_owner"), stage.twilio.url]
        with subprocess.Popen(command, env=os.environ) as listener:
            try:
                listening = "SELECT 1 FROM pg_stat_activity WHERE query = 'LISTEN floor'"
                wait_until(lambda: connection.execute(listening).fetchone() is not None, "the floor listens")
                for number in range(rows + 10):
                    ref = uuid.uuid4()
                    with connection.transaction():
                        connection.execute("INSERT INTO floor VALUES (%s)", [ref])
                        connection.execute("SELECT pg_notify('floor', %s)", [str(ref)])
                    arrived = arrivals.of(ref)
                    committed = connection.execute(
                        "SELECT extract(epoch FROM pg_xact_commit_timestamp(xmin)) FROM floor WHERE id = %s", [ref]
                    ).fetchone()
                    assert committed is not None
                    if number >= 10:
                        seconds.append(arrived - float(committed[0]))
                    time.sleep(0.02)
            finally:
                listener.terminate()
    return seconds


def be_the_floor(conninfo: str, url: str) -> None:
    """Listen, and post what is announced."""
    session = requests.Session()
    session.trust_env = False
    session.auth = ("AC" + "0" * 32, "stand-in-token")
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("LISTEN floor")
        for notification in connection.notifies():
            form = {
                "To": "+37120000001",
                "From": "BAS",
                "Body": "-",
                "StatusCallback": f"http://127.0.0.1:1/?ref={notification.payload}",
            }
            session.post(f"{url}/2010-04-01/Accounts/AC{'0' * 32}/Messages.json", data=form, timeout=10)


def main(meetings: int) -> None:
    """Measure and print."""
    arrivals = Arrivals()
    with a_stage() as stage:
        stage.twilio.misbehave_by(arrivals.note)
        floor = measure_floor(stage, arrivals, meetings)
        from_commit, from_answer, of_request = measure(stage, arrivals, meetings)
    print(f"{meetings} meetings planned one after the other; load average {os.getloadavg()[0]:.1f}")
    print(f"commit -> gateway call        {in_milliseconds(from_commit)}")
    print(f"floor: bare NOTIFY and POST   {in_milliseconds(floor)}")
    print(f"201 received -> gateway call  {in_milliseconds(from_answer)}")
    print(f"POST /meetings as a whole     {in_milliseconds(of_request)}")
    median = statistics.median(from_commit)
    print(f"ratio of the medians to the floor: {median / statistics.median(floor):.1f}")
    print(f"goal: a median under {GOAL * 1000:.0f} ms: {'met' if median < GOAL else 'MISSED'}")


def main_at_rate(rate: int, seconds: int) -> None:
    """Measure a crowd and print."""
    arrivals = Arrivals()
    with a_stage(senders=8) as stage:
        stage.twilio.misbehave_by(arrivals.note)
        from_commit, of_request = measure_at_rate(stage, arrivals, rate, seconds)
    print(f"{rate} meetings a second for {seconds} s; load average {os.getloadavg()[0]:.1f}")
    print(f"commit -> gateway call    {in_milliseconds(from_commit)}")
    print(f"due -> POST answered      {in_milliseconds(of_request)}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--floor"]:
        be_the_floor(*sys.argv[2:])
    elif sys.argv[1:2] == ["--rate"]:
        main_at_rate(*(int(one) for one in [*sys.argv[2:4], *["50", "60"][len(sys.argv) - 2 :]]))
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else 200)
