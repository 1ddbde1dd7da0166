"""The verbs: make an unreached representative somebody's task, let it lapse, record who was told otherwise (D6)."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from bas_service import clock
from bas_service.announcements.service import Outcome
from bas_service.children.queries import representatives_to_tell
from bas_service.database import db, new_id, rows
from bas_service.duties import service as duties
from bas_service.duties.rules import DutyKind
from bas_service.errors import InvalidRequest
from bas_service.meetings import rules
from bas_service.meetings.models import Meeting, ToldInPerson
from bas_service.meetings.policies import policy_on
from bas_service.meetings.rules import MeetingState
from bas_service.messaging.rules import LEAST_TIME_FOR_A_REPEAT

# Stands in an occasion for the representative, where there is none to be told.
NOBODY = "nobody"
# Somebody has the same number or address who must not learn the place: they are told, and not there (D29).
SHARING = "sharing"
KINDS = (DutyKind.REPRESENTATIVE_UNREACHED, DutyKind.REPRESENTATIVE_UNREACHED_ESCALATED)

# Meetings of which some text, not overtaken yet, did not arrive. What a meeting is planned or changed with is of use
# until it starts, so the index of messages leads to the meetings still to come. Queued is bad only when the start is
# near, and not while a text merely waits for its turn; one text may be about several meetings.
_NOT_ARRIVED = """
    msg.useful_until > :now AND msg.state IN ('queued', 'uncertain', 'failed')
    AND (msg.state <> 'queued' OR msg.attempts > 0 OR msg.next_attempt_at < :now - :turn)
    AND (msg.state <> 'queued' OR {about}.starts_at < :now + :near)
"""
_OF_TEXTS = f"""
    SELECT a.meeting_id FROM messages msg JOIN announcements a ON a.message_id = msg.id
        JOIN meetings told ON told.id = a.meeting_id
    WHERE {_NOT_ARRIVED.format(about="told")}
"""  # noqa: S608
# A meeting that repeats is told some days before it starts, and nobody's task before that.
_OF_CHILD = """
    SELECT id FROM meetings WHERE child_id = :child AND state = 'planned' AND starts_at > :now
        AND (series_id IS NULL OR starts_at <= :told_by_now)
"""
_OF_SERIES = """
    SELECT id FROM meetings WHERE series_id IS NOT NULL AND state = 'planned'
        AND starts_at > :now AND starts_at <= :told_by_now
"""

# A message went to an address that the representative ``r`` has today, about the latest telling of the meeting ``m``.
_TEXTS = """
    SELECT FROM announcements a JOIN messages msg ON msg.id = a.message_id
    WHERE a.meeting_id = m.id AND a.telling = m.telling AND a.representative_id = r.id AND a.withdrawn_at IS NULL
        AND msg.recipient_digest IN (r.phone_digest, r.email_digest)
"""
_ARRIVED = f"EXISTS ({_TEXTS} AND msg.state IN ('handed_over', 'delivered'))"
# A message that failed counts no more once another one, to whatever address they have today, was tried after it; one
# in reserve was not tried yet, and a reminder does not stand for what it reminds of. Nor is anybody's task what the
# reserve is about to tell: a text may fail between waking what is in reserve and this look.
_FAILED = f"""
    EXISTS ({_TEXTS} AND {_NOT_ARRIVED.format(about="m")}
        AND (msg.state <> 'failed' OR NOT EXISTS (SELECT FROM messages reserve WHERE reserve.spare_for_id = msg.id
            AND reserve.state = 'spare' AND reserve.useful_until > :now + :least))
        AND NOT EXISTS (
        SELECT FROM announcements later JOIN messages other ON other.id = later.message_id
        WHERE later.meeting_id = a.meeting_id AND later.telling = a.telling
            AND later.representative_id = a.representative_id AND later.reason <> 'reminder'
            AND later.withdrawn_at IS NULL
            AND other.recipient_digest IN (r.phone_digest, r.email_digest)
            AND other.state NOT IN ('withdrawn', 'spare') AND (later.created_at, later.id) > (a.created_at, a.id)))
"""  # noqa: S608
# As ``may_be_told`` decides, on the meeting's day; whom the policy only allows to tell is nobody's task.
_TO_BE_TOLD = """
    r.child_id = m.child_id AND r.state = 'active' AND must_be_told(r.relation)
    AND r.valid_from <= (m.starts_at AT TIME ZONE 'Europe/Riga')::date
    AND (r.valid_until IS NULL OR r.valid_until >= (m.starts_at AT TIME ZONE 'Europe/Riga')::date)
    AND NOT EXISTS (SELECT FROM protected_places p WHERE p.from_representative_id = r.id)
"""
_HAS_A_WAY = """
    EXISTS (SELECT FROM unnest(r.channels) AS way(channel)
        JOIN channel_states c ON c.channel = way.channel AND c.carried
        WHERE CASE way.channel WHEN 'sms' THEN r.phone ELSE r.email END IS NOT NULL AND NOT EXISTS (
            SELECT FROM barred_addresses b WHERE b.lifted_at IS NULL AND b.channel = way.channel
            AND b.address_digest = CASE way.channel WHEN 'sms' THEN r.phone_digest ELSE r.email_digest END)
        AND NOT place_kept_from_address(
            r.child_id, CASE way.channel WHEN 'sms' THEN r.phone_digest ELSE r.email_digest END))
"""
_SHARING = """
    (place_kept_from_address(r.child_id, r.phone_digest) OR place_kept_from_address(r.child_id, r.email_digest))
"""
_TOLD_OTHERWISE = """
    (EXISTS (SELECT FROM told_in_person t
        WHERE t.meeting_id = m.id AND t.telling = m.telling AND t.representative_id = r.id)
    OR EXISTS (SELECT FROM confirmations k
        WHERE k.meeting_id = m.id AND k.telling = m.telling AND k.representative_id = r.id))
"""
# A duty's occasion: telling / representative, and a number behind when it lapsed before and its cause came back.
_SAME_OCCASION = """
    d.about_id = m.id AND split_part(d.occasion, '/', 1) = m.telling::text
    AND split_part(d.occasion, '/', 2) = coalesce(r.id::text, 'nobody')
"""
_UNREACHED = """
    SELECT m.id AS meeting_id, m.child_id, m.specialist_id, m.starts_at, m.telling, r.id AS representative_id,
        r.id IS NOT NULL AND {sharing} AS is_sharing,
        (SELECT count(*) FROM duties d WHERE d.kind = :kind AND {same_occasion}) AS times
    FROM meetings m LEFT JOIN representatives r ON {to_be_told}
    WHERE m.id IN ({meetings}) AND m.state = 'planned' AND m.starts_at > :now
        AND (r.id IS NULL OR NOT {arrived} AND NOT {told_otherwise} AND (NOT {has_a_way} OR {failed}))
        AND NOT EXISTS (SELECT FROM duties d WHERE d.kind = :kind AND d.state IN ('open', 'done') AND {same_occasion})
    ORDER BY m.id, r.id
"""
# Of duties whose cause is gone: the meeting is not to come any more or told anew; the representative is not to be
# told any more or knows by now, or there is one where there was none; a supervisor's also when the specialist's is
# over. Two who look at once pass each other by.
_SETTLED = f"""
    UPDATE duties SET state = 'lapsed', ended_at = :now, version = version + 1 WHERE id IN (
        SELECT d.id FROM duties d JOIN meetings m ON m.id = d.about_id
        CROSS JOIN LATERAL (
            SELECT split_part(d.occasion, '/', 1), split_part(d.occasion, '/', 2)) AS about(telling, whom)
        WHERE d.state = 'open'
            AND d.kind IN ('representative-unreached', 'representative-unreached-escalated')
            AND (CAST(:child AS uuid) IS NULL OR d.child_id = :child)
            AND (m.state <> 'planned' OR about.telling <> m.telling::text
                OR about.whom = 'nobody' AND EXISTS (SELECT FROM representatives r WHERE {_TO_BE_TOLD})
                OR about.whom <> 'nobody' AND NOT EXISTS (
                    SELECT FROM representatives r WHERE {_TO_BE_TOLD} AND r.id::text = about.whom
                        AND NOT {_ARRIVED} AND NOT {_TOLD_OTHERWISE})
                OR d.kind = 'representative-unreached-escalated' AND NOT EXISTS (
                    SELECT FROM duties first WHERE first.kind = 'representative-unreached'
                    AND first.about_id = d.about_id AND first.occasion = d.occasion AND first.state = 'open'))
        FOR UPDATE OF d SKIP LOCKED)
"""  # noqa: S608
_NEAR_AND_OPEN = """
    SELECT d.child_id, d.about_id, d.occasion, d.details, a.supervisor_id
    FROM duties d JOIN meetings m ON m.id = d.about_id JOIN accounts a ON a.id = m.specialist_id
    WHERE d.kind = 'representative-unreached' AND d.state = 'open' AND a.supervisor_id IS NOT NULL
        AND m.state = 'planned' AND m.starts_at > :now AND m.starts_at <= :now + :before
        AND NOT EXISTS (SELECT FROM duties e WHERE e.kind = 'representative-unreached-escalated'
                        AND e.about_id = d.about_id AND e.occasion = d.occasion)
    ORDER BY d.about_id, d.occasion
"""


def take_up(meeting: Meeting, outcome: Outcome) -> None:
    """Make whoever has no way to be told of a new telling the task of the meeting's specialist, at once."""
    without_a_way: tuple[uuid.UUID | None, ...] = outcome.unreachable
    if not outcome.reachable and not without_a_way:
        without_a_way = (None,)
    if without_a_way and meeting.series_id is not None and meeting.starts_at > _told_by_now():
        # One of many, told when it comes nearer: till then it is nobody's task.
        return
    for representative_id in without_a_way:
        _raise(
            meeting_id=meeting.id,
            child_id=meeting.child_id,
            specialist_id=meeting.specialist_id,
            starts_at=meeting.starts_at,
            telling=meeting.telling,
            representative_id=representative_id,
            is_sharing=representative_id in outcome.sharing,
        )


def let_go(meeting: Meeting) -> None:
    """Let the duties about whom a meeting's tellings did not reach lapse: it is over, off, or told anew."""
    duties.let_lapse(*KINDS, about_id=meeting.id)


def look_again_at_child(child_id: uuid.UUID) -> None:
    """Who represents a held child has changed, or how: raise and let lapse what follows from it (D29)."""
    let_settled_lapse(child_id)
    _raise_found(_OF_CHILD, child=child_id, told_by_now=_told_by_now())


def let_settled_lapse(child_id: uuid.UUID | None = None) -> None:
    """Let duties about unreached representatives lapse whose cause is gone; all of them, or one child's."""
    db.session.execute(text(_SETTLED), {"now": clock.now(), "child": child_id})


def raise_for_texts() -> int:
    """Make each text that did not arrive somebody's task, once; gives how many are new."""
    return _raise_found(_OF_TEXTS)


def raise_for_series() -> int:
    """Make meetings that repeat, and of which nobody can be told in writing, somebody's task once they come near."""
    return _raise_found(_OF_SERIES, told_by_now=_told_by_now())


def escalate() -> int:
    """Tell the supervisors what is open so shortly before the start, once; gives how many are new."""
    found = rows(_NEAR_AND_OPEN, now=clock.now(), before=rules.ESCALATED_BEFORE)
    return sum(
        duties.raise_duty(
            DutyKind.REPRESENTATIVE_UNREACHED_ESCALATED,
            child_id=row["child_id"],
            account_id=row["supervisor_id"],
            about_id=row["about_id"],
            occasion=row["occasion"],
            due_at=clock.now(),
            **row["details"],
        )
        for row in found
    )


def record_told(meeting: Meeting, form: dict[str, Any], *, by: uuid.UUID) -> ToldInPerson:
    """Record that a representative was told of a locked meeting by a person; that was somebody's task till now.

    Raises ``InvalidRequest`` (somebody who is not to be told, a moment to come), ``MeetingStateUnfit``.
    """
    rules.check_state(meeting.state, MeetingState.PLANNED, MeetingState.UNDER_WAY)
    to_tell = representatives_to_tell(meeting.child_id, on=clock.in_riga(meeting.starts_at).date())
    if form["representative_id"] not in {row["id"] for row in to_tell}:
        raise InvalidRequest.at("/representative_id", "representative-not-to-be-told")
    now = clock.now()
    told = ToldInPerson(
        id=form.get("id") or new_id(),
        meeting_id=meeting.id,
        child_id=meeting.child_id,
        representative_id=form["representative_id"],
        telling=meeting.telling,
        means=form["means"].value,
        told_at=form.get("told_at") or now,
        told_by=by,
        note=form.get("note"),
        created_at=now,
    )
    if told.told_at > now:
        raise InvalidRequest.at("/told_at", "moment-in-the-future")
    db.session.add(told)
    db.session.flush()
    occasion = f"{told.telling}/{told.representative_id}"
    duties.finish_occasion(*KINDS, about_id=meeting.id, occasion=occasion, note=told.note, by=by)
    return told


def _told_by_now() -> datetime:
    return clock.now() + timedelta(days=policy_on(clock.today()).tell_ahead_days)


def _raise_found(meetings: str, **values: Any) -> int:
    statement = _UNREACHED.format(
        meetings=meetings,
        to_be_told=_TO_BE_TOLD,
        arrived=_ARRIVED,
        told_otherwise=_TOLD_OTHERWISE,
        has_a_way=_HAS_A_WAY,
        sharing=_SHARING,
        failed=_FAILED,
        same_occasion=_SAME_OCCASION,
    )
    found = rows(
        statement,
        kind=DutyKind.REPRESENTATIVE_UNREACHED,
        now=clock.now(),
        near=rules.SHORT_NOTICE,
        turn=rules.TURN,
        least=LEAST_TIME_FOR_A_REPEAT,
        **values,
    )
    return sum(_raise(**row) for row in found)


def _raise(
    *,
    meeting_id: uuid.UUID,
    child_id: uuid.UUID,
    specialist_id: uuid.UUID,
    starts_at: datetime,
    telling: int,
    representative_id: uuid.UUID | None,
    is_sharing: bool,
    times: int = 0,
) -> bool:
    whom = SHARING if is_sharing else "somebody" if representative_id else NOBODY
    local = clock.in_riga(starts_at)
    occasion = f"{telling}/{representative_id or NOBODY}"
    return duties.raise_duty(
        DutyKind.REPRESENTATIVE_UNREACHED,
        child_id=child_id,
        account_id=specialist_id,
        about_id=meeting_id,
        occasion=f"{occasion}/{times + 1}" if times else occasion,
        due_at=rules.unreached_due_at(starts_at, clock.now()),
        day=local.date().isoformat(),
        clock=f"{local:%H:%M}",
        whom=whom,
        representative_id=str(representative_id) if representative_id else None,
    )
