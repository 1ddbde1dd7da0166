"""The verb: tell a child's representatives about a meeting, in rows that the worker carries out (D6)."""

import uuid
from dataclasses import dataclass

from sqlalchemy import insert

from bas_service import clock
from bas_service.announcements import queries, tellings
from bas_service.announcements.models import Announcement
from bas_service.announcements.rules import Reason, Recipient, TellingPolicy
from bas_service.announcements.tellings import Known, Subject
from bas_service.database import db
from bas_service.messaging import service as messaging

__all__ = [
    "POSTER",
    "Outcome",
    "Subject",
    "announce",
    "renew_for",
    "withdraw_of_meeting",
    "withdraw_of_representative",
]

POSTER = tellings.POSTER


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Who must be told and cannot be reached in writing, and how many can."""

    unreachable: tuple[uuid.UUID, ...]
    reachable: int


def announce(subject: Subject, reason: Reason) -> Outcome:
    """Tell all representatives; withdraws what of earlier tellings has not gone out yet.

    A cancellation of a meeting of which somebody was never told leaves a row for them, but no message: a text
    about an unknown meeting only frightens. That a child is back is told where the policy wants it.
    """
    known = Known([])
    # Of a meeting just planned nobody was told anything.
    if reason is not Reason.PLANNED:
        withdraw_of_meeting(subject.meeting_id)
        known = Known(queries.told_before(subject.meeting_id))
    recipients, policy = queries.whom_to_tell(subject.child_id, on=clock.in_riga(subject.told.starts_at).date())
    reachable = [one for one in recipients if one.ways]
    if policy is not None and (reason is not Reason.RETURNED or policy.tell_return):
        _write(subject, reason, reachable, known=known, policy=policy)
    unreachable = tuple(one.id for one in recipients if one.must_be_told and not one.ways)
    return Outcome(reachable=len(reachable), unreachable=unreachable)


def renew_for(subject: Subject, representative_id: uuid.UUID) -> None:
    """Tell one representative, whose number, period or state changed, what they do not know yet (D29)."""
    recipients, policy = queries.whom_to_tell(subject.child_id, on=clock.in_riga(subject.told.starts_at).date())
    known = Known(queries.told_before(subject.meeting_id))
    for one in recipients:
        if one.id == representative_id and one.ways and policy and not known.has_the_latest(one, subject.telling):
            reason = Reason.CHANGED if known.knows(one) else Reason.PLANNED
            _write(subject, reason, [one], known=known, policy=policy)


def withdraw_of_meeting(meeting_id: uuid.UUID) -> None:
    """Withdraw what has not gone out about a meeting."""
    messaging.withdraw("SELECT message_id FROM announcements WHERE meeting_id = :meeting", meeting=meeting_id)


def withdraw_of_representative(representative_id: uuid.UUID) -> None:
    """Withdraw what has not gone out to a representative; ``renew_for`` tells them what is still right (D29).

    A cancellation stays queued while it goes to the right person: it is the one thing never told anew, and the
    parent would go on believing that the child is away. So does what tells somebody else with the same number.
    """
    messaging.withdraw(
        "SELECT a.message_id FROM announcements a JOIN messages m ON m.id = a.message_id"
        " JOIN representatives r ON r.id = a.representative_id"
        " WHERE r.id = :representative AND NOT (a.reason = 'cancelled' AND r.state = 'active'"
        " AND m.recipient_digest IN (r.phone_digest, r.email_digest) AND m.channel = ANY(r.channels)"
        " AND NOT EXISTS (SELECT FROM protected_places p WHERE p.from_representative_id = r.id))"
        " AND NOT EXISTS (SELECT FROM announcements shared JOIN representatives other"
        " ON other.id = shared.representative_id WHERE shared.message_id = m.id AND other.id <> r.id"
        " AND other.state = 'active' AND m.recipient_digest IN (other.phone_digest, other.email_digest)"
        " AND NOT EXISTS (SELECT FROM protected_places p WHERE p.from_representative_id = other.id))",
        representative=representative_id,
    )


def _write(
    subject: Subject, reason: Reason, to_tell: list[Recipient], *, known: Known, policy: TellingPolicy
) -> None:
    messages, announcements = tellings.composed(subject, reason, to_tell, known=known, policy=policy, now=clock.now())
    if messages:
        messaging.post(messages)
    if announcements:
        db.session.execute(insert(Announcement), announcements)
