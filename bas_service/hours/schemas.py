"""Shapes of hours, and of work noted in one line."""

from marshmallow import fields

from bas_service.hours.rules import LEAST_MINUTES, MOST_MINUTES, By, Nameless, WorkKind
from bas_service.http.fields import Choice, Day, Id, Line, Lines, Moment, Part, Shape, Whole
from bas_service.http.paging import LONGEST_CURSOR, Page

MOST = 2**31 - 1


class HoursFilter(Page):
    """Whose hours, of which days in Riga (both included; this week when nothing is said), added up by what."""

    since = Day(data_key="from")
    until = Day(data_key="to")
    by = Choice(By, load_default=By.WEEK)
    specialist_id = Id()
    child_id = Id()


class MeetingCounts(Shape):
    """Meetings by what became of them.

    One that was held or is under way is counted where it began, any other where it was to begin.
    """

    planned = Whole(0, MOST, required=True)
    under_way = Whole(0, MOST, required=True)
    held = Whole(0, MOST, required=True)
    missed = Whole(0, MOST, required=True)
    cancelled = Whole(0, MOST, required=True)


class HoursFigures(Shape):
    """Minutes of work, each counted once in `total_minutes`, and meetings.

    `with_children_minutes` are those of meetings held, from start to end, and of those under way, until now;
    `on_the_way_minutes` are the part of them that was spent travelling together. `travel_minutes`,
    `partners_minutes` and `paper_minutes` are what was noted. Nothing is estimated: `travel_not_noted` counts
    the meetings held with a transport for whose way nobody noted any minutes.
    """

    with_children_minutes = Whole(0, MOST, required=True)
    on_the_way_minutes = Whole(0, MOST, required=True)
    travel_minutes = Whole(0, MOST, required=True)
    partners_minutes = Whole(0, MOST, required=True)
    paper_minutes = Whole(0, MOST, required=True)
    total_minutes = Whole(0, MOST, required=True)
    travel_not_noted = Whole(0, MOST, required=True)
    meetings = Part(MeetingCounts, required=True)


class HoursSpecialist(Shape):
    """Whose hours they are."""

    id = Id(required=True)
    name = Line(200, required=True)


class HoursChild(Shape):
    """Whom they were spent on."""

    id = Id(required=True)
    given_name = Line(200, required=True)
    family_name = Line(200, required=True)


class Week(Shape):
    """An ISO week in Riga, and which of its days were asked for, both included."""

    name = Line(8, required=True, metadata={"pattern": r"^\d{4}-W\d{2}$"})
    since = Day(required=True, data_key="from")
    until = Day(required=True, data_key="to")


class HoursRow(HoursFigures):
    """The hours of one specialist, child or week, whatever was asked for.

    By child, `nameless` says of a row without one why: `no_child` for work that was noted about none, `out_of_sight`
    for children whom the asker may not see (any more).
    """

    specialist = Part(HoursSpecialist, required=True, allow_none=True)
    child = Part(HoursChild, required=True, allow_none=True)
    nameless = Choice(Nameless, required=True, allow_none=True)
    week = Part(Week, required=True, allow_none=True)


class HoursPage(Shape):
    """All hours of the days from `from` to `to`, and a page of the rows that add up to them."""

    since = Day(required=True, data_key="from")
    until = Day(required=True, data_key="to")
    total = Part(HoursFigures, required=True)
    items = fields.List(Part(HoursRow), required=True)
    next = Line(LONGEST_CURSOR, required=True, allow_none=True)


class ChangeWork(Shape):
    """What may change in a line; what is left out stays."""

    day = Day()
    started_at = Moment(allow_none=True)
    minutes = Whole(LEAST_MINUTES, MOST_MINUTES)
    kind = Choice(WorkKind)
    with_whom = Line(300, data_key="with", allow_none=True)
    note = Lines(2000, allow_none=True)
    child_id = Id(allow_none=True)


class NoteWork(Shape):
    """Work away from the child: only minutes and kind must be said; it was today when nothing else is.

    `started_at` instead of `day` says at what time, too. Of a way, `meeting_id` may say to which meeting it led.
    """

    id = Id()
    day = Day()
    started_at = Moment(allow_none=True)
    minutes = Whole(LEAST_MINUTES, MOST_MINUTES, required=True)
    kind = Choice(WorkKind, required=True)
    with_whom = Line(300, data_key="with", allow_none=True)
    note = Lines(2000, allow_none=True)
    child_id = Id(allow_none=True)
    meeting_id = Id(allow_none=True)


class WorkView(Shape):
    """Work noted in one line; whole on its `day` in Riga, however late it began."""

    id = Id(required=True)
    specialist_id = Id(required=True)
    day = Day(required=True)
    started_at = Moment(required=True, allow_none=True)
    minutes = Whole(LEAST_MINUTES, MOST_MINUTES, required=True)
    kind = Choice(WorkKind, required=True)
    with_whom = Line(300, required=True, data_key="with", allow_none=True)
    note = Lines(2000, required=True, allow_none=True)
    child_id = Id(required=True, allow_none=True)
    meeting_id = Id(required=True, allow_none=True)
    created_at = Moment(required=True)
    withdrawn_at = Moment(required=True, allow_none=True)
    version = Whole(1, MOST, required=True)


class WorkFilter(Page):
    """Which lines are listed: those of the days from ``from`` to ``to``, both included."""

    since = Day(data_key="from")
    until = Day(data_key="to")
    specialist_id = Id()
    child_id = Id()


class WorkPage(Shape):
    """A page of lines by their day, without those withdrawn."""

    items = fields.List(Part(WorkView), required=True)
    next = Line(LONGEST_CURSOR, required=True, allow_none=True)
