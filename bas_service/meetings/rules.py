"""When a meeting may be planned, what of it the representatives must be told, what it may become."""

import math
import uuid
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from bas_service.clock import PHONE_OFF_BY
from bas_service.errors import IdAlreadyUsed, InvalidRequest, Refusal

LEAST_MINUTES, MOST_MINUTES = 5, 24 * 60
# Further ahead a year was mistyped.
FURTHEST_AHEAD = timedelta(days=366)
# Less than this before the start a text not sent yet is somebody's task at once.
SHORT_NOTICE = timedelta(minutes=60)
# A representative not reached by then is the supervisor's, too (D6).
ESCALATED_BEFORE = timedelta(minutes=30)
# Of a meeting under way: so long nobody has told the representative that it takes longer (D30).
ESCALATED_AFTER = timedelta(minutes=15)
# A phone that is further behind did not send at once: it was out of coverage, or its clock is wrong.
OFFLINE_AFTER = timedelta(minutes=5)
# Somebody who comes early is met early, and a day may be mistaken; what begins earlier than this is not the meeting
# that the family was told of, but another line on the phone.
EARLIEST_START = timedelta(hours=48)
# What of a meeting that was held may be corrected, and of one that was cancelled or missed.
CORRECTABLE = frozenset({"started_at", "ended_at", "summary", "child_opinion", "representative_present"})
CORRECTABLE_REASON = frozenset({"reason", "note"})
# Why a meeting is cancelled when its case is closed: no key of the policy, nobody chooses it.
CASE_CLOSED = "case_closed"
# The same of one whose day its series has no more, once the rule was changed.
SERIES_CHANGED = "series_changed"
# A text that is due for so long and still not sent does not only wait for its turn.
TURN = timedelta(minutes=1)


class Kind(StrEnum):
    """A session with the child, or taking the child to an institution (D7)."""

    SESSION = "session"
    ACCOMPANIMENT = "accompaniment"


class MeetingState(StrEnum):
    """``planned → under_way → held``, ``planned → cancelled``, ``planned → missed``."""

    PLANNED = "planned"
    UNDER_WAY = "under_way"
    HELD = "held"
    CANCELLED = "cancelled"
    MISSED = "missed"


class PlaceType(StrEnum):
    """Where a meeting is (D5)."""

    OFFICE = "office"
    HOME = "home"
    ADDRESS = "address"
    REMOTE = "remote"
    ON_THE_WAY = "on_the_way"


class Transport(StrEnum):
    """How specialist and child travel together (D5)."""

    NONE = "none"
    PRIVATE_CAR = "private_car"
    WORK_CAR = "work_car"
    PUBLIC_TRANSPORT = "public_transport"
    ON_FOOT = "on_foot"


class Warned(StrEnum):
    """What the planner should know, though nothing is refused."""

    SHORT_NOTICE = "short-notice"
    NO_REACHABLE_REPRESENTATIVE = "no-reachable-representative"
    CHILD_WEEK_FULL = "child-week-full"
    OUTSIDE_OFFICE_HOURS = "outside-office-hours"
    PUBLIC_HOLIDAY = "public-holiday"
    SPECIALIST_ABSENT = "specialist-absent"
    REPRESENTATIVE_PRESENCE_UNSAID = "representative-presence-unsaid"


class Step(StrEnum):
    """What is done to a meeting; each step makes its next version."""

    PLANNED = "planned"
    CHANGED = "changed"
    TAKEN = "taken"
    MOVED = "moved"
    EXTENDED = "extended"
    STARTED = "started"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    MISSED = "missed"
    CORRECTED = "corrected"
    ADDED_TO = "added_to"


class ToldBy(StrEnum):
    """How a representative was told of a meeting otherwise than by a text; a letter is in writing (D6)."""

    PHONE = "phone"
    IN_PERSON = "in_person"
    LETTER = "letter"


class MeetingOverlaps(Refusal):
    """The specialist or the child is at another meeting then; ``of`` says who."""


class ConsentMissing(Refusal):
    """No representative in force has agreed to this accompaniment (D7)."""


class MeetingStateUnfit(Refusal):
    """The meeting is no longer in a state in which this can be done; ``state`` is the present one."""


class MeetingNotDue(Refusal):
    """The meeting is still to come: it can be cancelled, of which everybody is told, but not missed yet (D6)."""


class MeetingTooEarly(Refusal):
    """More than ``hours`` before its time no meeting starts: move it first, so that the family is told (D6)."""


class MeetingUnderWay(Refusal):
    """The specialist or the child (``of``) is at another meeting still: finish that one, ``meeting_id``, first."""


class MeetingUnannounced(Refusal):
    """Not every representative was told of place and time; starting takes a reason (D6)."""


class RepresentativeStillUntold(Refusal):
    """Telling is done by recording who was told of the meeting ``meeting_id``, when and how, not by a note (D6)."""


class CorrectionTooLate(Refusal):
    """The meeting was over more than ``days`` ago: it can be added to, but not corrected any more (D26)."""


class NoSubstitution(Refusal):
    """Whoever asks does not stand in for the child's specialist on the meeting's day (D3)."""


class CaseUnfinished(Refusal):
    """Meetings of the case are still planned or under way; ``meetings`` counts them."""


MeetingOverlaps.stands_for("meetings_no_overlap_of_specialist", of="specialist")
MeetingOverlaps.stands_for("meetings_no_overlap_of_child", of="child")
# When both are started at the same moment. Which one came first is not known here; whoever asks again is told.
MeetingUnderWay.stands_for("meetings_one_under_way_of_specialist", of="specialist", meeting_id=None)
MeetingUnderWay.stands_for("meetings_one_under_way_of_child", of="child", meeting_id=None)
# A new meeting and the first line of its history are one statement: either may find the id taken.
IdAlreadyUsed.stands_for("meeting_events_meeting_id_version_key")
MeetingStateUnfit.stands_for("meetings_skip_no_state", state="unknown")
MeetingStateUnfit.stands_for("meetings_stay_as_told", state="unknown")

# Parts of a meeting that its representatives are told.
TOLD_PARTS = frozenset(
    {"starts_at", "expected_minutes", "place_type", "place_name", "place_address", "specialist_id"}
)

# The same as a meeting's history names them.
CHANGES_TOLD = frozenset({"starts_at", "expected_minutes", "place", "specialist_id"})


def check_start(starts_at: datetime, now: datetime) -> None:
    """Refuse a start in the past, or so far ahead that the year must be wrong: ``InvalidRequest``."""
    if starts_at <= now:
        raise InvalidRequest.at("/starts_at", "start-in-the-past")
    if starts_at > now + FURTHEST_AHEAD:
        raise InvalidRequest.at("/starts_at", "start-too-far-ahead", days=FURTHEST_AHEAD.days)


def check_place(place_type: PlaceType, name: str | None, address: str | None) -> None:
    """Refuse an address without words for it: a representative must learn where the child will be (D6)."""
    if place_type in {PlaceType.ADDRESS, PlaceType.ON_THE_WAY} and not (name or address):
        raise InvalidRequest.at("/place/name", "place-needs-words")


def check_accompaniment(kind: Kind, institution: str | None) -> None:
    """An accompaniment says where to and why; a session has neither (D7)."""
    if kind is Kind.ACCOMPANIMENT and institution is None:
        raise InvalidRequest.at("/accompaniment", "accompaniment-needed")
    if kind is Kind.SESSION and institution is not None:
        raise InvalidRequest.at("/accompaniment", "accompaniment-not-for-sessions")


def check_state(state: str, *fit: MeetingState) -> None:
    """Refuse what cannot be done in this state: ``MeetingStateUnfit``."""
    if state not in fit:
        raise MeetingStateUnfit(state=str(state))


class Started(Protocol):
    """What a meeting says of its start."""

    telling: int
    started_telling: int | None
    started_at: datetime | None
    earliest_started_at: datetime | None
    had_to_be_told: list[uuid.UUID] | None


def was_announced(
    meeting: Started, announcements: list[dict[str, Any]], otherwise: Sequence[dict[str, Any]] = ()
) -> bool | None:
    """Whether everybody who had to be told at the start was told of what was then the latest place and time (D6).

    Somebody there was, and to each of them a written announcement had been handed over by then, and has not
    failed since; or they were told in writing ``otherwise``. ``None`` until the meeting starts. A start that was
    corrected counts from the earlier moment.
    """
    if meeting.started_at is None:
        return None
    had_to_be_told = meeting.had_to_be_told or []
    return bool(had_to_be_told) and told_in_writing(meeting, announcements, otherwise).issuperset(had_to_be_told)


def told_in_writing(
    meeting: Started, announcements: Sequence[dict[str, Any]], otherwise: Sequence[dict[str, Any]] = ()
) -> set[uuid.UUID]:
    """To whom a written announcement of the latest place and time was handed over, and has not failed since.

    ``otherwise`` is what the view of this name has: read and confirmed on a page, or told by a letter. Of a meeting
    that has started: by then, and of what was the latest then.
    """
    begun_at = begin_of(meeting)
    moments = [(one, one["handed_over_at"]) for one in announcements if one["state"] in {"handed_over", "delivered"}]
    moments += [(one, one["at"]) for one in otherwise]
    return {
        one["representative_id"]
        for one, at in moments
        if one["telling"] == (meeting.started_telling or meeting.telling) and (begun_at is None or at <= begun_at)
    }


def begin_of(meeting: Started) -> datetime | None:
    """By when everybody had to be told: the start, or the earliest one that was said before it was corrected."""
    if meeting.started_at is None:
        return None
    return min(meeting.started_at, meeting.earliest_started_at or meeting.started_at)


def unreached_due_at(starts_at: datetime, now: datetime) -> datetime:
    """When an unreached representative is to be told: before the start, and at once when that is near (D6)."""
    return starts_at if starts_at - now > SHORT_NOTICE else now


def end_after(starts_at: datetime, ends_at: datetime, *, minutes: int, now: datetime) -> datetime:
    """When a meeting ends that takes so many minutes more than was said; once that is past, than now (D30).

    In whole minutes after the start; raises ``InvalidRequest`` when it would be away for longer than a day.
    """
    minutes_so_far = math.ceil((max(ends_at, now) - starts_at) / timedelta(minutes=1))
    if minutes_so_far + minutes > MOST_MINUTES:
        raise InvalidRequest.at("/minutes", "meeting-too-long", most=MOST_MINUTES // 60)
    return starts_at + timedelta(minutes=minutes_so_far + minutes)


def check_due(starts_at: datetime, now: datetime) -> None:
    """Refuse to call a meeting missed before its time: ``MeetingNotDue``."""
    if starts_at > now:
        raise MeetingNotDue()


def check_not_too_early(began_at: datetime, starts_at: datetime) -> None:
    """Refuse to start a meeting of which the family was told that it is much later: ``MeetingTooEarly`` (D6)."""
    if began_at < starts_at - EARLIEST_START:
        raise MeetingTooEarly(hours=EARLIEST_START // timedelta(hours=1))


def moment_of(on_phone_at: datetime | None, *, now: datetime, since: datetime) -> datetime:
    """When something was done: now, or, by a phone that was offline, as it says, though not before ``since``.

    A phone's clock in the future changes nothing, and a few minutes are no matter. An earlier start can only make
    fewer announcements count as in time, never more.
    """
    if on_phone_at is None or now - on_phone_at < OFFLINE_AFTER:
        return now
    return min(max(on_phone_at, since), now)


def told_moment(told_at: datetime | None, *, since: datetime, now: datetime) -> datetime:
    """When somebody was told: now when nothing is said, and no later, though a clock be a little fast.

    Raises ``InvalidRequest`` for a moment to come, and for one before there was this to tell (``since``); people say
    it to the minute.
    """
    if told_at is None:
        return now
    if told_at > now + OFFLINE_AFTER:
        raise InvalidRequest.at("/told_at", "moment-in-the-future")
    if told_at < since.replace(second=0, microsecond=0):
        raise InvalidRequest.at("/told_at", "moment-before-there-was-this-to-tell")
    return min(told_at, now)


def check_reason(offered: list[dict[str, Any]], *, reason: str, note: str | None) -> None:
    """Refuse a reason that the policy does not know, and one that needs words without any: ``InvalidRequest``."""
    needed = {one["key"]: one["note_needed"] for one in offered}
    if reason not in needed:
        raise InvalidRequest.at("/reason", "reason-unknown", choices=", ".join(needed))
    if needed[reason] and note is None:
        raise InvalidRequest.at("/note", "note-needed")


def check_corrected_start(started_at: datetime, *, starts_at: datetime, recorded: datetime) -> None:
    """Refuse a start corrected to before the meeting could have been started, a mistyped year: ``InvalidRequest``.

    What was recorded earlier may stay as it is.
    """
    if started_at < min(starts_at - EARLIEST_START, recorded):
        raise InvalidRequest.at(
            "/started_at", "start-corrected-too-early", hours=EARLIEST_START // timedelta(hours=1)
        )


def check_corrections(state: str, names: Iterable[str]) -> None:
    """Refuse to correct what a meeting in this state has not: ``MeetingStateUnfit``."""
    check_state(state, MeetingState.HELD, MeetingState.CANCELLED, MeetingState.MISSED)
    fit = CORRECTABLE if state == MeetingState.HELD else CORRECTABLE_REASON
    if not set(names) <= fit:
        raise MeetingStateUnfit(state=str(state))


def check_correctable(finished_on: date, *, today: date, days: int) -> None:
    """Refuse to correct a meeting so long after the day on which it was finished: ``CorrectionTooLate``."""
    if today > finished_on + timedelta(days=days):
        raise CorrectionTooLate(days=days)


def put_right(said: datetime, *, since: datetime, until: datetime) -> datetime:
    """A moment as a phone said it, moved between two others when its clock is a little ahead or behind."""
    if since - PHONE_OFF_BY <= said < since:
        return since
    return until if until < said <= until + PHONE_OFF_BY else said


def check_end(ended_at: datetime, started_at: datetime, now: datetime) -> None:
    """A meeting ends after it began and not in the future: ``InvalidRequest``."""
    if ended_at < started_at:
        raise InvalidRequest.at("/ended_at", "end-before-beginning")
    if ended_at > now:
        raise InvalidRequest.at("/ended_at", "moment-in-the-future")
