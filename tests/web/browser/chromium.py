"""The machine's own Chromium, and a window of it that remembers what went wrong on the page."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Locator, Page, Playwright, Response

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
AXE = files("axe_playwright_python") / "axe.min.js"
NEEDED = "BROWSER_TESTS_NEEDED"
"""The variable that says that these tests may not be skipped."""
DESKTOP, PHONE = (1280, 800), (390, 844)
SERIOUS = ("serious", "critical")


def found() -> str | None:
    """Return where the browser is; None: there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def launched(playwright: Playwright) -> Browser:
    """Start the browser that the machine has."""
    return playwright.chromium.launch(executable_path=found(), args=["--no-sandbox"] if os.getuid() == 0 else [])


@dataclass
class Window:
    """A page in the browser, with short words for what staff do."""

    page: Page
    url: str
    troubles: list[str] = field(default_factory=list)
    """What the browser complained of: errors of scripts, and what the page's own policy forbade."""

    def open(self, path: str = "") -> None:
        """Go to an address of the page; without one, to the printed one."""
        self.page.goto(path if path.startswith("http") else self.url.partition("/?")[0] + path if path else self.url)

    def at(self, testid: str) -> Locator:
        """The elements with a test id."""
        return self.page.get_by_test_id(testid)

    def count(self, name: str) -> int:
        """The number on a tile."""
        return int(self.at(f"count-{name}").first.inner_text())

    def upload(self, sheet: Path) -> None:
        """Choose a file; no other click leads to the preview."""
        self.at("upload").set_input_files(sheet)
        self.at("approve").or_(self.page.get_by_role("alert")).first.wait_for()

    def approve(self) -> None:
        """One click, and the results are waited for."""
        self.at("approve").click()
        self.results()

    def results(self) -> None:
        """Wait for the results of what is under way."""
        self.at("count-done").wait_for(timeout=20_000)

    def texts(self, testid: str) -> Sequence[str]:
        """The texts of all elements with a test id."""
        return [" ".join(text.split()) for text in self.at(testid).all_inner_texts()]

    def saved(self, testid: str, to: Path) -> Path:
        """Click what gives a file, and keep it."""
        with self.page.expect_download() as download:
            self.at(testid).click()
        download.value.save_as(to)
        return to

    def axe(self) -> Sequence[str]:
        """Return what a person with a screen reader or poor sight would stumble over, each with its place."""
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        report: Any = self.page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{one['id']}: {node['target']} {node['failureSummary']}"
            for one in report["violations"]
            if one["impact"] in SERIOUS
            for node in one["nodes"]
        ]


Open = Callable[..., Window]
"""`window(url)`: another person's browser."""


@contextmanager
def window(browser: Browser, url: str, *, size: tuple[int, int] = DESKTOP, **options: Any) -> Iterator[Window]:
    """Open a window of a browser of its own, without cookies; `options`: those of a browser context."""
    width, height = size
    # Nobody here sees a movement, and to draw it takes a fifth of the browser's time.
    still = {"reduced_motion": "reduce"}
    settings = {"locale": "zh-CN", "timezone_id": "Asia/Shanghai", "accept_downloads": True, **still, **options}
    context = browser.new_context(viewport={"width": width, "height": height}, **settings)
    context.set_default_timeout(10_000)
    seen = Window(context.new_page(), url)
    seen.page.on("pageerror", lambda error: seen.troubles.append(str(error)))
    seen.page.on("console", lambda line: seen.troubles.append(line.text) if line.type == "error" else None)
    seen.page.on("response", lambda answer: _note(seen, answer))
    try:
        yield seen
    finally:
        context.close()


def _note(seen: Window, answer: Response) -> None:
    if answer.status == 404:
        seen.troubles.append(f"404 {answer.url}")
