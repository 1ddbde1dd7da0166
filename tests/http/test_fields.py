"""What a field takes, how it spells what it took, and what it refuses in which words."""

import uuid
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import partial
from typing import Any

import pytest
from marshmallow import ValidationError
from webargs.multidictproxy import MultiDictProxy
from werkzeug.datastructures import MultiDict

from bas_service.errors import Said
from bas_service.http.fields import Amount, Choice, Day, Id, Line, Lines, Moment, Part, Secret, Several, Shape, Whole


class Colour(StrEnum):
    """Some words."""

    RED = "red"
    GREEN = "green"


def taken(field: Any, value: Any) -> Any:
    """What the field makes of a value in a body."""
    return Shape.from_dict({"it": field})().load({"it": value})["it"]


def refused(field: Any, value: Any) -> Any:
    """The ids of the texts a value is refused with, each with the values for its places."""
    with pytest.raises(ValidationError) as refusal:
        taken(field, value)
    return _said(refusal.value.messages["it"])


def _said(found: Any) -> Any:
    if isinstance(found, dict):
        return {key: _said(inner) for key, inner in found.items()}
    said = [(str(one), one.values) if isinstance(one, Said) else str(one) for one in found]
    return said[0] if len(said) == 1 else said


NO_TEXTS = [7, 1.5, True, [], {}, ["2026-03-02"]]


@pytest.mark.parametrize(
    ("spelled", "moment"),
    [
        ("2026-03-02T15:00:00+02:00", datetime(2026, 3, 2, 13, tzinfo=UTC)),
        ("2026-03-02T13:00:00Z", datetime(2026, 3, 2, 13, tzinfo=UTC)),
        ("2026-03-02t13:00:00z", datetime(2026, 3, 2, 13, tzinfo=UTC)),
        ("2026-03-02T13:00:00-00:00", datetime(2026, 3, 2, 13, tzinfo=UTC)),
        ("2026-03-02T00:00:00+05:45", datetime(2026, 3, 1, 18, 15, tzinfo=UTC)),
        ("2026-03-01T23:59:59-12:00", datetime(2026, 3, 2, 11, 59, 59, tzinfo=UTC)),
        ("2028-02-29T00:00:00Z", datetime(2028, 2, 29, tzinfo=UTC)),
        ("2026-03-02T13:00:00.5Z", datetime(2026, 3, 2, 13, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-03-02T13:00:00.123456789Z", datetime(2026, 3, 2, 13, 0, 0, 123_456, tzinfo=UTC)),
        ("2026-03-02T13:00:00.9999999+02:00", datetime(2026, 3, 2, 11, 0, 0, 999_999, tzinfo=UTC)),
        ("1900-01-01T00:00:00Z", datetime(1900, 1, 1, tzinfo=UTC)),
        ("2199-12-31T23:59:59Z", datetime(2199, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_a_moment_is_taken_with_its_offset_and_kept_in_utc(spelled: str, moment: datetime) -> None:
    value = taken(Moment(), spelled)

    assert (value, value.tzinfo) == (moment, UTC)


@pytest.mark.parametrize(
    "spelled",
    [
        "2026-03-02T15:00:00",
        "2026-03-02 15:00:00Z",
        "2026-03-02T15:00Z",
        "2026-03-02T15:00:00+0200",
        "2026-03-02T15:00:00+02",
        "2026-03-02T15:00:00+24:00",
        "2026-03-02T15:00:00+02:60",
        "2026-03-02T15:00:00 Z",
        " 2026-03-02T15:00:00Z",
        "2026-03-02T15:00:00Z\n",
        "2026-03-02T15:00:00,5Z",
        "2026-03-02T15:00:00.Z",
        "2026-03-02T15:00:00.1234567890Z",
        "2016-12-31T23:59:60Z",
        "2026-03-02T24:00:00Z",
        "2026-02-29T15:00:00Z",
        "2026-00-01T15:00:00Z",
        "20260302T150000Z",
        "2026-W10-1T15:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59-14:00",
        "9999-12-31T23:59:59Z",
        "1900-01-01T00:00:00+02:00",
        "2200-01-01T00:00:00Z",
        "٢٠٢٦-03-02T15:00:00Z",
        "now",
        "",
        *NO_TEXTS,
    ],
)
def test_what_is_no_moment_of_ours_is_refused(spelled: Any) -> None:
    assert refused(Moment(), spelled) == "moment-expected"


def test_a_moment_goes_out_in_utc_with_a_z() -> None:
    shape = Shape.from_dict({"it": Moment()})()
    riga = datetime.fromisoformat("2026-07-06T00:30:00+03:00")

    assert shape.dump({"it": riga}) == {"it": "2026-07-05T21:30:00Z"}
    assert shape.dump({"it": riga.replace(microsecond=5)}) == {"it": "2026-07-05T21:30:00.000005Z"}
    assert shape.dump({"it": None}) == {"it": None}


def test_a_day_is_a_day_of_the_calendar_and_nothing_shorter() -> None:
    assert taken(Day(), "2028-02-29") == date(2028, 2, 29)
    assert [taken(Day(), day) for day in ("1900-01-01", "2199-12-31")] == [date(1900, 1, 1), date(2199, 12, 31)]
    for wrong in ("2026-02-29", "2026-3-2", "20260302", "2026-W10-1", "2026-03-02T00:00:00Z", "0001-01-01",
                  "1899-12-31", "2200-01-01", "9999-12-31", " 2026-03-02", "2026-03-02\n", "",
                  *NO_TEXTS):  # fmt: skip
        assert refused(Day(), wrong) == "day-expected", wrong


def test_a_uuid_is_taken_in_its_usual_spelling_only() -> None:
    one = uuid.UUID("0190a000-0000-7000-8000-00000000abcd")

    assert taken(Id(), str(one)) == one
    assert taken(Id(), str(one).upper()) == one
    assert Shape.from_dict({"it": Id()})().dump({"it": one}) == {"it": str(one)}
    for wrong in (one.hex, f"{{{one}}}", one.urn, f" {one}", f"{one}\n", str(one)[:-1], str(one).replace("a", "g"),
                  "", str(one).replace("0", "０"), *NO_TEXTS):  # fmt: skip
        assert refused(Id(), wrong) == "uuid-expected", wrong


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Bērziņa", "Bērziņa"),
        # A phone may send a letter and its mark apart; what is kept is one letter.
        ("Be\u0304rzin\u0327a", "Bērziņa"),
        ("  Anna \u00a0 Liepa\u3000", "Anna \u00a0 Liepa"),
        ("{ $name } <b>' OR 1=1 --", "{ $name } <b>' OR 1=1 --"),
        ("Ёлка 👩‍👧 عدنان", "Ёлка 👩‍👧 عدنان"),
    ],
)
def test_a_line_is_composed_and_trimmed_and_otherwise_left_as_it_is(typed: str, kept: str) -> None:
    assert taken(Line(), typed) == kept
    assert taken(Lines(), typed) == kept


MARKS_OF_DIRECTION = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@pytest.mark.parametrize("unwanted", ["\0", "\x01", "\x1b", "\x7f", "\x85", "\u2028", "\u2029", *MARKS_OF_DIRECTION])
def test_control_characters_and_marks_of_direction_stand_in_no_text(unwanted: str) -> None:
    assert refused(Line(), f"An{unwanted}na") == "line-unwanted-characters"
    assert refused(Lines(), f"An{unwanted}na") == "lines-unwanted-characters"
    assert refused(Line(), unwanted) == "line-unwanted-characters"


# Both ends of both halves, and a pair the wrong way round.
HALVES = ("\ud800", "\udbff", "\udc00", "\udfff", "\udc00\ud800")


@pytest.mark.parametrize("half", HALVES)
def test_half_a_character_stands_in_no_text(half: str) -> None:
    assert refused(Line(), f"An{half}na") == "line-unwanted-characters"
    assert refused(Lines(), f"An{half}na") == "lines-unwanted-characters"
    assert refused(Secret(), f"An{half}na") == "text-expected"


def test_only_free_text_has_several_lines() -> None:
    for separator in ("\n", "\r\n", "\t"):
        assert taken(Lines(), f"One{separator}two") == f"One{separator}two"
        assert refused(Line(), f"One{separator}two") == "line-unwanted-characters"


def test_a_text_is_neither_empty_nor_too_long_however_it_is_measured() -> None:
    assert taken(Line(5), "Ilzīt") == "Ilzīt"
    for empty in ("", "   ", "\u00a0"):
        assert refused(Line(5), empty) == "value-needed"
    assert refused(Line(5), "Ilzīte") == ("too-long", {"most": 5})
    # Shorter once it is composed or trimmed, and yet too long as it came; longer once composed.
    assert refused(Line(5), "Ilzi\u0304t") == ("too-long", {"most": 5})
    assert refused(Line(5), "Ilze  ") == ("too-long", {"most": 5})
    assert refused(Line(5), "\u0958" * 5) == ("too-long", {"most": 5})
    for wrong in NO_TEXTS:
        assert refused(Line(5), wrong) == "text-expected"


def test_a_password_is_taken_to_the_letter() -> None:
    for password in (" two  blanks ", "Be\u0304rzin\u0327a", "\t\u202e", "\0"):
        assert taken(Secret(), password) == password
    assert refused(Secret(5), "sixsix") == ("too-long", {"most": 5})
    assert refused(Secret(), "") == "value-needed"
    assert refused(Secret(), 12345678) == "text-expected"


def test_a_whole_number_is_a_number_within_its_bounds() -> None:
    assert [taken(Whole(1, 9), value) for value in (1, 9, 5.0)] == [1, 9, 5]
    assert type(taken(Whole(1, 9), 5.0)) is int
    for wrong in (0, 10, -1, 10**400, 1e300, -0.0):
        assert refused(Whole(1, 9), wrong) == ("out-of-range", {"least": 1, "most": 9}), wrong
    for wrong in (True, False, "5", 1.5, float("nan"), float("inf"), float("-inf"), [], {}, "x"):
        assert refused(Whole(1, 9), wrong) == "whole-number-expected", wrong


def test_a_whole_number_in_a_query_is_made_of_digits() -> None:
    shape = Shape.from_dict({"it": Whole(1, 9)})()

    def in_query(value: str) -> MultiDictProxy:
        return MultiDictProxy(MultiDict({"it": value}), shape)

    assert shape.load(in_query("007")) == {"it": 7}
    for wrong in ("7.0", "-7", "+7", "٧", " 7", "7 ", "1e1", "", "seven"):
        assert shape.validate(in_query(wrong)) == {"it": ["whole-number-expected"]}, wrong
    for wrong in ("0", "10", "9" * 5000):
        assert shape.validate(in_query(wrong)) == {"it": ["out-of-range"]}, wrong


def test_an_amount_is_a_finite_number_within_its_bounds() -> None:
    values = [taken(Amount(0, 12.5), value) for value in (0, 12, 12.5)]

    assert (values, [type(value) for value in values]) == ([0.0, 12.0, 12.5], [float] * 3)
    for wrong in (-0.01, 12.51, 1e308, 10**300):
        assert refused(Amount(0, 12.5), wrong) == ("out-of-range", {"least": 0, "most": 12.5})
    for wrong in (True, "12", float("nan"), float("inf"), 10**400, [], {}):
        assert refused(Amount(0, 12.5), wrong) == "number-expected", wrong


def test_a_choice_is_one_of_its_words_to_the_letter() -> None:
    assert taken(Choice(Colour), "green") is Colour.GREEN
    for wrong in ("blue", "Green", " green", "GREEN", "", 7, True, [], {}, ["green"]):
        assert refused(Choice(Colour), wrong) == ("not-a-choice", {"choices": "red, green"}), wrong


def test_a_list_holds_so_many_entries_and_each_once() -> None:
    def several() -> Several:
        return Several(Choice(Colour), least=1, most=2)

    assert taken(several(), ["green", "red"]) == [Colour.GREEN, Colour.RED]
    assert refused(several(), ["red", "red"]) == "entries-repeat"
    assert refused(several(), []) == "value-needed"
    assert refused(Several(Line(), most=2), ["a", "b", "c"]) == ("too-long", {"most": 2})
    assert refused(several(), ["red"] * 1001) == ("too-long", {"most": 2})
    assert refused(several(), ["red", "blue", None]) == {
        1: ("not-a-choice", {"choices": "red, green"}),
        2: "value-needed",
    }
    for wrong in ("red", {"red": 1}, 7, True):
        assert refused(several(), wrong) == "list-expected"


def test_nothing_is_a_value_only_where_it_may_be() -> None:
    kinds = (Line, Lines, Moment, Day, Id, partial(Whole, 1, 9), Amount, partial(Choice, Colour))

    assert [refused(kind(), None) for kind in kinds] == ["value-needed"] * len(kinds)
    assert [taken(kind(allow_none=True), None) for kind in kinds] == [None] * len(kinds)


def test_a_shape_refuses_what_it_does_not_know_and_says_what_it_lacks() -> None:
    class Inner(Shape):
        line = Line(required=True)

    class Outer(Shape):
        inner = Part(Inner, required=True)

    for body, said in (
        ({}, {"inner": ["value-needed"]}),
        ({"inner": {}}, {"inner": {"line": ["value-needed"]}}),
        ({"inner": {"line": "x", "more": 1}}, {"inner": {"more": ["member-unknown"]}}),
        ({"inner": {"line": "x"}, "more": 1}, {"more": ["member-unknown"]}),
        ({"inner": ["line"]}, {"inner": {"_schema": ["object-needed"]}}),
        ([], {"_schema": ["object-needed"]}),
    ):
        assert Outer().validate(body) == said, body  # type: ignore[arg-type]
    assert Outer().validate({"inner": {"line": "x"}}) == {}
