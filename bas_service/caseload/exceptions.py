"""Cases that may stand above the maximum for a while: listed until it ends, reminded before (D4)."""

import uuid
from datetime import date, timedelta
from typing import Any

from bas_service import clock
from bas_service.access.queries import team_of
from bas_service.caseload import queries
from bas_service.database import rows
from bas_service.http.looks import looked_at

_PAGE = """
    SELECT c.id, c.version, c.complexity, c.exceeding_reason AS reason, c.exceeding_until AS until,
        ch.id AS child_id, ch.given_name, ch.family_name, a.id AS specialist_id, a.name
    FROM cases c JOIN children ch ON ch.id = c.child_id JOIN accounts a ON a.id = c.specialist_id
    WHERE a.supervisor_id = :asking AND c.state = 'open' AND c.exceeding_until >= :today
        AND (CAST(:after_until AS date) IS NULL
             OR (c.exceeding_until, c.id) > (CAST(:after_until AS date), CAST(:after_id AS uuid)))
    ORDER BY c.exceeding_until, c.id LIMIT :limit
"""


def exceptions_page(*, asking: uuid.UUID, after: list[Any] | None, limit: int) -> list[dict[str, Any]]:
    """The team's cases with an exception that has not ended, the one that ends first at the top.

    One more than ``limit`` when there are more. ``over_by`` is what the specialist is above the maximum now:
    nothing, when the exception is not needed any more.
    """
    after_until, after_id = after or (None, None)
    found = rows(
        _PAGE,
        sealed={"reason": "cases.exceeding_reason"},
        asking=asking,
        today=clock.today(),
        after_until=after_until,
        after_id=after_id,
        limit=limit + 1,
    )
    looked_at(row["child_id"] for row in found[:limit])
    over = {one["specialist"]["id"]: one["over"] for one in queries.loads_of(team_of(asking))}
    return [_line(row, over.get(row["specialist_id"])) for row in found]


def _line(row: dict[str, Any], over: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "id": row["id"],
        "case": {"id": row["id"], "version": row["version"]},
        "child": {"id": row["child_id"], "given_name": row["given_name"], "family_name": row["family_name"]},
        "specialist": {"id": row["specialist_id"], "name": row["name"]},
        "complexity": row["complexity"],
        "reason": row["reason"],
        "until": row["until"],
        "days_left": (row["until"] - clock.today()).days,
        "over_by": over["by"] if over else 0,
    }


def exceptions_ending(on: date, within_days: int) -> list[dict[str, Any]]:
    """Open cases whose exception ends on a day or at most so many days after it: ids and the last day.

    Also for the worker, which sees all of them; how many days is the policy's ``exception_reminder_days``.
    """
    return rows(
        "SELECT c.id AS case_id, c.child_id, c.specialist_id, a.supervisor_id, c.exceeding_until AS until"
        " FROM cases c JOIN accounts a ON a.id = c.specialist_id"
        " WHERE c.state = 'open' AND c.exceeding_until BETWEEN :first AND :last ORDER BY c.exceeding_until, c.id",
        first=on,
        last=on + timedelta(days=within_days),
    )
