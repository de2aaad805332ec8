"""A page that is served, as a browser without script sees it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from threading import Event, Thread

import pytest
import requests

from sync.service.context import Context
from sync.service.events import Listener
from sync.service.shop import Shop
from sync.web.serving import PageServer, listen

PATIENCE = 20.0
"""Seconds; a page of the tests is there in a fraction of one."""


@dataclass
class Screen:
    """What the browser shows."""

    status: int
    url: str
    html: str

    def count(self, name: str) -> int:
        """The number on a tile."""
        found = re.search(rf'data-testid="count-{name}"[^>]*>(\d+)<', self.html)
        assert found, f"no count-{name} on {self.url}"
        return int(found[1])

    def has(self, testid: str) -> bool:
        """Whether an element is there."""
        return f'data-testid="{testid}"' in self.html

    def all(self, testid: str) -> Sequence[str]:
        """The texts of the table rows that bear a test id."""
        rows = re.findall(rf'<tr data-testid="{testid}".*?</tr>', self.html, re.DOTALL)
        return [words(row) for row in rows]

    @property
    def alert(self) -> str:
        """What went wrong, in words."""
        found = re.search(r'role="alert"[^>]*>(.*?)</', self.html, re.DOTALL)
        return words(found[1]) if found else ""


def words(html: str) -> str:
    """The text of a piece of a page, on one line."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


@dataclass
class Visitor:
    """Somebody who looks at the page."""

    url: str
    session: requests.Session = field(default_factory=requests.Session)

    def get(self, path: str) -> Screen:
        """Open an address."""
        return _screen(self.session.get(self._at(path), timeout=PATIENCE))

    def post(self, to: str, /, **data: object) -> Screen:
        """Send a form; what it leads to is shown."""
        return _screen(self.session.post(self._at(to), data=data, timeout=PATIENCE))

    def upload(self, sheet: Path, name: str = "") -> Screen:
        """Upload a sheet and wait for its preview."""
        with sheet.open("rb") as file:
            sent = self.session.post(
                self._at("/sheets"), files={"sheet": (name or sheet.name, file)}, timeout=PATIENCE
            )
        return self.until(_screen(sent), lambda now: not now.has("reading"))

    def approve(self, preview: Screen, **data: object) -> Screen:
        """Approve a preview, and wait for the results, or for what is wrong."""
        job = preview.url.partition("?")[0]
        return self.settled(self.post(f"{job}/approve", **data))

    def settled(self, shown: Screen) -> Screen:
        """Wait until nothing is under way."""
        return self.until(shown, lambda now: not now.has("reading") and not now.has("progress"))

    def until(self, shown: Screen, right: Callable[[Screen], bool]) -> Screen:
        """Look again and again, as the page itself does."""
        began = time.monotonic()
        while not right(shown):
            assert time.monotonic() - began < PATIENCE, f"still at {shown.url}"
            time.sleep(0.02)
            shown = self.get(shown.url)
        return shown

    def _at(self, path: str) -> str:
        return path if path.startswith("http") else self.url + path


def _screen(response: requests.Response) -> Screen:
    return Screen(response.status_code, response.url, response.text)


def open_shop(on_event: Listener) -> Shop:
    """The shop of the settings in the variables."""
    return Shop(Context(on_event=on_event))


def arrived(url: str) -> Visitor:
    """Open the printed address, as a browser does, which tells where its forms come from."""
    visitor = stranger(url.partition("/?")[0])
    assert visitor.get(url).status == 200
    return visitor


PASSWORD = "correct horse"
"""Everybody's, in the tests."""


def logged_in(url: str, name: str) -> Visitor:
    """Somebody with an account, who has logged in."""
    visitor = stranger(url)
    assert visitor.post("/login", name=name, password=PASSWORD).url == f"{url}/"
    return visitor


def stranger(url: str) -> Visitor:
    """Somebody whom the page doesn't know."""
    visitor = Visitor(url)
    visitor.session.headers["Origin"] = url
    return visitor


@contextmanager
def address_of_page(sheet: Path | None = None, host: str = "127.0.0.1", *, accounts: bool = False) -> Iterator[str]:
    """Serve the page in this process; yields the address that would be printed, which works once.

    `accounts`: as behind a proxy, where people have accounts.
    """
    listener = listen(host, 0)
    public = f"http://127.0.0.1:{listener.getsockname()[1]}" if accounts else ""
    server = PageServer(open_shop, listener, host, sheet, public=public)
    ready = Event()
    thread = Thread(target=server.serve, args=(ready.set,))
    thread.start()
    assert ready.wait(PATIENCE)
    try:
        yield server.url
    finally:
        server.stop()
        thread.join()


@contextmanager
def served(sheet: Path | None = None) -> Iterator[Visitor]:
    """Serve the page in this process, with somebody at it."""
    with address_of_page(sheet) as url:
        visitor = arrived(url)
        yield visitor
        visitor.session.close()


@pytest.fixture(name="visitor")
def one_visitor(folder: Path) -> Iterator[Visitor]:
    """Somebody at a page of the small shop."""
    with served() as somebody:
        yield somebody
