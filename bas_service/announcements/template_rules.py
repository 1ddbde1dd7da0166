"""What a template must hold to be sent to families, how its places are filled, what it costs (D6, D26, D31)."""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from bas_service import clock
from bas_service.announcements.free_text import has_unseen, holds_link, is_too_long
from bas_service.announcements.rules import Reason, Told, wording_of, words_of
from bas_service.errors import InvalidRequest, Refusal
from bas_service.messaging.segments import MOST_CHARACTERS, parts_of
from bas_service.translation import Language, text_of

_FIELD = re.compile(r"\{([a-z_]+)\}")
# Of each reason: what its text cannot do without (D6), and what it may say besides.
NEEDED: Mapping[Reason, frozenset[str]] = {
    Reason.PLANNED: frozenset({"when", "place", "duration"}),
    Reason.CHANGED: frozenset({"when", "place", "duration"}),
    Reason.CANCELLED: frozenset({"when"}),
    Reason.EXTENDED: frozenset({"ends"}),
    Reason.REMINDER: frozenset({"when", "place", "duration"}),
    Reason.RETURNED: frozenset({"ends"}),
}
ALLOWED: Mapping[Reason, frozenset[str]] = {
    Reason.PLANNED: NEEDED[Reason.PLANNED] | {"name", "activity", "contact", "repeats"},
    Reason.CHANGED: NEEDED[Reason.CHANGED] | {"name", "activity", "contact", "before", "repeats"},
    Reason.CANCELLED: NEEDED[Reason.CANCELLED] | {"name", "activity", "contact", "repeats"},
    Reason.EXTENDED: NEEDED[Reason.EXTENDED] | {"name", "activity", "contact", "place"},
    Reason.REMINDER: NEEDED[Reason.REMINDER] | {"name", "activity", "contact"},
    Reason.RETURNED: NEEDED[Reason.RETURNED] | {"name", "activity", "contact"},
}
# A text of more parts costs a budget and is not read to its end.
MOST_PARTS = 6


class TemplateDateTaken(Refusal):
    """There is a wording for this reason, language and day already."""


class TemplateBegun(Refusal):
    """The wording is in use, or was: it stays; make a new one instead (D26)."""


TemplateDateTaken.stands_for("message_templates_one_a_day_key")


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What a wording makes of an invented meeting; ``cost`` in euros, ``None`` when no price is set."""

    text: str
    parts: int
    parts_now: int
    cost: Decimal | None


def check_template(reason: Reason, body: str | None, language: Language) -> None:
    """Refuse a wording without place or duration, with unknown places to fill, or too long: ``InvalidRequest``."""
    if body is None:
        return
    fields = set(_FIELD.findall(body))
    if unknown := sorted(fields - ALLOWED[reason]):
        raise InvalidRequest.at("/body", "template-field-unknown", name=unknown[0], choices=spelled(ALLOWED[reason]))
    if "{" in _FIELD.sub("", body) or "}" in _FIELD.sub("", body):
        raise InvalidRequest.at("/body", "template-braces", choices=spelled(ALLOWED[reason]))
    if lacking := NEEDED[reason] - fields:
        raise InvalidRequest.at("/body", "template-field-lacking", names=spelled(lacking))
    # A link in a text message is what swindlers send; ours come with messages of their own kind.
    if holds_link(body):
        raise InvalidRequest.at("/body", "template-holds-link")
    # It makes all of a text cost more, and may hide what the text says.
    if has_unseen(body):
        raise InvalidRequest.at("/body", "template-unseen-characters")
    if max(parts_of(_worded(sample, reason, language, body)) for sample in _SAMPLES) > MOST_PARTS:
        raise InvalidRequest.at("/body", "template-too-long", most=MOST_PARTS)
    if is_too_long(_worded(_LONGEST, reason, language, body, put=words_of)):
        raise InvalidRequest.at("/body", "template-too-long-at-worst", most=MOST_CHARACTERS)


def check_beginning(valid_from: date, *, today: date) -> None:
    """Refuse a beginning in the past: ``InvalidRequest``."""
    if valid_from < today:
        raise InvalidRequest.at("/valid_from", "day-in-the-past")


def mark_of(reason: Reason, language: Language, body: str | None) -> str:
    """A mark by which one wording is told from another: whoever makes a template has seen just this one."""
    return hashlib.sha256(f"{reason}\x1f{language}\x1f{body or ''}".encode()).hexdigest()[:16]


def samples_of(
    reason: Reason, language: Language, body: str | None, *, present: str | None, price: Decimal | None
) -> list[Sample]:
    """Three invented meetings in this wording (a short one, a usual one, a long one), beside the present wording."""
    samples = []
    for told in _SAMPLES:
        text = _worded(told, reason, language, body)
        parts = parts_of(text)
        samples.append(
            Sample(
                text=text,
                parts=parts,
                parts_now=parts_of(_worded(told, reason, language, present)),
                cost=None if price is None else price * parts,
            )
        )
    return samples


def _worded(
    told: Told, reason: Reason, language: Language, body: str | None, *, put: Callable[..., str] = wording_of
) -> str:
    place = "Mūzikas skola" if told is not _LONGEST else "Z" * len(told.place_name or "")
    before = replace(told, starts_at=told.starts_at - timedelta(days=1), place_name=place)
    if body is not None and "{repeats}" in body:
        told = replace(told, repeats={language: _repeating(told, language)}, stops=True)
    return put(told, reason, language, template=body, before=before if reason is Reason.CHANGED else None)


def _repeating(told: Told, language: Language) -> str:
    days = text_of(language, f"each-weekday-{told.starts_at.isoweekday()}")
    return text_of(language, "announcement-repeats", words=text_of(language, "rule-weekdays", days=days))


def spelled(fields: frozenset[str]) -> str:
    """Places to fill as they are written in a wording."""
    return ", ".join(f"{{{name}}}" for name in sorted(fields))


def _sample(**more: object) -> Told:
    usual: dict[str, object] = {
        "given_name": "Anna",
        "kind": "session",
        "starts_at": datetime.combine(date(2027, 3, 4), time(15), tzinfo=clock.RIGA),
        "expected_minutes": 90,
        "place_type": "address",
        "place_name": "Bibliotēka",
        "place_address": "Brīvības iela 1, Rīga",
        "specialist_name": "Ilze Izdomāta",
        "specialist_phone": "+37120000100",
    }
    return Told(**(usual | more))  # type: ignore[arg-type]


_SAMPLES = (
    _sample(place_type="remote", place_name=None, place_address=None, expected_minutes=60),
    _sample(),
    _sample(
        given_name="Aleksandra Katrīna",
        kind="accompaniment",
        starts_at=datetime.combine(date(2027, 11, 24), time(12, 30), tzinfo=clock.RIGA),
        expected_minutes=155,
        place_name="Bērnu un jauniešu interešu centrs",
        place_address="Krišjāņa Valdemāra iela 123, Daugavpils",
        specialist_name="Anna Marija Izdomāta-Kalniņa",
    ),
)
# As long as names and places can be.
_LONGEST = _sample(
    given_name="Ž" * 100,
    kind="accompaniment",
    starts_at=datetime.combine(date(2027, 11, 24), time(12, 30), tzinfo=clock.RIGA),
    expected_minutes=1439,
    place_name="Ž" * 200,
    place_address="Ž" * 300,
    specialist_name="Ž" * 100,
)
