"""Meetings of every fate, put into the tables directly: more of them than anybody would think of."""

import random
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from bas_service.database import new_id
from tests.builders import House

STATES = ("queued", "sending", "handed_over", "delivered", "failed", "withdrawn", "uncertain")
_MEETING = """
    INSERT INTO meetings (id, child_id, case_id, specialist_id, kind, state, starts_at, ends_at, expected_minutes,
        place_type, transport, telling, started_telling, started_at, earliest_started_at, ended_at,
        had_to_be_told, version, created_at, beside_another)
    VALUES (:id, :child, :case, :specialist, 'session', :state, :starts_at, :ends_at, 60, 'office', 'none', :telling,
        :started_telling, :started_at, :earliest, :ended_at, CAST(:whom AS uuid[]), 2, now(), true)
"""
_MESSAGE = """
    INSERT INTO messages (id, subject_id, channel, parts, state, useful_until, attempts, checks, repeated, created_at,
        handed_over_at) VALUES (:id, :child, :channel, 1, :state, now(), 0, 0, false, now(), :at)
"""
_ANNOUNCEMENT = """
    INSERT INTO announcements (id, meeting_id, child_id, representative_id, reason, telling, created_at, withdrawn_at)
    VALUES (:id, :meeting, :child, :whom, :reason, :telling, :at, :withdrawn_at)
"""
_TOLD = """
    INSERT INTO told_in_person (id, meeting_id, child_id, representative_id, telling, means, told_at, told_by,
        created_at) VALUES (:id, :meeting, :child, :whom, :telling, :means, :at, :by, :recorded_at)
"""
_CONFIRMATION = """
    INSERT INTO confirmations (id, meeting_id, child_id, representative_id, telling, confirmed_at)
    VALUES (:id, :meeting, :child, :whom, :telling, :at)
"""


class Fates:
    """A family whose meetings end in every way that there is; the same ones for the same seed."""

    def __init__(self, house: House, family: dict[str, Any], representatives: list[str], *, seed: int) -> None:
        self._house = house
        self._case, self._child = family["case"], family["child"]["id"]
        self._representatives = representatives
        self._dice = random.Random(seed)

    def meetings(self, number: int, *, around: datetime | None = None) -> list[uuid.UUID]:
        """So many meetings, two hours from one to the next."""
        first = (around or datetime.now(UTC)).replace(microsecond=0) - timedelta(hours=number)
        return [self._meeting(first + timedelta(hours=2 * one)) for one in range(number)]

    def _meeting(self, starts_at: datetime) -> uuid.UUID:
        dice, meeting = self._dice, new_id()
        state = dice.choice(["planned", "planned", "under_way", "held", "held", "held", "cancelled", "missed"])
        has_begun = state in {"under_way", "held"}
        telling = dice.randint(1, 3)
        started_telling = dice.choice([None, *range(1, telling + 1)]) if has_begun else None
        self._house.sql(
            _MEETING,
            id=meeting,
            child=self._child,
            case=self._case["id"],
            specialist=self._case["specialist_id"],
            state=state,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(hours=1),
            telling=telling,
            started_telling=started_telling,
            started_at=starts_at if has_begun else None,
            # Sometimes the start was corrected.
            earliest=starts_at + timedelta(minutes=dice.choice([-2, 0, 9]))
            if has_begun and dice.random() < 0.3
            else None,
            ended_at=starts_at + timedelta(hours=1) if state == "held" else None,
            whom=dice.sample(self._representatives, dice.choice([0, 1, 1, 1, 2, 3])) if has_begun else None,
        )
        for _ in range(dice.randint(0, 6)):
            self._message(meeting, starts_at, dice.randint(max(telling - 1, 1), telling))
        for whom in dice.sample(self._representatives, dice.choice([0, 0, 1])):
            self._told(meeting, whom, starts_at, dice.randint(1, telling))
        for whom in dice.sample(self._representatives, dice.choice([0, 0, 0, 1, 2])):
            at = starts_at + timedelta(minutes=dice.choice([-30, 0, 30]))
            values = {"whom": whom, "telling": dice.randint(1, telling), "at": at}
            self._house.sql(_CONFIRMATION, id=new_id(), meeting=meeting, child=self._child, **values)
        return meeting

    def _message(self, meeting: uuid.UUID, starts_at: datetime, telling: int) -> None:
        dice, message = self._dice, new_id()
        state = dice.choice([*STATES, "handed_over", "delivered"])
        seconds = dice.choice([-90_000, -60, 0, 1, 600])
        sent_at = starts_at + timedelta(seconds=seconds) if state in {"handed_over", "delivered"} else None
        channel = dice.choice(["sms", "sms", "email"])
        self._house.sql(_MESSAGE, id=message, child=self._child, channel=channel, state=state, at=sent_at)
        self._house.sql(
            _ANNOUNCEMENT,
            id=message,
            meeting=meeting,
            child=self._child,
            whom=dice.choice(self._representatives),
            reason=dice.choice(["planned", "changed", "changed", "extended"]),
            telling=telling,
            at=starts_at - timedelta(hours=26),
            # Sometimes it went to somebody else with the same number only.
            withdrawn_at=starts_at - timedelta(hours=25) if dice.random() < 0.1 else None,
        )

    def _told(self, meeting: uuid.UUID, whom: str, starts_at: datetime, telling: int) -> None:
        at = starts_at + timedelta(minutes=self._dice.choice([-30, 0, 30]))
        values = {"whom": whom, "telling": telling, "at": at, "by": self._case["specialist_id"]}
        values |= {"means": self._dice.choice(["phone", "in_person", "letter"])}
        # A letter counts from when it is recorded.
        values |= {"recorded_at": at + timedelta(minutes=self._dice.choice([0, 0, 45]))}
        self._house.sql(_TOLD, id=new_id(), meeting=meeting, child=self._child, **values)
