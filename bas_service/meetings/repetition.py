"""What repeats: which rules (RFC 5545) are taken, and when they let something begin, on Riga's clocks."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import takewhile

from dateutil.rrule import rrule, rrulestr

from bas_service import clock
from bas_service.errors import InvalidRequest

LONGEST_RULE = 200
MOST_TIMES = 400
MOST_INTERVAL = 52
# For each frequency what may be said besides it: everything else would only be another way to say the same, or could
# be a rule that never comes true.
_PARTS: dict[str, dict[str, str]] = {
    "DAILY": {},
    "WEEKLY": {"BYDAY": r"(MO|TU|WE|TH|FR|SA|SU)"},
    "MONTHLY": {"BYDAY": r"([+-]?[1-5])(MO|TU|WE|TH|FR|SA|SU)", "BYMONTHDAY": r"-?([1-9]|[12]\d|3[01])"},
    "YEARLY": {},
}
_UNTIL = r"2\d{7}(T\d{6}Z)?"
# Clocks are never moved by more than this.
_MOVED = timedelta(hours=3)


@dataclass(frozen=True, kw_only=True)
class Repetition:
    """When something begins for the first time, and by which rule again."""

    starts_at: datetime
    rule: str | None


def check_rule(rule: str, starts_at: datetime) -> None:
    """Refuse a rule that is none of those taken, or does not begin at ``starts_at``: ``InvalidRequest``."""
    parts = _parts_of(rule)
    frequency = parts.pop("FREQ", "")
    if frequency not in _PARTS or not _are_taken(parts, _PARTS[frequency]):
        raise InvalidRequest.at("/rule", "repetition-unusable")
    try:
        first = next(_local_starts(Repetition(starts_at=starts_at, rule=rule)), None)
    except (ValueError, OverflowError):
        raise InvalidRequest.at("/rule", "repetition-unusable") from None
    if first != _local(starts_at):
        raise InvalidRequest.at("/rule", "repetition-begins-otherwise")


def starts_between(repetition: Repetition, since: datetime, until: datetime) -> Iterator[datetime]:
    """The moments from ``since`` (included) to ``until`` (not included) at which it begins, in their order.

    The time on the clock stays when the clocks are changed. Where it is left out that night, it begins as much
    later as the clocks are moved; where it comes twice, the first time.
    """
    if repetition.rule is None:
        yield from [repetition.starts_at] if since <= repetition.starts_at < until else []
        return
    ending = _local(until) + _MOVED
    for local in takewhile(lambda one: one < ending, _local_starts(repetition, since=_local(since) - _MOVED)):
        moment = local.replace(tzinfo=clock.RIGA).astimezone(UTC)
        if since <= moment < until:
            yield moment


def last_start_of(repetition: Repetition) -> datetime | None:
    """The moment after which it does not begin again; ``None`` when it goes on without an end."""
    if repetition.rule is None:
        return repetition.starts_at
    parts = _parts_of(repetition.rule)
    if "UNTIL" in parts:
        return _until_of(parts["UNTIL"]).replace(tzinfo=clock.RIGA).astimezone(UTC)
    if "COUNT" not in parts:
        return None
    last = max(_local_starts(repetition))
    # Four hundred times every fifty-second year: nobody will see the end.
    return last.replace(tzinfo=clock.RIGA).astimezone(UTC) if last.year < 3000 else None


def _parts_of(rule: str) -> dict[str, str]:
    named = [part.partition("=") for part in rule.split(";")]
    parts = {name: value for name, _, value in named}
    return parts if len(parts) == len(named) else {}


def _are_taken(parts: dict[str, str], own: dict[str, str]) -> bool:
    """Whether everything said besides the frequency may be said with it, and is spelled right."""
    spelled = {
        "INTERVAL": r"[1-9]\d?",
        "COUNT": r"[1-9]\d{0,2}",
        "UNTIL": _UNTIL,
        "WKST": "MO",
        **{name: rf"{one}(,{one})*" for name, one in own.items()},
    }
    return (
        all(name in spelled and re.fullmatch(spelled[name], value, re.ASCII) for name, value in parts.items())
        and int(parts.get("INTERVAL", "1")) <= MOST_INTERVAL
        and int(parts.get("COUNT", "1")) <= MOST_TIMES
        and not {"COUNT", "UNTIL"} <= set(parts)
        and not {"BYDAY", "BYMONTHDAY"} <= set(parts)
    )


def _local_starts(repetition: Repetition, *, since: datetime | None = None) -> Iterator[datetime]:
    """The times on Riga's clocks, from about ``since`` on."""
    assert repetition.rule is not None  # noqa: S101 - whoever asks has looked
    parts = _parts_of(repetition.rule)
    first = _local(repetition.starts_at)
    ending = _until_of(parts.pop("UNTIL")) if "UNTIL" in parts else None
    if since is not None and "COUNT" not in parts:
        first = _leapt(first, since, parts)
    found = rrulestr(";".join(f"{name}={value}" for name, value in parts.items()), dtstart=first)
    assert isinstance(found, rrule)  # noqa: S101 - only a set of rules is anything else
    return takewhile(lambda one: ending is None or one <= ending, iter(found))


def _leapt(first: datetime, since: datetime, parts: dict[str, str]) -> datetime:
    """A later beginning by which days and weeks fall the same: nobody counts through years one by one."""
    unit = {"DAILY": 1, "WEEKLY": 7}.get(parts["FREQ"])
    if unit is None or since <= first:
        return first
    step = timedelta(days=unit * int(parts.get("INTERVAL", "1")))
    return first + max((since - first) // step - 1, 0) * step


def _until_of(text: str) -> datetime:
    """The last moment on Riga's clocks; a day is meant with its evening."""
    if len(text) == 8:
        return datetime.combine(date.fromisoformat(text), time.max)
    return _local(datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC))


def _local(moment: datetime) -> datetime:
    return clock.in_riga(moment).replace(tzinfo=None, fold=0)
