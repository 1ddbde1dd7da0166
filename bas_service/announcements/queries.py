"""Reads of announcements with the state of their messages, and of whom to tell, how and when."""

import uuid
from collections import defaultdict
from datetime import date, datetime
from typing import Any

from bas_service import clock
from bas_service.announcements.rules import Recipient, TellingPolicy
from bas_service.children.queries import representation_of
from bas_service.children.rules import Representation, may_be_told
from bas_service.database import rows
from bas_service.messaging.rules import Channel
from bas_service.messaging.segments import DiacriticsPolicy
from bas_service.translation import Language

# What the outbox knows in more detail than a caller needs.
SHOWN = """
    CASE WHEN a.withdrawn_at IS NOT NULL THEN 'withdrawn' WHEN m.state = 'sending' THEN 'queued' ELSE m.state END
"""
HANDED_OVER = """
    CASE WHEN a.withdrawn_at IS NULL THEN m.handed_over_at END AS handed_over_at,
    CASE WHEN a.withdrawn_at IS NULL THEN m.delivered_at END AS delivered_at
"""
# What lies in reserve for another channel is no announcement yet; what was withdrawn from there never was one.
NO_RESERVE = "(m.spare_for_id IS NULL OR m.state NOT IN ('spare', 'withdrawn'))"

_POLICY = """
    SELECT quiet_from, quiet_until, urgent_minutes, reminder_minutes, settle_seconds, failover_minutes, tell_return,
        must_tell, may_tell, diacritics, texts_per_number, texts_per_number_minutes
    FROM telling_policies WHERE valid_from <= :today ORDER BY valid_from DESC LIMIT 1
"""
# All that decides on telling in one look: planning is the moment when everybody waits.
_WHOM = f"""
    SELECT r.id, r.relation, r.phone, r.email, r.language, r.channels, r.state, r.valid_from, r.valid_until,
        p.id IS NOT NULL AS place_protected, policy.*,
        ARRAY(SELECT b.channel FROM barred_addresses b WHERE b.lifted_at IS NULL
            AND b.address_digest IN (r.phone_digest, r.email_digest)) AS barred,
        ARRAY(SELECT way FROM unnest(r.channels) AS way WHERE place_kept_from_address(
            r.child_id, CASE way WHEN 'sms' THEN r.phone_digest ELSE r.email_digest END)) AS kept,
        (SELECT jsonb_object_agg(t.reason, t.body) FROM (
            SELECT DISTINCT ON (reason) reason, body FROM message_templates
            WHERE language = r.language AND valid_from <= :today AND withdrawn_at IS NULL
            ORDER BY reason, valid_from DESC) t) AS wordings,
        ARRAY(SELECT c.channel FROM channel_states c WHERE c.carried) AS carried,
        ARRAY(SELECT c.channel FROM channel_states c WHERE c.state <> 'closed'
            AND c.since < now() - make_interval(mins => policy.failover_minutes)) AS stopped
    FROM representatives r CROSS JOIN ({_POLICY}) AS policy
    LEFT JOIN protected_places p ON p.from_representative_id = r.id
    WHERE r.child_id = :child AND r.state = 'active' ORDER BY r.created_at, r.id
"""  # noqa: S608

# Two tries that were both reported as not arrived did not.
_TOLD_BEFORE = """
    SELECT * FROM (
        SELECT a.meeting_id, a.representative_id, a.telling, a.reason, a.message_id, a.facts, a.created_at, a.id,
            r.language, m.channel, m.recipient, m.state, m.created_at AS written_at,
            m.state IN ('sending', 'handed_over', 'delivered', 'uncertain') OR m.repeated
                OR m.first_provider_id IS NOT NULL AND m.state <> 'failed' AS may_be_out
        FROM announcements a JOIN messages m ON m.id = a.message_id
        JOIN representatives r ON r.id = a.representative_id
        WHERE a.meeting_id = ANY(:meetings) AND a.withdrawn_at IS NULL
    ) AS written WHERE may_be_out OR state = 'queued'
    UNION ALL
    SELECT meeting_id, representative_id, telling, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, true
    FROM (
        SELECT meeting_id, representative_id, telling FROM confirmations WHERE meeting_id = ANY(:meetings)
        UNION ALL
        SELECT meeting_id, representative_id, telling FROM told_in_person WHERE meeting_id = ANY(:meetings)
    ) AS otherwise
    ORDER BY created_at, id
"""


def announcements_of(meeting_ids: list[uuid.UUID]) -> dict[uuid.UUID, list[dict[str, Any]]]:
    """The announcements of each meeting, the earliest first; one statement.

    What lies in reserve for another channel is none yet.
    """
    found = rows(
        f"SELECT a.id, a.meeting_id, a.representative_id, a.reason, a.telling, a.created_at, a.replaces_id,"  # noqa: S608
        f" m.channel, {SHOWN} AS state, m.body AS text, m.parts, {HANDED_OVER}, c.confirmed_at"
        " FROM announcements a JOIN messages m ON m.id = a.message_id"
        " LEFT JOIN confirmations c ON c.meeting_id = a.meeting_id AND c.telling = a.telling"
        " AND c.representative_id = a.representative_id"
        " WHERE a.meeting_id = ANY(:ids)"
        f" AND {NO_RESERVE} ORDER BY a.created_at, a.id",
        sealed={"text": "messages.body"},
        ids=meeting_ids,
    )
    by_meeting = defaultdict(list)
    for row in found:
        by_meeting[row["meeting_id"]].append(row)
    return by_meeting


def wordings_in_force() -> dict[tuple[str, str], str | None]:
    """What administrators word otherwise today, by language and reason; None is the service's own wording again."""
    found = rows(
        "SELECT DISTINCT ON (language, reason) language, reason, body FROM message_templates"
        " WHERE valid_from <= :today AND withdrawn_at IS NULL ORDER BY language, reason, valid_from DESC",
        today=clock.today(),
    )
    return {(row["language"], row["reason"]): row["body"] for row in found}


def confirmed_by(representative_id: uuid.UUID, meeting_ids: list[uuid.UUID]) -> dict[tuple[uuid.UUID, int], datetime]:
    """What of these meetings a representative has read: each telling, and when they said so."""
    found = rows(
        "SELECT meeting_id, telling, confirmed_at FROM confirmations"
        " WHERE representative_id = :representative AND meeting_id = ANY(:ids)",
        representative=representative_id,
        ids=meeting_ids,
    )
    return {(row["meeting_id"], row["telling"]): row["confirmed_at"] for row in found}


def told_before(meeting_ids: list[uuid.UUID]) -> list[dict[str, Any]]:
    """What was, may have been, or is still to be handed over about meetings, and with which facts.

    The earliest first; then, without a message, who was told by a person or has read it on a page. What was in doubt
    and waits to be repeated, or went out once and waits to go out again, ``may_be_out`` also once it is withdrawn.
    """
    return rows(
        _TOLD_BEFORE,
        sealed={"recipient": "messages.recipient", "facts": "announcements.facts"},
        meetings=meeting_ids,
    )


def told_along_with(meeting_ids: list[uuid.UUID], *, message_ids: list[uuid.UUID]) -> list[dict[str, Any]]:
    """Of which other meetings these messages about changes tell besides, whom, and with which facts."""
    return rows(
        "SELECT a.meeting_id, a.representative_id, a.telling, a.facts, own.meeting_id AS along_with"
        " FROM announcements a JOIN announcements own ON own.message_id = a.message_id"
        " WHERE a.message_id = ANY(:messages) AND a.reason = 'changed' AND own.meeting_id = ANY(:meetings)"
        " AND a.meeting_id <> ALL(:meetings) ORDER BY a.meeting_id, own.meeting_id",
        sealed={"facts": "announcements.facts"},
        messages=message_ids,
        meetings=meeting_ids,
    )


def in_reserve_for(representative_id: uuid.UUID, meeting_ids: list[uuid.UUID]) -> set[tuple[uuid.UUID, int, Channel]]:
    """Which tellings wait for somebody in reserve, by which channel, where what they stand in for has failed."""
    found = rows(
        "SELECT a.meeting_id, a.telling, m.channel FROM announcements a JOIN messages m ON m.id = a.message_id"
        " JOIN messages h ON h.id = m.spare_for_id"
        " WHERE a.meeting_id = ANY(:meetings) AND a.representative_id = :representative"
        " AND a.reason <> 'reminder' AND m.state = 'spare' AND h.state = 'failed'",
        meetings=meeting_ids,
        representative=representative_id,
    )
    return {(row["meeting_id"], row["telling"], Channel(row["channel"])) for row in found}


def whom_to_tell(child_id: uuid.UUID) -> tuple[list[tuple[Representation, Recipient]], TellingPolicy | None]:
    """Those who are told of what happens to a child, by which ways, and today's policy (D6, D29).

    Whatever their period: ``told_on`` leaves those of a day. One statement. There is no policy in the answer when
    nobody is to be told.
    """
    found = rows(
        _WHOM,
        sealed={"phone": "representatives.phone", "email": "representatives.email"},
        child=child_id,
        today=clock.today(),
    )
    policy = policy_of(found[0]) if found else None
    told = [row for row in found if policy and policy.tells(row["relation"])]
    return [(representation_of(row), _recipient_of(row)) for row in told], policy


def told_on(everybody: list[tuple[Representation, Recipient]], on: date) -> list[Recipient]:
    """Those among them who may be told where the child will be on a day."""
    return [recipient for representation, recipient in everybody if may_be_told(representation, on=on)]


def policy_of(row: dict[str, Any]) -> TellingPolicy:
    """The policy in a row that has its columns."""
    names = set(TellingPolicy.__dataclass_fields__)
    values = {name: value for name, value in row.items() if name in names}
    return TellingPolicy(**values | {"diacritics": DiacriticsPolicy(row["diacritics"])})


def telling_policy() -> TellingPolicy:
    """Today's policy of telling."""
    return policy_of(rows(_POLICY, today=clock.today())[0])


def _recipient_of(row: dict[str, Any]) -> Recipient:
    return Recipient(
        id=row["id"],
        must_be_told=row["relation"] in row["must_tell"],
        language=Language(row["language"]),
        valid_from=row["valid_from"],
        wordings=row["wordings"] or {},
        addresses={Channel.SMS: row["phone"], Channel.EMAIL: row["email"]},
        chosen=tuple(map(Channel, row["channels"])),
        unusable=frozenset(set(Channel) - set(map(Channel, row["carried"])) | set(map(Channel, row["barred"]))),
        stopped=frozenset(map(Channel, row["stopped"])),
        kept=frozenset(map(Channel, row["kept"])),
    )
