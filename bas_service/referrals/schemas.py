"""Shapes of referrals, screening forms, screenings and the waiting list."""

import re
from typing import Any

from marshmallow import ValidationError, fields

from bas_service.children.schemas import Email, Municipality
from bas_service.errors import Said
from bas_service.http.fields import (
    Choice,
    Day,
    Id,
    Line,
    Lines,
    Moment,
    Part,
    Several,
    Shape,
    Whole,
    YesNo,
)
from bas_service.http.paging import LONGEST_CURSOR, Page
from bas_service.referrals.rules import Kind, Likeness, Priority, ReferralState, Referrer, WaitsFor
from bas_service.translation import Language

MOST_QUESTIONS = 50
OLDEST = 120
# Which answers there are decides which may count: no schema says that.
_EXAMPLE = {
    "key": "addiction",
    "text": {"lv": "Vai ir atkarība?", "en": "Is there an addiction?", "ru": "Есть ли зависимость?"},
    "kind": "criterion",
    "options": None,
    "counting": ["yes"],
    "required": True,
}
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)


class Key(Line):
    """The name of a question or an answer, the same in all languages, e.g. ``at_risk``."""

    def __init__(self, **more: Any) -> None:
        super().__init__(40, metadata={"pattern": "^[a-z][a-z0-9_]{0,39}$"}, **more)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str) or not _KEY.fullmatch(value):
            raise ValidationError("key-expected")
        return value


class Answers(fields.Dict):
    """Answers by their questions' keys, as many as there are so far."""

    default_error_messages = {"invalid": "object-needed"}

    def __init__(self, **more: Any) -> None:
        super().__init__(values=Key(), metadata={"maxProperties": MOST_QUESTIONS}, **more)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, str]:
        if isinstance(value, dict) and len(value) > MOST_QUESTIONS:
            raise ValidationError(Said("too-long", most=MOST_QUESTIONS))
        try:
            answers: dict[str, str] = super()._deserialize(value, attr, data, **kwargs)
        except ValidationError as wrong:
            if not isinstance(wrong.messages, dict):
                raise
            # The library says {key: {"value": [...]}}: the place is the key.
            by_key = {key: found["value"] for key, found in wrong.messages.items()}
            raise ValidationError(by_key) from None
        return answers


class InAllLanguages(Shape):
    """What is read by people, in each of the three languages."""

    lv = Line(500, required=True)
    en = Line(500, required=True)
    ru = Line(500, required=True)


class Worded(Shape):
    """A key and the words for it."""

    key = Key(required=True)
    text = Part(InAllLanguages, required=True)


class Question(Worded):
    """A question; ``options`` null asks for yes or no, ``counting`` are the answers that count for its kind.

    A criterion is met, or the child is excluded, when one of the counting answers is given.
    """

    kind = Choice(Kind, required=True)
    options = Several(Part(Worded), least=2, most=20, allow_none=True, load_default=None)
    counting = Several(Key(), least=1, most=20, required=True)
    required = YesNo(load_default=True)


class MakeForm(Shape):
    """A screening form from a day on: ages (both inclusive), questions, reasons for declining."""

    id = Id()
    valid_from = Day(required=True)
    least_age = Whole(0, OLDEST, required=True)
    most_age = Whole(0, OLDEST, required=True)
    questions = Several(
        Part(Question), least=1, most=MOST_QUESTIONS, required=True, metadata={"examples": [[_EXAMPLE]]}
    )
    decline_reasons = Several(Part(Worded), least=1, most=50, required=True)


class FormView(MakeForm):
    """A screening form."""

    id = Id(required=True)
    created_at = Moment(required=True)


class FormsList(Shape):
    """All screening forms, the one that begins last first."""

    items = Several(Part(FormView), most=1000, required=True)
    next = Line(500, required=True, allow_none=True)


class ReferredBy(Shape):
    """Who refers the child; a number may be a landline with an extension, nobody texts it."""

    kind = Choice(Referrer, required=True)
    name = Line(300, required=True)
    phone = Line(60, allow_none=True, load_default=None)
    email = Email(allow_none=True, load_default=None)


class CorrectReferral(Shape):
    """What may be corrected while nothing is decided; of an accepted one only ``priority``."""

    referred_by = Part(ReferredBy)
    reason = Lines(5000)
    received_on = Day()
    given_name = Line(100)
    family_name = Line(100)
    birth_date = Day(allow_none=True)
    personal_code = Line(20, allow_none=True)
    municipality = Municipality()
    language = Choice(Language)
    priority = Choice(Priority)


class EnterReferral(Shape):
    """A child as it is referred; ``received_on`` is today when nothing is said."""

    id = Id()
    referred_by = Part(ReferredBy, required=True)
    reason = Lines(5000, required=True)
    received_on = Day()
    given_name = Line(100, required=True)
    family_name = Line(100, required=True)
    birth_date = Day(allow_none=True, load_default=None)
    personal_code = Line(20, allow_none=True, load_default=None)
    municipality = Municipality(required=True)
    language = Choice(Language, load_default=Language.LATVIAN)
    priority = Choice(Priority, load_default=Priority.NORMAL)


class SaveAnswers(Shape):
    """Answers to a form, the whole set so far; incomplete ones are kept as well."""

    form_id = Id(required=True)
    answers = Answers(required=True)


class AcceptReferral(Shape):
    """Accept the child; ``child_id`` names one known already, ``despite`` why the screening is overruled."""

    child_id = Id(allow_none=True, load_default=None)
    despite = Lines(2000, allow_none=True, load_default=None)


class DeclineReferral(Shape):
    """Why a child is declined: a key of the present form's reasons, and words of one's own."""

    reason = Key(required=True)
    words = Lines(2000, allow_none=True, load_default=None)


class DecisionWords(Shape):
    """What there is to say about it, if anything."""

    words = Lines(2000, allow_none=True, load_default=None)


class OutcomeView(Shape):
    """What the answers say; null where they do not say it yet."""

    meets_criteria = fields.Boolean(required=True, allow_none=True)
    excluded_by = Several(Key(), most=MOST_QUESTIONS, required=True)
    unanswered = Several(Key(), most=MOST_QUESTIONS, required=True)
    # A date of birth is taken as it was typed.
    age = fields.Integer(required=True, allow_none=True)
    of_age = fields.Boolean(required=True, allow_none=True)


class ScreeningView(SaveAnswers):
    """The answers saved last, and what they say."""

    created_at = Moment(required=True)
    created_by = Id(required=True)
    outcome = Part(OutcomeView, required=True)


class DuplicateView(Shape):
    """A child, or another referral, that might be the same child."""

    child_id = Id(required=True, allow_none=True)
    referral_id = Id(required=True, allow_none=True)
    given_name = Line(100, required=True)
    family_name = Line(100, required=True)
    birth_date = Day(required=True, allow_none=True)
    because = Choice(Likeness, required=True)


class ReferralBrief(Shape):
    """A referral in a list."""

    id = Id(required=True)
    state = Choice(ReferralState, required=True)
    priority = Choice(Priority, required=True)
    received_on = Day(required=True)
    given_name = Line(100, required=True)
    family_name = Line(100, required=True)
    birth_date = Day(required=True, allow_none=True)
    municipality = Municipality(required=True)
    child_id = Id(required=True, allow_none=True)
    version = Whole(1, 2**31 - 1, required=True)


class ReferralView(ReferralBrief):
    """A referral with its screening, its decision, and who might be the same child.

    ``known_elsewhere`` says that another team may know the child, and nothing more.
    """

    referred_by = Part(ReferredBy, required=True)
    reason = Lines(5000, required=True)
    personal_code = Line(20, required=True, allow_none=True)
    language = Choice(Language, required=True)
    screening = Part(ScreeningView, required=True, allow_none=True)
    decided_at = Moment(required=True, allow_none=True)
    decided_by = Id(required=True, allow_none=True)
    decision_words = Lines(2000, required=True, allow_none=True)
    decline_reason = Key(required=True, allow_none=True)
    decline_form_id = Id(required=True, allow_none=True)
    despite = Lines(2000, required=True, allow_none=True)
    possible_duplicates = Several(Part(DuplicateView), most=20, required=True)
    known_elsewhere = fields.Boolean(required=True)
    created_at = Moment(required=True)
    created_by = Id(required=True)


class ReferralsPage(Shape):
    """A page of referrals, the latest received first."""

    items = Several(Part(ReferralBrief), most=200, required=True)
    next = Line(LONGEST_CURSOR, required=True, allow_none=True)


class ReferralsFilter(Page):
    """Which referrals are listed."""

    state = Choice(ReferralState)
    municipality = Municipality()


class WaitingFilter(Page):
    """Whose waiting list is shown."""

    municipality = Municipality()


class ReferralVersion(Shape):
    """The referral that put a child on the list, with the version to change its priority on."""

    id = Id(required=True)
    version = Whole(1, 2**31 - 1, required=True)


class WaitingLine(Shape):
    """A child that waits, for a decision or for a case, and how long it has; days are counted in Riga."""

    waits_for = Choice(WaitsFor, required=True)
    child_id = Id(required=True, allow_none=True)
    referral = Part(ReferralVersion, required=True, allow_none=True)
    given_name = Line(100, required=True)
    family_name = Line(100, required=True)
    age = fields.Integer(required=True, allow_none=True)
    municipality = Municipality(required=True)
    language = Choice(Language, required=True)
    priority = Choice(Priority, required=True)
    waiting_since = Day(required=True)
    waiting_days = fields.Integer(required=True)


class WaitingPage(Shape):
    """A page of the waiting list: by priority, then whoever waits longest."""

    items = Several(Part(WaitingLine), most=200, required=True)
    next = Line(LONGEST_CURSOR, required=True, allow_none=True)
