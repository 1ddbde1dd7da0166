"""A child who is not back is asked after, and nobody's silence goes unnoticed (D30)."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from bas_service import DatabaseRole, clock, create_app
from bas_service.config import Settings
from bas_service.database import transaction
from bas_service.meetings.jobs import ask_after_the_overdue, ask_after_the_unsettled
from tests.builders import House, at, soon
from tests.callers import Phone, at_once, done, invalid, refusal_of


@pytest.fixture
def supervisor(house: House) -> Phone:
    """A supervisor."""
    return house.a_supervisor()


@pytest.fixture
def ilze(house: House, supervisor: Phone) -> Phone:
    """A specialist of the team."""
    return house.a_specialist(supervisor)


@pytest.fixture
def meeting(house: House, supervisor: Phone, ilze: Phone) -> dict[str, Any]:
    """A meeting of an hour and a half that is under way."""
    child = house.a_family(supervisor, ilze)["child"]
    planned = house.a_meeting(ilze, child, starts_at=at(soon(hours=1)))
    return done(ilze.act(f"meetings/{planned['id']}/start", planned, {"unannounced_reason": "came by"}))


@pytest.fixture
def ask(settings: Settings) -> Any:
    """What the worker does every minute; gives how many were asked, and how many alarms there are."""
    app = create_app(settings, role=DatabaseRole.WORKER)

    def run() -> tuple[int, int]:
        with app.app_context(), transaction():
            return ask_after_the_overdue()

    return run


def ended_minutes_ago(house: House, meeting: dict[str, Any], minutes: int) -> datetime:
    """Let the meeting's announced end have been so many minutes ago; the new end."""
    move = (
        "UPDATE meetings SET ends_at = :end, starts_at = :end - make_interval(mins => expected_minutes),"
        " started_at = :end - make_interval(mins => expected_minutes)"
    )
    end = clock.now() - timedelta(minutes=minutes)
    house.sql(f"{move} WHERE id = :id", end=end, id=meeting["id"])
    return end


def told(phone: Phone, state: str = "open") -> list[str]:
    return [duty["kind"] for duty in done(phone.get(f"duties?state={state}"))["items"]]


def test_the_specialist_is_asked_first_and_the_supervisor_alarmed_when_nobody_answers_each_once(
    house: House, supervisor: Phone, ilze: Phone, meeting: dict[str, Any], ask: Any, caplog: pytest.LogCaptureFixture
) -> None:
    ended_minutes_ago(house, meeting, 14)
    assert (ask(), told(ilze), told(supervisor)) == ((0, 0), [], [])
    end = ended_minutes_ago(house, meeting, 15)
    assert (ask(), told(ilze), told(supervisor)) == ((1, 0), ["overdue-return"], [])
    assert ask() == (0, 0)
    (duty,) = done(ilze.get("duties"))["items"]
    assert duty["text"] == (
        f"The meeting was to end at {clock.in_riga(end):%H:%M}. Is everything all right?"
        " Make it longer, finish it, or say here what is the matter."
    )
    assert duty["about_id"] == meeting["id"]

    # The same announced end, half an hour later.
    ended_minutes_ago(house, meeting, 45)
    house.sql("UPDATE duties SET occasion = (SELECT ends_at::text FROM meetings)")
    assert (ask(), told(supervisor)) == ((0, 1), ["overdue-alarm"])
    assert ask() == (0, 0)
    assert [line for line in caplog.messages if "ALARM" in line] == [
        f"ALARM: a child is not back, and nobody answers; meeting {meeting['id']}"
    ]


def test_after_a_night_without_a_worker_both_are_told_at_once(
    house: House, supervisor: Phone, ilze: Phone, meeting: dict[str, Any], ask: Any
) -> None:
    ended_minutes_ago(house, meeting, 300)

    assert (ask(), told(ilze), told(supervisor)) == ((1, 1), ["overdue-return"], ["overdue-alarm"])


def started_minutes_ago(house: House, meeting: dict[str, Any], minutes: int) -> None:
    """Let the meeting have begun so many minutes ago, whatever was planned."""
    house.sql(
        "UPDATE meetings SET started_at = :at WHERE id = :id",
        at=clock.now() - timedelta(minutes=minutes),
        id=meeting["id"],
    )


def test_a_meeting_that_began_late_is_asked_after_first_and_alarmed_about_when_its_time_has_passed(
    house: House, supervisor: Phone, ilze: Phone, meeting: dict[str, Any], ask: Any
) -> None:
    """It was to take an hour and a half, and began an hour after it was to be over."""
    ended_minutes_ago(house, meeting, 60 + 14)
    started_minutes_ago(house, meeting, 14)
    assert (ask(), told(ilze), told(supervisor)) == ((0, 0), [], [])
    # The family expects the child back: the specialist can make it longer, which tells them.
    started_minutes_ago(house, meeting, 15)
    assert (ask(), told(ilze), told(supervisor)) == ((1, 0), ["overdue-return"], [])
    started_minutes_ago(house, meeting, 90 + 44)
    assert (ask(), told(supervisor)) == ((0, 0), [])
    started_minutes_ago(house, meeting, 90 + 45)
    assert (ask(), told(supervisor)) == ((0, 1), ["overdue-alarm"])


def test_a_late_meeting_made_longer_counts_from_the_end_that_was_told(
    house: House, supervisor: Phone, ilze: Phone, meeting: dict[str, Any], ask: Any
) -> None:
    ended_minutes_ago(house, meeting, 60)
    started_minutes_ago(house, meeting, 30)
    done(ilze.act(f"meetings/{meeting['id']}/extend", meeting, {"minutes": 5}))
    house.sql("UPDATE meetings SET starts_at = starts_at - interval '1 h', ends_at = ends_at - interval '1 h'")

    assert (ask(), told(supervisor)) == ((1, 1), ["overdue-alarm"])


def test_whoever_answers_the_question_keeps_the_supervisor_from_being_alarmed(
    house: House, supervisor: Phone, ilze: Phone, meeting: dict[str, Any], ask: Any
) -> None:
    end = ended_minutes_ago(house, meeting, 20)
    assert ask() == (1, 0)
    (duty,) = done(ilze.get("duties"))["items"]
    done(ilze.act(f"duties/{duty['id']}/finish", duty, {"note": "The bus is late; the mother knows"}))

    # Long after the same end.
    house.sql("UPDATE meetings SET starts_at = starts_at - interval '2 h', ends_at = ends_at - interval '2 h'")
    house.sql("UPDATE duties SET occasion = (SELECT ends_at::text FROM meetings)")
    assert (ask(), told(supervisor)) == ((0, 0), [])
    assert clock.now() - end < timedelta(minutes=25)


def test_whoever_answered_is_asked_once_more_when_the_child_is_still_not_back(
    house: House, supervisor: Phone, ilze: Phone, meeting: dict[str, Any], ask: Any
) -> None:
    ended_minutes_ago(house, meeting, 20)
    assert ask() == (1, 0)
    (duty,) = done(ilze.get("duties"))["items"]
    done(ilze.act(f"duties/{duty['id']}/finish", duty, {"note": "The bus is late; the mother knows"}))
    earlier = "UPDATE duties SET raised_at = raised_at - {0}, ended_at = ended_at - {0} WHERE about_id = :id"

    def minutes_pass(minutes: int) -> tuple[int, int]:
        house.sql(earlier.format(f"interval '{minutes} minutes'"), id=meeting["id"])
        return ask()

    assert (minutes_pass(44), told(ilze)) == ((0, 0), [])
    assert (minutes_pass(1), told(ilze), told(supervisor)) == ((1, 0), ["overdue-return"], [])
    assert (minutes_pass(29), told(supervisor)) == ((0, 0), [])
    assert (minutes_pass(1), told(supervisor)) == ((0, 1), ["overdue-alarm"])
    assert minutes_pass(100) == (0, 0)
    # Each answer is good for as long.
    (again,) = done(ilze.get("duties"))["items"]
    done(ilze.act(f"duties/{again['id']}/finish", again, {"note": "They sleep at the hospital"}))
    assert (minutes_pass(44), told(ilze)) == ((0, 0), [])
    assert (minutes_pass(1), told(ilze)) == ((1, 0), ["overdue-return"])


def test_a_meeting_made_longer_is_in_time_again_and_asked_after_anew(
    house: House, supervisor: Phone, ilze: Phone, meeting: dict[str, Any], ask: Any
) -> None:
    ended_minutes_ago(house, meeting, 60)
    assert ask() == (1, 1)

    done(ilze.act(f"meetings/{meeting['id']}/extend", meeting, {"minutes": 30}))
    assert (told(ilze), told(supervisor), ask()) == ([], [], (0, 0))
    assert (told(ilze, "lapsed"), told(supervisor, "lapsed")) == (["overdue-return"], ["overdue-alarm"])

    ended_minutes_ago(house, meeting, 60)
    assert ask() == (1, 1)


def test_a_finished_meeting_is_asked_after_no_more(
    house: House, supervisor: Phone, ilze: Phone, meeting: dict[str, Any], ask: Any
) -> None:
    ended_minutes_ago(house, meeting, 60)
    assert ask() == (1, 1)

    done(ilze.act(f"meetings/{meeting['id']}/finish", meeting, {}))

    assert (told(ilze), told(supervisor), ask()) == ([], [], (0, 0))


def test_workers_that_ask_at_once_ask_once(
    house: House, supervisor: Phone, ilze: Phone, meeting: dict[str, Any], ask: Any
) -> None:
    ended_minutes_ago(house, meeting, 60)

    answers = at_once(*[ask] * 4)

    assert (sum(asked for asked, _ in answers), sum(alarmed for _, alarmed in answers)) == (1, 1)


def test_the_policy_says_how_long_everybody_waits(
    house: House, supervisor: Phone, ilze: Phone, meeting: dict[str, Any], ask: Any
) -> None:
    administrator = house.an_administrator()
    today = {"valid_from": clock.today().isoformat()}
    wrong = today | {"overdue_ask_minutes": 45}
    assert refusal_of(administrator.post("casework-policies", wrong)) == invalid("/overdue_alarm_minutes")
    patient = today | {"overdue_ask_minutes": 100, "overdue_alarm_minutes": 120}
    made = done(administrator.post("casework-policies", patient))
    assert (made["overdue_ask_minutes"], made["overdue_alarm_minutes"]) == (100, 120)

    ended_minutes_ago(house, meeting, 99)
    assert ask() == (0, 0)
    ended_minutes_ago(house, meeting, 101)
    assert (ask(), told(ilze), told(supervisor)) == ((1, 0), ["overdue-return"], [])


@pytest.fixture
def zane(house: House, supervisor: Phone) -> Phone:
    """Another specialist of the team."""
    return house.a_specialist(supervisor)


def case_of(phone: Phone) -> dict[str, Any]:
    (line,) = done(phone.get("caseload"))["cases"]
    return line["case"]


def test_whoever_took_the_case_over_is_asked_after_the_child_and_can_answer(
    house: House, supervisor: Phone, ilze: Phone, zane: Phone, meeting: dict[str, Any], ask: Any
) -> None:
    """Zane has a meeting under way and one planned: neither keeps the case from coming to her."""
    own = house.a_family(supervisor, zane)["child"]
    now, at_that_time = (house.a_meeting(zane, own, starts_at=at(soon(hours=hours))) for hours in (3, 1))
    done(zane.act(f"meetings/{now['id']}/start", now, {"unannounced_reason": "came by"}))
    ended_minutes_ago(house, meeting, 20)
    assert (ask(), told(ilze)) == ((1, 0), ["overdue-return"])

    move = {"to_specialist_id": str(zane.account_id), "reason": "Ilze is ill"}
    done(supervisor.act(f"cases/{meeting['case_id']}/transfer", {"version": 1}, move))

    assert (told(ilze), told(zane)) == ([], ["overdue-return", "case-received"])
    assert ilze.get(f"meetings/{meeting['id']}").status_code == 404
    present = done(zane.get(f"meetings/{meeting['id']}"))
    longer = done(zane.act(f"meetings/{meeting['id']}/extend", present, {"minutes": 30}))
    assert longer["specialist_id"] == str(zane.account_id)
    ended_minutes_ago(house, meeting, 60)
    assert (ask(), told(zane)[:1], told(supervisor)) == ((1, 1), ["overdue-return"], ["overdue-alarm"])
    done(zane.act(f"meetings/{meeting['id']}/finish", longer, {}))
    steps = done(zane.get(f"meetings/{meeting['id']}/history"))["items"]
    assert [(one["step"], one["by"]["id"]) for one in steps] == [
        ("planned", str(ilze.account_id)),
        ("started", str(ilze.account_id)),
        ("moved", str(supervisor.account_id)),
        ("extended", str(zane.account_id)),
        ("finished", str(zane.account_id)),
    ]
    assert [one["member"] for one in steps[2]["changes"]] == ["specialist_id"]
    assert done(zane.get(f"meetings/{at_that_time['id']}"))["state"] == "planned"
    # And Ilze has nothing under way that would keep her from her next meeting.
    other = house.a_family(supervisor, ilze)["child"]
    next_one = house.a_meeting(ilze, other, starts_at=at(soon(hours=1)))
    done(ilze.act(f"meetings/{next_one['id']}/start", next_one, {"unannounced_reason": "came by"}))


@pytest.fixture
def stood_in(house: House, supervisor: Phone, ilze: Phone, zane: Phone) -> dict[str, Any]:
    """A meeting under way of Zane, who stands in for Ilze; with Ilze's absence."""
    child = house.a_family(supervisor, ilze)["child"]
    absence = house.an_absence(supervisor, ilze, zane)
    planned = house.a_meeting(zane, child, starts_at=at(soon(hours=1)))
    assert planned["specialist_id"] == str(zane.account_id)
    started = done(zane.act(f"meetings/{planned['id']}/start", planned, {"unannounced_reason": "came by"}))
    return started | {"absence": absence}


def test_when_the_specialist_is_back_they_are_asked_after_what_the_substitute_began(
    house: House, supervisor: Phone, ilze: Phone, zane: Phone, stood_in: dict[str, Any], ask: Any
) -> None:
    absence = done(supervisor.get(f"absences/{stood_in['absence']['id']}"))
    done(supervisor.act(f"absences/{absence['id']}/end", absence, {}))

    present = done(ilze.get(f"meetings/{stood_in['id']}"))
    assert present["specialist_id"] == str(ilze.account_id)
    ended_minutes_ago(house, stood_in, 20)
    assert (ask(), told(ilze), told(zane)) == ((1, 0), ["overdue-return"], [])
    done(ilze.act(f"meetings/{stood_in['id']}/finish", present, {}))
    assert told(ilze) == []


def test_when_the_days_of_a_substitute_are_over_the_responsible_specialist_is_asked(
    house: House, supervisor: Phone, ilze: Phone, zane: Phone, stood_in: dict[str, Any], ask: Any
) -> None:
    """Nobody ended the absence: a midnight came."""
    ended_minutes_ago(house, stood_in, 20)
    house.sql("UPDATE absences SET valid_from = valid_from - 9, valid_until = valid_until - 9")

    assert (ask(), told(ilze), told(zane)) == ((1, 0), ["overdue-return"], [])
    present = done(ilze.get(f"meetings/{stood_in['id']}"))
    done(ilze.act(f"meetings/{stood_in['id']}/extend", present, {"minutes": 30}))


def test_a_substitute_who_still_stands_in_is_asked(
    house: House, ilze: Phone, zane: Phone, stood_in: dict[str, Any], ask: Any
) -> None:
    ended_minutes_ago(house, stood_in, 20)

    assert (ask(), told(ilze), told(zane)) == ((1, 0), [], ["overdue-return"])


def test_no_alarm_goes_to_a_supervisor_who_is_out_of_service(
    house: House, supervisor: Phone, ilze: Phone, meeting: dict[str, Any], ask: Any
) -> None:
    house.deactivate(supervisor)
    ended_minutes_ago(house, meeting, 60)

    assert (ask(), sorted(told(ilze))) == ((1, 1), ["overdue-alarm", "overdue-return"])


@pytest.fixture
def remind(settings: Settings) -> Any:
    """What the worker does now and then; gives how many were asked what became of a meeting."""
    app = create_app(settings, role=DatabaseRole.WORKER)

    def run() -> int:
        with app.app_context(), transaction():
            return ask_after_the_unsettled()

    return run


@pytest.mark.parametrize("step", ["start", "miss", "move"])
def test_what_became_of_a_meeting_that_nobody_started_is_asked_once(
    house: House, supervisor: Phone, ilze: Phone, remind: Any, step: str
) -> None:
    planned = house.a_meeting(ilze, house.a_family(supervisor, ilze)["child"])
    move = "UPDATE meetings SET starts_at = :end - interval '90 minutes', ends_at = :end"
    assert remind() == 0
    house.sql(move, end=clock.now() - timedelta(minutes=44))
    assert remind() == 0
    end = clock.now() - timedelta(minutes=45)
    house.sql(move, end=end)

    assert (remind(), remind(), told(ilze), told(supervisor)) == (1, 0, ["meeting-unsettled"], [])
    (duty,) = done(ilze.get("duties"))["items"]
    began = clock.in_riga(end - timedelta(minutes=90))
    assert duty["text"] == (
        f"The meeting on {began:%d.%m.%Y} at {began:%H:%M} was neither started nor recorded as missed."
        " Record what became of it."
    )
    path = f"meetings/{planned['id']}"
    if step == "start":
        done(ilze.act(f"{path}/start", planned, {"unannounced_reason": "No coverage"}))
    elif step == "miss":
        done(ilze.act(f"{path}/miss", planned, {"reason": "child_did_not_come"}))
    else:
        done(ilze.change(path, planned, {"starts_at": at(soon(hours=3))}))
    assert told(ilze) == []


def test_of_what_is_long_past_nobody_is_asked(house: House, supervisor: Phone, ilze: Phone, remind: Any) -> None:
    house.a_meeting(ilze, house.a_family(supervisor, ilze)["child"])
    house.sql("UPDATE meetings SET starts_at = starts_at - interval '10 d', ends_at = ends_at - interval '10 d'")

    assert remind() == 0


def test_whoever_stands_in_no_more_is_not_asked_what_became_of_a_meeting(
    house: House, supervisor: Phone, ilze: Phone, zane: Phone, remind: Any
) -> None:
    child = house.a_family(supervisor, ilze)["child"]
    house.an_absence(supervisor, ilze, zane)
    house.a_meeting(zane, child, starts_at=at(soon(hours=1)))
    house.sql("UPDATE meetings SET starts_at = starts_at - interval '2 d', ends_at = ends_at - interval '2 d'")
    house.sql("UPDATE absences SET valid_from = valid_from - 9, valid_until = valid_until - 9")

    assert (remind(), told(ilze), told(zane)) == (1, ["meeting-unsettled"], [])
