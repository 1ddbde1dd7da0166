"""Shapes of replies."""

from marshmallow import fields

from bas_service.children.rules import Relation
from bas_service.http.fields import Choice, Id, Line, Lines, Moment, Part, Shape
from bas_service.messaging.inbound_rules import MOST_CHARACTERS, Wish
from bas_service.replies.rules import Standing


class ReplyFrom(Shape):
    """Who wrote, by name."""

    id = Id(required=True)
    name = Line(200, required=True)
    relation = Choice(Relation, required=True)


class ReplyView(Shape):
    """A text from a representative; `standing` says how the representation stood when it came.

    `wish` is `stop` when the number wants no more text messages, `start` when it wants them again.
    """

    id = Id(required=True)
    child_id = Id(required=True)
    representative = Part(ReplyFrom, required=True)
    standing = Choice(Standing, required=True)
    # null when nothing was said, or when its retention is over
    text = Lines(MOST_CHARACTERS, required=True, allow_none=True)
    wish = Choice(Wish, required=True, allow_none=True)
    received_at = Moment(required=True)
    read_at = Moment(required=True, allow_none=True)
    read_by = Id(required=True, allow_none=True)


class RepliesPage(Shape):
    """What a child's representatives answered, the latest first."""

    items = fields.List(Part(ReplyView), required=True)
    next = Line(500, required=True, allow_none=True)


class UnknownText(Shape):
    """A text from a number that is no representative's."""

    id = Id(required=True)
    sender = Line(50, required=True)
    text = Lines(MOST_CHARACTERS, required=True, allow_none=True)
    wish = Choice(Wish, required=True, allow_none=True)
    received_at = Moment(required=True)


class UnknownTextsPage(Shape):
    """Texts from numbers that are nobody's, the latest first."""

    items = fields.List(Part(UnknownText), required=True)
    next = Line(500, required=True, allow_none=True)
