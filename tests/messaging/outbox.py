"""Messages in any state a test wants, put straight into the outbox."""

import uuid
from datetime import datetime
from typing import Any

from bas_service.database import new_id
from bas_service.messaging.jobs import Claimed
from tests.builders import House

LEASE = 60.0


class Outbox:
    """Messages in any state a test wants, and a look at them; all times in seconds from now."""

    def __init__(self, house: House) -> None:
        self._house = house

    def put(self, state: str = "queued", **values: Any) -> uuid.UUID:
        """Put a message there: due a second ago, of use for a day, unless said otherwise."""
        message_id = values.pop("id", None) or new_id()
        due: float | None = values.pop("due", -1.0)
        self._house.sql(
            "INSERT INTO messages (id, poster, subject_id, channel, recipient, recipient_digest, subject_line, body,"
            " attachment, follows_id, parts, state,"
            " useful_until, next_attempt_at, attempts, checks, repeated, lease_until, attempted_at, provider_id,"
            " created_at)"
            " VALUES (:id, :poster, :subject, :channel, :recipient, md5(:recipient), :subject_line, :body,"
            " :attachment, :follows_id, 1, :state,"
            " now() + make_interval(secs => :useful), now() + make_interval(secs => :due),"
            " :attempts, :checks, :repeated, now() + make_interval(secs => :lease),"
            " now() - make_interval(secs => :tried), :provider_id, now())",
            **{
                "id": message_id,
                "poster": "announcements",
                "subject": new_id(),
                "channel": "sms",
                "recipient": "+37120000001",
                "subject_line": None,
                "body": "Tikšanās rīt",
                "attachment": None,
                "follows_id": None,
                "state": state,
                "useful": 86_400.0,
                "due": due,
                "attempts": 0 if state == "queued" else 1,
                "checks": 0,
                "repeated": False,
                "lease": LEASE if state == "sending" else None,
                "tried": None if state == "queued" else 0.0,
                "provider_id": None,
            }
            | values,
        )
        return message_id

    def report(self, message_id: uuid.UUID, status: str, *, sid: str = "SM1", error: str | None = None) -> None:
        """Put a receipt there, as the hook does."""
        self._house.sql(
            "INSERT INTO receipts (id, message_id, provider_id, status, error_code, received_at)"
            " VALUES (:id, :message, :sid, :status, :error, clock_timestamp())",
            id=new_id(),
            message=message_id,
            sid=sid,
            status=status,
            error=error,
        )

    def row(self, message_id: uuid.UUID, *columns: str) -> dict[str, Any]:
        """These columns of a message; times as whole seconds from now."""
        (row,) = self._house.sql("SELECT *, clock_timestamp() AS now FROM messages WHERE id = :id", id=message_id)
        now = row["now"]
        shown = {name: row[name] for name in columns}
        return {
            name: round((value - now).total_seconds()) if isinstance(value, datetime) else value
            for name, value in shown.items()
        }

    def in_hand(self, message_id: uuid.UUID) -> Claimed:
        """A message as a worker holds it that has just claimed it."""
        (row,) = self._house.sql(
            "SELECT id, recipient, body, useful_until, attempts, attempted_at, checks, repeated, created_at"
            " FROM messages WHERE id = :id",
            id=message_id,
        )
        return Claimed(**row)

    def change(self, message_id: uuid.UUID, **values: Any) -> None:
        """Change columns of a message, as if it had happened."""
        changes = ", ".join(f"{name} = :{name}" for name in values)
        self._house.sql(f"UPDATE messages SET {changes} WHERE id = :id", id=message_id, **values)

    def moment(self, seconds: float) -> datetime:
        """A moment so many seconds from now, by the database's clock."""
        statement = "SELECT clock_timestamp() + make_interval(secs => :seconds) AS moment"
        moment: datetime = self._house.sql(statement, seconds=seconds)[0]["moment"]
        return moment

    def states(self) -> dict[uuid.UUID, str]:
        """The state of every message."""
        return {row["id"]: row["state"] for row in self._house.sql("SELECT id, state FROM messages")}
