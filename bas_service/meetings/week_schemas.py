"""Shapes of a child's week, of free times and of what is suggested to whoever plans."""

from marshmallow import fields

from bas_service.http.fields import Amount, Choice, Day, Id, Line, Moment, Part, Several, Shape, Whole
from bas_service.meetings.free_time_rules import (
    LONGEST_RANGE,
    MOST_TIMES,
    MOST_TRAVEL,
    USUAL_RANGE,
    USUAL_TRAVEL,
    WeekWith,
    When,
)
from bas_service.meetings.habit_rules import Because, ConsentState
from bas_service.meetings.rules import LEAST_MINUTES, MOST_MINUTES, Kind, MeetingState, PlaceType, Transport
from bas_service.meetings.schemas import Accompaniment, PlaceView
from bas_service.meetings.week_rules import Limit


class WeekFilter(Shape):
    """Which week: that of any of its days; this one, when none is given."""

    day = Day()


class WeekMeeting(Shape):
    """A meeting in a child's week."""

    id = Id(required=True)
    kind = Choice(Kind, required=True)
    state = Choice(MeetingState, required=True)
    starts_at = Moment(required=True)
    ends_at = Moment(required=True)
    specialist_id = Id(required=True)
    place = Part(PlaceView, required=True)
    institution = Line(300, required=True, allow_none=True)


class WeekAppointment(Shape):
    """Another institution's appointment in a child's week; one that repeats stands there each time."""

    id = Id(required=True)
    title = Line(200, required=True)
    starts_at = Moment(required=True)
    ends_at = Moment(required=True)
    place = Line(300, required=True, allow_none=True)
    asked_by = Line(300, required=True, allow_none=True)
    repeats = fields.Boolean(required=True)


class WeekDay(Shape):
    """A day with what begins on it."""

    day = Day(required=True)
    meetings = fields.List(Part(WeekMeeting), required=True)
    appointments = fields.List(Part(WeekAppointment), required=True)


class WeekFigures(Shape):
    """What a week asks of a child; `over` names the limits it is over.

    What overlaps counts once. A row of days counts with those before and after the week that belong to it.
    """

    monday = Day(required=True)
    appointments = Whole(0, 10_000, required=True)
    hours = Amount(0, 168, required=True)
    days_in_a_row = Whole(0, 1000, required=True)
    over = Several(Choice(Limit), most=3, required=True)


class WeekLimitView(Shape):
    """What a child's week may hold, by the policy."""

    appointments = Whole(0, 1000, required=True)
    hours = Amount(0, 168, required=True)
    days_in_a_row = Whole(0, 1000, required=True)


class WeekView(Shape):
    """A child's week, Monday to Sunday, and the two before and after it in figures."""

    child_id = Id(required=True)
    monday = Day(required=True)
    days = Several(Part(WeekDay), most=7, required=True)
    burden = Part(WeekFigures, required=True)
    limit = Part(WeekLimitView, required=True)
    weeks = Several(Part(WeekFigures), most=4, required=True)


class FreeTimesFilter(Shape):
    """For how long, within which time, and how far apart places are."""

    minutes = Whole(LEAST_MINUTES, MOST_MINUTES, load_default=60)
    since = Moment(data_key="from", metadata={"description": "Now, when nothing is given"})
    until = Moment(
        data_key="to",
        metadata={
            "description": f"{USUAL_RANGE.days} days later, when nothing is given; at most {LONGEST_RANGE.days}"
        },
    )
    travel_minutes = Whole(
        0,
        MOST_TRAVEL,
        load_default=USUAL_TRAVEL,
        metadata={"description": "From one place to another; none to or from what is remote"},
    )
    place_type = Choice(PlaceType, metadata={"description": "Where it is to be, if that is known"})


class FreeTime(Shape):
    """A time that suits both, and why; `specialist_id` is whose meeting it would be."""

    starts_at = Moment(required=True)
    ends_at = Moment(required=True)
    when = Choice(When, required=True)
    week = Choice(WeekWith, required=True)
    specialist_id = Id(required=True)
    reason = Line(200, required=True)


class FreeTimesList(Shape):
    """The times, the best one first."""

    items = Several(Part(FreeTime), most=MOST_TIMES, required=True)
    next = Line(500, required=True, allow_none=True)


class SuggestedPlace(Shape):
    """A place with what a meeting there usually is; `place` and `accompaniment` can be sent as they are."""

    place = Part(PlaceView, required=True)
    because = Choice(Because, required=True)
    kind = Choice(Kind, required=True)
    accompaniment = Part(Accompaniment, required=True, allow_none=True)
    consent = Choice(ConsentState, required=True, allow_none=True)
    expected_minutes = Whole(LEAST_MINUTES, MOST_MINUTES, required=True)
    transport = Choice(Transport, required=True)
    times = Whole(0, 10_000, required=True)
    last_at = Moment(required=True, allow_none=True)


class PlanningView(Shape):
    """What the next meeting with the child is most likely to be; `starts_at` is the next such moment."""

    child_id = Id(required=True)
    kind = Choice(Kind, required=True)
    expected_minutes = Whole(LEAST_MINUTES, MOST_MINUTES, required=True)
    transport = Choice(Transport, required=True)
    weekday = Whole(1, 7, required=True, allow_none=True)
    time = Line(5, required=True, allow_none=True)
    starts_at = Moment(required=True, allow_none=True)
    places = Several(Part(SuggestedPlace), most=20, required=True)
