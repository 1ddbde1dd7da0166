"""Endpoints of other institutions' appointments with a child."""

import uuid
from datetime import datetime
from typing import Any

from flask import g

from bas_service.access.gate import gate
from bas_service.access.rules import Role
from bas_service.children.queries import child_in_sight
from bas_service.http.bodies import Blueprint
from bas_service.http.concurrency import changes_a_version, check_if_match
from bas_service.http.idempotency import answers_once
from bas_service.http.paging import Page, page_of, read_cursor
from bas_service.meetings import appointments
from bas_service.meetings.appointment_models import Appointment
from bas_service.meetings.appointment_schemas import (
    AppointmentsPage,
    AppointmentView,
    CancelAppointment,
    CorrectAppointment,
    EnterAppointment,
)

blueprint = Blueprint(
    "appointments", __name__, url_prefix="/api/v1", description="Where other institutions want the child to be"
)

# A part of the child's file, as the meetings are.
APPOINTMENT_ROLES = (Role.SPECIALIST, Role.SUPERVISOR)


@blueprint.route("/children/<uuid:child_id>/appointments", methods=["POST"])
@gate(*APPOINTMENT_ROLES)
@answers_once
@blueprint.arguments(EnterAppointment)
@blueprint.response(201, AppointmentView)
def enter(form: dict[str, Any], child_id: uuid.UUID) -> Appointment:
    """Enter another institution's appointment with the child; nobody is told, nobody gets a duty."""
    return appointments.enter_appointment(child_id, form, by=g.asking.account_id)


@blueprint.route("/children/<uuid:child_id>/appointments")
@gate(*APPOINTMENT_ROLES)
@blueprint.arguments(Page, location="query")
@blueprint.response(200, AppointmentsPage)
def page(wanted: dict[str, Any], child_id: uuid.UUID) -> dict[str, Any]:
    """The child's appointments with other institutions by their (first) start, those cancelled too."""
    child_in_sight(child_id)
    after = read_cursor(wanted.get("cursor"), datetime.fromisoformat, uuid.UUID)
    limit = wanted["limit"]
    found = appointments.appointments_page(child_id, after=after, limit=limit)
    return page_of(found, limit, "starts_at", "id")


@blueprint.route("/appointments/<uuid:appointment_id>", methods=["PATCH"])
@gate(*APPOINTMENT_ROLES)
@changes_a_version
@answers_once
@blueprint.arguments(CorrectAppointment)
@blueprint.response(200, AppointmentView)
def correct(form: dict[str, Any], appointment_id: uuid.UUID) -> Appointment:
    """Correct an appointment, all of it when it repeats."""
    appointment = _appointment_to_change(appointment_id)
    appointments.correct_appointment(appointment, form)
    return appointment


@blueprint.route("/appointments/<uuid:appointment_id>/cancel", methods=["POST"])
@gate(*APPOINTMENT_ROLES)
@changes_a_version
@answers_once
@blueprint.arguments(CancelAppointment)
@blueprint.response(200, AppointmentView)
def cancel(form: dict[str, Any], appointment_id: uuid.UUID) -> Appointment:
    """Cancel an appointment; of one that repeats only what is on `day`, when a day is given."""
    appointment = _appointment_to_change(appointment_id)
    appointments.cancel_appointment(appointment, day=form.get("day"), reason=form.get("reason"))
    return appointment


def _appointment_to_change(appointment_id: uuid.UUID) -> Appointment:
    appointment = appointments.appointment_in_sight(appointment_id, lock=True)
    check_if_match(appointment.version, current=lambda: AppointmentView().dump(appointment))
    return appointment
