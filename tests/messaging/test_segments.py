"""Parts and diacritics, against worked examples and against the calculator published by Twilio."""

import json
import os
import random
import secrets
import shutil
import subprocess
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bas_service.messaging.segments import (
    MOST_CHARACTERS,
    DiacriticsPolicy,
    fit,
    is_gsm7,
    parts_of,
    without_diacritics,
)

LATVIAN_LETTERS = "āčēģīķļņšūžĀČĒĢĪĶĻŅŠŪŽ"
DOUBLES = "€[]{}~^|\\\f"
# 141 characters, with one Latvian letter or more in every word that has one.
LATVIAN_141 = (
    "Sveicināti! Atgādinām, ka tikšanās ar speciālisti Zani Ķēniņu notiks trešdien, 14. maijā, plkst. 16.30, "
    "Brīvības ielā 12, Cēsīs. Gaidīsim jūs"
)
RUSSIAN = "Здравствуйте! Напоминаем, что встреча с Йолантой Ёлкиной – в среду, 14 мая, в 16.30."

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
RAISED_HAND_DARK = "\U0001f64b\U0001f3ff"
FLAG_OF_LATVIA = "\U0001f1f1\U0001f1fb"
FLAG_OF_WALES = "\U0001f3f4\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f"
KEYCAP_ONE = "1\ufe0f\u20e3"
EMOJI = [
    "\U0001f600",
    "\u2764\ufe0f",
    FAMILY,
    RAISED_HAND_DARK,
    FLAG_OF_LATVIA,
    FLAG_OF_WALES,
    KEYCAP_ONE,
    "\U0001f469\u200d\U0001f680",
]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("ж" * 70, 1),
        ("ж" * 71, 2),
        ("ж" * 134, 2),
        ("ж" * 135, 3),
    ],
)
def test_parts_are_160_or_153_of_gsm7_and_70_or_67_of_ucs2(text: str, parts: int) -> None:
    assert parts_of(text) == parts


@pytest.mark.parametrize("double", DOUBLES)
def test_a_double_character_counts_twice_and_is_never_split(double: str) -> None:
    assert parts_of("a" * 158 + double) == 1
    assert parts_of("a" * 159 + double) == 2
    # 306 places in 305 characters: two parts by division, but the one at place 153 does not fit the first
    # part.
    assert parts_of("a" * 152 + double + "b" * 152) == 3
    assert parts_of("a" * 151 + double + "b" * 153) == 2


@pytest.mark.parametrize("double", DOUBLES)
def test_a_double_character_counts_once_among_cyrillic(double: str) -> None:
    assert parts_of("ж" * 69 + double) == 1


@pytest.mark.parametrize(
    ("cluster", "units"),
    [
        ("\U0001f600", 2),
        (FAMILY, 8),
        (RAISED_HAND_DARK, 4),
        (FLAG_OF_LATVIA, 4),
        (FLAG_OF_WALES, 14),
        (KEYCAP_ONE, 3),
        ("б\u0301", 2),
    ],
)
def test_what_one_sees_as_one_character_is_never_split(cluster: str, units: int) -> None:
    fits = "ж" * (67 - units) + cluster + "ж" * 67
    # One place too few for it in the first part; were it split there, the rest would fit the second.
    meets_the_border = "ж" * (67 - units + 1) + cluster + "ж" * (67 - units + 1)
    assert (parts_of(fits), parts_of(meets_the_border)) == (2, 3)


def test_a_third_half_of_a_flag_begins_a_new_character() -> None:
    half = FLAG_OF_LATVIA[0]
    # Two halves end at place 67 exactly; were the third joined to them, all six units would move on and 2
    # parts become 3.
    assert parts_of("ж" * 63 + half * 3 + "ж" * 65) == 2


def test_a_letter_under_a_hundred_marks_is_paid_for_by_its_real_length() -> None:
    assert parts_of("ж" + "\u0301" * 200) == 3


def test_decomposed_letters_cost_what_composed_ones_do() -> None:
    composed = "ā" * 70
    assert parts_of(unicodedata.normalize("NFD", composed)) == parts_of(composed) == 1
    assert is_gsm7("e\u0301")
    assert is_gsm7("\u00e9")


def test_the_alphabet_of_gsm7_has_no_latvian_and_no_cyrillic_letter() -> None:
    assert is_gsm7("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./09:;<=>?¡AZÄÖÑÜ§¿azäöñüà" + DOUBLES)
    assert [letter for letter in LATVIAN_LETTERS + "„“”–…’ç`жЙё" if is_gsm7(letter)] == []


def test_141_characters_of_latvian_are_three_parts_and_one_without_diacritics() -> None:
    assert len(LATVIAN_141) == 141
    assert parts_of(LATVIAN_141) == 3
    assert parts_of(without_diacritics(LATVIAN_141)) == 1


def test_the_22_latvian_letters_and_the_typography_become_plain() -> None:
    assert without_diacritics(LATVIAN_LETTERS) == "acegiklnsuzACEGIKLNSUZ"
    assert without_diacritics("„Labrīt“ – viņš teica…\u00a0’jā’") == "\"Labrit\" - vins teica... 'ja'"
    assert without_diacritics(unicodedata.normalize("NFD", LATVIAN_LETTERS)) == "acegiklnsuzACEGIKLNSUZ"
    assert without_diacritics("ā\u0301") == "\u00e1"


def test_cyrillic_letters_are_never_replaced() -> None:
    assert without_diacritics("йЙёЁї") == "йЙёЁї"
    assert without_diacritics(RUSSIAN) == RUSSIAN.replace("–", "-")


def test_the_policy_decides_whether_diacritics_go() -> None:
    short = "Tikšanās trešdien plkst. 16.30"
    assert fit(LATVIAN_141, policy=DiacriticsPolicy.KEEP) == LATVIAN_141
    assert fit(LATVIAN_141, policy=DiacriticsPolicy.DROP) == without_diacritics(LATVIAN_141)
    assert fit(LATVIAN_141, policy=DiacriticsPolicy.DROP_WHEN_IT_SAVES_A_PART) == without_diacritics(LATVIAN_141)
    assert fit(short, policy=DiacriticsPolicy.DROP_WHEN_IT_SAVES_A_PART) == short
    assert fit(short, policy=DiacriticsPolicy.DROP) == "Tiksanas tresdien plkst. 16.30"


def test_diacritics_stay_when_another_alphabet_makes_the_text_ucs2_anyway() -> None:
    mixed = LATVIAN_141 + " Жанна"
    assert fit(mixed, policy=DiacriticsPolicy.DROP_WHEN_IT_SAVES_A_PART) == mixed


@given(text=st.text(max_size=400), policy=st.sampled_from(DiacriticsPolicy))
def test_fitting_never_costs_more_with_the_saving_policy_and_is_stable(text: str, policy: DiacriticsPolicy) -> None:
    fitted = fit(text, policy=policy)
    assert fit(fitted, policy=policy) == fitted
    assert unicodedata.is_normalized("NFC", fitted)
    if policy is DiacriticsPolicy.DROP_WHEN_IT_SAVES_A_PART:
        assert parts_of(fitted) <= parts_of(text)


@given(text=st.text(max_size=400))
def test_parts_lie_between_a_division_and_what_whole_characters_can_waste(text: str) -> None:
    text = unicodedata.normalize("NFC", text)
    if is_gsm7(text):
        length, alone, joined = len(text) + sum(letter in DOUBLES for letter in text), 160, 153
    else:
        length, alone, joined = len(text.encode("utf-16-le", "surrogatepass")) // 2, 70, 67
    parts = parts_of(text)
    assert (parts == 1) == (length <= alone)
    assert parts >= -(-length // (alone if parts == 1 else joined))


def _texts_to_compare(how_many: int, seed: int) -> list[str]:
    """Texts like ours and worse: three languages, doubles, emoji, line breaks, of every length up to the limit and
    around each border; the same seed makes the same ones.
    """
    chance = random.Random(seed)
    latin = "abcdefghijklmnopqrstuvwxyz ABCDEFGHIJ 0123456789 .,!?:/-\n\r'\""
    alphabets = [
        [*latin],
        [*latin, *DOUBLES],
        [*latin, *LATVIAN_LETTERS, *"„“–…’\u00a0"],
        [*"абвгдеёжзийклмнопрстуфхцчшщъыьэюя ЙЁ №«»—", *latin, "й", "е\u0301"],
        [*latin, *DOUBLES, *EMOJI],
        [*LATVIAN_LETTERS, *EMOJI, *DOUBLES],
        [*latin, "\n", "\r\n", "\n\n", *LATVIAN_LETTERS[:4], *DOUBLES, *EMOJI[:2]],
        [*"Meeting with Anna on Tuesday at 14:30, Library, Brivibas 1. Call £ @ _", "\n", "\r"],
        [*"éèùìòÇÄÖÑÜ§¿äöñüàåÅßÉΔΦΓΛΩ", *latin, "e\u0301", "C\u0327", "\u2126", "\u212a", "\r\n"],
    ]
    # Around every border of both alphabets, where the difference between counting and dividing lies.
    borders = [length + off for length in (70, 134, 160, 201, 306, 459, 612) for off in range(-6, 3)]
    texts = []
    for number in range(how_many):
        alphabet = alphabets[number % len(alphabets)]
        size = chance.choice(borders) if chance.random() < 0.85 else chance.randrange(MOST_CHARACTERS)
        filler = chance.choice(alphabet)
        rare = chance.random() < 0.5
        letters = [chance.choice(alphabet) if not rare or chance.random() < 0.05 else filler for _ in range(size)]
        texts.append(unicodedata.normalize("NFC", "".join(letters)[:MOST_CHARACTERS]))
    return texts


_ASK_THE_JUDGE = """
const { SegmentedMessage } = require(process.argv[1] + '/sms-segments-calculator');
const texts = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const judged = (text) => new SegmentedMessage(text);
const verdict = (m) => [m.segmentsCount, m.encodingName === 'GSM-7'];
process.stdout.write(JSON.stringify(texts.map(judged).map(verdict)));
"""


def test_twilios_calculator_agrees_on_10000_texts() -> None:
    node, modules = shutil.which("node"), os.environ.get("TEST_NODE_MODULES", "")
    if node is None or not (Path(modules) / "sms-segments-calculator").is_dir():
        pytest.skip("needs node, and TEST_NODE_MODULES naming a node_modules with sms-segments-calculator")
    seed = int(os.environ.get("BAS_TEST_SEED") or secrets.randbelow(10**9))
    print(f"BAS_TEST_SEED={seed}")
    texts = _texts_to_compare(10_000, seed)
    # Around a border nothing is told by length alone: few of them are the same.
    assert len(set(texts)) > 9_000
    answer = subprocess.run(
        [node, "-e", _ASK_THE_JUDGE, modules],
        input=json.dumps(texts),
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    verdicts = [tuple(verdict) for verdict in json.loads(answer.stdout)]
    ours = [(parts_of(text), is_gsm7(text)) for text in texts]
    differences = [(text, we, judge) for text, we, judge in zip(texts, ours, verdicts, strict=True) if we != judge]
    assert differences == [], f"seed {seed}"
    assert {parts for parts, _ in ours} > {1, 2, 3, 4, 5, 6}
