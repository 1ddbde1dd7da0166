"""What the worker does with series: lay out the days that have come near, each once (D11)."""

import uuid
from datetime import date, timedelta
from typing import Any

from bas_service import clock
from bas_service.database import db, rows
from bas_service.duties import service as duties
from bas_service.duties.rules import DutyKind
from bas_service.meetings import series_queries, unreached
from bas_service.meetings.policies import POLICY_ON, policy_on
from bas_service.meetings.policy_rules import policy_of
from bas_service.meetings.repetition import moment_of
from bas_service.meetings.rules import Warned
from bas_service.meetings.series_laying import LaidOut, lay_out
from bas_service.meetings.series_models import Series
from bas_service.meetings.series_rules import WhyNot, told_from
from bas_service.meetings.series_warnings import days_warned_of, occasions_of

# Series of one round; the next round takes the others.
MOST = 500

# What of a day nobody could know when the series was planned, as it stands in the words of the duty. Hours are the
# same each time, and whom no text reaches is a duty of its own.
_UNUSUAL = {
    "holiday": Warned.PUBLIC_HOLIDAY,
    "absent": Warned.SPECIALIST_ABSENT,
    "full": Warned.CHILD_WEEK_FULL,
}

_HELD = f"SELECT held.*, {POLICY_ON} AS policy FROM hold_for_laying_out(:series) AS held"  # noqa: S608


def series_to_lay_out() -> list[uuid.UUID]:
    """The series with a day that has come near enough to become a meeting, the earliest first."""
    today = clock.today()
    until = today + timedelta(days=policy_on(today).repeat_ahead_days)
    return series_queries.series_to_lay_out(until, most=MOST)


def lay_out_series(series_id: uuid.UUID) -> int:
    """Lay out one series; what cannot be planned is its specialist's duty. Gives how many days that are.

    So is a day that was planned, and of which whoever plans by hand would be warned: nobody looks meanwhile.
    Whoever holds the child meanwhile is not waited for, another worker above all: the next round comes soon, and
    finds nothing left to do. A day becomes a meeting once, whatever number of workers there are.
    """
    found = rows(_HELD, sealed={"specialist_phone": "accounts.phone"}, series=series_id, policy_day=clock.today())
    if not found:
        return 0
    parties = found[0]
    series = db.session.get_one(Series, series_id)
    laid_out = lay_out(series, parties, birth_date=parties["birth_date"])
    days = policy_of(parties["policy"]).tell_ahead_days
    for day, why in laid_out.refused.items():
        _raise_not_planned(series, day, why, account_id=parties["specialist_id"], days=days)
    _raise_for_unusual_days(laid_out, parties)
    return len(laid_out.refused)


def unreached_in_series() -> int:
    """Make whoever cannot be told in writing of a meeting that repeats the specialist's task; how many are new."""
    return unreached.raise_for_series()


def _raise_not_planned(series: Series, day: date, why: WhyNot, *, account_id: uuid.UUID, days: int) -> None:
    starts_at = moment_of(day, series.wall_clock)
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


def _raise_for_unusual_days(laid_out: LaidOut, parties: dict[str, Any]) -> None:
    if not laid_out.meetings:
        return
    policy = policy_of(parties["policy"])
    warned = days_warned_of(
        occasions_of(laid_out.meetings, laid_out.unreached),
        child_id=laid_out.meetings[0].child_id,
        specialist_id=parties["specialist_id"],
        policy=policy,
    )
    for meeting in laid_out.meetings:
        local = clock.in_riga(meeting.starts_at)
        said = {name: local.date() in warned.get(warning, ()) for name, warning in _UNUSUAL.items()}
        if any(said.values()):
            duties.raise_duty(
                DutyKind.SERIES_DAY_UNUSUAL,
                child_id=meeting.child_id,
                account_id=parties["specialist_id"],
                about_id=meeting.id,
                due_at=told_from(meeting.starts_at, days=policy.tell_ahead_days, now=clock.now()),
                day=local.date().isoformat(),
                clock=f"{local:%H:%M}",
                **{name: "yes" if is_so else "no" for name, is_so in said.items()},
            )
