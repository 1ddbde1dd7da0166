"""Endpoints of calendars outside: made and revoked by whoever is signed in, read by whoever has the address."""

import uuid
from typing import Any

from flask import Response, current_app, g, request

from bas_service import clock
from bas_service.access import trace
from bas_service.access.gate import gate, open_to_all
from bas_service.access.rules import Role
from bas_service.calendars import entries, queries, service
from bas_service.calendars.models import CalendarFeed
from bas_service.calendars.schemas import FeedsList, FeedView, MakeFeed, NewFeedView
from bas_service.database import transaction
from bas_service.errors import Refusal
from bas_service.http.bodies import Blueprint
from bas_service.http.concurrency import changes_a_version, check_if_match
from bas_service.http.fields import Nothing
from bas_service.http.idempotency import answers_once
from bas_service.http.problems import problem_of
from bas_service.http.specification import PREFIX, may_answer

blueprint = Blueprint("calendars", __name__, description="Meetings in a calendar outside")

CALENDAR = "text/calendar"


@blueprint.route(f"{PREFIX}/calendar-feeds", methods=["POST"])
@gate(Role.SPECIALIST)
@may_answer(409)
@blueprint.arguments(MakeFeed)
@blueprint.response(201, NewFeedView)
def make_feed(form: dict[str, Any]) -> dict[str, Any]:
    """Give a calendar outside an address; it is shown this once, and not remembered for a repeat either.

    Whoever lost the answer revokes the calendar and makes another one.
    """
    feed, secret = service.make_feed(form, by=g.asking.account_id)
    address = f"{current_app.config['BAS'].public_url}/calendar/{secret}.ics"
    return {name: getattr(feed, name) for name in FeedView().fields} | {"address": address}


@blueprint.route(f"{PREFIX}/calendar-feeds")
@gate(Role.SPECIALIST)
@blueprint.response(200, FeedsList)
def feeds() -> dict[str, Any]:
    """The calendars that may read one's meetings."""
    return {"items": queries.own_feeds(g.asking.account_id), "next": None}


@blueprint.route(f"{PREFIX}/calendar-feeds/<uuid:calendar_feed_id>/revoke", methods=["POST"])
@gate(Role.SPECIALIST)
@changes_a_version
@answers_once
@blueprint.arguments(Nothing)
@blueprint.response(200, FeedView)
def revoke_feed(_nothing: dict[str, Any], calendar_feed_id: uuid.UUID) -> CalendarFeed:
    """Take a calendar's access back: its address leads nowhere from now on."""
    feed = queries.own_feed(calendar_feed_id)
    check_if_match(feed.version, current=lambda: FeedView().dump(feed))
    service.revoke_feed(feed)
    return feed


@blueprint.route("/calendar/<secret>.ics")
@open_to_all
@may_answer(429)
@blueprint.response(200, {"type": "string"}, content_type=CALENDAR)
@blueprint.alt_response(304, description="Nothing changed since", success=True)
def calendar(secret: str) -> Response:
    """The calendar with this secret (RFC 5545), for any program that subscribes to one.

    A secret that was made up, one that was revoked and one whose owner is not in service any more get the same 404.
    """
    with transaction():
        outcome = service.open_feed(secret, address=request.remote_addr or "")
        response = problem_of(outcome) if isinstance(outcome, Refusal) else _answer_of(outcome)
        if response.status_code == 200 and isinstance(outcome, service.Opened):
            trace.leave_trace(outcome.feed_id, action=request.endpoint or "", changed=False, request_id=g.request_id)
    return response


def _answer_of(opened: service.Opened) -> Response:
    response = Response(status=304)
    # Weak: the same entries are written down at another time.
    if not request.if_none_match.contains_weak(opened.mark):
        shown = entries.calendar_of(opened.entries, language=opened.language, now=clock.now())
        response = Response(shown, content_type=f"{CALENDAR}; charset=utf-8")
    response.set_etag(opened.mark, weak=True)
    response.headers["Cache-Control"] = "private, no-cache"
    return response
