"""Somebody at a browser: clicks are counted, screenshots kept, and what goes wrong behind the page is heard."""

import re
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Page, Request

from tests.callers import PASSWORD, Phone

# All that WCAG 2.2 asks for on levels A and AA, and what axe recommends besides.
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
# A browser says so of every answer above 399; that a form is refused is no fault of the page.
_REFUSED = re.compile(r"Failed to load resource: the server responded with a status of 4\d\d")


class Looking:
    """One window of a browser."""

    def __init__(self, page: Page, address: str, folder: Path, *, name: str) -> None:
        self.page = page
        self.clicks = 0
        self._folder, self._name, self._address = folder, name, address
        self._wrong: list[str] = []
        # What axe and the taking of pictures do to the page is not the page's doing.
        self._is_listening = True
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self._wrong.append(str(error)))
        page.on("request", self._note)

    def sign_in(self, who: Phone, path: str = "/team") -> None:
        """Ask for a page, and sign in on the way."""
        self.page.goto(path)
        self.page.fill("#email", who.email)
        self.page.fill("#password", PASSWORD)
        self.page.click("button.main")

    def click(self, what: str) -> None:
        """Click on something, and count it."""
        self.page.click(what)
        self.clicks += 1

    def picture(self, name: str, *, whole: bool = True) -> None:
        """Keep a screenshot."""
        self._is_listening = False
        self.page.screenshot(path=self._folder / f"{self._name}-{name}.png", full_page=whole)
        self._is_listening = True

    def findings(self) -> list[str]:
        """What keeps somebody from using the page: axe's serious and critical findings, and being cut off."""
        # On a busy machine the stylesheet may come later than the words.
        self.page.wait_for_load_state("load")
        self._is_listening = False
        found = Axe().run(self.page, options=RULES).response["violations"]
        self._is_listening = True
        serious = [
            f"{one['id']}: {node['html']}"
            for one in found
            if one["impact"] in {"serious", "critical"}
            for node in one["nodes"]
        ]
        return serious + ([f"{self.too_wide()} pixels too wide"] if self.too_wide() else [])

    def too_wide(self) -> int:
        """By how many pixels the page is wider than the window."""
        return int(self.page.evaluate("Math.max(0, document.documentElement.scrollWidth - window.innerWidth)"))

    def check_nothing_went_wrong(self) -> None:
        """No error in a script, nothing that the policy forbids, nothing asked for from elsewhere."""
        assert self._wrong == []

    def _hear(self, message: ConsoleMessage) -> None:
        if self._is_listening and message.type in {"error", "warning"} and not _REFUSED.match(message.text):
            self._wrong.append(message.text)

    def _note(self, request: Request) -> None:
        if not request.url.startswith(f"{self._address}/"):
            self._wrong.append(f"asked for {request.url}")
