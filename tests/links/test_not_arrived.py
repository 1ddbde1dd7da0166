"""A message with a link that does not arrive is somebody's task within seconds, and the question says so (D25)."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from bas_service import clock
from bas_service.database import transaction
from bas_service.duties.rules import DutyKind, words_of
from bas_service.links.jobs import see_to_links_lost
from bas_service.links.rules import RequestState, has_not_arrived
from bas_service.messaging.jobs import Claimed
from bas_service.messaging.rules import Channel, HandOver, Verdict
from bas_service.translation import Language
from bas_service.worker import Worker
from tests.callers import Holder, Phone, at_once, done
from tests.faults.processes import wait_until
from tests.links.family import Family
from tests.tables import statements_of

STUCK = "UPDATE messages SET created_at = now() - interval '6 minutes'"
COURT = {"reason": "Lēmums", "basis": "Bāriņtiesa"}
LOST = {
    "failed": "UPDATE messages SET state = 'failed', error_code = '30003'",
    "uncertain": "UPDATE messages SET state = 'uncertain', next_attempt_at = NULL",
    "stuck": STUCK,
}


@pytest.fixture
def look(worker_app: Flask) -> Any:
    """What a worker does when an answer or a receipt says that something failed; gives how many duties are new."""

    def look() -> int:
        with worker_app.app_context(), transaction():
            return see_to_links_lost()

    return look


def tasks(whose: Phone) -> list[tuple[str, str]]:
    """The open duties of somebody about links that did not arrive: about what, and how they are told."""
    found = done(whose.get("duties"))["items"]
    return [(one["about_id"], one["text"]) for one in found if one["kind"] == "link-not-arrived"]


@pytest.mark.parametrize("how", LOST)
def test_a_question_that_did_not_arrive_is_the_task_of_whoever_asked(family: Family, look: Any, how: str) -> None:
    request = family.asked()
    assert (look(), [one["state"] for one in family.requests()]) == (0, ["sent"])

    family.house.sql(LOST[how])

    assert [look(), look()] == [1, 0]
    assert [one["state"] for one in family.requests()] == ["not_arrived"]
    assert tasks(family.specialist) == [
        (
            request["id"],
            "Your question by a link may not have reached a legal representative: the text message did not go out,"
            " or did not arrive. Ask again by another way, or in person.",
        )
    ]
    assert tasks(family.supervisor) == []
    (duty,) = done(family.specialist.get("duties"))["items"]
    assert (duty["representative_id"], duty["child"]["id"]) == (family.mother["id"], family.child["id"])


def test_a_link_to_what_is_planned_that_did_not_arrive_is_a_task_too(family: Family, look: Any) -> None:
    link = family.house.a_see_link(family.specialist, family.mother)
    family.house.sql(LOST["failed"])

    assert look() == 1
    ((about, said),) = tasks(family.specialist)
    assert about == link["id"]
    assert said.startswith("The link to what is planned may not have reached a legal representative")


def test_a_message_that_waits_a_moment_is_no_task(family: Family, look: Any) -> None:
    family.asked()
    family.house.sql("UPDATE messages SET created_at = now() - interval '4 minutes', attempts = 3")

    assert (look(), [one["state"] for one in family.requests()]) == (0, ["sent"])


def test_it_is_the_supervisors_who_asked_and_the_specialists_when_the_asker_has_gone(
    family: Family, look: Any
) -> None:
    house = family.house
    house.a_consent_request(family.supervisor, family.mother)
    house.sql(LOST["failed"])
    assert look() == 1
    assert [len(tasks(one)) for one in (family.supervisor, family.specialist)] == [1, 0]

    colleague = house.a_specialist(family.supervisor)
    (case,) = house.sql("SELECT id, version FROM cases")
    family.asked(scope="transport", institution=None)
    house.sql(LOST["failed"])
    form = {"to_specialist_id": str(colleague.account_id), "reason": "Pārņem"}
    done(family.supervisor.act(f"cases/{case['id']}/transfer", case, form))
    assert look() == 1

    assert [len(tasks(one)) for one in (family.specialist, colleague)] == [0, 1]


def test_a_substitute_who_asked_keeps_the_task(family: Family, look: Any) -> None:
    colleague = family.house.a_specialist(family.supervisor)
    family.house.an_absence(family.supervisor, family.specialist, colleague)
    family.house.a_consent_request(colleague, family.mother)
    family.house.sql(LOST["failed"])

    look()

    assert [len(tasks(one)) for one in (colleague, family.specialist)] == [1, 0]


# --- it lapses


def ask_again(family: Family, _request: dict[str, Any]) -> None:
    family.asked()


def take_back(family: Family, request: dict[str, Any]) -> None:
    present = family.requests()[0]
    done(family.specialist.act(f"consent-requests/{request['id']}/withdraw", present))


def use(family: Family, _request: dict[str, Any]) -> None:
    """It arrived after all, whatever the provider says."""
    assert family.holder().enter().status_code == 200


def suspend(family: Family, _request: dict[str, Any]) -> None:
    done(family.specialist.act(f"representatives/{family.mother['id']}/suspend", family.mother, COURT))


def close(family: Family, _request: dict[str, Any]) -> None:
    (case,) = family.house.sql("SELECT id, version FROM cases")
    done(family.supervisor.act(f"cases/{case['id']}/close", case, {"reason": "goal_reached", "outcome": "Labs"}))


@pytest.mark.parametrize("end", [ask_again, take_back, use, suspend, close], ids=lambda end: end.__name__)
def test_it_lapses_at_once_when_the_same_is_sent_again_used_or_taken_back(
    family: Family, look: Any, end: Any
) -> None:
    request = family.asked()
    family.house.sql(LOST["failed"])
    look()
    assert len(tasks(family.specialist)) == 1

    end(family, request)

    states = family.house.sql("SELECT state FROM duties WHERE kind = 'link-not-arrived'")
    assert [row["state"] for row in states] == ["lapsed"]
    # And does not come back.
    assert look() == 0


@pytest.mark.parametrize("end", ["sent again", "used"])
def test_of_a_link_to_what_is_planned_too(family: Family, look: Any, end: str) -> None:
    family.house.a_see_link(family.specialist, family.mother)
    holder = Holder(family.house.app, family.house.the_link(), family.mother)
    family.house.sql(LOST["failed"])
    look()

    if end == "used":
        holder.enter()
    else:
        family.house.a_see_link(family.specialist, family.mother)

    assert (tasks(family.specialist), look()) == ([], 0)


@pytest.mark.parametrize("state", ["handed_over", "delivered"])
def test_it_lapses_when_the_message_went_out_after_all_and_comes_back_when_that_fails(
    family: Family, look: Any, state: str
) -> None:
    family.asked()
    family.house.sql(LOST["uncertain"])
    look()
    family.house.sql("UPDATE messages SET state = :state, handed_over_at = now()", state=state)
    assert (look(), tasks(family.specialist)) == (0, [])
    assert [one["state"] for one in family.requests()] == ["sent"]

    family.house.sql(LOST["failed"])

    assert (look(), look(), len(tasks(family.specialist))) == (1, 0, 1)


def test_another_question_or_another_person_leaves_it(family: Family, look: Any) -> None:
    family.asked()
    family.house.sql(LOST["failed"])
    look()

    family.asked(scope="transport", institution=None)
    family.house.a_see_link(family.specialist, family.mother)
    father = family.house.a_representative(family.specialist, family.child, name="Tētis Izdomāts")
    family.house.a_consent_request(family.specialist, father)
    family.house.hand_over_messages()

    assert (look(), len(tasks(family.specialist))) == (0, 1)


def test_whoever_has_said_that_it_is_done_is_not_asked_again(family: Family, look: Any) -> None:
    family.asked()
    family.house.sql(LOST["failed"])
    look()
    (duty,) = done(family.specialist.get("duties"))["items"]
    done(family.specialist.act(f"duties/{duty['id']}/finish", duty, {"note": "Piezvanīju"}))

    assert (look(), tasks(family.specialist)) == (0, [])


def test_when_the_link_has_expired_that_nobody_answered_takes_over(family: Family, look: Any) -> None:
    family.asked()
    family.house.sql(LOST["failed"])
    look()

    family.house.sql("UPDATE links SET expires_at = now()")

    assert (look(), tasks(family.specialist)) == (0, [])


def test_many_who_look_at_once_raise_one(family: Family, look: Any) -> None:
    family.asked()
    family.house.sql(LOST["failed"])

    assert sum(at_once(*[look] * 4)) == 1
    assert len(tasks(family.specialist)) == 1


def test_how_many_statements_a_look_takes_does_not_depend_on_what_is_lost(
    family: Family, look: Any, worker_app: Flask
) -> None:
    family.asked()
    family.asked(scope="transport", institution=None)
    counts = []
    for _ in range(2):
        with statements_of(worker_app) as statements:
            look()
        counts.append(len(statements))

    assert counts[0] == counts[1]


# --- within seconds, by a worker


class Refusing:
    """A gateway that refuses every text."""

    channels = frozenset(Channel)

    def hand_over(self, _message: Claimed) -> HandOver:
        return HandOver(verdict=Verdict.REFUSED, error_code="30007")

    def find(self, _message: Claimed) -> list[str]:
        return []

    def reachable(self) -> str | None:
        return None


def test_within_seconds_a_worker_makes_it_somebodys_task(family: Family, worker_app: Flask) -> None:
    worker = Worker(worker_app, Refusing())
    worker.start()
    try:
        family.asked()
        began = clock.now()
        wait_until(lambda: len(tasks(family.specialist)) == 1, "the task is there")
        assert clock.now() - began < timedelta(seconds=20)
    finally:
        worker.stop()


# --- without a database


def test_what_counts_as_not_arrived() -> None:
    now = clock.now()
    long_ago, just_now = now - timedelta(minutes=5), now - timedelta(minutes=4)

    found = {
        (state, posted): has_not_arrived(state, posted, now=now)
        for state in ("queued", "uncertain", "failed", "handed_over", "delivered", "withdrawn")
        for posted in (long_ago, just_now)
    }

    assert {one for one, lost in found.items() if lost} == {
        ("queued", long_ago),
        *((state, posted) for state in ("uncertain", "failed") for posted in (long_ago, just_now)),
    }
    assert RequestState.NOT_ARRIVED.value == "not_arrived"


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("purpose", ["consent", "see"])
@pytest.mark.parametrize("channel", ["sms", "email"])
def test_the_task_is_told_in_every_language(language: Language, purpose: str, channel: str) -> None:
    said = words_of(DutyKind.LINK_NOT_ARRIVED, {"purpose": purpose, "channel": channel}, language)

    assert said[-1] == "."
    assert "{" not in said
