"""Reads of what goes out by which way: the channels in use, the addresses to which nothing is sent any more."""

from collections.abc import Iterable

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
