"""What one telling of a meeting becomes: messages by every way, and the announcements that refer to them (D6).

Whoever shares a number and a language gets one text, and one only where several meetings of a series that they know
of change in the same way, or are called off. The message by the first way is queued; those by the other ways
lie in reserve beside it, in the same words, so that failing over need not read about a child again. A change that
leads back to what somebody was told last is told by that message, and by no new one.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import product
from typing import Any

from bas_service.announcements import rules, timing_rules
from bas_service.announcements.calendar_entries import entry_of
from bas_service.announcements.known import TAKEN_BACK, Known
from bas_service.announcements.rules import Reason, Recipient, TellingPolicy, Told
from bas_service.database import new_id
from bas_service.messaging.rules import Channel
from bas_service.messaging.segments import DiacriticsPolicy
from bas_service.messaging.service import NewMessage

# Who posts these messages: by this name the worker asks whether they are still right.
POSTER = "announcements"
_TOLD_TOGETHER = frozenset({Reason.CHANGED, Reason.CANCELLED})
# More days than these nobody reads in one text.
_MOST_TOGETHER = 14
_WITH_A_CALENDAR_ENTRY = frozenset({Reason.PLANNED, Reason.CHANGED, Reason.CANCELLED, Reason.EXTENDED})


@dataclass(frozen=True, kw_only=True)
class Subject:
    """The meeting an announcement is about; ``telling`` counts its changes that must be told.

    Whoever knows nothing of it yet is told at ``not_before`` only, where there is one: it is one of many.
    """

    meeting_id: uuid.UUID
    child_id: uuid.UUID
    telling: int
    told: Told
    not_before: datetime | None = None
    # What is told of several of its meetings at once is told by one text.
    series_id: uuid.UUID | None = None
    # What reminds of this very telling waits already.
    is_reminded: bool = False
    # Who is told as well that its series stops: they were told that it repeats.
    stops_for: frozenset[uuid.UUID] = frozenset()
    # Of days that nobody was told of one by one.
    stops_beyond: bool = False


@dataclass(frozen=True, kw_only=True)
class _Telling:
    """One telling, and what it takes to put it into words."""

    subject: Subject
    reason: Reason
    known: Known
    policy: TellingPolicy
    now: datetime
    # Further meetings told by the same text, the next one first.
    others: tuple["_Telling", ...] = ()

    def goes_with(self, members: list[Recipient], channel: Channel) -> tuple[Any, ...]:
        """The same for what one text can tell: the same series, to people who know, changed in the same way."""
        subject, told = self.subject, self.subject.told
        # An e-mail carries the calendar entry of one meeting (RFC 5546).
        if channel is not Channel.SMS or subject.series_id is None or self.reason not in _TOLD_TOGETHER:
            return (subject.meeting_id,)
        # Of one that is past nothing is sent; of the others it is.
        if not self._is_news():
            return (subject.meeting_id,)
        follows = self.known.knows_here if self.reason is Reason.CHANGED else self.known.knows
        if not any(follows(one) for one in members):
            return (subject.meeting_id,)
        before = self.known.as_last_told(members[0], told)
        return subject.series_id, self.reason, rules.way_of_change(told, before, self.reason)

    def _is_news(self) -> bool:
        return timing_rules.is_still_news(self.reason, self.subject.told, self.now, self.policy)

    def message_to(
        self, members: list[Recipient], channel: Channel, *, message_id: uuid.UUID, spare_for: uuid.UUID | None = None
    ) -> NewMessage:
        """The message by one way to all who share its address there."""
        first = members[0]
        address = first.addresses[channel]
        assert address is not None  # noqa: S101 - only ways with an address are used
        told, knows = self.subject.told, any(self.known.knows(one) for one in members)
        stops = self._stops_for(members)
        # Whoever knows nothing of the meeting yet, or reads elsewhere since, is told of it, not of a change.
        is_news = self.reason is Reason.CHANGED and not any(self.known.knows_here(one) for one in members)
        wording = Reason.PLANNED if is_news else self.reason
        follows = self.known.thread_of(address) if channel is Channel.EMAIL else None
        tellings = (self, *self.others)
        useful_until = max(timing_rules.useful_until(self.reason, one.subject.told, self.now) for one in tellings)
        wanted_by = min(one._wanted_by(members) for one in tellings)
        return NewMessage(
            id=message_id,
            poster=POSTER,
            subject_id=self.subject.child_id,
            channel=channel,
            recipient=address,
            subject_line=rules.subject_line_of(told, first.language) if channel is Channel.EMAIL else None,
            body=self._words(wording, first, channel, stops=stops),
            attachment=self._entry(first, follows=follows) if channel is Channel.EMAIL else None,
            follows_id=follows,
            not_before=self._not_before(members),
            useful_until=useful_until,
            wanted_by=wanted_by if wanted_by < useful_until else None,
            needed=self._is_news() and (knows or stops or self.reason not in {Reason.CANCELLED, Reason.RETURNED}),
            spare_for_id=spare_for,
        )

    def updates_entry(self, one: Recipient) -> bool:
        """Whether somebody has an entry in their calendar that says otherwise: an e-mail brings it up to date.

        Beside whatever way tells them first; also where they read texts only by now.
        """
        if self.reason not in _WITH_A_CALENDAR_ENTRY or not self.known.has_entry(one):
            return False
        last = self.known.said_last(one.addresses[Channel.EMAIL] or "", one.language, telling=self.subject.telling)
        is_right = last is not None and last["facts"] == rules.facts_of(self.subject.told)
        return Channel.EMAIL not in one.unusable | one.kept and (self.reason is Reason.CANCELLED or not is_right)

    def reminded_at(self, told_at: datetime) -> datetime | None:
        """When whoever was told this at a moment is reminded of it, if they are."""
        if self.subject.is_reminded or self.reason not in {Reason.PLANNED, Reason.CHANGED}:
            return None
        return timing_rules.reminded_at(self.subject.told.starts_at, told_at, self.now, self.policy)

    def reminder_to(
        self, members: list[Recipient], channel: Channel, at: datetime, *, spare_for: uuid.UUID | None = None
    ) -> NewMessage:
        """The message that reminds them, should it still be right by then."""
        starts_at = self.subject.told.starts_at
        return NewMessage(
            id=new_id(),
            poster=POSTER,
            subject_id=self.subject.child_id,
            channel=channel,
            recipient=members[0].addresses[channel] or "",
            subject_line=rules.subject_line_of(self.subject.told, members[0].language)
            if channel is Channel.EMAIL
            else None,
            body=self._words(Reason.REMINDER, members[0], channel),
            not_before=timing_rules.outside_quiet_hours(at, starts_at, self.policy),
            useful_until=starts_at,
            needed=True,
            spare_for_id=spare_for,
        )

    def said_already(self, members: list[Recipient], channel: Channel) -> dict[str, Any] | None:
        """What told all of this to the same address as the last thing they heard."""
        first, telling = members[0], self.subject.telling
        last = self.known.said_last(first.addresses[channel] or "", first.language, telling=telling)
        if last is None or self.reason not in {Reason.PLANNED, Reason.CHANGED} or last["state"] in TAKEN_BACK:
            return None
        return last if last["facts"] == rules.facts_of(self.subject.told) else None

    def announcement_to(self, one: Recipient, message_id: uuid.UUID, **more: Any) -> dict[str, Any]:
        """The row that says who is told by a message."""
        return {
            "id": new_id(),
            "message_id": message_id,
            "meeting_id": self.subject.meeting_id,
            "child_id": self.subject.child_id,
            "representative_id": one.id,
            "reason": self.reason.value,
            "telling": self.subject.telling,
            "repeating": None,
            "facts": rules.facts_of(self.subject.told),
            "replaces_id": None,
            "created_at": self.now,
        } | more

    def repeating(self, one: Recipient, *, leads: bool) -> dict[str, str | None]:
        """What somebody is told of the meetings that follow, by the text that this telling ``leads`` or stands in."""
        told = replace(self.subject.told, stops=one.id in self.subject.stops_for)
        said = told.repeating(self.reason)
        return {"repeating": said.value if said and (leads or told.stops) else None}

    def _stops_for(self, members: list[Recipient]) -> bool:
        return any(member.id in one.subject.stops_for for one in (self, *self.others) for member in members)

    def _words(self, reason: Reason, one: Recipient, channel: Channel, *, stops: bool = False) -> str:
        # An e-mail costs the same in any letters.
        diacritics = self.policy.diacritics if channel is Channel.SMS else DiacriticsPolicy.KEEP
        before = self.known.as_last_told(one, self.subject.told)
        told = replace(self.subject.told, stops=stops)
        if self.others:
            told = replace(told, also_at=tuple(other.subject.told.starts_at for other in self.others))
            known = [other.known.as_last_told(one, other.subject.told) or other.subject.told for other in self.others]
            before = before and replace(before, also_at=tuple(was.starts_at for was in known))
        template = one.wordings.get(reason)
        return rules.wording_of(told, reason, one.language, template=template, before=before, diacritics=diacritics)

    def _entry(self, one: Recipient, *, follows: uuid.UUID | None) -> str | None:
        # Of an entry that nobody got a cancellation only confuses.
        if self.reason not in _WITH_A_CALENDAR_ENTRY or self.reason is Reason.CANCELLED and follows is None:
            return None
        return entry_of(
            self.subject.told,
            self.reason,
            language=one.language,
            meeting_id=self.subject.meeting_id,
            representative_id=one.id,
            telling=self.subject.telling,
            now=self.now,
        )

    def _wanted_by(self, members: list[Recipient]) -> datetime:
        """By when they must know: before the start, and before the one of which they know by now."""
        told = self.subject.told
        known = [before for one in members if (before := self.known.as_last_told(one, told)) is not None]
        return min([told.starts_at, *(before.starts_at for before in known if before.ends_at > self.now)])

    def _not_before(self, members: list[Recipient]) -> datetime:
        starts_at = self._wanted_by(members)
        earliest = min(timing_rules.not_before(one.valid_from, starts_at, self.now) for one in members)
        waits = not self._stops_for(members) and not any(self.known.knows(one) for one in members)
        if self.subject.not_before is not None and waits:
            earliest = max(earliest, self.subject.not_before)
        quiet = timing_rules.outside_quiet_hours(earliest, starts_at, self.policy)
        return timing_rules.settled(self.reason, quiet, starts_at, self.policy) if quiet == self.now else quiet


# A meeting, why its representatives are told of it, and which of them.
Letter = tuple[Subject, Reason, list[Recipient]]


def composed(
    letters: list[Letter], *, known: Mapping[uuid.UUID, Known], policy: TellingPolicy, now: datetime
) -> tuple[list[NewMessage], list[dict[str, Any]]]:
    """The messages of several tellings about one child, and the announcements that refer to them."""
    together: defaultdict[tuple[Any, ...], list[tuple[_Telling, list[Recipient]]]] = defaultdict(list)
    messages: list[NewMessage] = []
    announcements: list[dict[str, Any]] = []
    for subject, reason, to_tell in sorted(letters, key=lambda letter: letter[0].told.starts_at):
        of_it = known.get(subject.meeting_id, Known([]))
        telling = _Telling(subject=subject, reason=reason, known=of_it, policy=policy, now=now)
        for channel, members in _sharing(to_tell):
            said = telling.said_already(members, channel)
            if said is not None:
                announcements += [telling.announcement_to(one, said["message_id"]) for one in members]
                for one in members:
                    if channel is not Channel.EMAIL and telling.updates_entry(one):
                        entry = telling.message_to([one], Channel.EMAIL, message_id=new_id())
                        messages.append(entry)
                        announcements.append(telling.announcement_to(one, entry.id, id=entry.id))
                new, referring = _reminder(telling, members, channel, told_at=said["written_at"])
                messages += new
                announcements += referring
                continue
            whom = (channel, tuple(one.id for one in members))
            together[*whom, *telling.goes_with(members, channel)].append((telling, members))
    for (channel, *_), found in together.items():
        for start in range(0, len(found), _MOST_TOGETHER):
            tellings = [telling for telling, _ in found[start : start + _MOST_TOGETHER]]
            new, referring = _by_every_way(tellings, found[0][1], channel)
            messages += new
            announcements += referring
    return messages, announcements


def stopping_once(
    subjects: list[Subject], *, known: Mapping[uuid.UUID, Known], whom: list[Recipient], now: datetime
) -> list[Subject]:
    """Meetings of series that stop: each of those to be told of it is told along with one of them.

    With the first that they know of; with the first of all, when they were told of none of them. Whoever knows of
    each that is called off, and of none beside, need not be told that none follows.
    """
    by_series: defaultdict[uuid.UUID | None, list[Subject]] = defaultdict(list)
    for subject in sorted(subjects, key=lambda one: one.told.starts_at):
        # Of what is past nothing is sent.
        if subject.stops_for and subject.told.ends_at > now:
            by_series[subject.series_id].append(subject)
    told_with: defaultdict[uuid.UUID, set[uuid.UUID]] = defaultdict(set)
    for stopping in by_series.values():
        for one in whom:
            if one.id not in stopping[0].stops_for:
                continue
            theirs = [subject for subject in stopping if known.get(subject.meeting_id, Known([])).knows(one)]
            if len(theirs) < len(stopping) or stopping[0].stops_beyond:
                told_with[(theirs or stopping)[0].meeting_id].add(one.id)
    return [replace(subject, stops_for=frozenset(told_with[subject.meeting_id])) for subject in subjects]


def _sharing(to_tell: list[Recipient]) -> Iterator[tuple[Channel, list[Recipient]]]:
    """Those to tell by one message each: they share the address and the language."""
    sharing: defaultdict[tuple[Any, ...], list[Recipient]] = defaultdict(list)
    for one in to_tell:
        sharing[one.ways[0], one.addresses[one.ways[0]], one.language].append(one)
    for (channel, *_), members in sharing.items():
        yield channel, members


def _by_every_way(
    tellings: list[_Telling], members: list[Recipient], channel: Channel
) -> tuple[list[NewMessage], list[dict[str, Any]]]:
    """One message about all of these by the first way; by the others one about each."""
    # Made in the order in which they are tried: whoever looks for what was tried last goes by the ids.
    ids = iter(sorted(new_id() for _ in tellings for one in members for _ in (*one.ways, Channel.EMAIL)))
    # An e-mail beside the text counts as tried before it: whether it arrives is nobody's task while the text may.
    entry_ids = [next(ids) for _ in tellings for _ in members]
    first = replace(tellings[0], others=tuple(tellings[1:])).message_to(members, channel, message_id=next(ids))
    messages = [first]
    announcements: list[dict[str, Any]] = []
    for telling in tellings:
        for one in members:
            own_id = next(ids) if announcements else first.id
            said = telling.repeating(one, leads=telling is tellings[0])
            announcements.append(telling.announcement_to(one, first.id, id=own_id, **said))
    for own, entry_id, (telling, one) in zip(list(announcements), entry_ids, product(tellings, members), strict=True):
        replaced, before = own, first.id
        with_entry = channel is not Channel.EMAIL and first.needed and telling.updates_entry(one)
        if with_entry:
            messages.append(telling.message_to([one], Channel.EMAIL, message_id=entry_id))
            said = telling.repeating(one, leads=True)
            announcements.append(telling.announcement_to(one, entry_id, id=entry_id, **said))
        for way in one.ways[1:] if first.needed else ():
            if with_entry and way is Channel.EMAIL:
                continue
            spare = telling.message_to([one], way, message_id=next(ids), spare_for=before)
            messages.append(spare)
            said = telling.repeating(one, leads=True)
            replaced = telling.announcement_to(one, spare.id, id=spare.id, replaces_id=replaced["id"], **said)
            announcements.append(replaced)
            before = spare.id
    for telling in tellings:
        new, referring = _reminder(telling, members, channel, told_at=telling.now)
        messages += new
        announcements += referring
    return messages, announcements


def reminders(
    whom: list[tuple[Subject, Recipient]],
    *,
    known: Mapping[uuid.UUID, Known],
    policy: TellingPolicy,
    now: datetime,
) -> tuple[list[NewMessage], list[dict[str, Any]]]:
    """What reminds those who know the latest, and whose reminder was taken back."""
    messages: list[NewMessage] = []
    announcements: list[dict[str, Any]] = []
    for subject, one in whom:
        of_it = known[subject.meeting_id]
        told_at = of_it.told_at(one, subject.telling)
        if told_at is not None:
            telling = _Telling(subject=subject, reason=Reason.PLANNED, known=of_it, policy=policy, now=now)
            new, referring = _reminder(telling, [one], one.ways[0], told_at=told_at)
            messages += new
            announcements += referring
    return messages, announcements


def _reminder(
    telling: _Telling, members: list[Recipient], channel: Channel, *, told_at: datetime
) -> tuple[list[NewMessage], list[dict[str, Any]]]:
    """The message that reminds them, or one that waits at their address already; their other ways lie in reserve."""
    remind_at = telling.reminded_at(told_at)
    if remind_at is None:
        return [], []
    first, reason = members[0], Reason.REMINDER.value
    address, waits_for = first.addresses[channel] or "", telling.subject.telling
    waiting = telling.known.waiting_reminder(address, first.language, telling=waits_for)
    reminder = telling.reminder_to(members, channel, remind_at)
    messages = [] if waiting else [reminder]
    announcements = []
    for one in members:
        before, replaced = waiting or reminder.id, telling.announcement_to(one, waiting or reminder.id, reason=reason)
        announcements.append(replaced)
        for way in one.ways[1:]:
            spare = telling.reminder_to([one], way, remind_at, spare_for=before)
            replaced = telling.announcement_to(one, spare.id, id=spare.id, reason=reason, replaces_id=replaced["id"])
            messages.append(spare)
            announcements.append(replaced)
            before = spare.id
    return messages, announcements
