"""Reads of alarms; row-level security leaves the open ones to whoever asks as nobody."""

from typing import Any

from bas_service.database import rows
from bas_service.oversight.alarm_rules import AlarmKind, AlarmState, words_of
from bas_service.translation import Language


def alarms_page(*, state: AlarmState | None, after: list[Any] | None, limit: int) -> list[dict[str, Any]]:
    """Alarms, the latest first, one more than ``limit`` when there are more."""
    moment, last_id = after or (None, None)
    return rows(
        "SELECT * FROM alarms WHERE (CAST(:state AS text) IS NULL OR (ended_at IS NULL) = (:state = 'open'))"
        " AND (CAST(:moment AS timestamptz) IS NULL OR (raised_at, id) < (:moment, CAST(:last AS uuid)))"
        " ORDER BY raised_at DESC, id DESC LIMIT :limit",
        state=state,
        moment=moment,
        last=last_id,
        limit=limit + 1,
    )


def open_alarms(language: Language) -> list[dict[str, Any]]:
    """What is an alarm now, in words."""
    return views_of(rows("SELECT * FROM alarms WHERE ended_at IS NULL ORDER BY raised_at, id"), language)


def open_kinds() -> dict[AlarmKind, int]:
    """How many alarms of each kind there are now."""
    found = rows("SELECT kind, count(*) FROM alarms WHERE ended_at IS NULL GROUP BY kind")
    counted = {row["kind"]: row["count"] for row in found}
    return {kind: counted.get(kind, 0) for kind in AlarmKind}


def views_of(found: list[dict[str, Any]], language: Language) -> list[dict[str, Any]]:
    """Alarms as they go out, told in a language."""
    return [
        row | {"text": words_of(AlarmKind(row["kind"]), row["about"], row["details"], language=language)}
        for row in found
    ]
