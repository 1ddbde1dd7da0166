"""What a meeting's representatives are told: the wording, and when it may go out and is still of use."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from bas_service import clock
from bas_service.messaging.segments import DiacriticsPolicy, fit
from bas_service.translation import Language, text_of

# Somebody whose representation begins later is told on the morning of that day, not at midnight.
MORNING = time(8, 0)
# But in time for a meeting of that early morning: after its start the text would be of no use to anybody.
LEAST_AHEAD = timedelta(hours=1)
# A meeting called off at the last moment, or later: the text is of use for a while yet.
CANCELLATION_OF_USE = timedelta(hours=2)


class Reason(StrEnum):
    """Why something is told."""

    PLANNED = "planned"
    CHANGED = "changed"
    CANCELLED = "cancelled"
    # It takes longer than was said: the child will be back later (D30).
    EXTENDED = "extended"


@dataclass(frozen=True, kw_only=True)
class Told:
    """What the representatives of a child are to know of one meeting; ``place`` is already in plain words."""

    given_name: str
    kind: str
    starts_at: datetime
    expected_minutes: int
    place_type: str
    place_name: str | None
    place_address: str | None
    specialist_name: str
    specialist_phone: str | None

    @property
    def ends_at(self) -> datetime:
        """When the child is expected back."""
        return self.starts_at + timedelta(minutes=self.expected_minutes)


def wording_of(told: Told, reason: Reason, language: Language) -> str:
    """The text message: given name only, local time, place, duration, whom to call (D6, D31).

    Of a meeting that takes longer only the new end is told: place and day are known, and it is under way.
    """
    local = clock.in_riga(told.ends_at if reason is Reason.EXTENDED else told.starts_at)
    text = text_of(
        language,
        f"announcement-{reason}",
        name=told.given_name,
        kind=told.kind,
        weekday=text_of(language, f"weekday-{local.isoweekday()}"),
        day=local.day,
        month=local.month,
        clock=f"{local:%H}.{local:%M}" if language is Language.LATVIAN else f"{local:%H:%M}",
        place=_place_of(told, language),
        duration=duration_of(told.expected_minutes, language),
        specialist=told.specialist_name,
        phone=told.specialist_phone or "none",
    )
    # A Latvian reads Latvian without diacritics easily; two thirds of the price are saved (messaging facts).
    if language is Language.LATVIAN:
        return fit(text, policy=DiacriticsPolicy.DROP_WHEN_IT_SAVES_A_PART)
    return text


def duration_of(minutes: int, language: Language) -> str:
    """A duration in words a parent uses: "1 hour 30 minutes"."""
    hours, rest = divmod(minutes, 60)
    words = []
    if hours:
        words.append(text_of(language, "hours", hours=hours))
    if rest or not hours:
        words.append(text_of(language, "minutes", minutes=rest))
    return " ".join(words)


def _place_of(told: Told, language: Language) -> str:
    said = ", ".join(part for part in (told.place_name, told.place_address) if part)
    # Whether something was said is told apart: a place may be called by any word, also by one that means nothing.
    given = "yes" if said else "no"
    return text_of(language, f"place-{told.place_type.replace('_', '-')}", said=said, given=given)


def not_before(valid_from: date, starts_at: datetime, now: datetime) -> datetime:
    """From when on somebody may be told: now, or the morning on which their representation begins (D29)."""
    if valid_from <= clock.in_riga(now).date():
        return now
    midnight = datetime.combine(valid_from, time(), tzinfo=clock.RIGA)
    morning = datetime.combine(valid_from, MORNING, tzinfo=clock.RIGA)
    return max(midnight, min(morning, starts_at - LEAST_AHEAD))


def useful_until(reason: Reason, told: Told, now: datetime) -> datetime:
    """Until when the message is of use: nothing arrives after the start, except that plans fell through.

    A cancellation is of use for a while yet, the word that it takes longer until the child is back.
    """
    if reason is Reason.CANCELLED:
        return max(told.starts_at, now + CANCELLATION_OF_USE)
    return told.ends_at if reason is Reason.EXTENDED else told.starts_at
