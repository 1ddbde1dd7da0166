"""Requests made out of the specification: a usable body for each operation, and everything wrong with one."""

import copy
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any

from flask import Flask

from bas_service import clock
from bas_service.access.rules import Role
from bas_service.announcements.rules import Reason
from bas_service.announcements.template_rules import mark_of
from bas_service.database import db
from bas_service.http.specification import specification_of
from bas_service.translation import Language
from tests.builders import FIRST_FORM, TEMPLATE, House, at, soon
from tests.callers import PASSWORD, Phone

# Nobody asked for the body of these in words of the schema: they are forms of a provider's, signed by it.
FORMS = frozenset({"hooks.twilio_status", "hooks.twilio_inbound"})


IN_ALL_LANGUAGES = {"lv": "words", "en": "words", "ru": "words"}
# What no schema gives away, because members of it depend on one another.
BEYOND_WORDS: dict[str, dict[str, Any]] = {
    "telling.make_telling_policy": {"must_tell": ["parent"], "may_tell": ["guardian"]},
    "templates.preview": {"body": TEMPLATE},
    "templates.make_template": {
        "reason": Reason.PLANNED,
        "language": Language.LATVIAN,
        "body": TEMPLATE,
        "seen": mark_of(Reason.PLANNED, Language.LATVIAN, TEMPLATE),
    },
    # One's own way to a meeting; that it began is another thing to say of a day.
    "hours.note_work": {"kind": "travel", "started_at": None},
    "hours.change_work": {"kind": "call", "started_at": None},
    "referrals.accept": {"child_id": None},
    "appointments.enter": {"rule": "FREQ=WEEKLY;COUNT=3"},
    "appointments.correct": {"rule": None},
    "appointments.cancel": {"day": None},
    # Days are nothing that words could stand for; and no day is left out.
    "series.plan": {"except_dates": []},
    "series.preview": {"except_dates": []},
    "series.change": {"except_dates": [], "from": (clock.today() + timedelta(days=1)).isoformat()},
    "series.cancel": {"reason": "other", "from": (clock.today() + timedelta(days=1)).isoformat()},
    "caseload.close": {"reason": "other"},
    "referrals.decline": {"reason": "other"},
    "meetings.cancel": {"reason": "other"},
    "meetings.miss": {"reason": "other"},
    "meetingpolicies.make_meeting_policy": {
        "office_hours": {str(day): {"from": "08:00", "until": "18:00"} for day in range(1, 8)},
        "repeat_ahead_days": 7,
    },
    "referrals.make_form": {
        "least_age": 6,
        "most_age": 17,
        "questions": [
            {"key": "risk", "text": IN_ALL_LANGUAGES, "kind": "criterion", "counting": ["yes"], "required": True}
        ],
    },
}


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One way to write: where, who may, and the shape of the body."""

    method: str
    rule: str
    endpoint: str
    roles: tuple[Role, ...]
    body: dict[str, Any] | None
    body_required: bool
    schemas: dict[str, Any] = field(repr=False)

    def __str__(self) -> str:
        return f"{self.method} {self.rule}"

    def path(self, ids: dict[str, str]) -> str:
        """The path with its places filled."""
        return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: ids[found[1]], self.rule)


def operations_that_write(app: Flask) -> list[Operation]:
    """Every POST and PATCH of the API."""
    document = specification_of(app, app.extensions["bas_api"])
    return [
        Operation(
            method=method,
            rule=rule.rule,
            endpoint=rule.endpoint,
            roles=getattr(app.view_functions[rule.endpoint], "gate", ()),
            body=_body_of(document, rule.rule, method),
            body_required=_operation(document, rule.rule, method).get("requestBody", {}).get("required", False),
            schemas=document["components"]["schemas"],
        )
        for rule in app.url_map.iter_rules()
        if not rule.endpoint.startswith(("web.", "answering."))
        for method in sorted({"POST", "PATCH", "PUT", "DELETE"} & (rule.methods or set()))
    ]


def _operation(document: dict[str, Any], rule: str, method: str) -> dict[str, Any]:
    return document["paths"][re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule)][method.lower()]


def _body_of(document: dict[str, Any], rule: str, method: str) -> dict[str, Any] | None:
    content = _operation(document, rule, method).get("requestBody", {}).get("content", {})
    return content["application/json"]["schema"] if "application/json" in content else None


@dataclass(frozen=True, kw_only=True)
class Filling:
    """A house with one of everything, and who lives in it."""

    people: dict[Role, Phone]
    ids: dict[str, str]
    versions: dict[str, int]

    def value_of(self, name: str) -> Any:
        """A usable value for a member, where its schema alone does not give one away."""
        today = clock.today()
        return {
            "birth_date": today.replace(year=today.year - 10, day=1).isoformat(),
            "personal_code": "320000-00008",
            "phone": "+371 20001234",
            "email": "somebody@example.lv",
            "starts_at": at(soon(hours=100)),
            "rule": "FREQ=DAILY;COUNT=3",
            "given_at": at(clock.now() - timedelta(days=1)),
            "received_on": today.isoformat(),
            "started_at": at(clock.now()),
            "ended_at": at(clock.now()),
            "on_phone_at": at(clock.now()),
            "quiet_from": "22:00",
            "quiet_until": "07:00",
            "day": today.isoformat(),
            "told_at": at(clock.now()),
            "tried_at": at(clock.now()),
            "valid_from": (today + timedelta(days=1)).isoformat(),
            "valid_until": (today + timedelta(days=30)).isoformat(),
            "until": (today + timedelta(days=30)).isoformat(),
            "kind": "accompaniment",
            "scope": "accompaniment",
            "id": str(uuid.uuid4()),
            "low": 0.5,
            "minimum": 1,
            "password": PASSWORD,
            "new_password": "another long enough password",
            **self.ids,
        }.get(name)


def filled_house(house: House) -> Filling:
    """Fill an empty house with one of everything that a path can name."""
    supervisor = house.a_supervisor()
    specialist, other = house.a_specialist(supervisor), house.a_specialist(supervisor)
    coordinator, administrator = house.a_coordinator(), house.an_administrator()
    family = house.a_family(supervisor, specialist)
    waiting = house.a_child(supervisor)
    consent = specialist.post(
        f"children/{family['child']['id']}/consents",
        {
            "representative_id": family["representative"]["id"],
            "scope": "accompaniment",
            "given_at": at(clock.now()),
            "means": "paper",
        },
    ).get_json()
    meeting = house.a_meeting(
        specialist,
        family["child"],
        kind="accompaniment",
        accompaniment={"institution": "Skola", "purpose": "Saruna"},
    )
    # Early in the morning, out of everybody's way.
    first = datetime.combine(clock.today() + timedelta(days=10), time(4), tzinfo=clock.RIGA)
    series = house.a_series(
        specialist,
        family["child"],
        starts_at=at(first),
        rule="FREQ=MONTHLY",
        expected_minutes=5,
        kind="accompaniment",
        accompaniment={"institution": "Skola", "purpose": "Saruna"},
    )
    things = {
        "child": family["child"],
        "series": series,
        "case": family["case"],
        "consent": consent,
        "meeting": meeting,
    }
    things["representative"] = family["representative"]
    things["request"] = house.a_consent_request(specialist, family["representative"])
    things["appointment"] = house.an_appointment(specialist, family["child"])
    needed = {"reason": "Steidzami", "hours": 1}
    things["grant"] = other.post(f"children/{family['child']['id']}/emergency-grants", needed).get_json()
    absence = {
        "specialist_id": str(specialist.account_id),
        "valid_from": clock.today().isoformat(),
        "valid_until": clock.today().isoformat(),
    }
    things["absence"] = supervisor.post("absences", absence).get_json()
    things["partner_work"] = house.some_work(specialist, family["child"])
    things["calendar_feed"] = house.a_calendar_feed(specialist)
    house.raise_a_duty(specialist, family["child"])
    (things["duty"],) = specialist.get("duties").get_json()["items"]
    things["referral"] = house.a_screened_referral(supervisor)
    reply_id = house.a_reply(family["representative"])
    # A day belongs to one policy, also where two houses are filled side by side.
    far = {"valid_from": (clock.today() + timedelta(days=99 + len(house.sql("SELECT id FROM accounts")))).isoformat()}
    load_policy = house.a_load_policy(coordinator, **far)
    casework_policy = house.a_casework_policy(coordinator, **far)
    meeting_policy = house.a_meeting_policy(coordinator, **far)
    template = house.a_template(coordinator, **far)
    telling_policy = house.a_telling_policy(coordinator, **far)
    (session,) = house.sql("SELECT id FROM device_sessions WHERE account_id = :id", id=supervisor.account_id)
    return Filling(
        people={
            Role.SUPERVISOR: supervisor,
            Role.SPECIALIST: specialist,
            Role.COORDINATOR: coordinator,
            Role.ADMINISTRATOR: administrator,
        },
        ids={f"{name}_id": thing["id"] for name, thing in things.items()}
        | {
            "specialist_id": str(specialist.account_id),
            "form_id": FIRST_FORM,
            "to_specialist_id": str(other.account_id),
            "from_representative_id": family["representative"]["id"],
            "secret": things["calendar_feed"]["path"].split("/")[-1].removesuffix(".ics"),
            "waiting_child_id": waiting["id"],
            "load_policy_id": load_policy["id"],
            "casework_policy_id": casework_policy["id"],
            "meeting_policy_id": meeting_policy["id"],
            "template_id": template["id"],
            "reply_id": reply_id,
            "telling_policy_id": telling_policy["id"],
            "device_session_id": str(session["id"]),
        },
        versions={f"{name}_id": thing["version"] for name, thing in things.items()},
    )


def make_ready(operation: Operation, house: House) -> None:
    """Let the house be as it must be for this operation: words are added to meetings that are over."""
    if operation.endpoint == "meetings.add":
        house.sql("UPDATE meetings SET state = 'cancelled', version = version + 1 WHERE state = 'planned'")


def everything_in(house: House, *, about: str = "") -> dict[str, str]:
    """A digest of each table; what is written down about attempts and answers does not count.

    ``about`` is a regular expression: of each table only the rows in which it is found.
    """
    digest = "count(*) || ' ' || coalesce(md5(string_agg(t::text, ';' ORDER BY t::text)), '')"
    each = [
        f"SELECT '{table}' AS name, {digest} AS whole FROM {table} t WHERE t::text ~ :about"
        for table in sorted(set(db.metadata.tables) - {"answered_requests", "sign_in_attempts"})
    ]
    return {row["name"]: row["whole"] for row in house.sql(" UNION ALL ".join(each), about=about)}


def usable_body(operation: Operation, filling: Filling) -> dict[str, Any]:
    """A body that the operation takes as it is."""
    body = usable(operation.body, operation, filling) if operation.body else {}
    body |= copy.deepcopy(BEYOND_WORDS.get(operation.endpoint, {}))
    if operation.endpoint == "caseload.open_case":
        # The other child has a case already.
        body["child_id"] = filling.ids["waiting_child_id"]
    if operation.endpoint in {"caseload.enter_absence", "caseload.change_absence"}:
        # Nobody stands in for themselves.
        body["substitutes"][0]["specialist_id"] = filling.ids["to_specialist_id"]
    if operation.endpoint == "caseload.enter_absence":
        # Absent today already.
        body["specialist_id"] = filling.ids["specialist_id"]
    return body


def usable(schema: dict[str, Any], operation: Operation, filling: Filling, name: str = "") -> Any:
    """A value that fits ``schema``, all its optional members included."""
    schema, _ = resolved(schema, operation)
    if schema.get("type") == "object":
        members = schema.get("properties", {})
        return {member: usable(inner, operation, filling, member) for member, inner in members.items()}
    said = filling.value_of(name)
    # The same word may be a member of several shapes, with words of its own in each.
    if said is not None and said in schema.get("enum", [said]):
        return said
    if "enum" in schema:
        return schema["enum"][0]
    kind = kind_of(schema)
    if kind == "array":
        return [usable(schema["items"], operation, filling)]
    number = schema.get("minimum", 1) if kind == "integer" else schema.get("maximum", 1)
    return {"string": "words", "boolean": True}.get(kind, number)


def kind_of(schema: dict[str, Any]) -> str:
    """The schema's type, null left out."""
    return schema["type"][0] if isinstance(schema["type"], list) else schema["type"]


def resolved(schema: dict[str, Any], operation: Operation) -> tuple[dict[str, Any], bool]:
    """The schema itself instead of a reference to it, and whether null is an answer too."""
    if "anyOf" in schema:
        (one,) = [one for one in schema["anyOf"] if one != {"type": "null"}]
        return resolved(one, operation)[0], True
    if "$ref" in schema:
        return resolved(operation.schemas[schema["$ref"].rpartition("/")[2]], operation)
    return schema, isinstance(schema.get("type"), list) and "null" in schema["type"]


def members_of(
    schema: dict[str, Any], operation: Operation, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], dict[str, Any], bool]]:
    """Each member of the body, members of members too: its path, its schema, whether it may be null."""
    for name, inner in resolved(schema, operation)[0].get("properties", {}).items():
        found, nullable = resolved(inner, operation)
        yield (*path, name), found, nullable
        if found.get("type") == "object":
            yield from members_of(found, operation, (*path, name))


def with_value(body: dict[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    """The body with another value at one place."""
    changed = copy.deepcopy(body)
    inner = changed
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    return changed
