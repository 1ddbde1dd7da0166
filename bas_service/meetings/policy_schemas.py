"""Shapes of the policy of meetings."""

import re
from typing import Any

from marshmallow import ValidationError, fields

from bas_service.caseload.policy_schemas import Key, ReasonText, WithdrawnPolicyView
from bas_service.http.fields import Day, Id, Line, Moment, Part, Several, Shape, Whole, YesNo

_TIME_OF_DAY = "([01][0-9]|2[0-3]):[0-5][0-9]"


class _TimeOfDay(Line):
    """A time of day in Riga, ``HH:MM``."""

    def __init__(self, **more: Any) -> None:
        super().__init__(5, metadata={"pattern": f"^{_TIME_OF_DAY}$"}, **more)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        spelled = super()._deserialize(value, attr, data, **kwargs)
        if not re.fullmatch(_TIME_OF_DAY, spelled) or spelled != value:
            raise ValidationError("time-of-day-expected")
        return spelled


class MeetingReasonOffered(Shape):
    """A reason for cancelling or missing a meeting, and whether it needs a note in words."""

    key = Key(required=True)
    text = Part(ReasonText, required=True)
    note_needed = YesNo(required=True)


class Hours(Shape):
    """From when until when on a day."""

    since = _TimeOfDay(data_key="from", attribute="from", required=True)
    until = _TimeOfDay(required=True)


def _day(number: int) -> Part:
    return Part(Hours, data_key=str(number), attribute=str(number), required=True, allow_none=True)


class OfficeHours(Shape):
    """Usual hours by ISO weekday, Monday is 1; null on days without any."""

    monday, tuesday, wednesday, thursday, friday, saturday, sunday = (_day(number) for number in range(1, 8))


class WeekLimit(Shape):
    """What is enough for a child in one week, other institutions' appointments counted as well."""

    appointments = Whole(1, 50, required=True)
    hours = Whole(1, 100, required=True)
    days_in_a_row = Whole(1, 7, required=True)


class MakeMeetingPolicy(Shape):
    """How meetings are planned from a day on; what is left out stays as it would be on that day."""

    id = Id()
    valid_from = Day(required=True)
    short_notice_minutes = Whole(1, 1440, metadata={"description": "Planned later than so before the start: warned"})
    correction_days = Whole(0, 90, metadata={"description": "For how long a finished meeting may be corrected"})
    cancel_reasons = Several(Part(MeetingReasonOffered), least=1, most=50)
    miss_reasons = Several(Part(MeetingReasonOffered), least=1, most=50)
    office_hours = Part(OfficeHours)
    week_limit = Part(WeekLimit)
    repeat_ahead_days = Whole(7, 366, metadata={"description": "How far ahead repeating meetings are laid out"})
    tell_ahead_days = Whole(1, 366, metadata={"description": "How long before repeating meetings are told"})


class MeetingPolicyView(Shape):
    """A policy of meetings."""

    id = Id(required=True)
    valid_from = Day(required=True)
    short_notice_minutes = Whole(1, 1440, required=True)
    correction_days = Whole(0, 90, required=True)
    cancel_reasons = fields.List(Part(MeetingReasonOffered), required=True)
    miss_reasons = fields.List(Part(MeetingReasonOffered), required=True)
    office_hours = Part(OfficeHours, required=True)
    week_limit = Part(WeekLimit, required=True)
    repeat_ahead_days = Whole(7, 366, required=True)
    tell_ahead_days = Whole(1, 366, required=True)
    created_at = Moment(required=True)


class MeetingPoliciesList(Shape):
    """All policies of meetings, the one that begins last first."""

    items = fields.List(Part(MeetingPolicyView), required=True)
    next = Line(500, required=True, allow_none=True)


class WithdrawnMeetingPolicyView(WithdrawnPolicyView):
    """A policy of meetings that was taken back before it began."""
