"""A campaign of faults: thousands of messages on Twilio's bad days, while workers die and the database restarts.

Meanwhile representatives are suspended, some of them for a while only, and meetings begin. What the stand-in's phones
saw is then held against what may and what must have been told; the seed repeats dice and plan, the machine's own
timing nobody repeats.
"""

import random
import threading
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from bas_service import embedded
from bas_service.config import Settings
from tests.builders import House
from tests.callers import Phone, done
from tests.faults.fates import ACCEPTED_ALL_THE_SAME, GOOD_DAYS, NEVER_ACCEPTED, REFUSALS, SEND_TIMEOUT, SILENT
from tests.faults.outbox import Outbox, ids_from, message_of, times_there
from tests.faults.processes import Keeper, a_web_server, wait_until
from tests.faults.stand_in import Fault, Text, TwilioStandIn, delivery_failed, list_fails, never_confirmed, refused

FAILING = (delivery_failed(30003), delivery_failed(30005, "failed"), refused(21211), refused(21610), refused(30007))
MIXED = (REFUSALS, ACCEPTED_ALL_THE_SAME, NEVER_ACCEPTED, (SILENT, never_confirmed()), FAILING)
# By then a worker that claimed a message has asked the gateway, or gives it back and asks anew whether it is right.
IN_HAND = timedelta(seconds=3)

_TOLD_OF_A_DOUBLE = ("state", "attempts", "checks", "repeated", "created_at", "attempted_at", "handed_over_at")
_TOLD_OF_A_DOUBLE += ("provider_id", "error_code")
# How many messages before its own a representative is suspended at most: a few moments ahead of the workers.
AHEAD = 60


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How much of what happens."""

    messages: int
    workers: int = 3
    kills: int = 12
    restarts: int = 2
    suspensions: int = 300
    # Meetings that begin while the campaign runs: so many, within so many seconds.
    beginning: int = 300
    begin_within: float = 60.0
    bad_days: float = 0.2
    # When a doubt is looked into: the last look is well after the latest acceptance, which is two seconds later.
    reconcile: tuple[float, ...] = (0.5, 6.0)


@dataclass
class Seen:
    """What the stand-in saw arrive: which message, when, and for how long it was to be of use."""

    dice_of: Callable[[uuid.UUID, int], random.Random]
    bad_days: float
    arrivals: list[tuple[uuid.UUID, datetime, int]] = field(default_factory=list)
    _tries: Counter[uuid.UUID] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def begun(self) -> int:
        """How many messages have been tried."""
        with self._lock:
            return len(self._tries)

    def plan(self, _number: int, form: dict[str, str]) -> Fault | None:
        """Note the request, and throw dice for this try of this message."""
        message_id = uuid.UUID(parse_qs(urlsplit(form["StatusCallback"]).query)["ref"][0])
        with self._lock:
            self.arrivals.append((message_id, datetime.now(UTC), int(form["ValidityPeriod"])))
            self._tries[message_id] += 1
            dice = self.dice_of(message_id, self._tries[message_id])
        if dice.random() >= self.bad_days:
            return dice.choice(GOOD_DAYS)
        return dice.choice(dice.choice(MIXED))


@dataclass(frozen=True, kw_only=True)
class Suspension:
    """A representative who was suspended by a moment, and until another one at least."""

    representative_id: uuid.UUID
    by: datetime
    until: datetime | None


@dataclass(kw_only=True)
class Outcome:
    """What is wrong, thing by thing (all empty when nothing is), and figures."""

    lost: list[str]
    twice: list[str]
    to_the_wrong: list[str]
    after_the_start: list[str]
    without_duty: list[str]
    figures: dict[str, Any]

    @property
    def wrong(self) -> dict[str, list[str]]:
        """Only what is wrong."""
        found = {"lost": self.lost, "sent twice": self.twice, "told who may not be told": self.to_the_wrong}
        found |= {"after the start": self.after_the_start, "in doubt without a duty": self.without_duty}
        return {name: cases for name, cases in found.items() if cases}


class Campaign:
    """One campaign on a database of its own; ``run`` once."""

    def __init__(
        self, plan: Plan, *, seed: int, house: House, server: embedded.Server, settings: Callable[..., Settings]
    ) -> None:
        self._plan = plan
        self._seed = seed
        self._dice = random.Random(seed)
        self._house = house
        self._server = server
        self._settings = settings
        self._outbox = Outbox(house.owner)
        self._seen = Seen(lambda message, number: random.Random(f"{seed}/{message}/{number}"), plan.bad_days)
        self._suspensions: list[Suspension] = []
        self._ended = threading.Event()

    def run(self, folder: Path) -> Outcome:
        """Fill the outbox, let everything happen, wait until nothing is left to do, and look."""
        supervisor = self._fill()
        with TwilioStandIn(receipt_delay=0.02, seed=self._seed) as twilio, ExitStack() as running:
            twilio.misbehave_by_chance({list_fails(500): 0.1, list_fails(503): 0.1})
            twilio.misbehave_by(self._seen.plan)
            settings = self._settings(
                twilio,
                senders=8,
                send_timeout_seconds=SEND_TIMEOUT,
                send_lease_seconds=4.0,
                reconcile_seconds=self._plan.reconcile,
                once_more_seconds=0.5,
            )
            running.enter_context(a_web_server(settings, folder / "server.log"))
            workers = running.enter_context(Keeper(settings, folder, self._plan.workers))
            begun = time.monotonic()
            lives = threading.Thread(target=self._suspend, args=(supervisor,))
            lives.start()
            try:
                self._disturb(workers, twilio)
                self._wait_for_the_end(workers)
            finally:
                self._ended.set()
                lives.join()
            self._wait_for_the_end(workers)
            seconds = time.monotonic() - begun
            twilio.wait_for_receipts(60)
            wait_until(lambda: self._outbox.receipts_left() == 0, "all receipts are applied", seconds=120)
            # A look for the unreached is due at once after the last receipt, and every minute besides.
            self._wait_for_duties()
            return self._look(twilio, workers, seconds)

    def _fill(self) -> Phone:
        ids = ids_from(self._dice, self._plan.messages)
        self._outbox.fill(ids)
        supervisor = self._house.a_supervisor()
        sql = self._house.sql
        sql(
            "UPDATE accounts SET supervisor_id = :id WHERE email = 'backlog-specialist@example.lv'",
            id=supervisor.account_id,
        )
        phones = [f"+371200{number:05d}" for number in range(1, self._plan.messages + 1)]
        digests = [self._house.digest(phone) for phone in phones]
        for table, digest, number in (
            ("representatives", "phone_digest", "phone"),
            ("messages", "recipient_digest", "recipient"),
        ):
            sql(
                f"UPDATE {table} t SET {digest} = d.digest"
                f" FROM unnest(CAST(:phones AS text[]), CAST(:digests AS text[])) d(phone, digest)"
                f" WHERE t.{number} = d.phone",
                phones=phones,
                digests=digests,
            )
        soon = self._dice.sample(ids, self._plan.beginning)
        within = [self._dice.uniform(0.0, self._plan.begin_within) for _ in soon]
        # The meeting itself stays tomorrow, as one specialist cannot be in two places: the text only counts.
        sql(
            "UPDATE messages SET useful_until = now() + make_interval(secs => d.within)"
            " FROM unnest(CAST(:ids AS uuid[]), CAST(:within AS float[])) d(id, within) WHERE messages.id = d.id",
            ids=soon,
            within=within,
        )
        return supervisor

    def _suspend(self, supervisor: Phone) -> None:
        """Suspend representatives while their messages wait, travel, are in doubt; some are in force again soon."""
        dice = random.Random(f"{self._seed}/suspensions")
        # In the order in which workers take their messages: whoever is about to be told is suspended just then.
        rank = [row["id"] for row in self._house.sql("SELECT representative_id AS id FROM announcements ORDER BY id")]
        for number in range(self._plan.suspensions):
            share = (number + 1) / self._plan.suspensions * 0.95
            while self._seen.begun < share * len(rank) and not self._ended.wait(0.01):
                pass
            place = self._seen.begun + dice.randint(-AHEAD // 4, AHEAD)
            representative_id = rank.pop(max(min(place - number, len(rank) - 1), 0))
            by = self._decide(supervisor, representative_id, "suspend", version=1)
            until = None
            if dice.random() < 0.3:
                self._ended.wait(dice.uniform(0.0, 0.3))
                until = datetime.now(UTC)
                self._decide(supervisor, representative_id, "resume", version=2)
            self._suspensions.append(Suspension(representative_id=representative_id, by=by, until=until))

    def _decide(self, supervisor: Phone, representative_id: uuid.UUID, what: str, *, version: int) -> datetime:
        """Suspend or resume, again while the database restarts; the moment by which it was certainly committed."""
        path, why = f"representatives/{representative_id}/{what}", {"reason": "court", "basis": "decision 1"}
        while True:
            answer = supervisor.act(path, {"version": version}, why)
            if answer.status_code == 401:
                # On a slow machine a campaign takes longer than a phone stays signed in without a word.
                token = f"Bearer {supervisor.tokens['refresh_token']}"
                supervisor.tokens = done(supervisor.post("auth/refresh", Authorization=token))
                continue
            # 412 and 409: it had been committed, and only the answer was lost in a restart.
            if answer.status_code in {200, 409, 412}:
                return datetime.now(UTC)
            assert answer.status_code == 503, answer.get_data(as_text=True)
            time.sleep(0.1)

    def _disturb(self, workers: Keeper, twilio: TwilioStandIn) -> None:
        incidents = ["worker"] * self._plan.kills + ["database"] * self._plan.restarts
        self._dice.shuffle(incidents)
        accepted = int(self._plan.messages * 0.8)
        moments = sorted(self._dice.sample(range(10, accepted), len(incidents)))
        for moment, incident in zip(moments, incidents, strict=True):

            def there_are(many: int = moment) -> bool:
                workers.revive()
                time.sleep(0.05)
                return len(twilio.messages) >= many

            wait_until(there_are, f"{moment} texts are there", seconds=600)
            time.sleep(self._dice.uniform(0.0, 0.1))
            if incident == "worker":
                workers.kill(self._dice.randrange(self._plan.workers))
            else:
                self._server.restart("immediate")

    def _wait_for_the_end(self, workers: Keeper) -> None:
        def is_done() -> bool:
            workers.revive()
            # Seldom: whoever looks takes time from those who work.
            time.sleep(0.25)
            return self._outbox.left_to_do() == 0

        wait_until(is_done, "nothing is left to do", seconds=900)

    def _wait_for_duties(self) -> None:
        try:
            wait_until(lambda: not self._uncertain_without_duty(), "each doubt is a duty", seconds=75)
        except AssertionError:
            # What is missing is told with everything else.
            return

    def _uncertain_without_duty(self) -> list[str]:
        found = self._house.sql(
            "SELECT m.id FROM messages m JOIN announcements a ON a.id = m.id"
            " JOIN representatives r ON r.id = a.representative_id"
            " WHERE m.state = 'uncertain' AND m.useful_until > now() AND r.state = 'active' AND NOT EXISTS ("
            "   SELECT FROM duties d WHERE d.kind = 'representative-unreached' AND d.about_id = a.meeting_id"
            "   AND split_part(d.occasion, '/', 2) = r.id::text)"
        )
        return [str(row["id"]) for row in found]

    def _look(self, twilio: TwilioStandIn, workers: Keeper, seconds: float) -> Outcome:
        texts = twilio.messages
        about = self._announcements()
        messages = {row["id"]: row | about[row["id"]] for row in self._outbox.rows().values()}
        there = times_there(texts)
        alarms = workers.said().count("was handed over twice")
        return Outcome(
            lost=list(self._lost(messages, there)),
            twice=[*self._told_twice(texts, messages), *["an alarm"] * alarms],
            to_the_wrong=list(self._told_though_suspended(messages)),
            after_the_start=list(self._after_the_start(messages)),
            without_duty=self._uncertain_without_duty(),
            figures={
                "seconds": round(seconds, 1),
                "texts": len(texts),
                "states": dict(Counter(row["state"] for row in messages.values())),
                "faults": dict(twilio.faults_used),
                "tries": dict(sorted(Counter(row["attempts"] for row in messages.values()).items())),
                "repeated after a doubt": sum(row["repeated"] for row in messages.values()),
                "sent once more": sum(row["first_provider_id"] is not None for row in messages.values()),
                "looked up": sum(row["checks"] > 0 for row in messages.values()),
                "receipts": dict(twilio.receipt_outcomes),
                "suspended": len(self._suspensions),
                "of them resumed": sum(one.until is not None for one in self._suspensions),
                "withdrawn in time": sum(row["state"] == "withdrawn" for row in messages.values()),
                "too late to be of use": sum(row["error_code"] == "too-late" for row in messages.values()),
            },
        )

    def _announcements(self) -> dict[uuid.UUID, dict[str, Any]]:
        found = self._house.sql(
            "SELECT a.id, a.meeting_id, a.telling, a.representative_id, r.state AS standing, d.id IS NOT NULL AS duty"
            " FROM announcements a JOIN representatives r ON r.id = a.representative_id"
            " LEFT JOIN LATERAL (SELECT id FROM duties d WHERE d.kind = 'representative-unreached'"
            "   AND d.about_id = a.meeting_id LIMIT 1) d ON true"
        )
        return {row["id"]: row for row in found}

    def _lost(self, messages: dict[uuid.UUID, dict[str, Any]], there: Counter[uuid.UUID]) -> Iterator[str]:
        """Whoever was to be told and was not, and nobody knows it."""
        told = {row["meeting_id"] for message_id, row in messages.items() if there[message_id]}
        for message_id, row in messages.items():
            state, is_there = row["state"], there[message_id] > 0
            if state in {"handed_over", "delivered"} and not is_there:
                yield f"{message_id}: {state}, and no phone has it"
            elif state == "withdrawn" and row["standing"] == "active" and row["meeting_id"] not in told:
                others = [one["state"] for one in messages.values() if one["meeting_id"] == row["meeting_id"]]
                if not row["duty"] and set(others) == {"withdrawn"}:
                    yield f"{message_id}: withdrawn from somebody who is to be told"
            elif state == "failed" and row["error_code"] != "too-late" and row["standing"] == "active":
                if not row["duty"] and row["useful_until"] > datetime.now(UTC):
                    yield f"{message_id}: failed ({row['error_code']}), and nobody has a duty"
            elif state in {"queued", "sending"}:
                yield f"{message_id}: still {state}"

    def _told_twice(self, texts: list[Text], messages: dict[uuid.UUID, dict[str, Any]]) -> Iterator[str]:
        """Whoever has two texts of one telling on the phone, and how that came."""
        for message_id, times in times_there(texts).items():
            # Once more after a receipt that it did not arrive, and never a third time.
            if times > 1 + (messages[message_id]["first_provider_id"] is not None):
                yield f"{message_id}: {times} times"
        of_telling = defaultdict(list)
        for text in texts:
            about = messages[message_of(text)]
            # What was reported as failed is on no phone: whoever is in force again is rightly told anew.
            if text.status not in {"failed", "undelivered"}:
                of_telling[text.to, about["meeting_id"], about["telling"]].append(text)
        arrivals = defaultdict(list)
        for message_id, arrived, _ in self._seen.arrivals:
            arrivals[message_id].append(f"{arrived:%T.%f}")
        for doubled in of_telling.values():
            if len(doubled) == 1:
                continue
            ids = sorted({message_of(text) for text in doubled}, key=str)
            suspended = [
                one for one in self._suspensions if one.representative_id == messages[ids[0]]["representative_id"]
            ]
            told = [
                f"\n    {one}: {[f'{text.created_at:%T.%f}' for text in doubled if message_of(text) == one]}"
                f" arrived {arrivals[one]} { ({name: str(messages[one][name]) for name in _TOLD_OF_A_DOUBLE}) }"
                for one in ids
            ]
            yield f"{suspended}{''.join(told)}"

    def _told_though_suspended(self, messages: dict[uuid.UUID, dict[str, Any]]) -> Iterator[str]:
        """What was on its way to the provider when the suspension was committed is not called back, all else is."""
        of = {one.representative_id: one for one in self._suspensions}
        for message_id, arrived, _ in self._seen.arrivals:
            suspension = of.get(messages[message_id]["representative_id"])
            if suspension is None or arrived <= suspension.by:
                continue
            if suspension.until is not None and arrived >= suspension.until:
                continue
            claimed = messages[message_id]["attempted_at"]
            if not (claimed <= suspension.by and arrived - claimed <= IN_HAND):
                yield f"{message_id}: suspended by {suspension.by:%X}, claimed {claimed:%X}, arrived {arrived:%X}"

    def _after_the_start(self, messages: dict[uuid.UUID, dict[str, Any]]) -> Iterator[str]:
        for message_id, arrived, validity in self._seen.arrivals:
            latest, useful_until = arrived + timedelta(seconds=validity), messages[message_id]["useful_until"]
            if arrived > useful_until or latest > useful_until and validity < 36_000:
                yield f"{message_id}: of use until {useful_until:%X}, may arrive until {latest:%X}"
