"""Who belongs to the target group by the answers given, which forms can be used, what a referral may become (D1)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from bas_service.children.rules import age_on
from bas_service.errors import Refusal, Said

YES_AND_NO = ("yes", "no")


class Referrer(StrEnum):
    """Who refers a child."""

    INSTITUTION = "institution"
    PERSON = "person"


class Priority(StrEnum):
    """How soon a child needs somebody, the most urgent first."""

    URGENT = "urgent"
    HIGH = "high"
    NORMAL = "normal"


class ReferralState(StrEnum):
    """A referral is decided once; "waiting" is a decision that leaves the other ones open."""

    NEW = "new"
    WAITING = "waiting"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


UNDECIDED = (ReferralState.NEW, ReferralState.WAITING)


class Kind(StrEnum):
    """What a question is for: to find somebody in the target group, or to leave somebody out of it."""

    CRITERION = "criterion"
    EXCLUSION = "exclusion"


class WaitsFor(StrEnum):
    """What a child on the waiting list waits for."""

    DECISION = "decision"
    CASE = "case"


class Likeness(StrEnum):
    """By what two entries look like the same child."""

    PERSONAL_CODE = "personal_code"
    NAME_AND_BIRTH_DATE = "name_and_birth_date"
    # One of the two birth dates is not known.
    NAME = "name"


class ReferralDecided(Refusal):
    """The referral is decided already, or is not in a state for this."""


class ReferralIncomplete(Refusal):
    """A child cannot be entered yet: what `missing` names is not known."""


class ScreeningMissing(Refusal):
    """Nobody has answered the screening form for this referral yet."""


class ScreeningAgainst(Refusal):
    """By the answers the child is not (or not yet known to be) one for the service; `despite` may say why it is."""


class FormDateTaken(Refusal):
    """Another screening form begins on this day; forms are never edited in place (D26)."""


ReferralDecided.stands_for("referrals_are_decided_once")
FormDateTaken.stands_for("screening_forms_valid_from_key")


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question of the form, its possible answers, and those of them that count for its kind."""

    key: str
    kind: Kind
    answers: tuple[str, ...]
    counting: frozenset[str]
    required: bool


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What the answers so far say; ``None`` where they do not say it yet."""

    meets_criteria: bool | None
    excluded_by: list[str]
    unanswered: list[str]
    age: int | None
    of_age: bool | None

    @property
    def speaks_for_it(self) -> bool:
        """Whether nothing stands against accepting the child."""
        return bool(self.meets_criteria and self.of_age and not self.excluded_by and not self.unanswered)


def question_of(form: dict[str, Any]) -> Question:
    """A question as it lies in a form."""
    options = form["options"]
    return Question(
        key=form["key"],
        kind=Kind(form["kind"]),
        answers=YES_AND_NO if options is None else tuple(option["key"] for option in options),
        counting=frozenset(form["counting"]),
        required=form["required"],
    )


def judge(
    questions: Sequence[Question],
    answers: dict[str, str],
    *,
    ages: tuple[int, int],
    birth_date: date | None,
    received_on: date,
) -> Outcome:
    """Judge a child by the answers, which may still be incomplete, and by its age on the day received (D1).

    One criterion is enough: once it is met, the other ones need no answer. ``ages`` are the least and the most,
    both inclusive.
    """
    criteria = [question for question in questions if question.kind is Kind.CRITERION]
    meets = any(answers.get(question.key) in question.counting for question in criteria)
    is_known = meets or all(question.key in answers for question in criteria)
    age = None if birth_date is None else age_on(received_on, birth_date)
    return Outcome(
        meets_criteria=meets if is_known else None,
        excluded_by=[
            question.key
            for question in questions
            if question.kind is Kind.EXCLUSION and answers.get(question.key) in question.counting
        ],
        unanswered=[
            question.key
            for question in questions
            if question.required and question.key not in answers and not (meets and question in criteria)
        ],
        age=age,
        of_age=None if age is None else ages[0] <= age <= ages[1],
    )


def check_acceptable(outcome: Outcome | None, *, despite: str | None) -> None:
    """Refuse to accept an unscreened child, or one whom the screening speaks against without a written reason.

    Raises ``ScreeningMissing``, ``ScreeningAgainst``.
    """
    if outcome is None:
        raise ScreeningMissing()
    if not outcome.speaks_for_it and despite is None:
        raise ScreeningAgainst(
            meets_criteria=outcome.meets_criteria,
            excluded_by=outcome.excluded_by,
            unanswered=outcome.unanswered,
            of_age=outcome.of_age,
        )


def wrong_answers(questions: Sequence[Question], answers: dict[str, str]) -> list[tuple[str, str]]:
    """Answers to questions that the form does not have, or that are none of the question's: place and text."""
    possible = {question.key: question.answers for question in questions}
    return [
        (f"/answers/{_escaped(key)}", Said("answer-unknown" if key in possible else "question-unknown"))
        for key, answer in answers.items()
        if answer not in possible.get(key, ())
    ]


def flaws_of(form: dict[str, Any]) -> list[tuple[str, str]]:
    """What makes a form unusable, each as a JSON pointer and the id of a text; none when it can be used."""
    flaws = list(_repeats(form["questions"], "/questions"))
    if all(question["kind"] is not Kind.CRITERION for question in form["questions"]):
        flaws.append(("/questions", Said("criterion-needed")))
    for number, question in enumerate(form["questions"]):
        flaws += _flaws_of_question(question, f"/questions/{number}")
    flaws += _repeats(form["decline_reasons"], "/decline_reasons")
    if form["least_age"] > form["most_age"]:
        flaws.append(("/most_age", Said("most-below-least")))
    return flaws


def _flaws_of_question(question: dict[str, Any], place: str) -> Iterator[tuple[str, str]]:
    options = question["options"]
    yield from _repeats(options or [], f"{place}/options")
    answers = YES_AND_NO if options is None else [option["key"] for option in options]
    for number, answer in enumerate(question["counting"]):
        if answer not in answers:
            yield f"{place}/counting/{number}", Said("answer-unknown")
    if set(answers) <= set(question["counting"]):
        # Whatever is answered would decide the same way.
        yield f"{place}/counting", Said("answer-left-over-needed")


def _escaped(key: str) -> str:
    """A member's name within a JSON pointer (RFC 6901); it may be anything that somebody sends."""
    return key.replace("~", "~0").replace("/", "~1")


def _repeats(entries: Sequence[dict[str, Any]], place: str) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for number, entry in enumerate(entries):
        if entry["key"] in seen:
            yield f"{place}/{number}/key", Said("entries-repeat")
        seen.add(entry["key"])
