"""Shapes of alarms."""

from marshmallow import fields

from bas_service.http.fields import Choice, Id, Line, Lines, Moment, Part, Shape
from bas_service.http.paging import LONGEST_CURSOR, Page
from bas_service.oversight.alarm_rules import AlarmKind, AlarmState


class AlarmsFilter(Page):
    """Which alarms are wanted: all, those whose cause is there, or those that are over."""

    state = Choice(AlarmState)


class AlarmView(Shape):
    """Something about the service itself that wants, or wanted, somebody at once; no person is named."""

    id = Id(required=True)
    kind = Choice(AlarmKind, required=True)
    text = Lines(1000, required=True)
    raised_at = Moment(required=True)
    ended_at = Moment(required=True, allow_none=True)


class AlarmsPage(Shape):
    """A page of alarms, the latest first."""

    items = fields.List(Part(AlarmView), required=True)
    next = Line(LONGEST_CURSOR, required=True, allow_none=True)
