"""What the worker does with series: lay out the days that have come near, each once (D11)."""

import uuid
from datetime import date, datetime, timedelta

from bas_service import clock
from bas_service.database import db, rows
from bas_service.duties import service as duties
from bas_service.duties.rules import DutyKind
from bas_service.meetings import series_queries, unreached
from bas_service.meetings.policies import POLICY_ON, policy_on
from bas_service.meetings.policy_rules import policy_of
from bas_service.meetings.repetition import moment_of
from bas_service.meetings.series_laying import lay_out
from bas_service.meetings.series_models import Series
from bas_service.meetings.series_rules import WhyNot, told_from

# Series of one round; the next round takes the others.
MOST = 500

_HELD = f"SELECT held.*, {POLICY_ON} AS policy FROM hold_for_laying_out(:series) AS held"  # noqa: S608


def series_to_lay_out() -> list[uuid.UUID]:
    """The series with a day that has come near enough to become a meeting, the earliest first."""
    today = clock.today()
    until = today + timedelta(days=policy_on(today).repeat_ahead_days)
    return series_queries.series_to_lay_out(until, most=MOST)


def lay_out_series(series_id: uuid.UUID) -> int:
    """Lay out one series; what cannot be planned is its specialist's duty. Gives how many days that are.

    Whoever holds the child meanwhile is not waited for, another worker above all: the next round comes soon, and
    finds nothing left to do. A day becomes a meeting once, whatever number of workers there are.
    """
    found = rows(_HELD, sealed={"specialist_phone": "accounts.phone"}, series=series_id, policy_day=clock.today())
    if not found:
        return 0
    parties = found[0]
    series = db.session.get_one(Series, series_id)
    refused = lay_out(series, parties, birth_date=parties["birth_date"])
    days = policy_of(parties["policy"]).tell_ahead_days
    for day, why in refused.items():
        _raise_not_planned(series, day, why, account_id=parties["specialist_id"], days=days)
    return len(refused)


def unreached_in_series() -> int:
    """Make whoever cannot be told in writing of a meeting that repeats the specialist's task; how many are new."""
    return unreached.raise_for_series()


def _raise_not_planned(series: Series, day: date, why: WhyNot, *, account_id: uuid.UUID, days: int) -> None:
    starts_at: datetime = moment_of(day, series.wall_clock)
    duties.raise_duty(
        DutyKind.SERIES_NOT_PLANNED,
        child_id=series.child_id,
        account_id=account_id,
        about_id=series.id,
        occasion=day.isoformat(),
        # By the time the family would have been told of it.
        due_at=told_from(starts_at, days=days, now=clock.now()),
        day=day.isoformat(),
        clock=f"{clock.in_riga(starts_at):%H:%M}",
        why=why.value,
    )
