"""Shapes of children, representatives, protected places, consents."""

import re
from typing import Any

from marshmallow import ValidationError, fields

from bas_service.access.rules import Role
from bas_service.children.municipalities import MUNICIPALITIES
from bas_service.children.rules import Means, NotReached, Relation, RepresentativeState, Scope
from bas_service.errors import Said
from bas_service.http.fields import Choice, Day, Id, Line, Lines, Moment, Part, Several, Shape, Whole
from bas_service.http.paging import LONGEST_CURSOR, Page
from bas_service.messaging.phone_numbers import NotAPhoneNumber, to_e164
from bas_service.messaging.rules import BarReason, Channel
from bas_service.translation import Language

_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[\w-]{1,63}\.){1,8}[\w-]{2,63}")


class Municipality(Line):
    """A municipality's code, ISO 3166-2:LV, e.g. ``LV-RIX``."""

    def __init__(self, **more: Any) -> None:
        super().__init__(6, metadata={"enum": sorted(MUNICIPALITIES)}, **more)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        code = super()._deserialize(value, attr, data, **kwargs)
        if code not in MUNICIPALITIES:
            raise ValidationError(Said("municipality-unknown"))
        return code


class Phone(Line):
    """A telephone number in any usual spelling; goes out as E.164."""

    def __init__(self, **more: Any) -> None:
        super().__init__(40, **more)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        try:
            return to_e164(super()._deserialize(value, attr, data, **kwargs))
        except NotAPhoneNumber as wrong:
            raise ValidationError(Said(f"phone-{wrong.reason.replace('_', '-')}")) from None


class Email(Line):
    """An e-mail address."""

    def __init__(self, **more: Any) -> None:
        super().__init__(254, **more)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        address = super()._deserialize(value, attr, data, **kwargs)
        if not _EMAIL.fullmatch(address):
            raise ValidationError("email-expected")
        return address


class CorrectChild(Shape):
    """What may be corrected of a child."""

    given_name = Line(100)
    family_name = Line(100)
    birth_date = Day()
    personal_code = Line(20, allow_none=True)
    municipality = Municipality()
    language = Choice(Language)
    home_address = Line(300, allow_none=True)
    school = Line(200, allow_none=True)


class EnterChild(Shape):
    """A child entered into the service."""

    id = Id()
    given_name = Line(100, required=True)
    family_name = Line(100, required=True)
    birth_date = Day(required=True)
    personal_code = Line(20, allow_none=True)
    municipality = Municipality(required=True)
    language = Choice(Language, load_default=Language.LATVIAN)


class ChildView(Shape):
    """A child; ``waiting`` until the first case."""

    id = Id(required=True)
    given_name = Line(100, required=True)
    family_name = Line(100, required=True)
    birth_date = Day(required=True)
    personal_code = Line(20, required=True, allow_none=True)
    municipality = Municipality(required=True)
    language = Choice(Language, required=True)
    home_address = Line(300, required=True, allow_none=True)
    school = Line(200, required=True, allow_none=True)
    waiting = fields.Boolean(required=True)
    created_at = Moment(required=True)
    version = Whole(1, 2**31 - 1, required=True)


class ChildrenPage(Shape):
    """A page of children."""

    items = Several(Part(ChildView), most=200, required=True)
    next = Line(LONGEST_CURSOR, required=True, allow_none=True)


class ChildrenFilter(Page):
    """Which children are listed."""

    search = Line(100, metadata={"description": "Parts of the name; case and diacritics do not matter"})


class LookView(Shape):
    """Somebody's look at a child: who, from which device, under which responsibility, doing what (D32)."""

    at = Moment(required=True)
    account_id = Id(required=True)
    name = Line(200, required=True)
    role = Choice(Role, required=True)
    device_name = Line(100, required=True, allow_none=True)
    because = Line(20, required=True)
    action = Line(100, required=True)
    changed = fields.Boolean(required=True)
    request_id = Line(64, required=True)


class LooksPage(Shape):
    """A page of looks, the latest first."""

    items = fields.List(Part(LookView), required=True)
    next = Line(500, required=True, allow_none=True)


class CorrectRepresentative(Shape):
    """What may be corrected of a representative."""

    name = Line(200)
    relation = Choice(Relation)
    phone = Phone(allow_none=True)
    email = Email(allow_none=True)
    language = Choice(Language)
    channels = Several(Choice(Channel), least=1, most=2)
    valid_from = Day()
    valid_until = Day(allow_none=True)


class AddRepresentative(Shape):
    """Somebody who represents the child; ``channels`` in the order they are tried."""

    id = Id()
    name = Line(200, required=True)
    relation = Choice(Relation, required=True)
    phone = Phone(allow_none=True)
    email = Email(allow_none=True)
    language = Choice(Language, load_default=Language.LATVIAN)
    channels = Several(Choice(Channel), least=1, most=2, required=True)
    valid_from = Day()
    valid_until = Day(allow_none=True)


class RepresentativeView(Shape):
    """A representative of a child."""

    id = Id(required=True)
    child_id = Id(required=True)
    name = Line(200, required=True)
    relation = Choice(Relation, required=True)
    phone = Phone(required=True, allow_none=True)
    email = Email(required=True, allow_none=True)
    language = Choice(Language, required=True)
    channels = Several(Choice(Channel), most=2, required=True)
    valid_from = Day(required=True)
    valid_until = Day(required=True, allow_none=True)
    state = Choice(RepresentativeState, required=True)
    state_reason = Lines(2000, required=True, allow_none=True)
    state_basis = Line(500, required=True, allow_none=True)
    state_changed_at = Moment(required=True, allow_none=True)
    version = Whole(1, 2**31 - 1, required=True)


class BarView(Shape):
    """A channel by which nothing is sent to this person's address there, and why."""

    channel = Choice(Channel, required=True)
    reason = Choice(BarReason, required=True)


class ReachView(RepresentativeView):
    """A representative, and whether they are told of a meeting planned now."""

    # in the order in which they are tried
    reachable = Several(Choice(Channel), most=2, required=True)
    not_reached_because = Choice(NotReached, required=True, allow_none=True)
    barred = Several(Part(BarView), most=20, required=True)


class RepresentativesList(Shape):
    """All representatives of a child."""

    items = Several(Part(ReachView), most=1000, required=True)
    next = Line(500, required=True, allow_none=True)


class StateReason(Shape):
    """Why, and on what basis, e.g. the orphan's court's decision and its number."""

    reason = Lines(2000, required=True)
    basis = Line(500, required=True)


class ProtectPlace(Shape):
    """From whom the child's place is protected, and why."""

    id = Id()
    from_representative_id = Id(required=True)
    reason = Lines(2000, required=True)


class ProtectedPlaceView(ProtectPlace):
    """A protected place."""

    id = Id(required=True)
    child_id = Id(required=True)
    created_at = Moment(required=True)


class TakeConsent(Shape):
    """What a representative agreed to; ``institution`` null means any.

    Of one on paper or by word of mouth: who saw it given, where the paper is kept, whatever else is worth knowing.
    """

    id = Id()
    representative_id = Id(required=True)
    scope = Choice(Scope, required=True)
    institution = Line(300, allow_none=True)
    given_at = Moment(required=True)
    means = Choice(Means, required=True)
    valid_until = Day(allow_none=True)
    witness = Line(200, allow_none=True)
    kept_at = Line(300, allow_none=True)
    note = Lines(2000, allow_none=True)


class ConsentView(Shape):
    """A consent; withdrawn when ``withdrawn_at`` is set."""

    id = Id(required=True)
    child_id = Id(required=True)
    representative_id = Id(required=True)
    scope = Choice(Scope, required=True)
    institution = Line(300, required=True, allow_none=True)
    given_at = Moment(required=True)
    means = Choice(Means, required=True)
    valid_until = Day(required=True, allow_none=True)
    witness = Line(200, required=True, allow_none=True)
    kept_at = Line(300, required=True, allow_none=True)
    note = Lines(2000, required=True, allow_none=True)
    withdrawn_at = Moment(required=True, allow_none=True)
    version = Whole(1, 2**31 - 1, required=True)


class ConsentsList(Shape):
    """All consents for a child."""

    items = Several(Part(ConsentView), most=1000, required=True)
    next = Line(500, required=True, allow_none=True)
