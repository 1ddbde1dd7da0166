"""The verbs of planning: plan a meeting, change it, take it over; every one of them tells (D6)."""

import uuid
from datetime import timedelta
from enum import StrEnum
from typing import Any

from bas_service import clock
from bas_service.announcements.rules import Reason
from bas_service.children.queries import lock_child
from bas_service.database import new_id
from bas_service.duties import service as duties
from bas_service.duties.rules import DutyKind
from bas_service.meetings import habits, rules
from bas_service.meetings.events import insert_planned, stepping
from bas_service.meetings.models import Meeting
from bas_service.meetings.rules import Kind, MeetingState, PlaceType, Step
from bas_service.meetings.series_rules import own_parts_after
from bas_service.meetings.telling import check_consent, parties_of, parties_of_meeting, tell


def plan_meeting(form: dict[str, Any], *, by: uuid.UUID) -> tuple[Meeting, tuple[str, ...]]:
    """Plan a meeting with a child in sight, and tell the representatives; gives the meeting and warnings.

    Its kind, and how long it takes, need not be said (D28): where to, and earlier meetings there, tell.
    Its specialist is the one responsible for the child, or the asker, where they stand in on that day (D3).
    Raises ``InvalidRequest``, ``NoOpenCase``, ``ConsentMissing``, ``NotFound``; an overlap is refused by the
    database as ``MeetingOverlaps``.
    """
    now = clock.now()
    rules.check_start(form["starts_at"], now)
    lock_child(form["child_id"])
    form = form | {"kind": habits.kind_of(form)}
    parties = parties_of(
        form["child_id"],
        holder=by,
        starts_at=form["starts_at"],
        accompanied=form["kind"] is Kind.ACCOMPANIMENT,
        measured="expected_minutes" in form,
    )
    if "expected_minutes" not in form:
        form["expected_minutes"] = habits.minutes_of(form, parties["earlier"])
    columns = columns_of(form)
    rules.check_place(columns["place_type"], columns["place_name"], columns["place_address"])
    rules.check_accompaniment(form["kind"], columns["institution"])
    values = (
        {"id": new_id()}
        | columns
        | {
            "case_id": parties["case_id"],
            "specialist_id": parties["specialist_id"],
            "ends_at": form["starts_at"] + timedelta(minutes=form["expected_minutes"]),
            "state": MeetingState.PLANNED.value,
            "telling": 1,
            "version": 1,
            "created_at": now,
        }
    )
    check_consent(Meeting(**values), consents=parties["consents"])
    meeting = insert_planned(values, is_first=parties["is_first"], on_phone_at=form.get("on_phone_at"))
    return meeting, tell(meeting, Reason.PLANNED, parties)


def change_meeting(meeting: Meeting, form: dict[str, Any]) -> tuple[str, ...]:
    """Change a locked, planned meeting; what representatives were told wrongly is told anew."""
    rules.check_state(meeting.state, MeetingState.PLANNED)
    values = columns_of(form)
    if "starts_at" in values and values["starts_at"] != meeting.starts_at:
        rules.check_start(values["starts_at"], clock.now())
    if "place_type" in values:
        rules.check_place(values["place_type"], values["place_name"], values["place_address"])
    rules.check_accompaniment(Kind(meeting.kind), values.get("institution", meeting.institution))
    changed = {name: value for name, value in values.items() if getattr(meeting, name) != value}
    if not changed:
        return ()
    if "starts_at" in changed and "short_notice_reason" not in form:
        # It explained why it was moved, or planned, so late then.
        changed["short_notice_reason"] = None
    must_tell = bool(rules.TOLD_PARTS & set(changed))
    if meeting.series_id is not None and "starts_at" in changed:
        duties.let_lapse(DutyKind.SERIES_DAY_UNUSUAL, about_id=meeting.id)
    if "starts_at" in changed:
        duties.let_lapse(DutyKind.MEETING_UNSETTLED, about_id=meeting.id)
    parties: dict[str, Any] = {}
    with stepping(meeting, Step.CHANGED, on_phone_at=form.get("on_phone_at")):
        for name, value in changed.items():
            setattr(meeting, name, value)
        if meeting.series_id is not None:
            meeting.own_parts = own_parts_after(meeting.own_parts, set(changed))
        meeting.ends_at = meeting.starts_at + timedelta(minutes=meeting.expected_minutes)
        if {"starts_at", "institution"} & set(changed):
            check_consent(meeting)
            duties.let_lapse(DutyKind.CONSENT_LOST, about_id=meeting.id)
        if must_tell:
            meeting.telling += 1
            # Whoever moves a meeting queues with those who plan for the same specialist, before it is written.
            parties = parties_of_meeting(meeting)
            # Moved beyond the days of a substitution, it is the responsible specialist's again.
            meeting.specialist_id = parties["specialist_id"]
    return tell(meeting, Reason.CHANGED, parties) if must_tell else ()


def take_meeting(meeting: Meeting, *, by: uuid.UUID) -> tuple[str, ...]:
    """Let the asker hold a locked, planned meeting of the absent colleague they stand in for; the name is told.

    Raises ``MeetingStateUnfit``, and ``NoSubstitution`` when they do not stand in on the meeting's day.
    """
    rules.check_state(meeting.state, MeetingState.PLANNED)
    parties = parties_of(meeting.child_id, holder=by, starts_at=meeting.starts_at)
    if parties["specialist_id"] != by:
        raise rules.NoSubstitution()
    return () if meeting.specialist_id == by else move_to(meeting, parties, step=Step.TAKEN)


def move_to(meeting: Meeting, parties: dict[str, Any], *, step: Step = Step.MOVED) -> tuple[str, ...]:
    """Let another specialist hold a locked, planned meeting; the name is told."""
    with stepping(meeting, step):
        meeting.specialist_id = parties["specialist_id"]
        meeting.telling += 1
    duties.pass_on(DutyKind.CONSENT_LOST, about_ids=[meeting.id], to=meeting.specialist_id)
    return tell(meeting, Reason.CHANGED, parties)


def columns_of(form: dict[str, Any]) -> dict[str, Any]:
    """The columns that a form gives values for."""
    names = ("id", "child_id", "kind", "starts_at", "expected_minutes", "transport", "note", "short_notice_reason")
    values: dict[str, Any] = {name: form[name] for name in names if name in form}
    if "place" in form:
        place = form["place"]
        values |= {
            "place_type": PlaceType(place["type"]).value,
            "place_name": place.get("name"),
            "place_address": place.get("address"),
        }
    if "accompaniment" in form or "kind" in form:
        given = form.get("accompaniment") or {}
        values |= {"institution": given.get("institution"), "purpose": given.get("purpose")}
    return {name: value.value if isinstance(value, StrEnum) else value for name, value in values.items()}
