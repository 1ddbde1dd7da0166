"""What was so on a past day: a specialist's load, and a case's responsibilities, complexities, exceptions (D27)."""

import uuid
from collections import defaultdict
from datetime import date, datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import select

from bas_service import clock
from bas_service.access.rules import Role
from bas_service.caseload import history_rules, queries
from bas_service.caseload.history_models import CaseComplexity, CaseException
from bas_service.caseload.history_rules import MOST_DAYS
from bas_service.caseload.models import Case
from bas_service.caseload.rules import Complexity, load_of
from bas_service.database import db, rows
from bas_service.errors import InvalidRequest, NotFound


def days_asked_for(wanted: dict[str, Any]) -> list[date]:
    """The days that a request for a history names: one, or a period with a step; today without any.

    Raises ``InvalidRequest``.
    """
    if "on" in wanted and {"since", "until"} & set(wanted):
        raise InvalidRequest.at("on", "day-or-period")
    if ("since" in wanted) != ("until" in wanted):
        raise InvalidRequest.at("to" if "since" in wanted else "from", "day-or-period")
    first = wanted.get("on", wanted.get("since", clock.today()))
    last = wanted.get("until", first)
    if last > clock.today():
        raise InvalidRequest.at("on" if "on" in wanted else "to", "moment-in-the-future")
    if last < first:
        raise InvalidRequest.at("to", "end-before-beginning")
    days = list(history_rules.days_of(first, last, wanted["step"]))
    if len(days) > MOST_DAYS:
        raise InvalidRequest.at("step", "too-long", most=MOST_DAYS)
    return days


def load_history(specialist_id: uuid.UUID, days: list[date], *, asking: uuid.UUID) -> dict[str, Any]:
    """A specialist's load at the end of each day, weighed by the policy of that day; three statements.

    For the specialist and the supervisor of the team, also after the specialist has left; raises ``NotFound``.
    """
    specialist = _specialist_of(specialist_id, asking)
    moments = {history_rules.end_of(day): day for day in days}
    counted: defaultdict[date, list[Complexity]] = defaultdict(list)
    statement = "SELECT * FROM cases_of_specialist_at(:specialist, CAST(:moments AS timestamptz[]))"
    for row in rows(statement, specialist=specialist_id, moments=list(moments)):
        counted[moments[row["at"]]] += [Complexity(row["complexity"])] * row["cases"]
    policies = [policy.values for policy in queries.policies()]
    items = []
    for day in days:
        policy = history_rules.in_force(policies, day)
        items.append(
            {
                "on": day,
                "load": load_of(counted[day], policy),
                "cases": len(counted[day]),
                "minimum": policy.minimum,
                "nominal": policy.nominal,
                "maximum": policy.maximum,
            }
        )
    return {"specialist": specialist, "items": items, "next": None}


def history_of(case: Case) -> dict[str, Any]:
    """Everything that a case was: who was responsible when, how complex it was, which exceptions it had."""
    return {
        "case_id": case.id,
        "child_id": case.child_id,
        "responsibilities": _responsibilities_of(case.id),
        "complexities": _complexities_of(case),
        "exceptions": _exceptions_of(case),
    }


def _specialist_of(specialist_id: uuid.UUID, asking: uuid.UUID) -> dict[str, Any]:
    found = rows(
        "SELECT id, name FROM accounts WHERE id = :id AND role = :role AND :asking IN (id, supervisor_id)",
        id=specialist_id,
        role=Role.SPECIALIST,
        asking=asking,
    )
    if not found:
        raise NotFound()
    return found[0]


def _responsibilities_of(case_id: uuid.UUID) -> list[dict[str, Any]]:
    found = rows(
        "SELECT r.specialist_id, a.name, r.since, r.until, r.reason"
        " FROM responsibilities r JOIN accounts a ON a.id = r.specialist_id"
        " WHERE r.case_id = :case ORDER BY r.since, r.id",
        sealed={"reason": "responsibilities.reason"},
        case=case_id,
    )
    return [row | {"specialist": {"id": row["specialist_id"], "name": row["name"]}} for row in found]


def _complexities_of(case: Case) -> list[dict[str, Any]]:
    statement = select(CaseComplexity).where(CaseComplexity.case_id == case.id).order_by(CaseComplexity.since)
    found = list(db.session.scalars(statement))
    return [
        {"complexity": row.complexity, "since": row.since, "until": _next(following, case)}
        for row, following in pairwise([*found, None])
        if row is not None
    ]


def _exceptions_of(case: Case) -> list[dict[str, Any]]:
    statement = select(CaseException).where(CaseException.case_id == case.id).order_by(CaseException.since)
    found = list(db.session.scalars(statement))
    return [
        {"reason": row.reason, "until": row.until, "since": row.since, "replaced_at": following and following.since}
        for row, following in pairwise([*found, None])
        # One without a day only says that the one before was taken back.
        if row is not None and row.until is not None
    ]


def _next(following: CaseComplexity | None, case: Case) -> datetime | None:
    return following.since if following is not None else case.closed_at
