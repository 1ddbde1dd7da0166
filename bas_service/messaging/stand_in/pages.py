"""The list of messages as the stand-in for Twilio gives it: filtered, newest first, in pages."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlencode

from bas_service.messaging.stand_in.faults import Form
from bas_service.messaging.stand_in.texts import Text, refusal

_FILTERS = ("To", "From", "DateSent", "DateSent<", "DateSent>")
_USUAL_SIZE, _LARGEST_SIZE = 50, 1000


def page_of(texts: Sequence[Text], query: Form, *, account_sid: str) -> dict[str, object]:
    """Answer one page of these texts (oldest first), with Twilio's links; raises `Refused` on a bad filter.

    A token names the text a page begins after (`PA…`) or ends before (`PB…`), so that texts accepted between
    two calls shift nothing. The number of the page is only carried along, as with Twilio.
    """
    filters = {name: query[name] for name in _FILTERS if query.get(name)}
    found = [text for text in reversed(texts) if _is_wanted(text, filters)]
    size = min(max(_number(query.get("PageSize"), otherwise=_USUAL_SIZE), 1), _LARGEST_SIZE)
    page = _number(query.get("Page"), otherwise=0)
    first = _first_of(found, query.get("PageToken", ""), size=size)
    shown = found[first : first + size]

    def link(number: int, token: str | None = None) -> str:
        parameters = {**filters, "PageSize": str(size), "Page": str(number)}
        if token:
            parameters["PageToken"] = token
        return f"/2010-04-01/Accounts/{account_sid}/Messages.json?{urlencode(parameters)}"

    return {
        "end": page * size + max(len(shown) - 1, 0),
        "first_page_uri": link(0),
        "messages": [text.as_json(account_sid) for text in shown],
        "next_page_uri": link(page + 1, f"PA{shown[-1].sid}") if first + size < len(found) else None,
        "page": page,
        "page_size": size,
        "previous_page_uri": link(max(page - 1, 0), f"PB{shown[0].sid}") if first and shown else None,
        "start": page * size,
        "uri": link(page, query.get("PageToken")),
    }


def _first_of(found: Sequence[Text], token: str, *, size: int) -> int:
    if not token:
        return 0
    kind, sid = token[:2], token[2:]
    place = next((place for place, text in enumerate(found) if text.sid == sid), None)
    if place is None or kind not in ("PA", "PB"):
        raise refusal(20001)
    return place + 1 if kind == "PA" else max(place - size, 0)


def _is_wanted(text: Text, filters: Form) -> bool:
    if filters.get("To", text.to) != text.to:
        return False
    if filters.get("From", text.sender) != text.sender:
        return False
    for name in ("DateSent", "DateSent<", "DateSent>"):
        # A text without a sending time is in no list filtered by it: the trap for who looks for a text that
        # may have been accepted a moment ago.
        if name in filters and (text.sent_at is None or not _lies(text.sent_at, name, filters[name])):
            return False
    return True


def _lies(sent_at: datetime, name: str, limit_text: str) -> bool:
    """Compare with the limit; both limits are inclusive, and a mere date means that whole day in UTC."""
    limit = _moment(limit_text)
    if name == "DateSent":
        return sent_at.date() == (limit.date() if isinstance(limit, datetime) else limit)
    value = sent_at if isinstance(limit, datetime) else sent_at.date()
    return value <= limit if name == "DateSent<" else value >= limit


def _moment(text: str) -> date | datetime:
    """Read a date, ISO 8601 or RFC 2822; a time without a zone is UTC, as Twilio takes it."""
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            return date.fromisoformat(text)
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            moment = parsedate_to_datetime(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise refusal(20001) from None


def _number(text: str | None, *, otherwise: int) -> int:
    return int(text) if text and re.fullmatch(r"[0-9]{1,9}", text) else otherwise
