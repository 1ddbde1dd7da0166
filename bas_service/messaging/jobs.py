"""What the worker does with the outbox: claim, settle, look up what is in doubt, apply receipts.

Every function runs in the caller's transaction and talks to the database only; the gateway is called between
two of them. Leases and due times are measured by the database's clock, the one that all workers share.
"""

import logging
import random
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from bas_service.database import db, rows
from bas_service.messaging import breaker, rules
from bas_service.messaging.once_more import OnceMore, first_try_reported, send_once_more
from bas_service.messaging.pacing import Pace, within_the_pace
from bas_service.messaging.rules import BarReason, Channel, HandOver, MessageState, Quiet, Verdict
from bas_service.messaging.service import StillRight, bar_address

log = logging.getLogger(__name__)

_SEALED = {name: f"messages.{name}" for name in ("recipient", "subject_line", "body", "attachment")}
# A try or a look-up counts its own number, so that an answer that comes late only ever settles its own try.
_COLUMNS = (
    "id, channel, recipient, subject_line, body, attachment, follows_id, useful_until, attempts, attempted_at,"
    " checks, repeated, created_at"
)

# While something about the same child is on its way to the same phone nothing later follows: the change could
# overtake the plan, and the last thing the parent reads would be the old time. What is on its way is little,
# and has an index of its own.
_DUE = """
    SELECT id, poster, channel, useful_until <= now() AS too_late, EXISTS (
        SELECT FROM barred_addresses b WHERE b.lifted_at IS NULL AND b.channel = messages.channel
        AND b.address_digest = messages.recipient_digest) AS is_barred
    FROM messages
    WHERE state = 'queued' AND next_attempt_at <= now() AND poster = ANY(:posters) AND channel = ANY(:channels)
        AND NOT EXISTS (
            SELECT FROM messages ahead WHERE ahead.state = 'sending'
            AND ahead.subject_id = messages.subject_id AND ahead.recipient_digest = messages.recipient_digest)
        {urgent} ORDER BY next_attempt_at, id LIMIT :most FOR UPDATE SKIP LOCKED
"""
# While more is due than may go out.
_URGENT = "AND useful_until > now() AND least(useful_until, wanted_by) <= now() + :near"
# Families are let sleep: what nobody has to know before the morning waits for it.
_LET_SLEEP = """
    UPDATE messages SET next_attempt_at = :until, due_at = :until WHERE id IN (
        SELECT id FROM messages
        WHERE state = 'queued' AND next_attempt_at <= now() AND poster = ANY(:posters) AND channel = ANY(:channels)
            AND least(useful_until, wanted_by) >= :unless_before
        ORDER BY next_attempt_at LIMIT 500 FOR UPDATE SKIP LOCKED)
"""

# A look-up finds a message by number and text, which two parents with one phone share: so an id it found is a
# guess (``checks`` above 0) until the provider's own word (an answer or a receipt) sets ``checks`` to 0.
_TAKE_BACK_A_GUESS = """
    UPDATE messages SET provider_id = NULL, state = 'uncertain', handed_over_at = NULL, next_attempt_at = now()
    WHERE provider_id = :provider AND id <> :id AND checks > 0 AND state = 'handed_over'
"""
_NOBODY_ELSE_HAS_IT = (
    "NOT EXISTS (SELECT FROM messages other WHERE other.provider_id = :provider AND other.id <> messages.id)"
)
# Whoever took it back believed that nobody can have read it: what followed from that is looked at again.
_OUT_AFTER_ALL = "out_after_all_at = CASE WHEN state = 'withdrawn' THEN now() ELSE out_after_all_at END"


@dataclass(frozen=True, kw_only=True)
class Claimed:
    """A message in this worker's hands until its lease runs out."""

    id: uuid.UUID
    recipient: str
    body: str
    useful_until: datetime
    attempts: int
    attempted_at: datetime
    checks: int
    repeated: bool
    created_at: datetime
    channel: Channel = Channel.SMS
    subject_line: str | None = None
    attachment: str | None = None
    follows_id: uuid.UUID | None = None


def claim_due(
    most: int,
    *,
    lease: float,
    still_right: Mapping[str, StillRight],
    channels: Collection[Channel] = tuple(Channel),
    pace: Pace | None = None,
) -> list[Claimed]:
    """Take up to ``most`` due messages to hand over; those no longer right are withdrawn on the way.

    ``still_right`` has every poster by name, and each is asked about its own messages. Those of a poster that is
    not known here wait: a worker of the next version knows it. Two workers never get the same message; ``lease``
    is in seconds. What ``pace`` does not let out stays where it is, or waits for the morning in quiet hours. An empty
    list: nothing more may go now.
    """
    if pace is not None and pace.quiet is not None:
        _let_sleep(pace.quiet, posters=list(still_right), channels=channels)
    while due := _due(most, posters=list(still_right), channels=channels, pace=pace):
        right = _right_of(due, still_right)
        if pace is not None and right:
            right = set(within_the_pace([row for row in due if row["id"] in right], pace))
        if right:
            claimed = rows(
                "UPDATE messages SET state = 'sending', attempts = attempts + 1, attempted_at = now(),"  # noqa: S608
                " lease_until = now() + make_interval(secs => :lease)"
                f" WHERE id = ANY(:ids) RETURNING {_COLUMNS}",
                sealed=_SEALED,
                ids=list(right),
                lease=lease,
            )
            return [_in_hand(row) for row in sorted(claimed, key=lambda row: str(row["id"]))]
    return []


def _let_sleep(quiet: Quiet, *, posters: list[str], channels: Collection[Channel]) -> None:
    asked = {"posters": posters, "channels": [channel.value for channel in channels]}
    while waiting := _run(_LET_SLEEP, until=quiet.until, unless_before=quiet.unless_before, **asked):
        log.info("%d messages wait until the quiet hours are over", waiting)


def _due(most: int, *, posters: list[str], channels: Collection[Channel], pace: Pace | None) -> list[dict[str, Any]]:
    on_turn = list(channels) if pace is None else pace.whose_turn_it_is(channels)
    if not on_turn or not most:
        return []
    asked: dict[str, Any] = {"posters": posters, "channels": [channel.value for channel in on_turn], "most": most}
    if pace is not None and pace.is_pressed and (first := rows(_DUE.format(urgent=_URGENT), near=pace.near, **asked)):
        return first
    found = rows(_DUE.format(urgent=""), **asked)
    if pace is not None and not found:
        pace.nothing_waits(on_turn)
    return found


def _right_of(due: list[dict[str, Any]], still_right: Mapping[str, StillRight]) -> set[uuid.UUID]:
    late = [row["id"] for row in due if row["too_late"]]
    barred = [row["id"] for row in due if row["is_barred"] and not row["too_late"]]
    timely = [row["id"] for row in due if not row["is_barred"] and not row["too_late"]]
    right: set[uuid.UUID] = set()
    for poster, ask in still_right.items():
        own = [row["id"] for row in due if row["poster"] == poster and row["id"] in timely]
        # What a poster says of others' messages does not count.
        right |= ask(own) & set(own) if own else set()
    wrong = [message_id for message_id in timely if message_id not in right]
    if late:
        _run("UPDATE messages SET state = 'failed', error_code = 'too-late' WHERE id = ANY(:ids)", ids=late)
        log.warning("%d messages came too late to be of use", len(late))
    if barred:
        _run("UPDATE messages SET state = 'failed', error_code = 'barred' WHERE id = ANY(:ids)", ids=barred)
    if wrong:
        _run("UPDATE messages SET state = 'withdrawn' WHERE id = ANY(:ids)", ids=wrong)
    return right


def settle(message: Claimed, answer: HandOver, *, first_check: float, chance: random.Random) -> None:
    """Write what came of handing a message over; ``first_check`` seconds later a doubt is looked into.

    An address that the answer says is no good is barred.

    A receipt may have said more meanwhile, another worker may have taken the lease over: both leave rows that
    this conditional update does not touch, except that an acceptance is never lost.
    """
    if answer.bars is not None:
        _bar_recipient(message.id, answer.bars)
    if answer.verdict is Verdict.ACCEPTED:
        _settle_accepted(message, answer)
        return
    changes = {
        Verdict.PASSING: "state = 'queued', next_attempt_at = now() + :wait",
        Verdict.MISCONFIGURED: "state = 'queued', next_attempt_at = now() + :wait",
        Verdict.HELD: "state = 'queued', next_attempt_at = now() + :wait",
        Verdict.REFUSED: "state = 'failed', next_attempt_at = NULL",
        Verdict.AMBIGUOUS: "state = 'uncertain', checks = 0, next_attempt_at = now() + :wait",
    }[answer.verdict]
    waits = {
        Verdict.PASSING: rules.back_off(message.attempts, answer.retry_after, chance),
        Verdict.MISCONFIGURED: rules.MISCONFIGURED_PAUSE,
        Verdict.HELD: rules.MISCONFIGURED_PAUSE,
        Verdict.AMBIGUOUS: timedelta(seconds=first_check),
    }
    _run(
        f"UPDATE messages SET {changes}, error_code = :error"  # noqa: S608
        " WHERE id = :id AND attempts = :attempts AND state = 'sending'",
        **({"wait": waits[answer.verdict]} if answer.verdict in waits else {}),
        id=message.id,
        attempts=message.attempts,
        error=answer.error_code,
    )


def _settle_accepted(message: Claimed, answer: HandOver) -> None:
    _on_the_providers_word(
        "UPDATE messages SET state = CASE WHEN state IN ('sending', 'queued', 'uncertain', 'withdrawn')"  # noqa: S608
        " THEN 'handed_over' ELSE state END, checks = 0,"
        " provider_id = CASE WHEN checks > 0 THEN :provider ELSE coalesce(provider_id, :provider) END,"
        " handed_over_at = coalesce(handed_over_at, now()), error_code = NULL, next_attempt_at = NULL,"
        f" {_OUT_AFTER_ALL}"
        f" WHERE id = :id AND attempts = :attempts AND state NOT IN ('failed') AND {_NOBODY_ELSE_HAS_IT}"
        # Its receipt was faster, and said that it did not arrive.
        " AND first_provider_id IS DISTINCT FROM :provider",
        provider=answer.provider_id,
        id=message.id,
        attempts=message.attempts,
    )


def doubt_left_behind() -> int:
    """Messages whose worker died while sending are in doubt: the provider may have them; how many they are."""
    return _run(
        "UPDATE messages SET state = 'uncertain', checks = 0, next_attempt_at = now()"
        " WHERE id IN (SELECT id FROM messages WHERE state = 'sending' AND lease_until < now()"
        " LIMIT 500 FOR UPDATE SKIP LOCKED)"
    )


def claim_doubtful(most: int, *, lease: float) -> list[Claimed]:
    """Take messages in doubt whose look-up is due; the lease is the time until somebody else may."""
    claimed = rows(
        "UPDATE messages SET checks = checks + 1, next_attempt_at = now() + make_interval(secs => :lease)"  # noqa: S608
        " WHERE id IN (SELECT id FROM messages WHERE state = 'uncertain' AND next_attempt_at <= now()"
        f" ORDER BY next_attempt_at LIMIT :most FOR UPDATE SKIP LOCKED) RETURNING {_COLUMNS}",
        sealed=_SEALED,
        most=most,
        lease=lease,
    )
    return [_in_hand(row) for row in claimed]


def _in_hand(row: dict[str, Any]) -> Claimed:
    return Claimed(**row | {"channel": Channel(row["channel"])})


def known_provider_ids(candidates: list[str]) -> set[str]:
    """Which of the provider's ids belong to messages of ours already: those are not adopted a second time."""
    found = rows(
        "SELECT provider_id FROM messages WHERE provider_id = ANY(:ids)"
        " UNION ALL SELECT first_provider_id FROM messages WHERE first_provider_id = ANY(:ids)",
        ids=candidates,
    )
    return {row["provider_id"] for row in found}


def adopt(message: Claimed, provider_id: str) -> None:
    """The provider has the message: it was handed over after all."""
    _run(
        "UPDATE messages SET state = 'handed_over', provider_id = :provider, next_attempt_at = NULL,"
        " handed_over_at = coalesce(handed_over_at, now()) WHERE id = :id AND state = 'uncertain'",
        id=message.id,
        provider=provider_id,
    )


def look_again(message: Claimed, *, wait: float) -> None:
    """The provider did not answer a look-up: another follows in ``wait`` seconds, and nothing is repeated before."""
    _run(
        "UPDATE messages SET next_attempt_at = now() + make_interval(secs => :wait)"
        " WHERE id = :id AND state = 'uncertain' AND checks = :checks",
        id=message.id,
        checks=message.checks,
        wait=wait,
    )


def not_found(message: Claimed, *, reconcile: tuple[float, ...]) -> None:
    """A look-up found nothing: look again later; after the last one repeat once, or leave it in doubt.

    ``reconcile`` holds the seconds after the try at which is looked. The time decides and not how often was
    looked: looks that ended with their worker must not bring the repeat nearer.
    """
    found = rows(
        "SELECT CAST(extract(epoch FROM now() - attempted_at) AS float) AS age FROM messages"
        " WHERE id = :id AND state = 'uncertain' AND checks = :checks FOR UPDATE",
        id=message.id,
        checks=message.checks,
    )
    if not found:
        return
    looks_left = [seconds for seconds in reconcile if seconds > found[0]["age"]]
    if looks_left:
        _run(
            "UPDATE messages SET next_attempt_at = attempted_at + make_interval(secs => :next) WHERE id = :id",
            id=message.id,
            next=min(looks_left),
        )
        return
    repeated = _run(
        "UPDATE messages SET state = 'queued', repeated = true, next_attempt_at = now()"
        " WHERE id = :id AND NOT repeated AND useful_until > now() + :least",
        id=message.id,
        least=rules.LEAST_TIME_FOR_A_REPEAT,
    )
    if not repeated:
        _run("UPDATE messages SET next_attempt_at = NULL WHERE id = :id", id=message.id)
        log.error("ALARM: message %s stays in doubt; somebody must call", message.id)


def apply_receipts(most: int = 200, *, once_more: OnceMore | None = None, chance: random.Random | None = None) -> int:
    """Let what the provider reported move the messages; how many receipts were looked at.

    What did not arrive for a reason that may pass goes out ``once_more`` on these terms. One that says that our
    settings are wrong stops the channel.
    """
    found = rows(
        "SELECT id, message_id, provider_id, status, error_code, received_at FROM receipts"
        " WHERE applied_at IS NULL ORDER BY received_at LIMIT :most FOR UPDATE SKIP LOCKED",
        most=most,
    )
    # All workers take the messages in one order, so that no two of them wait for each other.
    for receipt in sorted(found, key=lambda receipt: (str(receipt["message_id"]), receipt["received_at"])):
        _apply(receipt, once_more)
    breaker.note_receipts(found, chance=chance or random.Random())  # noqa: S311 - spreads probes, guards nothing
    if found:
        _run("UPDATE receipts SET applied_at = now() WHERE id = ANY(:ids)", ids=[row["id"] for row in found])
    return len(found)


def _apply(receipt: dict[str, Any], once_more: OnceMore | None) -> None:
    state = rules.PROVIDER_STATUSES.get(receipt["status"])
    if state is None:
        log.warning("a receipt with the unknown status %.20r", receipt["status"])
        return
    message_id, provider_id = receipt["message_id"], receipt["provider_id"]
    is_its_own = _on_the_providers_word(
        "UPDATE messages SET provider_id = :provider, checks = 0,"  # noqa: S608
        " handed_over_at = coalesce(handed_over_at, :received)"
        " WHERE id = :id AND (provider_id IS NULL OR provider_id = :provider OR checks > 0)"
        " AND first_provider_id IS DISTINCT FROM :provider"
        f" AND {_NOBODY_ELSE_HAS_IT}",
        id=message_id,
        provider=provider_id,
        received=receipt["received_at"],
    )
    if not is_its_own:
        if first_try_reported(receipt, delivered=state is MessageState.DELIVERED):
            return
        if rows("SELECT id FROM messages WHERE id = :id", id=message_id):
            log.error("ALARM: message %s was handed over twice", message_id)
        return
    if state is MessageState.FAILED and once_more is not None and send_once_more(receipt, once_more):
        return
    _run(
        "UPDATE messages SET state = :state, next_attempt_at = NULL,"  # noqa: S608
        " error_code = CASE WHEN :state = 'failed' THEN coalesce(:error, 'undelivered') END,"
        f" delivered_at = CASE WHEN :state = 'delivered' THEN CAST(:received AS timestamptz) END, {_OUT_AFTER_ALL}"
        " WHERE id = :id AND state = ANY(:from_states)",
        id=message_id,
        state=state.value,
        error=receipt["error_code"],
        received=receipt["received_at"],
        from_states=[moved.value for moved in rules.MOVED_BY_RECEIPT[state]],
    )
    if state is MessageState.FAILED and receipt["error_code"] in rules.BARRING_CODES:
        _bar_recipient(message_id, rules.BARRING_CODES[receipt["error_code"]])


def _bar_recipient(message_id: uuid.UUID, reason: BarReason) -> None:
    found = rows("SELECT channel, recipient_digest FROM messages WHERE id = :id", id=message_id)
    # Of one whose retention is over nobody knows the number any more.
    if found and found[0]["recipient_digest"]:
        bar_address(Channel(found[0]["channel"]), found[0]["recipient_digest"], reason=reason, by=message_id)


def _on_the_providers_word(statement: str, **values: Any) -> bool:
    """Write what the provider itself says of an id, if need be after taking the id from whoever only guessed it."""
    while not _run(statement, **values):
        if not _run(_TAKE_BACK_A_GUESS, provider=values["provider"], id=values["id"]):
            return False
    return True


def outbox_figures() -> dict[str, tuple[int, float]]:
    """For each state the number of messages and the age of the oldest in seconds; knows no person.

    Of those that wait or are in doubt all, of the others those that were written or tried in the past day.
    """
    found = rows("SELECT state, messages, oldest_seconds FROM outbox_figures()")
    figures = {state.value: (0, 0.0) for state in MessageState}
    return figures | {row["state"]: (row["messages"], float(row["oldest_seconds"])) for row in found}


def _run(statement: str, **values: Any) -> int:
    return int(db.session.execute(text(statement), values).rowcount)  # type: ignore[attr-defined]
