"""Shapes of the policy of telling."""

import re
from typing import Any

from marshmallow import ValidationError

from bas_service.caseload.policy_schemas import WithdrawnPolicyView
from bas_service.children.rules import Relation
from bas_service.http.fields import Choice, Day, Id, Line, Moment, Part, Several, Shape, Whole, YesNo
from bas_service.messaging.segments import DiacriticsPolicy

__all__ = ["MakeTellingPolicy", "TellingPoliciesList", "TellingPolicyView", "WithdrawnPolicyView"]


_HOUR = "([01][0-9]|2[0-3]):[0-5][0-9]"


class Hour(Line):
    """A time of day in Riga, ``HH:MM``."""

    def __init__(self, **more: Any) -> None:
        metadata = {"pattern": f"^{_HOUR}$"} | more.pop("metadata", {})
        super().__init__(5, metadata=metadata, **more)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        hour = super()._deserialize(value, attr, data, **kwargs)
        if not re.fullmatch(_HOUR, hour):
            raise ValidationError("time-of-day-expected")
        return hour

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else f"{value:%H:%M}"


class MakeTellingPolicy(Shape):
    """When, how and whom to tell from a day on; what is left out stays as it would be on that day."""

    id = Id()
    valid_from = Day(required=True)
    quiet_from = Hour(allow_none=True, metadata={"description": "In Riga; nobody is told until the hour below"})
    quiet_until = Hour(allow_none=True)
    urgent_minutes = Whole(
        0, 1440, metadata={"description": "A meeting so near is told at any hour, and each change at once"}
    )
    reminder_minutes = Whole(
        15,
        1440,
        allow_none=True,
        metadata={"description": "Before the start, to whoever was told over a day before it; null: no reminder"},
    )
    settle_seconds = Whole(
        0, 900, metadata={"description": "How long a change waits for another one, so that one text tells both"}
    )
    failover_minutes = Whole(
        1,
        1440,
        metadata={"description": "Until a silent or broken channel is given up for the next one"},
    )
    tell_return = YesNo(metadata={"description": "Whether it is told that a meeting has ended"})
    must_tell = Several(Choice(Relation), least=1, most=5)
    may_tell = Several(
        Choice(Relation), most=5, metadata={"description": "Told too, and nobody's task when not reached"}
    )
    diacritics = Choice(DiacriticsPolicy, metadata={"description": "Of Latvian text messages"})
    texts_per_number = Whole(
        1,
        100,
        allow_none=True,
        metadata={
            "description": "To one number within the minutes below; what is not urgent waits, and then only the"
            " latest truth is told; null: any number"
        },
    )
    texts_per_number_minutes = Whole(1, 180)


class TellingPolicyView(Shape):
    """A policy of telling."""

    id = Id(required=True)
    valid_from = Day(required=True)
    quiet_from = Hour(required=True, allow_none=True)
    quiet_until = Hour(required=True, allow_none=True)
    urgent_minutes = Whole(0, 1440, required=True)
    reminder_minutes = Whole(15, 1440, required=True, allow_none=True)
    settle_seconds = Whole(0, 900, required=True)
    failover_minutes = Whole(1, 1440, required=True)
    tell_return = YesNo(required=True)
    must_tell = Several(Choice(Relation), least=1, most=5, required=True)
    may_tell = Several(Choice(Relation), most=5, required=True)
    diacritics = Choice(DiacriticsPolicy, required=True)
    texts_per_number = Whole(1, 100, required=True, allow_none=True)
    texts_per_number_minutes = Whole(1, 180, required=True)
    created_at = Moment(required=True)


class TellingPoliciesList(Shape):
    """All policies of telling, the one that begins last first."""

    items = Several(Part(TellingPolicyView), most=100_000, required=True)
    next = Line(500, required=True, allow_none=True)
