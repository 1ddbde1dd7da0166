"""The circuit breaker of each channel, kept in the database so that all workers and whoever plans share it.

``closed`` means that the channel works. It opens when our settings are refused, or when too many tries in a row found
nobody who answered clearly; then its messages wait and none is burnt. When its time has come, one message is let
through (``half_open``): a clear answer closes the channel, anything else opens it again for longer.
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


def note(channel: Channel, answer: HandOver, *, chance: random.Random) -> None:
    """Let an answer of the gateway open the channel, close it, or count; usually it changes nothing at all."""
    if answer.verdict in _CLEAR:
        # Not when it is open: this answer may be to what was handed over before it opened.
        closed = rows(
            "UPDATE channel_states SET failures_in_a_row = 0, openings_in_a_row = 0, error_code = NULL,"
            " probe_at = NULL, since = CASE state WHEN 'closed' THEN since ELSE now() END, state = 'closed'"
            " FROM (SELECT channel AS name, state AS before FROM channel_states WHERE channel = :channel) AS was"
            " WHERE channel = was.name AND (state = 'half_open' OR state = 'closed' AND failures_in_a_row > 0)"
            " RETURNING was.before",
            channel=channel,
        )
        if any(row["before"] == "half_open" for row in closed):
            log.warning("the channel %s works again", channel)
    elif answer.verdict is Verdict.MISCONFIGURED:
        _open(channel, answer, at_once=True, chance=chance)
    elif answer.error_code not in _NO_FAULT:
        _open(channel, answer, at_once=False, chance=chance)


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
