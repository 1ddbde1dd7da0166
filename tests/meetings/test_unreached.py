"""An unreached representative is somebody's task before the meeting starts, once, and lapses by itself (D6, D29)."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from bas_service import clock
from tests.builders import House, at, soon
from tests.callers import at_once, done, invalid, refusal_of
from tests.meetings.unreached_family import BY_EMAIL_ONLY, Family
from tests.tables import statements_of

WHY = {"reason": "Custody interrupted", "basis": "Decision 7"}
TEXTS = {
    "failed": "A legal representative does not know of {}. Before it begins tell them by telephone.",
    "uncertain": "Whether a legal representative knows of {} is uncertain:"
    " nobody can say whether the message went out. Before it begins ask and tell them by telephone.",
}
LATER = {"starts_at": at(soon(hours=30))}


@pytest.fixture
def family(house: House, worker_app: Flask) -> Family:
    """A family that the specialist works with; there is no mail server."""
    house.nobody_carries("email")
    return Family(house, worker_app)


# --- raised


@pytest.mark.parametrize("state", ["failed", "uncertain"])
def test_a_text_that_did_not_arrive_is_the_specialists_task_before_the_start(family: Family, state: str) -> None:
    meeting = family.plan(state=state)
    local = clock.in_riga(datetime.fromisoformat(meeting["starts_at"]))

    assert (family.look(), family.look()) == (1, 0)

    (duty,) = family.duties()
    assert duty == {
        "id": duty["id"],
        "kind": "representative-unreached",
        "text": TEXTS[state].format(f"the meeting on {local:%d.%m.%Y} at {local:%H:%M}"),
        "child": {name: family.child[name] for name in ("id", "given_name", "family_name")},
        "account": duty["account"] | {"id": str(family.specialist.account_id)},
        "about_id": meeting["id"],
        "representative_id": family.mother["id"],
        "representative": {"name": "Mamma Izdomāta", "phone": family.mother["phone"]},
        "words": duty["words"],
        "raised_at": duty["raised_at"],
        "due_at": meeting["starts_at"],
        "state": "open",
        "ended_at": None,
        "note": None,
        "version": 1,
    }
    assert family.duties(family.supervisor) == []


@pytest.mark.parametrize("state", ["sending", "handed_over", "delivered", "withdrawn", "queued"])
def test_a_text_on_its_way_is_nobodys_task(family: Family, state: str) -> None:
    family.plan(state=state)

    assert (family.look(), family.duties()) == (0, [])


@pytest.mark.parametrize(
    ("minutes", "change", "new"),
    [
        (59, "attempts = 1", 1),
        (59, "next_attempt_at = now() - interval '2 minutes'", 1),
        # It waits for its turn.
        (59, "attempts = 0", 0),
        (61, "attempts = 1, next_attempt_at = now() - interval '2 minutes'", 0),
    ],
)
def test_a_text_still_queued_shortly_before_the_start_is_a_task(
    family: Family, minutes: int, change: str, new: int
) -> None:
    family.plan()
    family.draw_near(minutes)
    family.house.sql(f"UPDATE messages SET {change}")

    assert family.look() == new


def test_whoever_reads_no_texts_is_a_task_as_soon_as_it_is_planned(family: Family) -> None:
    family.house.a_representative(family.supervisor, family.child, name="Tētis Izdomāts", **BY_EMAIL_ONLY)

    family.plan()

    assert family.occasions() == ["1 Tētis"]
    assert family.look() == 0


def test_a_task_shortly_before_the_start_is_due_at_once(family: Family) -> None:
    family.correct(family.mother, **BY_EMAIL_ONLY)

    family.plan(starts_at=at(clock.now() + timedelta(minutes=45)))

    (duty,) = family.duties()
    assert duty["due_at"] == duty["raised_at"][:19] + duty["due_at"][19:]


def test_a_child_whom_nobody_may_be_told_about_is_a_task_in_other_words(family: Family) -> None:
    """Nobody is to be called whom the place is kept from (D29)."""
    family.house.a_protected_place(family.supervisor, family.mother)

    meeting = family.plan()

    (duty,) = family.duties()
    assert family.occasions() == ["1 nobody"]
    assert duty["representative_id"] is None
    assert duty["text"].startswith("Nobody who represents the child can be told about the meeting on ")
    assert refusal_of(family.tell(meeting)) == invalid("/representative_id")


@pytest.mark.parametrize("language", ["lv", "ru", "en"])
def test_the_words_of_the_task_name_nobody_in_any_language(family: Family, language: str) -> None:
    family.plan(state="failed")
    family.look()

    (duty,) = done(family.specialist.get("duties", Accept_Language=language))["items"]

    assert f"{clock.in_riga(soon()):%d.%m.%Y}" in duty["text"]
    assert not {"Anna", "Mamma", "Izdomāta", family.mother["phone"]} & set(duty["text"].split())


def test_planning_for_those_who_can_be_reached_takes_no_statement_more(family: Family) -> None:
    form = family.house.meeting_form(family.child, id=str(uuid.uuid4()))
    done(family.specialist.get("me"))
    with statements_of(family.house.app) as statements:
        done(family.specialist.post("meetings", form))

    assert [statement for statement in statements if "duties" in statement or "told_in_person" in statement] == []


def test_however_many_look_at_once_one_task_is_raised(family: Family) -> None:
    family.house.a_representative(family.supervisor, family.child, name="Tētis Izdomāts")
    family.plan(state="failed")

    assert sum(at_once(*[family.look] * 6)) == 2
    assert family.occasions() == ["1 Mamma", "1 Tētis"]


def test_the_number_that_failed_is_no_task_while_another_text_is_tried(family: Family) -> None:
    family.plan(state="failed")

    family.correct(family.mother, phone="+37120007777")

    assert (family.look(), family.occasions()) == (0, [])


def test_the_job_takes_three_statements_when_there_is_nothing_to_do(family: Family) -> None:
    family.plan(state="handed_over")
    with statements_of(family.worker_app) as statements:
        family.look()

    assert len(statements) == 3


# --- lapses


@pytest.mark.parametrize("state", ["handed_over", "delivered"])
def test_a_text_that_arrives_after_all_settles_it_and_one_that_fails_again_is_a_task_again(
    family: Family, state: str
) -> None:
    family.plan(state="uncertain")
    family.look()

    family.texts_are(state)
    assert (family.look(), family.occasions(), family.occasions("lapsed")) == (0, [], ["1 Mamma"])

    family.house.sql("UPDATE messages SET state = 'failed'")
    assert (family.look(), family.occasions()) == (1, ["1 Mamma 2"])


@pytest.mark.parametrize(
    ("action", "form"), [("cancel", {"reason": "child_ill"}), ("start", {"unannounced_reason": "called"})]
)
def test_what_is_cancelled_or_started_is_no_task_any_more(family: Family, action: str, form: dict[str, Any]) -> None:
    meeting = family.plan(state="failed")
    family.look()
    family.draw_near(20)
    family.look()
    assert family.occasions() == ["1 Mamma", "escalated 1 Mamma"]

    family.act(meeting, action, form)

    assert (family.occasions(), family.look()) == ([], 0)


def test_what_was_missed_is_no_task_any_more(family: Family) -> None:
    meeting = family.plan(state="failed")
    family.look()
    family.draw_near(-5)

    family.act(meeting, "miss", {"reason": "child_ill"})

    assert family.occasions() == []


def test_a_change_that_is_told_raises_its_own(family: Family) -> None:
    meeting = family.plan(state="failed")
    family.look()

    changed = done(family.specialist.change(f"meetings/{meeting['id']}", meeting, LATER))
    assert (family.look(), family.occasions()) == (0, [])

    family.texts_are("failed")
    assert (family.look(), family.occasions()) == (1, ["2 Mamma"])
    done(family.specialist.change(f"meetings/{meeting['id']}", changed, {"note": "Bring the drawing"}))
    assert family.occasions() == ["2 Mamma"]


def test_nobody_is_to_call_a_representative_who_is_suspended(family: Family) -> None:
    family.house.a_representative(family.supervisor, family.child, name="Tētis Izdomāts")
    family.plan(state="failed")
    family.look()

    path = f"representatives/{family.mother['id']}"
    suspended = done(family.supervisor.act(f"{path}/suspend", family.mother, WHY))
    assert (family.occasions(), family.look()) == (["1 Tētis"], 0)

    done(family.supervisor.act(f"{path}/resume", suspended, WHY))
    family.texts_are("failed")
    assert (family.look(), family.occasions()) == (1, ["1 Mamma 2", "1 Tētis"])


def test_a_task_raised_while_the_representative_was_suspended_lapses_at_the_next_look(family: Family) -> None:
    family.plan(state="failed")
    family.look()
    family.house.sql("UPDATE representatives SET state = 'suspended'")

    family.look()

    assert family.occasions() == ["1 nobody"]


def test_who_represents_the_child_may_change_after_planning(family: Family) -> None:
    family.plan(state="delivered")
    path = f"representatives/{family.mother['id']}"

    suspended = done(family.supervisor.act(f"{path}/suspend", family.mother, WHY))
    assert family.occasions() == ["1 nobody"]

    father = family.house.a_representative(family.supervisor, family.child, name="Tētis Izdomāts", **BY_EMAIL_ONLY)
    assert (family.occasions(), family.occasions("lapsed")) == (["1 Tētis"], ["1 nobody"])

    # She was told before; he gets a text from now on, and the task stays until it went out.
    done(family.supervisor.act(f"{path}/resume", suspended, WHY))
    family.correct(father, channels=["sms"], phone="+37120008888")
    assert (family.look(), family.occasions()) == (0, ["1 Tētis"])
    family.texts_are("handed_over")
    assert (family.look(), family.occasions()) == (0, [])


# --- the supervisor


def test_half_an_hour_before_the_start_it_is_the_supervisors_too_once(family: Family) -> None:
    family.plan(state="failed")
    family.look()
    family.draw_near(31)
    assert family.look() == 0

    family.draw_near(30)
    assert (family.look(), family.look()) == (1, 0)

    (duty,) = family.duties(family.supervisor)
    assert duty["kind"] == "representative-unreached-escalated"
    assert "still does not know of the meeting" in duty["text"]
    assert duty["representative_id"] == family.mother["id"]


def test_what_is_raised_later_than_that_is_the_supervisors_at_once(family: Family) -> None:
    family.plan(state="failed")
    family.draw_near(10)

    assert family.look() == 2
    assert family.occasions() == ["1 Mamma", "escalated 1 Mamma"]


def test_when_the_specialist_has_found_out_whom_to_tell_nothing_is_left_for_the_supervisor(family: Family) -> None:
    family.house.a_protected_place(family.supervisor, family.mother)
    family.plan()
    family.draw_near(10)
    family.look()
    (duty,) = family.duties()

    done(family.specialist.act(f"duties/{duty['id']}/finish", duty, {"note": "The grandmother will be there"}))

    assert (family.look(), family.occasions()) == (0, [])
    assert family.duties(family.supervisor, "lapsed") != []


# --- told by a person


def test_whoever_was_called_is_told_and_the_task_is_done(family: Family) -> None:
    meeting = family.plan(state="failed", on_phone_at=at(clock.now() - timedelta(hours=1)))
    family.draw_near(10)
    family.look()
    told_at = (clock.now() - timedelta(minutes=2)).replace(microsecond=0)

    answer = family.tell(meeting, id=str(uuid.uuid4()), told_at=at(told_at), note="She will be at home")

    told = done(answer)
    moment = told_at.isoformat().replace("+00:00", "Z")
    assert (answer.status_code, told) == (
        201,
        {
            "id": told["id"],
            "meeting_id": meeting["id"],
            "representative_id": family.mother["id"],
            "telling": 1,
            "means": "phone",
            "told_at": moment,
            "told_by": str(family.specialist.account_id),
            "note": "She will be at home",
        },
    )
    assert (family.occasions(), family.occasions("done")) == ([], ["1 Mamma", "escalated 1 Mamma"])
    assert [duty["note"] for duty in family.duties(state="done")] == ["She will be at home"]
    assert family.look() == 0
    shown = done(family.specialist.get(f"meetings/{meeting['id']}"))
    otherwise = [{"representative_id": family.mother["id"], "means": "phone", "told_at": moment}]
    assert (shown["told_otherwise"], shown["version"]) == (otherwise, 1)
    (listed,) = done(family.specialist.get("meetings"))["items"]
    assert listed == shown
    (row,) = family.house.sql("SELECT note FROM told_in_person")
    assert row["note"] != told["note"]
    assert family.house.opened(row["note"], "told_in_person.note") == told["note"]


def test_told_by_a_person_is_not_announced_in_writing(family: Family) -> None:
    meeting = family.plan(state="failed")
    done(family.tell(meeting))
    # Nor is there anything left to do, though nobody had looked before.
    assert family.look() == 0

    present = done(family.specialist.get(f"meetings/{meeting['id']}"))
    assert refusal_of(family.specialist.act(f"meetings/{meeting['id']}/start", present, {})) == {
        "type": "meeting-unannounced"
    }
    started = family.act(meeting, "start", {"unannounced_reason": "Told by telephone"})

    assert started["announced_in_time"] is False
    assert [one["means"] for one in started["told_otherwise"]] == ["phone"]


@pytest.mark.parametrize(("means", "in_writing"), [("letter", True), ("in_person", False), ("phone", False)])
def test_of_what_a_person_tells_only_a_letter_is_in_writing(family: Family, means: str, *, in_writing: bool) -> None:
    """D6: by e-mail, text message or another means, as long as it is in writing."""
    an_hour_ago = at(clock.now() - timedelta(hours=1))
    meeting = family.plan(state="failed", on_phone_at=an_hour_ago)
    done(family.tell(meeting, means=means, told_at=an_hour_ago))
    assert family.look() == 0

    started = family.act(meeting, "start", {"unannounced_reason": "Told otherwise"})

    assert (started["announced_in_time"], started["unannounced_reason"]) == (
        in_writing,
        None if in_writing else "Told otherwise",
    )
    assert [one["means"] for one in started["told_otherwise"]] == [means]
    (line,) = done(family.specialist.get("announcements"))["items"]
    assert [one["means"] for one in line["told_otherwise"]] == [means]
    assert (line["announced_in_time"], line["why"]) == (in_writing, "in-time" if in_writing else "by-a-person")
    assert line["why_said"].endswith("By letter: Mamma Izdomāta.") is in_writing


def test_a_letter_recorded_after_the_start_mends_no_figure(family: Family) -> None:
    meeting = family.plan(state="failed")
    before = at(clock.now())
    started = family.act(meeting, "start", {"unannounced_reason": "Nobody answers"})

    done(family.tell(meeting, means="letter", told_at=before))

    now = done(family.specialist.get(f"meetings/{meeting['id']}"))
    assert (started["announced_in_time"], now["announced_in_time"]) == (False, False)
    (line,) = done(family.specialist.get("announcements"))["items"]
    assert (line["announced_in_time"], line["why"]) == (False, "by-a-person")


def test_a_letter_about_an_earlier_time_does_not_tell_the_new_one(family: Family) -> None:
    meeting = family.plan(state="failed")
    done(family.tell(meeting, means="letter"))
    done(family.specialist.change(f"meetings/{meeting['id']}", meeting, LATER))
    family.texts_are("failed")

    started = family.act(meeting, "start", {"unannounced_reason": "Nobody answers"})

    assert started["announced_in_time"] is False


def test_what_is_told_anew_must_be_told_anew_by_telephone_too(family: Family) -> None:
    meeting = family.plan(state="failed")
    done(family.tell(meeting))

    changed = done(family.specialist.change(f"meetings/{meeting['id']}", meeting, LATER))
    family.texts_are("failed")

    assert (changed["told_otherwise"], family.look(), family.occasions()) == ([], 1, ["2 Mamma"])


def test_one_told_leaves_the_task_about_the_other(family: Family) -> None:
    father = family.house.a_representative(family.supervisor, family.child, name="Tētis Izdomāts")
    meeting = family.plan(state="failed")
    family.look()

    done(family.tell(meeting, representative_id=father["id"], means="in_person"))

    assert family.occasions() == ["1 Mamma"]


def test_the_same_record_sent_twice_is_one(family: Family) -> None:
    meeting = family.plan(state="failed")
    record = {"id": str(uuid.uuid4()), "told_at": at(clock.now())}

    first, second = (done(family.tell(meeting, **record)) for _ in range(2))

    assert first == second
    assert family.house.sql("SELECT count(*) FROM told_in_person")[0]["count"] == 1


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"told_at": at(soon(hours=1))}, "/told_at"),
        ({"told_at": at(clock.now() + timedelta(hours=1))}, "/told_at"),
        ({"told_at": "2001-01-01T00:00:00Z"}, "/told_at"),
        ({"means": "sms"}, "/means"),
        ({"representative_id": str(uuid.uuid4())}, "/representative_id"),
        ({"note": "x" * 2001}, "/note"),
        ({"telling": 1}, "/telling"),
    ],
)
def test_a_record_that_cannot_be_is_refused(family: Family, wrong: dict[str, Any], where: str) -> None:
    meeting = family.plan()

    assert refusal_of(family.tell(meeting, **wrong)) == invalid(where)
    done(family.tell(meeting))


def test_a_representative_who_may_not_be_told_cannot_have_been_told(family: Family) -> None:
    meeting = family.plan()
    done(family.tell(meeting))
    done(family.supervisor.act(f"representatives/{family.mother['id']}/suspend", family.mother, WHY))

    assert refusal_of(family.tell(meeting)) == invalid("/representative_id")


def test_of_a_meeting_that_was_missed_nobody_is_told_any_more(family: Family) -> None:
    meeting = family.plan()
    done(family.tell(meeting))
    family.draw_near(-5)
    family.act(meeting, "miss", {"reason": "child_ill"})

    assert refusal_of(family.tell(meeting)) == {"type": "meeting-state-unfit", "state": "missed"}


def test_the_record_of_a_child_out_of_sight_is_not_there(family: Family) -> None:
    meeting = family.plan()
    stranger = family.house.a_specialist(family.supervisor)
    form = {"representative_id": family.mother["id"], "means": "phone"}

    assert refusal_of(stranger.post(f"meetings/{meeting['id']}/told", form)) == {"type": "not-found"}
    done(family.supervisor.post(f"meetings/{meeting['id']}/told", form))


def test_two_records_at_the_same_moment_end_one_task(family: Family) -> None:
    meeting = family.plan(state="failed")
    family.look()

    answers = at_once(lambda: family.tell(meeting), lambda: family.tell(meeting, means="in_person"))

    assert [answer.status_code for answer in answers] == [201, 201]
    assert family.occasions("done") == ["1 Mamma"]


def test_a_transfer_leaves_the_task_with_whoever_holds_the_meeting_now(family: Family) -> None:
    family.correct(family.mother, **BY_EMAIL_ONLY)
    family.plan()
    jānis = family.house.a_specialist(family.supervisor)
    to = {"to_specialist_id": str(jānis.account_id), "reason": "Moves away"}

    done(family.supervisor.act(f"cases/{family.case['id']}/transfer", family.case, to))

    assert family.occasions() == ["2 Mamma"]
    assert "representative-unreached" in [duty["kind"] for duty in family.duties(jānis)]
