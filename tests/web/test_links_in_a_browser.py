"""The pages behind a link in a real browser: on a small telephone, without scripts, in three languages."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from bas_service.translation import Language
from tests.builders import House, at, soon
from tests.links.family import Family
from tests.web.looking import Looking

SMALL = (360, 740)
QUESTION = {"lv": "Ziņa jums", "en": "A message for you", "ru": "Сообщение для вас"}
ASKED = {"lv": "Lūdzam jūsu piekrišanu", "en": "Your agreement is asked for", "ru": "Просим вашего согласия"}
THANKS = {"lv": "Paldies!", "en": "Thank you!", "ru": "Спасибо!"}
PLANNED = {"lv": "Plānotās tikšanās: Anna", "en": "Planned meetings: Anna", "ru": "Запланированные встречи: Anna"}


@pytest.fixture
def family(house: House) -> Family:
    """A child whose mother has a telephone."""
    supervisor = house.a_supervisor()
    specialist = house.a_specialist(supervisor, name="Žanna Ģērmane-Izdomātā")
    made = house.a_family(supervisor, specialist)
    return Family(house, supervisor, specialist, made["child"], made["representative"])


def speaking(family: Family, language: str) -> None:
    """Let the mother speak a language."""
    family.house.sql("UPDATE representatives SET language = :language", language=language)


@pytest.mark.parametrize("language", [language.value for language in Language])
def test_a_mother_agrees_and_takes_it_back_on_a_small_telephone(
    family: Family, look: Callable[..., Looking], language: str
) -> None:
    speaking(family, language)
    long = "Izdomātā psiholoģiski pedagoģiskās konsultēšanas un atbalsta pamatskola-attīstības centrs"
    family.asked(institution=long, purpose="Saruna ar klases audzinātāju par to, kā nokārtot parādus mācībās")
    # The browser's own language is another one: the representative's counts.
    window = look(size=SMALL, language="en", scripts=False)
    page = window.page

    page.goto(family.house.the_link())
    expect(page.locator("h1")).to_have_text(QUESTION[language])
    keep(window, f"{language}-1-question")
    page.fill("#factor", "12")
    page.click("button.main")
    keep(window, f"{language}-2-wrong")
    page.fill("#factor", family.holder().factor)
    page.click("button.main")
    expect(page.locator("h1")).to_have_text(ASKED[language])
    keep(window, f"{language}-3-asked")
    page.click("button[value=yes]")
    expect(page.locator("h1")).to_have_text(THANKS[language])
    keep(window, f"{language}-4-agreed")
    page.click("main button")
    keep(window, f"{language}-5-withdrawing")
    page.fill("#factor", family.holder().factor)
    page.click("main button")
    expect(page.locator(".done")).to_be_visible()
    keep(window, f"{language}-6-withdrawn")

    assert [one["withdrawn_at"] is None for one in family.consents()] == [False]


def keep(window: Looking, name: str) -> None:
    """Keep a picture, and let nothing be wider than the telephone."""
    window.picture(f"link-{name}")
    assert window.too_wide() == 0, name


@pytest.mark.parametrize("language", [language.value for language in Language])
def test_everybody_can_use_the_pages(family: Family, look: Callable[..., Looking], language: str) -> None:
    """What axe finds, with the page's own policy out of its way; every target is large enough for a thumb."""
    speaking(family, language)
    family.a_consent_by_link()
    family.planned_at_school(starts_at=at(soon(hours=48)))
    family.house.a_meeting(family.specialist, family.child, starts_at=at(soon(hours=72)))
    window = look(size=SMALL, language=language)
    page, findings = window.page, dict[str, Any]()

    def judge(name: str) -> None:
        findings[name] = window.findings() + too_small(window)
        window.picture(f"link-{language}-{name}")

    family.house.a_see_link(family.specialist, family.mother)
    page.goto(family.house.the_link())
    judge("question")
    page.fill("#factor", "0")
    page.click("button.main")
    judge("wrong")
    page.fill("#factor", family.holder().factor)
    page.click("button.main")
    expect(page.locator("h1")).to_have_text(PLANNED[language])
    judge("planned")
    page.click("button.main")
    expect(page.locator(".read")).to_have_count(2)
    judge("read")
    page.click("section button")
    judge("withdrawing")
    page.goto("/l/" + "x" * 22)
    judge("dead")
    family.asked()
    page.goto(family.house.the_link())
    page.fill("#factor", family.holder().factor)
    page.click("button.main")
    judge("asked")
    page.click("button[value=no]")
    judge("refused")

    assert findings == dict.fromkeys(findings, [])


def too_small(window: Looking) -> list[str]:
    """What is hard to hit: WCAG asks for 24 pixels, a thumb for more."""
    small = """[...document.querySelectorAll("a, button, input:not([type=hidden])")]
        .filter(one => one.getBoundingClientRect().height < 40).map(one => one.outerHTML)"""
    return list(window.page.evaluate(small))


def test_the_language_is_switched_on_every_page(family: Family, look: Callable[..., Looking]) -> None:
    family.house.a_meeting(family.specialist, family.child)
    family.house.a_see_link(family.specialist, family.mother)
    window = look(size=SMALL, language="en", scripts=False)
    page = window.page

    page.goto(family.house.the_link())
    expect(page.locator("html")).to_have_attribute("lang", "lv")
    page.click("nav a[lang=ru]")
    expect(page.locator("h1")).to_have_text(QUESTION["ru"])
    page.fill("#factor", family.holder().factor)
    page.click("button.main")
    expect(page.locator("h1")).to_have_text(PLANNED["ru"])
    page.click("nav button[lang=en]")
    expect(page.locator("h1")).to_have_text(PLANNED["en"])
    page.click("main button.main")
    expect(page.locator(".read")).to_have_count(1)
    page.click("nav button[lang=lv]")
    expect(page.locator("h1")).to_have_text(PLANNED["lv"])
