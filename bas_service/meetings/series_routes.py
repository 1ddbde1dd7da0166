"""Endpoints of series: meetings that repeat."""

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from flask import g

from bas_service.access.gate import gate, only_looks
from bas_service.access.rules import Role
from bas_service.http.bodies import Blueprint
from bas_service.http.concurrency import changes_a_version, check_if_match
from bas_service.http.idempotency import answers_once
from bas_service.http.paging import Page, page_of, read_cursor
from bas_service.http.requests import language_asked_for
from bas_service.meetings import queries, series, series_queries
from bas_service.meetings.series_models import Series
from bas_service.meetings.series_schemas import (
    CancelSeries,
    ChangeSeries,
    PlanSeries,
    PreviewSeries,
    SeriesPage,
    SeriesPreview,
    SeriesView,
    SeriesWithMeetings,
)

blueprint = Blueprint("series", __name__, url_prefix="/api/v1", description="Meetings that repeat")

MEETING_ROLES = (Role.SPECIALIST, Role.SUPERVISOR)


@blueprint.route("/series", methods=["POST"])
@gate(*MEETING_ROLES)
@answers_once
@blueprint.arguments(PlanSeries)
@blueprint.response(201, SeriesWithMeetings)
def plan(form: dict[str, Any]) -> dict[str, Any]:
    """Repeat a meeting: what is near is laid out at once, the rest day by day; what clashes is listed.

    The representatives are told of the first at once, and of each other one some days before it.
    """
    return _view(*series.plan_series(form, by=g.asking.account_id))


@blueprint.route("/series/preview", methods=["POST"])
@gate(*MEETING_ROLES)
@only_looks
@blueprint.arguments(PreviewSeries)
@blueprint.response(200, SeriesPreview)
def preview(form: dict[str, Any]) -> dict[str, Any]:
    """What a series would be, up to a year ahead, and what of it clashes; nothing is planned."""
    return series.preview_series(form, by=g.asking.account_id, language=language_asked_for())


@blueprint.route("/series/<uuid:series_id>")
@gate(*MEETING_ROLES)
@blueprint.response(200, SeriesWithMeetings)
def show(series_id: uuid.UUID) -> dict[str, Any]:
    """One series."""
    return _view(series_queries.series_in_sight(series_id))


@blueprint.route("/series/<uuid:series_id>", methods=["PATCH"])
@gate(*MEETING_ROLES)
@changes_a_version
@answers_once
@blueprint.arguments(ChangeSeries)
@blueprint.response(200, SeriesWithMeetings)
def change(form: dict[str, Any], series_id: uuid.UUID) -> dict[str, Any]:
    """Change what is planned ahead, from a day on or all of it; the answer is the series that goes on.

    From a day on, that is a new one, which `continues` this one. Whoever was told of a meeting is told of its change.
    """
    found = _series_to_change(series_id)
    return _view(*series.change_series(found, form, by=g.asking.account_id))


@blueprint.route("/series/<uuid:series_id>/cancel", methods=["POST"])
@gate(*MEETING_ROLES)
@changes_a_version
@answers_once
@blueprint.arguments(CancelSeries)
@blueprint.response(200, SeriesWithMeetings)
def cancel(form: dict[str, Any], series_id: uuid.UUID) -> dict[str, Any]:
    """Call off what is planned ahead, from a day on or all of it; whoever was told of a meeting is told so."""
    found = _series_to_change(series_id)
    series.cancel_series(found, form)
    return _view(found)


@blueprint.route("/children/<uuid:child_id>/series")
@gate(*MEETING_ROLES)
@blueprint.arguments(Page, location="query")
@blueprint.response(200, SeriesPage)
def page(wanted: dict[str, Any], child_id: uuid.UUID) -> dict[str, Any]:
    """The series of a child in the order they were made, those that are over included."""
    after = read_cursor(wanted.get("cursor"), datetime.fromisoformat, uuid.UUID)
    found = series_queries.series_page(child_id, after=after, limit=wanted["limit"])
    views = series_queries.views_of(found[: wanted["limit"]], language_asked_for())
    return page_of(views, wanted["limit"], "created_at", "id", more=len(found) > wanted["limit"])


def _view(found: Series, warnings: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    meetings = queries.views_of(series_queries.planned_ahead(found.id, since=date.min))
    return series_queries.views_of([found], language_asked_for())[0] | {
        "meetings": meetings,
        "warnings": list(warnings),
    }


def _series_to_change(series_id: uuid.UUID) -> Series:
    found = series_queries.series_in_sight(series_id, lock=True)
    current = SeriesView()
    check_if_match(
        found.version,
        current=lambda: current.dump(series_queries.views_of([found], language_asked_for())[0]),
    )
    return found
