"""Shapes of what the pages' forms and addresses give."""

from bas_service.caseload.rules import Complexity
from bas_service.http.fields import Choice, Day, Id, Line, Lines, Secret, Shape, Whole


class SignIn(Shape):
    """E-mail, password, and a one-time or recovery code where the account uses them."""

    email = Line(254, required=True)
    password = Secret(required=True)
    code = Line(30)


class Chosen(Shape):
    """What is chosen so far, before a child is given to somebody."""

    child_id = Id(required=True)
    specialist_id = Id()
    complexity = Choice(Complexity)


class Successor(Shape):
    """To whom a case shall go, when that is chosen already."""

    to_specialist_id = Id()


class Exceeding(Shape):
    """Why, and until which day, a case may stand above the maximum; both or neither."""

    exceeding_reason = Lines(2000)
    exceeding_until = Day()


class Assign(Exceeding):
    """A child that waits, and to whom it is given; ``id`` is the new case's."""

    id = Id(required=True)
    child_id = Id(required=True)
    specialist_id = Id(required=True)
    complexity = Choice(Complexity, required=True)


class Transfer(Exceeding):
    """To whom a case goes and why, and the version of the case that the form showed."""

    version = Whole(1, 2**31 - 1, required=True)
    to_specialist_id = Id(required=True)
    reason = Lines(2000, required=True)
