"""What a person says on the telephone instead of a text message, in the words of the text message (D6, D31)."""

import uuid
from dataclasses import dataclass
from typing import Any

from bas_service.announcements import queries, rules
from bas_service.announcements.rules import Reason, Told
from bas_service.messaging.segments import DiacriticsPolicy
from bas_service.translation import Language


@dataclass(frozen=True, kw_only=True)
class ToSay:
    """One telling of a meeting, to one representative, by a person."""

    meeting_id: uuid.UUID
    representative_id: uuid.UUID
    telling: int
    language: Language
    # Changed, where it is not known whether they knew.
    reason: Reason
    told: Told


def words_to_say(wanted: list[ToSay]) -> list[str]:
    """What a text message would have said of each; two statements.

    In whole letters: it is spoken, and costs nothing by the part.
    """
    if not wanted:
        return []
    before = queries.told_before([one.meeting_id for one in wanted])
    wordings = queries.wordings_in_force()
    return [_words_of(one, before, wordings) for one in wanted]


def _words_of(one: ToSay, told_before: list[dict[str, Any]], wordings: dict[tuple[str, str], str | None]) -> str:
    facts = [
        row["facts"]
        for row in told_before
        if (row["meeting_id"], row["representative_id"]) == (one.meeting_id, one.representative_id)
        and row["telling"] < one.telling
        and row["message_id"] is not None
        and row["may_be_out"]
    ]
    before = rules.as_told(one.told, facts[-1]) if facts and facts[-1] else None
    reason = Reason.PLANNED if one.reason is Reason.CHANGED and before is None else one.reason
    return rules.wording_of(
        one.told,
        reason,
        one.language,
        template=wordings.get((one.language.value, reason.value)),
        before=before,
        diacritics=DiacriticsPolicy.KEEP,
    )
