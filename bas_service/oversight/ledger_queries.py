"""Reads of the ledger: of each meeting who was told what, by which way, and whether that was in time (D6, D27)."""

import uuid
from collections import defaultdict
from datetime import datetime
from typing import Any

from bas_service.announcements.queries import HANDED_OVER, NO_RESERVE, SHOWN
from bas_service.database import rows
from bas_service.http.looks import looked_at
from bas_service.oversight import ledger_rules as rules
from bas_service.oversight.ledger_rules import Facts
from bas_service.translation import Language

# What a line takes from the view ``meeting_told``.
LINE = """
    t.id AS meeting_id, t.child_id, t.specialist_id, t.state, t.starts_at, t.started_at, t.earliest_started_at,
    t.telling, t.started_telling, t.had_to_be_told, t.place_type, t.to_tell, t.why, t.in_time
"""
# Row-level security alone would look at the whole country's meetings: this way those of the children in sight are
# found by their own index.
IN_SIGHT = "child_id = ANY (ARRAY(SELECT child_id FROM child_in_sight))"
# A verdict is dear: meetings are judged in the order of the page, one by one, until it is full.
_PAGE = f"""
    SELECT {LINE} FROM (
        SELECT m.id, m.starts_at FROM meetings m WHERE m.{IN_SIGHT} AND {{of_meetings}}
        ORDER BY m.starts_at, m.id OFFSET 0
    ) AS chosen CROSS JOIN LATERAL (SELECT * FROM meeting_told WHERE id = chosen.id OFFSET 0) AS t
    WHERE {{of_verdicts}} ORDER BY chosen.starts_at, chosen.id LIMIT :limit
"""  # noqa: S608
# What lies in reserve for another channel is not written yet.
_WRITTEN = """
    SELECT a.id, a.meeting_id, a.representative_id, r.name, r.relation, a.reason, a.telling, a.created_at,
        m.channel, {shown} AS state, m.parts, {handed_over}, {by_others}{words}
    FROM announcements a JOIN messages m ON m.id = a.message_id JOIN representatives r ON r.id = a.representative_id
    WHERE a.meeting_id = ANY(:ids) AND {no_reserve} ORDER BY a.created_at, a.id
"""
# The step that was taken when it was written, by the phone's own clock; no column ties the two. And
# whether the representative says that it was read.
_BY_OTHERS = """
    (SELECT e.on_phone_at FROM meeting_events e WHERE e.meeting_id = a.meeting_id
        AND e.step IN ('planned', 'changed', 'taken', 'moved', 'extended', 'cancelled')
        AND e.at BETWEEN a.created_at - interval '5 seconds' AND a.created_at + interval '5 seconds'
        ORDER BY abs(extract(epoch FROM e.at - a.created_at)) LIMIT 1) AS decided_at,
    (SELECT c.confirmed_at FROM confirmations c WHERE c.meeting_id = a.meeting_id AND c.telling = a.telling
        AND c.representative_id = a.representative_id) AS confirmed_at
"""
_WORDS = ", m.recipient AS address, m.body AS text"
_OTHERWISE = """
    SELECT t.meeting_id, t.representative_id, r.name, t.telling, t.means, t.told_at, a.name AS told_by
    FROM told_in_person t JOIN representatives r ON r.id = t.representative_id JOIN accounts a ON a.id = t.told_by
    WHERE t.meeting_id = ANY(:ids) ORDER BY t.told_at, t.id
"""
_IN_WRITING = "SELECT * FROM written_otherwise WHERE meeting_id = ANY(:ids)"
_NAMES = "SELECT id, name FROM representatives WHERE id = ANY(:ids)"
_SOME_MESSAGE = f"""
    EXISTS (SELECT FROM announcements a JOIN messages m ON m.id = a.message_id
        WHERE a.meeting_id = t.id AND {NO_RESERVE}
        AND (CAST(:state AS text) IS NULL OR {SHOWN} = :state)
        AND (CAST(:reason AS text) IS NULL OR a.reason = :reason))
"""  # noqa: S608


def ledger_page(
    wanted: dict[str, Any], *, after: list[Any] | None, language: Language, addresses_whole: bool
) -> list[dict[str, Any]]:
    """The ledger's lines by the meetings' start, one more than ``limit`` when there are more; five statements.

    ``addresses_whole``: whoever asks needs the addresses that were written to, not only their ends.
    """
    start, last = after or (None, None)
    of_meetings, values = _asked(
        {
            "m.starts_at >= :since": {"since": wanted.get("since")},
            "m.starts_at < :until": {"until": wanted.get("until")},
            "m.child_id = :child": {"child": wanted.get("child_id")},
            "m.specialist_id = :specialist": {"specialist": wanted.get("specialist_id")},
            "(m.starts_at, m.id) > (:start, :last)": {"start": start, "last": last},
        }
    )
    of_verdicts, more = _asked(
        {
            "t.why = :why": {"why": wanted.get("why")},
            "CAST(t.in_time AS text) IS NOT DISTINCT FROM nullif(:in_time, 'null')": {
                "in_time": wanted.get("announced_in_time")
            },
            _SOME_MESSAGE: {"state": wanted.get("state"), "reason": wanted.get("reason")},
        }
    )
    page = with_names(_PAGE.format(of_meetings=of_meetings, of_verdicts=of_verdicts))
    found = rows(f"{page} ORDER BY l.starts_at, l.meeting_id", **values | more | {"limit": wanted["limit"] + 1})
    limit = wanted["limit"]
    lines = lines_of(found[:limit], language=language, whole=addresses_whole)
    # Of the one too many only that it is there is of interest.
    return lines + found[limit:]


def _asked(conditions: dict[str, dict[str, Any]]) -> tuple[str, dict[str, Any]]:
    """Those conditions for which there is some value, as one, and their values."""
    used = {one: given for one, given in conditions.items() if any(value is not None for value in given.values())}
    return " AND ".join(["true", *used]), {name: value for given in used.values() for name, value in given.items()}


def with_names(lines: str) -> str:
    """A statement of lines with the names of each, which are looked up once it is known which lines those are.

    Joined at once, they seemed to cost nothing beside the verdicts: the country's accounts were read for each line.
    """
    return f"""
        WITH l AS MATERIALIZED ({lines})
        SELECT l.*, ch.given_name, ch.family_name, a.name AS specialist_name
        FROM l JOIN children ch ON ch.id = l.child_id JOIN accounts a ON a.id = l.specialist_id
    """  # noqa: S608


def lines_of(found: list[dict[str, Any]], *, language: Language, whole: bool | None) -> list[dict[str, Any]]:
    """Meetings of the view ``meeting_told`` with who was told, and the verdict in a sentence; four statements.

    ``whole`` says whether addresses are given whole or masked; without it neither they nor the words are read.
    """
    looked_at(row["child_id"] for row in found)
    ids = [row["meeting_id"] for row in found]
    written, otherwise = _by_meeting(_written(ids, whole=whole)), _by_meeting(rows(_OTHERWISE, ids=ids))
    in_writing = _by_meeting(rows(_IN_WRITING, ids=ids))
    names = {
        row["id"]: row["name"] for row in rows(_NAMES, ids=list({one for row in found for one in row["to_tell"]}))
    }
    lines = []
    for row in found:
        of_meeting = {"told": written[row["meeting_id"]], "told_otherwise": otherwise[row["meeting_id"]]}
        facts = Facts(**{name: row[name] for name in Facts.__dataclass_fields__})
        written_to = in_writing[row["meeting_id"]]
        verdict = rules.why_of(facts, of_meeting["told"], of_meeting["told_otherwise"], written_to)
        lines.append(
            row
            | of_meeting
            | {
                "child": {"id": row["child_id"], "given_name": row["given_name"]},
                "specialist": {"id": row["specialist_id"], "name": row["specialist_name"]},
                "announced_in_time": verdict.in_time,
                "why": verdict.why,
                "why_said": rules.sentence_of(verdict, facts, names, language=language),
            }
        )
    return lines


def figures_of(since: datetime, until: datetime, by: rules.By) -> list[dict[str, Any]]:
    """How many meetings there were and how their announcements fared, in one statement; no child is looked at.

    A supervisor's are those of the own team, a coordinator's and an administrator's those of everybody.
    """
    found = rows(
        "SELECT f.*, a.name FROM announcement_figures(:since, :until, :grouped) f"
        " LEFT JOIN accounts a ON a.id = f.whose ORDER BY f.month, a.name, f.whose",
        since=since,
        until=until,
        grouped=by,
    )
    return [rules.figures_shown(row, by) for row in found]


def _written(ids: list[uuid.UUID], *, whole: bool | None) -> list[dict[str, Any]]:
    shown = {"shown": SHOWN, "handed_over": HANDED_OVER, "no_reserve": NO_RESERVE}
    written = _WRITTEN.format(by_others=_BY_OTHERS, words="" if whole is None else _WORDS, **shown)
    if whole is None:
        return rows(written, ids=ids)
    sealed = {"address": "messages.recipient", "text": "messages.body"}
    found = rows(written, sealed=sealed, ids=ids)
    for row in found:
        row["address"] = row["address"] if whole or row["address"] is None else rules.masked(row["address"])
        row["representative"] = {"id": row["representative_id"], "name": row["name"], "relation": row["relation"]}
    return found


def _by_meeting(found: list[dict[str, Any]]) -> defaultdict[uuid.UUID, list[dict[str, Any]]]:
    by_meeting: defaultdict[uuid.UUID, list[dict[str, Any]]] = defaultdict(list)
    for row in found:
        by_meeting[row["meeting_id"]].append(row)
    return by_meeting
