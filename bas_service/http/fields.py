"""The fields that shapes are made of: strict about what comes in, one spelling for what goes out.

Each error is the id of a text, so that a caller is told in their own language what would be right.
"""

import re
import unicodedata
import uuid
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from bas_service.errors import Said

# Separators of lines, and marks that turn the direction of writing: in a name they make a text message say
# something else. Raw, because the specification spells them out as well.
_MARKS = r"\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069"
# Halves of a pair: JSON can spell them, but they are no characters, and the specification cannot name them.
_HALVES = r"\ud800-\udfff"
UNWANTED = r"\x00-\x1f" + _MARKS + _HALVES
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:[0-5]\d)", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)
EARLIEST, LATEST = 1900, 2199

fields.Field.default_error_messages.update(
    {"required": "value-needed", "null": "value-needed", "validator_failed": "value-unusable"}
)


class Shape(Schema):
    """The base of every shape: unknown members are refused, not ignored; members go out in their order."""

    error_messages = {"unknown": "member-unknown", "type": "object-needed"}


class Nothing(Shape):
    """No members: an action that needs no words takes none, instead of ignoring them."""


class _Length(validate.Length):
    def __call__(self, value: Any) -> Any:
        if self.max is not None and len(value) > self.max:
            raise ValidationError(Said("too-long", most=self.max))
        if self.min is not None and len(value) < self.min:
            raise ValidationError("value-needed")
        return value


class _Range(validate.Range):
    def __call__(self, value: Any) -> Any:
        if value < self.min or value > self.max:
            raise ValidationError(Said("out-of-range", least=self.min, most=self.max))
        return value


class Line(fields.String):
    """One line of text: no control characters, composed to NFC, blanks at the ends dropped, not empty."""

    default_error_messages = {"invalid": "text-expected", "invalid_utf8": "text-expected"}
    unwanted = r"\x00-\x1f" + _MARKS
    unwanted_text = "line-unwanted-characters"

    def __init__(self, most: int = 200, **more: Any) -> None:
        metadata = more.setdefault("metadata", {})
        if not {"enum", "pattern"} & set(metadata):
            metadata["pattern"] = rf"^[^{self.unwanted}]*[^\s{self.unwanted}][^{self.unwanted}]*$"
        super().__init__(validate=_Length(min=1, max=most), **more)
        self._most = most
        self._unwanted = re.compile(f"[{self.unwanted}{_HALVES}]")

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise ValidationError("text-expected")
        if self._unwanted.search(value):
            raise ValidationError(self.unwanted_text)
        # Measured as it came, too: what the specification calls too long must not pass once it is composed.
        if len(value) > self._most:
            raise ValidationError(Said("too-long", most=self._most))
        return unicodedata.normalize("NFC", value).strip()


class Lines(Line):
    """Free text of several lines."""

    unwanted = r"\x00-\x08\x0b\x0c\x0e-\x1f" + _MARKS
    unwanted_text = "lines-unwanted-characters"

    def __init__(self, most: int = 10_000, **more: Any) -> None:
        super().__init__(most, **more)


class Secret(fields.String):
    """A password: taken to the letter, so neither trimmed nor composed."""

    default_error_messages = {"invalid": "text-expected", "invalid_utf8": "text-expected"}

    def __init__(self, most: int = 1000, **more: Any) -> None:
        super().__init__(load_only=True, validate=_Length(min=1, max=most), **more)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str) or re.search("[\ud800-\udfff]", value):
            raise ValidationError("text-expected")
        return value


class Id(fields.UUID):
    """A UUID in its usual spelling; new ones are UUIDv7."""

    default_error_messages = {"invalid_uuid": "uuid-expected"}

    def _validated(self, value: Any) -> uuid.UUID:
        if isinstance(value, uuid.UUID):
            return value
        if not isinstance(value, str) or not _UUID.fullmatch(value):
            raise ValidationError("uuid-expected")
        return uuid.UUID(value)


class Moment(fields.AwareDateTime):
    """A moment: RFC 3339 with offset in, UTC with ``Z`` out."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        if not isinstance(value, str) or not _MOMENT.fullmatch(value):
            raise ValidationError("moment-expected")
        # Python keeps microseconds; further digits would only make it refuse.
        spelled = re.sub(r"(\.\d{6})\d+", r"\1", value.upper())
        try:
            moment = datetime.fromisoformat(spelled).astimezone(UTC)
        except (ValueError, OverflowError):
            raise ValidationError("moment-expected") from None
        if not EARLIEST <= moment.year <= LATEST:
            raise ValidationError("moment-expected")
        return moment

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        if value is None:
            return None
        return str(value.astimezone(UTC).isoformat().replace("+00:00", "Z"))


class Day(fields.Date):
    """A day, ``YYYY-MM-DD``."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> date:
        if not isinstance(value, str) or not _DAY.fullmatch(value):
            raise ValidationError("day-expected")
        try:
            day = date.fromisoformat(value)
        except ValueError:
            raise ValidationError("day-expected") from None
        if not EARLIEST <= day.year <= LATEST:
            raise ValidationError("day-expected")
        return day


class Whole(fields.Integer):
    """A whole number within bounds; in a body it must be a JSON number."""

    def __init__(self, least: int, most: int, **more: Any) -> None:
        super().__init__(strict=True, validate=_Range(min=least, max=most), **more)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if isinstance(value, str) and not isinstance(data, dict) and value.isascii() and value.isdecimal():
            # A query parameter: always letters.
            return int(value[:20])
        if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
            raise ValidationError("whole-number-expected")
        return int(value)


class YesNo(fields.Boolean):
    """True or false, as JSON spells them: not a word or a number that could mean either."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError("true-or-false-expected")
        return value


class Amount(fields.Float):
    """A number within bounds, such as a weight or a load."""

    def __init__(self, least: float = 0, most: float = 1000, **more: Any) -> None:
        super().__init__(validate=_Range(min=least, max=most), **more)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or value - value != 0:
            raise ValidationError("number-expected")
        try:
            return float(value)
        except OverflowError:
            # A whole number of hundreds of digits: Python holds it, no column does.
            raise ValidationError("number-expected") from None


class Choice(fields.Enum):
    """One of the words of a list."""

    def __init__(self, words: type[StrEnum], **more: Any) -> None:
        more.setdefault("metadata", {}).setdefault("type", "string")
        super().__init__(words, by_value=True, **more)
        self.words = words

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> StrEnum:
        try:
            return self.words(value)
        except ValueError:
            raise ValidationError(Said("not-a-choice", choices=", ".join(self.words))) from None

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        # Rows hold the word itself, verbs hold the member: both go out as the word.
        return None if value is None else str(value)


class Several(fields.List):
    """A list of at most ``most`` different entries."""

    def __init__(self, inner: fields.Field, *, least: int = 0, most: int, **more: Any) -> None:
        if not isinstance(inner, fields.Nested):
            more.setdefault("metadata", {}).setdefault("uniqueItems", True)
        super().__init__(inner, validate=_Length(min=least, max=most), **more)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        if not isinstance(value, list):
            raise ValidationError("list-expected")
        if len(value) > 1000:
            raise ValidationError(Said("too-long", most=self.validators[0].max))  # type: ignore[attr-defined]
        entries = super()._deserialize(value, attr, data, **kwargs)
        # What may not repeat in a list of objects is for the rules to say.
        if not isinstance(self.inner, fields.Nested) and len(set(entries)) != len(entries):
            raise ValidationError("entries-repeat")
        return entries


class Part(fields.Nested):
    """A shape within a shape."""

    default_error_messages = {"type": "object-needed"}
