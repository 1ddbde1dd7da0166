"""Texts are whole or there is an error: a text that lacks a word is worse than none."""

from typing import Any

import pytest

from bas_service.translation import Language, TextMissing, has_text, text_of

LV, EN, RU = Language.LATVIAN, Language.ENGLISH, Language.RUSSIAN


@pytest.mark.parametrize(
    ("language", "text", "title"),
    [
        (LV, "Šeit jums nekā nav.", "Nav atrasts"),
        (EN, "There is nothing here for you.", "Not found"),
        (RU, "Здесь для вас ничего нет.", "Не найдено"),
    ],
)
def test_a_text_and_its_title_are_found_in_each_language(language: Language, text: str, title: str) -> None:
    assert text_of(language, "not-found") == text
    assert text_of(language, "not-found.title") == title


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize(
    "name", ["no-such-text", "not-found.no-such-part", "no-such-text.title", "", ".", ".title", "-"]
)
def test_a_text_that_is_not_there_is_an_error(language: Language, name: str) -> None:
    with pytest.raises(TextMissing) as missing:
        text_of(language, name)

    assert str(missing.value) == f"{language}: {name}"


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("values", [{}, {"least": 1}, {"leest": 1, "most": 2}])
def test_a_text_without_all_its_values_is_an_error(language: Language, values: dict[str, Any]) -> None:
    with pytest.raises(TextMissing, match=f"^{language}: out-of-range: "):
        text_of(language, "out-of-range", **values)
    text_of(language, "out-of-range", least=1, most=2)


def test_values_of_no_use_are_left_out() -> None:
    assert text_of(EN, "out-of-range", least=1, most=2, more=3) == "From 1 to 2."


def test_a_text_carries_no_marks_of_direction_around_its_values() -> None:
    # U+2068 and U+2069 would make every text message cost three times as much.
    assert text_of(EN, "not-a-choice", choices="low, high") == "One of: low, high."
    assert text_of(RU, "place-on-the-way", said="Nams") == "в пути: Nams"


@pytest.mark.parametrize("value", ["{ $said }", "{", '{ "x" }', "\u2028", "a\nb", "[one] x", "", " x "])
def test_a_value_stays_as_it_is(value: str) -> None:
    assert text_of(EN, "place-address", said=value) == value


@pytest.mark.parametrize(
    ("name", "there"), [("hours", True), ("not-found", True), ("Not a valid string.", False), ("", False)]
)
def test_a_name_is_known_or_not(name: str, there: bool) -> None:
    assert has_text(name) is there


def test_numbers_are_written_as_the_language_writes_them() -> None:
    assert [text_of(language, "too-long", most=10_000) for language in (LV, EN, RU)] == [
        "Ne vairāk kā 10\u00a0000.",
        "No more than 10,000.",
        "Не больше 10\u00a0000.",
    ]
    assert [text_of(language, "out-of-range", least=0, most=12.5) for language in (LV, EN, RU)] == [
        "No 0 līdz 12,5.",
        "From 0 to 12.5.",
        "От 0 до 12,5.",
    ]
