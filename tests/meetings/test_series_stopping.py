"""A family that was told that meetings repeat is told, once, that they no longer do (D6)."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bas_service import clock
from bas_service.announcements.rules import Reason, Told, wording_of
from bas_service.database import transaction
from bas_service.meetings.jobs import still_to_be_told, unreached_before_meetings
from bas_service.translation import Language
from tests.callers import done
from tests.meetings.series_family import WEEK, Family, in_two_days

NO_MORE = "Pec tam tiksanas vairs neatkartojas."
DUE = "SELECT body FROM messages WHERE state = 'queued' AND next_attempt_at <= now() ORDER BY id"


def due(family: Family) -> list[str]:
    """The texts that go out now."""
    return [family.house.opened(row["body"], "messages.body") or "" for row in family.house.sql(DUE)]


def waiting(family: Family) -> list[str]:
    """All the texts that wait, those that are due and those for later."""
    found = family.house.sql("SELECT body FROM messages WHERE state = 'queued' ORDER BY next_attempt_at, id")
    return [family.house.opened(row["body"], "messages.body") or "" for row in found]


def day(weeks: int) -> str:
    """A day of the weekly series as a text says it."""
    found = in_two_days() + WEEK * weeks
    return f"{found.day}.{found.month}."


@pytest.fixture
def series(family: Family) -> dict[str, Any]:
    """Each week; the mother has read about the first of them, and that it repeats."""
    series = family.repeat(rule="FREQ=WEEKLY")
    assert ["Pec tam katru" in text for text in due(family)] == [True]
    family.let_what_is_due_go_out()
    return series


def from_week(number: int) -> str:
    return str(in_two_days() + WEEK * number)


def test_cancelled_from_a_later_week_on_is_told_at_once_with_the_first_day_that_falls_away(
    family: Family, series: dict[str, Any]
) -> None:
    family.cancel(series, **{"from": from_week(3)})

    (text,) = due(family)

    assert f" {day(3)} plkst. 15.00 planota tiksanas nenotiks. {NO_MORE} " in text
    family.let_what_is_due_go_out()
    # Said once: what waits for its time says nothing of it, and nothing of going on.
    assert [NO_MORE in said or "Pec tam" in said for said in waiting(family)] == [False, False]


def test_the_first_called_off_alone_and_then_all_is_told_with_the_next_one(
    family: Family, series: dict[str, Any]
) -> None:
    first = series["meetings"][0]
    done(family.specialist.act(f"meetings/{first['id']}/cancel", first, {"reason": "child_ill"}))
    alone = due(family)
    family.let_what_is_due_go_out()

    family.cancel(series)

    (text,) = due(family)
    assert (day(0) in alone[0], NO_MORE in alone[0], len(alone)) == (True, False, 1)
    assert f" {day(1)} plkst. 15.00 planota tiksanas nenotiks. {NO_MORE} " in text
    assert len(waiting(family)) == 1


def test_shortened_by_another_rule_is_told_in_the_same_way(family: Family, series: dict[str, Any]) -> None:
    last = in_two_days() + WEEK * 2

    family.change(series, rule=f"FREQ=WEEKLY;UNTIL={last:%Y%m%d}")

    (text,) = due(family)
    assert f" {day(3)} plkst. 15.00 planota tiksanas nenotiks. {NO_MORE} " in text


@pytest.mark.parametrize("closing", [True, False])
def test_whoever_knows_of_a_meeting_that_is_called_off_reads_both_in_one_text(
    family: Family, series: dict[str, Any], closing: bool
) -> None:
    if closing:
        form = {"reason": "moved_abroad", "cancel_meetings": True}
        done(family.supervisor.act(f"cases/{family.case['id']}/close", family.case, form))
    else:
        family.cancel(series)

    (text,) = waiting(family)
    assert f" {day(0)} plkst. 15.00 planota tiksanas nenotiks. {NO_MORE} " in text


def test_a_case_that_closes_with_nothing_planned_tells_of_days_that_were_not_laid_out(
    family: Family, series: dict[str, Any]
) -> None:
    for one in series["meetings"]:
        done(family.specialist.act(f"meetings/{one['id']}/cancel", one, {"reason": "child_ill"}))
    family.let_what_is_due_go_out()

    done(family.supervisor.act(f"cases/{family.case['id']}/close", family.case, {"reason": "moved_abroad"}))

    (text,) = waiting(family)
    assert f" {day(8)} plkst. 15.00 planota tiksanas nenotiks. {NO_MORE} " in text
    states = family.house.sql("SELECT state, count(*) AS meetings FROM meetings GROUP BY state")
    assert states == [{"state": "cancelled", "meetings": 9}]


def test_a_stop_beyond_what_is_laid_out_is_told_as_well(family: Family, series: dict[str, Any]) -> None:
    cut = family.cancel(series, **{"from": from_week(20)})

    (text,) = due(family)
    assert f" {day(20)} plkst. 15.00 planota tiksanas nenotiks. {NO_MORE} " in text
    assert len(cut["meetings"]) == 8
    assert family.work() == 0


def test_nobody_is_told_who_was_never_told_that_it_repeats(family: Family) -> None:
    """The father comes later: he hears of each meeting in its time, and of no rule."""
    series = family.repeat(rule="FREQ=WEEKLY")
    family.let_what_is_due_go_out()
    family.house.a_representative(family.supervisor, family.child, name="Tētis Izdomāts", phone="+37120000998")

    family.cancel(series, **{"from": from_week(3)})

    told = family.house.sql(
        "SELECT a.representative_id::text, msg.state, a.repeating FROM announcements a"
        " JOIN messages msg ON msg.id = a.message_id WHERE a.reason = 'cancelled' AND msg.state <> 'withdrawn'"
    )
    assert told == [{"representative_id": family.mother["id"], "state": "queued", "repeating": "stops"}]


def test_a_text_that_waits_says_the_new_end_and_nothing_more_is_told(family: Family) -> None:
    series = family.repeat(rule="FREQ=WEEKLY")

    family.cancel(series, **{"from": from_week(3)})

    (text,) = due(family)
    assert f" {day(0)} plkst. 15.00 " in text
    before = in_two_days() + WEEK * 3 - timedelta(days=1)
    assert f" lidz {before.day}.{before.month}." in text
    assert [NO_MORE in said for said in waiting(family)] == [False] * 3


def test_a_series_that_ends_with_what_is_known_needs_no_word_more(family: Family) -> None:
    series = family.repeat(rule="FREQ=WEEKLY;COUNT=2")
    family.house.sql("UPDATE messages SET state = 'handed_over', handed_over_at = now()")

    family.cancel(series)

    (text,) = due(family)
    assert f" {day(0)}, {day(1)} plkst. 15.00 planotas tiksanas nenotiks. " in text
    assert NO_MORE not in text


def test_a_series_changed_from_a_day_on_goes_on_until_that_one_stops(family: Family, series: dict[str, Any]) -> None:
    following = family.change(series, since=from_week(3), note="Cits")
    changed = due(family)

    family.cancel(following)

    (text,) = due(family)
    assert changed == []
    assert f" {day(3)} plkst. 15.00 planota tiksanas nenotiks. {NO_MORE} " in text


def test_while_another_series_goes_on_for_it_nothing_has_stopped(family: Family, series: dict[str, Any]) -> None:
    family.change(series, since=from_week(3), note="Cits")

    family.cancel(series)

    assert [NO_MORE in text for text in due(family)] == [False]


def test_a_stop_moved_nearer_is_told_again_and_one_told_once_is_not(family: Family, series: dict[str, Any]) -> None:
    family.cancel(series, **{"from": from_week(5)})
    family.let_what_is_due_go_out()

    family.cancel(series, **{"from": from_week(2)})

    (text,) = due(family)
    family.let_what_is_due_go_out()
    family.cancel(series)
    assert f" {day(2)} plkst. 15.00 planota tiksanas nenotiks. {NO_MORE} " in text
    # The first one is called off, of which she knew; of the second she was never told.
    assert [day(0) in said for said in due(family)] == [True]


def test_it_is_withdrawn_for_whoever_is_suspended_and_told_again_when_they_are_back(
    family: Family, series: dict[str, Any]
) -> None:
    why = {"reason": "Lēmums", "basis": "Bāriņtiesa"}
    path = f"representatives/{family.mother['id']}"
    family.cancel(series, **{"from": from_week(3)})

    suspended = done(family.supervisor.act(f"{path}/suspend", family.mother, why))
    nothing = waiting(family)
    done(family.supervisor.act(f"{path}/resume", suspended, why))

    assert nothing == []
    assert [NO_MORE in text for text in due(family)].count(True) == 1


def test_it_follows_to_another_number(family: Family, series: dict[str, Any]) -> None:
    family.cancel(series, **{"from": from_week(3)})
    path = f"representatives/{family.mother['id']}"

    done(family.supervisor.change(path, family.mother, {"phone": "+37120000997"}))

    stopping = [text for text in waiting(family) if NO_MORE in text]
    assert len(stopping) == 1
    found = family.house.sql(
        "SELECT msg.id FROM announcements a JOIN messages msg ON msg.id = a.message_id"
        " WHERE a.repeating = 'stops' AND msg.state = 'queued'"
    )
    with family.worker_app.app_context(), transaction():
        assert still_to_be_told([row["id"] for row in found]) == {row["id"] for row in found}


def test_a_text_that_does_not_arrive_is_the_specialists_task(family: Family, series: dict[str, Any]) -> None:
    family.cancel(series, **{"from": from_week(3)})
    with family.worker_app.app_context(), transaction():
        on_its_way = unreached_before_meetings()
    stopping = "SELECT message_id FROM announcements WHERE repeating = 'stops'"
    family.house.sql(f"UPDATE messages SET state = 'failed' WHERE state = 'queued' AND id IN ({stopping})")

    with family.worker_app.app_context(), transaction():
        lost = unreached_before_meetings()

    assert (on_its_way, lost) == (0, 1)
    assert [kind for kind, _ in family.duties()] == ["representative-unreached"]


def test_by_email_it_is_said_once_and_without_an_entry_for_a_calendar(family: Family) -> None:
    path = f"representatives/{family.mother['id']}"
    by_email = {"channels": ["email", "sms"], "email": "mate@example.com"}
    done(family.supervisor.change(path, family.mother, by_email))
    series = family.repeat(rule="FREQ=WEEKLY")
    family.let_what_is_due_go_out()

    family.cancel(series, **{"from": from_week(3)})

    found = family.house.sql(
        "SELECT channel, state, attachment, body FROM messages WHERE state IN ('queued', 'spare')"
        " AND id IN (SELECT message_id FROM announcements WHERE repeating = 'stops')"
    )
    said = [(row["channel"], row["state"], row["attachment"]) for row in found]
    assert sorted(said) == [("email", "queued", None), ("sms", "spare", None)]
    bodies = [family.house.opened(row["body"], "messages.body") or "" for row in found]
    assert all("vairs neatk" in body for body in bodies)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (Language.LATVIAN, "ceturtdien, 5.3. plkst. 15.00 planota tiksanas nenotiks. Pec tam tiksanas vairs"),
        (Language.ENGLISH, "Thursday 5.3. at 15:00 will not take place. After that the meetings no longer repeat. "),
        (Language.RUSSIAN, " 5.3. в 15:00 не состоится. Далее встречи больше не повторяются. "),
    ],
)
def test_each_reader_reads_it_in_their_language_also_in_an_administrators_words(
    language: Language, said: str
) -> None:
    told = Told(
        given_name="Anna",
        kind="session",
        starts_at=datetime(2026, 3, 5, 15, tzinfo=clock.RIGA),
        expected_minutes=60,
        place_type="office",
        place_name=None,
        place_address=None,
        specialist_name="Ilze Izdomāta",
        specialist_phone=None,
        stops=True,
    )

    assert said in wording_of(told, Reason.CANCELLED, language)
    own = wording_of(told, Reason.CANCELLED, language, template="{when}: -.{repeats}")
    assert own == wording_of(told, Reason.CANCELLED, language, template="{when}: -.")
    assert len(own) > len(wording_of(replace(told, stops=False), Reason.CANCELLED, language, template="{when}: -."))
