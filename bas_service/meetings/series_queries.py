"""Reads of series with their meetings; row-level security leaves those of children in sight."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from bas_service import clock
from bas_service.children.queries import child_in_sight, of_child_in_sight
from bas_service.database import db, rows
from bas_service.http.looks import looked_at
from bas_service.meetings.models import Meeting
from bas_service.meetings.repetition import moment_of
from bas_service.meetings.series_models import Series
from bas_service.meetings.series_words import words_of
from bas_service.translation import Language

# Which of these occasions overlap a meeting of the specialist or the child; those of ``:but`` do not count.
_CLASHES = """
    SELECT occasion.number FROM unnest(CAST(:starts AS timestamptz[]), CAST(:ends AS timestamptz[]))
        WITH ORDINALITY AS occasion (starts_at, ends_at, number)
    WHERE EXISTS (SELECT FROM meetings m WHERE m.state IN ('planned', 'under_way') AND m.id <> ALL (:but)
        AND m.specialist_id = :specialist
        AND tstzrange(m.starts_at, m.ends_at) && tstzrange(occasion.starts_at, occasion.ends_at))
    OR EXISTS (SELECT FROM meetings m WHERE m.state IN ('planned', 'under_way') AND m.id <> ALL (:but)
        AND m.child_id = :child
        AND tstzrange(m.starts_at, m.ends_at) && tstzrange(occasion.starts_at, occasion.ends_at))
"""
# Whose days have come near enough to be laid out; the worker asks.
_TO_LAY_OUT = "SELECT id FROM series WHERE next_day <= :until ORDER BY next_day, id LIMIT :most"


def series_in_sight(series_id: uuid.UUID, *, lock: bool = False) -> Series:
    """A series of a child in sight, with the child held when it is to be changed; raises ``NotFound``."""
    return of_child_in_sight(Series, series_id, lock=lock)


def series_page(child_id: uuid.UUID, *, after: list[Any] | None, limit: int) -> list[Series]:
    """The series of a child in sight in the order they were made, one more than ``limit`` when there are more."""
    child_in_sight(child_id)
    statement = select(Series).where(Series.child_id == child_id).order_by(Series.created_at, Series.id)
    if after is not None:
        moment, last_id = after
        same = (Series.created_at == moment) & (Series.id > last_id)
        statement = statement.where((Series.created_at > moment) | same)
    return list(db.session.scalars(statement.limit(limit + 1)))


def running_of_case(case_id: uuid.UUID) -> list[Series]:
    """The running series of a case whose child is held."""
    statement = select(Series).where(Series.case_id == case_id, Series.state == "running")
    return list(db.session.scalars(statement.order_by(Series.id)))


def accompaniments_running(child_id: uuid.UUID) -> list[Series]:
    """The running series of a held child in which it is taken somewhere."""
    statement = select(Series).where(
        Series.child_id == child_id, Series.state == "running", Series.kind == "accompaniment"
    )
    return list(db.session.scalars(statement.order_by(Series.id)))


def series_to_lay_out(until: date, *, most: int) -> list[uuid.UUID]:
    """Series with a day up to ``until`` that is not laid out, the earliest first."""
    return [row["id"] for row in rows(_TO_LAY_OUT, until=until, most=most)]


def planned_ahead(series_id: uuid.UUID, *, since: date) -> list[Meeting]:
    """The planned meetings of a series, not begun, that stand for its days from ``since`` on; by these days."""
    statement = select(Meeting).where(
        Meeting.series_id == series_id,
        Meeting.state == "planned",
        Meeting.starts_at > clock.now(),
        Meeting.series_day >= since,
    )
    return list(db.session.scalars(statement.order_by(Meeting.series_day)))


def days_taken(series_id: uuid.UUID) -> set[date]:
    """The days of a series for which there is a meeting, whatever became of it."""
    found = rows("SELECT series_day FROM meetings WHERE series_id = :series", series=series_id)
    return {row["series_day"] for row in found}


def clashes_of(
    occasions: list[tuple[datetime, datetime]],
    *,
    specialist_id: uuid.UUID,
    child_id: uuid.UUID,
    but: list[uuid.UUID] | None = None,
) -> set[int]:
    """Which of these times (by their place in the list) overlap a meeting that this account may see, but for some."""
    found = rows(
        _CLASHES,
        starts=[starts_at for starts_at, _ in occasions],
        ends=[ends_at for _, ends_at in occasions],
        specialist=specialist_id,
        child=child_id,
        but=but or [],
    )
    return {row["number"] - 1 for row in found}


def views_of(found: list[Series], language: Language) -> list[dict[str, Any]]:
    """Series as they go out, each with its rule in words."""
    looked_at(series.child_id for series in found)
    return [_view(series, language) for series in found]


def _view(series: Series, language: Language) -> dict[str, Any]:
    plan = series.plan
    return {column.name: getattr(series, column.name) for column in Series.__table__.columns} | {
        "rule_in_words": words_of(plan, language),
        "starts_at": moment_of(plan.first_day, plan.clock),
        "clock": f"{plan.clock:%H:%M}",
        "place": {"type": series.place_type, "name": series.place_name, "address": series.place_address},
        "accompaniment": (
            {"institution": series.institution, "purpose": series.purpose} if series.institution else None
        ),
        "except_dates": sorted(series.except_dates),
        "not_planned": [
            {"starts_at": moment_of(day, plan.clock), "why": one["why"]}
            for one in series.not_planned
            for day in [date.fromisoformat(one["day"])]
            if day >= clock.today()
        ],
    }
