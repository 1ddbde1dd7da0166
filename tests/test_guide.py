"""The guide for the author of an app is true: each of its examples is sent to the application, in order.

The guide tells of one week in March 2026. An answer is retold in its terms before it is compared: times that were
asked for are moved back by whole weeks, ids and tokens that the service makes get the name that the guide gives
them at first sight (and keep it), times that the service measures itself only have to be of today.
"""

import json
import re
import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

from bas_service import clock
from bas_service.access import service as access_service
from bas_service.access.rules import Role
from bas_service.database import transaction
from tests.builders import House
from tests.callers import Phone

GUIDE = Path(__file__).resolve().parents[1] / "mobile_api_spec" / "README.md"
MONDAY = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
LEFT_OUT = "…"
CALENDAR = "BEGIN:VCALENDAR"
HANDED_OVER = "<!-- here the worker hands the texts over -->"
MEASURED = {"at", "created_at", "opened_at", "handed_over_at", "delivered_at", "started_at", "ended_at"}

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|(?:\+|%2B)\d\d:\d\d)")
_DAY_ASKED_FOR = re.compile(r"(?<=day=)\d{4}-\d\d-\d\d")
_IN_A_TEXT = re.compile(r"\d{1,2}\.\d{1,2}\. plkst\. \d\d\.\d\d")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_BLOCK = re.compile(rf"{re.escape(HANDED_OVER)}|^```http\n(.*?)^```$", re.DOTALL | re.MULTILINE)

ANNA, SARLOTE = "019c654a-b200-7c1e-9a40-5d0f6b2e8c11", "019c89bb-eb40-7e6b-8f05-c2b8135ae944"
ANNAS_CASE, SARLOTES_CASE = "019c654d-7120-7a08-b3c6-91f2e47d0a33", "019c89be-aa60-7041-a2d9-60b7f39c1e55"
ANNAS_MOTHER = "019c654c-86c0-7d52-8b1f-3e9a70c4d522"


@dataclass(frozen=True)
class Message:
    """A request or an answer as the guide shows it."""

    first_line: str
    headers: dict[str, str]
    body: str


def steps() -> list[Message | None]:
    """The guide's requests and answers in order; ``None`` where the worker does its part."""
    found = []
    for block in _BLOCK.finditer(GUIDE.read_text()):
        if block[1] is None:
            found.append(None)
            continue
        head, _, body = block[1].partition("\n\n")
        first_line, *lines = head.splitlines()
        found.append(Message(first_line, dict(line.split(": ", 1) for line in lines), body.strip()))
    return found


class Retelling:
    """What is called by one name in the guide and by another in this run."""

    def __init__(self, born: int) -> None:
        weeks = 0
        while MONDAY + timedelta(weeks=weeks) < clock.now():
            weeks += 1
        self.later = timedelta(weeks=weeks)
        self.born = born
        self._real: dict[str, str] = {}

    def to_send(self, text: str) -> str:
        """The guide's request with the values of this run."""
        for told, real in self._real.items():
            text = text.replace(told, real)
        text = _DAY_ASKED_FOR.sub(lambda found: (date.fromisoformat(found[0]) + self.later).isoformat(), text)
        return _MOMENT.sub(lambda found: self._moved(found[0]), text)

    def _moved(self, moment: str) -> str:
        moved = datetime.fromisoformat(moment.replace("%2B", "+")) + self.later
        return moved.isoformat().replace("+", "%2B" if "%2B" in moment else "+")

    def as_told(self, actual: Any, told: Any, member: str = "") -> Any:
        """An answer of this run in the guide's words; equal to ``told`` when the guide is right."""
        if told == LEFT_OUT:
            return LEFT_OUT
        if isinstance(actual, dict) and isinstance(told, dict):
            kept = {
                name: self.as_told(value, told.get(name), name)
                for name, value in actual.items()
                if name in told or LEFT_OUT not in told
            }
            return kept | ({LEFT_OUT: LEFT_OUT} if LEFT_OUT in told else {})
        if isinstance(actual, list) and isinstance(told, list) and len(actual) == len(told):
            return [self.as_told(one, other, member) for one, other in zip(actual, told, strict=True)]
        if isinstance(actual, str) and isinstance(told, str) and told.startswith(CALENDAR):
            # A calendar comes line by line: those shown are there.
            return told if set(told.splitlines()) - {LEFT_OUT} <= set(actual.splitlines()) else actual
        if isinstance(actual, str) and isinstance(told, str):
            return self._word_as_told(actual, told, member)
        return actual

    def _word_as_told(self, actual: str, told: str, member: str) -> str:
        if member in MEASURED and _MOMENT.fullmatch(actual):
            today = abs(clock.now() - datetime.fromisoformat(actual)) < timedelta(hours=1)
            return told if today and actual.endswith("Z") and _MOMENT.fullmatch(told) else actual
        if _MOMENT.fullmatch(actual):
            return (datetime.fromisoformat(actual) - self.later).isoformat().replace("+00:00", "Z")
        if member in {"day", "monday"}:
            return (date.fromisoformat(actual) - self.later).isoformat()
        if member == "rhythm_due_on":
            # A week after the case was opened, which the service measures.
            return told if actual == (clock.today() + timedelta(days=7)).isoformat() else actual
        if member == "birth_date":
            return actual.replace(str(self.born), "2014", 1)
        if member == "text" and (day := _IN_A_TEXT.search(told)):
            return _IN_A_TEXT.sub(day[0], actual, count=1)
        if _UUID.fullmatch(told) or LEFT_OUT in told:
            return self._named(actual, told)
        return actual

    def _named(self, actual: str, told: str) -> str:
        if told not in self._real and actual not in self._real.values():
            self._real[told] = actual
        return told if self._real.get(told) == actual else actual


def before_the_guide_begins(house: House) -> int:
    """Ilze has two children, Anna's mother reads text messages; gives the year in which the children were born."""
    supervisor = house.a_supervisor()
    with house.app.app_context(), transaction():
        ilze = access_service.add_account(
            email="ilze@example.lv",
            name="Ilze Bērziņa",
            role=Role.SPECIALIST,
            password="a long enough password",
            phone="+37120000001",
            supervisor_email=supervisor.email,
        )
    born = clock.today().year - 12
    specialist = Phone(house.app, ilze.id, {}, ilze.email)
    anna = house.a_child(supervisor, id=ANNA, given_name="Anna", family_name="Zariņa", birth_date=f"{born}-05-04")
    house.a_representative(supervisor, anna, id=ANNAS_MOTHER, name="Dace Zariņa", phone="+37120000011")
    house.a_case(supervisor, anna, specialist, id=ANNAS_CASE)
    other = house.a_child(supervisor, id=SARLOTE, given_name="Šarlote", family_name="Čakste", municipality="LV-JEL")
    weekly = {"times": 1, "per": "week"}
    house.a_case(supervisor, other, specialist, id=SARLOTES_CASE, complexity="high", rhythm=weekly)
    return born


def test_every_example_is_answered_as_the_guide_says(house: House) -> None:
    retelling = Retelling(before_the_guide_begins(house))
    answered = 0
    request: Message | None = None
    for step in steps():
        if step is None:
            house.hand_over_messages()
        elif not step.first_line.startswith("HTTP/1.1 "):
            request = step
        else:
            assert request is not None
            assert answer_to(request, step, house, retelling) == (step.first_line, step.headers, body_of(step.body))
            answered += 1
            request = None
    assert answered > 30


def answer_to(request: Message, told: Message, house: House, retelling: Retelling) -> tuple[str, dict[str, str], Any]:
    """Send a request of the guide; its answer in the guide's words: status, the headers it shows, body."""
    method, address = request.first_line.split()
    response = house.app.test_client().open(
        retelling.to_send(address),
        method=method,
        data=retelling.to_send(request.body).encode() or None,
        headers={name: retelling.to_send(value) for name, value in request.headers.items()},
    )
    status = f"HTTP/1.1 {response.status_code} {HTTPStatus(response.status_code).phrase}"
    headers = {name: response.headers.get(name, "") for name in told.headers}
    actual = body_of(response.get_data(as_text=True))
    print(f"--- {request.first_line}\n{json.dumps(actual, ensure_ascii=False, indent=2)}")
    return status, headers, retelling.as_told(actual, body_of(told.body))


def body_of(text: str) -> Any:
    """A body, read; ``None`` for none; a calendar as it is."""
    return text if text.startswith(CALENDAR) else json.loads(text) if text else None


def test_requests_and_answers_take_turns() -> None:
    kinds = [step.first_line.startswith("HTTP/1.1 ") for step in steps() if step is not None]
    assert kinds == [False, True] * (len(kinds) // 2)


def test_the_recipe_for_ids_makes_uuids_of_version_7_that_rise() -> None:
    (recipe,) = re.findall(r"^```python\n(.*?)^```$", GUIDE.read_text(), re.DOTALL | re.MULTILINE)
    names: dict[str, Any] = {}
    exec(compile(recipe, "guide", "exec"), names)
    ids: list[uuid.UUID] = [names["new_id"]() for _ in range(1000)]
    assert {(one.version, one.variant) for one in ids} == {(7, uuid.RFC_4122)}
    assert [one.int >> 80 for one in ids] == sorted(one.int >> 80 for one in ids)
    assert len(set(ids)) == 1000


def test_every_link_leads_somewhere() -> None:
    text = GUIDE.read_text()
    headings = {
        re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in re.findall(r"^## (.+)$", text, re.MULTILINE)
    }
    links = re.findall(r"\]\(([^)]+)\)", text)
    missing = [
        link for link in links if not (link[1:] in headings if link[0] == "#" else (GUIDE.parent / link).exists())
    ]
    assert missing == []
