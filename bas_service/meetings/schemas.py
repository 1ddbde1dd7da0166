"""Shapes of meetings."""

from marshmallow import fields

from bas_service.announcements.schemas import AnnouncementView
from bas_service.http.fields import Choice, Id, Line, Lines, Moment, Part, Shape, Whole
from bas_service.http.paging import LONGEST_CURSOR, Page
from bas_service.meetings.rules import (
    LEAST_MINUTES,
    MOST_MINUTES,
    Kind,
    MeetingState,
    PlaceType,
    ToldBy,
    Transport,
    Warned,
)


class Place(Shape):
    """Where the meeting is; an address needs a name or an address."""

    type = Choice(PlaceType, required=True)
    name = Line(200, allow_none=True)
    address = Line(300, allow_none=True)


class Accompaniment(Shape):
    """Where the child is taken, and why."""

    institution = Line(300, required=True)
    purpose = Lines(2000, required=True)


class ChangeMeeting(Shape):
    """What may change in a planned meeting."""

    starts_at = Moment()
    expected_minutes = Whole(LEAST_MINUTES, MOST_MINUTES)
    place = Part(Place)
    transport = Choice(Transport)
    accompaniment = Part(Accompaniment)
    note = Lines(allow_none=True)


class PlanMeeting(Shape):
    """A meeting to be planned; `expected_minutes` is how long the child will be away."""

    id = Id()
    child_id = Id(required=True)
    kind = Choice(Kind, required=True)
    starts_at = Moment(required=True)
    expected_minutes = Whole(LEAST_MINUTES, MOST_MINUTES, required=True)
    place = Part(Place, required=True)
    transport = Choice(Transport, load_default=Transport.NONE)
    accompaniment = Part(Accompaniment, allow_none=True)
    note = Lines(allow_none=True)


class StartMeeting(Shape):
    """Why the meeting starts though not everybody was told; needed only then."""

    unannounced_reason = Lines(2000, allow_none=True)


class ExtendMeeting(Shape):
    """By how much longer the meeting takes than was said; once that time is past, than now."""

    minutes = Whole(LEAST_MINUTES, MOST_MINUTES, required=True)


class FinishMeeting(Shape):
    """What came of the meeting; two sentences are enough."""

    ended_at = Moment()
    summary = Lines(allow_none=True)
    child_opinion = Lines(allow_none=True)


class MeetingReason(Shape):
    """Why a meeting is cancelled, or did not come about."""

    reason = Lines(2000, required=True)


class PlaceView(Shape):
    """Where the meeting is."""

    type = Choice(PlaceType, required=True)
    name = Line(200, required=True, allow_none=True)
    address = Line(300, required=True, allow_none=True)


class RecordTold(Shape):
    """A representative told by a person: now, when no moment is given."""

    id = Id()
    representative_id = Id(required=True)
    means = Choice(ToldBy, required=True)
    told_at = Moment()
    note = Lines(2000, allow_none=True)


class ToldView(Shape):
    """A representative told by a person; `telling` counts what has had to be told about the meeting."""

    id = Id(required=True)
    meeting_id = Id(required=True)
    representative_id = Id(required=True)
    telling = Whole(1, 2**31 - 1, required=True)
    means = Choice(ToldBy, required=True)
    told_at = Moment(required=True)
    told_by = Id(required=True)
    note = Lines(2000, required=True, allow_none=True)


class ToldOtherwise(Shape):
    """Who was told of the meeting's latest place and time by a person."""

    representative_id = Id(required=True)
    means = Choice(ToldBy, required=True)
    told_at = Moment(required=True)


class MeetingView(Shape):
    """A meeting with what was told about it.

    `announced_in_time` is null until the meeting starts. `warnings` are those of the request answered.
    """

    id = Id(required=True)
    child_id = Id(required=True)
    case_id = Id(required=True)
    specialist_id = Id(required=True)
    kind = Choice(Kind, required=True)
    state = Choice(MeetingState, required=True)
    starts_at = Moment(required=True)
    ends_at = Moment(required=True)
    expected_minutes = Whole(1, MOST_MINUTES, required=True)
    place = Part(PlaceView, required=True)
    transport = Choice(Transport, required=True)
    accompaniment = Part(Accompaniment, required=True, allow_none=True)
    note = Lines(required=True, allow_none=True)
    announced_in_time = fields.Boolean(required=True, allow_none=True)
    announcements = fields.List(Part(AnnouncementView), required=True)
    told_otherwise = fields.List(Part(ToldOtherwise), required=True)
    warnings = fields.List(Choice(Warned), required=True)
    started_at = Moment(required=True, allow_none=True)
    ended_at = Moment(required=True, allow_none=True)
    unannounced_reason = Lines(2000, required=True, allow_none=True)
    state_reason = Lines(2000, required=True, allow_none=True)
    summary = Lines(required=True, allow_none=True)
    child_opinion = Lines(required=True, allow_none=True)
    created_at = Moment(required=True)
    version = Whole(1, 2**31 - 1, required=True)


class MeetingsFilter(Page):
    """Which meetings are listed: those that start from ``from`` on and before ``to``."""

    since = Moment(data_key="from")
    until = Moment(data_key="to")
    child_id = Id()


class MeetingsPage(Shape):
    """A page of meetings by their start."""

    items = fields.List(Part(MeetingView), required=True)
    next = Line(LONGEST_CURSOR, required=True, allow_none=True)
