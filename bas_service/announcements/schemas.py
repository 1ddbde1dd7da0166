"""Shapes of announcements."""

from bas_service.announcements.rules import Reason
from bas_service.http.fields import Choice, Id, Lines, Moment, Shape, Whole
from bas_service.messaging.rules import Channel, ShownState


class AnnouncementView(Shape):
    """One representative told, or to be told; ``parts`` is what a text costs, 1 for an e-mail.

    ``confirmed_at`` is when they said, on the page of a link, that they have read it.
    """

    id = Id(required=True)
    representative_id = Id(required=True)
    channel = Choice(Channel, required=True)
    reason = Choice(Reason, required=True)
    state = Choice(ShownState, required=True)
    # null when its retention is over
    text = Lines(1600, required=True, allow_none=True)
    parts = Whole(1, 100, required=True)
    # the announcement by another channel that did not arrive, or was not confirmed in time
    replaces_id = Id(required=True, allow_none=True)
    created_at = Moment(required=True)
    handed_over_at = Moment(required=True, allow_none=True)
    delivered_at = Moment(required=True, allow_none=True)
    confirmed_at = Moment(required=True, allow_none=True)
