"""How a representation stood when its representative wrote, and how soon the specialist is to read it."""

from datetime import date, timedelta
from enum import StrEnum

from bas_service.children.rules import RepresentativeState

# "Anna is ill, she is not coming": of use before the meeting, not a day later.
READ_WITHIN = timedelta(hours=2)


class Standing(StrEnum):
    """How the representation stood when the text came (D29)."""

    IN_FORCE = "in_force"
    SUSPENDED = "suspended"
    # Not begun yet, or over.
    NOT_IN_FORCE = "not_in_force"


def standing_on(day: date, *, state: RepresentativeState, valid_from: date, valid_until: date | None) -> Standing:
    """How a representation stands on a day: what a suspended one writes is kept, and shown as such (D29)."""
    if state is RepresentativeState.SUSPENDED:
        return Standing.SUSPENDED
    is_in_force = valid_from <= day and (valid_until is None or valid_until >= day)
    return Standing.IN_FORCE if is_in_force else Standing.NOT_IN_FORCE
