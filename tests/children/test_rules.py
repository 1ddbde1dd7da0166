"""Ages, codes, the order of a register, who may be told, what a consent covers."""

import random
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bas_service.children.rules import (
    ConsentGiven,
    Representation,
    RepresentativeState,
    Scope,
    age_on,
    covers,
    is_of_age,
    may_be_told,
    personal_code_of,
    search_key_of,
    sort_key_of,
)

TODAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("birth_date", "age", "belongs"),
    [
        (date(2020, 3, 3), 5, False),
        (date(2020, 3, 2), 6, True),
        (date(2020, 3, 1), 6, True),
        (date(2008, 3, 3), 17, True),
        (date(2008, 3, 2), 18, False),
        (date(2008, 3, 1), 18, False),
        (date(2026, 3, 3), -1, False),
        (date(2026, 3, 2), 0, False),
    ],
)
def test_the_target_group_is_six_to_seventeen_to_the_day(birth_date: date, age: int, *, belongs: bool) -> None:
    assert (age_on(TODAY, birth_date), is_of_age(TODAY, birth_date)) == (age, belongs)


def test_somebody_born_on_the_29th_of_february_has_the_birthday_on_the_1st_of_march() -> None:
    born = date(2008, 2, 29)

    assert [age_on(day, born) for day in (date(2026, 2, 28), date(2026, 3, 1), date(2024, 2, 29))] == [17, 18, 16]


def code(first_ten: str) -> str:
    """A code with its check digit, worked out by hand: 1 and the weighted sum, by 11, by 10."""
    weights = (10, 5, 8, 4, 2, 1, 6, 3, 7, 9)
    return first_ten + str((1 + sum(w * int(n) for w, n in zip(weights, first_ten, strict=True))) % 11 % 10)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        # The two numbers that are public as examples of the old and the new kind.
        ("161175-19997", "161175-19997"),
        ("328673-00679", "328673-00679"),
        ("16117519997", "161175-19997"),
        (" 161175 - 19997 ", "161175-19997"),
        (code("0203142000"), f"020314-2000{code('0203142000')[-1]}"),
        ("161175-19998", None),
        ("328673-00677", None),
        ("161375-19997", None),
        ("310275-19997", None),
        ("161175-1999", None),
        ("161175-199970", None),
        ("40003521600", None),
        ("16117519997x", None),
        ("١٦١١٧٥-١٩٩٩٧", None),
        ("", None),
        ("-", None),
    ],
)
def test_a_personal_code_needs_its_date_and_its_check_digit(typed: str, kept: str | None) -> None:
    assert personal_code_of(typed) == kept


@given(st.from_regex(r"32[0-9]{8}", fullmatch=True), st.integers(0, 9))
def test_of_the_ten_last_digits_exactly_one_is_right(first_ten: str, digit: int) -> None:
    right = code(first_ten)

    accepted = personal_code_of(f"{first_ten}{digit}")
    assert accepted == (f"{first_ten[:6]}-{first_ten[6:]}{digit}" if str(digit) == right[-1] else None)


# Set in order by hand, as in a Latvian telephone book: č ģ ķ ļ ņ š ž are letters of their own, a long vowel
# only decides between names otherwise alike, and y stands with i.
IN_ORDER = [
    "Abele",
    "Ābele",
    "Ābeltiņa",
    "Ābols",
    "Apinis",
    "Bērziņa",
    "Bērziņa-Kalniņa",
    "Bērziņš",
    "Buile",
    "Būmane",
    "Caune",
    "Cīrule",
    "Cukurs",
    "Čakste",
    "Čuibe",
    "Dārziņš",
    "Dunis",
    "Eglītis",
    "Ērglis",
    "Ezeriņš",
    "Feldmane",
    "Gailis",
    "Grava",
    "Gulbis",
    "Ģēģere",
    "Ģībietis",
    "Holms",
    "Ieviņa",
    "Inka",
    "Irbe",
    "Īve",
    "Jansons",
    "Kalniņš",
    "Kalns",
    "Krūmiņa",
    "Kuzmina",
    "Ķauķe",
    "Ķirsis",
    "Lācis",
    "Liepa",
    "Lūse",
    "Ļaudama",
    "Mazurs",
    "Nagle",
    "Nulle",
    "Ņikitina",
    "Ozoliņš",
    "Ozols",
    "Pētersone",
    "Roze",
    "Saulīte",
    "Siliņš",
    "Svilpe",
    "Šmite",
    "Štāle",
    "Tiltiņa",
    "Ūdre",
    "Upīte",
    "Vanags",
    "Vītols",
    "Zāle",
    "Zvirbulis",
    "Žagare",
    "Žube",
]


def test_surnames_stand_in_the_order_of_a_latvian_register() -> None:
    shuffled = random.Random(7).sample(IN_ORDER, len(IN_ORDER))

    assert sorted(shuffled, key=lambda name: sort_key_of(name, "Anna")) == IN_ORDER


def test_the_case_of_letters_does_not_change_the_order() -> None:
    assert sort_key_of("BĒRZIŅA", "ANNA") == sort_key_of("Bērziņa", "Anna")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("Kalns", "Zane"), ("Kalnsa", "Anna")),
        (("Kalna", "Zane"), ("Kalna-Ābele", "Anna")),
        (("Kalns", "Anna"), ("Kalns", "Ārija")),
        (("Kalns", "Anna"), ("Kālns", "Anna")),
        (("Ivanova", "Anna"), ("Ivanova", "Anna Marija")),
        (("Ivanova", "Y"), ("Ivanova", "Īva")),
    ],
)
def test_of_two_names_the_surname_decides_first(first: tuple[str, str], second: tuple[str, str]) -> None:
    assert sort_key_of(*first) < sort_key_of(*second)


@pytest.mark.parametrize("typed", ["ā", "ēģ", "Ķ", "šņ", "ŽĻ", "ūīč", "Й", "Ё"])
def test_a_name_is_searched_without_case_and_diacritics(typed: str) -> None:
    plain = search_key_of(typed)

    assert plain == search_key_of(typed.swapcase()) == search_key_of(plain)
    assert plain in search_key_of("Ieva", f"Pirms{typed}Pēc")


@given(st.text(max_size=30))
def test_whatever_a_name_holds_a_part_of_it_finds_it(name: str) -> None:
    assert search_key_of(search_key_of(name)) == search_key_of(name)
    assert search_key_of(name[1:3]) in search_key_of("Anna", name)


ACTIVE = Representation(
    state=RepresentativeState.ACTIVE, valid_from=TODAY, valid_until=TODAY + timedelta(days=1), place_protected=False
)


@pytest.mark.parametrize(
    ("change", "day", "told"),
    [
        ({}, TODAY, True),
        ({}, TODAY + timedelta(days=1), True),
        ({}, TODAY - timedelta(days=1), False),
        ({}, TODAY + timedelta(days=2), False),
        ({"valid_until": None}, TODAY + timedelta(days=2), True),
        ({"state": RepresentativeState.SUSPENDED}, TODAY, False),
        ({"place_protected": True}, TODAY, False),
    ],
)
def test_who_may_be_told_where_the_child_will_be(change: dict[str, object], day: date, *, told: bool) -> None:
    assert may_be_told(Representation(**(ACTIVE.__dict__ | change)), on=day) is told


NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
GIVEN = ConsentGiven(
    scope=Scope.ACCOMPANIMENT, institution="Rīgas 1. slimnīca", given_at=NOW, valid_until=TODAY, withdrawn_at=None
)


@pytest.mark.parametrize(
    ("change", "institution", "day", "covered"),
    [
        ({}, "Rīgas 1. slimnīca", TODAY, True),
        ({}, "RIGAS 1. SLIMNICA", TODAY, True),
        ({}, "Rīgas 2. slimnīca", TODAY, False),
        ({}, "slimnīca", TODAY, False),
        ({}, "Rīgas 1. slimnīca", TODAY + timedelta(days=1), False),
        ({"valid_until": None}, "Rīgas 1. slimnīca", TODAY + timedelta(days=900), True),
        ({"institution": None}, "Anything", TODAY, True),
        ({"scope": Scope.TRANSPORT}, "Rīgas 1. slimnīca", TODAY, False),
        ({"withdrawn_at": NOW}, "Rīgas 1. slimnīca", TODAY, False),
        # At that moment it was in force still.
        ({"withdrawn_at": NOW + timedelta(seconds=1)}, "Rīgas 1. slimnīca", TODAY, True),
        # By a phone whose clock is a little ahead.
        ({"given_at": NOW + timedelta(minutes=2)}, "Rīgas 1. slimnīca", TODAY, True),
        ({"given_at": NOW + timedelta(minutes=2, seconds=1)}, "Rīgas 1. slimnīca", TODAY, False),
    ],
)
def test_which_accompaniment_a_consent_covers(
    change: dict[str, object], institution: str, day: date, *, covered: bool
) -> None:
    consent = ConsentGiven(**(GIVEN.__dict__ | change))

    assert covers(consent, scope=Scope.ACCOMPANIMENT, institution=institution, on=day, now=NOW) is covered
