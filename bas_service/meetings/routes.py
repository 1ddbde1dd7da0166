"""Endpoints of meetings."""

import uuid
from datetime import datetime
from typing import Any

from flask import g

from bas_service.access.gate import gate
from bas_service.access.rules import Role
from bas_service.http.bodies import Blueprint
from bas_service.http.concurrency import changes_a_version, check_if_match
from bas_service.http.fields import Nothing
from bas_service.http.idempotency import answers_once
from bas_service.http.paging import Page, cursor_of, page_of, read_cursor
from bas_service.meetings import life_cycle, queries, search, service, unreached
from bas_service.meetings.models import Meeting, ToldInPerson
from bas_service.meetings.rules import Warned
from bas_service.meetings.schemas import (
    AdditionView,
    AddToMeeting,
    ChangeMeeting,
    CorrectMeeting,
    ExtendMeeting,
    FinishMeeting,
    HistoryPage,
    MeetingReason,
    MeetingsFilter,
    MeetingsPage,
    MeetingView,
    PlanMeeting,
    RecordTold,
    StartMeeting,
    ToldView,
)
from bas_service.meetings.week import freer_days_near

blueprint = Blueprint("meetings", __name__, url_prefix="/api/v1", description="Meetings with the child")

MEETING_ROLES = (Role.SPECIALIST, Role.SUPERVISOR)


@blueprint.route("/meetings", methods=["POST"])
@gate(*MEETING_ROLES)
@answers_once
@blueprint.arguments(PlanMeeting)
@blueprint.response(201, MeetingView)
def plan(form: dict[str, Any]) -> dict[str, Any]:
    """Plan a meeting; the representatives are told where the child will be and for how long."""
    meeting, warnings = service.plan_meeting(form, by=g.asking.account_id)
    return _planned_view(meeting, warnings, is_new=True)


@blueprint.route("/meetings")
@gate(*MEETING_ROLES)
@blueprint.arguments(MeetingsFilter, location="query")
@blueprint.response(200, MeetingsPage)
def page(wanted: dict[str, Any]) -> dict[str, Any]:
    """Meetings in sight by their start; with `q` those in whose words it is found, page by page."""
    after = read_cursor(wanted.get("cursor"), datetime.fromisoformat, uuid.UUID)
    found, following = search.meetings_page(wanted, after=after, limit=wanted["limit"])
    return {"items": queries.views_of(found), "next": following and cursor_of(*following)}


@blueprint.route("/meetings/<uuid:meeting_id>")
@gate(*MEETING_ROLES)
@blueprint.response(200, MeetingView)
def show(meeting_id: uuid.UUID) -> dict[str, Any]:
    """One meeting."""
    return _view(queries.meeting_in_sight(meeting_id))


@blueprint.route("/meetings/<uuid:meeting_id>", methods=["PATCH"])
@gate(*MEETING_ROLES)
@changes_a_version
@answers_once
@blueprint.arguments(ChangeMeeting)
@blueprint.response(200, MeetingView)
def change(form: dict[str, Any], meeting_id: uuid.UUID) -> dict[str, Any]:
    """Change a planned meeting; what the representatives were told wrongly is told anew."""
    meeting = _meeting_to_change(meeting_id)
    return _planned_view(meeting, service.change_meeting(meeting, form))


@blueprint.route("/meetings/<uuid:meeting_id>/start", methods=["POST"])
@gate(*MEETING_ROLES)
@changes_a_version
@answers_once
@blueprint.arguments(StartMeeting)
@blueprint.response(200, MeetingView)
def start(form: dict[str, Any], meeting_id: uuid.UUID) -> dict[str, Any]:
    """Start a meeting; when not everybody was told, `unannounced_reason` is needed."""
    meeting = _meeting_to_change(meeting_id)
    life_cycle.start_meeting(meeting, **form)
    return _view(meeting)


@blueprint.route("/meetings/<uuid:meeting_id>/extend", methods=["POST"])
@gate(*MEETING_ROLES)
@changes_a_version
@answers_once
@blueprint.arguments(ExtendMeeting)
@blueprint.response(200, MeetingView)
def extend(form: dict[str, Any], meeting_id: uuid.UUID) -> dict[str, Any]:
    """Let a meeting that is under way take longer; the representatives are told when the child will be back."""
    meeting = _meeting_to_change(meeting_id)
    return _view(meeting, life_cycle.extend_meeting(meeting, **form))


@blueprint.route("/meetings/<uuid:meeting_id>/finish", methods=["POST"])
@gate(*MEETING_ROLES)
@changes_a_version
@answers_once
@blueprint.arguments(FinishMeeting)
@blueprint.response(200, MeetingView)
def finish(form: dict[str, Any], meeting_id: uuid.UUID) -> dict[str, Any]:
    """Finish a meeting that is under way; of a first one, say whether the representative was present."""
    meeting = _meeting_to_change(meeting_id)
    return _view(meeting, life_cycle.finish_meeting(meeting, form))


@blueprint.route("/meetings/<uuid:meeting_id>/cancel", methods=["POST"])
@gate(*MEETING_ROLES)
@changes_a_version
@answers_once
@blueprint.arguments(MeetingReason)
@blueprint.response(200, MeetingView)
def cancel(form: dict[str, Any], meeting_id: uuid.UUID) -> dict[str, Any]:
    """Cancel a planned meeting; whoever was told of it is told that it will not take place.

    `reason` is one of the policy's `cancel_reasons`. Warned is `no-reachable-representative` when somebody who knew
    of it cannot be told so in writing: that is a duty.
    """
    meeting = _meeting_to_change(meeting_id)
    return _view(meeting, life_cycle.cancel_meeting(meeting, form))


@blueprint.route("/meetings/<uuid:meeting_id>/take", methods=["POST"])
@gate(Role.SPECIALIST)
@changes_a_version
@answers_once
@blueprint.arguments(Nothing)
@blueprint.response(200, MeetingView)
def take(_nothing: dict[str, Any], meeting_id: uuid.UUID) -> dict[str, Any]:
    """Take a planned meeting over from the absent colleague one stands in for; the new name is told."""
    meeting = _meeting_to_change(meeting_id)
    return _view(meeting, service.take_meeting(meeting, by=g.asking.account_id))


@blueprint.route("/meetings/<uuid:meeting_id>/miss", methods=["POST"])
@gate(*MEETING_ROLES)
@changes_a_version
@answers_once
@blueprint.arguments(MeetingReason)
@blueprint.response(200, MeetingView)
def miss(form: dict[str, Any], meeting_id: uuid.UUID) -> dict[str, Any]:
    """Record that a planned meeting, whose time has come, did not come about; `reason` is one of `miss_reasons`."""
    meeting = _meeting_to_change(meeting_id)
    life_cycle.miss_meeting(meeting, form)
    return _view(meeting)


@blueprint.route("/meetings/<uuid:meeting_id>/told", methods=["POST"])
@gate(*MEETING_ROLES)
@answers_once
@blueprint.arguments(RecordTold)
@blueprint.response(201, ToldView)
def told(form: dict[str, Any], meeting_id: uuid.UUID) -> ToldInPerson:
    """Record that a representative was told of the meeting by telephone, in person or by letter.

    That ends the duty to do so. `told_at` is neither to come nor before what is told was decided.
    `announced_in_time` counts what is in writing only: of these the letter, from the moment on at which it is
    recorded, never from before.
    """
    meeting = queries.meeting_in_sight(meeting_id, lock=True)
    return unreached.record_told(meeting, form, by=g.asking.account_id)


@blueprint.route("/meetings/<uuid:meeting_id>/history")
@gate(*MEETING_ROLES)
@blueprint.arguments(Page, location="query")
@blueprint.response(200, HistoryPage)
def history(wanted: dict[str, Any], meeting_id: uuid.UUID) -> dict[str, Any]:
    """Every step of a meeting from the first on: who took it, when, when by the phone, and what it changed."""
    meeting = queries.meeting_in_sight(meeting_id)
    after = read_cursor(wanted.get("cursor"), _version)
    limit = wanted["limit"]
    found = queries.history_of(meeting, after=after[0] if after else 0, limit=limit)
    return page_of(found[:limit], limit, "version", more=len(found) > limit)


@blueprint.route("/meetings/<uuid:meeting_id>/correct", methods=["POST"])
@gate(*MEETING_ROLES)
@changes_a_version
@answers_once
@blueprint.arguments(CorrectMeeting)
@blueprint.response(200, MeetingView)
def correct(form: dict[str, Any], meeting_id: uuid.UUID) -> dict[str, Any]:
    """Correct what was recorded about a meeting that is over, within the policy's `correction_days`.

    It never starts more than two days before its planned time.
    """
    meeting = _meeting_to_change(meeting_id)
    life_cycle.correct_meeting(meeting, form)
    return _view(meeting)


@blueprint.route("/meetings/<uuid:meeting_id>/additions", methods=["POST"])
@gate(*MEETING_ROLES)
@answers_once
@blueprint.arguments(AddToMeeting)
@blueprint.response(201, AdditionView)
def add(form: dict[str, Any], meeting_id: uuid.UUID) -> dict[str, Any]:
    """Add words to a meeting that is over, however long ago; they are never changed."""
    return life_cycle.add_to_meeting(queries.meeting_in_sight(meeting_id, lock=True), form)


def _version(spelled: str) -> int:
    version = int(spelled)
    if version >= 2**31:
        raise ValueError(spelled)
    return version


def _planned_view(meeting: Meeting, warnings: tuple[str, ...], *, is_new: bool = False) -> dict[str, Any]:
    """A meeting just planned or moved; where that makes the child's week too full, with freer days."""
    freer_days = freer_days_near(meeting) if Warned.CHILD_WEEK_FULL in warnings else []
    return queries.views_of([meeting], warnings, freer_days=freer_days, are_new=is_new)[0]


def _view(meeting: Meeting, warnings: tuple[str, ...] = ()) -> dict[str, Any]:
    return queries.views_of([meeting], warnings)[0]


def _meeting_to_change(meeting_id: uuid.UUID) -> Meeting:
    meeting = queries.meeting_in_sight(meeting_id, lock=True)
    check_if_match(meeting.version, current=lambda: MeetingView().dump(_view(meeting)))
    return meeting
