"""Shapes of requests, see-links and proofs."""

from marshmallow import fields

from bas_service.children.rules import Scope
from bas_service.http.fields import Choice, Day, Id, Line, Lines, Moment, Part, Shape, Whole
from bas_service.links.rules import Act, Factor, RequestState
from bas_service.messaging.rules import Channel, ShownState
from bas_service.translation import Language


class AskConsent(Shape):
    """What a representative is asked to agree to; ``institution`` null means any. They read ``purpose`` as it is."""

    id = Id()
    representative_id = Id(required=True)
    scope = Choice(Scope, required=True)
    institution = Line(300, allow_none=True)
    purpose = Line(500, required=True)
    valid_until = Day(allow_none=True)
    channel = Choice(Channel, required=True)


class ConsentRequestView(Shape):
    """A question to a representative, and how far it and its message have come.

    ``not_arrived`` says that its message failed, is in doubt or stuck: that is a duty, too. Answered with yes,
    ``consent_id`` is the consent. A question withdrawn by nobody lost its ground: the representation was suspended,
    its number changed, or the case was closed.
    """

    id = Id(required=True)
    child_id = Id(required=True)
    representative_id = Id(required=True)
    scope = Choice(Scope, required=True)
    institution = Line(300, required=True, allow_none=True)
    purpose = Line(500, required=True)
    valid_until = Day(required=True, allow_none=True)
    channel = Choice(Channel, required=True)
    state = Choice(RequestState, required=True)
    message_state = Choice(ShownState, required=True)
    created_at = Moment(required=True)
    created_by = Id(required=True)
    expires_at = Moment(required=True)
    opened_at = Moment(required=True, allow_none=True)
    answered_at = Moment(required=True, allow_none=True)
    consent_id = Id(required=True, allow_none=True)
    withdrawn_at = Moment(required=True, allow_none=True)
    withdrawn_by = Id(required=True, allow_none=True)
    version = Whole(1, 2**31 - 1, required=True)


class ConsentRequestsList(Shape):
    """All questions about a child."""

    items = fields.List(Part(ConsentRequestView), required=True)
    next = Line(500, required=True, allow_none=True)


class SendSeeLink(Shape):
    """How the link is sent."""

    id = Id()
    channel = Choice(Channel, required=True)


class SeeLinkView(Shape):
    """A link that shows a representative what is planned; the address itself is in their message only."""

    id = Id(required=True)
    child_id = Id(required=True)
    representative_id = Id(required=True)
    channel = Choice(Channel, required=True)
    message_state = Choice(ShownState, required=True)
    created_at = Moment(required=True)
    expires_at = Moment(required=True)
    opened_at = Moment(required=True, allow_none=True)


class ProofView(Shape):
    """What was shown and done, word for word: by whom, when, from where, and what they had to know.

    ``unaltered`` says whether it is still what was written down then.
    """

    id = Id(required=True)
    act = Choice(Act, required=True)
    at = Moment(required=True)
    language = Choice(Language, required=True)
    wording = Lines(20_000, required=True)
    wording_version = Line(20, required=True)
    representative_id = Id(required=True)
    channel = Choice(Channel, required=True)
    sent_to = Line(300, required=True, allow_none=True)
    factor = Choice(Factor, required=True)
    address = Line(100, required=True, allow_none=True)
    user_agent = Line(300, required=True, allow_none=True)
    unaltered = fields.Boolean(required=True)


class ProofsList(Shape):
    """The proofs of one consent."""

    items = fields.List(Part(ProofView), required=True)
    next = Line(500, required=True, allow_none=True)
