"""What the page about telling shows: who does not know yet, whose task that is, what was not told in time (D6)."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from bas_service import clock
from bas_service.access.queries import team_of
from bas_service.database import rows
from bas_service.duties.rules import DutyKind
from bas_service.oversight import alarm_queries
from bas_service.oversight.ledger_queries import IN_SIGHT, LINE, figures_of, lines_of, with_names
from bas_service.oversight.ledger_rules import KNOWING, By, Why
from bas_service.translation import Language

DAYS_BACK, DAYS_AHEAD = 7, 2
# More than one reads; the filter leads to the others.
SHOWN = 100
_TASKS = (DutyKind.REPRESENTATIVE_UNREACHED_ESCALATED, DutyKind.REPRESENTATIVE_UNREACHED)
# Somebody is to be told by a person; of a meeting that is not planned any more: that it is off, or takes longer.
_HAS_A_TASK = """
    EXISTS (SELECT FROM duties d WHERE d.state = 'open' AND d.about_id = t.id
        AND d.kind IN ('representative-unreached', 'representative-unreached-escalated'))
"""
# Cancelled and missed ones need nobody any more, but for those who believe that it takes place.
_CHOSEN = f"""
    SELECT {LINE}, t.state <> 'planned' AND {_HAS_A_TASK} AS news FROM meeting_told t
    WHERE t.{IN_SIGHT} AND (t.why <> 'not-held' OR {_HAS_A_TASK}) AND t.starts_at >= :since AND t.starts_at < :until
        AND (CAST(:specialist AS uuid) IS NULL OR t.specialist_id = :specialist)
"""  # noqa: S608
# Whoever does not know yet comes first; of what has begun already it is said whether it was in time.
_NOT_KNOWN = "(chosen.news OR chosen.state = 'planned' AND NOT chosen.why = ANY(:knowing))"
_TO_COME = f"""
    SELECT chosen.*, count(*) OVER () AS whole, count(*) FILTER (WHERE {_NOT_KNOWN}) OVER () AS counted,
        row_number() OVER (ORDER BY {_NOT_KNOWN} DESC, chosen.starts_at, chosen.meeting_id) AS place
    FROM ({_CHOSEN}) chosen ORDER BY place LIMIT :limit
"""  # noqa: S608
_BEGUN = f"""
    SELECT chosen.*, count(*) OVER () AS whole, count(*) FILTER (WHERE NOT chosen.in_time) OVER () AS counted,
        row_number() OVER (ORDER BY chosen.in_time, chosen.starts_at DESC, chosen.meeting_id) AS place
    FROM ({_CHOSEN}) chosen WHERE chosen.in_time IS NOT NULL ORDER BY place LIMIT :limit
"""  # noqa: S608
_OPEN_TASKS = """
    SELECT DISTINCT ON (d.about_id) d.about_id, a.name FROM duties d JOIN accounts a ON a.id = d.account_id
    WHERE d.state = 'open' AND d.kind = ANY(:kinds) AND d.about_id = ANY(:meetings)
    ORDER BY d.about_id, array_position(CAST(:kinds AS text[]), d.kind), a.name
"""
# One statement for both, as the team's page has a fixed number of them.
_HEAD = f"""
    SELECT (SELECT count(*) FROM meeting_told t WHERE t.{IN_SIGHT}
            AND t.starts_at >= :since AND t.starts_at < :until
            AND CASE t.state WHEN 'planned' THEN NOT t.why = ANY(:knowing) ELSE {_HAS_A_TASK} END) AS untold,
        (SELECT coalesce(json_agg(a ORDER BY a.raised_at, a.id), '[]')
         FROM alarms a WHERE a.ended_at IS NULL) AS alarms
"""  # noqa: S608


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the page is narrowed to."""

    specialist_id: uuid.UUID | None
    day: date | None


def head_of_the_team(language: Language) -> dict[str, Any]:
    """Of how many meetings of today and tomorrow somebody does not know yet, and what is an alarm; one statement."""
    since, until = _from_today()
    (found,) = rows(_HEAD, since=since, until=until, knowing=[why.value for why in KNOWING])
    return {"untold": found["untold"], "alarms": alarm_queries.views_of(found["alarms"], language)}


def told_page(supervisor_id: uuid.UUID, wanted: Wanted, *, language: Language) -> dict[str, Any]:
    """The meetings of today and tomorrow and of the past days with what is known of their announcement.

    A fixed number of statements. A ``day`` of the past days or of the two to come narrows both parts to it.
    """
    today, end = _from_today()
    begin = today - timedelta(days=DAYS_BACK)
    known: dict[str, Any] = {"specialist": wanted.specialist_id, "limit": SHOWN}
    chosen_from, chosen_to = (_midnight(wanted.day), _midnight(wanted.day, days=1)) if wanted.day else (begin, end)
    knowing = [why.value for why in KNOWING]
    ahead: dict[str, Any] = {"since": max(today, chosen_from), "until": min(end, chosen_to), "knowing": knowing}
    to_come = rows(_named(_TO_COME), **ahead, **known)
    begun = rows(_named(_BEGUN), since=max(begin, chosen_from), until=min(today, chosen_to), **known)
    lines = lines_of(to_come + begun, language=language, whole=None)
    tasks = {
        row["about_id"]: row["name"]
        for row in rows(
            _OPEN_TASKS, kinds=[kind.value for kind in _TASKS], meetings=[row["meeting_id"] for row in to_come]
        )
    }
    shown = [line | {"task": tasks.get(line["meeting_id"]), "mark": _mark_of(line)} for line in lines]
    return {
        "to_come": _part(shown[: len(to_come)]),
        "begun": _part(shown[len(to_come) :]),
        "team": team_of(supervisor_id),
        "month": _month_of_today(),
        "alarms": alarm_queries.open_alarms(language),
        "days": (clock.today() - timedelta(days=DAYS_BACK), clock.today() + timedelta(days=DAYS_AHEAD - 1)),
    }


def _named(lines: str) -> str:
    return with_names(lines) + " ORDER BY l.place"


def _part(lines: list[dict[str, Any]]) -> dict[str, Any]:
    """Lines with how many there are in all, and of how many there is something to see to."""
    whole, counted = (lines[0]["whole"], lines[0]["counted"]) if lines else (0, 0)
    return {"lines": lines, "whole": whole, "counted": counted, "more": whole > len(lines)}


def _mark_of(line: dict[str, Any]) -> str:
    """How a line is marked: known, in doubt, or not known."""
    if line["news"]:
        return "unknown"
    if line["why"] is Why.IN_TIME:
        return "known"
    if line["why"] in {Why.UNCERTAIN, Why.BY_A_PERSON}:
        return "doubt"
    # What was written a moment ago is on its way and no cause for worry yet.
    return "doubt" if line["started_at"] is None and line["why"] is Why.NOT_SENT else "unknown"


def _month_of_today() -> dict[str, Any] | None:
    """The team's figures of the present month up to now; ``None`` without a meeting."""
    found = figures_of(_midnight(clock.today().replace(day=1)), clock.now(), By.TEAM)
    return found[0] if found else None


def _from_today() -> tuple[datetime, datetime]:
    return _midnight(clock.today()), _midnight(clock.today(), days=DAYS_AHEAD)


def _midnight(day: date, *, days: int = 0) -> datetime:
    return datetime.combine(day + timedelta(days=days), time(), clock.RIGA)
