"""The supervisor's page in a real browser: on a phone, by keyboard alone, without scripts, in three languages."""

import re
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from bas_service import clock
from bas_service.duties.rules import DutyKind
from tests.builders import House, at, soon
from tests.callers import Phone, done
from tests.oversight.generated import Fates
from tests.web.conftest import DESKTOP, PHONE
from tests.web.looking import Looking

NAMES = ("Ilze Izdomāta", "Jānis Izdomāts", "Žanna Ģērmane-Izdomātā", "Artūrs Izdomātais", "Līga Izdomātiņa")
CASES = (["standard"] * 10 + ["high"], ["low"] * 2 + ["high"] * 2, ["crisis"] * 6, ["standard"] * 7, ["low"] * 9)
LATER = (clock.today() + timedelta(days=60)).isoformat()


class Team:
    """A team in which everything that the page shows is to be seen."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.supervisor = house.a_supervisor(name="Māra Izdomāta")
        self.people = {name: house.a_specialist(self.supervisor, name=name) for name in NAMES}
        for name, complexities in zip(NAMES, CASES, strict=True):
            for complexity in complexities:
                house.a_case(self.supervisor, self.a_child("Kārlis"), self.people[name], complexity=complexity)
        until = {"reason": "Neviens cits nerunā zīmju valodā", "until": LATER}
        house.a_case(self.supervisor, self.a_child("Evelīna"), self.people[NAMES[0]], exceeding=until)
        self.waiting = [self.a_child(name) for name in ("Anna", "Artjoms", "Šarlote")]
        for number, child in enumerate(self.waiting):
            statement = "UPDATE children SET created_at = created_at - :days * interval '1 day' WHERE id = :id"
            house.sql(statement, days=40 - 15 * number, id=child["id"])
        self.full = self.people[NAMES[0]].account_id
        self._an_unannounced_meeting(self.people[NAMES[3]])

    def a_child(self, name: str) -> dict[str, Any]:
        """A child that waits."""
        return self.house.a_child(self.supervisor, given_name=name, municipality="LV-112")

    def _an_unannounced_meeting(self, specialist: Phone) -> None:
        family = self.house.a_family(self.supervisor, specialist)
        meeting = self.house.a_meeting(specialist, family["child"], starts_at=at(soon(hours=3)))
        self.house.a_meeting(specialist, family["child"], starts_at=at(soon(hours=30)))
        done(specialist.act(f"meetings/{meeting['id']}/start", meeting, {"unannounced_reason": "Steidzami"}))
        stranger = self.house.a_specialist(self.house.a_supervisor(), name="Pēteris Izdomāts")
        wanted = {"reason": "Bērns atrasts autoostā", "hours": 3}
        done(stranger.post(f"children/{family['child']['id']}/emergency-grants", wanted))
        self._what_was_told(self.people[NAMES[1]])

    def _what_was_told(self, specialist: Phone) -> None:
        family = self.house.a_family(self.supervisor, specialist, given_name="Elīza")
        grandfather = {"name": "Vectētiņš Izdomātais-Garvārdis", "relation": "guardian"}
        whom = [self.house.a_representative(self.supervisor, family["child"], **grandfather)["id"]]
        fates = Fates(self.house, family, [family["representative"]["id"], *whom, whom[0]], seed=7)
        fates.meetings(40)
        (meeting,) = self.house.sql(
            "SELECT id FROM meeting_told WHERE state = 'planned' AND starts_at > now()"
            " AND why NOT IN ('in-time', 'by-a-person') ORDER BY starts_at LIMIT 1"
        )
        task = {"kind": DutyKind.REPRESENTATIVE_UNREACHED, "about_id": meeting["id"], "occasion": "1/somebody"}
        self.house.raise_a_duty(specialist, family["child"], **task)
        self.house.sql("INSERT INTO heartbeats VALUES ('worker', now() - interval '3 minutes')")

    def responsible_for(self, child: dict[str, Any]) -> list[str]:
        """Who has the child now."""
        statement = "SELECT a.name FROM cases c JOIN accounts a ON a.id = c.specialist_id WHERE c.child_id = :id"
        return [row["name"] for row in self.house.sql(statement, id=child["id"])]


@pytest.fixture
def team(house: House) -> Team:
    """The team."""
    return Team(house)


def test_somebody_new_to_the_page_gives_a_waiting_child_to_a_specialist_in_three_clicks(
    team: Team, look: Callable[..., Looking]
) -> None:
    window = look(size=PHONE, language="lv")
    window.sign_in(team.supervisor)
    begun = time.monotonic()
    window.picture("1-team")

    window.click(".children li:has-text('Anna') .button")
    window.picture("2-choose")
    window.click(".candidate:has-text('Jānis')")
    expect(window.page.locator("#verdict .says")).to_have_text(
        "Anna Izdomāta → Jānis Izdomāts: noslodze 5,5 kļūs 6,5 no 12."
    )
    window.picture("3-preview", whole=False)
    window.click("#verdict button")
    expect(window.page.locator(".done")).to_contain_text("Anna Izdomāta: atbildīgais speciālists tagad ir Jānis")
    window.picture("4-done")

    print(f"assigned with {window.clicks} clicks in {time.monotonic() - begun:.1f} s of machine time")
    assert window.clicks == 3
    assert team.responsible_for(team.waiting[0]) == ["Jānis Izdomāts"]


def test_by_keyboard_alone(team: Team, look: Callable[..., Looking]) -> None:
    window = look()
    keys, page = window.page.keyboard, window.page
    page.goto("/team")
    expect(page.locator("#email")).to_be_focused()
    keys.type(team.supervisor.email)
    keys.press("Tab")
    expect(page.locator("#password")).to_be_focused()
    keys.type("a long enough password")
    keys.press("Enter")
    expect(page.locator("h1")).to_have_text("My team")

    keys.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    keys.press("Enter")
    tab_to(window, "Assign a specialist: Artjoms Izdomāta")
    keys.press("Enter")
    expect(page.locator("h1")).to_contain_text("Artjoms")
    tab_to(window, "standard")
    keys.press("ArrowRight")
    expect(page.locator(".candidate").first).to_contain_text("5.5 → 7 of 12")
    expect(page.locator("#complexity-high")).to_be_focused()
    keys.press("Tab")
    keys.press("Space")
    expect(page.locator("#verdict .says")).to_contain_text("Artjoms Izdomāta → Jānis Izdomāts")
    keys.press("ArrowDown")
    expect(page.locator("#verdict .says")).to_contain_text("Artjoms Izdomāta → Līga Izdomātiņa")
    tab_to(window, "Assign")
    keys.press("Enter")

    expect(page.locator(".done")).to_contain_text("the responsible specialist is now Līga Izdomātiņa")
    assert team.responsible_for(team.waiting[1]) == ["Līga Izdomātiņa"]


def tab_to(window: Looking, name: str) -> None:
    """Press Tab until something of this name has the focus; each stop on the way must be seen."""
    for _ in range(60):
        window.page.keyboard.press("Tab")
        found = window.page.evaluate(
            "(() => { const it = document.activeElement, box = it.getBoundingClientRect();"
            " return [it.ariaLabel || it.labels?.[0]?.innerText || it.innerText, box.width > 0,"
            " getComputedStyle(it).outlineStyle !== 'none'] })()"
        )
        assert found[1:] == [True, True], found
        if found[0].strip() == name:
            return
    raise AssertionError(f"no way to {name}")


def test_the_preview_follows_what_is_chosen_and_nothing_typed_is_lost(
    team: Team, look: Callable[..., Looking]
) -> None:
    window = look()
    page = window.page
    window.sign_in(team.supervisor, f"/team/assign?child_id={team.waiting[2]['id']}")

    page.click(".candidate:has-text('Ilze')")
    expect(page.locator("#verdict .says")).to_contain_text("the load of 12.5 becomes 13.5 of 12")
    page.fill("#exceeding_reason", "Brālis jau pie viņas")
    page.fill("#exceeding_until", LATER)
    page.click(".candidate:has-text('Jānis')")
    expect(page.locator("#exceed")).to_be_hidden()
    page.click("label:has(#complexity-crisis)")
    expect(page.locator("#verdict .says")).to_have_text(
        "Šarlote Izdomāta → Jānis Izdomāts: the load of 5.5 becomes 7.5 of 12."
    )
    page.click(".candidate:has-text('Ilze')")
    expect(page.locator("#verdict .says")).to_contain_text("the load of 12.5 becomes 14.5 of 12")

    expect(page.locator("#exceeding_reason")).to_have_value("Brālis jau pie viņas")
    # The address keeps what is chosen, never what is typed.
    assert f"specialist_id={team.people[NAMES[0]].account_id}" in page.url
    assert "reason" not in page.url
    assert "token" not in page.url
    page.click("#verdict button")
    expect(page.locator(".done")).to_contain_text("Ilze Izdomāta")


def test_without_scripts_the_form_itself_leads_through(team: Team, look: Callable[..., Looking]) -> None:
    window = look(scripts=False)
    page = window.page
    window.sign_in(team.supervisor)

    page.click(".children li:has-text('Anna') .button")
    page.click("noscript a:has-text('crisis')")
    page.click(".candidate:has-text('Ilze')")
    page.click("#verdict button")
    assert "The load of 12.5 would become 14.5, and 12 is the maximum." in page.inner_text(".refused")
    page.fill("#exceeding_reason", "Brālis jau pie viņas")
    page.fill("#exceeding_until", LATER)
    page.click("#verdict button")

    assert "is now Ilze Izdomāta" in page.inner_text(".done")
    assert team.responsible_for(team.waiting[0]) == ["Ilze Izdomāta"]


def test_a_session_that_ends_while_choosing_leads_to_the_form_to_sign_in_and_back(
    team: Team, look: Callable[..., Looking]
) -> None:
    window = look()
    window.sign_in(team.supervisor, f"/team/assign?child_id={team.waiting[0]['id']}")
    team.house.sql("UPDATE device_sessions SET revoked_at = now() WHERE platform = 'browser'")

    window.page.click(".candidate:has-text('Jānis')")
    expect(window.page.locator("h1")).to_have_text("Sign in")
    window.page.fill("#email", team.supervisor.email)
    window.page.fill("#password", "a long enough password")
    window.page.click("button.main")

    expect(window.page.locator("h1")).to_have_text("Assign a specialist: Anna Izdomāta")


def test_after_signing_out_going_back_shows_nothing_and_nothing_is_kept(
    team: Team, look: Callable[..., Looking]
) -> None:
    window = look()
    window.sign_in(team.supervisor, f"/team/assign?child_id={team.waiting[0]['id']}")
    window.page.click(".candidate:has-text('Jānis')")
    expect(window.page.locator("#verdict .says")).to_contain_text("Jānis")

    window.page.click("header .out button")
    expect(window.page.locator("h1")).to_have_text("Sign in")
    kept = window.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    window.page.go_back()

    expect(window.page.locator("h1")).to_have_text("Sign in")
    assert team.waiting[0]["id"] not in kept


def test_who_was_told_is_narrowed_to_a_specialist_and_a_day_without_loading_the_page_anew(
    team: Team, look: Callable[..., Looking]
) -> None:
    window = look(size=PHONE)
    page = window.page
    window.sign_in(team.supervisor)
    page.click(".to-told a")
    expect(page.locator(".grants")).to_contain_text("no sign of life")
    expect(page.locator("#meetings .told li").first).to_be_visible()
    page.evaluate("window.stayed = true")

    page.select_option("#specialist_id", label=NAMES[0])
    expect(page.locator("#meetings .told li")).to_have_count(0)
    page.select_option("#specialist_id", label=NAMES[1])
    expect(page.locator("#meetings .told li").first).to_be_visible()
    page.fill("#day", clock.today().isoformat())
    expect(page).to_have_url(re.compile(rf"day={clock.today()}"))

    assert page.evaluate("window.stayed")
    expect(page.locator("#specialist_id")).to_have_value(str(team.people[NAMES[1]].account_id))
    # The address alone shows the same again.
    page.reload()
    expect(page.locator("#day")).to_have_value(clock.today().isoformat())


@pytest.mark.parametrize(("language", "size"), [("lv", PHONE), ("en", DESKTOP), ("ru", PHONE)])
def test_every_page_can_be_used_by_everybody(
    team: Team, look: Callable[..., Looking], language: str, size: tuple[int, int]
) -> None:
    window = look(size=size, language=language)
    page, found = window.page, {}

    def judge(name: str) -> None:
        window.picture(name)
        found[name] = window.findings()

    page.goto("/team")
    judge("sign-in")
    page.fill("#email", team.supervisor.email)
    page.fill("#password", "a long enough password")
    page.click("button.main")
    judge("team")
    page.click(".children .button >> nth=0")
    page.click(".candidate:has-text('Ilze')")
    expect(page.locator("#exceed")).to_be_visible()
    judge("assign")
    page.click("#verdict button")
    expect(page.locator(".refused")).to_be_visible()
    judge("refused")
    page.goto("/team")
    page.click(".specialist:has-text('Artūrs') .unannounced a")
    judge("specialist")
    page.click(".cases .button >> nth=0")
    judge("transfer")
    page.goto("/told")
    judge("told")
    page.goto("/team/assign?child_id=01900000-0000-7000-8000-000000000000")
    judge("not-found")

    assert found == dict.fromkeys(found, [])


@pytest.mark.parametrize("language", ["lv", "en", "ru"])
def test_no_page_is_cut_off_on_any_screen(team: Team, look: Callable[..., Looking], language: str) -> None:
    window = look(language=language)
    window.sign_in(team.supervisor)
    too_wide = {}
    paths = ("/team", "/told", f"/team/assign?child_id={team.waiting[0]['id']}", f"/team/specialists/{team.full}")
    for path in paths:
        window.page.goto(path)
        for width in (320, 390, 700, 1280, 1920):
            window.page.set_viewport_size({"width": width, "height": 900})
            too_wide[path, width] = window.too_wide()

    assert too_wide == dict.fromkeys(too_wide, 0)
