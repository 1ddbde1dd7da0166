"""A family whom texts may not reach, and a worker that looks for that when it is told to."""

from datetime import datetime, timedelta
from typing import Any

from flask import Flask

from bas_service import clock
from bas_service.database import transaction
from bas_service.meetings.jobs import unreached_before_meetings
from tests.builders import House
from tests.callers import Phone, done

BY_EMAIL_ONLY = {"channels": ["email"], "email": "tetis@example.lv", "phone": None}


class Family:
    """Anna, her mother, her specialist, and a worker that looks when it is told to."""

    def __init__(self, house: House, worker_app: Flask) -> None:
        self.house = house
        self.supervisor = house.a_supervisor()
        self.specialist = house.a_specialist(self.supervisor)
        family = house.a_family(self.supervisor, self.specialist)
        self.child, self.mother, self.case = family["child"], family["representative"], family["case"]
        self.worker_app = worker_app

    def plan(self, *, state: str = "queued", **more: Any) -> dict[str, Any]:
        """A planned meeting, and how far its texts have come."""
        meeting = self.house.a_meeting(self.specialist, self.child, **more)
        self.house.hand_over_messages(state)
        return meeting

    def look(self) -> int:
        """Let the worker look once; how many duties are new."""
        with self.worker_app.app_context(), transaction():
            return unreached_before_meetings()

    def duties(self, phone: Phone | None = None, state: str = "open") -> list[dict[str, Any]]:
        """The duties of somebody, the specialist's by default."""
        return done((phone or self.specialist).get(f"duties?state={state}"))["items"]

    def occasions(self, state: str = "open") -> list[str]:
        """Of the specialist's and the supervisor's duties about the unreached: which telling of whom."""
        found = self.house.sql(
            "SELECT kind, occasion FROM duties WHERE state = :state AND kind LIKE 'representative-unreached%'"
            " ORDER BY kind, occasion",
            state=state,
        )
        return [self._named(row) for row in found]

    def _named(self, row: dict[str, Any]) -> str:
        names = {
            row["id"]: row["name"].split()[0] for row in self.house.sql("SELECT id::text, name FROM representatives")
        }
        telling, whom, *number = row["occasion"].split("/")
        which = " ".join([telling, names.get(whom, whom), *number])
        return f"escalated {which}" if row["kind"].endswith("escalated") else which

    def texts_are(self, state: str) -> None:
        """Let every text that did not arrive come to this state."""
        self.house.sql(
            "UPDATE messages SET state = :state, handed_over_at = now()"
            " WHERE state IN ('queued', 'failed', 'uncertain', 'handed_over')",
            state=state,
        )

    def draw_near(self, minutes: float) -> datetime:
        """Let the meetings begin in so many minutes."""
        starts_at = clock.now() + timedelta(minutes=minutes)
        self.house.sql(
            "UPDATE meetings SET starts_at = :at, ends_at = :at + interval '1 hour', expected_minutes = 60",
            at=starts_at,
        )
        self.house.sql("UPDATE messages SET useful_until = :at", at=starts_at)
        return starts_at

    def act(self, meeting: dict[str, Any], action: str, form: dict[str, Any]) -> dict[str, Any]:
        """Do something with the meeting as it is now."""
        present = done(self.specialist.get(f"meetings/{meeting['id']}"))
        return done(self.specialist.act(f"meetings/{meeting['id']}/{action}", present, form))

    def correct(self, representative: dict[str, Any], **form: Any) -> dict[str, Any]:
        """Correct what is known of a representative."""
        return done(self.supervisor.change(f"representatives/{representative['id']}", representative, form))

    def tell(self, meeting: dict[str, Any], **form: Any) -> Any:
        """Record that the mother was told by telephone."""
        told = {"representative_id": self.mother["id"], "means": "phone"} | form
        return self.specialist.post(f"meetings/{meeting['id']}/told", told)
