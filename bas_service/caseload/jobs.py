"""What the worker looks for among the cases: exceptions from the maximum that are about to end (D4)."""

from datetime import datetime, time, timedelta

from bas_service import clock
from bas_service.caseload.rules import REMINDED_DAYS_BEFORE
from bas_service.database import rows
from bas_service.duties import service as duties
from bas_service.duties.rules import DutyKind


def remind_of_exceptions() -> int:
    """Remind supervisors of exceptions that end soon, each once for each last day; gives how many are new."""
    today = clock.today()
    found = rows(
        "SELECT c.id, c.child_id, c.exceeding_until, a.supervisor_id"
        " FROM cases c JOIN accounts a ON a.id = c.specialist_id"
        " WHERE c.state = 'open' AND c.exceeding_until BETWEEN :today AND :soon AND a.supervisor_id IS NOT NULL",
        today=today,
        soon=today + timedelta(days=REMINDED_DAYS_BEFORE),
    )
    return sum(
        duties.raise_duty(
            DutyKind.EXCEPTION_ENDS,
            child_id=row["child_id"],
            account_id=row["supervisor_id"],
            about_id=row["id"],
            occasion=row["exceeding_until"].isoformat(),
            due_at=datetime.combine(row["exceeding_until"], time(), clock.RIGA),
            until=row["exceeding_until"].isoformat(),
        )
        for row in found
    )
