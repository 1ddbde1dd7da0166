"""Reads of whom no text reaches: before a meeting, and of what was called off or takes longer (D6, D30)."""

import json
import uuid
from datetime import datetime
from typing import Any

from bas_service import clock
from bas_service.database import rows
from bas_service.duties.rules import DutyKind
from bas_service.meetings import rules
from bas_service.meetings.models import Meeting
from bas_service.meetings.rules import Step
from bas_service.messaging.rules import LEAST_TIME_FOR_A_REPEAT

# Meetings of which some text, not overtaken yet, did not arrive. What a meeting is planned or changed with is of use
# until it starts, so the index of messages leads to the meetings still to come. Queued is bad only when the start is
# near, and not while a text merely waits for its turn; one text may be about several meetings.
_NOT_ARRIVED = """
    msg.useful_until > :now AND msg.state IN ('queued', 'uncertain', 'failed')
    AND (msg.state <> 'queued' OR msg.attempts > 0 OR msg.next_attempt_at < :now - :turn)
    AND (msg.state <> 'queued' OR {about}.starts_at < :now + :near)
"""
# A meeting that repeats is told some days before it starts, and nobody's task before that.
OF_CHILD = """
    SELECT id FROM meetings WHERE child_id = :child AND ends_at > :now AND (state IN ('cancelled', 'under_way')
        OR state = 'planned' AND (series_id IS NULL OR starts_at <= :told_by_now))
"""
OF_THESE = "SELECT unnest(CAST(:ids AS uuid[]))"
OF_SERIES = """
    SELECT id FROM meetings WHERE series_id IS NOT NULL AND state = 'planned'
        AND starts_at > :now AND starts_at <= :told_by_now
"""

# A message went to an address that the representative ``r`` has today, about the latest telling of the meeting ``m``.
_TEXTS = """
    SELECT FROM announcements a JOIN messages msg ON msg.id = a.message_id
    WHERE a.meeting_id = m.id AND a.telling = m.telling AND a.representative_id = r.id AND a.withdrawn_at IS NULL
        AND msg.recipient_digest IN (r.phone_digest, r.email_digest)
"""
# Sent, and not confirmed by the time of the policy: that is no failure, and by itself nothing to worry about.
_PATIENCE = """
    (SELECT make_interval(mins => failover_minutes) FROM telling_policies
        WHERE valid_from <= (now() AT TIME ZONE 'Europe/Riga')::date ORDER BY valid_from DESC LIMIT 1)
"""
_NOT_CONFIRMED = f"""
    msg.channel = 'sms' AND msg.state = 'handed_over' AND msg.handed_over_at < :now - {_PATIENCE}
"""  # noqa: S608
# What stands in for such a text decides, once it has been tried. Where nothing does, the text counts as arrived until
# the meeting is near; also then, unless receipts of others have come since it went out: a provider that sends none
# says nothing about this reader. Nor does a number whose texts were never confirmed, as in some networks abroad.
_OVERDUE = f"""
    {_NOT_CONFIRMED} AND (EXISTS (SELECT FROM messages reserve WHERE reserve.spare_for_id = msg.id
            AND reserve.state NOT IN ('spare', 'withdrawn'))
        OR m.starts_at < :now + :near
            AND NOT EXISTS (SELECT FROM messages reserve WHERE reserve.spare_for_id = msg.id
                AND reserve.state = 'spare' AND reserve.useful_until > :now + :least)
            AND (SELECT last_delivery_reported()) > msg.handed_over_at
            AND (NOT EXISTS (SELECT FROM messages other WHERE other.recipient_digest = msg.recipient_digest
                    AND other.channel = 'sms' AND other.attempted_at IS NOT NULL AND other.state = 'handed_over'
                    AND other.handed_over_at < msg.handed_over_at - interval '1 day')
                OR EXISTS (SELECT FROM messages other WHERE other.recipient_digest = msg.recipient_digest
                    AND other.channel = 'sms' AND other.attempted_at IS NOT NULL AND other.state = 'delivered')))
"""  # noqa: S608
_ARRIVED = f"EXISTS ({_TEXTS} AND msg.state IN ('handed_over', 'delivered') AND NOT ({_OVERDUE}))"
_UNCONFIRMED = f"EXISTS ({_TEXTS} AND {_OVERDUE})"
OF_TEXTS = f"""
    SELECT a.meeting_id FROM messages msg JOIN announcements a ON a.message_id = msg.id
        JOIN meetings told ON told.id = a.meeting_id
    WHERE {_NOT_ARRIVED.format(about="told")}
    UNION
    SELECT told.id FROM meetings told JOIN announcements a ON a.meeting_id = told.id AND a.telling = told.telling
        JOIN messages msg ON msg.id = a.message_id
    WHERE told.state IN ('planned', 'under_way') AND told.starts_at > :now - :longest
        AND told.starts_at < :now + :near AND told.ends_at > :now AND {_NOT_CONFIRMED}
    UNION
    -- Of what was called off, and was to begin soon, whatever became of the texts: who knew of it may be heard late.
    SELECT id FROM meetings
    WHERE state = 'cancelled' AND starts_at > :now - :longest AND starts_at < :now + :near AND ends_at > :now
"""  # noqa: S608
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
# What is told besides plans and changes, and matters until the meeting would have been over: that it is off, or takes
# longer than was said.
_IS_NEWS = """
    (m.ends_at > :now AND (m.state = 'cancelled' OR m.state = 'under_way' AND m.telling > m.started_telling))
"""
# By any way whatever, at whatever address: who never knew of a meeting is not to be told that it is off. Whoever was
# told that meetings repeat, and is to hear with this one that they stop, knows of it that way.
_KNEW = """
    (EXISTS (SELECT FROM announcements a JOIN messages msg ON msg.id = a.message_id
        WHERE a.meeting_id = m.id AND a.telling < m.telling AND a.representative_id = r.id AND a.withdrawn_at IS NULL
            AND (msg.state IN ('sending', 'handed_over', 'delivered', 'uncertain') OR msg.repeated
                OR msg.first_provider_id IS NOT NULL AND msg.state <> 'failed'))
    OR EXISTS (SELECT FROM announcements a
        WHERE a.meeting_id = m.id AND a.representative_id = r.id AND a.repeating = 'stops')
    OR EXISTS (SELECT FROM told_in_person t
        WHERE t.meeting_id = m.id AND t.telling < m.telling AND t.representative_id = r.id)
    OR EXISTS (SELECT FROM confirmations k
        WHERE k.meeting_id = m.id AND k.telling < m.telling AND k.representative_id = r.id))
"""
# News is told once and never anew: withdrawn, or never written, it does not reach whoever may be told again by now.
# Nor does what stands in for what was withdrawn.
_IS_UNDER_WAY = f"""
    EXISTS ({_TEXTS} AND (msg.state IN ('queued', 'sending', 'uncertain') OR msg.state = 'spare'
        AND EXISTS (SELECT FROM messages first WHERE first.id = msg.spare_for_id AND first.state <> 'withdrawn')))
"""
_UNREACHED = f"""
    SELECT m.id AS meeting_id, m.child_id, m.specialist_id, m.starts_at, m.ends_at, m.telling,
        r.id AS representative_id,
        CASE m.state WHEN 'cancelled' THEN 'off' WHEN 'under_way' THEN 'later' ELSE 'meeting' END AS what,
        CASE WHEN r.id IS NULL THEN 'nobody' WHEN {_SHARING} THEN 'sharing'
            WHEN {_HAS_A_WAY} AND EXISTS ({_TEXTS} AND msg.state = 'uncertain') THEN 'uncertain'
            WHEN {_HAS_A_WAY} AND {_UNCONFIRMED} THEN 'unconfirmed'
            ELSE 'somebody' END AS whom,
        (SELECT count(*) FROM duties d WHERE d.kind = :kind AND {_SAME_OCCASION}) AS times
    FROM meetings m LEFT JOIN representatives r ON {_TO_BE_TOLD}
    WHERE m.id IN ({{meetings}}) AND CASE
        WHEN m.state = 'planned' THEN m.starts_at > :now
            AND (r.id IS NULL OR NOT {_ARRIVED} AND NOT {_TOLD_OTHERWISE}
                AND (NOT {_HAS_A_WAY} OR {_FAILED} OR {_UNCONFIRMED}))
        ELSE r.id IS NOT NULL AND {_IS_NEWS} AND (m.state <> 'cancelled' OR {_KNEW})
            AND NOT {_ARRIVED} AND NOT {_TOLD_OTHERWISE}
            AND (NOT {_HAS_A_WAY} OR {_FAILED} OR NOT {_IS_UNDER_WAY})
        END
        AND NOT EXISTS (SELECT FROM duties d
            WHERE d.kind = :kind AND d.state IN ('open', 'done') AND {_SAME_OCCASION})
    ORDER BY m.id, r.id
"""  # noqa: S608
# Of duties whose cause is gone: the meeting is not to come any more or told anew; the representative is not to be
# told any more or knows by now, or there is one where there was none; a supervisor's also when the specialist's is
# over. Two who look at once pass each other by.
SETTLED = f"""
    UPDATE duties SET state = 'lapsed', ended_at = :now, version = version + 1 WHERE id IN (
        SELECT d.id FROM duties d JOIN meetings m ON m.id = d.about_id
        CROSS JOIN LATERAL (
            SELECT split_part(d.occasion, '/', 1), split_part(d.occasion, '/', 2)) AS about(telling, whom)
        WHERE d.state = 'open'
            AND d.kind IN ('representative-unreached', 'representative-unreached-escalated')
            AND (CAST(:child AS uuid) IS NULL OR d.child_id = :child)
            AND (m.state <> 'planned' AND NOT coalesce({_IS_NEWS}, false) OR about.telling <> m.telling::text
                OR about.whom = 'nobody' AND EXISTS (SELECT FROM representatives r WHERE {_TO_BE_TOLD})
                OR about.whom <> 'nobody' AND NOT EXISTS (
                    SELECT FROM representatives r WHERE {_TO_BE_TOLD} AND r.id::text = about.whom
                        AND NOT {_ARRIVED} AND NOT {_TOLD_OTHERWISE})
                OR d.kind = 'representative-unreached-escalated' AND NOT EXISTS (
                    SELECT FROM duties first WHERE first.kind = 'representative-unreached'
                    AND first.about_id = d.about_id AND first.occasion = d.occasion AND first.state = 'open'))
        FOR UPDATE OF d SKIP LOCKED)
"""  # noqa: S608
# A specialist who is with the child has a while to telephone; that a meeting is off counts from when it was to begin.
_NEAR_AND_OPEN = f"""
    SELECT d.child_id, d.about_id, d.occasion, d.details, a.supervisor_id
    FROM duties d JOIN meetings m ON m.id = d.about_id JOIN accounts a ON a.id = m.specialist_id
    WHERE d.kind = 'representative-unreached' AND d.state = 'open' AND a.supervisor_id IS NOT NULL
        AND CASE WHEN m.state = 'planned' THEN m.starts_at > :now AND m.starts_at <= :now + :before
            WHEN m.state = 'cancelled' THEN {_IS_NEWS} AND m.starts_at <= :now + :before
            ELSE {_IS_NEWS} AND d.raised_at <= :now - :after END
        AND NOT EXISTS (SELECT FROM duties e WHERE e.kind = 'representative-unreached-escalated'
                        AND e.about_id = d.about_id AND e.occasion = d.occasion)
    ORDER BY d.about_id, d.occasion
"""  # noqa: S608

# By which a meeting may have to be told anew, the latest first.
_STEPS = """
    SELECT step, at, on_phone_at, changes FROM meeting_events
    WHERE meeting_id = :meeting AND step IN ('planned', 'changed', 'taken', 'moved', 'extended', 'cancelled')
    ORDER BY version DESC
"""
# Whoever is not to be told any more since the duty was raised is not to be called either.
_CALLS = f"""
    SELECT d.id AS duty_id, m.id AS meeting_id, m.telling, m.state, m.kind, m.starts_at, m.expected_minutes,
        m.place_type, m.place_name, m.place_address, ch.given_name, a.name AS specialist_name,
        a.phone AS specialist_phone, r.id AS representative_id, r.name, r.phone, r.language, {_SHARING} AS is_sharing
    FROM duties d JOIN meetings m ON m.id = d.about_id AND split_part(d.occasion, '/', 1) = m.telling::text
    JOIN children ch ON ch.id = m.child_id JOIN accounts a ON a.id = m.specialist_id
    JOIN representatives r ON {_TO_BE_TOLD} AND r.id::text = split_part(d.occasion, '/', 2)
    WHERE d.id = ANY(:duties) AND m.state IN ('planned', 'cancelled', 'under_way')
"""  # noqa: S608


def unreached_among(meetings: str, **values: Any) -> list[dict[str, Any]]:
    """Whom no text reaches of what is told of these meetings, and whose task that is not yet.

    ``meetings`` is a SELECT of their ids, one of those above, with its ``values``.
    """
    return rows(
        _UNREACHED.format(meetings=meetings),
        kind=DutyKind.REPRESENTATIVE_UNREACHED,
        now=clock.now(),
        near=rules.SHORT_NOTICE,
        turn=rules.TURN,
        least=LEAST_TIME_FOR_A_REPEAT,
        **values,
    )


def calls_of(duty_ids: list[uuid.UUID]) -> list[dict[str, Any]]:
    """Of duties of telling: whom to call, and what they are to know; one statement."""
    sealed = {"place_name": "meetings.place_name", "place_address": "meetings.place_address"}
    sealed |= {"phone": "representatives.phone", "specialist_phone": "accounts.phone"}
    return rows(_CALLS, sealed=sealed, duties=duty_ids)


def told_since(meeting: Meeting) -> datetime:
    """Since when what is to be told of a meeting has been as it is now: calls made before told something else.

    By the phone's own clock, where that is earlier: it may have been offline.
    """
    steps = rows(_STEPS, sealed={"changes": "meeting_events.changes"}, meeting=meeting.id)
    for step in steps:
        changed = set(json.loads(step["changes"] or "{}"))
        if step["step"] != Step.CHANGED or changed & rules.CHANGES_TOLD:
            return min(step["at"], step["on_phone_at"] or step["at"])
    return meeting.created_at


def near_and_open() -> list[dict[str, Any]]:
    """Open duties of which the supervisor is to know by now, and does not yet."""
    return rows(_NEAR_AND_OPEN, now=clock.now(), before=rules.ESCALATED_BEFORE, after=rules.ESCALATED_AFTER)
