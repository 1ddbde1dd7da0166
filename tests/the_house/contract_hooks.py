"""What schemathesis is told of this service: plausible values, who is signed in, which refusals are right.

Loaded by the command ``schemathesis`` (see ``test_contract.py``), never by pytest.
"""

import json
import os
import re
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import schemathesis
from hypothesis import strategies as st

from bas_service import clock
from bas_service.announcements.template_rules import ALLOWED, NEEDED, spelled
from bas_service.translation import Language, text_of

FACTS = json.loads(Path(os.environ["BAS_TEST_CONTRACT"]).read_text())
NOW = datetime.now(UTC).replace(microsecond=0)
ANSWERED = Path(os.environ["BAS_TEST_CONTRACT"]).with_name("answered.json")

# A random moment lies in a year in which nothing can be planned, a random day makes no child of ten.
schemathesis.openapi.format(
    "date-time", st.integers(-400, 400).map(lambda days: (NOW + timedelta(days=days, minutes=days)).isoformat())
)
schemathesis.openapi.format(
    "date",
    (st.integers(0, 400) | st.integers(-16 * 365, -8 * 365)).map(
        lambda days: (clock.today() + timedelta(days=days)).isoformat()
    ),
)

# The first policy's reasons for closing a case.
CLOSE_REASONS = ("goal_reached", "turned_18", "moved_abroad", "cooperation_avoided", "representative_refused")
CLOSE_REASONS += ("exclusion_factor", "other")

# Why a request that fits the specification may be refused as unusable all the same: each is a rule about several
# members, about what is there already, or about the day. Whatever else is refused is a gap in the specification.
BEYOND_A_SCHEMA = {
    "absence-too-long": {"days": 366},
    "alarm-before-question": {},
    "accompaniment-needed": {},
    "accompaniment-not-for-sessions": {},
    "answer-left-over-needed": {},
    "answer-unknown": {},
    "appointment-not-on-that-day": {},
    "age-outside-target-group": {"least": 6, "most": 17},
    "channel-not-offered": {},
    "child-not-of-specialist": {},
    "close-reason-unknown": {"choices": ", ".join(CLOSE_REASONS)},
    "criterion-needed": {},
    "cursor-unusable": {},
    "decline-reason-unknown": {},
    "day-or-period": {},
    "day-not-of-start": {},
    "rule-count-or-until": {},
    "rule-days-one-way": {},
    "rule-month-days": {},
    "rule-over-before-beginning": {},
    "rule-places": {},
    "rule-places-of-weekdays": {},
    "rule-until-unreadable": {},
    "rule-week-begins": {},
    "rule-weekdays-unusable": {"days": "MO, TU, WE, TH, FR, SA, SU"},
    "rule-weekdays-weekly": {},
    "rule-without-days": {},
    "series-start-before-from": {},
    "day-in-the-past": {},
    "email-expected": {},
    "email-needed-for-email": {},
    "end-before-beginning": {},
    "entries-repeat": {},
    "form-unknown": {},
    "hours-not-rising": {},
    "quiet-hours-halved": {},
    "figures-of-specialists-for-their-supervisor": {},
    "limits-not-rising": {},
    "meeting-for-travel-only": {},
    "meeting-of-somebody-else": {},
    "meeting-too-long": {"most": 24},
    "moment-before-there-was-this-to-tell": {},
    "moment-in-the-future": {},
    "note-needed": {},
    "most-below-least": {},
    "outcome-needed": {},
    "period-ends-before-it-begins": {},
    "period-too-long": {"days": 366},
    "personal-code-wrong": {},
    "phone-country-not-allowed": {},
    "phone-extension": {},
    "phone-invalid": {},
    "account-email": {},
    "account-email-taken": {},
    "account-password": {"least": 12},
    "one-time-code-wrong": {},
    "password-guessable": {},
    "phone-needed-for-sms": {},
    "phone-not-mobile": {},
    "phone-unreadable": {},
    "place-needs-words": {},
    "question-unknown": {},
    "address-barred": {},
    "representative-not-to-be-asked": {},
    "range-too-long": {"days": 31},
    "representative-not-to-be-told": {},
    "representative-of-another-child": {},
    "rhythms-not-rising": {},
    "specialist-not-of-team": {},
    "specialist-the-same": {},
    "start-in-the-past": {},
    "start-too-far-ahead": {"days": 366},
    "start-too-long-ago": {"days": 366},
    "told-before-laid-out": {},
    "template-holds-link": {},
    "template-not-seen": {},
    "template-too-long": {"most": 6},
    "template-too-long-at-worst": {"most": 1600},
    "template-unseen-characters": {},
    "until-before-from": {},
    # so many days of a history, which depends on two of them and the step
    "too-long": {"most": 400},
    "weights-not-rising": {},
}
SAID = {text_of(Language.LATVIAN, name, **values) for name, values in BEYOND_A_SCHEMA.items()}
# Of a meeting called off: one of the reasons of the first policy.
OFTEN = ["child_ill", "child_refused", "representative_cancelled", "specialist_ill", "institution_moved"]
OFTEN += ["weather_or_transport"]
REASONS = ([*OFTEN, "planned_by_mistake", "other"], ["child_did_not_come", *OFTEN, "other"])
SAID |= {text_of(Language.LATVIAN, "reason-unknown", choices=", ".join(keys)) for keys in REASONS}
# Of a wording, what it must and may hold depends on what it tells.
SAID |= {text_of(Language.LATVIAN, "template-field-lacking", names=spelled(names)) for names in NEEDED.values()}
SAID |= {text_of(Language.LATVIAN, "template-braces", choices=spelled(names)) for names in ALLOWED.values()}

# What names a piece of what was sent, or a day computed from it: whatever stands in those places.
NAMING = {
    "first-day-not-of-rule": ["day"],
    "rule-frequency": ["choices"],
    "rule-number": ["part", "least", "most"],
    "rule-only-monthly": ["part"],
    "rule-part-twice": ["part"],
    "rule-part-unknown": ["part", "parts"],
    "template-field-unknown": ["name", "choices"],
}
SPELLED = [
    re.compile(re.escape(text_of(Language.LATVIAN, name, **dict.fromkeys(places, "¤"))).replace("¤", ".*"), re.DOTALL)
    for name, places in NAMING.items()
]

# A session ends with its sign-out, a refresh token with its use: each such request comes with one of its own.
SPENT_BY_USE = {"access_sign_out": iter(FACTS["access_tokens"]), "access_refresh": iter(FACTS["refresh_tokens"])}
answered: defaultdict[str, Counter[str]] = defaultdict(Counter)


@schemathesis.auth(refresh_interval=None)
class SignedIn:
    """Signs each request in as the account that the run is about."""

    def get(self, case: schemathesis.Case, context: schemathesis.AuthContext) -> str:
        """A token that is good for this operation."""
        operation = context.operation.definition.raw["operationId"]
        return next(SPENT_BY_USE[operation]) if operation in SPENT_BY_USE else FACTS["access_token"]

    def set(self, case: schemathesis.Case, data: str, context: schemathesis.AuthContext) -> None:
        """Send it along."""
        case.headers["Authorization"] = f"Bearer {data}"


def is_known(detail: str) -> bool:
    """Whether a request that fits the specification may be refused in these words."""
    return detail in SAID or any(pattern.fullmatch(detail) for pattern in SPELLED)


@schemathesis.check
def refused_only_for_what_no_schema_says(
    ctx: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case
) -> None:
    """A request that fits the specification is found unusable only for one of the reasons above."""
    is_positive = case.meta is not None and case.meta.generation.mode.is_positive
    if is_positive and response.status_code == 422:
        others = [error for error in response.json()["errors"] if not is_known(error["detail"])]
        assert others == [], "the specification does not say that this is refused"


@schemathesis.hook
def after_call(context: schemathesis.HookContext, case: schemathesis.Case, response: schemathesis.Response) -> None:
    """Count the answers, for the test to see that the run got past the gates."""
    if response.request.method == case.operation.method.upper():
        answered[case.operation.definition.raw["operationId"]][str(response.status_code)] += 1
        ANSWERED.write_text(json.dumps(answered))
