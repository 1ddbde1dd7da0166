"""How fast one worker empties a backlog, beside a bare loop that claims rows and posts them.

Both are one process with as many senders, the same rows, the same stand-in (which runs in this process and costs as
much as the worker does: the ratio says more than the rate). The time begins with the first text and ends with the
last one written down as handed over.

    python tests/benchmarks/drain.py [how many messages, 2000] [senders, 4]
"""

import os
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import psycopg  # noqa: E402
import requests  # noqa: E402

from tests.benchmarks.stage import Stage, a_stage  # noqa: E402
from tests.builders import EMPTYING  # noqa: E402
from tests.faults.outbox import times_there  # noqa: E402
from tests.faults.processes import wait_until  # noqa: E402


def rate_of(stage: Stage, ids: list[uuid.UUID]) -> float:
    """Messages a second, while somebody who was just started empties the outbox."""
    already_there = len(stage.twilio.messages)
    wait_until(lambda: len(stage.twilio.messages) > already_there, "the first text is there")
    begun = time.monotonic()
    # Seldom: whoever looks takes time from those who work.
    while stage.outbox.left_to_do():
        time.sleep(0.1)
    seconds = time.monotonic() - begun
    assert times_there(stage.twilio.messages[already_there:]) == Counter(ids)
    return len(ids) / seconds


def fill(stage: Stage, messages: int) -> list[uuid.UUID]:
    """An empty house with a backlog."""
    for statement in EMPTYING.split(";"):
        stage.house.sql(statement)
    ids = [uuid.uuid4() for _ in range(messages)]
    stage.outbox.fill(ids)
    stage.house.sql("SELECT 1")
    return ids


def be_the_floor(conninfo: str, url: str, senders: str) -> None:
    """Claim, post, write down, until there is nothing left: no look at what is right, no lease, no doubt."""
    claim = (
        "UPDATE messages SET state = 'sending' WHERE id = (SELECT id FROM messages WHERE state = 'queued'"
        " ORDER BY next_attempt_at, id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id, recipient, body"
    )
    done = "UPDATE messages SET state = 'handed_over', provider_id = %s, handed_over_at = now() WHERE id = %s"

    def send() -> None:
        session = requests.Session()
        session.trust_env = False
        session.auth = ("AC" + "0" * 32, "stand-in-token")
        with psycopg.connect(conninfo, autocommit=True) as connection:
            while (row := connection.execute(claim).fetchone()) is not None:
                message_id, recipient, body = row
                form = {"To": recipient, "From": "BAS", "Body": body}
                form["StatusCallback"] = f"http://127.0.0.1:1/?ref={message_id}"
                answer = session.post(
                    f"{url}/2010-04-01/Accounts/AC{'0' * 32}/Messages.json", data=form, timeout=10
                ).json()
                connection.execute(done, [answer["sid"], message_id])

    threads = [threading.Thread(target=send) for _ in range(int(senders))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def main(messages: int, senders: int) -> None:
    """Measure and print."""
    with a_stage(senders=senders) as stage:
        ids = fill(stage, messages)
        command = [sys.executable, __file__, "--floor", stage.server.conninfo("bas_owner"), stage.twilio.url]
        with subprocess.Popen([*command, str(senders)], env=os.environ):
            floor = rate_of(stage, ids)
        ids = fill(stage, messages)
        stage.a_worker()
        rate = rate_of(stage, ids)
    print(f"{messages} messages, {senders} senders; load average {os.getloadavg()[0]:.1f}")
    print(f"bas worker  {rate:6.0f} messages a second")
    print(f"bare loop   {floor:6.0f} messages a second")
    print(f"ratio       {rate / floor:6.2f}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--floor"]:
        be_the_floor(*sys.argv[2:])
    else:
        main(*(int(one) for one in [*sys.argv[1:3], *["2000", "4"][len(sys.argv) - 1 :]]))
