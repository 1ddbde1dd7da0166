"""Shapes of other institutions' appointments."""

from bas_service.http.fields import Choice, Day, Id, Line, Lines, Moment, Part, Several, Shape, Whole
from bas_service.http.paging import LONGEST_CURSOR
from bas_service.meetings.appointment_rules import MOST_DAYS_OFF, USUAL_MINUTES, AppointmentState
from bas_service.meetings.repetition import LONGEST_RULE
from bas_service.meetings.rules import LEAST_MINUTES, MOST_MINUTES

RULE = (
    "An RRULE value (RFC 5545) on Riga's clocks, e.g. `FREQ=WEEKLY;BYDAY=TU,TH;UNTIL=20270531`, as of a series; also"
    " `FREQ=YEARLY`. `starts_at` is on a day of the rule"
)


class CorrectAppointment(Shape):
    """What may be corrected of an appointment."""

    title = Line(200)
    starts_at = Moment()
    minutes = Whole(LEAST_MINUTES, MOST_MINUTES)
    place = Line(300, allow_none=True)
    asked_by = Line(300, allow_none=True)
    rule = Line(LONGEST_RULE, allow_none=True, metadata={"description": RULE})
    note = Lines(2000, allow_none=True)


class EnterAppointment(Shape):
    """Where and when somebody else wants the child to be; `title` and `starts_at` are enough."""

    id = Id()
    title = Line(200, required=True)
    starts_at = Moment(required=True)
    minutes = Whole(LEAST_MINUTES, MOST_MINUTES, load_default=USUAL_MINUTES)
    place = Line(300, allow_none=True)
    asked_by = Line(300, allow_none=True, metadata={"description": "The institution or the person who wants it"})
    rule = Line(LONGEST_RULE, allow_none=True, metadata={"description": RULE})
    note = Lines(2000, allow_none=True)


class CancelAppointment(Shape):
    """Which day of an appointment that repeats does not take place; without a day, none of it does any more."""

    day = Day(allow_none=True)
    reason = Lines(2000, allow_none=True)


class AppointmentView(Shape):
    """Another institution's appointment with the child; on `days_off` it does not take place."""

    id = Id(required=True)
    child_id = Id(required=True)
    title = Line(200, required=True)
    starts_at = Moment(required=True)
    minutes = Whole(LEAST_MINUTES, MOST_MINUTES, required=True)
    place = Line(300, required=True, allow_none=True)
    asked_by = Line(300, required=True, allow_none=True)
    rule = Line(LONGEST_RULE, required=True, allow_none=True)
    days_off = Several(Day(), most=MOST_DAYS_OFF, required=True)
    note = Lines(2000, required=True, allow_none=True)
    state = Choice(AppointmentState, required=True)
    state_reason = Lines(2000, required=True, allow_none=True)
    created_at = Moment(required=True)
    created_by = Id(required=True)
    version = Whole(1, 2**31 - 1, required=True)


class AppointmentsPage(Shape):
    """A page of appointments."""

    items = Several(Part(AppointmentView), most=200, required=True)
    next = Line(LONGEST_CURSOR, required=True, allow_none=True)
