"""Reads of what goes out by which way: channels in use, barred addresses, how long sending takes and what waits."""

from collections.abc import Iterable
from typing import Any

from bas_service.database import rows
from bas_service.messaging.rules import BarReason, Channel


def barred_among(addresses: Iterable[tuple[Channel, str]]) -> dict[tuple[Channel, str], BarReason]:
    """Which of these addresses, by channel and keyed hash, are barred, and why; one statement.

    Of several reasons the first to bar is given.
    """
    asked = list(addresses)
    found = rows(
        "SELECT channel, address_digest, reason FROM barred_addresses WHERE lifted_at IS NULL"
        " AND (channel, address_digest) IN ("
        "SELECT * FROM unnest(CAST(:channels AS text[]), CAST(:digests AS text[])))"
        " ORDER BY barred_at DESC, id DESC",
        channels=[channel.value for channel, _ in asked],
        digests=[digest for _, digest in asked],
    )
    return {(Channel(row["channel"]), row["address_digest"]): BarReason(row["reason"]) for row in found}


def is_carried(channel: Channel) -> bool:
    """Whether some worker has what it takes to send by this channel."""
    return bool(rows("SELECT FROM channel_states WHERE channel = :channel AND carried", channel=channel.value))


def sending_times() -> list[dict[str, Any]]:
    """How many messages took how long for each step of their way, by channel; every message counts once for a step.

    ``up_to`` is in seconds, the shortest first. Nothing in it ever gets less: it outlives the messages.
    """
    return rows(
        "SELECT channel, step, up_to, CAST(sum(messages) AS bigint) AS messages, sum(seconds) AS seconds"
        " FROM sending_times GROUP BY channel, step, up_to ORDER BY channel, step, up_to"
    )


def waits() -> list[dict[str, Any]]:
    """How often messages had to wait, by channel: for their sender's turn, until their number had some rest."""
    return rows(
        "SELECT channel, CAST(sum(waited_for_turn) AS bigint) AS turn,"
        " CAST(sum(waited_for_number) AS bigint) AS number FROM sender_turns GROUP BY channel"
    )
