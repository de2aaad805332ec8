"""Takes the pictures of the page that the docs show, in a browser, on the demo's shop: `make pictures`."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import sync_playwright

from sync.demo.job import happen
from sync.demo.shop import shop_documents
from sync.demo.workbook import write_last_week, write_this_week
from sync.messages import LANGUAGES, Language
from sync.sandbox.server import Sandbox
from sync.service.shop import Shop
from sync.web.serving import PageServer, listen
from tests.cli.kills import meanwhile
from tests.web.browser.chromium import Window, launched, window

FOLDER = Path(__file__).parent / "page"
SIZE = (1100, 760)
PEOPLE = {"zh": "小林", "en": "Lin"}
SHEETS = {"zh": "商品表", "en": "items"}
INTO_SIGHT = "(one) => one.scrollIntoView({block: 'center'})"
BROWSERS = {"zh": "zh-CN", "en": "en-GB"}


def main() -> None:
    """Take them all anew."""
    FOLDER.mkdir(exist_ok=True)
    for lang in LANGUAGES:
        # The page says who is at it: whoever started it.
        with TemporaryDirectory() as folder, Sandbox() as platform:
            platform.shop.load(shop_documents())
            os.environ["LOGNAME"] = PEOPLE[lang]
            with served(platform, Path(folder), lang) as url, sync_playwright() as playwright:
                browser = launched(playwright)
                with window(browser, url, size=SIZE, locale=BROWSERS[lang], color_scheme="light") as seen:
                    take(seen, platform, Path(folder), lang)
                browser.close()


@contextmanager
def served(platform: Sandbox, folder: Path, lang: Language) -> Iterator[str]:
    """Serve the page of the demo's shop; yields its address."""
    settings = {
        "gateway": platform.gateway,
        "app_key": platform.app_key,
        "app_secret": platform.app_secret,
        "session": platform.session,
        "lang": lang,
    }
    page = PageServer(
        lambda hears: Shop.open(settings=settings, state=folder / "state.db", on_event=hears),
        listen("127.0.0.1", 0),
        "127.0.0.1",
    )
    ready = threading.Event()
    thread = threading.Thread(target=page.serve, args=(ready.set,))
    thread.start()
    ready.wait()
    try:
        yield page.url
    finally:
        page.stop()
        thread.join()


def take(seen: Window, platform: Sandbox, folder: Path, lang: Language) -> None:
    """Play the demo's two weeks at the page, and take a picture of each step of the second."""

    def picture(name: str, *, top: bool = True) -> None:
        if top:
            seen.page.evaluate("() => { document.activeElement.blur(); scrollTo(0, 0); }")
        seen.page.screenshot(path=FOLDER / f"{name}.{lang}.png", animations="disabled")

    last, this = folder / f"{SHEETS[lang]}-46.xlsx", folder / f"{SHEETS[lang]}-47.xlsx"
    write_last_week(last)
    write_this_week(this)
    seen.open()
    seen.upload(last)
    seen.approve()
    for _ in happen(platform):
        pass
    seen.open("/")
    picture("start")
    seen.upload(this)
    picture("preview")
    seen.page.locator("[data-testid=plan-row]:has(fieldset)").first.evaluate(INTO_SIGHT)
    picture("settle", top=False)
    seen.at("deletions").fill("1")
    looked = threading.Event()
    with meanwhile(looked.wait, number=20):
        seen.at("approve").click()
        seen.page.get_by_role("progressbar").and_(seen.page.locator("[value]:not([value='0'])")).wait_for()
        picture("progress")
        looked.set()
        seen.results()
    picture("results")
    seen.open("/runs")
    picture("history")


if __name__ == "__main__":
    main()
