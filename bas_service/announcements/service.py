"""The verb: tell a child's representatives about a meeting, in rows that the worker carries out (D6)."""

import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import insert

from bas_service import clock
from bas_service.announcements import queries, tellings
from bas_service.announcements.known import Known
from bas_service.announcements.models import Announcement
from bas_service.announcements.rules import Reason, Recipient, TellingPolicy, as_told
from bas_service.announcements.tellings import Letter, Subject
from bas_service.announcements.withdrawing import let_go_of_others, send_on, withdraw_of_representative
from bas_service.database import db
from bas_service.messaging import service as messaging
from bas_service.messaging.service import NewMessage

__all__ = [
    "POSTER",
    "Outcome",
    "Subject",
    "announce",
    "announce_all",
    "call_off_for",
    "let_go_of_others",
    "outcomes_on",
    "renew_for",
    "renew_stops",
    "send_on",
    "withdraw_of_meeting",
    "withdraw_of_representative",
]

POSTER = tellings.POSTER


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Who must be told and cannot be reached in writing, and how many can.

    Those ``sharing`` could be, but for somebody at the same address from whom the place is kept. Those ``held_up``
    can be by nothing but what has been out of order for long, and the meeting is near.
    """

    unreachable: tuple[uuid.UUID, ...]
    sharing: tuple[uuid.UUID, ...] = ()
    held_up: tuple[uuid.UUID, ...] = ()
    reachable: int

    @property
    def misses_somebody(self) -> bool:
        """Whether somebody who must be told, or everybody, cannot be, or will not be in time."""
        return bool(self.unreachable or self.held_up) or not self.reachable


def announce(subject: Subject, reason: Reason) -> Outcome:
    """Tell all representatives; withdraws what of earlier tellings has not gone out yet.

    A cancellation of a meeting of which somebody was never told leaves a row for them, but no message: a text
    about an unknown meeting only frightens. That a child is back is told where the policy wants it.
    """
    return announce_all([subject], reason)[subject.meeting_id]


def announce_all(subjects: list[Subject], reason: Reason) -> dict[uuid.UUID, Outcome]:
    """Tell all representatives of one child about several meetings, each as ``announce`` does.

    In as many statements as for one; gives what came of each.
    """
    if not subjects:
        return {}
    known: dict[uuid.UUID, Known] = {}
    beside: list[tuple[Subject, set[uuid.UUID]]] = []
    # Of a meeting just planned nobody was told anything.
    if reason is not Reason.PLANNED:
        beside = _told_beside(subjects, taken_back=withdraw_of_meetings([one.meeting_id for one in subjects]))
        known = _known_of([*subjects, *(subject for subject, _ in beside)])
    everybody, policy = queries.whom_to_tell(subjects[0].child_id)
    is_told = policy is not None and (reason is not Reason.RETURNED or policy.tell_return)
    if any(subject.stops_for for subject in subjects):
        subjects = tellings.stopping_once(subjects, known=known, whom=[one for _, one in everybody], now=clock.now())
    letters: list[Letter] = []
    outcomes = {}
    for subject in subjects:
        recipients = queries.told_on(everybody, clock.in_riga(subject.told.starts_at).date())
        letters.append((subject, reason, [one for one in recipients if one.ways] if is_told else []))
        is_near = policy is not None and policy.is_urgent(subject.told.starts_at, clock.now())
        outcomes[subject.meeting_id] = _outcome_of(recipients, is_near=is_near)
    for subject, whom in beside:
        recipients = queries.told_on(everybody, clock.in_riga(subject.told.starts_at).date())
        letters.append((subject, Reason.CHANGED, [one for one in recipients if one.ways and one.id in whom]))
    if policy is not None:
        _write(letters, known=known, policy=policy)
    return outcomes


def outcomes_on(child_id: uuid.UUID, days: Iterable[date]) -> dict[date, Outcome]:
    """Who could be told of a meeting on each of these days, as things are now; nobody is told."""
    everybody, _ = queries.whom_to_tell(child_id)
    return {day: _outcome_of(queries.told_on(everybody, day)) for day in days}


def renew_for(subjects: list[Subject], *representative_ids: uuid.UUID) -> None:
    """Tell representatives of one child, whose number, period or state changed, what they do not know yet (D29).

    Those who read at one number are told by one text.
    """
    if not subjects:
        return
    everybody, policy = queries.whom_to_tell(subjects[0].child_id)
    known = _known_of(subjects)
    meeting_ids = [subject.meeting_id for subject in subjects]
    in_reserve = {one: queries.in_reserve_for(one, meeting_ids) for one in representative_ids}
    letters: list[Letter] = []
    to_remind: list[tuple[Subject, Recipient]] = []
    for subject in subjects:
        of_it = known.get(subject.meeting_id, Known([]))
        to_tell: defaultdict[Reason, list[Recipient]] = defaultdict(list)
        for one in queries.told_on(everybody, clock.in_riga(subject.told.starts_at).date()):
            if one.id not in in_reserve or not one.ways:
                continue
            if of_it.has_the_latest(one, subject.telling):
                to_remind.append((subject, one))
                continue
            # What lies in reserve for a message that failed tells them, as soon as a worker looks.
            if not any((subject.meeting_id, subject.telling, way) in in_reserve[one.id] for way in one.ways):
                knows_otherwise = of_it.knows_here(one) and of_it.as_last_told(one, subject.told) != subject.told
                to_tell[Reason.CHANGED if knows_otherwise else Reason.PLANNED].append(one)
        letters += [(subject, reason, whom) for reason, whom in to_tell.items()]
    if policy is not None:
        _write(letters, known=known, policy=policy)
        _post(*tellings.reminders(to_remind, known=known, policy=policy, now=clock.now()))


def call_off_for(subject: Subject, whom: set[uuid.UUID]) -> None:
    """Tell those of these who are to be told, and were not, that a meeting is off."""
    everybody, policy = queries.whom_to_tell(subject.child_id)
    known = _known_of([subject])
    of_it = known.get(subject.meeting_id, Known([]))
    recipients = [
        one
        for one in queries.told_on(everybody, clock.in_riga(subject.told.starts_at).date())
        if one.id in whom and one.ways and not of_it.has_the_latest(one, subject.telling)
    ]
    if policy is not None:
        _write([(subject, Reason.CANCELLED, recipients)], known=known, policy=policy)


def renew_stops(subjects: list[Subject], representative_id: uuid.UUID) -> None:
    """Tell one representative anew that series stop which they were told repeat: it was taken back (D29)."""
    everybody, policy = queries.whom_to_tell(subjects[0].child_id)
    letters: list[Letter] = []
    for subject in subjects:
        recipients = queries.told_on(everybody, clock.in_riga(subject.told.starts_at).date())
        whom = [one for one in recipients if one.id == representative_id and one.ways]
        letters.append((replace(subject, stops_for=frozenset({representative_id})), Reason.CANCELLED, whom))
    if policy is not None:
        _write(letters, known=_known_of(subjects), policy=policy)


def withdraw_of_meeting(meeting_id: uuid.UUID) -> None:
    """Withdraw what has not gone out about a meeting, and about no other one besides."""
    messaging.withdraw(
        "SELECT a.message_id FROM announcements a WHERE a.meeting_id = :meeting AND NOT EXISTS ("
        "SELECT FROM announcements other WHERE other.message_id = a.message_id AND other.meeting_id <> :meeting)",
        meeting=meeting_id,
    )


def withdraw_of_meetings(meeting_ids: list[uuid.UUID]) -> list[uuid.UUID]:
    """Withdraw what has not gone out about any of these meetings; gives what was."""
    return messaging.withdraw(
        "SELECT message_id FROM announcements WHERE meeting_id = ANY(:meetings)", meetings=meeting_ids
    )


def _outcome_of(recipients: list[Recipient], *, is_near: bool = False) -> Outcome:
    unreachable = tuple(one.id for one in recipients if one.must_be_told and not one.ways)
    sharing = tuple(one.id for one in recipients if one.id in unreachable and one.kept)
    reachable = sum(bool(one.ways) for one in recipients)
    waiting = [one.id for one in recipients if one.must_be_told and one.ways and one.stopped.issuperset(one.ways)]
    held_up = tuple(waiting) if is_near else ()
    return Outcome(reachable=reachable, unreachable=unreachable, sharing=sharing, held_up=held_up)


def _known_of(subjects: list[Subject]) -> dict[uuid.UUID, Known]:
    told: defaultdict[uuid.UUID, list[dict[str, Any]]] = defaultdict(list)
    for row in queries.told_before([subject.meeting_id for subject in subjects]):
        told[row["meeting_id"]].append(row)
    return {meeting_id: Known(found) for meeting_id, found in told.items()}


def _told_beside(subjects: list[Subject], *, taken_back: list[uuid.UUID]) -> list[tuple[Subject, set[uuid.UUID]]]:
    """Other meetings still to come of which a text that was taken back told as well, and whom: it is told anew."""
    of_series = {subject.meeting_id: subject for subject in subjects if subject.series_id is not None}
    if not of_series or not taken_back:
        return []
    beside: dict[uuid.UUID, tuple[Subject, set[uuid.UUID]]] = {}
    for row in queries.told_along_with(list(of_series), message_ids=taken_back):
        like = of_series[row["along_with"]]
        # The same child, the same series; all else is kept with the announcement.
        told = replace(as_told(like.told, row["facts"]), repeats=None)
        own = {"meeting_id": row["meeting_id"], "telling": row["telling"], "told": told, "not_before": None}
        if told.starts_at > clock.now():
            subject = replace(like, **own, is_reminded=True)
            beside.setdefault(subject.meeting_id, (subject, set()))[1].add(row["representative_id"])
    return list(beside.values())


def _write(letters: list[Letter], *, known: dict[uuid.UUID, Known], policy: TellingPolicy) -> None:
    _post(*tellings.composed(letters, known=known, policy=policy, now=clock.now()))


def _post(messages: list[NewMessage], announcements: list[dict[str, Any]]) -> None:
    if messages:
        messaging.post(messages)
    if announcements:
        # One statement, also where some columns have no value in some of the rows.
        db.session.execute(insert(Announcement), announcements, execution_options={"render_nulls": True})
