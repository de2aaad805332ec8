"""The real `watch`, over real HTTP, by the real clock: killed where it hurts, and started again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.item import Status
from sync.sandbox.server import Sandbox
from tests.cli.conftest import Command
from tests.cli.scene import CODES, goods, item_id
from tests.cli.watch.conftest import Rules
from tests.cli.watch.living import Deadly, until, watching

LOW = """
[[profiles.default.rules]]
kind = "stock"
off_at = 2
on_at = 5
"""
OFF, ON = ("A-1", Status.INACTIVE), ("A-1", Status.ACTIVE)

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")


@pytest.fixture
def shelf() -> Deadly:
    shelf = Deadly()
    shelf.load(map(goods, CODES))
    return shelf


@pytest.fixture
def sandbox(shelf: Deadly) -> Iterator[Sandbox]:
    with Sandbox(shelf) as sandbox:
        yield sandbox


@pytest.fixture
def hurried(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lost call is looked after as soon as it can't take effect any more, so early on this machine."""
    monkeypatch.setenv("ITEMSYNC_TIMEOUT", "2")


@pytest.mark.usefixtures("hurried")
def test_killed_twice_as_its_call_was_carried_out_it_loses_none_and_doubles_none(
    sheet: Path, rules: Rules, shelf: Deadly, itemsync: Command
) -> None:
    rules(LOW)
    with watching(sheet) as first:
        assert first.tick()["watched"] == len(CODES)
        shelf.victim = first
        shelf.sell(item_id("A-1"), 8)
        until(lambda: shelf.statuses == [OFF])
    with watching(sheet) as second:
        assert second.tick()["taken_up"] == 1
        shelf.victim = second
        shelf.incr(item_id("A-1"), 20)
        until(lambda: shelf.statuses == [OFF, ON])
    with watching(sheet) as third:
        assert third.tick()["taken_up"] == 2
        shelf.sell(item_id("A-1"), 20)
        until(lambda: shelf.statuses == [OFF, ON, OFF])
        while third.tick()["run"] is None:
            pass
        assert third.tick()["run"] is None
        assert third.stop() == 0
    runs = itemsync("history", "--json").json["runs"]
    assert [(run["run"], run["results"]) for run in runs] == [(number, {"done": 1}) for number in (3, 2, 1)]
    assert all(run["finished_at"] for run in runs)
