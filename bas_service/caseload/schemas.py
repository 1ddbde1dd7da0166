"""Shapes of cases, caseloads, load policies."""

from marshmallow import fields, validate

from bas_service.caseload.rules import CaseState, Complexity, Means, Per
from bas_service.duties.rules import DutyKind
from bas_service.http.fields import Amount, Choice, Day, Id, Line, Lines, Moment, Part, Several, Shape, Whole, YesNo
from bas_service.http.paging import LONGEST_CURSOR, Page


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
    """Why a case ends, by the key of one of the policy's reasons for closing, and what came of it."""

    reason = Line(40, required=True)
    outcome = Lines(5000, load_default=None, allow_none=True)
    # What is planned is cancelled with it, of which the representatives are told; without this it refuses.
    cancel_meetings = YesNo(load_default=False)


class ReopenCase(Shape):
    """Why a closed case goes on, and with whom."""

    reason = Lines(2000, required=True)
    specialist_id = Id()
    exceeding = Part(Exceeding, allow_none=True)


class Substitute(Shape):
    """Who stands in: for one child, or for all of the absent specialist's when none is named."""

    specialist_id = Id(required=True)
    child_id = Id(allow_none=True)


class EnterAbsence(Shape):
    """A specialist's days away, the first and the last one included, and who stands in."""

    id = Id()
    specialist_id = Id(required=True)
    valid_from = Day(required=True)
    valid_until = Day(required=True)
    reason = Lines(2000, allow_none=True)
    substitutes = fields.List(Part(Substitute), load_default=list, validate=validate.Length(max=100))


class ChangeAbsence(Shape):
    """What may change in an absence; ``substitutes`` replaces all of them."""

    valid_until = Day()
    reason = Lines(2000, allow_none=True)
    substitutes = fields.List(Part(Substitute), validate=validate.Length(max=100))


class SubstituteView(Shape):
    """Somebody who stands in, by name."""

    specialist_id = Id(required=True)
    name = Line(200, required=True)
    child_id = Id(required=True, allow_none=True)


class AbsencesFilter(Page):
    """Absences on a day, or all that are not over; of one specialist, or of all that one may know of."""

    on = Day()
    specialist_id = Id()


class LeaveMove(Shape):
    """Who takes a case over."""

    case_id = Id(required=True)
    to_specialist_id = Id(required=True)


class Leave(Shape):
    """Why a specialist leaves, and who takes over each of their cases."""

    reason = Lines(2000, required=True)
    moves = fields.List(Part(LeaveMove), load_default=list, validate=validate.Length(max=100))


class Left(Shape):
    """What became of a leaving specialist's cases."""

    specialist_id = Id(required=True)
    cases_handed_over = Whole(0, 1000, required=True)


class RecordAttempt(Shape):
    """An attempt to reach a child: now, when no moment is given."""

    id = Id()
    tried_at = Moment()
    means = Choice(Means, required=True)
    reached = YesNo(required=True)
    note = Lines(2000, allow_none=True)


class AttemptView(RecordAttempt):
    """An attempt to reach a child."""

    id = Id(required=True)
    child_id = Id(required=True)
    account_id = Id(required=True)
    tried_at = Moment(required=True)
    note = Lines(2000, required=True, allow_none=True)


class AttemptsList(Shape):
    """All attempts to reach a child, the latest first."""

    items = Several(Part(AttemptView), most=1000, required=True)
    next = Line(500, required=True, allow_none=True)


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


class AbsenceView(Shape):
    """An absence; `uncovered` counts the specialist's children for whom nobody stands in."""

    id = Id(required=True)
    specialist = Part(Specialist, required=True)
    valid_from = Day(required=True)
    valid_until = Day(required=True)
    ended_at = Moment(required=True, allow_none=True)
    reason = Lines(2000, required=True, allow_none=True)
    substitutes = fields.List(Part(SubstituteView), required=True)
    uncovered = Whole(0, 1000, required=True)
    version = Whole(1, 2**31 - 1, required=True)


class AbsencesPage(Shape):
    """Absences by their first day."""

    items = fields.List(Part(AbsenceView), required=True)
    next = Line(LONGEST_CURSOR, required=True, allow_none=True)


class ExceptedCase(Shape):
    """A case that may stand above the maximum, and the last day on which it may."""

    case_id = Id(required=True)
    until = Day(required=True)


class Over(Shape):
    """By how much a load is above the maximum, and whether exceptions in force explain it."""

    by = Amount(most=100_000, required=True)
    excepted = fields.Boolean(required=True)
    exceptions = fields.List(Part(ExceptedCase), required=True)


class Load(Shape):
    """A specialist's load against the limits of today's policy; ``room`` is what is left to the maximum."""

    specialist = Part(Specialist, required=True)
    # "load" as a name of the class would hide the shape's own verb.
    weighed = Amount(required=True, data_key="load", attribute="load")
    minimum = Amount(required=True)
    nominal = Amount(required=True)
    maximum = Amount(required=True)
    room = Amount(required=True)
    over = Part(Over, required=True, allow_none=True)


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


class DutyBrief(Shape):
    """An open duty in a caseload."""

    id = Id(required=True)
    kind = Choice(DutyKind, required=True)
    due_at = Moment(required=True)


class CaseloadLine(Shape):
    """One case with its weight, its nearest meetings, and what is to be done.

    `rhythm_due_on` is the last day on which the next meeting keeps to the agreed rhythm.
    """

    case = Part(CaseBrief, required=True)
    child = Part(ChildBrief, required=True)
    complexity = Choice(Complexity, required=True)
    weight = Amount(required=True)
    next_meeting = Part(MeetingBrief, required=True, allow_none=True)
    last_meeting = Part(MeetingBrief, required=True, allow_none=True)
    rhythm = Part(Rhythm, required=True, allow_none=True)
    rhythm_due_on = Day(required=True, allow_none=True)
    duties = fields.List(Part(DutyBrief), required=True)


class StoodInFor(CaseloadLine):
    """A case of an absent colleague for whom one stands in today; it weighs on the colleague, not here."""

    specialist = Part(Specialist, required=True)


class Caseload(Load):
    """A specialist's open cases, weighed; and, in one's own, those of absent colleagues one stands in for."""

    cases = fields.List(Part(CaseloadLine), required=True)
    stood_in_for = fields.List(Part(StoodInFor), required=True)


class LeavingView(Shape):
    """What a specialist who leaves would leave behind."""

    specialist = Part(Specialist, required=True)
    cases = fields.List(Part(CaseloadLine), required=True)
    duties = Whole(0, 10_000, required=True)
    substitutions = Whole(0, 10_000, required=True)


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


class PolicyValues(Shape):
    """Weights and limits from a day on."""

    valid_from = Day(required=True)
    weights = Part(Weights, required=True)
    minimum = Amount(0, 1000, required=True)
    nominal = Amount(0, 1000, required=True)
    maximum = Amount(0.01, 1000, required=True)


class MakePolicy(PolicyValues):
    """Weights and limits from a day on; a client may send the policy's id."""

    id = Id()


class PolicyView(PolicyValues):
    """A load policy."""

    id = Id(required=True)
    created_at = Moment(required=True)


class PoliciesList(Shape):
    """All load policies, the one that begins last first."""

    items = Several(Part(PolicyView), most=1000, required=True)
    next = Line(500, required=True, allow_none=True)
