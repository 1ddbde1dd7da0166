"""Shapes of duties."""

from enum import StrEnum

from marshmallow import fields

from bas_service.duties.rules import DutyKind, DutyState
from bas_service.http.fields import Choice, Id, Line, Lines, Moment, Part, Shape, Whole
from bas_service.http.paging import Page


class Whose(StrEnum):
    """Whose duties a list shows: one's own, or those about all children in sight."""

    OWN = "own"
    ALL = "all"


class DutiesFilter(Page):
    """Which duties are wanted."""

    whose = Choice(Whose, load_default=Whose.OWN)
    state = Choice(DutyState, load_default=DutyState.OPEN)
    child_id = Id()


class FinishDuty(Shape):
    """What was done, in a few words."""

    note = Lines(2000, allow_none=True)


class ChildNamed(Shape):
    """A child by name."""

    id = Id(required=True)
    given_name = Line(100, required=True)
    family_name = Line(100, required=True)


class AccountNamed(Shape):
    """Somebody who signs in, by name."""

    id = Id(required=True)
    name = Line(200, required=True)


class RepresentativeToCall(Shape):
    """Whom to call; without a `phone` there is none, or somebody reads there who must not learn the place."""

    name = Line(200, required=True)
    phone = Line(50, required=True, allow_none=True)


class DutyView(Shape):
    """A duty; `about_id` is the id of what it is about: a case, a meeting, a representative, an emergency grant, ...

    Of a consent refused or not answered, and of a link that did not arrive, it is that of the request, or of the link
    to what is planned. `representative_id` says who is to be told, or
    whose consent it is, where it is about somebody. Of an open one to tell somebody of a meeting its owner gets
    `representative`, whom to call, and `words`, what a text message would have said, in that person's language; both
    are null for everybody else, and when the representative may not be told any more.
    """

    id = Id(required=True)
    kind = Choice(DutyKind, required=True)
    text = Lines(1000, required=True)
    child = Part(ChildNamed, required=True)
    account = Part(AccountNamed, required=True)
    about_id = Id(required=True)
    representative_id = Id(required=True, allow_none=True)
    representative = Part(RepresentativeToCall, required=True, allow_none=True)
    words = Lines(5000, required=True, allow_none=True)
    raised_at = Moment(required=True)
    due_at = Moment(required=True)
    state = Choice(DutyState, required=True)
    ended_at = Moment(required=True, allow_none=True)
    note = Lines(2000, required=True, allow_none=True)
    version = Whole(1, 2**31 - 1, required=True)


class DutiesPage(Shape):
    """Duties by the moment they are due."""

    items = fields.List(Part(DutyView), required=True)
    next = Line(4000, required=True, allow_none=True)
