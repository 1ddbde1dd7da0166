"""Was a meeting announced in time, and if not, why: a rule that can be read aloud (D6, D27)."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from bas_service import clock
from bas_service.announcements.rules import duration_of
from bas_service.errors import InvalidRequest
from bas_service.meetings.rules import MeetingState, begin_of, told_in_writing, was_announced
from bas_service.translation import Language, text_of

# Figures of a longer time are put together out of shorter ones.
LONGEST_PERIOD = timedelta(days=366)
USUAL_PERIOD = timedelta(days=30)


class Why(StrEnum):
    """Why a meeting was, or was not, announced in time; before it starts, how far its announcement has come."""

    IN_TIME = "in-time"
    # Cancelled or missed: there was nothing to be in time for.
    NOT_HELD = "not-held"
    # No representative may be told.
    NOBODY_TO_TELL = "nobody-to-tell"
    # Somebody has no way to be told in writing.
    NOTHING_WRITTEN = "nothing-written"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    NOT_SENT = "not-sent"
    WITHDRAWN = "withdrawn"
    CHANGED_TOO_LATE = "changed-too-late"
    TOO_LATE = "too-late"
    # By telephone, in person: the representative knows, and yet nothing written was in time.
    BY_A_PERSON = "by-a-person"


# Of several representatives the one counts who is worst off; the view ``meeting_told`` has the same order.
_WORST_FIRST = (
    Why.NOTHING_WRITTEN,
    Why.FAILED,
    Why.UNCERTAIN,
    Why.NOT_SENT,
    Why.WITHDRAWN,
    Why.CHANGED_TOO_LATE,
    Why.TOO_LATE,
    Why.BY_A_PERSON,
    Why.IN_TIME,
)
# What may be said of a meeting that began after all, or that is still to come.
REASONS_WHEN_NOT = (Why.NOBODY_TO_TELL, *_WORST_FIRST[:-1])
KNOWING = frozenset({Why.IN_TIME, Why.BY_A_PERSON})


class InTime(StrEnum):
    """Which meetings are wanted: announced in time, not, or those that have not begun."""

    TRUE = "true"
    FALSE = "false"
    NULL = "null"


class By(StrEnum):
    """By what figures are told apart."""

    SPECIALIST = "specialist"
    TEAM = "team"
    MONTH = "month"


@dataclass(kw_only=True)
class Facts:
    """What a meeting says about its announcement; ``to_tell`` are those who had to be told, or now have to be."""

    state: str
    starts_at: datetime
    started_at: datetime | None
    earliest_started_at: datetime | None
    telling: int
    started_telling: int | None
    had_to_be_told: list[uuid.UUID] | None
    to_tell: list[uuid.UUID]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Why, about whom it is said, since when it could be told and when it was."""

    in_time: bool | None
    why: Why
    whom: tuple[uuid.UUID, ...] = ()
    # Of those in time, who was only by saying that they had read it, and who by a letter.
    confirmed: tuple[uuid.UUID, ...] = ()
    by_letter: tuple[uuid.UUID, ...] = ()
    written_at: datetime | None = None
    told_at: datetime | None = None


def why_of(
    facts: Facts,
    announcements: list[dict[str, Any]],
    otherwise: list[dict[str, Any]],
    in_writing: Sequence[dict[str, Any]] = (),
) -> Verdict:
    """Judge a meeting by what was written to each representative and who was told ``otherwise``, by a person.

    ``in_writing`` is what they read and confirmed, or had by letter: it counts as written. ``in_time`` is what
    ``was_announced`` says, and ``why`` is ``IN_TIME`` exactly when that is true.
    """
    in_time = was_announced(facts, announcements, in_writing)
    if facts.state in {MeetingState.CANCELLED, MeetingState.MISSED}:
        return Verdict(in_time=in_time, why=Why.NOT_HELD)
    if not facts.to_tell:
        return Verdict(in_time=in_time, why=Why.NOBODY_TO_TELL)
    telling = facts.started_telling or facts.telling
    written, read = ([one for one in told if one["telling"] == telling] for told in (announcements, in_writing))
    each = _each_of(facts, written, read, otherwise)
    why = next(worst for worst in _WORST_FIRST if worst in each.values())
    concerned = tuple(whom for whom in facts.to_tell if each[whom] is why)
    verdict = Verdict(in_time=in_time, why=why, whom=concerned)
    if why is Why.IN_TIME:
        by_message = told_in_writing(facts, written)
        confirmed, by_letter = (_only_by(how, concerned, read, by_message) for how in ("confirmed", "letter"))
        verdict = replace(verdict, confirmed=confirmed, by_letter=by_letter)
    moments = _moments_of(why, facts, concerned, [*written, *read], otherwise)
    return replace(verdict, written_at=moments["written_at"], told_at=moments["told_at"])


def _each_of(
    facts: Facts, written: list[dict[str, Any]], read: list[dict[str, Any]], otherwise: list[dict[str, Any]]
) -> dict[uuid.UUID, Why]:
    """Of each who has to be told: why they know, or do not."""
    telling, begun_at = facts.started_telling or facts.telling, begin_of(facts)
    knowing = told_in_writing(facts, written, read)
    by_a_person = {
        one["representative_id"]
        for one in otherwise
        if one["telling"] == telling and (begun_at is None or one["told_at"] <= begun_at)
    }
    return {
        whom: _why_not_of(whom, written, by_a_person) if whom not in knowing else Why.IN_TIME
        for whom in facts.to_tell
    }


def _only_by(
    how: str, whom: tuple[uuid.UUID, ...], read: list[dict[str, Any]], by_message: set[uuid.UUID]
) -> tuple[uuid.UUID, ...]:
    """Which of those in time no message told, but what came first to them otherwise."""
    first: dict[uuid.UUID, str] = {}
    for one in sorted(read, key=lambda one: one["at"], reverse=True):
        first[one["representative_id"]] = one["how"]
    return tuple(one for one in whom if one not in by_message and first.get(one) == how)


def _why_not_of(whom: uuid.UUID, written: list[dict[str, Any]], by_a_person: set[uuid.UUID]) -> Why:
    """Why somebody does not know in writing (yet), the most telling of their messages first."""
    if whom in by_a_person:
        return Why.BY_A_PERSON
    theirs = [one for one in written if one["representative_id"] == whom]
    states = {one["state"] for one in theirs}
    if sent := [one for one in theirs if one["state"] in {"handed_over", "delivered"}]:
        changed = any(one["reason"] == "changed" for one in sent)
        return Why.CHANGED_TOO_LATE if changed else Why.TOO_LATE
    for state, why in (
        ("uncertain", Why.UNCERTAIN),
        ("failed", Why.FAILED),
        ("queued", Why.NOT_SENT),
        ("sending", Why.NOT_SENT),
        ("withdrawn", Why.WITHDRAWN),
    ):
        if state in states:
            return why
    return Why.NOTHING_WRITTEN


def _moments_of(
    why: Why,
    facts: Facts,
    whom: tuple[uuid.UUID, ...],
    written: list[dict[str, Any]],
    otherwise: list[dict[str, Any]],
) -> dict[str, datetime | None]:
    """When the last of those concerned could be told, and when they were told for the first time."""
    theirs = [one for one in written if one["representative_id"] in whom]
    if why is Why.BY_A_PERSON:
        telling = facts.started_telling or facts.telling
        told = [one for one in otherwise if one["representative_id"] in whom and one["telling"] == telling]
        moments = _first_of_each(told, "told_at")
    elif why in {Why.IN_TIME, Why.TOO_LATE, Why.CHANGED_TOO_LATE}:
        sent = [one for one in theirs if one.get("state") in {"handed_over", "delivered"}]
        sent += [one | {"handed_over_at": one["at"]} for one in theirs if why is Why.IN_TIME and "how" in one]
        moments = _first_of_each(sent, "handed_over_at")
    else:
        moments = []
    return {
        "written_at": max((one["created_at"] for one in theirs if "created_at" in one), default=None),
        "told_at": max(moments, default=None),
    }


def _first_of_each(found: list[dict[str, Any]], moment: str) -> list[datetime]:
    first: dict[uuid.UUID, datetime] = {}
    for one in found:
        whom = one["representative_id"]
        first[whom] = min(first.get(whom, one[moment]), one[moment])
    return list(first.values())


def sentence_of(verdict: Verdict, facts: Facts, names: dict[uuid.UUID, str], *, language: Language) -> str:
    """The verdict in a sentence that can be read aloud; ``names`` are the representatives'."""
    if verdict.why is Why.NOT_HELD:
        return text_of(language, "told-not-held")
    start = begin_of(facts) or facts.starts_at
    local = clock.in_riga(verdict.told_at or start)
    values = {
        "names": _names_of(verdict.whom, names) or "—",
        "day": f"{local:%d.%m.%Y}",
        "clock": f"{local:%H:%M}",
        "ahead": _span(verdict.told_at, start, language),
        "written_ahead": _span(verdict.written_at, start, language),
        "confirmed": _names_of(verdict.confirmed, names),
        "is_confirmed": "yes" if verdict.confirmed else "no",
        "letter": _names_of(verdict.by_letter, names),
        "is_letter": "yes" if verdict.by_letter else "no",
    }
    if facts.started_at is None:
        return text_of(language, f"told-before-{verdict.why}", **values)
    return text_of(language, f"told-after-{verdict.why}", **values)


def _names_of(whom: tuple[uuid.UUID, ...], names: dict[uuid.UUID, str]) -> str:
    return ", ".join(names.get(one, "—") for one in whom)


def _span(moment: datetime | None, start: datetime, language: Language) -> str:
    """How long before the start, or after it, something was; in whole hours where there are many."""
    minutes = int(abs(start - (moment or start)) / timedelta(minutes=1))
    return duration_of(minutes if minutes < 120 else minutes // 60 * 60, language)


def masked(address: str) -> str:
    """An address for those who need not write to it: of a number the last three digits, of e-mail its domain."""
    name, at, domain = address.partition("@")
    if at:
        return f"{name[:1]}***@{domain}"
    return "*" * max(len(address) - 3, 0) + address[-3:]


def figures_shown(row: dict[str, Any], by: By) -> dict[str, Any]:
    """A line of figures as it goes out: whose they are or of which month, counts, the share announced in time."""
    counted = row["why_not"]
    whose = {"id": row["whose"], "name": row["name"]} if row["whose"] else None
    return {
        "specialist": whose if by is By.SPECIALIST else None,
        "supervisor": whose if by is By.TEAM else None,
        "month": f"{row['month']:%Y-%m}" if row["month"] else None,
        "meetings": row["meetings"],
        "begun": row["begun"],
        "in_time": row["in_time"],
        "share_in_time": round(row["in_time"] / row["begun"], 4) if row["begun"] else None,
        "why_not": [{"why": why, "meetings": counted[why]} for why in REASONS_WHEN_NOT if why in counted],
        "channels": [{"channel": name} | fared for name, fared in sorted(row["by_channel"].items())],
        "told_by_a_person": row["told_by_a_person"],
    }


def period_of(since: datetime | None, until: datetime | None, *, now: datetime) -> tuple[datetime, datetime]:
    """The period that figures are of: up to now, and thirty days, where nothing else is said.

    Raises ``InvalidRequest`` for one that ends before it begins, or is longer than figures are made for.
    """
    until = until or now
    since = since or until - USUAL_PERIOD
    if until <= since:
        raise InvalidRequest.at("to", "period-ends-before-it-begins")
    if until - since > LONGEST_PERIOD:
        raise InvalidRequest.at("to", "period-too-long", days=LONGEST_PERIOD.days)
    return since, until


def check_by(by: By, *, of_own_team: bool) -> None:
    """Refuse figures of single specialists to whoever is not their supervisor: ``InvalidRequest``."""
    if by is By.SPECIALIST and not of_own_team:
        raise InvalidRequest.at("by", "figures-of-specialists-for-their-supervisor")
