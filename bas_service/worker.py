"""The worker: woken by the database, claims what is due, hands it over, writes down what came of it.

Any number of workers may run side by side. A thread listens for notifications, one dispatches claims to a few
senders, and APScheduler runs what recurs. No transaction is open while a gateway is called.
"""

import logging
import random
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import psycopg
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError, TimeoutError

from bas_service import clock, routine
from bas_service.announcements import service as announcements
from bas_service.announcements.queries import telling_policy
from bas_service.announcements.rules import TellingPolicy
from bas_service.announcements.timing_rules import quiet_at
from bas_service.carriers import senders_of
from bas_service.config import Settings
from bas_service.database import transaction
from bas_service.errors import places_of
from bas_service.links import service as links
from bas_service.links.jobs import see_to_links_lost, still_to_be_opened
from bas_service.meetings.jobs import (
    still_to_be_told,
    unreached_before_meetings,
)
from bas_service.meetings.series_jobs import lay_out_series, series_to_lay_out, unreached_in_series
from bas_service.messaging import breaker, jobs
from bas_service.messaging.failing_over import fail_over
from bas_service.messaging.gateways import Gateway, LookupFailed
from bas_service.messaging.jobs import Claimed
from bas_service.messaging.once_more import OnceMore
from bas_service.messaging.pacing import Pace
from bas_service.messaging.rules import HandOver, Verdict
from bas_service.oversight import watching
from bas_service.replies.jobs import take_reply

log = logging.getLogger(__name__)
# A long round of look-ups lets the next one be left out, which is no news.
logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)
CHANNEL = "bas_work"
# How long a result is kept trying to reach a database that is restarting, before the lease's end decides.
SETTLING = 30.0
# How long what was claimed may be in hand before the gateway is asked. Afterwards it is looked at anew: whoever was
# suspended meanwhile is told nothing more (D29).
IN_HAND = 2.0
# Between two tries of what failed.
BREATH = 0.5
# How long a policy is heeded before it is looked at again: it is made for days.
HEEDED = 60.0
# Who posts messages, and answers for its own when one is about to go out.
POSTERS = {announcements.POSTER: still_to_be_told, links.POSTER: still_to_be_opened}


class Worker:
    """Carries out what requests left as rows; ``start`` and ``stop`` may be called once each."""

    def __init__(self, app: Flask, gateway: Gateway) -> None:
        self._app = app
        self._gateway = gateway
        self._settings: Settings = app.config["BAS"]
        self._chance = random.Random()  # noqa: S311 - spreads retries, guards nothing
        self._stopping = threading.Event()
        self._messages_due = threading.Event()
        self._receipts_due = threading.Event()
        self._replies_due = threading.Event()
        self._somebody_unreached = threading.Event()
        self._has_begun = False
        self._pace = Pace(senders=senders_of(self._settings))
        self._policy: TellingPolicy | None = None
        self._policy_read = 0.0
        self._free = threading.Semaphore(self._settings.senders)
        self._senders = ThreadPoolExecutor(self._settings.senders, thread_name_prefix="sender")
        self._threads = [
            threading.Thread(target=target, name=target.__name__.strip("_"), daemon=True)
            for target in (
                self._listen,
                self._dispatch,
                self._take_receipts,
                self._take_replies,
                self._see_to_the_unreached,
            )
        ]
        self._recurring = BackgroundScheduler(timezone=clock.RIGA)

    def start(self) -> None:
        """Begin to work in threads of its own."""
        poll = self._settings.poll_seconds
        self._every("carry", self._carry, minutes=1, at_once=True)
        self._recurring.add_job(self._wake, "interval", seconds=poll, id="poll")
        self._every("reconcile", self._reconcile, seconds=min(poll, 5.0))
        self._every("forget", routine.forget, hours=1)
        # Also at once: after a night in which no worker ran, the morning must not begin without them.
        self._every("remind", routine.remind, minutes=15, at_once=True)
        self._every("ask", routine.ask, minutes=1, at_once=True)
        self._every("series", self._lay_out, minutes=15, at_once=True)
        self._every("count", routine.count, minutes=1)
        # For what no answer announces: a start that comes near, a worker that died.
        self._recurring.add_job(
            self._somebody_unreached.set, "interval", minutes=1, id="unreached", next_run_time=clock.now()
        )
        self._every("beat", self._beat, seconds=max(poll, 1.0), at_once=True)
        self._every("watch", partial(routine.watch, self._settings), minutes=1)
        self._recurring.start()
        for thread in self._threads:
            thread.start()
        self._wake()

    def _every(self, name: str, job: Callable[[], None], *, at_once: bool = False, **interval: float) -> None:
        first = {"next_run_time": clock.now()} if at_once else {}
        self._recurring.add_job(self._guarded(job), "interval", id=name, coalesce=True, **interval, **first)

    def stop(self) -> None:
        """Claim nothing more, finish what is in hand, end all threads."""
        self._stopping.set()
        self._wake()
        self._somebody_unreached.set()
        if self._recurring.running:
            self._recurring.shutdown(wait=True)
        for thread in self._threads:
            thread.join(timeout=15)
        self._senders.shutdown(wait=True)

    def run_until(self, stop: threading.Event) -> None:
        """Work until ``stop`` is set."""
        self.start()
        stop.wait()
        self.stop()

    def _wake(self) -> None:
        self._messages_due.set()
        self._receipts_due.set()
        self._replies_due.set()

    def _guarded(self, job: Callable[[], None]) -> Callable[[], bool]:
        """A job that survives the database being away, and its own defects: what it did not do, it does later."""

        def run() -> bool:
            try:
                with self._app.app_context():
                    job()
            except (OperationalError, InterfaceError, TimeoutError) as error:
                if not self._stopping.is_set():
                    log.warning("the database is away (%s)", type(error).__name__)
            except Exception as error:  # noqa: BLE001 - logged, without its words
                # A thread that ended here would leave a worker that looks alive and does nothing.
                where = places_of(error)
                log.error("a job of the worker failed; it is tried again: %s\n%s", type(error).__name__, where)
            else:
                return True
            self._stopping.wait(BREATH)
            return False

        return run

    def _listen(self) -> None:
        url = self._app.config["SQLALCHEMY_DATABASE_URI"].replace("postgresql+psycopg", "postgresql", 1)
        while not self._stopping.is_set():
            try:
                with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
                    connection.execute(f"LISTEN {CHANNEL}")
                    # Whatever was announced while nobody listened is looked for now.
                    self._wake()
                    while not self._stopping.is_set():
                        for notification in connection.notifies(timeout=0.25, stop_after=1):
                            due = {"receipts": self._receipts_due, "inbound_texts": self._replies_due}
                            due.get(notification.payload, self._messages_due).set()
            except psycopg.Error as error:
                if not self._stopping.is_set():
                    log.warning("not listening (%s); polling goes on", type(error).__name__)
                    self._stopping.wait(BREATH)

    def _dispatch(self) -> None:
        while not self._stopping.is_set():
            # Where something waits for its sender's turn nobody announces that it has come.
            self._messages_due.wait(self._pace.until_the_next_turn())
            self._messages_due.clear()
            if not self._guarded(self._send_all_due)():
                self._messages_due.set()

    def _send_all_due(self) -> None:
        while self._may_send():
            # Only what can be handed over at once is claimed: a lease must not run out in a queue.
            slots = self._take_slots()
            claimed: list[Claimed] = []
            lease = self._settings.send_lease_seconds
            # By then the gateway must have been asked: it has answered when the lease runs out, and what was right
            # when it was claimed, is right.
            last_moment = time.monotonic() + min(lease - self._settings.send_timeout_seconds, IN_HAND)
            try:
                # Asked again: it may have taken a while until a sender was free.
                if self._may_send():
                    claimed = self._claim(slots, lease)
            finally:
                for _ in range(slots - len(claimed)):
                    self._free.release()
            for message in claimed:
                self._senders.submit(self._send, message, last_moment)
            if not claimed:
                # What was announced since the claim has set the event again, and is looked for at once.
                return

    def _may_send(self) -> bool:
        return not self._stopping.is_set()

    def _claim(self, most: int, lease: float) -> list[Claimed]:
        # Nothing is given back when the commit fails: what could not be committed is not ours.
        with transaction():
            policy = self._heeded()
            self._pace.heed(
                policy.texts_per_number,
                within=timedelta(minutes=policy.texts_per_number_minutes),
                urgent=timedelta(minutes=policy.urgent_minutes),
                quiet=quiet_at(clock.now(), policy),
            )
            due = partial(jobs.claim_due, lease=lease, still_right=POSTERS, pace=self._pace)
            free, probed = breaker.free_and_probed(self._gateway.channels, lease=lease)
            claimed = due(most, channels=free) if free else []
            for channel in probed:
                left = min(1, most - len(claimed))
                probe = due(left, channels=[channel])
                if not probe:
                    breaker.not_probed(channel)
                claimed += probe
            return claimed

    def _heeded(self) -> TellingPolicy:
        """Today's policy of telling, a minute after it began at the latest."""
        if self._policy is None or time.monotonic() - self._policy_read > HEEDED:
            self._policy, self._policy_read = telling_policy(), time.monotonic()
        return self._policy

    def _take_slots(self) -> int:
        self._free.acquire()
        slots = 1
        while slots < self._settings.senders and self._free.acquire(blocking=False):
            slots += 1
        return slots

    def _send(self, message: Claimed, last_moment: float) -> None:
        try:
            if time.monotonic() > last_moment:
                # This process was suspended; by now the message may be wrong, or taken for left behind by somebody.
                answer = HandOver(verdict=Verdict.PASSING, error_code="suspended")
            else:
                answer = self._gateway.hand_over(message)
            if answer.verdict is Verdict.HELD:
                log.error("ALARM: the gateway may not send to the number of message %s", message.id)
            self._settle(message, answer)
            if answer.verdict in {Verdict.REFUSED, Verdict.AMBIGUOUS}:
                self._somebody_unreached.set()
        except Exception as error:  # noqa: BLE001 - logged, without its words
            # A defect: the lease runs out and the message is looked up; but nobody may overlook it.
            where = places_of(error)
            log.error("message %s could not be handed over: %s\n%s", message.id, type(error).__name__, where)
        finally:
            self._free.release()
            # Something later for the same phone may have waited for this one.
            self._messages_due.set()

    def _settle(self, message: Claimed, answer: HandOver) -> None:
        until = time.monotonic() + min(SETTLING, self._settings.send_lease_seconds / 2)
        while True:
            try:
                with self._app.app_context(), transaction():
                    jobs.settle(message, answer, first_check=self._settings.reconcile_seconds[0], chance=self._chance)
                    breaker.note(message.channel, answer, chance=self._chance)
                return
            except SQLAlchemyError as error:
                if time.monotonic() > until:
                    log.warning("message %s: its answer could not be kept (%s)", message.id, type(error).__name__)
                    return
                time.sleep(0.2)

    def _take_receipts(self) -> None:
        while not self._stopping.is_set():
            self._receipts_due.wait()
            self._receipts_due.clear()
            if not self._guarded(self._apply_receipts)():
                self._receipts_due.set()

    def _apply_receipts(self) -> None:
        taken = 1
        while taken and not self._stopping.is_set():
            with transaction():
                once_more = OnceMore(
                    still_right=POSTERS,
                    pause=timedelta(seconds=self._settings.once_more_seconds),
                    patience=timedelta(minutes=self._heeded().failover_minutes),
                )
                taken = jobs.apply_receipts(once_more=once_more)
            if taken:
                self._somebody_unreached.set()

    def _take_replies(self) -> None:
        while not self._stopping.is_set():
            self._replies_due.wait()
            self._replies_due.clear()
            if not self._guarded(self._take_all_replies)():
                self._replies_due.set()

    def _take_all_replies(self) -> None:
        taken = True
        while taken and not self._stopping.is_set():
            with transaction():
                taken = take_reply()

    def _see_to_the_unreached(self) -> None:
        # On a thread of its own: no text and no receipt waits until somebody is told to telephone.
        while not self._stopping.is_set():
            self._somebody_unreached.wait()
            self._somebody_unreached.clear()
            if not self._stopping.is_set() and not self._guarded(self._raise_unreached)():
                self._somebody_unreached.set()
            # On a busy morning answers come without a break: one look covers all of a moment.
            self._stopping.wait(BREATH)

    def _raise_unreached(self) -> None:
        with transaction():
            policy = telling_policy()
            woken = fail_over(
                patience=timedelta(minutes=policy.failover_minutes), near=timedelta(minutes=policy.urgent_minutes)
            )
        if woken:
            self._messages_due.set()
        routine.tell_late_news()
        # After it: whom another channel may reach is nobody's task yet.
        with transaction():
            unreached_before_meetings()
        with transaction():
            see_to_links_lost()

    def _reconcile(self) -> None:
        # One at a time, as each takes the provider's time: a lease must not run out in a queue here either.
        while not self._stopping.is_set():
            with transaction():
                left_behind = jobs.doubt_left_behind()
                doubtful = jobs.claim_doubtful(1, lease=self._settings.send_lease_seconds)
            if left_behind:
                self._somebody_unreached.set()
                log.warning("%d messages were left behind by a worker; looking them up", left_behind)
            if not doubtful:
                return
            self._look_up(doubtful[0])
            self._somebody_unreached.set()

    def _look_up(self, message: Claimed) -> None:
        try:
            candidates = self._gateway.find(message)
        except LookupFailed as error:
            log.warning("message %s: the provider did not say (%s)", message.id, error)
            with transaction():
                jobs.look_again(message, wait=self._settings.reconcile_seconds[0])
            return
        with transaction():
            others = jobs.known_provider_ids(candidates)
            mine = [candidate for candidate in candidates if candidate not in others]
            if mine:
                jobs.adopt(message, mine[0])
            else:
                jobs.not_found(message, reconcile=self._settings.reconcile_seconds)

    def _beat(self) -> None:
        # A worker of whose threads one has ended looks alive and is not.
        if all(thread.is_alive() for thread in self._threads):
            with transaction():
                watching.beat()

    def _carry(self) -> None:
        with transaction():
            breaker.carry(self._gateway.channels)
            if not self._has_begun:
                breaker.probe_now()
        self._has_begun = True

    def _lay_out(self) -> None:
        with transaction():
            found = series_to_lay_out()
        for series_id in found:
            if self._stopping.is_set():
                return
            # Guarded each by itself: one that cannot be laid out stops no other one.
            self._guarded(partial(self._lay_out_one, series_id))()
        with transaction():
            unreached_in_series()

    @staticmethod
    def _lay_out_one(series_id: uuid.UUID) -> None:
        with transaction():
            lay_out_series(series_id)
