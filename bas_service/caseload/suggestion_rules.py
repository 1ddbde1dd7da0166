"""Who of a team would suit a waiting child: points for each reason, added up (D4)."""

import uuid
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum


class Why(StrEnum):
    """A reason to suggest a specialist, or not to."""

    ROOM = "room"
    NO_ROOM = "no_room"
    LANGUAGE = "language"
    EARLIER_WORK = "earlier_work"
    SAME_FAMILY = "same_family"
    MUNICIPALITY = "municipality"
    CASES_NEARBY = "cases_nearby"
    ABSENT = "absent"


# Room counts by its share of the maximum, so that nobody stays idle while a colleague is filled up. Trust that is
# there already (D12) counts next: the child itself, then the family; a language that child and specialist share;
# then the way between them. Somebody known to the child is preferred to a colleague with about a third more room.
POINTS: dict[Why, Decimal] = {
    Why.ROOM: Decimal(100),
    Why.EARLIER_WORK: Decimal(35),
    Why.LANGUAGE: Decimal(30),
    Why.SAME_FAMILY: Decimal(25),
    Why.MUNICIPALITY: Decimal(20),
    Why.CASES_NEARBY: Decimal(10),
    # A child who waits should not go on waiting for somebody who is away, when a colleague is there.
    Why.ABSENT: Decimal(-60),
}


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A specialist as far as it matters for one child; ``room_after`` may be negative."""

    specialist_id: uuid.UUID
    sort_key: str
    room_after: Decimal
    maximum: Decimal
    speaks: bool
    worked_with_child: bool
    worked_with_family: bool
    of_municipality: bool
    cases_nearby: int
    absent_until: date | None = None

    @property
    def fits(self) -> bool:
        """Whether the child could be given to them without an exception."""
        return self.room_after >= 0


def points_of(candidate: Candidate) -> dict[Why, Decimal]:
    """The points for each reason that holds, the weightiest first."""
    holding = {
        Why.EARLIER_WORK: candidate.worked_with_child,
        Why.LANGUAGE: candidate.speaks,
        Why.SAME_FAMILY: candidate.worked_with_family,
        Why.MUNICIPALITY: candidate.of_municipality,
        Why.CASES_NEARBY: candidate.cases_nearby > 0,
        Why.ABSENT: candidate.absent_until is not None,
    }
    points = {why: POINTS[why] for why, holds in holding.items() if holds}
    if candidate.fits:
        points[Why.ROOM] = POINTS[Why.ROOM] * candidate.room_after / candidate.maximum
    else:
        points[Why.NO_ROOM] = POINTS[Why.ROOM] * candidate.room_after / candidate.maximum
    return dict(sorted(points.items(), key=lambda entry: (-entry[1], entry[0])))


def ranked(candidates: list[Candidate]) -> list[Candidate]:
    """Best first: whoever has room before whoever has none, then by points; equals by name, then by id."""
    return sorted(
        candidates,
        key=lambda one: (not one.fits, -sum(points_of(one).values()), one.sort_key, one.specialist_id),
    )
