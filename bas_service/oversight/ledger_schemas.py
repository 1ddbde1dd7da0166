"""Shapes of the ledger of what was told, and of its figures."""

from marshmallow import fields

from bas_service.announcements.rules import Reason
from bas_service.children.rules import Relation
from bas_service.http.fields import Amount, Choice, Id, Line, Lines, Moment, Part, Shape, Whole
from bas_service.http.paging import LONGEST_CURSOR, Page
from bas_service.meetings.rules import MeetingState, PlaceType, ToldBy
from bas_service.messaging.rules import Channel, ShownState
from bas_service.oversight.ledger_rules import By, InTime, Why

_MANY = 2**31 - 1


class LedgerFilter(Page):
    """Which meetings are wanted: by their start, child, specialist, verdict, and by some message about them.

    `state` and `reason` are of one and the same message.
    """

    since = Moment(data_key="from")
    until = Moment(data_key="to")
    child_id = Id()
    specialist_id = Id()
    announced_in_time = Choice(InTime)
    why = Choice(Why)
    state = Choice(ShownState)
    reason = Choice(Reason)


class TellingNamed(Shape):
    """A legal representative, by name and relation."""

    id = Id(required=True)
    name = Line(200, required=True)
    relation = Choice(Relation, required=True)


class ChildTold(Shape):
    """A child, by the name that messages use."""

    id = Id(required=True)
    given_name = Line(100, required=True)


class SpecialistTold(Shape):
    """A specialist, or a supervisor, by name."""

    id = Id(required=True)
    name = Line(200, required=True)


class TellingView(Shape):
    """One representative told once: in which words, where to, and how far the message came.

    `address` is the one used then: whole for specialists, who write and call there; of a number the last three
    digits for supervisors. It is null, like `text`, when its retention is over. `decided_at` is the moment on the
    phone, `created_at` when the service accepted it, `confirmed_at` when the representative said so; null where it
    is not known.
    """

    id = Id(required=True)
    representative = Part(TellingNamed, required=True)
    reason = Choice(Reason, required=True)
    telling = Whole(1, _MANY, required=True)
    channel = Choice(Channel, required=True)
    address = Line(320, required=True, allow_none=True)
    text = Lines(10_000, required=True, allow_none=True)
    parts = Whole(1, 100, required=True)
    state = Choice(ShownState, required=True)
    decided_at = Moment(required=True, allow_none=True)
    created_at = Moment(required=True)
    handed_over_at = Moment(required=True, allow_none=True)
    delivered_at = Moment(required=True, allow_none=True)
    confirmed_at = Moment(required=True, allow_none=True)


class ToldByAPerson(Shape):
    """A representative told by telephone, in person or by letter: how, when, by whom."""

    representative_id = Id(required=True)
    name = Line(200, required=True)
    telling = Whole(1, _MANY, required=True)
    means = Choice(ToldBy, required=True)
    told_at = Moment(required=True)
    told_by = Line(200, required=True)


class LedgerLine(Shape):
    """A meeting, who was told what about it, and whether that was in time: `why` is the key of `why_said`.

    `announced_in_time` is null until the meeting starts; until then `why` tells how far its announcement has come.
    Whoever read it on a page and said so, or had a letter, was told in writing, and `why_said` names them.
    `telling` counts what has had to be told about it.
    """

    meeting_id = Id(required=True)
    starts_at = Moment(required=True)
    started_at = Moment(required=True, allow_none=True)
    state = Choice(MeetingState, required=True)
    place_type = Choice(PlaceType, required=True)
    telling = Whole(1, _MANY, required=True)
    child = Part(ChildTold, required=True)
    specialist = Part(SpecialistTold, required=True)
    announced_in_time = fields.Boolean(required=True, allow_none=True)
    why = Choice(Why, required=True)
    why_said = Lines(2000, required=True)
    told = fields.List(Part(TellingView), required=True)
    told_otherwise = fields.List(Part(ToldByAPerson), required=True)


class LedgerPage(Shape):
    """A page of the ledger, by the meetings' start."""

    items = fields.List(Part(LedgerLine), required=True)
    next = Line(LONGEST_CURSOR, required=True, allow_none=True)


class FiguresFilter(Shape):
    """Of which period, by the meetings' start, and by what the figures are told apart.

    `to` is now and `from` thirty days before it, where they are not said.
    """

    since = Moment(data_key="from")
    until = Moment(data_key="to")
    by = Choice(By, load_default=By.TEAM)


class ChannelFigures(Shape):
    """How messages by one channel fared; `handed_over` includes those delivered."""

    channel = Choice(Channel, required=True)
    handed_over = Whole(0, _MANY, required=True)
    delivered = Whole(0, _MANY, required=True)
    uncertain = Whole(0, _MANY, required=True)
    failed = Whole(0, _MANY, required=True)


class WhyFigures(Shape):
    """How many meetings were not announced in time for one reason."""

    why = Choice(Why, required=True)
    meetings = Whole(1, _MANY, required=True)


class Figures(Shape):
    """Meetings of a specialist, a team or a month, how many of them began, and the share announced in time.

    `told_by_a_person` counts meetings of which some representative was told by telephone, in person or by letter.
    """

    specialist = Part(SpecialistTold, required=True, allow_none=True)
    supervisor = Part(SpecialistTold, required=True, allow_none=True)
    month = Line(7, required=True, allow_none=True)
    meetings = Whole(0, _MANY, required=True)
    begun = Whole(0, _MANY, required=True)
    in_time = Whole(0, _MANY, required=True)
    share_in_time = Amount(most=1, required=True, allow_none=True)
    why_not = fields.List(Part(WhyFigures), required=True)
    channels = fields.List(Part(ChannelFigures), required=True)
    told_by_a_person = Whole(0, _MANY, required=True)


class FiguresList(Shape):
    """Figures, one line for each specialist, team or month that had meetings."""

    items = fields.List(Part(Figures), required=True)
    next = Line(LONGEST_CURSOR, required=True, allow_none=True)
