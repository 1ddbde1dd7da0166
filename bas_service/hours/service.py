"""The verbs: note work away from the child in one line, correct the line, withdraw it (D8)."""

import uuid
from typing import Any

from bas_service import clock
from bas_service.children.queries import hold_child
from bas_service.database import db, new_id
from bas_service.hours import queries, rules
from bas_service.hours.models import PartnerWork
from bas_service.hours.rules import Way
from bas_service.meetings.queries import meeting_in_sight

_WORDS = ("with_whom", "note")


def note_work(form: dict[str, Any], *, by: uuid.UUID) -> PartnerWork:
    """Note how many minutes something took; today, when no day is said.

    A way to a meeting is about the meeting's child. Raises ``InvalidRequest``, ``NotFound``.
    """
    day = rules.day_of(form, now=clock.now())
    way = _way_to(form.get("meeting_id"))
    child_id = form.get("child_id") or (way.child_id if way else None)
    rules.check_way(form["kind"], way, child_id=child_id, by=by)
    _hold(child_id)
    line = PartnerWork(
        id=form.get("id") or new_id(),
        specialist_id=by,
        day=day,
        started_at=form.get("started_at"),
        minutes=form["minutes"],
        kind=form["kind"].value,
        child_id=child_id,
        meeting_id=form.get("meeting_id"),
        created_at=clock.now(),
        version=1,
        **{name: form.get(name) for name in _WORDS},
    )
    db.session.add(line)
    db.session.flush()
    return line


def change_work(line: PartnerWork, form: dict[str, Any]) -> None:
    """Correct a held line of one's own; what is left out stays.

    Raises ``InvalidRequest``, ``NotFound``, ``PartnerWorkWithdrawn``.
    """
    _check_still_there(line)
    if {"day", "started_at"} & set(form):
        # A day alone moves the line there: the time of day that was said with another one goes.
        times = form if form.get("started_at") else {"day": line.day} | form
        line.day, line.started_at = rules.day_of(times, now=clock.now()), form.get("started_at")
    line.minutes = form.get("minutes", line.minutes)
    line.kind = form["kind"].value if "kind" in form else line.kind
    line.child_id = form.get("child_id", line.child_id)
    rules.check_way(line.kind, _way_to(line.meeting_id), child_id=line.child_id, by=line.specialist_id)
    for name in _WORDS:
        if name in form:
            setattr(line, name, form[name])
    if db.session.is_modified(line):
        line.version += 1
    db.session.flush()


def withdraw_work(line: PartnerWork) -> None:
    """Take a held line of one's own back: it counts no more; raises ``PartnerWorkWithdrawn``."""
    _check_still_there(line)
    line.withdrawn_at = clock.now()
    line.version += 1
    db.session.flush()


def own_line(line_id: uuid.UUID, *, by: uuid.UUID, child_id: uuid.UUID | None = None) -> PartnerWork:
    """One's own line, with the child it is about held, and the one it is to be about; raises ``NotFound``."""
    line = queries.line_in_sight(line_id, by=by)
    # In one order, whatever the line says: two who exchange children do not wait for each other.
    for held in sorted({line.child_id, child_id} - {None}, key=str):
        _hold(held)
    db.session.refresh(line, with_for_update={"key_share": True})
    return line


def _check_still_there(line: PartnerWork) -> None:
    if line.withdrawn_at is not None:
        raise rules.PartnerWorkWithdrawn()


def _way_to(meeting_id: uuid.UUID | None) -> Way | None:
    if meeting_id is None:
        return None
    meeting = meeting_in_sight(meeting_id)
    return Way(child_id=meeting.child_id, specialist_id=meeting.specialist_id)


def _hold(child_id: uuid.UUID | None) -> None:
    if child_id is not None:
        hold_child(child_id)
