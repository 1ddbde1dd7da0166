"""Every page behind a link as a small telephone shows it, and with letters twice as large: looked at in a browser."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from bas_service.translation import Language
from tests.builders import at, soon
from tests.callers import done
from tests.links.family import Family
from tests.web.looking import Looking
from tests.web.test_links_in_a_browser import family, speaking, too_small

__all__ = ["family"]

# The narrowest that WCAG asks for: 1280 pixels at 400 %.
NARROW = (320, 640)
LARGE_LETTERS = "document.documentElement.style.fontSize = '212%'"
USUAL_LETTERS = "document.documentElement.style.fontSize = ''"
CHILD = ("Anna", "Izdomāt", "pamatskola", "Bibliotēka", "Ģērmane")


class Album:
    """Pictures of pages, and what is wrong with each."""

    def __init__(self, window: Looking, language: str) -> None:
        self.window, self.language = window, language
        self.wrong: dict[str, list[str]] = {}

    def take(self, name: str, *, tells: bool = True) -> None:
        """Keep a page in both sizes; one that ``tells`` nothing is opened by somebody who has proven nothing."""
        page = self.window.page
        expect(page.locator("html")).to_have_attribute("lang", self.language)
        found = self.window.findings() + too_small(self.window)
        found += [] if tells else [f"tells {word}" for word in CHILD if word in page.content()]
        self.window.picture(f"page-{self.language}-{name}")
        page.evaluate(LARGE_LETTERS)
        found += [f"{self.window.too_wide()} pixels too wide in large letters"] if self.window.too_wide() else []
        self.window.picture(f"page-{self.language}-{name}-large")
        page.evaluate(USUAL_LETTERS)
        self.wrong[name] = found

    def enter(self, factor: str) -> None:
        """Say what the holder must know."""
        self.window.page.fill("#factor", factor)
        with self.window.page.expect_navigation():
            self.window.page.click("main button.main")


@pytest.fixture(params=[language.value for language in Language])
def album(request: pytest.FixtureRequest, family: Family, look: Callable[..., Looking]) -> Album:  # noqa: F811
    """An empty album of a mother who speaks a language."""
    speaking(family, request.param)
    return Album(look(size=NARROW, language="en"), request.param)


def test_pages_of_a_question(album: Album, family: Family) -> None:  # noqa: F811
    page, house = album.window.page, family.house
    family.asked(
        institution="Izdomātā psiholoģiski pedagoģiskās konsultēšanas un atbalsta pamatskola-attīstības centrs",
        purpose="Saruna ar klases audzinātāju par to, kā nokārtot parādus mācībās",
        valid_until="2027-03-28",
    )
    link, factor = house.the_link(), family.holder().factor
    page.goto(link)
    album.take("question", tells=False)
    album.enter("12")
    album.take("wrong", tells=False)
    album.enter(factor)
    album.take("asked")
    page.evaluate("document.querySelector('main input[name=pass]').value = '1.x'")
    page.click("button[value=yes]")
    album.take("open-for-too-long", tells=False)
    album.enter(factor)
    page.click("button[value=yes]")
    album.take("agreed")
    page.click("main button")
    album.take("withdrawing")
    album.enter("12")
    album.take("withdrawing-wrong")
    album.enter(factor)
    album.take("withdrawn")
    page.goto(f"{link}?language={album.language}")
    album.take("answered-already", tells=False)
    family.asked(scope="transport", institution=None)
    page.goto(house.the_link())
    album.enter(factor)
    album.take("asked-transport")
    page.click("button[value=no]")
    album.take("refused")

    assert album.wrong == dict.fromkeys(album.wrong, [])


def test_pages_of_what_is_planned(album: Album, family: Family) -> None:  # noqa: F811
    page, house = album.window.page, family.house
    family.a_consent_by_link()
    house.a_see_link(family.specialist, family.mother)
    factor = family.holder().factor
    page.goto(house.the_link())
    album.enter(factor)
    album.take("nothing-planned")
    family.planned_at_school(starts_at=at(soon(hours=48)))
    places = ({"type": "home"}, {"type": "remote", "name": "Zoom"}, {"type": "office", "name": "Brīvības iela 2"})
    for hours, place in zip((72, 96, 120), places, strict=True):
        house.a_meeting(family.specialist, family.child, starts_at=at(soon(hours=hours)), place=place)
    page.goto(house.the_link())
    album.enter(factor)
    album.take("planned")
    page.click("main button.main")
    expect(page.locator(".read")).to_have_count(4)
    album.take("read")
    page.click("section button")
    album.enter(factor)
    album.take("withdrawn-with-a-way-back")
    page.click("main button")
    album.take("planned-without-consents")
    house.a_protected_place(family.specialist, family.mother)
    page.goto(house.the_link())
    album.enter(factor)
    album.take("place-protected")
    assert page.locator("main").text_content().count("Bibliotēka") == 0

    assert album.wrong == dict.fromkeys(album.wrong, [])


def test_pages_of_links_that_do_not_work(album: Album, family: Family) -> None:  # noqa: F811
    page, house = album.window.page, family.house
    mail = {"email": "mamma@example.lv"}
    path = f"representatives/{family.mother['id']}"
    mother = done(family.specialist.change(path, family.mother, mail))
    house.a_consent_request(family.specialist, mother, channel="email")
    page.goto(house.the_link())
    album.take("question-birth-date", tells=False)
    dead = []
    house.sql("UPDATE links SET expires_at = now()")
    for name, link in {"expired": house.the_link(), "unknown": "/l/" + "x" * 22}.items():
        page.goto(f"{link}?language={album.language}")
        album.take(name, tells=False)
        dead.append(page.locator("main").inner_html())
    family.asked()
    page.goto(house.the_link())
    for _ in range(5):
        album.enter("0")
    album.take("locked", tells=False)
    dead.append(page.locator("main").inner_html())
    assert len(set(dead)) == 1
    guess(family, 30)
    # They have a while to wait.
    house.sql("UPDATE sign_in_attempts SET failed_at = now() + interval '1 minute'")
    page.goto(f"{house.the_link()}?language={album.language}")
    album.take("too-many", tells=False)
    assert page.locator("main").inner_html() not in dead

    assert album.wrong == dict.fromkeys(album.wrong, [])


def guess(family: Family, times: int) -> None:  # noqa: F811
    """Somebody at this address tries links that are not there."""
    client = family.house.app.test_client()
    for _ in range(times):
        client.post(f"/l/{uuid.uuid4().hex[:22]}", data={"action": "open", "factor": "0"})


def test_all_of_it_without_a_mouse(family: Family, look: Callable[..., Looking]) -> None:  # noqa: F811
    """Tab and Enter are enough, in the order in which the page is read; each thing says what it is."""
    family.asked()
    window = look(size=NARROW, language="lv")
    page = window.page
    page.goto(family.house.the_link())

    named = tabbed(window, 5)

    assert named == ["Latviešu", "English", "Русский", "Numura pēdējie 4 cipari", "Turpināt"]
    page.keyboard.press("Shift+Tab")
    page.keyboard.type(family.holder().factor)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Lūdzam jūsu piekrišanu")
    assert tabbed(window, 5)[3:] == ["Piekrītu", "Nepiekrītu"]
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Paldies!")
    assert [one["state"] for one in family.requests()] == ["yes"]
    # Read out at once by a screen reader.
    assert page.locator("[role=status]").count() == 1


def tabbed(window: Looking, times: int) -> list[str]:
    """What the focus comes to, by its accessible name."""
    said = []
    for _ in range(times):
        window.page.keyboard.press("Tab")
        name: Any = window.page.evaluate(
            "document.activeElement.labels?.[0]?.innerText ?? document.activeElement.innerText"
        )
        said.append(str(name))
    return said
