"""What a meeting's representatives are told: the wording, by which ways, when it may go out and is still of use."""

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from bas_service import clock
from bas_service.announcements.free_text import harmless, is_too_long, shortened
from bas_service.messaging.rules import Channel
from bas_service.messaging.segments import DiacriticsPolicy, fit
from bas_service.translation import Language, text_of

# Of name and address of a place, where all of them would make a text longer than any may be.
LONGEST_SHORT_PLACE = 80
# What of a meeting a reader is told, and may have been told otherwise before.
_FACTS = (
    "starts_at",
    "expected_minutes",
    "place_type",
    "place_name",
    "place_address",
    "specialist_name",
    "specialist_phone",
)


class Reason(StrEnum):
    """Why something is told."""

    PLANNED = "planned"
    CHANGED = "changed"
    CANCELLED = "cancelled"
    # It takes longer than was said: the child will be back later (D30).
    EXTENDED = "extended"
    # It is soon, and was told long ago.
    REMINDER = "reminder"
    # The child is back.
    RETURNED = "returned"


@dataclass(frozen=True, kw_only=True)
class TellingPolicy:
    """When, how and whom to tell; times in Riga, the policy of the day on which something is told (D26)."""

    quiet_from: time | None
    quiet_until: time | None
    urgent_minutes: int
    reminder_minutes: int | None
    settle_seconds: int
    failover_minutes: int
    tell_return: bool
    must_tell: list[str]
    may_tell: list[str]
    diacritics: DiacriticsPolicy
    # So many texts to one number within so many minutes; None: any number of them.
    texts_per_number: int | None
    texts_per_number_minutes: int

    def tells(self, relation: str) -> bool:
        """Whether somebody of this relation to the child is told at all."""
        return relation in self.must_tell or relation in self.may_tell

    def is_urgent(self, starts_at: datetime, at: datetime) -> bool:
        """Whether a meeting is so near that it is told at any hour, and at once."""
        return starts_at - at <= timedelta(minutes=self.urgent_minutes)


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """Somebody to be told, and what is known of the ways to reach them."""

    id: uuid.UUID
    must_be_told: bool
    language: Language
    valid_from: date
    # What administrators word otherwise in this language, by reason; None is the service's own wording again.
    wordings: Mapping[str, str | None]
    addresses: Mapping[Channel, str | None]
    # In the order in which they want them tried.
    chosen: tuple[Channel, ...]
    # Nobody carries it, or the address there is barred.
    unusable: frozenset[Channel]
    # Out of order for long.
    stopped: frozenset[Channel]
    # There the place would be read by somebody from whom it is kept.
    kept: frozenset[Channel] = frozenset()

    @property
    def ways(self) -> tuple[Channel, ...]:
        """The channels to try, the best first: as chosen, what is out of order for long behind the others.

        None where somebody from whom the place is kept would read it (D29).
        """
        usable = [one for one in self.chosen if self.addresses[one] and one not in self.unusable | self.kept]
        return tuple(sorted(usable, key=lambda one: one in self.stopped))


class Repeating(StrEnum):
    """What a text about one meeting says of those that follow."""

    GOES_ON = "goes_on"
    STOPS = "stops"


# That a meeting repeats is said along with when it is.
_SAY_REPEATS = frozenset({Reason.PLANNED, Reason.CHANGED})


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
    # That it repeats, in each language: said along with the first of many.
    repeats: Mapping[Language, str] | None = None
    # When further meetings are of which all of this holds as well, told by the same text.
    also_at: tuple[datetime, ...] = ()
    # It is called off, and so are all that were to follow.
    stops: bool = False

    def repeating(self, reason: Reason) -> Repeating | None:
        """What a text about it says of the meetings that follow."""
        if self.repeats and reason in _SAY_REPEATS:
            return Repeating.GOES_ON
        return Repeating.STOPS if self.stops and reason is Reason.CANCELLED else None

    @property
    def ends_at(self) -> datetime:
        """When the child is expected back."""
        return self.starts_at + timedelta(minutes=self.expected_minutes)


def facts_of(told: Told) -> str:
    """What of a meeting can change and is told: kept beside each announcement, read back by ``as_told``."""
    return json.dumps(
        {"starts_at": told.starts_at.isoformat()}
        | {name: getattr(told, name) for name in _FACTS if name != "starts_at"},
        ensure_ascii=False,
    )


def as_told(told: Told, facts: str) -> Told:
    """The meeting as it was told when these facts were kept."""
    kept = json.loads(facts)
    return replace(told, **kept | {"starts_at": datetime.fromisoformat(kept["starts_at"])})


def way_of_change(told: Told, before: Told | None, reason: Reason) -> tuple[object, ...]:
    """What is the same for meetings that one text can tell: everything that it says but when they are.

    Of meetings called off it says nothing more than whom to call.
    """
    who = (told.kind, told.specialist_name, told.specialist_phone)
    if reason is Reason.CANCELLED:
        return who
    was = before or told
    parts = [(one.expected_minutes, one.place_type, one.place_name, one.place_address) for one in (told, was)]
    return (*who, *parts, before is None, was.starts_at != told.starts_at)


def wording_of(
    told: Told,
    reason: Reason,
    language: Language,
    *,
    template: str | None = None,
    before: Told | None = None,
    diacritics: DiacriticsPolicy = DiacriticsPolicy.DROP_WHEN_IT_SAVES_A_PART,
) -> str:
    """The text message: given name only, local time, place, duration, whom to call (D6, D31).

    Of a meeting that takes longer only the new end is told: place and day are known, and it is under way. A change
    says what it was ``before``, as this reader was told it; a cancellation names the time this reader knows.
    ``template`` is an administrator's wording, with places to fill in braces. What is longer than any text may be is
    told at the expense of the words about the place.
    """
    short, was_short = _with_short_place(told), before and _with_short_place(before)
    text = words_of(told, reason, language, template=template, before=before, diacritics=diacritics)
    if is_too_long(text):
        text = words_of(short, reason, language, template=template, before=was_short, diacritics=diacritics)
    if is_too_long(text):
        # A wording from before its length was looked at, or very many days.
        known = was_short if reason is Reason.CANCELLED else None
        text = words_of(replace(short, repeats=None), reason, language, before=known, diacritics=diacritics)
    return text


def words_of(
    told: Told,
    reason: Reason,
    language: Language,
    *,
    template: str | None = None,
    before: Told | None = None,
    diacritics: DiacriticsPolicy = DiacriticsPolicy.DROP_WHEN_IT_SAVES_A_PART,
) -> str:
    """What ``wording_of`` says as long as it is not too long."""
    values = _values_of(told, reason, language, before)
    if template is None:
        text = text_of(language, f"announcement-{reason}", **values)
    else:
        # Whatever an administrator's wording leaves out: that it repeats, or no longer does, is said at the end.
        whole = template if "{repeats}" in template else template + "{repeats}"
        text = re.sub(r"\{([a-z_]+)\}", lambda place: values[place[1]], whole)
    # Once more the whole: where values meet, or in a wording from before links were looked for, one could arise.
    text = harmless(text)
    # A Latvian reads Latvian without diacritics easily; two thirds of the price are saved (messaging facts).
    if language is Language.LATVIAN:
        return fit(text, policy=diacritics)
    return text


def _with_short_place(told: Told) -> Told:
    name, address = (said and shortened(said, LONGEST_SHORT_PLACE) for said in (told.place_name, told.place_address))
    return replace(told, place_name=name, place_address=address)


def subject_line_of(told: Told, language: Language) -> str:
    """An e-mail's subject: the same for all that is told of a meeting, or programs would not keep it together."""
    return text_of(language, "announcement-subject", name=harmless(told.given_name))


def _values_of(told: Told, reason: Reason, language: Language, before: Told | None) -> dict[str, str]:
    known = before if before is not None and reason is Reason.CANCELLED else told
    return {
        "name": harmless(told.given_name),
        "activity": text_of(language, "told-activity", kind=told.kind),
        "when": _when(known, language),
        "many": "yes" if known.also_at else "no",
        "ends": _clock(told.ends_at, language),
        "place": place_of(told, language),
        "duration": duration_of(told.expected_minutes, language),
        "contact": text_of(
            language,
            "told-contact",
            specialist=harmless(told.specialist_name),
            phone=told.specialist_phone or "none",
        ),
        "before": _before(told, before, language) if before is not None else "",
        "repeats": _repeating(told, reason, language),
    }


def _repeating(told: Told, reason: Reason, language: Language) -> str:
    """What follows it, with the gap before it, as with what was before."""
    said = told.repeating(reason)
    if said is Repeating.STOPS:
        return f" {text_of(language, 'announcement-repeats-no-more')}"
    return f" {told.repeats[language]}" if said and told.repeats else ""


def _when(told: Told, language: Language) -> str:
    """Day and time; of several meetings the days, and the time once where it is the same."""
    if not told.also_at:
        return _moment(told.starts_at, language)
    by_clock: dict[str, list[str]] = {}
    for moment in sorted({told.starts_at, *told.also_at}):
        local = clock.in_riga(moment)
        by_clock.setdefault(_clock(moment, language), []).append(f"{local.day}.{local.month}.")
    said = [text_of(language, "told-when-days", days=", ".join(days), clock=at) for at, days in by_clock.items()]
    return "; ".join(said)


def _moment(moment: datetime, language: Language) -> str:
    local = clock.in_riga(moment)
    return text_of(
        language,
        "told-when",
        weekday=text_of(language, f"weekday-{local.isoweekday()}"),
        day=local.day,
        month=local.month,
        clock=_clock(moment, language),
    )


def _clock(moment: datetime, language: Language) -> str:
    local = clock.in_riga(moment)
    return f"{local:%H}.{local:%M}" if language is Language.LATVIAN else f"{local:%H:%M}"


def _before(told: Told, before: Told, language: Language) -> str:
    """What of time, place and duration was told otherwise; empty when none was."""
    otherwise = []
    if before.starts_at != told.starts_at:
        otherwise.append(_when(before, language))
    if (was := place_of(before, language)) != place_of(told, language):
        otherwise.append(was)
    if before.expected_minutes != told.expected_minutes:
        otherwise.append(text_of(language, "told-about", duration=duration_of(before.expected_minutes, language)))
    # With the gap before it: without it the text must not hold two.
    return f" {text_of(language, 'told-before', said='; '.join(otherwise))}" if otherwise else ""


def duration_of(minutes: int, language: Language) -> str:
    """A duration in words a parent uses: "1 hour 30 minutes"."""
    hours, rest = divmod(minutes, 60)
    words = []
    if hours:
        words.append(text_of(language, "hours", hours=hours))
    if rest or not hours:
        words.append(text_of(language, "minutes", minutes=rest))
    return " ".join(words)


def place_of(told: Told, language: Language) -> str:
    """Where the meeting is, in words a parent knows."""
    said = ", ".join(harmless(part) for part in (told.place_name, told.place_address) if part)
    # Whether something was said is told apart: a place may be called by any word, also by one that means nothing.
    given = "yes" if said else "no"
    return text_of(language, f"place-{told.place_type.replace('_', '-')}", said=said, given=given)
