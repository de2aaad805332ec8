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
from tests.disk import no_syncing
from tests.fleet.florist import SHOP, fleet, florist, keys, settings_of
from tests.fleet.test_status import NOW, job, put, run
from tests.web.browser.chromium import DESKTOP, PHONE, Open, Window
from tests.web.browser.test_everybody import SIDEWAYS
from tests.web.fleet_page import address_of_fleet

__all__ = ["fleet", "florist", "keys", "no_syncing", "no_waiting", "platform", "sandbox"]


@pytest.fixture
def at_a_glance(florist: Fleet, sandbox: Sandbox, opened: Open, tmp_path: Path) -> Iterator[Window]:
    """Somebody who has the page of all shops open, in which all kinds of things happened."""
    florist.add("猫店", {**settings_of(sandbox), "calls_per_day": 5000}, "me")
    florist.add("W" * 60, {**settings_of(sandbox), "session": ""}, "me")
    put(florist.engine, JOBS, job("猫店", JobState.READING), job("猫店", JobState.REFUSED, 2))
    put(florist.engine, RUNS, run("猫店", 12, NOW, done=300, failed=2, unknown=1, none=1000))
    put(florist.engine, SCHEDULES, {"shop": "猫店", "kind": "watch", "every": "5m", "next_at": NOW, "trouble": "{}"})
    with address_of_fleet(florist, tmp_path) as url:
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
