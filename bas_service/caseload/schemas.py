"""Shapes of cases, caseloads, load policies."""

from marshmallow import fields

from bas_service.caseload.rules import CaseState, Complexity, Per
from bas_service.http.fields import Amount, Choice, Day, Id, Line, Lines, Moment, Part, Several, Shape, Whole


class Rhythm(Shape):
    """How often meetings were agreed (D11)."""

    times = Whole(1, 14, required=True)
    per = Choice(Per, required=True)


class Exceeding(Shape):
    """Why, and until which day, a case may stand above the maximum."""

    reason = Lines(2000, required=True)
    until = Day(required=True)


class OpenCase(Shape):
    """A child given to a specialist."""

    id = Id()
    child_id = Id(required=True)
    specialist_id = Id(required=True)
    complexity = Choice(Complexity, required=True)
    rhythm = Part(Rhythm, allow_none=True)
    exceeding = Part(Exceeding, allow_none=True)


class ChangeCase(Shape):
    """What may change in a case."""

    complexity = Choice(Complexity)
    rhythm = Part(Rhythm, allow_none=True)
    exceeding = Part(Exceeding, allow_none=True)


class HandOver(Shape):
    """To whom a case goes, and why."""

    to_specialist_id = Id(required=True)
    reason = Lines(2000, required=True)


class CloseCase(Shape):
    """Why a case ends and what came of it."""

    reason = Line(500, required=True)
    outcome = Lines(5000, required=True)


class CaseView(Shape):
    """A case."""

    id = Id(required=True)
    child_id = Id(required=True)
    specialist_id = Id(required=True)
    complexity = Choice(Complexity, required=True)
    state = Choice(CaseState, required=True)
    rhythm = Part(Rhythm, required=True, allow_none=True)
    exceeding = Part(Exceeding, required=True, allow_none=True)
    opened_at = Moment(required=True)
    closed_at = Moment(required=True, allow_none=True)
    close_reason = Line(500, required=True, allow_none=True)
    outcome = Lines(5000, required=True, allow_none=True)
    version = Whole(1, 2**31 - 1, required=True)


class Specialist(Shape):
    """A specialist by name."""

    id = Id(required=True)
    name = Line(200, required=True)


class Load(Shape):
    """A specialist's load against the limits of today's policy; ``room`` is what is left to the maximum."""

    specialist = Part(Specialist, required=True)
    # "load" as a name of the class would hide the shape's own verb.
    weighed = Amount(required=True, data_key="load", attribute="load")
    minimum = Amount(required=True)
    nominal = Amount(required=True)
    maximum = Amount(required=True)
    room = Amount(required=True)


class CaseBrief(Shape):
    """A case in a caseload."""

    id = Id(required=True)
    opened_at = Moment(required=True)
    version = Whole(1, 2**31 - 1, required=True)


class ChildBrief(Shape):
    """A child in a caseload."""

    id = Id(required=True)
    given_name = Line(100, required=True)
    family_name = Line(100, required=True)


class MeetingBrief(Shape):
    """A meeting in a caseload."""

    id = Id(required=True)
    starts_at = Moment(required=True)
    kind = Line(20, required=True)


class CaseloadLine(Shape):
    """One case with its weight and its nearest meetings."""

    case = Part(CaseBrief, required=True)
    child = Part(ChildBrief, required=True)
    complexity = Choice(Complexity, required=True)
    weight = Amount(required=True)
    next_meeting = Part(MeetingBrief, required=True, allow_none=True)
    last_meeting = Part(MeetingBrief, required=True, allow_none=True)
    rhythm = Part(Rhythm, required=True, allow_none=True)
    duties = fields.List(Line(500), required=True)


class Caseload(Load):
    """A specialist's open cases, weighed."""

    cases = fields.List(Part(CaseloadLine), required=True)


class TeamLoad(Load):
    """A specialist of the team with load and number of cases."""

    cases = Whole(0, 1000, required=True)


class Team(Shape):
    """The specialists of the asking supervisor's team."""

    items = fields.List(Part(TeamLoad), required=True)
    next = Line(500, required=True, allow_none=True)


class Weights(Shape):
    """The weight of a case of each complexity."""

    low = Amount(0.01, 100, required=True)
    standard = Amount(0.01, 100, required=True)
    high = Amount(0.01, 100, required=True)
    crisis = Amount(0.01, 100, required=True)


class MakePolicy(Shape):
    """Weights and limits from a day on."""

    id = Id()
    valid_from = Day(required=True)
    weights = Part(Weights, required=True)
    minimum = Amount(0, 1000, required=True)
    nominal = Amount(0, 1000, required=True)
    maximum = Amount(0.01, 1000, required=True)


class PolicyView(MakePolicy):
    """A load policy."""

    id = Id(required=True)
    created_at = Moment(required=True)


class PoliciesList(Shape):
    """All load policies, the one that begins last first."""

    items = Several(Part(PolicyView), most=1000, required=True)
    next = Line(500, required=True, allow_none=True)
