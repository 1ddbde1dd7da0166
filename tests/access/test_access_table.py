"""Every route × everybody who might ask × their relation to the child: what each of them gets (D23, D32).

The table is complete by construction: a route of the application without a row here fails.
"""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy
from flask import Flask

from bas_service import embedded
from bas_service.announcements.rules import Reason
from bas_service.announcements.template_rules import mark_of
from bas_service.translation import Language
from tests.builders import FIRST_FORM, REFERRAL, TEMPLATE, House, at, soon
from tests.callers import API, Phone, done
from tests.snapshots import Untouched

# responsible specialist, colleague of the team, supervisor, another team's supervisor, coordinator,
# administrator, a stranger with an emergency grant, the former responsible, a deactivated colleague, nobody
ACTORS = ("responsible", "colleague", "supervisor", "other", "coordinator", "administrator") + (
    "emergency",
    "former",
    "deactivated",
    "nobody",
)
# Whoever stands in today is asked besides: they may what the responsible specialist may, with these exceptions.
OF_A_SUBSTITUTE = {
    ("GET", "/api/v1/specialists/{specialist}/caseload"): 404,
    ("GET", "/api/v1/specialists/{specialist}/load"): 404,
    ("POST", "/api/v1/meetings/{meeting}/take"): 200,
    ("GET", "/api/v1/hours?specialist_id={specialist}"): 404,
    ("PATCH", "/api/v1/partner-work/{partner_work}"): 404,
    ("POST", "/api/v1/partner-work/{partner_work}/withdraw"): 404,
    ("POST", "/api/v1/calendar-feeds/{calendar_feed}/revoke"): 404,
}
Form = Callable[["Scene"], Any] | dict[str, Any] | None


@dataclass
class Scene:
    """A child with a file, somebody of every relation to it, and a child that waits."""

    actors: dict[str, Phone]
    ids: dict[str, str]
    versions: dict[str, int]
    house: House


def a_scene(house: House) -> Scene:
    supervisor, other = house.a_supervisor(), house.a_supervisor()
    former, responsible, colleague, substitute = (house.a_specialist(supervisor) for _ in range(4))
    deactivated, emergency = house.a_specialist(supervisor), house.a_specialist(other)
    family = house.a_family(supervisor, former)
    child, case = family["child"], family["case"]
    to = {"to_specialist_id": str(responsible.account_id), "reason": "Atvaļinājums"}
    case = done(supervisor.act(f"cases/{case['id']}/transfer", case, to))
    suspended = house.a_representative(supervisor, child, name="Tētis Izdomāts")
    why = {"reason": "Lēmums", "basis": "Bāriņtiesa"}
    suspended = done(supervisor.act(f"representatives/{suspended['id']}/suspend", suspended, why))
    consent = done(
        responsible.post(
            f"children/{child['id']}/consents",
            {
                "representative_id": family["representative"]["id"],
                "scope": "transport",
                "given_at": at(soon(hours=-2)),
                "means": "paper",
            },
        )
    )
    request = house.a_consent_request(responsible, family["representative"])
    meeting = house.a_meeting(responsible, child)
    appointment = house.an_appointment(responsible, child)
    # Days away from the meetings, at whatever time of day this runs.
    far = at(soon(hours=24 * 20))
    series = house.a_series(responsible, child, starts_at=far, rule="FREQ=MONTHLY", expected_minutes=5)
    start = {"unannounced_reason": "Steidzami"}
    held = house.a_meeting(responsible, child, starts_at=at(soon(hours=72)))
    held = done(responsible.act(f"meetings/{held['id']}/start", held, start))
    held = done(responsible.act(f"meetings/{held['id']}/finish", held, {}))
    under_way = house.a_meeting(responsible, child, starts_at=at(soon(hours=48)))
    under_way = house.a_meeting_begun(responsible, under_way)
    grant = done(emergency.post(f"children/{child['id']}/emergency-grants", {"reason": "Steidzami", "hours": 2}))
    referral = house.a_screened_referral(supervisor)
    house.sql("UPDATE accounts SET active = false WHERE id = :id", id=deactivated.account_id)
    absence = house.an_absence(supervisor, responsible, substitute)
    (duty,) = done(responsible.get("duties"))["items"]
    closed = house.a_case(supervisor, house.a_child(supervisor, given_name="Slēgta"), responsible)
    closed = done(supervisor.act(f"cases/{closed['id']}/close", closed, CLOSING))
    administrator = house.an_administrator()
    load_policy = house.a_load_policy(administrator, valid_from="2098-01-01")
    casework_policy = house.a_casework_policy(administrator, valid_from="2098-01-01")
    meeting_policy = house.a_meeting_policy(administrator, valid_from="2098-01-01")
    template = house.a_template(administrator, valid_from="2098-01-01")
    telling_policy = house.a_telling_policy(administrator, valid_from="2098-01-01")
    things = {
        "partner_work": house.some_work(responsible, child),
        "calendar_feed": house.a_calendar_feed(responsible),
        "child": child,
        "case": case,
        "representative": family["representative"],
        "suspended": suspended,
        "consent": consent,
        "request": request,
        "meeting": meeting,
        "series": series,
        "under_way": under_way,
        "held": held,
        "appointment": appointment,
        "grant": grant,
        "absence": absence,
        "duty": duty,
        "closed": closed,
        "referral": referral,
        "waiting": house.a_child(supervisor, given_name="Gaida"),
    }
    actors = {
        "responsible": responsible,
        "colleague": colleague,
        "supervisor": supervisor,
        "other": other,
        "coordinator": house.a_coordinator(),
        "administrator": administrator,
        "emergency": emergency,
        "former": former,
        "deactivated": deactivated,
        "substitute": substitute,
    }
    return Scene(
        actors=actors,
        ids={name: thing["id"] for name, thing in things.items()}
        | {"specialist": str(responsible.account_id)}
        | {"reply": house.a_reply(family["representative"])}
        | {"load_policy": load_policy["id"], "casework_policy": casework_policy["id"]}
        | {"meeting_policy": meeting_policy["id"], "template": template["id"]}
        | {"telling_policy": telling_policy["id"]},
        versions={name: thing["version"] for name, thing in things.items()},
        house=house,
    )


AN_APPOINTMENT = {"title": "Logopēds", "starts_at": at(soon(hours=30))}
CLOSING = {"reason": "goal_reached", "outcome": "Labs"}
WHY = {"reason": "Lēmums", "basis": "Bāriņtiesa"}
CHILD = {"given_name": "Jauns", "family_name": "Izdomāts", "birth_date": "2015-05-05", "municipality": "LV-RIX"}
PARENT = {"name": "Vecmamma Izdomāta", "relation": "guardian", "phone": "+37120009999", "channels": ["sms"]}
POLICY = {
    "valid_from": "2099-01-01",
    "weights": {"low": 1, "standard": 1, "high": 1, "crisis": 1},
    "minimum": 1,
    "nominal": 2,
    "maximum": 3,
}
WORK = {"minutes": 30, "kind": "call"}
FROM_2099 = {"valid_from": "2099-01-01"}
WORDING = {"reason": "planned", "language": "lv", "body": TEMPLATE}
WORDING_FROM_2099 = WORDING | FROM_2099 | {"seen": mark_of(Reason.PLANNED, Language.LATVIAN, TEMPLATE)}


FORM = {
    "valid_from": "2099-01-01",
    "least_age": 6,
    "most_age": 17,
    "questions": [
        {
            "key": "risk",
            "kind": "criterion",
            "counting": ["yes"],
            "text": {"lv": "Risks?", "en": "Risk?", "ru": "Риск?"},
        }
    ],
    "decline_reasons": [{"key": "other", "text": {"lv": "Cits", "en": "Other", "ru": "Другое"}}],
}
ANSWERS = {"form_id": FIRST_FORM, "answers": {"risk": "yes"}}


def a_case(scene: Scene) -> dict[str, Any]:
    # Each supervisor gives the child to somebody of their own team; nobody else gets as far as that.
    specialist = scene.actors["colleague"].account_id
    return {"child_id": scene.ids["waiting"], "specialist_id": str(specialist), "complexity": "standard"}


def a_hand_over(scene: Scene) -> dict[str, Any]:
    return {"to_specialist_id": str(scene.actors["colleague"].account_id), "reason": "Slims"}


def an_absence(scene: Scene) -> dict[str, Any]:
    colleague = str(scene.actors["colleague"].account_id)
    return {"specialist_id": colleague, "valid_from": "2099-01-01", "valid_until": "2099-01-02"}


def an_assignment(scene: Scene) -> dict[str, Any]:
    return a_case(scene) | {"id": str(uuid.uuid4())}


def a_page_s_hand_over(scene: Scene) -> dict[str, Any]:
    return a_hand_over(scene) | {"version": scene.versions["case"]}


def a_protected_place(scene: Scene) -> dict[str, Any]:
    return {"from_representative_id": scene.ids["suspended"], "reason": "Drošība"}


def a_consent(scene: Scene) -> dict[str, Any]:
    return {
        "representative_id": scene.ids["representative"],
        "scope": "accompaniment",
        "given_at": at(soon(hours=-1)),
        "means": "paper",
    }


def a_question(scene: Scene) -> dict[str, Any]:
    asked = {"scope": "transport", "purpose": "Uz skolu", "channel": "sms"}
    return asked | {"representative_id": scene.ids["representative"]}


def a_meeting(scene: Scene) -> dict[str, Any]:
    return scene.house.meeting_form({"id": scene.ids["child"]}, starts_at=at(soon(hours=100)))


def work_about_the_child(scene: Scene) -> dict[str, Any]:
    return WORK | {"child_id": scene.ids["child"]}


def a_series(scene: Scene) -> dict[str, Any]:
    return scene.house.series_form(
        {"id": scene.ids["child"]}, starts_at=at(soon(hours=100)), rule="FREQ=DAILY;COUNT=2"
    )


def a_telling(scene: Scene) -> dict[str, Any]:
    return {"representative_id": scene.ids["representative"], "means": "phone"}


PERIOD = "from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z"
ANYBODY = "200 200 200 200 200 200 200 200 401 401"
OWN = "204 204 204 204 204 204 204 204 401 401"
# Two statuses decided by the password, which these requests have wrong: signed in is enough to be asked for it.
ASKED = "403 403 403 403 403 403 403 403 401 401"
STAFF_FILE = "200 404 200 404 403 403 200 404 401 401"
# Who sees the file, the coordinator (who sees no files) among those that may ask.
FILE = "200 404 200 404 404 403 200 404 401 401"
ADDED_BY_STAFF = "201 404 201 404 403 403 201 404 401 401"
ADDED = "201 404 201 404 404 403 201 404 401 401"

# Referrals are every supervisor's and coordinator's, until there is a child that somebody is responsible for.
REFERRALS = "403 403 200 200 200 403 403 403 401 401"

TABLE: list[tuple[str, str, Form, str]] = [
    #                                                  resp coll sup  othr coor admn emrg frmr deac none
    ("GET", "/api/v1/me", None, ANYBODY),
    ("GET", "/api/v1/me/devices", None, ANYBODY),
    ("POST", "/api/v1/auth/sign-out", None, OWN),
    ("POST", "/api/v1/auth/sign-out-everywhere", None, OWN),
    ("POST", "/api/v1/me/devices/{child}/sign-out", None, "404 404 404 404 404 404 404 404 401 401"),
    ("POST", "/api/v1/me/password", {"password": "wrong", "new_password": "x"}, ASKED),
    ("POST", "/api/v1/me/email", {"password": "wrong", "email": "x@example.lv"}, ASKED),
    ("POST", "/api/v1/me/one-time-codes", {"password": "wrong"}, ASKED),
    ("POST", "/api/v1/me/one-time-codes/confirm", {"code": "1"}, "409 409 409 409 409 409 409 409 401 401"),
    ("POST", "/api/v1/me/one-time-codes/remove", {"password": "wrong", "code": "1"}, ASKED),
    ("GET", "/api/v1/load-policies", None, ANYBODY),
    ("POST", "/api/v1/load-policies", POLICY, "403 403 403 403 201 201 403 403 401 401"),
    ("POST", "/api/v1/load-policies/preview", POLICY, "403 403 200 200 200 200 403 403 401 401"),
    ("GET", "/api/v1/load-policies/{load_policy}/effect", None, "403 403 200 200 200 200 403 403 401 401"),
    ("POST", "/api/v1/load-policies/{load_policy}/withdraw", None, "403 403 403 403 200 200 403 403 401 401"),
    ("GET", "/api/v1/casework-policies", None, ANYBODY),
    ("POST", "/api/v1/casework-policies", FROM_2099, "403 403 403 403 201 201 403 403 401 401"),
    ("POST", "/api/v1/casework-policies/{casework_policy}/withdraw", None, "403 403 403 403 200 200 403 403 401 401"),
    ("GET", "/api/v1/meeting-policies", None, ANYBODY),
    ("POST", "/api/v1/meeting-policies", FROM_2099, "403 403 403 403 201 201 403 403 401 401"),
    ("POST", "/api/v1/meeting-policies/{meeting_policy}/withdraw", None, "403 403 403 403 200 200 403 403 401 401"),
    ("GET", "/api/v1/message-templates", None, "403 403 200 200 200 200 403 403 401 401"),
    ("POST", "/api/v1/message-templates/preview", WORDING, "403 403 403 403 200 200 403 403 401 401"),
    ("POST", "/api/v1/message-templates", WORDING_FROM_2099, "403 403 403 403 201 201 403 403 401 401"),
    ("POST", "/api/v1/message-templates/{template}/withdraw", None, "403 403 403 403 200 200 403 403 401 401"),
    ("GET", "/api/v1/telling-policies", None, ANYBODY),
    ("POST", "/api/v1/telling-policies", FROM_2099, "403 403 403 403 201 201 403 403 401 401"),
    ("POST", "/api/v1/telling-policies/{telling_policy}/withdraw", None, "403 403 403 403 200 200 403 403 401 401"),
    ("GET", "/api/v1/channels", None, "403 403 200 200 200 200 403 403 401 401"),
    ("GET", "/api/v1/children", None, "200 200 200 200 200 403 200 200 401 401"),
    ("POST", "/api/v1/children", CHILD, "403 403 201 201 201 403 403 403 401 401"),
    ("GET", "/api/v1/children/{child}", None, FILE),
    ("PATCH", "/api/v1/children/{child}", {"given_name": "Cits"}, FILE),
    ("GET", "/api/v1/children/{child}/looks", None, "403 403 200 404 403 403 403 403 401 401"),
    ("GET", "/api/v1/children/{child}/representatives", None, FILE),
    ("POST", "/api/v1/children/{child}/representatives", PARENT, ADDED),
    ("PATCH", "/api/v1/representatives/{representative}", {"name": "Cita"}, FILE),
    ("POST", "/api/v1/representatives/{representative}/suspend", WHY, FILE),
    ("POST", "/api/v1/representatives/{suspended}/resume", WHY, FILE),
    ("POST", "/api/v1/children/{child}/protected-places", a_protected_place, ADDED),
    ("GET", "/api/v1/children/{child}/consents", None, FILE),
    ("POST", "/api/v1/children/{child}/consents", a_consent, ADDED),
    ("POST", "/api/v1/consents/{consent}/withdraw", None, FILE),
    ("GET", "/api/v1/consents/{consent}/proofs", None, STAFF_FILE),
    ("POST", "/api/v1/children/{child}/consent-requests", a_question, ADDED_BY_STAFF),
    ("GET", "/api/v1/children/{child}/consent-requests", None, STAFF_FILE),
    ("POST", "/api/v1/consent-requests/{request}/withdraw", None, STAFF_FILE),
    ("POST", "/api/v1/representatives/{representative}/see-link", {"channel": "sms"}, ADDED_BY_STAFF),
    (
        "POST",
        "/api/v1/children/{child}/emergency-grants",
        {"reason": "Steidzami", "hours": 1},
        "201 201 201 201 403 403 201 201 401 401",
    ),
    ("GET", "/api/v1/emergency-grants", None, "200 200 200 200 403 403 200 200 401 401"),
    ("POST", "/api/v1/emergency-grants/{grant}/note", None, "403 403 200 404 403 403 403 403 401 401"),
    ("POST", "/api/v1/referrals", REFERRAL, "403 403 201 201 201 403 403 403 401 401"),
    ("GET", "/api/v1/referrals", None, REFERRALS),
    ("GET", "/api/v1/referrals/{referral}", None, REFERRALS),
    ("PATCH", "/api/v1/referrals/{referral}", {"priority": "high"}, REFERRALS),
    ("POST", "/api/v1/referrals/{referral}/screening", ANSWERS, REFERRALS),
    ("POST", "/api/v1/referrals/{referral}/accept", None, REFERRALS),
    ("POST", "/api/v1/referrals/{referral}/decline", {"reason": "other"}, REFERRALS),
    ("POST", "/api/v1/referrals/{referral}/wait", None, REFERRALS),
    ("POST", "/api/v1/referrals/{referral}/withdraw", None, REFERRALS),
    ("GET", "/api/v1/waiting-list", None, REFERRALS),
    ("GET", "/api/v1/screening-forms", None, "403 403 200 200 200 200 403 403 401 401"),
    ("POST", "/api/v1/screening-forms", FORM, "403 403 403 403 201 201 403 403 401 401"),
    ("GET", "/api/v1/caseload", None, "200 200 403 403 403 403 200 200 401 401"),
    ("GET", "/api/v1/specialists", None, "403 403 200 200 403 403 403 403 401 401"),
    ("GET", "/api/v1/specialists/{specialist}/caseload", None, "200 404 200 404 403 403 404 404 401 401"),
    ("GET", "/api/v1/specialists/{specialist}/load", None, "200 404 200 404 403 403 404 404 401 401"),
    ("GET", "/api/v1/exceptions", None, "403 403 200 200 403 403 403 403 401 401"),
    ("GET", "/api/v1/children/{child}/suggested-specialists", None, "403 403 200 404 403 403 403 403 401 401"),
    ("POST", "/api/v1/cases/preview", a_case, "403 403 200 422 403 403 403 403 401 401"),
    ("GET", "/api/v1/cases/{case}/history", None, STAFF_FILE),
    ("POST", "/api/v1/cases", a_case, "403 403 201 422 403 403 403 403 401 401"),
    ("GET", "/api/v1/cases/{case}", None, STAFF_FILE),
    ("PATCH", "/api/v1/cases/{case}", {"complexity": "low"}, "403 403 200 404 403 403 403 403 401 401"),
    ("POST", "/api/v1/cases/{case}/transfer", a_hand_over, "403 403 200 404 403 403 403 403 401 401"),
    # Refused for what is planned in it, after the gate.
    (
        "POST",
        "/api/v1/cases/{case}/close",
        {"reason": "goal_reached", "outcome": "Labs"},
        "403 403 409 404 403 403 403 403 401 401",
    ),
    ("POST", "/api/v1/cases/{closed}/reopen", {"reason": "Vēl"}, "403 403 200 404 403 403 403 403 401 401"),
    ("GET", "/api/v1/specialists/{specialist}/leaving", None, "403 403 200 404 403 403 403 403 401 401"),
    # Refused for the cases that would be left, after the gate.
    (
        "POST",
        "/api/v1/specialists/{specialist}/leave",
        {"reason": "Aiziet"},
        "403 403 409 404 403 403 403 403 401 401",
    ),
    ("GET", "/api/v1/absences", None, "200 200 200 200 403 403 200 200 401 401"),
    ("POST", "/api/v1/absences", an_absence, "403 403 201 422 403 403 403 403 401 401"),
    ("GET", "/api/v1/absences/{absence}", None, "200 404 200 404 403 403 404 404 401 401"),
    ("PATCH", "/api/v1/absences/{absence}", {"reason": "Slims"}, "403 403 200 404 403 403 403 403 401 401"),
    ("POST", "/api/v1/absences/{absence}/end", None, "403 403 200 404 403 403 403 403 401 401"),
    ("GET", "/api/v1/children/{child}/contact-attempts", None, STAFF_FILE),
    (
        "POST",
        "/api/v1/children/{child}/contact-attempts",
        {"means": "phone", "reached": False},
        "201 404 201 404 403 403 201 404 401 401",
    ),
    ("GET", "/api/v1/children/{child}/replies", None, STAFF_FILE),
    ("POST", "/api/v1/replies/{reply}/read", None, STAFF_FILE),
    ("GET", "/api/v1/replies/unknown", None, "403 403 403 403 200 200 403 403 401 401"),
    ("GET", "/api/v1/duties", None, "200 200 200 200 403 403 200 200 401 401"),
    ("GET", "/api/v1/duties/{duty}", None, STAFF_FILE),
    ("POST", "/api/v1/duties/{duty}/finish", {"note": "Izdarīts"}, STAFF_FILE),
    ("POST", "/api/v1/meetings/{meeting}/take", None, "200 404 403 403 403 403 409 404 401 401"),
    ("GET", "/api/v1/meetings", None, "200 200 200 200 403 403 200 200 401 401"),
    ("POST", "/api/v1/meetings", a_meeting, "201 404 201 404 403 403 201 404 401 401"),
    ("GET", "/api/v1/meetings/{meeting}", None, STAFF_FILE),
    ("PATCH", "/api/v1/meetings/{meeting}", {"note": "Cits"}, STAFF_FILE),
    ("POST", "/api/v1/series", a_series, "201 404 201 404 403 403 201 404 401 401"),
    ("POST", "/api/v1/series/preview", a_series, STAFF_FILE),
    ("GET", "/api/v1/series/{series}", None, STAFF_FILE),
    ("PATCH", "/api/v1/series/{series}", {"note": "Cits"}, STAFF_FILE),
    ("POST", "/api/v1/series/{series}/cancel", {"reason": "child_ill"}, STAFF_FILE),
    ("GET", "/api/v1/children/{child}/series", None, STAFF_FILE),
    ("POST", "/api/v1/meetings/{meeting}/cancel", {"reason": "child_ill"}, STAFF_FILE),
    # Still to come, so refused after the gate.
    (
        "POST",
        "/api/v1/meetings/{meeting}/miss",
        {"reason": "child_ill"},
        "409 404 409 404 403 403 409 404 401 401",
    ),
    ("GET", "/api/v1/announcements", None, "200 200 200 200 403 403 200 200 401 401"),
    ("GET", f"/api/v1/announcements/figures?{PERIOD}", None, "403 403 200 200 200 200 403 403 401 401"),
    ("GET", "/api/v1/alarms", None, "403 403 200 200 403 200 403 403 401 401"),
    ("POST", "/api/v1/meetings/{meeting}/told", a_telling, ADDED_BY_STAFF),
    ("POST", "/api/v1/meetings/{meeting}/start", {"unannounced_reason": "Steidzami"}, STAFF_FILE),
    ("POST", "/api/v1/meetings/{under_way}/extend", {"minutes": 15}, STAFF_FILE),
    ("POST", "/api/v1/meetings/{under_way}/finish", {"summary": "Labi"}, STAFF_FILE),
    ("GET", "/api/v1/meetings/{meeting}/history", None, STAFF_FILE),
    ("POST", "/api/v1/meetings/{held}/correct", {"summary": "Tomēr labi"}, STAFF_FILE),
    ("POST", "/api/v1/meetings/{held}/additions", {"text": "Vēl kas"}, ADDED_BY_STAFF),
    ("GET", "/api/v1/children/{child}/appointments", None, STAFF_FILE),
    ("POST", "/api/v1/children/{child}/appointments", AN_APPOINTMENT, ADDED_BY_STAFF),
    ("PATCH", "/api/v1/appointments/{appointment}", {"title": "Mūzika"}, STAFF_FILE),
    ("POST", "/api/v1/appointments/{appointment}/cancel", None, STAFF_FILE),
    ("GET", "/api/v1/children/{child}/week", None, STAFF_FILE),
    ("GET", "/api/v1/children/{child}/free-times", None, STAFF_FILE),
    ("GET", "/api/v1/children/{child}/planning", None, STAFF_FILE),
    ("GET", "/api/v1/hours", None, "200 200 200 200 403 403 200 200 401 401"),
    ("GET", "/api/v1/hours?child_id={child}", None, STAFF_FILE),
    ("GET", "/api/v1/hours?specialist_id={specialist}", None, "200 404 200 404 403 403 404 404 401 401"),
    ("POST", "/api/v1/partner-work", WORK, "201 201 403 403 403 403 201 201 401 401"),
    ("POST", "/api/v1/partner-work", work_about_the_child, "201 404 403 403 403 403 201 404 401 401"),
    ("GET", "/api/v1/partner-work", None, "200 200 200 200 403 403 200 200 401 401"),
    # One's own, and nobody else's, whoever sees the child.
    ("PATCH", "/api/v1/partner-work/{partner_work}", {"minutes": 5}, "200 404 403 403 403 403 404 404 401 401"),
    ("POST", "/api/v1/partner-work/{partner_work}/withdraw", None, "200 404 403 403 403 403 404 404 401 401"),
    ("POST", "/api/v1/calendar-feeds", None, "201 201 403 403 403 403 201 201 401 401"),
    ("GET", "/api/v1/calendar-feeds", None, "200 200 403 403 403 403 200 200 401 401"),
    ("POST", "/api/v1/calendar-feeds/{calendar_feed}/revoke", None, "200 404 403 403 403 403 404 404 401 401"),
    # Pages, asked for by a signed-in browser; a form that did what it should sends it on.
    ("POST", "/sign-out", None, "303 303 303 303 303 303 303 303 401 401"),
    ("GET", "/told", None, "403 403 200 200 403 403 403 403 401 401"),
    ("GET", "/team", None, "403 403 200 200 403 403 403 403 401 401"),
    ("GET", "/team/specialists/{specialist}", None, "403 403 200 404 403 403 403 403 401 401"),
    ("GET", "/team/assign?child_id={waiting}", None, "403 403 200 200 403 403 403 403 401 401"),
    ("POST", "/team/assign", an_assignment, "403 403 303 422 403 403 403 403 401 401"),
    ("GET", "/team/cases/{case}/transfer", None, "403 403 200 404 403 403 403 403 401 401"),
    ("POST", "/team/cases/{case}/transfer", a_page_s_hand_over, "403 403 303 404 403 403 403 403 401 401"),
    ("POST", "/team/emergency-grants/{grant}/note", None, "403 403 303 404 403 403 403 403 401 401"),
]
OPEN_TO_ALL = {
    "/l/<token>",
    "/l/assets/<digest>/<name>",
    "/calendar/<secret>.ics",
    "/sign-in",
    "/team/assets/<digest>/<name>",
    "/api/docs",
    "/api/v1/openapi.json",
    "/api/v1/auth/sign-in",
    "/api/v1/auth/refresh",
    "/health/live",
    "/health/ready",
    "/hooks/twilio/inbound",
    "/hooks/twilio/status",
    "/metrics",
}


def ask(scene: Scene, actor: str, method: str, path: str, form: Form) -> int:
    headers = {}
    for name, version in scene.versions.items():
        if "{" + name + "}" in path:
            headers["If_Match"] = f'"{version}"'
    body = form(scene) if callable(form) else form
    address = path.format(**scene.ids)
    if not address.startswith("/api/"):
        browser = scene.house.a_browser(scene.actors.get(actor))
        return (browser.get(address) if method == "GET" else browser.send(address, body)).status_code
    if actor == "nobody":
        return scene.house.app.test_client().open(address, method=method, json=body).status_code
    return scene.actors[actor].send(method, address, body, **headers).status_code


@pytest.fixture(scope="module")
def untouched(app: Flask, owner: sqlalchemy.Engine, server: embedded.Server) -> Iterator[Untouched[Scene]]:
    """The scene, as it was before anybody asked for anything."""

    def fill() -> Scene:
        house = House(app, owner)
        house.empty()
        return a_scene(house)

    with Untouched(server, fill) as untouched:
        yield untouched


@pytest.mark.parametrize(("method", "path", "form", "expected"), TABLE, ids=[f"{row[0]} {row[1]}" for row in TABLE])
def test_everybody_gets_what_the_table_says(
    untouched: Untouched[Scene], method: str, path: str, form: Form, expected: str
) -> None:
    scene = untouched.again()
    wanted = dict(zip(ACTORS, map(int, expected.split()), strict=True))
    wanted["substitute"] = OF_A_SUBSTITUTE.get((method, path), wanted["responsible"])
    # Who is refused asks first, on one scene; whoever may do something finds it undone.
    refused = [actor for actor in wanted if wanted[actor] >= 400]
    got = {actor: ask(scene, actor, method, path, form) for actor in refused}
    for actor in wanted:
        if actor not in got:
            if method != "GET" and any(status < 400 for status in got.values()):
                scene = untouched.again()
            got[actor] = ask(scene, actor, method, path, form)

    assert got == wanted


def test_no_route_is_without_a_row(app: Flask) -> None:
    def spelled(path: str) -> str:
        return "/".join("*" if part[:1] in {"{", "<"} else part for part in path.partition("?")[0].split("/"))

    routes = {
        (method, spelled(rule.rule))
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule not in OPEN_TO_ALL
    }

    assert {(method, spelled(path)) for method, path, _, _ in TABLE} == routes


def test_another_ones_list_shows_nothing_of_the_child(house: House) -> None:
    scene = a_scene(house)

    for actor in ("colleague", "other", "former", "coordinator"):
        for path in ("children", "meetings", "announcements"):
            answer = scene.actors[actor].send("GET", f"{API}/{path}")
            assert scene.ids["child"] not in answer.get_data(as_text=True), (actor, path)
