"""What kinds of duties there are, how they end, and in which words they are told."""

from datetime import date
from enum import StrEnum
from typing import Any

from bas_service.errors import Refusal
from bas_service.translation import Language, text_of


class DutyKind(StrEnum):
    """What is to be done; the name is also that of its words in the translation files."""

    # Somebody else looked into the child's file in an emergency: the team's supervisor judges whether rightly (D32).
    EMERGENCY_ACCESS = "emergency-access"
    # A case came from another specialist: read it, meet the child (D3).
    CASE_RECEIVED = "case-received"
    # An exception from the maximum is about to end: find room, or prolong it with a reason (D4).
    EXCEPTION_ENDS = "exception-ends"
    # The agreed rhythm of meetings was missed (D11).
    RHYTHM_MISSED = "rhythm-missed"
    # The child cannot be reached: after so many attempts it is the supervisor's (D10).
    CHILD_UNREACHABLE = "child-unreachable"
    # A meeting is under way past its announced end: the specialist is asked (D30) ...
    OVERDUE_RETURN = "overdue-return"
    # ... and, when nobody answers, the supervisor alarmed.
    OVERDUE_ALARM = "overdue-alarm"
    # A planned meeting whose time is over was neither started nor missed: record what became of it (D27).
    MEETING_UNSETTLED = "meeting-unsettled"
    # A planned accompaniment lost its consent: withdrawn, or the representation suspended (D7).
    CONSENT_LOST = "consent-lost"
    # A representative answered "no" to what was asked by a link: talk with them, or plan without (D25).
    CONSENT_REFUSED = "consent-refused"
    # A representative did not answer in time, or the link is locked: ask again, or otherwise (D25).
    CONSENT_UNANSWERED = "consent-unanswered"
    # The message with a link failed, stays in doubt or is stuck: send another, or ask otherwise (D25).
    LINK_NOT_ARRIVED = "link-not-arrived"
    # A representative took a consent back by a link: know of it before the next accompaniment (D25).
    CONSENT_WITHDRAWN = "consent-withdrawn"
    # A day of a series could not be planned: it overlaps, or its consent is missing.
    SERIES_NOT_PLANNED = "series-not-planned"
    # A day of a series became a meeting, and is a public holiday, or too much, or somebody is absent (D8, D9).
    SERIES_DAY_UNUSUAL = "series-day-unusual"
    # A representative does not know of a meeting in writing: tell them by telephone before it begins (D6).
    REPRESENTATIVE_UNREACHED = "representative-unreached"
    # Still nobody told them, and the meeting is near: now it is the supervisor's (D6).
    REPRESENTATIVE_UNREACHED_ESCALATED = "representative-unreached-escalated"
    # As turned out when it would have been over, a representative knew of a meeting that was off (D6).
    CANCELLATION_NOT_TOLD = "cancellation-not-told"
    # A representative answered by text message: read it (D16).
    REPRESENTATIVE_REPLIED = "representative-replied"


_TO_TELL = frozenset({DutyKind.REPRESENTATIVE_UNREACHED, DutyKind.REPRESENTATIVE_UNREACHED_ESCALATED})


class DutyState(StrEnum):
    """``open → done`` by a person, ``open → lapsed`` when its cause is gone."""

    OPEN = "open"
    DONE = "done"
    LAPSED = "lapsed"


class DutyEnded(Refusal):
    """The duty is not open any more; ``state`` says how it ended."""


DutyEnded.stands_for("duties_end_once", state="unknown")


def words_of(kind: DutyKind, details: dict[str, Any], language: Language) -> str:
    """A duty in a sentence; days among the details are spelled as people here write them."""
    spelled = {name: _spelled(value) for name, value in details.items()}
    if kind in _TO_TELL:
        # What was raised by code from before these was about meetings to come.
        spelled = {"what": "meeting", "ends": ""} | spelled
        about = {name: spelled[name] for name in ("what", "day", "clock", "ends")}
        spelled["news"] = text_of(language, "unreached-news", **about)
        spelled["by_when"] = text_of(language, "unreached-by-when", what=spelled["what"])
    return text_of(language, f"duty-{kind}", **spelled)


def _spelled(value: Any) -> Any:
    try:
        day = date.fromisoformat(value)
    except (TypeError, ValueError):
        return value
    return f"{day:%d.%m.%Y}"
