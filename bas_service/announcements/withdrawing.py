"""The verbs: take back what has not gone out to a representative, send on what lies in reserve for them (D6, D29)."""

import uuid
from collections import defaultdict
from typing import Any

from sqlalchemy import insert, text

from bas_service import clock
from bas_service.announcements.models import Announcement
from bas_service.announcements.tellings import POSTER
from bas_service.database import db, new_id, rows
from bas_service.messaging import service as messaging
from bas_service.messaging.rules import Channel
from bas_service.messaging.service import NewMessage

# Whether a message ``m`` may still go to a representative at the address they have today.
_IS_RIGHT = """
    {whom}.state = 'active' AND (m.channel = ANY({whom}.channels) OR m.follows_id IS NOT NULL)
    AND m.recipient_digest IN (coalesce({whom}.phone_digest, ''), coalesce({whom}.email_digest, ''))
    AND NOT EXISTS (SELECT FROM protected_places p WHERE p.from_representative_id = {whom}.id)
    AND NOT place_kept_from_address({whom}.child_id, m.recipient_digest)
"""
# A cancellation stays while it goes to the right person: it is the one thing never told anew, and the parent would go
# on believing that the child is away. So does what lies in reserve. Each message is locked first: one that a worker
# takes at this moment is told, and stays told.
_NOT_GONE_OUT = f"""
    SELECT a.id, m.id AS message_id, m.repeated, EXISTS (
        SELECT FROM announcements shared JOIN representatives other ON other.id = shared.representative_id
        WHERE shared.message_id = m.id AND shared.withdrawn_at IS NULL AND other.id <> r.id
            AND {_IS_RIGHT.format(whom="other")}) AS goes_to_others
    FROM announcements a JOIN messages m ON m.id = a.message_id JOIN representatives r ON r.id = a.representative_id
    WHERE r.id = :representative AND m.state IN ('queued', 'spare') AND a.withdrawn_at IS NULL
        AND NOT ((a.reason = 'cancelled' OR m.state = 'spare' OR :only_wrong) AND {_IS_RIGHT.format(whom="r")})
    ORDER BY m.id FOR UPDATE OF m
"""  # noqa: S608
_TODAY = "CASE m.channel WHEN 'sms' THEN r.phone_digest ELSE r.email_digest END"
# What lies in reserve. That of a plan, a change or a reminder goes with the message it stands in for, when that is
# withdrawn, or went to an address that is not theirs any more: both are told anew.
_IN_RESERVE = f"""
    SELECT m.id, m.channel, m.subject_id, m.subject_line, m.body, m.attachment, m.next_attempt_at, m.useful_until,
        m.wanted_by,
        m.spare_for_id, a.meeting_id, a.child_id, a.reason, a.telling, a.repeating, a.facts, a.replaces_id,
        r.phone, r.email,
        a.reason IN ('planned', 'changed', 'reminder') AND (h.state IN ('queued', 'withdrawn')
            OR h.recipient_digest NOT IN (coalesce(r.phone_digest, ''), coalesce(r.email_digest, ''))) AS is_lost,
        m.recipient_digest = {_TODAY} AS has_stayed,
        r.state = 'active' AND m.channel = ANY(r.channels) AND {_TODAY} IS NOT NULL
            AND NOT place_kept_from_address(r.child_id, {_TODAY}) AS is_wanted
    FROM announcements a JOIN messages m ON m.id = a.message_id JOIN representatives r ON r.id = a.representative_id
    JOIN messages h ON h.id = m.spare_for_id
    WHERE r.id = :representative AND m.state = 'spare' ORDER BY m.id
"""  # noqa: S608
# What stays as it was, whatever the address.
_KEPT = ("subject_id", "subject_line", "body", "attachment", "useful_until", "wanted_by")
_SEALED = {name: f"messages.{name}" for name in ("subject_line", "body", "attachment")}
_SEALED |= {"facts": "announcements.facts", "phone": "representatives.phone", "email": "representatives.email"}


def withdraw_of_representative(representative_id: uuid.UUID, *, only_wrong: bool = False) -> None:
    """Withdraw what has not gone out to a representative; ``renew_for`` tells them what is still right (D29).

    What tells somebody else at the same address goes on, and is withdrawn for this one only. ``only_wrong`` leaves
    what they may still be told: nothing about themselves has changed.
    """
    found = rows(_NOT_GONE_OUT, representative=representative_id, only_wrong=only_wrong)
    alone = [row["message_id"] for row in found if not row["goes_to_others"]]
    if alone:
        messaging.withdraw("SELECT unnest(CAST(:ids AS uuid[]))", ids=alone)
    # What was in doubt and waits to be repeated may have reached them before: whoever repeats it decides.
    shared = [row["id"] for row in found if row["goes_to_others"] and not row["repeated"]]
    if shared:
        db.session.execute(
            text("UPDATE announcements SET withdrawn_at = :now WHERE id = ANY(:ids)"),
            {"now": clock.now(), "ids": shared},
        )


def send_on(representative_id: uuid.UUID) -> None:
    """Let what lies in reserve for a representative go to the address they have today, should it be needed.

    In the same words, so that no meeting need be read for it. What is not wanted there, or has lost the message it
    stands in for, is withdrawn.
    """
    found = rows(_IN_RESERVE, sealed=_SEALED, representative=representative_id)
    gone, moved = [], defaultdict[uuid.UUID, list[dict[str, Any]]](list)
    for row in found:
        if row["is_lost"] or not row["is_wanted"]:
            gone.append(row["id"])
        elif not row["has_stayed"] or row["spare_for_id"] in moved:
            gone.append(row["id"])
            # One text may be about several meetings.
            moved[row["id"]].append(row)
    if gone:
        messaging.withdraw("SELECT unnest(CAST(:ids AS uuid[]))", ids=gone)
    if moved:
        _post_again(moved, representative_id)


def let_go_of_others(told: set[tuple[uuid.UUID, uuid.UUID]]) -> None:
    """Of messages about to go out, with those whom each may tell: withdraw them for everybody else.

    Asked at the moment of sending: whoever was suspended while their text was in a worker's hands, or in doubt, has
    not been told by it.
    """
    if not told:
        return
    db.session.execute(
        text(
            "UPDATE announcements SET withdrawn_at = :now WHERE withdrawn_at IS NULL AND message_id = ANY(:messages)"
            " AND (message_id, representative_id) NOT IN (SELECT * FROM unnest("
            "CAST(:messages AS uuid[]), CAST(:whom AS uuid[])))"
        ),
        {"now": clock.now(), "messages": [one for one, _ in told], "whom": [whom for _, whom in told]},
    )


def _post_again(found: dict[uuid.UUID, list[dict[str, Any]]], representative_id: uuid.UUID) -> None:
    # Made in the order in which they are tried, as at first.
    ids = dict(zip(found, sorted(new_id() for _ in found), strict=True))
    messaging.post(
        [
            NewMessage(
                id=ids[row["id"]],
                poster=POSTER,
                channel=Channel(row["channel"]),
                recipient=row["phone" if row["channel"] == Channel.SMS else "email"],
                not_before=row["next_attempt_at"],
                needed=True,
                spare_for_id=ids.get(row["spare_for_id"], row["spare_for_id"]),
                **{name: row[name] for name in _KEPT},
            )
            for row, *_ in found.values()
        ]
    )
    db.session.execute(
        insert(Announcement),
        [
            {name: row[name] for name in ("meeting_id", "child_id", "reason", "telling", "repeating", "facts")}
            | {"id": new_id() if number else ids[row["id"]], "message_id": ids[row["id"]]}
            | {"representative_id": representative_id}
            | {"replaces_id": ids.get(row["replaces_id"], row["replaces_id"]), "created_at": clock.now()}
            for about in found.values()
            for number, row in enumerate(about)
        ],
    )
