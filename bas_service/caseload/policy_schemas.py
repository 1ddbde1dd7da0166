"""Shapes of the policy of casework, and of what a load policy would do."""

import re
from typing import Any

from marshmallow import ValidationError, fields

from bas_service.caseload.policy_rules import PolicyKind, Standing
from bas_service.caseload.schemas import Rhythm, Specialist
from bas_service.http.fields import Amount, Choice, Day, Id, Line, Moment, Part, Several, Shape, Whole, YesNo

_SPELLING = "[a-z][a-z0-9_]{1,39}"
_MOST_SPECIALISTS = 1_000_000


class Rhythms(Shape):
    """How often meetings are agreed when nobody agrees otherwise, for each complexity."""

    low = Part(Rhythm, required=True)
    standard = Part(Rhythm, required=True)
    high = Part(Rhythm, required=True)
    crisis = Part(Rhythm, required=True)


class ReasonText(Shape):
    """A text that people read, in every language of the service."""

    lv = Line(200, required=True)
    en = Line(200, required=True)
    ru = Line(200, required=True)


class Key(Line):
    """A name that statistics count by: small letters, digits, underscores."""

    def __init__(self, **more: Any) -> None:
        super().__init__(40, metadata={"pattern": f"^{_SPELLING}$"}, **more)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        key = super()._deserialize(value, attr, data, **kwargs)
        if not re.fullmatch(_SPELLING, key):
            raise ValidationError("key-expected")
        return key


class CloseReason(Shape):
    """A reason for closing, and whether closing for it needs an outcome in words."""

    key = Key(required=True)
    text = Part(ReasonText, required=True)
    outcome_needed = YesNo(required=True)


class MakeCaseworkPolicy(Shape):
    """Rhythms, reasons and periods from a day on; what is left out stays as it would be on that day."""

    id = Id()
    valid_from = Day(required=True)
    rhythms = Part(Rhythms)
    close_reasons = Several(Part(CloseReason), least=1, most=50)
    failed_attempts = Whole(1, 20, metadata={"description": "In a row, until the supervisor has to act"})
    exception_reminder_days = Whole(1, 90, metadata={"description": "Before an exception from the maximum ends"})
    overdue_ask_minutes = Whole(1, 240, metadata={"description": "After a meeting's end, until somebody asks"})
    overdue_alarm_minutes = Whole(2, 480, metadata={"description": "... until the supervisor is alarmed"})


class CaseworkPolicyView(Shape):
    """A policy of casework."""

    id = Id(required=True)
    valid_from = Day(required=True)
    rhythms = Part(Rhythms, required=True)
    close_reasons = fields.List(Part(CloseReason), required=True)
    failed_attempts = Whole(1, 20, required=True)
    exception_reminder_days = Whole(1, 90, required=True)
    overdue_ask_minutes = Whole(1, 240, required=True)
    overdue_alarm_minutes = Whole(2, 480, required=True)
    created_at = Moment(required=True)


class CaseworkPoliciesList(Shape):
    """All policies of casework, the one that begins last first."""

    items = fields.List(Part(CaseworkPolicyView), required=True)
    next = Line(500, required=True, allow_none=True)


class WithdrawnPolicyView(Shape):
    """A policy that was taken back before it began."""

    id = Id(required=True)
    kind = Choice(PolicyKind, required=True)
    valid_from = Day(required=True)
    withdrawn_at = Moment(required=True)
    withdrawn_by = Id(required=True)


class Standings(Shape):
    """How many specialists there are, and how their loads stand to the limits."""

    specialists = Whole(0, _MOST_SPECIALISTS, required=True)
    below = Whole(0, _MOST_SPECIALISTS, required=True)
    within = Whole(0, _MOST_SPECIALISTS, required=True)
    above = Whole(0, _MOST_SPECIALISTS, required=True)


class Affected(Shape):
    """A specialist whom the policy puts elsewhere, or leaves above the maximum."""

    specialist = Part(Specialist, required=True)
    cases = Whole(0, 1_000_000, required=True)
    load_now = Amount(most=100_000, required=True)
    load_then = Amount(most=100_000, required=True)
    standing_now = Choice(Standing, required=True)
    standing_then = Choice(Standing, required=True)


class TeamEffect(Shape):
    """What a policy does to a team; `affected` is for the team's supervisor only, null for others."""

    supervisor = Part(Specialist, required=True, allow_none=True)
    now = Part(Standings, required=True)
    then = Part(Standings, required=True)
    affected = fields.List(Part(Affected), required=True, allow_none=True)


class PolicyEffect(Shape):
    """Today's open cases under the policy of today (`now`) and under the one asked about (`then`)."""

    valid_from = Day(required=True)
    now = Part(Standings, required=True)
    then = Part(Standings, required=True)
    teams = fields.List(Part(TeamEffect), required=True)
