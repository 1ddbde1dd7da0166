"""Shapes of wordings."""

from marshmallow import fields

from bas_service.announcements.rules import Reason
from bas_service.http.fields import Amount, Choice, Day, Id, Line, Moment, Part, Shape, Whole
from bas_service.translation import Language

_BODY = "With places in braces, such as {when}, {place}, {duration}; null is the service's own wording"


class PreviewTemplate(Shape):
    """A wording to be looked at."""

    reason = Choice(Reason, required=True)
    language = Choice(Language, required=True)
    body = Line(600, required=True, allow_none=True, metadata={"description": _BODY})


class MakeTemplate(PreviewTemplate):
    """A wording from a day on; `seen` is what its preview gave."""

    id = Id()
    valid_from = Day(required=True)
    seen = Line(16, required=True)


class SampleView(Shape):
    """An invented meeting in this wording: what it costs, in euros, and how many parts it takes at present."""

    text = Line(1600, required=True)
    parts = Whole(1, 100, required=True)
    parts_now = Whole(1, 100, required=True)
    cost = Amount(most=1000, required=True, allow_none=True)


class TemplatePreview(Shape):
    """What a wording makes of three invented meetings, and the mark to make it with."""

    samples = fields.List(Part(SampleView), required=True)
    seen = Line(16, required=True)


class TemplateView(Shape):
    """A wording that was made."""

    id = Id(required=True)
    reason = Choice(Reason, required=True)
    language = Choice(Language, required=True)
    valid_from = Day(required=True)
    body = Line(600, required=True, allow_none=True)
    created_at = Moment(required=True)
    created_by = Id(required=True)
    withdrawn_at = Moment(required=True, allow_none=True)


class TemplatesList(Shape):
    """All wordings ever made, the taken-back ones too."""

    items = fields.List(Part(TemplateView), required=True)
    next = Line(500, required=True, allow_none=True)
