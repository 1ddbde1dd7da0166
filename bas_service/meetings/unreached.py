"""The verbs: make an unreached representative somebody's task, let it lapse, record who was told otherwise (D6)."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from bas_service import clock
from bas_service.announcements.service import Outcome
from bas_service.children.queries import representatives_to_tell
from bas_service.database import db, new_id
from bas_service.duties import service as duties
from bas_service.duties.rules import DutyKind
from bas_service.errors import InvalidRequest
from bas_service.meetings import rules
from bas_service.meetings.models import Meeting, ToldInPerson
from bas_service.meetings.policies import policy_on
from bas_service.meetings.rules import MeetingState
from bas_service.meetings.unreached_queries import (
    OF_CHILD,
    OF_SERIES,
    OF_TEXTS,
    OF_THESE,
    SETTLED,
    near_and_open,
    told_since,
    unreached_among,
)
from bas_service.messaging.rules import LEAST_TIME_FOR_A_REPEAT

# Stands in an occasion for the representative, where there is none to be told.
NOBODY = "nobody"
# Somebody has the same number or address who must not learn the place: they are told, and not there (D29).
SHARING = "sharing"
KINDS = (DutyKind.REPRESENTATIVE_UNREACHED, DutyKind.REPRESENTATIVE_UNREACHED_ESCALATED)


def take_up(meeting: Meeting, outcome: Outcome) -> None:
    """Make whoever has no way to be told of a new telling the task of the meeting's specialist, at once."""
    without_a_way: tuple[uuid.UUID | None, ...] = outcome.unreachable
    if not outcome.reachable and not without_a_way:
        without_a_way = (None,)
    if without_a_way and meeting.series_id is not None and meeting.starts_at > _told_by_now():
        # One of many, told when it comes nearer: till then it is nobody's task.
        return
    for representative_id in without_a_way:
        _raise(
            meeting_id=meeting.id,
            child_id=meeting.child_id,
            specialist_id=meeting.specialist_id,
            starts_at=meeting.starts_at,
            ends_at=meeting.ends_at,
            telling=meeting.telling,
            representative_id=representative_id,
            what="meeting",
            whom=SHARING if representative_id in outcome.sharing else "somebody" if representative_id else NOBODY,
        )


def take_up_news(meetings: list[Meeting]) -> bool:
    """Make whoever cannot be written to that these meetings of a held child are off, or end later, a task at once.

    Who never knew of a meeting need not know that it is off. Gives whether there is somebody (D6, D30).
    """
    return bool(_raise_found(OF_THESE, ids=[meeting.id for meeting in meetings]))


def let_go(meeting: Meeting) -> None:
    """Let the duties about whom a meeting's tellings did not reach lapse: it is over, off, or told anew."""
    duties.let_lapse(*KINDS, about_id=meeting.id)


def look_again_at_child(child_id: uuid.UUID) -> None:
    """Who represents a held child has changed, or how: raise and let lapse what follows from it (D29)."""
    let_settled_lapse(child_id)
    _raise_found(OF_CHILD, child=child_id, told_by_now=_told_by_now())


def let_settled_lapse(child_id: uuid.UUID | None = None) -> None:
    """Let duties about unreached representatives lapse whose cause is gone; all of them, or one child's."""
    near = {"near": rules.SHORT_NOTICE, "least": LEAST_TIME_FOR_A_REPEAT}
    db.session.execute(text(SETTLED), {"now": clock.now(), "child": child_id} | near)


def raise_for_texts() -> int:
    """Make each text that did not arrive somebody's task, once; gives how many are new."""
    return _raise_found(OF_TEXTS, longest=timedelta(minutes=rules.MOST_MINUTES))


def raise_for_series() -> int:
    """Make meetings that repeat, and of which nobody can be told in writing, somebody's task once they come near."""
    return _raise_found(OF_SERIES, told_by_now=_told_by_now())


def escalate() -> int:
    """Tell the supervisors what is open so shortly before the start, once; gives how many are new.

    That a meeting takes longer is theirs when nobody has told it for a while.
    """
    return sum(
        duties.raise_duty(
            DutyKind.REPRESENTATIVE_UNREACHED_ESCALATED,
            child_id=row["child_id"],
            account_id=row["supervisor_id"],
            about_id=row["about_id"],
            occasion=row["occasion"],
            due_at=clock.now(),
            **row["details"],
        )
        for row in near_and_open()
    )


def record_told(meeting: Meeting, form: dict[str, Any], *, by: uuid.UUID) -> ToldInPerson:
    """Record that a representative was told of a locked meeting by a person; that was somebody's task till now.

    Raises ``InvalidRequest`` (somebody who is not to be told, a moment to come, or one at which something else was
    to be told), ``MeetingStateUnfit``.
    """
    rules.check_state(meeting.state, MeetingState.PLANNED, MeetingState.UNDER_WAY, MeetingState.CANCELLED)
    to_tell = representatives_to_tell(meeting.child_id, on=clock.in_riga(meeting.starts_at).date())
    if form["representative_id"] not in {row["id"] for row in to_tell}:
        raise InvalidRequest.at("/representative_id", "representative-not-to-be-told")
    now = clock.now()
    told = ToldInPerson(
        id=form.get("id") or new_id(),
        meeting_id=meeting.id,
        child_id=meeting.child_id,
        representative_id=form["representative_id"],
        telling=meeting.telling,
        means=form["means"].value,
        told_at=rules.told_moment(form.get("told_at"), since=told_since(meeting), now=now),
        told_by=by,
        note=form.get("note"),
        created_at=now,
    )
    db.session.add(told)
    db.session.flush()
    occasion = f"{told.telling}/{told.representative_id}"
    duties.finish_occasion(*KINDS, about_id=meeting.id, occasion=occasion, note=told.note, by=by)
    return told


def _told_by_now() -> datetime:
    return clock.now() + timedelta(days=policy_on(clock.today()).tell_ahead_days)


def _raise_found(meetings: str, **values: Any) -> int:
    return sum(_raise(**row) for row in unreached_among(meetings, **values))


def _raise(
    *,
    meeting_id: uuid.UUID,
    child_id: uuid.UUID,
    specialist_id: uuid.UUID,
    starts_at: datetime,
    ends_at: datetime,
    telling: int,
    representative_id: uuid.UUID | None,
    what: str,
    whom: str,
    times: int = 0,
) -> bool:
    local = clock.in_riga(starts_at)
    occasion = f"{telling}/{representative_id or NOBODY}"
    return duties.raise_duty(
        DutyKind.REPRESENTATIVE_UNREACHED,
        child_id=child_id,
        account_id=specialist_id,
        about_id=meeting_id,
        occasion=f"{occasion}/{times + 1}" if times else occasion,
        due_at=rules.unreached_due_at(starts_at, clock.now()),
        day=local.date().isoformat(),
        clock=f"{local:%H:%M}",
        ends=f"{clock.in_riga(ends_at):%H:%M}",
        what=what,
        whom=whom,
        representative_id=str(representative_id) if representative_id else None,
    )
