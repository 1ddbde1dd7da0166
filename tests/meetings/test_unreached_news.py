"""That a meeting is off, or takes longer, and does not reach who believes otherwise, is somebody's task (D6, D30)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from bas_service import clock
from tests.builders import House, at
from tests.callers import at_once, done
from tests.meetings.unreached_family import BY_EMAIL_ONLY, Family
from tests.web.reading import page_of

OFF = {"reason": "child_ill"}
WHY = {"reason": "Custody interrupted", "basis": "Decision 7"}
WARNED = ["no-reachable-representative"]


@pytest.fixture
def family(house: House, worker_app: Flask) -> Family:
    """A family that the specialist works with; there is no mail server."""
    house.nobody_carries("email")
    return Family(house, worker_app)


def opt_out(family: Family) -> None:
    """The mother reads no texts any more."""
    family.house.sql(
        "INSERT INTO barred_addresses (id, channel, address_digest, reason, barred_at)"
        " VALUES (gen_random_uuid(), 'sms', :digest, 'opted_out', now())",
        digest=family.house.digest(family.mother["phone"]),
    )


def under_way(family: Family) -> dict[str, Any]:
    """A meeting of which the mother was told, and that has begun."""
    meeting = family.plan(state="delivered", starts_at=at(clock.now() + timedelta(hours=1)))
    return family.act(meeting, "start", {})


# --- called off


@pytest.mark.parametrize(
    ("state", "beginning", "end"),
    [
        ("failed", "A legal representative does not know", ". At once tell them by telephone."),
        (
            "uncertain",
            "Whether a legal representative knows",
            " is uncertain: nobody can say whether the message went out. At once ask and tell them by telephone.",
        ),
    ],
)
def test_a_cancellation_that_did_not_arrive_is_a_task_in_its_own_words(
    family: Family, state: str, beginning: str, end: str
) -> None:
    meeting = family.plan(state="delivered")
    local = clock.in_riga(datetime.fromisoformat(meeting["starts_at"]))
    cancelled = family.act(meeting, "cancel", OFF)
    assert (cancelled["warnings"], family.look()) == ([], 0)

    family.texts_are(state)

    assert (family.look(), family.look()) == (1, 0)
    (duty,) = family.duties()
    assert (duty["kind"], duty["about_id"], duty["representative_id"], duty["due_at"], duty["text"]) == (
        "representative-unreached",
        meeting["id"],
        family.mother["id"],
        meeting["starts_at"],
        f"{beginning} that the meeting on {local:%d.%m.%Y} at {local:%H:%M} will not take place{end}",
    )


def test_a_cancellation_that_arrives_is_nobodys_task_and_one_that_does_after_all_settles_it(family: Family) -> None:
    meeting = family.plan(state="delivered")
    family.act(meeting, "cancel", OFF)
    family.texts_are("failed")
    family.look()
    assert family.occasions() == ["2 Mamma"]

    family.texts_are("delivered")

    assert (family.look(), family.occasions(), family.occasions("lapsed")) == (0, [], ["2 Mamma"])


def test_whoever_reads_no_texts_any_more_is_a_task_as_soon_as_it_is_cancelled_and_whoever_cancels_is_warned(
    family: Family,
) -> None:
    meeting = family.plan(state="delivered")
    opt_out(family)

    cancelled = family.act(meeting, "cancel", OFF)

    assert (cancelled["warnings"], family.occasions()) == (WARNED, ["2 Mamma"])
    assert done(family.tell(meeting))["telling"] == 2
    assert (family.occasions(), family.occasions("done"), family.look()) == ([], ["2 Mamma"], 0)


@pytest.mark.parametrize("told", ["by a person", "on the page"])
def test_whoever_was_told_otherwise_believes_it_as_well(family: Family, told: str) -> None:
    family.correct(family.mother, **BY_EMAIL_ONLY)
    meeting = family.plan()
    if told == "by a person":
        done(family.tell(meeting))
    else:
        family.house.sql(
            "INSERT INTO confirmations (id, meeting_id, child_id, representative_id, telling, confirmed_at)"
            " VALUES (gen_random_uuid(), :meeting, :child, :mother, 1, now())",
            meeting=meeting["id"],
            child=family.child["id"],
            mother=family.mother["id"],
        )

    assert family.act(meeting, "cancel", OFF)["warnings"] == WARNED
    assert family.occasions() == ["2 Mamma"]


def test_whoever_never_knew_of_a_meeting_need_not_know_that_it_is_off(family: Family) -> None:
    family.correct(family.mother, **BY_EMAIL_ONLY)
    meeting = family.plan()
    assert family.occasions() == ["1 Mamma"]

    assert family.act(meeting, "cancel", OFF)["warnings"] == []

    assert (family.look(), family.occasions(), family.occasions("lapsed")) == (0, [], ["1 Mamma"])


def test_whoever_was_suspended_while_it_was_cancelled_is_told_by_somebody_once_resumed(family: Family) -> None:
    meeting = family.plan(state="delivered")
    path = f"representatives/{family.mother['id']}"
    suspended = done(family.supervisor.act(f"{path}/suspend", family.mother, WHY))
    family.act(meeting, "cancel", OFF)
    assert (family.look(), family.occasions()) == (0, [])

    resumed = done(family.supervisor.act(f"{path}/resume", suspended, WHY))
    assert family.occasions() == ["2 Mamma"]

    done(family.supervisor.act(f"{path}/suspend", resumed, WHY))
    assert (family.occasions(), family.occasions("lapsed")) == ([], ["1 nobody", "2 Mamma"])


def test_a_cancellation_to_a_number_that_is_theirs_no_more_is_a_task(family: Family) -> None:
    meeting = family.plan(state="delivered")
    family.act(meeting, "cancel", OFF)

    family.correct(family.mother, phone="+37120007777")

    assert family.occasions() == ["2 Mamma"]


def test_an_e_mail_in_reserve_for_what_was_withdrawn_tells_nobody(family: Family) -> None:
    family.house.sql("UPDATE channel_states SET carried = true")
    family.correct(family.mother, channels=["sms", "email"], email="mamma@example.lv")
    mother = done(family.supervisor.get(f"children/{family.child['id']}/representatives"))["items"][0]
    meeting = family.plan(state="delivered")
    assert family.act(meeting, "cancel", OFF)["warnings"] == []
    assert (family.look(), family.occasions()) == (0, [])

    family.correct(mother, phone="+37120007777")

    assert family.occasions() == ["2 Mamma"]


def test_a_plan_that_turns_out_to_have_arrived_after_it_was_called_off_is_a_task_when_it_is_near(
    family: Family,
) -> None:
    meeting = family.plan(state="withdrawn")
    family.act(meeting, "cancel", OFF)
    family.house.sql("UPDATE messages SET state = 'withdrawn'")
    family.draw_near(50)
    assert family.look() == 0

    family.house.sql("UPDATE messages SET state = 'delivered' WHERE id = (SELECT min(id::text)::uuid FROM messages)")

    assert (family.look(), family.occasions()) == (1, ["2 Mamma"])


def test_it_is_the_supervisors_shortly_before_the_start_and_nobodys_once_the_time_is_over(family: Family) -> None:
    meeting = family.plan(state="delivered")
    family.act(meeting, "cancel", OFF)
    family.texts_are("failed")
    assert family.look() == 1
    family.draw_near(31)
    assert family.look() == 0

    family.draw_near(30)
    assert (family.look(), family.look()) == (1, 0)
    (duty,) = family.duties(family.supervisor)
    assert duty["kind"] == "representative-unreached-escalated"
    assert "still does not know that the meeting on " in duty["text"]

    # It was to begin, and the child is believed to be away.
    family.draw_near(-59)
    assert (family.look(), family.occasions()) == (0, ["2 Mamma", "escalated 2 Mamma"])
    family.draw_near(-61)
    assert (family.look(), family.occasions()) == (0, [])


def test_meetings_of_a_series_called_off_are_tasks_as_far_as_they_were_told(family: Family) -> None:
    series = family.house.a_series(family.specialist, family.child)
    family.house.hand_over_messages("delivered")
    opt_out(family)

    done(family.specialist.act(f"series/{series['id']}/cancel", series, OFF))

    assert set(family.occasions()) == {"2 Mamma"}


def test_however_many_look_at_once_one_task_is_raised(family: Family) -> None:
    meeting = family.plan(state="delivered")
    family.act(meeting, "cancel", OFF)
    family.texts_are("failed")

    assert sum(at_once(*[family.look] * 6)) == 1


@pytest.mark.parametrize("language", ["lv", "ru", "en"])
def test_the_words_name_nobody_in_any_language(family: Family, language: str) -> None:
    meeting = family.plan(state="delivered")
    opt_out(family)
    family.act(meeting, "cancel", OFF)

    (duty,) = done(family.specialist.get("duties", Accept_Language=language))["items"]

    assert not {"Anna", "Mamma", "Izdomāta", family.mother["phone"]} & set(duty["text"].split())


def test_the_page_shows_what_is_off_to_whom_that_is_unknown_and_nothing_else_that_is(family: Family) -> None:
    meeting = family.plan(state="delivered", starts_at=at(clock.now() + timedelta(minutes=1)))
    family.act(meeting, "cancel", OFF)
    browser = family.house.a_browser(family.supervisor)
    assert "There are no meetings." in page_of(browser.get("/told")).text

    family.texts_are("failed")
    family.look()

    page = page_of(browser.get("/told"))
    (line,) = page.all("li", "unknown")
    assert [flag.text for flag in line.all("p", "flag")] == [
        "Cancelled, and somebody does not know that yet.",
        f"Whose task it is now: {done(family.supervisor.get('me'))['name']}",
    ]
    assert "Of 1 meeting somebody does not know yet." in page.text
    assert "of 1 meeting" in page_of(browser.get("/team")).text.lower()


# --- takes longer


def test_a_new_end_that_did_not_arrive_is_a_task_and_later_the_supervisors(family: Family) -> None:
    meeting = under_way(family)
    extended = family.act(meeting, "extend", {"minutes": 60})
    local = clock.in_riga(datetime.fromisoformat(extended["ends_at"]))
    assert (extended["warnings"], family.look()) == ([], 0)

    family.texts_are("failed")

    assert (family.look(), family.look()) == (1, 0)
    (duty,) = family.duties()
    assert duty["text"] == (
        f"A legal representative does not know that the meeting on {local:%d.%m.%Y} ends later, at {local:%H:%M}."
        " At once tell them by telephone."
    )
    assert duty["due_at"] == duty["raised_at"][:19] + duty["due_at"][19:]
    family.house.sql("UPDATE duties SET raised_at = raised_at - interval '16 minutes'")
    assert (family.look(), family.look()) == (1, 0)
    assert family.occasions() == ["2 Mamma", "escalated 2 Mamma"]
    done(family.tell(meeting))
    assert (family.occasions(), family.look()) == ([], 0)


def test_whoever_reads_no_texts_any_more_is_a_task_as_soon_as_it_takes_longer(family: Family) -> None:
    meeting = under_way(family)
    opt_out(family)

    assert family.act(meeting, "extend", {"minutes": 30})["warnings"] == WARNED
    assert family.act(meeting, "extend", {"minutes": 30})["warnings"] == WARNED

    assert (family.occasions(), family.occasions("lapsed")) == (["3 Mamma"], ["2 Mamma"])
    family.act(meeting, "finish", {})
    assert family.occasions() == []


def test_a_new_end_that_arrives_or_is_over_is_nobodys_task(family: Family) -> None:
    meeting = under_way(family)
    family.act(meeting, "extend", {"minutes": 60})
    family.texts_are("failed")
    family.look()

    family.texts_are("delivered")
    assert (family.look(), family.occasions()) == (0, [])

    family.house.sql("UPDATE messages SET state = 'failed'")
    assert (family.look(), family.occasions()) == (1, ["2 Mamma 2"])
    family.draw_near(-61)
    assert (family.look(), family.occasions()) == (0, [])


def test_what_was_told_of_the_start_is_no_task_once_it_has_begun(family: Family) -> None:
    meeting = family.plan(state="failed")
    family.act(meeting, "start", {"unannounced_reason": "called"})

    assert (family.look(), family.occasions()) == (0, [])
