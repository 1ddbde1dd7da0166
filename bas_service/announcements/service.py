"""The verb: tell a child's representatives about a meeting, in rows that the worker carries out (D6)."""

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert

from bas_service import clock
from bas_service.announcements import queries, rules
from bas_service.announcements.models import Announcement
from bas_service.announcements.rules import Reason, Told
from bas_service.children.queries import representatives_to_tell
from bas_service.database import db, new_id
from bas_service.messaging import service as messaging
from bas_service.messaging.rules import Channel
from bas_service.messaging.service import NewMessage
from bas_service.translation import Language

# Who posts these messages: by this name the worker asks whether they are still right.
POSTER = "announcements"
# What each representative was told of a meeting last, by their number; ``None`` where only that they were is known.
Knowing = dict[tuple[uuid.UUID, str], Told | None]


@dataclass(frozen=True, kw_only=True)
class Subject:
    """The meeting an announcement is about; ``telling`` counts its changes that must be told."""

    meeting_id: uuid.UUID
    child_id: uuid.UUID
    telling: int
    told: Told


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Who must be told and cannot be reached in writing, and how many can."""

    unreachable: tuple[uuid.UUID, ...]
    reachable: int


def announce(subject: Subject, reason: Reason) -> Outcome:
    """Tell all representatives; withdraws what of earlier tellings has not gone out yet.

    A cancellation of a meeting of which somebody was never told leaves a row for them, but no message: a text
    about an unknown meeting only frightens.
    """
    knowing: Knowing = {}
    # Of a meeting just planned nobody was told anything.
    if reason is not Reason.PLANNED:
        withdraw_of_meeting(subject.meeting_id)
        knowing = _known_of(subject)
    to_tell = representatives_to_tell(subject.child_id, on=clock.in_riga(subject.told.starts_at).date())
    reachable = [row for row in to_tell if Channel.SMS in row["channels"]]
    _write(subject, reason, reachable, knowing)
    unreachable = tuple(row["id"] for row in to_tell if row not in reachable)
    return Outcome(reachable=len(reachable), unreachable=unreachable)


def renew_for(subject: Subject, representative_id: uuid.UUID) -> None:
    """Tell one representative, whose number, period or state changed, what they do not know yet (D29)."""
    to_tell = representatives_to_tell(subject.child_id, on=clock.in_riga(subject.told.starts_at).date())
    reachable = [row for row in to_tell if row["id"] == representative_id and Channel.SMS in row["channels"]]
    told = queries.told_before(subject.meeting_id)
    latest = {(row["representative_id"], row["recipient"]) for row in told if row["telling"] == subject.telling}
    knowing = _known_of(subject)
    for row in reachable:
        if (row["id"], row["phone"]) in latest:
            continue
        reason = Reason.CHANGED if (row["id"], row["phone"]) in knowing else Reason.PLANNED
        _write(subject, reason, [row], knowing)


def withdraw_of_meeting(meeting_id: uuid.UUID) -> None:
    """Withdraw what has not gone out about a meeting."""
    messaging.withdraw("SELECT id FROM announcements WHERE meeting_id = :meeting", meeting=meeting_id)


def withdraw_of_representative(representative_id: uuid.UUID) -> None:
    """Withdraw what has not gone out to a representative; ``renew_for`` tells them what is still right (D29).

    A cancellation stays queued while it goes to the right person: it is the one thing never told anew, and the
    parent would go on believing that the child is away.
    """
    messaging.withdraw(
        "SELECT a.id FROM announcements a JOIN messages m ON m.id = a.id"
        " JOIN representatives r ON r.id = a.representative_id"
        " WHERE r.id = :representative AND NOT (a.reason = 'cancelled' AND r.state = 'active'"
        " AND coalesce(r.phone_digest, '') = m.recipient_digest AND 'sms' = ANY(r.channels)"
        " AND NOT EXISTS (SELECT FROM protected_places p WHERE p.from_representative_id = r.id))",
        representative=representative_id,
    )


def _known_of(subject: Subject) -> Knowing:
    """What each representative, at which number, was told of the meeting last."""
    return {
        (row["representative_id"], row["recipient"]): rules.as_told(subject.told, row["facts"])
        if row["facts"]
        else None
        for row in queries.told_before(subject.meeting_id)
    }


def _write(subject: Subject, reason: Reason, to_tell: list[dict[str, Any]], knowing: Knowing) -> None:
    if not to_tell:
        return
    ids = [new_id() for _ in to_tell]
    # The messages first: an announcement refers to its own.
    messaging.post(
        [_message_to(row, subject, reason, knowing, message_id) for row, message_id in zip(to_tell, ids, strict=True)]
    )
    written = {
        "meeting_id": subject.meeting_id,
        "child_id": subject.child_id,
        "reason": reason.value,
        "telling": subject.telling,
        "facts": rules.facts_of(subject.told),
        "created_at": clock.now(),
    }
    db.session.execute(
        insert(Announcement),
        [
            written | {"id": message_id, "representative_id": row["id"]}
            for row, message_id in zip(to_tell, ids, strict=True)
        ],
    )


def _message_to(
    row: dict[str, Any], subject: Subject, reason: Reason, knowing: Knowing, message_id: uuid.UUID
) -> NewMessage:
    now = clock.now()
    knows = (row["id"], row["phone"]) in knowing
    # Whoever knows nothing of the meeting yet is told of it, not of a change.
    wording = Reason.PLANNED if reason is Reason.CHANGED and not knows else reason
    return NewMessage(
        id=message_id,
        poster=POSTER,
        subject_id=subject.child_id,
        channel=Channel.SMS,
        recipient=row["phone"],
        body=rules.wording_of(
            subject.told, wording, Language(row["language"]), before=knowing.get((row["id"], row["phone"]))
        ),
        not_before=rules.not_before(row["valid_from"], subject.told.starts_at, now),
        useful_until=rules.useful_until(reason, subject.told, now),
        needed=knows or reason is not Reason.CANCELLED,
    )
