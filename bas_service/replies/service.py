"""The verbs: lay a text with every child whose representative wrote it, mark a reply as read (D16, D29)."""

import uuid
from typing import Any

from blinker import Signal
from sqlalchemy import insert

from bas_service import clock
from bas_service.children.rules import RepresentativeState
from bas_service.database import db, new_id, rows
from bas_service.duties import service as duties
from bas_service.duties.rules import DutyKind
from bas_service.messaging import inbound
from bas_service.messaging.inbound import TakenText
from bas_service.messaging.inbound_rules import Wish
from bas_service.replies import rules
from bas_service.replies.models import Reply

# Somebody wants texts again. ``readers`` are those at their number, each with a held child: who tells must tell them
# what was planned meanwhile.
texts_wanted_again = Signal()

# A number may be that of several parents' phone, and of one parent of several children: it is theirs for each.
_WHOSE_NUMBER = """
    SELECT r.id, r.child_id, r.state, r.valid_from, r.valid_until, c.specialist_id
    FROM representatives r LEFT JOIN cases c ON c.child_id = r.child_id AND c.state = 'open'
    WHERE r.phone_digest = :digest ORDER BY r.id
"""


def hold_readers(text: TakenText) -> list[dict[str, Any]]:
    """Of a text by which somebody wants texts again: those who read at that number, each with their child held."""
    if text.wish is not Wish.START:
        return []
    return rows("SELECT child_id, representative_id FROM hold_for_telling(:digest)", digest=text.sender_digest)


def take_up(text: TakenText) -> bool:
    """Lay a text with every child whose representative has its number; gives whether there is one.

    Each specialist has a duty from then on to read it; a child without a case has nobody to be told.
    """
    theirs = rows(_WHOSE_NUMBER, digest=text.sender_digest)
    if theirs:
        db.session.execute(insert(Reply), [_reply_of(text, row) for row in theirs])
    for row in theirs:
        if row["specialist_id"] is not None:
            _ask_to_read(text, row)
    inbound.put_away(text, known=bool(theirs))
    return bool(theirs)


def mark_read(reply: Reply, *, by: uuid.UUID) -> None:
    """Say of a reply to a held child that it was read; when none is left, the duty to read lapses.

    Whoever reads what was read already changes nothing.
    """
    if reply.read_at is None:
        reply.read_at, reply.read_by = clock.now(), by
        db.session.flush()
    # First the duty, then the look: what comes meanwhile waits, and finds no duty any more or leaves this one.
    about = reply.representative_id
    if duties.hold_open(DutyKind.REPRESENTATIVE_REPLIED, about) and not _is_any_unread(about):
        duties.let_lapse(DutyKind.REPRESENTATIVE_REPLIED, about_id=about)


def _is_any_unread(representative_id: uuid.UUID) -> bool:
    unread = "SELECT id FROM replies WHERE representative_id = :id AND read_at IS NULL LIMIT 1"
    return bool(rows(unread, id=representative_id))


def _reply_of(text: TakenText, row: dict[str, Any]) -> dict[str, Any]:
    standing = rules.standing_on(
        clock.in_riga(text.received_at).date(),
        state=RepresentativeState(row["state"]),
        valid_from=row["valid_from"],
        valid_until=row["valid_until"],
    )
    return {
        "id": new_id(),
        "inbound_text_id": text.id,
        "child_id": row["child_id"],
        "representative_id": row["id"],
        "standing": standing.value,
        "body": text.body,
        "wish": text.wish.value if text.wish else None,
        "received_at": text.received_at,
    }


def _ask_to_read(text: TakenText, row: dict[str, Any]) -> None:
    """One duty for a burst: while one is open, what else comes from the same representative is read with it."""
    local = clock.in_riga(text.received_at)
    kind = DutyKind.REPRESENTATIVE_REPLIED
    is_open = False
    while not is_open:
        # Counted before it is looked for: whoever counts what another worker raised, finds it.
        earlier = duties.times_raised(kind, row["id"])
        is_open = duties.hold_open(kind, row["id"]) or duties.raise_duty(
            kind,
            child_id=row["child_id"],
            account_id=row["specialist_id"],
            about_id=row["id"],
            # Of two who count alike only one raises it; the other looks again.
            occasion=str(earlier + 1),
            due_at=text.received_at + rules.READ_WITHIN,
            day=local.date().isoformat(),
            clock=f"{local:%H:%M}",
            representative_id=str(row["id"]),
        )
