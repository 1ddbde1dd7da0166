"""What the worker looks for among the cases: exceptions from the maximum that are about to end (D4)."""

from datetime import datetime, time

from bas_service import clock
from bas_service.caseload.exceptions import exceptions_ending
from bas_service.caseload.policies import casework_policy_on
from bas_service.duties import service as duties
from bas_service.duties.rules import DutyKind


def remind_of_exceptions() -> int:
    """Remind supervisors of exceptions that end soon, each once for each last day; gives how many are new."""
    today = clock.today()
    found = exceptions_ending(today, casework_policy_on(today).exception_reminder_days)
    return sum(
        duties.raise_duty(
            DutyKind.EXCEPTION_ENDS,
            child_id=row["child_id"],
            account_id=row["supervisor_id"],
            about_id=row["case_id"],
            occasion=row["until"].isoformat(),
            due_at=datetime.combine(row["until"], time(), clock.RIGA),
            until=row["until"].isoformat(),
        )
        for row in found
        if row["supervisor_id"] is not None
    )
