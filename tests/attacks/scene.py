"""Two teams that know nothing of each other: what is one's, the other goes for; and the judge of each attempt."""

import json
import re
import uuid
from collections.abc import Iterator
from typing import Any

from werkzeug.test import TestResponse

from bas_service import create_app
from bas_service.access.rules import Role
from bas_service.config import Settings
from bas_service.http.specification import specification_of
from tests.builders import KEYS, House
from tests.callers import Phone, done
from tests.the_house.requests_by_schema import (
    Filling,
    Operation,
    everything_in,
    filled_house,
    operations_that_write,
    usable_body,
)

# Made without a database, only to know the routes: a new one is attacked from the day it is there.
APP = create_app(
    Settings(database_url="postgresql+psycopg://nobody@localhost/nothing", secret_key="-" * 32, keys=KEYS)
)
DOCUMENT = specification_of(APP, APP.extensions["bas_api"])
# Policies belong to no team: whoever makes them takes back what another one prepared, and sees every team in
# numbers. That a supervisor sees the own team only is shown in test_prepared_policies.py.
OF_NO_TEAM = {"policies.effect", "policies.withdraw_load_policy", "policies.withdraw_casework_policy"}
OF_NO_TEAM |= {"meetingpolicies.withdraw_meeting_policy"}
# A calendar's address lets in whoever has it; that nobody else gets one is shown in tests/calendars.
OF_NO_TEAM |= {"calendars.calendar"}
OF_NO_TEAM |= {rule.endpoint for rule in APP.url_map.iter_rules() if rule.endpoint.startswith("templates.")}
OF_NO_TEAM |= {"telling.withdraw_telling_policy"}
# Nor do referrals, until there is a case: every supervisor and coordinator sees and decides them, so that somebody
# does. Who else gets at them is tried in tests/referrals/test_seen_and_kept.py and access/test_access_table.py.
OF_NO_TEAM |= {rule.endpoint for rule in APP.url_map.iter_rules() if rule.endpoint.startswith("referrals.")}
READING = [
    Operation(
        method="GET",
        rule=rule.rule,
        endpoint=rule.endpoint,
        roles=getattr(APP.view_functions[rule.endpoint], "gate", ()),
        body=None,
        body_required=False,
        schemas={},
    )
    for rule in APP.url_map.iter_rules()
    if "GET" in (rule.methods or set())
    # Pages take no access token: tests/web and tests/links go for them, and the table of who gets what.
    if not rule.endpoint.startswith(("web.", "answering."))
]
WRITING = operations_that_write(APP)
ROUTES = READING + WRITING
OF_TEAMS = [operation for operation in ROUTES if operation.endpoint not in OF_NO_TEAM]

NAMES = {"child": "Upurīte", "representative": "Upurmāte Izdomāta", "place": "Upuru iela 13"}
# Anybody who takes responsibility for it may see the child that waits; of the other things nobody from elsewhere may.
IN_EVERYBODYS_SIGHT = {"waiting_child_id", "load_policy_id", "casework_policy_id", "referral_id", "form_id"}
IN_EVERYBODYS_SIGHT |= {"meeting_policy_id", "template_id"}
IN_EVERYBODYS_SIGHT |= {"telling_policy_id"}


def places_in_the_path(operation: Operation) -> list[str]:
    """What a path names, by the names of its places."""
    return re.findall(r"<(?:\w+:)?(\w+)>", operation.rule)


def parameters_of(operation: Operation) -> dict[str, dict[str, Any]]:
    """The parameters in the query that an operation takes, with their schemas."""
    path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", operation.rule)
    described = DOCUMENT["paths"][path][operation.method.lower()].get("parameters", [])
    return {one["name"]: one["schema"] for one in described if one.get("in") == "query"}


class Scene:
    """The victims' team and the attackers', each with one of everything; keeps what attacks achieved."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.victims, self.own = filled_house(house), filled_house(house)
        self._give_them_names_of_their_own(self.victims)
        self.announced = [str(row["id"]) for row in self._of_the_child("SELECT id FROM announcements")]
        self.secrets = [*NAMES.values(), *self._secrets()]
        self._about = "|".join(secret for secret in self.secrets if re.fullmatch(r"[0-9a-f-]{36}", secret))
        self.achieved: list[str] = []
        self.attempts = 0
        self.begin()

    def begin(self) -> None:
        """From here on whatever changes is an attacker's doing."""
        for phone in [*self.victims.people.values(), *self.own.people.values()]:
            # A refused request leaves no mark after this one, not even that its tokens have arrived.
            done(phone.get("me"))
        self._whole = everything_in(self.house)
        self._theirs = everything_in(self.house, about=self._about)
        assert sum(not whole.startswith("0 ") for whole in self._theirs.values()) > 8

    def _give_them_names_of_their_own(self, victims: Filling) -> None:
        specialist, ids = victims.people[Role.SPECIALIST], victims.ids
        place = {"type": "address", "name": NAMES["place"], "address": NAMES["place"]}
        for kind, path, change in (
            ("child_id", "children", {"given_name": NAMES["child"]}),
            ("representative_id", "representatives", {"name": NAMES["representative"]}),
            ("meeting_id", "meetings", {"place": place}),
        ):
            changed = done(specialist.change(f"{path}/{ids[kind]}", {"version": 1}, change))
            victims.versions[kind] = changed["version"]

    def _of_the_child(self, statement: str) -> list[dict[str, Any]]:
        return self.house.sql(f"{statement} WHERE child_id = :id", id=self.victims.ids["child_id"])

    def _secrets(self) -> Iterator[str]:
        yield from (one for name, one in self.victims.ids.items() if name not in IN_EVERYBODYS_SIGHT)
        yield from self.announced
        for phone in self.victims.people.values():
            (account,) = self.house.sql("SELECT name FROM accounts WHERE id = :id", id=phone.account_id)
            yield from (str(phone.account_id), phone.email, account["name"])
        for row in self._of_the_child("SELECT phone FROM representatives"):
            yield self.house.opened(row["phone"], "representatives.phone") or ""

    def who_may(self, operation: Operation, filling: Filling) -> Phone | None:
        """Somebody of a team who may do this with what is the team's; nobody for what is open to all."""
        return next((phone for role, phone in filling.people.items() if role in operation.roles), None)

    def body(self, operation: Operation, filling: Filling) -> dict[str, Any]:
        """What a team would rightly send, with an id that nobody has."""
        body = usable_body(operation, filling)
        return body | ({"id": str(uuid.uuid4())} if "id" in body else {})

    def send(
        self, operation: Operation, path: str, *, by: Phone | None, filling: Filling, **more: Any
    ) -> TestResponse:
        """Send a request; the versions are those of a team's things, which an attacker guesses."""
        headers = {"Accept-Language": "en"}
        if by is not None:
            headers["Authorization"] = f"Bearer {by.tokens['access_token']}"
        for name in places_in_the_path(operation):
            headers["If-Match"] = f'"{filling.versions.get(name, 1)}"'
        headers |= more.pop("headers", {})
        method = more.pop("method", operation.method)
        self.attempts += 1
        return self.house.app.test_client().open(path, method=method, headers=headers, **more)

    def judge(self, attempt: str, answer: TestResponse, *, refused: bool = True) -> None:
        """Note what an attempt achieved: anything but a refusal, a word of the victims', a row changed.

        Where it need not be ``refused`` attackers may do what is theirs to do; what is the victims' is untouched all
        the same.
        """
        if answer.status_code >= 500 or (refused and answer.status_code < 400):
            self.achieved.append(f"{attempt}: {answer.status_code} {answer.get_data(as_text=True)[:200]}")
        told = f"{_read(answer)}\n{answer.headers}"
        self.achieved += [f"{attempt}: told {secret}" for secret in self.secrets if secret in told]
        whole = everything_in(self.house)
        if whole == self._whole:
            return
        theirs = everything_in(self.house, about=self._about)
        if answer.status_code >= 400 or theirs != self._theirs:
            changed = ", ".join(table for table in whole if whole[table] != self._whole[table])
            self.achieved.append(f"{attempt}: {answer.status_code}, and changed {changed}")
        self._whole, self._theirs = whole, theirs


def _read(answer: TestResponse) -> str:
    # Letters as they are, not as JSON may spell them.
    text = answer.get_data(as_text=True)
    return json.dumps(json.loads(text), ensure_ascii=False) if answer.is_json and text else text
