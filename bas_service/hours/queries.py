"""Reads of hours: the figures, and the lines noted by hand."""

import uuid
from datetime import date
from typing import Any

from sqlalchemy import select

from bas_service import clock
from bas_service.access.rules import Role
from bas_service.children.queries import child_in_sight
from bas_service.database import db, rows
from bas_service.errors import NotFound
from bas_service.hours.models import PartnerWork
from bas_service.hours.rules import By, Nameless, week_named
from bas_service.http.looks import looked_at
from bas_service.meetings.rules import MeetingState

# What ``worked_time`` measures: minutes, of which those on the way are part of those with children; and meetings.
_WORKED = ("with_children", "travel", "partners", "paper")
_COUNTED = ("travel_not_noted", *MeetingState)
_SUMS = ", ".join(
    f"coalesce(sum(amount) FILTER (WHERE measure = '{measure}'), 0)::bigint AS {measure}"
    for measure in (*_WORKED, "on_the_way", *_COUNTED)
)

# For each way to add up: the rank, the place and the id by which rows stand in order, and whose names they carry.
_PLACES = {
    By.SPECIALIST: "0 AS rank, a.name AS place, a.id::text AS key, NULL AS given_name, NULL AS family_name"
    " FROM s JOIN accounts a ON a.id = s.specialist_id",
    By.CHILD: "CASE WHEN s.child_id IS NOT NULL THEN 0 WHEN s.is_out_of_sight THEN 1 ELSE 2 END AS rank,"
    " coalesce(ch.sort_key, '') AS place, coalesce(ch.id::text, '') AS key, ch.given_name, ch.family_name"
    " FROM s LEFT JOIN children ch ON ch.id = s.child_id",
    By.WEEK: "0 AS rank, s.week::text AS place, '' AS key, NULL AS given_name, NULL AS family_name FROM s",
}
# That there were none is worth seeing, too: of a week, and of a colleague.
_NONE_AT_ALL = {
    By.SPECIALIST: "UNION ALL SELECT id, NULL, NULL, false, 'none', 0 FROM accounts WHERE active AND role = :role"
    " AND (id = :asking OR supervisor_id = :asking) AND id = coalesce(:only, id)",
    By.CHILD: "",
    By.WEEK: "UNION ALL SELECT NULL, monday::date, NULL, false, 'none', 0 FROM generate_series("
    "date_trunc('week', CAST(:first AS timestamp)), CAST(:last AS timestamp), '7 days') AS monday",
}
# One row for the whole, and a page of the rows that make it up.
_FIGURES = """
    WITH s AS (
        SELECT * FROM worked_time(:only, :first, :last, :now)
            WHERE CAST(:child AS uuid) IS NULL OR child_id = :child
        {none_at_all}
    ), placed AS (SELECT s.measure, s.amount, {places}), figures AS (
        SELECT grouping(key) = 1 AS is_whole, rank, place, key, min(given_name) AS given_name,
            min(family_name) AS family_name, {sums}
        FROM placed GROUP BY GROUPING SETS ((rank, place, key), ())
    )
    SELECT * FROM figures
    WHERE is_whole OR CAST(:after_rank AS integer) IS NULL
        OR (rank, place, key) > (:after_rank, :after_place, :after_key)
    ORDER BY is_whole DESC, rank, place, key LIMIT :limit
"""


def hours(
    wanted: dict[str, Any], *, first: date, last: date, asking: uuid.UUID, after: list[Any] | None
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The hours of these days in Riga, both included: all of them, and the rows of a page, one more when there are.

    Of whoever asks or of the asking supervisor's team; one statement.
    """
    by: By = wanted["by"]
    after_rank, after_place, after_key = after or (None, None, None)
    statement = _FIGURES.format(none_at_all=_NONE_AT_ALL[by], places=_PLACES[by], sums=_SUMS)
    whole, *found = rows(
        statement,
        only=wanted.get("specialist_id"),
        child=wanted.get("child_id"),
        first=first,
        last=last,
        now=clock.now(),
        asking=asking,
        role=Role.SPECIALIST,
        after_rank=after_rank,
        after_place=after_place,
        after_key=after_key,
        limit=wanted["limit"] + 2,
    )
    items = [_figures_of(row) | _named(by, row, first=first, last=last) for row in found]
    looked_at(one["child"]["id"] for one in items[: wanted["limit"]] if one["child"])
    return _figures_of(whole), items


def _figures_of(row: dict[str, Any]) -> dict[str, Any]:
    return {
        **{f"{name}_minutes": row[name] for name in (*_WORKED, "on_the_way")},
        "total_minutes": sum(row[name] for name in _WORKED),
        "travel_not_noted": row["travel_not_noted"],
        "meetings": {state: row[state] for state in MeetingState},
    }


def _named(by: By, row: dict[str, Any], *, first: date, last: date) -> dict[str, Any]:
    """Whose hours a row holds, and its place in the order."""
    named: dict[str, Any] = {"specialist": None, "child": None, "nameless": None, "week": None}
    if by is By.WEEK:
        named["week"] = week_named(date.fromisoformat(row["place"]), first=first, last=last)
    elif by is By.SPECIALIST:
        named["specialist"] = {"id": uuid.UUID(row["key"]), "name": row["place"]}
    elif row["key"]:
        names = {name: row[name] for name in ("given_name", "family_name")}
        named["child"] = {"id": uuid.UUID(row["key"])} | names
    else:
        named["nameless"] = Nameless.OUT_OF_SIGHT if row["rank"] == 1 else Nameless.NO_CHILD
    return named | {name: row[name] for name in ("rank", "place", "key")}


def check_asked_for(wanted: dict[str, Any], *, asking: uuid.UUID) -> None:
    """Hours are of oneself or one's team, of those who left too, and with a child in sight: ``NotFound``."""
    if "specialist_id" in wanted and not rows(
        "SELECT FROM accounts WHERE id = :id AND role = :role AND :asking IN (id, supervisor_id)",
        id=wanted["specialist_id"],
        role=Role.SPECIALIST,
        asking=asking,
    ):
        raise NotFound()
    if "child_id" in wanted:
        child_in_sight(wanted["child_id"])


def lines_page(wanted: dict[str, Any], *, after: list[Any] | None) -> list[PartnerWork]:
    """Lines in sight that were not withdrawn, by their day, one more than ``limit`` when there are more."""
    statement = select(PartnerWork).where(PartnerWork.withdrawn_at.is_(None))
    statement = statement.order_by(PartnerWork.day, PartnerWork.id).limit(wanted["limit"] + 1)
    if "since" in wanted:
        statement = statement.where(PartnerWork.day >= wanted["since"])
    if "until" in wanted:
        statement = statement.where(PartnerWork.day <= wanted["until"])
    for name in ("specialist_id", "child_id"):
        if name in wanted:
            statement = statement.where(getattr(PartnerWork, name) == wanted[name])
    if after is not None:
        day, last_id = after
        statement = statement.where((PartnerWork.day > day) | ((PartnerWork.day == day) & (PartnerWork.id > last_id)))
    found = list(db.session.scalars(statement))
    looked_at(line.child_id for line in found[: wanted["limit"]] if line.child_id)
    return found


def line_in_sight(line_id: uuid.UUID, *, by: uuid.UUID) -> PartnerWork:
    """A line that this specialist noted, still in sight; raises ``NotFound``."""
    line = db.session.get(PartnerWork, line_id)
    if line is None or line.specialist_id != by:
        raise NotFound()
    if line.child_id:
        looked_at([line.child_id])
    return line


def view_of(line: PartnerWork) -> dict[str, Any]:
    """A line as it goes out."""
    return {column.name: getattr(line, column.name) for column in PartnerWork.__table__.columns}
