"""A shop on a sandbox, its page, and somebody who looks at it in a browser."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from sync.web import streams
from tests.cli.conftest import first_sync, folder, no_waiting, platform, quick, sandbox, synced
from tests.disk import no_syncing
from tests.web.browser.chromium import NEEDED, Open, Window, found, launched, window
from tests.web.pages import address_of_page

__all__ = ["first_sync", "folder", "no_syncing", "no_waiting", "platform", "quick", "sandbox", "synced"]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One browser for these modules alone: while it runs, its thread can't run a loop of its own."""
    if found() is None:
        assert not os.environ.get(NEEDED), "these tests need a Chromium: apt-get install chromium"
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        started = launched(playwright)
        yield started
        started.close()


@pytest.fixture
def opened(browser: Browser) -> Iterator[Open]:
    """`opened(url, size=PHONE, color_scheme="dark")`: one more window, let in as the first one was."""
    with ExitStack() as windows:
        seen: list[Window] = []

        def another(url: str, **options: object) -> Window:
            seen.append(windows.enter_context(partial(window, browser)(url, **options)))  # type: ignore[arg-type]
            seen[-1].page.context.add_cookies(seen[0].page.context.cookies())  # type: ignore[arg-type]
            return seen[-1]

        yield another
        assert [one.troubles for one in seen if one.troubles] == []


@pytest.fixture(autouse=True)
def quick_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is under way is looked at often: nobody waits a second to see that it ended."""
    monkeypatch.setattr(streams, "EVERY", 0.05)


@pytest.fixture
def page_url(folder: Path) -> Iterator[str]:
    """The address of the shop's page, served in this process."""
    with address_of_page() as url:
        yield url


@pytest.fixture
def staff(page_url: str, opened: Open) -> Window:
    """A person who has the start page open."""
    seen = opened(page_url)
    seen.open()
    return seen
