"""Was it in time, and why not: the rule by itself, in words, and never against what decides whether it was."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bas_service.errors import InvalidRequest
from bas_service.meetings.rules import was_announced
from bas_service.messaging.rules import MessageState
from bas_service.oversight.ledger_rules import (
    By,
    Facts,
    Verdict,
    Why,
    check_by,
    masked,
    period_of,
    sentence_of,
    why_of,
)
from bas_service.translation import Language

START = datetime(2026, 3, 4, 13, 5, tzinfo=UTC)
ANNA, BERTS, CILDA = (uuid.UUID(int=number) for number in (1, 2, 3))
NAMES = {ANNA: "Anna", BERTS: "Berts", CILDA: "Cilda"}


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


def begun(*had_to_be_told: uuid.UUID, **more: Any) -> Facts:
    """A meeting that began as planned."""
    values = {
        "state": "held",
        "starts_at": START,
        "started_at": START,
        "earliest_started_at": None,
        "telling": 1,
        "started_telling": 1,
        "had_to_be_told": list(had_to_be_told),
        "to_tell": list(had_to_be_told),
    }
    return Facts(**(values | more))


def to_come(*to_tell: uuid.UUID) -> Facts:
    """A meeting still to come."""
    absent = {"started_at": None, "started_telling": None, "had_to_be_told": None}
    return begun(*to_tell, state="planned", **absent)


def written(whom: uuid.UUID, state: str = "handed_over", **more: Any) -> dict[str, Any]:
    """Something written a day and more before the start, and handed over at once."""
    values = {
        "representative_id": whom,
        "state": state,
        "telling": 1,
        "reason": "planned",
        "created_at": START - hours(26),
        "handed_over_at": START - hours(25) if state in {"handed_over", "delivered"} else None,
    }
    return values | more


def told(whom: uuid.UUID, **more: Any) -> dict[str, Any]:
    """Somebody told by a person an hour before."""
    return {"representative_id": whom, "telling": 1, "told_at": START - hours(1)} | more


def read(whom: uuid.UUID, how: str = "confirmed", **more: Any) -> dict[str, Any]:
    """Somebody who said two hours before that they had read it, or had a letter."""
    return {"representative_id": whom, "telling": 1, "at": START - hours(2), "how": how} | more


def said(facts: Facts, announcements: list[dict[str, Any]], *otherwise: dict[str, Any], **more: Any) -> str:
    """The verdict, read aloud in English."""
    verdict = why_of(facts, announcements, list(otherwise), **more)
    return sentence_of(verdict, facts, NAMES, language=Language.ENGLISH)


def test_in_time_it_is_said_who_was_told_when_and_how_long_before() -> None:
    assert said(begun(ANNA), [written(ANNA)]) == (
        "In time: Anna told on 03.03.2026 at 14:05, 25 hours before the start."
    )


def test_of_several_the_last_one_to_be_told_counts() -> None:
    late = written(BERTS, handed_over_at=START - timedelta(minutes=50))

    assert said(begun(ANNA, BERTS), [written(ANNA), late]) == (
        "In time: Anna, Berts told on 04.03.2026 at 14:15, 50 minutes before the start."
    )


def test_of_one_who_was_written_to_twice_the_first_time_counts() -> None:
    again = written(ANNA, "delivered", handed_over_at=START - hours(2))

    assert said(begun(ANNA), [again, written(ANNA)]).endswith("25 hours before the start.")


def test_a_change_that_came_after_the_start_is_told_by_both_moments() -> None:
    late = written(
        ANNA,
        reason="changed",
        telling=2,
        created_at=START - timedelta(minutes=20),
        handed_over_at=START + timedelta(minutes=3),
    )

    assert said(begun(ANNA, telling=2, started_telling=2), [written(ANNA), late]) == (
        "Not in time: changed 20 minutes before the start, and the change was handed over to Anna after it."
    )


@pytest.mark.parametrize(
    ("messages", "sentence"),
    [
        ([], "Not in time: nothing was written to Anna."),
        ([written(ANNA, "failed")], "Not in time: Anna could not be reached."),
        ([written(ANNA, "uncertain")], "Not in time: whether the message to Anna went out is uncertain."),
        ([written(ANNA, "queued")], "Not in time: the message to Anna had not gone out before the start."),
        ([written(ANNA, "sending")], "Not in time: the message to Anna had not gone out before the start."),
        ([written(ANNA, "withdrawn")], "Not in time: the message to Anna was withdrawn before it went out."),
        (
            [written(ANNA, handed_over_at=START + timedelta(minutes=7))],
            "Not in time: the message to Anna was handed over 7 minutes after the start.",
        ),
        # What was told of an earlier place or time does not help.
        ([written(ANNA, telling=0)], "Not in time: nothing was written to Anna."),
    ],
)
def test_each_reason_is_said_in_a_sentence(messages: list[dict[str, Any]], sentence: str) -> None:
    assert said(begun(ANNA), messages) == sentence


def test_whoever_was_told_by_a_person_knows_though_nothing_written_was_in_time() -> None:
    verdict = why_of(begun(ANNA), [written(ANNA, "failed")], [told(ANNA)])

    assert (verdict.in_time, verdict.why) == (False, Why.BY_A_PERSON)
    assert said(begun(ANNA), [written(ANNA, "failed")], told(ANNA)) == (
        "Not in time in writing: Anna told by a person on 04.03.2026 at 14:05, 1 hour before the start."
    )


def test_whoever_was_told_by_a_person_after_the_start_was_not_told_in_time_at_all() -> None:
    late = told(ANNA, told_at=START + hours(1))

    assert why_of(begun(ANNA), [written(ANNA, "failed")], [late]).why is Why.FAILED


def test_whoever_read_it_and_said_so_was_told_in_time_whatever_became_of_the_message() -> None:
    for messages in ([], [written(ANNA, "failed")], [written(ANNA, handed_over_at=START + hours(1))]):
        assert said(begun(ANNA), messages, in_writing=[read(ANNA)]) == (
            "In time: Anna told on 04.03.2026 at 13:05, 2 hours before the start. Read and confirmed: Anna."
        )
    assert said(to_come(ANNA), [], in_writing=[read(ANNA)]) == (
        "Everybody knows: Anna told on 04.03.2026 at 13:05. Read and confirmed: Anna."
    )


def test_of_whom_a_message_told_it_is_not_said_that_they_confirmed() -> None:
    sentence = said(begun(ANNA, BERTS), [written(ANNA)], in_writing=[read(ANNA), read(BERTS)])

    assert sentence == (
        "In time: Anna, Berts told on 04.03.2026 at 13:05, 2 hours before the start. Read and confirmed: Berts."
    )


def test_a_letter_is_in_writing() -> None:
    assert said(begun(ANNA), [written(ANNA, "failed")], told(ANNA), in_writing=[read(ANNA, "letter")]) == (
        "In time: Anna told on 04.03.2026 at 13:05, 2 hours before the start. By letter: Anna."
    )


@pytest.mark.parametrize("of_no_use", [{"telling": 0}, {"at": START + timedelta(seconds=1)}])
def test_what_was_read_of_an_earlier_telling_or_after_the_start_does_not_help(of_no_use: dict[str, Any]) -> None:
    assert why_of(begun(ANNA), [written(ANNA, "failed")], [], [read(ANNA, **of_no_use)]).why is Why.FAILED
    assert why_of(begun(ANNA), [written(ANNA, "failed")], [], [read(BERTS)]).why is Why.FAILED


def test_the_one_who_is_worst_off_counts_and_is_named() -> None:
    messages = [written(ANNA), written(BERTS, "uncertain"), written(CILDA, "failed")]

    verdict = why_of(begun(ANNA, BERTS, CILDA), messages, [])

    assert (verdict.why, verdict.whom, verdict.in_time) == (Why.FAILED, (CILDA,), False)


def test_with_nobody_to_tell_it_was_not_in_time() -> None:
    assert said(begun(), []) == "Not in time: there was nobody who may be told."


@pytest.mark.parametrize("state", ["cancelled", "missed"])
def test_of_a_meeting_that_never_began_nothing_is_judged(state: str) -> None:
    facts = to_come(ANNA)
    facts.state = state

    assert why_of(facts, [written(ANNA)], []) == Verdict(in_time=None, why=Why.NOT_HELD)


def test_before_the_start_it_is_said_how_far_it_has_come() -> None:
    facts = to_come(ANNA)

    assert said(facts, [written(ANNA)]) == "Everybody knows: Anna told on 03.03.2026 at 14:05."
    assert said(facts, [written(ANNA, "queued")]) == "The message to Anna has not gone out yet."
    assert said(facts, [written(ANNA, "failed")], told(ANNA)) == (
        "Anna told by a person on 04.03.2026 at 14:05; nothing written has arrived."
    )
    assert why_of(facts, [written(ANNA)], []).in_time is None


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("why", [why for why in Why if why is not Why.NOT_HELD])
def test_every_reason_has_a_sentence_in_every_language(language: Language, why: Why) -> None:
    verdict = Verdict(in_time=why is Why.IN_TIME, why=why, whom=(ANNA,), told_at=START, written_at=START)

    assert sentence_of(verdict, begun(ANNA), NAMES, language=language)[-1] == "."


MESSAGES = st.builds(
    written,
    st.sampled_from([ANNA, BERTS, CILDA]),
    st.sampled_from([state.value for state in MessageState]),
    telling=st.integers(0, 3),
    reason=st.sampled_from(["planned", "changed", "extended", "cancelled"]),
    handed_over_at=st.sampled_from([START - hours(1), START, START + timedelta(microseconds=1), START + hours(1)]),
)
TOLD = st.builds(
    told,
    st.sampled_from([ANNA, BERTS, CILDA]),
    telling=st.integers(0, 3),
    told_at=st.sampled_from([START - hours(1), START, START + hours(1)]),
)


READ = st.builds(
    read,
    st.sampled_from([ANNA, BERTS, CILDA]),
    st.sampled_from(["confirmed", "letter"]),
    telling=st.integers(0, 3),
    at=st.sampled_from([START - hours(1), START, START + hours(1)]),
)


@given(
    st.lists(st.sampled_from([ANNA, BERTS, CILDA]), unique=True),
    st.lists(MESSAGES, max_size=8),
    st.lists(TOLD, max_size=3),
    st.lists(READ, max_size=3),
    st.sampled_from([None, 1, 2]),
    st.sampled_from([None, START - hours(1), START + hours(1)]),
)
def test_it_is_called_in_time_exactly_when_the_meeting_was_announced(
    whom: list[uuid.UUID],
    messages: list[dict[str, Any]],
    otherwise: list[dict[str, Any]],
    in_writing: list[dict[str, Any]],
    started_telling: int | None,
    earliest: datetime | None,
) -> None:
    facts = begun(*whom, telling=2, started_telling=started_telling, earliest_started_at=earliest)

    verdict = why_of(facts, messages, otherwise, in_writing)

    assert verdict.in_time is was_announced(facts, messages, in_writing)
    assert (verdict.why is Why.IN_TIME) is verdict.in_time
    assert sentence_of(verdict, facts, NAMES, language=Language.ENGLISH)


def test_of_an_address_those_who_need_not_write_there_see_the_end() -> None:
    assert masked("+37120000123") == "*********123"
    assert masked("anna.izdomata@example.lv") == "a***@example.lv"
    assert masked("12") == "12"


def test_figures_are_of_a_year_at_most_and_of_specialists_for_their_supervisor() -> None:
    year = START + timedelta(days=366)
    assert period_of(START, year, now=START) == (START, year)
    assert period_of(None, None, now=year) == (year - timedelta(days=30), year)
    assert period_of(None, START, now=year) == (START - timedelta(days=30), START)
    assert period_of(START, None, now=year) == (START, year)
    check_by(By.SPECIALIST, of_own_team=True)
    check_by(By.TEAM, of_own_team=False)
    for refused in (
        lambda: period_of(START, START, now=year),
        lambda: period_of(START, year + timedelta(seconds=1), now=START),
        lambda: check_by(By.SPECIALIST, of_own_team=False),
    ):
        with pytest.raises(InvalidRequest):
            refused()
