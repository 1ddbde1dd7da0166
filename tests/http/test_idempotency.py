"""A repeat of the same request gets the first answer, and does nothing a second time (D24)."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from bas_service import clock
from bas_service.database import transaction
from bas_service.http.idempotency import forget_old_answers
from tests.builders import House, at, soon
from tests.callers import Phone, at_once, done, invalid, refusal_of

USED = {"type": "id-already-used"}


@pytest.fixture
def supervisor(house: House) -> Phone:
    """Somebody who enters children."""
    return house.a_supervisor()


@pytest.fixture
def specialist(house: House, supervisor: Phone) -> Phone:
    """Somebody who plans meetings."""
    return house.a_specialist(supervisor)


@pytest.fixture
def child(house: House, supervisor: Phone, specialist: Phone) -> dict[str, Any]:
    """A child of this specialist."""
    return house.a_family(supervisor, specialist)["child"]


def entering(**more: Any) -> dict[str, Any]:
    """What a phone sends to enter a child under an id of its own."""
    born = clock.today().replace(year=clock.today().year - 10, day=1).isoformat()
    form = {"given_name": "Anna", "family_name": "Izdomāta", "birth_date": born, "municipality": "LV-RIX"}
    return {"id": str(uuid.uuid4())} | form | more


def whole(response: TestResponse) -> tuple[int, bytes, str | None, str]:
    """All of an answer that a client goes by."""
    return response.status_code, response.data, response.headers.get("ETag"), response.mimetype


def test_a_repeated_creation_answers_as_the_first_time(house: House, supervisor: Phone) -> None:
    form = entering()
    first = supervisor.post("children", form)
    child = done(first)
    done(supervisor.change(f"children/{child['id']}", child, {"given_name": "Zane"}))

    # The same members in another order are the same request; what became of the child since does not matter.
    again = [supervisor.post("children", form), supervisor.post("children", dict(reversed(form.items())))]

    assert [whole(one) for one in again] == [whole(first)] * 2
    assert whole(first)[::2] == (201, '"1"')
    assert house.sql("SELECT given_name FROM children") == [{"given_name": "Zane"}]


def test_a_repeated_plan_is_told_once(house: House, specialist: Phone, child: dict[str, Any]) -> None:
    form = house.meeting_form(child, id=str(uuid.uuid4()))

    first, again = specialist.post("meetings", form), specialist.post("meetings", form)

    assert whole(again) == whole(first)
    assert len(done(first)["announcements"]) == 1
    assert house.sql("SELECT count(*) FROM messages") == [{"count": 1}]


def test_another_body_under_a_used_id_is_refused(house: House, supervisor: Phone) -> None:
    form = entering()
    first = supervisor.post("children", form)

    for other in (form | {"given_name": "Zane"}, form | {"language": "ru"}, {"id": form["id"]}):
        assert refusal_of(supervisor.post("children", other)) == USED
    assert whole(supervisor.post("children", form)) == whole(first)
    assert house.sql("SELECT given_name FROM children") == [{"given_name": "Anna"}]


def test_an_id_means_the_same_for_whatever_is_created(house: House, specialist: Phone, supervisor: Phone) -> None:
    form = entering()
    child = done(supervisor.post("children", form))
    mother = {"id": form["id"], "name": "Mamma", "relation": "parent", "phone": "+37120000150", "channels": ["sms"]}

    assert refusal_of(supervisor.post(f"children/{child['id']}/representatives", mother)) == USED
    done(supervisor.post(f"children/{child['id']}/representatives", mother | {"id": str(uuid.uuid4())}))


def test_an_id_of_somebody_else_s_is_refused_and_not_told_what_it_is(house: House, supervisor: Phone) -> None:
    other, form = house.a_supervisor(), entering()
    first = supervisor.post("children", form)

    assert refusal_of(other.post("children", form)) == USED
    assert house.sql("SELECT created_by FROM children") == [{"created_by": supervisor.account_id}]
    assert whole(supervisor.post("children", form)) == whole(first)
    done(other.post("children", entering()))


def test_an_id_taken_by_a_thing_out_of_sight_is_refused_too(
    house: House, specialist: Phone, child: dict[str, Any]
) -> None:
    meeting = house.a_meeting(specialist, child, id=str(uuid.uuid4()))
    team = house.a_supervisor()
    other = house.a_specialist(team)
    other_child = house.a_family(team, other)["child"]

    assert refusal_of(other.post("meetings", house.meeting_form(other_child, id=meeting["id"]))) == USED
    done(other.post("meetings", house.meeting_form(other_child, id=str(uuid.uuid4()))))


def test_of_the_same_creation_sent_at_once_one_is_done_and_both_are_answered(house: House, supervisor: Phone) -> None:
    for _ in range(3):
        form = entering()
        answers = at_once(*[lambda form=form: supervisor.post("children", form)] * 4)

        assert [whole(one) for one in answers] == [whole(answers[0])] * 4
        assert answers[0].status_code == 201
    assert house.sql("SELECT count(*) FROM children") == [{"count": 3}]


def test_of_two_accounts_with_one_id_at_once_one_gets_it(house: House, supervisor: Phone) -> None:
    other, form = house.a_supervisor(), entering()

    answers = at_once(*[lambda who=who: who.post("children", form) for who in (supervisor, other, supervisor, other)])

    statuses = [answer.status_code for answer in answers]
    assert statuses in ([201, 409, 201, 409], [409, 201, 409, 201])


def test_an_action_with_a_key_is_done_once(house: House, specialist: Phone, child: dict[str, Any]) -> None:
    meeting = house.a_meeting(specialist, child)
    house.hand_over_messages()
    path, form = f"meetings/{meeting['id']}/cancel", {"reason": "child_ill"}

    first = specialist.act(path, meeting, form, Idempotency_Key="k-1")
    again = specialist.act(path, meeting, form, Idempotency_Key="k-1")

    assert whole(again) == whole(first)
    assert whole(first)[::2] == (200, '"2"')
    # Without the key, or under another one, it is another try: on a version that is gone.
    assert refusal_of(specialist.act(path, meeting, form))["type"] == "version-stale"
    assert refusal_of(specialist.act(path, meeting, form, Idempotency_Key="k-2"))["type"] == "version-stale"
    assert house.sql("SELECT count(*) FROM messages") == [{"count": 2}]


def test_a_key_belongs_to_one_action_of_one_account(
    house: House, supervisor: Phone, specialist: Phone, child: dict[str, Any]
) -> None:
    meeting = house.a_meeting(specialist, child)
    path = f"meetings/{meeting['id']}"
    changed = done(specialist.change(path, meeting, {"note": "x"}, Idempotency_Key="k"))

    for refused in (
        specialist.change(path, changed, {"note": "y"}, Idempotency_Key="k"),
        specialist.act(f"{path}/cancel", changed, {"note": "x"}, Idempotency_Key="k"),
        specialist.post("meetings", house.meeting_form(child), Idempotency_Key="k"),
    ):
        assert refusal_of(refused) == USED
    done(supervisor.change(path, changed, {"note": "y"}, Idempotency_Key="k"))


def test_a_key_at_a_creation_counts_before_the_id_in_its_body(supervisor: Phone) -> None:
    form = entering()
    first = supervisor.post("children", form, Idempotency_Key="k")

    assert whole(supervisor.post("children", form, Idempotency_Key="k")) == whole(first)
    assert refusal_of(supervisor.post("children", form)) == USED


def test_of_an_action_sent_at_once_one_is_done_and_all_are_answered(
    house: House, specialist: Phone, child: dict[str, Any]
) -> None:
    meeting = house.a_meeting(specialist, child)
    path = f"meetings/{meeting['id']}"

    answers = at_once(*[lambda: specialist.change(path, meeting, {"note": "x"}, Idempotency_Key="k")] * 4)

    assert [whole(one) for one in answers] == [whole(answers[0])] * 4
    assert done(answers[0])["version"] == 2


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 201, "ā", "a\tb"])
def test_a_key_is_made_of_visible_characters(
    house: House, specialist: Phone, child: dict[str, Any], key: str
) -> None:
    form = house.meeting_form(child)

    assert refusal_of(specialist.post("meetings", form, Idempotency_Key=key)) == invalid("Idempotency-Key")
    done(specialist.post("meetings", form, Idempotency_Key="!" + "x" * 198 + "~"))


def test_a_refusal_is_not_remembered(
    house: House, supervisor: Phone, specialist: Phone, child: dict[str, Any]
) -> None:
    theirs = house.meeting_form(child, id=str(uuid.uuid4()))
    in_the_way = house.a_meeting(specialist, child)

    assert refusal_of(specialist.post("meetings", theirs)) == {"type": "meeting-overlaps", "of": "child"}
    assert refusal_of(specialist.post("meetings", theirs | {"kind": "x"})) == invalid("/kind")
    done(specialist.act(f"meetings/{in_the_way['id']}/cancel", in_the_way, {"reason": "child_ill"}))
    # The very same request is tried anew, and so is a corrected one under the same id or key.
    assert specialist.post("meetings", theirs).status_code == 201
    later = at(soon(hours=48))
    wrong = specialist.post("meetings", house.meeting_form(child, starts_at="x"), Idempotency_Key="k")
    assert refusal_of(wrong) == invalid("/starts_at")
    done(specialist.post("meetings", house.meeting_form(child, starts_at=later), Idempotency_Key="k"))


@pytest.mark.parametrize("key", [7, None, True, [], "no-id", ""])
def test_an_id_that_is_none_is_left_to_the_shape(supervisor: Phone, key: Any) -> None:
    assert refusal_of(supervisor.post("children", entering(id=key))) == invalid("/id")


def test_answers_are_forgotten_by_their_age(
    house: House, supervisor: Phone, worker_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def remembered() -> list[str]:
        return [row["key"].split(":")[0] for row in house.sql("SELECT key FROM answered_requests ORDER BY key")]

    def forgotten_after(age: timedelta) -> int:
        monkeypatch.setattr(clock, "now", lambda: made + age)
        with worker_app.app_context(), transaction():
            return forget_old_answers()

    made = clock.now()
    monkeypatch.setattr(clock, "now", lambda: made)
    form = entering()
    first = supervisor.post("children", form)
    action = {"json": {"given_name": "Zane"}, "Idempotency_Key": "k"}
    changed = supervisor.change(f"children/{form['id']}", done(first), **action)
    hour, second = timedelta(hours=1), timedelta(seconds=1)

    # Actions a day, creations as long as a phone may stay away.
    assert (forgotten_after(24 * hour), remembered()) == (0, ["id", "key"])
    assert (forgotten_after(24 * hour + second), remembered()) == (1, ["id"])
    assert (forgotten_after(90 * 24 * hour), remembered()) == (0, ["id"])
    assert (forgotten_after(90 * 24 * hour + second), remembered()) == (1, [])
    monkeypatch.undo()
    # From then on the id is taken like any other, and the action is judged by its version again.
    assert refusal_of(supervisor.post("children", form)) == USED
    again = supervisor.change(f"children/{form['id']}", done(first), **action)
    assert refusal_of(again) == {"type": "version-stale", "current": done(changed)}
