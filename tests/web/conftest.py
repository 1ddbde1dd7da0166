"""A real browser, Debian's Chromium, and the web server that it speaks to."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from bas_service.config import Settings
from tests.faults.processes import a_free_port, a_web_server
from tests.web.looking import Looking

# A machine that does much else at the same time is slow, not broken.
expect.set_options(timeout=20_000)
PHONE, DESKTOP = (390, 844), (1280, 900)


@pytest.fixture(scope="session")
def address(settings: Settings, data_dir: Path) -> Iterator[str]:
    """Where `bas serve` answers, on the test database."""
    there = replace(settings, public_url=f"http://127.0.0.1:{a_free_port()}")
    with a_web_server(there, data_dir / "server-for-browsers.log"):
        yield there.public_url


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, without a window; where there is none, CI fails and others are told."""
    program = shutil.which("chromium")
    if program is None and os.environ.get("CI"):
        pytest.fail("there is no Chromium, so no page was looked at: apt-get install chromium")
    if program is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def screenshots() -> Path:
    """Where what was seen is kept: TEST_SCREENSHOTS, or a folder for temporary files."""
    chosen = os.environ.get("TEST_SCREENSHOTS")
    folder = Path(chosen) if chosen else Path(tempfile.mkdtemp(prefix="bas-screenshots-"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def look(chromium: Browser, address: str, screenshots: Path) -> Iterator[Callable[..., Looking]]:
    """Open a window of its own: ``look(size=PHONE, language="lv")``; at the end nothing may have gone wrong in it."""
    with ExitStack() as windows:

        def opened(*, size: tuple[int, int] = DESKTOP, language: str = "en", scripts: bool = True) -> Looking:
            context = chromium.new_context(
                viewport={"width": size[0], "height": size[1]},
                locale=language,
                timezone_id="America/New_York",
                java_script_enabled=scripts,
                base_url=address,
            )
            windows.callback(context.close)
            page: Page = context.new_page()
            page.set_default_timeout(20_000)
            window = Looking(page, address, screenshots, name=f"{language}-{size[0]}")
            windows.callback(window.check_nothing_went_wrong)
            return window

        yield opened
