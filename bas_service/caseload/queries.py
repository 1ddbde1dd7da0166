"""Reads of cases, loads and policies."""

import uuid
from datetime import date
from typing import Any

from sqlalchemy import select

from bas_service import clock
from bas_service.caseload.models import Case, LoadPolicyRow, rhythm_of
from bas_service.caseload.policy_rules import Weighed, over_of
from bas_service.caseload.rules import CaseState, Complexity, LoadPolicy, Per, load_of, rhythm_due_on
from bas_service.children.queries import of_child_in_sight
from bas_service.children.rules import sort_key_of
from bas_service.database import db, rows
from bas_service.duties.queries import open_duties_of
from bas_service.errors import NotAllowed, NotFound
from bas_service.http.looks import looked_at


def case_in_sight(case_id: uuid.UUID, *, lock: bool = False) -> Case:
    """A case of a child in sight, with the child held when it is to be changed; raises ``NotFound``."""
    return of_child_in_sight(Case, case_id, lock=lock)


def check_decides_on_case(child_id: uuid.UUID) -> None:
    """Whether the asking account decides about the child's cases; raises ``NotAllowed``.

    A child's team does, and whoever may assign one that waits. A grant for an emergency shows the child and leaves
    the case where it is: hours of access must not become access for good (D32).
    """
    because = "because IN ('team', 'closed', 'waiting')"
    if not rows(f"SELECT 1 FROM child_in_sight WHERE child_id = :id AND {because} LIMIT 1", id=child_id):  # noqa: S608
        raise NotAllowed()


def open_case_of(child_id: uuid.UUID) -> Case | None:
    """The child's open case, if this account may see it."""
    return db.session.scalars(select(Case).where(Case.child_id == child_id, Case.state == CaseState.OPEN)).first()


def has_later_case(case: Case) -> bool:
    """Whether another case of the same child was opened after this one, or is open."""
    later = select(Case.id).where(
        Case.child_id == case.child_id, Case.id != case.id, Case.opened_at >= case.opened_at
    )
    return db.session.scalars(later.limit(1)).first() is not None


def policy_on(day: date) -> LoadPolicy:
    """The load policy in force on a day (in Riga)."""
    statement = select(LoadPolicyRow).where(LoadPolicyRow.valid_from <= day)
    found = db.session.scalars(statement.order_by(LoadPolicyRow.valid_from.desc()).limit(1)).first()
    if found is None:
        raise NotFound()
    return found.values


def policies() -> list[LoadPolicyRow]:
    """All load policies, the one that begins last first."""
    return list(db.session.scalars(select(LoadPolicyRow).order_by(LoadPolicyRow.valid_from.desc())))


def complexities_of(specialist_id: uuid.UUID, *, without: uuid.UUID | None = None) -> list[Complexity]:
    """The complexities of a specialist's open cases, one case left out when it is named."""
    found = rows(
        "SELECT complexity FROM cases WHERE specialist_id = :specialist AND state = 'open'"
        " AND (CAST(:without AS uuid) IS NULL OR id <> :without)",
        specialist=specialist_id,
        without=without,
    )
    return [Complexity(row["complexity"]) for row in found]


# The one place where a lower floor reads a table of a higher one: a caseload without its next meetings is
# no use on a phone, and two statements are cheaper than a second package that joins both.
_CASELOAD = """
    SELECT c.id, c.version, c.specialist_id, c.complexity, c.exceeding_until, c.opened_at,
        c.rhythm_times, c.rhythm_per,
        holder.name AS specialist_name, ch.id AS child_id, ch.given_name, ch.family_name,
        upcoming.id AS next_id, upcoming.starts_at AS next_starts_at, upcoming.kind AS next_kind,
        latest.id AS last_id, latest.starts_at AS last_starts_at, latest.kind AS last_kind
    FROM cases c JOIN children ch ON ch.id = c.child_id JOIN accounts holder ON holder.id = c.specialist_id
    LEFT JOIN LATERAL (
        SELECT id, starts_at, kind FROM meetings
        WHERE child_id = c.child_id AND state IN ('planned', 'under_way') AND ends_at > :now
        ORDER BY starts_at LIMIT 1) upcoming ON true
    LEFT JOIN LATERAL (
        SELECT id, starts_at, kind FROM meetings WHERE child_id = c.child_id AND state = 'held'
        ORDER BY starts_at DESC LIMIT 1) latest ON true
    WHERE c.state = 'open' AND (c.specialist_id = :specialist OR (:standing_in AND c.child_id IN (
        SELECT child_id FROM child_in_sight WHERE because = 'substitute')))
    ORDER BY ch.sort_key, ch.id
"""


def caseload_of(specialist: dict[str, Any], *, standing_in: bool = False) -> dict[str, Any]:
    """A specialist's open cases with weights, load and limits: three statements, however many cases.

    With ``standing_in`` also those of absent colleagues for whom the asking account stands in today.
    """
    policy = policy_on(clock.today())
    found = rows(_CASELOAD, specialist=specialist["id"], now=clock.now(), standing_in=standing_in)
    looked_at(row["child_id"] for row in found)
    duties = open_duties_of([row["child_id"] for row in found])
    own = [row for row in found if row["specialist_id"] == specialist["id"]]
    return {
        "specialist": specialist,
        **_load(policy, own),
        "cases": [_line(row, policy, duties[row["child_id"]]) for row in own],
        "stood_in_for": [
            _line(row, policy, duties[row["child_id"]])
            | {"specialist": {"id": row["specialist_id"], "name": row["specialist_name"]}}
            for row in found
            if row["specialist_id"] != specialist["id"]
        ],
    }


def loads_of(team: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each specialist of a team with load and limits, in the order of a Latvian register."""
    policy = policy_on(clock.today())
    found = rows(
        "SELECT id, specialist_id, complexity, exceeding_until FROM cases"
        " WHERE state = 'open' AND specialist_id = ANY(:ids)",
        ids=[specialist["id"] for specialist in team],
    )
    by_specialist: dict[uuid.UUID, list[dict[str, Any]]] = {specialist["id"]: [] for specialist in team}
    for row in found:
        by_specialist[row["specialist_id"]].append(row)
    return [
        {"specialist": one, "cases": len(by_specialist[one["id"]]), **_load(policy, by_specialist[one["id"]])}
        for one in sorted(team, key=lambda specialist: sort_key_of(specialist["name"]))
    ]


def _load(policy: LoadPolicy, found: list[dict[str, Any]]) -> dict[str, Any]:
    cases = [
        Weighed(case_id=row["id"], complexity=Complexity(row["complexity"]), exceeding_until=row["exceeding_until"])
        for row in found
    ]
    load = load_of([case.complexity for case in cases], policy)
    return {
        "load": load,
        "minimum": policy.minimum,
        "nominal": policy.nominal,
        "maximum": policy.maximum,
        "room": max(policy.maximum - load, 0),
        "over": over_of(cases, policy, on=clock.today()),
    }


def _line(row: dict[str, Any], policy: LoadPolicy, duties: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "case": {"id": row["id"], "opened_at": row["opened_at"], "version": row["version"]},
        "child": {"id": row["child_id"], "given_name": row["given_name"], "family_name": row["family_name"]},
        "complexity": row["complexity"],
        "weight": policy.weights[Complexity(row["complexity"])],
        "next_meeting": _meeting(row, "next"),
        "last_meeting": _meeting(row, "last"),
        "rhythm": rhythm_of(row["rhythm_times"], row["rhythm_per"]),
        "rhythm_due_on": _rhythm_due_on(row),
        "duties": duties,
    }


def _rhythm_due_on(row: dict[str, Any]) -> date | None:
    if row["rhythm_times"] is None:
        return None
    last = max(filter(None, (row["last_starts_at"], row["opened_at"])))
    return rhythm_due_on(clock.in_riga(last).date(), row["rhythm_times"], Per(row["rhythm_per"]))


def _meeting(row: dict[str, Any], which: str) -> dict[str, Any] | None:
    if row[f"{which}_id"] is None:
        return None
    return {
        "id": row[f"{which}_id"],
        "starts_at": row[f"{which}_starts_at"],
        "kind": row[f"{which}_kind"],
    }
