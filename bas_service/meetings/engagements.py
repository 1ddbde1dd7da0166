"""Reads of where a child has to be, and of when a specialist is busy (D9)."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from bas_service.database import rows
from bas_service.meetings.appointment_rules import spans_between
from bas_service.meetings.week_rules import Span, WeekLimit

# Meetings that are, or were, and everybody else's appointments; none is longer than a day. Those cancelled are over
# since. One statement, because whoever plans waits for it.
_ENGAGEMENTS = """
    SELECT 'meeting' AS source, id, starts_at, expected_minutes AS minutes, NULL AS rule,
        CAST('{{}}' AS date[]) AS days_off, NULL AS over_at, state, kind, specialist_id, place_type{meeting}
    FROM meetings
    WHERE child_id = :child AND state IN ('planned', 'under_way', 'held')
        AND id IS DISTINCT FROM CAST(:without AS uuid)
        AND starts_at > CAST(:since AS timestamptz) - interval '1 day'
        AND starts_at < CAST(:until AS timestamptz) AND ends_at > CAST(:since AS timestamptz)
    UNION ALL
    SELECT 'appointment', id, starts_at, minutes, rule, days_off, over_at, state, NULL, NULL, NULL{appointment}
    FROM appointments
    WHERE child_id = :child AND starts_at < CAST(:until AS timestamptz)
        AND (over_at IS NULL OR over_at > CAST(:since AS timestamptz))
"""
# With the policies of meetings (there are few), also when the child has to be nowhere at all.
_POLICIES = """
    SELECT jsonb_agg(jsonb_build_object('valid_from', valid_from, 'week_limit', week_limit,
        'office_hours', office_hours) ORDER BY valid_from DESC) AS policies FROM meeting_policies
"""
_WITH_POLICIES = f"SELECT one.*, known.policies FROM ({_POLICIES}) known LEFT JOIN ({{engagements}}) one ON true"  # noqa: S608
# What and where, sealed, by the table that it comes from.
_WORDS = {
    **{name: f"meetings.{name}" for name in ("place_name", "place_address", "institution")},
    **{name: f"appointments.{name}" for name in ("title", "place", "asked_by")},
}
# The same as JSON, for ``engaged_in``: a column of a statement that asks anyway.
ENGAGED = f"""
    jsonb_build_object('policies', ({_POLICIES}), 'engagements', (SELECT coalesce(jsonb_agg(to_jsonb(one)), '[]')
        FROM ({_ENGAGEMENTS.format(meeting="", appointment="")}) one))
"""  # noqa: S608
_IN_TIMES = _WITH_POLICIES.format(engagements=_ENGAGEMENTS.format(meeting="", appointment=""))
_IN_WORDS = _WITH_POLICIES.format(
    engagements=_ENGAGEMENTS.format(
        **{
            table: "".join(
                f", {name if of == f'{table}s.{name}' else 'NULL'} AS {name}" for name, of in _WORDS.items()
            )
            for table in ("meeting", "appointment")
        }
    )
)


@dataclass(frozen=True, kw_only=True)
class Engagement:
    """One time at which the child has to be somewhere, and what is known of it."""

    span: Span
    known: dict[str, Any]

    @property
    def is_meeting(self) -> bool:
        """Whether it is ours; otherwise another institution's appointment."""
        return bool(self.known["source"] == "meeting")


@dataclass(frozen=True, kw_only=True)
class Engaged:
    """Where a child has to be within a time, by the start, and the policies of meetings, the latest first."""

    engagements: list[Engagement]
    policies: list[dict[str, Any]]

    @property
    def spans(self) -> list[Span]:
        """The times alone."""
        return [one.span for one in self.engagements]

    def limit_on(self, day: date) -> WeekLimit:
        """What a child's week may hold that begins on this day (D9)."""
        return WeekLimit(**self._policy_on(day)["week_limit"])

    def office_hours_on(self, day: date) -> tuple[time, time] | None:
        """From when until when it is office hours on a day; ``None`` when not at all."""
        hours = self._policy_on(day)["office_hours"][str(day.isoweekday())]
        return hours and (time.fromisoformat(hours["from"]), time.fromisoformat(hours["until"]))

    def _policy_on(self, day: date) -> dict[str, Any]:
        # Before there were any, the first one is as good as any guess.
        in_force = (one for one in self.policies if one["valid_from"] <= day.isoformat())
        return next(in_force, self.policies[-1])


def engagements_of(
    child_id: uuid.UUID, within: Span, *, without: uuid.UUID | None = None, in_words: bool = False
) -> Engaged:
    """Where a child in sight has to be within a time: meetings and appointments, each time of those that repeat.

    ``without`` leaves a meeting out; ``in_words`` also what and where. One statement.
    """
    found = rows(
        _IN_WORDS if in_words else _IN_TIMES,
        sealed=_WORDS if in_words else None,
        child=child_id,
        without=without,
        since=within.starts_at,
        until=within.ends_at,
    )
    return _engaged([row for row in found if row["id"] is not None], within, found[0]["policies"])


def engaged_in(spelled: dict[str, Any], within: Span) -> Engaged:
    """What a statement with the column ``ENGAGED`` says of a child."""
    found = [
        row
        | {
            "starts_at": datetime.fromisoformat(row["starts_at"]),
            "days_off": [date.fromisoformat(day) for day in row["days_off"]],
            "over_at": row["over_at"] and datetime.fromisoformat(row["over_at"]),
        }
        for row in spelled["engagements"]
    ]
    return _engaged(found, within, spelled["policies"])


def _engaged(found: list[dict[str, Any]], within: Span, policies: list[dict[str, Any]]) -> Engaged:
    engagements = [Engagement(span=span, known=row) for row in found for span in _spans_of(row, within)]
    return Engaged(
        engagements=sorted(engagements, key=lambda one: (one.span, str(one.known["id"]))), policies=policies
    )


def _spans_of(row: dict[str, Any], within: Span) -> Iterator[Span]:
    found = spans_between(row["starts_at"], row["minutes"], row["rule"], days_off=row["days_off"], within=within)
    return (one for one in found if row["over_at"] is None or one.starts_at < row["over_at"])


def busy_times_of(
    specialist_ids: list[uuid.UUID], within: Span, *, without: uuid.UUID | None = None
) -> list[dict[str, Any]]:
    """When specialists are at a meeting with any child, or absent: no child is named, so none is looked at."""
    return rows(
        "SELECT specialist_id, starts_at, ends_at, place_type FROM busy_times(:specialists, :since, :until, :without)"
        " ORDER BY starts_at, ends_at",
        specialists=specialist_ids,
        since=within.starts_at,
        until=within.ends_at,
        without=without,
    )


def specialists_by_day(child_id: uuid.UUID, *, asking: uuid.UUID, first: date, last: date) -> dict[date, uuid.UUID]:
    """Whose meeting one with the child would be on each day, if ``asking`` planned it; nothing without an open case.

    The responsible specialist's, or the asker's on the days on which they stand in (D3).
    """
    found = rows(
        "SELECT CAST(day AS date) AS day,"
        " CASE WHEN stands_in(:asking, c.specialist_id, c.child_id, CAST(day AS date)) THEN :asking"
        " ELSE c.specialist_id END AS specialist_id"
        " FROM cases c"
        " CROSS JOIN generate_series(CAST(:first AS timestamp), CAST(:last AS timestamp), '1 day') AS day"
        " WHERE c.child_id = :child AND c.state = 'open' ORDER BY day",
        child=child_id,
        asking=asking,
        first=first,
        last=last,
    )
    return {row["day"]: row["specialist_id"] for row in found}
