"""What each protection costs: the same request with and without it, by turns, in one process and one run.

The requests go through the application's in-process client to a real PostgreSQL that is as safe as in production.
The product has no switch for any protection; each "without" is made here only:

- trace: ``leave_trace`` does nothing, so that the request commits as one that shows no child;
- sealing: what would be opened is looked up in a dictionary filled before, what would be sealed is stored as it is;
- row-level security: a second application works as the tables' owner, for whom it does not count, on the same
  database with the same statements;
- account and session looked up: the gate believes the token and only tells row-level security who asks;
- token's signature: the claims of the one token are remembered;
- argon2: the password is compared as it is;
- record of an answered request: the same creation without an ``id`` of the client;
- security headers: none is set.

One pair is one request of each kind, the one that begins changes from pair to pair. "Difference" is the median of the
differences of the pairs, "percent" the difference in percent of the request without the protection.

    python tests/benchmarks/protections.py [how many pairs of each, 300]
"""

import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from flask import Flask  # noqa: E402

from bas_service import DatabaseRole, create_app  # noqa: E402
from bas_service.access import passwords, service, tokens, trace  # noqa: E402
from bas_service.database import ask_as, new_id, transaction  # noqa: E402
from bas_service.http import requests  # noqa: E402
from bas_service.sealing import Keyring  # noqa: E402
from tests.benchmarks.stage import Stage, a_stage  # noqa: E402
from tests.builders import at, soon  # noqa: E402
from tests.callers import PASSWORD, Phone

CASES, MEETINGS, OTHER_TEAMS, WARMING = 10, 20, 3, 20
Ask = Callable[[], None]
Without = Callable[[], AbstractContextManager[Any]]


@dataclass
class Measure:
    """One protection on one request: how it is asked, and what is around it, or asked instead, without."""

    protection: str
    request: str
    ask: Ask
    without: Without = nullcontext
    ask_without: Ask | None = None

    def line(self, pairs: int) -> str:
        """Measure, and say it in one line."""
        taken: list[tuple[float, float]] = []
        for number in range(WARMING + pairs):
            if number % 2:
                protected, bare = seconds_of(self.ask), self._bare()
            else:
                bare, protected = self._bare(), seconds_of(self.ask)
            taken.append((protected * 1000, bare * 1000))
        with_it, without = (statistics.median(values) for values in zip(*taken[WARMING:], strict=True))
        difference = statistics.median(one - other for one, other in taken[WARMING:])
        return (
            f"{self.protection:28} {self.request:20} {with_it:8.2f} {without:8.2f} {difference:8.2f}"
            f" {difference / without:8.0%}"
        )

    def _bare(self) -> float:
        with self.without():
            return seconds_of(self.ask_without or self.ask)


def seconds_of(ask: Ask) -> float:
    """How long one request takes."""
    begun = time.perf_counter()
    ask()
    return time.perf_counter() - begun


class Day:
    """What a specialist with ten children asks, in a house where other teams work too."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        for _ in range(OTHER_TEAMS):
            stage.a_team(children=CASES)
        self.phone, self._families = stage.a_team(children=CASES)
        self._hours = count(24)
        for _ in range(MEETINGS):
            self.planning(stage.house.app)()

    def getting(self, app: Flask, path: str) -> Ask:
        """Read something."""
        return lambda: self._send(app, "GET", path)

    def planning(self, app: Flask, *, with_id: bool = True) -> Ask:
        """Plan a meeting, each an hour after the one before."""

        def ask() -> None:
            hour = next(self._hours)
            child = self._families[hour % CASES]["child"]
            more = {"id": str(new_id())} if with_id else {}
            form = self._stage.house.meeting_form(
                child, starts_at=at(soon(hours=hour)), expected_minutes=30, note="Runāsim par skolu", **more
            )
            self._send(app, "POST", "meetings", form)

        return ask

    def signing_in(self, app: Flask) -> Ask:
        """Sign in on another device."""
        device = {"id": "benchmark", "name": "Benchmark", "platform": "test"}
        form = {"email": self.phone.email, "password": PASSWORD, "device": device}
        return lambda: self._send(app, "POST", "auth/sign-in", form)

    def _send(self, app: Flask, method: str, path: str, form: Any = None) -> None:
        phone = Phone(app, self.phone.account_id, self.phone.tokens, self.phone.email)
        answer = phone.send(method, path, form)
        assert answer.status_code < 300, answer.get_data(as_text=True)


@contextmanager
def patched(owner: Any, **values: Any) -> Iterator[None]:
    """Something of the product, replaced for a moment."""
    kept = {name: getattr(owner, name) for name in values}
    for name, value in values.items():
        setattr(owner, name, value)
    try:
        yield
    finally:
        for name, value in kept.items():
            setattr(owner, name, value)


def untraced() -> AbstractContextManager[None]:
    """No child is written down."""
    return patched(trace, leave_trace=lambda *_args, **_values: None)


def unsealed() -> Without:
    """Nothing is sealed, and what is sealed is known."""
    known: dict[str, str] = {}
    opens = Keyring.open

    def look_up(keyring: Keyring, value: str, column: str) -> str:
        if value not in known:
            known[value] = opens(keyring, value, column)
        return known[value]

    return lambda: patched(Keyring, seal=lambda _keyring, text, _column: text, open=look_up)


def believed(app: Flask, phone: Phone) -> tuple[Without, Without]:
    """The token is believed for what it says of account and session; and its signature is."""
    headers = {"Authorization": f"Bearer {phone.tokens['access_token']}"}
    with app.test_request_context(headers=headers):
        claims = tokens.presented_claims(refresh=False)
        with transaction():
            asking = service.recognise(claims, kept=app.config["BAS"].session_kept)

    def recognise(_claims: tokens.Claims, **_kept: Any) -> service.Asking:
        ask_as(asking.account_id)
        return asking

    return (
        lambda: patched(service, recognise=recognise),
        lambda: patched(tokens, presented_claims=lambda **_values: claims),
    )


def measures(stage: Stage) -> Iterator[Measure]:
    """All of them."""
    app = stage.house.app
    owned = create_app(stage.settings, role=DatabaseRole.OWNER)
    day = Day(stage)
    caseload, meetings = day.getting(app, "caseload"), day.getting(app, "meetings")
    planning, signing_in = day.planning(app), day.signing_in(app)
    plain, (unlooked, unsigned) = unsealed(), believed(app, day.phone)
    yield Measure("trace", "GET /caseload", caseload, untraced)
    yield Measure("trace", "GET /children", day.getting(app, "children"), untraced)
    yield Measure("trace", "POST /meetings", planning, untraced)
    yield Measure("sealing", "GET /meetings", meetings, plain)
    yield Measure("sealing", "POST /meetings", planning, plain)
    owners_caseload = day.getting(owned, "caseload")
    yield Measure("row-level security", "GET /caseload", caseload, ask_without=owners_caseload)
    yield Measure("row-level security", "POST /meetings", planning, ask_without=day.planning(owned))
    yield Measure("account and session looked up", "GET /caseload", caseload, unlooked)
    yield Measure("token's signature", "GET /caseload", caseload, unsigned)
    compared = {"matches": lambda _hash, password: password == PASSWORD}
    yield Measure("argon2", "POST /auth/sign-in", signing_in, lambda: patched(passwords, **compared))
    yield Measure(
        "record of an answered request", "POST /meetings", planning, ask_without=day.planning(app, with_id=False)
    )
    yield Measure("security headers", "GET /caseload", caseload, lambda: patched(requests, PROTECTION={}))


def main(pairs: int) -> None:
    """Measure and print."""
    with a_stage() as stage:
        print(f"{'protection':28} {'request':20} {'with ms':>8} {'without':>8} {'differ.':>8} {'percent':>8}")
        for measure in measures(stage):
            print(measure.line(pairs), flush=True)
    print(f"{pairs} pairs of each, {CASES} children; {os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main(int((sys.argv[1:] or ["300"])[0]))
