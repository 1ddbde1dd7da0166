"""The whole story over real HTTP: assigned up to the limit, planned, told, changed, cancelled, kept quiet."""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from bas_service.demo import people
from bas_service.demo.visitor import Answer, Visitor
from bas_service.messaging.stand_in.twilio import TwilioStandIn

# How long a message may take until the story counts as failed; usually it is a tenth of a second.
PATIENCE = 10.0


class StoryFailed(Exception):
    """A step of the story is not as it should be."""


class Story:
    """Plays the story against a running service; raises ``StoryFailed`` at the first step that is not right."""

    def __init__(self, url: str, stand_in: TwilioStandIn) -> None:
        self._url = url
        self._stand_in = stand_in
        self._supervisor = Visitor(url)
        self._specialist = Visitor(url)
        self._colleague = Visitor(url)
        self._texts_seen = 0

    def play(self) -> None:
        """All chapters, in order."""
        self._sign_in()
        families = self._assign_up_to_the_limit()
        meeting = self._plan_and_tell(families[0])
        meeting = self._change_and_tell(meeting)
        self._cancel_and_tell(meeting)
        self._hold_a_meeting(families[0])
        self._tell_only_who_may_know(families[1])
        self._accompany_with_consent(families[0])
        self._show_nothing_to_others(meeting)

    def _sign_in(self) -> None:
        for visitor, person in (
            (self._supervisor, people.SUPERVISOR),
            (self._specialist, people.SPECIALIST),
            (self._colleague, people.COLLEAGUE),
        ):
            answer = visitor.sign_in(person["email"], people.PASSWORD)
            _expect(answer, 200, f"{person['name']} signs in as {person['role']}")

    def _assign_up_to_the_limit(self) -> list[dict[str, Any]]:
        team = _expect(self._supervisor.get("/specialists"), 200, "The supervisor sees the team with its loads")
        ilze = next(one for one in team["items"] if one["specialist"]["name"] == people.SPECIALIST["name"])
        children = [_created(self._supervisor.post("/children", form)) for form in people.children()]
        answers = [
            self._supervisor.post(
                "/cases",
                {"child_id": child["id"], "specialist_id": ilze["specialist"]["id"], "complexity": "standard"},
            )
            for child in children
        ]
        _check(
            [answer.status for answer in answers] == [201] * 12 + [409],
            f"Twelve standard cases go to {people.SPECIALIST['name']}, the thirteenth is refused",
        )
        refusal = answers[-1].body
        _check(
            (refusal["type"], refusal["load"], refusal["maximum"], refusal["would_be"])
            == ("/problems/caseload-full", 12, 12, 13),
            f"... because the load of {refusal['load']:g} would become {refusal['would_be']:g}, "
            f"and {refusal['maximum']:g} is the maximum",
        )
        return children

    def _plan_and_tell(self, child: dict[str, Any]) -> Answer:
        _created(
            self._supervisor.post(
                f"/children/{child['id']}/representatives", people.parent("Dace Zariņa", people.MOTHER)
            )
        )
        meeting = self._plan(child, hours=26, place=_place("Zinātkāres centrs", "Kronvalda bulvāris 4, Rīga"))
        self._told(people.MOTHER, ["Anna", "Kronvalda bulvaris 4", "1 stunda 30 minutes", people.SPECIALIST["phone"]])
        self._delivered(meeting, "planned", "The receipt came back: the mother's phone has the text")
        return meeting

    def _change_and_tell(self, meeting: Answer) -> Answer:
        changed = self._specialist.patch(
            f"/meetings/{meeting.body['id']}",
            {"place": _place("Peldbaseins", "Ķīpsalas iela 5, Rīga"), "expected_minutes": 120},
            etag=meeting.etag,
        )
        _expect(changed, 200, "The place and the duration change")
        self._told(people.MOTHER, ["IZMAI", "Peldbaseins", "2 stundas"])
        self._delivered(changed, "changed", "The receipt for the change came back")
        return changed

    def _cancel_and_tell(self, meeting: Answer) -> None:
        cancelled = self._specialist.post(
            f"/meetings/{meeting.body['id']}/cancel", {"reason": "child_ill"}, etag=meeting.etag
        )
        _expect(cancelled, 200, "The meeting is cancelled")
        self._told(people.MOTHER, ["ATCELTS", "Anna"])

    def _hold_a_meeting(self, child: dict[str, Any]) -> None:
        meeting = self._plan(child, hours=0.5, place={"type": "home"})
        _check("short-notice" in meeting.body["warnings"], "A meeting in half an hour is planned with a warning")
        self._told(people.MOTHER, ["Anna"])
        self._delivered(meeting, "planned", "Told, and the receipt came back")
        started = self._specialist.post(f"/meetings/{meeting.body['id']}/start", {}, etag=meeting.etag)
        _expect(started, 200, "The meeting starts")
        _check(started.body["announced_in_time"] is True, "The meeting shows: announced in time")
        finished = self._specialist.post(
            f"/meetings/{meeting.body['id']}/finish",
            {"summary": "We agreed on football on Thursdays.", "child_opinion": "I want to go on."},
            etag=started.etag,
        )
        _expect(finished, 200, "The meeting is finished with two sentences")

    def _tell_only_who_may_know(self, child: dict[str, Any]) -> None:
        path = f"/children/{child['id']}/representatives"
        _created(self._supervisor.post(path, people.parent("Olga Petrova", people.SECOND_MOTHER, language="ru")))
        father = self._supervisor.post(path, people.parent("Igors Petrovs", people.SECOND_FATHER))
        suspended = self._supervisor.post(
            f"/representatives/{_created(father)['id']}/suspend",
            {"reason": "Custody rights interrupted", "basis": "Orphan's court, decision 1-1/15"},
            etag=father.etag,
        )
        _expect(suspended, 200, "In the second family the father's representation is suspended")
        self._plan(child, hours=50, place=_place("Centra birojs", "Mihoelsa iela 1, Daugavpils"))
        self._told(people.SECOND_MOTHER, ["Artjoms", "встреча", "Mihoelsa iela 1"])
        told = {text.to for text in self._stand_in.messages}
        _check(people.SECOND_FATHER not in told, "The suspended father was told nothing")

    def _accompany_with_consent(self, child: dict[str, Any]) -> None:
        form = {
            "child_id": child["id"],
            "kind": "accompaniment",
            "starts_at": _in(hours=74),
            "expected_minutes": 60,
            "place": _place(None, "Vienības gatve 45, Rīga"),
            "transport": "public_transport",
            "accompaniment": {"institution": "Veselības centrs", "purpose": "Appointment"},
        }
        refused = self._specialist.post("/meetings", form)
        _check(
            refused.body["type"] == "/problems/consent-missing",
            "An accompaniment is refused while no representative has agreed",
        )
        self._agree_by_link(child)
        _expect(self._specialist.post("/meetings", form), 201, "Now the accompaniment is planned")
        self._told(people.MOTHER, ["Vienibas gatve 45"])
        _check(
            not any("centrs" in text.body and "Vienibas" in text.body for text in self._stand_in.messages),
            "The text names the place, not the institution",
        )

    def _agree_by_link(self, child: dict[str, Any]) -> None:
        (mother,) = self._specialist.get(f"/children/{child['id']}/representatives").body["items"]
        form = {
            "representative_id": mother["id"],
            "scope": "accompaniment",
            "institution": "Veselības centrs",
            "purpose": "Appointment",
            "channel": "sms",
        }
        path = f"/children/{child['id']}/consent-requests"
        _expect(self._specialist.post(path, form), 201, "The specialist asks the mother for her agreement by a link")
        self._told(people.MOTHER, ["piekrisanu", "/l/"])
        link = "/l/" + self._stand_in.messages[-1].body.rpartition("/l/")[2]
        mothers = Visitor(self._url)
        who = {"action": "open", "factor": people.MOTHER[-4:], "language": "en"}
        asked = mothers.fill(link, who)
        carried = dict(re.findall(r'name="(pass|seal)" value="([^"]+)"', asked))
        agreed = mothers.fill(link, carried | {"action": "yes", "language": "en"})
        _check("Your agreement was received" in agreed, "She tells the last four digits of her number, reads, agrees")
        again = mothers.fill(link, carried | {"action": "yes", "language": "en"})
        _check("The link does not work" in again, "The link is used up")

    def _show_nothing_to_others(self, meeting: Answer) -> None:
        answer = self._colleague.get(f"/meetings/{meeting.body['id']}")
        _check(answer.status == 404, "A colleague with other children finds nothing at this meeting's address")
        bodies = [(text.to, text.body) for text in self._stand_in.messages]
        _check(len(bodies) == len(set(bodies)) == self._texts_seen, f"{len(bodies)} texts went out, none twice")

    def _plan(self, child: dict[str, Any], *, hours: float, place: dict[str, Any]) -> Answer:
        form = {
            "child_id": child["id"],
            "kind": "session",
            "starts_at": _in(hours=hours),
            "expected_minutes": 90,
            "place": place,
        }
        answer = self._specialist.post("/meetings", form)
        _expect(answer, 201, f"The specialist plans a meeting with {child['given_name']}")
        return answer

    def _told(self, number: str, words: list[str]) -> None:
        self._texts_seen += 1
        _wait(
            lambda: len(self._stand_in.messages) >= self._texts_seen,
            f"a text to {number} (the {self._texts_seen}. of this story)",
        )
        text = self._stand_in.messages[-1]
        _check(
            text.to == number and all(word in text.body for word in words),
            f"The representative is told: {', '.join(words)}",
        )

    def _delivered(self, meeting: Answer, reason: str, said: str) -> None:
        def arrived() -> bool:
            shown = self._specialist.get(f"/meetings/{meeting.body['id']}").body
            return any(one["reason"] == reason and one["state"] == "delivered" for one in shown["announcements"])

        _wait(arrived, "the receipt")
        _check(condition=True, said=said)


def _place(name: str | None, address: str) -> dict[str, Any]:
    return {"type": "address", "name": name, "address": address}


def _in(*, hours: float) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).replace(microsecond=0).isoformat()


def _created(answer: Answer) -> dict[str, Any]:
    if answer.status != 201:
        raise StoryFailed(f"Expected 201, got {answer.status}: {answer.body}")
    return dict(answer.body)


def _expect(answer: Answer, status: int, said: str) -> dict[str, Any]:
    if answer.status != status:
        raise StoryFailed(f"{said}: expected {status}, got {answer.status}: {answer.body}")
    click.secho(f"✓ {said}", fg="green")
    return dict(answer.body)


def _check(condition: bool, said: str) -> None:  # noqa: FBT001
    if not condition:
        raise StoryFailed(said)
    click.secho(f"✓ {said}", fg="green")


def _wait(until: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not until():
        if time.monotonic() > deadline:
            raise StoryFailed(f"Waited {PATIENCE:g} s in vain for {what}")
        time.sleep(0.02)
