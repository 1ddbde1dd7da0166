"""Requests a second through `bas serve` (granian) for what a phone asks most, beside GET /health/live.

The client is a process of its own that speaks bare HTTP over kept connections; on two cores it takes its share,
of all three alike: the ratio says more than the rate.

    python tests/benchmarks/reading.py [seconds for each, 5] [connections, 8]
"""

import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks.stage import a_stage  # noqa: E402
from tests.builders import at, soon  # noqa: E402

CASES, MEETINGS, ROUNDS = 10, 20, 3


def be_the_client(port: str, path: str, token: str, seconds: str, connections: str) -> None:
    """Ask again and again over kept connections; print the answers a second and their median time."""
    head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    end = time.monotonic() + float(seconds)
    taken: list[float] = []

    def ask() -> None:
        with socket.create_connection(("127.0.0.1", int(port))) as connection, connection.makefile("rb") as answers:
            while (begun := time.monotonic()) < end:
                connection.sendall(head)
                status, length = answers.readline(), 0
                while (line := answers.readline().lower()) != b"\r\n":
                    if line.startswith(b"content-length:"):
                        length = int(line.split(b":")[1])
                answers.read(length)
                assert b" 200 " in status, status
                taken.append(time.monotonic() - begun)

    threads = [threading.Thread(target=ask) for _ in range(int(connections))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(taken) / float(seconds), statistics.median(taken))


def main(seconds: int, connections: int) -> None:
    """Measure the three in turns, so that a busy minute of the machine meets all of them."""
    with a_stage() as stage:
        specialist, families = stage.a_team(children=CASES)
        for number in range(MEETINGS):
            child = families[number % CASES]["child"]
            stage.house.a_meeting(specialist, child, starts_at=at(soon(hours=24 + 2 * number)))
        stage.a_web_server()
        port, token = stage.settings.public_url.rpartition(":")[2], specialist.tokens["access_token"]
        paths = ["/health/live", "/api/v1/caseload", "/api/v1/meetings"]
        figures: dict[str, list[tuple[float, float]]] = {path: [] for path in paths}
        for _ in range(ROUNDS):
            for path in paths:
                command = [sys.executable, __file__, "--client", port, path, token, str(seconds / ROUNDS)]
                said = subprocess.run(
                    [*command, str(connections)], env=os.environ, check=True, capture_output=True, text=True
                ).stdout
                rate, median = said.split()
                figures[path].append((float(rate), float(median)))
    print(f"{CASES} cases, {MEETINGS} meetings, {connections} connections; load average {os.getloadavg()[0]:.1f}")
    rates = {path: statistics.median(rate for rate, _ in figures[path]) for path in paths}
    for path in paths:
        median = statistics.median(median for _, median in figures[path]) * 1000
        print(
            f"GET {path:18} {rates[path]:7.0f} a second   median {median:6.1f} ms"
            f"   {rates[path] / rates['/health/live']:.2f} of /health/live"
        )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--client"]:
        be_the_client(*sys.argv[2:])
    else:
        main(*(int(one) for one in [*sys.argv[1:3], *["5", "8"][len(sys.argv) - 1 :]]))
