"""What the pages show, put together from the reads of the domain; each page a fixed number of statements."""

import uuid
from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from bas_service import clock
from bas_service.access.queries import colleague_in_sight, team_of
from bas_service.caseload import queries as caseload_queries
from bas_service.caseload.absences import absent_on
from bas_service.caseload.assignment import suggested_specialists
from bas_service.caseload.history import load_history
from bas_service.caseload.rules import CaseState, ChildHasACase, Complexity, NoOpenCase, load_of
from bas_service.caseload.suggestion_rules import Why
from bas_service.children.municipalities import MUNICIPALITIES
from bas_service.children.queries import child_in_sight
from bas_service.children.rules import age_on
from bas_service.database import rows
from bas_service.duties.rules import DutyKind
from bas_service.errors import NotFound
from bas_service.http.looks import looked_at
from bas_service.meetings.queries import unannounced_counts, unannounced_of
from bas_service.referrals.queries import waiting_page
from bas_service.translation import Language
from bas_service.web.rules import bar_of, days_of_past_year, is_excepted, standing_of

# Meetings that were not announced in time are shown for as long.
UNANNOUNCED_SHOWN = timedelta(days=30)
WAITING_SHOWN = 30


def overview(supervisor_id: uuid.UUID, *, order: str) -> list[dict[str, Any]]:
    """Each specialist of the team with load, mix of complexities, room, exception, absence, and what was missed.

    In the order of a Latvian register, or (``order`` is "load") the most heavily loaded first.
    """
    team = team_of(supervisor_id)
    ids = [one["id"] for one in team]
    details = _open_cases_of(ids)
    unannounced = unannounced_counts(ids, since=clock.now() - UNANNOUNCED_SHOWN)
    absent = absent_on(clock.today(), ids)
    missed = _rhythm_missed(ids)
    found = [
        _shown(load, details[one])
        | {"unannounced": unannounced.get(one, 0), "rhythm_missed": missed.get(one, 0), "absence": absent.get(one)}
        for load in caseload_queries.loads_of(team)
        for one in [load["specialist"]["id"]]
    ]
    return sorted(found, key=lambda one: -one["load"]) if order == "load" else found


def specialist_page(specialist_id: uuid.UUID, *, asking: uuid.UUID) -> dict[str, Any]:
    """A specialist of the team with each case, and the meetings not announced; raises ``NotFound``."""
    specialist = colleague_in_sight(specialist_id, asking=asking)
    if specialist is None:
        raise NotFound()
    caseload = caseload_queries.caseload_of(specialist)
    details = _open_cases_of([specialist_id])[specialist_id]
    exceeding = {row["id"]: row["exceeding_until"] for row in details}
    for line in caseload["cases"]:
        line["exceeding_until"] = exceeding.get(line["case"]["id"])
    return _shown(caseload | {"cases": len(caseload["cases"])}, details) | {
        "lines": caseload["cases"],
        "unannounced": unannounced_of(specialist_id, since=clock.now() - UNANNOUNCED_SHOWN),
        "absence": absent_on(clock.today(), [specialist_id]).get(specialist_id),
        "history": load_history(specialist_id, days_of_past_year(clock.today()), asking=asking)["items"],
    }


def waiting() -> dict[str, Any]:
    """Who waits, for a case or for a decision, the most urgent first: so many of them, and whether there are more."""
    found = waiting_page(municipality=None, after=None, limit=WAITING_SHOWN)
    return {"children": [_waiting_line(row) for row in found[:WAITING_SHOWN]], "more": len(found) > WAITING_SHOWN}


def child_to_assign(child_id: uuid.UUID) -> dict[str, Any]:
    """A child in sight that is to be given to somebody; raises ``NotFound``, ``ChildHasACase``."""
    child = child_in_sight(child_id)
    if caseload_queries.open_case_of(child_id) is not None:
        raise ChildHasACase()
    return _child({column.name: getattr(child, column.name) for column in child.__table__.columns})


def case_to_hand_over(case_id: uuid.UUID) -> dict[str, Any]:
    """An open case in sight with its child and whose it is; raises ``NotFound``, ``NoOpenCase``."""
    case = caseload_queries.case_in_sight(case_id)
    if case.state != CaseState.OPEN:
        raise NoOpenCase()
    child = child_in_sight(case.child_id)
    (whose,) = rows("SELECT id, name FROM accounts WHERE id = :id", id=case.specialist_id)
    return {
        "id": case.id,
        "version": case.version,
        "complexity": Complexity(case.complexity),
        # An exception goes along with the case.
        "allowed_until": case.exceeding_until if is_excepted(case.exceeding_until, on=clock.today()) else None,
        "specialist": whose,
        "child": _child({column.name: getattr(child, column.name) for column in child.__table__.columns}),
    }


def case_done(case_id: uuid.UUID) -> dict[str, Any] | None:
    """What was just done with a case, to be said on the page that follows; ``None`` when it is out of sight."""
    found = rows(
        "SELECT c.id, c.child_id, c.specialist_id, ch.given_name, ch.family_name, a.name FROM cases c"
        " JOIN children ch ON ch.id = c.child_id JOIN accounts a ON a.id = c.specialist_id WHERE c.id = :id",
        id=case_id,
    )
    looked_at(row["child_id"] for row in found)
    return found[0] if found else None


def candidates(
    child_id: uuid.UUID, complexity: Complexity, *, asking: uuid.UUID, language: Language
) -> list[dict[str, Any]]:
    """The team, best suited first, with what a case of this complexity would make of each load, and the reasons.

    Whoever is responsible for the child already is left out; whoever is away comes last.
    """
    policy = caseload_queries.policy_on(clock.today())
    limits = {"minimum": policy.minimum, "nominal": policy.nominal, "maximum": policy.maximum}
    suggested = suggested_specialists(child_id, complexity, by=asking, language=language)
    found = [
        one
        | limits
        | {
            "bar": bar_of(one["load"], **limits, would_be=one["would_be"]),
            "standing": standing_of(one["would_be"], **limits),
            # How much room there is, the bar shows.
            "why": [reason["text"] for reason in one["why"] if reason["code"] not in {Why.ROOM, Why.NO_ROOM}],
        }
        for one in suggested
    ]
    return sorted(found, key=lambda one: one["absence"] is not None)


def fits(complexity: Complexity, *, specialist_id: uuid.UUID) -> bool:
    """Whether one more case of this complexity leaves a specialist within the maximum."""
    policy = caseload_queries.policy_on(clock.today())
    return load_of([*caseload_queries.complexities_of(specialist_id), complexity], policy) <= policy.maximum


def grants_to_note(supervisor_id: uuid.UUID) -> list[dict[str, Any]]:
    """Emergency grants of which the supervisor was told and has not taken notice yet, the latest first (D32)."""
    found = rows(
        "SELECT e.id, e.child_id, e.reason, e.granted_at, e.until, e.version, a.name, c.given_name, c.family_name"
        " FROM emergency_grants e JOIN accounts a ON a.id = e.account_id LEFT JOIN children c ON c.id = e.child_id"
        " WHERE e.told_account_id = :asking AND e.seen_at IS NULL ORDER BY e.granted_at DESC, e.id LIMIT 50",
        sealed={"reason": "emergency_grants.reason"},
        asking=supervisor_id,
    )
    looked_at(row["child_id"] for row in found)
    return found


def _rhythm_missed(specialist_ids: list[uuid.UUID]) -> dict[uuid.UUID, int]:
    """In how many cases of each specialist the agreed rhythm is missed at present (D11)."""
    found = rows(
        "SELECT c.specialist_id, count(DISTINCT c.id) FROM cases c JOIN duties d ON d.child_id = c.child_id"
        " WHERE c.state = 'open' AND c.specialist_id = ANY(:ids) AND d.kind = :kind AND d.state = 'open'"
        " GROUP BY c.specialist_id",
        ids=specialist_ids,
        kind=DutyKind.RHYTHM_MISSED,
    )
    return {row["specialist_id"]: row["count"] for row in found}


def _open_cases_of(specialist_ids: list[uuid.UUID]) -> defaultdict[uuid.UUID, list[dict[str, Any]]]:
    found = rows(
        "SELECT id, specialist_id, complexity, exceeding_until FROM cases"
        " WHERE state = 'open' AND specialist_id = ANY(:ids)",
        ids=specialist_ids,
    )
    by_specialist: defaultdict[uuid.UUID, list[dict[str, Any]]] = defaultdict(list)
    for row in found:
        by_specialist[row["specialist_id"]].append(row)
    return by_specialist


def _shown(load: dict[str, Any], cases: list[dict[str, Any]]) -> dict[str, Any]:
    limits: dict[str, Decimal] = {name: load[name] for name in ("minimum", "nominal", "maximum")}
    counted = Counter(row["complexity"] for row in cases)
    return load | {
        "bar": bar_of(load["load"], **limits),
        "standing": standing_of(load["load"], **limits),
        "mix": [(complexity, counted[complexity]) for complexity in Complexity if counted[complexity]],
        "exception_until": _allowed_until(load["over"]),
    }


def _waiting_line(row: dict[str, Any]) -> dict[str, Any]:
    # Of somebody about whom nothing is decided yet, not everything need be known.
    names = [row["given_name"], row["family_name"]]
    return {name: row[name] for name in ("id", "age", "priority", "waits_for", "waiting_days")} | {
        "name": " ".join(name for name in names if name),
        "municipality": MUNICIPALITIES.get(row["municipality"], row["municipality"]),
    }


def _allowed_until(over: dict[str, Any] | None) -> date | None:
    """Until when a load may stand above the maximum: the first day on which an exception ends."""
    return min(one["until"] for one in over["exceptions"]) if over and over["excepted"] else None


def _child(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "name": f"{row['given_name']} {row['family_name']}",
        "age": age_on(clock.today(), row["birth_date"]),
        "municipality": MUNICIPALITIES.get(row["municipality"], row["municipality"]),
    }
