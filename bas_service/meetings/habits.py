"""What is suggested to whoever plans a meeting with a child: places, duration, time, transport (D28)."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

from bas_service import clock
from bas_service.children.models import Child
from bas_service.children.queries import child_in_sight, consents_in_force
from bas_service.children.rules import ConsentGiven, Scope, covers
from bas_service.database import rows
from bas_service.meetings import public_holidays
from bas_service.meetings.engagements import Engaged, busy_times_of, engagements_of, specialists_by_day
from bas_service.meetings.habit_rules import (
    LOOKED_AHEAD,
    LOOKED_BACK,
    Because,
    ConsentState,
    Earlier,
    Institution,
    new_institutions,
    next_start,
    places_of,
    usual_minutes,
    usual_time,
)
from bas_service.meetings.rules import LEAST_MINUTES, MOST_MINUTES, Kind, PlaceType, Transport
from bas_service.meetings.week_rules import DAY, Span, day_of
from bas_service.sealing import opened
from bas_service.translation import Language, text_of

# With home, school and office at most twenty.
MOST_EARLIER_PLACES = 17
_MOMENTS = ("starts_at", "started_at", "ended_at")
_SEALED = ("place_name", "place_address", "institution", "purpose")
# As JSON, for ``earlier_in``: a column of a statement that asks anyway. The nearest to now: those laid out for months
# ahead must not hide the ones that were held.
EARLIER = f"""
    (SELECT coalesce(jsonb_agg(to_jsonb(one)), '[]') FROM (
        SELECT {", ".join(member.name for member in fields(Earlier))} FROM meetings
        WHERE child_id = :child AND state IN ('planned', 'under_way', 'held')
        ORDER BY abs(extract(epoch FROM starts_at - CAST(:now AS timestamptz))), id LIMIT {LOOKED_BACK}) one)
"""  # noqa: S608


def suggestions_for(child_id: uuid.UUID, *, asking: uuid.UUID, language: Language) -> dict[str, Any]:
    """What a meeting with the child is most likely to be; each place can be sent as it is. Raises ``NotFound``.

    The next usual time is one at which whoever would hold it, if ``asking`` planned it, and the child are free, and
    no public holiday.
    """
    child = child_in_sight(child_id)
    now = clock.now()
    earlier = earlier_with(child_id)
    sessions = [one for one in earlier if one.kind is Kind.SESSION]
    usual = usual_time(sessions or earlier)
    minutes = usual_minutes(earlier, kind=Kind.SESSION)
    engaged = engagements_of(child_id, Span(now, now + LOOKED_AHEAD + DAY), in_words=True)
    is_free = _free_with(engaged, child_id, asking=asking, minutes=minutes, now=now)
    consents = consents_in_force(child_id, on=clock.today())
    institutions = new_institutions([*_appointed(engaged), *_agreed_to(consents, now, language)], earlier)
    return {
        "child_id": child_id,
        "kind": Kind.SESSION,
        "expected_minutes": minutes,
        "transport": sessions[0].transport if sessions else Transport.NONE,
        "weekday": usual and usual[0],
        "time": usual and f"{usual[1]:%H:%M}",
        "starts_at": usual and next_start(usual, earlier, now, is_free=is_free),
        "places": _places(child, earlier, now, consents=consents, institutions=institutions),
    }


def kind_of(form: dict[str, Any]) -> Kind:
    """What a meeting is of which that is not said: an accompaniment, where it is said where to (D28)."""
    return Kind(form.get("kind") or (Kind.ACCOMPANIMENT if form.get("accompaniment") else Kind.SESSION))


def minutes_of(form: dict[str, Any], earlier: list[Earlier]) -> int:
    """How long a meeting takes of which that is not said: what the earlier meetings there tell (D28)."""
    sought = _sought(form)
    return usual_minutes(earlier, kind=sought.kind, key=sought.key)


def earlier_with(child_id: uuid.UUID) -> list[Earlier]:
    """Meetings with a child that were or are to be, the latest first; nothing of a child out of sight."""
    (found,) = rows(f"SELECT {EARLIER} AS earlier", child=child_id, now=clock.now())  # noqa: S608
    return earlier_in(found["earlier"])


def earlier_in(spelled: list[dict[str, Any]]) -> list[Earlier]:
    """What a statement with the column ``EARLIER`` says, the latest first."""
    earlier = [
        Earlier(
            **row
            | {name: row[name] and datetime.fromisoformat(row[name]) for name in _MOMENTS}
            | {name: opened(row[name], f"meetings.{name}") for name in _SEALED}
            | {
                "kind": Kind(row["kind"]),
                "place_type": PlaceType(row["place_type"]),
                "transport": Transport(row["transport"]),
            }
        )
        for row in spelled
    ]
    return sorted(earlier, key=lambda one: (one.starts_at, one.key), reverse=True)


def _free_with(
    engaged: Engaged, child_id: uuid.UUID, *, asking: uuid.UUID, minutes: int, now: datetime
) -> Callable[[datetime], bool]:
    """Whether a meeting of so many minutes could begin at a moment, with whoever would hold it on that day."""
    today = day_of(now)
    ahead = Span(now, now + LOOKED_AHEAD + DAY)
    holders = specialists_by_day(child_id, asking=asking, first=today, last=today + LOOKED_AHEAD)
    of_child = engaged.spans
    busy = [
        (row["specialist_id"], Span(row["starts_at"], row["ends_at"]))
        for row in busy_times_of(sorted(set(holders.values())), ahead)
    ]

    def is_free(starts_at: datetime) -> bool:
        there, day = Span(starts_at, starts_at + timedelta(minutes=minutes)), day_of(starts_at)
        if public_holidays.is_public_holiday(day):
            return False
        taken = [*of_child, *(span for holder, span in busy if holder == holders.get(day))]
        return not any(there.overlaps(one) for one in taken)

    return is_free


def _sought(form: dict[str, Any]) -> Earlier:
    """The meeting asked for, to be compared with earlier ones."""
    place, accompaniment = form["place"], form.get("accompaniment") or {}
    return Earlier(
        kind=form["kind"],
        state="planned",
        starts_at=form["starts_at"],
        expected_minutes=0,
        started_at=None,
        ended_at=None,
        place_type=PlaceType(place["type"]),
        place_name=place.get("name"),
        place_address=place.get("address"),
        transport=Transport.NONE,
        institution=accompaniment.get("institution"),
        purpose=accompaniment.get("purpose"),
    )


def _appointed(engaged: Engaged) -> Iterator[Institution]:
    """Where other institutions want the child to be, the next first: the family knows of it already (D9)."""
    for one in engaged.engagements:
        where = None if one.is_meeting else one.known["place"] or one.known["asked_by"]
        if where:
            yield Institution(
                because=Because.APPOINTMENT,
                name=where,
                purpose=one.known["title"],
                minutes=min(max(one.known["minutes"], LEAST_MINUTES), MOST_MINUTES),
            )


def _agreed_to(consents: list[ConsentGiven], now: datetime, language: Language) -> Iterator[Institution]:
    """Where representatives let the child be taken; what for, whoever plans may say better (D7)."""
    for one in consents:
        name = one.institution
        if name and covers(one, scope=Scope.ACCOMPANIMENT, institution=name, on=clock.today(), now=now):
            yield Institution(because=Because.CONSENT, name=name, purpose=text_of(language, "suggested-purpose"))


def _places(
    child: Child,
    earlier: list[Earlier],
    now: datetime,
    *,
    consents: list[ConsentGiven],
    institutions: list[Institution],
) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for place in places_of(earlier, now)[: MOST_EARLIER_PLACES - len(institutions)]:
        latest = place.latest
        accompaniment = {"institution": latest.institution, "purpose": latest.purpose} if latest.institution else None
        found.append(
            {
                "place": {"type": latest.place_type, "name": latest.place_name, "address": latest.place_address},
                "because": Because.EARLIER,
                "kind": latest.kind,
                "accompaniment": accompaniment,
                "consent": _consent(latest.institution, consents, now),
                "expected_minutes": usual_minutes(earlier, kind=latest.kind, key=latest.key),
                "transport": latest.transport,
                "times": place.times,
                "last_at": latest.starts_at,
            }
        )
    taken_there = usual_minutes(earlier, kind=Kind.ACCOMPANIMENT)
    found += [_at_institution(one, _consent(one.name, consents, now), minutes=taken_there) for one in institutions]
    known = [one["place"] for one in found if one["kind"] is Kind.SESSION]
    minutes = usual_minutes(earlier, kind=Kind.SESSION)
    return found + [
        _never_used(place, because, kind=Kind.SESSION, minutes=minutes)
        for because, place in _recorded(child)
        if place not in known
    ]


def _at_institution(one: Institution, consent: ConsentState | None, *, minutes: int) -> dict[str, Any]:
    known = _never_used(one.place, one.because, kind=Kind.ACCOMPANIMENT, minutes=one.minutes or minutes)
    return known | {"accompaniment": {"institution": one.name, "purpose": one.purpose}, "consent": consent}


def _never_used(place: dict[str, Any], because: Because, *, kind: Kind, minutes: int) -> dict[str, Any]:
    return {
        "place": place,
        "because": because,
        "kind": kind,
        "accompaniment": None,
        "consent": None,
        "expected_minutes": minutes,
        "transport": Transport.NONE,
        "times": 0,
        "last_at": None,
    }


def _recorded(child: Child) -> list[tuple[Because, dict[str, Any]]]:
    """Places that are known without any meeting there: the child's home and school, the office."""
    found = []
    if child.home_address:
        found.append((Because.HOME, {"type": PlaceType.HOME, "name": None, "address": child.home_address}))
    if child.school:
        found.append((Because.SCHOOL, {"type": PlaceType.ADDRESS, "name": child.school, "address": None}))
    return [*found, (Because.OFFICE, {"type": PlaceType.OFFICE} | _office_of_specialist(child.id))]


def _office_of_specialist(child_id: uuid.UUID) -> dict[str, Any]:
    """Where the child's specialist met anybody in an office for the last time; of whom, is not said."""
    found = rows(
        "SELECT m.place_name AS name, m.place_address AS address FROM meetings m"
        " JOIN cases c ON c.specialist_id = m.specialist_id AND c.child_id = :child AND c.state = 'open'"
        " WHERE m.place_type = 'office' AND m.state <> 'cancelled'"
        " AND (m.place_name IS NOT NULL OR m.place_address IS NOT NULL)"
        " ORDER BY m.starts_at DESC LIMIT 1",
        sealed={"name": "meetings.place_name", "address": "meetings.place_address"},
        child=child_id,
    )
    return found[0] if found else {"name": None, "address": None}


def _consent(institution: str | None, consents: list[ConsentGiven], now: datetime) -> ConsentState | None:
    if institution is None:
        return None
    on = clock.today()
    has_one = any(covers(one, scope=Scope.ACCOMPANIMENT, institution=institution, on=on, now=now) for one in consents)
    return ConsentState.IN_FORCE if has_one else ConsentState.MISSING
