"""What the worker asks about meetings: who is still told, whom no text reached, what was missed, who is not back."""

import logging
import uuid
from collections import Counter
from datetime import datetime, time, timedelta
from typing import Any

from bas_service import clock
from bas_service.announcements.service import let_go_of_others
from bas_service.caseload.policies import casework_policy_on
from bas_service.caseload.rules import Per, rhythm_due_on
from bas_service.children.queries import representation_of
from bas_service.children.rules import may_be_told
from bas_service.database import rows
from bas_service.duties import service as duties
from bas_service.duties.rules import DutyKind
from bas_service.meetings import unreached
from bas_service.meetings.queries import EXPECTED_END

log = logging.getLogger(__name__)

# A cancellation is right as long as the meeting is cancelled, a new end as long as it is under way, that the child is
# back once it was held, everything else as long as it is planned. Of a text to several it is enough that it is right
# for one of them. Whoever says that they have read it is told no more, nor by another channel, after a text that was
# handed over, whoever has been called; a reminder reminds those who know. Who reads texts by now, and has an entry in
# their calendar, gets the e-mail that brings it up to date.
_FACTS = """
    SELECT msg.id, r.id AS representative_id, m.starts_at, r.state, r.valid_from, r.valid_until,
        place_kept_from_address(r.child_id, msg.recipient_digest) AS place_protected,
        (SELECT count(DISTINCT others.representative_id) FROM announcements others
            WHERE others.message_id = msg.id AND others.withdrawn_at IS NULL) AS readers
    FROM announcements a
    JOIN meetings m ON m.id = a.meeting_id AND m.telling = a.telling
        AND m.state = CASE a.reason
            WHEN 'cancelled' THEN 'cancelled' WHEN 'extended' THEN 'under_way' WHEN 'returned' THEN 'held'
            ELSE 'planned' END
    JOIN messages msg ON msg.id = a.message_id
    JOIN representatives r ON r.id = a.representative_id
        AND (msg.channel = ANY(r.channels) OR msg.follows_id IS NOT NULL)
        AND msg.recipient_digest IN (r.phone_digest, r.email_digest)
    LEFT JOIN messages instead_of ON instead_of.id = msg.spare_for_id
    WHERE a.message_id = ANY(:ids) AND a.withdrawn_at IS NULL
        AND (a.reason = 'reminder' OR NOT EXISTS (SELECT FROM confirmations k
            WHERE k.meeting_id = a.meeting_id AND k.telling = a.telling AND k.representative_id = r.id))
        AND (instead_of.state IS NULL OR instead_of.state NOT IN ('handed_over', 'delivered')
            OR NOT EXISTS (SELECT FROM told_in_person t
                WHERE t.meeting_id = a.meeting_id AND t.telling = a.telling AND t.representative_id = r.id))
"""


def still_to_be_told(message_ids: list[uuid.UUID]) -> set[uuid.UUID]:
    """Which of these messages still tell the latest truth to somebody who may know it (D6, D29).

    Asked again at the moment of sending: still planned, still this place and time, still a representative
    today and on the meeting's day, still this number or address, place not protected from whoever reads there. Of
    a text to several it is withdrawn for those for whom it is right no more.
    """
    today = clock.today()
    right = [
        row
        for row in rows(_FACTS, ids=message_ids)
        if may_be_told(representation_of(row), on=today)
        and may_be_told(representation_of(row), on=clock.in_riga(row["starts_at"]).date())
    ]
    told = {(row["id"], row["representative_id"]) for row in right}
    right_for = Counter(message_id for message_id, _ in told)
    not_for_all = {row["id"] for row in right if row["readers"] > right_for[row["id"]]}
    let_go_of_others({one for one in told if one[0] in not_for_all})
    return set(right_for)


def unreached_before_meetings() -> int:
    """Make whoever no text reaches the specialist's task, shortly before the start the supervisor's, too (D6).

    What is settled lapses. Each is raised once, whatever number of workers look; gives how many are new.
    """
    unreached.let_settled_lapse()
    return unreached.raise_for_texts() + unreached.escalate()


# Reminders are raised in one order by all workers, so that two never wait for each other in a circle.
#
# Of each open case with an agreed rhythm and no duty about it: the last meeting held, else the day of opening.
_RHYTHMS = """
    SELECT c.id, c.child_id, c.specialist_id, c.rhythm_times, c.rhythm_per,
        greatest(c.opened_at, max(m.starts_at)) AS last
    FROM cases c LEFT JOIN meetings m ON m.child_id = c.child_id AND m.state = 'held'
    WHERE c.state = 'open' AND c.rhythm_times IS NOT NULL AND NOT EXISTS (
        SELECT FROM duties d WHERE d.about_id = c.id AND d.kind = :kind AND d.state = 'open')
    GROUP BY c.id, c.child_id, c.specialist_id, c.rhythm_times, c.rhythm_per, c.opened_at
    ORDER BY c.id
"""


def remind_of_rhythms() -> int:
    """Make each missed rhythm a duty of the responsible specialist, once until a meeting is held (D11)."""
    today = clock.today()
    missed = 0
    for row in rows(_RHYTHMS, kind=DutyKind.RHYTHM_MISSED):
        due_on = rhythm_due_on(clock.in_riga(row["last"]).date(), row["rhythm_times"], Per(row["rhythm_per"]))
        if due_on < today:
            missed += duties.raise_duty(
                DutyKind.RHYTHM_MISSED,
                child_id=row["child_id"],
                account_id=row["specialist_id"],
                about_id=row["id"],
                occasion=due_on.isoformat(),
                due_at=datetime.combine(due_on + timedelta(days=1), time(), clock.RIGA),
                due_on=due_on.isoformat(),
            )
    return missed


_WHOSE = """
    CASE WHEN stands_in(m.specialist_id, c.specialist_id, m.child_id, :today) THEN m.specialist_id
        ELSE c.specialist_id END
"""
_OVERDUE = f"""
    SELECT m.id, m.child_id, m.ends_at, m.ends_at::text AS occasion, {EXPECTED_END} AS expected_end,
        a.id AS specialist_id, supervisor.id AS supervisor_id, asked.state AS asked, asked.raised_at,
        coalesce(asked.times, 0) AS times
    FROM meetings m JOIN cases c ON c.child_id = m.child_id AND c.state = 'open'
    -- Somebody who stands in no more does not see the child: whoever is responsible is asked.
    JOIN accounts a ON a.id = {_WHOSE}
    LEFT JOIN accounts supervisor ON supervisor.id = a.supervisor_id AND supervisor.active
    LEFT JOIN LATERAL (SELECT d.state, d.raised_at, d.ended_at, d.occasion, count(*) OVER () AS times FROM duties d
        WHERE d.about_id = m.id AND d.kind = :asking AND split_part(d.occasion, '/', 1) = m.ends_at::text
        ORDER BY d.raised_at DESC, d.id DESC LIMIT 1) asked ON true
    WHERE m.state = 'under_way' AND m.ends_at <= :before AND m.started_at <= :before
        AND CASE WHEN asked.state = 'done' THEN asked.ended_at <= :answered_before
            ELSE NOT EXISTS (SELECT FROM duties alarm WHERE alarm.about_id = m.id AND alarm.kind = :alarming
                AND alarm.occasion = coalesce(asked.occasion, m.ends_at::text)) END
    ORDER BY m.id
"""  # noqa: S608


def ask_after_the_overdue() -> tuple[int, int]:
    """Ask the specialist of each meeting under way past its end; alarm the supervisor when nobody answers (D30).

    Each once for each announced end: a meeting made longer is asked after anew. Whoever finishes the question's duty
    has answered, and is asked once more when the meeting is under way still as long after that as an alarm takes. One
    that began late is alarmed about when it has taken longer than it was to take: its specialist is asked before.
    Gives how many were asked and how many alarms there are.
    """
    now = clock.now()
    policy = casework_policy_on(clock.today())
    ask, alarm = (timedelta(minutes=one) for one in (policy.overdue_ask_minutes, policy.overdue_alarm_minutes))
    asked = alarmed = 0
    found = rows(
        _OVERDUE,
        before=now - ask,
        answered_before=now - alarm,
        asking=DutyKind.OVERDUE_RETURN,
        alarming=DutyKind.OVERDUE_ALARM,
        today=clock.today(),
    )
    for row in found:
        if row["asked"] in {None, "done"}:
            asked += _raise_overdue(DutyKind.OVERDUE_RETURN, row, row["specialist_id"], times=row["times"] + 1)
        # An answer was given, and is asked for again: the alarm waits for that one.
        alarm_at = row["expected_end"] + alarm if row["times"] <= 1 else row["raised_at"] + alarm - ask
        if row["asked"] != "done" and alarm_at <= now:
            # Whoever has no supervisor in service keeps it themselves: better than nobody.
            whose = row["supervisor_id"] or row["specialist_id"]
            is_new = _raise_overdue(DutyKind.OVERDUE_ALARM, row, whose, times=max(row["times"], 1))
            if is_new:
                log.error("ALARM: a child is not back, and nobody answers; meeting %s", row["id"])
            alarmed += is_new
    return asked, alarmed


def _raise_overdue(kind: DutyKind, row: dict[str, Any], account_id: uuid.UUID, *, times: int) -> bool:
    return duties.raise_duty(
        kind,
        child_id=row["child_id"],
        account_id=account_id,
        about_id=row["id"],
        occasion=row["occasion"] if times == 1 else f"{row['occasion']}/{times}",
        due_at=row["ends_at"],
        clock=f"{clock.in_riga(row['ends_at']):%H:%M}",
    )


# Older ones are left alone: nobody knows any more.
_SETTLED_WITHIN = timedelta(days=7)
_UNSETTLED = f"""
    SELECT m.id, m.child_id, m.starts_at, m.starts_at::text AS occasion, {_WHOSE} AS whose
    FROM meetings m JOIN cases c ON c.child_id = m.child_id AND c.state = 'open'
    WHERE m.state = 'planned' AND m.starts_at BETWEEN :since AND :before AND m.ends_at <= :before AND NOT EXISTS (
        SELECT FROM duties d WHERE d.about_id = m.id AND d.kind = :kind AND d.occasion = m.starts_at::text)
    ORDER BY m.id
"""  # noqa: S608


def ask_after_the_unsettled() -> int:
    """Ask, once for each planned time, what became of a meeting that nobody started or missed; gives how many (D27).

    As long after its end as an alarm takes: whoever comes back into coverage says so before.
    """
    now = clock.now()
    before = now - timedelta(minutes=casework_policy_on(clock.today()).overdue_alarm_minutes)
    found = rows(
        _UNSETTLED,
        since=before - _SETTLED_WITHIN,
        before=before,
        kind=DutyKind.MEETING_UNSETTLED,
        today=clock.today(),
    )
    return sum(
        duties.raise_duty(
            DutyKind.MEETING_UNSETTLED,
            child_id=row["child_id"],
            account_id=row["whose"],
            about_id=row["id"],
            occasion=row["occasion"],
            due_at=now,
            day=clock.in_riga(row["starts_at"]).date().isoformat(),
            clock=f"{clock.in_riga(row['starts_at']):%H:%M}",
        )
        for row in found
    )
