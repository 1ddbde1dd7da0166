"""What the representatives of a child know of one meeting, or are about to be told: who, where, since when (D6)."""

import uuid
from datetime import datetime
from typing import Any

from bas_service.announcements import rules
from bas_service.announcements.rules import Reason, Recipient, Told
from bas_service.messaging.rules import Channel, MessageState
from bas_service.translation import Language

# A text of these that may have gone out all the same tells nobody any more.
TAKEN_BACK = frozenset({MessageState.WITHDRAWN, MessageState.FAILED})


class Known:
    """What was told of a meeting before, or is about to be: rows of ``told_before``, the earliest first."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self._rows = [row for row in rows if row["message_id"] is not None]
        self._otherwise = {row["representative_id"] for row in rows if row["message_id"] is None}
        self._gone_out = [row for row in self._rows if row["may_be_out"]]

    def knows(self, recipient: Recipient) -> bool:
        """Whether somebody may know of the meeting: by an address they had or have, on a page, or from a person."""
        told = any(self._reached(row, recipient) for row in self._gone_out)
        return told or recipient.id in self._otherwise

    def knows_here(self, recipient: Recipient) -> bool:
        """Whether somebody may have been told of the meeting by a way they still read."""
        addresses = _addresses_of(recipient)
        return any(row["recipient"] in addresses for row in self._gone_out)

    def has_the_latest(self, recipient: Recipient, telling: int) -> bool:
        """Whether this telling reached somebody, or is on its way to them."""
        addresses = _addresses_of(recipient)
        return any(
            row["representative_id"] == recipient.id
            and row["telling"] == telling
            and row["recipient"] in addresses
            and row["state"] not in TAKEN_BACK
            and (row["reason"] != Reason.REMINDER or row["may_be_out"])
            for row in self._rows
        )

    def told_at(self, recipient: Recipient, telling: int) -> datetime | None:
        """When what tells somebody this was written; ``None`` when they are reminded of it already, or not told."""
        addresses = _addresses_of(recipient)
        theirs = [
            row
            for row in self._rows
            if row["representative_id"] == recipient.id
            and row["telling"] == telling
            and row["recipient"] in addresses
            and row["state"] not in TAKEN_BACK
        ]
        if not theirs or any(row["reason"] == Reason.REMINDER for row in theirs):
            return None
        return min(row["written_at"] for row in theirs)

    def waiting_reminder(self, address: str, language: Language, *, telling: int) -> uuid.UUID | None:
        """The message that is to remind somebody at this address of this telling."""
        waiting = (
            row["message_id"]
            for row in self._rows
            if row["reason"] == Reason.REMINDER
            and row["state"] == MessageState.QUEUED
            and (row["recipient"], row["language"], row["telling"]) == (address, language, telling)
        )
        return next(waiting, None)

    def said_last(self, address: str, language: Language, *, telling: int) -> dict[str, Any] | None:
        """What an address may have been told last of the meeting, or is about to be told by this very telling."""
        said = [
            row
            for row in self._rows
            if row["recipient"] == address
            and row["language"] == language
            and row["reason"] != Reason.REMINDER
            and (row["may_be_out"] or row["telling"] == telling)
        ]
        return said[-1] if said else None

    def as_last_told(self, recipient: Recipient, told: Told) -> Told | None:
        """The meeting as somebody may have been told it last; ``None`` when that is not known."""
        facts = [row["facts"] for row in self._gone_out if self._reached(row, recipient)]
        return rules.as_told(told, facts[-1]) if facts and facts[-1] else None

    def has_entry(self, recipient: Recipient) -> bool:
        """Whether an e-mail that somebody may still read brought them an entry for their calendar."""
        return any(
            row["channel"] == Channel.EMAIL
            and row["representative_id"] == recipient.id
            and row["recipient"] == recipient.addresses[Channel.EMAIL]
            for row in self._gone_out
        )

    def thread_of(self, address: str) -> uuid.UUID | None:
        """The first e-mail that an address got about the meeting."""
        first = (
            r["message_id"] for r in self._gone_out if r["channel"] == Channel.EMAIL and r["recipient"] == address
        )
        return next(first, None)

    @staticmethod
    def _reached(row: dict[str, Any], recipient: Recipient) -> bool:
        return row["representative_id"] == recipient.id or row["recipient"] in _addresses_of(recipient)


def _addresses_of(recipient: Recipient) -> set[str]:
    return {address for address in recipient.addresses.values() if address}
