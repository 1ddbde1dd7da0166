"""What answers amount to, for every form and every set of answers; which forms can be used (D1)."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bas_service.referrals.rules import (
    Kind,
    Outcome,
    Question,
    ScreeningAgainst,
    ScreeningMissing,
    check_acceptable,
    flaws_of,
    judge,
    wrong_answers,
)

BEHAVIOUR = Question(
    key="behaviour", kind=Kind.CRITERION, answers=("yes", "no"), counting=frozenset({"yes"}), required=True
)
RISK = replace(BEHAVIOUR, key="risk")
DISORDER = Question(
    key="disorder",
    kind=Kind.EXCLUSION,
    answers=("none", "mild", "severe"),
    counting=frozenset({"severe"}),
    required=True,
)
FORM = [BEHAVIOUR, RISK, DISORDER]
RECEIVED = date(2026, 3, 2)
TEN = date(2016, 1, 1)


def judged(answers: dict[str, str], *, birth_date: date | None = TEN, questions: list[Question] = FORM) -> Outcome:
    return judge(questions, answers, ages=(6, 17), birth_date=birth_date, received_on=RECEIVED)


@pytest.mark.parametrize(
    ("answers", "meets", "excluded_by", "unanswered"),
    [
        ({}, None, [], ["behaviour", "risk", "disorder"]),
        ({"behaviour": "no"}, None, [], ["risk", "disorder"]),
        # One criterion is enough: what else there might be need not be asked.
        ({"risk": "yes"}, True, [], ["disorder"]),
        ({"behaviour": "yes", "disorder": "mild"}, True, [], []),
        ({"behaviour": "yes", "disorder": "severe"}, True, ["disorder"], []),
        ({"disorder": "severe"}, None, ["disorder"], ["behaviour", "risk"]),
        ({"behaviour": "no", "risk": "no", "disorder": "none"}, False, [], []),
    ],
)
def test_answers_say_what_they_say_and_leave_open_what_they_do_not(
    answers: dict[str, str], meets: bool | None, excluded_by: list[str], unanswered: list[str]
) -> None:
    assert judged(answers) == Outcome(
        meets_criteria=meets, excluded_by=excluded_by, unanswered=unanswered, age=10, of_age=True
    )


@pytest.mark.parametrize(
    ("birth_date", "age", "of_age"),
    [
        (date(2020, 3, 3), 5, False),
        (date(2020, 3, 2), 6, True),
        (date(2008, 3, 3), 17, True),
        (date(2008, 3, 2), 18, False),
        (None, None, None),
    ],
)
def test_the_age_on_the_day_received_counts_both_ends_included(
    birth_date: date | None, age: int | None, of_age: bool | None
) -> None:
    outcome = judged({"risk": "yes", "disorder": "none"}, birth_date=birth_date)

    assert (outcome.age, outcome.of_age, outcome.speaks_for_it) == (age, of_age, bool(of_age))


def test_a_question_that_need_not_be_answered_is_not_missed() -> None:
    optional = replace(DISORDER, required=False)

    assert judged({"risk": "yes"}, questions=[RISK, optional]).speaks_for_it


KEYS = st.sampled_from([f"question_{number}" for number in range(12)])


@st.composite
def questions(draw: st.DrawFn) -> list[Question]:
    """Any form's questions."""
    keys = draw(st.lists(KEYS, min_size=1, max_size=8, unique=True))
    found = []
    for key in keys:
        answers = draw(st.sampled_from([("yes", "no"), ("a", "b", "c")]))
        counting = draw(st.sets(st.sampled_from(answers), min_size=1, max_size=len(answers) - 1))
        found.append(
            Question(
                key=key,
                kind=draw(st.sampled_from(Kind)),
                answers=answers,
                counting=frozenset(counting),
                required=draw(st.booleans()),
            )
        )
    return found


@st.composite
def forms_with_answers(draw: st.DrawFn) -> tuple[list[Question], dict[str, str]]:
    """A form, and possible answers to some of its questions."""
    form = draw(questions())
    given_to = draw(st.lists(st.sampled_from(form), unique_by=lambda question: question.key))
    return form, {question.key: draw(st.sampled_from(question.answers)) for question in given_to}


@given(forms_with_answers())
def test_what_is_said_stays_said_whatever_is_answered_besides(
    form: tuple[list[Question], dict[str, str]],
) -> None:
    asked, answers = form
    outcome = judged(answers, questions=asked)
    for question in asked:
        if question.key in answers:
            continue
        for answer in question.answers:
            later = judged(answers | {question.key: answer}, questions=asked)
            assert later.meets_criteria == outcome.meets_criteria or outcome.meets_criteria is None
            assert set(outcome.excluded_by) <= set(later.excluded_by)
            assert set(later.unanswered) <= set(outcome.unanswered) - {question.key}


@given(forms_with_answers())
def test_a_child_is_fit_only_by_a_counting_criterion_and_no_counting_exclusion(
    form: tuple[list[Question], dict[str, str]],
) -> None:
    asked, answers = form
    outcome = judged(answers, questions=asked)
    counting = {question.key for question in asked if answers.get(question.key) in question.counting}
    by_kind = {kind: {question.key for question in asked if question.kind is kind} & counting for kind in Kind}

    assert (outcome.meets_criteria is True) == bool(by_kind[Kind.CRITERION])
    assert set(outcome.excluded_by) == by_kind[Kind.EXCLUSION]
    assert set(outcome.unanswered).isdisjoint(answers)
    if outcome.speaks_for_it:
        assert by_kind[Kind.CRITERION]
        assert not by_kind[Kind.EXCLUSION]
        check_acceptable(outcome, despite=None)
    else:
        with pytest.raises(ScreeningAgainst):
            check_acceptable(outcome, despite=None)
        check_acceptable(outcome, despite="Krīze ģimenē")


@given(questions())
def test_a_fully_answered_form_leaves_nothing_open(form: list[Question]) -> None:
    outcome = judged({question.key: question.answers[0] for question in form}, questions=form)

    assert outcome.unanswered == []
    assert outcome.meets_criteria is not None


def test_a_reason_does_not_replace_the_screening_itself() -> None:
    with pytest.raises(ScreeningMissing):
        check_acceptable(None, despite="Krīze ģimenē")


def test_answers_to_no_question_and_answers_that_are_none_are_named_by_their_place() -> None:
    answers = {"risk": "yes", "disorder": "yes", "hobby": "chess", "a/b~c": "yes"}

    assert wrong_answers(FORM, answers) == [
        ("/answers/disorder", "answer-unknown"),
        ("/answers/hobby", "question-unknown"),
        ("/answers/a~1b~0c", "question-unknown"),
    ]


def a_question(**more: Any) -> dict[str, Any]:
    return {"key": "risk", "kind": Kind.CRITERION, "options": None, "counting": ["yes"], "required": True} | more


def a_form(*asked: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"least_age": 6, "most_age": 17, "questions": list(asked), "decline_reasons": [{"key": "other"}]} | more


OPTIONS = [{"key": "none"}, {"key": "mild"}, {"key": "severe"}]


@pytest.mark.parametrize(
    ("form", "flaws"),
    [
        (a_form(a_question()), []),
        (a_form(a_question(), a_question(key="other", kind=Kind.EXCLUSION, options=OPTIONS, counting=["mild"])), []),
        (a_form(a_question(kind=Kind.EXCLUSION)), [("/questions", "criterion-needed")]),
        (a_form(a_question(), a_question(), a_question()),
         [("/questions/1/key", "entries-repeat"), ("/questions/2/key", "entries-repeat")]),
        (a_form(a_question(counting=["maybe"])), [("/questions/0/counting/0", "answer-unknown")]),
        (a_form(a_question(counting=["yes", "no"])), [("/questions/0/counting", "answer-left-over-needed")]),
        (a_form(a_question(options=OPTIONS, counting=["mild", "yes"])),
         [("/questions/0/counting/1", "answer-unknown")]),
        (a_form(a_question(options=[*OPTIONS, {"key": "mild"}], counting=["mild"])),
         [("/questions/0/options/3/key", "entries-repeat")]),
        (a_form(a_question(), least_age=18), [("/most_age", "most-below-least")]),
        (a_form(a_question(), decline_reasons=[{"key": "age"}, {"key": "other"}, {"key": "age"}]),
         [("/decline_reasons/2/key", "entries-repeat")]),
        (a_form(a_question(counting=["x"], kind=Kind.EXCLUSION), least_age=18),
         [("/questions", "criterion-needed"), ("/questions/0/counting/0", "answer-unknown"),
          ("/most_age", "most-below-least")]),
    ],
)  # fmt: skip
def test_every_flaw_of_a_form_is_named_by_its_place(form: dict[str, Any], flaws: list[tuple[str, str]]) -> None:
    assert flaws_of(form) == flaws
