"""The trace of looks: every child that a request shows or changes is written down, and stays so (D32)."""

import hashlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import text

from bas_service.database import commit_with, db, rows
from bas_service.http.looks import children_looked_at

_SEPARATOR = "\x1f"


def leave_trace(session_id: uuid.UUID, *, action: str, changed: bool, request_id: str) -> None:
    """Write down which children the request showed or changed, as the last thing in its transaction.

    The database writes and commits while the answer is rendered; it leaves the house when both are done.
    """
    seen = children_looked_at()
    if not seen:
        return
    commit_with("SELECT leave_trace(%s, %s, %s, %s, %s)", (session_id, action, changed, request_id, seen))


def looks_at(child_id: uuid.UUID, *, after: list[Any] | None, limit: int) -> list[dict[str, Any]]:
    """Who looked at a child, the latest first, one more than ``limit`` when there are more.

    Nothing for whoever is not the supervisor of the child's team.
    """
    at, lane, seq = after or (None, None, None)
    return rows(
        "SELECT l.at, l.lane, l.seq, l.account_id, a.name, a.role, s.device_name, l.because, l.action, l.changed,"
        " l.request_id FROM looks_at(:child, :at, :lane, :seq, :limit) l JOIN accounts a ON a.id = l.account_id"
        " LEFT JOIN device_sessions s ON s.id = l.session_id ORDER BY l.at DESC, l.lane DESC, l.seq DESC",
        child=child_id,
        at=at,
        lane=lane,
        seq=seq,
        limit=limit + 1,
    )


def every_look_at(child_id: uuid.UUID) -> list[dict[str, Any]]:
    """All looks at a child, the first one first, without the other children of the same requests.

    For the tables' owner: whoever else asks, row-level security leaves nothing.
    """
    return rows(
        "WITH stretches AS (SELECT generate_series(trace_stretch(min(day)), trace_stretch(max(day))) AS stretch"
        " FROM trace_heads)"
        " SELECT day, lane, seq, at, account_id, session_id,"
        " coalesce(grounds[array_position(children, :child)], because) AS because, action, changed, request_id"
        " FROM trace WHERE child_id = :child OR (:child = ANY (children)"
        " AND trace_keys(children, day) && ARRAY(SELECT trace_key(:child, stretch) FROM stretches))"
        " ORDER BY at, lane, seq",
        child=child_id,
    )


@dataclass(frozen=True, kw_only=True)
class Break:
    """A place where the chain does not hold, and what is wrong there."""

    day: date
    lane: int
    seq: int
    wrong: str


def breaks_in_the_chain() -> Iterator[Break]:
    """Recompute every chain from its beginning; each changed, removed or inserted row is named.

    Removing the last rows together with their head cannot be told from inside the database: compare
    ``digest_of_heads`` with one noted earlier, outside.
    """
    known: dict[int, bytes] = {}
    heads = rows("SELECT day, lane, began_with, seq, hash FROM trace_heads ORDER BY lane, day")
    for head in heads:
        expected = known.get(head["lane"], b"")
        if bytes(head["began_with"]) != expected:
            yield Break(day=head["day"], lane=head["lane"], seq=0, wrong="a day before this one was removed")
        yield from _breaks_of_day(head)
        known[head["lane"]] = bytes(head["hash"])
    headless = rows(
        "SELECT t.day, t.lane, min(t.seq) AS seq FROM trace t LEFT JOIN trace_heads h USING (day, lane)"
        " WHERE h.day IS NULL GROUP BY t.day, t.lane ORDER BY t.day, t.lane"
    )
    for row in headless:
        yield Break(**row, wrong="the chain's head was removed")


def _breaks_of_day(head: dict[str, Any]) -> Iterator[Break]:
    before, last = bytes(head["began_with"]), 0
    where = {"day": head["day"], "lane": head["lane"]}
    found = db.session.execute(
        text("SELECT * FROM trace WHERE day = :day AND lane = :lane ORDER BY seq"), where
    ).mappings()
    for row in found:
        for missing in range(last + 1, row["seq"]):
            yield Break(**where, seq=missing, wrong="the row was removed")
        if row["seq"] > head["seq"]:
            yield Break(**where, seq=row["seq"], wrong="the row was inserted")
        elif row["seq"] == last + 1 and hash_of(before, dict(row)) != bytes(row["hash"]):
            yield Break(**where, seq=row["seq"], wrong="the row was changed or inserted")
        before, last = bytes(row["hash"]), row["seq"]
    for missing in range(last + 1, head["seq"] + 1):
        yield Break(**where, seq=missing, wrong="the row was removed")
    if last == head["seq"] and before != bytes(head["hash"]):
        yield Break(**where, seq=last, wrong="the last row, or the head, was changed")


def hash_of(before: bytes, row: dict[str, Any]) -> bytes:
    """The hash of a row of the trace after the hash ``before``; the database computes the same."""
    at: datetime = row["at"]
    parts = (
        row["day"].isoformat(),
        row["lane"],
        row["seq"],
        f"{int(at.timestamp())}.{at.microsecond:06d}",
        row["account_id"],
        row["session_id"],
        # The oldest rows are about one child each.
        ",".join(map(str, row["children"] or [row["child_id"]])),
        ",".join(row["grounds"] or [row["because"]]),
        row["action"],
        int(row["changed"]),
        row["request_id"],
    )
    return hashlib.sha256(before + _SEPARATOR.join(map(str, parts)).encode()).digest()


def digest_of_heads() -> tuple[int, str]:
    """How many rows the trace has, and one hash over all chains: worth noting outside the database."""
    heads = rows("SELECT day, lane, seq, hash FROM trace_heads ORDER BY day, lane")
    whole = hashlib.sha256()
    for head in heads:
        whole.update(f"{head['day']}/{head['lane']}/{head['seq']}/".encode() + bytes(head["hash"]))
    return sum(head["seq"] for head in heads), whole.hexdigest()
