"""Shapes of calendars outside."""

from marshmallow import fields

from bas_service.calendars.rules import Detail
from bas_service.http.fields import Choice, Id, Line, Moment, Part, Shape, Whole, YesNo


class MakeFeed(Shape):
    """How much a calendar outside is told: `busy` names nobody. Places only when `with_place` asks for them."""

    id = Id()
    detail = Choice(Detail, load_default=Detail.BUSY)
    with_place = YesNo(load_default=False)


class FeedView(Shape):
    """A calendar outside; `fetched_at` is when it asked last, to the minute."""

    id = Id(required=True)
    detail = Choice(Detail, required=True)
    with_place = fields.Boolean(required=True)
    created_at = Moment(required=True)
    fetched_at = Moment(required=True, allow_none=True)
    revoked_at = Moment(required=True, allow_none=True)
    version = Whole(1, 2**31 - 1, required=True)


class NewFeedView(FeedView):
    """A new calendar with its address, which is shown this once. Whoever has the address reads the calendar."""

    address = Line(500, required=True)


class FeedsList(Shape):
    """The calendars that may read one's meetings, the latest first."""

    items = fields.List(Part(FeedView), required=True)
    next = Line(500, required=True, allow_none=True)
