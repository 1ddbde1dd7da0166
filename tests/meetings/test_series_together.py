"""What happens to many meetings of a series at once: a family gets one text, about what it knew (D3, D6)."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from bas_service import clock
from bas_service.database import transaction
from bas_service.meetings.jobs import still_to_be_told, unreached_before_meetings
from bas_service.meetings.repetition import moment_of
from tests.builders import at
from tests.callers import done
from tests.meetings.series_family import AWAY, Family, in_two_days

DUE = "SELECT id, body, useful_until FROM messages WHERE state = 'queued' AND next_attempt_at <= now() ORDER BY id"


@pytest.fixture
def known(family: Family) -> list[dict[str, Any]]:
    """A meeting each day, of which the family knows the first five."""
    series = family.repeat(rule="FREQ=DAILY;COUNT=10")
    fifth = datetime.fromisoformat(series["meetings"][4]["starts_at"])
    family.house.sql(
        "UPDATE messages SET state = 'handed_over', handed_over_at = now() WHERE useful_until <= :at", at=fifth
    )
    return series["meetings"]


def due(family: Family) -> list[str]:
    """The texts that go out now."""
    return [family.house.opened(row["body"], "messages.body") or "" for row in family.house.sql(DUE)]


def days(first: int, number: int) -> str:
    """So many days of the series as a text lists them."""
    found = [in_two_days() + timedelta(days=first + one) for one in range(number)]
    return ", ".join(f"{day.day}.{day.month}." for day in found)


def hand_over(family: Family) -> dict[str, Any]:
    """Another specialist takes the case over."""
    other = family.house.a_specialist(family.supervisor)
    to = {"to_specialist_id": str(other.account_id), "reason": "Slims"}
    done(family.supervisor.act(f"cases/{family.case['id']}/transfer", family.case, to))
    family.specialist = other
    return done(other.get("me"))


def told_of(family: Family, meeting: dict[str, Any]) -> list[tuple[str, str]]:
    """What was, or is to be, told of a meeting: reason and state."""
    shown = done(family.specialist.get(f"meetings/{meeting['id']}"))
    return [(one["reason"], one["state"]) for one in shown["announcements"] if one["state"] != "withdrawn"]


def test_a_transfer_tells_of_what_was_known_by_one_text_and_of_the_rest_in_its_time(
    family: Family, known: list[dict[str, Any]]
) -> None:
    # Names are invented with a number at their end.
    number = hand_over(family)["name"].rpartition(" ")[2]

    (text,) = due(family)

    assert text.startswith(f"IZMAINAS. Anna: {days(0, 5)} plkst. 15.00 tiksanas ar berna atbalsta specialistu.")
    assert f" {number}, talr. " in text
    assert "Pec tam katru dienu" in text
    assert [told_of(family, one) for one in known] == [
        *[[("planned", "handed_over"), ("changed", "queued")]] * 5,
        *[[("changed", "queued")]] * 5,
    ]
    later = [one["announcements"][-1]["text"] for one in family.now({"id": known[0]["series_id"]})["meetings"][5:]]
    assert [(f" {number}, talr. " in said, said.startswith("IZMAI")) for said in later] == [(True, False)] * 5


def test_what_is_not_of_one_series_is_told_by_texts_of_its_own(family: Family, known: list[dict[str, Any]]) -> None:
    single = family.house.a_meeting(
        family.specialist, family.child, starts_at=at(moment_of(in_two_days(), time(20))), expected_minutes=30
    )
    family.let_what_is_due_go_out()

    hand_over(family)

    texts = due(family)
    assert len(texts) == 2
    assert sum(text.startswith(f"IZMAINAS. Anna: {days(0, 5)} ") for text in texts) == 1
    assert told_of(family, single) == [("planned", "handed_over"), ("changed", "queued")]
    assert len(told_of(family, known[0])) == 2


def test_a_substitute_is_told_by_one_text_and_so_is_the_specialists_return(
    family: Family, known: list[dict[str, Any]]
) -> None:
    substitute = family.house.a_specialist(family.supervisor)
    last = str(in_two_days() + timedelta(days=2))
    absence = family.house.an_absence(family.supervisor, family.specialist, substitute, valid_until=last)
    for one in known[:3]:
        done(substitute.act(f"meetings/{one['id']}/take", one, {}))
    family.let_what_is_due_go_out()

    done(family.supervisor.act(f"absences/{absence['id']}/end", absence, {}))

    (text,) = due(family)
    assert text.startswith(f"IZMAINAS. Anna: {days(0, 3)} plkst. 15.00 ")


@pytest.mark.parametrize("closing", [True, False])
def test_what_is_called_off_is_told_by_one_text_whoever_calls_it_off(
    family: Family, known: list[dict[str, Any]], closing: bool
) -> None:
    if closing:
        form = {"reason": "moved_abroad", "cancel_meetings": True}
        done(family.supervisor.act(f"cases/{family.case['id']}/close", family.case, form))
    else:
        family.cancel({"id": known[0]["series_id"]})

    (text,) = due(family)

    assert text.startswith(f"ATCELTS. Anna: {days(0, 5)} plkst. 15.00 planotas tiksanas nenotiks. ")
    queued = family.house.sql("SELECT id, useful_until FROM messages WHERE state = 'queued'")
    # Of the other five nobody knew.
    assert [row["useful_until"] for row in queued] == [datetime.fromisoformat(known[4]["starts_at"])]
    with family.worker_app.app_context(), transaction():
        assert still_to_be_told([queued[0]["id"]]) == {queued[0]["id"]}
    told = family.house.sql("SELECT meeting_id FROM announcements WHERE message_id = :id", id=queued[0]["id"])
    assert {str(row["meeting_id"]) for row in told} == {one["id"] for one in known[:5]}


def test_of_what_is_past_nothing_is_said_and_of_the_rest_it_is(family: Family, known: list[dict[str, Any]]) -> None:
    family.house.sql(
        "UPDATE meetings SET starts_at = now() - interval '5 hours', ends_at = now() - interval '4 hours'"
        " WHERE id = :id",
        id=known[0]["id"],
    )

    form = {"reason": "moved_abroad", "cancel_meetings": True}
    done(family.supervisor.act(f"cases/{family.case['id']}/close", family.case, form))

    (text,) = due(family)
    assert text.startswith(f"ATCELTS. Anna: {days(1, 4)} plkst. 15.00 planotas tiksanas nenotiks. ")


def test_a_change_of_all_says_once_what_it_was_before(family: Family, known: list[dict[str, Any]]) -> None:
    family.change({"id": known[0]["series_id"]}, starts_at=at(moment_of(in_two_days(), time(17))), place=AWAY)

    (text,) = due(family)

    assert text.startswith(f"IZMAINAS. Anna: {days(0, 5)} plkst. 17.00 ")
    assert f"(Ieprieks: {days(0, 5)} plkst. 15.00; Biblioteka, Brivibas iela 1, Riga.)" in text


def test_meetings_that_do_not_change_alike_are_told_apart(family: Family, known: list[dict[str, Any]]) -> None:
    own = done(family.specialist.change(f"meetings/{known[1]['id']}", known[1], {"place": {"type": "office"}}))
    moved = {"starts_at": at(moment_of(in_two_days() + timedelta(days=2), time(16)))}
    done(family.specialist.change(f"meetings/{known[2]['id']}", known[2], moved))
    family.let_what_is_due_go_out()

    family.change({"id": known[0]["series_id"]}, expected_minutes=45)

    starts = sorted(text.partition("tiksanas")[0] for text in due(family))
    # One with a place of its own; those with the time of their series, and the one with its own, together.
    both = f"{days(0, 1)}, {days(3, 2)} plkst. 15.00; {days(2, 1)} plkst. 16.00 "
    assert len(starts) == 2
    assert f"IZMAINAS. Anna: {both}" in starts
    assert own["place"]["type"] == "office"


def test_a_text_about_several_taken_back_for_one_tells_the_others_anew(
    family: Family, known: list[dict[str, Any]]
) -> None:
    family.house.a_telling_policy(
        family.house.an_administrator(), valid_from=clock.today().isoformat(), reminder_minutes=60, settle_seconds=120
    )
    hand_over(family)
    first, second, *_ = family.now({"id": known[0]["series_id"]})["meetings"]
    off = {"reason": "child_ill"}

    def waiting() -> set[str]:
        found = family.house.sql("SELECT body FROM messages WHERE state = 'queued' ORDER BY id")
        texts = [family.house.opened(row["body"], "messages.body") or "" for row in found]
        return {text.partition(" plkst.")[0] for text in texts if text.startswith("IZMAI")}

    several = [f"IZMAINAS. Anna: {days(first_day, 5 - first_day)}" for first_day in range(3)]
    assert waiting() == {several[0]}
    done(family.specialist.act(f"meetings/{first['id']}/cancel", first, off))
    assert waiting() == {several[1]}
    done(family.specialist.change(f"meetings/{second['id']}", second, {"place": AWAY}))
    (one,) = waiting() - {several[2]}
    assert one.endswith(f", {days(1, 1)}")

    assert [told_of(family, one) for one in known[:3]] == [
        [("planned", "handed_over"), ("cancelled", "queued")],
        [("planned", "handed_over"), ("changed", "queued"), ("reminder", "queued")],
        # The reminder is the one that waited all the time.
        [("planned", "handed_over"), ("reminder", "queued"), ("changed", "queued")],
    ]


def test_a_meeting_missed_takes_no_text_back_about_others(family: Family, known: list[dict[str, Any]]) -> None:
    hand_over(family)
    first = family.now({"id": known[0]["series_id"]})["meetings"][0]
    family.house.sql(
        "UPDATE meetings SET starts_at = now() - interval '2 hours', ends_at = now() - interval '1 hour'"
        " WHERE id = CAST(:id AS uuid)",
        id=first["id"],
    )

    done(family.specialist.act(f"meetings/{first['id']}/miss", first, {"reason": "child_did_not_come"}))

    (message,) = family.house.sql(DUE)
    with family.worker_app.app_context(), transaction():
        assert still_to_be_told([message["id"]]) == {message["id"]}


def test_a_text_that_waits_is_a_task_when_the_first_of_its_meetings_is_near(
    family: Family, known: list[dict[str, Any]]
) -> None:
    hand_over(family)
    soon = clock.now() + timedelta(minutes=45)
    family.house.sql("DELETE FROM duties")
    family.house.sql("UPDATE messages SET attempts = 3 WHERE state = 'queued' AND next_attempt_at <= now()")

    def found() -> int:
        with family.worker_app.app_context(), transaction():
            return unreached_before_meetings()

    assert found() == 0
    family.house.sql(
        "UPDATE meetings SET starts_at = :at, ends_at = :at + interval '60 minutes' WHERE id = CAST(:id AS uuid)",
        at=soon,
        id=known[0]["id"],
    )
    # One for the first alone, though the text would be of use for days.
    assert found() == 1


def test_an_email_stays_one_for_each_because_of_its_calendar_entry(family: Family) -> None:
    form = {"channels": ["email", "sms"], "email": "mamma@example.lv"}
    done(family.supervisor.change(f"representatives/{family.mother['id']}", family.mother, form))
    family.repeat(rule="FREQ=DAILY;COUNT=3")
    family.house.hand_over_messages()

    hand_over(family)

    found = family.house.sql("SELECT channel, attachment IS NOT NULL AS entry FROM messages WHERE state = 'queued'")
    assert [(row["channel"], row["entry"]) for row in found] == [("email", True)] * 3


def test_in_reserve_beside_one_text_lies_an_email_about_each(family: Family) -> None:
    form = {"channels": ["sms", "email"], "email": "mamma@example.lv"}
    done(family.supervisor.change(f"representatives/{family.mother['id']}", family.mother, form))
    family.repeat(rule="FREQ=DAILY;COUNT=3")
    family.house.hand_over_messages()

    hand_over(family)

    (text,) = family.house.sql("SELECT id FROM messages WHERE state = 'queued'")
    spares = family.house.sql("SELECT id, channel FROM messages WHERE spare_for_id = :id", id=text["id"])
    assert [row["channel"] for row in spares] == ["email"] * 3
    rows = "SELECT id, message_id, replaces_id FROM announcements WHERE message_id = ANY(:ids) ORDER BY id"
    of_text = family.house.sql(rows, ids=[text["id"]])
    of_spares = family.house.sql(rows, ids=[row["id"] for row in spares])
    assert {row["replaces_id"] for row in of_spares} == {row["id"] for row in of_text}
    # What is tried later has the later id.
    assert max(row["id"] for row in of_text) < min(row["id"] for row in of_spares)


def test_a_father_who_knows_less_is_told_of_less(family: Family, known: list[dict[str, Any]]) -> None:
    family.house.a_representative(family.supervisor, family.child, name="Tētis Izdomāts")
    family.let_what_is_due_go_out()

    hand_over(family)

    first = in_two_days()
    weekday = ("pirmdien", "otrdien", "tresdien", "ceturtdien", "piektdien", "sestdien", "svetdien")[first.weekday()]
    assert {text.partition(" plkst.")[0] for text in due(family)} == {
        f"IZMAINAS. Anna: {days(0, 5)}",
        f"IZMAINAS. Anna: {weekday}, {days(0, 1)}",
    }


def test_a_day_in_the_text_is_rigas(family: Family) -> None:
    first = in_two_days()
    family.repeat(starts_at=at(moment_of(first, time(0, 30))), expected_minutes=30, rule="FREQ=DAILY;COUNT=2")
    family.house.hand_over_messages()

    hand_over(family)

    second: date = first + timedelta(days=1)
    (text,) = due(family)
    assert text.startswith(f"IZMAINAS. Anna: {first.day}.{first.month}., {second.day}.{second.month}. plkst. 00.30 ")
