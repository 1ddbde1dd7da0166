"""Shapes of meetings."""

from marshmallow import fields

from bas_service.announcements.schemas import AnnouncementView
from bas_service.http.fields import Choice, Day, Id, Line, Lines, Moment, Part, Several, Shape, Whole, YesNo
from bas_service.http.paging import LONGEST_CURSOR, Page
from bas_service.meetings.rules import (
    LEAST_MINUTES,
    MOST_MINUTES,
    Kind,
    MeetingState,
    PlaceType,
    Step,
    ToldBy,
    Transport,
    Warned,
)
from bas_service.meetings.week_rules import MOST_FREER_DAYS


class OnPhone(Moment):
    """When it was decided, by the phone's own clock: kept beside ours as what the phone claims."""

    def __init__(self) -> None:
        super().__init__(metadata={"description": "By the phone's own clock; kept beside the service's"})


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
    short_notice_reason = Lines(2000, allow_none=True)
    on_phone_at = OnPhone()


class PlanMeeting(Shape):
    """A meeting to be planned: whom, when and where is enough.

    `expected_minutes` is how long the child will be away: as long as usual there, when it is left out. `kind` is
    `accompaniment` where there is one, otherwise `session`.
    """

    id = Id()
    child_id = Id(required=True)
    kind = Choice(Kind)
    starts_at = Moment(required=True)
    expected_minutes = Whole(LEAST_MINUTES, MOST_MINUTES)
    place = Part(Place, required=True)
    transport = Choice(Transport, load_default=Transport.NONE)
    accompaniment = Part(Accompaniment, allow_none=True)
    note = Lines(allow_none=True)
    short_notice_reason = Lines(2000, allow_none=True)
    on_phone_at = OnPhone()


class StartMeeting(Shape):
    """Why the meeting starts though not everybody was told; needed only then."""

    unannounced_reason = Lines(2000, allow_none=True)
    on_phone_at = OnPhone()


class ExtendMeeting(Shape):
    """By how much longer the meeting takes than was said; once that time is past, than now."""

    minutes = Whole(LEAST_MINUTES, MOST_MINUTES, required=True)
    on_phone_at = OnPhone()


class FinishMeeting(Shape):
    """What came of the meeting; two sentences are enough."""

    ended_at = Moment()
    summary = Lines(allow_none=True)
    child_opinion = Lines(allow_none=True)
    representative_present = YesNo(allow_none=True)
    on_phone_at = OnPhone()


class MeetingReason(Shape):
    """Why a meeting is cancelled, or did not come about: a key of the policy in force, some with a note."""

    reason = Line(200, required=True)
    note = Lines(2000, allow_none=True)
    on_phone_at = OnPhone()


class CorrectMeeting(Shape):
    """What was recorded wrongly about a meeting that is over; what is left out stays.

    Of one cancelled or missed `reason` and `note`, a key of the policy in force and the words beside it; of one held
    everything else.
    """

    reason = Line(200)
    note = Lines(2000, allow_none=True)
    started_at = Moment()
    ended_at = Moment()
    summary = Lines(allow_none=True)
    child_opinion = Lines(allow_none=True)
    representative_present = YesNo(allow_none=True)
    on_phone_at = OnPhone()


class AddToMeeting(Shape):
    """Words to be added to a meeting that is over."""

    id = Id()
    text = Lines(required=True)
    on_phone_at = OnPhone()


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


class By(Shape):
    """Who took a step."""

    id = Id(required=True)
    name = Line(200, required=True)


class AdditionView(Shape):
    """What was added to a meeting after it was over; it stays as it is."""

    id = Id(required=True)
    text = Lines(required=True)
    at = Moment(required=True)
    by = Part(By, required=True)


class FreerDay(Shape):
    """A day near, at the same time of day, on which the meeting would leave the child's week within its limits."""

    day = Day(required=True)
    starts_at = Moment(required=True)


class MeetingView(Shape):
    """A meeting with what was told about it.

    `series_day` is the day of its series for which it stands, also when it was moved to another one.
    `announced_in_time` is null until the meeting starts; then it says whether everybody was told in writing before:
    by a message handed over, by a page that they read and said so, or by a letter. `warnings` are those of the
    request answered. `reason` is a key of the policy in force when it was cancelled or missed, `case_closed` or
    `series_changed` where the service did so, and null for meetings from before there were keys; `state_reason` are
    the words beside it. `freer_days` come with `child-week-full`.
    """

    id = Id(required=True)
    child_id = Id(required=True)
    case_id = Id(required=True)
    series_id = Id(required=True, allow_none=True)
    series_day = Day(required=True, allow_none=True)
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
    freer_days = Several(Part(FreerDay), most=MOST_FREER_DAYS, required=True)
    started_at = Moment(required=True, allow_none=True)
    ended_at = Moment(required=True, allow_none=True)
    unannounced_reason = Lines(2000, required=True, allow_none=True)
    reason = Line(200, required=True, allow_none=True)
    state_reason = Lines(2000, required=True, allow_none=True)
    short_notice_reason = Lines(2000, required=True, allow_none=True)
    is_first = YesNo(required=True)
    representative_present = YesNo(required=True, allow_none=True)
    additions = fields.List(Part(AdditionView), required=True)
    summary = Lines(required=True, allow_none=True)
    child_opinion = Lines(required=True, allow_none=True)
    created_at = Moment(required=True)
    version = Whole(1, 2**31 - 1, required=True)


class ChangeView(Shape):
    """One thing that a step changed; spelled as in the meeting."""

    member = Line(50, required=True)
    before = fields.Raw(data_key="from", attribute="from", required=True, allow_none=True)
    after = fields.Raw(data_key="to", attribute="to", required=True, allow_none=True)


class StepView(Shape):
    """A step of a meeting; `by` is null where the service itself took it.

    `at` is the service's time, `on_phone_at` what the phone's own clock said. `text` is what was added.
    """

    id = Id(required=True)
    version = Whole(1, 2**31 - 1, required=True)
    step = Choice(Step, required=True)
    at = Moment(required=True)
    on_phone_at = Moment(required=True, allow_none=True)
    by = Part(By, required=True, allow_none=True)
    changes = fields.List(Part(ChangeView), required=True)
    text = Lines(required=True, allow_none=True)


class HistoryPage(Shape):
    """A page of a meeting's history, the first step first."""

    items = fields.List(Part(StepView), required=True)
    next = Line(LONGEST_CURSOR, required=True, allow_none=True)


class MeetingsFilter(Page):
    """Which meetings are listed: those that start from ``from`` on and before ``to``; whatever is given, holds."""

    since = Moment(data_key="from")
    until = Moment(data_key="to")
    day = Day(metadata={"description": "Those that start on this day in Riga"})
    week = Day(metadata={"description": "Those that start in the week, Monday to Sunday, of this day in Riga"})
    child_id = Id()
    specialist_id = Id()
    state = Choice(MeetingState)
    kind = Choice(Kind)
    q = Line(
        100,
        metadata={
            "description": "Parts of words in place, institution, purpose, note and summary; case and diacritics do"
            " not matter. Without a beginning (`from`, `day`, `week`) a year back is searched. A page may hold fewer"
            " than `limit`, even none, with more to come: go on until `next` is null"
        },
    )


class MeetingsPage(Shape):
    """A page of meetings by their start."""

    items = fields.List(Part(MeetingView), required=True)
    next = Line(LONGEST_CURSOR, required=True, allow_none=True)
