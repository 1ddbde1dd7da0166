"""The circuit breaker of each channel, kept in the database so that all workers and whoever plans share it.

``closed`` means that the channel works. It opens when our settings are refused, when too many tries in a row found
nobody who answered clearly, or when no number at all may be written to; then its messages wait and none is burnt.
When its time has come, one message is let through (``half_open``): a clear answer closes the channel, anything else
opens it again for longer. Where a provider accepts a text and only its receipt says that our settings are wrong, a
receipt closes the channel, no answer does.
"""

import logging
import random
from collections.abc import Collection
from typing import Any

from sqlalchemy import text

from bas_service.database import db, rows
from bas_service.messaging import rules
from bas_service.messaging.rules import Channel, HandOver, Verdict

log = logging.getLogger(__name__)

_CLEAR = frozenset({Verdict.ACCEPTED, Verdict.REFUSED, Verdict.HELD})
# What says nothing of the channel: too many at once, this process suspended.
_NO_FAULT = frozenset({"429", "20429", "suspended"})


def carry(channels: Collection[Channel]) -> None:
    """Say which channels a worker carries, so that nobody is told by one that nobody carries."""
    _run(
        "UPDATE channel_states SET carried = (channel = ANY(:channels))"
        " WHERE carried IS DISTINCT FROM (channel = ANY(:channels))",
        channels=[channel.value for channel in channels],
    )


def free_and_probed(channels: Collection[Channel], *, lease: float) -> tuple[list[Channel], list[Channel]]:
    """Of these channels those by which anything may go out now, and those by which one message may, as a probe.

    A probe is one worker's: until the lease (in seconds) is over nobody else gets one for the channel.
    """
    found = rows(
        "SELECT channel, state, probe_at <= now() AS is_due FROM channel_states WHERE channel = ANY(:channels)",
        channels=[channel.value for channel in channels],
    )
    free = [Channel(row["channel"]) for row in found if row["state"] == "closed"]
    due = [row["channel"] for row in found if row["state"] != "closed" and row["is_due"]]
    if not due:
        return free, []
    taken = rows(
        "UPDATE channel_states SET state = 'half_open', probe_at = now() + make_interval(secs => :lease)"
        " WHERE channel = ANY(:due) AND state <> 'closed' AND probe_at <= now() RETURNING channel",
        due=due,
        lease=lease,
    )
    return free, [Channel(row["channel"]) for row in taken]


def probe_now() -> None:
    """Try what does not work at once: somebody may have mended the settings, and started this worker with them."""
    _run("UPDATE channel_states SET probe_at = now() WHERE state = 'open'")


def not_probed(channel: Channel) -> None:
    """Nothing waited that could have been a probe: the next message to come is one, whoever takes it."""
    _run(
        "UPDATE channel_states SET probe_at = now() WHERE channel = :channel AND state = 'half_open'", channel=channel
    )


def note_receipts(received: list[dict[str, Any]], *, chance: random.Random) -> None:
    """Let receipts open a channel whose settings are wrong, or close it; most of them say nothing of it.

    Of a receipt ``message_id``, ``status`` and ``error_code`` count. What was tried before the channel came to be as
    it is says nothing either.
    """
    codes = {row["message_id"]: row["error_code"] for row in received}
    wrong = {message_id: code for message_id, code in codes.items() if code in rules.MISCONFIGURED_CODES}
    if wrong:
        told = rows(
            "SELECT m.id, m.channel FROM messages m JOIN channel_states c ON c.channel = m.channel"
            " WHERE m.id = ANY(:ids) AND m.attempted_at >= c.since ORDER BY m.attempted_at DESC, m.id LIMIT 1",
            ids=list(wrong),
        )
        for row in told:
            code = wrong[row["id"]]
            _open(
                Channel(row["channel"]),
                HandOver(verdict=Verdict.MISCONFIGURED, error_code=code),
                at_once=True,
                chance=chance,
            )
        return
    gone = [row["message_id"] for row in received if row["status"] in rules.LEFT_THE_PROVIDER]
    if gone:
        closed = rows(
            "UPDATE channel_states SET failures_in_a_row = 0, openings_in_a_row = 0, error_code = NULL,"
            " probe_at = NULL, since = now(), state = 'closed'"
            " WHERE state = 'half_open' AND error_code = ANY(:told_by_receipts) AND EXISTS ("
            "  SELECT FROM messages m WHERE m.id = ANY(:ids) AND m.channel = channel_states.channel"
            "  AND m.attempted_at >= channel_states.since) RETURNING channel",
            ids=gone,
            told_by_receipts=list(rules.TOLD_BY_RECEIPTS),
        )
        for row in closed:
            log.warning("the channel %s works again", row["channel"])


def note(channel: Channel, answer: HandOver, *, chance: random.Random) -> None:
    """Let an answer of the gateway open the channel, close it, or count; usually it changes nothing at all."""
    if answer.verdict is Verdict.HELD and _nobody_is_reached(channel):
        _open(channel, answer, at_once=True, chance=chance)
    elif answer.verdict in _CLEAR:
        # Not when it is open: this answer may be to what was handed over before it opened.
        closed = rows(
            "UPDATE channel_states SET failures_in_a_row = 0, openings_in_a_row = 0, error_code = NULL,"
            " probe_at = NULL, since = CASE state WHEN 'closed' THEN since ELSE now() END, state = 'closed'"
            " FROM (SELECT channel AS name, state AS before FROM channel_states WHERE channel = :channel) AS was"
            " WHERE channel = was.name AND (state = 'closed' AND failures_in_a_row > 0"
            "  OR state = 'half_open' AND coalesce(error_code, '') <> ALL(:told_by_receipts))"
            " RETURNING was.before",
            channel=channel,
            told_by_receipts=list(rules.TOLD_BY_RECEIPTS),
        )
        if any(row["before"] == "half_open" for row in closed):
            log.warning("the channel %s works again", channel)
    elif answer.verdict is Verdict.MISCONFIGURED:
        _open(channel, answer, at_once=True, chance=chance)
    elif answer.error_code not in _NO_FAULT:
        _open(channel, answer, at_once=False, chance=chance)


def _nobody_is_reached(channel: Channel) -> bool:
    """Whether many numbers' messages are held and none was accepted lately, or it stopped for that and is tried."""
    (found,) = rows(
        "SELECT count(DISTINCT recipient_digest) FILTER (WHERE state = 'queued' AND error_code = ANY(:held)) AS held,"
        " count(*) FILTER (WHERE state IN ('handed_over', 'delivered')) AS accepted,"
        " EXISTS (SELECT FROM channel_states c"
        "  WHERE c.channel = :channel AND c.state = 'half_open' AND c.error_code = ANY(:held)) AS still"
        " FROM messages WHERE channel = :channel AND attempted_at > now() - :within",
        channel=channel,
        held=list(rules.HELD_CODES),
        within=rules.HELD_WITHIN,
    )
    return bool(found["still"] or found["held"] >= rules.HELD_NUMBERS_THAT_OPEN and not found["accepted"])


def _open(channel: Channel, answer: HandOver, *, at_once: bool, chance: random.Random) -> None:
    """Count a failure; open the channel when it is one too many, or at once."""
    found = rows(
        "UPDATE channel_states SET failures_in_a_row = failures_in_a_row + 1 WHERE channel = :channel"
        " RETURNING state, failures_in_a_row, openings_in_a_row",
        channel=channel,
    )
    for row in found:
        enough = at_once or row["state"] == "half_open" or row["failures_in_a_row"] >= rules.FAILURES_THAT_OPEN
        # Open already: what was in hand when it opened is heard of now.
        if not enough or row["state"] == "open":
            continue
        _run(
            "UPDATE channel_states SET since = CASE state WHEN 'closed' THEN now() ELSE since END, state = 'open',"
            " openings_in_a_row = openings_in_a_row + 1, error_code = :error, probe_at = now() + :wait"
            " WHERE channel = :channel",
            channel=channel,
            error=answer.error_code,
            wait=rules.until_the_probe(row["openings_in_a_row"], chance),
        )
        log.error("ALARM: the channel %s does not work (%s); its messages wait", channel, answer.error_code)


def channel_figures() -> list[dict[str, Any]]:
    """How each channel is, for whoever watches over the service."""
    return rows(
        "SELECT channel, carried, state, since, failures_in_a_row, error_code, probe_at FROM channel_states"
        " ORDER BY channel"
    )


def _run(statement: str, **values: Any) -> int:
    return int(db.session.execute(text(statement), values).rowcount)  # type: ignore[attr-defined]
