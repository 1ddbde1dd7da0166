"""Shapes of what is asked before a child is given to somebody, of exceptions and of past loads."""

from marshmallow import fields

from bas_service.caseload.history_rules import MOST_DAYS, Step
from bas_service.caseload.rules import Complexity
from bas_service.caseload.schemas import ChildBrief, Specialist
from bas_service.caseload.suggestion_rules import Why
from bas_service.http.fields import Amount, Choice, Day, Id, Line, Lines, Moment, Part, Shape, Whole, YesNo
from bas_service.http.paging import LONGEST_CURSOR

_MOST_LOAD = 100_000


class PreviewCase(Shape):
    """A child who might be given to a specialist."""

    child_id = Id(required=True)
    specialist_id = Id(required=True)
    complexity = Choice(Complexity, required=True)


class WithOneMore(Shape):
    """A specialist's load, and what one more case would make of it."""

    specialist = Part(Specialist, required=True)
    # "load" as a name of the class would hide the shape's own verb.
    weighed = Amount(most=_MOST_LOAD, required=True, data_key="load", attribute="load")
    would_be = Amount(most=_MOST_LOAD, required=True)
    room_after = Amount(required=True)
    fits = YesNo(required=True)


class CasePreview(WithOneMore):
    """What giving the child to the specialist would make of the load, and who else has room for it.

    `would_be_refused` names the problem with which `POST /cases` would answer, null for none.
    """

    minimum = Amount(required=True)
    nominal = Amount(required=True)
    maximum = Amount(required=True)
    would_be_refused = Line(100, required=True, allow_none=True)
    others_with_room = fields.List(Part(WithOneMore), required=True)


class SuggestionFor(Shape):
    """As how complex a case the child would come."""

    complexity = Choice(Complexity, load_default=Complexity.STANDARD)


class Reason(Shape):
    """A reason for (or against) a specialist, in words, and what it counts."""

    code = Choice(Why, required=True)
    text = Line(300, required=True)
    points = Amount(-_MOST_LOAD, _MOST_LOAD, required=True)
    room = Amount(metadata={"description": "With code room: what is left to the maximum afterwards"})
    above = Amount(most=_MOST_LOAD, metadata={"description": "With code no_room: by how much it would be too much"})
    cases = Whole(1, 1000, metadata={"description": "With code cases_nearby: open cases in the child's municipality"})
    until = Day(metadata={"description": "With code absent: the last day of the absence"})


class Suggestion(WithOneMore):
    """A specialist for a child, and why."""

    maximum = Amount(required=True)
    why = fields.List(Part(Reason), required=True)


class SuggestionsList(Shape):
    """The team's specialists, best suited first."""

    items = fields.List(Part(Suggestion), required=True)
    next = Line(500, required=True, allow_none=True)


class ExceptedCaseBrief(Shape):
    """A case with an exception."""

    id = Id(required=True)
    version = Whole(1, 2**31 - 1, required=True)


class ExceptionView(Shape):
    """A case that may stand above the maximum; `over_by` is what the specialist is above it now."""

    case = Part(ExceptedCaseBrief, required=True)
    child = Part(ChildBrief, required=True)
    specialist = Part(Specialist, required=True)
    complexity = Choice(Complexity, required=True)
    reason = Lines(2000, required=True)
    until = Day(required=True)
    days_left = Whole(0, 100_000, required=True)
    over_by = Amount(most=_MOST_LOAD, required=True)


class ExceptionsPage(Shape):
    """A page of exceptions, the one that ends first at the top."""

    items = fields.List(Part(ExceptionView), required=True)
    next = Line(LONGEST_CURSOR, required=True, allow_none=True)


class PastDays(Shape):
    """One past day (``on``), or a period with a step; today without any. At most 400 days."""

    on = Day()
    since = Day(data_key="from")
    until = Day(data_key="to")
    step = Choice(Step, load_default=Step.MONTH)


class LoadOnADay(Shape):
    """A load at the end of a day, under the policy of that day."""

    on = Day(required=True)
    weighed = Amount(most=_MOST_LOAD, required=True, data_key="load", attribute="load")
    cases = Whole(0, 100_000, required=True)
    minimum = Amount(required=True)
    nominal = Amount(required=True)
    maximum = Amount(required=True)


class LoadHistory(Shape):
    """A specialist's load on past days."""

    specialist = Part(Specialist, required=True)
    items = fields.List(Part(LoadOnADay), required=True, metadata={"maxItems": MOST_DAYS})
    next = Line(500, required=True, allow_none=True)


class PastResponsibility(Shape):
    """Who was responsible from when to when, and why the case came to them."""

    specialist = Part(Specialist, required=True)
    since = Moment(required=True)
    until = Moment(required=True, allow_none=True)
    reason = Lines(2000, required=True, allow_none=True)


class PastComplexity(Shape):
    """How complex the case was from when to when."""

    complexity = Choice(Complexity, required=True)
    since = Moment(required=True)
    until = Moment(required=True, allow_none=True)


class PastException(Shape):
    """An exception from the maximum: since when, until which day, and when another one (or none) took its place."""

    reason = Lines(2000, required=True)
    since = Moment(required=True)
    until = Day(required=True)
    replaced_at = Moment(required=True, allow_none=True)


class CaseHistory(Shape):
    """What a case was at which time."""

    case_id = Id(required=True)
    child_id = Id(required=True)
    responsibilities = fields.List(Part(PastResponsibility), required=True)
    complexities = fields.List(Part(PastComplexity), required=True)
    exceptions = fields.List(Part(PastException), required=True)
