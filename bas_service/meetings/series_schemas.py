"""Shapes of series."""

from marshmallow import fields

from bas_service.http.fields import Choice, Day, Id, Line, Lines, Moment, Part, Several, Shape, Whole, YesNo
from bas_service.http.paging import LONGEST_CURSOR
from bas_service.meetings.repetition import LONGEST_RULE, MOST_TIMES
from bas_service.meetings.rules import LEAST_MINUTES, MOST_MINUTES, Kind, Transport, Warned
from bas_service.meetings.schemas import Accompaniment, MeetingView, OnPhone, Place, PlaceView
from bas_service.meetings.series_rules import MOST_DAYS_NAMED, SeriesState, WhyNot

_RULE = {
    "description": "An RRULE value (RFC 5545): FREQ (DAILY, WEEKLY, MONTHLY), INTERVAL, BYDAY, BYMONTHDAY, BYSETPOS,"
    " and COUNT or UNTIL",
    "pattern": "^(FREQ|INTERVAL|BYDAY|BYMONTHDAY|BYSETPOS|COUNT|UNTIL|WKST)=[0-9A-Z,+-]+"
    "(;(FREQ|INTERVAL|BYDAY|BYMONTHDAY|BYSETPOS|COUNT|UNTIL|WKST)=[0-9A-Z,+-]+)*$",
}
_CLOCK = {"description": "The clock on a wall in Riga", "pattern": "^[0-2][0-9]:[0-5][0-9]$"}


class _ShortNotice(Lines):
    """Why what begins at short notice does; of later meetings it says nothing."""

    def __init__(self) -> None:
        super().__init__(2000, allow_none=True, metadata={"description": "Kept with the meetings at short notice"})


class PlanSeries(Shape):
    """A meeting that repeats: like a single one, with a rule. `starts_at` is the first, on a day of the rule."""

    id = Id()
    child_id = Id(required=True)
    kind = Choice(Kind, required=True)
    starts_at = Moment(required=True)
    expected_minutes = Whole(LEAST_MINUTES, MOST_MINUTES, required=True)
    place = Part(Place, required=True)
    transport = Choice(Transport, load_default=Transport.NONE)
    accompaniment = Part(Accompaniment, allow_none=True)
    note = Lines(allow_none=True)
    rule = Line(LONGEST_RULE, required=True, metadata=_RULE)
    # days of the rule on which there is no meeting
    except_dates = Several(Day(), most=MOST_TIMES)
    short_notice_reason = _ShortNotice()
    on_phone_at = OnPhone()


class PreviewSeries(PlanSeries):
    """A series to look at beforehand."""

    class Meta:
        """What a preview does not take."""

        exclude = ("id", "on_phone_at")


class ChangeSeries(Shape):
    """What changes in the meetings planned ahead: from a day on, or all of them without `from`.

    `starts_at` is the first of them. Without it the clock stays as it is, and a new rule begins with its first day
    from then on.
    """

    since = Day(data_key="from")
    starts_at = Moment()
    expected_minutes = Whole(LEAST_MINUTES, MOST_MINUTES)
    place = Part(Place)
    transport = Choice(Transport)
    accompaniment = Part(Accompaniment)
    note = Lines(allow_none=True)
    rule = Line(LONGEST_RULE, metadata=_RULE)
    except_dates = Several(Day(), most=MOST_TIMES)
    short_notice_reason = _ShortNotice()
    on_phone_at = OnPhone()


class CancelSeries(Shape):
    """Why, a key of the policy in force, some with a note; from which day on: all planned ahead without `from`."""

    reason = Line(200, required=True)
    note = Lines(2000, allow_none=True)
    since = Day(data_key="from")
    on_phone_at = OnPhone()


class NotPlanned(Shape):
    """A day of the series that did not become a meeting."""

    starts_at = Moment(required=True)
    why = Choice(WhyNot, required=True)


class SeriesView(Shape):
    """A meeting that repeats; `rule_in_words` is in the language asked for.

    `continues` is the series that this one goes on with. `next_day` is the first day that is not laid out yet, null
    when nothing more is to come; `last_day` the last one where the series was cut off. `reason` is a key of the
    policy in force when it was called off, `case_closed` where it ended with its case; `state_reason` are the words
    beside it.
    """

    id = Id(required=True)
    child_id = Id(required=True)
    case_id = Id(required=True)
    continues = Id(required=True, allow_none=True)
    state = Choice(SeriesState, required=True)
    kind = Choice(Kind, required=True)
    rule = Line(LONGEST_RULE, required=True)
    rule_in_words = Line(1000, required=True)
    starts_at = Moment(required=True)
    clock = Line(5, required=True, metadata=_CLOCK)
    except_dates = fields.List(Day(), required=True)
    last_day = Day(required=True, allow_none=True)
    next_day = Day(required=True, allow_none=True)
    expected_minutes = Whole(1, MOST_MINUTES, required=True)
    place = Part(PlaceView, required=True)
    transport = Choice(Transport, required=True)
    accompaniment = Part(Accompaniment, required=True, allow_none=True)
    note = Lines(required=True, allow_none=True)
    not_planned = fields.List(Part(NotPlanned), required=True)
    reason = Line(200, required=True, allow_none=True)
    state_reason = Lines(2000, required=True, allow_none=True)
    ended_at = Moment(required=True, allow_none=True)
    created_at = Moment(required=True)
    version = Whole(1, 2**31 - 1, required=True)


class SeriesWarning(Shape):
    """What whoever plans should know of these days, though nothing is refused; `more` counts further ones."""

    warning = Choice(Warned, required=True)
    days = Several(Day(), most=MOST_DAYS_NAMED, required=True)
    more = Whole(0, 1000, required=True)


class SeriesWithMeetings(SeriesView):
    """A series with those of its meetings that are planned and still to come, as far as they are laid out.

    `warnings` are about the meetings that were just planned or changed in what is told; there are none otherwise.
    """

    meetings = fields.List(Part(MeetingView), required=True)
    warnings = fields.List(Part(SeriesWarning), required=True)


class SeriesPage(Shape):
    """The series of a child in the order they were made."""

    items = fields.List(Part(SeriesView), required=True)
    next = Line(LONGEST_CURSOR, required=True, allow_none=True)


class Occasion(Shape):
    """One time of a series, and why it could not be planned; null when it could."""

    day = Day(required=True)
    starts_at = Moment(required=True)
    ends_at = Moment(required=True)
    why = Choice(WhyNot, required=True, allow_none=True)


class SeriesPreview(Shape):
    """What a series would be, up to a year ahead: `times` occasions, of which `clashes` cannot be planned.

    `goes_on` says that there are more after that year. `summary` is the whole in one line. `warnings` are about those
    that can be planned.
    """

    rule_in_words = Line(1000, required=True)
    summary = Line(1200, required=True)
    times = Whole(0, 1000, required=True)
    clashes = Whole(0, 1000, required=True)
    goes_on = YesNo(required=True)
    occasions = fields.List(Part(Occasion), required=True)
    warnings = fields.List(Part(SeriesWarning), required=True)
