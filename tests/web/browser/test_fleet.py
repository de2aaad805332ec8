"""The page of many shops, in a browser: in both languages, on a phone, in the dark, and by keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.fleet.fleet import Fleet
from sync.sandbox.server import Sandbox
from sync.service.jobs import JobState
from sync.state.fleet_tables import JOBS, SCHEDULES
from sync.state.tables import RUNS
from tests.cli.conftest import no_waiting, platform, sandbox
from tests.cli.small_shop import line, write
from tests.disk import no_syncing
from tests.fleet.florist import SHOP, fleet, florist, keys, settings_of
from tests.fleet.test_status import NOW, job, put, run
from tests.web.browser.chromium import DESKTOP, PHONE, Open, Window
from tests.web.browser.test_everybody import SIDEWAYS
from tests.web.fleet_page import address_of_fleet, one_worker

__all__ = ["fleet", "florist", "keys", "no_syncing", "no_waiting", "platform", "sandbox"]


@pytest.fixture
def at_a_glance(florist: Fleet, sandbox: Sandbox, opened: Open) -> Iterator[Window]:
    """Somebody who has the page of all shops open, in which all kinds of things happened."""
    florist.add("猫店", {**settings_of(sandbox), "calls_per_day": 5000}, "me")
    florist.add("W" * 60, {**settings_of(sandbox), "session": ""}, "me")
    put(florist.engine, JOBS, job("猫店", JobState.READING), job("猫店", JobState.REFUSED, 2))
    put(florist.engine, RUNS, run("猫店", 12, NOW, done=300, failed=2, unknown=1, none=1000))
    put(florist.engine, SCHEDULES, {"shop": "猫店", "kind": "watch", "every": "5m", "next_at": NOW, "trouble": "{}"})
    with address_of_fleet(florist) as url:
        seen = opened(url)
        seen.open()
        yield seen


def test_all_shops_are_seen_by_everybody(at_a_glance: Window, opened: Open) -> None:
    faults = {}
    for lang, size, colours in (("zh", DESKTOP, "light"), ("en", PHONE, "dark")):
        seen = opened(at_a_glance.url, size=size, color_scheme=colours)
        seen.page.context.add_cookies([{"name": "lang", "value": lang, "domain": "127.0.0.1", "path": "/"}])
        for path in ("/", "/?show=needs", f"/shops/{SHOP}/"):
            seen.open(path)
            faults[lang, path] = [*seen.axe(), *seen.page.evaluate(SIDEWAYS)]
    assert {where: found for where, found in faults.items() if found} == {}


def test_a_sheet_is_uploaded_to_a_shop_and_approved_among_all_by_keyboard(
    at_a_glance: Window, florist: Fleet, tmp_path: Path
) -> None:
    page = at_a_glance.page
    with one_worker(florist):
        page.get_by_role("link", name=SHOP).click()
        at_a_glance.upload(write(tmp_path / "周表.xlsx", line("A-1", 价格=21)))
        waiting = page.url.rpartition("/")[2]
        at_a_glance.at("all-shops").click()
        at_a_glance.at(f"approve-{waiting}").focus()
        with page.expect_response("**/glance"):
            page.evaluate("() => { htmx.ajax('GET', '/glance', '#glance') }")
        page.locator(".htmx-settling, .htmx-request").first.wait_for(state="detached")
        assert page.evaluate("document.activeElement.id") == f"approve-{waiting}", "a look anew leaves the focus"
        page.keyboard.press("Enter")
        at_a_glance.at(f"waiting-{waiting}").wait_for(state="detached")
        assert page.url.partition("?")[0].endswith("/"), "one goes on where one is"
        at_a_glance.open(f"/shops/{SHOP}/jobs/{waiting}")
        at_a_glance.results()
    assert at_a_glance.count("done") == 1
    at_a_glance.open("/")
    assert "第 1 次运行" in at_a_glance.at(f"shop-{SHOP}").inner_text()
