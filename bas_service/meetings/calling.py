"""What whoever telephones instead of a text needs, number and words; and that they say whom they told (D6)."""

from typing import Any

from bas_service.announcements.rules import Reason, Told
from bas_service.announcements.speaking import ToSay, words_to_say
from bas_service.duties.models import Duty
from bas_service.duties.queries import own_duties_shown
from bas_service.duties.service import duty_finishing
from bas_service.meetings import rules, unreached_queries
from bas_service.meetings.rules import MeetingState
from bas_service.meetings.unreached import KINDS
from bas_service.translation import Language

_REASONS = {
    MeetingState.PLANNED: Reason.CHANGED,
    MeetingState.CANCELLED: Reason.CANCELLED,
    MeetingState.UNDER_WAY: Reason.EXTENDED,
}
_FACTS = ("given_name", "kind", "starts_at", "expected_minutes", "place_type", "place_name", "place_address")


def listen() -> None:
    """Follow what happens to duties; called once where the application is put together."""
    own_duties_shown.connect(_on_own_duties_shown, weak=False)
    duty_finishing.connect(_on_duty_finishing, weak=False)


def _on_own_duties_shown(_sender: Any, *, lines: list[dict[str, Any]]) -> None:
    """Write into open duties of telling whom to call, and what to say; three statements, however many they are."""
    telling = {line["id"]: line for line in lines if line["kind"] in KINDS and line["representative_id"]}
    if not telling:
        return
    calls = unreached_queries.calls_of(list(telling))
    for call, words in zip(calls, words_to_say([_said_in(call) for call in calls]), strict=True):
        # Where somebody reads, or answers, who must not learn the place nobody is to call.
        phone = None if call["is_sharing"] else call["phone"]
        telling[call["duty_id"]] |= {"representative": {"name": call["name"], "phone": phone}, "words": words}


def _on_duty_finishing(_sender: Any, *, duty: Duty) -> None:
    if duty.kind in KINDS and duty.details.get("representative_id"):
        raise rules.RepresentativeStillUntold(meeting_id=str(duty.about_id))


def _said_in(call: dict[str, Any]) -> ToSay:
    return ToSay(
        meeting_id=call["meeting_id"],
        representative_id=call["representative_id"],
        telling=call["telling"],
        language=Language(call["language"]),
        reason=_REASONS[MeetingState(call["state"])],
        told=Told(
            specialist_name=call["specialist_name"],
            specialist_phone=call["specialist_phone"],
            **{name: call[name] for name in _FACTS},
        ),
    )
