"""One run of schemathesis as one account: a lively house, what is known of it, the command, what came of it."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

from bas_service import clock
from bas_service.access import tokens
from bas_service.access.models import DeviceSession
from bas_service.access.rules import Role
from bas_service.children.rules import personal_code_of
from bas_service.database import db, new_id, transaction
from tests.builders import FIRST_FORM, House, at, soon
from tests.callers import PASSWORD, Phone, done

ROOT = Path(__file__).parent.parent.parent
# Cases drawn at random for each operation, besides those made for every border of its schema. To look for more
# than a test run has time for: BAS_TEST_CONTRACT_EXAMPLES=300 pytest -n 0 tests/the_house/test_contract.py
EXAMPLES = int(os.environ.get("BAS_TEST_CONTRACT_EXAMPLES", "10"))
IS_SEARCH = "BAS_TEST_CONTRACT_EXAMPLES" in os.environ

WEIGHTS = {"low": 0.5, "standard": 1, "high": 1.5, "crisis": 2}
LIMITS = {"minimum": 6, "nominal": 10, "maximum": 12}
RHYTHMS = {"low": 1, "standard": 2, "high": 3, "crisis": 4}

# Answers for which role, path and body had to be right.
BEHIND_THE_DOOR = {"200", "201", "204", "409", "412"}

CONFIGURATION = """
max-failures = 20
continue-on-failure = true

[generation]
max-examples = {examples}
# A test run that can be repeated; a search looks somewhere else each time.
deterministic = {deterministic}
no-shrink = true

[phases.fuzzing.generation]
# What does not fit is made for every border of every schema in the coverage phase.
mode = "{fuzzing}"

[checks.positive_data_acceptance]
# 412: the specification cannot know the present version. 422: "refused_only_for_what_no_schema_says" looks closer.
expected-statuses = ["2xx", 401, 403, 404, 409, 412, 422, 429]

[checks.negative_data_rejection]
# 412: an If-Match that is no version at all is not the present one either.
expected-statuses = [400, 401, 403, 404, 405, 406, 409, 412, 413, 415, 422, 428, 429]

[checks.missing_required_header]
# 428: RFC 6585 has a status of its own for a missing If-Match. It is looked at after path and body.
expected-statuses = [401, 404, 422, 428]

[[operations]]
include-operation-id = {left_out}
enabled = false

[[operations]]
include-operation-id = {covered}
phases.coverage.enabled = false

[dictionaries]
{dictionaries}

[parameters]
{parameters}
"""


@dataclass(frozen=True, kw_only=True)
class LivelyHouse:
    """Somebody of each role, and values that get a request past "not found", by their place."""

    people: dict[Role, Phone]
    known: dict[str, list[Any]]


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a run ended: what it printed when it found something, and which operations it reached."""

    complaint: str
    reached: set[str]


def without_bas_settings() -> dict[str, str]:
    """This process's environment without settings of the developer's own."""
    return {name: value for name, value in os.environ.items() if not name.startswith("BAS_")}


def lively_house(house: House) -> LivelyHouse:
    """Fill an empty house with families, meetings in several states, children that wait."""
    supervisor = house.a_supervisor()
    specialists = [house.a_specialist(supervisor) for _ in range(2)]
    families = [house.a_family(supervisor, specialists[0]) for _ in range(6)]
    # The others' cases can be closed.
    meetings = [_meetings_of(specialists[0], house, family, number) for number, family in enumerate(families[:4])]
    consents = [_consent_of(specialists[0], family) for family in families]
    requests = [house.a_consent_request(specialists[0], family["representative"]) for family in families]
    referrals = [house.a_screened_referral(supervisor) for _ in range(12)]
    appointments = [house.an_appointment(specialists[0], family["child"]) for family in families for _ in range(2)]
    # Early in the morning, out of everybody's way, each at a time of its own.
    early = datetime.combine(clock.today() + timedelta(days=10), time(4), tzinfo=clock.RIGA)
    series = [
        house.a_series(
            specialists[0],
            family["child"],
            starts_at=at(early + timedelta(minutes=10 * number)),
            rule="FREQ=MONTHLY",
            expected_minutes=5,
        )
        for number, family in enumerate(families[:4])
    ]
    ids = {
        "series_id": [one["id"] for one in series],
        "appointment_id": [appointment["id"] for appointment in appointments],
        "child_id": [family["child"]["id"] for family in families],
        "case_id": [family["case"]["id"] for family in families],
        "meeting_id": [meeting["id"] for of_family in meetings for meeting in of_family],
        "representative_id": [family["representative"]["id"] for family in families],
        "consent_id": [consent["id"] for consent in consents],
        "request_id": [request["id"] for request in requests],
        "referral_id": [referral["id"] for referral in referrals],
        "form_id": [FIRST_FORM],
        "specialist_id": [str(one.account_id) for one in specialists],
    }
    coordinator = house.a_coordinator()
    prepared = [{"valid_from": (clock.today() + timedelta(days=1000 + number)).isoformat()} for number in range(8)]
    policies = {
        "path.load_policy_id": [house.a_load_policy(coordinator, **begins)["id"] for begins in prepared],
        "path.template_id": [house.a_template(coordinator, **begins)["id"] for begins in prepared],
        "path.casework_policy_id": [house.a_casework_policy(coordinator, **begins)["id"] for begins in prepared],
        "path.meeting_policy_id": [house.a_meeting_policy(coordinator, **begins)["id"] for begins in prepared],
        "path.telling_policy_id": [house.a_telling_policy(coordinator, **begins)["id"] for begins in prepared],
    }
    for family in families[:3]:
        house.raise_a_duty(specialists[0], family["child"])
    duties = done(specialists[0].get("duties"))["items"]
    waiting = [house.a_child(supervisor)["id"] for _ in range(8)]
    lines = [house.some_work(specialists[0], family["child"]) for family in families]
    feeds = [house.a_calendar_feed(specialists[0]) for _ in range(4)]
    known = {f"{place}.{name}": values for name, values in ids.items() for place in ("path", "query", "body")}
    return LivelyHouse(
        people={
            Role.SUPERVISOR: supervisor,
            Role.SPECIALIST: specialists[0],
            Role.COORDINATOR: coordinator,
            Role.ADMINISTRATOR: house.an_administrator(),
        },
        known=known
        | policies
        | {
            "path.child_id": ids["child_id"] + waiting,
            "path.duty_id": [duty["id"] for duty in duties],
            "path.partner_work_id": [line["id"] for line in lines],
            "path.calendar_feed_id": [feed["id"] for feed in feeds[1:]],
            "path.secret": [feeds[0]["path"].split("/")[-1].removesuffix(".ics")],
            "body.child_id": ids["child_id"] + waiting,
            "body.from_representative_id": ids["representative_id"],
            "body.to_specialist_id": ids["specialist_id"],
            "header.If-Match": ["*"],
            "body.email": [supervisor.email],
            "body.password": [PASSWORD],
        }
        | _plausible(),
    )


def _meetings_of(by: Phone, house: House, family: dict[str, Any], number: int) -> list[dict[str, Any]]:
    planned = [
        house.a_meeting(by, family["child"], starts_at=at(soon(hours=24 * day + number * 3))) for day in range(1, 7)
    ]
    # The time of two has come: no request can plan a meeting in the past.
    house.sql(
        "UPDATE meetings SET starts_at = starts_at - interval '60 days', ends_at = ends_at - interval '60 days'"
        " WHERE id IN (:first, :second)",
        first=planned[-2]["id"],
        second=planned[-1]["id"],
    )
    for meeting in planned[:3]:
        house.sql(
            "UPDATE meetings SET starts_at = starts_at - interval '60 days', ends_at = ends_at - interval '60 days'"
            " WHERE id = :id",
            id=meeting["id"],
        )
        house.a_meeting_begun(by, meeting)
    return planned


def _consent_of(by: Phone, family: dict[str, Any]) -> dict[str, Any]:
    form = {
        "representative_id": family["representative"]["id"],
        "scope": "accompaniment",
        "given_at": at(clock.now()),
        "means": "paper",
    }
    return done(by.post(f"children/{family['child']['id']}/consents", form))


def _plausible() -> dict[str, list[Any]]:
    """What chance does not hit: check digits, weights that rise, days that follow one another."""
    day = clock.today()
    return {
        "body.personal_code": [
            code for code in map(personal_code_of, map(str, range(32000000000, 32000000300))) if code
        ],
        "body.phone": ["+371 20001234"],
        "body.birth_date": [day.replace(year=day.year - 10, day=1).isoformat()],
        "body.given_at": [at(clock.now() - timedelta(days=1))],
        "body.starts_at": [at(soon(hours=24 * 10 + 3 * number)) for number in range(80)],
        "body.valid_from": [(day + timedelta(days=number)).isoformat() for number in range(1, 40)],
        "body.valid_until": [(day + timedelta(days=60)).isoformat()],
        "body.exceeding.until": [(day + timedelta(days=60)).isoformat()],
        "body.kind": ["session"],
        "body.received_on": [day.isoformat()],
        "body.least_age": [6],
        "body.most_age": [17],
        # Of declining: a key of the first form; of calling a meeting off, of its policy. Elsewhere it is any word.
        "body.reason": ["other", "child_ill"],
        **{f"body.rhythms.{name}.times": [times] for name, times in RHYTHMS.items()},
        **{f"body.rhythms.{name}.per": ["week"] for name in RHYTHMS},
        **{f"body.weights.{name}": [weight] for name, weight in WEIGHTS.items()},
        **{f"body.{name}": [limit] for name, limit in LIMITS.items()},
    }


def run_as(
    phone: Phone, house: House, lively: LivelyHouse, *, address: str, folder: Path, **which: list[str]
) -> Ended:
    """Let schemathesis loose on the server as this account; ``left_out`` and ``covered`` name operations."""
    pairs = [_another_pair(house, phone, number) for number in range(400)]
    facts = {
        "access_token": phone.tokens["access_token"],
        "access_tokens": [pair["access_token"] for pair in pairs[:200]],
        "refresh_tokens": [pair["refresh_token"] for pair in pairs[200:]],
    }
    (folder / "facts.json").write_text(json.dumps(facts))
    (folder / "schemathesis.toml").write_text(_configuration(lively.known, which))
    ended = subprocess.run(
        [sys.executable, "-m", "schemathesis.cli", "run", f"{address}/api/v1/openapi.json"],
        cwd=folder,
        env=without_bas_settings()
        | {
            "SCHEMATHESIS_HOOKS": "tests.the_house.contract_hooks",
            "BAS_TEST_CONTRACT": str(folder / "facts.json"),
            "PYTHONPATH": str(ROOT),
        },
        capture_output=True,
        text=True,
        timeout=3600,
    )
    answered = (folder / "answered.json").read_text() if (folder / "answered.json").exists() else "{}"
    # Shown by "pytest -s": how much a search has looked at.
    print(ended.stdout[-3000:], answered)
    return Ended(
        complaint="" if ended.returncode == 0 else f"{ended.stdout}\n{ended.stderr}",
        reached={name for name, statuses in json.loads(answered).items() if BEHIND_THE_DOOR & set(statuses)},
    )


def _configuration(known: dict[str, list[Any]], which: dict[str, list[str]]) -> str:
    return CONFIGURATION.format(
        examples=EXAMPLES,
        deterministic=json.dumps(not IS_SEARCH),
        fuzzing="all" if IS_SEARCH else "positive",
        dictionaries="\n".join(f'"{place}" = {{ values = {json.dumps(values)} }}' for place, values in known.items()),
        parameters="\n".join(f'"{place}" = {{ dictionary = "{place}", probability = 0.9 }}' for place in known),
        **{name: json.dumps(operations) for name, operations in which.items()},
    )


def _another_pair(house: House, phone: Phone, number: int) -> dict[str, Any]:
    """Tokens of the same account on one more device."""
    with house.app.app_context(), transaction():
        session = DeviceSession(
            id=new_id(),
            account_id=phone.account_id,
            device_id=f"one-more-{number}",
            device_name="one more phone",
            platform="test",
            signed_in_at=clock.now(),
        )
        db.session.add(session)
        db.session.flush()
        return tokens.new_pair(phone.account_id, session.id, parent=None)
