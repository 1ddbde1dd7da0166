"""A family with repeating meetings, and a worker that lays out when it is told to."""

from datetime import date, time, timedelta
from typing import Any

from flask import Flask

from bas_service import clock
from bas_service.database import transaction
from bas_service.meetings.repetition import moment_of
from bas_service.meetings.series_jobs import lay_out_series, series_to_lay_out
from tests.builders import House
from tests.callers import done

WEEK = timedelta(days=7)
AWAY = {"type": "address", "name": "Muzejs", "address": "Krasta iela 2"}


class Family:
    """Anna, her mother and her specialist; a worker that lays out when it is told to."""

    def __init__(self, house: House, worker_app: Flask) -> None:
        self.house, self.worker_app = house, worker_app
        self.supervisor = house.a_supervisor()
        self.specialist = house.a_specialist(self.supervisor)
        family = house.a_family(self.supervisor, self.specialist)
        self.child, self.mother, self.case = family["child"], family["representative"], family["case"]

    def repeat(self, **more: Any) -> dict[str, Any]:
        """A series, each week from the day after tomorrow on if not said otherwise."""
        return self.house.a_series(self.specialist, self.child, **more)

    def now(self, series: dict[str, Any]) -> dict[str, Any]:
        """A series as it is now."""
        return done(self.specialist.get(f"series/{series['id']}"))

    def change(self, series: dict[str, Any], **form: Any) -> dict[str, Any]:
        """Change a series as it is now; ``since`` is a day."""
        since = {"from": form.pop("since")} if "since" in form else {}
        return done(self.specialist.change(f"series/{series['id']}", self.now(series), since | form))

    def cancel(self, series: dict[str, Any], **form: Any) -> dict[str, Any]:
        """Cancel a series as it is now."""
        form = {"reason": "child_ill"} | form
        return done(self.specialist.act(f"series/{series['id']}/cancel", self.now(series), form))

    def history(self, meeting: dict[str, Any]) -> list[tuple[int, str, str | None]]:
        """The steps of a meeting and who took them."""
        steps = done(self.specialist.get(f"meetings/{meeting['id']}/history"))["items"]
        return [(step["version"], step["step"], step["by"] and step["by"]["id"]) for step in steps]

    def work(self) -> int:
        """Let a worker lay out once what there is; how many days could not be planned."""
        with self.worker_app.app_context():
            with transaction():
                found = series_to_lay_out()
            refused = 0
            for series_id in found:
                with transaction():
                    refused += lay_out_series(series_id)
            return refused

    def let_days_pass(self, days: int) -> None:
        """Let a series be laid out as if that had been so many days ago."""
        self.house.sql("DELETE FROM announcements")
        self.house.sql("DELETE FROM messages")
        last = clock.today() + timedelta(days=56 - days)
        later = "meetings WHERE series_day > :last"
        self.house.sql(f"DELETE FROM meeting_events WHERE meeting_id IN (SELECT id FROM {later})", last=last)
        self.house.sql(f"DELETE FROM {later}", last=last)
        self.house.sql(
            "UPDATE series SET next_day = 7 + (SELECT max(series_day) FROM meetings WHERE series_id = series.id)"
        )

    def texts(self) -> list[tuple[str, str, date]]:
        """Each text that is queued or has gone out: why, its state, the meeting's day in Riga."""
        found = self.house.sql(
            "SELECT a.reason, msg.state, m.starts_at FROM announcements a JOIN messages msg ON msg.id = a.message_id"
            " JOIN meetings m ON m.id = a.meeting_id WHERE msg.state <> 'withdrawn'"
            " ORDER BY m.starts_at, a.created_at, a.id"
        )
        return [(row["reason"], row["state"], clock.in_riga(row["starts_at"]).date()) for row in found]

    def let_what_is_due_go_out(self) -> None:
        """Let the texts that are due be handed over."""
        self.house.sql(
            "UPDATE messages SET state = 'handed_over', handed_over_at = now()"
            " WHERE state = 'queued' AND next_attempt_at <= now()"
        )

    def duties(self) -> list[tuple[str, str]]:
        """The specialist's open duties: kind and words."""
        return [(duty["kind"], duty["text"]) for duty in done(self.specialist.get("duties"))["items"]]


def in_two_days() -> date:
    """The first day of a series as the builder makes it."""
    return clock.today() + timedelta(days=2)


def at_three(day: date) -> str:
    """Three o'clock in Riga on a day, as it goes out."""
    return moment_of(day, time(15)).isoformat().replace("+00:00", "Z")


def weekly(first: date, number: int) -> list[date]:
    """So many days, a week apart."""
    return [first + WEEK * times for times in range(number)]


def starts(series: dict[str, Any]) -> list[str]:
    """When the planned meetings of a series are."""
    return [meeting["starts_at"] for meeting in series["meetings"]]
