"""Two parents with one number: each is told what they may know, and the record says who was (D6, D29)."""

from typing import Any

import pytest
from flask import Flask

from tests.announcements.test_by_every_channel import IN_DOUBT, Family
from tests.builders import House, at, soon
from tests.callers import done, refusal_of

COURT = {"reason": "Court", "basis": "No. 1"}


class Parents(Family):
    """A mother and a father with one telephone."""

    def __init__(self, house: House, worker_app: Flask) -> None:
        super().__init__(house, worker_app)
        self.father = house.a_representative(
            self.supervisor, self.child, name="Tētis Izdomāts", phone=self.mother["phone"]
        )

    def suspend(self, who: str = "mother") -> None:
        """One of them is suspended."""
        self._act(who, "suspend")

    def resume(self, who: str = "mother") -> None:
        """... and represents the child again."""
        self._act(who, "resume")

    def _act(self, who: str, action: str) -> None:
        person = getattr(self, who)
        setattr(self, who, done(self.supervisor.act(f"representatives/{person['id']}/{action}", person, COURT)))

    def protect(self) -> None:
        """The child's places are kept from the mother."""
        self.house.a_protected_place(self.supervisor, self.mother)

    def told_to(self, meeting: dict[str, Any]) -> dict[str, list[str]]:
        """How far what was told to each is: the meeting and the ledger say the same."""
        names = {self.mother["id"]: "mother", self.father["id"]: "father"}
        shown = done(self.specialist.get(f"meetings/{meeting['id']}"))["announcements"]
        said: dict[str, list[str]] = {}
        for one in shown:
            said.setdefault(names[one["representative_id"]], []).append(one["state"])
        lines = done(self.specialist.get("announcements"))["items"]
        (line,) = (line for line in lines if line["meeting_id"] == meeting["id"])
        ledger: dict[str, list[str]] = {}
        for one in line["told"]:
            ledger.setdefault(names[one["representative"]["id"]], []).append(one["state"])
            assert (one["handed_over_at"] is None) == (one["state"] in {"queued", "withdrawn", "uncertain"})
        assert ledger == said
        return said

    def duties(self) -> list[tuple[str, str]]:
        """The specialist's open duties: of which kind, and about whom."""
        names = {self.mother["id"]: "mother", self.father["id"]: "father", None: "nobody"}
        found = done(self.specialist.get("duties"))["items"]
        return [(one["kind"], names[one["representative_id"]]) for one in found]


@pytest.fixture
def parents(house: House, worker_app: Flask) -> Parents:
    return Parents(house, worker_app)


def test_a_queued_text_goes_to_the_other_only_and_so_it_is_recorded(parents: Parents) -> None:
    meeting = parents.plan()
    assert parents.told_to(meeting) == {"mother": ["queued"], "father": ["queued"]}

    parents.suspend()

    assert parents.told_to(meeting) == {"mother": ["withdrawn"], "father": ["queued"]}
    assert len(parents.worker_step()) == 1
    assert parents.told_to(meeting) == {"mother": ["withdrawn"], "father": ["handed_over"]}
    wanted = {state: len(done(parents.specialist.get(f"announcements?state={state}"))["items"]) for state in STATES}
    assert wanted == {"queued": 0, "handed_over": 1, "withdrawn": 1}


STATES = ("queued", "handed_over", "withdrawn")


def test_what_was_handed_over_before_stays_told(parents: Parents) -> None:
    meeting = parents.plan()
    parents.worker_step()

    parents.suspend()

    assert parents.told_to(meeting) == {"mother": ["handed_over"], "father": ["handed_over"]}


def test_in_force_again_while_it_is_queued_both_read_the_one_text(parents: Parents) -> None:
    meeting = parents.plan()
    parents.suspend()
    parents.resume()

    assert len(parents.worker_step()) == 1
    assert parents.told_to(meeting) == {"mother": ["withdrawn", "handed_over"], "father": ["handed_over"]}
    assert parents.look() == (0, 0)
    started = parents.specialist.act(f"meetings/{meeting['id']}/start", meeting, {})
    assert done(started)["announced_in_time"] is True


def test_both_suspended_read_nothing(parents: Parents) -> None:
    meeting = parents.plan()
    parents.suspend()
    parents.suspend("father")

    assert parents.worker_step() == []
    assert parents.told_to(meeting) == {"mother": ["withdrawn"], "father": ["withdrawn"]}


def test_another_number_for_one_of_them_is_told_there_and_the_other_as_before(parents: Parents) -> None:
    meeting = parents.plan()

    parents.correct(phone="+37120000555")

    assert parents.told_to(meeting) == {"mother": ["withdrawn", "queued"], "father": ["queued"]}
    assert sorted(one.recipient for one in parents.worker_step()) == sorted(["+37120000555", parents.father["phone"]])


def test_a_reminder_that_waits_is_withdrawn_for_the_one_who_is_suspended(parents: Parents) -> None:
    parents.under(reminder_minutes=120)
    meeting = parents.plan(starts_at=at(soon(hours=30)))
    parents.worker_step()

    parents.suspend()

    told = {who: sorted(states) for who, states in parents.told_to(meeting).items()}
    assert told == {"mother": ["handed_over", "withdrawn"], "father": ["handed_over", "queued"]}


def test_what_is_repeated_after_a_doubt_is_told_the_other_only(parents: Parents) -> None:
    """Suspended while nobody knew whether it went out: what goes out now is not for her."""
    meeting = parents.plan()
    parents.worker_step(IN_DOUBT)
    parents.suspend()
    assert parents.told_to(meeting) == {"mother": ["uncertain"], "father": ["uncertain"]}
    parents.house.sql("UPDATE messages SET state = 'queued', repeated = true, next_attempt_at = now()")

    assert len(parents.worker_step()) == 1

    assert parents.told_to(meeting) == {"mother": ["withdrawn"], "father": ["handed_over"]}


# --- somebody from whom the place is kept reads there too


def test_no_place_is_written_where_somebody_reads_from_whom_it_is_kept(parents: Parents) -> None:
    parents.protect()

    meeting = parents.plan()

    assert (meeting["announcements"], meeting["warnings"]) == ([], ["no-reachable-representative"])
    assert parents.house.sql("SELECT id FROM messages") == []
    (duty,) = done(parents.specialist.get("duties"))["items"]
    assert (duty["kind"], duty["representative_id"]) == ("representative-unreached", parents.father["id"])
    assert "in person and not at this number" in duty["text"]
    people = done(parents.specialist.get(f"children/{parents.child['id']}/representatives"))["items"]
    assert {one["id"]: (one["reachable"], one["not_reached_because"]) for one in people} == {
        parents.mother["id"]: ([], "place_protected"),
        parents.father["id"]: ([], "address_shared"),
    }


def test_a_text_that_is_queued_when_the_place_is_protected_goes_to_nobody_at_that_number(parents: Parents) -> None:
    meeting = parents.plan()

    parents.protect()

    assert parents.told_to(meeting) == {"mother": ["withdrawn"], "father": ["withdrawn"]}
    assert parents.worker_step() == []
    assert parents.duties() == [("representative-unreached", "father")]


@pytest.mark.parametrize("language", ["lv", "ru"])
def test_in_another_language_neither(parents: Parents, language: str) -> None:
    path = f"representatives/{parents.father['id']}"
    parents.father = done(parents.supervisor.change(path, parents.father, {"language": language}))
    meeting = parents.plan()

    parents.protect()

    assert parents.worker_step() == []
    assert {state for states in parents.told_to(meeting).values() for state in states} == {"withdrawn"}


def test_the_father_is_told_by_e_mail_that_he_alone_reads(parents: Parents) -> None:
    form = {"email": "tetis@example.lv", "channels": ["sms", "email"]}
    path = f"representatives/{parents.father['id']}"
    parents.father = done(parents.supervisor.change(path, parents.father, form))
    meeting = parents.plan()

    parents.protect()

    assert [(one.channel, one.recipient) for one in parents.worker_step()] == [("email", "tetis@example.lv")]
    assert parents.duties() == []
    assert parents.look() == (0, 0)
    started = parents.specialist.act(f"meetings/{meeting['id']}/start", meeting, {})
    assert done(started)["announced_in_time"] is True


def test_a_reserve_at_a_shared_e_mail_address_never_goes_out(parents: Parents) -> None:
    shared = {"email": "gimene@example.lv"}
    parents.correct(**shared, channels=["email"])
    path = f"representatives/{parents.father['id']}"
    own = {"phone": "+37120000556", "channels": ["sms", "email"]}
    parents.father = done(parents.supervisor.change(path, parents.father, shared | own))
    parents.plan()
    parents.protect()
    assert [one.recipient for one in parents.worker_step(IN_DOUBT)] == ["+37120000556"]
    parents.house.sql("UPDATE messages SET state = 'failed' WHERE state = 'uncertain'")

    assert parents.look()[0] == 0
    assert parents.worker_step() == []
    assert parents.duties() == [("representative-unreached", "father")]


@pytest.mark.parametrize("whose", ["mother", "father"])
def test_with_a_number_of_their_own_the_father_is_told_at_once(parents: Parents, whose: str) -> None:
    parents.protect()
    meeting = parents.plan()
    assert parents.duties() == [("representative-unreached", "father")]

    person = getattr(parents, whose)
    done(parents.supervisor.change(f"representatives/{person['id']}", person, {"phone": "+37120000557"}))

    assert parents.told_to(meeting) == {"father": ["queued"]}
    assert len(parents.worker_step()) == 1
    parents.look()
    assert parents.duties() == []


def test_a_number_that_comes_to_be_shared_stops_what_is_queued(parents: Parents) -> None:
    parents.correct(phone="+37120000558")
    parents.protect()
    meeting = parents.plan()
    assert parents.told_to(meeting) == {"father": ["queued"]}

    parents.correct(phone=parents.father["phone"])

    assert parents.told_to(meeting) == {"father": ["withdrawn"]}
    assert parents.worker_step() == []
    assert parents.duties() == [("representative-unreached", "father")]


def test_whoever_is_suspended_besides_reads_no_place_either(parents: Parents) -> None:
    parents.protect()
    parents.suspend()

    assert parents.plan()["announcements"] == []


def test_behind_the_back_of_everything_the_last_look_keeps_the_place(parents: Parents) -> None:
    parents.plan()
    parents.house.sql(
        "INSERT INTO protected_places (id, child_id, from_representative_id, reason, created_at, created_by)"
        " SELECT gen_random_uuid(), child_id, id, 'x', now(), :by FROM representatives WHERE id = :mother",
        mother=parents.mother["id"],
        by=parents.supervisor.account_id,
    )

    assert parents.worker_step() == []


def test_another_child_of_the_same_telephone_is_told_of_as_before(parents: Parents) -> None:
    other = parents.house.a_family(parents.supervisor, parents.specialist)
    parents.house.sql(
        "UPDATE representatives SET phone_digest = :digest WHERE id = :id",
        digest=parents.house.digest(parents.mother["phone"]),
        id=other["representative"]["id"],
    )
    parents.protect()

    assert [one["state"] for one in parents.house.a_meeting(parents.specialist, other["child"])["announcements"]] == [
        "queued"
    ]


def test_by_a_link_no_place_is_asked_or_shown_there_either(parents: Parents) -> None:
    path = f"children/{parents.child['id']}/consent-requests"
    form = {
        "representative_id": parents.father["id"],
        "scope": "accompaniment",
        "institution": "Izdomātā pamatskola",
        "purpose": "Saruna",
        "channel": "sms",
    }
    done(parents.specialist.post(path, form))

    parents.protect()

    assert refusal_of(parents.specialist.post(path, form)) == {"type": "invalid-request", "errors": ["/channel"]}
    (asked,) = done(parents.specialist.get(path))["items"]
    assert (asked["state"], asked["message_state"]) == ("withdrawn", "withdrawn")
