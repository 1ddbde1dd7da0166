"""The verbs: enter another institution's appointment with a child, correct it, cancel it or one day of it (D9)."""

import uuid
from datetime import date
from typing import Any

from sqlalchemy import select

from bas_service import clock
from bas_service.children.queries import hold_child, of_child_in_sight
from bas_service.database import db, new_id
from bas_service.errors import InvalidRequest
from bas_service.meetings import appointment_rules as rules
from bas_service.meetings.appointment_models import Appointment
from bas_service.meetings.week_rules import span_of


def enter_appointment(child_id: uuid.UUID, form: dict[str, Any], *, by: uuid.UUID) -> Appointment:
    """Enter an appointment of a child in sight; nobody is told. Raises ``InvalidRequest``, ``NotFound``."""
    hold_child(child_id)
    now = clock.now()
    values = {"id": new_id(), "place": None, "asked_by": None, "note": None, "rule": None} | form
    rules.check_appointment(values["starts_at"], values["rule"], now)
    appointment = Appointment(
        **values,
        child_id=child_id,
        days_off=[],
        over_at=rules.over_at(values["starts_at"], values["minutes"], values["rule"]),
        state=rules.AppointmentState.PLANNED.value,
        version=1,
        created_at=now,
        created_by=by,
    )
    db.session.add(appointment)
    db.session.flush()
    return appointment


def correct_appointment(appointment: Appointment, form: dict[str, Any]) -> None:
    """Correct a locked appointment; raises ``AppointmentCancelled``, ``InvalidRequest``."""
    rules.check_not_cancelled(appointment.state)
    changed = {name: value for name, value in form.items() if getattr(appointment, name) != value}
    if not changed:
        return
    if {"starts_at", "rule"} & set(changed):
        starts_at = changed.get("starts_at", appointment.starts_at)
        rule, pointer = changed.get("rule", appointment.rule), "/starts_at" if "starts_at" in form else "/rule"
        rules.check_appointment(starts_at, rule, clock.now(), pointer=pointer)
    for name, value in changed.items():
        setattr(appointment, name, value)
    appointment.over_at = rules.over_at(appointment.starts_at, appointment.minutes, appointment.rule)
    appointment.version += 1
    db.session.flush()


def cancel_appointment(appointment: Appointment, *, day: date | None, reason: str | None) -> None:
    """Cancel a locked appointment, or only what of it is on one day; raises ``AppointmentCancelled``.

    Of one that repeats, what was before stays: it burdened the child.
    ``InvalidRequest`` for a day on which it does not take place.
    """
    rules.check_not_cancelled(appointment.state)
    # What takes place once is cancelled as a whole, also when its day is named.
    if day is not None:
        _check_day(appointment, day)
    if day is None or appointment.rule is None:
        appointment.state = rules.AppointmentState.CANCELLED.value
        appointment.state_reason = reason
        appointment.over_at = rules.over_when_cancelled(
            appointment.starts_at, appointment.rule, over_at=appointment.over_at, now=clock.now()
        )
    else:
        appointment.days_off = sorted({*appointment.days_off, day})
    appointment.version += 1
    db.session.flush()


def appointment_in_sight(appointment_id: uuid.UUID, *, lock: bool = False) -> Appointment:
    """An appointment of a child in sight, with the child held when it is to be changed; raises ``NotFound``."""
    return of_child_in_sight(Appointment, appointment_id, lock=lock)


def appointments_page(child_id: uuid.UUID, *, after: list[Any] | None, limit: int) -> list[dict[str, Any]]:
    """A child's appointments by their (first) start, one more than ``limit`` when there are more."""
    statement = select(Appointment).where(Appointment.child_id == child_id)
    if after is not None:
        moment, last_id = after
        statement = statement.where(
            (Appointment.starts_at > moment) | ((Appointment.starts_at == moment) & (Appointment.id > last_id))
        )
    found = db.session.scalars(statement.order_by(Appointment.starts_at, Appointment.id).limit(limit + 1))
    names = [column.name for column in Appointment.__table__.columns]
    return [{name: getattr(one, name) for name in names} for one in found]


def _check_day(appointment: Appointment, day: date) -> None:
    found = rules.spans_between(
        appointment.starts_at,
        appointment.minutes,
        appointment.rule,
        days_off=appointment.days_off,
        within=span_of(day, 1),
    )
    rules.check_takes_place_on(day, (one.starts_at for one in found))
    if len(appointment.days_off) >= rules.MOST_DAYS_OFF:
        raise InvalidRequest.at("/day", "too-long", most=rules.MOST_DAYS_OFF)
