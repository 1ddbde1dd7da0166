"""What stands in a text message, to the letter, in three languages, and what it costs (D6, D31)."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bas_service.announcements.rules import Reason, Told, duration_of, wording_of
from bas_service.messaging.segments import parts_of
from bas_service.translation import Language

LV, EN, RU = Language.LATVIAN, Language.ENGLISH, Language.RUSSIAN
# A Thursday; in Riga it is three in the afternoon.
WINTER = datetime(2026, 3, 5, 13, 0, tzinfo=UTC)


def told(**more: Any) -> Told:
    """A usual meeting of Anna in a library, on Thursday afternoon."""
    usual = {
        "given_name": "Anna",
        "kind": "session",
        "starts_at": WINTER,
        "expected_minutes": 90,
        "place_type": "address",
        "place_name": "Bibliotēka",
        "place_address": "Brīvības iela 1, Rīga",
        "specialist_name": "Ilze Bērziņa",
        "specialist_phone": "+37120000100",
    }
    return Told(**usual | more)


def said(language: Language, reason: Reason = Reason.PLANNED, **more: Any) -> str:
    return wording_of(told(**more), reason, language)


@pytest.mark.parametrize(
    ("language", "reason", "kind", "text"),
    [
        (LV, Reason.PLANNED, "session",
         "Anna: ceturtdien, 5.3. plkst. 15.00 tiksanas ar berna atbalsta specialistu. Vieta: Biblioteka, Brivibas "
         "iela 1, Riga. Prombutne: apmeram 1 stunda 30 minutes. Ilze Berzina, talr. +37120000100"),
        (LV, Reason.PLANNED, "accompaniment",
         "Anna: ceturtdien, 5.3. plkst. 15.00 dosanas kopa ar berna atbalsta specialistu. "
         "Vieta: Biblioteka, Brivibas iela 1, Riga. "
         "Prombutne: apmeram 1 stunda 30 minutes. Ilze Berzina, talr. +37120000100"),
        (LV, Reason.CHANGED, "session",
         "IZMAINAS. Anna: ceturtdien, 5.3. plkst. 15.00 tiksanas ar berna atbalsta specialistu. "
         "Vieta: Biblioteka, Brivibas iela 1, Riga. "
         "Prombutne: apmeram 1 stunda 30 minutes. Ilze Berzina, talr. +37120000100"),
        (LV, Reason.CHANGED, "accompaniment",
         "IZMAINAS. Anna: ceturtdien, 5.3. plkst. 15.00 dosanas kopa ar berna atbalsta specialistu. "
         "Vieta: Biblioteka, Brivibas iela 1, Riga. "
         "Prombutne: apmeram 1 stunda 30 minutes. Ilze Berzina, talr. +37120000100"),
        (LV, Reason.CANCELLED, "session",
         "ATCELTS. Anna: ceturtdien, 5.3. plkst. 15.00 planota tiksanas nenotiks. Ilze Berzina, talr. +37120000100"),
        (EN, Reason.PLANNED, "session",
         "Anna: Thursday 5.3. at 15:00 meeting with the child support specialist. Place: Bibliotēka, "
         "Brīvības iela 1, Rīga. Away for about 1 hour 30 minutes. Ilze Bērziņa, tel. +37120000100"),
        (EN, Reason.PLANNED, "accompaniment",
         "Anna: Thursday 5.3. at 15:00 going out with the child support specialist. Place: Bibliotēka, "
         "Brīvības iela 1, Rīga. Away for about 1 hour 30 minutes. Ilze Bērziņa, tel. +37120000100"),
        (EN, Reason.CHANGED, "session",
         "CHANGED. Anna: Thursday 5.3. at 15:00 meeting with the child support specialist. Place: Bibliotēka, "
         "Brīvības iela 1, Rīga. Away for about 1 hour 30 minutes. Ilze Bērziņa, tel. +37120000100"),
        (EN, Reason.CHANGED, "accompaniment",
         "CHANGED. Anna: Thursday 5.3. at 15:00 going out with the child support specialist. Place: Bibliotēka, "
         "Brīvības iela 1, Rīga. Away for about 1 hour 30 minutes. Ilze Bērziņa, tel. +37120000100"),
        (EN, Reason.CANCELLED, "session",
         "CANCELLED. Anna: the meeting planned for Thursday 5.3. at 15:00 will not take place. Ilze Bērziņa, "
         "tel. +37120000100"),
        (RU, Reason.PLANNED, "session",
         "Anna: в четверг 5.3. в 15:00 встреча со специалистом по поддержке детей. Место: Bibliotēka, "
         "Brīvības iela 1, Rīga. Отсутствие: около 1 часа 30 минут. Ilze Bērziņa, тел. +37120000100"),
        (RU, Reason.PLANNED, "accompaniment",
         "Anna: в четверг 5.3. в 15:00 поездка со специалистом по поддержке детей. Место: Bibliotēka, "
         "Brīvības iela 1, Rīga. Отсутствие: около 1 часа 30 минут. Ilze Bērziņa, тел. +37120000100"),
        (RU, Reason.CHANGED, "session",
         "ИЗМЕНЕНИЕ. Anna: в четверг 5.3. в 15:00 встреча со специалистом по поддержке детей. Место: Bibliotēka, "
         "Brīvības iela 1, Rīga. Отсутствие: около 1 часа 30 минут. Ilze Bērziņa, тел. +37120000100"),
        (RU, Reason.CHANGED, "accompaniment",
         "ИЗМЕНЕНИЕ. Anna: в четверг 5.3. в 15:00 поездка со специалистом по поддержке детей. Место: Bibliotēka, "
         "Brīvības iela 1, Rīga. Отсутствие: около 1 часа 30 минут. Ilze Bērziņa, тел. +37120000100"),
        (RU, Reason.CANCELLED, "session",
         "ОТМЕНА. Anna: встреча в четверг 5.3. в 15:00 не состоится. Ilze Bērziņa, тел. +37120000100"),
    ],
)  # fmt: skip
def test_the_whole_text_says_who_when_where_how_long_and_whom_to_call(
    language: Language, reason: Reason, kind: str, text: str
) -> None:
    assert said(language, reason, kind=kind) == text


@pytest.mark.parametrize("language", Language)
def test_a_cancelled_accompaniment_is_worded_as_a_cancelled_session(language: Language) -> None:
    assert said(language, Reason.CANCELLED, kind="accompaniment") == said(language, Reason.CANCELLED)


BOTH = ("Nams", "Iela 1")


@pytest.mark.parametrize(
    ("language", "place", "name", "address", "words"),
    [
        (LV, "office", None, None, "Bernu aizsardzibas centra birojs"),
        (LV, "office", *BOTH, "Nams, Iela 1"),
        (LV, "office", "Nams", None, "Nams"),
        (LV, "home", None, None, "berna majas"),
        (LV, "home", *BOTH, "berna majas, Nams, Iela 1"),
        (LV, "home", None, "Iela 1", "berna majas, Iela 1"),
        (LV, "address", *BOTH, "Nams, Iela 1"),
        (LV, "address", None, "Iela 1", "Iela 1"),
        (LV, "address", "Nams", None, "Nams"),
        (LV, "remote", None, None, "attalinati, pa talruni vai interneta"),
        (LV, "remote", *BOTH, "attalinati, pa talruni vai interneta"),
        (LV, "on_the_way", *BOTH, "cela: Nams, Iela 1"),
        (LV, "on_the_way", "Nams", None, "cela: Nams"),
        (EN, "office", None, None, "office of the Child Protection Centre"),
        (EN, "office", *BOTH, "Nams, Iela 1"),
        (EN, "home", None, None, "the child's home"),
        (EN, "home", None, "Iela 1", "the child's home, Iela 1"),
        (EN, "address", *BOTH, "Nams, Iela 1"),
        (EN, "remote", None, None, "by phone or internet"),
        (EN, "on_the_way", *BOTH, "on the way: Nams, Iela 1"),
        (RU, "office", None, None, "офис Центра защиты детей"),
        (RU, "office", *BOTH, "Nams, Iela 1"),
        (RU, "home", None, None, "дом ребёнка"),
        (RU, "home", None, "Iela 1", "дом ребёнка, Iela 1"),
        (RU, "address", *BOTH, "Nams, Iela 1"),
        (RU, "remote", None, None, "дистанционно, по телефону или интернету"),
        (RU, "on_the_way", *BOTH, "в пути: Nams, Iela 1"),
        # A word that our texts use for "nothing was said" is a name like any other when somebody says it.
        (EN, "office", "none", None, "none"),
        (LV, "home", None, "none", "berna majas, none"),
        (RU, "office", "none", None, "none"),
    ],
)  # fmt: skip
def test_each_kind_of_place_is_said_with_what_is_known_of_it(
    language: Language, place: str, name: str | None, address: str | None, words: str
) -> None:
    # What comes before and after the place in the sentence of each language.
    before, after = {LV: ("Vieta: ", ". Prombutne"), EN: ("Place: ", ". Away"), RU: ("Место: ", ". Отсутствие")}[
        language
    ]

    text = said(language, place_type=place, place_name=name, place_address=address)

    assert text.split(before)[1].split(after)[0] == words


@pytest.mark.parametrize(
    ("minutes", "latvian", "english", "russian"),
    [
        (0, "0 minūtes", "0 minutes", "0 минут"),
        (1, "1 minūte", "1 minute", "1 минуты"),
        (5, "5 minūtes", "5 minutes", "5 минут"),
        (10, "10 minūtes", "10 minutes", "10 минут"),
        (11, "11 minūtes", "11 minutes", "11 минут"),
        (21, "21 minūte", "21 minutes", "21 минуты"),
        (22, "22 minūtes", "22 minutes", "22 минут"),
        (60, "1 stunda", "1 hour", "1 часа"),
        (61, "1 stunda 1 minūte", "1 hour 1 minute", "1 часа 1 минуты"),
        (90, "1 stunda 30 minūtes", "1 hour 30 minutes", "1 часа 30 минут"),
        (120, "2 stundas", "2 hours", "2 часов"),
        (660, "11 stundas", "11 hours", "11 часов"),
        (1281, "21 stunda 21 minūte", "21 hours 21 minutes", "21 часа 21 минуты"),
        (1440, "24 stundas", "24 hours", "24 часов"),
    ],
)
def test_a_duration_has_the_plural_of_its_language(minutes: int, latvian: str, english: str, russian: str) -> None:
    assert [duration_of(minutes, language) for language in (LV, EN, RU)] == [latvian, english, russian]


@pytest.mark.parametrize("reason", Reason)
@pytest.mark.parametrize(
    ("language", "with_phone", "without"),
    [
        (LV, "Ilze Berzina, talr. +37120000100", "Ilze Berzina."),
        (EN, "Ilze Bērziņa, tel. +37120000100", "Ilze Bērziņa."),
        (RU, "Ilze Bērziņa, тел. +37120000100", "Ilze Bērziņa."),
    ],
)
def test_without_a_phone_number_the_text_ends_with_the_specialist_s_name(
    language: Language, with_phone: str, without: str, reason: Reason
) -> None:
    text = said(language, reason)

    assert text.endswith(f" {with_phone}")
    assert said(language, reason, specialist_phone=None) == text.removesuffix(with_phone) + without


@pytest.mark.parametrize(
    ("moment", "latvian", "english", "russian"),
    [
        # On 29 March 2026 clocks go from 3 to 4, on 25 October from 4 back to 3.
        (datetime(2026, 3, 29, 0, 59, tzinfo=UTC), "svetdien, 29.3. plkst. 02.59", "Sunday 29.3. at 02:59",
         "в воскресенье 29.3. в 02:59"),
        (datetime(2026, 3, 29, 1, 0, tzinfo=UTC), "svetdien, 29.3. plkst. 04.00", "Sunday 29.3. at 04:00",
         "в воскресенье 29.3. в 04:00"),
        (datetime(2026, 10, 25, 0, 59, tzinfo=UTC), "svetdien, 25.10. plkst. 03.59", "Sunday 25.10. at 03:59",
         "в воскресенье 25.10. в 03:59"),
        (datetime(2026, 10, 25, 1, 0, tzinfo=UTC), "svetdien, 25.10. plkst. 03.00", "Sunday 25.10. at 03:00",
         "в воскресенье 25.10. в 03:00"),
        # It is Monday in Riga already; at nine the hour has its nought.
        (datetime(2026, 7, 5, 21, 30, tzinfo=UTC), "pirmdien, 6.7. plkst. 00.30", "Monday 6.7. at 00:30",
         "в понедельник 6.7. в 00:30"),
        (datetime(2026, 7, 7, 6, 5, tzinfo=UTC), "otrdien, 7.7. plkst. 09.05", "Tuesday 7.7. at 09:05",
         "во вторник 7.7. в 09:05"),
        (datetime(2026, 12, 30, 6, 0, tzinfo=UTC), "tresdien, 30.12. plkst. 08.00", "Wednesday 30.12. at 08:00",
         "в среду 30.12. в 08:00"),
        (datetime(2026, 1, 2, 8, 0, tzinfo=UTC), "piektdien, 2.1. plkst. 10.00", "Friday 2.1. at 10:00",
         "в пятницу 2.1. в 10:00"),
        (datetime(2026, 1, 3, 8, 0, tzinfo=UTC), "sestdien, 3.1. plkst. 10.00", "Saturday 3.1. at 10:00",
         "в субботу 3.1. в 10:00"),
    ],
)  # fmt: skip
def test_day_and_hour_are_those_of_a_clock_in_riga(
    moment: datetime, latvian: str, english: str, russian: str
) -> None:
    assert [said(language, starts_at=moment).split(": ")[1].split(middle)[0] for language, middle in (
        (LV, " tiksanas"), (EN, " meeting"), (RU, " встреча"),
    )] == [latvian, english, russian]  # fmt: skip


def test_nobody_but_the_child_s_given_name_is_known_to_the_wording() -> None:
    # What the wording never gets it cannot give away: no family name, no personal code, no reason (D31).
    assert set(Told.__dataclass_fields__) == {
        "given_name", "kind", "starts_at", "expected_minutes", "place_type", "place_name", "place_address",
        "specialist_name", "specialist_phone", "repeats", "also_at", "stops",
    }  # fmt: skip


def test_latvian_loses_its_diacritics_only_where_that_saves_a_part() -> None:
    short = {"place_name": "Bibliotēka", "place_address": None, "specialist_name": "Ilze", "specialist_phone": None}
    plain = said(LV, **short)
    # A name in Cyrillic makes all of it UCS-2 anyway: dropping would save nothing, so everything stays.
    kept = said(LV, **short | {"place_name": "Биббиотека"})

    assert plain == (
        "Anna: ceturtdien, 5.3. plkst. 15.00 tiksanas ar berna atbalsta specialistu. "
        "Vieta: Biblioteka. Prombutne: apmeram 1 stunda 30 minutes. Ilze."
    )
    assert kept == (
        "Anna: ceturtdien, 5.3. plkst. 15.00 tikšanās ar bērna atbalsta speciālistu. "
        "Vieta: Биббиотека. Prombūtne: apmēram 1 stunda 30 minūtes. Ilze."
    )
    assert len(plain) == len(kept)
    assert (parts_of(plain), parts_of(kept)) == (1, 3)


def test_the_shortest_cancellation_keeps_its_diacritics_within_one_part() -> None:
    # 70 characters of UCS-2 are one part, so there is nothing to save; with one more there is.
    short = {"starts_at": datetime(2026, 3, 2, 13, 0, tzinfo=UTC), "specialist_name": "Ž", "specialist_phone": None}

    fits = said(LV, Reason.CANCELLED, given_name="Ēv", **short)
    over = said(LV, Reason.CANCELLED, given_name="Ēva", **short)

    assert fits == "ATCELTS. Ēv: pirmdien, 2.3. plkst. 15.00 plānotā tikšanās nenotiks. Ž."
    assert over == "ATCELTS. Eva: pirmdien, 2.3. plkst. 15.00 planota tiksanas nenotiks. Z."


def test_other_languages_keep_every_letter_whatever_it_costs() -> None:
    assert "Brīvības iela 1, Rīga" in said(EN)
    assert "Ёлка й" in said(RU, place_name="Ёлка й")
    assert "Ёлка й" in said(LV, place_name="Ёлка й")


def test_an_ordinary_text_costs_this_many_parts() -> None:
    # What everybody pays for: a change of the wording that costs a part more is seen here.
    plain = {"place_name": "Library", "specialist_name": "Ilze"}
    assert {
        (language.value, reason.value): parts_of(said(language, reason, **plain | {"place_address": "Iela 1"}))
        for language in Language
        for reason in Reason
    } == {
        ("lv", "planned"): 2, ("lv", "changed"): 2, ("lv", "cancelled"): 1, ("lv", "extended"): 1,
        ("lv", "reminder"): 2, ("lv", "returned"): 1,
        ("en", "planned"): 1, ("en", "changed"): 2, ("en", "cancelled"): 1, ("en", "extended"): 1,
        ("en", "reminder"): 2, ("en", "returned"): 1,
        ("ru", "planned"): 3, ("ru", "changed"): 3, ("ru", "cancelled"): 2, ("ru", "extended"): 2,
        ("ru", "reminder"): 3, ("ru", "returned"): 2,
    }  # fmt: skip


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize(
    "tricky", ["{ $phone }", "{", "}", "{{}}", "*[other]", '{ "" }', "\\u0041", "-term", "[none] ."]
)
def test_no_value_breaks_out_of_its_place(language: Language, tricky: str) -> None:
    # With plain stand-ins for the values the text is known; what is put in their place must stay as it is.
    values = {"given_name": "AAA", "place_name": "BBB", "place_address": "CCC", "specialist_name": "DDD"}
    expected = said(language, **values)
    for value in values.values():
        expected = expected.replace(value, tricky)

    assert said(language, **dict.fromkeys(values, tricky)) == expected
